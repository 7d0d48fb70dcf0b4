//! How a fund has grown, as SVG within the page: no script, no style of its own.

use florin_savings::performance::Point;
use maud::{Markup, html};

use super::words::{dollars, month};

const WIDTH: i64 = 640;
const HEIGHT: i64 = 240;
const TOP: i64 = 16;
const BOTTOM: i64 = 38;
const LEFT: i64 = 8;
/// Room for the amounts beside the lines.
const RIGHT: i64 = 76;

/// The chart; what a screen reader says of it is told in a sentence.
pub(super) fn growth(points: &[Point]) -> Markup {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return html! {} };
    let most = points.iter().map(|it| it.balance_minor.max(it.contributed_minor)).max();
    let top = ceiling(most.unwrap_or(0).max(1));
    let plot = Plot { from: epoch(first), to: epoch(last), top };
    let balance = plot.line(points, |it| it.balance_minor);
    let contributed = plot.line(points, |it| it.contributed_minor);
    let base = HEIGHT - BOTTOM;
    let area = format!("{balance} L{} {base} L{LEFT} {base} Z", WIDTH - RIGHT);
    let said = format!(
        "Line chart from {} to {}: {} paid in, worth {} now.",
        month(first.on),
        month(last.on),
        dollars(last.contributed_minor),
        dollars(last.balance_minor)
    );
    let (x, middle) = (WIDTH - RIGHT + 8, TOP + (base - TOP) / 2);
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(said) {
            @for y in [TOP, middle, base] {
                line.grid x1=(LEFT) y1=(y) x2=(WIDTH - RIGHT) y2=(y) {}
            }
            path.area d=(area) {}
            path.paid d=(contributed) {}
            path.worth d=(balance) {}
            circle.now cx=(WIDTH - RIGHT) cy=(plot.y(last.balance_minor)) r="5" {}
            text x=(x) y=(TOP + 5) { (dollars_short(top)) }
            text x=(x) y=(middle + 5) { (dollars_short(top / 2)) }
            text x=(x) y=(base + 5) { "$0" }
            text x=(LEFT) y=(HEIGHT - 6) { (month(first.on)) }
            text x=(WIDTH - RIGHT) y=(HEIGHT - 6) text-anchor="end" { (month(last.on)) }
        }
    }
}

struct Plot {
    from: i64,
    to: i64,
    top: i64,
}

impl Plot {
    fn x(&self, day: i64) -> i64 {
        let span = (self.to - self.from).max(1);
        LEFT + (WIDTH - RIGHT - LEFT) * (day - self.from) / span
    }

    fn y(&self, minor: i64) -> i64 {
        let base = HEIGHT - BOTTOM;
        let share = i128::from(minor.clamp(0, self.top)) * i128::from(base - TOP);
        // At most the height of the plot.
        base - i64::try_from(share / i128::from(self.top)).unwrap_or(0)
    }

    fn line(&self, points: &[Point], value: impl Fn(&Point) -> i64) -> String {
        let place = |(number, point): (usize, &Point)| {
            let command = if number == 0 { 'M' } else { 'L' };
            format!("{command}{} {}", self.x(epoch(point)), self.y(value(point)))
        };
        points.iter().enumerate().map(place).collect::<Vec<_>>().join(" ")
    }
}

/// The number of its day.
fn epoch(point: &Point) -> i64 {
    point.on.duration_since(jiff::civil::Date::ZERO).as_hours() / 24
}

/// The next round amount: 1, 2 or 5 and zeros, in whole dollars.
fn ceiling(minor: i64) -> i64 {
    let mut unit = 1_000_i64;
    loop {
        for step in [1, 2, 4, 5, 8] {
            let round = unit.saturating_mul(step);
            if round >= minor {
                return round;
            }
        }
        match unit.checked_mul(10) {
            Some(next) => unit = next,
            None => return i64::MAX,
        }
    }
}

/// Without cents, and in thousands or millions where that is shorter.
fn dollars_short(minor: i64) -> String {
    let dollars = minor / 100;
    let short = |unit: i64, letter: char| {
        let tenths = dollars * 10 / unit;
        match tenths % 10 {
            0 => format!("${}{letter}", tenths / 10),
            rest => format!("${}.{rest}{letter}", tenths / 10),
        }
    };
    match dollars {
        0..1_000 => format!("${dollars}"),
        1_000..1_000_000 => short(1_000, 'k'),
        _ => short(1_000_000, 'm'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn scales_end_at_round_amounts() {
        let check = |minor, expected, text: &str| {
            assert_eq!((ceiling(minor), &*dollars_short(ceiling(minor))), (expected, text));
        };
        check(1, 1_000, "$10");
        check(12_345, 20_000, "$200");
        check(231_867, 400_000, "$4k");
        check(1_450_000, 2_000_000, "$20k");
        check(56_000_000, 80_000_000, "$800k");
        check(120_000_000, 200_000_000, "$2m");
        assert_eq!(dollars_short(250_000), "$2.5k");
    }

    #[test]
    fn lines_stay_within_the_chart() {
        let point = |day, balance_minor, contributed_minor| Point {
            on: date(2026, 1, day),
            balance_minor,
            contributed_minor,
        };
        let text = growth(&[point(1, 0, 0), point(16, -500, 0), point(31, i64::MAX / 4, 100)])
            .into_string();
        assert!(text.contains("M8 202 L"), "{text}");
        assert!(!text.contains("NaN") && !text.contains("-500"), "{text}");
        assert!(growth(&[point(1, 5, 5), point(1, 5, 5)]).into_string().contains("M8"));
    }
}
