//! The client against the simulated provider, over sockets.

#![allow(clippy::unwrap_used)]

mod data;
mod faults;
mod flow;
mod journal;
mod limits;
mod support;
mod tokens;
