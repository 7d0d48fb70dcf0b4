//! The real `florin`, started as a process: commands, serving, and what survives `kill -9`.

#![allow(clippy::unwrap_used)]

mod ach;
mod ach_crash;
mod bank_server;
mod bank_set;
mod browser;
mod collections;
mod commands;
mod connect;
mod crash;
mod crash_book;
mod decisions;
mod hostile;
mod modulus;
mod operators;
mod programs;
mod quote;
mod reconcile;
mod refunds;
mod savings;
mod serving;
mod stalling;
mod support;
mod tls;
mod transfers;
mod webhooks;
