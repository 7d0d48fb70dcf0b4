//! The hosted page and the provider's hook over real TCP on a real database of each engine.

mod app;
mod flow;
mod guard;
mod hook;
mod modulus;
mod provider;
