//! Public pages, gifts over the simulated bank, and what hostile partners, givers and clients make of them.

use jiff::civil::date;
use reqwest::Method;
use reqwest::header::{ACCEPT, COOKIE, SET_COOKIE};
use serde_json::{Value, json};

use crate::app::{Answer, Client, TestApp, kid_input, on_each_engine, user_input, uuid};

/// Who looks at a page: a browser with its cookie.
struct Giver {
    client: Client,
    cookie: String,
}

impl Giver {
    fn new(app: &TestApp) -> Self {
        Self { client: app.stranger(), cookie: String::new() }
    }

    async fn get(&mut self, path: &str) -> Answer {
        let request = self.client.request(Method::GET, path).header(ACCEPT, "text/html");
        let answer = self.client.send(request.header(COOKIE, &self.cookie)).await;
        if let Some(set) = answer.headers.get(SET_COOKIE) {
            let set = set.to_str().expect("text");
            assert!(set.contains("; HttpOnly; SameSite=Lax"), "{set}");
            self.cookie = set.split(';').next().expect("a pair").to_owned();
        }
        answer
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(path).await;
        let proof = between(&page.text, "name=\"proof\" value=\"", "\"").unwrap_or_default();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("proof", proof).extend_pairs(fields);
        self.send(path, form.finish()).await
    }

    async fn send(&self, path: &str, body: String) -> Answer {
        let request = self.client.request(Method::POST, path).header(COOKIE, &self.cookie);
        let request = request.header(ACCEPT, "text/html");
        let kind = "application/x-www-form-urlencoded";
        self.client.send(request.header("content-type", kind).body(body)).await
    }
}

pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    rest.get(..rest.find(after)?)
}

pub const FORM: [(&str, &str); 10] = [
    ("amount", "250"),
    ("message", "Happy birthday, John!"),
    ("first_name", "Karin"),
    ("last_name", "McFarlane"),
    ("email", "karin@example.com"),
    ("is_shown", "yes"),
    ("routing_number", "021000021"),
    ("account_number", "55667788"),
    ("account_kind", "checking"),
    ("authorisation", "yes"),
];

pub fn form_with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let changed = |name: &str| changes.iter().find(|(field, _)| *field == name);
    FORM.iter().map(|pair| *changed(pair.0).unwrap_or(pair)).collect()
}

/// An established fund and the path of its page.
pub async fn established(app: &TestApp, client: &Client) -> (String, String) {
    let (_, fund) = app.established(client).await;
    let found = client.get(&format!("/restapi/v1/funds/{fund}")).await.expect(200);
    let url = found["public_url"].as_str().expect("a URL");
    (fund, format!("/{}", url.rsplit('/').next().expect("a handle")))
}

fn texts(value: &Value) -> (&Value, &Value) {
    (&value["type"], &value["status"])
}

