//! External accounts: customers' accounts at other banks.

mod book;
mod change;
mod entity;
mod new;
pub(crate) mod repo;
mod service;

pub use book::AccountBook;
pub use change::VerifyAmounts;
pub use entity::{AccountKind, AccountStatus, ExternalAccount};
pub use new::{AccountUpdate, NewAccount};
pub use repo::FIELDS;

pub(crate) use change::{save_in, verify_in};
pub(crate) use new::Door;
pub(crate) use service::add_in;
