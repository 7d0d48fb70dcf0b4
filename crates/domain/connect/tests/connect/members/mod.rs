//! Members of linked institutions from the session to the data, against the simulated banks, on both engines.

mod data;
mod institutions;
mod isolation;
mod life;
mod many;
mod oauth;
mod questions;
mod repeated;
mod scope;
mod sessions;
mod statuses;
pub(crate) mod support;
