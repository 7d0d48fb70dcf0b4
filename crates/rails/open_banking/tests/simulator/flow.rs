//! From a bank's name to its accounts, and back.

use florin_open_banking::ApiError;
use florin_open_banking::wire::*;
use jiff::SignedDuration;

use super::support::{BACK, MONZO, bench};

#[tokio::test]
async fn banks_are_listed_by_country() {
    let bench = bench().await;
    let banks = bench.client.institutions("gb").await.unwrap();
    assert_eq!(banks.unreadable, 0);
    assert!(banks.items.iter().any(|bank| bank.id == "SANDBOXFINANCE_SFIN0000"));
    let monzo = banks.items.iter().find(|bank| bank.id == MONZO).unwrap();
    assert_eq!(monzo.transaction_total_days, Some(730));
    assert_eq!(monzo.countries, ["GB"]);
    assert_eq!(*monzo, bench.client.institution(MONZO).await.unwrap());
    let refused = bench.client.institutions("ZZ").await;
    assert!(
        matches!(&refused, Err(ApiError::Validation { fields, .. }) if fields[0].field == "country"),
        "{refused:?}"
    );
    let missing = bench.client.institution("NO_SUCH").await;
    assert!(matches!(missing, Err(ApiError::NotFound { .. })), "{missing:?}");
}

#[tokio::test]
async fn an_end_user_consents() {
    let bench = bench().await;
    let requisition = bench.requisition(MONZO).await;
    assert_eq!(requisition.status, RequisitionStatus::Created);
    assert_eq!(requisition.reference, requisition.id.to_string());
    assert!(requisition.accounts.is_empty());
    let page = florin_open_banking::http_client(super::support::PATIENCE).unwrap();
    let page = page.get(&requisition.link).send().await.unwrap();
    assert!(page.headers().contains_key("content-security-policy"));
    let html = page.text().await.unwrap();
    assert!(html.contains("Monzo") && html.contains("florin.example"), "{html}");
    let held = bench.client.requisition(requisition.id).await.unwrap();
    assert_eq!(held.status, RequisitionStatus::GivingConsent);

    let to = bench.answer(&requisition, "agree", "demo").await;
    assert_eq!(to, format!("{BACK}&ref={}", requisition.id));
    let linked = bench.client.requisition(requisition.id).await.unwrap();
    assert_eq!((linked.status, linked.accounts.len()), (RequisitionStatus::Linked, 2));
    let agreement = bench.client.agreement(linked.agreement.unwrap()).await.unwrap();
    assert!(agreement.accepted.is_some());
    let again = bench.answer(&requisition, "agree", "demo").await;
    assert!(again.contains("error=RequisitionLinkReused"), "{again}");
}

#[tokio::test]
async fn an_end_user_does_not_consent() {
    let bench = bench().await;
    let cases = [
        ("cancel", "demo", "UserCancelledSession", RequisitionStatus::GivingConsent),
        ("reject", "demo", "UserSessionRejected", RequisitionStatus::Rejected),
        ("agree", "rejected", "UserSessionRejected", RequisitionStatus::Rejected),
        (
            "bank_down",
            "demo",
            "InstitutionTechnicalError",
            RequisitionStatus::UndergoingAuthentication,
        ),
    ];
    for (answer, user, error, status) in cases {
        let requisition = bench.requisition(MONZO).await;
        let to = bench.answer(&requisition, answer, user).await;
        let expected = format!("{BACK}&ref={}&error={error}&details=", requisition.id);
        assert!(to.starts_with(&expected), "{to}");
        let held = bench.client.requisition(requisition.id).await.unwrap();
        assert_eq!((held.status, held.accounts.len()), (status, 0), "{answer}");
    }
}

