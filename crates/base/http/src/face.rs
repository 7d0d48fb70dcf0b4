//! How a surface wants its paths read and the door's own refusals written.
//!
//! Most of what [`Edge`](crate::Edge) refuses happens before any handler of a surface is asked: an unknown path, a
//! method that the path does not know, too much or too many. A surface whose clients expect these in another form than
//! `{"detail": "..."}`, or whose paths may be written in other ways than they are registered in, says so with a [`Face`].

use std::sync::Arc;

use axum::http::{Extensions, HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::error::ApiError;

/// A surface as the door sees it.
pub trait Face: Send + Sync {
    /// Whether a request for this path is the surface's. Asked of every request, so it should be quick.
    fn owns(&self, path: &str) -> bool;

    /// The URI that the router knows the path by; `None` when it is already written so.
    fn canonical(&self, uri: &Uri) -> Option<Uri>;

    /// Whether a client may speak HTTP/1.0. (Behind a proxy nobody is refused for it: it is the proxy who speaks.)
    fn takes_http_10(&self) -> bool {
        true
    }

    /// The id that a client of the surface has given its request, beside `X-Request-Id`.
    fn sent_id(&self, _headers: &HeaderMap) -> Option<Uuid> {
        None
    }

    /// The answer to what the door refuses.
    fn refuse(&self, refusal: &Refusal, id: RequestId) -> Response;
}

/// What the door refuses by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No route has this path.
    UnknownPath,
    /// The route does not know this method.
    WrongMethod(Method),
    /// The body is announced to be longer than this many bytes.
    TooLarge(usize),
    /// As many requests are being served as may be.
    Busy,
    /// The handler took longer than it may.
    TooSlow,
    /// The handler panicked; the log says where.
    Panicked,
    /// HTTP/1.0, which the surface does not speak.
    OldProtocol,
}

impl Refusal {
    /// The answer on paths that are no face's; a face may say the same in its own form
    /// ([`ApiError::into_texts`]).
    pub fn plain(&self) -> ApiError {
        match self {
            Self::UnknownPath => ApiError::not_found(),
            // The router adds the Allow header.
            Self::WrongMethod(method) => ApiError::method_not_allowed(method.as_str(), None),
            Self::TooLarge(max_bytes) => ApiError::too_large(*max_bytes),
            Self::Busy => ApiError::unavailable("The server is busy."),
            Self::TooSlow => ApiError::unavailable("The request took too long."),
            Self::Panicked => ApiError::internal_logged(),
            Self::OldProtocol => ApiError::bad_request("HTTP/1.1 is required."),
        }
    }
}

/// The id of a request on a path of a [`Face`]; an extension of the request there. `X-Request-Id` and the log have the
/// same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

/// Whose path a request has; an extension of the request.
#[derive(Clone)]
pub(crate) struct FaceOf(pub Arc<dyn Face>);

/// The answer to a refusal in the form of whoever owns the path of the request with these extensions.
pub fn refused(extensions: &Extensions, refusal: &Refusal) -> Response {
    let id = extensions.get::<RequestId>().copied().unwrap_or(RequestId(Uuid::nil()));
    match extensions.get::<FaceOf>() {
        Some(FaceOf(face)) => face.refuse(refusal, id),
        None => refusal.plain().into_response(),
    }
}
