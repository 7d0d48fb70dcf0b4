//! Mandates and collections against the simulated provider over a socket, on both engines.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

mod accounts;
mod collections;
mod flows;
mod news;
mod real_clock;
mod support;
mod year;
