//! Payments as facts.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use florin_ids::PaymentId;
use florin_money::Money;
use florin_storage::words;

words! {
    /// How money moves.
    pub enum RailKind {
        /// Bacs and its like, over a mandate, through a provider.
        DirectDebit = "direct_debit",
        /// The ACH network, over a verified external account, in files.
        Ach = "ach",
        /// Payouts to a bank account through a payments provider.
        Transfer = "transfer",
    }
}

words! {
    /// Which way money moves.
    pub enum Direction {
        /// From the customer to us.
        Collect = "collect",
        /// From us to the customer.
        Pay = "pay",
    }
}

words! {
    /// What a payment is for; it decides what the payer's bank statement says.
    pub enum Purpose {
        /// A loan's instalment.
        Repayment = "repayment",
        /// A loan paid out.
        Disbursement = "disbursement",
        /// Money given back to a borrower.
        Refund = "refund",
        /// One of the small credits that prove an account.
        TrialDeposit = "trial_deposit",
        /// The debit that takes them back.
        TrialOffset = "trial_offset",
        /// A transfer that a customer asked for.
        Transfer = "transfer",
        /// A payment into a savings plan.
        Contribution = "contribution",
        /// A gift to somebody's savings plan.
        Gift = "gift",
        /// Money taken out of a savings plan.
        Withdrawal = "withdrawal",
    }
}

words! {
    /// Where a payment stands.
    pub enum PaymentState {
        /// Not yet with the bank: it can be cancelled.
        Pending = "pending",
        /// On its way.
        Submitted = "submitted",
        /// The money has moved; it may still be taken back.
        Confirmed = "confirmed",
        /// The money has arrived where we can use it.
        PaidOut = "paid_out",
        /// It has not moved, or it has come back.
        Failed = "failed",
        /// The payer has had it back.
        ChargedBack = "charged_back",
        /// It will not be made.
        Cancelled = "cancelled",
    }
}

impl PaymentState {
    /// Whether the money counts as moved.
    pub const fn counts(self) -> bool {
        matches!(self, Self::Confirmed | Self::PaidOut)
    }

    /// Whether the outcome is still open.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Pending | Self::Submitted)
    }

    /// Whether nothing has moved, or what had has come back.
    pub const fn has_ended(self) -> bool {
        !self.counts() && !self.is_under_way()
    }
}

/// What a rail moves money with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Instrument {
    /// The rail.
    pub rail: RailKind,
    /// The rail's own name for it: a mandate's id, an external account's number.
    pub reference: String,
}

/// Whose payment it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OwnerRef {
    /// The kind that an [`Owner`](crate::Owner) answers to.
    pub kind: String,
    /// The owner's id of the thing that the payment is for.
    pub id: Uuid,
}

/// A payment to be made.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// The rail, and what it moves money with.
    pub instrument: Instrument,
    /// Which way.
    pub direction: Direction,
    /// What for.
    pub purpose: Purpose,
    /// How much; more than 0.
    pub amount: Money,
    /// Whose it is.
    pub owner: OwnerRef,
    /// The business date on which the money is wanted to move; the rail takes this one or the first possible one after it.
    pub wanted_on: Date,
    /// The customer's name, as a bank would want it.
    pub counterparty: String,
    /// What the customer is to read beside it, where the rail has room.
    pub note: String,
    /// Whether it is to move on the day on which it is asked for, where the rail can.
    pub same_day: bool,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// UUID v7.
    pub id: PaymentId,
    /// See [`NewPayment::instrument`].
    pub instrument: Instrument,
    /// See [`NewPayment::direction`].
    pub direction: Direction,
    /// See [`NewPayment::purpose`].
    pub purpose: Purpose,
    /// See [`NewPayment::amount`].
    pub amount: Money,
    /// See [`NewPayment::owner`].
    pub owner: OwnerRef,
    /// See [`NewPayment::wanted_on`].
    pub wanted_on: Date,
    /// The day on which the money moves, once the rail knows.
    pub charge_on: Option<Date>,
    /// See [`NewPayment::counterparty`].
    pub counterparty: String,
    /// See [`NewPayment::note`].
    pub note: String,
    /// See [`NewPayment::same_day`].
    pub same_day: bool,
    /// Where it stands.
    pub state: PaymentState,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The provider's own id, once it has one.
    pub reference: Option<String>,
    /// Whether it is being taken back as a mistake of ours: it has moved, or will, and a reversal is on its way.
    pub is_reversing: bool,
    /// Why it failed, in the provider's word (`insufficient_funds`, `R01`); empty otherwise.
    pub reason: String,
    /// The provider's time of the last thing that it told us.
    pub told_at: Option<Timestamp>,
    /// When it was asked for.
    pub created_at: Timestamp,
}

impl Payment {
    /// Names this attempt to the provider: the same key across every repetition of the same request.
    pub fn idempotency_key(&self) -> String {
        format!("{}-{}", self.id, self.attempt)
    }

    /// Whether its money counts and is being taken back as a mistake of ours: nobody may have it meanwhile.
    pub fn is_going_back(&self) -> bool {
        self.is_reversing && self.state.counts()
    }

    pub(crate) fn new(id: PaymentId, new: NewPayment, at: Timestamp) -> Self {
        Self {
            id,
            instrument: new.instrument,
            direction: new.direction,
            purpose: new.purpose,
            amount: new.amount,
            owner: new.owner,
            wanted_on: new.wanted_on,
            charge_on: None,
            counterparty: new.counterparty,
            note: new.note,
            same_day: new.same_day,
            state: PaymentState::Pending,
            attempt: 1,
            reference: None,
            is_reversing: false,
            reason: String::new(),
            told_at: None,
            created_at: at,
        }
    }
}
