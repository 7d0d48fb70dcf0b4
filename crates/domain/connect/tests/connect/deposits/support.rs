//! A partner of Connect on a throwaway database: a tenant with a simulated clock, external accounts on the ACH network,
//! and short ways to do what an end user does.

use std::sync::Arc;

use florin_ach_origination::{Accounts, Ach, AchRail};
use florin_calendar::{Clock, FixedClock};
use florin_connect::microdeposit::{FollowMicrodeposits, MicrodepositPayments};
use florin_connect::{
    Account, Connect, ConnectError, Detail, JobType, Member, Microdeposit, MicrodepositRefusal,
    MicrodepositStatus, Mode, NewMember, NewMicrodeposit, NewSession, PartnerUser, Purpose,
    Visitor,
};
use florin_crypto::KeyRing;
use florin_decisioning::Book;
use florin_external_accounts::account::AccountBook;
use florin_external_accounts::{
    AccountId, AccountStatus, ExpireTrials, ExternalAccount, ExternalAccounts, TransferPayments,
};
use florin_ids::{ConnectUserId, TenantId};
use florin_jobs::Outcome;
use florin_ledger::{AccountNo, Balance, Proof};
use florin_money::Currency;
use florin_payments::{Owners, Rails};
use florin_storage::testing::{TestDb, databases};
use florin_storage::{Db, MigrationSet, Value};
use florin_tenancy::day::{DayRunner, DayStep};
use florin_tenancy::{Caller, NewTenant, create_tenant_in, day};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value as Json;
use tokio::runtime::Runtime;

use super::bank::TestBank;

/// The Tuesday on which every test begins.
pub const START: Date = jiff::civil::date(2026, 12, 1);

pub struct Partner {
    pub connect: Connect,
    pub accounts: ExternalAccounts,
    pub caller: Caller,
    pub runtime: Runtime,
    pub keys: Arc<KeyRing>,
    db: Db,
    days: DayRunner,
}

fn sets() -> [MigrationSet; 8] {
    [
        florin_tenancy::MIGRATIONS,
        florin_jobs::MIGRATIONS,
        florin_events::MIGRATIONS,
        florin_ledger::MIGRATIONS,
        florin_payments::MIGRATIONS,
        florin_ach_origination::MIGRATIONS,
        florin_external_accounts::MIGRATIONS,
        florin_connect::MIGRATIONS,
    ]
}

/// Runs `test` on each engine; the ledger is proven afterwards.
pub fn on_both(test: impl Fn(&Partner)) {
    on_both_with(None, test);
}

/// The same with a book of borrowers.
pub fn on_both_with(book: Option<Arc<dyn Book>>, test: impl Fn(&Partner)) {
    for TestDb { db, .. } in &databases(&sets()) {
        let partner = Partner::new(db, book.clone());
        test(&partner);
        partner.prove();
    }
}

pub fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

/// A request that lacks nothing.
pub fn asked(account_number: &str) -> NewMicrodeposit {
    NewMicrodeposit {
        account_name: None,
        account_number: text(account_number),
        account_type: Some(1),
        email: text("ada@example.com"),
        first_name: text("Ada"),
        last_name: text("Lovelace"),
        routing_number: text("123456789"),
    }
}

impl Partner {
    fn new(db: &Db, book: Option<Arc<dyn Book>>) -> Self {
        let keys = Arc::new(KeyRing::generate());
        let clock = Arc::new(FixedClock::new("2026-11-21T15:00:00Z".parse().expect("a time")));
        let now = clock.now();
        let new = NewTenant { name: "Fin".to_owned(), clock: Some(START), ..NewTenant::default() };
        let (tenant, _) =
            db.write_blocking(move |tx| create_tenant_in(tx, new.clone(), now)).expect("a tenant");
        let caller = Caller { tenant: tenant.id, currency: Currency::USD, now };
        let details: Arc<dyn Accounts> = Arc::new(AccountBook::new(keys.clone()));
        let rail = AchRail::new(keys.clone(), details.clone(), true);
        let rails = Rails::new(vec![Arc::new(rail)]);
        let accounts =
            ExternalAccounts::new(db.clone(), keys.clone()).with_rails(rails).in_sandbox();
        let connect = Connect::new(db.clone(), clock.clone(), keys.clone(), TestBank::alone())
            .with_external_accounts(accounts.clone());
        let connect = match book {
            Some(book) => connect.with_book(book),
            None => connect,
        };
        let owners = Owners::new(vec![
            Arc::new(MicrodepositPayments::new(keys.clone())),
            Arc::new(TransferPayments),
        ]);
        let mut steps: Vec<Arc<dyn DayStep>> = vec![
            Arc::new(ExpireTrials::new(keys.clone())),
            Arc::new(FollowMicrodeposits::new(keys.clone())),
        ];
        let ach = Ach::new(db.clone(), keys.clone(), details, owners, clock.clone());
        steps.extend(ach.day_steps());
        let days = DayRunner::new(db.clone(), clock, steps);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        Self { connect, accounts, caller, runtime, keys, db: db.clone(), days }
    }

