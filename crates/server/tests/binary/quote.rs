//! `florin quote`: the two repayment tables that the lending document prints, cent for cent.
//! (Its last total of the second table is a penny more than its own columns add up to.)

use serde_json::Value;

use crate::support::{florin, florin_ok, stderr};

/// due, principal, interest, total, principal after
type Row = [&'static str; 5];

const EQUAL_PRINCIPAL: &[Row] = &[
    ["2023-02-01", "2000.00", "122.30", "2122.30", "10000.00"],
    ["2023-03-01", "2000.00", "92.05", "2092.05", "8000.00"],
    ["2023-04-01", "2000.00", "81.53", "2081.53", "6000.00"],
    ["2023-05-01", "2000.00", "59.18", "2059.18", "4000.00"],
    ["2023-06-01", "2000.00", "40.77", "2040.77", "2000.00"],
    ["2023-07-01", "2000.00", "19.73", "2019.73", "0.00"],
];

const EQUAL_INSTALMENTS: &[Row] = &[
    ["2023-05-24", "1940.39", "130.19", "2070.58", "10059.61"],
    ["2023-06-23", "1971.36", "99.22", "2070.58", "8088.25"],
    ["2023-07-24", "1988.15", "82.43", "2070.58", "6100.10"],
    ["2023-08-24", "2008.41", "62.17", "2070.58", "4091.69"],
    ["2023-09-22", "2031.57", "39.01", "2070.58", "2060.12"],
    ["2023-10-24", "2060.12", "21.67", "2081.79", "0.00"],
];

fn args(flags: &str) -> Vec<&str> {
    ["quote", "--amount", "12000", "--rate", "12", "--installments", "6"]
        .into_iter()
        .chain(flags.split_whitespace())
        .collect()
}

fn check(flags: &str, rows: &[Row], interest: &str, total: &str) {
    let mut args = args(flags);
    args.push("--json");
    let quote: Value = serde_json::from_str(&florin_ok(&args)).unwrap();
    let fields = ["due_date", "principal", "interest", "total", "principal_after"];
    let quoted: Vec<Vec<&str>> = quote["installments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| fields.iter().map(|field| row[field].as_str().unwrap()).collect())
        .collect();
    assert_eq!(quoted, rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>());
    assert_eq!(quote["totals"]["principal"], "12000.00");
    assert_eq!(quote["totals"]["interest"], interest);
    assert_eq!(quote["totals"]["total"], total);
}

#[test]
fn the_golden_tables_come_out() {
    check(
        "--method equal-principal --disbursement-date 2023-01-01 --day 1",
        EQUAL_PRINCIPAL,
        "415.56",
        "12415.56",
    );
    let second = "--disbursement-date 2023-04-21 --day 24 --calendar GB-ENG";
    for words in [
        "--method equal-instalments --holiday-scheduling before",
        "--method equal_instalments --holiday-scheduling last_business_day_before_the_day",
    ] {
        check(&format!("{words} {second}"), EQUAL_INSTALMENTS, "434.69", "12434.69");
    }
}

#[test]
fn people_get_a_table() {
    let table = florin_ok(&args("--disbursement-date 2023-01-01 --day 1"));
    assert!(table.contains("principal after"), "{table}");
    assert!(table.contains("12,415.56"), "{table}");
    assert!(table.contains("Annual percentage rate"), "{table}");
}

#[test]
fn exact_instalments_and_fees_are_quoted() {
    let terms =
        "--method exact --disbursement-date 2023-04-21 --day 24 --holiday-scheduling before";
    let json = |flags: &str| -> Value {
        let flags = format!("{terms} {flags} --json");
        serde_json::from_str(&florin_ok(&args(&flags))).unwrap()
    };
    let plain = json("");
    let totals: Vec<i64> = plain["installments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["total"].as_str().unwrap().replace('.', "").parse().unwrap())
        .collect();
    assert_eq!(totals.len(), 6);
    assert!(totals.windows(2).take(4).all(|pair| pair[0] == pair[1]), "{totals:?}");
    assert!((totals[5] - totals[0]).abs() <= 6, "{totals:?}");
    // 50.00, then 1 % of 12,050.00.
    let fees = json("--disbursement-fee 50 --disbursement-fee 1%");
    assert_eq!(fees["installments"][0]["fee"], "170.50");
    assert_eq!(fees["totals"]["fee"], "170.50");
    assert_eq!(fees["totals"]["interest"], plain["totals"]["interest"]);
    assert_ne!(fees["apr"], plain["apr"]);
    let table = florin_ok(&args(&format!("{terms} --disbursement-fee 170.50")));
    assert!(table.contains("fee") && table.contains("170.50"), "{table}");
    assert!(!florin_ok(&args(terms)).contains("fee"));
    for wrong in ["-1", "x", "1.001", "x%"] {
        let flag = format!("--disbursement-fee={wrong}");
        let mut args = args(terms);
        args.push(&flag);
        let refused = florin(&args);
        assert!(!refused.status.success() && stderr(&refused).contains("--disbursement-fee"));
    }
}

#[test]
fn a_wrong_term_is_named() {
    let check = |flags: &str, expected: &str| {
        let output = florin(&args(flags));
        assert_eq!(output.status.code(), Some(2), "{flags}");
        assert!(stderr(&output).contains(expected), "{flags}: {}", stderr(&output));
    };
    check("--disbursement-date 2023-02-30", "--disbursement-date");
    check("--disbursement-date 2023-01-01 --day 32", "--day 32");
    check("--disbursement-date 2023-01-01 --calendar MARS", "--calendar MARS");
    check("--disbursement-date 2023-01-01 --day-count 1/1", "--day-count 1/1");
    check("--disbursement-date 2023-01-01 --currency XYZ", "--currency XYZ");
    check(
        "--disbursement-date 2023-01-01 --first-repayment-date 2022-01-01",
        "--first-repayment-date",
    );
}
