//! Tokens of the API.

use std::fmt;

use serde::Deserialize;

/// What secrets, or a refresh token, are exchanged for. `Debug` does not show the tokens.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct TokenPair {
    /// The access token.
    pub access: String,
    /// For how many seconds it holds: a day.
    pub access_expires: i64,
    /// The refresh token; empty when one was used.
    #[serde(default)]
    pub refresh: String,
    /// For how many seconds it holds: thirty days.
    #[serde(default)]
    pub refresh_expires: i64,
}

impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPair")
            .field("access_expires", &self.access_expires)
            .field("refresh_expires", &self.refresh_expires)
            .finish_non_exhaustive()
    }
}
