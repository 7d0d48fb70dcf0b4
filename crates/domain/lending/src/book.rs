//! Makes a large book of active loans for benchmarks: loans, schedules and the ledger's entries, as if each loan had
//! been disbursed on the tenant's business date. The loans are made on the terms of one application; the
//! applications that they name are not made.

use std::ops::Range;

use jiff::civil::Date;

use florin_ids::{ApplicationId, EntryId, LoanId, TenantId};
use florin_ledger::{Entry, Posting};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};

use crate::application::ApplicationStatus;
use crate::loan::dues::Due;
use crate::loan::{self, Loan, LoanStatus, NewLoan, servicing};
use crate::postings::{CASH_AT_BANK, LOAN_PRINCIPAL, Moment};
use crate::product::Product;
use crate::{Lending, LendingError};

/// How many loans one transaction makes.
const CHUNK: u32 = 5_000;

impl Lending {
    /// Adds `count` active loans made from an approved application; every one of its own amount (within the product's
    /// maximum), revolving ones with statement days all over the month. With `behind`, one in fifty has something
    /// overdue for up to forty days. Blocks; `progress` is told how many there are after each chunk.
    ///
    /// # Errors
    /// [`LendingError::NotFound`] or [`LendingError::Conflict`] as for [`Lending::create_loan`].
    pub fn add_loans_blocking(
        &self,
        caller: &Caller,
        template: ApplicationId,
        count: u32,
        behind: bool,
        progress: &mut dyn FnMut(u32),
    ) -> Result<(), LendingError> {
        let mut done = 0;
        while done < count {
            let size = CHUNK.min(count - done);
            let (caller, numbers) = (caller.clone(), done..done + size);
            self.db.write_blocking(move |tx| {
                add_chunk_in(tx, &caller, template, numbers.clone(), behind)
            })?;
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
    numbers: Range<u32>,
    behind: bool,
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
    let mut loans = Vec::with_capacity(numbers.len());
    let mut schedules = Vec::with_capacity(numbers.len());
    let mut dues = Vec::new();
    for number in numbers {
        let mut loan = loan::open(&new, &application, &product, LoanId::new(), moment.at)?;
        loan.application = ApplicationId::new();
        schedules.push(disburse(&mut loan, number, &product, moment)?);
        if behind && number % 50 == 49 {
            dues.push((loan.id, fall_behind(&mut loan, number, moment)));
        }
        loans.push(loan);
    }
    loan::dues::repo::save_many(tx, tenant, dues.iter().map(|(loan, due)| (*loan, due)))?;
    write_in(tx, tenant, &loans, &schedules, moment)
}

/// Every loan gets an amount of its own, from half of the limit up to it, and every revolving one a statement day.
fn disburse(
    loan: &mut Loan,
    number: u32,
    product: &Product,
    moment: Moment,
) -> Result<Vec<loan::Instalment>, LendingError> {
    let half = loan.amount.minor() / 2;
    let amount = half + i64::from(number).wrapping_mul(7_919) % half.max(1);
    let mut instalments = Vec::new();
    servicing::disburse(loan, &mut instalments, product, amount, moment.on)?;
    loan.next_statement_on = loan.next_statement_on.map(|_| later(moment.on, 1 + number % 28));
    loan.status = LoanStatus::Active;
    Ok(instalments)
}

/// Something was due some days ago and is unpaid.
fn fall_behind(loan: &mut Loan, number: u32, moment: Moment) -> Due {
    let days = jiff::Span::new().days(i64::from(number / 50 % 40));
    let due_on = moment.on.checked_sub(days).unwrap_or(moment.on);
    loan.unpaid_since = Some(due_on);
    let amount = loan.balances.principal.posted / 10;
    Due { due_on, billed_minor: amount, unpaid_minor: amount, paid_on: None }
}

fn later(date: Date, days: u32) -> Date {
    date.checked_add(jiff::Span::new().days(i64::from(days))).unwrap_or(date)
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
