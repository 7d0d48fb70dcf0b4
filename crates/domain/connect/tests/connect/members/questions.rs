use florin_connect::{ConnectError, FieldType, JobType, Member, Mode, Visitor};
use jiff::SignedDuration;

use super::support::{Desk, on_both};

async fn asked(desk: &Desk, user: &str) -> (Visitor, Member) {
    let visitor = desk.visit(user).await;
    let member = desk.add(&visitor, "testbank", user).await;
    let member = desk.aggregate(&visitor, &member, JobType::Aggregation).await;
    assert_eq!((member.status.as_str(), member.is_being_aggregated), ("CHALLENGED", false));
    assert_eq!(desk.last_job(&visitor, &member).await.status.as_str(), "CHALLENGED");
    (visitor, member)
}

#[tokio::test]
async fn every_kind_of_question_is_answered() {
    on_both(async |desk| {
        let check = async |user: &str, kinds: &[FieldType]| {
            let (visitor, member) = asked(&desk, user).await;
            let found: Vec<FieldType> = member.challenge.iter().map(|it| it.field_type).collect();
            assert_eq!(found, kinds, "{user}");
            let is_data = |uri: &Option<String>| {
                uri.as_ref().is_none_or(|uri| uri.starts_with("data:image/"))
            };
            for question in &member.challenge {
                assert!(is_data(&question.meta_data));
                assert_eq!(
                    question.meta_data.is_some(),
                    question.field_type == FieldType::ImageData
                );
                for option in &question.options {
                    let is_picture = question.field_type == FieldType::ImageOptions;
                    assert_eq!(option.data_uri.is_some(), is_picture);
                    assert!(is_data(&option.data_uri));
                }
            }
            let job = desk.last_job(&visitor, &member).await.id;
            let answered = desk.answer(&visitor, &member, "Rex").await.expect("an answer");
            assert_eq!((answered.status.as_str(), answered.is_being_aggregated), ("RESUMED", true));
            desk.work().await;
            let seen = desk.look(&visitor, &member).await;
            assert_eq!((seen.status.as_str(), seen.challenge.len()), ("CONNECTED", 0), "{user}");
            assert_eq!(desk.last_job(&visitor, &member).await.id, job, "the same job goes on");
        };
        check("mfa_text", &[FieldType::Text]).await;
        check("mfa_options", &[FieldType::Options]).await;
        check("mfa_image", &[FieldType::ImageData]).await;
        check("mfa_image_options", &[FieldType::ImageOptions]).await;
        check("mfa_token", &[FieldType::Token]).await;
        check("mfa_pair", &[FieldType::Text, FieldType::Options]).await;
    })
    .await;
}

#[tokio::test]
async fn two_rounds() {
    on_both(async |desk| {
        let (visitor, member) = asked(&desk, "mfa_twice").await;
        let first = member.challenge[0].id;
        desk.answer(&visitor, &member, "Rex").await.expect("an answer");
        desk.work().await;
        let seen = desk.look(&visitor, &member).await;
        assert_eq!(
            (seen.status.as_str(), seen.challenge[0].field_type),
            ("CHALLENGED", FieldType::Token)
        );
        assert_ne!(seen.challenge[0].id, first);
        desk.answer(&visitor, &member, "123456").await.expect("an answer");
        desk.work().await;
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "CONNECTED");
        let again =
            desk.connect.answer_mfa(&visitor, member.id, vec![(first, "Rex".to_owned())]).await;
        assert!(matches!(again, Err(ConnectError::Conflict(_))));
    })
    .await;
}

#[tokio::test]
async fn wrong_answers_are_asked_for_again() {
    on_both(async |desk| {
        let check = async |user: &str, wrong: &str, code: i64| {
            let (visitor, member) = asked(&desk, user).await;
            desk.answer(&visitor, &member, wrong).await.expect("an answer");
            desk.work().await;
            let seen = desk.look(&visitor, &member).await;
            let error = seen.error.as_ref().expect("an error");
            assert_eq!((seen.status.as_str(), error.code.code()), ("REJECTED", code), "{user}");
            assert_eq!(seen.challenge, member.challenge, "the same question");
            assert!(!seen.is_being_aggregated);
            desk.answer(&visitor, &member, "Rex").await.expect("an answer");
            desk.work().await;
            assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "CONNECTED");
        };
        check("mfa_text", "wrong", 2002).await;
        check("mfa_options", "wrong", 2002).await;
        check("mfa_image_options", "wrong", 2002).await;
        check("mfa_token", "000000", 2001).await;
    })
    .await;
}

