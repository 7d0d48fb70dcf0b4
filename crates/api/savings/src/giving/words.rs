//! Amounts and dates as givers read them.

use jiff::civil::Date;

/// `$1,234.50`, without cents where there are none.
pub(super) fn dollars(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, cents) = (minor.unsigned_abs() / 100, minor.unsigned_abs() % 100);
    let digits = whole.to_string();
    let mut grouped = String::with_capacity(digits.len() + 8);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if cents == 0 { format!("{sign}${grouped}") } else { format!("{sign}${grouped}.{cents:02}") }
}

/// `October 14, 2022`.
pub(super) fn day(date: Date) -> String {
    date.strftime("%B %-d, %Y").to_string()
}

/// `Oct 2022`.
pub(super) fn month(date: Date) -> String {
    date.strftime("%b %Y").to_string()
}

/// A yearly return in millionths as `+6.2%`, to a tenth of a percent.
pub(super) fn percent_a_year(micro: i64) -> String {
    let tenths = (micro.unsigned_abs() + 500) / 1000;
    let sign = match micro {
        _ if tenths == 0 => "",
        0.. => "+",
        _ => "-",
    };
    format!("{sign}{}.{}%", tenths / 10, tenths % 10)
}

/// Why a bank did not pay, for whoever did not ask what `R01` means (the return codes of the ACH network).
pub(super) fn reason(code: &str) -> &'static str {
    match code {
        "R01" | "R09" => "There was not enough money in the account.",
        "R02" => "The account is closed.",
        "R03" | "R04" => "The bank has no such account under that name.",
        "R05" | "R07" | "R10" | "R29" => "The bank was told that the payment is not agreed to.",
        "R08" => "The account's holder has stopped the payment.",
        "R16" => "The account is frozen.",
        "R20" => "The account takes no such payments; a checking account usually does.",
        _ => "The bank did not say why.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_of_a_year() {
        let check = |micro, text: &str| assert_eq!(percent_a_year(micro), text, "{micro}");
        check(61_999, "+6.2%");
        check(-3_050, "-0.3%");
        check(-450, "0.0%");
        check(0, "0.0%");
        check(1_250_000, "+125.0%");
    }

    #[test]
    fn amounts_and_dates() {
        let check = |minor, text: &str| assert_eq!(dollars(minor), text);
        check(0, "$0");
        check(5, "$0.05");
        check(25_000, "$250");
        check(231_867, "$2,318.67");
        check(100_000_000, "$1,000,000");
        check(-123_450, "-$1,234.50");
        let date = jiff::civil::date(2022, 10, 4);
        assert_eq!((day(date), month(date)), ("October 4, 2022".to_owned(), "Oct 2022".to_owned()));
    }
}
