//! The event log and the webhooks sent from it, on both engines.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

mod log;
mod webhooks;
