//! Statements of simulated accounts, as text. Pure.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::books::{Books, Kind};
use super::month::Month;
use crate::aggregator::{AccountData, StatementData};

/// The statements of the months from `first` to the last that is over.
pub(super) fn monthly(
    books: &Books<'_>,
    kind: Kind,
    account: &AccountData,
    first: Month,
    today: Date,
) -> Vec<StatementData> {
    let mut all = Vec::new();
    let mut month = first;
    while month.last() < today {
        all.push(of_month(books, kind, account, month));
        month = month.plus(1);
    }
    all
}

fn of_month(books: &Books<'_>, kind: Kind, account: &AccountData, month: Month) -> StatementData {
    let (opening, booked) = (books.opening(kind, month), books.booked(kind, month));
    let closing = booked.iter().map(|it| it.amount_minor).sum::<i64>() + opening;
    let money = |minor: i64| {
        let sign = if minor < 0 { "-" } else { "" };
        let (major, cents) = (minor.unsigned_abs() / 100, minor.unsigned_abs() % 100);
        format!("{sign}{major}.{cents:02}")
    };
    let (from_on, to_on) = (month.first(), month.last());
    let owner = books.owner().name;
    let mut content = format!(
        "{}\n{owner}\n{from_on} to {to_on}, {}\n\nOpening balance {:>14}\n",
        account.name,
        account.currency.code(),
        money(opening)
    );
    for it in &booked {
        let balance = it.balance_after_minor.map(money).unwrap_or_default();
        let (on, amount) = (it.posted_on, money(it.amount_minor));
        // Writing to a text cannot fail.
        let _ = writeln!(content, "{on}  {:<36}{amount:>12}{balance:>14}", it.description);
    }
    let _ = writeln!(content, "Closing balance {:>14}", money(closing));
    StatementData {
        external_id: format!("month-{}", month.0),
        from_on,
        to_on,
        opening_minor: opening,
        closing_minor: closing,
        content,
    }
}

/// Summaries of the interest paid, for the years that are over.
pub(super) fn yearly(books: &Books<'_>, account: &AccountData, today: Date) -> Vec<StatementData> {
    let year_of = |year: i16| {
        let first = Month(i32::from(year) * 12);
        let (from_on, to_on) = (first.first(), first.plus(11).last());
        let months = (0..12).flat_map(|month| books.booked(Kind::Savings, first.plus(month)));
        let interest: i64 = months
            .filter(|it| it.category == crate::account::Category::Interest)
            .map(|it| it.amount_minor)
            .sum();
        StatementData {
            external_id: format!("tax-{year}"),
            from_on,
            to_on,
            opening_minor: books.opening(Kind::Savings, first),
            closing_minor: books.opening(Kind::Savings, first.plus(12)),
            content: format!(
                "{}\n{}\nInterest paid in {year}: {}.{:02} {}\n",
                account.name,
                books.owner().name,
                interest / 100,
                interest % 100,
                account.currency.code()
            ),
        }
    };
    [today.year() - 2, today.year() - 1].into_iter().filter(|year| *year > 0).map(year_of).collect()
}
