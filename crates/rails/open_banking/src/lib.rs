//! Bank accounts over open banking: a client of GoCardless Bank Account Data (API v2, formerly Nordigen), and a simulated
//! provider that speaks the same HTTP. No database, no tenants; the time comes in through a [`florin_calendar::Clock`].
//!
//! - [`Client`] asks the provider, with the types of [`wire`]. One client serves any number of callers: they share its
//!   access token, which is fetched once for all of them.
//! - [`simulator`] is the provider of the sandbox and of the tests.
//!
//! The provider stands between us and the banks: an end user agreement says what may be read and for how long, a
//! requisition is the link at which the end user agrees with their bank, and the accounts that come of it are read as
//! often as the bank allows (down to four times a day for each account and kind of data).

mod client;
mod error;
pub mod simulator;
pub mod wire;

pub use client::{Client, ClientOptions, Credentials, LIVE_URL, Sleep, http_client};
pub use error::{ApiError, FieldError};
/// A pool of connections, as [`http_client`] makes it.
pub use reqwest::Client as HttpClient;
