//! What holds of every loan whatever happens to it, on both engines: random life stories.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::play::view::transactions;
use crate::play::{Dice, World, in_one_go};
use florin_calendar::FixedClock;
use florin_lending::day_steps;
use florin_lending::loan::{CloseSubstatus, Standing};
use florin_lending::postings::Parts;
use florin_lending::product::QuoteFields;
use florin_lending::{Given, LoanStatus, TransactionType};
use florin_storage::Tx;
use florin_storage::testing::{TestDb, databases};
use florin_tenancy::Collections;
use florin_tenancy::day::{DayContext, DayRunner, DayStep, StepError};
use jiff::civil::date;
use serde_json::Value;
use uuid::Uuid;

fn on_every_database(test: impl Fn(&TestDb)) {
    for database in &databases(&crate::support::sets()) {
        test(database);
    }
}

/// Tells what was played when it went wrong.
fn context(world: &World, index: usize) -> String {
    let life = &world.lives[index];
    let recent: Vec<String> = life
        .steps
        .iter()
        .map(|step| format!("{} -> {}", step["command"], step["answer"]))
        .collect();
    format!("loan {index} {}\n{}", life.setting.terms(), recent.join("\n"))
}

/// The balances are the sum of the parts of the transactions that count.
fn assert_adds_up(world: &World, index: usize) {
    let life = &world.lives[index];
    let loan = world.lender.loan(life.loan);
    let mut sum = Parts::default();
    for it in transactions(&world.lender, life.loan).iter().filter(|it| it.counts()) {
        let raises = matches!(
            it.kind,
            TransactionType::Disbursement | TransactionType::Fee | TransactionType::Interest
        );
        let sign = if raises { 1 } else { -1 };
        sum.principal += sign * it.parts().principal;
        sum.interest += sign * it.parts().interest;
        sum.fee += sign * it.parts().fee;
    }
    let is_written_off = loan.close_substatus == Some(CloseSubstatus::WrittenOff);
    let expected = if is_written_off { Parts::default() } else { sum };
    assert_eq!(loan.balances.owed(), expected, "{}", context(world, index));
}

/// The state is that of the story told again.
fn assert_follows_from_the_facts(world: &World, index: usize) {
    let life = &world.lives[index];
    let loan = world.lender.loan(life.loan);
    if matches!(loan.status, LoanStatus::Closed | LoanStatus::Cancelled) {
        return;
    }
    let retelling = world.lender.lending.retold(&world.lender.caller, life.loan);
    let retelling = world.lender.runtime.block_on(retelling);
    let retelling = retelling.unwrap_or_else(|error| panic!("{error:?} {}", context(world, index)));
    let mut told = retelling.told;
    // What has accrued is of no interest where nothing ever will.
    if retelling.booked.accrued.is_none() || loan.status == LoanStatus::Inactive {
        told = Standing { accrued: retelling.booked.accrued, ..told };
    }
    assert_eq!(retelling.booked, told, "{}", context(world, index));
}

fn check(world: &World, index: usize) {
    assert_adds_up(world, index);
    assert_follows_from_the_facts(world, index);
}

fn play(database: &TestDb, seed: u64, loans: usize, rounds: usize) {
    let mut world = World::begin(&database.db, seed, loans);
    for _ in 0..rounds {
        world.commands(&mut check);
        world.lender.assert_proven();
        world.days(&mut in_one_go, &mut check);
        world.lender.assert_proven();
    }
}

#[test]
fn loans_are_what_their_stories_come_to() {
    on_every_database(|database| {
        for seed in 0..3 {
            play(database, seed, 17, 12);
        }
    });
}

#[test]
fn a_disbursement_comes_before_what_was_asked_for_after_it() {
    on_every_database(|database| {
        let lender =
            crate::support::Lender::new(&database.db, date(2023, 1, 1), Collections::Manual);
        let application = lender.application(crate::support::EQUAL_PRINCIPAL, "John");
        let loan = lender.open(application).expect("a loan").id;
        let ask = |kind, amount| lender.create(loan, kind, amount).expect("accepted").id;
        lender.apply(ask(TransactionType::Disbursement, "6000")).expect("applied");
        let second = ask(TransactionType::Disbursement, "3000");
        lender.advance(date(2023, 1, 10));
        ask(TransactionType::Repayment, "1517.75");
        lender.apply(second).expect("applied");
        let retelling = lender.runtime.block_on(lender.lending.retold(&lender.caller, loan));
        let retelling = retelling.expect("a story");
        assert_eq!(retelling.booked, retelling.told);
        let principal: Vec<i64> =
            lender.schedule(loan).iter().map(|it| it.principal_minor).collect();
        assert_eq!(principal, [150_000; 5], "9,000 over six months, the last of them repaid early");
    });
}

