//! A partner on a throwaway database, over a rail whose news the test tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use florin_calendar::{Calendar, Clock, FixedClock};
use florin_crypto::KeyRing;
use florin_external_accounts::verified::{VerifiedAccount, create_verified_in};
use florin_external_accounts::{AccountKind, ExternalAccount, ExternalAccounts};
use florin_ids::{ContributionId, FundId, TenantId};
use florin_money::Currency;
use florin_payments::{
    Direction, Instrument, Moment, Owners, Payment, PaymentsError, Rail, RailKind, Rails, Told,
    Update,
};
use florin_savings::contribution::ContributionFields;
use florin_savings::fund::LinkFields;
use florin_savings::investment::Market;
use florin_savings::transaction::Transaction;
use florin_savings::withdrawal::{Withdrawal, WithdrawalFields};
use florin_savings::{Given, Savings, SavingsError, SavingsPayments};
use florin_storage::testing::{TestDb, databases};
use florin_storage::{MigrationSet, Tx};
use florin_tenancy::day::DayRunner;
use florin_tenancy::{Caller, Collections, NewTenant, create_tenant_in};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;

const MIGRATIONS: [MigrationSet; 7] = [
    florin_tenancy::MIGRATIONS,
    florin_jobs::MIGRATIONS,
    florin_events::MIGRATIONS,
    florin_ledger::MIGRATIONS,
    florin_payments::MIGRATIONS,
    florin_external_accounts::MIGRATIONS,
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
        _direction: Direction,
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
pub struct Partner {
    pub savings: Savings,
    pub caller: Caller,
    pub runtime: Runtime,
    days: DayRunner,
    /// Closes the account `closing`.
    pub is_closed: Arc<AtomicBool>,
}

pub fn on_both(collections: Collections, test: impl Fn(&Partner)) {
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
            savings: Savings::new(db.clone(), Arc::clone(&keys))
                .with_rails(rails.clone())
                .with_external_accounts(
                    ExternalAccounts::new(db.clone(), keys).with_rails(rails).in_sandbox(),
                ),
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
    pub fn pull_from(&self, account: &str) -> Result<(), SavingsError> {
        let set = self.savings.set_funding_account(&self.caller, Some(account.to_owned()));
        self.runtime.block_on(set)
    }

    /// A verified account of a customer, a new one unless it is named.
    pub fn account(&self, number: &str, customer: Option<i64>) -> ExternalAccount {
        let accounts = self.savings.external_accounts().expect("accounts").clone();
        let (caller, number) = (self.caller.clone(), number.to_owned());
        let made = self.savings.db().write_blocking(move |tx| {
            let new = VerifiedAccount {
                end_user: None,
                customer,
                first_name: "Jane".to_owned(),
                last_name: "Doe".to_owned(),
                routing_number: "021000021".to_owned(),
                account_number: number.clone(),
                kind: AccountKind::Checking,
                bank_name: None,
            };
            create_verified_in(tx, &accounts, &caller, &new)
        });
        made.expect("an account")
    }

    /// Lets prices move as the sandbox's do.
    pub fn let_prices_move(&self) {
        let moving = self.savings.set_market(&self.caller, Market::Simulated);
        self.runtime.block_on(moving).expect("set");
    }

    pub fn fund(&self) -> FundId {
        self.fund_of("901939500", "John")
    }

    /// A linked account; the beneficiary's first name tells the built-in bank what to do.
    pub fn fund_of(&self, account: &str, first_name: &str) -> FundId {
        let fields = LinkFields {
            plan_id: Given::Value(60),
            account_number: account.into(),
            first_name: first_name.into(),
            last_name: "Doe".into(),
            fund_name: "John's College Fund".into(),
            ..LinkFields::default()
        };
        let linked = self.savings.link_fund(&self.caller, fields);
        self.runtime.block_on(linked).expect("a fund").id
    }

    pub fn contribute(&self, fund: FundId, first_day: i64) -> ContributionId {
        let fields = ContributionFields {
            frequency: "monthly".into(),
            amount: Given::Value(15_000),
            first_day: Given::Value(first_day),
            ..ContributionFields::default()
        };
        let made = self.savings.create_contribution(&self.caller, fund, fields);
        self.runtime.block_on(made).expect("a contribution").id
    }

    /// Contributes once, and lets the days run until it has settled.
    pub fn deposit(&self, fund: FundId, amount: i64, on: Date) {
        let fields = ContributionFields {
            frequency: "onetime".into(),
            amount: Given::Value(amount),
            activation_date: on.to_string().as_str().into(),
            ..ContributionFields::default()
        };
        let made = self.savings.create_contribution(&self.caller, fund, fields);
        self.runtime.block_on(made).expect("a contribution");
        self.advance(Calendar::UsFed.add_business_days(Calendar::UsFed.on_or_after(on), 2));
    }

    pub fn withdraw(
        &self,
        fund: FundId,
        amount: i64,
        expense: &str,
        key: Option<&str>,
    ) -> Result<Withdrawal, SavingsError> {
        self.withdraw_to(fund, amount, expense, key, Given::Absent)
    }

    /// The same, paid to this external account.
    pub fn withdraw_to(
        &self,
        fund: FundId,
        amount: i64,
        expense: &str,
        key: Option<&str>,
        account: Given<i64>,
    ) -> Result<Withdrawal, SavingsError> {
        let fields = WithdrawalFields {
            amount: Given::Value(amount),
            expense_type: expense.into(),
            account,
            ..WithdrawalFields::default()
        };
        let key = key.map(str::to_owned);
        let asked = self.savings.initiate_withdrawal(&self.caller, fund, fields, key);
        self.runtime.block_on(asked)
    }

    pub fn withdrawals(&self, fund: FundId) -> Vec<Withdrawal> {
        let all = self.savings.fund_withdrawals(&self.caller, fund, 1_000, 0);
        self.runtime.block_on(all).expect("withdrawals")
    }

    pub fn advance(&self, to: Date) {
        let run = self.days.advance_to_blocking(self.caller.tenant, to, &mut |_| {});
        run.expect("the days run");
    }

    pub fn transactions(&self, fund: FundId) -> Vec<Transaction> {
        let all = self.savings.fund_transactions(&self.caller, fund, 1_000, 0);
        self.runtime.block_on(all).expect("transactions")
    }

    pub fn balances(&self, fund: FundId) -> (i64, i64) {
        let view = self.runtime.block_on(self.savings.get_fund(&self.caller, fund));
        let view = view.expect("a fund");
        (view.settled_minor, view.pending_minor)
    }

    pub fn payment(&self, transaction: &Transaction) -> Payment {
        let (tenant, id) = (self.caller.tenant, transaction.payment.expect("a payment"));
        let found =
            self.savings.db().read_blocking(move |tx| florin_payments::get_in(tx, tenant, id));
        found.expect("it works").expect("a payment")
    }

    /// The bank tells of the payment of a transaction, `seconds` after it was asked for.
    pub fn tell(&self, transaction: &Transaction, told: Told, reason: &str, seconds: i64) {
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

    pub fn prove(&self) {
        let proof = self.savings.db().read_blocking(florin_ledger::verify_in);
        assert!(proof.expect("a proof").holds());
        let proof = self.savings.db().read_blocking(florin_savings::investment::verify_in);
        let proof = proof.expect("a proof");
        assert!(proof.holds(), "{proof}");
    }

    pub fn settled_events(&self) -> usize {
        self.events("PaymentSettled").len()
    }

    pub fn events(&self, kind: &str) -> Vec<florin_events::Event> {
        let tenant = self.caller.tenant;
        let kind = Some(kind.to_owned());
        let filter = florin_events::EventFilter { after: 0, kind, limit: 1_000 };
        let found =
            self.savings.db().read_blocking(move |tx| florin_events::list_in(tx, tenant, &filter));
        found.expect("events")
    }
}
