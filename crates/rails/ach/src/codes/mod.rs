//! The code tables of the Rules: transactions, returns, changes.

pub mod change;
mod return_table;
pub mod returns;
pub mod transaction;
