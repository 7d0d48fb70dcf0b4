//! The tolerant reader: line endings, missing or superfluous filler, short lines, blanks instead of zeros are
//! taken as they come; counts, totals, hashes, check digits and codes have to be right.

use crate::decode::{self, Control};
use crate::layout::{
    BLOCKING_FACTOR, Field, RECORD_LENGTH, batch_control, batch_header, change_addenda, entry,
    file_control,
};
use crate::lines::{Line, Lines, without_mark, without_marks};
use crate::record::{Record, Sink};
use crate::rules::{NUMBERS_DESCEND, TRACES_DESCEND};
use crate::{
    Addenda, Batch, BatchHeader, Entry, Fault, File, FileHeader, Problem, Severity, Totals, rules,
};

/// What came of reading a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The file, unless something is wrong that it cannot be taken with.
    pub file: Option<File>,
    /// Everything worth knowing, by line; at most about 1,000.
    pub problems: Vec<Problem>,
}

/// What could be read of a file that may be wrong. Money is moved by none of it: a file is taken whole or not at
/// all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salvage {
    /// The file header, if it could be read.
    pub header: Option<FileHeader>,
    /// The entries that could be read, in the batches whose headers could be.
    pub batches: Vec<Batch>,
    /// Everything worth knowing, by line; at most about 1,000.
    pub problems: Vec<Problem>,
    /// Whether the file can be taken.
    pub sound: bool,
}

/// Reads a file.
///
/// # Errors
/// The first thing that it cannot be taken with.
pub fn read(bytes: &[u8]) -> Result<File, Problem> {
    let Reading { file, problems } = read_all(bytes);
    let first = problems.into_iter().find(|problem| problem.severity() == Severity::Error);
    match (file, first) {
        (Some(file), None) => Ok(file),
        (_, Some(problem)) => Err(problem),
        (None, None) => Err(Problem { line: 1, field: None, fault: NO_FILE }),
    }
}

/// Everything that is wrong with a file, errors and warnings.
pub fn problems(bytes: &[u8]) -> Vec<Problem> {
    read_all(bytes).problems
}

/// Reads a file and everything that is wrong with it.
pub fn read_all(bytes: &[u8]) -> Reading {
    let Salvage { header, batches, problems, sound } = salvage(bytes);
    let file = header.filter(|_| sound).map(|header| File { header, batches });
    Reading { file, problems }
}

/// Reads whatever can be read of a file, for people who look into what is wrong with it.
pub fn salvage(bytes: &[u8]) -> Salvage {
    let mut reader = Reader::new();
    if without_mark(bytes).is_some() {
        reader.sink.add(1, None, Fault::Advice("begins with a byte order mark"));
    }
    for line in Lines::new(without_marks(bytes)) {
        reader.line(line);
    }
    reader.finish()
}

const NO_FILE: Fault = Fault::Rule("this is no NACHA file: there is no file header");
const NO_CONTROL: Fault = Fault::Rule("the file ends without a file control");
const UNCLOSED: Fault = Fault::Rule("the batch before this line has no control");
const TWO_HEADERS: Fault = Fault::Rule("a second file header; one file has one");
const AFTER_CONTROL: Fault = Fault::Rule("stands behind the file control");
const NO_BATCH: Fault = Fault::Rule("stands outside of a batch");
const NO_ENTRY: Fault = Fault::Rule("addenda stand behind no entry");
const TWO_ADDENDA: Fault = Fault::Rule("the entry has addenda already; Florin takes one");
const BLANK: Fault = Fault::Advice("is blank");
const TRAILING: Fault = Fault::Advice("has spaces behind the record");

struct Reader {
    sink: Sink,
    header: Option<FileHeader>,
    header_seen: bool,
    batches: Vec<Batch>,
    open: Option<OpenBatch>,
    sums: Sums,
    batches_seen: u64,
    /// Without filler.
    records: usize,
    filler: usize,
    control_line: Option<usize>,
    last_line: usize,
    blank: Option<usize>,
}

