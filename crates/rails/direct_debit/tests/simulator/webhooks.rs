//! Webhooks: signed, complete, repeated until they are taken; and what goes wrong with them.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::HeaderMap;
use florin_crypto::Secret;
use florin_direct_debit::simulator::{Delivered, Fault, FaultKind};
use florin_direct_debit::webhook::{self, Webhook};

use crate::support::*;

/// A receiver that refuses as often as it is told to.
struct Receiver {
    url: String,
    taken: Arc<Mutex<Vec<Webhook>>>,
    refuse: Arc<Mutex<u32>>,
}

async fn receiver(secret: &'static str) -> Receiver {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let taken: Arc<Mutex<Vec<Webhook>>> = Arc::default();
    let refuse: Arc<Mutex<u32>> = Arc::default();
    let (keep, no) = (taken.clone(), refuse.clone());
    let hook = move |headers: HeaderMap, body: Bytes| {
        let (keep, no) = (keep.clone(), no.clone());
        async move {
            let signature = headers[webhook::SIGNATURE_HEADER].to_str().unwrap();
            let read = webhook::parse(&Secret::from_text(secret), &body, signature);
            let mut refusals = no.lock().unwrap();
            match read {
                Ok(webhook) if *refusals == 0 => {
                    keep.lock().unwrap().push(webhook);
                    Ok("")
                }
                Ok(_) => {
                    *refusals -= 1;
                    Err("busy")
                }
                Err(_) => Err("signature"),
            }
            .map_err(|text| (axum::http::StatusCode::SERVICE_UNAVAILABLE, text))
        }
    };
    let app = axum::Router::new().route("/hook", axum::routing::post(hook));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Receiver { url, taken, refuse }
}

impl Receiver {
    fn ids(&self) -> Vec<String> {
        let taken = self.taken.lock().unwrap();
        taken.iter().flat_map(|hook| hook.events.iter().map(|event| event.id.clone())).collect()
    }
}

#[tokio::test]
async fn events_arrive_signed_and_in_order() {
    let bench = bench().await;
    let receiver = receiver("s3cret").await;
    bench.mandate("Before", "11111111").await;
    bench.client.simulator_set_webhook(&receiver.url, &Secret::from_text("s3cret")).await.unwrap();
    let known = bench.client.events_since(None, 1_000).await.unwrap();
    for number in 0..60 {
        bench.mandate("Ada", &format!("{:08}", 40_000_000 + number)).await;
    }
    let delivered = bench.simulator.deliver().await;
    assert_eq!(delivered, Delivered { webhooks: 2, events: 360, refused: 0 });
    let last = known.last().map(|event| event.id.as_str());
    let told: Vec<String> = bench
        .client
        .events_since(last, 1_000)
        .await
        .unwrap()
        .into_iter()
        .map(|event| event.id)
        .collect();
    assert_eq!(receiver.ids(), told, "everything since the endpoint was set, once");
    assert_eq!(receiver.taken.lock().unwrap()[0].events.len(), webhook::EVENTS_MAX);
    assert!(
        receiver.taken.lock().unwrap()[0].meta.webhook_id.as_deref().unwrap().starts_with("WB")
    );
    assert_eq!(bench.simulator.deliver().await, Delivered::default());
}

#[tokio::test]
async fn a_refused_webhook_comes_again_and_is_given_up_after_eight_times() {
    let bench = bench().await;
    let receiver = receiver("s").await;
    let secret = Secret::from_text("s");
    bench.client.simulator_set_webhook(&receiver.url, &secret).await.unwrap();
    bench.mandate("Ada", "11111111").await;
    *receiver.refuse.lock().unwrap() = 1;
    assert_eq!(bench.simulator.deliver().await.refused, 1);
    assert_eq!(bench.simulator.deliver().await.events, 6);

    bench.mandate("Ada", "22222222").await;
    *receiver.refuse.lock().unwrap() = 8;
    for _ in 0..8 {
        assert_eq!(bench.simulator.deliver().await.refused, 1);
    }
    assert_eq!(bench.simulator.deliver().await, Delivered::default());
    assert_eq!(receiver.ids().len(), 6, "only the events' list tells of the others");

    // A wrong secret is refused by the receiver.
    bench.client.simulator_set_webhook(&receiver.url, &Secret::from_text("x")).await.unwrap();
    bench.mandate("Ada", "33333333").await;
    assert_eq!(bench.simulator.deliver().await.refused, 1);
}

#[tokio::test]
async fn webhooks_come_twice_in_reverse_or_not_at_all() {
    let bench = bench().await;
    let receiver = receiver("s").await;
    let secret = Secret::from_text("s");
    bench.client.simulator_set_webhook(&receiver.url, &secret).await.unwrap();
    let mut number = 0;
    let mut next = async |kind: FaultKind| {
        number += 1;
        receiver.taken.lock().unwrap().clear();
        bench.client.simulator_set_faults(&[Fault::once(kind)]).await.unwrap();
        bench.mandate("Ada", &format!("{:08}", 40_000_000 + number)).await;
        bench.client.simulator_deliver().await.unwrap();
        receiver.ids()
    };
    let twice = next(FaultKind::WebhookTwice).await;
    assert_eq!(twice[..6], twice[6..]);
    assert_eq!(next(FaultKind::WebhookLost).await, Vec::<String>::new());
    let reversed = next(FaultKind::WebhookReversed).await;
    let events = bench.client.events_since(None, 100).await.unwrap();
    let mut expected: Vec<String> =
        events[events.len() - 6..].iter().map(|event| event.id.clone()).collect();
    expected.reverse();
    assert_eq!(reversed, expected);
}

#[tokio::test]
async fn the_background_task_sends_by_itself_until_it_is_stopped() {
    let bench = bench().await;
    let receiver = receiver("s").await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let simulator = bench.simulator.clone();
    let running = tokio::spawn(async move {
        simulator
            .run(async {
                let _ = stopped.await;
            })
            .await;
    });
    let secret = Secret::from_text("s");
    bench.client.simulator_set_webhook(&receiver.url, &secret).await.unwrap();
    bench.mandate("Ada", "11111111").await;
    while receiver.ids().len() < 6 {
        tokio::task::yield_now().await;
    }
    stop.send(()).unwrap();
    running.await.unwrap();
}
