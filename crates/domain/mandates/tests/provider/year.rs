//! A year of monthly collections in all weathers; afterwards both sides agree to the penny.

use std::collections::BTreeMap;

use florin_direct_debit::simulator::Odds;
use florin_direct_debit::wire::{Created, Paging, PaymentFilter, PaymentStatus};
use florin_ids::PaymentId;
use florin_payments::PaymentState;
use jiff::ToSpan;
use jiff::civil::{Date, date};

use crate::support::{Desk, SOUND, on_both};

const PAYERS: usize = 4;

/// Tries failed payments again, at most twice each.
async fn retry_failed(desk: &Desk, payments: &[PaymentId], today: Date) -> usize {
    let mut retried = 0;
    for id in payments {
        let payment = desk.payment(*id).await;
        if payment.state == PaymentState::Failed && payment.attempt < 3 {
            desk.retry(*id, today.saturating_add(5.days())).await;
            retried += 1;
        }
    }
    retried
}

/// What the provider has collected and not given back, in pence, and how many payments it has.
async fn collected_there(desk: &Desk) -> (i64, usize) {
    let (mut pence, mut count, mut after) = (0, 0, None);
    loop {
        let filter = PaymentFilter {
            paging: Paging { before: None, after, limit: Some(100) },
            created_at: Created::default(),
            ..PaymentFilter::default()
        };
        let page = desk.client.list_payments(&filter).await.unwrap();
        count += page.items.len();
        let counts = |status| matches!(status, PaymentStatus::Confirmed | PaymentStatus::PaidOut);
        pence += page.items.iter().filter(|it| counts(it.status)).map(|it| it.amount).sum::<i64>();
        after = page.after;
        if after.is_none() {
            return (pence, count);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_collections() {
    on_both(date(2026, 12, 1), async |desk| {
        let odds =
            Odds { fail_per_mille: 150, late_failure_per_mille: 50, charge_back_per_mille: 50 };
        desk.client.simulator_set_odds(odds).await.unwrap();
        let mut mandates = Vec::new();
        for _ in 0..PAYERS {
            mandates.push(desk.new_mandate(SOUND).await.id);
        }
        let mut payments = Vec::new();
        let mut retried = 0;
        for month in 1..=12 {
            let due = date(2027, month, 1);
            desk.pass(days_before(due, 10)).await;
            for mandate in &mandates {
                payments.push(desk.collect(*mandate, due).await.id);
            }
            match month {
                // A week in which the provider does what it is asked and nobody hears of it.
                4 => {
                    desk.simulator.lose_answers().await;
                    desk.pass(days_before(due, 3)).await;
                    desk.simulator.answer_again().await;
                }
                // A week of silence.
                8 => {
                    desk.simulator.stop_answering().await;
                    desk.pass(days_before(due, 3)).await;
                    desk.simulator.answer_again().await;
                }
                _ => {}
            }
            let middle = due.saturating_add(9.days());
            desk.pass(middle).await;
            retried += retry_failed(&desk, &payments, middle).await;
        }
        desk.pass(date(2028, 1, 31)).await;
        let mut states: BTreeMap<&str, i64> = BTreeMap::new();
        for id in &payments {
            *states.entry(desk.payment(*id).await.state.as_str()).or_default() += 1;
        }
        assert_eq!(states.values().sum::<i64>(), 12 * PAYERS as i64);
        assert!(retried > 0 && states.len() > 1, "{states:?}");
        let here = states.get("paid_out").copied().unwrap_or_default() * 5_000;
        let (there, count) = collected_there(&desk).await;
        assert_eq!(here, there, "{states:?}");
        assert!(count >= payments.len());
        let (from, to) = (date(2026, 12, 1), date(2028, 1, 31));
        let report = desk.collector.reconcile(desk.tenant(), from, to).await.unwrap().remove(0);
        assert_eq!((report.ours, report.differences), (48, vec![]));
    })
    .await;
}

fn days_before(due: Date, days: i32) -> Date {
    due.saturating_sub(days.days())
}
