//! Random lives of loans whose repayments are collected by a provider that tells late, twice, out of order, and takes
//! money back, beside repayments that come another way. Whatever it tells, a loan is what its story comes to, closed or
//! open; the interest earned and the money owed to borrowers are what a second reckoning makes of what happened; and the
//! ledger knows where the money is.

use std::collections::HashMap;

use crate::play::view::transactions;
use crate::play::{Dice, Life, World};
use crate::reckoning::{Reckoned, reckon};
use crate::support::rail::{over, rails, tell_of};
use crate::support::{Lender, request, sets};
use florin_ids::LoanId;
use florin_lending::loan::{CloseSubstatus, Standing};
use florin_lending::{Loan, LoanStatus, Payouts, Transaction, TransactionStatus, TransactionType};
use florin_payments::{Direction, Payment, PaymentState, Told};
use florin_storage::testing::databases;

/// The loan's payments, oldest first.
fn payments(lender: &Lender, loan: LoanId) -> Vec<Payment> {
    let tenant = lender.tenant();
    let owners: Vec<_> = lender.transactions(loan).iter().map(|it| it.id.uuid()).collect();
    let read = lender
        .db()
        .read_blocking(move |tx| florin_payments::of_owners_in(tx, tenant, owners.clone()));
    read.expect("payments")
}

/// What the provider tells of a payment next, if anything.
fn news(dice: &mut Dice, payment: &Payment, is_charged: bool) -> Option<(Told, &'static str)> {
    let roll = dice.roll(1_000);
    match payment.state {
        PaymentState::Pending | PaymentState::Submitted if is_charged => match roll {
            0..=49 => Some((Told::Failed, "insufficient_funds")),
            50..=69 => Some((Told::Failed, "bank_account_closed")),
            70..=199 => None,
            200..=599 => Some((Told::Confirmed, "")),
            _ => Some((Told::PaidOut, "")),
        },
        PaymentState::Pending => (roll < 500).then_some((Told::Submitted, "")),
        PaymentState::Confirmed => match roll {
            0..=29 => Some((Told::Failed, "refer_to_payer")),
            30..=799 => Some((Told::PaidOut, "")),
            _ => None,
        },
        PaymentState::PaidOut => (roll < 12).then_some((Told::ChargedBack, "refund_requested")),
        // Presented again by the rail itself.
        PaymentState::Failed => (roll < 40).then_some((Told::Confirmed, "")),
        PaymentState::ChargedBack => (roll < 200).then_some((Told::ChargebackCancelled, "")),
        _ => None,
    }
}

/// What a loan that was written off owed then, and what had been paid by then.
#[derive(Clone, Copy)]
struct WrittenOff {
    then: Reckoned,
    paid_then: i64,
    /// Given back beyond what was set aside.
    refunded_then: i64,
}

/// What the books must show of a loan, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Expected {
    /// What was paid out.
    lent: i64,
    /// What the borrower has paid.
    paid: i64,
    /// What was given back to the borrower, and what is being.
    refunded: i64,
    refunding: i64,
    owed: [i64; 3],
    owed_to_borrower: i64,
    earned: i64,
    waived: i64,
    lost: i64,
}

/// What the books must show: reckoned without them.
#[derive(Default)]
struct Checks {
    written_off: HashMap<LoanId, WrittenOff>,
    expected: HashMap<LoanId, Expected>,
    refunds: u32,
}

impl Checks {
    fn check(&mut self, world: &World, index: usize) {
        let (lender, life) = (&world.lender, &world.lives[index]);
        let loan = lender.loan(life.loan);
        let all = transactions(lender, life.loan);
        let moves = |it: &&Transaction| it.kind != TransactionType::Refund;
        let waits = all.iter().filter(moves).any(|it| it.status == TransactionStatus::Pending);
        assert!(loan.status != LoanStatus::Closed || !waits, "closed with {index} pending");
        check_story(lender, &loan, index);
        let expected = self.expect(lender, life, &loan, &all);
        let owed = loan.balances.owed();
        let (owed_back, refunding) = lender.owed_to_borrower(life.loan);
        let earned = all.iter().filter(|it| it.counts() && it.kind == TransactionType::Interest);
        let booked = Expected {
            owed: [owed.principal, owed.interest, owed.fee],
            owed_to_borrower: owed_back - refunding,
            refunding,
            earned: earned.map(|it| it.interest.minor()).sum(),
            ..expected
        };
        assert_eq!(booked, expected, "loan {index}\n{}", told(life));
        self.expected.insert(life.loan, expected);
    }

