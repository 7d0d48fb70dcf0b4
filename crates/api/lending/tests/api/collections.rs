//! How loans are collected and paid out.

use serde_json::json;

use crate::app::on_each_engine;
use crate::change::patch;
use crate::scenario::{card_product, paid_out};

#[tokio::test(flavor = "multi_thread")]
async fn the_collection_settings_are_read_and_changed() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let other = app.tenant("Other").await;
        let url = "/api/v1/collection-settings/";
        let defaults = json!({"attempts": 3, "retry_days": 5, "payouts": "manual"});
        assert_eq!(client.get(url).await.expect(200), defaults);
        let change = json!({"attempts": "2", "payouts": "provider"});
        let changed = patch(&client, url, change).await.expect(200);
        assert_eq!(changed, json!({"attempts": 2, "retry_days": 5, "payouts": "provider"}));
        assert_eq!(client.get(url).await.expect(200), changed);
        assert_eq!(other.get(url).await.expect(200), defaults, "another tenant's are its own");
        let wrong = json!({"attempts": 6, "retry_days": 0, "payouts": "cheque"});
        let refused = patch(&client, url, wrong).await.expect(400);
        assert_eq!(
            refused,
            json!({
                "attempts": ["Ensure this value is less than or equal to 5."],
                "retry_days": ["Ensure this value is greater than or equal to 1."],
                "payouts": ["\"cheque\" is not a valid choice."],
            })
        );
        assert_eq!(client.get(url).await.expect(200), changed, "nothing is half done");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_account_is_of_the_borrower_and_in_dollars() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = card_product(&client).await;
        let loan = paid_out(&client, &product, ("Ada", "Lovelace"), "100").await;
        let url = format!("/api/v1/loan/{loan}/set_external_account/");
        let refused = client.post(&url, json!({"external_account": 12})).await.expect(400);
        let text = "The loan is in GBP: ACH moves dollars.";
        assert_eq!(refused, json!({"external_account": [text]}));
        let refused = client.post(&url, json!({})).await.expect(400);
        assert_eq!(refused, json!({"external_account": ["This field is required."]}));
        let none = client.post(&url, json!({"external_account": null})).await.expect(201);
        assert!(none.get("external_account").is_none(), "{none}");
        let other = app.tenant("Other").await;
        other.post(&url, json!({"external_account": 12})).await.expect(404);
    })
    .await;
}
