use florin_connect::{ConnectError, ConnectionStatus, Detail, JobType, MemberChange, NewMember};
use jiff::SignedDuration;
use jiff::civil::date;

use super::support::{Desk, on_both, on_both_simulated};

const DAY: SignedDuration = SignedDuration::from_hours(29);

#[tokio::test]
async fn one_member_for_each_user_and_institution() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let member = desk.add(&visitor, "gringotts", "demo").await;
        let again = desk.try_add(&visitor, "gringotts", "other").await;
        assert!(matches!(again, Err(ConnectError::MemberExists(id)) if id == member.id));
        assert_eq!(desk.connect.members(&visitor).await.expect("members").len(), 1);
        desk.add(&visitor, "testbank", "demo").await;
        desk.add(&desk.visit("bob").await, "gringotts", "demo").await;
        let tries = (0..6).map(|_| {
            let (desk, visitor) = (desk.clone(), visitor.clone());
            tokio::spawn(async move { desk.try_add(&visitor, "juniper", "demo").await })
        });
        let (mut made, mut refused) = (0, 0);
        for one in tries.collect::<Vec<_>>() {
            match one.await.expect("no panic") {
                // Linked on the bank's own page, it is answered again until the end user has agreed.
                Ok(_) => made += 1,
                Err(ConnectError::MemberExists(_)) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(made + refused, 6);
        assert_eq!(desk.connect.members(&visitor).await.expect("members").len(), 3);
        let tries = (0..6).map(|_| {
            let (desk, visitor) = (desk.clone(), visitor.clone());
            tokio::spawn(async move { desk.try_add(&visitor, "bluestem", "demo").await.is_ok() })
        });
        let mut made = 0;
        for one in tries.collect::<Vec<_>>() {
            made += usize::from(one.await.expect("no panic"));
        }
        assert_eq!(made, 1);
    })
    .await;
}

#[tokio::test]
async fn bad_requests_are_refused_whole() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let code = |code: &str| Some(code.to_owned());
        let check = async |new: NewMember, expected: &[&str]| {
            let Err(ConnectError::Invalid(faults)) = desk.connect.add_member(&visitor, new).await
            else {
                panic!("{expected:?} is not refused")
            };
            let found: Vec<&str> = faults.iter().map(|it| it.field.as_str()).collect();
            assert_eq!(found, expected);
        };
        check(NewMember::default(), &["institution_guid"]).await;
        let none = NewMember { institution_code: code("gringotts"), ..NewMember::default() };
        check(none.clone(), &["credentials.LOGIN", "credentials.PASSWORD"]).await;
        let words =
            NewMember { use_cases: vec![String::new()], metadata: Some("x".repeat(3000)), ..none };
        check(words, &["use_cases", "metadata"]).await;
        let credentials = desk.login("gringotts", "demo", "x").await;
        let strange =
            NewMember { institution_code: code("testbank"), credentials, ..NewMember::default() };
        check(strange, &["credentials.LOGIN", "credentials.PASSWORD", "credentials"]).await;
        for hidden in ["manual", "nowhere"] {
            let new = NewMember { institution_code: code(hidden), ..NewMember::default() };
            let missing = desk.connect.add_member(&visitor, new).await;
            assert!(matches!(missing, Err(ConnectError::NotFound(_))));
        }
        let gone = desk.try_add(&visitor, "test_discontinued", "demo").await;
        assert!(matches!(gone, Err(ConnectError::Conflict(_))));
        assert!(desk.connect.members(&visitor).await.expect("members").is_empty());
        assert!(desk.events().await.is_empty());
    })
    .await;
}

async fn rows(desk: &Desk, table: &str) -> i64 {
    let (tenant, sql) =
        (desk.tenant(), format!("SELECT COUNT(*) AS n FROM {table} WHERE tenant_id = ?1"));
    let count = desk
        .db
        .read(move |tx| tx.query_one(&sql, florin_storage::params![tenant], |row| row.get("n")));
    count.await.expect("a count")
}

const TABLES: [&str; 6] = [
    "connect_member",
    "connect_job",
    "connect_oauth_state",
    "connect_account",
    "connect_transaction",
    "connect_statement",
];

