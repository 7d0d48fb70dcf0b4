//! Taking transactions back.
//!
//! As the document tells it, a reverted transaction takes all that postdate it with it, interest included, and
//! nothing is recalculated: the days between bear no interest. With `recalculate` it is taken back alone, and the
//! loan becomes what it would be if the transaction had never been.

use jiff::civil::Date;

use florin_ids::{LoanId, TransactionId};
use florin_ledger::Entry;
use florin_storage::Tx;
use florin_tenancy::Caller;

use super::batch::Effects;
use super::entity::{Transaction, TransactionStatus, TransactionType};
use super::{correct, repo, resolve};
use crate::LendingError;
use crate::loan::{CloseSubstatus, Loan, LoanStatus};
use crate::postings::Moment;

/// How a transaction is to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RevertOptions {
    /// Take it back alone and book what the loan's story comes to without it.
    pub recalculate: bool,
    /// Only tell what would happen.
    pub preview: bool,
}

/// What taking a transaction back comes to.
#[derive(Debug, Clone)]
pub struct Reversion {
    /// The transactions that are taken back, the asked one first.
    pub reverted: Vec<Transaction>,
    /// The corrections that are booked.
    pub corrections: Vec<Transaction>,
    /// Every ledger entry that is made.
    pub entries: Vec<Entry>,
    /// The loan before.
    pub before: Loan,
    /// The loan afterwards.
    pub after: Loan,
}

pub(crate) fn revert_in(
    tx: &mut Tx,
    caller: &Caller,
    id: TransactionId,
    options: RevertOptions,
) -> Result<Reversion, LendingError> {
    let (asked, before, moment) = resolve::hold_in(tx, caller, id)?;
    check_revertible(&asked, &before)?;
    let mut later = repo::counting_from(tx, caller.tenant, before.id, asked.effective_on)?;
    later.retain(|it| postdates(it, &asked) && !is_closed(it, &before));
    if let Some(pending) = later.iter().find(|it| it.status == TransactionStatus::Pending) {
        return Err(LendingError::conflict(format!(
            "The {} {} after it is pending: wait for it or apply it first.",
            pending.kind, pending.id
        )));
    }
    let mut reverted = vec![asked];
    if !options.recalculate {
        reverted.extend(later);
    }
    check_not_moved(&reverted)?;
    let mut effects = Effects::default();
    let mut loan = before.clone();
    loan.reopen();
    for transaction in reverted.iter_mut().rev() {
        effects.entries.push(resolve::undo(&mut loan, transaction, moment)?);
        transaction.end(TransactionStatus::Reverted, &loan, moment);
    }
    let ids: Vec<TransactionId> = reverted.iter().map(|it| it.id).collect();
    let story_before = correct::story_in(tx, caller.tenant, loan.id)?;
    let mut story = story_before.clone().without(&ids);
    if !options.recalculate {
        effects.lost_nights.extend(lost_nights(&reverted[0], loan.id, moment));
        story
            .pauses
            .extend(effects.lost_nights.iter().map(|(_, from, until)| (*from, Some(*until))));
    }
    let retold = correct::retell_in(tx, caller.tenant, &loan, &story, moment.on)?;
    if options.recalculate {
        let told = (&story_before, &retold);
        correct::check_not_too_much_in(tx, caller.tenant, &loan, told, moment.on)?;
    }
    // Also without recalculation: a correction that was taken back may belong to something earlier, which stays.
    correct::settle(&mut loan, retold, moment, &mut effects)?;
    if loan.disbursed_minor == 0 {
        loan.status = LoanStatus::Inactive;
    }
    effects.resolved.extend(reverted.iter().cloned());
    effects.loans.push(loan.clone());
    if !options.preview {
        effects.write_in(tx, caller.tenant)?;
    }
    let Effects { transactions: corrections, entries, .. } = effects;
    Ok(Reversion { reverted, corrections, entries, before, after: loan })
}

/// Whether a transaction comes after another one: by date, then in the order in which they were booked. A day begins
/// with the interest of the night, also when what comes after it was asked for before and applied on that day.
fn postdates(it: &Transaction, asked: &Transaction) -> bool {
    let order = |of: &Transaction| (of.effective_on, !is_night(of), of.entry_id());
    order(it) > order(asked)
}

/// Whether it is the interest of a night, not a correction.
fn is_night(it: &Transaction) -> bool {
    it.kind == TransactionType::Interest && it.name.is_empty()
}

/// Whether a closed statement shows it. What was charged before the first disbursement is part of the first one.
fn is_closed(it: &Transaction, loan: &Loan) -> bool {
    it.period.unwrap_or(1) <= loan.statements
}

fn check_revertible(asked: &Transaction, loan: &Loan) -> Result<(), LendingError> {
    if asked.status != TransactionStatus::Applied {
        return Err(LendingError::conflict(format!(
            "The transaction is {}: only an applied transaction can be reverted.",
            asked.status
        )));
    }
    if is_closed(asked, loan) {
        return Err(LendingError::conflict(
            "The transaction is part of a closed statement and can't be reverted.",
        ));
    }
    if loan.status == LoanStatus::Cancelled {
        return Err(LendingError::conflict(
            "The loan was cancelled: its transactions can't be reverted.",
        ));
    }
    let is_paid = loan.close_substatus == Some(CloseSubstatus::PaidInFull);
    if loan.status == LoanStatus::Closed && !is_paid {
        return Err(LendingError::conflict(
            "The loan was written off: its transactions can't be reverted.",
        ));
    }
    Ok(())
}

/// Refuses what a provider has moved: taking it back here would move no money, and the books would no longer say
/// where the money is.
fn check_not_moved(reverted: &[Transaction]) -> Result<(), LendingError> {
    match reverted.iter().find(|it| it.payment.is_some()) {
        None => Ok(()),
        Some(moved) => Err(LendingError::conflict(format!(
            "The money of the {} {} was moved by a provider: it is taken back when the provider tells that the \
             money has come back.",
            moved.kind, moved.id
        ))),
    }
}

/// The nights whose interest goes with the transaction: from the day on which it counted to today.
fn lost_nights(asked: &Transaction, loan: LoanId, moment: Moment) -> Option<(LoanId, Date, Date)> {
    // The interest of a day is that of the night before.
    let from =
        if is_night(asked) { asked.effective_on.yesterday().ok()? } else { asked.effective_on };
    (from < moment.on).then_some((loan, from, moment.on))
}
