use florin_connect::{ConnectError, JobType, Member, MemberChange, Mode, NewMember};
use jiff::SignedDuration;

use super::support::{Desk, on_both};

/// What came of a first job: status, error code, and whether a question waits.
async fn outcome(desk: &Desk, bank: &str, user: &str) -> (String, i64, bool) {
    let visitor = desk.visit(&format!("{bank} {user}")).await;
    let member = desk.add(&visitor, bank, user).await;
    assert_eq!((member.status.as_str(), member.is_being_aggregated), ("CREATED", false));
    let member = desk.aggregate(&visitor, &member, JobType::Aggregation).await;
    assert!(!member.is_being_aggregated || user == "delayed" || user == "slow");
    let code = member.error.as_ref().map_or(0, |error| error.code.code());
    (member.status.to_string(), code, !member.challenge.is_empty())
}

#[tokio::test]
async fn what_comes_of_every_user_name() {
    on_both(async |desk| {
        let check = async |user: &str, status: &str, code: i64| {
            let (found, error, is_asked) = outcome(&desk, "testbank", user).await;
            assert_eq!((found.as_str(), error), (status, code), "{user}");
            assert_eq!(is_asked, status == "CHALLENGED", "{user}");
        };
        for user in ["demo", "anybody", "single", "flaky", "no_eligible"] {
            check(user, "CONNECTED", 0).await;
        }
        for user in
            ["mfa_text", "mfa_options", "mfa_image", "mfa_image_options", "mfa_token", "mfa_pair"]
        {
            check(user, "CHALLENGED", 0).await;
        }
        check("account_select", "CHALLENGED", 0).await;
        check("denied", "DENIED", 2005).await;
        check("locked", "LOCKED", 1002).await;
        check("impeded", "IMPEDED", 1002).await;
        check("access_denied", "IMPEDED", 1002).await;
        check("impaired", "IMPAIRED", 2005).await;
        check("closed", "CLOSED", 3002).await;
        check("reauthorize", "DENIED", 2004).await;
        check("down", "FAILED", 3000).await;
        check("maintenance", "FAILED", 3001).await;
        check("unavailable", "FAILED", 3002).await;
        check("failed", "FAILED", 3002).await;
        check("discontinued", "DISCONTINUED", 3002).await;
        check("no_accounts", "FAILED", 1001).await;
        let denied = outcome(&desk, "test_locked", "demo").await;
        assert_eq!(denied.0, "LOCKED", "the institution chooses");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_until_nothing_more_is_tried() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let credentials = desk.login("testbank", "demo", "wrong").await;
        let institution_code = Some("testbank".to_owned());
        let new = NewMember {
            institution_code,
            credentials: credentials.clone(),
            ..NewMember::default()
        };
        let member = desk.connect.add_member(&visitor, new).await.expect("a member");
        let give = async |password: &str| -> Member {
            let credentials = Some(desk.login("testbank", "demo", password).await);
            let change = MemberChange { credentials, ..MemberChange::default() };
            desk.connect.update_member(&visitor, member.id, change).await.expect("an update")
        };
        for expected in ["DENIED", "DENIED", "PREVENTED"] {
            assert_eq!(give("wrong").await.status.as_str(), "UPDATED");
            let seen = desk.aggregate(&visitor, &member, JobType::Aggregation).await;
            assert_eq!(seen.status.as_str(), expected);
        }
        let refused = desk.connect.run_job(&visitor, member.id, JobType::Aggregation).await;
        assert!(matches!(refused, Err(ConnectError::Conflict(_))));
        assert!(
            desk.connect.member_credentials(&visitor, member.id).await.expect("fields").len() == 2
        );
        give("right").await;
        let seen = desk.aggregate(&visitor, &member, JobType::Aggregation).await;
        assert_eq!((seen.status.as_str(), seen.error), ("CONNECTED", None));
        assert_eq!(give("right").await.status.as_str(), "RECONNECTED");
    })
    .await;
}

#[tokio::test]
async fn a_slow_bank_shows_its_progress() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let member = desk.add(&visitor, "testbank", "slow").await;
        desk.begin(&visitor, &member, JobType::Aggregation).await;
        let mut seen = Vec::new();
        loop {
            desk.work().await;
            let job = desk.last_job(&visitor, &member).await;
            seen.push((job.progress, job.stage.as_str(), job.status.code()));
            if job.status.is_final() {
                break;
            }
            assert!(desk.look(&visitor, &member).await.is_being_aggregated);
            desk.pass(SignedDuration::from_secs(2));
        }
        let expected = [
            (15, "signing_in", 1),
            (30, "signing_in", 1),
            (45, "accounts", 1),
            (60, "accounts", 1),
            (100, "finished", 6),
        ];
        assert_eq!(seen, expected);
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "CONNECTED");
    })
    .await;
}

