//! What a loan is collected with.

use florin_crypto::KeyRing;
use florin_external_accounts::{ExternalAccountsError, verified};
use florin_ids::{LoanId, MandateId, TenantId};
use florin_mandates::{Mandate, MandatesError, mandate};
use florin_payments::{Direction, Instrument, PaymentsError, RailKind};
use florin_storage::Tx;
use florin_tenancy::Caller;

use super::ahead;
use crate::loan::{self, Loan, LoanStatus};
use crate::postings::Moment;
use crate::transaction::Effects;
use crate::{Lending, LendingError};

/// What the ACH network moves.
const DOLLARS: &str = "USD";

impl Lending {
    /// Sets what the loan is collected with from now on: also what is overdue, or was asked for over another one in
    /// vain. What is under way goes on as it is. `None`: whatever the tenant's own setting for collections says; what is
    /// under way is called off where that is still possible.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] when the loan is closed or cancelled, or the instrument
    /// can't be used.
    pub async fn set_instrument(
        &self,
        caller: &Caller,
        id: LoanId,
        instrument: Option<Instrument>,
    ) -> Result<Loan, LendingError> {
        let (caller, lending) = (caller.clone(), self.clone());
        self.db
            .write(move |tx| {
                let (loan, moment) = loan::hold_in(tx, &caller, id)?;
                lending.set_instrument_in(tx, caller.tenant, loan, instrument.clone(), moment)
            })
            .await
    }

    /// Has the loan collected over `rail` no longer: as [`Lending::set_instrument`] with `None`, unless it is collected
    /// over another rail.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] when the loan is closed or cancelled.
    pub async fn stop_collecting(
        &self,
        caller: &Caller,
        id: LoanId,
        rail: RailKind,
    ) -> Result<Loan, LendingError> {
        let (caller, lending) = (caller.clone(), self.clone());
        self.db
            .write(move |tx| {
                let (loan, moment) = loan::hold_in(tx, &caller, id)?;
                let instrument = loan.instrument.clone().filter(|it| it.rail != rail);
                if instrument.is_some() {
                    return Ok(loan);
                }
                lending.set_instrument_in(tx, caller.tenant, loan, None, moment)
            })
            .await
    }

    /// Has the loan collected over a mandate of its borrower from now on.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Invalid`] for a mandate that is not the borrower's or not in the
    /// loan's currency; [`LendingError::Conflict`] when it can't be used, or the loan is closed or cancelled.
    pub async fn set_mandate(
        &self,
        caller: &Caller,
        id: LoanId,
        mandate: MandateId,
    ) -> Result<Loan, LendingError> {
        let (caller, lending) = (caller.clone(), self.clone());
        self.db
            .write(move |tx| {
                let (loan, moment) = loan::hold_in(tx, &caller, id)?;
                let mandate = match mandate::lock_in(tx, caller.tenant, mandate) {
                    Err(MandatesError::NotFound(_)) => Err(LendingError::invalid(
                        "mandate",
                        format!("Invalid pk \"{mandate}\" - object does not exist."),
                    )),
                    found => Ok(found?),
                }?;
                check_fits(&loan, &mandate)?;
                lending.set_instrument_in(tx, caller.tenant, loan, Some(over(&mandate)), moment)
            })
            .await
    }

    /// Has the loan collected from, and paid out to, a verified external account of its borrower from now on.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Invalid`] for an account that is not the borrower's or not verified,
    /// or a loan that is not in dollars; [`LendingError::Conflict`] when the account can't be used now, or the loan is
    /// closed or cancelled.
    pub async fn set_external_account(
        &self,
        caller: &Caller,
        id: LoanId,
        account: i64,
    ) -> Result<Loan, LendingError> {
        let (caller, lending) = (caller.clone(), self.clone());
        self.db
            .write(move |tx| {
                let (loan, moment) = loan::hold_in(tx, &caller, id)?;
                let tenant = caller.tenant;
                let from = account_of_in(tx, &lending.keys, tenant, &loan, account)?;
                lending.set_instrument_in(tx, tenant, loan, Some(from), moment)
            })
            .await
    }

    /// Puts a mandate out of use or back into it.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] when loans are collected over the mandate that is to be
    /// put out of use, with their ids, or when one that has ended is to be put back.
    pub async fn manage_mandate(
        &self,
        caller: &Caller,
        id: MandateId,
        is_disabled: bool,
    ) -> Result<Mandate, LendingError> {
        let caller = caller.clone();
        self.db
            .write(move |tx| {
                let mandate = mandate::lock_in(tx, caller.tenant, id)?;
                if is_disabled {
                    check_unused_in(tx, caller.tenant, &mandate)?;
                }
                Ok(mandate::manage_state_in(tx, &caller, id, is_disabled)?)
            })
            .await
    }