#[tokio::test]
async fn deleting_leaves_nothing() {
    on_both(async |desk| {
        let visitor = desk.visit_for_all("ada", florin_connect::Mode::Aggregation).await;
        let member = desk.linked(&visitor, "gringotts", "demo").await;
        desk.aggregate(&visitor, &member, JobType::Statement).await;
        desk.add(&visitor, "gringotts_oauth", "demo").await;
        for table in TABLES {
            assert!(rows(&desk, table).await > 0, "{table}");
        }
        desk.connect.delete_member(&visitor, member.id).await.expect("a deletion");
        let gone = desk.connect.delete_member(&visitor, member.id).await;
        assert!(matches!(gone, Err(ConnectError::NotFound(_))));
        assert_eq!(
            rows(&desk, "connect_account").await + rows(&desk, "connect_transaction").await,
            0
        );
        assert_eq!(desk.connect.members(&visitor).await.expect("members").len(), 1);
        assert_eq!(desk.told().await.last().expect("an event").0, "connect_member_deleted");
        // It can be linked again.
        desk.linked(&visitor, "gringotts", "demo").await;
        desk.connect.delete_user(&desk.caller, visitor.user).await.expect("a deletion");
        for table in TABLES.into_iter().chain(["connect_user", "connect_session"]) {
            assert_eq!(rows(&desk, table).await, 0, "{table}");
        }
        assert!(matches!(desk.user(visitor.user).await, Err(ConnectError::NotFound(_))));
        desk.work().await;
    })
    .await;
}

#[tokio::test]
async fn deleted_while_a_job_is_under_way() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let member = desk.add(&visitor, "gringotts", "demo").await;
        desk.begin(&visitor, &member, JobType::Aggregation).await;
        let jobs = desk.claim().await;
        desk.connect.delete_member(&visitor, member.id).await.expect("a deletion");
        for job in &jobs {
            assert_eq!(desk.carry_out(job).await, florin_jobs::Outcome::Done);
        }
        desk.work().await;
        assert_eq!(rows(&desk, "connect_account").await, 0);
    })
    .await;
}

#[tokio::test]
async fn events_tell_the_life() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let member = desk.add(&visitor, "testbank", "mfa_text").await;
        desk.aggregate(&visitor, &member, JobType::Aggregation).await;
        desk.answer(&visitor, &member, "Rex").await.expect("an answer");
        desk.work().await;
        desk.connect.delete_member(&visitor, member.id).await.expect("a deletion");
        let told = desk.told().await;
        let short: Vec<(&str, &str)> =
            told.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
        let changed = "connect_member_status_changed";
        let expected = [
            ("connect_member_created", "CREATED"),
            (changed, "CHALLENGED"),
            (changed, "RESUMED"),
            (changed, "CONNECTED"),
            ("connect_data_ready", "CONNECTED"),
            ("connect_member_deleted", "CONNECTED"),
        ];
        assert_eq!(short, expected);
        let text = serde_json::to_string(&desk.events().await[0].data).expect("text");
        assert!(
            text.contains("MBR-")
                && text.contains("\"user_id\":\"ada\"")
                && !text.contains("secret")
        );
    })
    .await;
}

#[tokio::test]
async fn refreshed_every_day() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let member = desk.linked(&visitor, "gringotts", "demo").await;
        let first = member.most_recent_job;
        desk.pass(SignedDuration::from_hours(19));
        assert_eq!(desk.work().await, 0, "not yet");
        let mut last = first;
        for _ in 0..3 {
            desk.pass(DAY);
            desk.work().await;
            let visitor = desk.visit("ada").await;
            let seen = desk.look(&visitor, &member).await;
            assert_ne!(seen.most_recent_job, last);
            let job = desk.last_job(&visitor, &member).await;
            assert!(job.is_background && job.status.code() == 6);
            last = seen.most_recent_job;
        }
        let change = MemberChange {
            background_aggregation_is_disabled: Some(true),
            ..MemberChange::default()
        };
        let visitor = desk.visit("ada").await;
        desk.connect.update_member(&visitor, member.id, change).await.expect("an update");
        for _ in 0..2 {
            desk.pass(DAY);
            desk.work().await;
        }
        let visitor = desk.visit("ada").await;
        assert_eq!(desk.look(&visitor, &member).await.most_recent_job, last);
    })
    .await;
}

