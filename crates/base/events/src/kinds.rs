//! The kinds of events that a tenant can listen to.

/// A kind of event, for documents and for people.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// What stands in `type`.
    pub name: &'static str,
    /// When it happens.
    pub doc: &'static str,
}

/// An application was decided.
pub const APPLICATION_PROCESSING_FINISHED: &str = "application_processing_finished";
/// A repayment was created.
pub const REPAYMENT_CREATED: &str = "repayment_created";
/// The collections provider answered on a repayment.
pub const REPAYMENT_RESULT: &str = "repayment_result";
/// The payment provider answered on a disbursement.
pub const DISBURSEMENT_RESULT: &str = "disbursement_result";
/// A refund to a borrower has ended.
pub const REFUND_RESULT: &str = "refund_result";
/// A revolving account's monthly statement was made.
pub const STATEMENT_READY: &str = "statement_ready";
/// A loan has become late.
pub const LOAN_IS_LATE: &str = "loan_is_late";
/// A loan has gone into arrears.
pub const LOAN_IS_ARREARS: &str = "loan_is_arrears";
/// A repayment is due in five days.
pub const REPAYMENT_DUE_DAY_SOON: &str = "repayment_due_day_soon";
/// An end user has given a direct-debit mandate.
pub const MANDATE_CREATED: &str = "mandate_created";
/// A direct-debit mandate's status has changed, or it was disabled or enabled.
pub const MANDATE_UPDATED: &str = "mandate_updated";

/// Our payments and the direct-debit provider's differ.
pub const RECONCILIATION_DIFFERS: &str = "reconciliation_differs";

/// What the ledger has on its way and what our payments have differ.
pub const CLEARING_DIFFERS: &str = "clearing_differs";

/// A saver has proven who they are and the 529 account is open.
pub const FUND_ESTABLISHED: &str = "FundEstablished";
/// A saver has failed to prove who they are.
pub const ESTABLISH_FUND_FAILED: &str = "EstablishFundFailed";
/// A payment into a fund has settled.
pub const PAYMENT_SETTLED: &str = "PaymentSettled";
/// A payment into a fund did not come.
pub const PAYMENT_FAILED: &str = "PaymentFailed";
/// A payment into a fund had settled, and was taken back.
pub const PAYMENT_RETURNED: &str = "PaymentReturned";
/// Somebody wants to give to a fund, and has still to prove or to link the account.
pub const GIFT_REQUESTED: &str = "GiftRequested";
/// Money that was taken out of a fund has arrived.
pub const WITHDRAWAL_PAID: &str = "WithdrawalPaid";
/// Money that was taken out of a fund did not arrive, or came back.
pub const WITHDRAWAL_FAILED: &str = "WithdrawalFailed";
/// An external account was added, or its status or lock has changed.
pub const EXTERNAL_ACCOUNT_UPDATED: &str = "external_account_updated";
/// A bank has told what is right about an external account (an ACH notification of change).
pub const EXTERNAL_ACCOUNT_CORRECTED: &str = "external_account_corrected";
/// A transfer with an external account was made, or its status has changed.
pub const TRANSFER_UPDATED: &str = "transfer_updated";

/// A file for the bank was made.
pub const ACH_FILE_CREATED: &str = "ach_file_created";
/// A file was handed over to the bank.
pub const ACH_FILE_SENT: &str = "ach_file_sent";
/// An ACH entry has come back.
pub const ACH_RETURN_RECEIVED: &str = "ach_return_received";
/// A receiving bank says what is right about an account.
pub const ACH_NOTIFICATION_OF_CHANGE: &str = "ach_notification_of_change";
/// An ACH entry is to be taken back.
pub const ACH_REVERSAL_REQUESTED: &str = "ach_reversal_requested";
/// An ACH entry was taken back.
pub const ACH_REVERSAL_COMPLETED: &str = "ach_reversal_completed";
/// A prenote has not come back in time.
pub const ACH_PRENOTE_ACCEPTED: &str = "ach_prenote_accepted";
/// A prenote has come back.
pub const ACH_PRENOTE_RETURNED: &str = "ach_prenote_returned";
/// Something about ACH wants a person's look.
pub const ACH_ALERT: &str = "ach_alert";