    /// [`Lending::set_instrument`] for a loan that is held.
    pub(crate) fn set_instrument_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        mut loan: Loan,
        instrument: Option<Instrument>,
        moment: Moment,
    ) -> Result<Loan, LendingError> {
        if matches!(loan.status, LoanStatus::Closed | LoanStatus::Cancelled) {
            return Err(LendingError::conflict(format!(
                "The loan is {}: nothing is collected any more.",
                loan.status
            )));
        }
        if let Some(instrument) = &instrument {
            let rail = self.rails.get(instrument.rail);
            let answer = rail
                .and_then(|rail| rail.check_usable_in(tx, tenant, instrument, Direction::Collect));
            answer.map_err(|error| match error {
                PaymentsError::NoRail(_) | PaymentsError::Unusable(_) => {
                    LendingError::Conflict(error.to_string())
                }
                other => other.into(),
            })?;
        }
        if instrument.is_none() {
            let mut effects = Effects::default();
            ahead::call_off_in(tx, &self.rails, tenant, &mut loan, moment, &mut effects)?;
            effects.write_in(tx, tenant)?;
        }
        loan::repo::set_instrument(tx, tenant, loan.id, instrument.as_ref())?;
        loan.collected_for = None;
        loan.instrument = instrument;
        Ok(loan)
    }
}

/// What a new loan is collected with: in dollars the borrower's newest verified external account, otherwise the
/// borrower's newest usable mandate in its currency.
pub(crate) fn of_new_loan_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    loan: &Loan,
) -> Result<Option<Instrument>, LendingError> {
    if is_in_dollars(loan) {
        let newest = verified::newest_of_in(tx, keys, tenant, loan.end_user);
        let newest = newest.map_err(LendingError::ExternalAccounts)?;
        return Ok(newest.map(|account| account.instrument()));
    }
    let Some(newest) = mandate::active_of_in(tx, tenant, loan.end_user)? else { return Ok(None) };
    // Held, so that nobody puts it out of use while the loan is made.
    let held = mandate::lock_in(tx, tenant, newest.id)?;
    let fits = held.is_usable() && held.currency == loan.currency;
    Ok(fits.then(|| over(&held)))
}

/// A verified external account of the loan's borrower.
///
/// # Errors
/// [`LendingError::Invalid`] for an account that is not the borrower's or not verified, or a loan that is not in dollars.
pub(crate) fn account_of_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    loan: &Loan,
    account: i64,
) -> Result<Instrument, LendingError> {
    check_dollars(loan)?;
    let found = verified::verified_of_in(tx, keys, tenant, loan.end_user, account);
    Ok(found.map_err(account_fault)?.instrument())
}

/// Whether the ACH network moves the loan's currency.
pub(crate) fn is_in_dollars(loan: &Loan) -> bool {
    loan.currency.code() == DOLLARS
}

fn check_dollars(loan: &Loan) -> Result<(), LendingError> {
    if is_in_dollars(loan) {
        return Ok(());
    }
    let text = format!("The loan is in {}: ACH moves dollars.", loan.currency.code());
    Err(LendingError::invalid("external_account", text))
}

/// What is wrong with an external account that was named.
fn account_fault(error: ExternalAccountsError) -> LendingError {
    match error {
        ExternalAccountsError::Rejected(reasons) => {
            let words: Vec<String> = reasons.into_iter().map(|reason| reason.message).collect();
            LendingError::invalid("external_account", words.join(" "))
        }
        other => LendingError::ExternalAccounts(other),
    }
}

fn over(mandate: &Mandate) -> Instrument {
    Instrument { rail: RailKind::DirectDebit, reference: mandate.id.to_string() }
}

fn check_fits(loan: &Loan, mandate: &Mandate) -> Result<(), LendingError> {
    if mandate.end_user != loan.end_user {
        return Err(LendingError::invalid("mandate", "The mandate is another end user's."));
    }
    if mandate.currency != loan.currency {
        let text = format!(
            "The mandate is in {}, the loan in {}.",
            mandate.currency.code(),
            loan.currency.code()
        );
        return Err(LendingError::invalid("mandate", text));
    }
    Ok(())
}

/// Refuses when loans that may still owe something are collected over the mandate.
fn check_unused_in(tx: &mut Tx, tenant: TenantId, mandate: &Mandate) -> Result<(), LendingError> {
    let loans = loan::repo::collected_with(tx, tenant, &over(mandate))?;
    if loans.is_empty() {
        return Ok(());
    }
    let loans: Vec<String> = loans.iter().map(ToString::to_string).collect();
    Err(LendingError::conflict(format!(
        "The mandate is used by the loans {}: set another mandate for them first.",
        loans.join(", ")
    )))
}
