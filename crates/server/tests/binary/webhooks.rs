//! A webhook from a real server to a real receiver, verified by the official library.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use florin_storage::testing::databases;
use serde_json::{Map, Value, json};

use crate::support::{Serving, create_tenant, florin_ok};

/// Takes one delivery and answers it.
fn receive(listener: &TcpListener) -> (Map<String, Value>, String) {
    let (stream, _) = listener.accept().unwrap();
    let mut stream = BufReader::new(stream);
    let mut headers = Map::new();
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert!(line.starts_with("POST /hook "), "{line}");
    loop {
        line.clear();
        stream.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), json!(value.trim()));
    }
    let length = headers["content-length"].as_str().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    stream.get_mut().write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
    (headers, String::from_utf8(body).unwrap())
}

/// What the library says; `None` when the test command has not installed it.
fn verdict(secret: &str, headers: &Map<String, Value>, body: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the test command says where the library is")]
    let python = std::env::var_os("FLORIN_TEST_PYTHON")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/webhooks/verify.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let delivery = json!({ "secret": secret, "headers": headers, "body": body });
    writeln!(child.stdin.take().unwrap(), "{delivery}").unwrap();
    let output = child.wait_with_output().unwrap();
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

#[test]
fn a_test_delivery_is_signed_as_the_official_library_expects() {
    for database in databases(&[]) {
        let url = database.url.as_str();
        create_tenant(url, "2023-04-21");
        let _server = Serving::start(url);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let hook = format!("http://{}/hook", listener.local_addr().unwrap());
        let made = florin_ok(&["webhook", "create", "--url", &hook, "--json", "--database", url]);
        let made: Value = serde_json::from_str(&made).unwrap();
        let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
        florin_ok(&["webhook", "test", id, "--database", url]);
        let (headers, body) = receive(&listener);
        match verdict(secret, &headers, &body) {
            Some(verdict) => assert_eq!(verdict, "ok", "{}: {headers:?} {body}", database.name),
            None => eprintln!("skipped: FLORIN_TEST_PYTHON names no Python with standardwebhooks"),
        }
        if let Some(verdict) = verdict(secret, &headers, &body.replacen('{', "{ ", 1)) {
            assert!(verdict.starts_with("refused"), "a changed body must be refused: {verdict}");
        }
    }
}
