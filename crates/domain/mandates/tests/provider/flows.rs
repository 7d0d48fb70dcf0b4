//! How end users give mandates: by our page, by the provider's, and what goes wrong on the way.

use florin_crypto::Secret;
use florin_ids::EndUserId;
use florin_mandates::{
    FlowState, MandateFlow, MandateStatus, MandatesError, NewFlow, Pages, PayerDetails, Prefilled,
};
use florin_storage::testing::databases;
use jiff::civil::date;

use crate::support::{Desk, SOUND, details, on_both, sets};

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_is_given_and_becomes_active() {
    on_both(date(2026, 12, 1), async |desk| {
        let end_user = EndUserId::new();
        let token = desk.link(end_user).await;
        let open = desk.mandates.open_flow(token.expose()).await.unwrap();
        assert_eq!((open.state, open.prefilled.given_name.as_str()), (FlowState::Open, "Ada"));

        let flow = desk.mandates.submit_flow(token.expose(), details(SOUND)).await.unwrap();
        assert_eq!(flow.state, FlowState::Completed);
        assert_eq!(flow.goes_on_to(), Some("https://lender.example/thanks"));
        let mandate = desk.mandate(flow.mandate.unwrap()).await;
        assert_eq!(mandate.status, MandateStatus::PendingSubmission);
        assert_eq!((mandate.end_user, mandate.account_ending.as_str()), (end_user, "11"));
        assert!(mandate.reference.starts_with("MD") && mandate.customer.starts_with("CU"));

        // The job that was left behind finds nothing to do, and the link is of no more use.
        assert_eq!(desk.run_jobs("mandates.submit").await.len(), 1);
        let again = desk.mandates.submit_flow(token.expose(), details(SOUND)).await;
        assert!(matches!(again, Err(MandatesError::Conflict(_))), "{again:?}");
        assert_eq!(desk.client.list_mandates(&Default::default()).await.unwrap().items.len(), 1);

        desk.pass(date(2026, 12, 9)).await;
        assert_eq!(desk.mandate(mandate.id).await.status, MandateStatus::Active);
        assert_eq!(desk.active_of(end_user).await.map(|it| it.id), Some(mandate.id));
        let told: Vec<(String, String)> = desk
            .events()
            .await
            .into_iter()
            .map(|it| (it.kind, it.data["status"].as_str().unwrap().to_owned()))
            .collect();
        let expected = [
            ("mandate_created", "pending_submission"),
            ("mandate_updated", "submitted"),
            ("mandate_updated", "active"),
        ];
        assert_eq!(told, expected.map(|(kind, status)| (kind.to_owned(), status.to_owned())));
    })
    .await;
}

