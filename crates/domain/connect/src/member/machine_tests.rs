use florin_ids::{ConnectUserId, InstitutionId, MemberId, TenantId};
use uuid::Uuid;

use super::*;
use crate::institution::FieldType;

fn at(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
}

pub(crate) fn member() -> Member {
    Member {
        id: MemberId::new(),
        tenant: TenantId::new(),
        user: ConnectUserId::new(),
        partner_user_id: "u".to_owned(),
        institution: InstitutionId::new(),
        institution_code: "testbank".to_owned(),
        name: "Test Bank".to_owned(),
        status: ConnectionStatus::Created,
        is_being_aggregated: false,
        is_oauth: false,
        is_manual: false,
        is_managed_by_user: true,
        verification_is_enabled: true,
        background_aggregation_is_disabled: false,
        use_cases: vec![],
        metadata: None,
        most_recent_job: None,
        challenge: vec![],
        error: None,
        oauth_window: None,
        aggregated_at: None,
        successfully_aggregated_at: None,
        refresh_at: None,
        aggregator: "simulated".to_owned(),
        denials: 0,
        failures: 0,
        created_at: at(0),
        updated_at: at(0),
    }
}

fn question() -> MemberQuestion {
    MemberQuestion {
        id: Uuid::nil(),
        key: "k".to_owned(),
        external_id: None,
        label: "?".to_owned(),
        field_type: FieldType::Text,
        meta_data: None,
        options: vec![],
    }
}

fn connected() -> Member {
    let mut it = member();
    it.begin(false, at(0));
    it.connect(true, at(0));
    it
}

#[test]
fn every_refusal_has_its_status_and_code() {
    use Refusal::*;
    let check = |refusal, status: &str, code: i64| {
        let mut it = member();
        it.begin(false, at(1));
        assert!(it.is_being_aggregated);
        it.refuse(refusal, false, at(1));
        let error = it.error.expect("an error of every failure");
        assert_eq!((it.status.as_str(), error.code.code()), (status, code), "{refusal:?}");
        assert!(!error.user_message.is_empty() && !it.is_being_aggregated && it.status.is_error());
    };
    check(Denied, "DENIED", 2005);
    check(Rejected, "REJECTED", 2002);
    check(RejectedToken, "REJECTED", 2001);
    check(AnswerTimeout, "EXPIRED", 2003);
    check(Locked, "LOCKED", 1002);
    check(Impeded, "IMPEDED", 1002);
    check(AccessDenied, "IMPEDED", 1002);
    check(Impaired, "IMPAIRED", 2005);
    check(Closed, "CLOSED", 3002);
    check(ReauthorizationRequired, "DENIED", 2004);
    check(NoAccounts, "FAILED", 1001);
    check(NoEligibleAccounts, "FAILED", 1000);
    check(Down, "FAILED", 3000);
    check(Maintenance, "FAILED", 3001);
    check(Unavailable, "FAILED", 3002);
    check(Failed, "FAILED", 3002);
    check(Discontinued, "DISCONTINUED", 3002);
}

#[test]
fn three_denials_prevent_and_new_credentials_help() {
    let mut it = member();
    for expected in ["DENIED", "DENIED", "PREVENTED"] {
        it.renew(at(1));
        assert_eq!(it.status, ConnectionStatus::Updated);
        it.begin(false, at(1));
        it.refuse(Refusal::Denied, false, at(1));
        assert_eq!(it.status.as_str(), expected);
    }
    assert!(it.status.objection().is_some());
    it.renew(at(2));
    it.begin(false, at(2));
    it.refuse(Refusal::Denied, false, at(2));
    assert_eq!(it.status, ConnectionStatus::Denied);
    it.begin(false, at(2));
    it.connect(true, at(2));
    assert_eq!((it.denials, it.error), (0, None));
}

#[test]
fn wrong_answers_can_be_given_again_twice() {
    let mut it = member();
    it.begin(false, at(1));
    it.ask(vec![question()], at(1));
    assert_eq!((it.status, it.is_being_aggregated), (ConnectionStatus::Challenged, false));
    for expected in [true, true, false] {
        it.resume(at(1));
        assert_eq!((it.status, it.is_being_aggregated), (ConnectionStatus::Resumed, true));
        assert_eq!(it.refuse(Refusal::Rejected, false, at(1)), expected);
        assert_eq!(it.challenge.is_empty(), !expected);
    }
    assert_eq!(it.status, ConnectionStatus::Prevented);
}

#[test]
fn what_is_linked_stays_so_while_it_is_read() {
    let mut it = connected();
    it.begin(false, at(1));
    assert_eq!((it.status, it.is_being_aggregated), (ConnectionStatus::Connected, true));
    it.refuse(Refusal::Locked, false, at(1));
    it.begin(false, at(2));
    assert_eq!((it.status, it.error.is_none()), (ConnectionStatus::Reconnected, true));
    it.connect(false, at(2));
    assert_eq!((it.status, it.is_being_aggregated), (ConnectionStatus::Connected, true));
    it.renew(at(3));
    assert_eq!(it.status, ConnectionStatus::Reconnected);
}

