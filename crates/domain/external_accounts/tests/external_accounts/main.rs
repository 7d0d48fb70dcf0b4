//! External accounts and transfers through the service, on both engines.

#![allow(clippy::unwrap_used)]

mod accounts;
mod ach;
mod rejections;
mod support;
mod transfers;
