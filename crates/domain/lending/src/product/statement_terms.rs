//! The terms of a revolving account's monthly statement: on which days it is made and due, and how much must be
//! repaid by then. Pure.

use jiff::civil::Date;

use florin_money::{MoneyError, Rate};

use super::entity::Product;
use crate::postings::Parts;
use crate::schedule::HolidayRule;

/// The day of the statement where a product names none: the first of the month.
pub const DEFAULT_STATEMENT_DAY: u8 = 1;
/// The day that the repayment is due by where a product names none: the fifteenth.
pub const DEFAULT_REPAYMENT_DUE_DAY: u8 = 15;
/// The part of the closing balance that must be repaid where a product names none: 5 %, in micro-percent.
const DEFAULT_MINIMUM_MICRO_PERCENT: i64 = 5_000_000;
/// The least amount that must be repaid where a product names none, in whole units of the currency: 5.00 GBP.
const DEFAULT_MINIMUM_UNITS: i64 = 5;

/// What a revolving product says of its statements, defaults filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementTerms {
    /// The day of the month on which the statement is made, 1 to 31; the last day of a month that lacks it.
    pub statement_day: u8,
    /// The day of the month that the repayment is due by, 1 to 31; likewise.
    pub due_day: u8,
    /// The part of the closing balance that must be repaid, 0 to 100 %.
    pub minimum_percent: Rate,
    /// The least that must be repaid of it, in minor units.
    pub minimum_amount_minor: i64,
}

impl Product {
    /// The terms of its statements, with the defaults for what it does not set: made on the 1st, due by the 15th, at
    /// least 5 % of the closing balance and 5 units of the currency (5.00 GBP, 5 JPY).
    pub fn statement_terms(&self) -> StatementTerms {
        let unit = 10_i64.saturating_pow(self.currency.exponent());
        let default_percent = Rate::from_micro_percent(DEFAULT_MINIMUM_MICRO_PERCENT);
        StatementTerms {
            statement_day: day(self.statement_day, DEFAULT_STATEMENT_DAY),
            due_day: day(self.repayment_due_day, DEFAULT_REPAYMENT_DUE_DAY),
            minimum_percent: self
                .minimum_repayment_percent
                .or(default_percent.ok())
                .unwrap_or(Rate::ZERO),
            minimum_amount_minor: self
                .minimum_repayment_amount
                .map_or(DEFAULT_MINIMUM_UNITS.saturating_mul(unit), |amount| amount.minor()),
        }
    }

    /// The day that the repayment of a statement made on `statement_on` is due by: [`due_after`], moved as the
    /// product's holiday rule says when it is no business day, but never to or before the day of the statement (then
    /// it is the first business day after it).
    pub fn statement_due_on(&self, statement_on: Date) -> Date {
        let due = due_after(self.statement_terms().due_day, statement_on);
        let calendar = self.calendar();
        let moved = match self.terms().holiday_rule {
            HolidayRule::OnDay => due,
            HolidayRule::BusinessDayBefore => calendar.on_or_before(due),
            HolidayRule::BusinessDayAfter => calendar.on_or_after(due),
        };
        if moved > statement_on {
            return moved;
        }
        calendar.after(statement_on)
    }
}

/// A day of the month as configured (1 to 31 by the product's rules), or the default.
fn day(configured: Option<u32>, default: u8) -> u8 {
    configured.map_or(default, |day| u8::try_from(day).unwrap_or(31))
}

/// The first day `day` (1 to 31) of a month strictly after `after`; a month that lacks it has it on its last day.
/// At the end of the calendar (year 9999) it is the last date there is.
pub fn next_statement_on(day: u8, after: Date) -> Date {
    let in_month = |month: Date| {
        let wanted = i8::try_from(day.clamp(1, 31)).unwrap_or(31).min(month.days_in_month());
        Date::new(month.year(), month.month(), wanted).unwrap_or(Date::MAX)
    };
    let here = in_month(after);
    if here > after {
        return here;
    }
    after.last_of_month().tomorrow().map_or(Date::MAX, in_month)
}

/// The day that a statement made on `statement_on` is due by: the first day `day` (1 to 31) of a month strictly
/// after it; a month that lacks it has it on its last day.
pub fn due_after(day: u8, statement_on: Date) -> Date {
    next_statement_on(day, statement_on)
}