    pub fn tenant(&self) -> TenantId {
        self.caller.tenant
    }

    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Somebody new.
    pub fn visitor(&self) -> Visitor {
        self.visit(&ConnectUserId::new().to_string(), |_| {})
    }

    /// The end user of this id with the partner, in a new session.
    pub fn visit(&self, id: &str, change: impl Fn(&mut NewSession)) -> Visitor {
        let mut new = NewSession {
            user: PartnerUser { id: id.to_owned(), email: None },
            mode: Some(Mode::Verification),
            purposes: Purpose::ALL.to_vec(),
            ..NewSession::default()
        };
        change(&mut new);
        self.runtime.block_on(async {
            let (_, token) =
                self.connect.create_session(&self.caller, new).await.expect("a session");
            self.connect.visitor(token.expose()).await.expect("a visitor").0
        })
    }

    /// Links the test bank and lets it be read by a job of this type.
    pub fn link(&self, visitor: &Visitor, job: JobType) -> Member {
        self.runtime.block_on(async {
            let bank = self.connect.institution_by_code(self.tenant(), "gringotts").await;
            let bank = bank.expect("a bank");
            let credentials = bank.credentials.iter().map(|field| (field.id, "demo".to_owned()));
            let new = NewMember {
                institution: Some(bank.id),
                credentials: credentials.collect(),
                ..NewMember::default()
            };
            let member = match self.connect.add_member(visitor, new).await {
                Ok(member) => member.id,
                Err(ConnectError::MemberExists(member)) => member,
                Err(error) => panic!("{error:?}"),
            };
            self.connect.run_job(visitor, member, job).await.expect("a job");
            self.work().await;
            self.connect.member(visitor, member).await.expect("a member")
        })
    }

    /// Carries out every job that is due.
    async fn work(&self) {
        let handlers = self.connect.job_handlers();
        let kinds: Vec<_> = handlers.iter().map(|it| (it.kind(), it.lease())).collect();
        loop {
            let jobs = florin_jobs::claim(&self.db, &kinds, 100, self.caller.now).await;
            let jobs = jobs.expect("jobs");
            if jobs.is_empty() {
                return;
            }
            for job in jobs {
                let handler = handlers.iter().find(|it| it.kind() == job.kind).expect("a handler");
                let outcome = handler.run(&job).await;
                assert!(matches!(outcome, Outcome::Done), "{outcome:?}");
                florin_jobs::finish(&self.db, job.lease(), self.caller.now).await.expect("done");
            }
        }
    }

    /// The end user's accounts as the partner reads them.
    pub fn accounts_of(&self, visitor: &Visitor) -> Vec<Account> {
        let all = self.connect.user_accounts(&self.caller, visitor.user, Detail::Full);
        self.runtime.block_on(all).expect("accounts")
    }

