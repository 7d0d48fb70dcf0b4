//! The terms of a new loan, within its product's, and of its schedule; pure.

use jiff::Timestamp;
use jiff::civil::Date;

use florin_ids::LoanId;
use florin_money::{Money, Rate};

use super::NewLoan;
use super::accrual::AccrualTerms;
use super::entity::{Balances, Loan, LoanStatus};
use crate::LendingError;
use crate::application::Application;
use crate::check::Check;
use crate::product::{MAX_ARREARS_TOLERANCE_DAYS, MAX_INSTALLMENTS, Product};
use crate::schedule;

/// The loan account that `new` asks for, not yet disbursed.
///
/// # Errors
/// Every term that is out of range or beyond the product's maxima.
pub(crate) fn open(
    new: &NewLoan,
    application: &Application,
    product: &Product,
    id: LoanId,
    at: Timestamp,
) -> Result<Loan, LendingError> {
    let mut check = Check::default();
    let amount = amount(new, application, product, &mut check);
    let rate = rate(new, application, product, &mut check);
    let installments = installments(new, application, product, &mut check);
    let (grace_instalments, principal_repayment_grace) =
        graces(new, product, installments, &mut check);
    let arrears_tolerance = match new.arrears_tolerance {
        Some(days) => check.whole("arrears_tolerance", days, 0, MAX_ARREARS_TOLERANCE_DAYS),
        None => None,
    };
    let arrears_tolerance = arrears_tolerance.unwrap_or(product.arrears_tolerance);
    let (amount, rate) = check.finish(Some((amount, rate))).map_err(LendingError::Invalid)?;
    Ok(Loan {
        id,
        application: application.id,
        end_user: application.end_user,
        product: product.id,
        currency: product.currency,
        amount,
        rate,
        installments,
        grace_instalments,
        principal_repayment_grace,
        arrears_tolerance,
        status: LoanStatus::Inactive,
        terms: AccrualTerms {
            rate,
            day_count: product.day_count(),
            calendar: product.calendar(),
            interest_on_holidays: product.calculate_interest_on_holidays,
        },
        is_interest_calculation_enabled: true,
        accrued: None,
        disbursed_minor: 0,
        next_due_on: None,
        planned_minor: 0,
        early_minor: 0,
        keeps_totals: false,
        unpaid_since: None,
        statements: 0,
        statement_closing_minor: 0,
        statement_on: None,
        next_statement_on: None,
        instrument: None,
        collected_for: None,
        close_reason: String::new(),
        close_substatus: None,
        created_at: at,
        balances: Balances::default(),
        stored: (LoanStatus::Inactive, None),
    })
}

/// The instalments without repayment, and those after them without principal; revolving products have none.
fn graces(
    new: &NewLoan,
    product: &Product,
    installments: Option<u32>,
    check: &mut Check,
) -> (u32, u32) {
    let Some(count) = installments else { return (0, 0) };
    let mut grace = |field, given: Option<i64>, default| match given {
        Some(value) => check.whole(field, value, 0, count - 1).unwrap_or(0),
        None => default,
    };
    let full = grace("grace_instalments", new.grace_instalments, product.default_grace_instalments);
    let principal = grace(
        "principal_repayment_grace",
        new.principal_repayment_grace,
        product.principal_repayment_grace,
    );
    if full.saturating_add(principal) >= count {
        check.fault("grace_instalments", "Ensure that at least one instalment repays principal.");
    }
    (full, principal)
}

fn amount(new: &NewLoan, application: &Application, product: &Product, check: &mut Check) -> Money {
    let default = Money::from_minor(application.amount.minor(), product.currency);
    let amount = match new.amount {
        Some(amount) => check.amount("amount", amount, product.currency, true).unwrap_or(default),
        None => default,
    };
    if amount.minor() > product.max_loan_amount.minor() {
        check.fault(
            "amount",
            format!("Ensure this value is less than or equal to {}.", product.max_loan_amount),
        );
    }
    amount
}

fn rate(new: &NewLoan, application: &Application, product: &Product, check: &mut Check) -> Rate {
    let rate = match new.rate {
        Some(rate) => check.rate("rate", rate).unwrap_or(application.rate),
        None => application.rate,
    };
    if rate > product.max_interest_rate {
        check.fault(
            "rate",
            format!("Ensure this value is less than or equal to {}.", product.max_interest_rate),
        );
    }
    rate
}

fn installments(
    new: &NewLoan,
    application: &Application,
    product: &Product,
    check: &mut Check,
) -> Option<u32> {
    if !product.kind.is_term_loan() {
        return None;
    }
    let default = application.installments.or(product.installments);
    let asked = new.installments.or(default.map(i64::from)).unwrap_or(0);
    match u32::try_from(asked) {
        Ok(count) if (1..=MAX_INSTALLMENTS).contains(&count) => Some(count),
        _ => {
            check.fault(
                "installments",
                format!("Ensure this value is from 1 to {MAX_INSTALLMENTS}."),
            );
            Some(1)
        }
    }
}

/// The terms of the schedule for all the principal that `loan` owes on `date`, when `past` instalments have
/// fallen due.
pub(crate) fn schedule_terms(
    loan: &Loan,
    product: &Product,
    date: Date,
    past: usize,
) -> schedule::Terms {
    let past = u32::try_from(past).unwrap_or(u32::MAX);
    let past_after_grace = past.saturating_sub(loan.grace_instalments);
    schedule::Terms {
        principal_minor: loan.planned_minor,
        rate: loan.rate,
        instalments: loan.installments.unwrap_or(1).saturating_sub(past).max(1),
        disbursed_on: date,
        first_repayment_on: None,
        grace_instalments: loan.grace_instalments.saturating_sub(past),
        principal_grace: loan.principal_repayment_grace.saturating_sub(past_after_grace),
        ..product.terms()
    }
}