/// An end user has begun to link an institution.
pub const CONNECT_MEMBER_CREATED: &str = "connect_member_created";
/// An end user's link to an institution stands elsewhere.
pub const CONNECT_MEMBER_STATUS_CHANGED: &str = "connect_member_status_changed";
/// An end user's link to an institution is gone, with its data.
pub const CONNECT_MEMBER_DELETED: &str = "connect_member_deleted";
/// A job on a linked institution is done, and what it read can be read.
pub const CONNECT_DATA_READY: &str = "connect_data_ready";
/// Microdeposits were asked for, or their status has changed.
pub const CONNECT_MICRODEPOSIT_UPDATED: &str = "connect_microdeposit_updated";
/// A linked account is an external account now.
pub const CONNECT_ACCOUNT_SHARED: &str = "connect_account_shared";
/// An end user has told of an account by hand.
pub const CONNECT_MANUAL_ACCOUNT_CREATED: &str = "connect_manual_account_created";
/// An end user has changed what they told of an account by hand.
pub const CONNECT_MANUAL_ACCOUNT_UPDATED: &str = "connect_manual_account_updated";
/// An end user asks the partner's support.
pub const CONNECT_SUPPORT_TICKET_CREATED: &str = "connect_support_ticket_created";
/// An end user agrees to the use of linked data.
pub const CONNECT_CONSENT_GIVEN: &str = "connect_consent_given";
/// An end user has taken a consent back.
pub const CONNECT_CONSENT_REVOKED: &str = "connect_consent_revoked";

/// What `POST /platform/v1/webhooks/{id}/test` sends. It goes to that endpoint only, so it is not a
/// kind that one listens to.
pub const TEST: &str = "test";

/// Stands for every kind, those of later versions included.
pub const EVERYTHING: &str = "*";

