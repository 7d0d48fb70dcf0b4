//! From a search to what the partner reads.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::app::on_each_engine;
use crate::client::{Browser, items, path_of, text};

#[tokio::test]
async fn a_bank_is_linked_and_read() {
    on_each_engine(async |app| {
        let partner = app.partner("story").await;
        let ada = partner.visit("ada").await;
        let member = ada.add("gringotts", "demo").await;
        assert_eq!((&member["connection_status"], &member["user_id"]), (&json!(0), &json!("ada")));
        assert_eq!(member["is_being_aggregated"], false);
        assert_eq!(member["mfa"], Value::Null);
        let jobs = format!("{}/jobs", path_of(&member));
        let begun = ada.client.post(&jobs, json!({ "job_type": 0 }));
        let begun = begun.await.body(200);
        assert_eq!(begun["status"], 0, "{begun}");
        assert_eq!(ada.look(&member).await["is_being_aggregated"], true);
        app.work().await;
        let member = ada.look(&member).await;
        let job = ada.get(&format!("/connect/v1/jobs/{}", text(&begun["job_guid"]))).await;
        assert_eq!(member["most_recent_job_guid"], begun["job_guid"]);
        assert_eq!((&job["status"], &job["job_type"]), (&json!(6), &json!(0)), "{job}");
        assert_eq!(
            (&job["progress"], &job["async_account_data_ready"]),
            (&json!(100), &json!(true))
        );
        assert_eq!(job["member_guid"], member["guid"]);
        assert_eq!(
            (&member["connection_status"], &member["connection_status_name"]),
            (&json!(6), &json!("CONNECTED"))
        );
        let seen = ada.get(&format!("{}/accounts", path_of(&member))).await;
        assert_eq!(items(&seen, "accounts").len(), 3);
        assert!(items(&seen, "accounts")[0].get("owners").is_none());

        let user = format!("/connect/v1/users/{}", ada.user);
        let accounts = partner.get(&format!("{user}/accounts")).await;
        assert_eq!(items(&accounts, "accounts").len(), 3);
        let checking = &items(&accounts, "accounts")[0];
        assert_eq!(
            (&checking["account_type"], &checking["account_type_code"]),
            (&json!("CHECKING"), &json!(1))
        );
        let account = format!("{user}/accounts/{}", text(&checking["guid"]));
        let statements = partner.get(&format!("{account}/statements")).await;
        assert!(items(&statements, "statements").is_empty(), "no job has asked for them");
        transactions(&partner, &account).await;

        let deleted = ada.client.delete(&path_of(&member)).await.body(200);
        assert_eq!(deleted, json!({ "guid": member["guid"] }));
        ada.client.get(&path_of(&member)).await.refusal(404);
        partner.client.get(&account).await.refusal(404);
        assert_eq!(partner.get(&format!("{user}/accounts")).await, json!({ "accounts": [] }));
        assert_eq!(ada.get("/connect/v1/members").await, json!({ "members": [] }));
    })
    .await;
}

async fn transactions(partner: &crate::client::Partner, account: &str) {
    let all = partner.get(&format!("{account}/transactions?per_page=1000")).await;
    let count = all["count"].as_u64().unwrap();
    assert!(count > 500, "{count}");
    let all = items(&all, "transactions");
    let day = |it: &Value| text(&it["posted_on"]).parse::<Date>().unwrap();
    assert!(all.windows(2).all(|pair| day(&pair[0]) >= day(&pair[1])), "newest first");
    assert!(day(all.last().unwrap()) < "2025-01-01".parse().unwrap(), "24 months");
    let first = partner.get(&format!("{account}/transactions?per_page=10")).await;
    let second = partner.get(&format!("{account}/transactions?per_page=10&page=2")).await;
    assert_eq!(items(&first, "transactions"), &all[..10]);
    assert_eq!(items(&second, "transactions"), &all[10..20]);
    let month = "from=2026-03-01&to=2026-03-31";
    let march = partner.get(&format!("{account}/transactions?{month}&per_page=1000")).await;
    let march = items(&march, "transactions");
    let is_march = |it: &Value| text(&it["posted_on"]).starts_with("2026-03-");
    assert!(!march.is_empty() && march.iter().all(is_march), "{march:?}");
    assert_eq!(march.len(), all.iter().filter(|it| is_march(it)).count());
    for query in ["from=yesterday", "to=2026-13-01", "page=0", "per_page=1001", "page=x"] {
        let broken = partner.client.get(&format!("{account}/transactions?{query}")).await.broken();
        assert_eq!(broken, [query.split('=').next().unwrap()], "{query}");
    }
}