/// What must be repaid of a statement that closes with `closing` owed, in minor units: the percentage of the closing
/// balance (half up), at least the floor, plus the interest and the fees owed; at least `overdue_minor`, what
/// earlier statements asked for and did not get; at most the closing balance. Nothing where nothing is owed.
///
/// # Errors
/// [`MoneyError::OutOfRange`] when the closing balance leaves the range of minor units.
pub fn minimum_repayment(
    closing: Parts,
    terms: &StatementTerms,
    overdue_minor: i64,
) -> Result<i64, MoneyError> {
    let add = |one: i64, other: i64| one.checked_add(other).ok_or(MoneyError::OutOfRange);
    let charges_minor = add(closing.interest, closing.fee)?;
    let balance_minor = add(closing.principal, charges_minor)?;
    if balance_minor <= 0 {
        return Ok(0);
    }
    let part_minor = terms.minimum_percent.of_minor(balance_minor)?.max(terms.minimum_amount_minor);
    // What does not fit is above the balance, which bounds it anyway.
    let minimum_minor = part_minor.saturating_add(charges_minor);
    Ok(minimum_minor.max(overdue_minor).min(balance_minor))
}

#[cfg(test)]
mod tests {
    use florin_ids::ProductId;
    use florin_money::Currency;
    use jiff::civil::date;
    use rust_decimal::Decimal;

    use super::*;
    use crate::check::Given::{self, Value};
    use crate::product::{ProductFields, ProductType, RepaymentHolidayScheduling};

    fn product(fields: ProductFields, currency: &str) -> Product {
        let decimal = |text: &str| Value(text.parse::<Decimal>().unwrap());
        let fields = ProductFields {
            kind: Value(ProductType::RevolvingCredit),
            name: Value("Card".to_owned()),
            max_loan_amount: decimal("2000"),
            max_interest_rate: decimal("30"),
            ..fields
        };
        let currency = Currency::from_code(currency).unwrap();
        let at = "2023-01-01T00:00:00Z".parse().unwrap();
        Product::configure(ProductId::new(), fields, currency, at).unwrap()
    }

    fn check_terms(fields: ProductFields, currency: &str, days: (u8, u8), minimum: (&str, i64)) {
        let terms = product(fields, currency).statement_terms();
        assert_eq!((terms.statement_day, terms.due_day), days);
        assert_eq!(
            (terms.minimum_percent.to_string().as_str(), terms.minimum_amount_minor),
            minimum
        );
    }

    #[test]
    fn terms_and_their_defaults() {
        let decimal = |text: &str| -> Given<Decimal> { Value(text.parse().unwrap()) };
        let none = ProductFields::default;
        check_terms(none(), "GBP", (1, 15), ("5", 500));
        check_terms(none(), "JPY", (1, 15), ("5", 5));
        let days =
            ProductFields { statement_day: Value(31), repayment_due_day: Value(7), ..none() };
        check_terms(days, "GBP", (31, 7), ("5", 500));
        let minimum = ProductFields {
            minimum_repayment_percent: decimal("2.25"),
            minimum_repayment_amount: decimal("25.50"),
            ..none()
        };
        check_terms(minimum, "GBP", (1, 15), ("2.25", 2_550));
        let nothing = ProductFields {
            minimum_repayment_percent: decimal("0"),
            minimum_repayment_amount: decimal("0"),
            ..none()
        };
        check_terms(nothing, "GBP", (1, 15), ("0", 0));
    }

