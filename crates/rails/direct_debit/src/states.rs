//! Which event leads to which state: what a reader of events can rely on.
//!
//! Events come twice and in any order, so these tables tell where a thing stands *after* an event, whatever was known
//! before; which of two events is the newer one is told by their times.

use crate::wire::{ActionKind, BillingRequestStatus, MandateStatus, PaymentStatus};

/// The state of a mandate after an event; `None` when the event says nothing about it (`transferred`, `created` of one
/// that still waits for a signature, and actions that are new to us).
pub fn mandate_after(action: &str) -> Option<MandateStatus> {
    use MandateStatus as S;
    Some(match action {
        "created" | "customer_approval_granted" | "customer_approval_skipped" => {
            S::PendingSubmission
        }
        "resubmission_requested" => S::PendingSubmission,
        "submitted" => S::Submitted,
        "active" | "reinstated" => S::Active,
        "cancelled" | "replaced" => S::Cancelled,
        "failed" => S::Failed,
        "expired" => S::Expired,
        "consumed" => S::Consumed,
        "blocked" => S::Blocked,
        "suspended_by_payer" => S::SuspendedByPayer,
        _ => return None,
    })
}

/// The state of a payment after an event; `None` when the event says nothing about it: `chargeback_settled` and
/// `late_failure_settled` are about the payout that made up for it.
pub fn payment_after(action: &str) -> Option<PaymentStatus> {
    use PaymentStatus as S;
    Some(match action {
        "created" | "customer_approval_granted" | "resubmission_requested" => S::PendingSubmission,
        "customer_approval_denied" => S::CustomerApprovalDenied,
        "submitted" => S::Submitted,
        "confirmed" => S::Confirmed,
        "paid_out" => S::PaidOut,
        "chargeback_cancelled" => S::PaidOut,
        "cancelled" => S::Cancelled,
        "failed" => S::Failed,
        "charged_back" => S::ChargedBack,
        _ => return None,
    })
}

/// The state of a billing request after an event; `None` when the event says nothing about it.
pub fn billing_request_after(action: &str) -> Option<BillingRequestStatus> {
    use BillingRequestStatus as S;
    Some(match action {
        "created" => S::Pending,
        "payer_details_confirmed" => S::ReadyToFulfil,
        "fulfilled" => S::Fulfilled,
        "cancelled" => S::Cancelled,
        _ => return None,
    })
}

/// The states in which a payment may be, once it has been in `from`. A payment stays within this table; the sandbox's
/// scenarios jump along it.
pub fn payment_next(from: PaymentStatus) -> &'static [PaymentStatus] {
    use PaymentStatus as S;
    match from {
        S::PendingCustomerApproval => {
            &[S::PendingSubmission, S::CustomerApprovalDenied, S::Cancelled]
        }
        S::PendingSubmission => &[S::Submitted, S::Cancelled, S::Failed],
        S::Submitted => &[S::Confirmed, S::Failed],
        S::Confirmed => &[S::PaidOut, S::Failed, S::ChargedBack],
        S::PaidOut => &[S::Failed, S::ChargedBack],
        // By a retry.
        S::Failed => &[S::PendingSubmission],
        // By a chargeback that is cancelled.
        S::ChargedBack => &[S::PaidOut],
        S::Cancelled | S::CustomerApprovalDenied | S::Unknown => &[],
    }
}

/// The states in which a mandate may be, once it has been in `from`.
pub fn mandate_next(from: MandateStatus) -> &'static [MandateStatus] {
    use MandateStatus as S;
    match from {
        S::PendingCustomerApproval => &[S::PendingSubmission, S::Cancelled, S::Blocked],
        S::PendingSubmission => &[S::Submitted, S::Cancelled, S::Failed, S::Blocked],
        S::Submitted => &[S::Active, S::Failed, S::Cancelled, S::Blocked],
        S::Active => &[
            S::Cancelled,
            S::Failed,
            S::Expired,
            S::Consumed,
            S::Blocked,
            S::SuspendedByPayer,
            // By a transfer that has to be sent to the new bank.
            S::PendingSubmission,
        ],
        S::SuspendedByPayer => &[S::Active, S::Cancelled],
        // By being reinstated.
        S::Cancelled | S::Failed | S::Expired => &[S::PendingSubmission],
        S::Consumed | S::Blocked | S::Unknown => &[],
    }
}

/// The states in which a billing request may be, once it has been in `from`.
pub fn billing_request_next(from: BillingRequestStatus) -> &'static [BillingRequestStatus] {
    use BillingRequestStatus as S;
    match from {
        S::Pending => &[S::ReadyToFulfil, S::Cancelled],
        // Back when details are given anew.
        S::ReadyToFulfil => &[S::Pending, S::Fulfilling, S::Fulfilled, S::Cancelled],
        S::Fulfilling => &[S::Fulfilled],
        S::Fulfilled | S::Cancelled | S::Unknown => &[],
    }
}

/// The actions of a billing request for a Bacs mandate, in their order.
pub const BACS_ACTIONS: [ActionKind; 3] = [
    ActionKind::CollectCustomerDetails,
    ActionKind::CollectBankAccount,
    ActionKind::ConfirmPayerDetails,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Every action of the provider's documentation, and whether it tells a state.
    #[test]
    fn actions_table() {
        let mandates = [
            "created",
            "customer_approval_granted",
            "customer_approval_skipped",
            "active",
            "cancelled",
            "failed",
            "expired",
            "submitted",
            "resubmission_requested",
            "reinstated",
            "replaced",
            "consumed",
            "blocked",
            "suspended_by_payer",
        ];
        for action in mandates {
            assert!(mandate_after(action).is_some(), "{action}");
        }
        let payments = [
            "created",
            "customer_approval_granted",
            "customer_approval_denied",
            "submitted",
            "confirmed",
            "paid_out",
            "failed",
            "charged_back",
            "chargeback_cancelled",
            "resubmission_requested",
            "cancelled",
        ];
        for action in payments {
            assert!(payment_after(action).is_some(), "{action}");
        }
        for silent in ["transferred", "of_the_future"] {
            assert_eq!(mandate_after(silent), None);
        }
        for silent in ["chargeback_settled", "late_failure_settled", "of_the_future"] {
            assert_eq!(payment_after(silent), None);
        }
        assert_eq!(billing_request_after("fulfilled"), Some(BillingRequestStatus::Fulfilled));
        assert_eq!(billing_request_after("flow_visited"), None);
    }

    /// The life of a payment, and what cannot happen in it.
    #[test]
    fn ways_table() {
        use PaymentStatus as S;
        let check = |way: &[S], goes: bool| {
            let found = way.windows(2).all(|step| payment_next(step[0]).contains(&step[1]));
            assert_eq!(found, goes, "{way:?}");
        };
        check(
            &[S::PendingSubmission, S::Submitted, S::Confirmed, S::PaidOut, S::ChargedBack],
            true,
        );
        check(&[S::Submitted, S::Failed, S::PendingSubmission, S::Submitted, S::Confirmed], true);
        check(&[S::Confirmed, S::Failed], true);
        check(&[S::PendingSubmission, S::Cancelled], true);
        check(&[S::Submitted, S::Cancelled], false);
        check(&[S::Cancelled, S::Submitted], false);
        check(&[S::Failed, S::Confirmed], false);
        assert!(mandate_next(MandateStatus::Failed).contains(&MandateStatus::PendingSubmission));
        assert!(!mandate_next(MandateStatus::Consumed).contains(&MandateStatus::Active));
        let fulfilled = BillingRequestStatus::Fulfilled;
        assert!(billing_request_next(fulfilled).is_empty());
    }
}
