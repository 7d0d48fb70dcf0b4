//! What end users tell by hand, ask for and agree to.

#![allow(clippy::unwrap_used)]

mod at_once;
mod bank;
mod linked;
mod manual;
mod microdeposits;
mod once;
mod support;
mod words;
