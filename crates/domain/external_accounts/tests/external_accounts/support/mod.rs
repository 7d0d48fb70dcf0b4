//! A bank program on a throwaway database: a tenant with a simulated clock, a rail that tests tell, and short ways to
//! do what its back end does.

use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use tokio::runtime::Runtime;

use florin_ach::ReturnCode;
use florin_ach_origination::Accounts as _;
use florin_calendar::{Calendar, FixedClock};
use florin_crypto::KeyRing;
use florin_external_accounts::account::{AccountBook, VerifyAmounts};
use florin_external_accounts::*;
use florin_ids::{PaymentId, TenantId};
use florin_ledger::{AccountNo, Balance, Proof};
use florin_money::Currency;
use florin_payments::{
    Direction, Instrument, Moment, Owners, Payment, PaymentsError, Rail, RailKind, Rails, Told,
    Update,
};
use florin_storage::testing::{TestDb, databases};
use florin_storage::{Db, MigrationSet, Tx};
use florin_tenancy::day::{DayRunner, DayStep};
use florin_tenancy::{Caller, NewTenant, create_tenant_in, day};

/// A rail whose news is told by the test. Payments to somebody called `Late` cannot be called off any more, and an
/// account of somebody called `Refused` cannot be used.
pub struct TestRail;

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
        _instrument: &Instrument,
        _direction: Direction,
    ) -> Result<(), PaymentsError> {
        Ok(())
    }

    fn start_many_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        moment: Moment,
        payments: &mut [Payment],
    ) -> Result<(), PaymentsError> {
        for payment in payments {
            if payment.counterparty.starts_with("Refused") {
                return Err(PaymentsError::Unusable("The bank is closed.".to_owned()));
            }
            payment.charge_on = Some(Calendar::UsFed.after(moment.on));
        }
        Ok(())
    }

    fn cancel_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        _moment: Moment,
        payment: &Payment,
    ) -> Result<bool, PaymentsError> {
        Ok(!payment.counterparty.starts_with("Late"))
    }
}

pub struct Bank {
    pub service: ExternalAccounts,
    pub caller: Caller,
    pub runtime: Runtime,
    pub keys: Arc<KeyRing>,
    pub owners: Owners,
    days: DayRunner,
}

/// The tables that external accounts need.
pub fn sets() -> [MigrationSet; 7] {
    [
        florin_tenancy::MIGRATIONS,
        florin_jobs::MIGRATIONS,
        florin_events::MIGRATIONS,
        florin_ledger::MIGRATIONS,
        florin_payments::MIGRATIONS,
        florin_ach_origination::MIGRATIONS,
        florin_external_accounts::MIGRATIONS,
    ]
}

/// The Tuesday on which every test begins.
pub const START: Date = jiff::civil::date(2026, 12, 1);

/// Runs `test` with a sandbox's program on each engine; the ledger is proven afterwards.
pub fn on_both(test: impl Fn(&Bank)) {
    for TestDb { db, .. } in &databases(&sets()) {
        let bank = Bank::new(db, true);
        test(&bank);
        bank.prove();
    }
}

/// The same outside of a sandbox.
pub fn on_both_live(test: impl Fn(&Bank)) {
    for TestDb { db, .. } in &databases(&sets()) {
        let bank = Bank::new(db, false);
        test(&bank);
        bank.prove();
    }
}

pub fn decimal(text: &str) -> Decimal {
    Decimal::from_str(text).expect("a decimal")
}

pub fn codes<T: std::fmt::Debug>(outcome: Result<T, ExternalAccountsError>) -> Vec<u32> {
    match outcome {
        Ok(_) => Vec::new(),
        Err(ExternalAccountsError::Rejected(all)) => all.iter().map(|it| it.code).collect(),
        Err(error) => panic!("{error:?}"),
    }
}

pub fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

impl Bank {
    pub fn new(db: &Db, is_sandbox: bool) -> Self {
        let keys = Arc::new(KeyRing::generate());
        Self::on(db, is_sandbox, Rails::new(vec![Arc::new(TestRail)]), keys, |_, _| Vec::new())
    }

    /// A program on these rails, with these steps of the day beside its own.
    pub fn on(
        db: &Db,
        is_sandbox: bool,
        rails: Rails,
        keys: Arc<KeyRing>,
        steps: impl Fn(&Owners, Arc<FixedClock>) -> Vec<Arc<dyn DayStep>>,
    ) -> Self {
        let clock = Arc::new(FixedClock::new("2026-11-21T15:00:00Z".parse().expect("a time")));
        let now = florin_calendar::Clock::now(&*clock);
        let new = NewTenant { name: "Bank".to_owned(), clock: Some(START), ..NewTenant::default() };
        let (tenant, _) =
            db.write_blocking(move |tx| create_tenant_in(tx, new.clone(), now)).expect("a tenant");
        let caller = Caller { tenant: tenant.id, currency: Currency::USD, now };
        let service = ExternalAccounts::new(db.clone(), keys.clone()).with_rails(rails);
        let service = if is_sandbox { service.in_sandbox() } else { service };
        let owners = Owners::new(vec![
            Arc::new(TrialPayments::new(keys.clone())),
            Arc::new(TransferPayments),
        ]);
        let mut all: Vec<Arc<dyn DayStep>> = vec![Arc::new(ExpireTrials::new(keys.clone()))];
        all.extend(steps(&owners, clock.clone()));
        let days = DayRunner::new(db.clone(), clock, all);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .expect("a runtime");
        Self { service, caller, runtime, keys, owners, days }
    }

