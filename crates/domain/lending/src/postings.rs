//! Every ledger entry that lending can make, and its chart of accounts.

use uuid::Uuid;

use florin_ids::{EntryId, LoanId};
use florin_ledger::{Account, Entry, Kind, Posting};
use florin_money::Currency;

/// Money at the bank.
pub const CASH_AT_BANK: Account = Account { no: 1000, name: "Cash at bank", kind: Kind::Asset };
/// Repayments under way: taken off the loan, not yet at the bank.
pub const COLLECTIONS_CLEARING: Account =
    Account { no: 1020, name: "Collections clearing", kind: Kind::Asset };
/// Principal that borrowers owe; one account a loan.
pub const LOAN_PRINCIPAL: Account = Account { no: 1100, name: "Loan principal", kind: Kind::Asset };
/// Interest that borrowers owe; one account a loan.
pub const INTEREST_RECEIVABLE: Account =
    Account { no: 1110, name: "Interest receivable", kind: Kind::Asset };
/// Fees that borrowers owe; one account a loan.
pub const FEES_RECEIVABLE: Account =
    Account { no: 1120, name: "Fees receivable", kind: Kind::Asset };
/// Interest earned.
pub const INTEREST_INCOME: Account =
    Account { no: 4000, name: "Interest income", kind: Kind::Income };
/// Fees earned.
pub const FEE_INCOME: Account = Account { no: 4010, name: "Fee income", kind: Kind::Income };
/// What borrowers have paid beyond what they owed, to be returned; one account a loan.
pub const OVERPAYMENTS: Account = Account { no: 2000, name: "Overpayments", kind: Kind::Liability };
/// Debt that was let go.
pub const WAIVED: Account = Account { no: 5010, name: "Debt waived", kind: Kind::Expense };
/// What was written off.
pub const WRITE_OFF: Account = Account { no: 5000, name: "Loans written off", kind: Kind::Expense };

/// Lending's chart of accounts, by number.
pub const CHART: &[Account] = &[
    CASH_AT_BANK,
    COLLECTIONS_CLEARING,
    LOAN_PRINCIPAL,
    INTEREST_RECEIVABLE,
    FEES_RECEIVABLE,
    OVERPAYMENTS,
    INTEREST_INCOME,
    FEE_INCOME,
    WRITE_OFF,
    WAIVED,
];

/// What all entries of one moment share.
pub(crate) use florin_payments::Moment;

/// An amount split by what it pays, in minor units, none negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts {
    /// Principal.
    pub principal: i64,
    /// Interest.
    pub interest: i64,
    /// Fees.
    pub fee: i64,
}

/// A payout to the borrower, pending until the payments provider or the partner confirms it.
pub(crate) fn disbursement(
    id: EntryId,
    loan: LoanId,
    currency: Currency,
    amount: i64,
    moment: Moment,
) -> Entry {
    let postings = vec![
        Posting::debit(LOAN_PRINCIPAL.of(loan.uuid()), amount),
        Posting::credit(CASH_AT_BANK.house(), amount),
    ];
    entry(id, "disbursement", currency, true, moment, postings)
}

/// A repayment taken off the loan at once while the money is still under way.
pub(crate) fn repayment_under_way(
    id: EntryId,
    loan: LoanId,
    currency: Currency,
    parts: Parts,
    moment: Moment,
) -> Entry {
    entry(id, "repayment", currency, false, moment, repay(COLLECTIONS_CLEARING, loan.uuid(), parts))
}

/// Where the money of a collected repayment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrived {
    /// At the bank.
    AtBank,
    /// With the provider, which pays it out later.
    AtProvider,
}

impl Arrived {
    fn account(self) -> Account {
        match self {
            Self::AtBank => CASH_AT_BANK,
            Self::AtProvider => COLLECTIONS_CLEARING,
        }
    }
}

/// A repayment whose money has moved. What it exceeds the debt by is owed to the borrower.
pub(crate) fn repayment_collected(
    id: EntryId,
    loan: LoanId,
    currency: Currency,
    (parts, overpaid): (Parts, i64),
    arrived: Arrived,
    moment: Moment,
) -> Entry {
    let mut postings = repay(arrived.account(), loan.uuid(), parts);
    if overpaid > 0 {
        postings.push(Posting::debit(arrived.account().house(), overpaid));
        postings.push(Posting::credit(OVERPAYMENTS.of(loan.uuid()), overpaid));
    }
    entry(id, "repayment", currency, false, moment, postings)
}

