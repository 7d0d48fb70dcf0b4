//! What the partner's back end reads and does, with its key.

pub(crate) mod data;
pub(crate) mod list;
pub(crate) mod session;
pub(crate) mod share;
pub(crate) mod user;
