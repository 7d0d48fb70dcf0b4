//! Bacs days on the organisation's clock.

use florin_direct_debit::wire::*;
use jiff::civil::Date;

use crate::support::*;

/// (date in the United Kingdom, action) of every event about a thing, oldest first.
async fn story(bench: &Bench, id: &str) -> Vec<(Date, String)> {
    let events = bench.client.events_since(None, 10_000).await.unwrap();
    let about = |event: &Event| {
        [&event.links.payment, &event.links.mandate]
            .into_iter()
            .any(|link| link.as_deref() == Some(id))
    };
    let told = events.into_iter().filter(about);
    told.map(|event| (florin_direct_debit::bacs::uk_time(event.created_at).date(), event.action))
        .collect()
}

fn check(story: &[(Date, String)], expected: &[(&str, &str)]) {
    let expected: Vec<(Date, String)> =
        expected.iter().map(|(on, action)| (day(on), (*action).to_owned())).collect();
    assert_eq!(story, expected);
}

#[tokio::test]
async fn a_first_collection_is_charged_on_day_4_and_paid_out_on_day_6() {
    let bench = bench().await;
    bench.set_date("2026-11-23").await;
    let mandate = bench.mandate("Ada", "55779911").await;
    let payment = bench.payment(&mandate, 5_000, "p1").await;
    assert_eq!(payment.charge_date, Some(day("2026-11-27")));
    bench.set_date("2026-12-31").await;
    check(
        &story(&bench, &mandate.id).await,
        &[("2026-11-23", "created"), ("2026-11-23", "submitted"), ("2026-11-26", "active")],
    );
    check(
        &story(&bench, &payment.id).await,
        &[
            ("2026-11-23", "created"),
            ("2026-11-24", "submitted"),
            ("2026-11-30", "confirmed"),
            ("2026-12-01", "paid_out"),
        ],
    );
    let paid = bench.client.get_payment(&payment.id).await.unwrap();
    assert_eq!(paid.status, PaymentStatus::PaidOut);
    let payout = bench.client.get_payout(&paid.links.payout.unwrap()).await.unwrap();
    assert_eq!(payout.amount, 5_000);
    assert_eq!(payout.arrival_date, Some(day("2026-12-01")));
}

#[tokio::test]
async fn small_steps_and_a_big_one_give_the_same_story() {
    let mut stories = Vec::new();
    for steps in [1, 40] {
        let bench = bench().await;
        bench.set_date("2026-12-18").await;
        let mandate = bench.mandate("Fickle", "55779911").await;
        bench.payment(&mandate, 5_000, "p1").await;
        let mut on = day("2026-12-18");
        let until = day("2027-01-27");
        while on < until {
            on = on.saturating_add(jiff::Span::new().days(40 / steps));
            bench.client.simulator_set_date(on).await.unwrap();
        }
        let events = bench.client.events_since(None, 10_000).await.unwrap();
        assert!(events.iter().any(|event| event.action == "charged_back"));
        stories.push(events);
    }
    assert_eq!(stories[0], stories[1]);
}

#[tokio::test]
async fn the_cut_off_is_16_00_in_the_united_kingdom() {
    let bench = bench().await;
    let mandate = bench.active_mandate("Ada", "55779911").await;
    bench.clock.set(at("2026-11-23T15:59:59Z"));
    let in_time = bench.payment(&mandate, 1, "p1").await;
    assert_eq!(in_time.charge_date, Some(day("2026-11-26")));
    bench.clock.set(at("2026-11-23T16:00:00Z"));
    assert_eq!(bench.status_of(&in_time.id).await, PaymentStatus::Submitted);
    let too_late = bench.payment(&mandate, 1, "p2").await;
    assert_eq!(too_late.charge_date, Some(day("2026-11-27")));
    assert_eq!(bench.status_of(&too_late.id).await, PaymentStatus::PendingSubmission);
    let refused = bench.client.cancel_payment(&in_time.id).await.unwrap_err();
    assert_eq!(refused.reason(), "cancellation_failed");
    for _ in 0..2 {
        let cancelled = bench.client.cancel_payment(&too_late.id).await.unwrap();
        assert_eq!(cancelled.status, PaymentStatus::Cancelled);
    }
}