#[tokio::test]
async fn a_gift_settles_and_is_on_the_page() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (fund, page) = established(app, &client).await;
        let settings = format!("/restapi/v1/funds/{fund}/page");
        client.put(&settings, json!({"shows_balance": true})).await.expect(200);
        let mut giver = Giver::new(app);
        let asked = giver.post(&format!("{page}/gift"), &FORM).await;
        assert_eq!(asked.status, 200, "{}", asked.text);
        assert!(asked.url.starts_with("/gifts/"), "{}", asked.url);
        assert!(asked.text.contains("Confirm your bank account"), "{}", asked.text);
        assert!(!asked.text.contains("55667788") && asked.text.contains("ending in 7788"));
        let told = app.events(&client, "GiftRequested").await;
        let url = told[0]["gift_url"].as_str().expect("a URL");
        assert!(url.ends_with(&asked.url) && url.starts_with("http://127.0.0.1:"), "{url}");
        let wrong = giver.post(&asked.url, &[("amount_1", "0.18"), ("amount_2", "0.29")]).await;
        assert!(wrong.text.contains("not the amounts"), "{}", wrong.text);
        let right = giver.post(&asked.url, &[("amount_1", "0.28"), ("amount_2", "0.18")]).await;
        assert!(right.status == 200 && right.text.contains("Thank you!"), "{}", right.text);
        let path = format!("/restapi/v1/funds/{fund}");
        let found = client.get(&path).await.expect(200);
        assert_eq!(
            (&found["settled_balance"], &found["pending_balance"]),
            (&json!(0), &json!(25_000))
        );
        let made = client.get(&format!("{path}/transactions")).await.expect(200);
        let expected = json!([{
            "uuid": made[0]["uuid"],
            "amount": 25_000,
            "description": "Gift from Karin McFarlane",
            "occurred_on": "2022-10-01",
            "status": "Pending",
            "type": "gift",
            "frequency": "onetime",
        }]);
        assert_eq!(made, expected);
        assert!(!giver.get(&page).await.text.contains("Karin"), "not before it has arrived");
        app.advance(&client, date(2022, 10, 14)).await;
        let found = client.get(&path).await.expect(200);
        assert_eq!(
            (&found["settled_balance"], &found["pending_balance"]),
            (&json!(25_000), &json!(25_000))
        );
        let events = app.events(&client, "PaymentSettled").await;
        assert_eq!(texts(&events[0]), (&json!("gift"), &json!("Settled")));
        let shown = giver.get(&page).await.text;
        for text in ["Karin McFarlane", "Happy birthday, John!", "1 gift so far", "$250"] {
            assert!(shown.contains(text), "{text}: {shown}");
        }
        let thanks = giver.get(&asked.url).await.text;
        assert!(thanks.contains("Your gift has arrived"), "{thanks}");
        let gifts = client.get(&format!("{path}/gifts")).await.expect(200);
        assert_eq!(
            (&gifts[0]["status"], &gifts[0]["transaction_uuid"]),
            (&json!("settled"), &made[0]["uuid"])
        );
        let hide = format!("/restapi/v1/gifts/{}", uuid(&gifts[0]));
        client.put(&hide, json!({"is_hidden": true})).await.expect(200);
        assert!(!giver.get(&page).await.text.contains("Karin"), "the partner has taken it off");
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn a_gift_that_the_bank_takes_back_leaves_nothing() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (fund, page) = established(app, &client).await;
        let mut giver = Giver::new(app);
        // The simulated bank returns live debits of this account as R10; deposits it takes.
        let fields = form_with(&[("account_number", "9900110")]);
        let asked = giver.post(&format!("{page}/gift"), &fields).await;
        let told = giver.post(&asked.url, &[("amount_1", "0.28"), ("amount_2", "0.18")]).await;
        assert!(told.text.contains("Thank you!"), "{}", told.text);
        app.advance(&client, date(2022, 10, 31)).await;
        let path = format!("/restapi/v1/funds/{fund}");
        let found = client.get(&path).await.expect(200);
        assert_eq!((&found["settled_balance"], &found["pending_balance"]), (&json!(0), &json!(0)));
        let made = client.get(&format!("{path}/transactions")).await.expect(200);
        let status = made[0]["status"].as_str().expect("a status");
        assert!(["Failed", "Returned"].contains(&status), "{made}");
        let after = giver.get(&asked.url).await.text;
        assert!(after.contains("is not agreed to"), "{after}");
        let shown = giver.get(&page).await.text;
        assert!(!shown.contains("Karin") && shown.contains("Be the first to give"), "{shown}");
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn an_account_that_the_bank_does_not_know_gives_nothing() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (fund, page) = established(app, &client).await;
        let mut giver = Giver::new(app);
        let fields = form_with(&[("account_number", "9900103")]);
        let asked = giver.post(&format!("{page}/gift"), &fields).await;
        app.advance(&client, date(2022, 10, 14)).await;
        let after = giver.get(&asked.url).await.text;
        assert!(
            after.contains("could not be confirmed") && after.contains("no such account"),
            "{after}"
        );
        let told = giver.send(&asked.url, "amount_1=0.18&amount_2=0.28".to_owned()).await;
        assert_eq!(told.status, 403);
        let made = client.get(&format!("/restapi/v1/funds/{fund}/transactions")).await.expect(200);
        assert_eq!(made, json!([]));
        let gifts = client.get(&format!("/restapi/v1/funds/{fund}/gifts")).await.expect(200);
        assert_eq!((&gifts[0]["status"], &gifts[0]["reason"]), (&json!("refused"), &json!("R03")));
    })
    .await;
}

