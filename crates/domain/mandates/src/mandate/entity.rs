//! What a mandate is, and how the provider's news changes it. Pure.

use florin_ids::{EndUserId, MandateId, ProviderAccountId};
use florin_money::Currency;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::MandatesError;
use florin_storage::words;

words! {
    /// Where a mandate stands, in the provider's words.
    pub enum MandateStatus {
        /// Somebody else has still to sign.
        PendingCustomerApproval = "pending_customer_approval",
        /// Not yet with the bank.
        PendingSubmission = "pending_submission",
        /// With the bank, which has not answered.
        Submitted = "submitted",
        /// Money can be collected.
        Active = "active",
        /// The bank refused it.
        Failed = "failed",
        /// Ended by the payer, by their bank or by us.
        Cancelled = "cancelled",
        /// Ended because nothing was collected for long.
        Expired = "expired",
        /// Used up: it was for one payment.
        Consumed = "consumed",
        /// The provider does not allow it.
        Blocked = "blocked",
        /// The payer has put it off.
        SuspendedByPayer = "suspended_by_payer",
    }
}

impl MandateStatus {
    /// Whether a payment can be asked for over it: it is active or on its way there.
    pub const fn is_usable(self) -> bool {
        matches!(
            self,
            Self::PendingCustomerApproval
                | Self::PendingSubmission
                | Self::Submitted
                | Self::Active
        )
    }

    /// Whether it has ended.
    pub const fn is_gone(self) -> bool {
        !self.is_usable() && !matches!(self, Self::SuspendedByPayer)
    }
}

/// An end user's leave to collect money from a bank account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    /// UUID v7.
    pub id: MandateId,
    /// The tenant's account at the provider that it belongs to.
    pub account: ProviderAccountId,
    /// Who gave it.
    pub end_user: EndUserId,
    /// The provider's id of it (`MD...`).
    pub reference: String,
    /// The provider's id of the customer (`CU...`); may be empty.
    pub customer: String,
    /// Where it stands.
    pub status: MandateStatus,
    /// Put out of use by the tenant.
    pub is_disabled: bool,
    /// `bacs`.
    pub scheme: String,
    /// `GBP`.
    pub currency: Currency,
    /// The bank's name; may be empty.
    pub bank_name: String,
    /// The last two digits of the account's number; may be empty.
    pub account_ending: String,
    /// What stands on the payer's bank statement; may be empty.
    pub statement_reference: String,
    /// The mandate that took its place.
    pub replaced_by: Option<MandateId>,
    /// The provider's time of the last news of the status.
    pub told_at: Timestamp,
    /// When the status changed, in the tenant's time.
    pub status_changed_at: Timestamp,
    /// When it was made, in the tenant's time.
    pub created_at: Timestamp,
}

impl Mandate {
    /// Whether money can be collected over it now.
    pub fn is_usable(&self) -> bool {
        self.status.is_usable() && !self.is_disabled
    }

    /// Why it cannot be used, as a sentence; `None` when it can.
    pub fn objection(&self) -> Option<String> {
        if self.is_disabled {
            return Some(format!("The mandate {} is disabled.", self.id));
        }
        match self.status {
            MandateStatus::SuspendedByPayer => {
                Some(format!("The mandate {} is suspended by the payer.", self.id))
            }
            status if status.is_usable() => None,
            status => Some(format!("The mandate {} is {status}.", self.id)),
        }
    }

    /// Puts it out of use or back into it; answers whether that changed anything.
    ///
    /// # Errors
    /// [`MandatesError::Conflict`] when one that has ended is to be enabled.
    pub(crate) fn manage(&mut self, is_disabled: bool) -> Result<bool, MandatesError> {
        if self.is_disabled == is_disabled {
            return Ok(false);
        }
        if !is_disabled && self.status.is_gone() {
            let text = format!("The mandate is {}: it cannot be enabled.", self.status);
            return Err(MandatesError::Conflict(text));
        }
        self.is_disabled = is_disabled;
        Ok(true)
    }

    /// Takes in the provider's news; answers whether the status has changed. Older news than the last changes nothing.
    pub(crate) fn take_in(&mut self, news: MandateNews, told_at: Timestamp, at: Timestamp) -> bool {
        if told_at < self.told_at {
            return false;
        }
        let Some(status) = following(self.status, news) else { return false };
        self.told_at = told_at;
        self.status = status;
        self.status_changed_at = at;
        true
    }

    /// What listeners are told of it.
    pub(crate) fn event_data(&self) -> Json {
        json!({
            "id": self.id,
            "end_user": self.end_user,
            "status": self.status.as_str(),
            "is_disabled": self.is_disabled,
            "scheme": self.scheme,
            "currency": self.currency.code(),
            "reference": self.reference,
            "replaced_by": self.replaced_by,
            "created_at": self.created_at.as_second(),
        })
    }
}

