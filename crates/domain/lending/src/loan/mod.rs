//! Loan accounts: made for an approved application, disbursed, serviced, closed.

pub mod accrual;
mod delinquency;
pub mod dues;
mod entity;
pub mod explain;
mod open;
mod payoff;
pub(crate) mod repo;
pub(crate) mod retell;
mod retold;
pub(crate) mod servicing;

use std::sync::Arc;

use rust_decimal::Decimal;

use florin_crypto::KeyRing;
use florin_ids::{ApplicationId, EntryId, LoanId, ProductId, TenantId};
use florin_payments::Rails;
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};

use crate::application::{self, ApplicationStatus};
use crate::collections::{ahead, of_new_loan_in};
use crate::day_end::ORDINAL;
use crate::postings::{self, Moment};
use crate::product::{self, Product};
use crate::transaction::{self, Effects, TransactionStatus, TransactionType};
use crate::{Lending, LendingError};

pub use crate::schedule::Instalment;
pub use delinquency::Arrears;
pub(crate) use delinquency::fall_behind;
pub use entity::{Balances, CloseSubstatus, Loan, LoanStatus};
pub(crate) use open::{open, schedule_terms};
pub use payoff::Payoff;
pub use repo::FIELDS;
pub use retold::{Retelling, Standing};

/// What a partner asks for; what is absent comes from the application, then from the product.
#[derive(Debug, Clone)]
pub struct NewLoan {
    /// An approved application without a loan.
    pub application: ApplicationId,
    /// The credit limit.
    pub amount: Option<Decimal>,
    /// A year's interest in percent.
    pub rate: Option<Decimal>,
    /// The number of instalments (term loans).
    pub installments: Option<i64>,
    /// Instalments without repayment (term loans).
    pub grace_instalments: Option<i64>,
    /// Instalments without principal (term loans).
    pub principal_repayment_grace: Option<i64>,
    /// Days from the due date to arrears.
    pub arrears_tolerance: Option<i64>,
}

impl Lending {
    /// Opens a loan account for an approved application.
    ///
    /// # Errors
    /// [`LendingError::Invalid`] for terms beyond the product's, [`LendingError::Conflict`] when the application is
    /// not approved or has a loan, or the product is a draft.
    pub async fn create_loan(&self, caller: &Caller, new: NewLoan) -> Result<Loan, LendingError> {
        let (caller, keys) = (caller.clone(), Arc::clone(&self.keys));
        self.db.write(move |tx| create_in(tx, &keys, &caller, &new)).await
    }

    /// One loan.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn get_loan(&self, caller: &Caller, id: LoanId) -> Result<Loan, LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| get_in(tx, tenant, id)).await
    }

    /// A page of loans.
    pub async fn list_loans(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<Loan>, LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }

    /// Hands every loan of the filtered list to `f` until it answers false.
    pub async fn each_loan(
        &self,
        caller: &Caller,
        query: ListQuery,
        mut f: impl FnMut(Loan) -> bool + Send + 'static,
    ) -> Result<(), LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::each(tx, tenant, &query, &mut f)?)).await
    }

    /// The instalments as booked; none before the first disbursement and for revolving products.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn loan_schedule(
        &self,
        caller: &Caller,
        id: LoanId,
    ) -> Result<(Loan, Vec<Instalment>), LendingError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                let mut loan = get_in(tx, tenant, id)?;
                let mut instalments = repo::instalments(tx, tenant, id)?;
                if loan.early_minor > 0 {
                    let product = product_in(tx, tenant, loan.product)?;
                    servicing::freshen(&mut loan, &mut instalments, &product)?;
                }
                let today = day::state_in(tx, tenant)?.date_for(ORDINAL, id.uuid());
                servicing::show_fees(&loan, &mut instalments, today);
                Ok((loan, instalments))
            })
            .await
    }

    /// Cancels a loan that was never disbursed; disbursements that wait are called off.
    ///
    /// # Errors
    /// [`LendingError::NotFound`], or [`LendingError::Conflict`] for a loan that is not inactive.
    pub async fn cancel_loan(&self, caller: &Caller, id: LoanId) -> Result<Loan, LendingError> {
        let caller = caller.clone();
        self.db.write(move |tx| cancel_in(tx, &caller, id)).await
    }

    /// Closes a loan: as paid, which takes a balance of zero, or written off, which books what is owed as a loss. What
    /// is still to be collected over a rail is called off.
    ///
    /// # Errors
    /// [`LendingError::NotFound`], or [`LendingError::Conflict`] when it is closed already, has transactions under
    /// way that can't be called off, or is said to be paid and is not.
    pub async fn close_loan(
        &self,
        caller: &Caller,
        id: LoanId,
        reason: String,
        substatus: CloseSubstatus,
    ) -> Result<Loan, LendingError> {
        let (caller, rails) = (caller.clone(), self.rails.clone());
        self.db.write(move |tx| close_in(tx, &rails, &caller, id, (&reason, substatus))).await
    }

    /// Stops or starts the calculation of interest, from the loan's business date on.
    ///
    /// # Errors
    /// [`LendingError::NotFound`], or [`LendingError::Conflict`] for a closed or cancelled loan.
    pub async fn set_interest_calculation(
        &self,
        caller: &Caller,
        id: LoanId,
        enabled: bool,
    ) -> Result<Loan, LendingError> {
        let caller = caller.clone();
        self.db.write(move |tx| set_interest_in(tx, &caller, id, enabled)).await
    }
}

