//! The repayment schedule: one pure function for the quote, the booking and every recalculation, so that what
//! is previewed is what is booked.
//!
//! # The rules
//!
//! - **Due dates** ([`due_dates`]): the repayment day in the calendar month after the disbursement month, then
//!   in every following month; or the given first date, then the repayment day in the months after it. A day
//!   that a month lacks is its last day. A due date that is no business day moves as the [`HolidayRule`] says,
//!   the given first date too. One that would thereby come to lie on or before the date that precedes it (or
//!   the disbursement) is the first business day after that one instead.
//! - **Interest** of an instalment = opening principal x yearly rate x weight of the days since the previous
//!   due date ([`accrual_weight`]) / weight of a year, rounded half up to the minor unit.
//! - **Equal principal**: each part is P/k rounded half up, the last what is left.
//! - **Equal instalments**: each instalment is P m / (1 - (1+m)^-k), m = yearly rate / 12, rounded half up; its
//!   principal is what the interest leaves, never below 0 (then the instalment is the interest alone) nor above
//!   what is left; the last instalment pays what is left.
//! - **Exact instalments**: the same, but the instalment is solved over the actual periods, with their rounded
//!   interest: the one that leaves the last instalment closest to the others and no earlier one the last (of two
//!   the lower). When no single amount brings the last to within k minor units of the others, the first instalments
//!   are one minor unit more, as many of them as bring it closest. An instalment smaller than its interest is still
//!   the interest alone.
//! - **Fees** that are owed when the schedule is made are due with the first instalment that is due.
//! - **Grace**: in the first instalments nothing is due; their interest is not capitalised but billed, rounded
//!   once, with the first instalment that is due. **Principal grace**: in the next ones interest only. The
//!   principal is spread over the k instalments that remain, at least one.
//!
//! Amounts are minor units. Nothing here knows a database, a clock or a float, except the annual percentage
//! rate ([`Schedule::apr`]), which is a rate and never money.

mod apr;
mod dates;
mod error;
mod exact;
mod interest;
mod level;
#[cfg(test)]
mod tests;

use jiff::civil::Date;

use florin_calendar::Calendar;
use florin_money::{DayCount, Rate, denominator, numerator, round_half_up};

use dates::Day;
use exact::{Course, Level};
use interest::Weights;

pub use apr::apr;
pub use dates::due_dates;
pub use error::ScheduleError;
pub use interest::accrual_weight;
pub use level::level_instalment;

/// The most instalments a schedule has: a hundred years of months.
pub const MAX_INSTALMENTS: u32 = 1_200;

/// What a schedule is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The amount lent, in minor units; above 0.
    pub principal_minor: i64,
    /// Yearly.
    pub rate: Rate,
    /// How many there are, 1 to [`MAX_INSTALMENTS`], those in grace included.
    pub instalments: u32,
    /// How the principal is divided.
    pub method: Method,
    /// The day from which interest runs.
    pub disbursed_on: Date,
    /// The first due date, after `disbursed_on`; by default the repayment day in the month after the
    /// disbursement.
    pub first_repayment_on: Option<Date>,
    /// On which day of a month repayments fall.
    pub day_rule: RepaymentDay,
    /// Where a due date goes that is no business day.
    pub holiday_rule: HolidayRule,
    /// Whose holidays count.
    pub calendar: Calendar,
    /// How days are counted.
    pub day_count: DayCount,
    /// Whether the night of a bank holiday bears interest. A weekend's always does.
    pub interest_on_holidays: bool,
    /// In how many instalments, from the first on, nothing is due.
    pub grace_instalments: u32,
    /// In how many instalments after those interest only is due.
    pub principal_grace: u32,
    /// Fees that are owed already, in minor units: due with the first instalment that is due. Below 0 counts as
    /// none.
    pub fees_minor: i64,
}

/// How the principal is divided over the instalments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// The same principal each time, so that instalments shrink with the interest.
    EqualPrincipal,
    /// The same total each time (an annuity), as the formula has it for months of equal length.
    EqualInstalments,
    /// The same total each time, solved over the actual dates, so that the last one is level too.
    ExactInstalments,
}

/// On which day of a month repayments fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RepaymentDay {
    /// This day, 1 to 31; the last day of a month that lacks it.
    DayOfMonth(u8),
    /// The month's last business day.
    LastBusinessDay,
    /// The month's first business day.
    FirstBusinessDay,
}

/// Where a due date goes that is a weekend day or a bank holiday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HolidayRule {
    /// It stays.
    OnDay,
    /// To the last business day before it.
    BusinessDayBefore,
    /// To the first business day after it.
    BusinessDayAfter,
}

