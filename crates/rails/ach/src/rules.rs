//! What must hold of a file's content. The writer refuses a file that breaks any of it; the reader refuses
//! what [`Fault::severity`] calls an error and only mentions the rest, because banks do.

use std::collections::BTreeMap;

use crate::layout::{
    Field, batch_control, batch_header, change_addenda, entry as fields, file_control, file_header,
};
use crate::{
    Addenda, Batch, BatchHeader, Change, Direction, Entry, Fault, File, Purpose, Return, Sec, Text,
    Totals, Trace, WriteError, description,
};

/// The most that an amount field holds, in cents: 99,999,999.99 dollars.
pub const MAX_AMOUNT_CENTS: u64 = 9_999_999_999;

/// The most that a total field holds, in cents.
pub const MAX_TOTAL_CENTS: u64 = 999_999_999_999;

/// A micro-entry credit stays under one dollar (Article Two, "Micro-Entries").
pub const MICRO_ENTRY_LIMIT_CENTS: u64 = 100;

const MAX_BATCH_RECORDS: u64 = 999_999;
const MAX_BATCH_NUMBER: u64 = 9_999_999;
const MAX_BATCHES: u64 = 999_999;
const MAX_FILE_RECORDS: u64 = 99_999_999;

/// Takes a field and what is wrong with it.
pub type Report<'a> = &'a mut dyn FnMut(&'static Field, Fault);

/// Checks a file and everything in it.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(file: &File) -> Result<(), WriteError> {
    let mut first = None;
    let mut note = |batch, entry, field: &'static Field, fault| {
        first.get_or_insert(WriteError { batch, entry, field: field.name, fault });
    };
    file_header(file, &mut |field, fault| note(None, None, field, fault));
    let mut totals = Totals::default();
    let mut last_number = None;
    for (index, batch) in file.batches.iter().enumerate() {
        let place = Some(index + 1);
        check_batch(batch, &mut |entry, field, fault| note(place, entry, field, fault));
        if last_number.is_some_and(|last| last >= batch.header.number) {
            note(place, None, &batch_header::NUMBER, NUMBERS_DESCEND);
        }
        last_number = Some(batch.header.number);
        totals.add_all(&batch.totals());
    }
    file_totals(&totals, &mut |field, fault| note(None, None, field, fault));
    first.map_or(Ok(()), Err)
}

/// Batch numbers go up within a file (Appendix Three, "Batch Number").
pub(crate) const NUMBERS_DESCEND: Fault =
    Fault::Advice("batch numbers have to ascend within the file");

/// Trace numbers go up within a batch (Appendix Three, "Sequence of Records in Files").
pub(crate) const TRACES_DESCEND: Fault =
    Fault::Advice("trace numbers have to ascend within the batch");

