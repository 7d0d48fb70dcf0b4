//! Tables for people.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};

/// A table with a header; columns named in `numbers` stand to the right.
pub fn table(header: &[&str], numbers: &[usize], rows: Vec<Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header.to_vec());
    for row in rows {
        table.add_row(row);
    }
    for index in numbers {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Minor units with thousands separated and the currency's decimals: `12,434.69`.
pub fn amount(minor: i64, exponent: u32) -> String {
    let scale = 10_u64.pow(exponent.min(6));
    let (whole, part) = (minor.unsigned_abs() / scale, minor.unsigned_abs() % scale);
    let sign = if minor < 0 { "-" } else { "" };
    match exponent {
        0 => format!("{sign}{}", thousands(whole)),
        _ => format!("{sign}{}.{part:0width$}", thousands(whole), width = exponent as usize),
    }
}

/// A whole number with thousands separated: `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{amount, thousands};

    #[test]
    fn amounts_read_well() {
        let check = |minor, exponent, expected| assert_eq!(amount(minor, exponent), expected);
        check(1_243_469, 2, "12,434.69");
        check(-5, 2, "-0.05");
        check(0, 2, "0.00");
        check(1_234_567, 0, "1,234,567");
        check(i64::MIN, 3, "-9,223,372,036,854,775.808");
        assert_eq!(thousands(999), "999");
    }
}
