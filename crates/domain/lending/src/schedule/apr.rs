//! The annual percentage rate.

use jiff::civil::Date;
use rust_decimal::Decimal;

use florin_calendar::epoch_day;

/// Newton's method needs about five steps; terms at the edge of the ranges need a few dozen.
const MAX_STEPS: u32 = 500;
/// A step this small, relative to x, has brought x to the last digit of the machine: each step squares the error.
const CLOSE_ENOUGH: f64 = 1e-9;
/// Gaps between instalments up to this many days are discounted from a table of powers.
const TABLE_DAYS: usize = 64;

/// The yearly rate, in percent with two decimals, that discounts the payments (`due date, minor units`, in the
/// order of their dates) to the amount lent: sum of payment x (1 + rate)^(-days / 365) = principal.
///
/// `None` when there is no such rate (less is paid back than was lent) or when it has more than thirteen digits.
/// Worked out in floating point: it is a rate for people to compare, never money.
pub fn apr(
    principal_minor: i64,
    disbursed_on: Date,
    payments: impl Iterator<Item = (Date, i64)>,
) -> Option<Decimal> {
    let start = epoch_day(disbursed_on);
    let mut previous = start;
    let mut flows = Vec::with_capacity(payments.size_hint().0);
    for (date, minor) in payments {
        if minor == 0 {
            continue;
        }
        let day = epoch_day(date);
        let gap = usize::try_from(day - previous).ok()?;
        flows.push(Flow { gap, day: f64::from(day - start), minor: minor as f64 });
        previous = day;
    }
    let principal = principal_minor as f64;
    let paid: f64 = flows.iter().map(|flow| flow.minor).sum();
    if principal <= 0.0 || paid < principal {
        return None;
    }
    let percent = (365.0 * force(principal, paid, &flows)?).exp_m1() * 100.0;
    let hundredths = (percent * 100.0).round();
    (hundredths < 1e15).then(|| Decimal::new(hundredths as i64, 2))
}

/// One payment.
struct Flow {
    /// Days since the payment before it.
    gap: usize,
    /// Days since the disbursement.
    day: f64,
    minor: f64,
}

/// The daily force of interest x with sum of payment x e^(-x days) = principal.
///
/// The sum is a falling convex function of x, and at 0 it is not below the principal. So Newton's steps from
/// the left of the root climb to it without overshooting, and a step from its right lands on its left: kept at
/// 0 or above, the method always arrives.
fn force(principal: f64, paid: f64, flows: &[Flow]) -> Option<f64> {
    let mean_day = flows.iter().map(|flow| flow.day * flow.minor).sum::<f64>() / paid;
    let mut x = ((paid / principal).ln() / mean_day).max(0.0);
    if !x.is_finite() {
        return None;
    }
    for _ in 0..MAX_STEPS {
        let (value, slope) = discounted(flows, x);
        let next = (x + (value - principal) / slope).max(0.0);
        let step = (next - x).abs();
        x = next;
        if step <= x * CLOSE_ENOUGH {
            return Some(x);
        }
    }
    x.is_finite().then_some(x)
}

/// The discounted sum and how fast it falls with x.
fn discounted(flows: &[Flow], x: f64) -> (f64, f64) {
    let daily = (-x).exp();
    let mut powers = [1.0; TABLE_DAYS];
    for day in 1..TABLE_DAYS {
        powers[day] = powers[day - 1] * daily;
    }
    let (mut factor, mut value, mut slope) = (1.0, 0.0, 0.0);
    for flow in flows {
        factor *= powers.get(flow.gap).copied().unwrap_or_else(|| (-x * flow.gap as f64).exp());
        let worth = flow.minor * factor;
        value += worth;
        slope += worth * flow.day;
    }
    (value, slope)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn check(principal_minor: i64, payments: &[(Date, i64)], expected: Option<&str>) {
        let rate = apr(principal_minor, date(2023, 1, 1), payments.iter().copied());
        assert_eq!(rate.map(|rate| rate.to_string()).as_deref(), expected, "{payments:?}");
    }

    #[test]
    fn annual_percentage_rates() {
        let year = date(2024, 1, 1);
        check(10_000, &[(year, 11_000)], Some("10.00"));
        check(10_000, &[(year, 10_000)], Some("0.00"));
        check(10_000, &[(year, 9_999)], None);
        check(10_000, &[], None);
        check(0, &[(year, 1)], None);
        // 1.2^(365/548) and 1.01^365, less 1.
        check(100_000, &[(date(2024, 7, 2), 120_000)], Some("12.91"));
        check(10_000, &[(date(2023, 7, 2), 0), (year, 12_000)], Some("20.00"));
        check(100, &[(date(2023, 1, 2), 101)], Some("3678.34"));
        check(100, &[(date(2023, 1, 2), 127)], None);
        check(1, &[(year, i64::MAX)], None);
    }
}
