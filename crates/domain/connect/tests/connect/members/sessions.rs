use florin_connect::{ConnectError, Mode, NewSession, PartnerUser, Product};
use jiff::SignedDuration;

use super::support::on_both;

#[tokio::test]
async fn a_token_stands_for_one_user_until_it_expires() {
    on_both(async |desk| {
        let (session, token) = desk.session("ada", Mode::Verification).await;
        assert!(token.starts_with("flc_") && token.len() == 47, "{token}");
        let (visitor, found) = desk.connect.visitor(&token).await.expect("a visitor");
        assert_eq!((visitor.user, visitor.mode), (session.user, Mode::Verification));
        assert_eq!(found, session);
        for bad in ["", "flc_", &token[1..], &token.to_lowercase(), &format!("{token} ")] {
            let refused = desk.connect.visitor(bad).await;
            assert!(matches!(refused, Err(ConnectError::Unauthenticated)), "{bad}");
        }
        desk.pass(SignedDuration::from_mins(59));
        assert!(desk.connect.visitor(&token).await.is_ok());
        desk.pass(SignedDuration::from_mins(1));
        assert!(matches!(desk.connect.visitor(&token).await, Err(ConnectError::Unauthenticated)));
    })
    .await;
}

#[tokio::test]
async fn the_same_id_is_the_same_user() {
    on_both(async |desk| {
        let (first, token) = desk.session("ada", Mode::Aggregation).await;
        let (again, other) = desk.session(" ada ", Mode::Aggregation).await;
        let (bob, _) = desk.session("bob", Mode::Aggregation).await;
        assert_eq!(first.user, again.user);
        assert_ne!(first.user, bob.user);
        assert_ne!(token, other);
        let user = PartnerUser { id: "ada".to_owned(), email: Some("ada@x.example".to_owned()) };
        let new = NewSession { user, ..NewSession::default() };
        desk.connect.create_session(&desk.caller, new).await.expect("a session");
        let ada = desk.user(first.user).await.expect("a user");
        assert_eq!((ada.partner_id.as_str(), ada.email.as_deref()), ("ada", Some("ada@x.example")));
        let elsewhere = desk.neighbour().await.session("ada", Mode::Aggregation).await.0;
        assert_ne!(elsewhere.user, first.user);
        let (visitor, _) = desk.connect.visitor(&token).await.expect("a visitor");
        desk.connect.end_session(&visitor).await.expect("an end");
        assert!(desk.connect.visitor(&token).await.is_err());
        assert!(desk.connect.visitor(&other).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn two_at_once_make_one_user() {
    on_both(async |desk| {
        let sessions = (0..8).map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move { desk.session("ada", Mode::Aggregation).await.0.user })
        });
        let mut users = Vec::new();
        for session in sessions.collect::<Vec<_>>() {
            users.push(session.await.expect("no panic"));
        }
        users.dedup();
        assert_eq!(users.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn nothing_but_the_hash_is_kept() {
    on_both(async |desk| {
        let (session, token) = desk.session("ada", Mode::Aggregation).await;
        let id = session.id;
        let tenant = desk.tenant();
        let row = desk.db.read(move |tx| {
            let sql = "SELECT * FROM connect_session WHERE tenant_id = ?1 AND id = ?2";
            tx.query_one(sql, florin_storage::params![tenant, id], |row| {
                row.get::<Vec<u8>>("token_hash")
            })
        });
        let hash = row.await.expect("a row");
        assert_eq!(hash, florin_crypto::hash_key(&token));
        assert_eq!(session.products, [Product::Transactions]);
    })
    .await;
}

#[tokio::test]
async fn faults_and_strangers_members_are_refused() {
    on_both(async |desk| {
        let bob = desk.visit("bob").await;
        let member = desk.add(&bob, "gringotts", "demo").await;
        let user = || PartnerUser { id: "ada".to_owned(), email: None };
        let check = async |new: NewSession, field: &str| {
            let refused = desk.connect.create_session(&desk.caller, new).await;
            let Err(ConnectError::Invalid(faults)) = refused else {
                panic!("{field} is not refused")
            };
            assert_eq!(faults[0].field, field);
        };
        check(NewSession::default(), "user.id").await;
        let origin = Some("app.example".to_owned());
        check(NewSession { user: user(), origin, ..NewSession::default() }, "origin").await;
        let current_member = Some(member.id);
        let new = NewSession { user: user(), current_member, ..NewSession::default() };
        check(new, "current_member_guid").await;
        for code in ["nowhere", "manual"] {
            let institution_code = Some(code.to_owned());
            let new = NewSession { user: user(), institution_code, ..NewSession::default() };
            check(new, "current_institution_code").await;
        }
        let current_microdeposit = Some(florin_ids::MicrodepositId::new());
        let new = NewSession { user: user(), current_microdeposit, ..NewSession::default() };
        check(new, "current_microdeposit_guid").await;
    })
    .await;
}

#[tokio::test]
async fn a_page_is_framed_by_the_sessions_origin_as_long_as_the_session_is_known() {
    on_both(async |desk| {
        let origin = Some("https://app.example".to_owned());
        let new = NewSession { origin: origin.clone(), ..NewSession::default() };
        let (session, token) = desk.open("ada", new).await;
        let (plain, _) = desk.session("ada", Mode::Aggregation).await;
        let framed = async |token: Option<&str>, id| {
            desk.connect.embedding_origin(token, id).await.expect("an answer")
        };
        for hours in [0, 2] {
            desk.pass(SignedDuration::from_hours(hours));
            assert_eq!(framed(Some(&token), None).await, origin);
            assert_eq!(framed(None, Some(session.id)).await, origin);
            assert_eq!(framed(Some("flc_x"), Some(session.id)).await, None, "a token that is none");
            assert_eq!(framed(None, Some(plain.id)).await, None);
            assert_eq!(framed(None, Some(florin_ids::ConnectSessionId::new())).await, None);
            assert_eq!(framed(None, None).await, None);
        }
    })
    .await;
}