/// What control records are compared with.
#[derive(Default)]
struct Sums {
    totals: Totals,
    /// Something could not be read, so that the totals say nothing.
    unknown: bool,
}

struct OpenBatch {
    header: Option<BatchHeader>,
    header_line: usize,
    entries: Vec<Entry>,
    sums: Sums,
    /// The entry before, until it is known whether addenda follow.
    pending: Option<Pending>,
}

struct Pending {
    line: usize,
    entry: Option<Entry>,
    addenda_announced: bool,
    addenda_line: Option<usize>,
}

impl Reader {
    fn new() -> Self {
        Self {
            sink: Sink::new(),
            header: None,
            header_seen: false,
            batches: Vec::new(),
            open: None,
            sums: Sums::default(),
            batches_seen: 0,
            records: 0,
            filler: 0,
            control_line: None,
            last_line: 0,
            blank: None,
        }
    }

    fn line(&mut self, line: Line<'_>) {
        let number = line.number;
        let text = line.bytes;
        if text.iter().all(|byte| *byte == b' ') {
            self.blank.get_or_insert(number);
            return;
        }
        if let Some(blank) = self.blank.take() {
            self.sink.add(blank, None, BLANK);
        }
        self.last_line = number;
        if self.control_line.is_some() {
            return self.filler(number, text);
        }
        let bytes = self.fitted(number, text);
        self.records += 1;
        match bytes[0] {
            b'1' => self.file_header(number, bytes),
            b'5' => self.batch_header(number, bytes),
            b'6' => self.entry(number, bytes),
            b'7' => self.addenda(number, bytes),
            b'8' => self.batch_control(number, bytes),
            b'9' => self.file_control(number, bytes),
            other => {
                let first = String::from_utf8_lossy(&[other]).chars().next().unwrap_or('?');
                self.sink.add(number, None, Fault::RecordType(first));
                self.lose_track();
            }
        }
        if !self.header_seen {
            self.header_seen = true;
            self.sink.add(number, None, NO_FILE);
        }
    }

    /// The line as a record: filled up when it is short, cut when it is long.
    fn fitted(&mut self, number: usize, text: &[u8]) -> [u8; RECORD_LENGTH] {
        if let Ok(record) = text.try_into() {
            return record;
        }
        let mut record = [b' '; RECORD_LENGTH];
        let length = text.len().min(RECORD_LENGTH);
        record[..length].copy_from_slice(&text[..length]);
        let fault = if text.len() < RECORD_LENGTH {
            Fault::ShortLine(text.len())
        } else if text[RECORD_LENGTH..].iter().all(|byte| *byte == b' ') {
            TRAILING
        } else {
            Fault::LongLine(text.len())
        };
        self.sink.add(number, None, fault);
        record
    }

    /// A record is lost: totals that include it cannot be compared.
    fn lose_track(&mut self) {
        self.sums.unknown = true;
        if let Some(open) = &mut self.open {
            open.sums.unknown = true;
        }
    }

    fn filler(&mut self, number: usize, text: &[u8]) {
        if text.iter().all(|byte| matches!(byte, b'9' | b' ')) {
            self.filler += 1;
            if text.len() != RECORD_LENGTH || text.contains(&b' ') {
                self.sink.add(number, None, Fault::ShortLine(text.len()));
            }
        } else {
            self.sink.add(number, None, AFTER_CONTROL);
        }
    }

    fn file_header(&mut self, line: usize, bytes: [u8; RECORD_LENGTH]) {
        if self.header_seen {
            self.sink.add(line, None, TWO_HEADERS);
            return;
        }
        self.header_seen = true;
        self.header = decode::file_header(&mut Record { line, bytes, sink: &mut self.sink });
    }