/// One repayment. All amounts are minor units, none is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instalment {
    /// Counted from 1.
    pub number: u32,
    /// When it falls due.
    pub due_on: Date,
    /// The part that repays the loan.
    pub principal_minor: i64,
    /// The part that pays for it.
    pub interest_minor: i64,
    /// Fees due with it: those that were owed when the schedule was made.
    pub fee_minor: i64,
    /// The sum of the three.
    pub total_minor: i64,
    /// What is still owed of the principal afterwards.
    pub principal_after_minor: i64,
}

/// Sums over the instalments, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Of the principal parts: always the amount lent.
    pub principal_minor: i64,
    /// Of the interest.
    pub interest_minor: i64,
    /// Of the fees.
    pub fee_minor: i64,
    /// Of everything.
    pub total_minor: i64,
}

/// A repayment schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The amount lent, in minor units.
    pub principal_minor: i64,
    /// When it was.
    pub disbursed_on: Date,
    /// In the order of their due dates, which ascend strictly.
    pub instalments: Vec<Instalment>,
    /// Their sums.
    pub totals: Totals,
}

impl Schedule {
    /// The annual percentage rate; see [`apr`].
    pub fn apr(&self) -> Option<rust_decimal::Decimal> {
        let flows =
            self.instalments.iter().map(|instalment| (instalment.due_on, instalment.total_minor));
        apr(self.principal_minor, self.disbursed_on, flows)
    }
}

/// The schedule of a loan.
///
/// # Errors
/// [`ScheduleError`], whose [`ScheduleError::term`] names the term at fault.
pub fn schedule(terms: &Terms) -> Result<Schedule, ScheduleError> {
    amortised(terms, &dates::due_days(terms)?, 0)
}

/// The schedule over due dates that are known already: for a recalculation in the middle of a loan, which keeps
/// the dates that are left. There are as many instalments as dates; `instalments`, `first_repayment_on` and the
/// rules of days in the terms are not looked at.
///
/// `accrued` is the exact interest numerator (see [`florin_money::numerator`], in the terms' day count) that
/// has built up before `disbursed_on` and is not yet billed; the first instalment that is due bills it too.
///
/// # Errors
/// As [`schedule`]; [`ScheduleError::DueDates`] when the dates do not ascend from after `disbursed_on`.
pub fn schedule_on(
    terms: &Terms,
    due_on: &[Date],
    accrued: i128,
) -> Result<Schedule, ScheduleError> {
    let days: Vec<Day> = due_on.iter().copied().map(Day::of).collect();
    amortised(terms, &days, accrued)
}

fn amortised(terms: &Terms, due_on: &[Day], accrued: i128) -> Result<Schedule, ScheduleError> {
    let spread_over = spread_over(terms, due_on.len())?;
    let weights = weights(terms, due_on)?;
    let plan = Plan::new(terms, spread_over, &weights, accrued)?;
    let (mut balance_minor, mut unbilled) = (terms.principal_minor, accrued);
    let mut fees_minor = terms.fees_minor.max(0);
    let mut totals = Totals::default();
    let mut instalments = Vec::with_capacity(due_on.len());
    for ((number, &due), weight) in (1..).zip(due_on).zip(weights) {
        unbilled = unbilled.saturating_add(numerator(balance_minor, terms.rate, weight));
        let (mut interest_minor, mut principal_minor, mut fee_minor) = (0, 0, 0);
        if number > terms.grace_instalments {
            interest_minor = round_half_up(unbilled, plan.year)?;
            principal_minor = plan.principal_part(number, interest_minor, balance_minor);
            fee_minor = std::mem::take(&mut fees_minor);
            unbilled = 0;
        }
        balance_minor -= principal_minor;
        totals.add(principal_minor, interest_minor, fee_minor)?;
        instalments.push(Instalment {
            number,
            due_on: due.date,
            principal_minor,
            interest_minor,
            fee_minor,
            // No greater than the totals, which were just added up.
            total_minor: principal_minor + interest_minor + fee_minor,
            principal_after_minor: balance_minor,
        });
    }
    let (principal_minor, disbursed_on) = (terms.principal_minor, terms.disbursed_on);
    Ok(Schedule { principal_minor, disbursed_on, instalments, totals })
}

/// The weight of each period.
fn weights(terms: &Terms, due_on: &[Day]) -> Result<Vec<i64>, ScheduleError> {
    let weights = Weights {
        day_count: terms.day_count,
        holidays: terms.calendar.holidays(),
        interest_on_holidays: terms.interest_on_holidays,
    };
    let mut start = Day::of(terms.disbursed_on);
    let mut weighed = Vec::with_capacity(due_on.len());
    for &due in due_on {
        if due.number <= start.number {
            return Err(ScheduleError::DueDates);
        }
        weighed.push(weights.between(start, due));
        start = due;
    }
    Ok(weighed)
}

