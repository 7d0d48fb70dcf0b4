//! The sandbox's market: prices that move as real ones would, and are always the same. Pure.
//!
//! A price is a function of the portfolio and the date alone. Its logarithm is a drift plus a Brownian motion; the motion
//! is built by halving intervals (each midpoint is the mean of its ends plus a deviate that is drawn from a hash of its
//! place), so that any day costs some thirty steps, however long ago the series began. Everything is whole numbers, so that
//! every machine finds the same price.
//!
//! A `Target Enrollment` portfolio grows calmer by itself: in a year that lies `n` years before enrolment it moves by 0.9 %
//! times `n` (2 % at least), and drifts upwards by 2.5 % and 0.27 % times `n`. So a higher risk level, which is a later
//! enrolment year, moves more and earns more. `FDIC-Insured` earns 2 % a year and does not move.

use florin_calendar::{Calendar, epoch_day};
use jiff::civil::{Date, date};

use super::portfolio::Portfolio;
use super::price::{MAX_PRICE_MICRO, PAR_MICRO, Price};

/// Logarithms are counted in these parts of 1.
const ONE: i128 = 1_000_000_000_000;
const LN_2: i128 = 693_147_180_560;
const DAYS_IN_400_YEARS: i128 = 146_097;
/// Variance is counted in hundred-millionths; the motion is defined for 2 to the power of this many of them.
const LEVELS: u32 = 28;
/// A target portfolio begins this many years before enrolment.
const TARGET_YEARS: i16 = 20;
/// All others begin here.
const BEGIN_YEAR: i16 = 2010;

/// How a portfolio behaves within a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pace {
    /// Upwards in a year, in millionths of the logarithm.
    drift_micro: i128,
    /// Its standard deviation in a year, in hundredths of a percent.
    volatility_bp: i128,
}

/// The price of a portfolio: that of the date or of the last business day before it.
pub fn price(portfolio: &Portfolio, on: Date) -> Price {
    let on = Calendar::UsFed.on_or_before(on);
    let log = log_price(portfolio, on);
    let micro = i128::from(PAR_MICRO) * exp(log) / ONE;
    let micro = i64::try_from(micro).unwrap_or(MAX_PRICE_MICRO).clamp(1, MAX_PRICE_MICRO);
    Price { micro, on }
}

/// The logarithm of a price over the first one.
fn log_price(portfolio: &Portfolio, on: Date) -> i128 {
    let target = target_year(portfolio.label());
    let begin = target.map_or(BEGIN_YEAR, |year| year - TARGET_YEARS);
    let (mut drift, mut variance) = (0_i128, 0_i128);
    for year in begin..=on.year() {
        let Pace { drift_micro, volatility_bp } = pace(portfolio.label(), target, year);
        let first = date(year, 1, 1);
        let end = on.min(date(year, 12, 31));
        let days = i128::from(epoch_day(end) - epoch_day(first) + i32::from(year != on.year()));
        drift += drift_micro * days * (ONE / 1_000_000) * 400 / DAYS_IN_400_YEARS;
        // (1/10,000) squared is a hundred-millionth.
        variance += volatility_bp * volatility_bp * days * 400 / DAYS_IN_400_YEARS;
    }
    drift + motion(seed(portfolio.code()), variance)
}

/// The year of enrolment in `Target Enrollment 2038/2039`: the first.
fn target_year(label: &str) -> Option<i16> {
    let years = label.strip_prefix("Target Enrollment ")?;
    let year = years.split('/').next()?.parse().ok()?;
    (1950..=2200).contains(&year).then_some(year)
}

fn pace(label: &str, target: Option<i16>, year: i16) -> Pace {
    let by_years = |years: i16| {
        let years = i128::from(years.clamp(0, 18));
        Pace { drift_micro: 25_000 + 2_700 * years, volatility_bp: (90 * years).max(200) }
    };
    match target {
        Some(target) => by_years(target - year),
        None if label == "FDIC-Insured" => Pace { drift_micro: 20_000, volatility_bp: 0 },
        None if label == "Target Enrollment Enrolled" => by_years(0),
        None => Pace { drift_micro: 50_000, volatility_bp: 900 },
    }
}

