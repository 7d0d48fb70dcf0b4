//! What is wrong is named by line, columns and field, in words.

use std::path::Path;

use florin_ach::{
    Addenda, Entry, Problem, RefusedChange, Severity, Text, WriteError, problems, read, write,
};

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The file with `text` put at a column (counted from 1) of a line (counted from 1).
fn altered(name: &str, line: usize, column: usize, text: &str) -> String {
    let mut lines: Vec<String> = fixture(name).lines().map(str::to_owned).collect();
    lines[line - 1].replace_range(column - 1..column - 1 + text.len(), text);
    lines.join("\n") + "\n"
}

fn told(text: &str) -> Vec<String> {
    problems(text.as_bytes()).iter().map(Problem::to_string).collect()
}

/// File, line, column, what is put there; then the problem that is told.
const ERRORS: &str = r#"
ppd_debits 1 5 231380105 / line 1, columns 4-13, immediate destination: the check digit is 5, 4 follows from the first eight digits
ppd_debits 1 4 1231380104 / line 1, columns 4-13, immediate destination: a routing number has nine digits
ppd_debits 1 24 261331 / line 1, columns 24-29, file creation date: "261331" is no date (YYMMDD)
ppd_debits 1 24 000000 / line 1, columns 24-29, file creation date: is empty
ppd_debits 1 30 2460 / line 1, columns 30-33, file creation time: "2460" is no time (HHMM)
ppd_debits 1 34 a / line 1, column 34, file ID modifier: "a" is unknown
ppd_debits 2 2 280 / line 2, columns 2-4, service class code: "280" is unknown
ppd_debits 2 51 IAT / line 2, columns 51-53, standard entry class code: IAT entries are none that Florin sends or takes (PPD, CCD, WEB, TEL, COR)
ppd_debits 2 51 ABC / line 2, columns 51-53, standard entry class code: "ABC" is unknown
ppd_debits 2 70 260229 / line 2, columns 70-75, effective entry date: "260229" is no date (YYMMDD)
ppd_debits 2 76 367 / line 2, columns 76-78, settlement date: a year has the days 1 to 366
ppd_debits 2 79 3 / line 2, column 79, originator status code: "3" is unknown
ppd_debits 3 2 25 / line 3, columns 2-3, transaction code: "25" is unknown
ppd_debits 3 2 22 / line 3, columns 2-3, transaction code: does not belong into a batch of debits only
ppd_debits 3 2 55 / line 3, columns 2-3, transaction code: a loan account is debited by a reversal only
ppd_debits 3 12 8 / line 3, columns 4-12, receiving DFI identification: the check digit is 8, 9 follows from the first eight digits
ppd_debits 3 13 __________ / line 3, columns 13-29, DFI account number: is empty
ppd_debits 3 30 00000125.5 / line 3, columns 30-39, amount: "00000125.5" should be digits
ppd_debits 3 30 0000000000 / line 3, columns 30-39, amount: an entry that moves money needs an amount
ppd_debits 3 79 1 / line 3, column 79, addenda record indicator: is 1, but no addenda follow
ppd_debits 3 79 2 / line 3, column 79, addenda record indicator: "2" is unknown
ppd_debits 5 2 77 / line 5, columns 2-3, addenda type code: "77" is unknown
ppd_debits 7 5 000005 / line 7, columns 5-10, entry/addenda count: says 5, the records add up to 4
ppd_debits 7 11 0000000001 / line 7, columns 11-20, entry hash: says 1, the records add up to 23600008
ppd_debits 7 21 000100022548 / line 7, columns 21-32, total debit entry dollar amount: says 100022548, the records add up to 100022549
ppd_debits 7 88 0000002 / line 7, columns 88-94, batch number: says 0000002, the header of the batch says 0000001
ppd_debits 8 2 000002 / line 8, columns 2-7, batch count: says 2, the records add up to 1
ppd_debits 8 8 000002 / line 8, columns 8-13, block count: says 2, the records add up to 1
ppd_debits 8 44 000000000001 / line 8, columns 44-55, total credit entry dollar amount: says 1, the records add up to 0
ccd_credits 2 51 PPD / line 5, columns 2-3, transaction code: zero-dollar entries are for companies (CCD)
ccd_credits 2 51 TEL / line 3, column 79, addenda record indicator: entries of this class carry no payment information
prenotes 3 39 1 / line 3, columns 30-39, amount: a prenote moves no money
returns 4 4 R99 / line 4, columns 4-6, return reason code: "R99" is unknown
returns 2 51 COR / line 3, columns 30-39, amount: a notification moves no money
changes 3 39 1 / line 3, columns 30-39, amount: a notification moves no money
changes 2 51 PPD / line 3, column 79, addenda record indicator: a notification of change stands in a batch of class COR
changes 4 4 C60 / line 4, columns 4-6, change code: "C60" is unknown
tel_debits 2 2 200 / line 5, columns 2-4, service class code: says 225, the header of the batch says 200
"#;

