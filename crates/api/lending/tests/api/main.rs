//! The lending API over real TCP on a real database of each engine; a file a group of URLs.

mod app;
mod auth;
mod input;
mod loan;
mod openapi;
mod scenario;
mod tenants;
mod transaction;
