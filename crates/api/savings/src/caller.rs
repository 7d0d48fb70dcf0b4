//! Who is calling, and which thing: extractors that refuse in the form of this surface.

use std::str::FromStr;

use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use florin_http::{HttpState, JsonBody, PathId, admit_authorized, base_url};
use florin_tenancy::{Caller, Surface};
use serde::de::DeserializeOwned;

use crate::error::Refusal;

/// The partner behind `Authorization: TOKEN`.
pub(crate) struct Partner(pub(crate) Caller);

impl<S> FromRequestParts<S> for Partner
where
    HttpState: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let state = HttpState::from_ref(state);
        Ok(Self(admit_authorized(&state, parts, Surface::Savings).await?))
    }
}

/// The id in the path. What is no UUID names nothing, so it is 404 like an unknown id.
pub(crate) struct Id<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for Id<T>
where
    S: Send + Sync,
    T: FromStr,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let PathId(id) = PathId::from_request_parts(parts, state).await?;
        Ok(Self(id))
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
