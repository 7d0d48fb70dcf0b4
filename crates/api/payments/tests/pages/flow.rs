//! The way from the link to the partner's page.

use std::time::Duration;

use florin_mandates::{Environment, FlowState, NewProviderAccount, Pages, Prefilled};
use jiff::SignedDuration;

use crate::app::{Browser, FAILURE_URL, Page, TestApp, on_each_engine, on_each_engine_within};
use crate::provider::REFUSED_ACCOUNT;

/// Sound details of a person.
pub const SOUND: &[(&str, &str)] = &[
    ("payer", "person"),
    ("given_name", "Ada"),
    ("family_name", "Lovelace"),
    ("email", "ada@example.com"),
    ("address_line1", "1 High Street"),
    ("address_line2", ""),
    ("city", "London"),
    ("postal_code", "N1 1AA"),
    ("account_holder_name", "A Lovelace"),
    ("sort_code", "20-00-00"),
    ("account_number", "44779911"),
    ("authorised", "yes"),
];

/// Sound details with some changed.
fn with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    SOUND.iter().chain(changes).copied().collect()
}

/// Fills in the form and confirms it; answers what the confirmation leads to.
async fn give(browser: &mut Browser, link: &str, details: &[(&str, &str)]) -> Page {
    let form = browser.get(link).await.is(200);
    let check = browser.press(&form, "check", details).await.is(200);
    browser.press(&check, "confirm", &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_is_given() {
    on_each_engine(async |app| {
        let (caller, _) = app.tenant("Northbank", Pages::Own).await;
        let link = app.link(&caller, |_| {}).await;
        let mut browser = app.browser();
        let form = browser.get(&link).await.is(200);
        form.says("<h1>Set up a Direct Debit</h1>");
        form.says("value=\"Ada\"");
        let check = browser.press(&form, "check", SOUND).await.is(200);
        check.says("<h1>Check your details</h1>");
        check.says("The Direct Debit Guarantee");
        check.says("<dd>20-00-00</dd>");
        check.says("<dd>ending in 11</dd>");
        assert!(!check.text.contains("44779911"));
        assert_eq!(
            app.provider.seen("billing_requests").len(),
            0,
            "nothing is told before it is confirmed"
        );
        let wait = format!("{link}/wait");
        let confirmed = browser.press(&check, "confirm", &[]).await;
        confirmed.leads_to(&wait);
        let done = browser.get(&wait).await.is(200);
        done.says("Your Direct Debit is set up");
        done.says(&format!("content=\"0;url={link}/continue\""));
        let mandates =
            app.mandates.list_mandates(&caller, Default::default()).await.expect("a list");
        let mandate = &mandates.items[0];
        assert_eq!((mandates.count, mandate.account_ending.as_str()), (1, "11"));
        assert!(mandate.reference.starts_with("MD"), "{}", mandate.reference);
        let onward = browser.get(&format!("{link}/continue")).await;
        let token = link.rsplit('/').next().expect("a token");
        let flow = app.mandates.open_flow(token).await.expect("the flow");
        let expected = format!(
            "https://lender.example/done?loan=7&mandate={}&flow={}&state=completed#top",
            mandate.id, flow.id
        );
        onward.leads_to(&expected);
        // Pressed once more, by somebody who is impatient; and the link is of no more use.
        browser.press(&check, "confirm", &[]).await.leads_to(&wait);
        browser.press(&form, "check", SOUND).await.leads_to(&wait);
        browser.press(&form, "cancel", &[]).await.leads_to(&wait);
        browser.get(&link).await.is(410).says("This link has been used");
        assert_eq!(app.provider.seen("fulfil").len(), 1);
        let sent = &app.provider.seen("collect_bank_account")[0];
        assert_eq!(sent["data"]["branch_code"], "200000");
        assert_eq!(sent["data"]["account_number"], "44779911");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_gives_its_name_alone() {
    on_each_engine(async |app| {
        let (caller, _) = app.tenant("Northbank", Pages::Own).await;
        let known = Prefilled { company_name: "Engines Ltd".to_owned(), ..Prefilled::default() };
        let link = app.link(&caller, |new| new.prefilled = known).await;
        let mut browser = app.browser();
        let form = browser.get(&link).await.is(200);
        form.says("id=\"payer-company\" checked");
        let details = with(&[("payer", "company"), ("company_name", "Engines Ltd")]);
        let check = browser.press(&form, "check", &details).await.is(200);
        check.says("<dd>Engines Ltd</dd>");
        browser.press(&check, "confirm", &[]).await.leads_to(&format!("{link}/wait"));
        let sent = &app.provider.seen("collect_customer_details")[0]["data"]["customer"];
        assert_eq!(
            (sent["company_name"].as_str(), sent.get("given_name")),
            (Some("Engines Ltd"), None)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_told_beside_its_field_and_nothing_is_lost() {
    on_each_engine(async |app| {
        let link = app.some_link().await;
        let mut browser = app.browser();
        let form = browser.get(&link).await.is(200);
        let bad = with(&[
            ("email", "nobody"),
            ("sort_code", "12"),
            ("postal_code", ""),
            ("authorised", ""),
        ]);
        let again = browser.press(&form, "check", &bad).await.is(422);
        again.says("<title>Error: Set up a Direct Debit – Northbank</title>");
        for field in ["email", "sort_code", "postal_code", "authorised"] {
            again.says(&format!("<a href=\"#{field}\">"));
            again.says(&format!("id=\"{field}-fault\""));
            assert!(again.text.contains(&format!("{field}-fault\">")), "{field} is described");
        }
        for value in ["nobody", "Ada", "Lovelace", "1 High Street", "London", "12", "A Lovelace"] {
            again.says(&format!("value=\"{value}\""));
        }
        assert!(!again.text.contains("value=\"44779911\""), "the account number is typed anew");
        let nothing = browser.press(&form, "check", &[]).await.is(422);
        assert_eq!(nothing.text.matches("class=\"fault\"").count(), 10);
        // Back from the check: everything is there but the account number.
        let check = browser.press(&again, "check", SOUND).await.is(200);
        let changed = browser.press(&check, "change", &[]).await.is(200);
        changed.says("value=\"A Lovelace\"");
        changed.says("value=\"200000\"");
        assert!(!changed.text.contains("value=\"44779911\""));
        assert!(!changed.text.contains("There is a problem"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_details_can_be_given_again_a_few_times() {
    on_each_engine(async |app| {
        let link = app.some_link().await;
        let mut browser = app.browser();
        let refused = with(&[("account_number", REFUSED_ACCOUNT)]);
        for _ in 0..4 {
            let again = give(&mut browser, &link, &refused).await.is(422);
            again.says("Your details were not accepted: Account number is invalid");
            again.says("value=\"1 High Street\"");
        }
        browser.get(&link).await.is(200).says("Account number is invalid");
        give(&mut browser, &link, &refused).await.leads_to(&format!("{link}/wait"));
        browser.get(&format!("{link}/wait")).await.is(200).says("No Direct Debit was set up");
        let onward = browser.get(&format!("{link}/continue")).await;
        assert!(
            onward.location.starts_with(&format!("{FAILURE_URL}?flow=")),
            "{}",
            onward.location
        );
        assert!(onward.location.ends_with("&state=failed"), "{}", onward.location);
        browser.get(&link).await.is(410).says("refused too often");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_takes_its_time_is_waited_for() {
    on_each_engine(async |app| {
        let link = app.some_link().await;
        let mut browser = app.browser();
        app.provider.set_down(true);
        let wait = format!("{link}/wait");
        give(&mut browser, &link, SOUND).await.leads_to(&wait);
        let waiting = browser.get(&wait).await.is(200);
        waiting.says(&format!("content=\"2;url={wait}\""));
        browser.get(&link).await.leads_to(&wait);
        browser.get(&format!("{link}/continue")).await.leads_to(&link);
        app.provider.set_down(false);
        app.wait(SignedDuration::from_mins(1));
        app.work().await;
        browser.get(&wait).await.is(200).says("Your Direct Debit is set up");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_never_answers_keeps_nobody() {
    on_each_engine_within(Duration::from_secs(3), async |app| {
        let link = app.some_link().await;
        let (caller, _) = app.tenant("Southbank", Pages::Provider).await;
        let elsewhere = app.link(&caller, |_| {}).await;
        let mut browser = app.browser();
        app.provider.set_silent(true);
        give(&mut browser, &link, SOUND).await.leads_to(&format!("{link}/wait"));
        browser.get(&elsewhere).await.is(502).says("Please try again in a minute");
        app.provider.set_silent(false);
        browser.get(&elsewhere).await.is(303);
        app.wait(SignedDuration::from_mins(1));
        app.work().await;
        browser.get(&format!("{link}/wait")).await.is(200).says("Your Direct Debit is set up");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_want_to_goes_back() {
    on_each_engine(async |app| {
        let link = app.some_link().await;
        let mut browser = app.browser();
        let form = browser.get(&link).await.is(200);
        browser.press(&form, "cancel", &[]).await.leads_to(&format!("{link}/wait"));
        browser.get(&format!("{link}/wait")).await.is(200).says("No Direct Debit was set up");
        let onward = browser.get(&format!("{link}/continue")).await;
        assert!(onward.location.starts_with(FAILURE_URL), "{}", onward.location);
        assert!(onward.location.ends_with("&state=exited"), "{}", onward.location);
        browser.get(&link).await.is(410).says("This link was cancelled");
        browser.press(&form, "check", SOUND).await.leads_to(&link);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_expire() {
    on_each_engine(async |app| {
        let link = app.some_link().await;
        let mut browser = app.browser();
        let form = browser.get(&link).await.is(200);
        let check = browser.press(&form, "check", SOUND).await.is(200);
        app.wait(SignedDuration::from_hours(7 * 24));
        browser.get(&link).await.is(410).says("This link has expired");
        browser.press(&check, "confirm", &[]).await.leads_to(&link);
        assert_eq!(app.provider.seen("billing_requests").len(), 0);
        let onward = browser.get(&format!("{link}/continue")).await;
        assert!(onward.location.ends_with("&state=expired"), "{}", onward.location);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_is_given_on_the_providers_page() {
    on_each_engine(async |app| {
        let (caller, _) = app.tenant("Northbank", Pages::Provider).await;
        let link = app.link(&caller, |_| {}).await;
        let mut browser = app.browser();
        let there = browser.get(&link).await.is(303).location;
        assert!(there.starts_with(&format!("{}/flow/", app.provider.url)), "{there}");
        browser.get(&link).await.leads_to(&there);
        let sent = app.provider.seen("billing_request_flows");
        assert_eq!(sent.len(), 1);
        let flow = &sent[0]["billing_request_flows"];
        assert_eq!(flow["redirect_uri"], format!("{}{link}/return", app.url));
        assert_eq!(flow["exit_uri"], format!("{}{link}/exit", app.url));
        // Back without having finished, and back before the provider knows.
        browser.get(&format!("{link}/exit")).await.is(200).says("You have not finished");
        browser.get(&format!("{link}/return")).await.is(200).says("http-equiv=\"refresh\"");
        let mut details: Vec<(&str, &str)> = SOUND.to_vec();
        details.push(("branch_code", "200000"));
        assert_eq!(browser.post_elsewhere(&there, &details).await, 303);
        browser.get(&format!("{link}/return")).await.leads_to(&format!("{link}/wait"));
        let onward = browser.get(&format!("{link}/continue")).await;
        assert!(onward.location.contains("&state=completed#top"), "{}", onward.location);
        browser.get(&format!("{link}/exit")).await.leads_to(&format!("{link}/wait"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_providers_page_can_cancel() {
    on_each_engine(async |app| {
        let (caller, _) = app.tenant("Northbank", Pages::Provider).await;
        let link = app.link(&caller, |_| {}).await;
        let mut browser = app.browser();
        let left = browser.get(&format!("{link}/exit")).await.is(200);
        browser.press(&left, "check", SOUND).await.leads_to(&format!("{link}/wait"));
        browser.press(&left, "cancel", &[]).await.leads_to(&format!("{link}/wait"));
        browser.get(&link).await.is(410).says("This link was cancelled");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_is_told_in_words() {
    on_each_engine(async |app| {
        let (caller, _) = app.tenant("Northbank", Pages::Provider).await;
        let link = app.link(&caller, |_| {}).await;
        app.provider.set_down(true);
        let mut browser = app.browser();
        browser.get(&link).await.is(502).says("Please try again in a minute");
        app.provider.set_down(false);
        browser.get(&link).await.is(303);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_replaced_still_serves_its_links() {
    on_each_engine(async |app: &TestApp| {
        let (caller, _) = app.tenant("Northbank", Pages::Own).await;
        let link = app.link(&caller, |_| {}).await;
        let newer = NewProviderAccount {
            environment: Environment::Sandbox,
            base_url: None,
            is_simulator: None,
            access_token: florin_crypto::Secret::from_text("another"),
            webhook_secret: florin_crypto::Secret::from_text("another"),
            creditor: None,
            pages: Pages::Provider,
        };
        app.mandates.set_account(&caller, newer).await.expect("an account");
        let mut browser = app.browser();
        give(&mut browser, &link, SOUND).await.leads_to(&format!("{link}/wait"));
        let token = link.rsplit('/').next().expect("a token");
        let flow = app.mandates.open_flow(token).await.expect("the flow");
        assert_eq!(flow.state, FlowState::Completed);
    })
    .await;
}
