//! Linked institutions through the service, on both engines.

mod deposits;
mod members;
mod open_banking;