/// Over how many instalments the principal is spread.
fn spread_over(terms: &Terms, count: usize) -> Result<u32, ScheduleError> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    if terms.principal_minor <= 0 {
        return Err(ScheduleError::PrincipalNotPositive);
    }
    if !(1..=MAX_INSTALMENTS).contains(&count) {
        return Err(ScheduleError::InstalmentCount);
    }
    let after_grace = count.checked_sub(terms.grace_instalments).filter(|left| *left > 0);
    let after_grace = after_grace.ok_or(ScheduleError::GraceTooLong)?;
    let left = after_grace.checked_sub(terms.principal_grace).filter(|left| *left > 0);
    left.ok_or(ScheduleError::PrincipalGraceTooLong)
}

/// What the instalments of a schedule have in common.
struct Plan {
    method: Method,
    /// The principal part or the whole instalment, as the method has it.
    each_minor: i64,
    /// Instalments up to this number are one minor unit more.
    raised_to: u32,
    /// The first instalment that repays principal.
    principal_from: u32,
    last: u32,
    /// The denominator of interest.
    year: i128,
}

impl Plan {
    fn new(
        terms: &Terms,
        spread_over: u32,
        weights: &[i64],
        accrued: i128,
    ) -> Result<Self, ScheduleError> {
        let year = denominator(terms.day_count);
        let level = match terms.method {
            Method::EqualPrincipal => Level {
                each_minor: round_half_up(terms.principal_minor.into(), spread_over.into())?,
                raised: 0,
            },
            Method::EqualInstalments => Level {
                each_minor: level_instalment(terms.principal_minor, terms.rate, spread_over)?,
                raised: 0,
            },
            Method::ExactInstalments => exact_level(terms, weights, accrued, year)?,
        };
        let before = terms.grace_instalments + terms.principal_grace;
        Ok(Self {
            method: terms.method,
            each_minor: level.each_minor,
            raised_to: if level.raised == 0 { 0 } else { before + level.raised },
            principal_from: before + 1,
            last: before + spread_over,
            year,
        })
    }

    /// The principal that instalment `number` repays, of `balance_minor` owed: 0 to all of it.
    fn principal_part(&self, number: u32, interest_minor: i64, balance_minor: i64) -> i64 {
        if number < self.principal_from {
            return 0;
        }
        if number == self.last {
            return balance_minor;
        }
        match self.method {
            Method::EqualPrincipal => self.each_minor.min(balance_minor),
            Method::EqualInstalments | Method::ExactInstalments => {
                let whole_minor = self.each_minor + i64::from(number <= self.raised_to);
                whole_minor.saturating_sub(interest_minor).clamp(0, balance_minor)
            }
        }
    }
}

/// The instalment of [`Method::ExactInstalments`].
fn exact_level(
    terms: &Terms,
    weights: &[i64],
    accrued: i128,
    year: i128,
) -> Result<Level, ScheduleError> {
    let (grace, principal_grace) =
        (terms.grace_instalments as usize, terms.principal_grace as usize);
    let (before, after) = weights.split_at(grace + principal_grace + 1);
    // Interest-only instalments have paid what built up in the grace before them.
    let (unbilled, accrued) =
        if principal_grace == 0 { (before, accrued) } else { (&before[before.len() - 1..], 0) };
    let first = unbilled.iter().fold(accrued, |sum, &weight| {
        sum.saturating_add(numerator(terms.principal_minor, terms.rate, weight))
    });
    let course = Course {
        principal_minor: terms.principal_minor,
        rate: terms.rate,
        first_interest_minor: round_half_up(first, year)?,
        weights: after,
        year,
    };
    course.level()
}

impl Totals {
    fn add(
        &mut self,
        principal_minor: i64,
        interest_minor: i64,
        fee_minor: i64,
    ) -> Result<(), ScheduleError> {
        let add =
            |sum: i64, part: i64| sum.checked_add(part).ok_or(ScheduleError::AmountOutOfRange);
        self.principal_minor = add(self.principal_minor, principal_minor)?;
        self.interest_minor = add(self.interest_minor, interest_minor)?;
        self.fee_minor = add(self.fee_minor, fee_minor)?;
        self.total_minor = add(add(self.principal_minor, self.interest_minor)?, self.fee_minor)?;
        Ok(())
    }
}