/// Where the motion of a seed stands once it has had this much variance.
fn motion(seed: u64, variance: i128) -> i128 {
    let at = variance.clamp(0, 1 << LEVELS);
    let (mut low, mut high) = (0_i128, 1_i128 << LEVELS);
    let (mut low_at, mut high_at) = (0_i128, root(high) * deviate(seed, 0) / 1_000_000);
    let mut place = 1_u64;
    while high - low > 1 {
        if at == low {
            return low_at;
        }
        let middle = i128::midpoint(low, high);
        // The midpoint of an interval of variance v deviates by the root of v, halved.
        let own = root(high - low) * deviate(seed, place) / 2_000_000;
        let middle_at = i128::midpoint(low_at, high_at) + own;
        // The places of a binary tree, counted from 1.
        if at < middle {
            (high, high_at, place) = (middle, middle_at, place * 2);
        } else {
            (low, low_at, place) = (middle, middle_at, place * 2 + 1);
        }
    }
    if at == low { low_at } else { high_at }
}

/// The root of a variance, as a logarithm.
fn root(variance: i128) -> i128 {
    // sqrt(v / 10^8) x 10^12 = sqrt(v x 10^16)
    (variance * 10_000_000_000_000_000).isqrt()
}

/// A deviate of mean 0 and variance 1, in millionths; nearly normal: four uniform ones together.
fn deviate(seed: u64, place: u64) -> i128 {
    const ROOT_OF_3_MICRO: i128 = 1_732_051;
    let drawn = mix(seed ^ mix(place));
    let sum: u64 = (0..4).map(|part| (drawn >> (16 * part)) & 0xffff).sum();
    // Four of 0 to 65,535 have a mean of 131,070 and a variance of a third of 65,536 squared.
    (i128::from(sum) - 131_070) * ROOT_OF_3_MICRO / 65_536
}

/// FNV-1a, mixed.
fn seed(code: &str) -> u64 {
    mix(code.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }))
}

