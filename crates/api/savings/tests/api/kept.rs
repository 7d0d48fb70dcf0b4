//! Accounts that givers keep in their browser for the next gift, as a browser with its cookies sees it.

use std::collections::BTreeMap;

use florin_savings::gift::kept_authorisation;
use jiff::civil::{Date, date};
use reqwest::Method;
use reqwest::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use serde_json::json;

use crate::app::{Answer, Client, TestApp, kid_input, on_each_engine, uuid};
use crate::giving::{FORM, between, established, form_with};

const OFFER: &str = "Keep this account for my next gift from this device";
const CALLED: &str = "account ending in 7788 at JPMORGAN CHASE BANK, NA";
const PAY_FROM: &str = "Pay from your account ending in 7788 at JPMORGAN CHASE BANK, NA";
const FORGET: &str = "Forget this account";
const GONE: &str = "The account that was kept on this device cannot be used any more.";

/// A browser with its cookies.
#[derive(Clone)]
struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
    /// What was set last, with what was said of it.
    set: Vec<String>,
}

impl Browser {
    fn new(app: &TestApp) -> Self {
        Self { client: app.browser(), cookies: BTreeMap::new(), set: Vec::new() }
    }

    async fn send(&mut self, method: Method, path: &str, body: String) -> Answer {
        let sent: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, path).header(ACCEPT, "text/html");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = self.client.send(request.header(COOKIE, sent.join("; ")).body(body)).await;
        self.set.clear();
        for set in answer.headers.get_all(SET_COOKIE) {
            let set = set.to_str().expect("text").to_owned();
            let (name, value) =
                set.split(';').next().and_then(|it| it.split_once('=')).expect("a pair");
            assert!(
                set.contains("; Path=/; ") && set.contains("; HttpOnly; SameSite=Lax"),
                "{set}"
            );
            if set.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            self.set.push(set);
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, String::new()).await
    }

    /// What the form at a path says, filled in with these fields.
    async fn filled(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let page = self.get(path).await;
        let hidden = |name: &str| between(&page.text, &format!("name=\"{name}\" value=\""), "\"");
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("proof", hidden("proof").unwrap_or_default());
        // The radio button of the same name has the way as its value.
        let kept = page.text.split("name=\"kept\" value=\"").nth(1);
        let kept = kept.and_then(|rest| rest.split('"').next());
        if !fields.iter().any(|(name, _)| *name == "kept") {
            form.append_pair("kept", kept.unwrap_or_default());
        }
        form.extend_pairs(fields).finish()
    }

    /// Fills in a form and follows where it leads; the page at the end, and its path.
    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> (String, Answer) {
        let body = self.filled(path, fields).await;
        let answer = self.send(Method::POST, path, body).await;
        let Some(to) = answer.headers.get(LOCATION) else { return (path.to_owned(), answer) };
        let (to, set) = (to.to_str().expect("text").to_owned(), self.set.clone());
        let page = self.get(&to).await;
        self.set = set;
        (to, page)
    }

    /// Gives $250 from an account that deposits prove; the gift's page.
    async fn give(&mut self, page: &str, account: &str) -> String {
        let fields = form_with(&[("account_number", account)]);
        let (gift, asked) = self.post(&format!("{page}/gift"), &fields).await;
        assert!(!asked.text.contains(OFFER), "not before it is proven: {}", asked.text);
        let told = self.post(&gift, &[("amount_1", "0.28"), ("amount_2", "0.18")]).await;
        assert!(told.1.text.contains("Thank you!"), "{}", told.1.text);
        gift
    }

    /// Gives $250 from an account and keeps it.
    async fn keep(&mut self, page: &str, account: &str) {
        let gift = self.give(page, account).await;
        let (_, kept) = self.post(&gift, &[("do", "keep")]).await;
        assert!(kept.text.contains("is kept in this browser"), "{}", kept.text);
    }

    async fn form(&mut self, page: &str) -> String {
        self.get(&format!("{page}/gift")).await.text
    }

    /// The name and value of the cookie with the token.
    fn token(&self) -> (String, String) {
        let kept = self.cookies.iter().find(|(name, _)| name.starts_with("florin_kept_"));
        kept.map(|(name, value)| (name.clone(), value.clone())).expect("a token")
    }
}