    fn expect(
        &mut self,
        lender: &Lender,
        life: &Life,
        loan: &Loan,
        all: &[Transaction],
    ) -> Expected {
        let strays = strays(lender, life.loan, all);
        let counting = |kind| {
            let counting = all.iter().filter(move |it| it.kind == kind && it.counts());
            counting.map(|it| it.amount.minor()).sum::<i64>()
        };
        let paid = counting(TransactionType::Repayment);
        let refunds = all.iter().filter(|it| it.kind == TransactionType::Refund);
        let refunding = refunds.filter(|it| it.status == TransactionStatus::Pending);
        let refunding = refunding.map(|it| it.amount.minor()).sum::<i64>();
        let all_refunded = counting(TransactionType::Refund);
        let now = reckon(lender, life, (loan, strays), all);
        let expected = Expected {
            refunded: all_refunded - refunding,
            refunding,
            lent: counting(TransactionType::Disbursement),
            paid: paid + strays,
            owed: [now.principal, now.interest, now.fee],
            owed_to_borrower: now.owed_to_borrower + now.set_aside,
            earned: now.earned,
            waived: now.waived,
            lost: 0,
        };
        if loan.close_substatus != Some(CloseSubstatus::WrittenOff) {
            return expected;
        }
        let refunded = (all_refunded - strays).max(0);
        let new = WrittenOff { then: now, paid_then: paid, refunded_then: refunded };
        let written_off = self.written_off.entry(loan.id).or_insert(new);
        let WrittenOff { then, paid_then, refunded_then } = *written_off;
        let missing =
            then.owed() - then.owed_to_borrower - (paid - paid_then) + (refunded - refunded_then);
        Expected {
            owed: [0; 3],
            owed_to_borrower: (strays - all_refunded).max(0) + (-missing).max(0),
            earned: then.earned,
            waived: then.waived,
            lost: missing.max(0),
            ..expected
        }
    }

    /// All loans together, account by account.
    fn check_accounts(&self, world: &World) {
        let sum = |of: fn(&Expected) -> i64| self.expected.values().map(of).sum::<i64>();
        let lender = &world.lender;
        let money = lender.account(1000) + lender.account(1020);
        let paid_out = sum(|it| it.lent) + sum(|it| it.refunded);
        assert_eq!(money, sum(|it| it.paid) - paid_out, "money");
        let owed_back = sum(|it| it.owed_to_borrower) + sum(|it| it.refunding);
        assert_eq!(-lender.account(2000), owed_back);
        assert_eq!(-lender.account(4000), sum(|it| it.earned));
        assert_eq!(lender.account(5000), sum(|it| it.lost));
        assert_eq!(lender.account(5010), sum(|it| it.waived));
    }
}

/// What was played with a loan.
fn told(life: &Life) -> String {
    let steps = life.steps.iter().map(|it| format!("{} {}", it["command"], it["answer"]));
    steps.collect::<Vec<_>>().join("\n")
}

/// What was collected by payments in whose place another one was asked for.
fn strays(lender: &Lender, loan: LoanId, all: &[Transaction]) -> i64 {
    let is_current = |it: &Payment| all.iter().any(|of| of.payment == Some(it.id));
    let collected = payments(lender, loan).into_iter();
    let strays = collected.filter(|it| it.direction == Direction::Collect && !is_current(it));
    let moved = [PaymentState::Confirmed, PaymentState::PaidOut];
    strays.filter(|it| moved.contains(&it.state)).map(|it| it.amount.minor()).sum()
}

fn tell_news(world: &mut World, checks: &mut Checks) {
    let today = world.lender.today();
    for index in 0..world.lives.len() {
        for payment in payments(&world.lender, world.lives[index].loan) {
            let is_charged = payment.charge_on.is_some_and(|on| on <= today);
            let Some((told, reason)) = news(&mut world.dice, &payment, is_charged) else {
                continue;
            };
            tell_of(&world.lender, &payment, told, reason);
            if world.dice.chance(10) {
                tell_of(&world.lender, &payment, told, reason);
            }
            checks.check(world, index);
        }
    }
    checks.check_accounts(world);
}

