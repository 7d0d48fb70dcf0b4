//! `florin serve`: ready, answering, and ending in order.

use florin_storage::testing::databases;
use serde_json::json;

use crate::support::{
    Serving, create_tenant, florin, florin_ok, lending_key, paid_out_loan, stderr,
};

#[test]
fn health_figures_and_documents_are_served() {
    for database in databases(&[]) {
        let server = Serving::start(&database.url);
        let mut client = server.client("");
        assert_eq!(client.get("/health/live"), json!({ "status": "ok" }));
        assert_eq!(client.get("/health/ready")["status"], "ok");
        let openapi = client.get("/openapi/lending.json");
        assert!(openapi["paths"]["/api/v1/product/"].is_object());
        let docs = client.get("/docs/");
        let page = docs.as_str().unwrap();
        assert!(page.contains("swagger-ui"), "{page}");
        assert!(!page.contains("https://"), "the page must work offline: {page}");
        let figures = client.get("/metrics");
        let figures = figures.as_str().unwrap();
        assert!(figures.contains("florin_http_requests_total"), "{figures}");
        let (status, _) = client.send("GET", "/api/v1/product/", None).unwrap();
        assert_eq!(status, 401);
    }
}

#[test]
fn a_request_under_way_is_answered_before_the_server_ends() {
    for database in databases(&[]) {
        let key = lending_key(&create_tenant(&database.url, "2023-04-21"));
        let server = Serving::start(&database.url);
        let mut client = server.client(&key);
        let loan = paid_out_loan(&mut client);
        let mut waiting = server.client(&key);
        let (started, is_started) = std::sync::mpsc::channel();
        let advancing = std::thread::spawn(move || {
            waiting.get("/sandbox/v1/clock/");
            started.send(()).unwrap();
            waiting.send("POST", "/sandbox/v1/clock/advance/", Some(&json!({ "days": 100 })))
        });
        is_started.recv().unwrap();
        // The run has begun once the clock's target is set.
        crate::support::wait_for("the run", || {
            (client.get("/sandbox/v1/clock/")["target"] == "2023-07-30").then_some(())
        });
        server.terminate();
        let (status, answer) = advancing.join().unwrap().unwrap();
        assert_eq!(status, 200, "{answer}");
        assert!(answer.contains("2023-07-30"), "{answer}");
        let (code, rest) = server.wait();
        assert_eq!(code, Some(0));
        assert_eq!(rest, "", "one line is printed and no more");

        let again = Serving::start(&database.url);
        let loan = again.client(&key).get(&format!("/api/v1/loan/{loan}/"));
        assert_eq!(loan["status"], "active");
        assert_eq!(loan["principal"].to_string(), "6100.10");
    }
}

#[test]
fn an_address_that_is_taken_is_told() {
    let server = Serving::start("sqlite::memory:");
    let address = server.address.to_string();
    let output = florin(&["serve", "--database", "sqlite::memory:", "--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("choose one with --listen"), "{}", stderr(&output));
}

/// The loan of the document's second table, with the interest that it prints (its columns' own sum).
fn check_story(told: &str) {
    for part in ["2081.79", "434.69", "Interest income", "The loan is closed with 0.00"] {
        assert!(told.contains(part), "{part} is missing:\n{told}");
    }
}

#[test]
fn the_demo_tells_its_story_alone_and_against_a_server() {
    check_story(&florin_ok(&["demo"]));
    for database in databases(&[]) {
        let key = lending_key(&create_tenant(&database.url, "2023-01-01"));
        let server = Serving::start(&database.url);
        let url = format!("http://{}", server.address);
        check_story(&florin_ok(&["demo", "--url", &url, "--api-key", &key]));
        let verified = florin_ok(&["ledger", "verify", "--database", &database.url]);
        assert!(verified.starts_with("The ledger is proven"), "{verified}");
    }
}

#[test]
fn the_demo_says_what_to_do_when_it_cannot_play() {
    let output = florin(&["demo", "--url", "http://127.0.0.1:9", "--api-key", "x"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("`florin serve` starts one"), "{}", stderr(&output));
}
