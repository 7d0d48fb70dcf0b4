//! Where microdeposits stand, and what that follows from. Pure.

use florin_ach::ReturnCode;
use florin_external_accounts::AccountStatus;
use florin_external_accounts::probe::{Probe, Progress};

use crate::codes::codes;

codes! {
    /// Where microdeposits stand, by the codes that the widgets know.
    pub enum MicrodepositStatus {
        /// The deposits were asked for.
        Initiated = 0 "INITIATED",
        /// They are on their way.
        Requested = 1 "REQUESTED",
        /// They are on the account: the end user can tell them.
        Deposited = 2 "DEPOSITED",
        /// The end user has told them: the account is theirs.
        Verified = 3 "VERIFIED",
        /// They could not be made, or nobody told them in time; other details may do.
        Errored = 4 "ERRORED",
        /// The end user has told wrong amounts and may try again.
        Denied = 5 "DENIED",
        /// The end user has told wrong amounts too often.
        Prevented = 6 "PREVENTED",
        /// The account has microdeposits already.
        Conflicted = 7 "CONFLICTED",
        /// The bank refuses the account.
        Rejected = 8 "REJECTED",
        /// The partner has begun, and the end user has still to tell the account.
        Preinitiated = 9 "PREINITIATED",
    }
}

impl MicrodepositStatus {
    /// Whether the deposits are under way or wait to be told: the account cannot have others meanwhile.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Initiated | Self::Requested | Self::Deposited | Self::Denied)
    }
}

/// Returns that say that the details are wrong, rather than the account: no account, wrong number, wrong kind, wrong
/// bank, wrong check digit.
const WRONG_DETAILS: &[&str] = &["R03", "R04", "R13", "R20", "R28"];

/// Where they stand, and why they have come to nothing where they have, read off the account that they go to.
pub(super) fn standing(probe: &Probe) -> (MicrodepositStatus, String) {
    use MicrodepositStatus as Status;
    let account = &probe.account;
    match (account.status, account.is_locked()) {
        (AccountStatus::Verified, false) => (Status::Verified, String::new()),
        (AccountStatus::VerifyLocked, _) => {
            (Status::Prevented, "The amounts were told wrongly too often.".to_owned())
        }
        (AccountStatus::Expired, _) => {
            (Status::Errored, format!("The amounts were not told by {}.", probe.last_day))
        }
        (AccountStatus::Unverified, false) => (under_way(probe), String::new()),
        (AccountStatus::Archived, _) => (Status::Rejected, "The account was put away.".to_owned()),
        (AccountStatus::Verified | AccountStatus::Unverified | AccountStatus::Denied, _) => {
            refused(probe)
        }
    }
}

fn under_way(probe: &Probe) -> MicrodepositStatus {
    use MicrodepositStatus as Status;
    match probe.progress {
        _ if probe.attempts > 0 => Status::Denied,
        Progress::Asked => Status::Initiated,
        Progress::Sent => Status::Requested,
        Progress::Arrived => Status::Deposited,
    }
}

/// The bank has sent a deposit back, or a person said no.
fn refused(probe: &Probe) -> (MicrodepositStatus, String) {
    use MicrodepositStatus as Status;
    let Some(code) = &probe.returned else {
        let reason = probe.account.locked_reason.clone();
        return (Status::Rejected, reason.unwrap_or_else(|| "The account was refused.".to_owned()));
    };
    let title = ReturnCode::parse(code).map(|known| format!(" {}", known.title()));
    let reason = format!("A deposit was returned: {code}{}", title.unwrap_or_default());
    if WRONG_DETAILS.contains(&code.as_str()) {
        (Status::Errored, reason)
    } else {
        (Status::Rejected, reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_widgets() {
        let words: Vec<&str> = MicrodepositStatus::ALL.iter().map(|it| it.as_str()).collect();
        let expected = [
            "INITIATED",
            "REQUESTED",
            "DEPOSITED",
            "VERIFIED",
            "ERRORED",
            "DENIED",
            "PREVENTED",
            "CONFLICTED",
            "REJECTED",
            "PREINITIATED",
        ];
        assert_eq!(words, expected);
        for (code, status) in (0..).zip(MicrodepositStatus::ALL) {
            assert_eq!(status.code(), code);
            assert_eq!(MicrodepositStatus::from_code(code), Some(*status));
        }
        assert_eq!(MicrodepositStatus::from_code(10), None);
    }
}
