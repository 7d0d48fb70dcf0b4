//! Refunds over HTTP.

use florin_lending::application::ApplicationFields;
use florin_lending::end_user::EndUserFields;
use florin_lending::product::{ProductFields, ProductType};
use florin_lending::{
    Given, Loan, NewLoan, NewTransaction, Transaction, TransactionStatus, TransactionType,
};
use florin_storage::{Filter, ListQuery, Op};
use florin_tenancy::Caller;

use super::*;

/// A loan of 1,000.00 that was paid twice.
struct PaidTwice {
    loan: String,
    repayment: String,
    end_user: String,
}

/// A loan of somebody from whom the simulated provider can't collect.
async fn open(lending: &Lending, caller: &Caller) -> Loan {
    let product = ProductFields {
        kind: Given::Value(ProductType::EqualPrincipalTermLoan),
        name: Given::Value("Cash advance".to_owned()),
        max_loan_amount: Given::Value("1000".parse().unwrap()),
        max_interest_rate: Given::Value("0".parse().unwrap()),
        installments: Given::Value(1),
        repayment_date_period: Given::Value(10),
        ..ProductFields::default()
    };
    let product = lending.create_product(caller, product).await.unwrap();
    lending.publish_product(caller, product.id).await.unwrap();
    let end_user = EndUserFields {
        first_name: Given::Value("Penniless".to_owned()),
        last_name: Given::Value("Blond".to_owned()),
        ..EndUserFields::default()
    };
    let end_user = lending.create_end_user(caller, end_user).await.unwrap();
    let application = ApplicationFields {
        product: Given::Value(product.id),
        end_user: Given::Value(end_user.id),
        ..ApplicationFields::default()
    };
    let application = lending.create_application(caller, application).await.unwrap();
    lending.complete_application(caller, application.id).await.unwrap();
    let new = NewLoan {
        application: application.id,
        amount: None,
        rate: None,
        installments: None,
        grace_instalments: None,
        principal_repayment_grace: None,
        arrears_tolerance: None,
    };
    lending.create_loan(caller, new).await.unwrap()
}

async fn pay_twice(setting: &Setting) -> PaidTwice {
    let lending = &setting.lending;
    let caller = Caller { tenant: setting.tenant, currency: Currency::GBP, now: now() };
    let opened = open(lending, &caller).await;
    let loan = opened.id;
    let ask = |kind, on| NewTransaction {
        loan,
        kind,
        amount: Some("1000".parse().unwrap()),
        name: None,
        fee_type: None,
        unique_key: None,
        effective_on: on,
    };
    let paid_out = ask(TransactionType::Disbursement, None);
    let paid_out = lending.create_transaction(&caller, paid_out).await.unwrap();
    lending.apply_transaction(&caller, paid_out.id).await.unwrap();
    let to = json!({"to": "2026-03-12"});
    assert_eq!(setting.call("POST", "/sandbox/v1/clock/advance", to).await.0, 200);
    // What could not be collected is tried again; meanwhile the borrower pays by another way, and then both arrive.
    let query = ListQuery {
        filters: vec![Filter { column: "status", op: Op::In(vec!["failed".into()]) }],
        order: vec![],
        limit: 10,
        offset: 0,
    };
    let failed: Transaction =
        lending.list_transactions(&caller, query).await.unwrap().items.remove(0);
    let again = lending.retry_transaction(&caller, failed.id).await.unwrap();
    assert_eq!(again.status, TransactionStatus::Pending);
    let repaid = ask(TransactionType::Repayment, Some(date(2026, 3, 12)));
    lending.create_transaction(&caller, repaid).await.unwrap();
    lending.apply_transaction(&caller, again.id).await.unwrap();
    PaidTwice {
        loan: loan.to_string(),
        repayment: again.id.to_string(),
        end_user: opened.end_user.to_string(),
    }
}