    pub fn tenant(&self) -> TenantId {
        self.caller.tenant
    }

    /// Changes the settings of the default program.
    pub fn settings(&self, change: impl Fn(&mut ProgramSettings)) -> Program {
        let program = self.program();
        let mut settings = program.settings;
        change(&mut settings);
        let changed = self.service.change_program(self.tenant(), program.id, settings);
        self.runtime.block_on(changed).expect("settings that make sense")
    }

    pub fn program(&self) -> Program {
        self.runtime.block_on(self.service.get_program(&self.caller)).expect("a program")
    }

    pub fn customer(&self) -> Customer {
        let new = NewCustomer {
            first_name: text("Ada"),
            last_name: text("Lovelace"),
            ..NewCustomer::default()
        };
        self.runtime.block_on(self.service.create_customer(&self.caller, new)).expect("a customer")
    }

    pub fn change_customer(&self, customer: &Customer, change: CustomerChange) {
        let changed = self.service.change_customer(&self.caller, customer.id.number(), change);
        self.runtime.block_on(changed).expect("a customer");
    }

    /// A request for an account that lacks nothing.
    pub fn asked(&self, customer: &Customer) -> NewAccount {
        NewAccount {
            customer: customer.id.number(),
            routing_number: text("123456789"),
            account_number: text("343434"),
            first_name: text("Ada"),
            last_name: text("Lovelace"),
            kind: text("Checking"),
            ..NewAccount::default()
        }
    }

    pub fn create(&self, new: NewAccount) -> Result<ExternalAccount, ExternalAccountsError> {
        self.runtime.block_on(self.service.create_account(&self.caller, new))
    }

    pub fn initiate(&self, new: NewAccount) -> Result<ExternalAccount, ExternalAccountsError> {
        self.runtime.block_on(self.service.initiate_account(&self.caller, new))
    }

    /// A verified account.
    pub fn verified(&self, customer: &Customer) -> ExternalAccount {
        self.create(self.asked(customer)).expect("an account")
    }

    pub fn verify(
        &self,
        customer: &Customer,
        account: i64,
        amounts: (&str, &str),
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        let told = VerifyAmounts {
            customer: customer.id.number(),
            account,
            amount1: decimal(amounts.0),
            amount2: decimal(amounts.1),
        };
        self.runtime.block_on(self.service.verify_account(&self.caller, told))
    }

    pub fn update(&self, update: AccountUpdate) -> Result<ExternalAccount, ExternalAccountsError> {
        self.runtime.block_on(self.service.update_account(&self.caller, update))
    }

    pub fn archive(
        &self,
        customer: &Customer,
        account: i64,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        let done = self.service.archive_account(&self.caller, customer.id.number(), account);
        self.runtime.block_on(done)
    }

    pub fn deactivate(
        &self,
        customer: &Customer,
        account: i64,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        let done = self.service.deactivate_account(&self.caller, customer.id.number(), account);
        self.runtime.block_on(done)
    }

    /// As the tables have it, whatever its status.
    pub fn account(&self, id: AccountId) -> ExternalAccount {
        let query = florin_storage::ListQuery { limit: 100, ..Default::default() };
        let page = self.service.page_accounts(self.tenant(), query);
        let page = self.runtime.block_on(page).expect("accounts");
        page.items.into_iter().find(|it| it.id == id).expect("an account")
    }

    pub fn transfer(&self, new: NewTransfer) -> Result<Transfer, ExternalAccountsError> {
        self.runtime.block_on(self.service.create_transfer(&self.caller, new))
    }

    /// A request for a deposit from the account.
    pub fn pull(
        &self,
        customer: &Customer,
        account: &ExternalAccount,
        amount: &str,
    ) -> NewTransfer {
        NewTransfer {
            customer: customer.id.number(),
            from: account.id.number(),
            to: customer.account.number(),
            amount: decimal(amount),
            ..NewTransfer::default()
        }
    }

    /// A request for a withdrawal to the account.
    pub fn push(
        &self,
        customer: &Customer,
        account: &ExternalAccount,
        amount: &str,
    ) -> NewTransfer {
        NewTransfer {
            from: customer.account.number(),
            to: account.id.number(),
            ..self.pull(customer, account, amount)
        }
    }

