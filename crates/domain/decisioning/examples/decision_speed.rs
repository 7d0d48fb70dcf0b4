//! How many decisions a second one core makes: three scorecards of ten rules with the trace of every
//! rule, beside a loop that only evaluates the same statements.
//!
//! `cargo run --release -p florin-decisioning --example decision_speed [DECISIONS]`

use std::hint::black_box;

use florin_calendar::monotonic;
use florin_decisioning::expression::Inputs;
use florin_decisioning::scoring::{assess, smallest_change};
use florin_decisioning::speed;

/// Calls `work` for so many applications, one after another, and returns how many it does a second.
fn rate(count: usize, applications: &[Inputs], mut work: impl FnMut(&Inputs)) -> f64 {
    let start = monotonic();
    for inputs in applications.iter().cycle().take(count) {
        work(inputs);
    }
    count as f64 / start.elapsed().as_secs_f64()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count = std::env::args().nth(1).map_or(Ok(500_000), |text| text.parse())?;
    let cards = speed::cards()?;
    let applications = speed::applications(10_000);
    let bare = rate(count, &applications, |inputs| {
        black_box(speed::bare(&cards, black_box(inputs)));
    });
    let traced = rate(count, &applications, |inputs| {
        black_box(assess(&cards, black_box(inputs)));
    });
    let explained = rate(count / 1_000, &applications, |inputs| {
        black_box(smallest_change(&cards, black_box(inputs), &|_| true));
    });
    println!("bare evaluation      {bare:>12.0}/s");
    println!("decisions, traced    {traced:>12.0}/s  {:.2} of bare", traced / bare);
    println!("smallest changes     {explained:>12.0}/s");
    Ok(())
}