#[tokio::test]
async fn a_bank_that_takes_for_ever_is_delayed() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let member = desk.add(&visitor, "testbank", "delayed").await;
        desk.begin(&visitor, &member, JobType::Aggregation).await;
        for _ in 0..3 {
            desk.work().await;
            assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "CREATED");
            desk.pass(SignedDuration::from_mins(3));
        }
        desk.pass(SignedDuration::from_mins(2));
        desk.work().await;
        let seen = desk.look(&visitor, &member).await;
        assert_eq!((seen.status.as_str(), seen.is_being_aggregated), ("DELAYED", false));
        assert_eq!(desk.last_job(&visitor, &member).await.status.code(), 5);
    })
    .await;
}

#[tokio::test]
async fn jobs_of_every_type() {
    on_both(async |desk| {
        for job in JobType::ALL {
            let visitor = desk.visit_for_all(job.as_str(), Mode::Aggregation).await;
            let member = desk.add(&visitor, "testbank", "single").await;
            let is_told = !matches!(
                job,
                JobType::Order | JobType::Reward | JobType::MicroDeposit | JobType::CreditReport
            );
            if !is_told {
                let refused = desk.connect.run_job(&visitor, member.id, *job).await;
                assert!(matches!(refused, Err(ConnectError::Conflict(_))), "{job}");
                assert_eq!(desk.look(&visitor, &member).await.most_recent_job, None);
                continue;
            }
            let member = desk.aggregate(&visitor, &member, *job).await;
            let done = desk.last_job(&visitor, &member).await;
            assert_eq!((done.job_type, done.status.code()), (*job, 6), "{job}");
            assert_eq!(member.status.as_str(), "CONNECTED", "{job}");
            assert!(done.async_account_data_ready && done.finished_at.is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn one_job_at_a_time() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let member = desk.add(&visitor, "testbank", "slow").await;
        let first = desk.begin(&visitor, &member, JobType::Aggregation).await;
        let again = desk.begin(&visitor, &member, JobType::Aggregation).await;
        assert_eq!(first.id, again.id);
        let other = desk.connect.run_job(&visitor, member.id, JobType::History).await;
        assert!(matches!(other, Err(ConnectError::Conflict(_))));
        // New credentials end what is under way with the old ones.
        let credentials = Some(desk.login("testbank", "demo", "secret").await);
        let change = MemberChange { credentials, ..MemberChange::default() };
        let changed =
            desk.connect.update_member(&visitor, member.id, change).await.expect("an update");
        assert!(!changed.is_being_aggregated);
        desk.pass(SignedDuration::from_secs(10));
        desk.work().await;
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "UPDATED");
        assert_eq!(desk.connect.job(&visitor, first.id).await.expect("a job").status.code(), 5);
        let seen = desk.aggregate(&visitor, &member, JobType::Aggregation).await;
        assert_eq!(seen.status.as_str(), "CONNECTED");
    })
    .await;
}

#[tokio::test]
async fn verification_where_there_is_none() {
    on_both(async |desk| {
        let visitor = desk.visit_in("ada", Mode::Verification).await;
        let member = desk.add(&visitor, "test_no_verification", "demo").await;
        let refused = desk.connect.run_job(&visitor, member.id, JobType::Verification).await;
        assert!(matches!(refused, Err(ConnectError::NotEnabled("verification"))));
        let both = desk.visit_for_all("ada", Mode::Verification).await;
        let refused = desk.connect.run_job(&both, member.id, JobType::Combination).await;
        assert!(matches!(refused, Err(ConnectError::NotEnabled("verification"))));
        let member = desk.add(&visitor, "testbank", "no_eligible").await;
        let seen = desk.aggregate(&visitor, &member, JobType::Verification).await;
        assert_eq!(seen.error.expect("an error").code.code(), 1000);
    })
    .await;
}

#[tokio::test]
async fn owners_and_tax_documents_where_there_are_none() {
    on_both(async |desk| {
        let visitor = desk.visit_for_all("ada", Mode::Aggregation).await;
        let member = desk.add(&visitor, "saguaro", "demo").await;
        let run = async |job| desk.connect.run_job(&visitor, member.id, job).await;
        let refused = run(JobType::Identification).await;
        assert!(matches!(refused, Err(ConnectError::NotEnabled("identification"))), "{refused:?}");
        let refused = run(JobType::Tax).await;
        assert!(matches!(refused, Err(ConnectError::NotEnabled("tax documents"))), "{refused:?}");
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "CREATED");
    })
    .await;
}
