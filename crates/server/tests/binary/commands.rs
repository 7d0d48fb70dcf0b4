//! Commands that need a database and no server.

use florin_storage::testing::databases;
use serde_json::Value;

use crate::support::{create_tenant, florin, florin_ok, stderr};

#[test]
fn a_tenant_is_created_with_keys_in_a_stable_shape() {
    for database in databases(&[]) {
        let tenant = create_tenant(&database.url, "2023-04-21");
        let keys =
            |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
        let mut shape = keys(&tenant);
        shape.sort();
        assert_eq!(
            shape,
            ["connect", "external_accounts", "lending", "name", "savings", "tenant_id"]
        );
        assert_eq!(keys(&tenant["lending"]), ["api_key"]);
        assert_eq!(keys(&tenant["external_accounts"]), ["key", "secret"]);
        assert_eq!(keys(&tenant["savings"]), ["token"]);
        let mut connect = keys(&tenant["connect"]);
        connect.sort();
        assert_eq!(connect, ["api_key", "client_id"]);

        let listed = florin_ok(&["tenant", "list", "--json", "--database", &database.url]);
        let listed: Value = serde_json::from_str(&listed).unwrap();
        assert_eq!(listed[0]["tenant_id"], tenant["tenant_id"]);
        assert_eq!(listed[0]["business_date"], "2023-04-21");
        assert_eq!(listed[0]["simulated_clock"], true);
    }
}

#[test]
fn keys_are_made_listed_and_revoked() {
    for database in databases(&[]) {
        let url = database.url.as_str();
        create_tenant(url, "2023-04-21");
        let made = florin_ok(&["key", "create", "--scope", "read", "--json", "--database", url]);
        let made: Value = serde_json::from_str(&made).unwrap();
        let id = made["id"].as_str().unwrap();
        let secret = made["credential"]["api_key"].as_str().unwrap();
        let listed = || florin_ok(&["key", "list", "--json", "--database", url]);
        assert!(listed().contains(id));
        assert!(!listed().contains(secret), "a secret is shown once");
        florin_ok(&["key", "revoke", id, "--database", url]);
        let all: Value = serde_json::from_str(&listed()).unwrap();
        let revoked = all.as_array().unwrap().iter().find(|key| key["id"] == id).unwrap();
        assert!(revoked["revoked_at"].is_string());
    }
}

#[test]
fn a_tenant_must_be_named_when_there_are_several() {
    let database = &databases(&[])[0];
    let url = database.url.as_str();
    let none = florin(&["key", "list", "--database", url]);
    assert!(stderr(&none).contains("florin tenant create"), "{}", stderr(&none));
    let tenant = create_tenant(url, "2023-04-21");
    create_tenant(url, "2023-04-21");
    let several = florin(&["key", "list", "--database", url]);
    assert_eq!(several.status.code(), Some(2));
    assert!(stderr(&several).contains("--tenant"), "{}", stderr(&several));
    let id = tenant["tenant_id"].as_str().unwrap();
    florin_ok(&["key", "list", "--tenant", id, "--database", url]);
}

#[test]
fn an_empty_ledger_proves() {
    for database in databases(&[]) {
        let printed = florin_ok(&["ledger", "verify", "--database", &database.url]);
        assert!(printed.starts_with("The ledger is proven"), "{printed}");
    }
}

#[test]
fn a_bad_setting_is_named_with_its_place() {
    let check = |args: &[&str], env: Option<(&str, &str)>, expected: &str| {
        let mut command = crate::support::command(args);
        if let Some((name, value)) = env {
            command.env(name, value);
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty());
    };
    let memory = ["serve", "--database", "sqlite::memory:"];
    let with = |more: &[&'static str]| [&memory[..], more].concat();
    check(&with(&["--listen", "7070"]), None, "--listen is \"7070\"");
    check(&with(&["--mode", "test"]), None, "Expected sandbox or production");
    check(&with(&["--log", "=nonsense="]), None, "--log is");
    check(&["serve"], Some(("FLORIN_DATABASE", "mysql://x:pw@y/z")), "FLORIN_DATABASE");
    check(&memory, Some(("FLORIN_WORKERS", "many")), "FLORIN_WORKERS is \"many\"");
    check(&with(&["--config", "/nonexistent/florin.toml"]), None, "--config /nonexistent");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("florin.toml");
    let file = file.to_str().unwrap();
    std::fs::write(file, "lisen = \"127.0.0.1:1\"\n").unwrap();
    let args = [&memory[..], &["--config", file]].concat();
    check(&args, None, "\"lisen\", which is no setting");
    std::fs::write(file, "body_limit_bytes = 1\n").unwrap();
    check(&args, None, "body_limit_bytes in ");
}

#[test]
fn a_database_that_cannot_be_opened_is_told() {
    let output = florin(&["tenant", "list", "--database", "sqlite:/nonexistent/folder/x.db"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the folder must exist"), "{}", stderr(&output));
}
