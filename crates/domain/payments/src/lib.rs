//! Payments: movements of money over a rail, whatever the rail.
//!
//! A domain that wants money moved (a loan's instalment, a trial deposit, a contribution) *owns* a [`Payment`] and asks
//! for it with [`create_many_in`]. A [`Rail`] finds the day and leaves behind the work; what the provider or the bank
//! then tells comes back through [`tell_many_in`], which holds the payment, lets its state follow ([`Told`]) and hands the
//! [`Change`] to the [`Owner`] in the same transaction. Owners know no provider, rails know no owner.
//!
//! A payment that has failed can be tried again ([`retry_in`]): the same payment, a new attempt with a new idempotency
//! key. News comes twice and in any order; the states are made for that.

mod error;
mod owner;
mod payment;
mod rail;
mod service;
pub mod transfer;

use florin_storage::MigrationSet;

pub use error::PaymentsError;
pub use owner::{Change, Owner, Owners};
pub use payment::{
    Direction, Instrument, NewPayment, OwnerRef, Payment, PaymentState, Purpose, RailKind, Told,
    Update,
};
pub use rail::{Moment, Rail, Rails};
pub use service::{
    by_references_in, cancel_in, charged_between_in, create_many_in, get_in, going_back_in,
    moment_in, of_owners_in, retry_in, tell_in, tell_many_in, under_way_in,
};

/// The table of this crate.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "payments",
    files: &[("0001_payments.sql", include_str!("../migrations/0001_payments.sql"))],
};
