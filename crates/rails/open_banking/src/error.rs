//! What can go wrong when the provider is asked.

use std::time::Duration;

/// A field that the provider refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The provider's name of the field.
    pub field: String,
    /// What is wrong with it, such as "Unknown Institution ID X".
    pub message: String,
}

/// Why a call of the provider's API did not give what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The request was refused because of its fields.
    #[error("the provider refused the request: {message}{}", listed(fields))]
    Validation {
        /// The provider's summary; may be empty.
        message: String,
        /// What is wrong, field by field.
        fields: Vec<FieldError>,
    },
    /// The secret id and key, or the token that came of them, are not accepted.
    #[error("the provider does not accept the secrets: {message}")]
    Credentials {
        /// The provider's text.
        message: String,
    },
    /// The provider accepts the secrets, but not what is asked with them: an address that is not on the account's list,
    /// a used-up plan. Only the owner of the provider's account can change that.
    #[error("the provider does not serve this account: {message}")]
    NotServed {
        /// The provider's text.
        message: String,
    },
    /// The end user's consent has run out or was withdrawn: only a new agreement and requisition help.
    #[error("the end user's consent is over: {message}")]
    ConsentOver {
        /// The provider's text.
        message: String,
    },
    /// The account was closed at its bank.
    #[error("the account is not active: {message}")]
    AccountInactive {
        /// The provider's text.
        message: String,
    },
    /// The end user may not see this account, or did not agree to this kind of data.
    #[error("the account may not be read: {message}")]
    Forbidden {
        /// The provider's text.
        message: String,
    },
    /// The provider is still fetching the account from its bank: ask again soon.
    #[error("the account is still being processed")]
    Processing,
    /// After ten failures in a row the provider asks the bank no more: only a new requisition helps.
    #[error("the account is suspended: {message}")]
    Suspended {
        /// The provider's text.
        message: String,
    },
    /// There is no such thing, or it belongs to somebody else.
    #[error("the provider does not know it: {message}")]
    NotFound {
        /// The provider's text.
        message: String,
    },
    /// Too many requests; nothing was done.
    #[error("the {} wants fewer requests", if *of_bank { "bank" } else { "provider" })]
    RateLimited {
        /// How long to leave it alone, when it said so.
        retry_after: Option<Duration>,
        /// Whether the limit is of one account and kind of data, as banks set it, instead of the whole API's.
        of_bank: bool,
    },
    /// The provider answers, the bank behind it does not, or not well.
    #[error("the bank cannot be reached: {message}")]
    Bank {
        /// The provider's text.
        message: String,
        /// Whether the provider counts this failure: ten in a row suspend the account.
        counts: bool,
    },
    /// The provider did not answer, broke off or failed.
    #[error("the provider cannot be reached: {message}")]
    Transient {
        /// What was seen, without addresses or secrets.
        message: String,
    },
    /// The provider's answer is not what its documentation promises.
    #[error("the provider's answer is not understood: {message}")]
    Malformed {
        /// What was not understood.
        message: String,
    },
    /// No client can be made: the base URL is none, or the system's TLS cannot be used.
    #[error("the client of the open-banking provider cannot be made: {message}")]
    Setup {
        /// Why.
        message: String,
    },
}

impl ApiError {
    /// Whether the same call can succeed later without anybody changing anything.
    pub const fn retry_can_help(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. }
                | Self::Bank { .. }
                | Self::Transient { .. }
                | Self::Processing
        )
    }

    /// Whether the same call is worth repeating within a second or two. A failure that the provider counts towards the
    /// account's suspension is not, and neither is one that takes its time to pass.
    pub(crate) const fn repeat_at_once(&self) -> bool {
        match self {
            Self::RateLimited { of_bank, .. } => !*of_bank,
            Self::Bank { counts, .. } => !*counts,
            Self::Transient { .. } => true,
            _ => false,
        }
    }

    /// How long the other side wants to be left alone before the call is repeated.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether only the end user can help, by consenting anew.
    pub const fn needs_consent(&self) -> bool {
        matches!(self, Self::ConsentOver { .. } | Self::Suspended { .. })
    }
}

/// The fields behind a summary: " (institution_id: Unknown Institution ID X)".
fn listed(fields: &[FieldError]) -> String {
    if fields.is_empty() {
        return String::new();
    }
    let texts: Vec<String> =
        fields.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
    format!(" ({})", texts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_helps_table() {
        let check = |error: ApiError, later: bool, at_once: bool, consent: bool| {
            assert_eq!(error.retry_can_help(), later, "{error}");
            assert_eq!(error.repeat_at_once(), at_once, "{error}");
            assert_eq!(error.needs_consent(), consent, "{error}");
        };
        let message = || "m".to_owned();
        let limited = |of_bank| ApiError::RateLimited { retry_after: None, of_bank };
        check(ApiError::Transient { message: message() }, true, true, false);
        check(limited(false), true, true, false);
        check(limited(true), true, false, false);
        check(ApiError::Bank { message: message(), counts: false }, true, true, false);
        check(ApiError::Bank { message: message(), counts: true }, true, false, false);
        check(ApiError::Processing, true, false, false);
        check(ApiError::ConsentOver { message: message() }, false, false, true);
        check(ApiError::Suspended { message: message() }, false, false, true);
        check(ApiError::Credentials { message: message() }, false, false, false);
        check(ApiError::NotServed { message: message() }, false, false, false);
        check(ApiError::NotFound { message: message() }, false, false, false);
    }

    #[test]
    fn fields_are_told() {
        let field = |field: &str| FieldError { field: field.into(), message: "bad".into() };
        let error =
            ApiError::Validation { message: "no".into(), fields: vec![field("a"), field("b")] };
        assert_eq!(error.to_string(), "the provider refused the request: no (a: bad; b: bad)");
    }
}
