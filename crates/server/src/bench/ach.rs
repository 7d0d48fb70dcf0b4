//! NACHA entries a second written and read on one core, beside their bytes alone.

use std::hint::black_box;
use std::time::Duration;

use florin_ach::speed::{AddendaOn, copied, file, summed};
use florin_ach::{read, write};
use florin_calendar::monotonic;

use super::{Figure, print, print_ratio};
use crate::failure::Failure;

pub fn run(entries: u32, time: Duration) -> Result<(), Failure> {
    for (addenda, what) in
        [(AddendaOn::Nothing, "no addenda"), (AddendaOn::EverySecond, "addenda on every second")]
    {
        let Some(file) = file(entries, addenda) else {
            return Err(Failure::usage(format!("--entries {entries}: a bank has fewer numbers"))
                .advise("Ten million is the most."));
        };
        let bytes = write(&file)?;
        let per_file = u64::from(entries);
        let writing = measure(time, per_file, || drop(black_box(write(black_box(&file)))));
        let copying = measure(time, per_file, || drop(black_box(copied(black_box(&bytes)))));
        let reading = measure(time, per_file, || drop(black_box(read(black_box(&bytes)))));
        let summing = measure(time, per_file, || {
            black_box(summed(black_box(&bytes)));
        });
        print(&format!("written, {what}, one core"), "entries", writing);
        print("limit: their records copied", "entries", copying);
        print_ratio("the limit", writing, copying);
        print(&format!("read, {what}, one core"), "entries", reading);
        print("limit: their bytes summed one by one", "entries", summing);
        print_ratio("the limit", reading, summing);
    }
    Ok(())
}

fn measure(time: Duration, per_file: u64, mut one: impl FnMut()) -> Figure {
    let (started, mut count) = (monotonic(), 0);
    while monotonic().saturating_duration_since(started) < time {
        one();
        count += per_file;
    }
    Figure::since(started, count)
}