/// Submits details of which the provider wants to know nothing: their billing request is given up there.
async fn submit_in_vain(desk: &Desk, token: &Secret) -> MandateFlow {
    desk.simulator.lose_answers().await;
    let flow = desk.mandates.submit_flow(token.expose(), details(SOUND)).await.unwrap();
    assert_eq!(flow.state, FlowState::Submitted);
    desk.simulator.answer_again().await;
    let events = desk.client.events_since(None, 1_000).await.unwrap();
    let request = events.iter().rev().find_map(|event| event.links.billing_request.clone());
    desk.client.cancel_billing_request(&request.unwrap()).await.unwrap();
    desk.settle().await;
    desk.mandates.open_flow(token.expose()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn details_that_the_provider_refuses_can_be_given_again() {
    on_both(date(2026, 12, 1), async |desk| {
        let token = desk.link(EndUserId::new()).await;
        let flow = submit_in_vain(&desk, &token).await;
        assert_eq!((flow.state, flow.goes_on_to()), (FlowState::Failed, None));
        assert_eq!(flow.reason, "The direct debit was not set up.");
        assert!(flow.takes_details());
        let flow = desk.mandates.submit_flow(token.expose(), details(SOUND)).await.unwrap();
        assert_eq!((flow.state, flow.reason.as_str()), (FlowState::Completed, ""));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_tries_account_numbers_is_stopped() {
    on_both(date(2026, 12, 1), async |desk| {
        let token = desk.link(EndUserId::new()).await;
        for _ in 0..5 {
            submit_in_vain(&desk, &token).await;
        }
        let flow = desk.mandates.open_flow(token.expose()).await.unwrap();
        assert!(!flow.takes_details());
        assert_eq!(flow.goes_on_to(), Some("https://lender.example/sorry"));
        let more = desk.mandates.submit_flow(token.expose(), details(SOUND)).await;
        assert!(matches!(more, Err(MandatesError::Conflict(_))), "{more:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_may_refuse_a_mandate() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.new_mandate("99999901").await;
        desk.pass(date(2026, 12, 12)).await;
        let mandate = desk.mandate(mandate.id).await;
        assert_eq!(mandate.status, MandateStatus::Failed);
        assert!(desk.active_of(mandate.end_user).await.is_none());
        let refused = desk.try_collect(mandate.id, date(2026, 12, 20)).await.unwrap_err();
        assert!(refused.to_string().ends_with("is failed."), "{refused}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_expire_and_can_be_declined() {
    on_both(date(2026, 12, 1), async |desk| {
        let (used, declined) =
            (desk.link(EndUserId::new()).await, desk.link(EndUserId::new()).await);
        let exited = desk.mandates.exit_flow(declined.expose()).await.unwrap();
        assert_eq!(exited.goes_on_to(), Some("https://lender.example/sorry"));
        assert!(desk.mandates.submit_flow(declined.expose(), details(SOUND)).await.is_err());

        // By the tenant's clock: real time does not count.
        desk.clock.advance(jiff::SignedDuration::from_hours(24 * 30));
        desk.pass(date(2026, 12, 7)).await;
        assert_eq!(desk.mandates.open_flow(used.expose()).await.unwrap().state, FlowState::Open);
        desk.pass(date(2026, 12, 8)).await;
        let expired = desk.mandates.open_flow(used.expose()).await.unwrap();
        assert_eq!(expired.state, FlowState::Expired);
        assert!(desk.mandates.submit_flow(used.expose(), details(SOUND)).await.is_err());
        for unknown in ["", "flm_", "x"] {
            let found = desk.mandates.open_flow(unknown).await;
            assert!(matches!(found, Err(MandatesError::NotFound(_))), "{found:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_named() {
    on_both(date(2026, 12, 1), async |desk| {
        let new = NewFlow {
            end_user: EndUserId::new(),
            success_url: "javascript:alert(1)".to_owned(),
            failure_url: String::new(),
            prefilled: Prefilled { city: "x".repeat(256), ..Prefilled::default() },
            expires_after: Some(jiff::SignedDuration::ZERO),
        };
        let Err(MandatesError::Invalid(faults)) =
            desk.mandates.start_flow(&desk.caller, new).await.map(|_| ())
        else {
            panic!("it was taken");
        };
        let fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["success_url", "failure_url", "expires_after", "city"]);

        let token = desk.link(EndUserId::new()).await;
        let nothing = desk.mandates.submit_flow(token.expose(), PayerDetails::default()).await;
        assert!(matches!(nothing, Err(MandatesError::Invalid(faults)) if faults.len() == 9));
        let flow = desk.mandates.open_flow(token.expose()).await.unwrap();
        assert_eq!((flow.state, flow.submissions), (FlowState::Open, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_can_be_given_while_the_provider_does_not_answer() {
    on_both(date(2026, 12, 1), async |desk| {
        let token = desk.link(EndUserId::new()).await;
        desk.simulator.stop_answering().await;
        let flow = desk.mandates.submit_flow(token.expose(), details(SOUND)).await.unwrap();
        assert_eq!((flow.state, flow.goes_on_to()), (FlowState::Submitted, None));
        // The provider does what it is asked, and its answers are lost.
        desk.simulator.lose_answers().await;
        desk.settle().await;
        desk.settle().await;
        desk.simulator.answer_again().await;
        desk.settle().await;
        let flow = desk.mandates.open_flow(token.expose()).await.unwrap();
        assert_eq!(flow.state, FlowState::Completed);
        assert_eq!(desk.client.list_mandates(&Default::default()).await.unwrap().items.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_is_given_on_the_providers_page() {
    for test in &databases(&sets()) {
        let desk = Desk::new(&test.db, date(2026, 12, 1), Pages::Provider).await;
        let token = desk.link(EndUserId::new()).await;
        let own = desk.mandates.submit_flow(token.expose(), details(SOUND)).await;
        assert!(matches!(own, Err(MandatesError::Conflict(_))), "{own:?}");
        let urls = ("https://florin.example/back", "https://florin.example/exit");
        let url = desk.mandates.begin_at_provider(token.expose(), urls.0, urls.1).await.unwrap();
        assert!(url.starts_with("http"), "{url}");
        let again = desk.mandates.begin_at_provider(token.expose(), urls.0, urls.1).await.unwrap();
        assert_eq!(again, url);
        let early = desk.mandates.return_from_provider(token.expose()).await.unwrap();
        assert_eq!(early.state, FlowState::Open);

        // The end user fills in the provider's page, and never comes back: an event tells.
        let request = early.billing_request.unwrap();
        desk.simulator.fill_in(&request).await;
        desk.settle().await;
        let flow = desk.mandates.return_from_provider(token.expose()).await.unwrap();
        assert_eq!(flow.state, FlowState::Completed);
        assert!(flow.mandate.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_is_disabled_and_enabled() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.new_mandate(SOUND).await;
        let manage = |is_disabled| {
            let (caller, id) = (desk.caller.clone(), mandate.id);
            desk.db.write(move |tx| {
                florin_mandates::mandate::manage_state_in(tx, &caller, id, is_disabled)
            })
        };
        assert!(manage(true).await.unwrap().is_disabled);
        assert!(desk.active_of(mandate.end_user).await.is_none());
        let refused = desk.try_collect(mandate.id, date(2026, 12, 20)).await.unwrap_err();
        assert!(refused.to_string().ends_with("is disabled."), "{refused}");
        assert!(!manage(false).await.unwrap().is_disabled);
        assert!(desk.active_of(mandate.end_user).await.is_some());

        // Not while money is under way over it: that would go on its way all the same.
        let payment = desk.collect(mandate.id, date(2026, 12, 21)).await;
        let busy = manage(true).await.unwrap_err();
        let text = "A payment of 50.00 GBP on 2026-12-21 is under way over the mandate.";
        assert_eq!(busy.to_string(), text);
        assert!(desk.cancel(payment.id).await);

        assert!(manage(true).await.unwrap().is_disabled);
        desk.client.cancel_mandate(&mandate.reference).await.unwrap();
        desk.settle().await;
        assert_eq!(desk.mandate(mandate.id).await.status, MandateStatus::Cancelled);
        let gone = manage(false).await;
        assert!(matches!(gone, Err(MandatesError::Conflict(_))), "{gone:?}");
    })
    .await;
}
