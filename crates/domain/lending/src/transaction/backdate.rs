//! Repayments that are told late: the money was received on an earlier day, and everything since is recomputed.

use jiff::civil::Date;

use florin_ids::TransactionId;
use florin_payments::Rails;
use florin_storage::Tx;
use florin_tenancy::Caller;

use super::batch::Effects;
use super::entity::{self, NewTransaction, Transaction, TransactionType};
use super::{correct, repo, resolve};
use crate::LendingError;
use crate::collections::ahead;
use crate::loan::retell::{Fact, Story};
use crate::loan::{self, Loan};
use crate::postings::{self, Moment, Parts};

/// Books a repayment that was received on `on`. It is applied at once.
pub(crate) fn backdate_in(
    tx: &mut Tx,
    rails: &Rails,
    caller: &Caller,
    new: &NewTransaction,
    on: Date,
) -> Result<Transaction, LendingError> {
    let tenant = caller.tenant;
    let (mut loan, moment) = loan::hold_in(tx, caller, new.loan).map_err(|error| match error {
        LendingError::NotFound(_) => entity::unknown_loan(new.loan),
        other => other,
    })?;
    if let Some(first) = known_in(tx, caller, new)? {
        return Ok(first);
    }
    if new.kind != TransactionType::Repayment {
        return Err(LendingError::invalid("effective_date", "Only a repayment can be told late."));
    }
    let amount = entity::amount_minor(new.amount, loan.currency)?;
    entity::check_repayable(&loan, amount, "a repayment")?;
    let before = correct::story_in(tx, tenant, loan.id)?;
    check_date(&before, on, moment.on)?;
    let (id, kind) = (TransactionId::new(), TransactionType::Repayment);
    let mut transaction = Transaction::new(id, &loan, kind, Parts::default(), moment)?;
    transaction.amount = loan.money(amount);
    transaction.effective_on = on;
    let story = before.clone().with(&transaction);
    let retold = correct::retell_in(tx, tenant, &loan, &story, moment.on)?;
    correct::check_not_too_much_in(tx, tenant, &loan, (&before, &retold), moment.on)?;
    transaction.split(retold.split_of(id));
    let mut effects = Effects::default();
    transaction.unique_key = new.unique_key.clone();
    book(&mut loan, &transaction, moment, &mut effects)?;
    correct::settle(&mut loan, retold, moment, &mut effects)?;
    loan.cure(moment.on);
    ahead::call_off_paid_in(tx, rails, tenant, &mut loan, moment, &mut effects)?;
    resolve::close_if_paid(tx, tenant, &mut loan, &effects)?;
    effects.keys.extend(new.unique_key.clone().map(|key| (key, id, new.fingerprint())));
    effects.transactions.push(transaction.clone());
    effects.loans.push(loan);
    let written = effects.write_in(tx, tenant);
    written.map_err(|error| entity::key_race(error, new.unique_key.is_some()))?;
    Ok(transaction)
}

fn book(
    loan: &mut Loan,
    transaction: &Transaction,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let parts = transaction.parts();
    loan.take(parts)?;
    let id = transaction.entry_id();
    let entry = postings::repayment_collected(
        id,
        loan.id,
        loan.currency,
        (parts, 0),
        postings::Arrived::AtBank,
        moment,
    );
    effects.entries.push(entry);
    effects.events.push(resolve::result_event(transaction));
    Ok(())
}

/// The first result of a request whose unique key is known.
pub(crate) fn known_in(
    tx: &mut Tx,
    caller: &Caller,
    new: &NewTransaction,
) -> Result<Option<Transaction>, LendingError> {
    let Some(key) = &new.unique_key else { return Ok(None) };
    let known = repo::known_keys(tx, caller.tenant, vec![key.clone()])?.remove(key);
    let Some((id, request)) = known else { return Ok(None) };
    if request != new.fingerprint() {
        return Err(entity::key_used_otherwise());
    }
    Ok(repo::get(tx, caller.tenant, id)?)
}

/// A repayment counts from the first disbursement to today, and in no statement that is closed.
fn check_date(story: &Story, on: Date, today: Date) -> Result<(), LendingError> {
    let fault = |message: String| Err(LendingError::invalid("effective_date", message));
    if on > today {
        return fault(format!("Ensure this date is not after today, {today}."));
    }
    let disbursements = story.facts.iter().filter(|it| matches!(it.fact, Fact::Disbursement(_)));
    if disbursements.map(|it| it.on).min().is_none_or(|first| on < first) {
        return fault("Ensure this date is not before the first disbursement.".to_owned());
    }
    let statements = story.facts.iter().filter(|it| matches!(it.fact, Fact::Statement(_)));
    if let Some(closed) = statements.map(|it| it.on).max().filter(|closed| on < *closed) {
        return fault(format!(
            "The statement of {closed} is closed: ensure this date is not before it."
        ));
    }
    Ok(())
}
