//! The reader and files that were tampered with, all the same on every run; `examples/fuzz_reader.rs` goes on from
//! here for as long as one likes.

use std::path::Path;

use crate::mutate::{Chance, Outcome, look, mutated};

const ROUNDS: u64 = 20_000;

fn originals() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn nothing_brings_the_reader_down() {
    let originals = originals();
    let mut counts = [0_u64; 3];
    for number in 0..ROUNDS {
        let mut chance = Chance::new(number);
        let original = &originals[chance.below(originals.len())];
        let bytes = mutated(&mut chance, original, &originals);
        let outcome = std::panic::catch_unwind(|| look(&bytes));
        let outcome = outcome.unwrap_or_else(|_| {
            panic!("file {number}:\n{}", String::from_utf8_lossy(&bytes));
        });
        counts[outcome as usize] += 1;
    }
    // The changes are neither so wild that everything is refused nor so tame that nothing is.
    assert!(counts.iter().all(|count| *count > ROUNDS / 200), "{counts:?}");
    assert_eq!(look(&originals[0]), Outcome::Sound);
}

#[test]
fn counts_beyond_all_measure_are_only_wrong() {
    let originals = originals();
    for original in &originals {
        let text = String::from_utf8(original.clone()).unwrap();
        let filler = "9".repeat(94);
        let is_control = |line: &str| line.starts_with(['8', '9']) && line != filler;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| is_control(line)) {
            let nines = format!("{}{}{}", &line[..1], &filler[..54], &line[55..]);
            let mut lines: Vec<&str> = text.lines().collect();
            lines[number] = &nines;
            let outcome = look(lines.join("\n").as_bytes());
            assert_eq!(outcome, Outcome::Refused, "line {}", number + 1);
        }
    }
}

#[test]
fn big_nonsense_takes_no_longer_than_its_bytes() {
    for piece in ["6", "5\n", "9", " ", "\n", "1\r", "7".repeat(94).as_str(), "\u{0}", "é"] {
        let bytes = piece.repeat(200_000 / piece.len());
        assert_eq!(look(bytes.as_bytes()), Outcome::Refused, "{piece:?}");
    }
}