/// The form of a gift of $123.45 from what is kept.
const KEPT_FORM: [(&str, &str); 6] = [
    ("amount", "123.45"),
    ("first_name", "Karin"),
    ("last_name", "McFarlane"),
    ("email", "karin@example.com"),
    ("way", "kept"),
    ("authorisation", "yes"),
];

/// Another fund of the same partner; its id and the path of its page.
async fn another(app: &TestApp, client: &Client, user: &str) -> (String, String) {
    let mut kid = kid_input();
    kid["beneficiary_ssn"] = json!("123456780");
    kid["fund_name"] = json!("Ann's College Fund");
    let fund = client.post(&format!("/restapi/v1/users/{user}/funds"), kid).await.expect(201);
    app.answer(&fund, true).await.expect("established");
    (uuid(&fund), format!("/{}", fund["handle"].as_str().expect("a handle")))
}

async fn balances(client: &Client, fund: &str) -> (i64, i64) {
    let found = client.get(&format!("/restapi/v1/funds/{fund}")).await.expect(200);
    let cents = |name: &str| found[name].as_i64().expect("cents");
    (cents("settled_balance"), cents("pending_balance"))
}

#[tokio::test]
async fn a_kept_account_gives_again_in_one_form() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (fund, page) = established(app, &client).await;
        let user = client.get("/restapi/v1/users/search/USR123-456").await.expect(200);
        let (second, second_page) = another(app, &client, &uuid(&user)).await;
        let mut tablet = Browser::new(app);
        let gift = tablet.give(&page, "55667788").await;
        let thanks = tablet.get(&gift).await.text;
        assert!(thanks.contains(OFFER) && !tablet.form(&page).await.contains("kept"), "{thanks}");
        let (_, kept) = tablet.post(&gift, &[("do", "keep")]).await;
        assert!(kept.text.contains(CALLED) && kept.text.contains(FORGET), "{}", kept.text);
        let set = tablet.set.join("\n");
        assert!(set.starts_with("florin_kept_") && set.contains("; Max-Age=34128000; "), "{set}");
        assert!(!set.contains(&"0".repeat(9)) && !set.contains("Secure"), "{set}");
        // The next birthday.
        app.advance(&client, date(2023, 9, 29)).await;
        let mut stranger = Browser::new(app);
        for page in [&page, &second_page] {
            let form = tablet.form(page).await;
            for text in [PAY_FROM, FORGET, "value=\"Karin\"", "value=\"karin@example.com\""] {
                assert!(form.contains(text), "{text}: {form}");
            }
            let agreed = kept_authorisation("Partner", CALLED);
            assert!(form.contains(&agreed), "{form}");
            assert!(!form.contains("55667788"), "the account number is on the page");
            let form = stranger.form(page).await;
            assert!(!form.contains("Karin") && !form.contains("7788"), "{form}");
        }
        let path = format!("{second_page}/gift");
        let body = tablet.filled(&path, &KEPT_FORM).await;
        let mut led = Vec::new();
        for _ in 0..3 {
            let answer = tablet.send(Method::POST, &path, body.clone()).await;
            assert_eq!(answer.status, 303, "{}", answer.text);
            assert!(tablet.set.join("").contains("; Max-Age=34128000; "), "kept for another year");
            led.push(answer.headers[LOCATION].clone());
        }
        led.dedup();
        let thanks = tablet.get(led[0].to_str().expect("text")).await.text;
        assert!(led.len() == 1 && thanks.contains("Thank you!"), "{thanks}");
        assert!(thanks.contains("$123.45") && !thanks.contains("55667788"), "{thanks}");
        assert_eq!(balances(&client, &second).await, (0, 12_345));
        app.advance(&client, date(2023, 10, 31)).await;
        assert_eq!(balances(&client, &second).await, (12_345, 12_345));
        assert_eq!(balances(&client, &fund).await, (25_000, 25_000));
        let made =
            client.get(&format!("/restapi/v1/funds/{second}/transactions")).await.expect(200);
        assert_eq!(made.as_array().map(Vec::len), Some(1), "{made}");
        // It was used since, so it is there on the next birthday as well.
        app.advance(&client, date(2024, 9, 27)).await;
        assert!(tablet.form(&page).await.contains(PAY_FROM));
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn the_link_of_a_gift_keeps_nothing() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, page) = established(app, &client).await;
        let (mut tablet, mut other) = (Browser::new(app), Browser::new(app));
        let gift = tablet.give(&page, "55667788").await;
        let shown = other.get(&gift).await.text;
        assert!(shown.contains("Thank you!") && !shown.contains(OFFER), "{shown}");
        // Where nothing is offered there is no form that could be sent.
        let (_, refused) = other.post(&gift, &[("do", "keep")]).await;
        assert_eq!(refused.status, 403);
        assert!(other.set.is_empty(), "{:?}", other.set);
        let mut stolen = tablet.clone();
        stolen.cookies.clear();
        let forged = tablet.filled(&gift, &[("do", "keep")]).await;
        let answer = stolen.send(Method::POST, &gift, forged.clone()).await;
        assert_eq!(answer.status, 403, "another browser's form");
        let request = tablet.client.request(Method::POST, &gift);
        let (name, value) = tablet.cookies.iter().next().expect("a cookie");
        let request = request.header(COOKIE, format!("{name}={value}"));
        let request = request.header("sec-fetch-site", "cross-site").body(forged);
        assert_eq!(tablet.client.send(request).await.status, 403, "another site's form");
        assert!(tablet.get(&gift).await.text.contains(OFFER), "it was not kept by them");
    })
    .await;
}

