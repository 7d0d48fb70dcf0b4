//! Institutions: found, listed, one by one, and the partner's own.

use serde_json::{Value, json};

use crate::app::on_each_engine;
use crate::client::{items, text};

fn codes(found: &Value) -> Vec<&str> {
    found.as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_bank_is_found() {
    on_each_engine(async |app| {
        let ada = app.partner("search").await.visit("ada").await;
        let check = async |query: &str, first: &[&str]| {
            let found = ada.get(&format!("/connect/v1/institutions?{query}")).await;
            assert_eq!(&codes(&found)[..first.len().min(codes(&found).len())], first, "{query}");
        };
        check("search_name=gringotts", &["gringotts", "gringotts_oauth"]).await;
        check("search_name=gringots", &["gringotts"]).await;
        check("search_name=first%20prairie&page=1&per_page=25", &["first_prairie"]).await;
        check("routing_number=299228936", &["gringotts"]).await;
        check("routing_number=970867", &["aldermere"]).await;
        check("search_name=nobody%20has%20this%20name", &[]).await;
        check("search_name=testbank.com", &["gringotts"]).await;
        for none in ["%00", "%ff", "%25", "nobody.example"] {
            let path = format!("/connect/v1/institutions?search_name={none}");
            assert_eq!(ada.get(&path).await, json!([]), "{none}");
        }
        check("search_name=&per_page=1", &["gringotts"]).await;
        check("search_name=&iso_country_code=GB&per_page=1", &["testbank_oauth_gb"]).await;
        check(
            "search_name=no%20verification&account_verification_is_enabled=false",
            &["test_no_verification"],
        )
        .await;
        check("search_name=no%20verification&account_verification_is_enabled=true", &[]).await;
        let page = async |page: u32| {
            let path = format!("/connect/v1/institutions?per_page=7&page={page}");
            codes(&ada.get(&path).await).iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()
        };
        let (first, second) = (page(1).await, page(2).await);
        assert_eq!((first.len(), second.len()), (7, 7));
        assert!(first.iter().all(|it| !second.contains(it)));
        for query in
            ["page=0", "per_page=0", "per_page=101", "page=x", "tax_statement_is_enabled=2"]
        {
            let broken =
                ada.client.get(&format!("/connect/v1/institutions?{query}")).await.broken();
            assert_eq!(broken, [query.split('=').next().unwrap()], "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn popular_and_discovered() {
    on_each_engine(async |app| {
        let partner = app.partner("popular").await;
        let ada = partner.visit("ada").await;
        let popular = ada.get("/connect/v1/institutions/popular?per_page=25").await;
        assert_eq!(codes(&popular)[..2], ["gringotts", "testbank"]);
        assert!(codes(&popular).len() <= 25);
        let popularity: Vec<_> = popular
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["popularity"].as_u64().unwrap())
            .collect();
        assert!(popularity.is_sorted_by(|a, b| a >= b));
        let bob = partner.visit("bob").await;
        bob.add("saguaro", "demo").await;
        let path = "/connect/v1/institutions/discovered?iso_country_code=US";
        assert_eq!(codes(&ada.get(path).await)[..1], ["saguaro"]);
    })
    .await;
}

#[tokio::test]
async fn one_by_one_with_its_logo() {
    on_each_engine(async |app| {
        let ada = app.partner("one").await.visit("ada").await;
        let found = ada.institution("gringotts").await;
        assert_eq!(found["guid"], "INS-f1a3285d-e855-b68f-6aa7-8ae775c0e0e9");
        assert_eq!(found["instructional_data"]["steps"], json!([]));
        let path = format!("/connect/v1/institutions/{}", text(&found["guid"]));
        assert_eq!(ada.get(&path).await, found);
        let logo = app.stranger().get(&text(&found["logo_url"])).await;
        assert_eq!((logo.status, logo.header("content-type")), (200, "image/svg+xml"));
        assert_eq!(logo.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(logo.text.starts_with("<svg ") && logo.text.contains(">G</text>"), "{}", logo.text);
        for path in ["/connect/v1/institutions/code/nobody", "/connect/v1/institutions/INS-1"] {
            ada.client.get(path).await.refusal(404);
        }
        let many = ada.institution("test_fields").await;
        let path = format!("/connect/v1/institutions/{}/credentials", text(&many["guid"]));
        let fields = ada.get(&path).await;
        let fields = items(&fields, "credentials");
        assert_eq!(fields.len(), 3);
        assert_eq!(fields[2]["field_type"], 2);
        let choice = fields[2]["options"][0].as_object().unwrap();
        assert_eq!(choice.keys().collect::<Vec<_>>(), ["label", "value"]);
    })
    .await;
}

#[tokio::test]
async fn a_partners_own_list() {
    on_each_engine(async |app| {
        let partner = app.partner("own").await;
        let ada = partner.visit("ada").await;
        let load = async |file: &str| {
            let put =
                partner.client.request(reqwest::Method::PUT, "/connect/v1/partner/institutions");
            partner.client.send(put.header("content-type", "text/csv").body(file.to_owned())).await
        };
        let list = "code,name,country,popularity\nmy_bank,My Own Bank,US,99999\n";
        let loaded = load(list).await.body(200);
        assert_eq!(loaded, json!({ "rows": 1, "own": 1, "changed": 0 }));
        let popular = ada.get("/connect/v1/institutions/popular?per_page=1").await;
        assert_eq!(codes(&popular), ["my_bank"]);
        let faulty = load("code,name,country\nother,,US\n?,Name,US\n").await;
        assert_eq!(faulty.broken(), ["line 2", "line 3"]);
        assert_eq!(ada.institution("my_bank").await["name"], "My Own Bank");
        let other = app.partner("other").await.visit("eve").await;
        other.client.get("/connect/v1/institutions/code/my_bank").await.refusal(404);
        let switched = "code,name,is_disabled_by_client\ngringotts,Gringotts,true\n";
        assert_eq!(load(switched).await.body(200)["changed"], 1);
        assert_eq!(ada.institution("gringotts").await["is_disabled_by_client"], true);
        let login = ada.login("gringotts", "demo").await;
        ada.client.post("/connect/v1/members", login).await.refusal(409);
    })
    .await;
}
