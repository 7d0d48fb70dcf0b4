//! A payment: what it is, where it stands, and what may come next.

mod entity;
pub(crate) mod repo;
mod states;

pub use entity::{
    Direction, Instrument, NewPayment, OwnerRef, Payment, PaymentState, Purpose, RailKind,
};
pub use states::{Told, Update};
