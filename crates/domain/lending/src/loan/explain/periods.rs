//! How interest came about: periods of spells of days, exactly; pure.

use jiff::civil::Date;

use florin_ids::TransactionId;
use florin_money::denominator;

use super::{Facts, Night};
use crate::loan::entity::Loan;
use crate::loan::retell::Segment;
use crate::schedule::accrual_weight;

/// The digits after a minor unit's own that an exact amount is written with.
const DIGITS: usize = 10;

/// Days between which nothing that interest depends on changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spell {
    /// The first night is the one that begins on this day.
    pub from: Date,
    /// The last night is the one that ends on this day.
    pub to: Date,
    /// How many nights.
    pub nights: i64,
    /// The principal that bore interest, in minor units.
    pub principal_minor: i64,
    /// The nights in the loan's day count: units of a year divided by
    /// [`DayCount::denominator`](florin_money::DayCount::denominator).
    pub weight: i64,
    /// What they add to the period's numerator.
    pub numerator: i128,
    /// Why there was no interest, when there was none.
    pub silence: Option<Silence>,
}

/// Why a spell bears no interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The calculation of interest was stopped.
    Stopped,
    /// A transaction was taken back without recalculation, and the nights since with it.
    Reverted(TransactionId),
    /// No principal was owed.
    NothingOwed,
}

/// From the day on which a fraction of a cent was last dropped to the next, or to the day in question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The first night is the one that begins on this day.
    pub from: Date,
    /// The last night is the one that ends on this day.
    pub to: Date,
    /// Whether it has ended: an instalment fell due, or a statement was closed.
    pub is_ended: bool,
    /// Its days.
    pub spells: Vec<Spell>,
    /// The exact interest, as a numerator.
    pub numerator: i128,
    /// The exact interest rounded half up, in minor units.
    pub charged: i64,
    /// What its days posted, in minor units.
    pub posted: i64,
    /// How many days posted something.
    pub postings: u32,
}

/// An exact amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exact {
    /// In the currency's major unit; as many digits as the currency has, and ten more. What lies beyond is cut off.
    pub decimal: String,
    /// The reduced fraction of the major unit.
    pub numerator: i128,
    /// Above 0.
    pub denominator: i128,
}

/// The periods that the segments of a story make up.
pub(super) fn periods(facts: &Facts, segments: &[Segment]) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    let mut nights = facts.nights.as_slice();
    for segment in segments {
        let (posted, postings) = take_nights(&mut nights, segment);
        let spell = spell(facts, segment);
        let running = periods.last_mut().filter(|period| !period.is_ended);
        let Some(period) = running else {
            periods.push(Period {
                from: segment.from,
                to: segment.to,
                is_ended: segment.ends_period,
                numerator: segment.accrued,
                charged: segment.interest_minor,
                posted,
                postings,
                spells: vec![spell],
            });
            continue;
        };
        period.to = segment.to;
        period.is_ended = segment.ends_period;
        period.numerator = segment.accrued;
        period.charged += segment.interest_minor;
        period.posted += posted;
        period.postings += postings;
        match period.spells.last_mut().filter(|last| last.goes_on_as(&spell)) {
            Some(last) => last.extend(&spell),
            None => period.spells.push(spell),
        }
    }
    periods
}

/// What the days of a segment have posted.
fn take_nights(nights: &mut &[Night], segment: &Segment) -> (i64, u32) {
    let before = nights.partition_point(|(on, _)| *on <= segment.from);
    let rest = &nights[before..];
    let count = rest.partition_point(|(on, _)| *on <= segment.to);
    let (mine, rest) = rest.split_at(count);
    *nights = rest;
    let posted = mine.iter().map(|(_, amount)| amount).sum();
    (posted, u32::try_from(count).unwrap_or(u32::MAX))
}

fn spell(facts: &Facts, segment: &Segment) -> Spell {
    let terms = &facts.loan.terms;
    let weight = accrual_weight(
        terms.day_count,
        terms.calendar,
        terms.interest_on_holidays,
        segment.from,
        segment.to,
    );
    let silence = (segment.principal_minor == 0).then(|| silence(facts, segment));
    Spell {
        from: segment.from,
        to: segment.to,
        nights: segment.to.duration_since(segment.from).as_hours() / 24,
        principal_minor: segment.principal_minor,
        weight,
        numerator: segment.numerator,
        silence,
    }
}

/// Why nothing accrued. A pause that begins with a transaction that was taken back and ends on the day on which
/// that was done comes from it.
fn silence(facts: &Facts, segment: &Segment) -> Silence {
    let covers = |(from, to): &&(Date, Option<Date>)| {
        *from <= segment.from && to.is_none_or(|to| to > segment.from)
    };
    let mut why = Silence::NothingOwed;
    for (from, to) in facts.pauses.iter().filter(covers) {
        let cause = facts.taken_back.iter().find(|it| it.from == *from && Some(it.on) == *to);
        match cause {
            Some(cause) => return Silence::Reverted(cause.id),
            None => why = Silence::Stopped,
        }
    }
    why
}

impl Spell {
    /// Whether `next` is more of the same.
    fn goes_on_as(&self, next: &Self) -> bool {
        (self.to, self.principal_minor, self.silence)
            == (next.from, next.principal_minor, next.silence)
    }

    fn extend(&mut self, next: &Self) {
        self.to = next.to;
        self.nights += next.nights;
        self.weight += next.weight;
        self.numerator += next.numerator;
    }
}

impl Exact {
    /// The amount that a numerator of the loan's interest stands for.
    pub(super) fn of(numerator: i128, loan: &Loan) -> Self {
        let exponent = loan.currency.exponent();
        let minor = denominator(loan.terms.day_count);
        let mut digits = (numerator / minor).to_string();
        let mut rest = numerator % minor;
        for _ in 0..DIGITS {
            rest *= 10;
            digits.push(char::from(b'0' + u8::try_from(rest / minor).unwrap_or(0)));
            rest %= minor;
        }
        let decimals = DIGITS + usize::try_from(exponent).unwrap_or(0);
        let digits = format!("{digits:0>width$}", width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let major = minor * 10_i128.pow(exponent);
        let shared = gcd(numerator, major).max(1);
        Self {
            decimal: format!("{whole}.{fraction}"),
            numerator: numerator / shared,
            denominator: major / shared,
        }
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
