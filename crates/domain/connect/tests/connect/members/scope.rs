//! What a session is for binds its jobs: what is asked, read and kept.

use florin_connect::{
    Account, ConnectError, Detail, InstitutionQuery, JobType, Member, Mode, NewSession, Owner,
    Product, Visitor,
};
use florin_money::Currency;
use florin_storage::testing::{TestDb, databases};

use super::support::{Desk, on_both, sets};

async fn visit(desk: &Desk, user: &str, mode: Mode, products: &[Product]) -> Visitor {
    let products = products.to_vec();
    let new = NewSession { mode: Some(mode), products, ..NewSession::default() };
    let (_, token) = desk.open(user, new).await;
    desk.connect.visitor(&token).await.expect("a visitor").0
}

async fn accounts(desk: &Desk, visitor: &Visitor) -> Vec<Account> {
    let all = desk.connect.user_accounts(&desk.caller, visitor.user, Detail::Full);
    all.await.expect("accounts")
}

#[tokio::test]
async fn a_session_runs_the_jobs_that_it_is_for() {
    on_both(async |desk| {
        let check = async |mode: Mode, products: &[Product], runs: &[i64]| {
            let visitor = visit(&desk, "ada", mode, products).await;
            for job in JobType::ALL {
                let user = format!("{mode} {products:?} {job}");
                let visitor = Visitor {
                    products: visitor.products.clone(),
                    ..visit(&desk, &user, mode, products).await
                };
                let member = desk.add(&visitor, "testbank", "single").await;
                let ran = desk.connect.run_job(&visitor, member.id, *job).await;
                match ran {
                    Ok(_) => assert!(runs.contains(&job.code()), "{user}"),
                    Err(ConnectError::Conflict(_)) => {
                        assert!(!runs.contains(&job.code()), "{user}")
                    }
                    Err(other) => panic!("{user}: {other:?}"),
                }
            }
        };
        use Product::{AccountVerification, IdentityVerification, Statements, Transactions};
        check(Mode::Aggregation, &[], &[0, 3, 7]).await;
        check(Mode::Verification, &[], &[0, 1, 3, 7, 11]).await;
        check(Mode::Aggregation, &[Transactions, Statements], &[0, 3, 4, 7, 9, 11]).await;
        check(Mode::Verification, &[IdentityVerification], &[0, 1, 2, 3, 7, 11]).await;
        check(Mode::Aggregation, &[AccountVerification], &[0, 1, 3, 7, 11]).await;
    })
    .await;
}

/// How much is known of the accounts: proven ones, names, addresses, transactions, statements.
async fn known(desk: &Desk, visitor: &Visitor) -> [usize; 5] {
    let mut known = [0; 5];
    for account in accounts(desk, visitor).await {
        known[0] += usize::from(account.is_verified);
        known[1] += account.owners.len();
        known[2] += account.owners.iter().filter(|it| it.address.is_some()).count();
        let query = florin_connect::TransactionQuery::default();
        let (connect, user) = (&desk.connect, visitor.user);
        let page = connect.account_transactions(&desk.caller, user, account.id, query).await;
        known[3] += page.expect("a page").items.len().min(1);
        let all = connect.account_statements(&desk.caller, user, account.id).await;
        known[4] += all.expect("statements").len();
    }
    known
}

#[tokio::test]
async fn a_job_keeps_what_it_is_for() {
    on_both(async |desk| {
        let check = async |job: JobType, products: &[Product], expected: [usize; 5]| {
            let user = format!("{job} {products:?}");
            let visitor = visit(&desk, &user, Mode::Aggregation, products).await;
            let member = desk.add(&visitor, "testbank", "single").await;
            let seen = desk.aggregate(&visitor, &member, job).await;
            assert_eq!(seen.status.as_str(), "CONNECTED", "{user}");
            assert_eq!(known(&desk, &visitor).await, expected, "{user}");
        };
        use Product::{AccountVerification, IdentityVerification, Statements};
        check(JobType::Aggregation, Product::ALL, [0, 0, 0, 1, 0]).await;
        check(JobType::Balance, Product::ALL, [0, 0, 0, 0, 0]).await;
        check(JobType::Verification, Product::ALL, [1, 1, 0, 0, 0]).await;
        check(JobType::Identification, Product::ALL, [0, 1, 1, 0, 0]).await;
        check(JobType::Statement, Product::ALL, [0, 0, 0, 0, 24]).await;
        check(JobType::Combination, Product::ALL, [1, 1, 1, 1, 24]).await;
        check(JobType::Combination, &[Statements], [0, 0, 0, 1, 24]).await;
        check(JobType::Combination, &[IdentityVerification], [0, 1, 1, 1, 0]).await;
        check(JobType::Combination, &[AccountVerification], [1, 1, 0, 1, 0]).await;
    })
    .await;
}