#[tokio::test]
async fn a_kept_account_is_forgotten() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (fund, page) = established(app, &client).await;
        let mut tablet = Browser::new(app);
        tablet.keep(&page, "55667788").await;
        let path = format!("{page}/gift");
        let filled = tablet.filled(&path, &KEPT_FORM).await;
        let before = tablet.clone();
        let (to, form) = tablet.post(&path, &[("do", "forget")]).await;
        assert_eq!((to.as_str(), form.status), (path.as_str(), 200));
        assert!(tablet.set.join("").contains("; Max-Age=0; "), "{:?}", tablet.set);
        assert!(!form.text.contains(PAY_FROM) && !form.text.contains("Karin"), "{}", form.text);
        // Whoever has copied the token has nothing any more.
        let mut copied = before.clone();
        let form = copied.form(&page).await;
        assert!(!form.contains(PAY_FROM) && !form.contains("Karin"), "{form}");
        let refused = copied.send(Method::POST, &path, filled).await;
        assert!(refused.status == 422 && refused.text.contains(GONE), "{}", refused.text);
        assert_eq!(balances(&client, &fund).await, (0, 25_000));
        // From a gift's page, and by keeping another one in its place.
        tablet.keep(&page, "55667788").await;
        let first = tablet.clone();
        let shown_first = tablet.filled(&path, &KEPT_FORM).await;
        let gift = tablet.give(&page, "11117799").await;
        let offer = tablet.get(&gift).await.text;
        assert!(
            offer.contains("It takes the place of your account ending in 7788 at JPMORGAN"),
            "{offer}"
        );
        tablet.post(&gift, &[("do", "keep")]).await;
        assert!(!first.clone().form(&page).await.contains(PAY_FROM));
        assert!(tablet.form(&page).await.contains("ending in 7799"));
        let refused = tablet.send(Method::POST, &path, shown_first).await;
        assert_eq!(refused.status, 422, "a form that had shown the first one gives from no other");
        assert!(refused.text.contains(GONE), "{}", refused.text);
        let (_, forgotten) = tablet.post(&gift, &[("do", "forget")]).await;
        assert!(forgotten.text.contains(OFFER), "{}", forgotten.text);
        assert!(!tablet.form(&page).await.contains("ending in"));
    })
    .await;
}