/// Answers everything that is asked with this text, or with the first option.
async fn answer(ada: &Browser, member: &Value, told: &str) -> Value {
    let asked = ada.look(member).await["mfa"].clone();
    let credential = |question: &Value| {
        let option = question["options"].get(0);
        if let Some(option) = option {
            assert_eq!(option["credential_guid"], question["guid"], "{question}");
        }
        let value = option.map_or_else(|| json!(told), |option| option["guid"].clone());
        json!({ "guid": question["guid"], "value": value })
    };
    let credentials: Vec<Value> = items(&asked, "credentials").iter().map(credential).collect();
    let body = json!({ "credentials": credentials });
    ada.client.put(&format!("{}/mfa", path_of(member)), body).await.body(200)["member"].clone()
}

#[tokio::test]
async fn every_kind_of_question_is_asked_and_answered() {
    on_each_engine(async |app| {
        let partner = app.partner("questions").await;
        for (name, kinds) in [
            ("mfa_text", &[0][..]),
            ("mfa_options", &[2]),
            ("mfa_token", &[12]),
            ("mfa_image", &[13]),
            ("mfa_image_options", &[14]),
            ("mfa_pair", &[0, 2]),
        ] {
            let ada = partner.visit(name).await;
            let member = ada.add("testbank", name).await;
            let asked = ada.run(app, &member, 0).await;
            assert_eq!(asked["connection_status"], 3, "{name}");
            let questions = items(&asked["mfa"], "credentials");
            let found: Vec<_> = questions.iter().map(|it| it["field_type"].as_i64()).collect();
            assert_eq!(found, kinds.iter().copied().map(Some).collect::<Vec<_>>(), "{name}");
            if name.starts_with("mfa_image") {
                assert!(questions[0].to_string().contains("data:image/"), "{name}");
            }
            let resumed = answer(&ada, &member, "Rex").await;
            assert_eq!(
                (&resumed["connection_status"], &resumed["mfa"]),
                (&json!(18), &Value::Null)
            );
            assert_eq!(resumed["is_being_aggregated"], true, "{name}");
            app.work().await;
            assert_eq!(ada.look(&member).await["connection_status"], 6, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_account_is_chosen_for_payments() {
    on_each_engine(async |app| {
        let ada = app.partner("choice").await.visit_in("ada", "verification").await;
        let member = ada.add("gringotts", "demo").await;
        let asked = ada.run(app, &member, 1).await;
        let question = &items(&asked["mfa"], "credentials")[0];
        assert_eq!(question["external_id"], "single_account_select");
        answer(&ada, &member, "").await;
        app.work().await;
        let linked = ada.look(&member).await;
        assert_eq!(linked["connection_status"], 6, "{linked}");
        let job =
            ada.get(&format!("/connect/v1/jobs/{}", text(&linked["most_recent_job_guid"]))).await;
        assert_eq!((&job["job_type"], &job["status"]), (&json!(1), &json!(6)));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_is_mended() {
    on_each_engine(async |app| {
        let ada = app.partner("denied").await.visit("ada").await;
        let mut login = ada.login("gringotts", "demo").await;
        for credential in login["credentials"].as_array_mut().unwrap() {
            if credential["value"] == "secret" {
                credential["value"] = json!("wrong");
            }
        }
        let member = ada.client.post("/connect/v1/members", login).await.body(200);
        let denied = ada.run(app, &member["member"], 0).await;
        assert_eq!(
            (&denied["connection_status"], &denied["error"]["error_code"]),
            (&json!(2), &json!(2005))
        );
        let error = denied["error"].as_object().unwrap();
        let keys: Vec<&str> = error.keys().map(String::as_str).collect();
        assert_eq!(keys, ["error_code", "error_message", "error_type", "locale", "user_message"]);

        let fields = ada.get(&format!("{}/credentials", path_of(&denied))).await;
        assert_eq!(items(&fields, "credentials").len(), 2);
        assert!(!fields.to_string().contains("wrong"), "{fields}");
        let login = ada.login("gringotts", "demo").await;
        let updated = ada.client.put(&path_of(&denied), login).await.body(200);
        assert_eq!(updated["member"]["connection_status"], 15);
        let linked = ada.run(app, &denied, 0).await;
        assert_eq!((&linked["connection_status"], &linked["error"]), (&json!(6), &Value::Null));
    })
    .await;
}

#[tokio::test]
async fn what_goes_wrong_has_its_status_and_code() {
    on_each_engine(async |app| {
        let partner = app.partner("wrong").await;
        for (name, status, code) in [
            ("locked", 5, 1002),
            ("down", 14, 3000),
            ("maintenance", 14, 3001),
            ("unavailable", 14, 3002),
            ("no_accounts", 14, 1001),
        ] {
            let ada = partner.visit(name).await;
            let member = ada.add("gringotts", name).await;
            let failed = ada.run(app, &member, 0).await;
            let found = (&failed["connection_status"], &failed["error"]["error_code"]);
            assert_eq!(found, (&json!(status), &json!(code)), "{name}: {failed}");
            assert_eq!(failed["is_being_aggregated"], false);
        }
    })
    .await;
}
