//! `florin ach`: NACHA files printed and checked, without a database.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::support::{command, florin, florin_ok, stderr};

fn sample(name: &str) -> String {
    let samples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../rails/ach/tests/files");
    samples.join(name).to_str().unwrap().to_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Runs `florin` with this on its standard input.
fn piped(args: &[&str], input: &str) -> Output {
    let mut command = command(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// The file with an amount that is none, in line 3.
fn broken() -> String {
    let text = std::fs::read_to_string(sample("ppd_debits.ach")).unwrap();
    text.replacen("0000012550", "00000X2550", 1)
}

#[test]
fn files_are_tables() {
    let table = florin_ok(&["ach", "inspect", &sample("returns.ach")]);
    for part in [
        "File A of 2026-11-23 06:10",
        "to    121042882   EXAMPLE BANK",
        "3 batches, 4 entries, 4 returns",
        "debits 233.26, credits 50.00, hash 0048417152",
        "Batch 1: PPD, FLORIN LENDING (1210428820), \"LOAN PYMT\", NOV 26, effective 2026-11-25",
        "checking debit returned",
        "R01 Insufficient funds",
        "entry 121042880000002 to 021000021",
        "\"NOT KNOWN TO CUSTOMER\"",
        "The file is sound.",
    ] {
        assert!(table.contains(part), "{part} in\n{table}");
    }
    let changes = florin_ok(&["ach", "inspect", &sample("changes.ach")]);
    assert!(changes.contains("notifications of change"), "{changes}");
    assert!(changes.contains("should be account ******5679"), "{changes}");
}

#[test]
fn account_numbers_are_masked_unless_asked_for() {
    for name in ["ppd_debits.ach", "changes.ach", "returns.ach", "prenotes.ach"] {
        for flags in [&[][..], &["--json"][..]] {
            let path = sample(name);
            let args = [&["ach", "inspect", &path], flags].concat();
            let (masked, shown) =
                (florin_ok(&args), florin_ok(&[&args[..], &["--show-accounts"]].concat()));
            for secret in ["0012345678", "0012345679", "44556677889900112", "900100200"] {
                assert!(!masked.contains(secret), "{name}: {masked}");
            }
            assert!(masked.contains("***") && !shown.contains("***"), "{name}: {shown}");
        }
    }
    // Nor are they in the lines that faults are shown in, wherever they slipped to.
    for input in [broken(), broken().replacen("62709100001", "627091000010000000", 1)] {
        for args in [
            &["ach", "inspect", "-"][..],
            &["ach", "validate", "-"],
            &["ach", "validate", "--json", "-"],
        ] {
            let text = stdout(&piped(args, &input));
            assert!(!text.contains("0012345678") && !text.contains("12345678"), "{text}");
        }
    }
}

#[test]
fn what_is_wrong_is_shown_where_it_is() {
    let output = piped(&["ach", "inspect", "-"], &broken());
    assert!(output.status.success());
    let text = stdout(&output);
    let expected = "\
error: line 3, columns 30-39, amount: \"00000X2550\" should be digits
     3 | 627091000019**********       00000X2550LOAN-000001    ANN EXAMPLE             0121042880000001
       |                              ^^^^^^^^^^
";
    assert!(text.contains(expected), "{text}");
    // The other entries are there all the same.
    assert!(text.contains("BORIS SAMPLE") && text.contains("2 entries"), "{text}");
    let nothing = stdout(&piped(&["ach", "inspect", "-"], ""));
    assert!(nothing.contains("this is no NACHA file"), "{nothing}");
}

#[test]
fn validation_names_line_columns_field_and_rule() {
    let (good, returns) = (sample("ppd_debits.ach"), sample("returns.ach"));
    let output = florin(&["ach", "validate", &good, &returns]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains(&format!("{good}: sound, 1 batch, 3 entries\n")), "{text}");
    let output = piped(&["ach", "validate", &good, "-"], &broken());
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("standard input: 1 error\n"), "{text}");
    let line = "  error: line 3, columns 30-39, amount: \"00000X2550\" should be digits\n";
    assert!(text.contains(line), "{text}");
    let json = stdout(&piped(&["ach", "validate", "--json", "-"], &broken()));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["valid"], false);
    let problem = &json["problems"][0];
    assert_eq!(problem["severity"], "error");
    assert_eq!((&problem["line"], &problem["field"]), (&3.into(), &"amount".into()));
    assert_eq!(problem["columns"], serde_json::json!([30, 39]));
}

#[test]
fn strict_validation_takes_no_warnings() {
    let text = std::fs::read_to_string(sample("ppd_debits.ach")).unwrap();
    let unfilled: Vec<&str> = text.lines().filter(|line| !line.starts_with("99")).collect();
    let unfilled = unfilled.join("\n");
    let output = piped(&["ach", "validate", "-"], &unfilled);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    assert!(text.contains("can be taken, 1 batch, 3 entries; 1 warning"), "{text}");
    assert!(text.contains("  warning: line "), "{text}");
    let output = piped(&["ach", "validate", "--strict", "-"], &unfilled);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for command in ["inspect", "validate"] {
        let output = florin(&["ach", command, "/no/such/file.ach"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            stderr(&output).contains("/no/such/file.ach cannot be read"),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn the_benchmark_prints_figures_beside_their_limits() {
    let text = florin_ok(&["bench", "ach", "--entries", "100", "--seconds", "0"]);
    let shares = text.lines().filter(|line| line.starts_with("share of the limit")).count();
    assert_eq!(shares, 4, "{text}");
    assert!(text.contains("entries/s"), "{text}");
}