#[tokio::test]
async fn charge_dates_are_checked_and_moved_to_working_days() {
    let bench = bench().await;
    let mandate = bench.active_mandate("Ada", "55779911").await;
    let mut new = NewPayment::pounds(100, &mandate.id);
    let mut check = async |wanted: &str, expected: Result<&str, &str>| {
        new.charge_date = Some(day(wanted));
        let found = bench.client.create_payment(&new, wanted).await;
        match expected {
            Ok(on) => assert_eq!(found.unwrap().charge_date, Some(day(on)), "{wanted}"),
            Err(text) => assert!(found.unwrap_err().to_string().contains(text), "{wanted}"),
        }
    };
    check("2026-11-25", Err("charge_date must be on or after")).await;
    check("2026-11-26", Ok("2026-11-26")).await;
    check("2026-11-28", Ok("2026-11-30")).await;
    check("2026-12-25", Ok("2026-12-29")).await;
    check("2027-11-24", Err("within one year")).await;
}

#[tokio::test]
async fn magic_names_and_accounts_decide_how_it_ends() {
    let bench = bench().await;
    bench.set_date("2026-11-23").await;
    let cases = [
        ("Ada", "55779911", &["created", "submitted", "confirmed", "paid_out"][..]),
        ("Penniless", "55779911", &["created", "submitted", "failed"]),
        ("Late", "55779911", &["created", "submitted", "confirmed", "failed"]),
        (
            "Fickle",
            "55779911",
            &[
                "created",
                "submitted",
                "confirmed",
                "paid_out",
                "charged_back",
                "chargeback_settled",
            ],
        ),
        // The bank reports the mandate before it reports the payment.
        ("Invalid", "55779911", &["created", "submitted", "failed"]),
        ("Bob", "99999906", &["created", "submitted", "failed"]),
    ];
    let mut made = Vec::new();
    for (name, account, expected) in cases {
        let mandate = bench.mandate(name, account).await;
        let payment = bench.payment(&mandate, 1_000, &format!("{name}-{account}")).await;
        made.push((name, mandate.id, payment.id, expected));
    }
    bench.set_date("2026-12-14").await;
    // A later payout makes up for the charge-back.
    bench.payment(&bench.client.get_mandate(&made[0].1).await.unwrap(), 3_000, "later").await;
    bench.set_date("2026-12-31").await;
    for (name, mandate, payment, expected) in &made {
        assert_eq!(bench.actions_of(payment).await, *expected, "{name}");
        let status = bench.client.get_mandate(mandate).await.unwrap().status;
        let expected = match *name {
            "Invalid" => MandateStatus::Failed,
            "Bob" => MandateStatus::Cancelled,
            _ => MandateStatus::Active,
        };
        assert_eq!(status, expected, "{name}");
    }
    let events = bench.client.events_since(None, 10_000).await.unwrap();
    let failure = events
        .iter()
        .find(|event| event.links.payment.as_ref() == Some(&made[5].2) && event.action == "failed")
        .unwrap();
    assert_eq!(failure.details.cause, "bank_account_closed");
    assert_eq!(failure.details.reason_code.as_deref(), Some("ARUDD-B"));
    assert_eq!(failure.details.will_attempt_retry, Some(false));
}