fn check_batch(batch: &Batch, note: &mut dyn FnMut(Option<usize>, &'static Field, Fault)) {
    header(&batch.header, &mut |field, fault| note(None, field, fault));
    let mut last: Option<Trace> = None;
    for (index, item) in batch.entries.iter().enumerate() {
        let place = Some(index + 1);
        entry(&batch.header, item, &mut |field, fault| note(place, field, fault));
        if last.is_some_and(|last| last >= item.trace) {
            note(place, &fields::TRACE, TRACES_DESCEND);
        }
        last = Some(item.trace);
    }
    whole_batch(batch, &mut |field, fault| note(None, field, fault));
}

fn at_most(number: u64, limit: u64, field: &'static Field, report: Report<'_>) {
    if number > limit {
        report(field, Fault::TooMuch(number, limit));
    }
}

fn file_header(file: &File, report: Report<'_>) {
    let header = &file.header;
    if header.origin.is_empty() {
        report(&file_header::ORIGIN, Fault::Empty);
    }
    unindented(&header.origin, &file_header::ORIGIN, report);
    unindented(&header.destination_name, &file_header::DESTINATION_NAME, report);
    unindented(&header.origin_name, &file_header::ORIGIN_NAME, report);
    unindented(&header.reference, &file_header::REFERENCE, report);
    if !(2000..2100).contains(&header.created_on.year()) {
        report(&file_header::CREATED_ON, YEAR);
    }
    if file.batches.is_empty() {
        report(&file_control::BATCHES, Fault::Advice("a file needs at least one batch"));
    }
    at_most(file.batches.len() as u64, MAX_BATCHES, &file_control::BATCHES, report);
}

/// Two digits of a year say no more.
const YEAR: Fault = Fault::Rule("the year has to lie between 2000 and 2099");

fn file_totals(totals: &Totals, report: Report<'_>) {
    at_most(totals.records, MAX_FILE_RECORDS, &file_control::RECORDS, report);
    at_most(totals.debit_cents, MAX_TOTAL_CENTS, &file_control::DEBITS, report);
    at_most(totals.credit_cents, MAX_TOTAL_CENTS, &file_control::CREDITS, report);
}

/// Alphameric fields begin at their first column (Appendix Three, "Justification").
fn unindented<const N: usize>(text: &Text<N>, field: &'static Field, report: Report<'_>) {
    if text.as_str().starts_with(' ') {
        report(field, Fault::Advice("begins with a space"));
    }
}

/// What a batch header has to say.
pub fn header(header: &BatchHeader, report: Report<'_>) {
    unindented(&header.company_name, &batch_header::COMPANY_NAME, report);
    unindented(&header.discretionary, &batch_header::DISCRETIONARY, report);
    unindented(&header.company_id, &batch_header::COMPANY_ID, report);
    unindented(&header.description, &batch_header::DESCRIPTION, report);
    unindented(&header.descriptive_date, &batch_header::DESCRIPTIVE_DATE, report);
    if header.company_name.is_empty() {
        report(&batch_header::COMPANY_NAME, Fault::Advice("is empty"));
    }
    if header.company_id.is_empty() {
        report(&batch_header::COMPANY_ID, Fault::Advice("is empty"));
    }
    if header.description.is_empty() {
        report(&batch_header::DESCRIPTION, Fault::Advice("is empty"));
    }
    if header.effective_on.is_some_and(|date| !(2000..2100).contains(&date.year())) {
        report(&batch_header::EFFECTIVE_ON, YEAR);
    }
    if header.settlement_day.is_some_and(|day| !(1..=366).contains(&day)) {
        report(&batch_header::SETTLEMENT_DAY, Fault::Rule("a year has the days 1 to 366"));
    }
    at_most(u64::from(header.number), MAX_BATCH_NUMBER, &batch_header::NUMBER, report);
}

/// What the entries of a batch have to be together.
pub fn whole_batch(batch: &Batch, report: Report<'_>) {
    if batch.entries.is_empty() {
        report(&batch_control::RECORDS, Fault::Advice("a batch needs at least one entry"));
    }
    let forward = |entry: &Entry| entry.code.purpose() != Purpose::Return;
    if batch.header.effective_on.is_none() && batch.entries.iter().any(forward) {
        report(&batch_header::EFFECTIVE_ON, Fault::Advice("forward entries need a date"));
    }
    let totals = batch.totals();
    at_most(totals.records, MAX_BATCH_RECORDS, &batch_control::RECORDS, report);
    at_most(totals.debit_cents, MAX_TOTAL_CENTS, &batch_control::DEBITS, report);
    at_most(totals.credit_cents, MAX_TOTAL_CENTS, &batch_control::CREDITS, report);
    if batch.header.description.as_str() == description::MICRO_ENTRY {
        micro_entries(batch, report);
    }
}

/// Article Two, "Micro-Entries": each credit is less than a dollar, and an account is not debited for more
/// than it was credited.
fn micro_entries(batch: &Batch, report: Report<'_>) {
    let mut accounts = BTreeMap::new();
    for entry in batch.entries.iter().filter(|entry| entry.code.purpose() == Purpose::Live) {
        let (credits, debits) =
            accounts.entry((entry.bank, entry.account)).or_insert((0_u64, 0_u64));
        match entry.code.direction() {
            Direction::Credit if entry.amount_cents >= MICRO_ENTRY_LIMIT_CENTS => {
                let words = "each credit of micro-entries is under one dollar";
                report(&batch_control::CREDITS, Fault::Advice(words));
            }
            Direction::Credit => *credits = entry.amount_cents.saturating_add(*credits),
            Direction::Debit => *debits = entry.amount_cents.saturating_add(*debits),
        }
    }
    if accounts.values().any(|(credits, debits)| *credits > 0 && debits > credits) {
        let words = "micro-entries debit an account for more than they credit";
        report(&batch_control::DEBITS, Fault::Advice(words));
    }
    let totals = batch.totals();
    if totals.debit_cents > totals.credit_cents {
        let words = "the debits of micro-entries exceed their credits";
        report(&batch_control::DEBITS, Fault::Advice(words));
    }
}

/// What must hold of one entry in a batch.
pub fn entry(header: &BatchHeader, entry: &Entry, report: Report<'_>) {
    if !header.service_class.admits(entry.code.direction()) {
        report(&fields::CODE, Fault::Direction(header.service_class));
    }
    if entry.account.is_empty() {
        report(&fields::ACCOUNT, Fault::Empty);
    }
    if entry.name.is_empty() {
        report(&fields::NAME, Fault::Advice("is empty"));
    }
    unindented(&entry.account, &fields::ACCOUNT, report);
    unindented(&entry.individual_id, &fields::INDIVIDUAL_ID, report);
    unindented(&entry.name, &fields::NAME, report);
    unindented(&entry.discretionary, &fields::DISCRETIONARY, report);
    if entry.trace.bank() != header.bank.first_eight() {
        let words = "does not begin with the bank of the batch";
        report(&fields::TRACE, Fault::Advice(words));
    }
    amount(header, entry, report);
    addenda(header, entry, report);
    if entry.code.purpose() != Purpose::Return {
        forward(header, entry, report);
    }
}

fn amount(header: &BatchHeader, entry: &Entry, report: Report<'_>) {
    at_most(entry.amount_cents, MAX_AMOUNT_CENTS, &fields::AMOUNT, report);
    let words = match (entry.code.purpose(), entry.amount_cents) {
        _ if header.sec == Sec::Cor && entry.amount_cents != 0 => "a notification moves no money",
        (Purpose::Live, 0) if header.sec != Sec::Cor => "an entry that moves money needs an amount",
        (Purpose::Prenote, 1..) => "a prenote moves no money",
        (Purpose::ZeroDollar, 1..) => "a zero-dollar entry moves no money",
        _ => return,
    };
    report(&fields::AMOUNT, Fault::Rule(words));
}

fn addenda(header: &BatchHeader, entry: &Entry, report: Report<'_>) {
    let returned = entry.code.purpose() == Purpose::Return;
    let fault = match (header.sec, entry.addenda.as_deref()) {
        (Sec::Cor, Some(Addenda::Change(_))) if !returned => {
            let words = "a notification of change has the code of a returned entry";
            return report(&fields::CODE, Fault::Advice(words));
        }
        (Sec::Cor, Some(Addenda::Change(found))) => change(found),
        (Sec::Cor, _) => Some(Fault::Rule("a notification of change needs addenda of type 98")),
        (_, Some(Addenda::Change(_))) => {
            Some(Fault::Rule("a notification of change stands in a batch of class COR"))
        }
        (_, Some(Addenda::Return(_))) if !returned => {
            let words = "a return has the code of a returned entry";
            return report(&fields::CODE, Fault::Advice(words));
        }
        (_, Some(Addenda::Return(found))) => tells_of_death(found),
        _ if returned => Some(Fault::Rule("a returned entry needs addenda of type 99")),
        (sec, Some(Addenda::Payment(_))) if !sec.may_carry_addenda() => {
            Some(Fault::Rule("entries of this class carry no payment information"))
        }
        (_, Some(Addenda::Payment(text))) if text.is_empty() || text.as_str().starts_with(' ') => {
            Some(Fault::Advice("the payment information is empty or begins with a space"))
        }
        _ => None,
    };
    match fault {
        Some(fault @ Fault::Correction(_)) => report(&change_addenda::CORRECTED, fault),
        Some(fault) => report(&fields::ADDENDA_INDICATOR, fault),
        None => {}
    }
}

fn tells_of_death(found: &Return) -> Option<Fault> {
    let words = match (found.code.tells_of_death(), found.died_on) {
        (true, None) => "R14 and R15 tell the date of death",
        (false, Some(_)) => "only R14 and R15 tell a date of death",
        (true, Some(date)) if !(2000..2100).contains(&date.year()) => return Some(YEAR),
        _ => return None,
    };
    Some(Fault::Advice(words))
}

/// A notification gives corrected data as its code says, in 29 columns unless it corrects a foreign bank; a
/// refusal says which notification it refuses.
fn change(found: &Change) -> Option<Fault> {
    const COLUMNS: usize = 29;
    let corrected = found.corrected.as_str();
    match (found.code.is_refusal(), found.refused) {
        (true, None) => return Some(Fault::Rule("a refusal says which notification it refuses")),
        (false, Some(_)) => return Some(Fault::Rule("only C61 to C69 refuse a notification")),
        (true, Some(refused)) if refused.trace_sequence > Trace::MAX_SEQUENCE => {
            let limit = u64::from(Trace::MAX_SEQUENCE);
            return Some(Fault::TooMuch(u64::from(refused.trace_sequence), limit));
        }
        _ => {}
    }
    if corrected.len() > COLUMNS && found.code.number() != 8 {
        return Some(Fault::Advice("corrected data take up to 29 columns"));
    }
    if !found.code.needs_data() {
        return None;
    }
    found.code.parse_corrected(corrected).err().map(Fault::Correction)
}

/// What must hold of an entry that an originator sends.
fn forward(header: &BatchHeader, entry: &Entry, report: Report<'_>) {
    let reversal = header.description.as_str() == description::REVERSAL;
    match entry.code.purpose() {
        Purpose::ZeroDollar if header.sec != Sec::Ccd => {
            report(&fields::CODE, Fault::Rule("zero-dollar entries are for companies (CCD)"));
        }
        Purpose::ZeroDollar if entry.addenda.is_none() => {
            report(&fields::CODE, Fault::Rule("a zero-dollar entry carries payment information"));
        }
        _ => {}
    }
    if entry.code.number() == 55 && !reversal {
        report(&fields::CODE, Fault::Rule("a loan account is debited by a reversal only"));
    }
    let payment_type = entry.discretionary.as_str();
    let kind_known = matches!(payment_type, "S" | "R");
    match header.sec {
        Sec::Tel if entry.code.direction() == Direction::Credit && !reversal => {
            report(&fields::CODE, Fault::Rule("TEL entries are debits"));
        }
        Sec::Tel if !kind_known && !payment_type.is_empty() => {
            let words = "TEL entries say S (single), R (recurring) or nothing";
            report(&fields::DISCRETIONARY, Fault::Advice(words));
        }
        Sec::Web if !kind_known => {
            let words = "WEB entries say S (single) or R (recurring)";
            report(&fields::DISCRETIONARY, Fault::Advice(words));
        }
        _ => {}
    }
}
