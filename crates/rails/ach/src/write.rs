//! The strict writer.

use jiff::civil::Date;

use crate::layout::{
    BLOCKING_FACTOR, Field, RECORD_LENGTH, batch_control, batch_header, change_addenda, entry,
    file_control, file_header, payment_addenda, refusal_addenda, return_addenda,
};
use crate::{
    Addenda, Batch, BatchHeader, Change, Entry, File, FileHeader, OriginatorStatus, Return, Text,
    Totals, Trace, WriteError, rules,
};

/// What stands behind each record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineEnding {
    /// A line feed.
    #[default]
    Lf,
    /// Carriage return and line feed, which some banks ask for.
    CrLf,
    /// Nothing: blocks of 940 characters.
    None,
}

/// Writes a file with line feeds; see [`write_as`].
///
/// # Errors
/// When the file breaks a rule: nothing is written.
pub fn write(file: &File) -> Result<Vec<u8>, WriteError> {
    write_as(file, LineEnding::Lf)
}

/// Writes a file: counts, totals and hashes are worked out, and the last block is filled up.
///
/// # Errors
/// When the file breaks a rule of [`rules`]: nothing is written.
pub fn write_as(file: &File, ending: LineEnding) -> Result<Vec<u8>, WriteError> {
    rules::check(file)?;
    let mut out = Output::for_file(file, ending);
    out.file_header(&file.header);
    let mut sums = Totals::default();
    for batch in &file.batches {
        sums.add_all(&out.batch(batch));
    }
    out.file_control(file.batches.len() as u64, &sums);
    while !out.records.is_multiple_of(BLOCKING_FACTOR) {
        out.push(&Line([b'9'; RECORD_LENGTH]));
    }
    Ok(out.bytes)
}

/// A record in the making: spaces, until fields are put.
struct Line([u8; RECORD_LENGTH]);

impl Line {
    fn of_type(digit: u8) -> Self {
        let mut line = Self([b' '; RECORD_LENGTH]);
        line.0[0] = digit;
        line
    }

    /// Text at the left; the rest stays spaces. What fits is the type's business: [`Text`] is never longer than
    /// its field.
    fn text<const N: usize>(&mut self, field: &'static Field, text: &Text<N>) -> &mut Self {
        self.0[field.range()].copy_from_slice(&text.padded()[..field.width()]);
        self
    }

    fn literal(&mut self, field: &'static Field, text: &str) -> &mut Self {
        self.0[field.range()][..text.len()].copy_from_slice(text.as_bytes());
        self
    }

    /// Text at the right of its field, as the file header wants its ten-column numbers.
    fn at_right(&mut self, field: &'static Field, text: &str) -> &mut Self {
        let end = field.end;
        self.0[end - text.len()..end].copy_from_slice(text.as_bytes());
        self
    }

    /// A number filled with zeros. [`rules::check`] has seen to it that it fits.
    fn number(&mut self, field: &'static Field, number: u64) -> &mut Self {
        let mut rest = number;
        for digit in self.0[field.range()].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self
    }

    fn date(&mut self, field: &'static Field, date: Date) -> &mut Self {
        let year = date.year().rem_euclid(100).unsigned_abs();
        let month_and_day =
            date.month().unsigned_abs() as u64 * 100 + date.day().unsigned_abs() as u64;
        self.number(field, u64::from(year) * 10_000 + month_and_day)
    }
}

/// The bytes of a file in the making.
struct Output {
    bytes: Vec<u8>,
    ending: &'static [u8],
    records: usize,
}

impl Output {
    fn for_file(file: &File, ending: LineEnding) -> Self {
        let ending: &[u8] = match ending {
            LineEnding::Lf => b"\n",
            LineEnding::CrLf => b"\r\n",
            LineEnding::None => b"",
        };
        let entries: usize = file.batches.iter().map(|batch| batch.entries.len() + 2).sum();
        let lines = entries + 2 + BLOCKING_FACTOR;
        let bytes = Vec::with_capacity(lines * (RECORD_LENGTH + ending.len()));
        Self { bytes, ending, records: 0 }
    }

    fn push(&mut self, line: &Line) {
        self.bytes.extend_from_slice(&line.0);
        self.bytes.extend_from_slice(self.ending);
        self.records += 1;
    }

    fn file_header(&mut self, header: &FileHeader) {
        use file_header::*;
        let mut line = Line::of_type(b'1');
        line.literal(&PRIORITY, "01")
            .at_right(&DESTINATION, &header.destination.to_string())
            .at_right(&ORIGIN, header.origin.as_str())
            .date(&CREATED_ON, header.created_on)
            .literal(&RECORD_SIZE, "094")
            .literal(&BLOCKING, "10")
            .literal(&FORMAT, "1")
            .text(&DESTINATION_NAME, &header.destination_name)
            .text(&ORIGIN_NAME, &header.origin_name)
            .text(&REFERENCE, &header.reference);
        if let Some(time) = header.created_at {
            let (hour, minute) = (time.hour().unsigned_abs(), time.minute().unsigned_abs());
            line.number(&CREATED_AT, u64::from(hour) * 100 + u64::from(minute));
        }
        line.0[MODIFIER.start - 1] = header.modifier.byte();
        self.push(&line);
    }

