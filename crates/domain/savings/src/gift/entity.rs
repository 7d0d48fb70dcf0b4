//! Gifts as facts, and what a giver's form says. Pure.

use florin_external_accounts::{AccountId, AccountKind, AccountStatus, ExternalAccount};
use florin_ids::{FundId, FundTransactionId, GiftId};
use florin_storage::words;
use jiff::Timestamp;
use jiff::civil::Date;

use super::kept::{HeldSecret, KeptKey};
use crate::Given;
use crate::check::Check;
use crate::transaction::TransactionStatus;

/// The least that can be given, in cents.
pub const AMOUNT_MIN_MINOR: i64 = 500;
/// The most that can be given at once, in cents.
pub const AMOUNT_MAX_MINOR: i64 = 1_000_000;
/// The most characters of a giver's message.
pub const MESSAGE_MAX_CHARS: usize = 300;
/// What the bank program takes of a holder's first and last name.
const NAME_MAX_CHARS: usize = 50;
/// What an ACH entry carries of an account number.
const ACCOUNT_MAX_DIGITS: usize = 17;
const ACCOUNT_MIN_DIGITS: usize = 4;
const LINE_MAX_CHARS: usize = 100;

words! {
    /// Where a gift stands.
    pub enum GiftState {
        /// The giver wants to link an account, and has still to give from it.
        Linking = "linking",
        /// Small deposits are on their way to the giver's account, to prove that it is theirs.
        Verifying = "verifying",
        /// The account is known to be the giver's; the gift can be given.
        Verified = "verified",
        /// The account could not be proven. No money is taken.
        Refused = "refused",
        /// Its money is on the way.
        Pending = "pending",
        /// Its money is on the 529 account.
        Settled = "settled",
        /// Its money did not come.
        Failed = "failed",
        /// Its money came, and was taken back.
        Returned = "returned",
    }
}

impl GiftState {
    /// Of an account that is to be proven, or of the payment once there is one.
    pub(super) fn of(account: Option<&ExternalAccount>, paid: Option<TransactionStatus>) -> Self {
        match (paid, account) {
            (Some(TransactionStatus::Pending), _) => Self::Pending,
            (Some(TransactionStatus::Settled), _) => Self::Settled,
            (Some(TransactionStatus::Failed), _) => Self::Failed,
            (Some(TransactionStatus::Returned), _) => Self::Returned,
            (None, None) => Self::Linking,
            (None, Some(account)) if account.is_usable() => Self::Verified,
            (None, Some(account))
                if account.status == AccountStatus::Unverified && !account.is_locked() =>
            {
                Self::Verifying
            }
            (None, Some(_)) => Self::Refused,
        }
    }
}

/// A gift to a fund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gift {
    /// UUID v7.
    pub id: GiftId,
    /// The fund.
    pub fund: FundId,
    /// The giver's first name.
    pub first_name: String,
    /// The giver's last name.
    pub last_name: String,
    /// The giver's email address.
    pub email: String,
    /// What the giver says to the child.
    pub message: Option<String>,
    /// In cents; more than 0.
    pub amount_minor: i64,
    /// Whether the giver wants to be named on the page.
    pub is_shown: bool,
    /// Whether the partner has taken it off the page.
    pub is_hidden: bool,
    /// The giver's account, among the external accounts; `None` while it is still to be linked.
    pub account: Option<AccountId>,
    /// What the giver has authorised, in the words that were shown.
    pub authorisation: String,
    /// The business date on which it was asked for.
    pub asked_on: Date,
    /// Its payment into the fund, once the account was proven.
    pub transaction: Option<FundTransactionId>,
    /// The one browser that may keep the account for the next gift; none where it was not proven there.
    pub keeper: Option<HeldSecret>,
    /// When it was asked for.
    pub inserted_at: Timestamp,
}

