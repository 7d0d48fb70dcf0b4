//! The Connect surface over real TCP on a real database of each engine.

#![allow(clippy::unwrap_used)]

mod app;
mod client;
mod deposits;
mod examples;
mod faults;
mod institutions;
mod isolation;
mod oauth;
mod openapi;
mod pages;
mod partner;
mod sessions;
mod story;
