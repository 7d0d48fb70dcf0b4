//! Asking for a refund.

use florin_external_accounts::verified;
use florin_ids::{TenantId, TransactionId};
use florin_payments::{Direction, Instrument, PaymentsError, RailKind};
use florin_storage::Tx;
use florin_tenancy::Caller;

use super::NewRefund;
use super::owed::Refundable;
use crate::collections::settings::settings_in;
use crate::collections::{Asked, Payouts, account_of_in, is_in_dollars};
use crate::loan::{self, Loan};
use crate::postings::{self, Moment, Parts};
use crate::transaction::{Effects, backdate, entity};
use crate::{
    Lending, LendingError, NewTransaction, Transaction, TransactionStatus, TransactionType,
};

impl NewRefund {
    /// The same as a transaction: its key is one of the keys of transactions.
    fn as_transaction(&self) -> NewTransaction {
        NewTransaction {
            loan: self.loan,
            kind: TransactionType::Refund,
            amount: self.amount,
            name: self.external_account.map(|account| format!("to {account}")),
            fee_type: None,
            unique_key: self.unique_key.clone(),
            effective_on: None,
        }
    }
}

pub(super) fn create_in(
    tx: &mut Tx,
    lending: &Lending,
    caller: &Caller,
    new: &NewRefund,
) -> Result<Transaction, LendingError> {
    let tenant = caller.tenant;
    let (loan, moment) = loan::hold_in(tx, caller, new.loan).map_err(|error| match error {
        LendingError::NotFound(_) => entity::unknown_loan(new.loan),
        other => other,
    })?;
    let request = new.as_transaction();
    if let Some(first) = backdate::known_in(tx, caller, &request)? {
        return Ok(first);
    }
    let amount = amount_in(tx, tenant, &loan, new)?;
    let instrument = instrument_in(tx, lending, tenant, &loan, new.external_account)?;
    let mut effects = Effects::default();
    let refund = refund(&loan, amount, new, moment)?;
    let id = refund.entry_id();
    let entry = postings::refund(id, loan.id, loan.currency, (amount, true), moment);
    effects.entries.push(entry);
    if let Some(instrument) = instrument {
        let (transaction, end_user) = (refund.id, loan.end_user);
        effects.asked.push(Asked { transaction, instrument, end_user, wanted_on: moment.on });
    }
    let key = new.unique_key.clone();
    effects.keys.extend(key.map(|key| (key, refund.id, request.fingerprint())));
    effects.transactions.push(refund);
    effects.ask_in(tx, &lending.rails, tenant, moment)?;
    let written = effects.write_in(tx, tenant);
    written.map_err(|error| entity::key_race(error, new.unique_key.is_some()))?;
    effects.transactions.pop().ok_or(LendingError::NotFound("refund"))
}

fn refund(
    loan: &Loan,
    amount: i64,
    new: &NewRefund,
    moment: Moment,
) -> Result<Transaction, LendingError> {
    let (id, kind) = (TransactionId::new(), TransactionType::Refund);
    let mut refund = Transaction::new(id, loan, kind, Parts::default(), moment)?;
    refund.amount = loan.money(amount);
    refund.status = TransactionStatus::Pending;
    refund.resolved_at = None;
    refund.unique_key = new.unique_key.clone();
    Ok(refund)
}

/// What is to be given back, in minor units; never more than can be.
fn amount_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &Loan,
    new: &NewRefund,
) -> Result<i64, LendingError> {
    let asked = match new.amount {
        Some(_) => Some(entity::amount_minor(new.amount, loan.currency)?),
        None => None,
    };
    let refundable = Refundable::load_in(tx, tenant, loan)?;
    let most = refundable.amount();
    if most == 0 {
        return Err(refundable.why_not(loan));
    }
    match asked {
        Some(asked) if asked > most => Err(LendingError::invalid(
            "amount",
            format!(
                "Ensure this value is less than or equal to {}, which is what can be given back.",
                loan.money(most)
            ),
        )),
        asked => Ok(asked.unwrap_or(most)),
    }
}

/// What moves the money; nothing where the partner does. In dollars it goes to a verified external account where there
/// is one.
fn instrument_in(
    tx: &mut Tx,
    lending: &Lending,
    tenant: TenantId,
    loan: &Loan,
    account: Option<i64>,
) -> Result<Option<Instrument>, LendingError> {
    let instrument = match account {
        Some(account) => account_of_in(tx, &lending.keys, tenant, loan, account)?,
        None if settings_in(tx, tenant)?.payouts == Payouts::Manual => return Ok(None),
        None => payout_in(tx, lending, tenant, loan)?,
    };
    let rail = lending.rails.get(instrument.rail);
    let usable =
        rail.and_then(|rail| rail.check_usable_in(tx, tenant, &instrument, Direction::Pay));
    usable.map_err(|error| match error {
        PaymentsError::NoRail(_) | PaymentsError::Unusable(_) => {
            LendingError::Conflict(error.to_string())
        }
        other => other.into(),
    })?;
    Ok(Some(instrument))
}

/// What disbursements of the loan are paid out with.
fn payout_in(
    tx: &mut Tx,
    lending: &Lending,
    tenant: TenantId,
    loan: &Loan,
) -> Result<Instrument, LendingError> {
    let instrument = Asked::payout_of(loan);
    if instrument.rail == RailKind::Ach || !is_in_dollars(loan) {
        return Ok(instrument);
    }
    let newest = verified::newest_of_in(tx, &lending.keys, tenant, loan.end_user);
    let newest = newest.map_err(LendingError::ExternalAccounts)?;
    Ok(newest.map_or(instrument, |account| account.instrument()))
}
