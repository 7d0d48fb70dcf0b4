//! The calls of the API.

use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use uuid::Uuid;

use super::Client;
use super::send::{Call, Query};
use crate::ApiError;
use crate::wire::{
    Account, AccountDetails, Agreement, Balance, Institution, NewAgreement, NewRequisition,
    Readable, Requisition, Transactions,
};

/// The answer as what it is said to be.
pub(super) fn typed<T: DeserializeOwned>(answer: Json) -> Result<T, ApiError> {
    T::deserialize(answer).map_err(|error| ApiError::Malformed { message: error.to_string() })
}

/// A part of the answer; nothing when it is missing or of another type.
fn part<T: DeserializeOwned + Default>(mut answer: Json, name: &str) -> Result<T, ApiError> {
    let missing = || ApiError::Malformed { message: format!("no {name} in it") };
    typed(answer.get_mut(name).map(Json::take).ok_or_else(missing)?)
}

impl Client {
    /// Whether the secrets are accepted: fetches a token unless one is held.
    ///
    /// # Errors
    /// [`ApiError::Credentials`], or as every call.
    pub async fn check_credentials(&self) -> Result<(), ApiError> {
        self.access_token().await.map(|_| ())
    }

    /// The banks of a country (ISO 3166-1 alpha-2). One that cannot be read is passed over.
    ///
    /// # Errors
    /// [`ApiError::Validation`] for a country that the provider does not know; as every call.
    pub async fn institutions(&self, country: &str) -> Result<Readable<Institution>, ApiError> {
        let query = vec![("country", country.to_ascii_lowercase())];
        let answer = self.send(&Call::get("institutions/", query)).await?;
        crate::wire::readable(answer)
            .map_err(|error: serde_json::Error| ApiError::Malformed { message: error.to_string() })
    }

    /// One bank.
    ///
    /// # Errors
    /// [`ApiError::NotFound`]; as every call.
    pub async fn institution(&self, id: &str) -> Result<Institution, ApiError> {
        self.get(format!("institutions/{id}/")).await
    }

    /// Makes an agreement. Repeated when it is unknown whether it was made: one that nobody accepts grants nothing.
    ///
    /// # Errors
    /// [`ApiError::Validation`]; as every call.
    pub async fn create_agreement(&self, new: &NewAgreement) -> Result<Agreement, ApiError> {
        self.send(&Call::post("agreements/enduser/", new)?).await.and_then(typed)
    }

    /// One agreement.
    ///
    /// # Errors
    /// [`ApiError::NotFound`]; as every call.
    pub async fn agreement(&self, id: Uuid) -> Result<Agreement, ApiError> {
        self.get(format!("agreements/enduser/{id}/")).await
    }

    /// Deletes an agreement that nobody has accepted. One that is gone is as good as deleted.
    ///
    /// # Errors
    /// [`ApiError::Validation`] for one that was accepted: it goes with its requisition; as every call.
    pub async fn delete_agreement(&self, id: Uuid) -> Result<(), ApiError> {
        self.delete(format!("agreements/enduser/{id}/")).await
    }

    /// Makes a requisition. Repeated when it is unknown whether it was made: one whose link nobody follows grants nothing.
    /// With a reference of our own the repetition is refused instead.
    ///
    /// # Errors
    /// [`ApiError::Validation`]; as every call.
    pub async fn create_requisition(&self, new: &NewRequisition) -> Result<Requisition, ApiError> {
        self.send(&Call::post("requisitions/", new)?).await.and_then(typed)
    }

    /// One requisition, with its accounts once it is linked.
    ///
    /// # Errors
    /// [`ApiError::NotFound`]; as every call.
    pub async fn requisition(&self, id: Uuid) -> Result<Requisition, ApiError> {
        self.get(format!("requisitions/{id}/")).await
    }

    /// Deletes a requisition and with it the consent. One that is gone is as good as deleted.
    ///
    /// # Errors
    /// As every call.
    pub async fn delete_requisition(&self, id: Uuid) -> Result<(), ApiError> {
        self.delete(format!("requisitions/{id}/")).await
    }

    /// What the provider knows of an account. Does not ask the bank, and does not count.
    ///
    /// # Errors
    /// [`ApiError::NotFound`]; as every call.
    pub async fn account(&self, id: Uuid) -> Result<Account, ApiError> {
        self.get(format!("accounts/{id}/")).await
    }

    /// What the bank tells of an account.
    ///
    /// # Errors
    /// [`ApiError::ConsentOver`], [`ApiError::Suspended`], [`ApiError::Processing`], [`ApiError::Bank`]...
    pub async fn account_details(&self, id: Uuid) -> Result<AccountDetails, ApiError> {
        let answer = self.send(&Call::get(format!("accounts/{id}/details/"), Query::new())).await?;
        part(answer, "account")
    }

    /// What is on an account.
    ///
    /// # Errors
    /// As [`Client::account_details`].
    pub async fn account_balances(&self, id: Uuid) -> Result<Vec<Balance>, ApiError> {
        let path = format!("accounts/{id}/balances/");
        let answer = self.send(&Call::get(path, Query::new())).await?;
        part(answer, "balances")
    }

    /// What came and went, between dates that both count; as far back as the agreement allows when there are none.
    ///
    /// # Errors
    /// As [`Client::account_details`]; [`ApiError::Validation`] for dates in the future or in the wrong order.
    pub async fn account_transactions(
        &self,
        id: Uuid,
        from: Option<Date>,
        to: Option<Date>,
    ) -> Result<Transactions, ApiError> {
        let mut query = Query::new();
        query.extend(from.map(|date| ("date_from", date.to_string())));
        query.extend(to.map(|date| ("date_to", date.to_string())));
        let answer = self.send(&Call::get(format!("accounts/{id}/transactions/"), query)).await?;
        part(answer, "transactions")
    }

    async fn get<T: DeserializeOwned>(&self, path: String) -> Result<T, ApiError> {
        self.send(&Call::get(path, Query::new())).await.and_then(typed)
    }

    async fn delete(&self, path: String) -> Result<(), ApiError> {
        match self.send(&Call::delete(path)).await {
            Ok(_) | Err(ApiError::NotFound { .. }) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}
