//! Requests as they come over the wire: chunked, absolute, old, odd.

use base64_of::basic;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::app::{TestApp, on_each_engine};

/// Sends these bytes and reads the answer to its end.
pub async fn raw(app: &TestApp, request: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(app.address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("it is sent");
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let length = stream.read(&mut buffer).await.expect("it is read");
        answer.extend_from_slice(&buffer[..length]);
        if length == 0 || is_whole(&answer) {
            break;
        }
    }
    let text = String::from_utf8(answer).expect("text");
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let body = text.split_once("\r\n\r\n").expect("a head").1;
    (status, serde_json::from_str(body).unwrap_or_else(|_| panic!("no JSON: {text}")))
}

/// Whether the head and a body of the announced length are there.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length
        .and_then(|length| length.trim().parse().ok())
        .is_some_and(|length: usize| body.len() >= length)
}

/// `Authorization` of a Basic pair.
pub mod base64_of {
    /// `Basic base64(credential)`.
    pub fn basic(credential: &str) -> String {
        const LETTERS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::from("Basic ");
        for chunk in credential.as_bytes().chunks(3) {
            let bytes = [chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)];
            let bits = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
            for place in 0..4 {
                let letter = LETTERS[(bits >> (18 - 6 * place)) as usize & 63];
                text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
            }
        }
        text
    }
}

#[tokio::test]
async fn a_client_behind_a_proxy_setting_sends_absolute_targets_and_chunks() {
    on_each_engine(async |app| {
        let bank = app.bank("proxy").await;
        let authorization = basic(bank.credential.as_deref().expect("a credential"));
        let chunks = [r#"{"firstName":"#, r#""Brock","lastName":"Weaver","#, r#""tag":null}"#];
        let body: String =
            chunks.iter().map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len())).collect();
        let request = format!(
            "POST https://sandbox.example.com:443/customer/create HTTP/1.1\r\n\
             Host: sandbox.example.com\r\nAuthorization: {authorization}\r\n\
             Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\
             Connection: close\r\n\r\n{body}0\r\n\r\n"
        );
        let (status, answer) = raw(app, &request).await;
        assert_eq!(status, 201, "{answer}");
        let customer = answer["data"]["customerId"].as_i64().expect("an integer");
        let request = format!(
            "GET https://sandbox.example.com:443/externalaccount/list/{customer} HTTP/1.1\r\n\
             Host: sandbox.example.com\r\nAuthorization: {authorization}\r\nConnection: close\r\n\r\n"
        );
        let (status, answer) = raw(app, &request).await;
        assert_eq!((status, &answer["data"]), (200, &serde_json::json!([])), "{answer}");
        let broken = request.replace(&authorization, "Basic !!!").replace("/list/", "//LIST//");
        let (status, answer) = raw(app, &broken).await;
        assert_eq!((status, answer["errors"][0]["code"].as_u64()), (401, Some(50401)), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_is_told_to_go_on() {
    on_each_engine(async |app| {
        let bank = app.bank("expect").await;
        let authorization = basic(bank.credential.as_deref().expect("a credential"));
        let body = r#"{"firstName":"Brock","lastName":"Weaver"}"#;
        let head = format!(
            "POST /customer/create HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\
             Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(app.address).await.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("it is sent");
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).await.expect("it is read");
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(body.as_bytes()).await.expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it is read");
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_chunked_body_is_bounded_too() {
    on_each_engine(async |app| {
        let bank = app.bank("chunks").await;
        let authorization = basic(bank.credential.as_deref().expect("a credential"));
        let chunk = "x".repeat(64 * 1024);
        let body: String = std::iter::repeat_n(format!("10000\r\n{chunk}\r\n"), 17).collect();
        let request = format!(
            "POST /customer/create HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\
             Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{body}0\r\n\r\n"
        );
        let (status, answer) = raw(app, &request).await;
        assert_eq!((status, answer["errors"][0]["code"].as_u64()), (413, Some(59949)), "{answer}");
    })
    .await;
}
