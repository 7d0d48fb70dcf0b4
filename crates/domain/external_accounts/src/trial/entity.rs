//! Trial deposits: two small credits whose amounts only the holder of the account can know. Pure.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::words::AccountId;

/// How large deposits are, in cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// The most that one of them is; the least is a cent.
    pub most_minor: u32,
    /// What the sandbox pays.
    pub sandbox_minor: [i64; 2],
}

/// The document's trial deposits.
pub const TRIAL_DEPOSITS: Sizes = Sizes { most_minor: 49, sandbox_minor: [18, 28] };

/// Connect's microdeposits: the widgets that ask for them take no amount above nine cents.
pub const MICRODEPOSITS: Sizes = Sizes { most_minor: 9, sandbox_minor: [5, 7] };

/// The trial deposits of an external account.
#[derive(Clone, PartialEq, Eq)]
pub struct Trial {
    /// The external account.
    pub account: AccountId,
    /// The two amounts in cents; sealed at rest.
    pub amounts_minor: [i64; 2],
    /// Failed attempts so far.
    pub attempts: u32,
    /// When the deposits were asked for.
    pub sent_at: Timestamp,
    /// The last business day on which they can be told.
    pub last_day: Date,
}

impl std::fmt::Debug for Trial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trial")
            .field("account", &self.account)
            .field("attempts", &self.attempts)
            .field("last_day", &self.last_day)
            .finish_non_exhaustive()
    }
}

impl Trial {
    /// The debit that takes both deposits back, in cents.
    pub fn offset_minor(&self) -> i64 {
        self.amounts_minor.iter().sum()
    }

    /// Whether these are the two amounts, in either order.
    pub fn matches(&self, one: i64, other: i64) -> bool {
        let [first, second] = self.amounts_minor;
        (first, second) == (one, other) || (first, second) == (other, one)
    }
}

/// Two different amounts of these sizes, of eight random bytes.
pub fn random_amounts(random: [u8; 8], sizes: Sizes) -> [i64; 2] {
    let [a, b, c, d, e, f, g, h] = random;
    let pick = |bytes: [u8; 4], of: u32| i64::from(u32::from_be_bytes(bytes) % of.max(1)) + 1;
    let first = pick([a, b, c, d], sizes.most_minor);
    // One of the others.
    let second = pick([e, f, g, h], sizes.most_minor.saturating_sub(1));
    [first, if second >= first { second + 1 } else { second }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn amounts_are_two_different_ones_of_the_range(random in any::<[u8; 8]>()) {
            for sizes in [TRIAL_DEPOSITS, MICRODEPOSITS] {
                let [one, other] = random_amounts(random, sizes);
                let range = 1..=i64::from(sizes.most_minor);
                prop_assert!(range.contains(&one) && range.contains(&other) && one != other);
            }
        }
    }

    #[test]
    fn either_order_is_right() {
        let trial = Trial {
            account: AccountId::from_number(1),
            amounts_minor: [18, 28],
            attempts: 0,
            sent_at: Timestamp::UNIX_EPOCH,
            last_day: jiff::civil::date(2026, 12, 1),
        };
        assert!(trial.matches(18, 28) && trial.matches(28, 18));
        assert!(!trial.matches(18, 18) && !trial.matches(28, 28) && !trial.matches(0, 46));
        assert_eq!(trial.offset_minor(), 46);
        assert!(!format!("{trial:?}").contains("18"));
    }
}