    /// How many rows of the tenant's a table has.
    pub fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) AS n FROM {table} WHERE tenant_id = ?1");
        let tenant = self.tenant();
        let count = self.db.read_blocking(move |tx| {
            tx.query_one(&sql, &[Value::from(tenant)], |row| row.get::<i64>("n"))
        });
        count.expect("a count")
    }

    pub fn create(
        &self,
        visitor: &Visitor,
        asked: NewMicrodeposit,
    ) -> Result<Microdeposit, ConnectError> {
        self.runtime.block_on(self.connect.create_microdeposit(visitor, asked))
    }

    pub fn load(&self, visitor: &Visitor, it: &Microdeposit) -> Microdeposit {
        self.runtime.block_on(self.connect.microdeposit(visitor, it.id)).expect("a microdeposit")
    }

    pub fn verify(
        &self,
        visitor: &Visitor,
        it: &Microdeposit,
        amounts: (&str, &str),
    ) -> Result<Microdeposit, ConnectError> {
        self.runtime.block_on(self.connect.verify_microdeposit(visitor, it.id, amounts))
    }

    pub fn update(
        &self,
        visitor: &Visitor,
        it: &Microdeposit,
        change: NewMicrodeposit,
    ) -> Result<Microdeposit, ConnectError> {
        self.runtime.block_on(self.connect.update_microdeposit(visitor, it.id, change))
    }

    /// The external account that the deposits go to.
    pub fn external(&self, it: &Microdeposit) -> ExternalAccount {
        let id: AccountId = it.external_account.expect("an external account");
        let query = florin_storage::ListQuery { limit: 100, ..Default::default() };
        let page = self.runtime.block_on(self.accounts.page_accounts(self.tenant(), query));
        let page = page.expect("accounts");
        page.items.into_iter().find(|it| it.id == id).expect("the external account")
    }

    /// Where an external account stands.
    pub fn status(&self, account: AccountId) -> AccountStatus {
        let (keys, tenant) = (self.keys.clone(), self.tenant());
        let status = self.db.read_blocking(move |tx| {
            florin_external_accounts::verified::status_in(tx, &keys, tenant, account)
        });
        status.expect("a status").expect("an account")
    }

    /// What stands on an account of the house.
    pub fn house(&self, no: AccountNo) -> Balance {
        let tenant = self.tenant();
        let found = self.db.read_blocking(move |tx| {
            let owner = uuid::Uuid::nil();
            let all = florin_ledger::balances_in(tx, tenant, vec![owner])?;
            Ok::<_, florin_ledger::LedgerError>(all.get(&(owner, no)).copied().unwrap_or_default())
        });
        found.expect("balances")
    }

    /// Moves the clock forward.
    pub fn advance(&self, days: i64) -> Date {
        let tenant = self.tenant();
        let state = self.db.read_blocking(move |tx| day::state_in(tx, tenant)).expect("a day");
        let target = state.business_date + days.days();
        self.days.advance_to_blocking(tenant, target, &mut |_| {}).expect("days");
        target
    }

    /// The data of the events of a kind, oldest first.
    pub fn events(&self, kind: &'static str) -> Vec<Json> {
        let tenant = self.tenant();
        let filter =
            florin_events::EventFilter { after: 0, kind: Some(kind.to_owned()), limit: 1_000 };
        let events = self.db.read_blocking(move |tx| florin_events::list_in(tx, tenant, &filter));
        events.expect("events").into_iter().map(|it| it.data).collect()
    }

    /// The names of the statuses that events of microdeposits told, oldest first.
    pub fn told(&self) -> Vec<String> {
        let events = self.events(florin_events::kinds::CONNECT_MICRODEPOSIT_UPDATED);
        events.iter().filter_map(|it| it["status_name"].as_str().map(str::to_owned)).collect()
    }

    /// Every column of a table of bytes.
    pub fn bytes(&self, sql: &'static str) -> Vec<Vec<u8>> {
        let tenant = self.tenant();
        let rows = self.db.read_blocking(move |tx| {
            tx.query(sql, &[Value::from(tenant)], |row| row.at::<Vec<u8>>(0))
        });
        rows.expect("rows")
    }

    fn prove(&self) {
        let proof = self.db.read_blocking(florin_ledger::verify_in).expect("a proof");
        assert!(matches!(proof, Proof::Holds { .. }), "{proof}");
    }
}

/// Why a microdeposit was refused.
pub fn refusal(outcome: Result<Microdeposit, ConnectError>) -> MicrodepositRefusal {
    match outcome {
        Err(ConnectError::Microdeposit(refusal)) => *refusal,
        other => panic!("{other:?}"),
    }
}

/// The status that a refusal names, and the fields.
pub fn refused(outcome: Result<Microdeposit, ConnectError>) -> (MicrodepositStatus, Vec<String>) {
    let refusal = refusal(outcome);
    (refusal.status, refusal.fields.into_iter().map(|fault| fault.field).collect())
}
