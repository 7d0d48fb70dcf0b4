//! What Florin knows of an application by itself: the decision engine's built-in input sources.

pub(super) mod repo;

use florin_decisioning::expression::{Inputs, Value};
use florin_decisioning::input_source::built_in;
use florin_ids::{LoanId, TenantId};
use florin_ledger::balances_in;
use florin_money::{Currency, Money, MoneyError};
use florin_storage::Tx;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Unit};
use uuid::Uuid;

use super::Application;
use crate::LendingError;
use crate::loan::{Balances, LoanStatus};
use repo::{DueRow, LoanRow};

/// Everything that is known on `today`.
pub(super) fn known_in(
    tx: &mut Tx,
    tenant: TenantId,
    application: &Application,
    today: Date,
) -> Result<Inputs, LendingError> {
    let loans = repo::loans_of(tx, tenant, application.end_user)?;
    let mut inputs = past_in(tx, tenant, application, &loans, today)?;
    let open =
        loans.iter().filter(|loan| loan.status.is_open() && loan.currency == application.currency);
    let open: Vec<LoanId> = open.map(|loan| loan.id).collect();
    let debt = debt_in(tx, tenant, application.currency, &open)?;
    inputs.insert(built_in::EXISTING_DEBT, Value::Number(debt.to_decimal().normalize()));
    Ok(inputs)
}

/// Everything that can still be told of `date`, a date in the past: all but the debt of an end user who had loans.
pub(super) fn known_on_in(
    tx: &mut Tx,
    tenant: TenantId,
    application: &Application,
    date: Date,
) -> Result<Inputs, LendingError> {
    let loans = repo::loans_of(tx, tenant, application.end_user)?;
    let loans: Vec<LoanRow> =
        loans.into_iter().filter(|loan| loan.application != application.id).collect();
    let mut inputs = past_in(tx, tenant, application, &loans, date)?;
    if loans.iter().all(|loan| day_of(loan.created_at) > date) {
        inputs.insert(built_in::EXISTING_DEBT, Value::Number(0.into()));
    }
    Ok(inputs)
}

/// What does not change with hindsight.
fn past_in(
    tx: &mut Tx,
    tenant: TenantId,
    application: &Application,
    loans: &[LoanRow],
    date: Date,
) -> Result<Inputs, LendingError> {
    let number = |number: i64| Value::Number(number.into());
    let mut inputs = Inputs::default();
    inputs.insert(built_in::AMOUNT, Value::Number(application.amount.to_decimal().normalize()));
    inputs.insert(built_in::RATE, Value::Number(application.rate.to_percent().normalize()));
    if let Some(term) = application.installments {
        inputs.insert(built_in::TERM, number(term.into()));
    }
    if let Some(person) = repo::person(tx, tenant, application.end_user)? {
        let kind = person.kind.as_str().to_owned();
        inputs.insert(built_in::END_USER_TYPE, Value::String(kind));
        if let Some(age) = person.birth_date.and_then(|birth_date| age_on(birth_date, date)) {
            inputs.insert(built_in::END_USER_AGE, number(age.into()));
        }
    }
    let days = days_since_first(loans, date);
    inputs.insert(built_in::DAYS_SINCE_FIRST_LOAN, number(days.into()));
    let ids: Vec<Uuid> = loans.iter().map(|loan| loan.id.uuid()).collect();
    let dues = if ids.is_empty() { Vec::new() } else { repo::dues(tx, tenant, ids)? };
    inputs.insert(built_in::WORST_ARREARS, number(worst_arrears(&dues, date).into()));
    Ok(inputs)
}

/// What is owed on the loans.
fn debt_in(
    tx: &mut Tx,
    tenant: TenantId,
    currency: Currency,
    loans: &[LoanId],
) -> Result<Money, LendingError> {
    let mut debt_minor = 0_i64;
    if !loans.is_empty() {
        let balances = balances_in(tx, tenant, loans.iter().map(|loan| loan.uuid()).collect())?;
        for loan in loans {
            let owed = Balances::of(*loan, &balances).owed().total()?;
            debt_minor = debt_minor.checked_add(owed).ok_or(MoneyError::OutOfRange)?;
        }
    }
    Ok(Money::from_minor(debt_minor.max(0), currency))
}

/// Whole years; `None` for somebody who is not born yet.
fn age_on(birth_date: Date, date: Date) -> Option<u32> {
    let age = birth_date.until((Unit::Year, date)).ok()?;
    u32::try_from(age.get_years()).ok()
}

/// Days since the first loan that was not cancelled; 0 without any.
fn days_since_first(loans: &[LoanRow], date: Date) -> u32 {
    let real = loans.iter().filter(|loan| loan.status != LoanStatus::Cancelled);
    let first = real.map(|loan| day_of(loan.created_at)).filter(|day| *day <= date).min();
    first.map_or(0, |first| days_between(first, date))
}

/// The most days that anything due in the 12 months before `date` was overdue by then; 0 without any.
fn worst_arrears(dues: &[DueRow], date: Date) -> u32 {
    let from = date.saturating_sub(12.months());
    let late = dues.iter().filter(|due| due.due_on >= from && due.due_on < date);
    late.map(|due| days_overdue(due, date)).max().unwrap_or(0)
}

/// How many days something was overdue by `date`.
pub(super) fn days_overdue(due: &DueRow, date: Date) -> u32 {
    days_between(due.due_on, due.paid_on.map_or(date, |paid_on| paid_on.min(date)))
}

/// Days from one date to a later one; 0 when it is not later.
fn days_between(from: Date, to: Date) -> u32 {
    let days = florin_calendar::epoch_day(to).saturating_sub(florin_calendar::epoch_day(from));
    u32::try_from(days).unwrap_or(0)
}

/// The day of a stored time.
pub(super) fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_age_is_in_whole_years() {
        let check = |birth: Date, on: Date, expected: Option<u32>| {
            assert_eq!(age_on(birth, on), expected, "{birth} {on}");
        };
        check(date(2000, 6, 15), date(2018, 6, 14), Some(17));
        check(date(2000, 6, 15), date(2018, 6, 15), Some(18));
        check(date(2000, 2, 29), date(2018, 2, 28), Some(17));
        check(date(2000, 2, 29), date(2018, 3, 1), Some(18));
        check(date(2020, 1, 1), date(2019, 1, 1), None);
    }

    #[test]
    fn arrears_are_those_of_the_last_twelve_months() {
        let today = date(2026, 6, 30);
        let check = |dues: &[(Date, Option<Date>)], expected: u32| {
            let row = |(due_on, paid_on): &(Date, Option<Date>)| DueRow {
                loan: LoanId::new(),
                due_on: *due_on,
                paid_on: *paid_on,
            };
            let dues: Vec<DueRow> = dues.iter().map(row).collect();
            assert_eq!(worst_arrears(&dues, today), expected, "{dues:?}");
        };
        check(&[], 0);
        check(&[(date(2026, 6, 1), None)], 29);
        check(&[(date(2026, 6, 1), Some(date(2026, 6, 4)))], 3);
        check(
            &[
                (date(2026, 6, 1), Some(date(2026, 6, 4))),
                (date(2026, 5, 1), Some(date(2026, 5, 11))),
            ],
            10,
        );
        // Paid later than the day that is looked at, due today, due too long ago.
        check(&[(date(2026, 6, 20), Some(date(2026, 8, 1)))], 10);
        check(&[(today, None)], 0);
        check(&[(date(2025, 6, 29), Some(date(2025, 12, 1)))], 0);
        check(&[(date(2025, 6, 30), Some(date(2025, 7, 5)))], 5);
    }
}