    fn batch_header(&mut self, line: usize, bytes: [u8; RECORD_LENGTH]) {
        self.close_without_control(line);
        let header = decode::batch_header(&mut Record { line, bytes, sink: &mut self.sink });
        if let Some(header) = &header {
            let sink = &mut self.sink;
            rules::header(header, &mut |field, fault| sink.add(line, Some(field), fault));
            let last = self.batches.last().map(|batch| batch.header.number);
            if last.is_some_and(|last| last >= header.number) {
                self.sink.add(line, Some(&batch_header::NUMBER), NUMBERS_DESCEND);
            }
        }
        self.batches_seen += 1;
        self.open = Some(OpenBatch {
            header,
            header_line: line,
            entries: Vec::new(),
            sums: Sums::default(),
            pending: None,
        });
    }

    fn close_without_control(&mut self, line: usize) {
        if let Some(mut open) = self.open.take() {
            open.settle(&mut self.sink);
            self.sink.add(line, None, UNCLOSED);
            self.sums.unknown = true;
            let entries = open.entries;
            self.batches.extend(open.header.map(|header| Batch { header, entries }));
        }
    }

    fn entry(&mut self, line: usize, bytes: [u8; RECORD_LENGTH]) {
        let Some(open) = &mut self.open else {
            self.sink.add(line, None, NO_BATCH);
            return self.lose_track();
        };
        open.settle(&mut self.sink);
        let found = decode::entry(&mut Record { line, bytes, sink: &mut self.sink });
        open.sums.totals.records += 1;
        match &found {
            Some((entry, _)) => {
                open.sums.totals.records -= 1;
                open.sums.totals.add(entry.bank, entry.code, entry.amount_cents);
            }
            None => open.sums.unknown = true,
        }
        // Where the entry cannot be read, addenda may follow or not.
        let announced = found.as_ref().is_some_and(|(_, announced)| *announced);
        let entry = found.map(|(entry, _)| entry);
        open.pending =
            Some(Pending { line, entry, addenda_announced: announced, addenda_line: None });
    }

    fn addenda(&mut self, line: usize, bytes: [u8; RECORD_LENGTH]) {
        let Some(open) = &mut self.open else {
            self.sink.add(line, None, NO_BATCH);
            return self.lose_track();
        };
        open.sums.totals.records += 1;
        let Some(pending) = &mut open.pending else {
            self.sink.add(line, None, NO_ENTRY);
            return;
        };
        if pending.addenda_line.is_some() {
            self.sink.add(line, None, TWO_ADDENDA);
            return;
        }
        pending.addenda_line = Some(line);
        let trace = pending.entry.as_ref().map(|entry| entry.trace);
        let mut record = Record { line, bytes, sink: &mut self.sink };
        let addenda = decode::addenda(&mut record, trace);
        pending.take(addenda);
    }

    fn batch_control(&mut self, line: usize, bytes: [u8; RECORD_LENGTH]) {
        use batch_control::*;
        let Some(mut open) = self.open.take() else {
            self.sink.add(line, None, NO_BATCH);
            return;
        };
        open.settle(&mut self.sink);
        let mut record = Record { line, bytes, sink: &mut self.sink };
        let control = decode::batch_control(&mut record, open.header.as_ref());
        let fields = [&RECORDS, &HASH, &DEBITS, &CREDITS];
        compare(&mut record, &control, &open.sums, fields);
        self.sums.totals.add_all(&open.sums.totals);
        self.sums.unknown |= open.sums.unknown;
        let Some(header) = open.header else { return };
        let batch = Batch { header, entries: open.entries };
        let sink = &mut self.sink;
        // Faults of single entries have been told at their lines; where all of them are unreadable, nothing can be
        // said about the batch.
        let unreadable = batch.entries.is_empty() && open.sums.totals.records > 0;
        rules::whole_batch(&batch, &mut |field, fault| {
            if unreadable {
                return;
            }
            let of_header = *field == batch_header::EFFECTIVE_ON;
            let line = if of_header { open.header_line } else { line };
            sink.add(line, Some(field), fault);
        });
        self.batches.push(batch);
    }

