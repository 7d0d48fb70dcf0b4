//! Reading ids in paths and parameters in queries, with refusals in the API's own form.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use florin_http::{ApiError, Faults, parse_integer};
use serde::de::DeserializeOwned;

/// Ids in a path. What is no id names nothing: 404.
pub(crate) struct Ids<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for Ids<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(ids)| Ids(ids)).map_err(|_| ApiError::not_found())
    }
}

/// The parameters of a query; of one that is given twice the last counts, unknown ones are ignored.
pub(crate) struct Params(HashMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let query = Query::try_from_uri(&parts.uri)
            .map_err(|_| ApiError::bad_request("The query string is malformed."))?;
        Ok(Params(query.0))
    }
}

impl Params {
    /// A whole number within a range.
    pub(crate) fn integer(
        &self,
        name: &'static str,
        range: RangeInclusive<i64>,
        faults: &mut Faults,
    ) -> Option<i64> {
        let text = self.text(name)?;
        let value = parse_integer(text);
        if value.is_none() {
            faults.add(name, "A valid integer is required.");
        }
        faults.integer(name, value, range)
    }

    /// A value that parses.
    pub(crate) fn parsed<T: FromStr>(
        &self,
        name: &'static str,
        message: &'static str,
        faults: &mut Faults,
    ) -> Option<T> {
        let value = self.text(name)?.parse().ok();
        if value.is_none() {
            faults.add(name, message);
        }
        value
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }
}