fn get_in(tx: &mut Tx, tenant: TenantId, id: LoanId) -> Result<Loan, LendingError> {
    repo::get(tx, tenant, id)?.ok_or(LendingError::NotFound("loan"))
}

/// Holds the tenant's day and the loan; also tells the moment that the loan lives in.
pub(crate) fn hold_in(
    tx: &mut Tx,
    caller: &Caller,
    id: LoanId,
) -> Result<(Loan, Moment), LendingError> {
    let day = day::lock_shared_in(tx, caller.tenant)?;
    let loan = repo::lock_many(tx, caller.tenant, vec![id.uuid()])?
        .pop()
        .ok_or(LendingError::NotFound("loan"))?;
    Ok((loan, Moment { on: day.date_for(ORDINAL, id.uuid()), at: day.stamp(caller.now) }))
}

pub(crate) fn product_in(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProductId,
) -> Result<Product, LendingError> {
    product::repo::get(tx, tenant, id)?.ok_or(LendingError::NotFound("product"))
}

fn create_in(
    tx: &mut Tx,
    keys: &KeyRing,
    caller: &Caller,
    new: &NewLoan,
) -> Result<Loan, LendingError> {
    let tenant = caller.tenant;
    let day = day::lock_shared_in(tx, tenant)?;
    let unknown = || {
        LendingError::invalid(
            "application",
            format!("Invalid pk \"{}\" - object does not exist.", new.application),
        )
    };
    let application =
        application::repo::get_for_update(tx, tenant, new.application)?.ok_or_else(unknown)?;
    if application.loan.is_some() {
        return Err(LendingError::conflict("The application already has a loan."));
    }
    if application.status != ApplicationStatus::Approved {
        return Err(LendingError::conflict(format!(
            "The application is {}: a loan needs an approved one.",
            application.status
        )));
    }
    let product = product_in(tx, tenant, application.product)?;
    if product.is_draft {
        return Err(LendingError::conflict(
            "The product is a draft: publish it before making loans of it.",
        ));
    }
    let mut loan = open(new, &application, &product, LoanId::new(), day.stamp(caller.now))?;
    loan.instrument = of_new_loan_in(tx, keys, tenant, &loan)?;
    repo::insert_many(tx, tenant, [&loan])?;
    application::repo::attach_loan(tx, tenant, application.id, loan.id, loan.created_at)?;
    Ok(loan)
}

