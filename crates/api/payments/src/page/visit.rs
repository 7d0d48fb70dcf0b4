//! Who has come by which link.

use axum::extract::{FromRequestParts, Path};
use axum::http::header::{COOKIE, HeaderName, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use florin_http::{Mode, base_url};
use florin_mandates::MandateFlow;
use florin_tenancy::get_tenant;

use super::answer::Trouble;
use super::guard::Browser;
use super::html::{Frame, Sending};
use crate::PaymentsApi;

/// Longer texts are no token of ours and are not even hashed.
const TOKEN_LENGTH_MAX: usize = 128;
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A request by a link that was given out.
pub(super) struct Visit {
    /// The link's token.
    pub token: String,
    /// What it opens.
    pub flow: MandateFlow,
    /// Who collects.
    pub lender: String,
    /// What the browser is recognised by.
    pub browser: Browser,
    /// Whether the browser says that another site made it come.
    pub is_cross_site: bool,
    /// Scheme and host as the browser sees them.
    base_url: String,
    /// The path of the page.
    page: String,
}

impl FromRequestParts<PaymentsApi> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, api: &PaymentsApi) -> Result<Self, Trouble> {
        let path = Path::<String>::from_request_parts(parts, api).await;
        let Path(token) = path.map_err(|_| Trouble::Unknown)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if token.len() > TOKEN_LENGTH_MAX || !token.chars().all(is_plain) {
            return Err(Trouble::Unknown);
        }
        let flow = api.mandates.open_flow(&token).await?;
        let tenant = get_tenant(api.http.db(), flow.tenant).await;
        let lender = tenant.map_err(|error| Trouble::internal(&error))?.name;
        let text = |name: HeaderName| text(&parts.headers, &name);
        Ok(Self {
            browser: Browser::of(text(COOKIE)),
            is_cross_site: text(FETCH_SITE)
                .is_some_and(|site| matches!(site, "cross-site" | "same-site")),
            base_url: base_url(parts, &api.http),
            page: format!("/mandates/{token}"),
            token,
            flow,
            lender,
        })
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

impl Visit {
    /// The path of the page and what follows it.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.page)
    }

    /// The same with scheme and host, for others.
    pub(super) fn url(&self, rest: &str) -> String {
        format!("{}{}{rest}", self.base_url, self.page)
    }

    /// What every page says.
    pub(super) fn frame(&self, api: &PaymentsApi) -> Frame<'_> {
        Frame { lender: &self.lender, is_sandbox: api.http.mode() == Mode::Sandbox }
    }

    /// Where the page's form goes, and the proof that this browser was shown it.
    pub(super) fn sending(&self, api: &PaymentsApi) -> Sending<'_> {
        Sending { path: &self.page, proof: self.browser.proof(&api.keys, &self.token) }
    }

    /// The answer with the browser's cookie, where it has none yet.
    pub(super) fn remembered(&self, mut response: Response) -> Response {
        let cookie = self.browser.set_cookie(self.base_url.starts_with("https://"));
        if let Some(value) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
            response.headers_mut().append(SET_COOKIE, value);
        }
        response
    }
}
