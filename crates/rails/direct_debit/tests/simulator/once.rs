//! Whatever goes wrong: one key, one payment.

use florin_direct_debit::simulator::{Fault, FaultKind};
use florin_direct_debit::wire::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::*;

/// Faults that need no waiting; time-outs are tried in `faults`.
const KINDS: [FaultKind; 4] =
    [FaultKind::ErrorBefore, FaultKind::ErrorAfter, FaultKind::CutAfter, FaultKind::RateLimit];

#[test]
fn any_faults_and_retries_with_the_same_key_make_one_payment() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bench = runtime.block_on(bench());
    let mandate = runtime.block_on(bench.active_mandate("Ada", "55779911"));
    let schedule = prop::collection::vec((prop::sample::select(&KINDS[..]), 0..3_u32), 0..12);
    let number = std::sync::atomic::AtomicU32::new(0);
    let mut runner = TestRunner::new(Config { cases: 48, ..Config::default() });
    let told = runner.run(&schedule, |schedule| {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let faults: Vec<Fault> = schedule
            .iter()
            .map(|(kind, skip)| Fault { skip: *skip, ..Fault::once(*kind).on("POST", "/payments") })
            .collect();
        let made = runtime.block_on(async {
            bench.client.simulator_set_faults(&faults).await.unwrap();
            let mut new = NewPayment::pounds(100, &mandate.id);
            new.metadata.insert("number".to_owned(), number.to_string());
            let key = format!("key {number}");
            let mut made = None;
            // As a job would: again and again, and once more after it has worked.
            for _ in 0..20 {
                if let Ok(payment) = bench.client.create_payment(&new, &key).await {
                    made = Some(payment);
                }
            }
            bench.client.simulator_set_faults(&[]).await.unwrap();
            let page = bench.client.list_payments(&PaymentFilter::default()).await.unwrap();
            let ours: Vec<Payment> = page
                .items
                .into_iter()
                .filter(|payment| payment.metadata["number"] == number.to_string())
                .collect();
            (made, ours)
        });
        prop_assert_eq!(made.1.len(), 1);
        prop_assert_eq!(made.0.as_ref(), made.1.first());
        Ok(())
    });
    told.unwrap();
}
