//! What the client makes of a provider on a bad day.

use std::time::Duration;

use florin_direct_debit::ApiError;
use florin_direct_debit::simulator::{Fault, FaultKind};
use florin_direct_debit::wire::*;

use crate::support::*;

async fn payments_of(bench: &Bench) -> usize {
    bench.client.list_payments(&PaymentFilter::default()).await.unwrap().items.len()
}

/// One fault on the creation of a payment: the call succeeds by itself, and there is one payment.
#[tokio::test]
async fn one_fault_is_survived_within_the_call() {
    let mut bench = bench().await;
    bench.client = client(&bench.url, "token", HASTE, &bench.pauses);
    let mandate = bench.active_mandate("Ada", "55779911").await;
    let kinds = [
        FaultKind::TimeoutBefore,
        FaultKind::TimeoutAfter,
        FaultKind::ErrorBefore,
        FaultKind::ErrorAfter,
        FaultKind::CutAfter,
        FaultKind::RateLimit,
    ];
    for (count, kind) in (1..).zip(kinds) {
        let fault = Fault::once(kind).on("POST", "/payments");
        bench.client.simulator_set_faults(&[fault]).await.unwrap();
        bench.pauses.lock().unwrap().clear();
        let key = format!("{kind:?}");
        let payment = bench.payment(&mandate, 100, &key).await;
        assert_eq!(bench.pauses.lock().unwrap().len(), 1, "{kind:?}");
        assert_eq!(bench.payment(&mandate, 100, &key).await, payment, "{kind:?}: the key again");
        assert_eq!(payments_of(&bench).await, count, "{kind:?}");
    }
}

#[tokio::test]
async fn a_lasting_fault_is_left_to_the_caller() {
    let bench = bench().await;
    let mandate = bench.active_mandate("Ada", "55779911").await;
    let new = NewPayment::pounds(100, &mandate.id);
    let check = async |kind: FaultKind, transient: bool| {
        let fault = Fault::once(kind).on("POST", "/payments").times(3);
        bench.client.simulator_set_faults(&[fault]).await.unwrap();
        bench.pauses.lock().unwrap().clear();
        let failure = bench.client.create_payment(&new, "same key").await.unwrap_err();
        assert!(failure.retry_can_help(), "{kind:?}: {failure}");
        assert_eq!(matches!(failure, ApiError::Transient { .. }), transient, "{failure}");
        let pauses = bench.pauses.lock().unwrap().clone();
        assert_eq!(pauses.len(), 2, "{kind:?}: {pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_secs(2)), "{pauses:?}");
    };
    check(FaultKind::ErrorBefore, true).await;
    check(FaultKind::RateLimit, false).await;
    check(FaultKind::ErrorAfter, true).await;
    // The job comes again, much later.
    bench.client.create_payment(&new, "same key").await.unwrap();
    assert_eq!(payments_of(&bench).await, 1);
}

/// The answer to an action is lost: the action is found to be done.
#[tokio::test]
async fn lost_answers_to_actions_are_found_again() {
    let bench = bench().await;
    let client = &bench.client;
    let mandate = bench.active_mandate("Ada", "55779911").await;
    let lose = async |path: &str| {
        let fault = Fault::once(FaultKind::CutAfter).on("POST", path);
        client.simulator_set_faults(&[fault]).await.unwrap();
    };
    let payment = bench.payment(&mandate, 100, "p1").await;
    lose("/payments/").await;
    let cancelled = client.cancel_payment(&payment.id).await.unwrap();
    assert_eq!(cancelled.status, PaymentStatus::Cancelled);

    let payment = bench.payment(&mandate, 100, "p2").await;
    client.run_scenario(Scenario::PaymentFailed, &payment.id).await.unwrap();
    lose("/payments/").await;
    let retried = client.retry_payment(&payment.id).await.unwrap();
    assert_eq!(retried.status, PaymentStatus::PendingSubmission);
    let told = bench.actions_of(&payment.id).await;
    assert_eq!(told.iter().filter(|action| *action == "resubmission_requested").count(), 1);

    lose("/mandates/").await;
    assert_eq!(client.cancel_mandate(&mandate.id).await.unwrap().status, MandateStatus::Cancelled);
}

#[tokio::test]
async fn requests_that_cannot_succeed_are_not_repeated() {
    let bench = bench_with(None, Some(&["token"])).await;
    let mandate = bench.active_mandate("Ada", "55779911").await;
    bench.pauses.lock().unwrap().clear();
    let denied = bench.client_of("wrong").get_mandate(&mandate.id).await.unwrap_err();
    assert!(matches!(denied, ApiError::Denied { .. }), "{denied}");
    let unknown = bench.client.get_payment("PM1").await.unwrap_err();
    assert!(matches!(unknown, ApiError::NotFound { .. }), "{unknown}");
    let odd = bench.client.get_payment("../events").await.unwrap_err();
    assert!(matches!(odd, ApiError::NotFound { .. }), "{odd}");
    let mut new = NewPayment::pounds(0, &mandate.id);
    new.description = Some("x".repeat(101));
    let invalid = bench.client.create_payment(&new, "k").await.unwrap_err();
    let ApiError::Validation { fields, .. } = &invalid else { panic!("{invalid}") };
    assert_eq!(fields.len(), 2, "{invalid}");
    assert!(!invalid.retry_can_help());
    assert!(bench.pauses.lock().unwrap().is_empty());
    // A key is used up by what it made, not by what was refused.
    bench.client.create_payment(&NewPayment::pounds(1, &mandate.id), "k").await.unwrap();
}

#[tokio::test]
async fn nobody_listens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let pauses = Default::default();
    let failure = client(&url, "token", PATIENCE, &pauses).get_payment("PM1").await.unwrap_err();
    assert!(matches!(failure, ApiError::Transient { .. }), "{failure}");
    assert!(!failure.to_string().contains("127.0.0.1"), "{failure}");
    assert_eq!(pauses.lock().unwrap().len(), 2);
}

#[test]
fn secrets_and_bad_addresses() {
    let pauses = Default::default();
    let shown =
        format!("{:?}", client("https://api.gocardless.com", "very secret", PATIENCE, &pauses));
    assert!(!shown.contains("very secret"), "{shown}");
    for bad in ["", "api.gocardless.com", "ftp://api.gocardless.com", "mailto:a@b"] {
        let made = florin_direct_debit::Client::new(
            bad,
            florin_crypto::Secret::from_text("t"),
            Default::default(),
        );
        assert!(matches!(made, Err(ApiError::Setup { .. })), "{bad}");
    }
}