#[tokio::test]
async fn a_changed_token_or_another_partner_s_opens_nothing() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, page) = established(app, &client).await;
        let other = app.tenant("Other").await;
        let (theirs, other_page) = established(app, &other).await;
        let mut tablet = Browser::new(app);
        tablet.keep(&page, "55667788").await;
        let (name, token) = tablet.token();
        assert!(!tablet.form(&other_page).await.contains("7788"), "another partner's page");
        let tenant = other.tenant.expect("a tenant").uuid().simple().to_string();
        let path = format!("{other_page}/gift");
        let shown =
            between(&tablet.form(&page).await, "name=\"kept\" value=\"", "\"").map(str::to_owned);
        let shown = shown.expect("the account that is kept");
        tablet.cookies.insert(format!("florin_kept_{tenant}"), token.clone());
        let form = tablet.form(&other_page).await;
        assert!(!form.contains("7788") && !form.contains("Karin"), "{form}");
        let fields = [KEPT_FORM.as_slice(), &[("kept", &*shown)]].concat();
        let (_, refused) = tablet.post(&path, &fields).await;
        assert!(refused.status == 422 && refused.text.contains(GONE), "{}", refused.text);
        assert_eq!(balances(&other, &theirs).await, (0, 0));
        let swap = if token.starts_with('A') { "B" } else { "A" };
        let changed = [
            format!("{swap}{}", &token[1..]),
            String::new(),
            token[1..].to_owned(),
            "x".repeat(5_000),
        ];
        for changed in changed {
            tablet.cookies.insert(name.clone(), changed.clone());
            let form = tablet.form(&page).await;
            assert!(!form.contains("7788") && !form.contains("Karin"), "{changed}: {form}");
            let (_, refused) = tablet.post(&format!("{page}/gift"), &fields).await;
            assert_eq!(refused.status, 422, "{changed}");
        }
        tablet.cookies.insert(name, token);
        let form = tablet.form(&page).await;
        assert!(form.contains(PAY_FROM), "nothing has happened to it: {form}");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_given_from_any_more_is_told() {
    on_each_engine(async |app| {
        let check = async |name: &str, account: &str, until: Date, why: &str| {
            let client = app.tenant(name).await;
            let (fund, page) = established(app, &client).await;
            let mut tablet = Browser::new(app);
            tablet.keep(&page, account).await;
            let path = format!("{page}/gift");
            let filled = tablet.filled(&path, &KEPT_FORM).await;
            app.advance(&client, until).await;
            let form = tablet.form(&page).await;
            let told =
                format!("Your account ending in {} at JPMORGAN", &account[account.len() - 4..]);
            assert!(
                form.contains(&told) && form.contains("but cannot be given from any more"),
                "{form}"
            );
            assert!(form.contains(why) && form.contains(FORGET), "{form}");
            assert!(!form.contains("Pay from your") && !form.contains("Karin"), "{form}");
            let before = balances(&client, &fund).await;
            let refused = tablet.send(Method::POST, &path, filled).await;
            assert!(refused.status == 422 && refused.text.contains(GONE), "{}", refused.text);
            assert_eq!(balances(&client, &fund).await, before);
            let (_, form) = tablet.post(&path, &[("do", "forget")]).await;
            assert!(!form.text.contains("is kept in this browser"), "{}", form.text);
            before
        };
        let november = date(2022, 11, 15);
        let objection = "Its bank was told that a payment from it was not agreed to.";
        assert_eq!(check("R10", "9900110", november, objection).await, (0, 0));
        let stopped = "It is locked, or its bank takes no payments from it.";
        assert_eq!(check("R02", "9900102", november, stopped).await, (0, 0));
        let unused = "It was not used for a year.";
        assert_eq!(check("Unused", "55667788", date(2023, 10, 2), unused).await, (25_000, 25_000));
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn a_form_from_a_kept_account_is_checked_like_every_other() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (fund, page) = established(app, &client).await;
        let mut tablet = Browser::new(app);
        tablet.keep(&page, "55667788").await;
        let path = format!("{page}/gift");
        let but = |name: &str, value: &'static str| {
            KEPT_FORM.map(|pair| if pair.0 == name { (pair.0, value) } else { pair })
        };
        for (fields, why) in [
            (but("amount", "10000.01"), "The amount must be from $5 to $10000."),
            (but("authorisation", ""), "Your agreement is required."),
            (but("email", "nobody"), "Your email address"),
        ] {
            let (_, refused) = tablet.post(&path, &fields).await;
            assert!(refused.status == 400 && refused.text.contains(why), "{why}: {}", refused.text);
            assert!(refused.text.contains(PAY_FROM), "{}", refused.text);
        }
        assert_eq!(balances(&client, &fund).await, (0, 25_000));
        // The other ways are still there.
        let (_, asked) =
            tablet.post(&path, &[FORM.as_slice(), &[("way", "numbers")]].concat()).await;
        assert!(asked.text.contains("Confirm your bank account"), "{}", asked.text);
    })
    .await;
}
