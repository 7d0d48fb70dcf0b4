//! The words of an assignment.

use crate::end_user::EndUserType;
use florin_storage::words;

words! {
    /// What somebody is to a company.
    pub enum Role {
        /// Directs a limited company.
        Director = "director",
        /// Owns a limited company or a part of it, or is the sole trader.
        Owner = "owner",
        /// Is a partner of a partnership.
        Partner = "partner",
        /// Answers for the company's debt.
        Guarantor = "guarantor",
        /// May sign for the company.
        Signatory = "signatory",
        /// Speaks for the company.
        Contact = "contact",
    }
}

impl Role {
    /// What somebody is to a company of this type unless said otherwise.
    pub fn usual(kind: EndUserType) -> Self {
        match kind {
            EndUserType::LimitedCompany => Self::Director,
            EndUserType::SmallPartnership | EndUserType::LargePartnership => Self::Partner,
            EndUserType::SoleTrader | EndUserType::Individual => Self::Owner,
        }
    }

    /// Whether a company of this type has such people.
    pub fn is_in(self, kind: EndUserType) -> bool {
        match self {
            Self::Director => kind == EndUserType::LimitedCompany,
            Self::Owner => matches!(kind, EndUserType::LimitedCompany | EndUserType::SoleTrader),
            Self::Partner => {
                matches!(kind, EndUserType::SmallPartnership | EndUserType::LargePartnership)
            }
            Self::Guarantor | Self::Signatory | Self::Contact => kind.is_company(),
        }
    }

    /// The most people that a company of this type has as such at a time, where there is a bound.
    pub fn most(self, kind: EndUserType) -> Option<usize> {
        match (kind, self) {
            (EndUserType::SmallPartnership, Self::Partner) => Some(3),
            (EndUserType::SoleTrader, Self::Owner) => Some(1),
            _ => None,
        }
    }

    /// Whether such people have a share of the company.
    pub fn has_share(self) -> bool {
        matches!(self, Self::Owner | Self::Partner)
    }
}
