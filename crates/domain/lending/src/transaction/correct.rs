//! Corrections: what a loan owes is brought to what its story, told again, comes to.

use jiff::civil::Date;

use florin_ids::{LoanId, TenantId, TransactionId};
use florin_storage::Tx;

use super::batch::Effects;
use super::entity::{Transaction, TransactionType};
use super::kept::{self, Kept};
use super::{repo, resolve};
use crate::LendingError;
use crate::loan::retell::{Booked, Fact, Retold, Story, Told, TooMuch, retell};
use crate::loan::servicing::Obligations;
use crate::loan::{self, Loan};
use crate::postings::{self, Arrived, Moment, Parts};
use crate::statement;

/// The story of a loan as the database tells it.
pub(crate) fn story_in(tx: &mut Tx, tenant: TenantId, loan: LoanId) -> Result<Story, LendingError> {
    let mut facts: Vec<Told> = Vec::new();
    for (on, billed) in statement::repo::billed(tx, tenant, loan)? {
        facts.push(Told { on, by: None, booked: None, fact: Fact::Statement(billed) });
    }
    let transactions = repo::facts(tx, tenant, loan)?;
    facts.extend(transactions.iter().filter_map(told));
    let booked: Vec<Booked> = transactions.iter().filter_map(booked).collect();
    let mut set_aside = 0;
    // Only refunds take it.
    if booked.iter().any(|it| it.kind == TransactionType::Refund) {
        set_aside = kept::set_aside_in(tx, tenant, loan, &booked)?;
    }
    Ok(Story { facts, pauses: loan::repo::pauses(tx, tenant, loan)?, booked, set_aside })
}

/// What a transaction tells; nothing for one that only corrects how others are split.
pub(crate) fn told(transaction: &Transaction) -> Option<Told> {
    let amount = transaction.amount.minor();
    let fact = match transaction.kind {
        TransactionType::Disbursement => Fact::Disbursement(amount),
        TransactionType::Repayment => Fact::Repayment(amount),
        TransactionType::Waiver => Fact::Waiver(amount),
        TransactionType::Fee => Fact::Fee(amount),
        TransactionType::Refund => Fact::Refund(amount),
        TransactionType::Interest => return None,
    };
    let (on, by) = (transaction.effective_on, Some(transaction.id));
    (amount != 0).then_some(Told { on, by, booked: Some(transaction.entry_id()), fact })
}

/// How a repayment, a waiver or a refund is booked, or a correction of them.
fn booked(transaction: &Transaction) -> Option<Booked> {
    let (by, kind, parts) = (transaction.id, transaction.kind, transaction.parts());
    let is_booked = matches!(
        kind,
        TransactionType::Repayment | TransactionType::Waiver | TransactionType::Refund
    );
    is_booked.then_some(Booked { by, kind, parts, beyond: transaction.beyond_minor() })
}

impl Story {
    /// The story without some transactions.
    pub(crate) fn without(mut self, ids: &[TransactionId]) -> Self {
        self.facts.retain(|told| told.by.is_none_or(|by| !ids.contains(&by)));
        self.booked.retain(|booked| !ids.contains(&booked.by));
        self
    }

    /// The story with one more repayment.
    pub(crate) fn with(mut self, repayment: &Transaction) -> Self {
        self.facts.extend(told(repayment));
        self
    }

    /// The story with a refund, which is booked.
    pub(crate) fn with_refund(mut self, refund: &Transaction) -> Self {
        self.booked.extend(booked(refund));
        self.with(refund)
    }
}

/// What a repayment that is told late pays on its day, as far as it was owed then, and the story with it.
pub(crate) fn repaid_on_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &Loan,
    repayment: &Transaction,
    moment: Moment,
) -> Result<(Parts, Retold), LendingError> {
    let story = story_in(tx, tenant, loan.id)?.with(repayment);
    let mut retold = retell_in(tx, tenant, loan, &story, moment.on)?;
    let parts = retold.split_of(repayment.id);
    let beyond = repayment.amount.minor() - parts.total()?;
    retold.booked.push(Booked { by: repayment.id, kind: repayment.kind, parts, beyond });
    Ok((parts, retold))
}