/// A step that stops once before it begins and fails now and then after it has written.
struct Flaky {
    step: Arc<dyn DayStep>,
    dice: Mutex<Dice>,
    failures: Arc<AtomicU64>,
}

impl DayStep for Flaky {
    fn name(&self) -> &'static str {
        self.step.name()
    }

    fn ordinal(&self) -> i64 {
        self.step.ordinal()
    }

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, StepError> {
        if after.is_none() {
            return Ok(Some(Uuid::nil()));
        }
        let done = self.step.run_chunk(tx, day, after)?;
        if self.dice.lock().expect("no panic before").chance(40) {
            self.failures.fetch_add(1, Ordering::Relaxed);
            return Err(StepError { step: self.name(), source: "the power is gone".into() });
        }
        Ok(done)
    }
}

/// The stories of a world whose days are run by a runner that breaks down, each time begun again.
fn with_breakdowns(database: &TestDb, seed: u64) -> Vec<Vec<Value>> {
    let failures = Arc::new(AtomicU64::new(0));
    let steps = day_steps(&Default::default()).into_iter().map(|step| {
        let (dice, failures) = (Mutex::new(Dice(seed)), Arc::clone(&failures));
        Arc::new(Flaky { step, dice, failures }) as Arc<dyn DayStep>
    });
    let clock = FixedClock::new("2026-11-21T09:00:00Z".parse().expect("a time"));
    let runner = DayRunner::new(database.db.clone(), Arc::new(clock), steps.collect());
    let told = stories(database, seed, &mut |lender, until| {
        while runner.advance_to_blocking(lender.tenant(), until, &mut |_| {}).is_err() {}
    });
    assert!(failures.load(Ordering::Relaxed) > 20, "it broke down");
    told
}

/// Shows the first step that differs.
fn assert_same(one: &[Vec<Value>], other: &[Vec<Value>]) {
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one.len(), other.len());
        for (one, other) in one.iter().zip(other) {
            assert_eq!(one, other);
        }
    }
}

fn stories(
    database: &TestDb,
    seed: u64,
    run: &mut dyn FnMut(&crate::support::Lender, jiff::civil::Date),
) -> Vec<Vec<Value>> {
    let mut world = World::begin(&database.db, seed, 8);
    for _ in 0..6 {
        world.commands(&mut |_, _| {});
        world.days(run, &mut |_, _| {});
    }
    world.lender.assert_proven();
    world.lives.into_iter().map(|life| life.steps).collect()
}

#[test]
fn days_are_the_same_however_they_are_run() {
    on_every_database(|database| {
        for seed in [10, 11] {
            let in_one_go = stories(database, seed, &mut in_one_go);
            let one_by_one = stories(database, seed, &mut |lender, until| {
                while lender.today() < until {
                    lender.advance(lender.today().tomorrow().expect("a date"));
                }
            });
            assert_same(&in_one_go, &one_by_one);
            assert_same(&in_one_go, &with_breakdowns(database, seed));
        }
    });
}

#[test]
fn what_is_quoted_is_what_is_booked() {
    on_every_database(|database| {
        let mut dice = Dice(7);
        let lender =
            crate::support::Lender::new(&database.db, date(2023, 1, 30), Collections::Simulated);
        for _ in 0..60 {
            let setting = crate::play::setting::Setting::random(&mut dice, Collections::Simulated);
            if !setting.is_term() {
                continue;
            }
            let loan =
                lender.open(lender.application_for(setting.product(), "John")).expect("a loan");
            let quote = lender.lending.quote_product(
                &lender.caller,
                loan.product,
                QuoteFields {
                    disbursement_date: Given::Value(lender.today()),
                    ..QuoteFields::default()
                },
            );
            let quote = lender.runtime.block_on(quote).expect("a quote");
            let amount = loan.amount.to_string();
            let paid_out = lender.create(loan.id, TransactionType::Disbursement, &amount);
            lender.apply(paid_out.expect("a disbursement").id).expect("applied");
            assert_eq!(lender.schedule(loan.id), quote.schedule.instalments, "{}", setting.terms());
        }
    });
}
