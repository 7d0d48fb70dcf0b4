//! Files of every kind, written by hand from the format: read, written back to the byte, and inspected.

use std::path::Path;

use florin_ach::{
    Accounts, Direction, File, LineEnding, Problem, Purpose, ReturnCode, Sec, Severity,
    TransactionCode, describe, problems, read, read_all, records, salvage, write, write_as,
};

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const ALL: [&str; 9] = [
    "ppd_debits.ach",
    "ccd_credits.ach",
    "web.ach",
    "tel_debits.ach",
    "prenotes.ach",
    "micro_entries.ach",
    "reversals.ach",
    "returns.ach",
    "changes.ach",
];

fn file(name: &str) -> File {
    read(&fixture(name)).unwrap_or_else(|problem| panic!("{name}: {problem}"))
}

#[test]
fn every_kind_is_read_and_written_back_to_the_byte() {
    for name in ALL {
        let bytes = fixture(name);
        assert_eq!(problems(&bytes), [], "{name}");
        let written = write(&file(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(String::from_utf8(written), String::from_utf8(bytes), "{name}");
    }
}

#[test]
fn debits_say_who_pays_what() {
    let file = file("ppd_debits.ach");
    assert_eq!(file.header.destination.to_string(), "231380104");
    assert_eq!(file.header.origin.as_str(), "121042882");
    assert_eq!(file.header.created_at, Some(jiff::civil::time(14, 5, 0, 0)));
    assert_eq!(file.header.reference.as_str(), "LOANS-01");
    let batch = &file.batches[0];
    assert_eq!(batch.header.effective_on, Some(jiff::civil::date(2026, 11, 25)));
    let found: Vec<(u8, &str, u64, &str)> = batch
        .entries
        .iter()
        .map(|entry| {
            (entry.code.number(), entry.account.as_str(), entry.amount_cents, entry.name.as_str())
        })
        .collect();
    let expected = [
        (27, "0012345678", 12_550, "ANN EXAMPLE"),
        (37, "SAV-99871-2", 9_999, "BORIS SAMPLE"),
        (27, "44556677889900112", 100_000_000, "CARLA O'TEST-SPECIMEN"),
    ];
    assert_eq!(found, expected);
    let totals = file.totals();
    assert_eq!((totals.records, totals.debit_cents, totals.credit_cents), (4, 100_022_549, 0));
    assert_eq!(totals.hash_field(), 9_100_001 + 2_100_002 + 12_400_005);
}

#[test]
fn prenotes_and_micro_entries_are_told_apart() {
    let prenotes = file("prenotes.ach");
    let entries = &prenotes.batches[0].entries;
    assert!(entries.iter().all(|entry| entry.code.purpose() == Purpose::Prenote));
    let micro = file("micro_entries.ach");
    let codes: Vec<TransactionCode> =
        micro.batches[0].entries.iter().map(|entry| entry.code).collect();
    let directions: Vec<Direction> = codes.iter().map(|code| code.direction()).collect();
    assert_eq!(directions, [Direction::Credit, Direction::Credit, Direction::Debit]);
    assert_eq!(micro.totals().credit_cents, micro.totals().debit_cents);
}

#[test]
fn returns_name_their_entry_and_reason() {
    let file = file("returns.ach");
    let entries: Vec<_> = file.batches.iter().flat_map(|batch| &batch.entries).collect();
    let found: Vec<(ReturnCode, String)> = entries
        .iter()
        .filter_map(|entry| entry.as_return())
        .map(|found| (found.code, found.original_trace.to_string()))
        .collect();
    let expected = [(1, "1"), (10, "2"), (15, "77"), (68, "78")].map(|(code, sequence)| {
        (ReturnCode::from_number(code).unwrap(), format!("12104288{sequence:0>7}"))
    });
    assert_eq!(found, expected);
    let died_on = entries[2].as_return().unwrap().died_on;
    assert_eq!(died_on, Some(jiff::civil::date(2026, 11, 1)));
    let untimely = entries[3].as_return().unwrap();
    assert_eq!(untimely.information.as_str(), "   09100001000001532701UNTIMELY RETURN");
    assert_eq!(file.batches[0].header.settlement_day, Some(329));
    assert_eq!(file.batches[1].header.effective_on, None);
}

#[test]
fn notifications_say_what_would_be_right() {
    let file = file("changes.ach");
    assert!(file.batches.iter().all(|batch| batch.header.sec == Sec::Cor));
    let mut told = Vec::new();
    for entry in &file.batches[0].entries {
        let change = entry.as_change().unwrap();
        let found = change.code.parse_corrected(change.corrected.as_str()).unwrap();
        let routing = found.routing.map(|routing| routing.to_string()).unwrap_or_default();
        let account = found.account.unwrap_or_default().to_string();
        let code = found.transaction_code.map_or(0, TransactionCode::number);
        told.push((change.code.to_string(), routing, account, code));
    }
    let row = |code: &str, routing: &str, account: &str, kind: u8| {
        (code.to_owned(), routing.to_owned(), account.to_owned(), kind)
    };
    let expected = [
        row("C01", "", "0012345679", 0),
        row("C02", "021000021", "", 0),
        row("C03", "021000021", "0012345679", 0),
        row("C04", "", "", 0),
        row("C05", "", "", 37),
        row("C06", "", "0012345679", 37),
        row("C07", "021000021", "0012345679", 37),
        row("C09", "", "", 0),
    ];
    assert_eq!(told, expected);
    let refusal = file.batches[1].entries[0].as_change().unwrap();
    let refused = refusal.refused.unwrap();
    assert_eq!((refused.code.to_string().as_str(), refused.trace_sequence), ("C01", 911));
}

#[test]
fn what_banks_do_differently_is_taken() {
    for name in ALL {
        let (bytes, expected) = (fixture(name), file(name));
        let text = String::from_utf8(bytes.clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let unfilled: Vec<&str> =
            lines.iter().copied().filter(|line| *line != "9".repeat(94)).collect();
        let trimmed: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
        let variants = [
            text.replace('\n', "\r\n"),
            text.replace('\n', "\r"),
            text.replace('\n', ""),
            text.replace('\n', "  \n"),
            text.trim_end().to_owned(),
            unfilled.join("\n"),
            trimmed.join("\n"),
            format!("{text}\u{1a}"),
            format!("{text}\n\n\n"),
            format!("\u{feff}{text}"),
            lines.join("\n\n"),
        ];
        for (number, variant) in variants.into_iter().enumerate() {
            let reading = read_all(variant.as_bytes());
            let worst = reading.problems.iter().map(Problem::severity).max();
            assert!(worst < Some(Severity::Error), "{name} {number}: {:?}", reading.problems);
            assert_eq!(reading.file.as_ref(), Some(&expected), "{name} {number}");
        }
    }
}

#[test]
fn every_line_ending_is_written() {
    let expected = file("web.ach");
    for (ending, between) in
        [(LineEnding::Lf, "\n"), (LineEnding::CrLf, "\r\n"), (LineEnding::None, "")]
    {
        let written = String::from_utf8(write_as(&expected, ending).unwrap()).unwrap();
        let plain = String::from_utf8(fixture("web.ach")).unwrap();
        assert_eq!(written, plain.replace('\n', between));
        assert_eq!(written.len() % (10 * (94 + between.len())), 0);
    }
}

#[test]
fn addenda_are_told_in_words() {
    let told = |name: &str, number: usize, accounts| {
        let file = file(name);
        let entry = &file.batches[0].entries[number];
        describe(entry.addenda.as_deref().unwrap(), accounts).join("; ")
    };
    let check = |name: &str, number, expected: &str| {
        assert_eq!(told(name, number, Accounts::Masked), expected);
    };
    check("returns.ach", 0, "R01 Insufficient funds; entry 121042880000001 to 091000019");
    check(
        "returns.ach",
        1,
        "R10 Originator not known or not authorised to debit; entry 121042880000002 to 021000021; \
         \"NOT KNOWN TO CUSTOMER\"",
    );
    let changed =
        "C01 Incorrect account number; entry 121042880000001 to 091000019; should be account ";
    check("changes.ach", 0, &format!("{changed}******5679"));
    assert_eq!(told("changes.ach", 0, Accounts::Shown), format!("{changed}0012345679"));
}

#[test]
fn what_is_left_of_a_broken_file_can_be_looked_at() {
    let text = String::from_utf8(fixture("returns.ach")).unwrap();
    assert!(salvage(text.as_bytes()).sound);
    // Without the control of the first batch, its entries are there all the same.
    let control = text.lines().position(|line| line.starts_with('8')).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let left = [&lines[..control], &lines[control + 1..]].concat().join("\n");
    let found = salvage(left.as_bytes());
    assert!(!found.sound && !found.problems.is_empty());
    assert_eq!(found.header, Some(file("returns.ach").header));
    assert_eq!(found.batches, file("returns.ach").batches);
    assert_eq!(read_all(left.as_bytes()).file, None);
    let records: Vec<(usize, &[u8])> = records(left.as_bytes()).collect();
    assert_eq!(records[control], (control + 1, lines[control + 1].as_bytes()));
}
