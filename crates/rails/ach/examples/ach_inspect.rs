//! Prints a NACHA file as a table, and what is wrong with it.
//!
//! `cargo run -p florin-ach --example ach_inspect FILE`

use florin_ach::{inspect, read_all};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: ach_inspect FILE")?;
    let reading = read_all(&std::fs::read(path)?);
    if let Some(file) = &reading.file {
        print!("{}", inspect(file));
    }
    for problem in &reading.problems {
        println!("{:?}: {problem}", problem.severity());
    }
    Ok(())
}
