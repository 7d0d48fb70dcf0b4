//! Cutting a file into records, whatever stands between them.

use crate::layout::RECORD_LENGTH;

/// A line or, in a file without line ends, a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub number: usize,
    /// Without its ending.
    pub bytes: &'a [u8],
}

/// Cuts at line feeds, carriage returns or both; a line of whole records is cut into these.
pub(crate) struct Lines<'a> {
    rest: &'a [u8],
    /// What is left of a line that holds several records.
    records: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, records: &[], number: 0 }
    }

    /// The next line without its ending.
    fn take(&mut self) -> &'a [u8] {
        let rest = self.rest;
        if let Some((record, behind)) = rest.split_first_chunk::<RECORD_LENGTH>() {
            // The usual case without a search: 94 characters and a line feed.
            let plain = record.iter().fold(true, |plain, byte| plain & (*byte >= b' '));
            if plain && behind.first() == Some(&b'\n') {
                self.rest = &behind[1..];
                return record;
            }
        }
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        self.rest = match behind {
            [b'\r', b'\n', after @ ..] | [_, after @ ..] => after,
            [] => behind,
        };
        line
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.records.is_empty() {
            if self.rest.is_empty() {
                return None;
            }
            let line = self.take();
            if line.len() <= RECORD_LENGTH || !line.len().is_multiple_of(RECORD_LENGTH) {
                self.number += 1;
                return Some(Line { number: self.number, bytes: line });
            }
            self.records = line;
        }
        let (record, rest) = self.records.split_at(RECORD_LENGTH.min(self.records.len()));
        self.records = rest;
        self.number += 1;
        Some(Line { number: self.number, bytes: record })
    }
}

/// The records of a file with the numbers that problems are told with: lines, or in a file without line ends
/// pieces of 94 characters, whatever they hold.
pub fn records(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    Lines::new(without_marks(bytes)).map(|line| (line.number, line.bytes))
}

/// Without the byte order mark that some editors put in front.
pub(crate) fn without_mark(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_prefix(b"\xEF\xBB\xBF")
}

/// Without a byte order mark and the DOS end-of-file character, with which some systems still end a text.
pub(crate) fn without_marks(bytes: &[u8]) -> &[u8] {
    let bytes = without_mark(bytes).unwrap_or(bytes);
    bytes.strip_suffix(b"\x1A").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_ending_gives_the_same_records() {
        let records: Vec<String> = (1..5).map(|digit| digit.to_string().repeat(94)).collect();
        for between in ["\n", "\r\n", "\r", ""] {
            for behind in ["", between] {
                let text = records.join(between) + behind;
                let found: Vec<(usize, &[u8])> =
                    Lines::new(text.as_bytes()).map(|line| (line.number, line.bytes)).collect();
                let expected: Vec<(usize, &[u8])> = records
                    .iter()
                    .enumerate()
                    .map(|(index, record)| (index + 1, record.as_bytes()))
                    .collect();
                assert_eq!(found, expected, "{between:?} {behind:?}");
            }
        }
    }

    #[test]
    fn short_long_and_blank_lines_keep_their_numbers() {
        let text = format!("ab\n\n{}\ncd", "x".repeat(95));
        let found: Vec<(usize, usize)> =
            Lines::new(text.as_bytes()).map(|line| (line.number, line.bytes.len())).collect();
        assert_eq!(found, vec![(1, 2), (2, 0), (3, 95), (4, 2)]);
    }
}