    fn file_control(&mut self, line: usize, bytes: [u8; RECORD_LENGTH]) {
        use file_control::*;
        self.close_without_control(line);
        self.control_line = Some(line);
        let mut record = Record { line, bytes, sink: &mut self.sink };
        let (batches, blocks, control) = decode::file_control(&mut record);
        if self.batches_seen == 0 {
            record.fault(&BATCHES, Fault::Advice("the file has no batches"));
        }
        agree(&mut record, &BATCHES, batches, self.batches_seen);
        let counted = self.records.div_ceil(BLOCKING_FACTOR) as u64;
        agree(&mut record, &BLOCKS, blocks, counted);
        compare(&mut record, &control, &self.sums, [&RECORDS, &HASH, &DEBITS, &CREDITS]);
    }

    fn finish(mut self) -> Salvage {
        let line = self.last_line.max(1);
        if let Some(control_line) = self.control_line {
            let expected =
                self.records.next_multiple_of(BLOCKING_FACTOR).saturating_sub(self.records);
            if self.filler != expected {
                let fault = Fault::Filler { expected, found: self.filler };
                self.sink.add(control_line, None, fault);
            }
        } else if self.header_seen {
            self.close_without_control(line);
            self.sink.add(line, None, NO_CONTROL);
        } else {
            self.sink.add(line, None, NO_FILE);
        }
        let sound = !self.sink.has_error;
        let mut problems = self.sink.problems;
        problems.sort_by_key(|problem| problem.line);
        Salvage { header: self.header, batches: self.batches, problems, sound }
    }
}

impl Pending {
    fn take(&mut self, addenda: Option<Addenda>) {
        match addenda {
            Some(addenda) => {
                if let Some(entry) = &mut self.entry {
                    entry.addenda = Some(Box::new(addenda));
                }
            }
            None => self.entry = None,
        }
    }
}

impl OpenBatch {
    /// Takes up the pending entry, now that all of it is known.
    fn settle(&mut self, sink: &mut Sink) {
        let Some(pending) = self.pending.take() else { return };
        let line = pending.line;
        let Some(item) = pending.entry else { return };
        let fault = match (pending.addenda_announced, pending.addenda_line) {
            (false, Some(_)) => Some(Fault::Advice("is 0, but addenda follow")),
            (true, None) => Some(Fault::Rule("is 1, but no addenda follow")),
            _ => None,
        };
        if let Some(fault) = fault {
            sink.add(line, Some(&entry::ADDENDA_INDICATOR), fault);
        }
        if let Some(header) = &self.header {
            rules::entry(header, &item, &mut |field, fault| {
                let of_addenda = *field == change_addenda::CORRECTED;
                let line = pending.addenda_line.filter(|_| of_addenda).unwrap_or(line);
                sink.add(line, Some(field), fault);
            });
        }
        if self.entries.last().is_some_and(|last| last.trace >= item.trace) {
            sink.add(line, Some(&entry::TRACE), TRACES_DESCEND);
        }
        self.entries.push(item);
    }
}

fn agree(record: &mut Record<'_>, field: &'static Field, stated: Option<u64>, counted: u64) {
    if let Some(stated) = stated.filter(|stated| *stated != counted) {
        record.fault(field, Fault::Control { stated, counted });
    }
}

/// Compares a control record with what was counted, as far as that is known.
fn compare(record: &mut Record<'_>, control: &Control, sums: &Sums, fields: [&'static Field; 4]) {
    let [records, hash, debits, credits] = fields;
    agree(record, records, control.records, sums.totals.records);
    if !sums.unknown {
        agree(record, hash, control.hash, sums.totals.hash_field());
        agree(record, debits, control.debits, sums.totals.debit_cents);
        agree(record, credits, control.credits, sums.totals.credit_cents);
    }
}