/// Refuses a change of a story by which a repayment becomes more than was owed on its day, or a refund more than was
/// owed to the borrower.
pub(crate) fn check_not_too_much_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &Loan,
    (before, after): (&Story, &Retold),
    today: Date,
) -> Result<(), LendingError> {
    if after.too_much.is_empty() && after.short == 0 {
        return Ok(());
    }
    let known = retell_in(tx, tenant, loan, before, today)?;
    if after.short > known.short {
        return Err(LendingError::conflict(format!(
            "Of what was given back to the borrower {} would not have been owed to them.",
            loan.money(after.short - known.short)
        )));
    }
    let known = known.too_much;
    let is_new = |it: &&TooMuch| !known.iter().any(|was| was.by == it.by && was.owed <= it.owed);
    match after.too_much.iter().find(is_new) {
        None => Ok(()),
        Some(new) => Err(LendingError::conflict(format!(
            "The loan owed {} on {}: less than the {} repaid then.",
            loan.money(new.owed),
            new.on,
            loan.money(new.amount)
        ))),
    }
}

/// Tells a loan's story up to its today.
pub(crate) fn retell_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &Loan,
    story: &Story,
    today: Date,
) -> Result<Retold, LendingError> {
    let product = loan::product_in(tx, tenant, loan.product)?;
    retell(loan, &product, story, today)
}

/// Brings a loan, whose balances show everything but the correction, to what its story comes to: its state, its
/// schedule, its dues, and the difference of interest, of the splits and of what is owed to the borrower as
/// transactions of today.
pub(crate) fn settle(
    loan: &mut Loan,
    retold: Retold,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let difference = difference(retold.loan.balances.owed(), loan.balances.owed());
    // What pays the loan of the money that had been too much, and of the waivers that had been; below 0 where more
    // of them is too much than before.
    let used = Kept::of(&retold.booked, retold.set_aside).left() - retold.excess;
    let waived = waived(&retold);
    let paid = used + waived.total()?;
    // Money that moved and fees are the same in both, so that the rest can only be interest.
    let interest = difference.total()? + paid;
    if interest != 0 {
        charge_interest(loan, interest, moment, effects)?;
    }
    let mut shifted = Parts {
        principal: -difference.principal,
        interest: interest - difference.interest,
        fee: -difference.fee,
    };
    if waived.total()? != 0 {
        shifted = self::difference(shifted, waived);
        loan.take(waived)?;
        reallocate(loan, TransactionType::Waiver, waived, moment, effects)?;
    }
    if !shifted.is_zero() {
        loan.take(shifted)?;
        reallocate(loan, TransactionType::Repayment, shifted, moment, effects)?;
    }
    adopt(loan, retold, moment, effects);
    Ok(())
}

fn difference(of: Parts, less: Parts) -> Parts {
    Parts {
        principal: of.principal - less.principal,
        interest: of.interest - less.interest,
        fee: of.fee - less.fee,
    }
}

/// What waivers take off the loan by the story, less what they are booked with.
fn waived(retold: &Retold) -> Parts {
    let mut sum = Parts::default();
    for it in retold.booked.iter().filter(|it| it.kind == TransactionType::Waiver) {
        let more = difference(retold.split_of(it.by), it.parts);
        sum.principal += more.principal;
        sum.interest += more.interest;
        sum.fee += more.fee;
    }
    sum
}

