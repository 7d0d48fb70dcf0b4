//! What can be asked for about loans.

use clap::{Args, Subcommand};
use rust_decimal::Decimal;

use super::OfTenant;

/// `florin refund ...`.
#[derive(Debug, Subcommand)]
pub enum Refund {
    /// List what borrowers have paid too much, the largest amount first
    Owed {
        /// Whose loans.
        #[command(flatten)]
        of: OfTenant,
    },
    /// List refunds, newest first
    List {
        /// Whose refunds.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Give back what a borrower has paid too much
    ///
    /// By the payments provider or over ACH, as disbursements are paid out; where the partner pays
    /// them out, it waits for `florin refund apply`.
    Create(RefundCreate),
    /// Tell that a refund was paid
    Apply {
        /// The refund's id
        #[arg(value_name = "REFUND_ID")]
        id: String,
        /// Whose refund.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Call a refund off that has not gone out
    Cancel {
        /// The refund's id
        #[arg(value_name = "REFUND_ID")]
        id: String,
        /// Whose refund.
        #[command(flatten)]
        of: OfTenant,
    },
}

/// `florin refund create`.
#[derive(Debug, Args)]
pub struct RefundCreate {
    /// The loan that was paid too much
    #[arg(long, value_name = "LOAN_ID")]
    pub loan: String,
    /// How much; without it, all that can be given back
    #[arg(long, value_name = "AMOUNT")]
    pub amount: Option<Decimal>,
    /// The verified external account that it goes to by ACH (loans in dollars)
    #[arg(long, value_name = "ID")]
    pub external_account: Option<i64>,
    /// Makes the refund happen once
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Whose loan.
    #[command(flatten)]
    pub of: OfTenant,
}
