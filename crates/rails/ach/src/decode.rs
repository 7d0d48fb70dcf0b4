//! From a record to what it says. `None` means that something is wrong; what, stands in the record's sink.

use crate::layout::{
    batch_control, batch_header, change_addenda, entry, file_control, file_header, payment_addenda,
    refusal_addenda, return_addenda,
};
use crate::record::Record;
use crate::{
    Addenda, BatchHeader, Change, ChangeCode, Entry, Fault, FileHeader, FileIdModifier,
    OriginatorStatus, RefusedChange, Return, ReturnCode, RoutingNumber, Sec, ServiceClass, Text,
    Trace, TransactionCode,
};

pub(crate) fn file_header(record: &mut Record<'_>) -> Option<FileHeader> {
    use file_header::*;
    record.expect(&PRIORITY, "01");
    record.expect(&RECORD_SIZE, "094");
    record.expect(&BLOCKING, "10");
    record.expect(&FORMAT, "1");
    let destination = destination(record);
    let origin = record.text(&ORIGIN);
    if origin == Some(Text::EMPTY) {
        record.fault(&ORIGIN, Fault::Advice("is empty"));
    }
    let created_on = record.date_if_any(&CREATED_ON);
    if created_on == Ok(None) {
        record.fault(&CREATED_ON, Fault::Empty);
    }
    let created_at = record.time_if_any(&CREATED_AT);
    let modifier =
        record.code(&MODIFIER, |text| FileIdModifier::from_byte(*text.as_bytes().first()?));
    let destination_name = record.text(&DESTINATION_NAME);
    let origin_name = record.text(&ORIGIN_NAME);
    let reference = record.text(&REFERENCE);
    Some(FileHeader {
        destination: destination?,
        origin: origin?,
        created_on: created_on.ok()??,
        created_at: created_at.ok()?,
        modifier: modifier?,
        destination_name: destination_name?,
        origin_name: origin_name?,
        reference: reference?,
    })
}

/// A space and nine digits, or a zero and nine digits.
fn destination(record: &mut Record<'_>) -> Option<RoutingNumber> {
    let raw = record.raw(&file_header::DESTINATION);
    let digits = raw.trim();
    let digits = digits.strip_prefix('0').filter(|rest| rest.len() == 9).unwrap_or(digits);
    let found = RoutingNumber::parse(digits);
    found.map_err(|error| record.fault(&file_header::DESTINATION, Fault::Routing(error))).ok()
}

pub(crate) fn batch_header(record: &mut Record<'_>) -> Option<BatchHeader> {
    use batch_header::*;
    let service_class = service_class(record);
    let company_name = record.text(&COMPANY_NAME);
    let discretionary = record.text(&DISCRETIONARY);
    let company_id = record.text(&COMPANY_ID);
    let sec = sec(record);
    let description = record.text(&DESCRIPTION);
    let descriptive_date = record.text(&DESCRIPTIVE_DATE);
    let effective_on = record.date_if_any(&EFFECTIVE_ON);
    let settlement_day = record.number_if_any(&SETTLEMENT_DAY);
    let originator_status = record.code(&ORIGINATOR_STATUS, |text| match text {
        "1" => Some(OriginatorStatus::Bank),
        "2" => Some(OriginatorStatus::FederalAgency),
        _ => None,
    });
    let bank = record.bank(&BANK);
    let number = record.number(&NUMBER);
    Some(BatchHeader {
        service_class: service_class?,
        company_name: company_name?,
        discretionary: discretionary?,
        company_id: company_id?,
        sec: sec?,
        description: description?,
        descriptive_date: descriptive_date?,
        effective_on: effective_on.ok()?,
        settlement_day: settlement_day.ok()?.map(|day| day as u16),
        originator_status: originator_status?,
        bank: bank?,
        number: number? as u32,
    })
}

fn service_class(record: &mut Record<'_>) -> Option<ServiceClass> {
    let number = record.number(&batch_header::SERVICE_CLASS)?;
    record.code(&batch_header::SERVICE_CLASS, |_| ServiceClass::from_number(number))
}

fn sec(record: &mut Record<'_>) -> Option<Sec> {
    let raw = record.raw(&batch_header::SEC);
    let found = Sec::parse(&raw);
    if found.is_none() {
        let known = Sec::is_known(&raw);
        let fault = if known { Fault::ForeignClass(raw) } else { Fault::Unknown(raw) };
        record.fault(&batch_header::SEC, fault);
    }
    found
}

/// The entry, and whether it announces addenda.
pub(crate) fn entry(record: &mut Record<'_>) -> Option<(Entry, bool)> {
    use entry::*;
    let code = record.number(&CODE).and_then(|number| {
        let found = TransactionCode::from_number(number as u8);
        if found.is_none() {
            record.fault(&CODE, Fault::Unknown(number.to_string()));
        }
        found
    });
    let bank = record.routing(&BANK);
    let account = record.text(&ACCOUNT);
    let amount_cents = record.number(&AMOUNT);
    let individual_id = record.text(&INDIVIDUAL_ID);
    let name = record.text(&NAME);
    let discretionary = record.text(&DISCRETIONARY);
    let announced = match record.bytes[ADDENDA_INDICATOR.start - 1] {
        b'0' => Some(false),
        b'1' => Some(true),
        _ => {
            record.fault(&ADDENDA_INDICATOR, Fault::Unknown(record.raw(&ADDENDA_INDICATOR)));
            None
        }
    };
    let trace = record.trace(&TRACE);
    let entry = Entry {
        code: code?,
        bank: bank?,
        account: account?,
        amount_cents: amount_cents?,
        individual_id: individual_id?,
        name: name?,
        discretionary: discretionary?,
        trace: trace?,
        addenda: None,
    };
    Some((entry, announced?))
}

