use florin_events::EventsError;
use florin_http::ApiError;
use florin_storage::StorageError;
use florin_tenancy::TenancyError;

/// The answer to a refusal of the event log or of webhooks.
pub(crate) fn from_events(error: EventsError) -> ApiError {
    match error {
        EventsError::BadUrl(message) => ApiError::field("url", message),
        EventsError::NoKinds => ApiError::field("events", "This list may not be empty."),
        EventsError::UnknownKind(name) => {
            let shown: String = name.chars().take(100).collect();
            ApiError::field("events", format!("\"{shown}\" is not a valid choice."))
        }
        EventsError::TooManyEndpoints => {
            ApiError::conflict("There are too many webhooks; delete one first.")
        }
        EventsError::UnknownEndpoint | EventsError::UnknownDelivery => ApiError::not_found(),
        EventsError::Storage(error) => from_storage(&error),
        other => ApiError::internal(&other),
    }
}

/// The answer to a refusal of the tenant's clock.
pub(crate) fn from_tenancy(error: TenancyError) -> ApiError {
    match error {
        TenancyError::ClockBackwards { target, .. } => backwards(target),
        TenancyError::DateOutOfRange => ApiError::field("to", "The date is too far."),
        TenancyError::Storage(error) => from_storage(&error),
        other => ApiError::internal(&other),
    }
}

/// The clock was told to go back.
pub(crate) fn backwards(target: jiff::civil::Date) -> ApiError {
    ApiError::field("to", format!("The clock is at {target} and cannot go back."))
}

pub(crate) fn from_storage(error: &StorageError) -> ApiError {
    match error {
        StorageError::Overloaded { .. } | StorageError::Closed => {
            ApiError::unavailable("The server is busy.")
        }
        other => ApiError::internal(other),
    }
}
