//! Corrections: what a loan owes is brought to what its story, told again, comes to.

use jiff::civil::Date;

use florin_ids::{LoanId, TenantId, TransactionId};
use florin_storage::Tx;

use super::batch::Effects;
use super::entity::{Transaction, TransactionType};
use super::repo;
use crate::LendingError;
use crate::loan::retell::{Fact, Retold, Story, Told, retell};
use crate::loan::servicing::Obligations;
use crate::loan::{self, Loan};
use crate::postings::{self, Moment, Parts};
use crate::statement;

/// The story of a loan as the database tells it.
pub(crate) fn story_in(tx: &mut Tx, tenant: TenantId, loan: LoanId) -> Result<Story, LendingError> {
    let mut facts: Vec<Told> = Vec::new();
    for (on, billed) in statement::repo::billed(tx, tenant, loan)? {
        facts.push(Told { on, by: None, booked: None, fact: Fact::Statement(billed) });
    }
    facts.extend(repo::facts(tx, tenant, loan)?.iter().filter_map(told));
    Ok(Story { facts, pauses: loan::repo::pauses(tx, tenant, loan)?, keeps_excess: false })
}

/// What a transaction tells; nothing for one that only corrects how others are split.
pub(crate) fn told(transaction: &Transaction) -> Option<Told> {
    let parts = transaction.parts();
    let total = parts.principal + parts.interest + parts.fee;
    let fact = match transaction.kind {
        TransactionType::Disbursement => Fact::Disbursement(total),
        TransactionType::Repayment | TransactionType::Waiver => Fact::Repayment(total),
        TransactionType::Fee => Fact::Fee(total),
        TransactionType::Interest | TransactionType::Refund => return None,
    };
    let (on, by) = (transaction.effective_on, Some(transaction.id));
    (total != 0).then_some(Told { on, by, booked: Some(transaction.entry_id()), fact })
}

impl Story {
    /// The story without some transactions.
    pub(crate) fn without(mut self, ids: &[TransactionId]) -> Self {
        self.facts.retain(|told| told.by.is_none_or(|by| !ids.contains(&by)));
        self
    }

    /// The story in which repayments of more than was owed on their day are kept.
    pub(crate) fn keeping_excess(self) -> Self {
        Self { keeps_excess: true, ..self }
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
    let (on, by) = (repayment.effective_on, repayment.id);
    let mut story = story_in(tx, tenant, loan.id)?.keeping_excess();
    let owed = retell_in(tx, tenant, loan, &story, on)?.loan.balances.owed().total()?;
    let fact = Fact::Repayment(repayment.amount.minor().min(owed));
    story.facts.push(Told { on, by: Some(by), booked: Some(repayment.entry_id()), fact });
    let retold = retell_in(tx, tenant, loan, &story, moment.on)?;
    Ok((retold.split_of(by), retold))
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
/// schedule, its dues, and the difference of interest and of the splits as transactions of today.
pub(crate) fn settle(
    loan: &mut Loan,
    retold: Retold,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let (booked, right) = (loan.balances.owed(), retold.loan.balances.owed());
    let difference = Parts {
        principal: right.principal - booked.principal,
        interest: right.interest - booked.interest,
        fee: right.fee - booked.fee,
    };
    // Money and fees are the same in both, so that the sum can only be interest.
    let interest = difference.principal + difference.interest + difference.fee;
    if interest != 0 {
        charge_interest(loan, interest, moment, effects)?;
    }
    let shifted = Parts {
        principal: -difference.principal,
        interest: interest - difference.interest,
        fee: -difference.fee,
    };
    if !shifted.is_zero() {
        reallocate(loan, shifted, moment, effects)?;
    }
    adopt(loan, retold, moment, effects);
    Ok(())
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

/// A correction of how repayments are split: a repayment of nothing, whose parts add up to 0.
fn reallocate(
    loan: &mut Loan,
    parts: Parts,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    loan.take(parts)?;
    let id = TransactionId::new();
    let mut transaction = Transaction::new(id, loan, TransactionType::Repayment, parts, moment)?;
    transaction.is_automatic = true;
    transaction.name = "Reallocation".to_owned();
    effects.entries.push(postings::reallocation(id.into(), loan.id, loan.currency, parts, moment));
    effects.transactions.push(transaction);
    Ok(())
}
