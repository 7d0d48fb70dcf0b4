//! Prints random life stories of loans with all that Florin says of them, one JSON object a line: what an independent
//! model is compared with.
//!
//! `cargo run -p florin-lending --example random_stories -- COUNT SEED`; `tests/independent/servicing_check.py` runs
//! it. The stories are played on SQLite and, when `FLORIN_TEST_POSTGRES` names a server, on PostgreSQL too.

#[path = "../tests/lending/play/mod.rs"]
mod play;
#[path = "../tests/lending/support/mod.rs"]
mod support;

use std::io::{BufWriter, Write};

use florin_storage::testing::databases;
use play::{World, in_one_go};

/// How many loans a lender has, and how often something may happen to each.
const LOANS: u64 = 20;
const ROUNDS: usize = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: u64 = arguments.next().map_or(Ok(40), |text| text.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for database in &databases(&support::sets()) {
        for world in 0..count.div_ceil(LOANS) {
            let loans = LOANS.min(count - world * LOANS);
            let seed = seed.wrapping_mul(1_000).wrapping_add(world);
            let mut world = World::begin(&database.db, seed, loans as usize);
            for _ in 0..ROUNDS {
                world.commands(&mut |_, _| {});
                world.days(&mut in_one_go, &mut |_, _| {});
            }
            for (place, life) in world.lives.iter().enumerate() {
                let mut story = life.story();
                story["seed"] = format!("{} {seed} {place}", database.name).into();
                serde_json::to_writer(&mut out, &story)?;
                out.write_all(b"\n")?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
