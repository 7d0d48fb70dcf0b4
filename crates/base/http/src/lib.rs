//! What all surfaces share over HTTP: who calls, how input is read, how lists are asked for and
//! answered, how refusals look, and the bounds around every request.

mod auth;
pub mod body;
pub mod csv;
mod edge;
mod error;
mod face;
mod faults;
mod input;
mod linger;
mod list;
mod meter;
mod path;
mod request_body;
mod routes;
mod state;
mod throttle;
mod wire;

pub use auth::{
    AnyCaller, Denied, LendingCaller, SCOPE_READ, SCOPE_WRITE, admit, admit_authorized,
    admit_visit, basic_credential, client_address, deny_visit,
};
pub use body::JsonBody;
pub use edge::{Edge, without_slash};
pub use error::{ApiError, Detail, FieldErrors, FieldMessages, Message, chain};
pub use face::{Face, Refusal, RequestId, refused};
pub use faults::Faults;
pub use input::{FromJson, Input, parse_bool, parse_date, parse_decimal, parse_integer};
pub use list::{LIMIT_DEFAULT, LIMIT_MAX, ListParams, ListRequest, PageBody, base_url};
pub use path::{PathId, PathIds};
#[doc(hidden)]
pub use request_body::RequestSchema;
pub use routes::{PathRoutes, Routes};
pub use state::{HttpOptions, HttpState, Limits, Mode};
pub use wire::{MoneyNumber, MoneyText, RateNumber, RateText, serialize_number};
