//! Entries a second written and read on one core, beside copying and summing the same bytes; the same as
//! `florin bench ach`, without building all of Florin.
//!
//!     cargo run --release -p florin-ach --example ach_speed [ENTRIES [SECONDS]]

use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

use florin_ach::speed::{AddendaOn, copied, file, summed};
use florin_ach::{read, write};
use florin_calendar::monotonic;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let entries = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let seconds = arguments.next().map_or(Ok(2), |text| text.parse())?;
    let time = Duration::from_secs(seconds);
    let measure = |what: &str, one: &mut dyn FnMut()| {
        let (started, mut count) = (monotonic(), 0_u64);
        while monotonic().saturating_duration_since(started) < time {
            one();
            count += u64::from(entries);
        }
        let took = monotonic().saturating_duration_since(started).as_secs_f64();
        println!("{what:<8} {:>12.0} entries/s", count as f64 / took);
    };
    for addenda in [AddendaOn::Nothing, AddendaOn::EverySecond] {
        println!("addenda: {addenda:?}");
        let file = file(entries, addenda).ok_or("too many entries for the numbers of one bank")?;
        let bytes = write(&file)?;
        measure("write", &mut || drop(black_box(write(black_box(&file)))));
        measure("copy", &mut || drop(black_box(copied(black_box(&bytes)))));
        measure("read", &mut || drop(black_box(read(black_box(&bytes)))));
        measure("sum", &mut || {
            black_box(summed(black_box(&bytes)));
        });
    }
    Ok(())
}