#[tokio::test]
async fn wrong_asks_are_refused_field_by_field() {
    let bench = bench().await;
    let fields = |refused: Result<(), ApiError>| match refused {
        Err(ApiError::Validation { fields, .. }) => {
            fields.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let unknown = NewAgreement::all("NO_SUCH", 90, 90);
    let refused = bench.client.create_agreement(&unknown).await.map(|_| ());
    assert_eq!(fields(refused), ["institution_id"]);
    let long = NewAgreement::all("SANDBOXFINANCE_SFIN0000", 200, 200);
    let refused = bench.client.create_agreement(&long).await.map(|_| ());
    assert_eq!(fields(refused), ["access_valid_for_days", "max_historical_days"]);
    let mut new = NewRequisition {
        redirect: "nowhere".to_owned(),
        institution_id: MONZO.to_owned(),
        agreement: Some(uuid::Uuid::nil()),
        reference: Some("ours".to_owned()),
        user_language: None,
        account_selection: false,
    };
    let refused = bench.client.create_requisition(&new).await.map(|_| ());
    assert_eq!(fields(refused), ["agreement", "redirect"]);
    new.redirect = BACK.to_owned();
    new.agreement = None;
    bench.client.create_requisition(&new).await.unwrap();
    let refused = bench.client.create_requisition(&new).await.map(|_| ());
    assert_eq!(fields(refused), ["reference"]);
}

#[tokio::test]
async fn what_is_deleted_is_gone() {
    let bench = bench().await;
    let linked = bench.linked(MONZO, "demo").await;
    let agreement = linked.agreement.unwrap();
    let refused = bench.client.delete_agreement(agreement).await;
    assert!(matches!(refused, Err(ApiError::Validation { .. })), "it is accepted: {refused:?}");
    bench.client.delete_requisition(linked.id).await.unwrap();
    bench.client.delete_requisition(linked.id).await.unwrap();
    bench.client.delete_agreement(agreement).await.unwrap();
    for found in [
        bench.client.requisition(linked.id).await.map(|_| ()),
        bench.client.agreement(agreement).await.map(|_| ()),
        bench.client.account_balances(linked.accounts[0]).await.map(|_| ()),
    ] {
        assert!(matches!(found, Err(ApiError::NotFound { .. })), "{found:?}");
    }
    // Nobody has accepted this one.
    let other = bench.requisition(MONZO).await;
    bench.client.delete_agreement(other.agreement.unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_consent_runs_out_and_a_new_one_leads_to_the_same_accounts() {
    let bench = bench().await;
    let linked = bench.linked(MONZO, "demo").await;
    bench.client.account_balances(linked.accounts[0]).await.unwrap();
    bench.clock.advance(SignedDuration::from_hours(90 * 24));
    let held = bench.client.requisition(linked.id).await.unwrap();
    assert_eq!(held.status, RequisitionStatus::Expired);
    let refused = bench.client.account_balances(linked.accounts[0]).await;
    assert!(matches!(refused, Err(ApiError::ConsentOver { .. })), "{refused:?}");
    let account = bench.client.account(linked.accounts[0]).await.unwrap();
    assert_eq!(account.status, AccountStatus::Expired);
    let again = bench.linked(MONZO, "demo").await;
    assert_eq!(again.accounts, linked.accounts);
    bench.client.account_balances(linked.accounts[0]).await.unwrap();
}

#[tokio::test]
async fn secrets_do_not_see_each_other() {
    let bench = bench().await;
    let linked = bench.linked(MONZO, "demo").await;
    let other = bench.client_of("other", "key");
    for found in [
        other.requisition(linked.id).await.map(|_| ()),
        other.delete_agreement(linked.agreement.unwrap()).await,
        other.account(linked.accounts[0]).await.map(|_| ()),
        other.account_details(linked.accounts[0]).await.map(|_| ()),
    ] {
        assert!(matches!(found, Err(ApiError::NotFound { .. }) | Ok(())), "{found:?}");
    }
    other.delete_requisition(linked.id).await.unwrap();
    bench.client.requisition(linked.id).await.expect("still there");
    bench.client.agreement(linked.agreement.unwrap()).await.expect("still there");
}
