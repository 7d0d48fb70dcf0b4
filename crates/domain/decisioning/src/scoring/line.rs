//! Numbers and dates as points of a line of whole steps.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::expression::Value;

/// The finest step is 10^-8 of a number, unless the number itself is finer.
const MAX_DECIMALS: u32 = 8;

/// Steps that double, in both directions, end here: 2^44 steps are 175 thousand million of two decimals.
const DOUBLINGS: u32 = 44;

/// Points that are farther are left out, which keeps sums of distances in range.
const FARTHEST: u128 = 1 << 125;

/// A day counts as this part of 1 in the size of a change.
const DAYS_OF_A_YEAR: i64 = 365;

/// Where a value stands, and what else is on its line. Distances are in steps from the value: days, or
/// units of the last decimal that the value or a point has.
pub(super) struct Line {
    origin: Origin,
    /// Distances of the points, the nearest first.
    points: Vec<i128>,
}

enum Origin {
    Date(Date),
    Number { steps: i128, decimals: u32 },
}

impl Line {
    /// The line of a number or a date and the points of its kind, at most so many, the nearest; none for
    /// another kind.
    pub(super) fn new(from: &Value, points: &[Value], max_points: usize) -> Option<Line> {
        let (origin, mut distances) = match from {
            Value::Date(from) => (Origin::Date(*from), date_distances(*from, points)),
            Value::Number(from) => number_distances(*from, points)?,
            Value::Boolean(_) | Value::String(_) => return None,
        };
        distances.retain(|distance| distance.unsigned_abs() <= FARTHEST);
        distances.sort_by_key(|distance| (distance.unsigned_abs(), *distance));
        distances.dedup();
        distances.truncate(max_points);
        Some(Line { origin, points: distances })
    }

    /// The distances to try in one direction (1 or -1), the nearest first: points with their neighbours
    /// and doubling steps.
    pub(super) fn candidates(&self, direction: i128) -> Vec<i128> {
        let neighbours = self.points.iter().flat_map(|point| [point - 1, *point, point + 1]);
        let doubling = (0..=DOUBLINGS).map(|power| direction << power);
        let mut all: Vec<i128> =
            neighbours.chain(doubling).filter(|distance| distance.signum() == direction).collect();
        all.sort_by_key(|distance| distance.unsigned_abs());
        all.dedup();
        all
    }

    /// The value at a distance; none where the kind or the value's sign has an end.
    pub(super) fn value_at(&self, distance: i128) -> Option<Value> {
        match self.origin {
            Origin::Date(from) => {
                let days = i32::try_from(distance).ok()?;
                let span = jiff::Span::new().try_days(days).ok()?;
                from.checked_add(span).ok().map(Value::Date)
            }
            Origin::Number { steps, decimals } => {
                let at = steps.checked_add(distance)?;
                if steps >= 0 && at < 0 {
                    return None;
                }
                let number = Decimal::try_from_i128_with_scale(at, decimals).ok()?;
                Some(Value::Number(number.normalize()))
            }
        }
    }

    /// How large a change to the value at a distance is.
    pub(super) fn size(&self, distance: i128) -> Decimal {
        let ratio = |part: i128, whole: i128| {
            let decimal =
                |number: i128| Decimal::try_from_i128_with_scale(number, 0).unwrap_or(Decimal::MAX);
            decimal(part).checked_div(decimal(whole)).unwrap_or(Decimal::MAX)
        };
        match self.origin {
            Origin::Date(_) => ratio(distance.abs(), i128::from(DAYS_OF_A_YEAR)),
            Origin::Number { steps: 0, .. } => Decimal::ONE,
            Origin::Number { steps, .. } => ratio(distance.abs(), steps.abs()),
        }
    }
}

fn date_distances(from: Date, points: &[Value]) -> Vec<i128> {
    let days = |point: &Value| match point {
        Value::Date(date) => Some(i128::from(from.duration_until(*date).as_hours() / 24)),
        _ => None,
    };
    points.iter().filter_map(days).collect()
}

/// The number's place in steps, and the points': both signs of each, since a statement's `0 - 5` is as
/// likely as its `-5`.
fn number_distances(from: Decimal, points: &[Value]) -> Option<(Origin, Vec<i128>)> {
    let from = from.normalize();
    let numbers: Vec<Decimal> = points
        .iter()
        .filter_map(|point| match point {
            Value::Number(number) => Some(number.normalize()),
            _ => None,
        })
        .collect();
    let finest = numbers.iter().map(Decimal::scale).max().unwrap_or(0).min(MAX_DECIMALS);
    let decimals = finest.max(from.scale());
    let steps = steps_of(from, decimals)?;
    let distances = numbers
        .iter()
        .filter_map(|number| steps_of(*number, decimals))
        .flat_map(|place| [place, -place])
        .filter_map(|place| place.checked_sub(steps))
        .collect();
    Some((Origin::Number { steps, decimals }, distances))
}

/// A number in units of its `decimals`-th decimal, finer digits left off.
fn steps_of(number: Decimal, decimals: u32) -> Option<i128> {
    let number = number.trunc_with_scale(decimals);
    let finer = decimals.checked_sub(number.scale())?;
    number.mantissa().checked_mul(10i128.checked_pow(finer)?)
}
