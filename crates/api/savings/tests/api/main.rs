//! The savings API over real TCP on a real database of each engine; a file a group of URLs.

mod app;
mod auth;
mod contribution;
mod establishment;
mod examples;
mod fund;
mod giving;
mod handles;
mod kept;
mod openapi;
mod plans;
mod scheduling;
mod user;
mod withdrawal;