/// Addenda to the entry of this trace, as far as the entry could be read.
pub(crate) fn addenda(record: &mut Record<'_>, trace: Option<Trace>) -> Option<Addenda> {
    match &record.bytes[payment_addenda::ADDENDA_TYPE.range()] {
        b"05" => payment(record, trace),
        b"98" => change(record, trace).map(Addenda::Change),
        b"99" => returned(record, trace).map(Addenda::Return),
        _ => {
            let raw = record.raw(&payment_addenda::ADDENDA_TYPE);
            record.fault(&payment_addenda::ADDENDA_TYPE, Fault::Unknown(raw));
            None
        }
    }
}

fn payment(record: &mut Record<'_>, trace: Option<Trace>) -> Option<Addenda> {
    use payment_addenda::*;
    record.expect(&SEQUENCE, "0001");
    let sequence = record.number(&ENTRY_SEQUENCE);
    if let (Some(found), Some(trace)) = (sequence, trace)
        && found != u64::from(trace.sequence())
    {
        record.fault(&ENTRY_SEQUENCE, Fault::Advice("is not the end of the entry's trace number"));
    }
    record.text(&INFORMATION).map(Addenda::Payment)
}

/// Compares the trace at the end of addenda with the entry's. Banks fill in all sorts of things.
fn check_trace(record: &mut Record<'_>, trace: Option<Trace>) {
    let field = &return_addenda::TRACE;
    let own = std::str::from_utf8(&record.bytes[field.range()]).ok().and_then(|t| t.parse().ok());
    if trace.is_some_and(|trace| own != Some(trace.number())) {
        record.fault(field, Fault::Advice("is not the entry's trace number"));
    }
}

fn change(record: &mut Record<'_>, trace: Option<Trace>) -> Option<Change> {
    use change_addenda::*;
    check_trace(record, trace);
    let code = record.code(&CODE, ChangeCode::parse);
    let original_trace = record.trace(&ORIGINAL_TRACE);
    let original_bank = record.bank(&ORIGINAL_BANK);
    let refusal = code.is_some_and(ChangeCode::is_refusal);
    let (corrected, refused) = if refusal {
        (record.text(&refusal_addenda::CORRECTED), Some(refused_change(record)?))
    } else {
        (record.text(&CORRECTED), None)
    };
    Some(Change {
        code: code?,
        original_trace: original_trace?,
        original_bank: original_bank?,
        corrected: corrected?,
        refused,
    })
}

fn refused_change(record: &mut Record<'_>) -> Option<RefusedChange> {
    let code = record.code(&refusal_addenda::REFUSED_CODE, ChangeCode::parse);
    let sequence = record.number(&refusal_addenda::REFUSED_SEQUENCE);
    Some(RefusedChange { code: code?, trace_sequence: sequence? as u32 })
}

fn returned(record: &mut Record<'_>, trace: Option<Trace>) -> Option<Return> {
    use return_addenda::*;
    check_trace(record, trace);
    let code = record.code(&CODE, ReturnCode::parse);
    let original_trace = record.trace(&ORIGINAL_TRACE);
    // Contested returns keep another date in these columns, and banks all sorts of things.
    let death = code.is_some_and(ReturnCode::tells_of_death);
    let died_on = if death { record.date_if_any(&DIED_ON) } else { Ok(None) };
    let original_bank = record.bank(&ORIGINAL_BANK);
    let information = record.indented(&INFORMATION, false);
    Some(Return {
        code: code?,
        original_trace: original_trace?,
        died_on: died_on.ok()?,
        original_bank: original_bank?,
        information: information?,
    })
}

/// The numbers of a control record of a batch or of the file.
pub(crate) struct Control {
    pub records: Option<u64>,
    pub hash: Option<u64>,
    pub debits: Option<u64>,
    pub credits: Option<u64>,
}

pub(crate) fn batch_control(record: &mut Record<'_>, header: Option<&BatchHeader>) -> Control {
    use batch_control::*;
    if let Some(header) = header {
        let class = format!("{}", header.service_class.number());
        repeats(record, &SERVICE_CLASS, &class);
        repeats(record, &BANK, &format!("{:08}", header.bank.first_eight()));
        repeats(record, &NUMBER, &format!("{:07}", header.number));
        if record.text(&COMPANY_ID) != Some(header.company_id) {
            let words = "does not repeat what the header of the batch says";
            record.fault(&COMPANY_ID, Fault::Advice(words));
        }
    }
    Control {
        records: record.number(&RECORDS),
        hash: record.number(&HASH),
        debits: record.number(&DEBITS),
        credits: record.number(&CREDITS),
    }
}

fn repeats(record: &mut Record<'_>, field: &'static crate::layout::Field, header: &str) {
    let found = record.raw(field);
    if found != header {
        record.fault(field, Fault::Header { header: header.to_owned(), found });
    }
}

pub(crate) fn file_control(record: &mut Record<'_>) -> (Option<u64>, Option<u64>, Control) {
    use file_control::*;
    let (batches, blocks) = (record.number(&BATCHES), record.number(&BLOCKS));
    let control = Control {
        records: record.number(&RECORDS),
        hash: record.number(&HASH),
        debits: record.number(&DEBITS),
        credits: record.number(&CREDITS),
    };
    (batches, blocks, control)
}
