//! Who calls: `Authorization: Basic base64(key:secret)`.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use florin_http::{HttpState, admit, basic_credential};
use florin_tenancy::{Caller, Surface};

use crate::envelope::Refused;

/// The caller of the external-account surface.
#[derive(Debug, Clone)]
pub(crate) struct ProgramCaller(pub(crate) Caller);

impl<S> FromRequestParts<S> for ProgramCaller
where
    HttpState: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let state = HttpState::from_ref(state);
        let presented = basic_credential(&parts.headers);
        let caller = admit(&state, parts, presented, Some(Surface::ExternalAccounts)).await?;
        Ok(Self(caller))
    }
}
