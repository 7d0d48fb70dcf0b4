//! The provider's news: webhooks that come twice, in any order, for any tenant; and both sides compared.

use florin_crypto::Secret;
use florin_direct_debit::simulator::{Fault, FaultKind};
use florin_direct_debit::{webhook, wire};
use florin_mandates::reconcile::DifferenceKind;
use florin_mandates::{Collector, MandatesError, Pages, Received};
use florin_payments::PaymentState;
use florin_storage::testing::databases;
use jiff::ToSpan;
use jiff::civil::date;
use serde_json::json;

use crate::support::{Desk, SECRET, SOUND, on_both, sets};

/// A webhook's body with these events, and its signature.
fn signed(events: &[wire::Event]) -> (Vec<u8>, String) {
    let body =
        json!({ "events": events, "meta": { "webhook_id": "WB1" } }).to_string().into_bytes();
    let signature = webhook::sign(&Secret::from_text(SECRET), &body);
    (body, signature)
}

/// Every event of the provider, oldest first.
async fn all_events(desk: &Desk) -> Vec<wire::Event> {
    desk.client.events_since(None, 10_000).await.expect("events")
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_taken_in_once_and_in_any_order() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate("99999905").await;
        let payment = desk.collect(mandate.id, date(2026, 12, 21)).await;
        desk.settle().await;
        // The provider goes on, and we are told by webhooks alone.
        desk.simulator.set_date(date(2027, 1, 10)).await;
        let mut events = all_events(&desk).await;
        events.reverse();
        for chunk in events.chunks(2) {
            let (body, signature) = signed(&[chunk, chunk].concat());
            let received = desk.collector.receive(None, &body, &signature).await.unwrap();
            assert!(matches!(received, Received::Accepted { .. }));
            let again =
                desk.collector.receive(Some(desk.account), &body, &signature).await.unwrap();
            assert_eq!(again, Received::Accepted { new_events: 0 });
            desk.run_jobs("mandates.event").await;
        }
        assert_eq!(desk.payment(payment.id).await.state, PaymentState::ChargedBack);
        // The last two came together; what is older than them changes nothing.
        assert_eq!(desk.told(payment.id), ["paid_out", "charged_back"]);
        assert_eq!(desk.mandate(mandate.id).await.status.as_str(), "active");
        // What the pull brings is known.
        desk.pass(date(2027, 1, 10)).await;
        assert_eq!(desk.told(payment.id), ["paid_out", "charged_back"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn news_may_come_before_our_own_request_is_written_down() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate(SOUND).await;
        let payment = desk.collect(mandate.id, date(2026, 12, 21)).await;
        desk.simulator.lose_answers().await;
        assert!(desk.collector.send(desk.tenant(), payment.id, 1).await.is_err());
        desk.simulator.answer_again().await;
        desk.simulator.set_date(date(2026, 12, 17)).await;
        // Some events carry what the payment carries, others have to be looked up.
        let mut events = all_events(&desk).await;
        events.last_mut().unwrap().resource_metadata.clear();
        let (body, signature) = signed(&events);
        desk.collector.receive(None, &body, &signature).await.unwrap();
        desk.collector.process(desk.tenant(), desk.account).await.unwrap();
        let known = desk.payment(payment.id).await;
        assert_eq!(known.state, PaymentState::Submitted);
        assert_eq!(known.reference, Some(desk.remote_payments().await[0].id.clone()));
        desk.pass(date(2027, 1, 4)).await;
        assert_eq!(desk.remote_payments().await.len(), 1);
        assert_eq!(desk.told(payment.id), ["submitted", "confirmed", "paid_out"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_signed_is_not_believed() {
    on_both(date(2026, 12, 1), async |desk| {
        desk.active_mandate(SOUND).await;
        let events = all_events(&desk).await;
        let (body, signature) = signed(&events);
        let other = webhook::sign(&Secret::from_text("another"), &body);
        for bad in ["", "x", &other, &signature.to_uppercase(), &signature[..63]] {
            let received = desk.collector.receive(None, &body, bad).await.unwrap();
            assert_eq!(received, Received::BadSignature, "{bad}");
        }
        let mut changed = body.clone();
        changed.push(b' ');
        let received = desk.collector.receive(None, &changed, &signature).await.unwrap();
        assert_eq!(received, Received::BadSignature);
        let stranger = florin_ids::ProviderAccountId::new();
        let received = desk.collector.receive(Some(stranger), &body, &signature).await.unwrap();
        assert_eq!(received, Received::BadSignature);

        let nonsense = b"{\"events\": 7}";
        let signature = webhook::sign(&Secret::from_text(SECRET), nonsense);
        let received = desk.collector.receive(None, nonsense, &signature).await.unwrap();
        assert_eq!(received, Received::Unreadable);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_do_not_meet() {
    for test in &databases(&sets()) {
        let one = Desk::new(&test.db, date(2026, 12, 1), Pages::Own).await;
        let other = Desk::beside(&test.db, date(2026, 12, 1)).await;
        let change = florin_mandates::AccountChange {
            webhook_secret: Some(Secret::from_text("the-other-secret")),
            ..Default::default()
        };
        other.mandates.change_account(&other.caller, other.account, change).await.unwrap();
        let mandate = one.active_mandate(SOUND).await;
        let payment = one.collect(mandate.id, date(2026, 12, 21)).await;
        one.settle().await;

        let unseen = other.mandates.get_mandate(&other.caller, mandate.id).await;
        assert!(matches!(unseen, Err(MandatesError::NotFound(_))), "{unseen:?}");
        assert!(other.try_collect(mandate.id, date(2026, 12, 21)).await.is_err());
        assert!(other.mandates.get_account(&other.caller, one.account).await.is_err());
        assert!(other.mandates.deactivate_account(&other.caller, one.account).await.is_err());
        assert_eq!(other.mandates.list_accounts(&other.caller).await.unwrap().len(), 1);
        assert!(other.active_of(mandate.end_user).await.is_none());

        // Events that the other tenant's secret signs say nothing of this one's payments.
        one.simulator.set_date(date(2027, 1, 10)).await;
        let body = json!({ "events": all_events(&one).await }).to_string().into_bytes();
        let signature = webhook::sign(&Secret::from_text("the-other-secret"), &body);
        let received = other.collector.receive(None, &body, &signature).await.unwrap();
        assert!(matches!(received, Received::Accepted { .. }));
        let processed = other.collector.process(other.tenant(), other.account).await.unwrap();
        assert!(processed.waiting > 0, "{processed:?}");
        assert_eq!(one.payment(payment.id).await.state, PaymentState::Pending);
        let page = other.mandates.list_mandates(&other.caller, Default::default()).await.unwrap();
        assert_eq!(page.count, 0);
    }
}

/// What listeners were told of differences.
async fn told_of_differences(desk: &Desk) -> Vec<serde_json::Value> {
    let events = desk.events().await.into_iter();
    events.filter(|it| it.kind == "reconciliation_differs").map(|it| it.data).collect()
}

/// On a simulated clock too, on every day and once.
#[tokio::test(flavor = "multi_thread")]
async fn both_sides_are_compared_every_day() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate(SOUND).await;
        desk.collect(mandate.id, date(2026, 12, 21)).await;
        desk.pass(date(2026, 12, 14)).await;
        let listed = desk.mandates.list_reconciliations(&desk.caller).await.unwrap();
        let days: Vec<_> = listed.iter().map(|it| (it.from, it.to, it.differences)).collect();
        let day = |day: i8| (date(2026, 12, day).saturating_sub(14.days()), date(2026, 12, day), 0);
        assert_eq!(days, (1..=14).rev().map(day).collect::<Vec<_>>());
        desk.settle().await;

        // Somebody collects by hand; it is seen as soon as its charge comes near, and told on that day.
        let stray = wire::NewPayment {
            charge_date: Some(date(2026, 12, 18)),
            ..wire::NewPayment::pounds(700, &mandate.reference)
        };
        desk.client.create_payment(&stray, "by-hand").await.unwrap();
        desk.pass(date(2026, 12, 17)).await;
        assert_eq!(told_of_differences(&desk).await.len(), 0);
        desk.pass(date(2026, 12, 18)).await;
        let told = told_of_differences(&desk).await;
        assert_eq!((told.len(), &told[0]["to"]), (1, &json!("2026-12-18")));
        let unknown = florin_ids::ReconciliationId::new();
        let unknown = desk.mandates.get_reconciliation(&desk.caller, unknown).await;
        assert!(matches!(unknown, Err(MandatesError::NotFound(_))), "{unknown:?}");
    })
    .await;
}

/// A provider that does not answer is compared with later.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_provider_is_compared_with_later() {
    on_both(date(2026, 12, 1), async |desk| {
        let days = async |desk: &Desk| -> Vec<_> {
            let listed = desk.mandates.list_reconciliations(&desk.caller).await.unwrap();
            listed.iter().map(|it| it.to).collect()
        };
        desk.active_mandate(SOUND).await;
        let before = days(&desk).await;
        let silence = Fault::once(FaultKind::ErrorBefore).on("GET", "/payments").times(3);
        desk.client.simulator_set_faults(&[silence]).await.unwrap();
        desk.pass(date(2026, 12, 12)).await;
        assert_eq!(days(&desk).await, before);
        desk.simulator.answer_again().await;
        desk.settle().await;
        assert_eq!(days(&desk).await[0], date(2026, 12, 12));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_are_compared() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate(SOUND).await;
        let known = desk.collect(mandate.id, date(2026, 12, 21)).await;
        let unsent = desk.collect(mandate.id, date(2026, 12, 21)).await;
        desk.collector.send(desk.tenant(), known.id, 1).await.unwrap();
        let days = (date(2026, 12, 1), date(2026, 12, 31));
        let clean =
            desk.collector.reconcile(desk.tenant(), days.0, days.1).await.unwrap().remove(0);
        assert_eq!((clean.ours, clean.theirs, clean.differences), (2, 1, vec![]));

        // Somebody collects by hand over the same mandate.
        let stray = wire::NewPayment::pounds(700, &mandate.reference);
        let stray = desk.client.create_payment(&stray, "by-hand").await.unwrap();
        let report =
            desk.collector.reconcile(desk.tenant(), days.0, days.1).await.unwrap().remove(0);
        assert_eq!(report.id, clean.id);
        assert_eq!(report.differences.len(), 1);
        assert_eq!(report.differences[0].kind, DifferenceKind::MissingHere);
        assert_eq!(report.differences[0].reference, Some(stray.id));
        assert_eq!(report.differences[0].theirs, "7.00 GBP pending_submission");
        let shown = desk.mandates.get_reconciliation(&desk.caller, report.id).await.unwrap();
        assert_eq!((shown.0.differences, &shown.1), (1, &report.differences));
        // It is told once, however often it is found.
        desk.collector.reconcile(desk.tenant(), days.0, days.1).await.unwrap();
        assert_eq!(
            told_of_differences(&desk).await,
            [json!({
                "id": report.id, "provider_account": desk.account, "from": "2026-12-01",
                "to": "2026-12-31", "ours": 2, "theirs": 2, "differences": 1,
            })]
        );

        desk.collector.send(desk.tenant(), unsent.id, 1).await.unwrap();
        let report =
            desk.collector.reconcile(desk.tenant(), days.0, days.1).await.unwrap().remove(0);
        assert_eq!((report.ours, report.theirs), (2, 3));
        let backwards = desk.collector.reconcile(desk.tenant(), days.1, days.0).await;
        assert!(matches!(backwards, Err(MandatesError::Invalid(_))), "{backwards:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_is_replaced() {
    on_both(date(2026, 12, 1), async |desk| {
        let old = desk.active_mandate(SOUND).await;
        // A mandate that the provider has made by itself, for the same payer.
        let made = desk.simulator.stray_mandate().await;
        let event = json!({
            "id": "EVREPLACED", "created_at": "2027-06-01T09:00:00.000Z", "resource_type": "mandates",
            "action": "replaced", "links": { "mandate": old.reference, "new_mandate": made },
        });
        let event: wire::Event = serde_json::from_value(event).unwrap();
        let (body, signature) = signed(&[event]);
        for _ in 0..2 {
            desk.collector.receive(None, &body, &signature).await.unwrap();
            desk.collector.process(desk.tenant(), desk.account).await.unwrap();
        }
        let old = desk.mandate(old.id).await;
        assert_eq!(old.status.as_str(), "cancelled");
        let new = desk.mandate(old.replaced_by.unwrap()).await;
        assert_eq!((new.end_user, &new.reference), (old.end_user, &made));
        assert_eq!(desk.active_of(old.end_user).await.map(|it| it.id), Some(new.id));
        let kinds: Vec<String> = desk.events().await.into_iter().map(|it| it.kind).collect();
        assert_eq!(kinds.iter().filter(|kind| *kind == "mandate_created").count(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_come_twice_reversed_or_never() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate(SOUND).await;
        let payment = desk.collect(mandate.id, date(2026, 12, 21)).await;
        desk.settle().await;
        let url = serve_hook(desk.collector.clone()).await;
        let secret = Secret::from_text(SECRET);
        desk.client.simulator_set_webhook(&url, &secret).await.unwrap();
        let faults = [
            Fault::once(FaultKind::WebhookTwice),
            Fault::once(FaultKind::WebhookReversed),
            Fault::once(FaultKind::WebhookLost),
        ];
        desk.client.simulator_set_faults(&faults).await.unwrap();
        for day in [17, 22, 23] {
            desk.simulator.set_date(date(2026, 12, day)).await;
            desk.client.simulator_deliver().await.unwrap();
            desk.run_jobs("mandates.event").await;
        }
        // The payout's webhook is lost; the pull finds it.
        assert_eq!(desk.told(payment.id), ["submitted", "confirmed"]);
        desk.pass(date(2026, 12, 23)).await;
        assert_eq!(desk.told(payment.id), ["submitted", "confirmed", "paid_out"]);
    })
    .await;
}

/// An address that hands webhooks to a collector; answers its URL.
async fn serve_hook(collector: Collector) -> String {
    let take = async move |headers: axum::http::HeaderMap, body: axum::body::Bytes| {
        let signature = headers.get(webhook::SIGNATURE_HEADER).and_then(|it| it.to_str().ok());
        let received = collector.receive(None, &body, signature.unwrap_or_default()).await;
        assert!(matches!(received, Ok(Received::Accepted { .. })), "{received:?}");
    };
    let app = axum::Router::new().route("/hook", axum::routing::post(take));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}
