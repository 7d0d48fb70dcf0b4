//! Tampers with files and gives them to the reader, for as many rounds as one likes. Stops at the first file that
//! brings it down, or that is taken and does not come back the same, and prints it.
//!
//!     cargo run --release -p florin-ach --example fuzz_reader [COUNT [SEED]]

#[path = "../tests/ach/mutate.rs"]
mod mutate;

use std::error::Error;
use std::path::Path;

use mutate::{Chance, look, mutated};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    let mut paths = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, std::io::Error>>()?;
    paths.sort();
    let originals = paths.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let mut outcomes = [0_u64; 3];
    for number in seed..seed.saturating_add(count) {
        let mut chance = Chance::new(number);
        let original = &originals[chance.below(originals.len())];
        let bytes = mutated(&mut chance, original, &originals);
        let Ok(outcome) = std::panic::catch_unwind(|| look(&bytes)) else {
            println!("{}", String::from_utf8_lossy(&bytes));
            return Err(format!("file {number}, printed above; the reason stands before it").into());
        };
        outcomes[outcome as usize] += 1;
    }
    let [refused, tolerated, sound] = outcomes;
    println!("{count} files: {refused} refused, {tolerated} taken with warnings, {sound} sound");
    Ok(())
}
