//! Contributions over the ACH rail: what is asked for, what the rail's news does, and that nothing happens twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use florin_calendar::{Calendar, Clock, FixedClock};
use florin_crypto::KeyRing;
use florin_ids::{ContributionId, FundId, TenantId};
use florin_money::Currency;
use florin_payments::{
    Direction, Instrument, Moment, Owners, Payment, PaymentsError, Purpose, Rail, RailKind, Rails,
    Told, Update,
};
use florin_savings::contribution::ContributionFields;
use florin_savings::fund::LinkFields;
use florin_savings::investment::Market;
use florin_savings::transaction::{Transaction, TransactionStatus};
use florin_savings::{Given, Savings, SavingsError, SavingsPayments};
use florin_storage::testing::{TestDb, databases};
use florin_storage::{MigrationSet, Tx};
use florin_tenancy::day::DayRunner;
use florin_tenancy::{Caller, Collections, NewTenant, create_tenant_in};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;

const MIGRATIONS: [MigrationSet; 6] = [
    florin_tenancy::MIGRATIONS,
    florin_jobs::MIGRATIONS,
    florin_events::MIGRATIONS,
    florin_ledger::MIGRATIONS,
    florin_payments::MIGRATIONS,
    florin_savings::MIGRATIONS,
];

/// A rail whose news is told by the test; the account `gone` can't be used, nor `closing` once it is closed.
#[derive(Default)]
struct TestRail {
    is_closed: Arc<AtomicBool>,
}

impl Rail for TestRail {
    fn kind(&self) -> RailKind {
        RailKind::Ach
    }

    fn horizon(&self, _direction: Direction, today: Date) -> Date {
        today
    }

    fn check_usable_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        instrument: &Instrument,
    ) -> Result<(), PaymentsError> {
        let is_closed = self.is_closed.load(Ordering::Relaxed);
        match instrument.reference.as_str() {
            "closing" if !is_closed => Ok(()),
            "gone" | "closing" => Err(PaymentsError::Unusable("The account is closed.".to_owned())),
            _ => Ok(()),
        }
    }

    fn start_many_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        moment: Moment,
        payments: &mut [Payment],
    ) -> Result<(), PaymentsError> {
        for payment in payments {
            payment.charge_on = Some(Calendar::UsFed.add_business_days(moment.on, 1));
        }
        Ok(())
    }

    fn cancel_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        _moment: Moment,
        _payment: &Payment,
    ) -> Result<bool, PaymentsError> {
        Ok(true)
    }
}

/// A partner on a throwaway database.
struct Partner {
    savings: Savings,
    caller: Caller,
    runtime: Runtime,
    days: DayRunner,
    is_closed: Arc<AtomicBool>,
}

fn on_both(collections: Collections, test: impl Fn(&Partner)) {
    for TestDb { db, .. } in &databases(&MIGRATIONS) {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().expect("a time");
        let clock = Arc::new(FixedClock::new(now));
        let new = NewTenant {
            name: "Partner".to_owned(),
            clock: Some(date(2022, 10, 1)),
            collections: Some(collections),
            ..NewTenant::default()
        };
        let now = clock.now();
        let created = db.write_blocking(move |tx| create_tenant_in(tx, new.clone(), now));
        let tenant = created.expect("a tenant").0.id;
        let keys = Arc::new(KeyRing::generate());
        let rail = TestRail::default();
        let is_closed = Arc::clone(&rail.is_closed);
        let rails = Rails::new(vec![Arc::new(rail)]);
        let steps = florin_savings::day_steps(&keys, &rails);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build();
        let partner = Partner {
            savings: Savings::new(db.clone(), keys).with_rails(rails),
            caller: Caller { tenant, currency: Currency::USD, now },
            runtime: runtime.expect("a runtime"),
            days: DayRunner::new(db.clone(), clock, steps),
            is_closed,
        };
        // A cent paid in stays a cent.
        let flat = partner.savings.set_market(&partner.caller, Market::Flat);
        partner.runtime.block_on(flat).expect("set");
        test(&partner);
    }
}

impl Partner {
    fn pull_from(&self, account: &str) -> Result<(), SavingsError> {
        let set = self.savings.set_funding_account(&self.caller, Some(account.to_owned()));
        self.runtime.block_on(set)
    }

