//! A borrower links a bank account, agrees, is decided on by it, and takes it back.

use florin_calendar::Clock as _;
use florin_connect::consent::current_text;
use florin_connect::{
    Account, AccountType, Category, Detail, JobType, NewConsent, NewMember, NewSession,
    PartnerUser, Purpose, TransactionQuery, Visitor,
};
use florin_jobs::{JobHandler, Outcome};
use florin_money::Currency;
use florin_tenancy::Caller;
use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Setting;
use crate::app::{TestApp, on_each_engine};

/// What is left of a month's income.
const STATEMENT: &str =
    "{{linked_monthly_income}} - {{linked_largest_regular_outgoing}} + 0 * {{linked_balance}}";

/// The tenant, as its back end calls Connect.
fn caller(app: &TestApp, setting: &Setting) -> Caller {
    let tenant = setting.client.tenant.expect("a tenant");
    Caller { tenant, currency: Currency::GBP, now: app.clock().now() }
}

/// The borrower in Connect: known by the id that lending gave them.
async fn visit(app: &TestApp, setting: &Setting) -> Visitor {
    let user = PartnerUser { id: setting.end_user.clone(), email: None };
    let purposes = vec![Purpose::CreditDecision];
    let new = NewSession { user, purposes, ..NewSession::default() };
    let connect = app.connect();
    let (_, token) = connect.create_session(&caller(app, setting), new).await.expect("a session");
    connect.visitor(token.expose()).await.expect("a visitor").0
}

/// Links a bank in pounds and reads it.
async fn link(app: &TestApp, visitor: &Visitor) {
    let connect = app.connect();
    let bank = connect.institution_by_code(visitor.tenant, "aldermere").await.expect("a bank");
    let credentials = bank.credentials.iter().map(|field| (field.id, "demo".to_owned()));
    let new = NewMember {
        institution: Some(bank.id),
        credentials: credentials.collect(),
        ..NewMember::default()
    };
    let member = connect.add_member(visitor, new).await.expect("a member");
    connect.run_job(visitor, member.id, JobType::Aggregation).await.expect("a job");
    for _ in 0..20 {
        for handler in connect.job_handlers() {
            run_due(app, &*handler).await;
        }
    }
    let member = connect.member(visitor, member.id).await.expect("the member");
    assert_eq!(member.status.as_str(), "CONNECTED");
}

async fn run_due(app: &TestApp, handler: &dyn JobHandler) {
    let (now, kinds) = (app.clock().now(), [(handler.kind(), handler.lease())]);
    for job in florin_jobs::claim(app.db(), &kinds, 100, now).await.expect("jobs") {
        let outcome = handler.run(&job).await;
        assert!(matches!(outcome, Outcome::Done), "{outcome:?}");
        florin_jobs::finish(app.db(), job.lease(), now).await.expect("it is done");
    }
}

/// What the partner reads itself: the balance, and the mean of what came in from July to December 2022, in pence.
async fn read(app: &TestApp, setting: &Setting, visitor: &Visitor) -> (i64, i64) {
    let (connect, caller) = (app.connect(), caller(app, setting));
    let accounts = connect.user_accounts(&caller, visitor.user, Detail::Masked).await;
    let pays =
        |it: &Account| matches!(it.account_type, AccountType::Checking | AccountType::Savings);
    let accounts: Vec<Account> = accounts.expect("accounts").into_iter().filter(pays).collect();
    let mut income = 0;
    for account in &accounts {
        let query = TransactionQuery {
            from: Some(date(2022, 7, 1)),
            to: Some(date(2022, 12, 31)),
            page: None,
            per_page: Some(1_000),
        };
        let page = connect.account_transactions(&caller, visitor.user, account.id, query).await;
        let earned = page.expect("transactions").items.into_iter().filter(|it| {
            it.amount_minor > 0 && !matches!(it.category, Category::Transfer | Category::Loan)
        });
        income += earned.map(|it| it.amount_minor).sum::<i64>();
    }
    // Half a penny is rounded up.
    (accounts.iter().map(|it| it.balance_minor).sum(), (income * 2 + 6) / 12)
}

async fn agree(app: &TestApp, visitor: &Visitor) -> florin_connect::Consent {
    let new = NewConsent {
        text_version: Some(current_text().version.to_owned()),
        purposes: vec!["account_data".to_owned(), "credit_decision".to_owned()],
    };
    app.connect().give_consent(visitor, new).await.expect("a consent")
}

fn number(value: &Value) -> Decimal {
    value.to_string().parse().expect("a number")
}

const FOUR: [&str; 4] = [
    "linked_monthly_income",
    "linked_overdraft_days_90",
    "linked_largest_regular_outgoing",
    "linked_balance",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_tells_decides_until_the_borrower_takes_it_back() {
    on_each_engine(async |app| {
        let setting = Setting::with_rule(app, &[], STATEMENT, 1).await;
        let visitor = visit(app, &setting).await;
        link(app, &visitor).await;
        let complete = async || {
            let application = setting.application(json!({})).await;
            let (status, reason) = setting.complete(&application).await;
            (status, reason, setting.decision(&application).await)
        };
        let (status, reason, _) = complete().await;
        assert_eq!(status, "declined");
        assert!(reason.contains("{{linked_monthly_income}}"), "{reason}");

        let consent = agree(app, &visitor).await;
        let (status, reason, decision) = complete().await;
        assert_eq!(status, "approved", "{reason}");
        let (balance, income) = read(app, &setting, &visitor).await;
        assert!(income > 50_000, "{income}");
        let inputs = &decision["inputs"];
        assert_eq!(number(&inputs["linked_balance"]), Decimal::new(balance, 2));
        assert_eq!(number(&inputs["linked_monthly_income"]), Decimal::new(income, 2));
        assert!(number(&inputs["linked_overdraft_days_90"]) <= Decimal::from(90));
        assert!(number(&inputs["linked_largest_regular_outgoing"]) > Decimal::ZERO);

        let revoked = app.connect().revoke_consent(&visitor, consent.id).await;
        assert!(!revoked.expect("it is taken back").0.is_active());
        let (status, reason, decision) = complete().await;
        assert_eq!(status, "declined");
        assert!(reason.contains("{{linked_monthly_income}}"), "{reason}");
        assert!(FOUR.iter().all(|name| decision["inputs"][name].is_null()));
        let caller = caller(app, &setting);
        let left = app.connect().user_accounts(&caller, visitor.user, Detail::Masked).await;
        assert!(left.expect("a list").is_empty());
    })
    .await;
}