#[tokio::test]
async fn a_form_is_of_the_browser_that_it_was_shown_to() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (fund, page) = established(app, &client).await;
        let path = format!("{page}/gift");
        let (mut one, mut other) = (Giver::new(app), Giver::new(app));
        let shown = one.get(&path).await.text;
        other.get(&path).await;
        let proof = between(&shown, "name=\"proof\" value=\"", "\"").expect("a proof");
        let mut form = form_urlencoded::Serializer::new(String::new());
        let body = form.append_pair("proof", proof).extend_pairs(FORM).finish();
        assert_eq!(other.send(&path, body.clone()).await.status, 403, "another browser");
        assert_eq!(Giver::new(app).send(&path, body.clone()).await.status, 403, "no cookie");
        let request = one.client.request(Method::POST, &path).header(COOKIE, &one.cookie);
        let request = request.header("sec-fetch-site", "cross-site").body(body.clone());
        assert_eq!(one.client.send(request).await.status, 403, "another site");
        assert_eq!(one.send(&path, "x".repeat(20_000)).await.status, 400, "too long");
        assert_eq!(one.send(&path, String::new()).await.status, 403, "empty");
        let asked = one.send(&path, body.clone()).await;
        let again = one.send(&path, body).await;
        assert_eq!((asked.status, again.url), (200, asked.url), "sent twice, asked for once");
        let gifts = client.get(&format!("/restapi/v1/funds/{fund}/gifts")).await.expect(200);
        assert_eq!(gifts.as_array().map(Vec::len), Some(1));
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(one.send(&path, String::new()).await.status);
        }
        assert!(statuses.starts_with(&[403]) && statuses.ends_with(&[429]), "{statuses:?}");
    })
    .await;
}

#[tokio::test]
async fn every_fault_of_a_form_is_shown_and_bank_details_are_not() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (fund, page) = established(app, &client).await;
        let mut giver = Giver::new(app);
        let path = format!("{page}/gift");
        let empty = giver.post(&path, &[]).await;
        assert_eq!(empty.status, 400);
        for text in [
            "Your first name is required.",
            "Your agreement is required.",
            "The amount is required.",
        ] {
            assert!(empty.text.contains(text), "{text}: {}", empty.text);
        }
        let hostile = "\"><script>alert(1)</script>";
        let fields = form_with(&[("first_name", hostile), ("message", hostile), ("amount", "1")]);
        let refused = giver.post(&path, &fields).await;
        assert_eq!(refused.status, 400);
        assert!(refused.text.contains("The amount must be from $5 to $10000."), "{}", refused.text);
        assert!(!refused.text.contains("<script>") && !refused.text.contains("55667788"));
        let fields = form_with(&[("first_name", hostile), ("message", hostile)]);
        let asked = giver.post(&path, &fields).await;
        giver.post(&asked.url, &[("amount_1", "0.28"), ("amount_2", "0.18")]).await;
        app.advance(&client, date(2022, 10, 14)).await;
        let shown = giver.get(&page).await.text;
        assert!(shown.contains("&lt;script&gt;") && !shown.contains("<script>"), "{shown}");
        let gifts = client.get(&format!("/restapi/v1/funds/{fund}/gifts")).await.expect(200);
        assert_eq!(gifts[0]["message"], hostile);
    })
    .await;
}

