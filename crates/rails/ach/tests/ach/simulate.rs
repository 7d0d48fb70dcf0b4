//! The simulated receiving bank answers as its account numbers ask for, in files that pass every check.

use florin_ach::compose::Receiver;
use florin_ach::simulate::{Answering, Verdict, answering_file, answers, verdict};
use florin_ach::{
    AccountType, Batch, BatchHeader, ChangeCode, Direction, Entry, File, FileHeader,
    FileIdModifier, OriginatorStatus, ReturnCode, RoutingNumber, Sec, ServiceClass, Text, Trace,
    description, problems, read, write,
};
use jiff::civil::date;

fn receiver(account: &str, bank: &str) -> Receiver {
    Receiver {
        account_type: AccountType::Checking,
        bank: RoutingNumber::parse(bank).unwrap(),
        account: Text::new(account).unwrap(),
        individual_id: Text::new("LOAN-1").unwrap(),
        name: Text::new("ANN EXAMPLE").unwrap(),
    }
}

fn header(described: &str, number: u32) -> BatchHeader {
    BatchHeader {
        service_class: ServiceClass::Mixed,
        company_name: Text::new("FLORIN LENDING").unwrap(),
        discretionary: Text::EMPTY,
        company_id: Text::new("1210428820").unwrap(),
        sec: Sec::Ppd,
        description: Text::new(described).unwrap(),
        descriptive_date: Text::EMPTY,
        effective_on: Some(date(2026, 11, 25)),
        settlement_day: None,
        originator_status: OriginatorStatus::Bank,
        bank: RoutingNumber::parse("121042882").unwrap(),
        number,
    }
}

fn entry(account: &str, bank: &str, direction: Direction, sequence: u32) -> Entry {
    let trace = Trace::new(header("X", 1).bank, sequence).unwrap();
    receiver(account, bank).live(direction, 12_550, trace)
}

fn sent(batches: Vec<Batch>) -> File {
    let header = FileHeader {
        destination: RoutingNumber::parse("231380104").unwrap(),
        origin: Text::new("121042882").unwrap(),
        created_on: date(2026, 11, 24),
        created_at: None,
        modifier: FileIdModifier::FIRST,
        destination_name: Text::new("RESERVE BANK").unwrap(),
        origin_name: Text::new("EXAMPLE BANK").unwrap(),
        reference: Text::EMPTY,
    };
    File { header, batches }
}

#[test]
fn account_numbers_choose_what_happens() {
    let check = |described: &str, account: &str, direction: Direction, expected: &str| {
        let entry = entry(account, "091000019", direction, 1);
        let found = match verdict(&header(described, 1), &entry) {
            Verdict::Settles => "settles".to_owned(),
            Verdict::Returned(code) => code.to_string(),
            Verdict::Changed(code) => code.to_string(),
        };
        assert_eq!(found, expected, "{described} {account} {direction}");
    };
    let (credit, debit) = (Direction::Credit, Direction::Debit);
    check("LOAN PYMT", "0012345678", debit, "settles");
    check("LOAN PYMT", "9900101", debit, "R01");
    check("LOAN PYMT", "9900101", credit, "settles");
    check("LOAN PYMT", "9900102777", debit, "R02");
    check("LOAN PYMT", "9900102777", credit, "R02");
    check("LOAN PYMT", "9900123", debit, "settles");
    check("LOAN PYMT", "9900123", credit, "R23");
    check("LOAN PYMT", "9900161", debit, "settles");
    check("LOAN PYMT", "9900171", debit, "settles");
    check("LOAN PYMT", "9900199", debit, "settles");
    check("LOAN PYMT", "99001X1", debit, "settles");
    check("LOAN PYMT", "9900201", debit, "C01");
    check("LOAN PYMT", "9900261", debit, "settles");
    // Trial deposits reach an account that cannot pay later.
    check(description::MICRO_ENTRY, "9900101", debit, "settles");
    check(description::MICRO_ENTRY, "9900103", credit, "R03");
    check(description::RETRY, "9900101", debit, "R01");
    check(description::RETRY, "99001011", debit, "settles");
    check("LOAN PYMT", "99001011", debit, "R01");
}

#[test]
fn answers_come_in_files_that_pass_every_check() {
    let mut entries: Vec<Entry> = Vec::new();
    for code in ReturnCode::all() {
        let account = format!("99001{:02}", code.number());
        entries.push(entry(&account, "091000019", Direction::Debit, entries.len() as u32 + 1));
    }
    for code in ChangeCode::all() {
        let account = format!("99002{:02}", code.number());
        entries.push(entry(&account, "021000021", Direction::Debit, entries.len() as u32 + 1));
    }
    let second = Batch {
        header: header("LOAN PYMT", 2),
        entries: vec![entry("9900204", "021000021", Direction::Credit, 500)],
    };
    let file = sent(vec![Batch { header: header("LOAN PYMT", 1), entries }, second]);
    let written = read(&write(&file).unwrap()).unwrap();
    let answers = answers(&written, date(2026, 11, 25));
    let facts = Answering {
        on: date(2026, 11, 27),
        at: None,
        modifier: FileIdModifier::FIRST,
        first_sequence: 1,
    };
    let back = answering_file(&file, &answers, &facts).unwrap();
    let bytes = write(&back).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(problems(&bytes), []);
    assert_eq!(read(&bytes).unwrap(), back);
    assert_eq!(back.header.destination.to_string(), "121042882");
    let kinds: Vec<(Sec, usize)> =
        back.batches.iter().map(|batch| (batch.header.sec, batch.entries.len())).collect();
    assert_eq!(kinds, [(Sec::Cor, 14), (Sec::Ppd, 42), (Sec::Cor, 1)]);
    assert_eq!(answering_file(&file, &[], &facts), None);
}

#[test]
fn answers_take_their_time() {
    let batch = Batch {
        header: header("LOAN PYMT", 1),
        entries: ["9900101", "9900110", "9900201", "1234567"]
            .into_iter()
            .zip(1..)
            .map(|(account, sequence)| entry(account, "091000019", Direction::Debit, sequence))
            .collect(),
    };
    let found = answers(&sent(vec![batch]), date(2026, 11, 25));
    let dates: Vec<_> = found.iter().map(|answer| (answer.entry, answer.due_on)).collect();
    // Thanksgiving is no banking day.
    let expected = [(0, date(2026, 11, 27)), (1, date(2026, 12, 16)), (2, date(2026, 11, 27))];
    assert_eq!(dates, expected);
}
