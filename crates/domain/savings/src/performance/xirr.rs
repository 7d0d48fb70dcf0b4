//! The money-weighted return: the yearly growth at which what was paid in would have become what is there. Pure.
//!
//! This is what spreadsheets call XIRR: each amount grows from its day on, a year having 365 days. The only place of
//! savings that calculates with fractions, because no money comes out of it: it is shown, never booked.

use florin_calendar::epoch_day;
use jiff::civil::Date;

const DAYS_A_YEAR: f64 = 365.0;
/// Yearly growth is looked for between a ten-thousandth and ten thousand times.
const GROWTH_MAX: f64 = 10_000.0;
/// Halving the interval this often leaves less than a millionth of it.
const HALVINGS: u32 = 100;

/// Money that came in on a day; less than 0 when it left. In cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// When.
    pub on: Date,
    /// How much.
    pub minor: i64,
}

/// The yearly return of `flows`, the earliest first, that have become `balance_minor` by `to`, in millionths: 50,000 is
/// 5 % a year. `None` when there is none: nothing was paid in, no day has passed, or no growth explains the balance.
pub fn yearly_return_micro(flows: &[Flow], to: Date, balance_minor: i64) -> Option<i64> {
    let first = flows.iter().find(|flow| flow.minor != 0)?;
    if first.minor < 0 || first.on >= to {
        return None;
    }
    let flows: Vec<(f64, f64)> = flows
        .iter()
        .filter(|flow| flow.minor != 0 && flow.on <= to)
        .map(|flow| {
            let days = epoch_day(to) - epoch_day(flow.on);
            (f64::from(days) / DAYS_A_YEAR, flow.minor as f64)
        })
        .collect();
    // What is missing at the end when everything grows like this.
    let excess = |growth: f64| {
        let grown: f64 = flows.iter().map(|(years, minor)| minor * growth.powf(*years)).sum();
        grown - balance_minor as f64
    };
    let (low, high) = bracket(&excess)?;
    let growth = bisect(&excess, low, high);
    let micro = ((growth - 1.0) * 1_000_000.0).round();
    // Within the bounds of the search it fits.
    Some(micro as i64)
}

/// The nearest interval around a growth of 1 in which the excess changes its sign, looked for outwards on both sides.
fn bracket(excess: &impl Fn(f64) -> f64) -> Option<(f64, f64)> {
    const STEP: f64 = 1.1;
    let at_one = excess(1.0);
    if at_one == 0.0 {
        return Some((1.0, 1.0));
    }
    let (mut low, mut high) = (1.0, 1.0);
    while high < GROWTH_MAX {
        let (lower, higher) = (low / STEP, high * STEP);
        if changes_sign(at_one, excess(higher)) {
            return Some((high, higher));
        }
        if changes_sign(at_one, excess(lower)) {
            return Some((lower, low));
        }
        (low, high) = (lower, higher);
    }
    None
}

fn changes_sign(one: f64, other: f64) -> bool {
    other == 0.0 || (one < 0.0) != (other < 0.0)
}

fn bisect(excess: &impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let is_low_negative = excess(low) < 0.0;
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        let at_middle = excess(middle);
        if at_middle == 0.0 {
            return middle;
        }
        if (at_middle < 0.0) == is_low_negative {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn flow(on: Date, minor: i64) -> Flow {
        Flow { on, minor }
    }

    #[test]
    fn known_returns() {
        let start = date(2022, 1, 1);
        let check = |flows: &[Flow], to: Date, balance: i64, expected: Option<i64>| {
            assert_eq!(
                yearly_return_micro(flows, to, balance),
                expected,
                "{flows:?} {to} {balance}"
            );
        };
        let one = [flow(start, 10_000)];
        check(&one, date(2023, 1, 1), 10_500, Some(50_000));
        check(&one, date(2023, 1, 1), 10_000, Some(0));
        check(&one, date(2023, 1, 1), 9_000, Some(-100_000));
        check(&one, date(2024, 1, 1), 12_100, Some(100_000));
        // Half a year (182.5 days are no day; 73 are a fifth).
        check(&one, start + 73.days(), 11_000, Some(610_510));
        // The example of spreadsheets' manuals: 37.3362535 %.
        let manual = [
            flow(date(2008, 1, 1), 1_000_000),
            flow(date(2008, 3, 1), -275_000),
            flow(date(2008, 10, 30), -425_000),
            flow(date(2009, 2, 15), -325_000),
        ];
        check(&manual, date(2009, 4, 1), 275_000, Some(373_363));
        check(&[], date(2023, 1, 1), 100, None);
        check(&one, start, 10_000, None);
        check(&[flow(start, -5)], date(2023, 1, 1), 10, None);
        check(&[flow(start, 0), flow(start, 10_000)], date(2023, 1, 1), 10_500, Some(50_000));
        // Everything is lost: no growth above nothing explains it.
        check(&one, date(2023, 1, 1), 0, None);
        check(&one, date(2023, 1, 1), -10, None);
    }

    proptest! {
        /// Payments that all grow at one rate are found to have done so.
        #[test]
        fn a_steady_growth_is_found(
            payments in prop::collection::vec((0_i32..3_650, 1_000_i64..10_000_000), 1..60),
            percent in -50_i32..100,
        ) {
            let start = date(2020, 1, 1);
            let to = start + 3_651.days();
            let growth = 1.0 + f64::from(percent) / 100.0;
            let mut flows: Vec<Flow> =
                payments.iter().map(|(day, minor)| flow(start + day.days(), *minor)).collect();
            flows.sort_by_key(|flow| flow.on);
            let grown: f64 = flows
                .iter()
                .map(|it| it.minor as f64 * growth.powf(f64::from(epoch_day(to) - epoch_day(it.on)) / 365.0))
                .sum();
            prop_assume!(grown > 1e7);
            let found = yearly_return_micro(&flows, to, grown.round() as i64).expect("a return");
            let expected = i64::from(percent) * 10_000;
            // A cent of ten million, over at least a day.
            prop_assert!((found - expected).abs() <= 40, "{found} is not {expected}");
        }

        /// The unit does not matter, and a greater balance is a greater return.
        #[test]
        fn scale_and_order(
            payments in prop::collection::vec((0_i32..3_000, 1_000_i64..1_000_000), 1..40),
            balance in 100_000_i64..100_000_000,
        ) {
            let start = date(2020, 1, 1);
            let to = start + 3_650.days();
            let of = |factor: i64, more: i64| {
                let mut flows: Vec<Flow> =
                    payments.iter().map(|(day, minor)| flow(start + day.days(), minor * factor)).collect();
                flows.sort_by_key(|flow| flow.on);
                yearly_return_micro(&flows, to, balance * factor + more)
            };
            let (one, ten, more) = (of(1, 0), of(10, 0), of(1, balance));
            let one = one.expect("a return");
            prop_assert!((one - ten.expect("a return")).abs() <= 1);
            prop_assert!(more.expect("a return") > one);
        }
    }
}
