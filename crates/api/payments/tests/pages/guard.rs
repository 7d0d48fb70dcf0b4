//! What must not work: forged forms, frames, hostile input, links of nobody.

use florin_mandates::{Pages, Prefilled};

use crate::app::{Browser, TestApp, on_each_engine};
use crate::flow::SOUND;

const EVIL: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;";

async fn post(
    app: &TestApp,
    link: &str,
    kind: Option<&str>,
    body: String,
    cookie: Option<String>,
) -> u16 {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut request = client.post(format!("{}{link}", app.url)).body(body);
    if let Some(kind) = kind {
        request = request.header("content-type", kind);
    }
    let mut browser = app.browser();
    browser.cookie = cookie;
    browser.send(request).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_shut() {
    on_each_engine(async |app| {
        let link = app.some_link().await;
        let mut browser = app.browser();
        let pages = [
            browser.get(&link).await,
            browser.get(&format!("{link}/wait")).await,
            browser.get(&format!("{link}/continue")).await,
            browser.get("/mandates/flm_unknown").await,
            browser.get("/mandates").await,
            browser.post(&link, SOUND).await,
        ];
        for page in pages {
            let policy = page.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
            assert!(
                policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'")
            );
            assert!(!policy.contains("unsafe"));
            assert_eq!(page.header("x-frame-options"), "DENY");
            assert_eq!(page.header("referrer-policy"), "no-referrer");
            assert_eq!(page.header("cache-control"), "no-store");
            assert_eq!(page.header("x-content-type-options"), "nosniff");
            assert!(!page.text.contains("<script") && !page.text.contains("http://www."));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_of_nobody_are_told_in_words() {
    on_each_engine(async |app| {
        let link = app.some_link().await;
        let mut browser = app.browser();
        let long = format!("/mandates/{}", "x".repeat(5_000));
        for path in [
            "/mandates",
            "/mandates/",
            "/mandates/flm_unknown",
            "/mandates/%3Cscript%3E",
            "/mandates/%FF",
            "/mandates/a%2Fb",
            &long,
            &format!("{link}x"),
            &format!("{link}/nothing"),
            &format!("{link}/wait/more"),
            "/mandates/flm_unknown/wait",
            "/mandates/flm_unknown/continue",
            "/mandates/flm_unknown/return",
            "/mandates/flm_unknown/exit",
        ] {
            let page = browser.get(path).await.is(404);
            page.says("This link does not work");
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        }
        browser.get(&format!("{link}/")).await.is(200);
        let request = reqwest::Client::builder().no_proxy().build().expect("a client");
        let request = request.put(format!("{}{link}", app.url));
        let page = browser.send(request).await.is(405);
        page.says("opened in a browser");
        assert_eq!(page.header("allow"), "GET,HEAD,POST");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_that_were_not_shown_to_the_browser_are_refused() {
    on_each_engine(async |app| {
        let (caller, _) = app.tenant("Northbank", Pages::Own).await;
        let (link, other) = (app.link(&caller, |_| {}).await, app.link(&caller, |_| {}).await);
        let mut browser = app.browser();
        let form = browser.get(&link).await.is(200);
        let proof = form.hidden("proof");
        let with_proof = |proof: String| {
            let mut fields: Vec<(&str, String)> =
                SOUND.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            fields.extend([("proof", proof), ("action", "check".to_owned())]);
            fields
        };
        let sent = async |browser: &mut Browser, link: &str, proof: &str| {
            let fields = with_proof(proof.to_owned());
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            browser.post(link, &fields).await.status
        };
        assert_eq!(sent(&mut browser, &link, &proof).await, 200);
        for bad in ["", "x", &proof[..proof.len() - 2]] {
            assert_eq!(sent(&mut browser, &link, bad).await, 403, "{bad}");
        }
        assert_eq!(sent(&mut browser, &other, &proof).await, 403, "another link's");
        let mut stranger = app.browser();
        assert_eq!(sent(&mut stranger, &link, &proof).await, 403, "no cookie");
        stranger.get(&link).await.is(200);
        assert_eq!(sent(&mut stranger, &link, &proof).await, 403, "another browser's");
        // Confirming details of another link, or made up ones, begins again.
        let other_form = browser.get(&other).await.is(200);
        let check = browser.press(&other_form, "check", SOUND).await.is(200);
        for details in [check.hidden("details"), "made-up".to_owned(), String::new()] {
            let fields =
                [("proof", proof.as_str()), ("action", "confirm"), ("details", details.as_str())];
            browser.post(&link, &fields).await.leads_to(&link);
        }
        assert_eq!(app.provider.seen("billing_requests").len(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_form_of_ours_is_refused() {
    on_each_engine(async |app| {
        let link = app.some_link().await;
        let mut browser = app.browser();
        let form = browser.get(&link).await.is(200);
        let proof = form.hidden("proof");
        let form_type = Some("application/x-www-form-urlencoded");
        let cookie = || browser.cookie.clone();
        let body = |action: &str| format!("proof={proof}&action={action}");
        assert_eq!(post(app, &link, form_type, body("check"), cookie()).await, 422);
        assert_eq!(post(app, &link, form_type, body("nonsense"), cookie()).await, 400);
        assert_eq!(post(app, &link, form_type, body(""), cookie()).await, 400);
        assert_eq!(post(app, &link, Some("application/json"), body("check"), cookie()).await, 415);
        assert_eq!(post(app, &link, None, body("check"), cookie()).await, 415);
        let long = body(&"x".repeat(40_000));
        assert_eq!(post(app, &link, form_type, long, cookie()).await, 413);
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let request = client.post(format!("{}{link}", app.url)).body(body("check"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("sec-fetch-site", "cross-site");
        browser.send(request).await.is(403).says("Nothing was sent");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_are_only_texts() {
    on_each_engine(async |app| {
        let (caller, _) = app.tenant(EVIL, Pages::Own).await;
        let known = Prefilled {
            given_name: EVIL.to_owned(),
            email: EVIL.to_owned(),
            city: EVIL.to_owned(),
            ..Prefilled::default()
        };
        let link = app.link(&caller, |new| new.prefilled = known).await;
        let mut browser = app.browser();
        let form = browser.get(&link).await.is(200);
        let mut fields: Vec<(&str, &str)> = SOUND.to_vec();
        for name in ["given_name", "family_name", "address_line1", "city", "account_holder_name"] {
            fields.push((name, EVIL));
        }
        let check = browser.press(&form, "check", &fields).await.is(200);
        fields.push(("sort_code", EVIL));
        fields.push(("email", EVIL));
        let again = browser.press(&form, "check", &fields).await.is(422);
        for page in [&form, &check, &again] {
            assert!(!page.text.contains("<script") && !page.text.contains("<img"), "{}", page.text);
            page.says("&lt;script&gt;alert(1)&lt;/script&gt;");
        }
    })
    .await;
}
