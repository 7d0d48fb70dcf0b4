//! The words of an end user.

use florin_storage::words;

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

impl EndUserType {
    /// Whether it is a natural person: one with a first and a last name, and without a number in a register.
    pub fn is_person(self) -> bool {
        matches!(self, Self::Individual | Self::SoleTrader)
    }

    /// Whether people can be assigned to it.
    pub fn is_company(self) -> bool {
        self != Self::Individual
    }
}
