//! The hosted page: a frame of HTML, a script and a style, built from `web/connect-page`.
//!
//! The session's token comes in the address and is taken out of it by the script; its id stays there for a reload. The frame
//! may be put into the partner's page and nobody else's: which one that is stands in the session.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use florin_connect::{Connect, Session};

use crate::caller::Parameters;
use crate::guid;
use crate::page::{FOREVER, file, html};

const SCRIPT: &str = include_str!("../../assets/connect.js");
const STYLE: &str = include_str!("../../assets/connect.css");

/// The frame, in which the files' names say which version they are of.
static FRAME: LazyLock<String> = LazyLock::new(|| {
    let versioned = |name: &str, content: &str| format!("{name}?v={}", version(content));
    include_str!("../../assets/connect.html")
        .replace("connect.js", &versioned("connect.js", SCRIPT))
        .replace("connect.css", &versioned("connect.css", STYLE))
});

fn version(content: &str) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// What the page may load and who may embed it.
fn policy(embedded_by: Option<&str>) -> String {
    let ancestors = embedded_by.unwrap_or("'none'");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'none'; base-uri 'none'; frame-ancestors {ancestors}; require-trusted-types-for 'script'"
    )
}

/// The address of the page for a session, after what clients type before the path.
pub fn hosted_page(session: &Session, token: &str) -> String {
    format!("/connect?visit={}&session={token}", guid::guid(session.id))
}

/// `GET /connect?visit=SES-...&session=...`, and without `session` when it is loaded again.
pub(super) async fn show(State(connect): State<Connect>, query: Parameters) -> Response {
    let token = query.get("session").filter(|token| token.len() <= 256);
    let id = query.get("visit").and_then(guid::read);
    // A session that is over is told of by the page itself.
    let origin = connect.embedding_origin(token, id).await.unwrap_or_default();
    html(StatusCode::OK, &policy(origin.as_deref()), FRAME.clone())
}

/// `GET /connect/assets/...`
pub(super) async fn asset(Path(name): Path<String>, query: Parameters) -> Response {
    let (kind, content) = match name.as_str() {
        "connect.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "connect.css" => ("text/css; charset=utf-8", STYLE),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let is_this_version = query.get("v") == Some(version(content).as_str());
    let cache = if is_this_version { FOREVER } else { HeaderValue::from_static("no-cache") };
    file(kind, cache, content)
}