    /// A deposit that has settled today.
    pub fn deposited(
        &self,
        customer: &Customer,
        account: &ExternalAccount,
        amount: &str,
    ) -> Transfer {
        let transfer = self.transfer(self.pull(customer, account, amount)).expect("a transfer");
        self.tell(transfer.payment, Told::Submitted, "");
        self.tell(transfer.payment, Told::Confirmed, "");
        self.transaction(customer, &transfer)
    }

    pub fn transaction(&self, customer: &Customer, transfer: &Transfer) -> Transfer {
        let number = transfer.id.number();
        let found = self.service.get_transaction(&self.caller, customer.id.number(), number);
        self.runtime.block_on(found).expect("a transaction")
    }

    pub fn void(
        &self,
        customer: &Customer,
        transfer: &Transfer,
    ) -> Result<Transfer, ExternalAccountsError> {
        let void = VoidTransfer {
            customer: customer.id.number(),
            transaction: Some(transfer.id.number()),
            tag: None,
        };
        self.runtime.block_on(self.service.void_transfer(&self.caller, void))
    }

    /// The customer's balance, what of it is available, and what is on its way in and out, in cents.
    pub fn balance(&self, customer: &Customer) -> [i64; 4] {
        let view = self.service.get_customer(&self.caller, customer.id.number());
        let it = self.runtime.block_on(view).expect("a customer").account;
        [it.balance, it.available, it.pending_in, it.pending_out].map(|money| money.minor())
    }

    /// What stands on an account of the house.
    pub fn house(&self, no: AccountNo) -> Balance {
        let tenant = self.tenant();
        let found = self.service.db().read_blocking(move |tx| {
            let owner = uuid::Uuid::nil();
            let all = florin_ledger::balances_in(tx, tenant, vec![owner])?;
            Ok::<_, ExternalAccountsError>(all.get(&(owner, no)).copied().unwrap_or_default())
        });
        found.expect("balances")
    }

    /// The payments that are of an account's trial deposits.
    pub fn trial_payments(&self, account: &ExternalAccount) -> Vec<Payment> {
        let (tenant, id) = (self.tenant(), account.id.uuid());
        let found = self
            .service
            .db()
            .read_blocking(move |tx| florin_payments::of_owners_in(tx, tenant, vec![id]));
        found.expect("payments")
    }

    /// The rail tells of a payment, after whatever it told before.
    pub fn tell(&self, payment: PaymentId, told: Told, reason: &str) {
        let (tenant, now, reason) = (self.tenant(), self.caller.now, reason.to_owned());
        let owners = self.owners.clone();
        let done = self.service.db().write_blocking(move |tx| {
            let moment = florin_payments::moment_in(tx, tenant, now)?;
            let found = florin_payments::get_in(tx, tenant, payment)?.expect("a payment");
            let update = Update {
                payment,
                told,
                told_at: found.told_at.unwrap_or(Timestamp::UNIX_EPOCH) + 1.second(),
                reason: reason.clone(),
                // The day on which it settles, as a rail tells it.
                charge_on: (told == Told::Confirmed).then_some(moment.on),
                reference: None,
            };
            florin_payments::tell_in(tx, &owners, tenant, moment, update)
        });
        done.expect("it is taken in");
    }

    /// The rail has heard that an entry of the account came back; answers the account.
    pub fn returned(&self, account: &ExternalAccount, code: &str) -> ExternalAccount {
        let (book, reference) = (AccountBook::new(self.keys.clone()), account.id.to_string());
        let code = ReturnCode::parse(code).expect("a code");
        let (tenant, now) = (self.tenant(), self.caller.now);
        let done = self.service.db().write_blocking(move |tx| {
            let moment = florin_payments::moment_in(tx, tenant, now)?;
            book.returned_in(tx, tenant, moment, &reference, code).expect("it is taken in");
            Ok::<_, ExternalAccountsError>(())
        });
        done.expect("it is taken in");
        self.account(account.id)
    }

    pub fn today(&self) -> Date {
        let tenant = self.tenant();
        let state = self.service.db().read_blocking(move |tx| day::state_in(tx, tenant));
        state.expect("a day").business_date
    }

    /// Moves the clock forward.
    pub fn advance(&self, days: i64) -> Date {
        let target = self.today() + days.days();
        self.days.advance_to_blocking(self.tenant(), target, &mut |_| {}).expect("days");
        target
    }

    /// The kinds of the events so far, oldest first.
    pub fn events(&self) -> Vec<(String, serde_json::Value)> {
        let tenant = self.tenant();
        let filter = florin_events::EventFilter { after: 0, kind: None, limit: 1_000 };
        let events =
            self.service.db().read_blocking(move |tx| florin_events::list_in(tx, tenant, &filter));
        events.expect("events").into_iter().map(|it| (it.kind, it.data)).collect()
    }

    pub fn prove(&self) {
        let proof = self.service.db().read_blocking(florin_ledger::verify_in).expect("a proof");
        assert!(matches!(proof, Proof::Holds { .. }), "{proof}");
    }
}
