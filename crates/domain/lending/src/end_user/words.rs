//! The words of an end user.

use crate::words::words;

words! {
    /// What an end user is in law.
    pub enum EndUserType {
        /// A person.
        Individual = "individual",
        /// A limited company.
        LimitedCompany = "limited_company",
        /// A sole trader.
        SoleTrader = "sole_trader",
        /// A partnership of three individuals or less.
        SmallPartnership = "small_partnership",
        /// A partnership of four individuals or more.
        LargePartnership = "large_partnership",
    }
}
