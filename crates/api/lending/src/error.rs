//! How a refusal of the lending domain looks over HTTP.

use axum::response::{IntoResponse, Response};
use florin_decisioning::DecisioningError;
use florin_http::{ApiError, Faults};
use florin_lending::LendingError;
use florin_mandates::MandatesError;

/// A refusal on its way to the client; made by `?` from the domain's and from the edge's own.
#[derive(Debug)]
pub struct Refusal(ApiError);

/// What a handler gives.
pub type Answer<T> = Result<T, Refusal>;

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<Faults> for Refusal {
    fn from(faults: Faults) -> Self {
        Self(faults.into())
    }
}

impl From<LendingError> for Refusal {
    fn from(error: LendingError) -> Self {
        Self(refused(error))
    }
}

impl From<DecisioningError> for Refusal {
    fn from(error: DecisioningError) -> Self {
        Self(match error {
            DecisioningError::NotFound(_) => ApiError::not_found(),
            DecisioningError::Invalid(errors) => {
                errors.into_iter().map(|it| (it.field, it.message)).collect::<Faults>().into()
            }
            DecisioningError::Conflict(detail) => ApiError::conflict(detail),
            // The rest is no fault of the caller; what it was stands in the log.
            error => ApiError::internal(&error),
        })
    }
}

impl From<MandatesError> for Refusal {
    fn from(error: MandatesError) -> Self {
        Self(match error {
            MandatesError::NotFound(_) => ApiError::not_found(),
            MandatesError::Invalid(errors) => {
                errors.into_iter().map(|it| (it.field, it.message)).collect::<Faults>().into()
            }
            MandatesError::Conflict(detail) => ApiError::conflict(detail),
            MandatesError::NoAccount => ApiError::conflict(
                "No direct-debit provider account is set up: set one up under /platform/v1/provider-accounts/ first.",
            ),
            // The rest is no fault of the caller; what it was stands in the log.
            error => ApiError::internal(&error),
        })
    }
}

/// The answer to an error of the domain.
pub(crate) fn refused(error: LendingError) -> ApiError {
    match error {
        LendingError::NotFound(_) => ApiError::not_found(),
        LendingError::Invalid(errors) => {
            errors.into_iter().map(|it| (it.field, it.message)).collect::<Faults>().into()
        }
        LendingError::Conflict(detail) => ApiError::conflict(detail),
        // The rest is no fault of the caller; what it was stands in the log.
        error => ApiError::internal(&error),
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        refusal.0
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}
