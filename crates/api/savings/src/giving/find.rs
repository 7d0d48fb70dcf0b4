//! The fund that a visit is for: found by a handle of today or of before, and not by trying one after another.

use std::time::Duration;

use axum::http::header::{CACHE_CONTROL, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use florin_http::{ApiError, HttpState};
use florin_savings::SavingsError;
use florin_savings::page::PublicFund;

use super::{FromRef, SavingsApi, Visit, html, page};

impl Visit {
    /// The fund that everybody may see; else the answer: where its page is now, that there is none, or to wait.
    pub(super) async fn fund(&self, api: &SavingsApi) -> Result<PublicFund, Response> {
        if let Some(response) = self.wait(api) {
            return Err(response);
        }
        match api.savings.public_fund(self.handle()).await {
            Ok(found) if found.fund.handle == self.handle() => Ok(found),
            Ok(found) => Err(self.moved_to(&found.fund.handle)),
            Err(error) => Err(self.missed(api, &error)),
        }
    }

    /// The answer to whoever has asked for many pages that there are not: what there is is not told either.
    fn wait(&self, api: &SavingsApi) -> Option<Response> {
        let now = HttpState::from_ref(api).now();
        let seconds = api.misses.check(self.address?, now).err()?;
        let text = "Many pages were asked for from your network that there are not. Please come back later.";
        Some(self.throttled(text, seconds))
    }

    /// The answer to what failed; a page that there is not counts.
    fn missed(&self, api: &SavingsApi, error: &SavingsError) -> Response {
        if let (SavingsError::NotFound(_), Some(address)) = (error, self.address) {
            // What comes after it is refused, not this.
            let _ = api.misses.pass(address, HttpState::from_ref(api).now());
        }
        self.refused(error)
    }

    /// Too much was asked for from one network.
    pub(super) fn throttled(&self, text: &str, seconds: i64) -> Response {
        if !self.takes_html {
            let wait = Duration::from_secs(seconds.unsigned_abs());
            return ApiError::throttled(wait).into_response();
        }
        let markup = html::notice(self.frame(), "Please wait a moment", text);
        let mut response = page(StatusCode::TOO_MANY_REQUESTS, None, markup);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        response
    }

    /// The same page under the handle that the fund has now.
    fn moved_to(&self, handle: &str) -> Response {
        let rest = self.path.get(1 + self.name.len()..).unwrap_or_default();
        let mut response = StatusCode::MOVED_PERMANENTLY.into_response();
        // Handles are plain ASCII. A browser must not keep it: a fund can take a former handle again.
        if let Ok(location) = HeaderValue::from_str(&format!("/{handle}{rest}")) {
            response.headers_mut().insert(LOCATION, location);
        }
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