impl Gift {
    /// The giver's whole name.
    pub fn giver(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// What a giver's form says, as it was typed. `Debug` prints nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields of Gift, documented there")]
pub struct GiftFields {
    pub first_name: Given<String>,
    pub last_name: Given<String>,
    pub email: Given<String>,
    pub message: Given<String>,
    /// Dollars: `25`, `25.00`, `$1,000`.
    pub amount: Given<String>,
    /// The account that it is to be paid from.
    pub source: Source,
    pub is_shown: bool,
    /// Whether the giver has agreed to the [`authorisation`].
    pub is_authorised: bool,
}

/// The account that a form is to be paid from. `Debug` prints nothing of what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// One that is typed in.
    Numbers(NumberFields),
    /// One that is still to be linked.
    Link,
    /// The one that the browser has kept; `None` when it holds no token.
    Kept(Option<KeptKey>),
}

impl Default for Source {
    fn default() -> Self {
        Self::Numbers(NumberFields::default())
    }
}

/// What a giver's form says of an account, as it was typed. `Debug` prints nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NumberFields {
    /// Nine digits.
    pub routing_number: Given<String>,
    /// Digits.
    pub account_number: Given<String>,
    /// `checking` or `savings`.
    pub account_kind: Given<String>,
}

impl std::fmt::Debug for NumberFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NumberFields(..)")
    }
}

impl std::fmt::Debug for GiftFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GiftFields(..)")
    }
}

/// A form that a gift can be made of. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub message: Option<String>,
    pub amount_minor: i64,
    pub source: Named,
    pub is_shown: bool,
}

/// The account that a sound form names; it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Named {
    Numbers(Numbers),
    Link,
    Kept(Option<KeptKey>),
}

/// An account by its numbers; it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Numbers {
    pub routing: String,
    pub account: String,
    pub kind: AccountKind,
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Asked(..)")
    }
}

/// What a giver agrees to: the debit in the form that the rules of the ACH network want it in (WEB entries), and the
/// deposits that prove the account.
pub fn authorisation(partner: &str) -> String {
    format!(
        "I authorize {partner} to debit the bank account entered here once, electronically (ACH), for the amount of this \
         gift, on or after the day on which I confirm the account. To verify it, {partner} may send two deposits of less \
         than one dollar each and take both back. I am an owner of the account. I can revoke this authorization by not \
         confirming the account, or by telling {partner} before the debit is sent."
    )
}

/// The same for an account that is linked: its bank proves it, and no deposits are sent.
pub fn link_authorisation(partner: &str) -> String {
    format!(
        "I authorize {partner} to debit the bank account that I link for this gift once, electronically (ACH), for the \
         amount of this gift, on or after the day on which I confirm it. I am an owner of the account. I can revoke this \
         authorization by not confirming the gift, or by telling {partner} before the debit is sent."
    )
}

/// The same for an account that is kept; `called` is what people call it. The gift is pulled when the form is sent.
pub fn kept_authorisation(partner: &str, called: &str) -> String {
    format!(
        "I authorize {partner} to debit my {called} once, electronically (ACH), for the amount of this gift, on or after \
         today. I am an owner of the account. I can revoke this authorization by telling {partner} before the debit is sent."
    )
}

/// Reads a form; every fault, each beginning with its field's name.
pub(super) fn read(fields: GiftFields) -> Result<Asked, Vec<String>> {
    let mut check = Check::default();
    let first_name = check.text("first_name", fields.first_name, NAME_MAX_CHARS);
    let last_name = check.text("last_name", fields.last_name, NAME_MAX_CHARS);
    let email = check.email("email", fields.email);
    let amount_minor = amount(&mut check, fields.amount);
    let message = check.optional_text("message", one_line(fields.message), MESSAGE_MAX_CHARS);
    let source = match fields.source {
        Source::Numbers(fields) => numbers(&mut check, fields).map(Named::Numbers),
        Source::Link => Some(Named::Link),
        Source::Kept(key) => Some(Named::Kept(key)),
    };
    authorised(&mut check, fields.is_authorised);
    let found = (|| {
        Some(Asked {
            first_name: first_name?,
            last_name: last_name?,
            email: email?,
            message: message?,
            amount_minor: amount_minor?,
            source: source?,
            is_shown: fields.is_shown,
        })
    })();
    check.finish(found)
}