    fn batch(&mut self, batch: &Batch) -> Totals {
        self.batch_header(&batch.header);
        let mut totals = Totals::default();
        for item in &batch.entries {
            totals.add(item.bank, item.code, item.amount_cents);
            self.entry(item);
            if let Some(addenda) = item.addenda.as_deref() {
                totals.records += 1;
                self.push(&addenda_line(addenda, item.trace));
            }
        }
        self.batch_control(&batch.header, &totals);
        totals
    }

    fn batch_header(&mut self, header: &BatchHeader) {
        use batch_header::*;
        let mut line = Line::of_type(b'5');
        line.number(&SERVICE_CLASS, u64::from(header.service_class.number()))
            .text(&COMPANY_NAME, &header.company_name)
            .text(&DISCRETIONARY, &header.discretionary)
            .text(&COMPANY_ID, &header.company_id)
            .literal(&SEC, header.sec.as_str())
            .text(&DESCRIPTION, &header.description)
            .text(&DESCRIPTIVE_DATE, &header.descriptive_date)
            .literal(
                &ORIGINATOR_STATUS,
                match header.originator_status {
                    OriginatorStatus::Bank => "1",
                    OriginatorStatus::FederalAgency => "2",
                },
            )
            .number(&BANK, u64::from(header.bank.first_eight()))
            .number(&NUMBER, u64::from(header.number));
        if let Some(date) = header.effective_on {
            line.date(&EFFECTIVE_ON, date);
        }
        if let Some(day) = header.settlement_day {
            line.number(&SETTLEMENT_DAY, u64::from(day));
        }
        self.push(&line);
    }

    fn entry(&mut self, item: &Entry) {
        use entry::*;
        let mut line = Line::of_type(b'6');
        line.number(&CODE, u64::from(item.code.number()))
            .number(&BANK, u64::from(item.bank.number()))
            .text(&ACCOUNT, &item.account)
            .number(&AMOUNT, item.amount_cents)
            .text(&INDIVIDUAL_ID, &item.individual_id)
            .text(&NAME, &item.name)
            .text(&DISCRETIONARY, &item.discretionary)
            .number(&ADDENDA_INDICATOR, u64::from(item.addenda.is_some()))
            .number(&TRACE, item.trace.number());
        self.push(&line);
    }

    fn batch_control(&mut self, header: &BatchHeader, totals: &Totals) {
        use batch_control::*;
        let mut line = Line::of_type(b'8');
        line.number(&SERVICE_CLASS, u64::from(header.service_class.number()))
            .number(&RECORDS, totals.records)
            .number(&HASH, totals.hash_field())
            .number(&DEBITS, totals.debit_cents)
            .number(&CREDITS, totals.credit_cents)
            .text(&COMPANY_ID, &header.company_id)
            .number(&BANK, u64::from(header.bank.first_eight()))
            .number(&NUMBER, u64::from(header.number));
        self.push(&line);
    }

    fn file_control(&mut self, batches: u64, totals: &Totals) {
        use file_control::*;
        let mut line = Line::of_type(b'9');
        line.number(&BATCHES, batches)
            .number(&BLOCKS, (self.records + 1).div_ceil(BLOCKING_FACTOR) as u64)
            .number(&RECORDS, totals.records)
            .number(&HASH, totals.hash_field())
            .number(&DEBITS, totals.debit_cents)
            .number(&CREDITS, totals.credit_cents);
        self.push(&line);
    }
}

fn addenda_line(addenda: &Addenda, trace: Trace) -> Line {
    let mut line = Line::of_type(b'7');
    match addenda {
        Addenda::Payment(text) => {
            use payment_addenda::*;
            line.literal(&ADDENDA_TYPE, "05")
                .text(&INFORMATION, text)
                .number(&SEQUENCE, 1)
                .number(&ENTRY_SEQUENCE, u64::from(trace.sequence()));
        }
        Addenda::Change(change) => change_line(&mut line, change, trace),
        Addenda::Return(found) => return_line(&mut line, found, trace),
    }
    line
}

fn change_line(line: &mut Line, change: &Change, trace: Trace) {
    use change_addenda::*;
    line.literal(&ADDENDA_TYPE, "98")
        .literal(&CODE, &change.code.to_string())
        .number(&ORIGINAL_TRACE, change.original_trace.number())
        .number(&ORIGINAL_BANK, u64::from(change.original_bank.first_eight()))
        .text(&CORRECTED, &change.corrected)
        .number(&TRACE, trace.number());
    if let Some(refused) = change.refused {
        line.literal(&refusal_addenda::REFUSED_CODE, &refused.code.to_string())
            .number(&refusal_addenda::REFUSED_SEQUENCE, u64::from(refused.trace_sequence));
    }
}

fn return_line(line: &mut Line, found: &Return, trace: Trace) {
    use return_addenda::*;
    line.literal(&ADDENDA_TYPE, "99")
        .literal(&CODE, &found.code.to_string())
        .number(&ORIGINAL_TRACE, found.original_trace.number())
        .number(&ORIGINAL_BANK, u64::from(found.original_bank.first_eight()))
        .text(&INFORMATION, &found.information)
        .number(&TRACE, trace.number());
    if let Some(date) = found.died_on {
        line.date(&DIED_ON, date);
    }
}
