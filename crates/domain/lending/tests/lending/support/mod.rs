//! A lender on a throwaway database: a tenant with a simulated clock, and short ways to do what a partner does.

#![allow(dead_code, reason = "each test takes what it needs")]

pub mod rail;

use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;
use tokio::runtime::Runtime;

use florin_calendar::{Calendar, FixedClock};
use florin_crypto::KeyRing;
use florin_events::EventFilter;
use florin_ids::{ApplicationId, LoanId, TenantId, TransactionId};
use florin_ledger::Proof;
use florin_lending::application::ApplicationFields;
use florin_lending::end_user::EndUserFields;
use florin_lending::loan::Instalment;
use florin_lending::product::{
    InterestCalculation, ProductFields, ProductType, RepaymentHolidayScheduling,
};
use florin_lending::{
    CollectionSettings, Given, Lending, LendingError, Loan, LoanPayments, NewLoan, NewRefund,
    NewTransaction, Payouts, Transaction, TransactionType,
};
use florin_money::Currency;
use florin_payments::transfer::TransferAnswers;
use florin_payments::{Owners, Rails};
use florin_storage::testing::{TestDb, databases};
use florin_storage::{Db, Filter, ListQuery, MigrationSet, Op, Tx};
use florin_tenancy::day::{BetweenDays, DayRunner, DayStep};
use florin_tenancy::{Caller, Collections, NewTenant, create_tenant_in, day};

/// The product and the loan of a test.
#[derive(Clone, Copy)]
pub struct Terms {
    pub kind: ProductType,
    pub amount: &'static str,
    pub rate: &'static str,
    pub installments: Option<i64>,
    pub day: i64,
    pub holidays: RepaymentHolidayScheduling,
}

/// The first golden table: equal principal on the first of the month.
pub const EQUAL_PRINCIPAL: Terms = Terms {
    kind: ProductType::EqualPrincipalTermLoan,
    amount: "12000",
    rate: "12",
    installments: Some(6),
    day: 1,
    holidays: RepaymentHolidayScheduling::OnDay,
};

/// The second golden table: equal instalments on the last business day before the 24th.
pub const EQUAL_INSTALMENTS: Terms = Terms {
    kind: ProductType::EqualInstalmentsTermLoan,
    day: 24,
    holidays: RepaymentHolidayScheduling::LastBusinessDayBeforeTheDay,
    ..EQUAL_PRINCIPAL
};

/// The real time of every test.
pub const NOW: &str = "2026-11-21T09:00:00Z";

/// A line of credit of 2,000.
pub const LINE: Terms = Terms {
    kind: ProductType::SimpleRevolvingCredit,
    amount: "2000",
    installments: None,
    ..EQUAL_PRINCIPAL
};

pub struct Lender {
    pub lending: Lending,
    pub caller: Caller,
    pub runtime: Runtime,
    pub rails: Rails,
    days: DayRunner,
}

/// Runs `test` with a lender whose clock stands on `start`, on each engine. The simulated provider collects.
pub fn on_both(start: Date, test: impl Fn(&Lender)) {
    on_both_collected(start, Collections::Simulated, test);
}

/// The same with somebody else who collects.
pub fn on_both_collected(start: Date, collections: Collections, test: impl Fn(&Lender)) {
    for TestDb { db, .. } in &databases(&sets()) {
        test(&Lender::new(db, start, collections));
    }
}

/// The same with rails that loans can be collected over.
pub fn on_both_rails(start: Date, collections: Collections, rails: &Rails, test: impl Fn(&Lender)) {
    for TestDb { db, .. } in &databases(&sets()) {
        test(&Lender::with_rails(db, start, collections, rails));
    }
}

/// The tables that lending needs.
pub fn sets() -> [MigrationSet; 10] {
    [
        florin_tenancy::MIGRATIONS,
        florin_jobs::MIGRATIONS,
        florin_events::MIGRATIONS,
        florin_ledger::MIGRATIONS,
        florin_payments::MIGRATIONS,
        florin_ach_origination::MIGRATIONS,
        florin_mandates::MIGRATIONS,
        florin_external_accounts::MIGRATIONS,
        florin_decisioning::MIGRATIONS,
        florin_lending::MIGRATIONS,
    ]
}

pub fn decimal(text: &str) -> Decimal {
    Decimal::from_str(text).expect("a decimal")
}

impl Lender {
    pub fn new(db: &Db, start: Date, collections: Collections) -> Self {
        Self::with_rails(db, start, collections, &Rails::default())
    }

    pub fn with_rails(db: &Db, start: Date, collections: Collections, rails: &Rails) -> Self {
        let currency = Currency::GBP;
        let keys = Arc::new(KeyRing::generate());
        Self::assembled(db, (start, currency), collections, (rails, keys), Vec::new())
    }