#[tokio::test]
async fn refreshes_that_fail_degrade_and_disconnect() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let member = desk.linked(&visitor, "gringotts", "flaky").await;
        let mut seen = vec![];
        for _ in 0..20 {
            desk.pass(DAY);
            desk.work().await;
            let status = desk.look(&desk.visit("ada").await, &member).await.status;
            if seen.last() != Some(&status) {
                seen.push(status);
            }
        }
        use ConnectionStatus::{Connected, Degraded, Disconnected};
        assert_eq!(seen, [Connected, Degraded, Disconnected]);
        let visitor = desk.visit("ada").await;
        let found = desk.aggregate(&visitor, &member, JobType::Aggregation).await;
        assert_eq!((found.status, found.error), (Connected, None));
    })
    .await;
}

#[tokio::test]
async fn a_question_in_the_background_waits_for_the_end_user() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let member = desk.add(&visitor, "testbank", "mfa_refresh").await;
        desk.aggregate(&visitor, &member, JobType::Aggregation).await;
        desk.answer(&visitor, &member, "Rex").await.expect("an answer");
        desk.work().await;
        desk.pass(DAY);
        desk.work().await;
        let visitor = desk.visit("ada").await;
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "CHALLENGED");
        desk.answer(&visitor, &member, "Rex").await.expect("an answer");
        desk.work().await;
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "CONNECTED");
        let other = desk.visit("bob").await;
        let asked_once = desk.add(&other, "testbank", "mfa_text").await;
        desk.aggregate(&other, &asked_once, JobType::Aggregation).await;
        desk.answer(&other, &asked_once, "Rex").await.expect("an answer");
        desk.work().await;
        let job = desk
            .connect
            .refresh_member_of(&desk.caller, other.user, asked_once.id)
            .await
            .expect("a job");
        desk.work().await;
        assert_eq!(desk.connect.job(&other, job.id).await.expect("a job").status.code(), 6);
    })
    .await;
}

#[tokio::test]
async fn imported_without_credentials() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let new =
            NewMember { institution_code: Some("gringotts".to_owned()), ..NewMember::default() };
        let member =
            desk.connect.import_member(&desk.caller, visitor.user, new).await.expect("a member");
        assert_eq!(
            (member.status.as_str(), member.error.expect("an error").code.code()),
            ("IMPORTED", 2004)
        );
        let refused = desk.connect.run_job(&visitor, member.id, JobType::Aggregation).await;
        assert!(matches!(refused, Err(ConnectError::Conflict(_))));
        let credentials = Some(desk.login("gringotts", "demo", "secret").await);
        let change = MemberChange { credentials, ..MemberChange::default() };
        let member =
            desk.connect.update_member(&visitor, member.id, change).await.expect("an update");
        let seen = desk.aggregate(&visitor, &member, JobType::Aggregation).await;
        assert_eq!(seen.status.as_str(), "CONNECTED");
    })
    .await;
}

#[tokio::test]
async fn days_of_a_clock_that_is_moved_by_hand() {
    on_both_simulated(date(2024, 1, 10), async |desk| {
        let visitor = desk.visit("ada").await;
        let member = desk.linked(&visitor, "gringotts", "demo").await;
        let balance = async || {
            let accounts =
                desk.connect.user_accounts(&desk.caller, visitor.user, Detail::Masked).await;
            accounts.expect("accounts").remove(0)
        };
        let before = balance().await;
        desk.pass_days_to(date(2024, 2, 1)).await;
        desk.work().await;
        let after = balance().await;
        assert_eq!(before.id, after.id);
        assert_ne!(before.balance_minor, after.balance_minor);
        assert!(desk.last_job(&visitor, &member).await.is_background);
        let seen = desk.look(&visitor, &member).await;
        let on = seen.aggregated_at.expect("a time").to_zoned(jiff::tz::TimeZone::UTC).date();
        assert_eq!(on, date(2024, 2, 1));
    })
    .await;
}