/// Takes over the state that a retelling comes to, without booking anything.
fn adopt(loan: &mut Loan, retold: Retold, moment: Moment, effects: &mut Effects) {
    let Retold { loan: right, obligations: Obligations { instalments, dues }, .. } = retold;
    let was_overdue = loan.is_overdue(moment.on);
    *loan = Loan { balances: loan.balances, status: loan.status, ..right };
    // A status that the lender set with nothing overdue is not touched by a correction.
    if was_overdue {
        loan.cure(moment.on);
    }
    if loan.is_term() {
        effects.schedules.retain(|(id, _)| *id != loan.id);
        effects.schedules.push((loan.id, instalments));
    }
    effects.dues.retain(|(id, _)| *id != loan.id);
    effects.replaced_dues.push((loan.id, dues));
}

/// A correction of a loan's interest, with an entry of its own.
fn charge_interest(
    loan: &mut Loan,
    amount: i64,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    loan.take(Parts { interest: -amount, ..Parts::default() })?;
    let (id, parts) = (TransactionId::new(), Parts { interest: amount, ..Parts::default() });
    let mut transaction = Transaction::new(id, loan, TransactionType::Interest, parts, moment)?;
    transaction.is_automatic = true;
    transaction.name = "Recalculation".to_owned();
    let amounts = [(loan.id, amount)];
    effects.entries.push(postings::interest(id.into(), loan.currency, &amounts, amount, moment));
    effects.transactions.push(transaction);
    Ok(())
}

/// Books a correction of how repayments or waivers are split: one of nothing, whose parts add up to what it takes of the
/// money that is owed to the borrower (a waiver: of debt that was not let go after all), mostly to 0.
pub(crate) fn reallocate(
    loan: &Loan,
    kind: TransactionType,
    parts: Parts,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let id = TransactionId::new();
    let transaction = reallocation(loan, kind, id, parts, moment)?;
    effects.entries.push(match kind {
        TransactionType::Waiver => {
            postings::waiver(id.into(), loan.id, loan.currency, parts, moment)
        }
        _ => postings::reallocation(id.into(), loan.id, loan.currency, parts, moment),
    });
    effects.transactions.push(transaction);
    Ok(())
}

fn reallocation(
    loan: &Loan,
    kind: TransactionType,
    id: TransactionId,
    parts: Parts,
    moment: Moment,
) -> Result<Transaction, LendingError> {
    let mut transaction = Transaction::new(id, loan, kind, parts, moment)?;
    transaction.amount = loan.money(0);
    transaction.is_automatic = true;
    transaction.name = "Reallocation".to_owned();
    Ok(transaction)
}

/// Pays what a loan has just come to owe with what is owed to its borrower, as the story will have it.
pub(crate) fn pay_with_kept_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let kept = kept::kept_of(tx, tenant, loan.id)?.left();
    let amount = loan.balances.owed().total()?.min(kept);
    if amount > 0 {
        let parts = resolve::repay_in(tx, tenant, loan, amount, moment, effects)?;
        reallocate(loan, TransactionType::Repayment, parts, moment, effects)?;
    }
    Ok(())
}

/// The same for a loan that was written off: what is owed to its borrower makes the loss smaller, and what he was said
/// to be owed and is not makes it greater. `lost` and `change` are what the change at hand adds to each.
pub(crate) fn settle_loss_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &Loan,
    (lost, change): (Parts, Kept),
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let before = repo::owed_by(tx, tenant, loan.id)?;
    let nothing = Parts::default();
    let loss = difference(before, difference(nothing, lost));
    let kept = kept::kept_of(tx, tenant, loan.id)?.with(change).left();
    let parts = match kept {
        ..0 => Parts { principal: kept, ..nothing },
        _ => Parts::allocate(loss, kept),
    };
    if parts.is_zero() {
        return Ok(());
    }
    let id = TransactionId::new();
    let transaction = reallocation(loan, TransactionType::Repayment, id, parts, moment)?;
    let amounts = (parts.total()?, -parts.total()?);
    let (by, currency, arrived) = (id.into(), loan.currency, Arrived::AtBank);
    effects.entries.push(postings::recovery(by, loan.id, currency, amounts, arrived, moment));
    effects.transactions.push(transaction);
    Ok(())
}
