//! `florin ach`: NACHA files for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use florin_ach::layout::{RECORD_LENGTH, change_addenda, entry as entry_fields};
use florin_ach::{
    Accounts, Batch, Direction, Entry, FileHeader, Problem, Salvage, Severity, Totals, describe,
    dollars, records, salvage,
};
use serde_json::{Value, json};

use crate::cli::Ach;
use crate::failure::Failure;
use crate::output::{table, thousands};

/// Where the table of a batch shows money.
const AMOUNT_COLUMNS: [usize; 2] = [4, 5];

pub fn run(args: Ach) -> Result<ExitCode, Failure> {
    match args {
        Ach::Inspect { path, show_accounts, json } => {
            let accounts = if show_accounts { Accounts::Shown } else { Accounts::Masked };
            let bytes = read(&path)?;
            let found = salvage(&bytes);
            let text = match json {
                true => format!("{}\n", file_json(&bytes, &found, accounts)),
                false => told(&bytes, &found, accounts),
            };
            print(&text)?;
            Ok(ExitCode::SUCCESS)
        }
        Ach::Validate { paths, strict, json } => validate(&paths, strict, json),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = match path.to_str() {
        Some("-") => std::io::stdin().lock().read_to_end(&mut bytes),
        _ => std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)),
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => {
            Err(Failure::usage(format!("{} cannot be read", path.display())).because(error))
        }
    }
}