    /// A lender with steps of the day beside lending's own.
    pub fn assembled(
        db: &Db,
        (start, currency): (Date, Currency),
        collections: Collections,
        (rails, keys): (&Rails, Arc<KeyRing>),
        more_steps: Vec<Arc<dyn DayStep>>,
    ) -> Self {
        let clock = Arc::new(FixedClock::new(NOW.parse().expect("a time")));
        let now = florin_calendar::Clock::now(&*clock);
        let new = NewTenant {
            name: "Lender".to_owned(),
            clock: Some(start),
            currency: Some(currency),
            collections: Some(collections),
            ..NewTenant::default()
        };
        let (tenant, _) =
            db.write_blocking(move |tx| create_tenant_in(tx, new.clone(), now)).expect("a tenant");
        let caller = Caller { tenant: tenant.id, currency, now };
        let lending = Lending::new(db.clone(), keys).with_rails(rails.clone());
        let mut steps = florin_lending::day_steps(rails);
        steps.extend(more_steps);
        let days = DayRunner::new(db.clone(), clock, steps);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .expect("a runtime");
        Self { lending, caller, runtime, rails: rails.clone(), days }
    }

    pub fn tenant(&self) -> TenantId {
        self.caller.tenant
    }

    pub fn db(&self) -> &Db {
        self.lending.db()
    }

    /// A published product of these terms and an approved application for it.
    pub fn application(&self, terms: Terms, first_name: &str) -> ApplicationId {
        let product = ProductFields {
            kind: Given::Value(terms.kind),
            name: Given::Value("Cash advance".to_owned()),
            max_loan_amount: Given::Value(decimal(terms.amount)),
            max_interest_rate: Given::Value(decimal(terms.rate)),
            installments: terms.installments.into(),
            interest_calculation: Given::Value(
                if terms.kind == ProductType::EqualInstalmentsTermLoan {
                    InterestCalculation::EqualInstalments
                } else {
                    InterestCalculation::EqualPrincipalPayments
                },
            ),
            repayment_holiday_scheduling: Given::Value(terms.holidays),
            repayment_date_period: Given::Value(terms.day),
            calendar: Given::Value(Calendar::GbEng),
            ..ProductFields::default()
        };
        self.application_for(product, first_name)
    }

    /// The same for a product of any settings.
    pub fn application_for(&self, product: ProductFields, first_name: &str) -> ApplicationId {
        let end_user = EndUserFields {
            first_name: Given::Value(first_name.to_owned()),
            last_name: Given::Value("Blond".to_owned()),
            ..EndUserFields::default()
        };
        self.runtime.block_on(async {
            let product =
                self.lending.create_product(&self.caller, product).await.expect("a product");
            self.lending.publish_product(&self.caller, product.id).await.expect("published");
            let end_user =
                self.lending.create_end_user(&self.caller, end_user).await.expect("an end user");
            let fields = ApplicationFields {
                product: Given::Value(product.id),
                end_user: Given::Value(end_user.id),
                ..ApplicationFields::default()
            };
            let application = self
                .lending
                .create_application(&self.caller, fields)
                .await
                .expect("an application");
            self.lending
                .complete_application(&self.caller, application.id)
                .await
                .expect("approved");
            application.id
        })
    }

    pub fn open(&self, application: ApplicationId) -> Result<Loan, LendingError> {
        let new = NewLoan {
            application,
            amount: None,
            rate: None,
            installments: None,
            grace_instalments: None,
            principal_repayment_grace: None,
            arrears_tolerance: None,
        };
        self.runtime.block_on(self.lending.create_loan(&self.caller, new))
    }

    /// A loan of these terms, disbursed in full today.
    pub fn disbursed(&self, terms: Terms) -> LoanId {
        let loan = self.open(self.application(terms, "John")).expect("a loan").id;
        let paid_out =
            self.create(loan, TransactionType::Disbursement, terms.amount).expect("a disbursement");
        self.apply(paid_out.id).expect("applied");
        loan
    }

    pub fn create(
        &self,
        loan: LoanId,
        kind: TransactionType,
        amount: &str,
    ) -> Result<Transaction, LendingError> {
        self.submit(request(loan, kind, amount))
    }

    pub fn submit(&self, new: NewTransaction) -> Result<Transaction, LendingError> {
        self.runtime.block_on(self.lending.create_transaction(&self.caller, new))
    }

    pub fn apply(&self, id: TransactionId) -> Result<Transaction, LendingError> {
        self.runtime.block_on(self.lending.apply_transaction(&self.caller, id))
    }