#[test]
fn errors_name_line_columns_and_field() {
    for row in ERRORS.lines().filter(|row| !row.is_empty()) {
        let (change, words) = row.split_once(" / ").unwrap();
        let [name, line, column, text] = change.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let (line, column) = (line.parse().unwrap(), column.parse().unwrap());
        let text = text.replace('_', " ");
        let altered = altered(&format!("{name}.ach"), line, column, &text);
        let problem = read(altered.as_bytes()).unwrap_err();
        assert_eq!(problem.to_string(), words, "{row}");
    }
}

#[test]
fn foreign_characters_are_named_by_their_place() {
    let altered = altered("ppd_debits.ach", 3, 58, "\u{e9}");
    let words = "line 3, columns 55-76, individual name: has a character at place 4 that a NACHA file may not hold";
    assert_eq!(read(altered.as_bytes()).unwrap_err().to_string(), words);
}

#[test]
fn errors_of_structure_name_the_line() {
    let check = |lines: &dyn Fn(Vec<&str>) -> Vec<String>, words: &str| {
        let text = fixture("ppd_debits.ach");
        let changed = lines(text.lines().collect()).join("\n");
        let problem = read(changed.as_bytes()).unwrap_err();
        assert_eq!(problem.to_string(), words);
    };
    let own = |lines: Vec<&str>| lines.into_iter().map(str::to_owned).collect::<Vec<String>>();
    let without = |index: usize| {
        move |mut lines: Vec<&str>| {
            lines.remove(index);
            own(lines)
        }
    };
    let twice = |index: usize| {
        move |mut lines: Vec<&str>| {
            lines.insert(index, lines[index]);
            own(lines)
        }
    };
    check(&without(0), "line 1: this is no NACHA file: there is no file header");
    check(&without(1), "line 2: stands outside of a batch");
    check(&without(6), "line 7: the batch before this line has no control");
    check(&twice(0), "line 2: a second file header; one file has one");
    check(&twice(4), "line 6: the entry has addenda already; Florin takes one");
    check(&twice(1), "line 3: the batch before this line has no control");
    check(&twice(7), "line 9: stands behind the file control");
    check(&|lines| own(lines[..7].to_vec()), "line 7: the file ends without a file control");
    check(&|_| Vec::new(), "line 1: this is no NACHA file: there is no file header");
    check(
        &|_| vec!["Dear bank,".to_owned()],
        "line 1: begins with 'D': records begin with 1, 5, 6, 7, 8 or 9",
    );
    let longer = |lines: Vec<&str>| {
        let mut lines = own(lines);
        lines[2].push('X');
        lines
    };
    check(&longer, "line 3: has 95 characters instead of 94");
}

#[test]
fn what_is_taken_is_mentioned() {
    let check = |text: String, words: &[&str]| {
        assert_eq!(told(&text), words);
        assert!(problems(text.as_bytes()).iter().all(|p| p.severity() == Severity::Warning));
        assert!(read(text.as_bytes()).is_ok());
    };
    let ppd = "ppd_debits.ach";
    check(fixture(ppd), &[]);
    check(
        altered(ppd, 1, 2, "02"),
        &["line 1, columns 2-3, priority code: is \"02\", should be \"01\""],
    );
    check(
        altered(ppd, 3, 30, "     12550"),
        &[
            "line 3, columns 30-39, amount: \"     12550\" is filled with spaces, should be filled with zeros",
        ],
    );
    check(
        altered(ppd, 4, 88, "0000001"),
        &[
            "line 4, columns 80-94, trace number: trace numbers have to ascend within the batch",
            "line 5, columns 88-94, entry detail sequence number: is not the end of the entry's trace number",
        ],
    );
    check(
        altered("micro_entries.ach", 2, 70, "      "),
        &["line 2, columns 70-75, effective entry date: forward entries need a date"],
    );
    check(
        altered("web.ach", 3, 77, " "),
        &["line 3, columns 77-78, discretionary data: WEB entries say S (single) or R (recurring)"],
    );
    check(
        altered("returns.ach", 3, 2, "27"),
        &["line 3, columns 2-3, transaction code: a return has the code of a returned entry"],
    );
    check(
        altered("changes.ach", 6, 36, "021000022"),
        &["line 6, columns 36-70, corrected data: the corrected routing number is wrong: \
           the check digit is 2, 1 follows from the first eight digits"],
    );
    let text = fixture(ppd);
    let unfilled: Vec<&str> = text.lines().take(8).collect();
    check(unfilled.join("\n"), &["line 8: 0 records of nines fill the last block, should be 2"]);
    let mut short: Vec<&str> = text.lines().collect();
    short[7] = short[7].trim_end();
    check(
        short.join("\n"),
        &["line 8: has 55 characters instead of 94; read as if filled with spaces"],
    );
}