/// Reads the numbers of an account alone; every fault, each beginning with its field's name.
pub(super) fn read_numbers(
    fields: NumberFields,
    is_authorised: bool,
) -> Result<Numbers, Vec<String>> {
    let mut check = Check::default();
    let found = numbers(&mut check, fields);
    authorised(&mut check, is_authorised);
    check.finish(found)
}

fn authorised(check: &mut Check, is_authorised: bool) {
    if !is_authorised {
        check.fault("authorisation", "is required");
    }
}

fn numbers(check: &mut Check, fields: NumberFields) -> Option<Numbers> {
    let routing = digits(check, "routing_number", fields.routing_number, is_routing);
    let is_account = |text: &str| (ACCOUNT_MIN_DIGITS..=ACCOUNT_MAX_DIGITS).contains(&text.len());
    let account = digits(check, "account_number", fields.account_number, is_account);
    let kind = |text: &str| match text {
        "checking" => Some(AccountKind::Checking),
        "savings" => Some(AccountKind::Savings),
        _ => None,
    };
    let kind = check.word("account_kind", fields.account_kind, kind, &["checking", "savings"]);
    Some(Numbers { routing: routing?, account: account?, kind: kind? })
}

/// Forms send the ends of lines along; a message is one.
fn one_line(given: Given<String>) -> Given<String> {
    match given {
        Given::Value(text) => Given::Value(
            text.split(['\r', '\n']).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" "),
        ),
        other => other,
    }
}

fn amount(check: &mut Check, given: Given<String>) -> Option<i64> {
    const FIELD: &str = "amount";
    let text = check.text(FIELD, given, LINE_MAX_CHARS)?;
    let Some(minor) = cents(&text) else {
        check.fault(FIELD, "must be dollars and cents, such as 25 or 25.00");
        return None;
    };
    if !(AMOUNT_MIN_MINOR..=AMOUNT_MAX_MINOR).contains(&minor) {
        let (min, max) = (AMOUNT_MIN_MINOR / 100, AMOUNT_MAX_MINOR / 100);
        check.fault(FIELD, &format!("must be from ${min} to ${max}"));
        return None;
    }
    Some(minor)
}

/// Dollars as people write them: `25`, `25.5`, `$1,000.00`.
pub(super) fn cents(text: &str) -> Option<i64> {
    let text = text.trim();
    let text = text.strip_prefix('$').unwrap_or(text).trim();
    let (dollars, cents) = text.split_once('.').unwrap_or((text, ""));
    let groups: Vec<&str> = dollars.split(',').collect();
    let is_grouped = groups.len() == 1
        || (!groups[0].is_empty()
            && groups[0].len() <= 3
            && groups[1..].iter().all(|it| it.len() == 3));
    let dollars = groups.concat();
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_sound = is_grouped
        && (1..=12).contains(&dollars.len())
        && cents.len() <= 2
        && is_number(&dollars)
        && is_number(cents);
    if !is_sound {
        return None;
    }
    let dollars: i64 = dollars.parse().ok()?;
    let cents: i64 = format!("{cents:0<2}").parse().ok()?;
    dollars.checked_mul(100)?.checked_add(cents)
}

/// Digits, whatever stands between groups of them.
fn digits(
    check: &mut Check,
    field: &str,
    given: Given<String>,
    is_sound: impl FnOnce(&str) -> bool,
) -> Option<String> {
    let text = check.text(field, given, LINE_MAX_CHARS)?;
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if digits.bytes().all(|byte| byte.is_ascii_digit()) && is_sound(&digits) {
        return Some(digits);
    }
    let what = field.replace('_', " ");
    check.fault(field, &format!("is not a valid {what}"));
    None
}

