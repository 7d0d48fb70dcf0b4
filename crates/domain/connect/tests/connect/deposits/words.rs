//! Questions, profiles, consents.

use std::collections::BTreeMap;

use florin_connect::consent::current_text;
use florin_connect::{
    ConnectError, Consent, NewConsent, NewTicket, ProfileChange, Purpose, Revoker, Visitor,
};
use florin_events::kinds;
use florin_ids::ConnectUserId;
use jiff::Timestamp;

use super::support::*;

#[test]
fn questions_are_kept_and_told() {
    on_both(|partner| {
        let ada = partner.visitor();
        let ask =
            |new: NewTicket| partner.runtime.block_on(partner.connect.create_ticket(&ada, new));
        let new = NewTicket {
            email: text("ada@example.com"),
            title: text("Help"),
            message: text("My bank is not in the list."),
        };
        let ticket = ask(new).unwrap();
        let told = partner.events(kinds::CONNECT_SUPPORT_TICKET_CREATED);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0]["guid"], format!("TKT-{}", ticket.id));
        assert_eq!(told[0]["message"], "My bank is not in the list.");
        let query = florin_storage::ListQuery { limit: 10, ..Default::default() };
        let page = partner.runtime.block_on(partner.connect.tickets(&partner.caller, query));
        assert_eq!(page.unwrap().items, [ticket]);
        match ask(NewTicket::default()) {
            Err(ConnectError::Invalid(faults)) => assert_eq!(faults.len(), 3),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_hint_is_waved_away_once() {
    on_both(|partner| {
        let ada = partner.visitor();
        let load = || partner.runtime.block_on(partner.connect.profile(&ada)).unwrap();
        assert_eq!(load().too_small_modal_dismissed_at, None);
        let at: Timestamp = "2023-04-13T09:00:00Z".parse().unwrap();
        let change = ProfileChange {
            too_small_modal_dismissed_at: Some(Some(at)),
            flags: BTreeMap::from([("has_completed_widgets_wizard".to_owned(), true)]),
        };
        let update = |user: ConnectUserId, change: ProfileChange| {
            partner.runtime.block_on(partner.connect.update_profile(&ada, user, change))
        };
        let changed = update(ada.user, change).unwrap();
        assert_eq!(changed.too_small_modal_dismissed_at, Some(at));
        assert_eq!(load(), changed);
        assert_eq!(update(ada.user, ProfileChange::default()).unwrap(), changed);
        let others = update(ConnectUserId::new(), ProfileChange::default());
        assert!(matches!(others, Err(ConnectError::NotFound(_))));
    });
}

fn agree(partner: &Partner, visitor: &Visitor, purposes: &[&str]) -> Consent {
    let new = NewConsent {
        text_version: text(current_text().version),
        purposes: purposes.iter().map(|word| (*word).to_owned()).collect(),
    };
    partner.runtime.block_on(partner.connect.give_consent(visitor, new)).unwrap()
}

#[test]
fn consents_are_recorded_shown_and_taken_back() {
    on_both(|partner| {
        let ada = partner.visitor();
        let list = || -> Vec<Consent> {
            let all = partner.runtime.block_on(partner.connect.consents(&ada)).unwrap();
            all.into_iter().map(|(consent, _)| consent).collect()
        };
        assert!(list().is_empty());
        let both = agree(partner, &ada, &["account_data", "credit_decision"]);
        assert_eq!((both.session, both.text_version.as_str()), (Some(ada.session), "2026-11-21"));
        partner.advance(1);
        let data = agree(partner, &ada, &["account_data"]);
        assert!(data.given_at > both.given_at);
        assert_eq!(list(), [both.clone(), data.clone()]);

        let revoke = |visitor: &Visitor, consent: &Consent| {
            partner.runtime.block_on(partner.connect.revoke_consent(visitor, consent.id))
        };
        let others = revoke(&partner.visitor(), &both);
        assert!(matches!(others, Err(ConnectError::NotFound("consent"))));
        let (revoked, did) = revoke(&ada, &both).unwrap();
        let did = did.unwrap();
        assert_eq!(did.no_longer_allowed, [Purpose::CreditDecision].into());
        assert_eq!(did.still_allowed, [Purpose::AccountData].into());
        assert!(!revoked.is_active());
        assert_eq!(revoked.revoked.map(|(_, by)| by), Some(Revoker::EndUser));
        partner.advance(1);
        assert_eq!(
            revoke(&ada, &both).unwrap(),
            (revoked.clone(), None),
            "done once, it stays done"
        );
        assert_eq!(list(), [revoked, data.clone()]);
        let partners = partner.connect.revoke_consent_of(&partner.caller, ada.user, data.id);
        let (taken, _) = partner.runtime.block_on(partners).unwrap();
        assert_eq!(taken.revoked.map(|(_, by)| by), Some(Revoker::Partner));

        assert_eq!(partner.events(kinds::CONNECT_CONSENT_GIVEN).len(), 2);
        let told = partner.events(kinds::CONNECT_CONSENT_REVOKED);
        let lost: Vec<String> = told.iter().map(|it| it["no_longer_allowed"].to_string()).collect();
        assert_eq!(lost, [r#"["credit_decision"]"#, r#"["account_data"]"#]);
    });
}

#[test]
fn only_what_was_shown_can_be_agreed_to() {
    on_both(|partner| {
        let ada = partner.visitor();
        let check = |version: Option<String>, purposes: &[&str]| {
            let purposes = purposes.iter().map(|word| (*word).to_owned()).collect();
            let new = NewConsent { text_version: version, purposes };
            let given = partner.runtime.block_on(partner.connect.give_consent(&ada, new));
            assert!(matches!(given, Err(ConnectError::Invalid(_))), "{given:?}");
        };
        check(None, &["account_data"]);
        check(text("1999-01-01"), &["account_data"]);
        check(text(current_text().version), &[]);
        check(text(current_text().version), &["everything"]);
        let plain = partner.visit("plain", |new| new.purposes = vec![]);
        let asked_elsewhere = NewConsent {
            text_version: text(current_text().version),
            purposes: vec!["account_data".to_owned(), "credit_decision".to_owned()],
        };
        let given = partner.runtime.block_on(partner.connect.give_consent(&plain, asked_elsewhere));
        assert!(matches!(given, Err(ConnectError::Invalid(_))), "{given:?}");
        assert!(partner.events(kinds::CONNECT_CONSENT_GIVEN).is_empty());
        assert_eq!(Purpose::ALL.len(), current_text().paragraphs.len());
    });
}
