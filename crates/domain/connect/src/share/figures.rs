//! What a lender reads off bank accounts: income, overdrafts, regular outgoings, balance. Pure, in whole cents.
//!
//! Months are calendar months that are over. Money that an end user moves between linked accounts of their own is
//! neither income nor an outgoing, and neither is what the bank itself calls moved or borrowed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use uuid::Uuid;

/// Income is the mean of so many full months at most.
const INCOME_MONTHS: usize = 6;
/// What is regular was paid so many times, each about a month after the one before.
const REGULAR_MONTHS: usize = 3;
/// Days between two payments that are about a month apart.
const MONTH_DAYS: std::ops::RangeInclusive<i64> = 25..=35;
/// The amounts of what is regular differ by a tenth of the largest at most.
const REGULAR_TENTHS: i128 = 1;
/// Overdrafts are looked for on so many days.
pub const OVERDRAFT_DAYS: u32 = 90;
/// Both sides of a transfer are booked within so many days.
const TRANSFER_DAYS: i64 = 3;

/// An account that money comes to and goes from: checking or savings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Which one.
    pub id: Uuid,
    /// What stands on it at the end of `as_of`, in cents; less than 0 when it is overdrawn.
    pub balance_minor: i64,
    /// The day of the balance.
    pub as_of: Date,
}

/// A booked movement on an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The account.
    pub account: Uuid,
    /// The day of its booking.
    pub on: Date,
    /// What came in, in cents; less than 0 for what went out.
    pub amount_minor: i64,
    /// What the bank says beside it.
    pub description: String,
    /// Whether the bank says that the money was moved between accounts, or borrowed.
    pub is_moved: bool,
}

/// The figures, in cents; `None` where the accounts do not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// The mean of what came in in each of the last full months, six at most.
    pub monthly_income_minor: Option<i64>,
    /// On how many of the last 90 days one of the accounts ended overdrawn.
    pub overdraft_days: Option<u32>,
    /// The largest payment that went to the same payee three times in a row, about a month apart; 0 without any.
    pub regular_outgoing_minor: Option<i64>,
    /// What stands on all accounts.
    pub balance_minor: Option<i64>,
}

/// Reads the figures off on `today`. Movements of accounts that are not in `accounts` do not count. A sum that no
/// account could have is `None`.
pub fn figures(accounts: &[Account], movements: &[Movement], today: Date) -> Figures {
    if accounts.is_empty() {
        return Figures::default();
    }
    let known: BTreeSet<Uuid> = accounts.iter().map(|account| account.id).collect();
    let booked = |it: &&Movement| known.contains(&it.account) && it.on <= today;
    let movements: Vec<&Movement> = movements.iter().filter(booked).collect();
    let months = full_months(&movements, today);
    let foreign = without_transfers(&movements);
    Figures {
        monthly_income_minor: monthly_income(&foreign, &months),
        overdraft_days: overdraft_days(accounts, &movements, today),
        regular_outgoing_minor: regular_outgoing(&foreign, &months, today),
        balance_minor: sum(accounts.iter().map(|account| account.balance_minor)),
    }
}

/// Year and month.
type Month = (i16, i8);

fn month_of(date: Date) -> Month {
    (date.year(), date.month())
}

/// The months that are over and that the movements reach back through, the latest first. The month of the first
/// movement counts only when something was booked on its first days already.
fn full_months(movements: &[&Movement], today: Date) -> Vec<Month> {
    let Some(first) = movements.iter().map(|it| it.on).min() else { return Vec::new() };
    // Nobody moves money on every day: a first booking within a week of the first shows the whole month.
    let whole_from = if first.day() <= 7 { first.first_of_month() } else { after(first) };
    let mut months = Vec::new();
    let mut month = before(today);
    while month >= whole_from && months.len() < INCOME_MONTHS {
        months.push(month_of(month));
        month = before(month);
    }
    months
}

/// The first day of the month before this one's.
fn before(date: Date) -> Date {
    date.first_of_month().saturating_sub(1.month())
}