#[test]
fn refreshes_that_fail_degrade_slowly() {
    let mut it = connected();
    let mut seen = Vec::new();
    for day in 1..=21 {
        it.begin(true, at(day * 24));
        it.refuse(Refusal::Down, true, at(day * 24));
        seen.push(it.status.as_str());
    }
    let expected: Vec<&str> = [("CONNECTED", 2), ("DEGRADED", 18), ("DISCONNECTED", 1)]
        .into_iter()
        .flat_map(|(status, days)| std::iter::repeat_n(status, days))
        .collect();
    assert_eq!(seen, expected);
    it.begin(false, at(23 * 24));
    it.connect(true, at(23 * 24));
    assert_eq!((it.status, it.failures), (ConnectionStatus::Connected, 0));
    it.begin(true, at(24 * 24));
    it.refuse(Refusal::Locked, true, at(24 * 24));
    assert_eq!(it.status, ConnectionStatus::Locked, "not a thing that passes");
}

#[test]
fn waiting_too_long() {
    let mut it = member();
    it.begin(false, at(1));
    it.delay(false, at(1));
    assert_eq!(it.status, ConnectionStatus::Delayed);
    let mut it = connected();
    it.begin(true, at(1));
    it.delay(true, at(1));
    assert_eq!(it.status, ConnectionStatus::Connected);
    it.begin(false, at(1));
    it.ask(vec![question()], at(1));
    it.expire(at(2));
    assert_eq!((it.status, it.challenge.len()), (ConnectionStatus::Expired, 1));
    it.agreed(at(3));
    assert_eq!(it.status, ConnectionStatus::Reconnected);
}

#[test]
fn the_groups_of_statuses() {
    let codes = |f: fn(ConnectionStatus) -> bool| {
        let all = ConnectionStatus::ALL.iter().filter(|it| f(**it));
        all.map(|it| it.code()).collect::<Vec<_>>()
    };
    assert_eq!(codes(ConnectionStatus::is_processing), [0, 8, 15, 18]);
    let errors = [1, 2, 3, 4, 5, 7, 9, 10, 11, 12, 13, 14, 16, 17, 19, 20];
    assert_eq!(codes(ConnectionStatus::is_error), errors);
    assert_eq!(ConnectionStatus::ALL.len(), 22);
}

proptest::proptest! {
    #[test]
    fn whatever_happens_what_is_shown_fits_together(
        steps in proptest::collection::vec((0_u8..9, 0_usize..17, proptest::bool::ANY), 1..60),
    ) {
        let mut it = member();
        for (hour, (step, refusal, is_background)) in (1_i64..).zip(steps) {
            let now = at(hour * 7);
            match step {
                0 => it.begin(is_background, now),
                1 => it.ask(vec![question()], now),
                2 if !it.challenge.is_empty() => it.resume(now),
                3 => it.connect(is_background, now),
                4 => it.renew(now),
                5 => it.agreed(now),
                6 => {
                    it.delay(is_background, now);
                    proptest::prop_assert!(!it.status.is_processing(), "{it:?}");
                }
                7 if !it.challenge.is_empty() => it.expire(now),
                _ => {
                    let waits = it.refuse(EVERY[refusal], is_background, now);
                    proptest::prop_assert!(!waits || it.status == ConnectionStatus::Rejected);
                    proptest::prop_assert!(!it.status.is_processing(), "{it:?}");
                }
            }
            let is_failure = it.status.is_error() && it.status != ConnectionStatus::Challenged;
            proptest::prop_assert!(it.error.is_some() == is_failure || it.is_being_aggregated, "{it:?}");
            let keeps_question = it.status.takes_answers() || it.status == ConnectionStatus::Resumed;
            proptest::prop_assert!(it.challenge.is_empty() || keeps_question, "{it:?}");
            proptest::prop_assert!(it.denials < DENIALS_MAX || it.status.is_error() || it.is_being_aggregated
                || it.status.is_processing(), "{it:?}");
            proptest::prop_assert!(it.status != ConnectionStatus::Reconnected || it.was_connected());
        }
    }
}

const EVERY: [Refusal; 17] = {
    use Refusal::*;
    [
        Denied,
        Rejected,
        RejectedToken,
        AnswerTimeout,
        Locked,
        Impeded,
        Impaired,
        Closed,
        AccessDenied,
        ReauthorizationRequired,
        NoAccounts,
        NoEligibleAccounts,
        Down,
        Maintenance,
        Unavailable,
        Discontinued,
        Failed,
    ]
};