#[tokio::test]
async fn hostile_names_descriptions_and_photos_do_nothing() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (fund, page) = established(app, &client).await;
        let path = format!("/restapi/v1/funds/{fund}");
        let hostile = "<img src=x onerror=alert(1)> \"quoted\" & 'x'";
        let change = json!({
            "fund_name": hostile,
            "description": "</p><script>alert(1)</script>",
            "photo_url": "https://res.cloudinary.com/johnsphoto.png",
        });
        client.put(&path, change).await.expect(200);
        let mut giver = Giver::new(app);
        for path in [page.clone(), format!("{page}/gift"), format!("{page}/card.png")] {
            let shown = giver.get(&path).await;
            assert_eq!(shown.status, 200, "{path}");
            assert!(!shown.text.contains("<script") && !shown.text.contains("<img src=x"), "{}", shown.text);
        }
        let policy = |answer: &Answer| {
            answer.headers["content-security-policy"].to_str().expect("text").to_owned()
        };
        let with_photo = giver.get(&page).await;
        assert!(policy(&with_photo).contains("img-src https://res.cloudinary.com; "));
        assert!(with_photo.text.contains("src=\"https://res.cloudinary.com/johnsphoto.png\""));
        assert!(with_photo.text.contains("referrerpolicy=\"no-referrer\""));
        let without = "default-src 'none'; style-src 'self'; img-src 'none'; form-action 'self'; base-uri 'none'; \
                       frame-ancestors 'none'";
        assert_eq!(policy(&giver.get(&format!("{page}/gift")).await), without);
        // What a page over HTTPS would not fetch is not taken as a photo.
        for photo in ["http://x.org/a.png", "https://localhost/a.png", "https://x.org:1:2/a.png"] {
            let refused = client.put(&path, json!({"photo_url": photo})).await;
            refused.refuses(400, &["photo_url is not a valid URL (https://...)"]);
        }
        let huge = format!("https://x.org/{}", "a".repeat(3_000));
        for photo in ["javascript:alert(1)", "data:text/html,x", "https://x.org/\"onerror=\"x", "//x.org", &huge] {
            let refused = client.put(&path, json!({"photo_url": photo})).await;
            assert_eq!(refused.status, 400, "{photo}");
        }
        assert!(!giver.get(&page).await.text.contains("javascript:"));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_or_not_public_is_not_found() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (fund, page) = established(app, &client).await;
        let mut giver = Giver::new(app);
        let long = format!("/{}", "a".repeat(500));
        let unknown = [
            "/nobodysfund1",
            "/..%2fetc",
            "/%3Cscript%3E",
            "/gifts/x",
            "/gifts/%00",
            "/nobody/gift",
            &long,
        ];
        for path in unknown {
            let answer = giver.get(path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.text.contains("There is no such page"), "{path}: {}", answer.text);
        }
        let program = app.stranger().get("/nobodysfund1").await;
        assert_eq!(program.expect(404), json!({"detail": "Not found."}));
        let settings = format!("/restapi/v1/funds/{fund}/page");
        let shown = client.get(&settings).await.expect(200);
        assert_eq!((&shown["is_public"], &shown["goal"]), (&json!(true), &json!(null)));
        client.put(&settings, json!({"goal": 100_000, "shows_balance": true})).await.expect(200);
        let text = giver.get(&page.to_uppercase()).await.text;
        assert!(
            text.contains("On the way to $1,000") && text.contains("$0 saved so far"),
            "{text}"
        );
        client.put(&settings, json!({"shows_balance": false})).await.expect(200);
        let text = giver.get(&page).await.text;
        assert!(text.contains("On the way to $1,000") && !text.contains("saved so far"), "{text}");
        client.put(&settings, json!({"is_public": false})).await.expect(200);
        for path in [page.clone(), format!("{page}/gift"), format!("{page}/card.png")] {
            assert_eq!(giver.get(&path).await.status, 404, "{path}");
        }
        let refused = client.put(&settings, json!({"goal": "1", "is_public": null})).await;
        refused.refuses(400, &["goal must be an integer", "is_public is required"]);
        let other = app.tenant("Other").await;
        for path in [settings.clone(), format!("/restapi/v1/funds/{fund}/gifts")] {
            other.get(&path).await.refuses(404, &["fund not found"]);
        }
        other.put(&settings, json!({"is_public": true})).await.refuses(404, &["fund not found"]);
    })
    .await;
}

#[tokio::test]
async fn a_page_can_be_shared() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, page) = established(app, &client).await;
        let mut giver = Giver::new(app);
        let text = giver.get(&page).await.text;
        let image = between(&text, "property=\"og:image\" content=\"", "\"").expect("a card");
        assert!(
            image.starts_with("http://127.0.0.1:") && image.ends_with(&format!("{page}/card.png"))
        );
        for name in ["og:title", "og:description", "og:url", "og:image:alt", "og:type"] {
            assert!(text.contains(&format!("property=\"{name}\"")), "{name}");
        }
        assert!(text.contains("content=\"summary_large_image\""));
        let card = giver.get(&format!("{page}/card.png")).await;
        assert_eq!(card.headers["content-type"], "image/png");
        assert!(card.text.contains("PNG") && card.text.contains("IHDR"), "{}", card.text);
    })
    .await;
}

#[tokio::test]
async fn a_fund_that_is_not_open_takes_no_gifts() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let user = client.post("/restapi/v1/users", user_input("U1")).await.expect(201);
        let path = format!("/restapi/v1/users/{}/funds", uuid(&user));
        let fund = client.post(&path, kid_input()).await.expect(201);
        let page = format!("/{}", fund["handle"].as_str().expect("a handle"));
        let mut giver = Giver::new(app);
        let shown = giver.get(&page).await.text;
        assert!(shown.contains("as soon as the account is open") && !shown.contains("Give a gift"));
        assert_eq!(giver.get(&format!("{page}/gift")).await.url, page);
        for _ in 0..3 {
            app.answer(&fund, false).await.expect("a view");
        }
        assert_eq!(giver.get(&page).await.status, 404, "it will never be open");
    })
    .await;
}

