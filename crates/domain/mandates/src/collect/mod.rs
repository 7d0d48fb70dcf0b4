//! Collections over mandates: asked for inside a transaction ([`DirectDebitRail`]), told to the provider afterwards.

mod entity;
mod handlers;
mod rail;
pub(crate) mod repo;
mod send;
mod timing;

pub use entity::SendingState;
pub use handlers::{CancelHandler, CollectHandler};
pub use rail::DirectDebitRail;
pub use send::Sent;

/// The kind of the jobs that tell the provider of a payment.
pub const SEND_JOB: &str = "mandates.collect";
/// The kind of the jobs that take a payment back at the provider.
pub const CANCEL_JOB: &str = "mandates.cancel";
