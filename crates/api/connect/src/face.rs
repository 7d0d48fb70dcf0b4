//! What the door answers on this surface's paths before any handler is asked, in this surface's form.

use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use florin_http::{Face, RequestId, without_slash};

use crate::error::Refusal;

const PREFIX: &str = "/connect/v1";

/// The Connect surface as [`florin_http::Edge`] sees it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConnectFace;

impl Face for ConnectFace {
    fn owns(&self, path: &str) -> bool {
        path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn canonical(&self, uri: &Uri) -> Option<Uri> {
        without_slash(uri)
    }

    fn refuse(&self, refusal: &florin_http::Refusal, _id: RequestId) -> Response {
        Refusal::from(refusal.plain()).into_response()
    }
}
