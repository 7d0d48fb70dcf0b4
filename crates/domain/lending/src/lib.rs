//! Lending: products, applications, loans, their transactions and the business day.

pub mod application;
pub mod end_user;
pub mod error;
pub mod loan;
pub mod product;
pub mod schedule;
pub mod transaction;

pub use error::{FieldError, LendingError};
