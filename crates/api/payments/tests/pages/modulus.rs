//! Account numbers that do not go with their sort code, once there is a table to tell.

use florin_mandates::modulus::{self, Published};

use crate::app::{TestApp, on_each_engine};
use crate::flow::SOUND;

/// A table of our own in the published format. The account of [`SOUND`] does not pass it, [`FITTING`] does.
const WEIGHTS: &str =
    "200000 200009 MOD10    0    0    0    0    0    0    7    1    3    7    1    3    7    1\r\n";
const FITTING: &[(&str, &str)] = &[("account_number", "44779915")];

const REFUSAL: &str = "This account number does not go with the sort code. Check both of them";

async fn load(app: &TestApp) {
    let as_of = "2026-11-02".parse().expect("a date");
    let published = Published { weights: WEIGHTS, substitutes: "", as_of };
    let now = florin_calendar::Clock::now(&app.clock);
    modulus::load(app.mandates.db(), published, now).await.expect("a sound table");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_there_cannot_be_is_told_beside_its_field() {
    on_each_engine(async |app| {
        let link = app.some_link().await;
        let mut browser = app.browser();
        let form = browser.get(&link).await.is(200);
        // Without a table the form of the number is all there is to check.
        let checked = browser.press(&form, "check", SOUND).await.is(200);
        load(app).await;
        for (page, button) in [(&form, "check"), (&checked, "confirm")] {
            let fields = if button == "check" { SOUND } else { &[] };
            let again = browser.press(page, button, fields).await.is(422);
            again.says("<a href=\"#account_number\">");
            again.says("id=\"account_number-fault\"");
            assert_eq!(again.text.matches(REFUSAL).count(), 2, "summary and field: {}", again.text);
            assert_eq!(again.text.matches("class=\"fault\"").count(), 1);
            // What was entered is still there, but for the account number.
            again.says("value=\"A Lovelace\"");
            assert!(!again.text.contains("value=\"44779911\""));
        }
        assert_eq!(app.provider.seen("billing_requests").len(), 0, "nothing was told");
        let fitting: Vec<_> = SOUND.iter().chain(FITTING).copied().collect();
        let checked = browser.press(&form, "check", &fitting).await.is(200);
        browser.press(&checked, "confirm", &[]).await.leads_to(&format!("{link}/wait"));
        let sent = &app.provider.seen("collect_bank_account")[0];
        assert_eq!(sent["data"]["account_number"], "44779915");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_table_and_elsewhere_every_account_is_taken() {
    on_each_engine(async |app| {
        load(app).await;
        let link = app.some_link().await;
        let mut browser = app.browser();
        let form = browser.get(&link).await.is(200);
        let elsewhere: Vec<_> = SOUND.iter().chain(&[("sort_code", "20-00-10")]).copied().collect();
        browser.press(&form, "check", &elsewhere).await.is(200);
        browser.press(&form, "check", SOUND).await.is(422);
        assert!(modulus::remove(app.mandates.db()).await.expect("an answer"));
        browser.press(&form, "check", SOUND).await.is(200);
        assert!(!modulus::remove(app.mandates.db()).await.expect("an answer"));
    })
    .await;
}