/// The first day of the month after this one's.
fn after(date: Date) -> Date {
    date.first_of_month().saturating_add(1.month())
}

/// Leaves out what the bank calls moved, and both sides of every transfer between two of the accounts: the same amount out of one and into another
/// within three days. Each movement is the side of one transfer at most.
fn without_transfers<'a>(movements: &[&'a Movement]) -> Vec<&'a Movement> {
    let mut outs: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (index, movement) in movements.iter().enumerate() {
        if let Some(amount) = movement.amount_minor.checked_neg().filter(|amount| *amount > 0) {
            outs.entry(amount).or_default().push(index);
        }
    }
    let mut sides = BTreeSet::new();
    let mut ins: Vec<usize> =
        (0..movements.len()).filter(|index| movements[*index].amount_minor > 0).collect();
    ins.sort_by_key(|index| key(movements[*index]));
    for index in ins {
        let credit = movements[index];
        let candidates = outs.get(&credit.amount_minor).map(Vec::as_slice).unwrap_or_default();
        let fits = |at: &&usize| {
            let debit = movements[**at];
            !sides.contains(*at)
                && debit.account != credit.account
                && days_between(debit.on, credit.on).abs() <= TRANSFER_DAYS
        };
        let nearest = candidates.iter().filter(fits).min_by_key(|at| {
            let debit = movements[**at];
            (days_between(debit.on, credit.on).abs(), key(debit))
        });
        if let Some(debit) = nearest.copied() {
            sides.insert(debit);
            sides.insert(index);
        }
    }
    let kept = movements
        .iter()
        .enumerate()
        .filter(|(index, movement)| !sides.contains(index) && !movement.is_moved);
    kept.map(|(_, movement)| *movement).collect()
}

/// An order that does not depend on that of the list.
fn key(movement: &Movement) -> (Date, Uuid, &str) {
    (movement.on, movement.account, &movement.description)
}

fn days_between(from: Date, to: Date) -> i64 {
    i64::from(florin_calendar::epoch_day(to)) - i64::from(florin_calendar::epoch_day(from))
}

fn monthly_income(movements: &[&Movement], months: &[Month]) -> Option<i64> {
    if months.is_empty() {
        return None;
    }
    let is_income = |it: &&&Movement| it.amount_minor > 0 && months.contains(&month_of(it.on));
    let total = sum(movements.iter().filter(is_income).map(|it| it.amount_minor))?;
    let count = i64::try_from(months.len()).ok()?;
    // Rounded half up.
    total.checked_mul(2)?.checked_add(count).map(|twice| twice / (2 * count))
}

/// Walks each account's balance back from the day on which it is known. Days after that day are taken as it is.
fn overdraft_days(accounts: &[Account], movements: &[&Movement], today: Date) -> Option<u32> {
    let from = today.saturating_sub(i64::from(OVERDRAFT_DAYS).days());
    let mut overdrawn: BTreeSet<Date> = BTreeSet::new();
    for account in accounts {
        let mut of_day: BTreeMap<Date, i64> = BTreeMap::new();
        let of_account =
            |it: &&&Movement| it.account == account.id && it.on > from && it.on <= account.as_of;
        for movement in movements.iter().filter(of_account) {
            let day = of_day.entry(movement.on).or_default();
            *day = day.checked_add(movement.amount_minor)?;
        }
        let mut balance = account.balance_minor;
        let mut day = today;
        while day > from {
            if balance < 0 {
                overdrawn.insert(day);
            }
            balance = balance.checked_sub(of_day.get(&day).copied().unwrap_or(0))?;
            day = day.saturating_sub(1.day());
        }
    }
    u32::try_from(overdrawn.len()).ok()
}

fn regular_outgoing(movements: &[&Movement], months: &[Month], today: Date) -> Option<i64> {
    if months.len() < REGULAR_MONTHS {
        return None;
    }
    let mut payees: BTreeMap<String, Vec<&Movement>> = BTreeMap::new();
    for movement in movements.iter().filter(|it| it.amount_minor < 0) {
        payees.entry(payee(&movement.description)).or_default().push(movement);
    }
    let latest = payees.into_values().filter_map(|paid| latest_of_regular(paid, today));
    Some(latest.filter_map(i64::checked_neg).max().unwrap_or(0))
}

