//! What a file says, in words for people.

use crate::{Addenda, Correction};

/// How account numbers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Accounts {
    /// But for their last four characters, and never more than half of them, they are stars.
    #[default]
    Masked,
    /// As they are.
    Shown,
}

impl Accounts {
    /// The account number as it may be printed.
    pub fn print(self, account: &str) -> String {
        if self == Self::Shown {
            return account.to_owned();
        }
        let shown = (account.len() / 2).min(4);
        let hidden = account.len() - shown;
        format!("{}{}", "*".repeat(hidden), account.get(hidden..).unwrap_or(""))
    }
}

/// `1234567` as `12,345.67`.
pub fn dollars(cents: u64) -> String {
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

/// What addenda say, in a few lines: for returns and notifications of change the reason, the entry that they
/// answer, and what would be right.
pub fn describe(addenda: &Addenda, accounts: Accounts) -> Vec<String> {
    match addenda {
        Addenda::Payment(text) => vec![format!("\"{text}\"")],
        Addenda::Change(change) => {
            let (code, trace) = (change.code, change.original_trace);
            let mut lines = vec![
                format!("{code} {}", code.title()),
                format!("entry {trace} to {}", change.original_bank),
            ];
            if let Some(refused) = change.refused {
                let (code, sequence) = (refused.code, refused.trace_sequence);
                lines.push(format!("refuses {code} of trace sequence {sequence:07}"));
            }
            match code.parse_corrected(change.corrected.as_str()) {
                Ok(correction) => lines.extend(corrected(&correction, accounts)),
                Err(error) => lines.push(error.to_string()),
            }
            lines
        }
        Addenda::Return(found) => {
            let (code, trace) = (found.code, found.original_trace);
            let mut lines = vec![
                format!("{code} {}", code.title()),
                format!("entry {trace} to {}", found.original_bank),
            ];
            lines.extend(found.died_on.map(|date| format!("died on {date}")));
            let information = found.information.as_str().trim();
            if !information.is_empty() {
                lines.push(format!("\"{information}\""));
            }
            lines
        }
    }
}

/// A line for each part of the data that would be right.
fn corrected(correction: &Correction, accounts: Accounts) -> Vec<String> {
    let account = correction.account.map(|account| accounts.print(account.as_str()));
    let parts = [
        ("routing number", correction.routing.map(|routing| routing.to_string())),
        ("account", account),
        ("kind", correction.transaction_code.map(|code| code.to_string())),
        ("name", correction.name.map(|name| name.to_string())),
        ("id", correction.individual_id.map(|id| id.to_string())),
        ("bank", correction.foreign_bank.map(|bank| bank.to_string())),
        ("company", correction.company_name.map(|name| name.to_string())),
        ("company id", correction.company_id.map(|id| id.to_string())),
        ("class", correction.sec.map(|sec| sec.to_string())),
    ];
    let told = |(name, value): (&str, Option<String>)| {
        value.map(|value| format!("should be {name} {value}"))
    };
    parts.into_iter().filter_map(told).collect()
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
        let check = |account, text: &str| assert_eq!(Accounts::Masked.print(account), text);
        check("123456789", "*****6789");
        check("1234", "**34");
        check("1", "*");
        check("", "");
        assert_eq!(Accounts::Shown.print("123456789"), "123456789");
    }
}