#[tokio::test]
async fn what_was_too_much_is_listed_and_given_back() {
    for setting in settings(Mode::Sandbox).await {
        let PaidTwice { loan, repayment, end_user } = pay_twice(&setting).await;
        let path = "/platform/v1/overpayments/";
        let row = |amount: &str, being_refunded: &str| {
            json!({
                "loan": loan, "end_user": end_user, "status": "closed", "currency": "GBP",
                "amount": amount, "being_refunded": being_refunded,
            })
        };
        let list = |rows: Vec<Json>| json!({"count": rows.len(), "next": null, "previous": null, "results": rows});
        let owed = (200, list(vec![row("1000.00", "0.00")]));
        setting.check("GET", path, Json::Null, owed.clone()).await;
        let filtered = format!("{path}?end_user={end_user}&amount__gte=1000&ordering=-amount");
        setting.check("GET", &filtered, Json::Null, owed).await;
        let none = format!("{path}?amount__gte=1000.01");
        setting.check("GET", &none, Json::Null, (200, list(vec![]))).await;

        for (body, expected) in [
            (json!({}), (400, json!({"loan": ["This field is required."]}))),
            (
                json!({"loan": loan, "amount": "1000.01"}),
                (
                    400,
                    json!({"amount": ["Ensure this value is less than or equal to 1000.00, which is what can be given back."]}),
                ),
            ),
            (
                json!({"loan": loan, "external_account": 1}),
                (400, json!({"external_account": ["The loan is in GBP: ACH moves dollars."]})),
            ),
        ] {
            setting.check("POST", REFUNDS, body, expected).await;
        }
        let body = json!({"loan": loan, "amount": "400.00", "unique_key": "back-1"});
        let (status, first) = setting.call("POST", REFUNDS, body.clone()).await;
        assert_eq!(
            (status, &first["status"], &first["amount"]),
            (201, &json!("pending"), &json!("400.00"))
        );
        assert_eq!(setting.call("POST", REFUNDS, body).await.1["id"], first["id"]);
        let listed = (200, list(vec![row("1000.00", "400.00")]));
        setting.check("GET", path, Json::Null, listed).await;
        let (status, rest) = setting.call("POST", REFUNDS, json!({"loan": loan})).await;
        assert_eq!((status, &rest["amount"]), (201, &json!("600.00")));
        let nothing = json!({"detail": "Nothing is owed to the borrower."});
        setting.check("POST", REFUNDS, json!({"loan": loan}), (409, nothing)).await;

        end_both(&setting, (&first, &rest)).await;
        let left = (200, list(vec![row("400.00", "0.00")]));
        setting.check("GET", path, Json::Null, left).await;
        assert_hidden(&setting, &first, &repayment).await;
    }
}

const REFUNDS: &str = "/platform/v1/refunds/";

fn of(refund: &Json) -> String {
    format!("{REFUNDS}{}/", refund["id"].as_str().unwrap())
}

/// The first one is called off, the other one paid.
async fn end_both(setting: &Setting, (first, rest): (&Json, &Json)) {
    let cancel = format!("{}cancel/", of(first));
    let (status, cancelled) = setting.call("POST", &cancel, Json::Null).await;
    assert_eq!((status, &cancelled["status"]), (200, &json!("cancelled")));
    let apply = format!("{}apply/", of(rest));
    let (status, applied) = setting.call("POST", &apply, Json::Null).await;
    assert_eq!((status, &applied["status"]), (200, &json!("applied")));
    setting.check("GET", &of(rest), Json::Null, (200, applied)).await;
    let (_, listed) = setting.call("GET", &format!("{REFUNDS}?status=applied"), Json::Null).await;
    assert_eq!((&listed["count"], &listed["results"][0]["id"]), (&json!(1), &rest["id"]));
    let (_, events) =
        setting.call("GET", "/platform/v1/events/?type=refund_result", Json::Null).await;
    let told: Vec<_> =
        events["events"].as_array().unwrap().iter().map(|it| &it["data"]["status"]).collect();
    assert_eq!(told, ["cancelled", "applied"]);
}

/// Other transactions are no refunds, and other tenants have none.
async fn assert_hidden(setting: &Setting, first: &Json, repayment: &str) {
    for (method, path) in [("GET", ""), ("POST", "apply/"), ("POST", "cancel/")] {
        let path = format!("{REFUNDS}{repayment}/{path}");
        setting.check(method, &path, Json::Null, (404, json!({"detail": "Not found."}))).await;
    }
    let (key, cancel) = (setting.stranger.lending.presented(), format!("{}cancel/", of(first)));
    let (status, _) = setting.send("POST", &cancel, Json::Null, ("x-api-key", &key)).await;
    assert_eq!(status, 404);
}
