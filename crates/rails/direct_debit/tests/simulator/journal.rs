//! A simulator that is killed comes back as it was.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use florin_calendar::FixedClock;
use florin_crypto::Secret;
use florin_direct_debit::simulator::{Simulator, SimulatorError, SimulatorOptions};
use florin_direct_debit::wire::*;
use florin_journal::JournalError;

use crate::support::*;

#[test]
fn the_journal_gives_the_same_organisation_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    // A runtime for each life: with it go the connections that hold on to the simulator.
    let first = tokio::runtime::Runtime::new().unwrap();
    let before = first.block_on(async {
        let bench = bench_with(Some(path.clone()), None).await;
        bench.set_date("2026-11-23").await;
        let secret = Secret::from_text("s");
        bench.client.simulator_set_webhook("http://127.0.0.1:9/hook", &secret).await.unwrap();
        let mandate = bench.mandate("Ada", "99999903").await;
        let refused = NewPayment::pounds(0, &mandate.id);
        bench.client.create_payment(&refused, "refused").await.unwrap_err();
        let payment = bench.payment(&mandate, 100, "p1").await;
        bench.set_date("2026-12-01").await;
        bench.client.retry_payment(&payment.id).await.unwrap();
        bench.set_date("2026-12-03").await;
        seen(&bench).await
    });
    drop(first);
    // A line that was being written when the process was killed.
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"org\":\"0123").unwrap();
    drop(file);

    tokio::runtime::Runtime::new().unwrap().block_on(second_life(path, before));
}

async fn second_life(path: PathBuf, before: Seen) {
    let bench = bench_with(Some(path), None).await;
    assert_eq!(seen(&bench).await, before);
    let mandate = &before.1[0];
    let payment = bench.payment(mandate, 100, "p1").await;
    assert_eq!(payment.id, before.0[0].id, "keys are remembered");
    bench.set_date("2026-12-31").await;
    assert_eq!(bench.status_of(&payment.id).await, PaymentStatus::PaidOut, "the second attempt");
    bench.payment(mandate, 100, "p2").await;
}

type Seen = (Vec<Payment>, Vec<Mandate>, Vec<Event>, String);

async fn seen(bench: &Bench) -> Seen {
    let client = &bench.client;
    (
        client.list_payments(&PaymentFilter::default()).await.unwrap().items,
        client.list_mandates(&MandateFilter::default()).await.unwrap().items,
        client.events_since(None, 1_000).await.unwrap(),
        client.simulator_state().await.unwrap().to_string(),
    )
}

#[test]
fn a_journal_is_used_by_one_and_read_with_care() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| {
        Simulator::new(SimulatorOptions {
            journal: Some(folder.path().join(name)),
            clock: Arc::new(FixedClock::new(at(MONDAY))),
            public_url: "http://localhost".to_owned(),
            tokens: None,
        })
    };
    let first = open("journal").unwrap();
    assert!(matches!(open("journal"), Err(SimulatorError::Journal(JournalError::InUse(_)))));
    drop(first);
    open("journal").unwrap();
    std::fs::write(folder.path().join("other"), "{}\nnonsense\n").unwrap();
    assert!(matches!(
        open("other"),
        Err(SimulatorError::Journal(JournalError::BadLine { line: 1, .. }))
    ));
    assert!(matches!(
        open("no/such/folder"),
        Err(SimulatorError::Journal(JournalError::Unusable { .. }))
    ));
}
