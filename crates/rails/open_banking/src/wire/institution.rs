//! Banks.

use serde::{Deserialize, Serialize};

use super::{lenient, whole};

/// A bank that the provider can ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Institution {
    /// The provider's id, such as `REVOLUT_REVOGB21`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its BIC; may be empty.
    #[serde(default, deserialize_with = "lenient")]
    pub bic: String,
    /// How many days back it tells transactions. The provider writes it as a text.
    #[serde(default, deserialize_with = "whole")]
    pub transaction_total_days: Option<u32>,
    /// For how many days at most an end user's consent holds. The provider writes it as a text.
    #[serde(default, deserialize_with = "whole")]
    pub max_access_valid_for_days: Option<u32>,
    /// ISO 3166-1 alpha-2 codes.
    #[serde(default, deserialize_with = "lenient")]
    pub countries: Vec<String>,
    /// Address of a picture.
    #[serde(default, deserialize_with = "lenient")]
    pub logo: String,
}
