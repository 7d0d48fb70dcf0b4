//! Files changed at random, and what must hold of whatever the reader makes of them. The same numbers give the same
//! files: a failure names the number that shows it again.

use florin_ach::{Accounts, Severity, describe, read, records, salvage, write};

/// The generator SplitMix64: small, and good enough to pick places and bytes.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Below `limit`; 0 when there is nothing to choose from.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// What tends to upset readers, each as it might stand in a file.
const PIECES: [&[u8]; 18] = [
    b"\n",
    b"\r\n",
    b"\r",
    b"\n\n\n",
    b" ",
    b"9999999999999",
    b"0000000000000000",
    b"-1",
    b"\x00",
    b"\x1a",
    b"\t",
    "\u{feff}".as_bytes(),
    "é".as_bytes(),
    "銀行".as_bytes(),
    b"\xff\xfe",
    b"622",
    b"799R01",
    b"798C01",
];

/// One file made wrong in one to eight ways; `others` lend it lines.
pub fn mutated(chance: &mut Chance, original: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    let ways = if chance.below(2) == 0 { 0 } else { chance.below(8) };
    for _ in 0..=ways {
        mutate(chance, &mut bytes, others);
    }
    // What is wrong inside is only seen when the sums at the end do not give it away.
    if chance.below(2) == 0 { repaired(&bytes) } else { bytes }
}

/// The file with control records that agree with what stands before them, as far as lines look like records.
fn repaired(bytes: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    // Records, hash, debits, credits: of the batch, of the file.
    let (mut batch, mut file, mut batches, mut records) = ([0_u64; 4], [0_u64; 4], 0, 0);
    for line in lines.iter_mut().filter(|line| line.len() == 94) {
        records += 1;
        match line[0] {
            b'5' => batch = [0; 4],
            b'6' => {
                batch[0] += 1;
                batch[1] += digits(&line[3..11]);
                let credit = line[2] < b'5';
                batch[if credit { 3 } else { 2 }] += digits(&line[29..39]);
            }
            b'7' => batch[0] += 1,
            b'8' => {
                batches += 1;
                put(&mut line[4..10], batch[0]);
                put(&mut line[10..20], batch[1]);
                put(&mut line[20..32], batch[2]);
                put(&mut line[32..44], batch[3]);
                file.iter_mut().zip(batch).for_each(|(sum, of_batch)| *sum += of_batch);
            }
            b'9' if line[1..3] == *b"00" => {
                put(&mut line[1..7], batches);
                put(&mut line[7..13], u64::div_ceil(records, 10));
                put(&mut line[13..21], file[0]);
                put(&mut line[21..31], file[1]);
                put(&mut line[31..43], file[2]);
                put(&mut line[43..55], file[3]);
            }
            _ => {}
        }
    }
    lines.join(&b'\n')
}

fn digits(field: &[u8]) -> u64 {
    let value = |byte: &u8| if byte.is_ascii_digit() { u64::from(byte - b'0') } else { 0 };
    field.iter().fold(0, |sum, byte| sum * 10 + value(byte))
}

fn put(field: &mut [u8], number: u64) {
    let mut rest = number;
    for digit in field.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

fn mutate(chance: &mut Chance, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    let at = chance.below(bytes.len());
    let end = (at + chance.below(200)).min(bytes.len());
    match chance.below(13) {
        // A bit, a character, a piece put in or written over.
        0 if !bytes.is_empty() => bytes[at] ^= 1 << chance.below(8),
        1 if !bytes.is_empty() => bytes[at] = chance.next() as u8,
        2 if !bytes.is_empty() => bytes[at] = b'0' + chance.below(10) as u8,
        3 => {
            let piece = chance.pick(&PIECES);
            bytes.splice(at..at, piece.iter().copied());
        }
        4 => {
            let piece = chance.pick(&PIECES);
            let end = (at + piece.len()).min(bytes.len());
            bytes.splice(at..end, piece.iter().copied());
        }
        // A stretch cut out, told twice, blanked, or everything behind it lost.
        5 => drop(bytes.drain(at..end)),
        6 => {
            let twice = bytes[at..end].to_vec();
            bytes.splice(at..at, twice);
        }
        7 => bytes[at..end].fill(b' '),
        8 => bytes.truncate(at),
        // Lines exchanged, lost, told twice, taken from another file.
        9 => lines(chance, bytes, |chance, lines| {
            let (one, other) = (chance.below(lines.len()), chance.below(lines.len()));
            lines.swap(one, other);
        }),
        10 => lines(chance, bytes, |chance, lines| {
            let at = chance.below(lines.len());
            let line = lines.remove(at);
            if chance.below(2) == 0 {
                let at = chance.below(lines.len());
                lines.insert(at, line.clone());
                lines.insert(at, line);
            }
        }),
        11 if !others.is_empty() => {
            let other = &others[chance.below(others.len())];
            let from: Vec<&[u8]> = other.split(|byte| *byte == b'\n').collect();
            let line = from[chance.below(from.len())].to_vec();
            lines(chance, bytes, |chance, lines| lines.insert(chance.below(lines.len()), line));
        }
        // Other line endings, or none.
        _ => {
            let ending = chance.pick(&[b"\r\n".as_slice(), b"\r", b"", b" \n"]);
            let parts: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            *bytes = parts.join(ending);
        }
    }
}

fn lines(
    chance: &mut Chance,
    bytes: &mut Vec<u8>,
    change: impl FnOnce(&mut Chance, &mut Vec<Vec<u8>>),
) {
    let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    change(chance, &mut lines);
    *bytes = lines.join(&b'\n');
}

/// What came of a file that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Refused with errors.
    Refused,
    /// Taken with warnings that the writer does not share.
    Tolerated,
    /// Taken, written, and read back the same.
    Sound,
}

/// Reads a file and checks all that holds of any bytes.
///
/// # Panics
/// When something does not hold.
pub fn look(bytes: &[u8]) -> Outcome {
    let found = salvage(bytes);
    let count = records(bytes).count();
    assert!(found.problems.len() <= 1_001, "the list of problems is bounded");
    assert!(found.problems.is_sorted_by_key(|problem| problem.line), "problems stand in order");
    for problem in &found.problems {
        let text = problem.to_string();
        assert!((1..=count.max(1)).contains(&problem.line), "{text}: of {count} lines");
        assert!(text.starts_with(&format!("line {}", problem.line)), "{text}");
        if let Some((first, last)) = problem.columns() {
            assert!(1 <= first && first <= last && last <= 94, "{text}");
            assert!(text.contains(", column"), "{text}");
        }
    }
    let addenda = found.batches.iter().flat_map(|batch| &batch.entries);
    for addenda in addenda.filter_map(|entry| entry.addenda.as_deref()) {
        assert!(!describe(addenda, Accounts::Masked).is_empty());
    }
    let has_error = found.problems.iter().any(|problem| problem.severity() == Severity::Error);
    let file = match read(bytes) {
        Err(problem) => {
            assert!(has_error && !found.sound, "refused without a reason: {problem}");
            return Outcome::Refused;
        }
        Ok(file) => file,
    };
    assert!(!has_error && found.sound, "taken with errors: {:?}", found.problems);
    match write(&file) {
        Ok(written) => {
            let back = read(&written);
            assert_eq!(back.as_ref(), Ok(&file), "what is read writes back to what reads the same");
            assert_eq!(salvage(&written).problems, [], "and nothing is wrong with what is written");
            Outcome::Sound
        }
        Err(error) => {
            let words = "nothing was wrong when it was read, but the writer says";
            assert!(!found.problems.is_empty(), "{words} {error}");
            Outcome::Tolerated
        }
    }
}
