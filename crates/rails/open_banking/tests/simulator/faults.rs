//! Bad days of the provider and of banks.

use florin_open_banking::simulator::{Fault, FaultKind};
use florin_open_banking::wire::*;
use florin_open_banking::{ApiError, Client};
use uuid::Uuid;

use super::support::{MONZO, bench};

async fn balances(client: &Client, id: Uuid, faults: &[Fault]) -> Result<usize, ApiError> {
    client.simulator_set_faults(faults).await.unwrap();
    client.account_balances(id).await.map(|all| all.len())
}

#[tokio::test]
async fn what_passes_is_waited_for() {
    let mut bench = bench().await;
    let id = bench.linked(MONZO, "demo").await.accounts[0];
    bench.hasten();
    let passing = [
        FaultKind::Timeout,
        FaultKind::Error,
        FaultKind::Unavailable,
        FaultKind::NotJson,
        FaultKind::BankDown,
        FaultKind::RateLimit,
    ];
    for kind in passing {
        let before = bench.pauses();
        let fault = Fault::once(kind).on("GET", "/balances/");
        assert_eq!(balances(&bench.client, id, &[fault]).await, Ok(2), "{kind:?}");
        assert_eq!(bench.pauses() - before, 1, "{kind:?}");
    }
    let fault = Fault::once(FaultKind::Error).times(3);
    let failed = balances(&bench.client, id, &[fault]).await;
    assert!(matches!(failed, Err(ApiError::Transient { .. })), "{failed:?}");
}

#[tokio::test]
async fn what_the_provider_counts_is_not_repeated() {
    let bench = bench().await;
    let id = bench.linked(MONZO, "demo").await.accounts[0];
    let fault = Fault::once(FaultKind::BankError);
    let failed = balances(&bench.client, id, &[fault]).await;
    assert!(matches!(failed, Err(ApiError::Bank { counts: true, .. })), "{failed:?}");
    let fault = Fault::once(FaultKind::BankRateLimit);
    let failed = balances(&bench.client, id, &[fault]).await.unwrap_err();
    assert_eq!(failed.retry_after().unwrap().as_secs(), 85_092);
    assert_eq!(bench.pauses(), 0);
}

#[tokio::test]
async fn what_only_the_end_user_can_mend_says_so() {
    let bench = bench().await;
    let id = bench.linked(MONZO, "demo").await.accounts[0];
    for kind in [FaultKind::ConsentOver, FaultKind::Suspended] {
        let failed = balances(&bench.client, id, &[Fault::once(kind)]).await.unwrap_err();
        assert!(failed.needs_consent(), "{failed:?}");
    }
    let linked = bench.linked(MONZO, "demo").await;
    for (status, expected) in
        [(RequisitionStatus::Suspended, "suspended"), (RequisitionStatus::Expired, "consent")]
    {
        bench.client.simulator_set_status(linked.id, status).await.unwrap();
        let held = bench.client.requisition(linked.id).await.unwrap();
        assert_eq!(held.status, status);
        let other =
            bench.linked(MONZO, if expected == "consent" { "expired" } else { "suspended" });
        let failed = bench.client.account_balances(other.await.accounts[0]).await.unwrap_err();
        assert!(failed.to_string().contains(expected), "{failed}");
    }
}

#[tokio::test]
async fn users_names_choose_what_their_bank_does() {
    let bench = bench().await;
    let check = |user: &'static str, expected: &'static str| {
        let bench = &bench;
        async move {
            let id = *bench.linked(MONZO, user).await.accounts.last().unwrap();
            let failed = bench.client.account_transactions(id, None, None).await;
            let shown = format!("{failed:?}");
            assert!(shown.contains(expected), "{user}: {}", &shown[..shown.len().min(300)]);
        }
    };
    check("down", "counts: false").await;
    check("partly", "counts: false").await;
    check("broken", "counts: true").await;
    check("limited", "of_bank: true").await;
    check("inactive", "AccountInactive").await;
    check("forbidden", "Forbidden").await;
    check("suspended", "Suspended").await;
    check("expired", "ConsentOver").await;
    check("processing", "Processing").await;
    let id = bench.linked(MONZO, "processing").await.accounts[1];
    bench.client.account_balances(id).await.unwrap_err();
    assert_eq!(bench.client.account(id).await.unwrap().status, AccountStatus::Ready);
    bench.client.account_balances(id).await.unwrap();
}

#[tokio::test]
async fn an_agreement_for_less_gives_less() {
    let bench = bench().await;
    let agreement =
        NewAgreement { access_scope: vec![Scope::Details], ..NewAgreement::all(MONZO, 90, 90) };
    let agreement = bench.client.create_agreement(&agreement).await.unwrap();
    let new = NewRequisition {
        redirect: super::support::BACK.to_owned(),
        institution_id: MONZO.to_owned(),
        agreement: Some(agreement.id),
        reference: None,
        user_language: None,
        account_selection: false,
    };
    let requisition = bench.client.create_requisition(&new).await.unwrap();
    bench.answer(&requisition, "agree", "demo").await;
    let id = bench.client.requisition(requisition.id).await.unwrap().accounts[0];
    bench.client.account_details(id).await.unwrap();
    let refused = bench.client.account_balances(id).await;
    assert!(matches!(refused, Err(ApiError::Forbidden { .. })), "{refused:?}");
}
