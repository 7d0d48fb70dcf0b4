use florin_connect::{
    AccountType, Category, ConnectError, Detail, JobType, Mode, TransactionQuery,
};
use jiff::civil::date;

use super::support::on_both;

#[tokio::test]
async fn what_the_partner_reads() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        desk.linked(&visitor, "gringotts", "demo").await;
        let (connect, caller, user) = (&desk.connect, &desk.caller, visitor.user);
        let accounts = connect.user_accounts(caller, user, Detail::Full).await.expect("accounts");
        let types: Vec<AccountType> = accounts.iter().map(|it| it.account_type).collect();
        assert_eq!(types, [AccountType::Checking, AccountType::Savings, AccountType::CreditCard]);
        let account = &accounts[0];
        assert!(account.numbers.account.is_some() && account.numbers.routing.is_some());
        assert!(account.owners.is_empty(), "nobody has asked for them");
        assert!(!account.is_verified);
        let masked =
            connect.user_account(caller, user, account.id, Detail::Masked).await.expect("one");
        assert!(masked.numbers.account.expect("a number").starts_with("*******"));

        let mut all = Vec::new();
        for page in 1.. {
            let query = TransactionQuery {
                page: Some(page),
                per_page: Some(100),
                ..TransactionQuery::default()
            };
            let found = connect
                .account_transactions(caller, user, account.id, query)
                .await
                .expect("a page");
            let follows = found.follows;
            all.extend(found.items);
            if !follows {
                assert_eq!(found.count, all.len() as u64);
                break;
            }
        }
        assert!(all.windows(2).all(|pair| pair[0].posted_on >= pair[1].posted_on), "newest first");
        let booked: Vec<_> = all.iter().filter(|it| !it.is_pending).collect();
        assert_eq!(booked[0].balance_after_minor, Some(account.balance_minor));
        for pair in booked.windows(2) {
            let before = pair[1].balance_after_minor.expect("a balance");
            assert_eq!(pair[0].balance_after_minor, Some(before + pair[0].amount_minor));
        }
        let first = booked.last().expect("a transaction").posted_on;
        assert_eq!(first, date(2024, 11, 1), "24 months and what there is of this one");
        assert!(booked.iter().any(|it| it.balance_after_minor < Some(0)), "an overdraft");
        assert_eq!(booked.iter().filter(|it| it.category == Category::Salary).count(), 24);
    })
    .await;
}

#[tokio::test]
async fn a_span_of_days() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        desk.linked(&visitor, "aldermere", "demo").await;
        let (connect, caller, user) = (&desk.connect, &desk.caller, visitor.user);
        let accounts = connect.user_accounts(caller, user, Detail::Full).await.expect("accounts");
        assert_eq!(accounts[0].currency.code(), "GBP");
        let page = async |query: TransactionQuery| {
            connect.account_transactions(caller, user, accounts[0].id, query).await
        };
        let (from, to) = (Some(date(2026, 3, 1)), Some(date(2026, 3, 31)));
        let found = page(TransactionQuery { from, to, ..TransactionQuery::default() })
            .await
            .expect("a page");
        assert!(found.count > 5);
        assert!(
            found.items.iter().all(|it| it.posted_on.month() == 3 && it.posted_on.year() == 2026)
        );
        let empty = TransactionQuery { from: to, to: from, ..TransactionQuery::default() };
        assert_eq!(page(empty).await.expect("a page").count, 0);
        for (at, size) in [(0, 25), (1, 0), (1, 1001)] {
            let bad = TransactionQuery {
                page: Some(at),
                per_page: Some(size),
                ..TransactionQuery::default()
            };
            assert!(matches!(page(bad).await, Err(ConnectError::Invalid(_))));
        }
        let far = TransactionQuery {
            page: Some(u32::MAX),
            per_page: Some(1000),
            ..TransactionQuery::default()
        };
        assert!(page(far).await.expect("a page").items.is_empty());
    })
    .await;
}

#[tokio::test]
async fn identification_and_statements() {
    on_both(async |desk| {
        let visitor = desk.visit_for_all("ada", Mode::Verification).await;
        let member = desk.add(&visitor, "testbank", "single").await;
        let (connect, caller, user) = (&desk.connect, &desk.caller, visitor.user);
        desk.aggregate(&visitor, &member, JobType::Identification).await;
        let account =
            connect.user_accounts(caller, user, Detail::Full).await.expect("accounts").remove(0);
        let owner = &account.owners[0];
        assert!(owner.address.is_some() && owner.email.is_some() && !account.is_verified);
        desk.aggregate(&visitor, &member, JobType::Verification).await;
        let account =
            connect.user_account(caller, user, account.id, Detail::Full).await.expect("one");
        assert!(account.is_verified);
        assert!(account.owners[0].address.is_some(), "what is known of the owner stays");
        desk.aggregate(&visitor, &member, JobType::Statement).await;
        let all = connect.account_statements(caller, user, account.id).await.expect("statements");
        assert_eq!(all.len(), 24);
        for pair in all.windows(2) {
            assert_eq!(pair[0].opening_minor, pair[1].closing_minor);
        }
        assert!(all[0].content.contains("Closing balance"));
        let current =
            connect.user_account(caller, user, account.id, Detail::Full).await.expect("one");
        assert!(current.is_verified);
    })
    .await;
}

#[tokio::test]
async fn tax_documents_of_savings() {
    on_both(async |desk| {
        let visitor = desk.visit_for_all("ada", Mode::Aggregation).await;
        let member = desk.add(&visitor, "testbank", "demo").await;
        desk.aggregate(&visitor, &member, JobType::Tax).await;
        let (connect, caller, user) = (&desk.connect, &desk.caller, visitor.user);
        let accounts = connect.user_accounts(caller, user, Detail::Full).await.expect("accounts");
        let all =
            connect.account_statements(caller, user, accounts[1].id).await.expect("statements");
        let ids: Vec<&str> = all.iter().map(|it| it.external_id.as_str()).collect();
        assert_eq!(ids, ["tax-2025", "tax-2024"]);
    })
    .await;
}