    fn fund(&self) -> FundId {
        let fields = LinkFields {
            plan_id: Given::Value(60),
            account_number: "901939500".into(),
            first_name: "John".into(),
            last_name: "Doe".into(),
            fund_name: "John's College Fund".into(),
            ..LinkFields::default()
        };
        let linked = self.savings.link_fund(&self.caller, fields);
        self.runtime.block_on(linked).expect("a fund").id
    }

    fn contribute(&self, fund: FundId, first_day: i64) -> ContributionId {
        let fields = ContributionFields {
            frequency: "monthly".into(),
            amount: Given::Value(15_000),
            first_day: Given::Value(first_day),
            ..ContributionFields::default()
        };
        let made = self.savings.create_contribution(&self.caller, fund, fields);
        self.runtime.block_on(made).expect("a contribution").id
    }

    fn advance(&self, to: Date) {
        let run = self.days.advance_to_blocking(self.caller.tenant, to, &mut |_| {});
        run.expect("the days run");
    }

    fn transactions(&self, fund: FundId) -> Vec<Transaction> {
        let all = self.savings.fund_transactions(&self.caller, fund, 1_000, 0);
        self.runtime.block_on(all).expect("transactions")
    }

    fn balances(&self, fund: FundId) -> (i64, i64) {
        let view = self.runtime.block_on(self.savings.get_fund(&self.caller, fund));
        let view = view.expect("a fund");
        (view.settled_minor, view.pending_minor)
    }

    fn payment(&self, transaction: &Transaction) -> Payment {
        let (tenant, id) = (self.caller.tenant, transaction.payment.expect("a payment"));
        let found =
            self.savings.db().read_blocking(move |tx| florin_payments::get_in(tx, tenant, id));
        found.expect("it works").expect("a payment")
    }

    /// The bank tells of the payment of a transaction, `seconds` after it was asked for.
    fn tell(&self, transaction: &Transaction, told: Told, reason: &str, seconds: i64) {
        let (tenant, now) = (self.caller.tenant, self.caller.now);
        let payment = self.payment(transaction);
        let update = Update {
            payment: payment.id,
            told,
            told_at: payment.created_at + SignedDuration::from_secs(seconds),
            reason: reason.to_owned(),
            charge_on: None,
            reference: Some("TRACE".to_owned()),
        };
        let tell = self.savings.db().write_blocking(move |tx| {
            let moment = florin_payments::moment_in(tx, tenant, now)?;
            let owners = Owners::new(vec![Arc::new(SavingsPayments)]);
            florin_payments::tell_in(tx, &owners, tenant, moment, update.clone())
        });
        tell.expect("it is taken in");
    }

    fn prove(&self) {
        let proof = self.savings.db().read_blocking(florin_ledger::verify_in);
        assert!(proof.expect("a proof").holds());
        let proof = self.savings.db().read_blocking(florin_savings::investment::verify_in);
        let proof = proof.expect("a proof");
        assert!(proof.holds(), "{proof}");
    }

    fn settled_events(&self) -> usize {
        let tenant = self.caller.tenant;
        let kind = Some("PaymentSettled".to_owned());
        let filter = florin_events::EventFilter { after: 0, kind, limit: 1_000 };
        let found =
            self.savings.db().read_blocking(move |tx| florin_events::list_in(tx, tenant, &filter));
        found.expect("events").len()
    }
}

#[test]
fn a_contribution_is_pulled_from_the_partner_s_account() {
    on_both(Collections::Simulated, |partner| {
        partner.pull_from("17").expect("set");
        let fund = partner.fund();
        partner.contribute(fund, 14);
        partner.advance(date(2022, 10, 14));
        let made = partner.transactions(fund);
        assert_eq!(made.len(), 1);
        let payment = partner.payment(&made[0]);
        assert_eq!(payment.instrument.reference, "17");
        assert_eq!(
            (payment.instrument.rail, payment.direction),
            (RailKind::Ach, Direction::Collect)
        );
        assert_eq!((payment.purpose, payment.amount.minor()), (Purpose::Contribution, 15_000));
        assert_eq!(payment.amount.currency(), Currency::USD);
        assert_eq!(payment.wanted_on, date(2022, 10, 14));
        // The built-in bank keeps out of it.
        partner.advance(date(2022, 10, 31));
        assert_eq!(partner.balances(fund), (0, 15_000));
        partner.tell(&made[0], Told::Submitted, "", 1);
        assert_eq!(partner.balances(fund), (0, 15_000));
        for _ in 0..2 {
            partner.tell(&made[0], Told::Confirmed, "", 2);
        }
        partner.tell(&made[0], Told::PaidOut, "", 3);
        assert_eq!(partner.balances(fund), (15_000, 15_000));
        assert_eq!(partner.settled_events(), 1);
        for _ in 0..2 {
            partner.tell(&made[0], Told::Failed, "R10", 4);
        }
        assert_eq!(partner.balances(fund), (0, 0));
        let returned = &partner.transactions(fund)[0];
        assert_eq!(
            (returned.status, returned.reason.as_str()),
            (TransactionStatus::Returned, "R10")
        );
        partner.prove();
    });
}