#[tokio::test]
async fn a_verification_always_asks_which_account() {
    on_both(async |desk| {
        let products = [Product::AccountVerification];
        let visitor = visit(&desk, "ada", Mode::Aggregation, &products).await;
        let member = desk.add(&visitor, "gringotts", "demo").await;
        let seen = desk.aggregate(&visitor, &member, JobType::Verification).await;
        assert_eq!(seen.challenge[0].external_id.as_deref(), Some("single_account_select"));
        desk.answer(&visitor, &member, "current").await.expect("an answer");
        desk.work().await;
        let all = accounts(&desk, &visitor).await;
        assert_eq!(all.iter().filter(|it| it.is_verified).count(), 1);
        let name_alone = |it: &Owner| Owner { name: it.name.clone(), ..Owner::default() } == *it;
        assert!(all.iter().all(|it| it.owners.iter().all(name_alone)));
    })
    .await;
}

async fn refused_as(desk: &Desk, visitor: &Visitor, bank: &str) -> (Member, Option<i64>) {
    let member = desk.add(visitor, bank, "demo").await;
    let seen = desk.aggregate(visitor, &member, JobType::Verification).await;
    let code = seen.error.as_ref().map(|error| error.code.code());
    (seen, code)
}

#[tokio::test]
async fn an_account_of_another_countrys_money_is_not_eligible() {
    on_both(async |desk| {
        let visitor = desk.visit_in("ada", Mode::Verification).await;
        let (seen, code) = refused_as(&desk, &visitor, "aldermere").await;
        assert_eq!((seen.status.as_str(), code), ("FAILED", Some(1000)));
        assert!(seen.challenge.is_empty(), "nothing is to be chosen from");
        assert!(accounts(&desk, &visitor).await.iter().all(|it| !it.is_verified));
        // Where nothing has to be paid over it, it can be read.
        let seen = desk.aggregate(&visitor, &seen, JobType::Aggregation).await;
        assert_eq!(seen.status.as_str(), "CONNECTED");
        let reading = desk.visit("bob").await;
        desk.linked(&reading, "aldermere", "demo").await;
    })
    .await;
    for TestDb { db, .. } in &databases(&sets()) {
        let aggregator = std::sync::Arc::new(florin_connect::aggregator::SimulatedAggregator);
        let desk = Desk::of(db, None, vec![aggregator], Currency::GBP).await;
        let visitor = desk.visit_in("ada", Mode::Verification).await;
        let (seen, _) = refused_as(&desk, &visitor, "aldermere").await;
        assert_eq!(seen.status.as_str(), "CHALLENGED", "which account it is to be");
        let (seen, _) = refused_as(&desk, &visitor, "gringotts").await;
        assert_eq!(seen.status.as_str(), "CHALLENGED", "it can become an external account");
        assert_eq!(desk.connect.country(desk.tenant()).await.expect("a tenant"), None);
    }
}

#[tokio::test]
async fn an_account_for_payments_is_looked_for_at_home() {
    on_both(async |desk| {
        let countries = async |visitor: &Visitor, country: Option<&str>| {
            let country = country.map(str::to_owned);
            let query =
                InstitutionQuery { country, per_page: Some(100), ..InstitutionQuery::default() };
            let query = desk.connect.sought_by(visitor, query).await.expect("a query");
            let found = desk.connect.popular_institutions(desk.tenant(), query).await;
            let mut all: Vec<String> =
                found.expect("a page").iter().map(|it| it.country.clone()).collect();
            all.sort();
            all.dedup();
            all
        };
        let paying = desk.visit_in("ada", Mode::Verification).await;
        assert_eq!(countries(&paying, None).await, ["US"]);
        assert_eq!(countries(&paying, Some("GB")).await, ["GB"]);
        let reading = desk.visit("ada").await;
        assert_eq!(countries(&reading, None).await, ["GB", "US"]);
    })
    .await;
}