#[tokio::test]
async fn three_wrong_answers_are_the_end() {
    on_both(async |desk| {
        let (visitor, member) = asked(&desk, "rejected").await;
        for expected in ["REJECTED", "REJECTED", "PREVENTED"] {
            desk.answer(&visitor, &member, "Rex").await.expect("an answer");
            desk.work().await;
            assert_eq!(desk.look(&visitor, &member).await.status.as_str(), expected);
        }
        assert_eq!(desk.last_job(&visitor, &member).await.status.as_str(), "FAILED");
        assert!(desk.answer(&visitor, &member, "Rex").await.is_err());
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_does_not_come() {
    on_both(async |desk| {
        let (visitor, member) = asked(&desk, "mfa_text").await;
        let first = desk.last_job(&visitor, &member).await;
        desk.pass(SignedDuration::from_mins(9));
        desk.work().await;
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "CHALLENGED");
        desk.pass(SignedDuration::from_mins(1));
        desk.work().await;
        let seen = desk.look(&visitor, &member).await;
        assert_eq!(
            (seen.status.as_str(), seen.error.expect("an error").code.code()),
            ("EXPIRED", 2003)
        );
        assert_eq!(desk.last_job(&visitor, &member).await.status.as_str(), "FAILED");
        // Answered all the same, the bank asks anew.
        let visitor = desk.visit("mfa_text").await;
        let late = desk.answer(&visitor, &member, "Rex").await.expect("a new job");
        assert!(late.is_being_aggregated && late.most_recent_job != Some(first.id));
        desk.work().await;
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "CHALLENGED");
        desk.answer(&visitor, &member, "Rex").await.expect("an answer");
        desk.work().await;
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "CONNECTED");
        let (visitor, member) = asked(&desk, "expired").await;
        desk.answer(&visitor, &member, "Rex").await.expect("an answer");
        desk.work().await;
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "EXPIRED");
    })
    .await;
}

#[tokio::test]
async fn answers_that_are_none() {
    on_both(async |desk| {
        let (visitor, member) = asked(&desk, "mfa_pair").await;
        let (text, choice) = (&member.challenge[0], &member.challenge[1]);
        let check = async |answers: Vec<(uuid::Uuid, String)>, faulty: usize| {
            let refused = desk.connect.answer_mfa(&visitor, member.id, answers).await;
            let Err(ConnectError::Invalid(faults)) = refused else { panic!("not refused") };
            assert_eq!(faults.len(), faulty);
        };
        check(vec![], 2).await;
        check(vec![(text.id, "Rex".to_owned())], 1).await;
        check(vec![(text.id, " ".to_owned()), (choice.id, choice.options[0].id.to_string())], 1)
            .await;
        check(vec![(text.id, "Rex".to_owned()), (choice.id, "Leeds".to_owned())], 1).await;
        check(vec![(text.id, "x".repeat(5000)), (choice.id, "?".to_owned())], 2).await;
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "CHALLENGED");
    })
    .await;
}

#[tokio::test]
async fn an_account_is_chosen_for_payments() {
    on_both(async |desk| {
        let visitor = desk.visit_for_all("ada", Mode::Verification).await;
        let member = desk.add(&visitor, "gringotts", "demo").await;
        let seen = desk.aggregate(&visitor, &member, JobType::Verification).await;
        assert_eq!(seen.status.as_str(), "CHALLENGED");
        let question = &seen.challenge[0];
        assert_eq!(question.external_id.as_deref(), Some("single_account_select"));
        let keys: Vec<&str> = question.options.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["current", "savings"], "a card cannot be paid from");
        desk.answer(&visitor, &member, "savings").await.expect("an answer");
        desk.work().await;
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "CONNECTED");
        let accounts = desk.connect.member_accounts(&visitor, member.id).await.expect("accounts");
        assert_eq!(accounts.len(), 1);
        assert!(accounts[0].is_verified && accounts[0].external_id == "savings");
        let seen = desk.aggregate(&visitor, &member, JobType::Identification).await;
        assert_eq!(seen.status.as_str(), "CONNECTED");
        let visitor = desk.visit_in("one", Mode::Verification).await;
        let member = desk.add(&visitor, "gringotts", "single").await;
        let seen = desk.aggregate(&visitor, &member, JobType::Verification).await;
        assert_eq!(seen.status.as_str(), "CONNECTED", "nothing to choose from");
    })
    .await;
}

#[tokio::test]
async fn an_account_of_any_money_is_chosen_for_reading() {
    on_both(async |desk| {
        let visitor = desk.visit_in("ada", Mode::Aggregation).await;
        let member = desk.add(&visitor, "aldermere", "account_select").await;
        let seen = desk.aggregate(&visitor, &member, JobType::Aggregation).await;
        let options: Vec<&str> =
            seen.challenge[0].options.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(options, ["current", "savings"]);
        desk.answer(&visitor, &member, "current").await.expect("an answer");
        desk.work().await;
        let accounts = desk.connect.member_accounts(&visitor, member.id).await.expect("accounts");
        assert_eq!(accounts.len(), 1);
        assert_eq!(accounts[0].external_id, "current");
    })
    .await;
}
