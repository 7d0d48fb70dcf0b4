//! The provider's banks as institutions of a partner's own list.

use std::collections::BTreeMap;

use florin_open_banking::ApiError;
use florin_open_banking::wire::Institution as Bank;
use florin_tenancy::Caller;
use serde_json::{Value as Json, json};

use super::{NAME, OpenBanking, told, unready};
use crate::ConnectError;
use crate::aggregator::Refusal;

const CODE_CHARS_MAX: usize = 64;
const NAME_CHARS_MAX: usize = 200;

impl OpenBanking {
    /// The provider's banks of these countries (ISO 3166-1 alpha-2) as a file for
    /// [`crate::Connect::load_institutions`]: JSON, to be loaded as it is or together with other institutions. Every one
    /// of them is linked on its own page. A bank of several countries stands in the file once, in the first of them.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] for a country that the provider does not have; [`ConnectError::Unavailable`].
    pub async fn institution_file(
        &self,
        caller: &Caller,
        countries: &[&str],
    ) -> Result<Vec<u8>, ConnectError> {
        let tenant = caller.tenant;
        let unavailable = |refusal: Refusal| {
            ConnectError::Unavailable(format!(
                "The open-banking provider cannot be asked ({refusal:?})."
            ))
        };
        let client =
            self.client(tenant).await.map_err(|error| unavailable(unready(&error, tenant)))?;
        let mut rows = BTreeMap::new();
        for country in countries {
            let found = client.institutions(country).await.map_err(|error| match error {
                ApiError::Validation { .. } => ConnectError::invalid(
                    "countries",
                    format!("{country:?} is not a country of theirs."),
                ),
                error => unavailable(told(&error, tenant, "listing banks")),
            })?;
            for bank in found.items {
                if let Some((code, row)) = row(&bank, country) {
                    rows.entry(code).or_insert(row);
                }
            }
        }
        let rows: Vec<Json> = rows.into_values().collect();
        serde_json::to_vec_pretty(&rows)
            .map_err(|error| ConnectError::Unavailable(error.to_string()))
    }
}

/// A bank as a row of the file, by its code; `None` for one that no file could hold.
fn row(bank: &Bank, country: &str) -> Option<(String, Json)> {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let code: String = bank.id.chars().map(plain).take(CODE_CHARS_MAX).collect();
    let name: String = bank.name.trim().chars().take(NAME_CHARS_MAX).collect();
    if code.is_empty() || name.is_empty() {
        return None;
    }
    let row = json!({
        "code": code,
        "name": name,
        "country": country.to_ascii_uppercase(),
        "supports_oauth": true,
        "account_verification_is_enabled": true,
        "account_identification_is_enabled": true,
        "aggregator": NAME,
        "external_id": bank.id,
    });
    Some((code, row))
}
