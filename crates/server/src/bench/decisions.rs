//! Decisions a second on one core, beside a loop that only evaluates the same statements.

use std::hint::black_box;
use std::time::Duration;

use florin_calendar::monotonic;
use florin_decisioning::expression::Inputs;
use florin_decisioning::scoring::{assess, reasons};
use florin_decisioning::speed;

use super::{Figure, print, print_ratio};
use crate::failure::Failure;

/// Different applications, one after another.
const APPLICATIONS: u32 = 10_000;
/// How many are decided between two looks at the clock.
const AT_A_TIME: usize = 1_000;

pub fn run(time: Duration) -> Result<(), Failure> {
    let cards = speed::cards()?;
    let applications = speed::applications(APPLICATIONS);
    let decisions = measure(time, &applications, |inputs| {
        black_box(assess(&cards, black_box(inputs)));
    });
    let with_reasons = measure(time, &applications, |inputs| {
        let assessment = assess(&cards, black_box(inputs));
        black_box(reasons(&cards, &assessment));
    });
    let limit = measure(time, &applications, |inputs| {
        black_box(speed::bare(&cards, black_box(inputs)));
    });
    print("3 scorecards of 10 rules, traced, one core", "decisions", decisions);
    print("the same with the reasons of a decline", "decisions", with_reasons);
    print("limit: their 30 statements alone, no trace", "decisions", limit);
    print_ratio("the limit", decisions, limit);
    Ok(())
}

fn measure(time: Duration, applications: &[Inputs], mut one: impl FnMut(&Inputs)) -> Figure {
    let started = monotonic();
    let mut inputs = applications.iter().cycle();
    let mut count = 0;
    while monotonic().saturating_duration_since(started) < time {
        for inputs in inputs.by_ref().take(AT_A_TIME) {
            one(inputs);
            count += 1;
        }
    }
    Figure::since(started, count)
}
