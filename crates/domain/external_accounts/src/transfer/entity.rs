//! Transfers between a customer's settlement account and an external account, which are its transactions. Pure.

use florin_ids::{EntryId, PaymentId};
use florin_money::Money;
use florin_payments::PaymentState;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::words::{AccountId, CustomerId, TransferId, named};

named! {
    /// Where a transfer stands.
    TransferStatus {
        /// Asked for; it can be voided.
        Initiated = "Initiated",
        /// In a file to the bank.
        Pending = "Pending",
        /// The money has moved.
        Settled = "Settled",
        /// The other bank has sent it back, or the money has not moved.
        Returned = "Returned",
        /// Called off.
        Voided = "Voided",
    }
}

named! {
    /// Which way a transfer goes, seen from the customer's settlement account.
    TransferKind {
        /// From the external account: a pull, a debit of it.
        Deposit = "Deposit",
        /// To the external account: a push, a credit of it.
        Withdraw = "Withdraw",
    }
}

named! {
    /// What the ledger knows of a transfer.
    Booked {
        /// Its entry is pending.
        Pending = "pending",
        /// Its entry counts.
        Posted = "posted",
        /// Its entry was voided or reversed.
        Undone = "undone",
    }
}

impl TransferKind {
    /// `typeCode` of the transaction object.
    pub const fn type_code(self) -> &'static str {
        match self {
            Self::Deposit => "ACHD",
            Self::Withdraw => "ACHW",
        }
    }

    /// `type` of the transaction object.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Deposit => "External Deposit",
            Self::Withdraw => "External Withdrawal",
        }
    }
}

impl TransferStatus {
    /// What a payment's state means for its transfer.
    pub const fn of(state: PaymentState) -> Self {
        match state {
            PaymentState::Pending => Self::Initiated,
            PaymentState::Submitted => Self::Pending,
            PaymentState::Confirmed | PaymentState::PaidOut => Self::Settled,
            PaymentState::Failed | PaymentState::ChargedBack => Self::Returned,
            PaymentState::Cancelled => Self::Voided,
        }
    }
}

/// What `transfer/create` says.
#[derive(Debug, Clone, Default)]
pub struct NewTransfer {
    /// `customerId`.
    pub customer: i64,
    /// `fromId`: the settlement account of the customer, or one of its external accounts.
    pub from: i64,
    /// `toId`: the other one.
    pub to: i64,
    /// Dollars, at most two decimals.
    pub amount: Decimal,
    /// The caller's own id: the same tag again answers the first transfer.
    pub tag: Option<String>,
    /// What the bank statement is to say, at most 50 characters.
    pub description: Option<String>,
    /// Whether it is to move on the same day where the rail can.
    pub is_same_day_settle: bool,
}

/// Which transfer is to be voided: by number or by tag.
#[derive(Debug, Clone, Default)]
pub struct VoidTransfer {
    /// `customerId`.
    pub customer: i64,
    /// `transactionId`.
    pub transaction: Option<i64>,
    /// `tag`.
    pub tag: Option<String>,
}

/// A transfer, and the transaction that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// `transactionId`.
    pub id: TransferId,
    /// `customerId`.
    pub customer: CustomerId,
    /// Which way.
    pub kind: TransferKind,
    /// The external account.
    pub external_account: AccountId,
    /// The customer's settlement account.
    pub settlement_account: AccountId,
    /// More than 0.
    pub amount: Money,
    /// The caller's own id, unique within the program.
    pub tag: Option<String>,
    /// As sent.
    pub description: Option<String>,
    /// The bank on the other side.
    pub institution_name: String,
    /// Whether it can settle on the day on which it leaves.
    pub is_same_day_settle: bool,
    /// Whether that was asked for; the bank, the amount or the account may not allow it.
    pub asked_same_day: bool,
    /// Where it stands.
    pub status: TransferStatus,
    /// `R01` and the like, once it is returned.
    pub return_code: Option<String>,
    /// The payment that moves the money.
    pub payment: PaymentId,
    /// The ledger's entry of it.
    pub entry: EntryId,
    /// What the ledger knows of it.
    pub booked: Booked,
    /// The ledger's open entry that holds the money while it is being taken back.
    pub held: Option<EntryId>,
    /// The day on which the money moves, as far as the rail knows.
    pub charge_on: Option<Date>,
    /// The business date of its creation.
    pub created_on: Date,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// The business date of its settlement; it stays after a return.
    pub settled_on: Option<Date>,
    /// When it settled; it stays after a return.
    pub settled_at: Option<Timestamp>,
    /// When it was voided.
    pub voided_at: Option<Timestamp>,
    /// When it came back.
    pub returned_at: Option<Timestamp>,
}

impl Transfer {
    /// `fromId`.
    pub fn from(&self) -> AccountId {
        match self.kind {
            TransferKind::Deposit => self.external_account,
            TransferKind::Withdraw => self.settlement_account,
        }
    }

    /// `toId`.
    pub fn to(&self) -> AccountId {
        match self.kind {
            TransferKind::Deposit => self.settlement_account,
            TransferKind::Withdraw => self.external_account,
        }
    }

    /// `isCredit`: the customer's settlement account is credited.
    pub fn is_credit(&self) -> bool {
        self.kind == TransferKind::Deposit
    }

    /// `availableDate`: when the money can be used, which is when it has settled.
    pub fn available_at(&self) -> Option<Timestamp> {
        self.settled_at.filter(|_| self.status == TransferStatus::Settled)
    }

    /// `friendlyDescription`.
    pub fn friendly_description(&self) -> String {
        let (bank, kind) = (&self.institution_name, self.kind);
        match (&self.description, kind) {
            (Some(description), _) => description.clone(),
            (None, TransferKind::Deposit) => format!("Transfer from {bank}"),
            (None, TransferKind::Withdraw) => format!("Transfer to {bank}"),
        }
    }

    /// Whether this is what `new` asks for; its tag is the same.
    pub(crate) fn is_of(&self, new: &NewTransfer, amount: Money) -> bool {
        self.customer.number() == new.customer
            && self.from().number() == new.from
            && self.to().number() == new.to
            && self.amount == amount
            && self.description == crate::fields::text(&new.description)
            && self.asked_same_day == new.is_same_day_settle
    }
}

/// Which of a customer's transactions are listed. Absent means all.
#[derive(Debug, Clone, Default)]
pub struct TransactionQuery {
    /// The settlement account or an external account; 0 is the same as absent.
    pub account: Option<i64>,
    /// The name of a [`TransferStatus`], whatever its capitals; empty is the same as absent.
    pub status: Option<String>,
    /// The first business date of creation.
    pub begin: Option<Date>,
    /// The last business date of creation.
    pub end: Option<Date>,
    /// From 0.
    pub page_number: u32,
    /// At most 200; 0 is the same as 200.
    pub page_size: u32,
}
