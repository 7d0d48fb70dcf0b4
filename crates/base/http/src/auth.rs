//! Who is calling: extractors that turn a request's credential into a [`Caller`].
//!
//! In this order: is there a credential (401), is it good (401, and an address that guesses is
//! slowed down: 429), does it open this surface (403), from this address (403), for this method
//! (403), and is its allowance left (429).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRef, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use florin_calendar::monotonic;
use florin_tenancy::{AuthenticatedKey, Caller, Surface, TenancyError};
use uuid::Uuid;

use crate::error::{ApiError, chain};
use crate::state::HttpState;

/// The scope of a key that may look.
pub const SCOPE_READ: &str = "read";
/// The scope of a key that may change (and look).
pub const SCOPE_WRITE: &str = "write";

const CHALLENGE: &str = "ApiKey realm=\"Florin\"";
const API_KEY_HEADER: &str = "x-api-key";
/// Longer credentials are not ours and are not even hashed.
const CREDENTIAL_LENGTH_MAX: usize = 512;

/// The caller of the lending surface, by `X-Api-Key`.
#[derive(Debug, Clone)]
pub struct LendingCaller(pub Caller);

/// The caller of what all surfaces share (events, webhooks, the sandbox clock): any key of the
/// tenant, sent as its own surface wants it.
#[derive(Debug, Clone)]
pub struct AnyCaller(pub Caller);

impl<S> FromRequestParts<S> for LendingCaller
where
    HttpState: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let state = HttpState::from_ref(state);
        let presented = api_key(&parts.headers);
        Ok(Self(admit(&state, parts, presented, Some(Surface::Lending)).await?))
    }
}

impl<S> FromRequestParts<S> for AnyCaller
where
    HttpState: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let state = HttpState::from_ref(state);
        let presented = api_key(&parts.headers).or_else(|| authorization(&parts.headers));
        Ok(Self(admit(&state, parts, presented, None).await?))
    }
}

/// The caller of a surface whose credential is sent in `Authorization`, for surfaces that refuse in a form of their own.
///
/// # Errors
/// 401 without a good credential, 403 when it does not open this surface, 429 when its allowance is used up.
pub async fn admit_authorized(
    state: &HttpState,
    parts: &Parts,
    surface: Surface,
) -> Result<Caller, ApiError> {
    Ok(admit(state, parts, authorization(&parts.headers), Some(surface)).await?)
}

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// It carries no credential.
    Missing,
    /// Nobody owns its credential, or it is revoked.
    Unknown,
    /// The key is for another surface.
    OtherSurface,
    /// The key may not be used from this address.
    Address,
    /// The key's scopes do not cover the method.
    Scope,
    /// The key's allowance is used up, or the address has guessed too often; how long to wait.
    Throttled(Duration),
    /// The database takes no more questions now, or none any more.
    Busy,
    /// Nobody could be asked; what it was stands in the log.
    Failed,
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Missing => {
                Self::unauthenticated("Authentication credentials were not provided.", CHALLENGE)
            }
            Denied::Unknown => Self::unauthenticated("Invalid API key.", CHALLENGE),
            Denied::OtherSurface => Self::forbidden("This API key is for another API."),
            Denied::Address => Self::forbidden("This API key may not be used from this address."),
            Denied::Scope => Self::forbidden("You do not have permission to perform this action."),
            Denied::Throttled(wait) => Self::throttled(wait),
            Denied::Busy => Self::unavailable("The server is busy."),
            Denied::Failed => Self::internal_logged(),
        }
    }
}

/// Finds the key behind a credential and checks that it may do this; of any surface when none is named.
///
/// # Errors
/// Why it may not.
pub async fn admit(
    state: &HttpState,
    parts: &Parts,
    presented: Option<String>,
    surface: Option<Surface>,
) -> Result<Caller, Denied> {
    let presented = presented.ok_or(Denied::Missing)?;
    let address = client_address(parts, state.options().behind_proxy);
    let key = authenticate(state, &presented, address).await?;
    if surface.is_some_and(|surface| surface != key.surface) {
        return Err(Denied::OtherSurface);
    }
    if key.is_bound_to_addresses() && !address.is_some_and(|a| key.allows_address(a)) {
        return Err(Denied::Address);
    }
    if !may(&key, &parts.method) {
        return Err(Denied::Scope);
    }
    state.key_throttle().take(&key.key_id).map_err(Denied::Throttled)?;
    Ok(key.caller(state.now()))
}

