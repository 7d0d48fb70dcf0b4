//! A statement as a page to read and to print: one HTML document without scripts that needs nothing else.

use florin_lending::TransactionType;
use florin_lending::end_user::EndUser;
use florin_lending::statement::{Letter, Line};
use florin_money::{Currency, Money};
use jiff::civil::Date;

/// What the page may do: nothing but to look as [`STYLE`] says, whose hash this names.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'sha256-Qlr5BCmhEttfng6Q0VObYkzuZZtNDoJ8HEC06f4tl9s='; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

const STYLE: &str = "
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 52rem; padding: 2rem; background: #fff; color: #1a1a1a;
  font: 1rem/1.5 system-ui, 'Liberation Sans', sans-serif; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2rem; }
h1 { margin: 2rem 0 1rem; font-size: 1.6rem; line-height: 1.2; }
address { font-style: normal; }
dl { display: grid; grid-template-columns: max-content max-content; gap: .2rem 2rem; margin: 0 0 1.5rem; }
dt { color: #444; }
dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
.due { margin: 0 0 2rem; padding: .8rem 1rem; border: 2px solid #1a1a1a; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { padding: .4rem 0; text-align: left; font-weight: 600; }
th, td { padding: .25rem .5rem; border-bottom: 1px solid #bbb; text-align: left; font-weight: normal; }
thead th { border-bottom: 2px solid #1a1a1a; font-weight: 600; }
tfoot th, tfoot td { border-top: 2px solid #1a1a1a; border-bottom: 0; font-weight: 600; }
.amount { text-align: right; white-space: nowrap; }
.date { white-space: nowrap; }
@page { size: A4; margin: 18mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  tr, .due { break-inside: avoid; }
}
";

/// The page. Only the fixed markup of this file is written as it stands; every value is escaped.
pub(super) fn render(letter: &Letter) -> String {
    let statement = &letter.sheet.head.statement;
    let currency = statement.closing.currency();
    let mut page = Page::default();
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    page.text(&format!("Statement of {} - {}", day(statement.period_to), letter.lender));
    page.raw("</title>\n<style>")
        .raw(STYLE)
        .raw("</style>\n</head>\n<body>\n<main>\n<header>\n<p><strong>");
    page.text(&letter.lender).raw("</strong></p>\n<address>");
    addressed(&mut page, &letter.borrower);
    page.raw("</address>\n</header>\n<h1>");
    page.text(&format!("Statement of {}", day(statement.period_to))).raw("</h1>\n<dl>\n");
    for (name, value) in [
        ("Account", statement.loan.to_string()),
        ("Product", letter.product.clone()),
        ("Statement", statement.number.to_string()),
        ("Period", format!("{} to {}", day(statement.period_from), day(statement.period_to))),
        ("Interest rate", format!("{} % a year", letter.rate)),
        ("Opening balance", with_code(statement.opening)),
        ("Closing balance", with_code(statement.closing)),
        ("of which interest", with_code(minor(statement.closing_parts.interest, currency))),
        ("of which fees", with_code(minor(statement.closing_parts.fee, currency))),
    ] {
        page.raw("<dt>").text(name).raw("</dt><dd>").text(&value).raw("</dd>\n");
    }
    page.raw("</dl>\n<p class=\"due\">");
    page.text(&asks(letter)).raw("</p>\n");
    transactions(&mut page, letter, currency);
    page.raw("</main>\n</body>\n</html>\n");
    page.0
}

/// What the borrower is asked for.
fn asks(letter: &Letter) -> String {
    let head = &letter.sheet.head;
    let statement = &head.statement;
    if statement.minimum_repayment.minor() == 0 {
        return "There is nothing to pay.".to_owned();
    }
    let asked = format!(
        "Please pay at least {} by {}.",
        with_code(statement.minimum_repayment),
        day(statement.due_on)
    );
    if head.paid_so_far.minor() == 0 {
        return asked;
    }
    format!("{asked} Paid so far: {}.", with_code(head.paid_so_far))
}

fn addressed(page: &mut Page, borrower: &EndUser) {
    let person = format!("{} {}", borrower.first_name, borrower.last_name);
    let lines = [
        borrower.company_name.as_str(),
        person.trim(),
        &borrower.address_line_1,
        &borrower.address_line_2,
        &borrower.address_line_3,
        &borrower.city,
        &borrower.postal_code,
    ];
    for (at, line) in lines.iter().filter(|line| !line.is_empty()).enumerate() {
        if at > 0 {
            page.raw("<br>");
        }
        page.text(line);
    }
}

fn transactions(page: &mut Page, letter: &Letter, currency: Currency) {
    let statement = &letter.sheet.head.statement;
    page.raw("<table>\n<caption>");
    page.text(&format!("Transactions, in {}", currency.code()));
    page.raw(
        "</caption>\n<thead><tr><th scope=\"col\">Date</th><th scope=\"col\">Transaction</th>",
    );
    page.raw("<th scope=\"col\" class=\"amount\">Amount</th><th scope=\"col\" class=\"amount\">Balance</th></tr></thead>\n");
    page.raw("<tbody>\n");
    page.raw("<tr><td></td><th scope=\"row\">Opening balance</th><td></td><td class=\"amount\">");
    page.text(&grouped(statement.opening)).raw("</td></tr>\n");
    for line in &letter.sheet.lines {
        page.raw("<tr><td class=\"date\">").text(&day(line.on));
        page.raw("</td><th scope=\"row\">").text(&what(line));
        page.raw("</th><td class=\"amount\">").text(&grouped(minor(line.amount, currency)));
        page.raw("</td><td class=\"amount\">").text(&grouped(minor(line.balance, currency)));
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody>\n<tfoot><tr><td></td><th scope=\"row\">Closing balance</th><td></td><td class=\"amount\">");
    page.text(&grouped(statement.closing)).raw("</td></tr></tfoot>\n</table>\n");
}

/// A line in words.
fn what(line: &Line) -> String {
    let kind = match line.kind {
        TransactionType::Disbursement => "Disbursement",
        TransactionType::Repayment if line.is_returned => "Repayment that failed",
        TransactionType::Repayment => "Repayment",
        TransactionType::Fee => "Fee",
        TransactionType::Interest => "Interest",
        TransactionType::Refund => "Refund",
        TransactionType::Waiver => "Waiver",
    };
    if line.name.is_empty() { kind.to_owned() } else { format!("{kind}: {}", line.name) }
}

fn minor(minor: i64, currency: Currency) -> Money {
    Money::from_minor(minor, currency)
}

/// `1 February 2023`.
fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// `1,234.50 GBP`.
fn with_code(amount: Money) -> String {
    format!("{} {}", grouped(amount), amount.currency().code())
}

/// `1,234.50`.
fn grouped(amount: Money) -> String {
    let text = amount.to_string();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.as_str()),
    };
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut grouped = String::with_capacity(text.len() + text.len() / 3);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{fraction}")
}

/// HTML in the making: markup is fixed text of this program, everything else is escaped.
#[derive(Default)]
struct Page(String);

impl Page {
    fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // What no text has any business to contain.
                c if c.is_control() => self.0.push(' '),
                c => self.0.push(c),
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_hash_of_the_style() {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let hash = florin_crypto::hash_key(STYLE);
        let mut text = String::new();
        for three in hash.chunks(3) {
            let word = three.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
            let word = word << (8 * (3 - three.len()));
            for at in 0..=three.len() {
                let digit = word >> (18 - 6 * at) & 63;
                text.push(char::from(DIGITS[digit as usize]));
            }
        }
        assert!(POLICY.contains(&format!("'sha256-{text}='")), "{text}=");
    }

    #[test]
    fn what_others_wrote_is_escaped() {
        let mut page = Page::default();
        page.text("<script>alert(\"1\" & '2')</script>\u{7}\n");
        assert_eq!(page.0, "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;  ");
    }

    #[test]
    fn amounts_are_grouped() {
        let check = |amount, code: &str, expected| {
            let currency = Currency::from_code(code).expect("a currency");
            assert_eq!(grouped(Money::from_minor(amount, currency)), expected);
        };
        check(0, "GBP", "0.00");
        check(99_999, "GBP", "999.99");
        check(-100_000, "GBP", "-1,000.00");
        check(123_456_789, "GBP", "1,234,567.89");
        check(1_000, "JPY", "1,000");
    }
}
