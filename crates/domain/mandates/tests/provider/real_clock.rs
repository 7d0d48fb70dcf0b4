//! A tenant on the real clock: jobs first, a sweep for what they left.

use florin_ids::EndUserId;
use florin_jobs::Outcome;
use florin_mandates::{Collector, Pages, Received};
use florin_payments::{Owners, PaymentState};
use florin_storage::testing::databases;
use jiff::SignedDuration;
use jiff::civil::date;

use crate::support::{Desk, SOUND, details, sets};

#[tokio::test(flavor = "multi_thread")]
async fn jobs_come_first_and_the_sweep_takes_what_they_left() {
    for test in &databases(&sets()) {
        let desk = Desk::on_the_real_clock(&test.db, Pages::Own).await;
        let token = desk.link(EndUserId::new()).await;
        let flow = desk.mandates.submit_flow(token.expose(), details(SOUND)).await.unwrap();
        let mandate = flow.mandate.unwrap();
        let sent = desk.collect(mandate, date(2026, 12, 1)).await;
        assert_eq!(desk.run_jobs("mandates.collect").await, [Outcome::Done]);
        assert!(desk.payment(sent.id).await.reference.is_some());

        let left = desk.collect(mandate, date(2026, 12, 1)).await;
        desk.collector.tick().await.unwrap();
        assert!(desk.payment(left.id).await.reference.is_none(), "it is left to its job");
        desk.clock.advance(SignedDuration::from_mins(6));
        desk.collector.tick().await.unwrap();
        assert!(desk.payment(left.id).await.reference.is_some());
        assert_eq!(desk.run_jobs("mandates.collect").await, [Outcome::Done]);
        assert_eq!(desk.remote_payments().await.len(), 2);
        assert_eq!(desk.payment(left.id).await.state, PaymentState::Pending);
        // Once for each date, however often it is looked and the server started.
        let reports = async || desk.mandates.list_reconciliations(&desk.caller).await.unwrap();
        let first = reports().await;
        assert_eq!((first.len(), first[0].to), (1, date(2026, 11, 21)));
        let started_again = Collector::new(desk.mandates.clone(), Owners::default());
        started_again.tick().await.unwrap();
        assert_eq!(reports().await, first);
        let nobody = desk.collector.receive(None, b"{}", "00").await.unwrap();
        assert_eq!(nobody, Received::BadSignature);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_account_is_there_when_asked_for() {
    for test in &databases(&sets()) {
        let desk = Desk::on_the_real_clock(&test.db, Pages::Own).await;
        let kept = desk.mandates.ensure_simulated_account(&desk.caller).await.unwrap();
        assert_eq!(kept.id, desk.account);
        desk.mandates.deactivate_account(&desk.caller, desk.account).await.unwrap();
        let made = desk.mandates.ensure_simulated_account(&desk.caller).await.unwrap();
        assert!(made.is_simulator && made.id != desk.account);
        let again = desk.mandates.ensure_simulated_account(&desk.caller).await.unwrap();
        assert_eq!(again.id, made.id);
    }
}