#[tokio::test]
async fn a_contribution_names_the_saver_s_own_account() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (fund, _) = established(app, &client).await;
        let path = format!("/restapi/v1/funds/{fund}/contributions");
        let body = |account: Value| {
            json!({"frequency": "monthly", "amount": 15_000, "first_day": 14, "external_account_id": account})
        };
        client.post(&path, body(json!("17"))).await.refuses(400, &["external_account_id must be an integer"]);
        let unknown = client.post(&path, body(json!(4_711))).await;
        assert_eq!(unknown.status, 422, "{}", unknown.text);
        let own = app.account(&client, "USR123-456").await;
        let others = app.account(&client, "").await;
        let made = client.post(&path, body(json!(own))).await.expect(201);
        assert_eq!(made["external_account_id"], json!(own));
        let partners = client.post(&path, body(json!(null))).await.expect(201);
        assert_eq!(partners.get("external_account_id"), None, "as the document has it");
        let other = app.tenant("Other").await;
        let (theirs, _) = established(app, &other).await;
        let refused = other.post(&format!("/restapi/v1/funds/{theirs}/contributions"), body(json!(own))).await;
        assert_eq!(refused.status, 422, "another tenant's: {}", refused.text);
        let user = client.post("/restapi/v1/users", user_input("U2")).await.expect(201);
        let mut kid = kid_input();
        kid["beneficiary_ssn"] = json!("123456780");
        let second = client.post(&format!("/restapi/v1/users/{}/funds", uuid(&user)), kid).await.expect(201);
        let second = format!("/restapi/v1/funds/{}/contributions", uuid(&second));
        let refused = client.post(&second, body(json!(own))).await;
        refused.refuses(422, &["external_account_id: it belongs to somebody else"]);
        client.post(&second, body(json!(others))).await.expect(201);
        let refused = client.post(&path, body(json!(others))).await;
        refused.refuses(422, &["external_account_id: it belongs to somebody else"]);
        app.advance(&client, date(2022, 10, 31)).await;
        let found = client.get(&format!("/restapi/v1/funds/{fund}")).await.expect(200);
        // Both are pulled: one over ACH from the saver's account, one by the built-in bank.
        assert_eq!(found["settled_balance"], json!(30_000));
        app.prove().await;
    })
    .await;
}

/// Gives 250 dollars from an account, and proves that it is the giver's.
async fn give(giver: &mut Giver, page: &str, account: &str) {
    let fields = form_with(&[("account_number", account)]);
    let asked = giver.post(&format!("{page}/gift"), &fields).await;
    let told = giver.post(&asked.url, &[("amount_1", "0.28"), ("amount_2", "0.18")]).await;
    assert!(told.text.contains("Thank you!"), "{}", told.text);
}

#[tokio::test]
async fn ten_years_of_birthdays_add_up_to_the_cent() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (fund, page) = established(app, &client).await;
        let path = format!("/restapi/v1/funds/{fund}");
        let own = app.account(&client, "USR123-456").await;
        let contribution = json!({
            "frequency": "semimonthly",
            "amount": 15_001,
            "first_day": 1,
            "second_day": 15,
            "external_account_id": own,
        });
        let made = client.post(&format!("{path}/contributions"), contribution).await;
        made.expect(201);
        let mut giver = Giver::new(app);
        for year in 2023..2033 {
            app.advance(&client, date(year, 3, 17)).await;
            give(&mut giver, &page, "55667788").await;
            if year % 3 == 0 {
                give(&mut giver, &page, "9900101").await;
            }
        }
        app.advance(&client, date(2032, 9, 30)).await;
        let mut all = Vec::new();
        while let Some(more) = {
            let list = format!("{path}/transactions?limit=100&offset={}", all.len());
            let list = client.get(&list).await.expect(200);
            list.as_array().filter(|list| !list.is_empty()).cloned()
        } {
            all.extend(more);
        }
        let count = |kind: &str, status: &str| {
            all.iter().filter(|it| texts(it) == (&json!(kind), &json!(status))).count()
        };
        // The first of October 2022 is a Saturday: that payment is made on Monday, and all of them settle in September.
        assert_eq!((count("contribution", "Settled"), all.len()), (240, 253));
        let back = count("gift", "Returned") + count("gift", "Failed");
        assert_eq!((count("gift", "Settled"), back), (10, 3));
        let found = client.get(&path).await.expect(200);
        let expected = json!(240 * 15_001 + 10 * 25_000);
        assert_eq!((&found["settled_balance"], &found["pending_balance"]), (&expected, &expected));
        assert_eq!(
            app.events(&client, "PaymentSettled").await.len(),
            250 + back_after_settling(&all)
        );
        app.prove().await;
    })
    .await;
}

/// Those that had settled before they were returned.
fn back_after_settling(all: &[Value]) -> usize {
    all.iter().filter(|it| it["status"] == "Returned").count()
}