    pub fn loan(&self, id: LoanId) -> Loan {
        self.runtime.block_on(self.lending.get_loan(&self.caller, id)).expect("the loan")
    }

    /// What the loan owes as text: principal, interest, fee.
    pub fn owed(&self, id: LoanId) -> [String; 3] {
        let loan = self.loan(id);
        let owed = loan.balances.owed();
        [owed.principal, owed.interest, owed.fee].map(|minor| loan.money(minor).to_string())
    }

    /// The loan's transactions in the order in which they were made.
    pub fn transactions(&self, loan: LoanId) -> Vec<Transaction> {
        let query = ListQuery {
            filters: vec![Filter { column: "loan_id", op: Op::In(vec![loan.into()]) }],
            order: vec![("id", false)],
            limit: 1_000,
            offset: 0,
        };
        self.runtime
            .block_on(self.lending.list_transactions(&self.caller, query))
            .expect("a list")
            .items
    }

    /// The loan's instalments, past and to come.
    pub fn schedule(&self, loan: LoanId) -> Vec<Instalment> {
        let schedule = self.lending.loan_schedule(&self.caller, loan);
        self.runtime.block_on(schedule).expect("a schedule").1
    }

    /// Moves the clock to `date`, day by day.
    pub fn advance(&self, date: Date) {
        self.days.advance_to_blocking(self.tenant(), date, &mut |_| {}).expect("the days are run");
    }

    /// Lets the built-in payments provider answer what it was asked.
    pub fn settle_transfers(&self) {
        let clock = Arc::new(FixedClock::new(self.caller.now));
        let answers = TransferAnswers::new(self.db().clone(), self.owners(), clock);
        answers.settle_blocking(self.tenant(), self.today()).expect("answers");
    }

    /// Who is told of payments.
    pub fn owners(&self) -> Owners {
        Owners::new(vec![Arc::new(LoanPayments::new(self.rails.clone()))])
    }

    /// Pays out by a provider from now on, or not.
    pub fn pay_out_by(&self, payouts: Payouts) {
        let settings = CollectionSettings { payouts, ..CollectionSettings::default() };
        let saved = self.lending.set_collection_settings(&self.caller, settings);
        self.runtime.block_on(saved).expect("settings");
    }

    /// Gives back what the borrower has paid too much: all of it when no amount is named.
    pub fn refund(&self, loan: LoanId, amount: Option<&str>) -> Result<Transaction, LendingError> {
        let (amount, external_account, unique_key) = (amount.map(decimal), None, None);
        let new = NewRefund { loan, amount, external_account, unique_key };
        self.runtime.block_on(self.lending.create_refund(&self.caller, new))
    }

    /// What the ledger owes the borrower, and what of it is being given back.
    pub fn owed_to_borrower(&self, loan: LoanId) -> (i64, i64) {
        let (tenant, id) = (self.tenant(), loan.uuid());
        let balances =
            self.db().read_blocking(move |tx| florin_ledger::balances_in(tx, tenant, vec![id]));
        let balances = balances.expect("balances");
        let balance = balances.get(&(id, 2000)).copied().unwrap_or_default();
        (-balance.posted, balance.pending_debit)
    }

    pub fn today(&self) -> Date {
        let tenant = self.tenant();
        self.db().read_blocking(move |tx| day::state_in(tx, tenant)).expect("the day").business_date
    }

    /// The posted balance of an account of the chart, debits positive, in minor units.
    pub fn account(&self, no: u32) -> i64 {
        let tenant = self.tenant();
        let lines = self
            .db()
            .read_blocking(move |tx| florin_ledger::trial_balance_in(tx, tenant))
            .expect("a trial balance");
        lines.iter().filter(|line| line.no == no).map(|line| line.posted).sum()
    }

    /// What the tenant's events of a kind say, oldest first.
    pub fn events(&self, kind: &str) -> Vec<serde_json::Value> {
        let (tenant, kind) = (self.tenant(), Some(kind.to_owned()));
        let filter = EventFilter { after: 0, kind, limit: 100 };
        let read = move |tx: &mut Tx| florin_events::list_in(tx, tenant, &filter);
        let events = self.db().read_blocking(read).expect("events");
        events.into_iter().map(|event| event.data).collect()
    }

    pub fn assert_proven(&self) {
        let proof: Proof = self.db().read_blocking(florin_ledger::verify_in).expect("a proof");
        assert!(proof.holds(), "{proof}");
    }
}

pub fn request(loan: LoanId, kind: TransactionType, amount: &str) -> NewTransaction {
    NewTransaction {
        loan,
        kind,
        amount: Some(decimal(amount)),
        name: None,
        fee_type: None,
        unique_key: None,
        effective_on: None,
    }
}
