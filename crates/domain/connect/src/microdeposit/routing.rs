//! Which banks deposits are not sent to, and why.

use florin_external_accounts::routing::Known;

use crate::codes::codes;

codes! {
    /// Why no deposits are sent to a bank, by the codes that the widgets know.
    pub enum BlockReason {
        /// It is no routing number, or nobody has it.
        Invalid = 0 "INVALID",
        /// Nobody has an account of his own there.
        Blocked = 1 "BLOCKED",
        /// The partner wants none sent there.
        ClientBlocked = 2 "CLIENT_BLOCKED",
        /// The bank tells by itself whose an account is: that is better for the end user, who may still choose
        /// deposits.
        IavPreferred = 3 "IAV_PREFERRED",
    }
}

impl BlockReason {
    /// Whether deposits are refused, rather than advised against.
    pub const fn forbids(self) -> bool {
        !matches!(self, Self::IavPreferred)
    }
}

/// What is known of a routing number.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// What the directory says.
    pub known: Known,
    /// Whether it is on the partner's list, or of a bank that the partner has switched off.
    pub is_blocked_by_partner: bool,
    /// Whether an institution has it.
    pub is_institutions: bool,
    /// Whether an institution that has it tells whose its accounts are, and (where that was asked for) who the holder is.
    pub is_verified_there: bool,
}

/// Why no deposits are sent there; `None` when they are.
pub(super) fn reason(digits: &str, facts: &Facts) -> Option<BlockReason> {
    let is_known = match facts.known {
        Known::Bank(_) => true,
        Known::Unlisted => facts.is_institutions,
        Known::Unsound => false,
    };
    if !is_known {
        Some(BlockReason::Invalid)
    } else if is_official(digits, &facts.known) {
        Some(BlockReason::Blocked)
    } else if facts.is_blocked_by_partner {
        Some(BlockReason::ClientBlocked)
    } else if facts.is_verified_there {
        Some(BlockReason::IavPreferred)
    } else {
        None
    }
}

/// Routing numbers of the United States government (00) and of traveler's checks (80) (ABA Routing Number Policy), and
/// the Federal Reserve's own: no customer has an account there.
fn is_official(digits: &str, known: &Known) -> bool {
    let is_reserve = matches!(known, Known::Bank(name) if name.starts_with("FEDERAL RESERVE"));
    digits.starts_with("00") || digits.starts_with("80") || is_reserve
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bank() -> Facts {
        Facts {
            known: Known::Bank("BANK".to_owned()),
            is_blocked_by_partner: false,
            is_institutions: false,
            is_verified_there: false,
        }
    }

    #[test]
    fn the_gravest_reason_is_told() {
        let check = |digits: &str, facts: Facts, expected: Option<BlockReason>| {
            assert_eq!(reason(digits, &facts), expected, "{digits} {facts:?}");
        };
        let everything = Facts {
            is_blocked_by_partner: true,
            is_institutions: true,
            is_verified_there: true,
            ..bank()
        };
        check("021000021", bank(), None);
        check(
            "021000021",
            Facts { known: Known::Unsound, ..everything.clone() },
            Some(BlockReason::Invalid),
        );
        check("000000518", everything.clone(), Some(BlockReason::Blocked));
        check("800000035", bank(), Some(BlockReason::Blocked));
        let reserve = Facts { known: Known::Bank("FEDERAL RESERVE BANK".to_owned()), ..bank() };
        check("011000015", reserve, Some(BlockReason::Blocked));
        check("021000021", everything.clone(), Some(BlockReason::ClientBlocked));
        let verified = Facts { is_blocked_by_partner: false, ..everything };
        check("021000021", verified.clone(), Some(BlockReason::IavPreferred));
        let unlisted = Facts { known: Known::Unlisted, ..verified };
        check("021000021", unlisted.clone(), Some(BlockReason::IavPreferred));
        let nobodys = Facts { is_institutions: false, ..unlisted };
        check("021000021", nobodys, Some(BlockReason::Invalid));
    }

    #[test]
    fn reasons_have_the_widgets_codes() {
        let told: Vec<_> =
            BlockReason::ALL.iter().map(|it| (it.code(), it.as_str(), it.forbids())).collect();
        let expected = [
            (0, "INVALID", true),
            (1, "BLOCKED", true),
            (2, "CLIENT_BLOCKED", true),
            (3, "IAV_PREFERRED", false),
        ];
        assert_eq!(told, expected);
    }
}