/// The finish of SplitMix64: every bit of the result depends on every bit of the number.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// e to the power of a logarithm, in parts of 1: by its series within a factor of 2, and powers of 2 beyond.
fn exp(log: i128) -> i128 {
    let log = log.clamp(-40 * ONE, 20 * ONE);
    let (twos, rest) = (log.div_euclid(LN_2), log.rem_euclid(LN_2));
    let (mut sum, mut term) = (ONE, ONE);
    for n in 1..=18 {
        term = term * rest / ONE / n;
        sum += term;
    }
    if twos >= 0 { sum << twos } else { sum >> -twos }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn portfolio(label: &str) -> Portfolio {
        Portfolio::of(60, Some(label))
    }

    /// Daily logarithmic changes of ten years from 2020, as a yearly standard deviation in percent.
    fn volatility(portfolio: &Portfolio) -> f64 {
        let mut day = date(2020, 1, 2);
        let mut last = price(portfolio, day).micro as f64;
        let mut squares = Vec::new();
        while day < date(2030, 1, 2) {
            day = Calendar::UsFed.after(day);
            let now = price(portfolio, day).micro as f64;
            squares.push((now / last).ln().powi(2));
            last = now;
        }
        let sum: f64 = squares.iter().sum();
        (sum / squares.len() as f64 * 250.0).sqrt() * 100.0
    }

    #[test]
    fn e_is_e() {
        let check = |log: i128, expected: f64| {
            let found = exp(log) as f64 / ONE as f64;
            assert!((found / expected - 1.0).abs() < 1e-9, "{log}: {found}");
        };
        check(0, 1.0);
        check(ONE, std::f64::consts::E);
        check(-ONE / 2, (-0.5_f64).exp());
        check(6 * ONE, 6_f64.exp());
        check(-3 * ONE, (-3_f64).exp());
    }

    #[test]
    fn prices_are_always_the_same() {
        let check = |label: &str, on: Date, expected: &str| {
            let found = price(&portfolio(label), on);
            assert_eq!(super::super::price::format_micro(found.micro), expected, "{label} {on}");
        };
        check("Target Enrollment 2038/2039", date(2018, 1, 1), "10.000000");
        check("Target Enrollment 2038/2039", date(1999, 1, 1), "10.000000");
        check("FDIC-Insured", date(2020, 1, 2), "12.214412");
        check("Target Enrollment 2038/2039", date(2022, 10, 14), "12.642023");
        check("Target Enrollment 2038/2039", date(2038, 9, 1), "27.524784");
        check("Age-Based", date(2026, 11, 20), "53.508640");
    }

    #[test]
    fn a_price_is_of_a_business_day() {
        let fund = portfolio("Target Enrollment 2038/2039");
        // Saturday, Sunday and Columbus Day show the price of Friday.
        let friday = price(&fund, date(2022, 10, 7));
        assert_eq!(friday.on, date(2022, 10, 7));
        for day in [8, 9, 10] {
            assert_eq!(price(&fund, date(2022, 10, day)), friday);
        }
        assert_ne!(price(&fund, date(2022, 10, 11)).micro, friday.micro);
        // A plan's portfolio is not another plan's of the same name.
        assert_ne!(price(&Portfolio::of(3, Some(fund.label())), friday.on).micro, friday.micro);
    }

    #[test]
    fn risk_is_what_the_level_says() {
        // A child born in 2020, from the boldest level to the most careful one.
        let labels = [
            ("Target Enrollment 2038/2039", 8.0, 16.0),
            ("Target Enrollment 2036/2037", 7.0, 14.0),
            ("Target Enrollment 2034/2035", 5.0, 12.0),
            ("FDIC-Insured", 0.0, 0.2),
        ];
        let found: Vec<f64> =
            labels.iter().map(|(label, ..)| volatility(&portfolio(label))).collect();
        for ((label, low, high), found) in labels.iter().zip(&found) {
            assert!((low..=high).contains(&found), "{label}: {found} % a year");
        }
        assert!(found.windows(2).all(|pair| pair[0] > pair[1]), "{found:?}");
    }

    #[test]
    fn a_day_s_move_is_small_and_the_end_is_calm() {
        let fund = portfolio("Target Enrollment 2038/2039");
        let mut day = date(2018, 1, 2);
        let (mut greatest, mut after_2039) = (0.0_f64, 0.0_f64);
        let mut last = price(&fund, day).micro as f64;
        while day < date(2045, 1, 2) {
            day = Calendar::UsFed.after(day);
            let now = price(&fund, day).micro as f64;
            let change = (now / last - 1.0).abs();
            greatest = greatest.max(change);
            if day.year() >= 2039 {
                after_2039 = after_2039.max(change);
            }
            last = now;
        }
        assert!(greatest > 0.01 && greatest < 0.08, "{greatest}");
        assert!(after_2039 < 0.01, "{after_2039}");
    }

    proptest! {
        #[test]
        fn every_price_is_within_its_bounds(
            plan in 1_i64..2_000,
            year in 1960_i16..2150,
            day in -100_000_i32..100_000,
        ) {
            let on = florin_calendar::date_of_epoch_day(day).expect("a date");
            for label in [format!("Target Enrollment {year}/{}", year + 1), "FDIC-Insured".to_owned(), "x".to_owned()] {
                let found = price(&Portfolio::of(plan, Some(&label)), on);
                prop_assert!((1..=MAX_PRICE_MICRO).contains(&found.micro));
                prop_assert!(found.on <= on && Calendar::UsFed.is_business_day(found.on));
            }
        }

        /// Between two points of the motion lies what their distance allows.
        #[test]
        fn the_motion_is_continuous(seed in any::<u64>(), at in 0_i128..(1 << 27)) {
            let step = motion(seed, at + 1_000) - motion(seed, at);
            // Six standard deviations of a variance of 1,000.
            prop_assert!(step.abs() < 6 * root(1_000), "{step}");
        }
    }
}
