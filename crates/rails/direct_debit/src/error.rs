//! What can go wrong when the provider is asked.

use std::time::Duration;

/// A field that the provider refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The provider's name of the field; empty when it named none.
    pub field: String,
    /// What is wrong with it, such as "is the wrong length (should be 8 characters)".
    pub message: String,
}

/// Why a call of the provider's API did not give what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The request was refused because of its fields (`validation_failed`).
    #[error("the provider refused the request: {message}{}", listed(fields))]
    Validation {
        /// The provider's summary.
        message: String,
        /// What is wrong, field by field.
        fields: Vec<FieldError>,
    },
    /// The thing is in a state that does not allow it (`invalid_state`).
    #[error("the provider does not allow it now: {message} ({reason})")]
    State {
        /// The provider's word, such as `mandate_is_inactive`, `cancellation_failed`, `retry_failed`.
        reason: String,
        /// The provider's text.
        message: String,
        /// For `idempotent_creation_conflict`: the id of what the same key has made before. The client reads that
        /// itself; a caller sees this only when it reads another kind of thing.
        conflicting: Option<String>,
    },
    /// There is no such thing, or it belongs to somebody else.
    #[error("the provider does not know it: {message}")]
    NotFound {
        /// The provider's text.
        message: String,
    },
    /// The access token is unknown, revoked or not allowed to do this.
    #[error("the provider does not accept the access token: {message}")]
    Denied {
        /// The provider's text.
        message: String,
    },
    /// The request makes no sense to the provider (`invalid_api_usage`).
    #[error("the provider does not understand the request: {message} ({reason})")]
    Usage {
        /// The provider's word; may be empty.
        reason: String,
        /// The provider's text.
        message: String,
    },
    /// Too many requests; nothing was done.
    #[error("the provider wants fewer requests")]
    RateLimited {
        /// How long the provider wants to be left alone, when it said so.
        retry_after: Option<Duration>,
    },
    /// The provider could not be reached, broke off or failed. Whether it has done what was asked is unknown: ask again with
    /// the same idempotency key.
    #[error("the provider cannot be reached: {message}")]
    Transient {
        /// What was seen, without addresses or secrets.
        message: String,
    },
    /// The provider did not answer in time. Whether it has done what was asked is unknown: ask again with the same
    /// idempotency key.
    #[error("the provider cannot be reached: no answer within the time limit")]
    Silent,
    /// The provider's answer is not what its documentation promises.
    #[error("the provider's answer is not understood: {message}")]
    Malformed {
        /// What was not understood.
        message: String,
    },
    /// No client can be made: the base URL is none, or the system's TLS cannot be used.
    #[error("the client of the direct-debit provider cannot be made: {message}")]
    Setup {
        /// Why.
        message: String,
    },
}

impl ApiError {
    /// Whether the same call (with the same idempotency key) can succeed later without anybody changing anything.
    pub const fn retry_can_help(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Transient { .. } | Self::Silent)
    }

    /// How long the provider wants to be left alone before the call is repeated.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => *retry_after,
            _ => None,
        }
    }

    /// The provider's one word for it, such as `mandate_is_inactive`; empty when there is none.
    pub fn reason(&self) -> &str {
        match self {
            Self::State { reason, .. } | Self::Usage { reason, .. } => reason,
            Self::Validation { .. } => "validation_failed",
            Self::NotFound { .. } => "resource_not_found",
            _ => "",
        }
    }
}

/// The fields behind a summary: " (account_number is invalid; city is missing)".
fn listed(fields: &[FieldError]) -> String {
    if fields.is_empty() {
        return String::new();
    }
    let texts: Vec<String> =
        fields.iter().map(|fault| format!("{} {}", fault.field, fault.message)).collect();
    format!(" ({})", texts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_silence_and_haste_are_worth_another_try() {
        let check = |error: ApiError, helps: bool, reason: &str| {
            assert_eq!(error.retry_can_help(), helps, "{error}");
            assert_eq!(error.reason(), reason, "{error}");
        };
        let message = || "m".to_owned();
        check(ApiError::Transient { message: message() }, true, "");
        check(ApiError::Silent, true, "");
        check(ApiError::RateLimited { retry_after: None }, true, "");
        check(ApiError::Denied { message: message() }, false, "");
        check(ApiError::Malformed { message: message() }, false, "");
        check(ApiError::NotFound { message: message() }, false, "resource_not_found");
        let state = ApiError::State {
            reason: "retry_failed".into(),
            message: message(),
            conflicting: None,
        };
        check(state, false, "retry_failed");
        let fields = vec![
            FieldError { field: "city".into(), message: "is missing".into() },
            FieldError { field: "email".into(), message: "is invalid".into() },
        ];
        let refused = ApiError::Validation { message: "Validation failed".into(), fields };
        assert!(refused.to_string().ends_with("(city is missing; email is invalid)"), "{refused}");
    }
}
