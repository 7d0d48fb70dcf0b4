//! Who is calling, and which thing: extractors that refuse in the form of this surface.

use axum::extract::{FromRef, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use florin_connect::{Connect, ConnectError, Session, Visitor};
use florin_http::{
    Denied, HttpState, JsonBody, admit, admit_visit, base_url, basic_credential, deny_visit,
};
use florin_tenancy::{Caller, Surface};
use serde::de::DeserializeOwned;

use crate::error::Refusal;
use crate::guid::{self, Prefixed};

/// The partner's back end behind `Authorization: Basic base64(client_id:api_key)`.
pub(crate) struct Partner(pub(crate) Caller);

impl<S> FromRequestParts<S> for Partner
where
    HttpState: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let state = HttpState::from_ref(state);
        let presented = basic_credential(&parts.headers);
        Ok(Self(admit(&state, parts, presented, Some(Surface::Connect)).await?))
    }
}

/// The end user's browser behind `Authorization: Bearer SESSION`, on a page that may use the session.
pub(crate) struct Visit {
    pub(crate) visitor: Visitor,
    pub(crate) session: Session,
}

impl<S> FromRequestParts<S> for Visit
where
    Connect: FromRef<S>,
    HttpState: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let token = bearer(&parts.headers).ok_or_else(Refusal::unauthenticated)?;
        let http = HttpState::from_ref(state);
        let (visitor, session) = match Connect::from_ref(state).visitor(token).await {
            Ok(known) => known,
            Err(ConnectError::Unauthenticated) => {
                return Err(match deny_visit(&http, parts) {
                    Denied::Unknown => Refusal::unauthenticated(),
                    denied => denied.into(),
                });
            }
            Err(error) => return Err(error.into()),
        };
        if !comes_from_there(&parts.headers, session.origin.as_deref()) {
            return Err(Refusal::to_strangers());
        }
        admit_visit(&http, session.id.uuid())?;
        Ok(Self { visitor, session })
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= 256)
        .then_some(token)
}

/// Whether a request comes from the session's page, from ours, or from no page at all.
fn comes_from_there(headers: &HeaderMap, of_session: Option<&str>) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let is_ours = || {
        let asked = origin.split_once("://").map(|(_, host)| host);
        asked.is_some() && asked == host
    };
    Some(origin) == of_session || is_ours()
}

/// The thing of the guid in the path. What is no guid of such a thing names nothing.
pub(crate) struct Guid<T>(pub(crate) T);

impl<S: Send + Sync, T: Prefixed> FromRequestParts<S> for Guid<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Refusal::not_found())?;
        guid::read(&text).map(Self).ok_or_else(Refusal::not_found)
    }
}

/// The things of the two guids in the path, in its order.
pub(crate) struct Guids<A, B>(pub(crate) A, pub(crate) B);

impl<S: Send + Sync, A: Prefixed, B: Prefixed> FromRequestParts<S> for Guids<A, B> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Path((first, second)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| Refusal::not_found())?;
        let found = guid::read(&first).zip(guid::read(&second));
        found.map(|(first, second)| Self(first, second)).ok_or_else(Refusal::not_found)
    }
}

/// What clients type before the path.
pub(crate) struct Base(pub(crate) String);

impl<S> FromRequestParts<S> for Base
where
    HttpState: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        Ok(Self(base_url(parts, &HttpState::from_ref(state))))
    }
}

impl Base {
    /// An address as a client can open it, whether it is a path of ours or not.
    pub(crate) fn absolute(&self, url: &str) -> String {
        if url.starts_with('/') { format!("{}{url}", self.0) } else { url.to_owned() }
    }
}

/// The parameters of the query, the first of each name.
pub(crate) struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let unreadable = |_| Refusal::new(StatusCode::BAD_REQUEST, "The query cannot be read.");
        let Query(pairs) = Query::from_request_parts(parts, state).await.map_err(unreadable)?;
        Ok(Self(pairs))
    }
}

impl Parameters {
    /// The text of a parameter; an empty one is none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(it, _)| it == name).map(|(_, text)| text.trim());
        found.filter(|text| !text.is_empty())
    }

    /// All of them.
    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

/// The JSON object of the body; an empty body is an empty object.
pub(crate) struct Body<T>(pub(crate) T);

impl<S, T> FromRequest<S> for Body<T>
where
    HttpState: FromRef<S>,
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let JsonBody(body) = JsonBody::from_request(request, state).await?;
        Ok(Self(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_other_origins_are_told_apart() {
        let check = |origin: Option<&'static str>, of_session: Option<&str>, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, "florin.example:8080".parse().expect("a host"));
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().expect("an origin"));
            }
            assert_eq!(comes_from_there(&headers, of_session), expected, "{origin:?}");
        };
        check(None, None, true);
        check(None, Some("https://app.example"), true);
        check(Some("https://app.example"), Some("https://app.example"), true);
        check(Some("https://florin.example:8080"), None, true);
        check(Some("https://florin.example"), None, false);
        check(Some("https://app.example"), None, false);
        check(Some("https://app.example.evil"), Some("https://app.example"), false);
        check(Some("http://app.example"), Some("https://app.example"), false);
        check(Some("null"), Some("https://app.example"), false);
    }
}
