//! Many requests of one end user at the same time.

use std::future::Future;

use florin_connect::{ConnectError, Microdeposit, MicrodepositStatus as Status};
use tokio::task::JoinSet;

use super::bank::NUMBER;
use super::support::*;

/// What comes of the same request, asked eight times at once.
fn eight<T, F>(partner: &Partner, request: impl Fn() -> F) -> Vec<Result<T, ConnectError>>
where
    T: Send + 'static,
    F: Future<Output = Result<T, ConnectError>> + Send + 'static,
{
    partner.runtime.block_on(async {
        let mut asked = JoinSet::new();
        for _ in 0..8 {
            asked.spawn(request());
        }
        asked.join_all().await
    })
}

#[test]
fn an_account_gets_deposits_once() {
    on_both(|partner| {
        let ada = partner.visitor();
        let outcomes = eight(partner, || {
            let (connect, ada) = (partner.connect.clone(), ada.clone());
            async move { connect.create_microdeposit(&ada, asked("987654321")).await }
        });
        let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(made, 1, "{outcomes:?}");
        for outcome in outcomes.into_iter().filter(Result::is_err) {
            assert_eq!(refusal(outcome).status, Status::Conflicted);
        }
        assert_eq!(partner.count("ea_trial"), 1);
    });
}

#[test]
fn nobody_guesses_more_than_three_times() {
    on_both(|partner| {
        let ada = partner.visitor();
        let it = partner.create(&ada, asked("987654321")).unwrap();
        partner.advance(4);
        let outcomes: Vec<Result<Microdeposit, ConnectError>> = eight(partner, || {
            let (connect, ada, id) = (partner.connect.clone(), ada.clone(), it.id);
            async move { connect.verify_microdeposit(&ada, id, ("01", "02")).await }
        });
        let count = |status: Status| {
            let is = |outcome: &&Result<Microdeposit, ConnectError>| {
                outcome.as_ref().is_ok_and(|it| it.status == status)
            };
            outcomes.iter().filter(is).count()
        };
        assert_eq!((count(Status::Denied), count(Status::Prevented)), (2, 1), "{outcomes:?}");
        let is_late =
            |outcome: &&Result<_, ConnectError>| matches!(outcome, Err(ConnectError::Conflict(_)));
        assert_eq!(outcomes.iter().filter(is_late).count(), 5, "{outcomes:?}");
        assert!(partner.verify(&ada, &it, ("05", "07")).is_err());
    });
}

#[test]
fn an_account_is_shared_once() {
    on_both(|partner| {
        let ada = partner.visitor();
        partner.link(&ada, florin_connect::JobType::Verification);
        let everyday = partner.accounts_of(&ada).remove(0);
        assert_eq!(everyday.numbers.account.as_deref(), Some(NUMBER));
        let outcomes = eight(partner, || {
            let (connect, caller) = (partner.connect.clone(), partner.caller.clone());
            let (user, account) = (ada.user, everyday.id);
            let request = florin_connect::ShareRequest::default();
            async move { connect.share_account(&caller, user, account, request).await }
        });
        let shares: Vec<_> = outcomes.into_iter().map(|outcome| outcome.unwrap().0).collect();
        assert!(shares.iter().all(|share| *share == shares[0]), "{shares:?}");
        assert_eq!((partner.count("ea_account"), partner.count("ea_customer")), (1, 1));
        let told = partner.events(florin_events::kinds::CONNECT_ACCOUNT_SHARED);
        assert_eq!(told.len(), 1);
    });
}
