//! The client against the simulated provider, over sockets.

#![allow(clippy::unwrap_used)]

mod faults;
mod flow;
mod honesty;
mod journal;
mod money;
mod once;
mod support;
mod timing;
mod webhooks;
