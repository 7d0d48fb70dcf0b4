//! A file as a table for people.

use std::fmt::Write;

use crate::{Addenda, Batch, Entry, File};

/// Prints a file: who, when, totals, and every entry with what its addenda say. Account numbers are masked
/// but for their last four characters.
pub fn inspect(file: &File) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = write_file(&mut out, file);
    out
}

fn write_file(out: &mut String, file: &File) -> std::fmt::Result {
    let header = &file.header;
    write!(out, "File {} of {}", header.modifier, header.created_on)?;
    if let Some(time) = header.created_at {
        write!(out, " {:02}:{:02}", time.hour(), time.minute())?;
    }
    writeln!(out)?;
    writeln!(out, "  from  {:10}  {}", header.origin, header.origin_name)?;
    writeln!(out, "  to    {:10}  {}", header.destination.to_string(), header.destination_name)?;
    let totals = file.totals();
    let entries: usize = file.batches.iter().map(|batch| batch.entries.len()).sum();
    write!(
        out,
        "  {}, {}",
        count(file.batches.len(), "batch", "es"),
        count(entries, "entr", "ies")
    )?;
    write!(out, ", debits {}", dollars(totals.debit_cents))?;
    write!(out, ", credits {}", dollars(totals.credit_cents))?;
    writeln!(out, ", hash {:010}", totals.hash_field())?;
    file.batches.iter().try_for_each(|batch| write_batch(out, batch))
}

/// "1 batch", "2 batches"; "1 entry", "2 entries".
fn count(number: usize, word: &str, plural: &str) -> String {
    match (number, plural) {
        (1, "ies") => format!("1 {word}y"),
        (1, _) => format!("1 {word}"),
        _ => format!("{number} {word}{plural}"),
    }
}

/// `1234567` as `12,345.67`.
pub(crate) fn dollars(cents: u64) -> String {
    let whole = (cents / 100).to_string();
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{:02}", cents % 100)
}

/// The last four characters, but never more than half.
fn masked(account: &str) -> String {
    let shown = (account.len() / 2).min(4);
    let hidden = account.len() - shown;
    format!("{}{}", "*".repeat(hidden), account.get(hidden..).unwrap_or(""))
}

fn write_batch(out: &mut String, batch: &Batch) -> std::fmt::Result {
    let header = &batch.header;
    write!(out, "\nBatch {}  {}  {}", header.number, header.sec, header.company_name)?;
    write!(out, " ({})  \"{}\"", header.company_id, header.description)?;
    if let Some(date) = header.effective_on {
        write!(out, "  effective {date}")?;
    }
    if let Some(day) = header.settlement_day {
        write!(out, "  settled on day {day}")?;
    }
    let totals = batch.totals();
    write!(out, "\n  {}", header.service_class)?;
    write!(out, ", debits {}", dollars(totals.debit_cents))?;
    write!(out, ", credits {}", dollars(totals.credit_cents))?;
    writeln!(out, ", hash {:010}", totals.hash_field())?;
    let heads = ["trace", "kind", "bank", "account", "amount", "id", "name"];
    let rows: Vec<[String; 7]> = batch.entries.iter().map(row).collect();
    let mut widths = heads.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    write_row(out, &heads.map(str::to_owned), &widths)?;
    for (row, entry) in rows.iter().zip(&batch.entries) {
        write_row(out, row, &widths)?;
        if let Some(addenda) = entry.addenda.as_deref() {
            writeln!(out, "      {}", told(addenda))?;
        }
    }
    Ok(())
}

fn row(entry: &Entry) -> [String; 7] {
    [
        entry.trace.to_string(),
        entry.code.to_string(),
        entry.bank.to_string(),
        masked(entry.account.as_str()),
        dollars(entry.amount_cents),
        entry.individual_id.to_string(),
        entry.name.to_string(),
    ]
}

fn write_row(out: &mut String, cells: &[String; 7], widths: &[usize; 7]) -> std::fmt::Result {
    const AMOUNT: usize = 4;
    let mut line = String::from("  ");
    for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
        match index {
            AMOUNT => write!(line, "{cell:>width$}  ")?,
            _ => write!(line, "{cell:width$}  ")?,
        }
    }
    writeln!(out, "{}", line.trim_end())
}

/// Addenda in a sentence.
fn told(addenda: &Addenda) -> String {
    match addenda {
        Addenda::Payment(text) => format!("says \"{text}\""),
        Addenda::Change(change) => {
            let mut told = format!("{} {}", change.code, change.code.title());
            let _ = write!(told, "; entry {}", change.original_trace);
            let _ = write!(told, " to {}", change.original_bank);
            // The corrected account number is as much of a secret as the wrong one.
            if let Ok(correction) = change.code.parse_corrected(change.corrected.as_str()) {
                told += &corrected(&correction);
            }
            told
        }
        Addenda::Return(found) => {
            let mut told = format!("{} {}", found.code, found.code.title());
            let _ = write!(told, "; entry {} to {}", found.original_trace, found.original_bank);
            if let Some(date) = found.died_on {
                let _ = write!(told, "; died on {date}");
            }
            if !found.information.is_empty() {
                let _ = write!(told, "; \"{}\"", found.information.as_str().trim());
            }
            told
        }
    }
}

fn corrected(correction: &crate::Correction) -> String {
    let mut parts = Vec::new();
    let mut part = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            parts.push(format!("{name} {value}"));
        }
    };
    part("routing number", correction.routing.map(|routing| routing.to_string()));
    part("account", correction.account.map(|account| masked(account.as_str())));
    part("kind", correction.transaction_code.map(|code| code.to_string()));
    part("name", correction.name.map(|name| name.to_string()));
    part("id", correction.individual_id.map(|id| id.to_string()));
    part("bank", correction.foreign_bank.map(|bank| bank.to_string()));
    part("company", correction.company_name.map(|name| name.to_string()));
    part("company id", correction.company_id.map(|id| id.to_string()));
    part("class", correction.sec.map(|sec| sec.to_string()));
    if parts.is_empty() { String::new() } else { format!("; should be {}", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_accounts_are_readable() {
        let check = |cents, text: &str| assert_eq!(dollars(cents), text);
        check(0, "0.00");
        check(99_999, "999.99");
        check(100_000, "1,000.00");
        check(9_999_999_999, "99,999,999.99");
        assert_eq!(masked("123456789"), "*****6789");
        assert_eq!(masked("1234"), "**34");
        assert_eq!(masked("1"), "*");
        assert_eq!(masked(""), "");
    }
}
