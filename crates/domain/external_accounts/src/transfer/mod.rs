//! Transfers between a customer's settlement account in the program and a verified external account of its own.

pub(crate) mod booking;
mod create;
mod entity;
mod limits;
mod owner;
pub(crate) mod repo;
mod service;

pub use entity::{
    Booked, NewTransfer, TransactionQuery, Transfer, TransferKind, TransferStatus, VoidTransfer,
};
pub use owner::{OWNER, TransferPayments};
pub use repo::FIELDS;