/// The money of a collected repayment has come back. What had been more than the debt is owed to the borrower no
/// longer.
pub(crate) fn repayment_returned(
    id: EntryId,
    loan: LoanId,
    currency: Currency,
    (parts, overpaid): (Parts, i64),
    arrived: Arrived,
    moment: Moment,
) -> Entry {
    let entry = repayment_collected(id, loan, currency, (parts, overpaid), arrived, moment);
    Entry { kind: "repayment_returned", ..mirrored(entry) }
}

/// The money of a repayment has moved after the loan was written off: it makes the loss smaller. What exceeds the
/// loss is owed to the borrower.
pub(crate) fn recovery(
    id: EntryId,
    loan: LoanId,
    currency: Currency,
    (recovered, overpaid): (i64, i64),
    arrived: Arrived,
    moment: Moment,
) -> Entry {
    let mut postings = Vec::with_capacity(3);
    for (account, amount) in [
        (arrived.account().house(), -(recovered + overpaid)),
        (WRITE_OFF.house(), recovered),
        (OVERPAYMENTS.of(loan.uuid()), overpaid),
    ] {
        if amount != 0 {
            postings.push(Posting::credit(account, amount));
        }
    }
    entry(id, "repayment", currency, false, moment, postings)
}

/// The money of a repayment has come back after the loan was written off: what it had paid is part of the loss.
pub(crate) fn recovery_lost(
    id: EntryId,
    loan: LoanId,
    currency: Currency,
    amounts: (i64, i64),
    arrived: Arrived,
    moment: Moment,
) -> Entry {
    let entry = recovery(id, loan, currency, amounts, arrived, moment);
    Entry { kind: "repayment_returned", ..mirrored(entry) }
}

fn mirrored(mut entry: Entry) -> Entry {
    for posting in &mut entry.postings {
        posting.amount_minor = -posting.amount_minor;
    }
    entry
}

/// The money of a repayment under way arrives at the bank.
pub(crate) fn repayment_settled(
    id: EntryId,
    currency: Currency,
    amount: i64,
    moment: Moment,
) -> Entry {
    let postings = vec![
        Posting::debit(CASH_AT_BANK.house(), amount),
        Posting::credit(COLLECTIONS_CLEARING.house(), amount),
    ];
    entry(id, "repayment_settled", currency, false, moment, postings)
}

/// What a borrower has paid too much is given back: pending until the payments provider or the partner confirms it.
pub(crate) fn refund(
    id: EntryId,
    loan: LoanId,
    currency: Currency,
    (amount, pending): (i64, bool),
    moment: Moment,
) -> Entry {
    let postings = vec![
        Posting::debit(OVERPAYMENTS.of(loan.uuid()), amount),
        Posting::credit(CASH_AT_BANK.house(), amount),
    ];
    entry(id, "refund", currency, pending, moment, postings)
}

/// A fee charged to the loan.
pub(crate) fn fee(
    id: EntryId,
    loan: LoanId,
    currency: Currency,
    amount: i64,
    moment: Moment,
) -> Entry {
    let postings = vec![
        Posting::debit(FEES_RECEIVABLE.of(loan.uuid()), amount),
        Posting::credit(FEE_INCOME.house(), amount),
    ];
    entry(id, "fee", currency, false, moment, postings)
}

/// The interest of one day of many loans: a line a loan and one for the income.
///
/// Negative amounts (a correction downwards) are credited to the loan.
pub(crate) fn interest(
    id: EntryId,
    currency: Currency,
    amounts: &[(LoanId, i64)],
    total: i64,
    moment: Moment,
) -> Entry {
    let mut postings = Vec::with_capacity(amounts.len() + 1);
    postings.extend(
        amounts
            .iter()
            .map(|(loan, amount)| Posting::debit(INTEREST_RECEIVABLE.of(loan.uuid()), *amount)),
    );
    postings.push(Posting::credit(INTEREST_INCOME.house(), total));
    entry(id, "interest", currency, false, moment, postings)
}