#[test]
fn all_problems_are_listed_not_only_the_first() {
    let text = altered("ppd_debits.ach", 3, 2, "99");
    let text = text.replace("261125", "261399");
    let expected = [
        "line 2, columns 70-75, effective entry date: \"261399\" is no date (YYMMDD)",
        "line 3, columns 2-3, transaction code: \"99\" is unknown",
    ];
    assert_eq!(told(&text), expected);
    let garbage = "?\n".repeat(5_000);
    let all = told(&garbage);
    assert_eq!(all.len(), 1_001);
    assert!(all[1_000].ends_with("has more problems; the rest is not listed"));
}

#[test]
fn the_writer_refuses_what_the_reader_forgives() {
    let check = |name: &str, line: usize, column: usize, text: &str, words: &str| {
        let file = read(altered(name, line, column, text).as_bytes()).unwrap();
        let error: WriteError = write(&file).unwrap_err();
        assert_eq!(error.to_string(), words);
    };
    check("ppd_debits.ach", 2, 5, &" ".repeat(16), "batch 1, company name: is empty");
    check("ppd_debits.ach", 3, 55, &" ".repeat(22), "batch 1, entry 1, individual name: is empty");
    check(
        "ppd_debits.ach",
        4,
        88,
        "0000001",
        "batch 1, entry 2, trace number: trace numbers have to ascend within the batch",
    );
    check(
        "ppd_debits.ach",
        3,
        80,
        "09",
        "batch 1, entry 1, trace number: does not begin with the bank of the batch",
    );
    check(
        "web.ach",
        3,
        77,
        " ",
        "batch 1, entry 1, discretionary data: WEB entries say S (single) or R (recurring)",
    );
    check(
        "ppd_debits.ach",
        2,
        70,
        "000000",
        "batch 1, effective entry date: forward entries need a date",
    );
    let mut file = read(fixture("ppd_debits.ach").as_bytes()).unwrap();
    file.batches[0].entries[1].amount_cents = 10_000_000_000;
    let error = write(&file).unwrap_err().to_string();
    assert_eq!(
        error,
        "batch 1, entry 2, amount: 10000000000 does not fit, the field takes up to 9999999999"
    );
    file.batches[0].entries.clear();
    let error = write(&file).unwrap_err().to_string();
    assert_eq!(
        error,
        "batch 1, effective entry date: forward entries need a date".replace(
            "effective entry date: forward entries need a date",
            "entry/addenda count: a batch needs at least one entry",
        )
    );
    file.batches.clear();
    assert_eq!(
        write(&file).unwrap_err().to_string(),
        "batch count: a file needs at least one batch"
    );
}

#[test]
fn what_no_reader_could_tell_is_not_written() {
    let check = |name: &str, change: &dyn Fn(&mut Entry), words: &str| {
        let mut file = read(fixture(name).as_bytes()).unwrap();
        let batch = file.batches.len() - 1;
        change(&mut file.batches[batch].entries[0]);
        assert_eq!(write(&file).unwrap_err().to_string(), words);
    };
    let indented = |entry: &mut Entry| entry.name = Text::keeping_indent(" ANN").unwrap();
    let words = "batch 1, entry 1, individual name: begins with a space";
    check("ppd_debits.ach", &indented, words);
    let with_date = |entry: &mut Entry| {
        let Some(Addenda::Return(found)) = entry.addenda.as_deref_mut() else { panic!() };
        found.died_on = Some(jiff::civil::date(2026, 1, 1));
    };
    let words = "batch 3, entry 1, addenda record indicator: only R14 and R15 tell a date of death";
    check("returns.ach", &with_date, words);
    let refusal = |sequence: Option<u32>| {
        move |entry: &mut Entry| {
            let Some(Addenda::Change(found)) = entry.addenda.as_deref_mut() else { panic!() };
            let code = found.refused.unwrap().code;
            found.refused = sequence.map(|trace_sequence| RefusedChange { code, trace_sequence });
        }
    };
    let words = "batch 2, entry 1, addenda record indicator: 10000000 does not fit, the field takes up to 9999999";
    check("changes.ach", &refusal(Some(10_000_000)), words);
    let words =
        "batch 2, entry 1, addenda record indicator: a refusal says which notification it refuses";
    check("changes.ach", &refusal(None), words);
}

#[test]
fn micro_entries_keep_their_rules() {
    let check = |change: &dyn Fn(&mut florin_ach::File), words: &str| {
        let mut file = read(fixture("micro_entries.ach").as_bytes()).unwrap();
        change(&mut file);
        assert_eq!(write(&file).unwrap_err().to_string(), words);
    };
    check(
        &|file| file.batches[0].entries[0].amount_cents = 100,
        "batch 1, total credit entry dollar amount: each credit of micro-entries is under one dollar",
    );
    check(
        &|file| file.batches[0].entries[2].amount_cents = 47,
        "batch 1, total debit entry dollar amount: micro-entries debit an account for more than they credit",
    );
}