/// What a payee was paid last, where the last three payments came about a month apart and were about the same. Due days
/// that fall on a weekend move, also into the month before, so months are counted in days.
fn latest_of_regular(mut paid: Vec<&Movement>, today: Date) -> Option<i64> {
    paid.sort_by_key(|it| it.on);
    let last = paid.get(paid.len().checked_sub(REGULAR_MONTHS)?..)?;
    let latest = last.last()?;
    let is_month = |from: Date, to: Date| MONTH_DAYS.contains(&days_between(from, to));
    let is_monthly = last.windows(2).all(|pair| is_month(pair[0].on, pair[1].on))
        && days_between(latest.on, today) <= *MONTH_DAYS.end();
    let amounts = || last.iter().map(|it| i128::from(it.amount_minor).abs());
    let (least, most) = (amounts().min()?, amounts().max()?);
    let is_same = (most - least) * 10 <= most * REGULAR_TENTHS;
    (is_monthly && is_same).then_some(latest.amount_minor)
}

/// Who is paid, of what the bank says: the letters, without numbers of invoices and dates.
fn payee(description: &str) -> String {
    let words = description.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words.map(str::to_uppercase).collect::<Vec<_>>().join(" ")
}

fn sum(amounts: impl Iterator<Item = i64>) -> Option<i64> {
    i64::try_from(amounts.map(i128::from).sum::<i128>()).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const HOME: Uuid = Uuid::from_u128(1);
    const SAVINGS: Uuid = Uuid::from_u128(2);
    const TODAY: Date = date(2026, 11, 21);

    fn account(id: Uuid, balance_minor: i64) -> Account {
        Account { id, balance_minor, as_of: TODAY }
    }

    fn on(on: Date, amount_minor: i64, description: &str) -> Movement {
        let description = description.to_owned();
        Movement { account: HOME, on, amount_minor, description, is_moved: false }
    }

    /// A salary on the 25th and a rent on the first, from January to now.
    fn year() -> Vec<Movement> {
        let mut all = vec![on(date(2026, 1, 2), 1, "Opened")];
        for month in 1..=11_i8 {
            all.push(on(
                date(2026, month, 1),
                -95_000,
                &format!("RENT {month:02}/26 REF 77{month}"),
            ));
            if month < 11 {
                all.push(on(date(2026, month, 25), 250_000, "ACME PAYROLL"));
            }
        }
        all
    }

    fn of(movements: &[Movement]) -> Figures {
        figures(&[account(HOME, 500_000)], movements, TODAY)
    }

    #[test]
    fn a_salary_and_a_rent() {
        let expected = Figures {
            monthly_income_minor: Some(250_000),
            overdraft_days: Some(0),
            regular_outgoing_minor: Some(95_000),
            balance_minor: Some(500_000),
        };
        assert_eq!(of(&year()), expected);
        assert_eq!(figures(&[], &year(), TODAY), Figures::default());
        let nothing = figures(&[account(HOME, -5)], &[], TODAY);
        let expected =
            Figures { overdraft_days: Some(90), balance_minor: Some(-5), ..Figures::default() };
        assert_eq!(nothing, expected);
    }

    #[test]
    fn income_is_a_mean_of_full_months() {
        let check = |movements: &[Movement], expected: Option<i64>| {
            assert_eq!(of(movements).monthly_income_minor, expected, "{movements:?}");
        };
        // This month is not over, and of the month in which the data begins too little is known.
        check(&[on(date(2026, 11, 2), 500, "x")], None);
        check(&[on(date(2026, 10, 20), 500, "x")], None);
        check(&[on(date(2026, 10, 7), 500, "x")], Some(500));
        check(&[on(date(2026, 9, 8), 500, "x"), on(date(2026, 10, 8), 300, "x")], Some(300));
        // 100 over three months, and 101: half a cent is rounded up.
        let month = |month, cents| on(date(2026, month, 5), cents, "x");
        check(&[month(8, 50), month(9, 50), month(10, 0)], Some(33));
        check(&[month(9, 50), month(10, 51)], Some(51));
        // Months without anything count; no more than six do.
        check(&[month(1, 90_000), month(10, 600)], Some(100));
        check(&[month(8, i64::MAX), month(9, i64::MAX)], None);
    }

    #[test]
    fn own_transfers_are_no_income() {
        let mut movements = year();
        for month in 5..=10_i8 {
            movements.push(on(date(2026, month, 26), -40_000, "TO SAVINGS"));
            let there = on(date(2026, month, 28), 40_000, "FROM CHECKING");
            movements.push(Movement { account: SAVINGS, ..there });
        }
        let accounts = [account(HOME, 100_000), account(SAVINGS, 240_000)];
        let found = figures(&accounts, &movements, TODAY);
        assert_eq!(found.monthly_income_minor, Some(250_000));
        assert_eq!(found.regular_outgoing_minor, Some(95_000));
        assert_eq!(found.balance_minor, Some(340_000));
        // Without the other account they are outgoings like any other.
        movements.push(on(date(2026, 10, 30), 7, "x"));
        let alone = figures(&accounts[..1], &movements, TODAY);
        assert_eq!(alone.monthly_income_minor, Some(250_001));
        // What the bank says was moved is nobody's wages.
        movements.push(Movement { is_moved: true, ..on(date(2026, 10, 30), 99_999, "x") });
        let moved = figures(&accounts[..1], &movements, TODAY);
        assert_eq!(moved.monthly_income_minor, alone.monthly_income_minor);
        // Four days apart: somebody else's money.
        let late = [
            on(date(2026, 10, 1), -500, "x"),
            Movement { account: SAVINGS, ..on(date(2026, 10, 5), 500, "y") },
        ];
        assert_eq!(figures(&accounts, &late, TODAY).monthly_income_minor, Some(500));
    }

    #[test]
    fn overdrawn_days_are_counted_back_from_the_balance() {
        let check = |balance: i64, movements: &[(Date, i64)], expected: u32| {
            let movements: Vec<Movement> =
                movements.iter().map(|(day, amount)| on(*day, *amount, "x")).collect();
            let found = figures(&[account(HOME, balance)], &movements, TODAY);
            assert_eq!(found.overdraft_days, Some(expected), "{balance} {movements:?}");
        };
        check(0, &[], 0);
        check(-1, &[], 90);
        // Overdrawn from the 10th to the 14th: five closing balances.
        check(50, &[(date(2026, 11, 15), 100), (date(2026, 11, 10), -60)], 5);
        // In and out on one day.
        check(50, &[(date(2026, 11, 15), 100), (date(2026, 11, 15), -60)], 0);
        // The 90th day back is the 24th of August.
        check(50, &[(date(2026, 8, 25), 100)], 1);
        check(50, &[(date(2026, 8, 24), 100)], 0);
        // Two accounts on one day are one day.
        let both = [account(HOME, -1), account(SAVINGS, -1)];
        assert_eq!(figures(&both, &[], TODAY).overdraft_days, Some(90));
        let older = Account { as_of: date(2026, 11, 11), ..account(HOME, -1) };
        let raised = [on(date(2026, 11, 11), -2, "x")];
        assert_eq!(figures(&[older], &raised, TODAY).overdraft_days, Some(11));
    }

    #[test]
    fn what_is_paid_every_month() {
        let check = |paid: &[(i8, i8, i64, &str)], expected: i64| {
            let mut movements = vec![on(date(2026, 1, 1), 1, "Opened")];
            let each = paid
                .iter()
                .map(|(month, day, amount, to)| on(date(2026, *month, *day), -*amount, to));
            movements.extend(each);
            assert_eq!(of(&movements).regular_outgoing_minor, Some(expected), "{paid:?}");
        };
        check(&[], 0);
        check(&[(9, 1, 900, "Rent"), (10, 1, 900, "RENT"), (11, 1, 950, "rent 10")], 950);
        // The first of the month was a Sunday once: the bank paid on Friday.
        check(&[(9, 1, 9, "R"), (10, 1, 9, "R"), (10, 30, 9, "R")], 9);
        // It has stopped; a month is missing; one has two; one is much more.
        check(&[(7, 1, 900, "Rent"), (8, 1, 900, "Rent"), (9, 1, 900, "Rent")], 0);
        check(&[(8, 1, 900, "Rent"), (10, 1, 900, "Rent"), (11, 1, 900, "Rent")], 0);
        check(&[(9, 1, 9, "R"), (10, 1, 9, "R"), (10, 9, 9, "R"), (11, 1, 9, "R")], 0);
        check(&[(9, 1, 100, "Gas"), (10, 1, 100, "Gas"), (11, 1, 112, "Gas")], 0);
        check(&[(9, 1, 100, "Gas"), (10, 1, 100, "Gas"), (11, 1, 111, "Gas")], 111);
        // The largest of several counts, whatever went before.
        let both = [(9, 1, 7, "A"), (10, 1, 7, "A"), (11, 1, 7, "A"), (3, 1, 50, "B")];
        check(&[&both[..], &[(9, 5, 8, "B"), (10, 5, 8, "B"), (11, 5, 8, "B")]].concat(), 8);
        let young = [on(date(2026, 9, 1), -900, "Rent"), on(date(2026, 10, 1), -900, "Rent")];
        assert_eq!(of(&young).regular_outgoing_minor, None);
    }

    fn movements() -> impl Strategy<Value = Vec<Movement>> {
        let one = (0_i64..400, -90_000_i64..90_000, 0_u128..3, "[A-C]{1,2}");
        prop::collection::vec(one, 0..60).prop_map(|all| {
            let made = all.into_iter().map(|(back, amount_minor, account, description)| Movement {
                account: Uuid::from_u128(account),
                on: TODAY.saturating_sub(back.days()),
                amount_minor,
                description,
                is_moved: false,
            });
            made.collect()
        })
    }

    proptest! {
        #[test]
        fn figures_keep_their_bounds(all in movements(), balance in -90_000_i64..90_000) {
            let accounts = [account(HOME, balance), account(SAVINGS, 0)];
            let found = figures(&accounts, &all, TODAY);
            prop_assert!(found.overdraft_days.is_some_and(|days| days <= OVERDRAFT_DAYS));
            prop_assert!(found.monthly_income_minor.is_none_or(|income| income >= 0));
            prop_assert_eq!(found.balance_minor, Some(balance));
            let most = all.iter().map(|it| -it.amount_minor).max().unwrap_or(0).max(0);
            prop_assert!(found.regular_outgoing_minor.is_none_or(|it| (0..=most).contains(&it)));
        }

        #[test]
        fn the_order_of_movements_does_not_matter(all in movements(), turn in 0_usize..60) {
            let accounts = [account(HOME, 5_000), account(SAVINGS, 0)];
            let mut turned = all.clone();
            turned.reverse();
            turned.rotate_left(turn.min(all.len()));
            prop_assert_eq!(figures(&accounts, &all, TODAY), figures(&accounts, &turned, TODAY));
        }

        #[test]
        fn moving_money_to_oneself_earns_nothing(all in movements(), back in 0_i64..200) {
            let accounts = [account(HOME, 5_000), account(SAVINGS, 0)];
            // An amount that nothing else has.
            let day = TODAY.saturating_sub(back.days());
            let mut moved = all.clone();
            moved.push(on(day, -123_456, "out"));
            moved.push(Movement { account: SAVINGS, ..on(day, 123_456, "in") });
            let known = all.iter().filter(|it| it.account == HOME || it.account == SAVINGS);
            let first = known.map(|it| it.on).min();
            prop_assume!(first.is_some_and(|first| first <= day));
            let (one, other) = (figures(&accounts, &all, TODAY), figures(&accounts, &moved, TODAY));
            prop_assert_eq!(one.monthly_income_minor, other.monthly_income_minor);
            prop_assert_eq!(one.regular_outgoing_minor, other.regular_outgoing_minor);
        }
    }
}
