//! The external-account surface over real TCP on a real database of each engine.

mod app;
mod clients;
mod codes;
mod door;
mod examples;
mod openapi;
mod story;
