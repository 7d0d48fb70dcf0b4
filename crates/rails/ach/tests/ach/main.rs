//! NACHA files: written, read, mistreated, and answered by the simulated bank.

#![allow(clippy::unwrap_used)]

mod compose;
mod faults;
mod fixtures;
mod fuzz;
mod mutate;
mod round_trip;
mod simulate;