/// The borrower pays all that is owed by another way; mostly it is told as done.
fn pay_off(world: &mut World, checks: &mut Checks) {
    for index in 0..world.lives.len() {
        let loan = world.lender.loan(world.lives[index].loan);
        let owed = loan.balances.owed().total().expect("in range");
        if !loan.status.is_open() || owed == 0 || !world.dice.chance(5) {
            continue;
        }
        let amount = loan.money(owed).to_string();
        let mut repaid = request(loan.id, TransactionType::Repayment, &amount);
        if world.dice.chance(70) {
            repaid.effective_on = Some(world.lender.today());
        }
        world.lender.submit(repaid).expect("a payoff");
        checks.check(world, index);
    }
}

/// What borrowers have paid too much is given back by a provider.
fn give_back(world: &mut World, checks: &mut Checks) {
    world.lender.pay_out_by(Payouts::Provider);
    for index in 0..world.lives.len() {
        let loan = world.lives[index].loan;
        let (owed, refunding) = world.lender.owed_to_borrower(loan);
        if owed > refunding && world.dice.chance(60) {
            checks.refunds += u32::from(world.lender.refund(loan, None).is_ok());
            checks.check(world, index);
        }
    }
    world.lender.pay_out_by(Payouts::Manual);
}

/// An open loan is what its story comes to.
fn check_story(lender: &Lender, loan: &Loan, index: usize) {
    if !loan.status.is_open() {
        return;
    }
    let retelling = lender.runtime.block_on(lender.lending.retold(&lender.caller, loan.id));
    let retelling = retelling.expect("a story");
    let mut told = retelling.told;
    if retelling.booked.accrued.is_none() {
        told = Standing { accrued: retelling.booked.accrued, ..told };
    }
    assert_eq!(retelling.booked, told, "loan {index}");
}

/// The clearing account holds what is with the provider, and nothing else.
fn check_clearing(world: &World) {
    let mut expected = 0;
    for life in &world.lives {
        let transactions = world.lender.transactions(life.loan);
        let payments = payments(&world.lender, life.loan);
        let is_current =
            |payment: &Payment| transactions.iter().any(|it| it.payment == Some(payment.id));
        let strays = payments.iter().filter(|it| !is_current(it));
        let strays = strays.filter(|it| it.state == PaymentState::Confirmed);
        expected += strays.map(|it| it.amount.minor()).sum::<i64>();
        for it in transactions.iter().filter(|it| it.kind == TransactionType::Repayment) {
            let payment = payments.iter().find(|payment| it.payment == Some(payment.id));
            let is_at_bank = match payment {
                Some(payment) => payment.state == PaymentState::PaidOut,
                None => it.status != TransactionStatus::Pending,
            };
            if it.counts() && !is_at_bank {
                expected += it.amount.minor();
            }
        }
    }
    assert_eq!(world.lender.account(1020), expected);
    let compared = world.lender.lending.compare_clearing(&world.lender.caller);
    let compared = world.lender.runtime.block_on(compared).expect("a comparison");
    assert!(compared.iter().all(|it| it.agrees()), "{compared:?}");
    world.lender.assert_proven();
}

fn play(seed: u64, loans: usize, rounds: usize) {
    let rails = rails();
    for database in &databases(&sets()) {
        let instrument = over("mandate").expect("an instrument");
        let mut world = World::over(&database.db, seed, loans, &rails, &instrument);
        let mut checks = Checks::default();
        for _ in 0..rounds {
            world.commands(&mut |world, index| checks.check(world, index));
            pay_off(&mut world, &mut checks);
            give_back(&mut world, &mut checks);
            let run = &mut crate::play::in_one_go;
            world.days(run, &mut |world, index| checks.check(world, index));
            tell_news(&mut world, &mut checks);
        }
        check_clearing(&world);
        assert!(checks.refunds > 0, "something was given back");
    }
}

#[test]
fn loans_are_what_their_stories_come_to_whatever_the_provider_tells() {
    for seed in [3, 77, 2_026] {
        play(seed, 8, 25);
    }
}
