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
