use florin_ids::FundId;
use jiff::Timestamp;
use jiff::civil::date;

use super::*;
use crate::investment::TradeKind;

fn trade(kind: TradeKind, on: Date, amount: i64, units_after: i64, cash_after: i64) -> Trade {
    Trade {
        fund: FundId::from_uuid(uuid::Uuid::nil()),
        number: 1,
        kind,
        transaction: None,
        on,
        portfolio: Portfolio::of(60, None),
        price_micro: Some(10_000_000),
        priced_on: None,
        amount_minor: amount,
        invested_minor: amount,
        units_micro: 0,
        units_after_micro: units_after,
        cash_after_minor: cash_after,
        recorded_at: Timestamp::UNIX_EPOCH,
    }
}

/// 10 dollars until 2022, 11 since.
fn price(on: Date) -> Option<Price> {
    let micro = if on.year() < 2022 { 10_000_000 } else { 11_000_000 };
    Some(Price { micro, on })
}

#[test]
fn the_days_of_a_series() {
    let check = |from: Date, to: Date, interval, expected: &[Date]| {
        assert_eq!(days(from, to, interval), expected, "{from} {to} {interval:?}");
    };
    let day = |day| date(2022, 10, day);
    check(day(5), day(5), None, &[day(5)]);
    // The 8th is a Saturday, the 10th Columbus Day.
    check(day(6), day(11), None, &[day(6), day(7), day(11)]);
    check(day(8), day(11), None, &[day(8), day(11)]);
    check(day(1), day(20), Some(Interval::Week), &[day(1), day(6), day(13), day(20)]);
    let months = [date(2022, 8, 15), date(2022, 8, 31), date(2022, 9, 30), day(20)];
    check(months[0], day(20), Some(Interval::Month), &months);
    assert!(days(date(1900, 1, 1), day(1), Some(Interval::Day)).len() > POINTS_MAX);
    for (years, most) in [(1, 200), (3, 200), (20, 250)] {
        let count = days(date(2022 - years, 10, 1), day(1), None).len();
        assert!((50..=most).contains(&count), "{years}: {count}");
    }
}

#[test]
fn a_fund_s_story() {
    let portfolio = Portfolio::of(60, None);
    let trades = [
        trade(TradeKind::Deposit, date(2021, 1, 4), 100_000, 100_000_000, 0),
        trade(TradeKind::Deposit, date(2021, 7, 1), 50_000, 150_000_000, 0),
        trade(TradeKind::Return, date(2021, 7, 6), -50_000, 100_000_000, 0),
        trade(TradeKind::Withdrawal, date(2022, 3, 1), -55_000, 50_000_000, 0),
    ];
    let run = |days: &[Date]| {
        perform(&portfolio, &trades, days, |_, day| price(days[day]))
            .expect("in range")
            .expect("days")
    };
    let whole = run(&[
        date(2021, 1, 4),
        date(2021, 7, 2),
        date(2021, 12, 31),
        date(2022, 1, 4),
        date(2023, 1, 4),
    ]);
    let found: Vec<(i64, i64)> =
        whole.points.iter().map(|point| (point.balance_minor, point.contributed_minor)).collect();
    let expected = [
        (100_000, 100_000),
        (150_000, 150_000),
        (100_000, 100_000),
        (110_000, 100_000),
        (55_000, 45_000),
    ];
    assert_eq!(found, expected);
    assert_eq!((whole.contributed_minor, whole.withdrawn_minor), (100_000, 55_000));
    assert_eq!((whole.balance_minor, whole.gain_minor), (55_000, 10_000));
    assert_eq!((whole.units_micro, whole.price), (50_000_000, price(date(2023, 1, 4))));
    assert!(whole.yearly_return_micro.is_some_and(|micro| (50_000..80_000).contains(&micro)));
    // From a later day on, what was there counts as paid in.
    let later = run(&[date(2021, 12, 31), date(2022, 12, 31)]);
    assert_eq!(
        (later.contributed_minor, later.withdrawn_minor, later.gain_minor),
        (0, 55_000, 10_000)
    );
    // Before anything happened there is nothing.
    let before = run(&[date(2020, 1, 1), date(2020, 6, 1)]);
    assert_eq!((before.balance_minor, before.yearly_return_micro), (0, None));
}
