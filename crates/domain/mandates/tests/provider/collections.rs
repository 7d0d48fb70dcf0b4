//! Collections over mandates, through the provider, in good and in bad weather.

use florin_direct_debit::wire::PaymentStatus;
use florin_mandates::collect::Sent;
use florin_payments::PaymentState;
use jiff::civil::date;

use crate::support::{SOUND, on_both};

#[tokio::test(flavor = "multi_thread")]
async fn money_is_collected_and_paid_out() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate(SOUND).await;
        let payment = desk.collect(mandate.id, date(2026, 12, 20)).await;
        // The 20th is a Sunday.
        assert_eq!(payment.charge_on, Some(date(2026, 12, 21)));
        assert_eq!(payment.state, PaymentState::Pending);
        desk.settle().await;
        let sent = desk.payment(payment.id).await;
        assert!(sent.reference.as_deref().is_some_and(|it| it.starts_with("PM")), "{sent:?}");
        assert_eq!(sent.state, PaymentState::Pending);
        desk.pass(date(2027, 1, 10)).await;
        assert_eq!(desk.told(payment.id), ["submitted", "confirmed", "paid_out"]);
        let theirs = desk.remote_payments().await;
        assert_eq!(theirs.len(), 1);
        assert_eq!((theirs[0].amount, theirs[0].charge_date), (5_000, Some(date(2026, 12, 21))));
        let report = desk
            .collector
            .reconcile(desk.tenant(), date(2026, 12, 1), date(2027, 1, 31))
            .await
            .unwrap()
            .remove(0);
        assert_eq!((report.ours, report.theirs, report.differences), (1, 1, vec![]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_collection_goes_together_with_a_new_mandate() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.new_mandate(SOUND).await;
        let payment = desk.collect(mandate.id, date(2026, 12, 2)).await;
        assert_eq!(payment.charge_on, Some(date(2026, 12, 7)));
        desk.pass(date(2026, 12, 12)).await;
        assert_eq!(desk.told(payment.id), ["submitted", "confirmed", "paid_out"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_fails_is_tried_again() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate("99999903").await;
        let payment = desk.collect(mandate.id, date(2026, 12, 14)).await;
        desk.pass(date(2026, 12, 22)).await;
        let failed = desk.payment(payment.id).await;
        assert_eq!(failed.state, PaymentState::Failed);
        assert_eq!(failed.reason, "insufficient_funds");
        let again = desk.retry(payment.id, date(2026, 12, 23)).await;
        assert_eq!((again.attempt, again.state), (2, PaymentState::Pending));
        desk.pass(date(2027, 1, 10)).await;
        let expected = ["submitted", "failed", "submitted", "confirmed", "paid_out"];
        assert_eq!(desk.told(payment.id), expected);
        // The provider retried its own payment.
        assert_eq!(desk.remote_payments().await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_for_a_later_day_is_a_payment_of_its_own() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate("99999902").await;
        let payment = desk.collect(mandate.id, date(2026, 12, 14)).await;
        desk.pass(date(2026, 12, 22)).await;
        let again = desk.retry(payment.id, date(2027, 1, 18)).await;
        assert_eq!(again.charge_on, Some(date(2027, 1, 18)));
        desk.settle().await;
        let sent = desk.payment(payment.id).await;
        assert_eq!(sent.charge_on, Some(date(2027, 1, 18)));
        assert_ne!(sent.reference, again.reference);
        desk.pass(date(2027, 1, 25)).await;
        assert_eq!(desk.told(payment.id), ["submitted", "failed", "submitted", "failed"]);
        assert_eq!(desk.remote_payments().await.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_was_collected_comes_back() {
    on_both(date(2026, 12, 1), async |desk| {
        let (late, fickle) =
            (desk.active_mandate("99999904").await, desk.active_mandate("99999905").await);
        let late = desk.collect(late.id, date(2027, 1, 4)).await;
        let charged_back = desk.collect(fickle.id, date(2027, 1, 4)).await;
        desk.pass(date(2027, 1, 20)).await;
        assert_eq!(desk.told(late.id), ["submitted", "confirmed", "failed"]);
        assert_eq!(desk.payment(late.id).await.reason, "refer_to_payer");
        let expected = ["submitted", "confirmed", "paid_out", "charged_back"];
        assert_eq!(desk.told(charged_back.id), expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_over_a_mandate_that_went_meanwhile_fails() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate(SOUND).await;
        let payment = desk.collect(mandate.id, date(2026, 12, 21)).await;
        desk.client.cancel_mandate(&mandate.reference).await.unwrap();
        desk.settle().await;
        let failed = desk.payment(payment.id).await;
        assert_eq!(failed.state, PaymentState::Failed);
        assert_eq!(failed.reason, "mandate_cancelled");
        assert!(desk.remote_payments().await.is_empty());
        // The news may be younger than the request: then the provider says so.
        let other = desk.active_mandate(SOUND).await;
        let payment = desk.collect(other.id, date(2027, 1, 15)).await;
        desk.client.cancel_mandate(&other.reference).await.unwrap();
        let sent = desk.collector.send(desk.tenant(), payment.id, 1).await.unwrap();
        assert_eq!(sent, Sent::Refused("mandate_is_inactive".to_owned()));
        assert_eq!(desk.told(payment.id), ["failed"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_taken_back() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate(SOUND).await;
        // Before anybody outside knew.
        let unsent = desk.collect(mandate.id, date(2026, 12, 21)).await;
        assert!(desk.cancel(unsent.id).await);
        desk.settle().await;
        assert!(desk.remote_payments().await.is_empty());
        assert_eq!(desk.run_jobs("mandates.collect").await.len(), 1);
        assert!(desk.remote_payments().await.is_empty());
        // When the provider knew already.
        let sent = desk.collect(mandate.id, date(2026, 12, 21)).await;
        desk.settle().await;
        assert!(desk.cancel(sent.id).await);
        desk.settle().await;
        assert_eq!(desk.remote_payments().await[0].status, PaymentStatus::Cancelled);
        assert_eq!(desk.payment(sent.id).await.state, PaymentState::Cancelled);
        assert_eq!(desk.run_jobs("mandates.cancel").await.len(), 1);
        // When the bank has it.
        let gone = desk.collect(mandate.id, date(2026, 12, 21)).await;
        desk.pass(date(2026, 12, 17)).await;
        assert!(!desk.cancel(gone.id).await);
        desk.pass(date(2027, 1, 4)).await;
        assert_eq!(desk.payment(gone.id).await.state, PaymentState::PaidOut);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_of_the_provider_makes_no_second_payment() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate(SOUND).await;
        let first = desk.collect(mandate.id, date(2026, 12, 21)).await;
        // The request is lost.
        desk.simulator.stop_answering().await;
        assert!(desk.collector.send(desk.tenant(), first.id, 1).await.is_err());
        // The provider does what it is asked, and the answer is lost.
        desk.simulator.lose_answers().await;
        assert!(desk.collector.send(desk.tenant(), first.id, 1).await.is_err());
        assert!(desk.collector.send(desk.tenant(), first.id, 1).await.is_err());
        desk.simulator.answer_again().await;
        assert_eq!(desk.remote_payments().await.len(), 1);
        assert_eq!(desk.payment(first.id).await.reference, None);
        // Two at a time, and once more.
        let (one, other) = tokio::join!(
            desk.collector.send(desk.tenant(), first.id, 1),
            desk.collector.send(desk.tenant(), first.id, 1),
        );
        assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
        assert_eq!(desk.collector.send(desk.tenant(), first.id, 1).await.unwrap(), Sent::Nothing);
        let theirs = desk.remote_payments().await;
        assert_eq!(theirs.len(), 1);
        assert_eq!(desk.payment(first.id).await.reference.as_ref(), Some(&theirs[0].id));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recalled_payment_whose_answer_was_lost_is_found_and_cancelled() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate(SOUND).await;
        let payment = desk.collect(mandate.id, date(2026, 12, 21)).await;
        desk.simulator.lose_answers().await;
        assert!(desk.collector.send(desk.tenant(), payment.id, 1).await.is_err());
        desk.simulator.answer_again().await;
        assert!(desk.cancel(payment.id).await);
        assert_eq!(desk.collector.recall(desk.tenant(), payment.id, 1).await.unwrap(), Sent::Done);
        let theirs = desk.remote_payments().await;
        assert_eq!(theirs.len(), 1);
        assert_eq!(theirs[0].status, PaymentStatus::Cancelled);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_of_silence_moves_the_charge() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate(SOUND).await;
        let payment = desk.collect(mandate.id, date(2026, 12, 16)).await;
        desk.simulator.stop_answering().await;
        desk.pass(date(2026, 12, 17)).await;
        assert_eq!(desk.payment(payment.id).await.charge_on, Some(date(2026, 12, 16)));
        desk.simulator.answer_again().await;
        desk.pass(date(2026, 12, 18)).await;
        let sent = desk.payment(payment.id).await;
        // Thursday, on which the days go on, and three working days.
        assert_eq!(sent.charge_on, Some(date(2026, 12, 22)));
        desk.pass(date(2027, 1, 5)).await;
        assert_eq!(desk.told(payment.id), ["submitted", "confirmed", "paid_out"]);
        assert_eq!(desk.remote_payments().await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_collected_is_refused_at_once() {
    on_both(date(2026, 12, 1), async |desk| {
        let unknown = florin_ids::MandateId::new();
        let refused = desk.try_collect(unknown, date(2026, 12, 21)).await.unwrap_err();
        assert!(refused.to_string().ends_with("does not exist."), "{refused}");
        let mandate = desk.active_mandate(SOUND).await;
        desk.mandates.deactivate_account(&desk.caller, desk.account).await.unwrap();
        let refused = desk.try_collect(mandate.id, date(2026, 12, 21)).await.unwrap_err();
        assert!(refused.to_string().ends_with("is not in use."), "{refused}");
        desk.settle().await;
    })
    .await;
}
