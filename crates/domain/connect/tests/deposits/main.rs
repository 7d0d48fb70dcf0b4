//! What end users tell by hand, ask for and agree to.

#![allow(clippy::unwrap_used)]

mod bank;
mod linked;
mod manual;
mod microdeposits;
mod support;
mod words;