    #[test]
    fn statement_and_due_days() {
        let cases = [
            (1, date(2023, 1, 1), date(2023, 2, 1)),
            (1, date(2023, 1, 31), date(2023, 2, 1)),
            (15, date(2023, 1, 1), date(2023, 1, 15)),
            (15, date(2023, 1, 14), date(2023, 1, 15)),
            (15, date(2023, 1, 15), date(2023, 2, 15)),
            (15, date(2023, 12, 20), date(2024, 1, 15)),
            // A month that lacks the day has it on its last.
            (31, date(2023, 1, 30), date(2023, 1, 31)),
            (31, date(2023, 1, 31), date(2023, 2, 28)),
            (31, date(2023, 2, 28), date(2023, 3, 31)),
            (31, date(2024, 2, 28), date(2024, 2, 29)),
            (30, date(2024, 2, 29), date(2024, 3, 30)),
            (29, date(2023, 2, 27), date(2023, 2, 28)),
            (31, date(2023, 4, 29), date(2023, 4, 30)),
            (5, date(9999, 12, 5), Date::MAX),
        ];
        for (day, after, expected) in cases {
            assert_eq!(next_statement_on(day, after), expected, "{day} after {after}");
            assert_eq!(due_after(day, after), expected, "{day} after {after}");
        }
    }

    #[test]
    fn due_days_move_as_repayments_do() {
        use RepaymentHolidayScheduling::{
            FirstBusinessDayAfterTheDay, LastBusinessDayBeforeTheDay, OnDay,
        };
        // 2023-04-07 is Good Friday, 2023-04-10 Easter Monday.
        let cases = [
            (OnDay, 7, date(2023, 4, 1), date(2023, 4, 7)),
            (LastBusinessDayBeforeTheDay, 7, date(2023, 4, 1), date(2023, 4, 6)),
            (FirstBusinessDayAfterTheDay, 7, date(2023, 4, 1), date(2023, 4, 11)),
            (LastBusinessDayBeforeTheDay, 8, date(2023, 4, 6), date(2023, 4, 11)),
            (LastBusinessDayBeforeTheDay, 5, date(2023, 4, 1), date(2023, 4, 5)),
        ];
        for (rule, due_day, statement_on, expected) in cases {
            let fields = ProductFields {
                repayment_holiday_scheduling: Value(rule),
                repayment_due_day: Value(due_day),
                ..ProductFields::default()
            };
            let due = product(fields, "GBP").statement_due_on(statement_on);
            assert_eq!(due, expected, "{rule} {due_day} after {statement_on}");
        }
    }

    #[test]
    fn minimum_repayments() {
        let parts = |principal, interest, fee| Parts { principal, interest, fee };
        let most = i64::MAX;
        let cases = [
            // 5 % of 1,015.00, then interest and fees.
            (parts(100_000, 1_000, 500), 0, Ok(5_075 + 1_500)),
            // Half up.
            (parts(10_010, 0, 0), 0, Ok(501)),
            (parts(10_009, 0, 0), 0, Ok(500)),
            // The floor, and the floor beside interest and fees.
            (parts(5_000, 0, 0), 0, Ok(500)),
            (parts(4_000, 30, 20), 0, Ok(550)),
            // Never more than is owed.
            (parts(499, 0, 0), 0, Ok(499)),
            (parts(100, 600, 0), 0, Ok(700)),
            (parts(0, 0, 1), 0, Ok(1)),
            // What is overdue is asked for again.
            (parts(100_000, 0, 0), 4_999, Ok(5_000)),
            (parts(100_000, 0, 0), 9_000, Ok(9_000)),
            (parts(6_000, 0, 0), 9_000, Ok(6_000)),
            // Nothing is owed.
            (parts(0, 0, 0), 900, Ok(0)),
            (parts(-10, 0, 0), 0, Ok(0)),
            (parts(-1_000, 600, 300), 0, Ok(0)),
            (parts(most, 0, 0), 0, Ok(most / 20)),
            (parts(0, most, 0), 0, Ok(most)),
            (parts(most, 1, 0), 0, Err(MoneyError::OutOfRange)),
        ];
        let terms = product(ProductFields::default(), "GBP").statement_terms();
        for (closing, overdue, expected) in cases {
            assert_eq!(minimum_repayment(closing, &terms, overdue), expected, "{closing:?}");
        }
        let free = StatementTerms { minimum_percent: Rate::ZERO, minimum_amount_minor: 0, ..terms };
        assert_eq!(minimum_repayment(parts(100_000, 1_000, 500), &free, 0), Ok(1_500));
        let whole = StatementTerms { minimum_percent: Rate::parse("100").unwrap(), ..terms };
        assert_eq!(minimum_repayment(parts(100_000, 1_000, 500), &whole, 0), Ok(101_500));
    }
}