#[tokio::test]
async fn scenarios_happen_at_once() {
    let bench = bench().await;
    let check = async |scenario: Scenario, expected: PaymentStatus| {
        let account = format!("5577{:04}", expected as u8 as u32 * 100 + scenario as u8 as u32);
        let mandate = bench.active_mandate("Ada", &account).await;
        let payment = bench.payment(&mandate, 700, scenario.as_str()).await;
        bench.client.run_scenario(scenario, &payment.id).await.unwrap();
        assert_eq!(bench.status_of(&payment.id).await, expected, "{scenario}");
    };
    check(Scenario::PaymentSubmitted, PaymentStatus::Submitted).await;
    check(Scenario::PaymentConfirmed, PaymentStatus::Confirmed).await;
    check(Scenario::PaymentPaidOut, PaymentStatus::PaidOut).await;
    check(Scenario::PaymentFailed, PaymentStatus::Failed).await;
    check(Scenario::PaymentChargedBack, PaymentStatus::ChargedBack).await;
    check(Scenario::PaymentLateFailure, PaymentStatus::Failed).await;

    let client = &bench.client;
    let mandate = bench.mandate("Ada", "11111111").await;
    let payment = bench.payment(&mandate, 700, "with its mandate").await;
    let early = client.run_scenario(Scenario::PaymentConfirmed, &payment.id).await.unwrap_err();
    assert_eq!(early.reason(), "scenario_not_possible", "the mandate is not active");
    client.run_scenario(Scenario::MandateFailed, &mandate.id).await.unwrap();
    assert_eq!(bench.actions_of(&mandate.id).await, ["created", "submitted", "failed"]);
    assert_eq!(bench.status_of(&payment.id).await, PaymentStatus::Cancelled);
    let refused =
        client.create_payment(&NewPayment::pounds(1, &mandate.id), "x").await.unwrap_err();
    assert_eq!(refused.reason(), "mandate_is_inactive");

    let mandate = bench.mandate("Ada", "22222222").await;
    client.run_scenario(Scenario::MandateExpired, &mandate.id).await.unwrap();
    assert_eq!(bench.actions_of(&mandate.id).await.last().unwrap(), "expired");
    let mandate = bench.mandate("Ada", "33333333").await;
    client.run_scenario(Scenario::MandateTransferred, &mandate.id).await.unwrap();
    let moved = client.get_mandate(&mandate.id).await.unwrap();
    assert_ne!(moved.links.customer_bank_account, mandate.links.customer_bank_account);
    assert_eq!(moved.status, MandateStatus::Active);
}

#[tokio::test]
async fn a_failed_payment_is_retried_three_times_and_a_mandate_reinstated() {
    let bench = bench().await;
    bench.set_date("2026-11-23").await;
    let mandate = bench.mandate("Ada", "99999902").await;
    let payment = bench.payment(&mandate, 1_000, "p1").await;
    let not_yet = bench.client.retry_payment(&payment.id).await;
    assert_eq!(not_yet.unwrap().status, PaymentStatus::PendingSubmission, "it is on its way");
    for date in ["2026-12-01", "2026-12-08", "2026-12-15"] {
        bench.set_date(date).await;
        assert_eq!(bench.status_of(&payment.id).await, PaymentStatus::Failed, "{date}");
        let again = bench.client.retry_payment(&payment.id).await.unwrap();
        assert_eq!(again.status, PaymentStatus::PendingSubmission);
    }
    bench.set_date("2026-12-31").await;
    let refused = bench.client.retry_payment(&payment.id).await.unwrap_err();
    assert_eq!(refused.reason(), "retry_failed");
    let told = bench.actions_of(&payment.id).await;
    assert_eq!(told.iter().filter(|action| *action == "resubmission_requested").count(), 3);

    for _ in 0..2 {
        let ended = bench.client.cancel_mandate(&mandate.id).await.unwrap();
        assert_eq!(ended.status, MandateStatus::Cancelled);
    }
    for _ in 0..2 {
        let back = bench.client.reinstate_mandate(&mandate.id).await.unwrap();
        assert_eq!(back.status, MandateStatus::PendingSubmission);
    }
    bench.set_date("2027-01-15").await;
    assert_eq!(bench.actions_of(&mandate.id).await.last().unwrap(), "reinstated");
}

#[tokio::test]
async fn a_clock_goes_back_only_before_anything_has_happened() {
    let bench = bench().await;
    bench.set_date("2023-01-03").await;
    bench.set_date("2022-01-04").await;
    let mandate = bench.mandate("Ada", "55779911").await;
    assert_eq!(mandate.created_at.to_string()[..10], *"2022-01-04");
    let back = bench.client.simulator_set_date(day("2022-01-03")).await.unwrap_err();
    assert!(back.to_string().contains("moves forward only"), "{back}");
    // Another organisation has its own clock.
    let other = bench.client_of("another");
    let fresh = crate::support::mandate(&other, "Ada", "55779911").await;
    assert_eq!(fresh.created_at.to_string()[..10], *"2026-11-23");
    assert!(other.get_mandate(&mandate.id).await.is_err(), "organisations do not see each other");
}