async fn authenticate(
    state: &HttpState,
    presented: &str,
    address: Option<IpAddr>,
) -> Result<Arc<AuthenticatedKey>, Denied> {
    let closed = address.and_then(|a| state.failure_gate().closed_for(a, monotonic()));
    // A good key still works from an address that guesses, but such an address waits its turn.
    let _turn = match closed {
        Some(_) => Some(state.slow_lane().lock().await),
        None => None,
    };
    let found = if presented.len() > CREDENTIAL_LENGTH_MAX {
        None
    } else {
        state.authenticator().authenticate(None, presented).await.map_err(|error| {
            use florin_storage::StorageError::{Closed, Overloaded};
            if let TenancyError::Storage(Closed | Overloaded { .. }) = error {
                return Denied::Busy;
            }
            tracing::error!(error = %chain(&error), "a credential could not be looked up");
            Denied::Failed
        })?
    };
    if let Some(key) = found {
        return Ok(key);
    }
    match address.and_then(|a| state.failure_gate().record(a, monotonic())) {
        Some(wait) => Err(Denied::Throttled(wait)),
        None => Err(Denied::Unknown),
    }
}

/// Takes one request from the allowance of a visitor (a tenth of a key's), such as an end user's session.
///
/// # Errors
/// 429 when it is used up.
pub fn admit_visit(state: &HttpState, visitor: Uuid) -> Result<(), Denied> {
    state.visit_throttle().take(&visitor).map_err(Denied::Throttled)
}

/// Counts a visitor's credential that nobody owns against the address that sent it: [`Denied::Unknown`], and
/// [`Denied::Throttled`] for an address that guesses.
pub fn deny_visit(state: &HttpState, parts: &Parts) -> Denied {
    let address = client_address(parts, state.options().behind_proxy);
    match address.and_then(|it| state.failure_gate().record(it, monotonic())) {
        Some(wait) => Denied::Throttled(wait),
        None => Denied::Unknown,
    }
}

/// Whether the key's scopes cover the method: reading needs `read` or `write`, the rest `write`.
fn may(key: &AuthenticatedKey, method: &Method) -> bool {
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    key.has_scope(SCOPE_WRITE) || (reads && key.has_scope(SCOPE_READ))
}

fn api_key(headers: &HeaderMap) -> Option<String> {
    text(headers, API_KEY_HEADER)
}

/// The `user:password` of `Authorization: Basic ...`; none when the header is missing or of another scheme.
pub fn basic_credential(headers: &HeaderMap) -> Option<String> {
    let value = text(headers, AUTHORIZATION.as_str())?;
    let is_basic = value.split(' ').next().is_some_and(|it| it.eq_ignore_ascii_case("basic"));
    if is_basic { authorization(headers) } else { None }
}

/// The credential of `Authorization: Basic ...` (decoded) or `Authorization: TOKEN`.
fn authorization(headers: &HeaderMap) -> Option<String> {
    let value = text(headers, AUTHORIZATION.as_str())?;
    match value.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("basic") => {
            // What does not decode is a wrong credential, not a missing one.
            let decoded = STANDARD.decode(rest.trim()).ok();
            let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
            Some(pair.unwrap_or_default())
        }
        _ => Some(value),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    let text = value.to_str().unwrap_or_default().trim();
    // An empty header is no credential; one that is not text is a wrong one.
    (!value.is_empty()).then(|| text.to_owned())
}

/// The client's address: the peer of the connection or, behind our own proxy, the last entry of
/// `X-Forwarded-For` (the one that the proxy wrote).
pub fn client_address(parts: &Parts, behind_proxy: bool) -> Option<IpAddr> {
    if behind_proxy {
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
        let last = forwarded
            .and_then(|value| value.to_str().ok())
            .and_then(|list| list.rsplit(',').next());
        if let Some(address) = last.and_then(|text| text.trim().parse().ok()) {
            return Some(address);
        }
    }
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(address)| address.ip().to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn parts(headers: &[(&'static str, &str)]) -> Parts {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let peer = ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 5000)));
        let request = request.extension(peer).body(()).expect("a request");
        request.into_parts().0
    }

    #[test]
    fn credentials_come_as_each_surface_sends_them() {
        let check = |headers: &[(&'static str, &str)], expected: Option<&str>| {
            let headers = parts(headers).headers;
            let got = api_key(&headers).or_else(|| authorization(&headers));
            assert_eq!(got.as_deref(), expected, "{headers:?}");
        };
        check(&[], None);
        check(&[("x-api-key", "")], None);
        check(&[("x-api-key", "k")], Some("k"));
        check(&[("authorization", "Basic a2V5OnNlY3JldA==")], Some("key:secret"));
        check(&[("authorization", "basic a2V5OnNlY3JldA==")], Some("key:secret"));
        check(&[("authorization", "Basic !")], Some(""));
        check(&[("authorization", "TOKEN")], Some("TOKEN"));
        check(&[("x-api-key", "k"), ("authorization", "TOKEN")], Some("k"));
    }

    #[test]
    fn a_forwarded_address_counts_only_behind_a_proxy() {
        let peer = IpAddr::from([192, 0, 2, 1]);
        let forged = parts(&[("x-forwarded-for", "10.0.0.1, 198.51.100.7")]);
        assert_eq!(client_address(&forged, false), Some(peer));
        assert_eq!(client_address(&forged, true), Some(IpAddr::from([198, 51, 100, 7])));
        let nonsense = parts(&[("x-forwarded-for", "unknown")]);
        assert_eq!(client_address(&nonsense, true), Some(peer));
    }
}