/// Debt that is let go becomes an expense.
pub(crate) fn waiver(
    id: EntryId,
    loan: LoanId,
    currency: Currency,
    parts: Parts,
    moment: Moment,
) -> Entry {
    entry(id, "waiver", currency, false, moment, repay(WAIVED, loan.uuid(), parts))
}

/// A correction of how earlier repayments are split: `parts` are taken off what is owed; their sum, mostly 0, comes
/// from what is owed to the borrower.
pub(crate) fn reallocation(
    id: EntryId,
    loan: LoanId,
    currency: Currency,
    parts: Parts,
    moment: Moment,
) -> Entry {
    let mut postings = credit(loan.uuid(), parts);
    let total = parts.principal + parts.interest + parts.fee;
    if total != 0 {
        postings.push(Posting::debit(OVERPAYMENTS.of(loan.uuid()), total));
    }
    entry(id, "reallocation", currency, false, moment, postings)
}

/// The mirror of what a transaction that counts did to the books. `parts` are its own, and of a repayment what was
/// `overpaid` by it, of a refund what it gave back of that; the money of one that is under way or has arrived goes back where it came from.
pub(crate) fn reversal(
    id: EntryId,
    loan: LoanId,
    currency: Currency,
    (parts, overpaid): (Parts, i64),
    undone: Undone,
    moment: Moment,
) -> Entry {
    let total = parts.principal + parts.interest + parts.fee + overpaid;
    let other = match undone {
        Undone::Disbursement | Undone::Refund | Undone::Collected => CASH_AT_BANK,
        Undone::UnderWay => COLLECTIONS_CLEARING,
        Undone::Fee => FEE_INCOME,
        Undone::Interest => INTEREST_INCOME,
        Undone::Waiver => WAIVED,
    };
    let charged =
        matches!(undone, Undone::Disbursement | Undone::Refund | Undone::Fee | Undone::Interest);
    let sign = if charged { 1 } else { -1 };
    let parts = Parts {
        principal: sign * parts.principal,
        interest: sign * parts.interest,
        fee: sign * parts.fee,
    };
    let mut postings = credit(loan.uuid(), parts);
    if overpaid != 0 {
        postings.push(Posting::credit(OVERPAYMENTS.of(loan.uuid()), sign * overpaid));
    }
    if total != 0 {
        postings.push(Posting::debit(other.house(), sign * total));
    }
    entry(id, "reversal", currency, false, moment, postings)
}

/// What a reversal takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undone {
    Disbursement,
    /// Money given back to the borrower, which is owed to them again.
    Refund,
    /// A repayment whose money has not arrived.
    UnderWay,
    /// A repayment whose money has arrived.
    Collected,
    Fee,
    Interest,
    Waiver,
}

/// What is still owed becomes a loss.
pub(crate) fn write_off(
    id: EntryId,
    loan: LoanId,
    currency: Currency,
    parts: Parts,
    moment: Moment,
) -> Entry {
    entry(id, "write_off", currency, false, moment, repay(WRITE_OFF, loan.uuid(), parts))
}

/// Debits `to` with the whole and credits the loan's accounts with the parts.
fn repay(to: Account, loan: Uuid, parts: Parts) -> Vec<Posting> {
    let mut postings = credit(loan, parts);
    let total = parts.principal + parts.interest + parts.fee;
    if total != 0 {
        postings.insert(0, Posting::debit(to.house(), total));
    }
    postings
}

/// Credits the loan's accounts with the parts.
fn credit(loan: Uuid, parts: Parts) -> Vec<Posting> {
    let mut postings = Vec::with_capacity(4);
    for (account, amount) in [
        (FEES_RECEIVABLE, parts.fee),
        (INTEREST_RECEIVABLE, parts.interest),
        (LOAN_PRINCIPAL, parts.principal),
    ] {
        if amount != 0 {
            postings.push(Posting::credit(account.of(loan), amount));
        }
    }
    postings
}

fn entry(
    id: EntryId,
    kind: &'static str,
    currency: Currency,
    pending: bool,
    moment: Moment,
    postings: Vec<Posting>,
) -> Entry {
    Entry { id, kind, currency, pending, effective_on: moment.on, recorded_at: moment.at, postings }
}
