use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::routing::get;
use florin_calendar::FixedClock;
use florin_storage::{Db, DbOptions};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::state::{HttpOptions, Mode};

fn edge(change: impl FnOnce(&mut HttpOptions)) -> Edge {
    let mut options = HttpOptions::of(Mode::Sandbox);
    change(&mut options);
    let db = Db::open("sqlite::memory:", &DbOptions::default()).expect("a database");
    let clock = Arc::new(FixedClock::new(Timestamp::UNIX_EPOCH));
    let state = HttpState::new(db, clock, options);
    let router = Router::new()
        .route("/thing", get(|| async { "thing" }).post(|| async { "made" }))
        .route("/things/{id}", get(|| async { "one" }))
        .route("/panic", get(|| async { panics() }))
        .route("/never", get(std::future::pending::<()>));
    Edge::new(router, &state)
}

fn panics() -> &'static str {
    panic!("on purpose")
}

async fn call(edge: &Edge, method: Method, path: &str) -> Response {
    let request = Request::builder().method(method).uri(path).body(Body::empty());
    let Ok(response) = edge.clone().call(request.expect("a request")).await;
    response
}

async fn text(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), 10_000).await.expect("a body");
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn both_forms_of_a_path_are_one() {
    let check = |uri: &str, expected: Option<&str>| {
        let uri: Uri = uri.parse().expect("a URI");
        let got = without_slash(&uri).map(|uri| uri.to_string());
        assert_eq!(got.as_deref(), expected, "{uri}");
    };
    check("/", None);
    check("/a", None);
    check("/a/", Some("/a"));
    check("/a//", Some("/a"));
    check("//", Some("/"));
    check("/a/b/?x=1&y=/", Some("/a/b?x=1&y=/"));
    check("/a?x=/", None);
    check("/docs/", None);
    check("http://h/a/?x=1", Some("http://h/a?x=1"));
}

