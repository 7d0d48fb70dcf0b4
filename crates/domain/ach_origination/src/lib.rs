//! ACH origination: entries, windows, files and what comes back.

mod accounts;

pub use accounts::{Accounts, BankDetails, Cause, Usable};
