//! The direct-debit rail: a GoCardless client, Bacs dates, webhook signatures, and a simulated provider that speaks the
//! same HTTP. No database, no tenants; the time comes in as an argument or through a [`florin_calendar::Clock`].
//!
//! - [`Client`] asks the provider, with the types of [`wire`]. A call that failed with [`ApiError::retry_can_help`] is
//!   repeated by its caller with the same idempotency key, however much later.
//! - [`bacs`] tells when money moves.
//! - [`webhook`] checks what the provider sends by itself.
//! - [`states`] tells which event leads to which state.
//! - [`account`] and [`modulus`] check sort codes and account numbers.
//! - [`simulator`] is the provider of the sandbox and of the tests.

pub mod account;
pub mod bacs;
mod client;
mod error;
pub mod modulus;
pub mod simulator;
pub mod states;
pub mod webhook;
pub mod wire;

pub use client::{Client, ClientOptions, LIVE_URL, SANDBOX_URL, Sleep, http_client};
pub use error::{ApiError, FieldError};