#[tokio::test]
async fn unknown_paths_and_methods_answer_in_the_common_form() {
    let edge = edge(|_| {});
    for path in ["/thing", "/thing/", "/things/5/"] {
        assert_eq!(call(&edge, Method::GET, path).await.status(), StatusCode::OK, "{path}");
    }
    for path in ["/", "/nothing", "/thing/5", "/things//"] {
        let response = call(&edge, Method::GET, path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(text(response).await, r#"{"detail":"Not found."}"#, "{path}");
    }
    let response = call(&edge, Method::PUT, "/thing/").await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "GET,HEAD,POST");
    assert_eq!(text(response).await, r#"{"detail":"Method \"PUT\" not allowed."}"#);
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    let edge = edge(|_| {});
    let response = call(&edge, Method::GET, "/panic").await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(response.headers().contains_key(&REQUEST_ID));
    assert_eq!(text(response).await, r#"{"detail":"Internal error."}"#);
}

#[tokio::test]
async fn what_takes_too_long_or_comes_too_often_is_refused() {
    let slow = edge(|options| options.limits.time_out = Duration::from_millis(1));
    let response = call(&slow, Method::GET, "/never").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(text(response).await, r#"{"detail":"The request took too long."}"#);
    let full = edge(|options| options.limits.concurrency = 0);
    let response = call(&full, Method::GET, "/thing").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(text(response).await, r#"{"detail":"The server is busy."}"#);
}

#[tokio::test]
async fn an_announced_long_body_is_refused_before_it_is_read() {
    let edge = edge(|options| options.limits.body_bytes = 10);
    let request = Request::builder().method(Method::POST).uri("/thing");
    let request = request.header("content-length", "11").body(Body::empty());
    let Ok(response) = edge.clone().call(request.expect("a request")).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn who_is_refused_while_sending_can_send_on_and_read_why() {
    let edge = edge(|options| options.limits.body_bytes = 1_000_000);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = axum::serve(listener, edge.into_make_service());
    tokio::spawn(async move { serving.await });
    let mut client = TcpStream::connect(address).await.expect("a connection");
    // More than the system keeps for a server that does not read: whoever is cut off notices while sending.
    let long = vec![b'x'; 32 << 20];
    for (path, length, expected) in [
        ("/thing", long.len(), "HTTP/1.1 413 "),
        ("/nothing", 999_999, "HTTP/1.1 404 "),
        ("/thing", 999_999, "HTTP/1.1 200 "),
        ("/thing", 0, "HTTP/1.1 200 "),
    ] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        client.write_all(head.as_bytes()).await.expect("a head is taken");
        client.write_all(&long[..length]).await.expect("the body is taken");
        let mut answer = vec![0; 4096];
        let read = client.read(&mut answer).await.expect("an answer");
        let answer = String::from_utf8_lossy(&answer[..read]);
        assert!(answer.starts_with(expected), "{path} {length}: {answer}");
    }
}

/// A surface under `/Odd/` that knows its paths in small letters and answers in plain text.
struct OddFace;

impl Face for OddFace {
    fn owns(&self, path: &str) -> bool {
        path.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("/odd/"))
    }

    fn canonical(&self, uri: &Uri) -> Option<Uri> {
        uri.path().to_ascii_lowercase().parse().ok()
    }

    fn takes_http_10(&self) -> bool {
        false
    }

    fn refuse(&self, refusal: &Refusal, RequestId(id): RequestId) -> Response {
        (StatusCode::IM_A_TEAPOT, format!("{refusal:?} {}", id.get_version_num())).into_response()
    }
}

fn odd_edge(change: impl FnOnce(&mut HttpOptions)) -> Edge {
    let mut options = HttpOptions::of(Mode::Sandbox);
    change(&mut options);
    let db = Db::open("sqlite::memory:", &DbOptions::default()).expect("a database");
    let state = HttpState::new(db, Arc::new(FixedClock::new(Timestamp::UNIX_EPOCH)), options);
    let shown =
        |axum::Extension(RequestId(id)): axum::Extension<RequestId>| async move { id.to_string() };
    let router = Router::new()
        .route("/odd/thing", get(shown))
        .route("/odd/panic", get(|| async { panics() }))
        .route("/odd/never", get(std::future::pending::<()>))
        .route("/thing", get(|| async { "thing" }));
    Edge::with_faces(router, &state, vec![Arc::new(OddFace)])
}

#[tokio::test]
async fn a_surface_reads_its_paths_and_writes_the_doors_refusals_itself() {
    let edge = odd_edge(|_| {});
    let response = call(&edge, Method::GET, "/ODD/Thing").await;
    assert_eq!(response.status(), StatusCode::OK);
    let id = response.headers()[&REQUEST_ID].to_str().expect("text").to_owned();
    assert_eq!(text(response).await, id);
    let check = async |edge: &Edge, method: Method, path: &str, expected: &str| {
        let response = call(edge, method, path).await;
        assert_eq!(response.status(), StatusCode::IM_A_TEAPOT, "{path}");
        assert_eq!(text(response).await, format!("{expected} 8"), "{path}");
    };
    check(&edge, Method::GET, "/odd/nothing", "UnknownPath").await;
    check(&edge, Method::GET, "/odd/%FF", "UnknownPath").await;
    check(&edge, Method::GET, "/odd/a%00", "UnknownPath").await;
    check(&edge, Method::PUT, "/odd/thing", "WrongMethod(PUT)").await;
    check(&edge, Method::GET, "/odd/panic", "Panicked").await;
    let slow = odd_edge(|options| options.limits.time_out = Duration::from_millis(1));
    check(&slow, Method::GET, "/odd/never", "TooSlow").await;
    let full = odd_edge(|options| options.limits.concurrency = 0);
    check(&full, Method::GET, "/odd/thing", "Busy").await;
    let response = call(&edge, Method::GET, "/nothing").await;
    assert_eq!(text(response).await, r#"{"detail":"Not found."}"#);
}

#[tokio::test]
async fn an_old_protocol_is_refused_where_a_surface_says_so_unless_a_proxy_speaks_it() {
    let check = async |behind_proxy: bool, path: &str, expected: StatusCode| {
        let edge = odd_edge(|options| options.behind_proxy = behind_proxy);
        let request = Request::builder().version(Version::HTTP_10).uri(path).body(Body::empty());
        let Ok(response) = edge.clone().call(request.expect("a request")).await;
        assert_eq!(response.status(), expected, "{path}, behind a proxy: {behind_proxy}");
    };
    check(false, "/odd/thing", StatusCode::IM_A_TEAPOT).await;
    check(true, "/odd/thing", StatusCode::OK).await;
    check(false, "/thing", StatusCode::OK).await;
}

#[tokio::test]
async fn a_clients_own_uuid_is_the_requests_id() {
    let sent = "0191f0c4-7b1a-7cc3-9a52-0d5d1f7e2a10";
    let request = Request::builder().uri("/odd/thing").header(REQUEST_ID, sent).body(Body::empty());
    let Ok(response) = odd_edge(|_| {}).call(request.expect("a request")).await;
    assert_eq!(text(response).await, sent);
}
