//! Makes a large book of active term loans for benchmarks: loans, schedules and the ledger's entries, as if each loan
//! had been disbursed on the tenant's business date. The loans are made on the terms of one application; the
//! applications that they name are not made.

use florin_ids::{ApplicationId, EntryId, LoanId, TenantId};
use florin_ledger::{Entry, Posting};
use florin_money::MoneyError;
use florin_storage::Tx;
use florin_tenancy::{Caller, day};

use crate::application::ApplicationStatus;
use crate::loan::{self, Loan, LoanStatus, NewLoan};
use crate::postings::{CASH_AT_BANK, LOAN_PRINCIPAL, Moment};
use crate::{Lending, LendingError, schedule};

/// How many loans one transaction makes.
const CHUNK: u32 = 5_000;

impl Lending {
    /// Adds `count` active loans made from an approved application for a term product; every one of its own amount
    /// (within the product's maximum). Blocks; `progress` is told how many there are after each chunk.
    ///
    /// # Errors
    /// [`LendingError::NotFound`] or [`LendingError::Conflict`] as for [`Lending::create_loan`].
    pub fn add_loans_blocking(
        &self,
        caller: &Caller,
        template: ApplicationId,
        count: u32,
        progress: &mut dyn FnMut(u32),
    ) -> Result<(), LendingError> {
        let mut done = 0;
        while done < count {
            let size = CHUNK.min(count - done);
            let (caller, first) = (caller.clone(), done);
            self.db.write_blocking(move |tx| add_chunk_in(tx, &caller, template, first, size))?;
            done += size;
            progress(done);
        }
        Ok(())
    }
}

fn add_chunk_in(
    tx: &mut Tx,
    caller: &Caller,
    template: ApplicationId,
    first: u32,
    size: u32,
) -> Result<(), LendingError> {
    let tenant = caller.tenant;
    let day = day::lock_shared_in(tx, tenant)?;
    let application = crate::application::repo::get(tx, tenant, template)?
        .ok_or(LendingError::NotFound("application"))?;
    if application.status != ApplicationStatus::Approved {
        return Err(LendingError::conflict("The application is not approved."));
    }
    let product = crate::product::repo::get(tx, tenant, application.product)?
        .ok_or(LendingError::NotFound("product"))?;
    let moment = Moment { on: day.business_date, at: day.stamp(caller.now) };
    let new = NewLoan {
        application: application.id,
        amount: None,
        rate: None,
        installments: None,
        grace_instalments: None,
        principal_repayment_grace: None,
        arrears_tolerance: None,
    };
    let mut loans = Vec::with_capacity(size as usize);
    let mut schedules = Vec::with_capacity(size as usize);
    for number in first..first + size {
        let mut loan = loan::open(&new, &application, &product, LoanId::new(), moment.at)?;
        loan.application = ApplicationId::new();
        disburse(&mut loan, number, moment)?;
        let schedule = schedule::schedule(&loan::schedule_terms(&loan, &product, moment.on, 0))
            .map_err(|error| {
                LendingError::conflict(format!("No schedule can be made: {error}."))
            })?;
        loan.next_due_on = schedule.instalments.first().map(|next| next.due_on);
        loans.push(loan);
        schedules.push(schedule.instalments);
    }
    write_in(tx, tenant, &loans, &schedules, moment)
}

/// Every loan gets an amount of its own, from half of the limit up to it.
fn disburse(loan: &mut Loan, number: u32, moment: Moment) -> Result<(), MoneyError> {
    let half = loan.amount.minor() / 2;
    let amount = half + i64::from(number).wrapping_mul(7_919) % half.max(1);
    loan.accrue_to(moment.on)?;
    loan.balances.principal.posted = amount;
    loan.disbursed_minor = amount;
    loan.planned_minor = amount;
    loan.status = LoanStatus::Active;
    Ok(())
}

/// One ledger entry pays out the whole chunk.
fn write_in(
    tx: &mut Tx,
    tenant: TenantId,
    loans: &[Loan],
    schedules: &[Vec<loan::Instalment>],
    moment: Moment,
) -> Result<(), LendingError> {
    let Some(currency) = loans.first().map(|loan| loan.currency) else { return Ok(()) };
    loan::repo::insert_many(tx, tenant, loans)?;
    loan::repo::insert_instalments(
        tx,
        tenant,
        loans.iter().map(|loan| loan.id).zip(schedules.iter().map(Vec::as_slice)),
    )?;
    let total = loans.iter().map(|loan| loan.disbursed_minor).sum();
    let mut postings: Vec<Posting> = loans
        .iter()
        .map(|loan| Posting::debit(LOAN_PRINCIPAL.of(loan.id.uuid()), loan.disbursed_minor))
        .collect();
    postings.push(Posting::credit(CASH_AT_BANK.house(), total));
    let entry = Entry {
        id: EntryId::new(),
        kind: "disbursement",
        currency,
        pending: false,
        effective_on: moment.on,
        recorded_at: moment.at,
        postings,
    };
    florin_ledger::post_many_in(tx, tenant, &[entry])?;
    Ok(())
}