/// Prints, however little of it the reader of a pipe wants.
fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn validate(paths: &[PathBuf], strict: bool, as_json: bool) -> Result<ExitCode, Failure> {
    let mut all_sound = true;
    for path in paths {
        let bytes = read(path)?;
        let found = salvage(&bytes);
        let sound = found.sound && (found.problems.is_empty() || !strict);
        all_sound &= sound;
        let name = match path.to_str() {
            Some("-") => "standard input".to_owned(),
            _ => path.display().to_string(),
        };
        let odd = odd_lines(&bytes);
        if as_json {
            let problems = problems_json(&found.problems, &odd);
            let line = json!({ "file": name, "valid": sound, "problems": problems });
            print(&format!("{line}\n"))?;
            continue;
        }
        let mut text = format!("{name}: {}\n", verdict(&found));
        for problem in &found.problems {
            let _ = writeln!(text, "  {}: {}", label(problem), words(problem, &odd));
        }
        print(&text)?;
    }
    Ok(if all_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How the file does, in a line.
fn verdict(found: &Salvage) -> String {
    let is_error = |problem: &&Problem| problem.severity() == Severity::Error;
    let errors = found.problems.iter().filter(is_error).count();
    let warnings = found.problems.len() - errors;
    match (errors, warnings) {
        (0, 0) => format!("sound, {}", contents(found)),
        (0, _) => format!("can be taken, {}; {}", contents(found), count(warnings, "warning", "s")),
        (_, 0) => count(errors, "error", "s"),
        _ => format!("{}, {}", count(errors, "error", "s"), count(warnings, "warning", "s")),
    }
}

fn contents(found: &Salvage) -> String {
    let entries = found.batches.iter().map(|batch| batch.entries.len()).sum();
    format!("{}, {}", count(found.batches.len(), "batch", "es"), entries_counted(entries))
}

fn entries_counted(number: usize) -> String {
    if number == 1 { "1 entry".to_owned() } else { count(number, "entrie", "s") }
}

/// "1 batch", "2 batches".
fn count(number: usize, word: &str, plural: &str) -> String {
    let plural = if number == 1 { "" } else { plural };
    format!("{} {word}{plural}", thousands(number as u64))
}

fn label(problem: &Problem) -> &'static str {
    match problem.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The lines whose columns cannot be relied on, because they are too short or too long: what stands in a field
/// may be an account number that slipped there.
fn odd_lines(bytes: &[u8]) -> BTreeSet<usize> {
    let is_odd = |line: &(usize, &[u8])| line.1.len() != RECORD_LENGTH;
    records(bytes).filter(is_odd).map(|(number, _)| number).collect()
}

/// The problem in words, without quotations from lines whose columns cannot be relied on.
fn words(problem: &Problem, odd: &BTreeSet<usize>) -> String {
    let text = problem.to_string();
    match (odd.contains(&problem.line), text.find('"'), text.rfind('"')) {
        (true, Some(first), Some(last)) if first < last => {
            format!("{}\"...\"{}", &text[..first], &text[last + 1..])
        }
        _ => text,
    }
}

/// Everything about a file, for people.
fn told(bytes: &[u8], found: &Salvage, accounts: Accounts) -> String {
    let mut text = String::new();
    if let Some(header) = &found.header {
        head(&mut text, header, found);
    }
    for batch in &found.batches {
        batch_told(&mut text, batch, accounts);
    }
    if !found.problems.is_empty() || !text.is_empty() {
        let _ = writeln!(text);
    }
    if found.problems.is_empty() {
        let _ = writeln!(text, "The file is sound.");
        return text;
    }
    let _ = writeln!(text, "The file has {}.", problems_counted(found));
    let wanted: BTreeSet<usize> = found.problems.iter().map(|problem| problem.line).collect();
    let lines: BTreeMap<usize, &[u8]> =
        records(bytes).filter(|(number, _)| wanted.contains(number)).collect();
    let odd = odd_lines(bytes);
    for problem in &found.problems {
        let problem_words = match accounts {
            Accounts::Masked => words(problem, &odd),
            Accounts::Shown => problem.to_string(),
        };
        let _ = writeln!(text, "\n{}: {problem_words}", label(problem));
        if let Some(line) = lines.get(&problem.line) {
            excerpt(&mut text, problem, line, accounts);
        }
    }
    text
}

fn problems_counted(found: &Salvage) -> String {
    let told = verdict(found);
    told.rsplit_once("; ").map_or(told.clone(), |(_, warnings)| warnings.to_owned())
}

fn head(text: &mut String, header: &FileHeader, found: &Salvage) {
    let _ = write!(text, "File {} of {}", header.modifier, header.created_on);
    if let Some(time) = header.created_at {
        let _ = write!(text, " {:02}:{:02}", time.hour(), time.minute());
    }
    if !header.reference.is_empty() {
        let _ = write!(text, ", reference {}", header.reference);
    }
    let _ = writeln!(text, "\n  from  {:10}  {}", header.origin, header.origin_name);
    let to = header.destination.to_string();
    let _ = writeln!(text, "  to    {to:10}  {}", header.destination_name);
    let mut totals = Totals::default();
    let (mut returns, mut changes) = (0, 0);
    for batch in &found.batches {
        let of_batch = batch.totals();
        totals.debit_cents = totals.debit_cents.saturating_add(of_batch.debit_cents);
        totals.credit_cents = totals.credit_cents.saturating_add(of_batch.credit_cents);
        totals.hash = totals.hash.saturating_add(of_batch.hash);
        returns += batch.entries.iter().filter(|entry| entry.as_return().is_some()).count();
        changes += batch.entries.iter().filter(|entry| entry.as_change().is_some()).count();
    }
    let _ = write!(text, "  {}", contents(found));
    if returns > 0 {
        let _ = write!(text, ", {}", count(returns, "return", "s"));
    }
    if changes > 0 {
        let words = if changes == 1 { "notification" } else { "notifications" };
        let _ = write!(text, ", {} {words} of change", thousands(changes as u64));
    }
    let (debits, credits) = (dollars(totals.debit_cents), dollars(totals.credit_cents));
    let _ =
        writeln!(text, "\n  debits {debits}, credits {credits}, hash {:010}", totals.hash_field());
}

fn batch_told(text: &mut String, batch: &Batch, accounts: Accounts) {
    let header = &batch.header;
    let _ = write!(text, "\nBatch {}: {}, {}", header.number, header.sec, header.company_name);
    let _ = write!(text, " ({}), \"{}\"", header.company_id, header.description);
    if !header.descriptive_date.is_empty() {
        let _ = write!(text, ", {}", header.descriptive_date);
    }
    if let Some(date) = header.effective_on {
        let _ = write!(text, ", effective {date}");
    }
    if let Some(day) = header.settlement_day {
        let _ = write!(text, ", settled on day {day}");
    }
    let _ = writeln!(text, ", {}, by bank {}", header.service_class, header.bank);
    let heads = ["trace", "kind", "bank", "account", "debit", "credit", "id", "name", "says"];
    let with_words = batch.entries.iter().any(|entry| entry.addenda.is_some());
    let columns = if with_words { heads.len() } else { heads.len() - 1 };
    let mut rows: Vec<Vec<String>> =
        batch.entries.iter().map(|entry| row(entry, accounts)[..columns].to_vec()).collect();
    let totals = batch.totals();
    let mut total = vec![String::new(); columns];
    total[0] = entries_counted(batch.entries.len());
    total[AMOUNT_COLUMNS[0]] = dollars(totals.debit_cents);
    total[AMOUNT_COLUMNS[1]] = dollars(totals.credit_cents);
    rows.push(total);
    let _ = writeln!(text, "{}", table(&heads[..columns], &AMOUNT_COLUMNS, rows));
}

fn row(entry: &Entry, accounts: Accounts) -> [String; 9] {
    let amount = dollars(entry.amount_cents);
    let (debit, credit) = match entry.code.direction() {
        Direction::Debit => (amount, String::new()),
        Direction::Credit => (String::new(), amount),
    };
    let says = entry.addenda.as_deref().map(|addenda| describe(addenda, accounts).join("\n"));
    [
        entry.trace.to_string(),
        entry.code.to_string(),
        entry.bank.to_string(),
        accounts.print(entry.account.as_str()),
        debit,
        credit,
        entry.individual_id.to_string(),
        entry.name.to_string(),
        says.unwrap_or_default(),
    ]
}

/// The line that a problem is about, its field underlined.
fn excerpt(text: &mut String, problem: &Problem, line: &[u8], accounts: Accounts) {
    if accounts == Accounts::Masked && line.len() != RECORD_LENGTH {
        return;
    }
    let mut line = line.to_vec();
    if accounts == Accounts::Masked {
        mask(&mut line);
    }
    // A character for each byte, so that columns stay columns.
    let printable = |byte: &u8| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '?' };
    let shown: String = line.iter().take(2 * RECORD_LENGTH).map(printable).collect();
    let _ = writeln!(text, "{:>6} | {}", problem.line, shown.trim_end());
    if let Some((first, last)) = problem.columns() {
        let (before, under) = (" ".repeat(first - 1), "^".repeat(last + 1 - first));
        let _ = writeln!(text, "       | {before}{under}");
    }
}

/// Stars for account numbers: those of entries, and those that notifications of change correct.
fn mask(line: &mut [u8]) {
    let field = match line {
        [b'6', ..] => &entry_fields::ACCOUNT,
        [b'7', b'9', b'8', ..] => &change_addenda::CORRECTED,
        _ => return,
    };
    let Some(columns) = line.get_mut(field.range()) else { return };
    for byte in columns.iter_mut().filter(|byte| byte.is_ascii_alphanumeric()) {
        *byte = b'*';
    }
}

fn file_json(bytes: &[u8], found: &Salvage, accounts: Accounts) -> Value {
    let header = found.header.as_ref().map(|header| {
        json!({
            "destination": header.destination.to_string(),
            "destination_name": header.destination_name.as_str(),
            "origin": header.origin.as_str(),
            "origin_name": header.origin_name.as_str(),
            "created_on": header.created_on.to_string(),
            "created_at": header.created_at.map(|time| time.strftime("%H:%M").to_string()),
            "modifier": header.modifier.to_string(),
            "reference": header.reference.as_str(),
        })
    });
    let batches: Vec<Value> =
        found.batches.iter().map(|batch| batch_json(batch, accounts)).collect();
    let problems = problems_json(&found.problems, &odd_lines(bytes));
    json!({ "valid": found.sound, "header": header, "batches": batches, "problems": problems })
}

fn batch_json(batch: &Batch, accounts: Accounts) -> Value {
    let header = &batch.header;
    let entries: Vec<Value> =
        batch.entries.iter().map(|entry| entry_json(entry, accounts)).collect();
    json!({
        "number": header.number,
        "class": header.sec.as_str(),
        "service_class": header.service_class.number(),
        "company_name": header.company_name.as_str(),
        "company_id": header.company_id.as_str(),
        "description": header.description.as_str(),
        "descriptive_date": header.descriptive_date.as_str(),
        "effective_on": header.effective_on.map(|date| date.to_string()),
        "settlement_day": header.settlement_day,
        "bank": header.bank.to_string(),
        "entries": entries,
    })
}

fn entry_json(entry: &Entry, accounts: Accounts) -> Value {
    let answer = entry.as_return().map(|found| (found.code.to_string(), found.original_trace));
    let answer = answer
        .or_else(|| entry.as_change().map(|found| (found.code.to_string(), found.original_trace)));
    let (reason, original) = answer.unzip();
    json!({
        "trace": entry.trace.to_string(),
        "transaction_code": entry.code.number(),
        "kind": entry.code.to_string(),
        "bank": entry.bank.to_string(),
        "account": accounts.print(entry.account.as_str()),
        "amount_cents": entry.amount_cents,
        "individual_id": entry.individual_id.as_str(),
        "name": entry.name.as_str(),
        "discretionary": entry.discretionary.as_str(),
        "reason": reason,
        "original_trace": original.map(|trace| trace.to_string()),
        "says": entry.addenda.as_deref().map(|addenda| describe(addenda, accounts)),
    })
}

fn problems_json(problems: &[Problem], odd: &BTreeSet<usize>) -> Vec<Value> {
    let told = |problem: &Problem| {
        json!({
            "severity": label(problem),
            "line": problem.line,
            "columns": problem.columns().map(|(first, last)| [first, last]),
            "field": problem.field.map(|field| field.name),
            "message": words(problem, odd),
        })
    };
    problems.iter().map(told).collect()
}
