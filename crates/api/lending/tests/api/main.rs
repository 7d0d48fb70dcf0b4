//! The lending API over real TCP on a real database of each engine; a file a group of URLs.

mod address;
mod app;
mod application;
mod auth;
mod change;
mod collections;
mod company;
mod decision;
mod delinquency;
mod end_user;
mod examples;
mod explain;
mod golden;
mod input;
mod lists;
mod loan;
mod mandates;
mod modulus;
mod openapi;
mod product;
#[path = "../../../payments/tests/pages/provider.rs"]
#[allow(dead_code)]
mod provider;
mod quote;
mod revert;
mod scenario;
mod statement;
mod tenants;
mod transaction;