/// Nine digits whose check digit is right (weights 3, 7, 1).
fn is_routing(text: &str) -> bool {
    let weighted = text.bytes().zip([3_u32, 7, 1].into_iter().cycle());
    let sum: u32 = weighted.map(|(byte, weight)| u32::from(byte.wrapping_sub(b'0')) * weight).sum();
    text.len() == 9 && sum > 0 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> GiftFields {
        GiftFields {
            first_name: "Karin".into(),
            last_name: "McFarlane".into(),
            email: "karin@example.com".into(),
            message: "Happy birthday!\r\n\r\nRead a lot.".into(),
            amount: "$250".into(),
            source: typed(|_| {}),
            is_shown: true,
            is_authorised: true,
        }
    }

    fn typed(change: fn(&mut NumberFields)) -> Source {
        let mut fields = NumberFields {
            routing_number: "0210-0002-1".into(),
            account_number: "1234 5678".into(),
            account_kind: "checking".into(),
        };
        change(&mut fields);
        Source::Numbers(fields)
    }

    #[test]
    fn a_form_is_read() {
        let asked = read(form()).expect("sound");
        assert_eq!(asked.message.as_deref(), Some("Happy birthday! Read a lot."));
        let Named::Numbers(numbers) = asked.source else { panic!("no numbers") };
        let found = (asked.amount_minor, &*numbers.routing, &*numbers.account);
        assert_eq!(found, (25_000, "021000021", "12345678"));
        // Whoever links an account, or has kept one, types no numbers.
        let asked = read(GiftFields { source: Source::Link, ..form() }).expect("sound");
        assert!(asked.source == Named::Link);
        let asked = read(GiftFields { source: Source::Kept(None), ..form() }).expect("sound");
        assert!(asked.source == Named::Kept(None));
    }

    #[test]
    fn every_fault_of_a_form_is_told() {
        let faults = read(GiftFields::default()).expect_err("faults");
        let expected = [
            "first_name is required",
            "last_name is required",
            "email is required",
            "amount is required",
            "routing_number is required",
            "account_number is required",
            "account_kind is required",
            "authorisation is required",
        ];
        assert_eq!(faults, expected);
        let check = |change: fn(&mut GiftFields), expected: &str| {
            let mut fields = form();
            change(&mut fields);
            assert_eq!(read(fields).err(), Some(vec![expected.to_owned()]));
        };
        check(|it| it.amount = "4.99".into(), "amount must be from $5 to $10000");
        check(|it| it.amount = "10000.01".into(), "amount must be from $5 to $10000");
        check(
            |it| it.amount = "1e3".into(),
            "amount must be dollars and cents, such as 25 or 25.00",
        );
        check(
            |it| it.source = typed(|it| it.routing_number = "021000022".into()),
            "routing_number is not a valid routing number",
        );
        check(
            |it| it.source = typed(|it| it.routing_number = "000000000".into()),
            "routing_number is not a valid routing number",
        );
        check(
            |it| it.source = typed(|it| it.account_number = "12a45".into()),
            "account_number is not a valid account number",
        );
        check(
            |it| it.source = typed(|it| it.account_number = "1".repeat(18).as_str().into()),
            "account_number is not a valid account number",
        );
        check(
            |it| it.source = typed(|it| it.account_kind = "loan".into()),
            "account_kind must be one of checking, savings",
        );
        check(
            |it| it.first_name = "a\u{202E}b".into(),
            "first_name must not contain control characters",
        );
        check(
            |it| it.message = "x".repeat(301).as_str().into(),
            "message must have no more than 300 characters",
        );
    }

    #[test]
    fn dollars_as_people_write_them() {
        let check = |text: &str, expected: Option<i64>| assert_eq!(cents(text), expected, "{text}");
        check("25", Some(2_500));
        check(" $ 25.5 ", Some(2_550));
        check("$1,000.05", Some(100_005));
        check("0.18", Some(18));
        check("1000000", Some(100_000_000));
        for bad in [
            "",
            "$",
            ".5",
            "-5",
            "+5",
            "1,00",
            "1,000,0",
            ",100",
            "25.000",
            "2 5",
            "1e3",
            "NaN",
            "٢٥",
            "9999999999999",
        ] {
            check(bad, None);
        }
    }
}