fn cancel_in(tx: &mut Tx, caller: &Caller, id: LoanId) -> Result<Loan, LendingError> {
    let (mut loan, moment) = hold_in(tx, caller, id)?;
    if loan.status != LoanStatus::Inactive {
        return Err(LendingError::conflict(format!(
            "The loan is {}: only a loan that was never disbursed can be cancelled.",
            loan.status
        )));
    }
    if !loan.balances.owed().is_zero() {
        return Err(LendingError::conflict("The loan owes fees: close it as written off instead."));
    }
    let mut effects = Effects::default();
    let pending = transaction::repo::pending_of(tx, caller.tenant, id)?.into_iter();
    for mut pending in pending.filter(|it| it.kind == TransactionType::Disbursement) {
        pending.end(TransactionStatus::Cancelled, &loan, moment);
        pending.resolved_at = Some(moment.at);
        transaction::resolve::call_off(&mut loan, &pending, moment, &mut effects);
        effects.resolved.push(pending);
    }
    loan.status = LoanStatus::Cancelled;
    effects.loans.push(loan.clone());
    effects.write_in(tx, caller.tenant)?;
    Ok(loan)
}

fn close_in(
    tx: &mut Tx,
    rails: &Rails,
    caller: &Caller,
    id: LoanId,
    (reason, substatus): (&str, CloseSubstatus),
) -> Result<Loan, LendingError> {
    let (mut loan, moment) = hold_in(tx, caller, id)?;
    if matches!(loan.status, LoanStatus::Closed | LoanStatus::Cancelled) {
        return Err(LendingError::conflict(format!("The loan is {} already.", loan.status)));
    }
    let mut effects = Effects::default();
    ahead::call_off_in(tx, rails, caller.tenant, &mut loan, moment, &mut effects)?;
    if effects.leaves_pending_in(tx, caller.tenant, id)? {
        return Err(LendingError::conflict(
            "The loan has pending transactions that can't be called off: wait for them or apply them first.",
        ));
    }
    let owed = loan.balances.owed();
    effects.replaced_dues.push((id, dues::Dues::default()));
    match substatus {
        CloseSubstatus::PaidInFull if !owed.is_zero() => {
            let total = loan.money(owed.total()?);
            return Err(LendingError::conflict(format!(
                "The loan still owes {total}: it is not paid in full."
            )));
        }
        CloseSubstatus::WrittenOff if !owed.is_zero() => {
            effects.entries.push(postings::write_off(
                EntryId::from(loan.id),
                loan.id,
                loan.currency,
                owed,
                moment,
            ));
            loan.take(owed)?;
        }
        CloseSubstatus::PaidInFull | CloseSubstatus::WrittenOff => {}
    }
    loan.close(reason, substatus);
    effects.loans.push(loan.clone());
    effects.write_in(tx, caller.tenant)?;
    Ok(loan)
}

fn set_interest_in(
    tx: &mut Tx,
    caller: &Caller,
    id: LoanId,
    enabled: bool,
) -> Result<Loan, LendingError> {
    let (mut loan, moment) = hold_in(tx, caller, id)?;
    if matches!(loan.status, LoanStatus::Closed | LoanStatus::Cancelled) {
        return Err(LendingError::conflict(format!(
            "The loan is {}: it bears no interest.",
            loan.status
        )));
    }
    if loan.is_interest_calculation_enabled == enabled {
        return Ok(loan);
    }
    if loan.early_minor > 0 {
        let product = product_in(tx, caller.tenant, loan.product)?;
        let mut instalments = repo::instalments(tx, caller.tenant, id)?;
        servicing::freshen(&mut loan, &mut instalments, &product)?;
        repo::replace_instalments(tx, caller.tenant, id, &instalments)?;
    }
    if loan.accrued.is_some() {
        loan.accrue_to(moment.on)?;
    }
    loan.is_interest_calculation_enabled = enabled;
    if enabled {
        repo::close_pause(tx, caller.tenant, id, moment.on)?;
    } else {
        repo::open_pause(tx, caller.tenant, id, moment.on)?;
    }
    repo::update_many(tx, caller.tenant, [&loan])?;
    Ok(loan)
}