/// Every kind that an endpoint can listen to.
pub const ALL: &[Kind] = &[
    Kind {
        name: APPLICATION_PROCESSING_FINISHED,
        doc: "An application has been processed: it is approved or declined.",
    },
    Kind {
        name: REPAYMENT_CREATED,
        doc: "A repayment transaction was created, by a due instalment or by hand.",
    },
    Kind {
        name: REPAYMENT_RESULT,
        doc: "The collections provider answered: the repayment was applied or failed.",
    },
    Kind {
        name: DISBURSEMENT_RESULT,
        doc: "The payment provider answered: the disbursement was applied or failed.",
    },
    Kind {
        name: REFUND_RESULT,
        doc: "What a borrower had paid too much was given back, or the refund failed or was cancelled.",
    },
    Kind { name: STATEMENT_READY, doc: "A statement is ready for a revolving credit account." },
    Kind { name: LOAN_IS_LATE, doc: "A loan's status has changed to late." },
    Kind { name: LOAN_IS_ARREARS, doc: "A loan's status has changed to arrears." },
    Kind { name: REPAYMENT_DUE_DAY_SOON, doc: "A repayment falls due in five days." },
    Kind {
        name: MANDATE_CREATED,
        doc: "An end user has given a direct-debit mandate and the provider has accepted it; the bank has still to.",
    },
    Kind {
        name: MANDATE_UPDATED,
        doc: "A direct-debit mandate's status has changed (active once the bank has accepted it), or it was disabled \
              or enabled.",
    },
    Kind {
        name: RECONCILIATION_DIFFERS,
        doc: "The daily comparison with the direct-debit provider has found differences; the report is \
              GET /platform/v1/reconciliations/{id}/.",
    },
    Kind {
        name: CLEARING_DIFFERS,
        doc: "The daily comparison of the clearing account with our payments has found a difference in money; its lines are \
              the payments that explain it.",
    },
    Kind {
        name: FUND_ESTABLISHED,
        doc: "A saver has proven who they are, and the fund's 529 account is open.",
    },
    Kind {
        name: ESTABLISH_FUND_FAILED,
        doc: "A saver has failed to prove who they are; the fund is not established.",
    },
    Kind {
        name: PAYMENT_SETTLED,
        doc: "A payment into a fund has settled: the money is on the 529 account.",
    },
    Kind {
        name: PAYMENT_FAILED,
        doc: "A payment into a fund, a contribution's or a gift's, did not come; the reason in the bank's word and in words.",
    },
    Kind {
        name: PAYMENT_RETURNED,
        doc: "A payment into a fund had settled, and the bank has taken it back; the reason in the bank's word and in words.",
    },
    Kind {
        name: GIFT_REQUESTED,
        doc: "Somebody wants to give to a fund: gift_url is where they link their bank, or tell the amounts of the two small \
              deposits that are on their way to their account.",
    },
    Kind { name: WITHDRAWAL_PAID, doc: "Money that was taken out of a fund has arrived." },
    Kind {
        name: WITHDRAWAL_FAILED,
        doc: "Money that was taken out of a fund did not arrive, or came back; the fund has it again.",
    },
    Kind {
        name: EXTERNAL_ACCOUNT_UPDATED,
        doc: "An external account was added, or its status has changed, or it was locked or unlocked.",
    },
    Kind {
        name: EXTERNAL_ACCOUNT_CORRECTED,
        doc: "A bank has sent a notification of change: the external account's routing number, account number or type \
              is corrected, and nocCode says what was wrong.",
    },
    Kind {
        name: TRANSFER_UPDATED,
        doc: "A transfer with an external account was made, or is pending, settled, returned or voided.",
    },
    Kind { name: ACH_FILE_CREATED, doc: "A NACHA file was made for a window." },
    Kind { name: ACH_FILE_SENT, doc: "A NACHA file was handed over to the bank." },
    Kind {
        name: ACH_RETURN_RECEIVED,
        doc: "An ACH entry has come back; `will_retry` says whether it is sent again.",
    },
    Kind {
        name: ACH_NOTIFICATION_OF_CHANGE,
        doc: "A receiving bank has told what is right about an account; it was corrected.",
    },
    Kind {
        name: ACH_REVERSAL_REQUESTED,
        doc: "An ACH entry that was sent by mistake is to be taken back; `reverses` is its id.",
    },
    Kind {
        name: ACH_REVERSAL_COMPLETED,
        doc: "The reversal of an ACH entry is final: its money is back where it came from.",
    },
    Kind {
        name: ACH_PRENOTE_ACCEPTED,
        doc: "A prenote has not come back in time: live entries may follow. `code` is that of a notification of change, if \
              there was one.",
    },
    Kind {
        name: ACH_PRENOTE_RETURNED,
        doc: "A prenote has come back with `code`; nothing is sent to the account until that is put right.",
    },
    Kind {
        name: ACH_ALERT,
        doc: "An ACH return that wants a person's look: a denied authorisation, one that fits no entry, a reversal that \
              came back, or an entry that came back although it was reversed; or a file that cannot be handed over or read.",
    },
    Kind {
        name: CONNECT_MEMBER_CREATED,
        doc: "An end user has begun to link an institution; nothing was tried yet.",
    },
    Kind {
        name: CONNECT_MEMBER_STATUS_CHANGED,
        doc: "The connection status of a linked institution has changed; `error_code` says why it does not work.",
    },
    Kind {
        name: CONNECT_MEMBER_DELETED,
        doc: "A linked institution was deleted, and its credentials and data with it.",
    },
    Kind {
        name: CONNECT_DATA_READY,
        doc: "A job on a linked institution is done: its accounts and transactions can be read.",
    },
    Kind {
        name: CONNECT_MICRODEPOSIT_UPDATED,
        doc: "Microdeposits to an end user's account were asked for, or their status has changed.",
    },
    Kind {
        name: CONNECT_ACCOUNT_SHARED,
        doc: "An end user's linked account is an external account in status Verified now.",
    },
    Kind {
        name: CONNECT_MANUAL_ACCOUNT_CREATED,
        doc: "An end user has told of an account by hand.",
    },
    Kind {
        name: CONNECT_MANUAL_ACCOUNT_UPDATED,
        doc: "An end user has changed what they told of an account by hand.",
    },
    Kind {
        name: CONNECT_SUPPORT_TICKET_CREATED,
        doc: "An end user has asked the partner's support something.",
    },
    Kind {
        name: CONNECT_CONSENT_GIVEN,
        doc: "An end user has agreed to the use of linked data, for the purposes that it names.",
    },
    Kind {
        name: CONNECT_CONSENT_REVOKED,
        doc: "An end user has taken a consent back; `no_longer_allowed` are the purposes that nothing allows any more.",
    },
];

/// Whether an endpoint may listen to this.
pub fn is_known(name: &str) -> bool {
    name == EVERYTHING || ALL.iter().any(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_of_the_lending_document_can_be_listened_to() {
        for name in [
            "repayment_created",
            "repayment_result",
            "disbursement_result",
            "statement_ready",
            "loan_is_late",
            "loan_is_arrears",
            "repayment_due_day_soon",
            "application_processing_finished",
            "*",
        ] {
            assert!(is_known(name), "{name}");
        }
        assert!(!is_known(TEST) && !is_known(""));
    }
}
