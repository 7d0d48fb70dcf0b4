//! A year of collections: what was collected, paid out and taken back agrees to the penny.

use florin_direct_debit::simulator::Odds;
use florin_direct_debit::wire::*;

use crate::support::*;

async fn all_payments(bench: &Bench) -> Vec<Payment> {
    let mut filter = PaymentFilter::default();
    filter.paging.limit = Some(37);
    let mut payments = Vec::new();
    loop {
        let page = bench.client.list_payments(&filter).await.unwrap();
        payments.extend(page.items);
        filter.paging.after = page.after;
        if filter.paging.after.is_none() {
            return payments;
        }
    }
}

#[tokio::test]
async fn a_year_of_collections_adds_up() {
    let bench = bench().await;
    bench.set_date("2025-01-06").await;
    let odds = Odds { fail_per_mille: 60, late_failure_per_mille: 30, charge_back_per_mille: 40 };
    bench.client.simulator_set_odds(odds).await.unwrap();
    let mut mandates = Vec::new();
    for number in 0..10 {
        mandates.push(bench.mandate("Ada", &format!("4000000{number}")).await);
    }
    let mut created = 0;
    for month in 1..=12 {
        bench.set_date(&format!("2025-{month:02}-20")).await;
        for (number, mandate) in (0..).zip(&mandates) {
            let pence = 10_000 + 100 * month + number;
            let payment = bench.payment(mandate, pence, &format!("{month}-{number}")).await;
            created += payment.amount;
        }
    }
    bench.set_date("2026-03-01").await;
    let payments = all_payments(&bench).await;
    assert_eq!(payments.len(), 120);
    let sum = |wanted: &dyn Fn(&Payment) -> bool| -> i64 {
        payments.iter().filter(|payment| wanted(payment)).map(|payment| payment.amount).sum()
    };
    assert_eq!(sum(&|_| true), created);
    let paid_out = sum(&|payment| payment.status == PaymentStatus::PaidOut);
    let charged_back = sum(&|payment| payment.status == PaymentStatus::ChargedBack);
    let failed = sum(&|payment| payment.status == PaymentStatus::Failed);
    assert!(charged_back > 0 && failed > 0, "the odds brought some of each");
    assert_eq!(paid_out + charged_back + failed, created);

    let mut filter = PayoutFilter::default();
    filter.paging.limit = Some(500);
    let payouts = bench.client.list_payouts(&filter).await.unwrap().items;
    let mut items = 0;
    for payout in &payouts {
        let paging = Paging { limit: Some(500), ..Paging::default() };
        let lines = bench.client.list_payout_items(&payout.id, &paging).await.unwrap().items;
        let amounts = lines.iter().map(|line| line.amount.strip_suffix(".0").unwrap());
        let sum: i64 = amounts.map(|amount| amount.parse::<i64>().unwrap()).sum();
        assert_eq!(sum, payout.amount, "{}", payout.id);
        items += lines.len();
    }
    assert!(items > payouts.len());
    let arrived: i64 = payouts.iter().map(|payout| payout.amount).sum();
    let owed = bench.client.simulator_state().await.unwrap()["payouts"]["owed"].as_i64().unwrap();
    assert_eq!(arrived, paid_out + owed, "less what is still to be taken back");
}

#[tokio::test]
async fn lists_are_filtered() {
    let bench = bench().await;
    let one = bench.active_mandate("Ada", "55779911").await;
    let two = bench.active_mandate("Bob", "55779912").await;
    for (number, mandate) in [&one, &two, &two].into_iter().enumerate() {
        bench.payment(mandate, 100, &number.to_string()).await;
        bench.clock.advance(jiff::SignedDuration::from_hours(24));
    }
    let check = async |filter: PaymentFilter, expected: usize| {
        let found = bench.client.list_payments(&filter).await.unwrap().items.len();
        assert_eq!(found, expected, "{filter:?}");
    };
    let any = PaymentFilter::default;
    check(any(), 3).await;
    check(PaymentFilter { mandate: Some(two.id.clone()), ..any() }, 2).await;
    check(PaymentFilter { customer: Some(one.links.customer.clone()), ..any() }, 1).await;
    check(PaymentFilter { status: Some(PaymentStatus::PaidOut), ..any() }, 0).await;
    let since = Created::since(at("2026-11-24T00:00:00Z"));
    check(PaymentFilter { created_at: since, ..any() }, 2).await;
    check(PaymentFilter { charge_date_from: Some(day("2026-11-28")), ..any() }, 1).await;
    check(PaymentFilter { charge_date_to: Some(day("2026-11-26")), ..any() }, 1).await;

    let wanted = MandateFilter { status: vec![MandateStatus::Active], ..Default::default() };
    assert_eq!(bench.client.list_mandates(&wanted).await.unwrap().items.len(), 2);
    let wanted = EventFilter {
        resource_type: Some(ResourceType::Payments),
        payment: None,
        action: Some("created".to_owned()),
        ..Default::default()
    };
    assert_eq!(bench.client.list_events(&wanted).await.unwrap().items.len(), 3);
    let creditors = bench.client.list_creditors(&Paging::default()).await.unwrap().items;
    assert_eq!(creditors.len(), 1);

    let all = bench.client.events_since(None, 1_000).await.unwrap();
    let later = bench.client.events_since(Some(&all[3].id), 1_000).await.unwrap();
    assert_eq!(later, all[4..]);
    assert!(all.windows(2).all(|pair| pair[0].created_at < pair[1].created_at));
}

#[tokio::test]
async fn metadata_is_ours_to_change() {
    let bench = bench().await;
    let mandate = bench.active_mandate("Ada", "55779911").await;
    let payment = bench.payment(&mandate, 100, "p1").await;
    let metadata = Metadata::from([("payment".to_owned(), "7".to_owned())]);
    let changed = bench.client.update_payment(&payment.id, &metadata).await.unwrap();
    assert_eq!(changed.metadata, metadata);
    let many = (0..4).map(|number| (number.to_string(), String::new())).collect();
    assert!(bench.client.update_payment(&payment.id, &many).await.is_err());
    // A single payment can be told to fail.
    let mut new = NewPayment::pounds(100, &mandate.id);
    new.metadata.insert("simulate".to_owned(), "insufficient_funds, paid_out".to_owned());
    let poor = bench.client.create_payment(&new, "p2").await.unwrap();
    bench.set_date("2026-12-04").await;
    assert_eq!(bench.status_of(&payment.id).await, PaymentStatus::PaidOut);
    assert_eq!(bench.status_of(&poor.id).await, PaymentStatus::Failed);
    bench.client.retry_payment(&poor.id).await.unwrap();
    bench.set_date("2026-12-18").await;
    assert_eq!(bench.status_of(&poor.id).await, PaymentStatus::PaidOut);
}
