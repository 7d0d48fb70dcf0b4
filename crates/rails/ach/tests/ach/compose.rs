//! A day in the life of a bank: debits go out, returns and notifications come back, errors are reversed.

use florin_ach::compose::{self, Receiver};
use florin_ach::{
    AccountType, Batch, BatchHeader, ChangeCode, Correction, Direction, Entry, File, FileHeader,
    FileIdModifier, OriginatorStatus, ReturnCode, RoutingNumber, Sec, ServiceClass, Text, Trace,
    TransactionCode, description, read, write,
};
use jiff::civil::date;

fn text<const N: usize>(text: &str) -> Text<N> {
    Text::new(text).unwrap()
}

fn ours() -> RoutingNumber {
    RoutingNumber::parse("121042882").unwrap()
}

fn theirs() -> RoutingNumber {
    RoutingNumber::parse("091000019").unwrap()
}

fn trace(bank: RoutingNumber, sequence: u32) -> Trace {
    Trace::new(bank, sequence).unwrap()
}

fn ann() -> Receiver {
    Receiver {
        account_type: AccountType::Checking,
        bank: theirs(),
        account: text("0012345678"),
        individual_id: text("LOAN-1"),
        name: Text::fit("Ánn Example"),
    }
}

fn batch(what: &str, entries: Vec<Entry>) -> Batch {
    let header = BatchHeader {
        service_class: ServiceClass::of(&entries),
        company_name: text("FLORIN LENDING"),
        discretionary: Text::EMPTY,
        company_id: text("1210428820"),
        sec: Sec::Ppd,
        description: text(what),
        descriptive_date: Text::EMPTY,
        effective_on: Some(date(2026, 11, 25)),
        settlement_day: None,
        originator_status: OriginatorStatus::Bank,
        bank: ours(),
        number: 1,
    };
    Batch { header, entries }
}

/// Writes the batches as a file, reads it back, and hands out the batches that came out.
fn sent(batches: Vec<Batch>) -> Vec<Batch> {
    let header = FileHeader {
        destination: RoutingNumber::parse("231380104").unwrap(),
        origin: text("121042882"),
        created_on: date(2026, 11, 24),
        created_at: None,
        modifier: FileIdModifier::FIRST,
        destination_name: text("RESERVE BANK"),
        origin_name: text("EXAMPLE BANK"),
        reference: Text::EMPTY,
    };
    let file = File { header, batches };
    let written = write(&file).unwrap_or_else(|error| panic!("{error}"));
    let found = read(&written).unwrap();
    assert_eq!(found, file);
    found.batches
}

#[test]
fn micro_entries_go_out_together() {
    let entries = ann().micro_entries([18, 28], trace(ours(), 5)).unwrap();
    let sent = sent(vec![batch(description::MICRO_ENTRY, entries.to_vec())]);
    let found: Vec<(u8, u64, u32)> = sent[0]
        .entries
        .iter()
        .map(|entry| (entry.code.number(), entry.amount_cents, entry.trace.sequence()))
        .collect();
    assert_eq!(found, [(22, 18, 5), (22, 28, 6), (27, 46, 7)]);
    let last = trace(ours(), Trace::MAX_SEQUENCE - 1);
    assert_eq!(ann().micro_entries([1, 2], last), None);
}

#[test]
fn a_returned_entry_finds_its_way_back() {
    let debit = ann().live(Direction::Debit, 12_550, trace(ours(), 1));
    let outgoing = sent(vec![batch("LOAN PYMT", vec![debit])]).remove(0);
    let code = ReturnCode::parse("R01").unwrap();
    let original = &outgoing.entries[0];
    let entry = compose::return_entry(original, code.into(), ours(), trace(theirs(), 901));
    let entries = vec![entry];
    let header = compose::answering_header(&outgoing.header, Sec::Ppd, &entries, theirs(), 1);
    let returned = sent(vec![Batch { header, entries }]).remove(0);
    let entry = &returned.entries[0];
    assert_eq!((entry.code.number(), entry.bank, entry.amount_cents), (26, ours(), 12_550));
    let told = entry.as_return().unwrap();
    assert_eq!((told.code, told.original_trace), (code, original.trace));
    assert_eq!(told.original_bank, theirs());
    assert_eq!(returned.header.company_id, outgoing.header.company_id);
}

#[test]
fn a_notification_corrects_the_next_entry() {
    let debit = ann().live(Direction::Debit, 12_550, trace(ours(), 1));
    let outgoing = batch("LOAN PYMT", vec![debit.clone()]);
    let correction = Correction {
        account: Some(text("0099999999")),
        transaction_code: TransactionCode::from_number(37),
        ..Correction::default()
    };
    let code = ChangeCode::parse("C06").unwrap();
    let entry =
        compose::change_entry(&debit, code, &correction, ours(), trace(theirs(), 902)).unwrap();
    let entries = vec![entry];
    let header = compose::answering_header(&outgoing.header, Sec::Cor, &entries, theirs(), 1);
    let told = sent(vec![Batch { header, entries }]).remove(0);
    let change = told.entries[0].as_change().unwrap();
    assert_eq!(change.code.parse_corrected(change.corrected.as_str()), Ok(correction));
    assert_eq!(told.entries[0].amount_cents, 0);
    let lacking =
        compose::change_entry(&debit, code, &Correction::default(), ours(), trace(theirs(), 903));
    assert!(lacking.is_err());
}

#[test]
fn a_reversal_mirrors_what_it_takes_back() {
    let wrong = batch("LOAN PYMT", vec![ann().live(Direction::Debit, 700, trace(ours(), 1))]);
    let entry = compose::reversing_entry(&wrong.entries[0], trace(ours(), 2)).unwrap();
    let entries = vec![entry];
    let header = compose::reversing_header(&wrong.header, &entries, date(2026, 11, 27), 2);
    let reversal = Batch { header, entries };
    let sent = sent(vec![wrong, reversal]);
    assert_eq!(sent[1].header.description.as_str(), description::REVERSAL);
    assert_eq!(sent[1].header.service_class, ServiceClass::Credits);
    assert_eq!(sent[1].entries[0].code.number(), 22);
    assert_eq!(sent[0].totals().debit_cents, sent[1].totals().credit_cents);
    let prenote = ann().prenote(Direction::Debit, trace(ours(), 3)).unwrap();
    assert_eq!(compose::reversing_entry(&prenote, trace(ours(), 4)), None);
}
