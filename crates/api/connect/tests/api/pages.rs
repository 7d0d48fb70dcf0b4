//! The hosted page, its files, and the simulated bank's page as a browser sees them.

use serde_json::json;

use crate::app::on_each_engine;
use crate::client::text;

#[tokio::test]
async fn the_hosted_page_loads_nothing_from_elsewhere() {
    on_each_engine(async |app| {
        let partner = app.partner("hosted").await;
        let new = json!({ "user": { "id": "ada" }, "origin": "https://app.example" });
        let session = partner.client.post("/connect/v1/sessions", new).await.body(201);
        let page = app.stranger().get(&text(&session["url"])).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert_eq!(
            page.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             form-action 'none'; base-uri 'none'; frame-ancestors https://app.example; \
             require-trusted-types-for 'script'"
        );
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", ""),
            ("x-frame-options", ""),
        ] {
            assert_eq!(page.header(name), value, "{name}");
        }
        assert!(!page.text.contains("http://") && !page.text.contains("https://"), "{}", page.text);
        assert!(!page.text.contains(&text(&session["session"])));
        // Loaded again the address has no token any more; an hour later the page has to tell that the visit is over.
        let url = text(&session["url"]);
        let again = url.split("&session=").next().unwrap();
        for hours in [0, 2] {
            app.pass(jiff::SignedDuration::from_hours(hours));
            for url in [again, url.as_str()] {
                let page = app.stranger().get(url).await;
                let policy = page.header("content-security-policy");
                assert!(policy.contains("frame-ancestors https://app.example;"), "{url} {policy}");
            }
        }
        for path in
            ["/connect", "/connect?session=", "/connect?session=nobodys", "/connect?visit=SES-1"]
        {
            let page = app.stranger().get(path).await;
            assert_eq!(page.status, 200, "the page itself tells that there is no session");
            assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
        }
        for (before, kind) in [("src=\"", "text/javascript"), ("<link rel=\"stylesheet\" href=\"", "text/css")] {
            let url = page.text.split(before).nth(1).expect("a file").split('"').next().unwrap();
            assert!(url.starts_with("/connect/assets/"), "{url}");
            let file = app.stranger().get(url).await;
            assert!(file.status == 200 && file.header("content-type").starts_with(kind), "{url}");
            assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
            let plain = app.stranger().get(url.split('?').next().unwrap()).await;
            assert_eq!((plain.header("cache-control"), &plain.text), ("no-cache", &file.text));
            assert!(file.text.len() < 100_000, "{} bytes", file.text.len());
        }
        assert_eq!(app.stranger().get("/connect/assets/..%2fconnect.html").await.status, 404);
        assert_eq!(app.stranger().get("/connect/logos/zzzzzz-A.svg").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn the_banks_page_is_a_form_without_script() {
    on_each_engine(async |app| {
        let ada = app.partner("bank").await.visit("ada").await;
        let new = json!({ "institution_code": "gringotts_oauth" });
        let member = ada.client.post("/connect/v1/members", new).await.body(200);
        let page = app.stranger().get(&text(&member["member"]["oauth_window_uri"])).await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("script-src"), "{policy}");
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(!page.text.contains("<script") && page.text.contains("<html lang=\"en\""));
        for answer in ["allow", "deny", "error", "cancel"] {
            assert!(page.text.contains(&format!("value=\"{answer}\"")), "{answer}");
        }
        assert!(page.text.contains("<label for=\"user\""), "{}", page.text);
        let style = app.stranger().get("/connect/bank/style.css").await;
        assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    })
    .await;
}
