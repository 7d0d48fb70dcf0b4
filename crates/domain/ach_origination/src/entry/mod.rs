//! Entries: what payments want moved, from their file to the end of the time for returns.

mod entity;
pub(crate) mod repo;

pub use entity::{Entry, EntryKind, EntryState};
