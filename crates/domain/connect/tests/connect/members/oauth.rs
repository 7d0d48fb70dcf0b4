use florin_connect::{
    AuthStatus, ConnectError, JobType, Member, NewMember, OauthAnswer, OauthErrorReason, Visitor,
};
use jiff::SignedDuration;

use super::support::{Desk, on_both};

async fn add(desk: &Desk, visitor: &Visitor, bank: &str) -> Member {
    let institution_code = Some(bank.to_owned());
    let new = NewMember { institution_code, is_oauth: true, ..NewMember::default() };
    desk.connect.add_member(visitor, new).await.expect("a member")
}

fn token(member: &Member) -> String {
    let url = member.oauth_window.clone().expect("a window");
    url.strip_prefix("/connect/bank/authorize?state=").expect("our own page").to_owned()
}

fn granted(user: &str) -> OauthAnswer {
    OauthAnswer::Granted { user: user.to_owned() }
}

#[tokio::test]
async fn the_way_is_open_as_soon_as_its_address_is_told() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let member = add(&desk, &visitor, "gringotts_oauth").await;
        assert_eq!((member.status.as_str(), member.is_oauth), ("PENDING", true));
        let states =
            desk.connect.oauth_states(&visitor, Some(member.id), Some(AuthStatus::Pending)).await;
        let state = states.expect("states").remove(0);
        assert_eq!((state.outbound_member, state.inbound_member), (member.id, None));
        assert_eq!(state.first_retrieved_at, None);
        desk.connect.start_oauth(&visitor, member.id).await.expect("a start");
        let window = desk.connect.oauth_window(&visitor, member.id).await.expect("a window");
        assert_eq!(Some(window), member.oauth_window, "the same way");
        let refused = desk.connect.run_job(&visitor, member.id, JobType::Aggregation).await;
        assert!(matches!(refused, Err(ConnectError::Conflict(_))));

        let token = token(&member);
        let request = desk.connect.oauth_request(&token).await.expect("a request");
        assert_eq!(request.institution.code, "gringotts_oauth");
        let request = desk.connect.oauth_answer(&token, granted("demo")).await.expect("an answer");
        assert_eq!(request.state.auth_status, AuthStatus::Success);
        let seen = desk.connect.oauth_state(&visitor, state.id).await.expect("a state");
        assert_eq!(seen.inbound_member, Some(member.id));
        assert!(seen.first_retrieved_at.is_some());
        let seen = desk.look(&visitor, &member).await;
        assert_eq!(
            (seen.status.as_str(), seen.is_being_aggregated, seen.oauth_window),
            ("CREATED", false, None)
        );
        let seen = desk.aggregate(&visitor, &member, JobType::Aggregation).await;
        assert_eq!(seen.status.as_str(), "CONNECTED");
        assert_eq!(
            desk.connect.member_accounts(&visitor, member.id).await.expect("accounts").len(),
            3
        );
    })
    .await;
}

#[tokio::test]
async fn ways_that_come_to_nothing() {
    on_both(async |desk| {
        let check = async |bank: &str, answer: OauthAnswer, reason: OauthErrorReason| {
            let visitor = desk.visit(&format!("{bank} {answer:?}")).await;
            let member = add(&desk, &visitor, bank).await;
            let request =
                desk.connect.oauth_answer(&token(&member), answer).await.expect("an answer");
            assert_eq!(request.state.auth_status, AuthStatus::Errored);
            assert_eq!(request.state.error_reason, Some(reason), "{bank}");
            let seen = desk.look(&visitor, &member).await;
            assert_eq!((seen.status.as_str(), seen.oauth_window), ("PENDING", None));
            // Another try: the same member, another way.
            let again = add(&desk, &visitor, bank).await;
            assert_eq!(again.id, member.id);
            assert_ne!(again.oauth_window, member.oauth_window);
            assert_eq!(
                desk.connect.oauth_states(&visitor, None, None).await.expect("states").len(),
                2
            );
        };
        use OauthErrorReason::*;
        for reason in [Unknown, Cancelled, Denied, Impeded, Provider, Server, Session] {
            check("gringotts_oauth", OauthAnswer::Failed(reason), reason).await;
        }
        check("test_oauth_denied", granted("demo"), Denied).await;
        check("test_oauth_cancelled", granted("demo"), Cancelled).await;
        check("test_oauth_impeded", granted("demo"), Impeded).await;
        check("test_oauth_provider", granted("demo"), Provider).await;
        check("gringotts_oauth", granted("oauth_denied"), Denied).await;
    })
    .await;
}

#[tokio::test]
async fn answers_that_come_late_or_twice_change_nothing() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let member = add(&desk, &visitor, "gringotts_oauth").await;
        let token = token(&member);
        desk.connect.oauth_answer(&token, granted("demo")).await.expect("an answer");
        let late =
            desk.connect.oauth_answer(&token, OauthAnswer::Failed(OauthErrorReason::Denied)).await;
        assert_eq!(late.expect("a request").state.auth_status, AuthStatus::Success);
        desk.aggregate(&visitor, &member, JobType::Aggregation).await;
        desk.connect.oauth_answer(&token, granted("locked")).await.expect("a request");
        let seen = desk.aggregate(&visitor, &member, JobType::Aggregation).await;
        assert_eq!(seen.status.as_str(), "CONNECTED", "the first consent counts");

        let visitor = desk.visit("bob").await;
        let member = add(&desk, &visitor, "gringotts_oauth").await;
        let token = self::token(&member);
        desk.pass(SignedDuration::from_mins(30));
        let visitor = desk.visit("bob").await;
        let late = desk.connect.oauth_answer(&token, granted("demo")).await.expect("a request");
        assert_eq!(late.state.error_reason, Some(OauthErrorReason::Session));
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "PENDING");
        let states = desk.connect.oauth_states(&visitor, None, Some(AuthStatus::Errored)).await;
        assert_eq!(states.expect("states").len(), 1);

        let again = add(&desk, &visitor, "gringotts_oauth").await;
        desk.connect.delete_member(&visitor, member.id).await.expect("a deletion");
        let gone = desk.connect.oauth_answer(&self::token(&again), granted("demo")).await;
        assert!(matches!(gone, Err(ConnectError::NotFound(_))));
        assert!(matches!(
            desk.connect.oauth_request("forged").await,
            Err(ConnectError::NotFound(_))
        ));
    })
    .await;
}

#[tokio::test]
async fn a_consent_that_has_ended_is_given_anew() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let member = add(&desk, &visitor, "gringotts_oauth").await;
        desk.connect
            .oauth_answer(&token(&member), granted("reauthorize"))
            .await
            .expect("an answer");
        let seen = desk.aggregate(&visitor, &member, JobType::Aggregation).await;
        assert_eq!(seen.error.expect("an error").code.code(), 2004);
        desk.connect.oauth_window(&visitor, member.id).await.expect("a window");
        let seen = desk.look(&visitor, &member).await;
        desk.connect.oauth_answer(&token(&seen), granted("demo")).await.expect("an answer");
        let seen = desk.aggregate(&visitor, &member, JobType::Aggregation).await;
        assert_eq!(seen.status.as_str(), "CONNECTED");
        let plain = desk.add(&visitor, "gringotts", "demo").await;
        let refused = desk.connect.oauth_window(&visitor, plain.id).await;
        assert!(matches!(refused, Err(ConnectError::Conflict(_))));
        let exists = desk.try_add(&visitor, "gringotts_oauth", "demo").await;
        assert!(matches!(exists, Err(ConnectError::MemberExists(id)) if id == member.id));
    })
    .await;
}