#[test]
fn a_payment_that_does_not_come_leaves_nothing() {
    on_both(Collections::Simulated, |partner| {
        partner.pull_from("17").expect("set");
        let fund = partner.fund();
        partner.contribute(fund, 14);
        partner.advance(date(2022, 10, 14));
        let made = partner.transactions(fund);
        partner.tell(&made[0], Told::Failed, "R01", 1);
        assert_eq!(partner.balances(fund), (0, 0));
        assert_eq!(partner.transactions(fund)[0].status, TransactionStatus::Failed);
        assert_eq!(partner.settled_events(), 0);
        partner.prove();
    });
}

#[test]
fn without_a_way_for_the_money_a_contribution_fails() {
    on_both(Collections::Manual, |partner| {
        let fund = partner.fund();
        partner.contribute(fund, 14);
        partner.advance(date(2022, 10, 14));
        let refused = partner.pull_from("gone").expect_err("refused");
        let SavingsError::Impossible(reasons) = refused else { panic!("{refused:?}") };
        assert_eq!(reasons, ["funding_account: The account is closed."]);
        // It can be used, and is closed afterwards.
        partner.pull_from("closing").expect("set");
        partner.is_closed.store(true, Ordering::Relaxed);
        partner.advance(date(2022, 11, 14));
        let found = partner.transactions(fund);
        let reasons: Vec<&str> = found.iter().map(|it| it.reason.as_str()).collect();
        assert_eq!(reasons, ["The account is closed.", "no_funding_account"]);
        assert!(found.iter().all(|it| it.status == TransactionStatus::Failed));
        assert_eq!(partner.balances(fund), (0, 0));
        let contribution = partner.contribute(fund, 28);
        let paid = partner.savings.create_payment(&partner.caller, contribution, None);
        let refused = partner.runtime.block_on(paid).expect_err("refused");
        let SavingsError::Impossible(reasons) = refused else { panic!("{refused:?}") };
        assert_eq!(reasons, ["the payment cannot be made: The account is closed."]);
        assert_eq!(partner.transactions(fund).len(), 2);
        partner.prove();
    });
}

#[test]
fn callers_at_the_same_time_make_one_payment() {
    on_both(Collections::Simulated, |partner| {
        partner.pull_from("17").expect("set");
        let fund = partner.fund();
        let contribution = partner.contribute(fund, 14);
        partner.runtime.block_on(async {
            let calls = (0..16).map(|_| {
                let (savings, caller) = (partner.savings.clone(), partner.caller.clone());
                tokio::spawn(async move {
                    savings.create_payment(&caller, contribution, Some("k".to_owned())).await
                })
            });
            for call in calls.collect::<Vec<_>>() {
                let paid = call.await.expect("no panic").expect("paid");
                assert_eq!(paid.activation_date, date(2022, 11, 14));
            }
        });
        assert_eq!(partner.transactions(fund).len(), 1);
        assert_eq!(partner.balances(fund), (0, 15_000));
    });
}

#[test]
fn ten_years_of_semimonthly_contributions_add_up() {
    on_both(Collections::Simulated, |partner| {
        let fund = partner.fund();
        let fields = ContributionFields {
            frequency: "semimonthly".into(),
            amount: Given::Value(12_345),
            first_day: Given::Value(31),
            second_day: Given::Value(15),
            ..ContributionFields::default()
        };
        let made = partner.savings.create_contribution(&partner.caller, fund, fields);
        partner.runtime.block_on(made).expect("a contribution");
        partner.advance(date(2032, 9, 30));
        let found = partner.transactions(fund);
        // 24 a year; the last one, of 30 September 2032, is on its way.
        assert_eq!(found.len(), 240);
        let settled = found.iter().filter(|it| it.status == TransactionStatus::Settled).count();
        assert_eq!(settled, 239);
        assert_eq!(partner.balances(fund), (239 * 12_345, 240 * 12_345));
        assert_eq!(partner.settled_events(), 239);
        partner.prove();
    });
}