words! {
    /// What a provider's event says of a mandate, in its words.
    pub enum MandateNews {
        /// It exists.
        Created = "created",
        /// The customer has signed.
        CustomerApprovalGranted = "customer_approval_granted",
        /// The customer need not sign.
        CustomerApprovalSkipped = "customer_approval_skipped",
        /// It is with the bank.
        Submitted = "submitted",
        /// The bank has accepted it.
        Active = "active",
        /// It has ended.
        Cancelled = "cancelled",
        /// The bank has refused it.
        Failed = "failed",
        /// The payer has moved the account to another bank, and the mandate with it.
        Transferred = "transferred",
        /// It has ended because it was not used.
        Expired = "expired",
        /// It is to be sent to the bank again.
        ResubmissionRequested = "resubmission_requested",
        /// It lives again.
        Reinstated = "reinstated",
        /// Another one has taken its place.
        Replaced = "replaced",
        /// It has been used up.
        Consumed = "consumed",
        /// The provider does not allow it.
        Blocked = "blocked",
        /// The payer has put it off.
        SuspendedByPayer = "suspended_by_payer",
    }
}

/// The status after the news; `None` when it changes nothing.
fn following(status: MandateStatus, news: MandateNews) -> Option<MandateStatus> {
    use MandateNews as N;
    use MandateStatus as S;
    let next = match news {
        N::Created | N::Transferred => return None,
        N::CustomerApprovalGranted | N::CustomerApprovalSkipped => match status {
            S::PendingCustomerApproval => S::PendingSubmission,
            _ => return None,
        },
        N::Submitted => match status {
            S::PendingCustomerApproval | S::PendingSubmission => S::Submitted,
            _ => return None,
        },
        N::Active if status.is_usable() || status == S::SuspendedByPayer => S::Active,
        N::Active => return None,
        N::Reinstated => S::Active,
        N::ResubmissionRequested => match status {
            S::Active => return None,
            _ => S::PendingSubmission,
        },
        N::Cancelled | N::Replaced => S::Cancelled,
        N::Failed => S::Failed,
        N::Expired => S::Expired,
        N::Consumed => S::Consumed,
        N::Blocked => S::Blocked,
        N::SuspendedByPayer => S::SuspendedByPayer,
    };
    (next != status).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn mandate(status: MandateStatus) -> Mandate {
        let epoch = Timestamp::UNIX_EPOCH;
        Mandate {
            id: MandateId::new(),
            account: ProviderAccountId::new(),
            end_user: EndUserId::new(),
            reference: "MD1".to_owned(),
            customer: "CU1".to_owned(),
            status,
            is_disabled: false,
            scheme: "bacs".to_owned(),
            currency: Currency::GBP,
            bank_name: String::new(),
            account_ending: "11".to_owned(),
            statement_reference: String::new(),
            replaced_by: None,
            told_at: epoch,
            status_changed_at: epoch,
            created_at: epoch,
        }
    }

    fn check(from: MandateStatus, story: &[(MandateNews, i64)], expected: MandateStatus) {
        let mut it = mandate(from);
        for (news, second) in story {
            let at = Timestamp::from_second(*second).expect("a time");
            it.take_in(*news, at, at);
        }
        assert_eq!(it.status, expected, "{from} {story:?}");
    }

    #[test]
    fn a_mandate_follows_the_news_in_any_order() {
        use MandateNews as N;
        use MandateStatus as S;
        let new = S::PendingSubmission;
        check(new, &[(N::Created, 0), (N::Submitted, 1), (N::Active, 2)], S::Active);
        check(new, &[(N::Active, 2), (N::Submitted, 1), (N::Created, 0)], S::Active);
        check(new, &[(N::Active, 2), (N::Submitted, 2)], S::Active);
        check(new, &[(N::Submitted, 1), (N::Failed, 2)], S::Failed);
        check(new, &[(N::Failed, 2), (N::Submitted, 1)], S::Failed);
        check(new, &[(N::Cancelled, 3), (N::Active, 2)], S::Cancelled);
        check(new, &[(N::Cancelled, 3), (N::Active, 4)], S::Cancelled);
        check(new, &[(N::Cancelled, 3), (N::ResubmissionRequested, 4)], S::PendingSubmission);
        check(S::Expired, &[(N::ResubmissionRequested, 4), (N::Reinstated, 5)], S::Active);
        check(S::Active, &[(N::Transferred, 4)], S::Active);
        check(S::Active, &[(N::SuspendedByPayer, 4), (N::Active, 5)], S::Active);
    }

    #[test]
    fn what_has_ended_cannot_be_enabled() {
        for status in MandateStatus::ALL.iter().copied() {
            let mut it = mandate(status);
            assert!(it.manage(true).expect("disabling always works"));
            assert!(!it.manage(true).expect("twice is no change"));
            assert!(!it.is_usable() && it.objection().is_some());
            assert_eq!(it.manage(false).is_err(), status.is_gone(), "{status}");
        }
    }
}
