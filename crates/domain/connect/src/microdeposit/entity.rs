//! What microdeposits are, and what an end user tells of the account that they go to. Pure.

use florin_calendar::Calendar;
use florin_external_accounts::probe::Probe;
use florin_external_accounts::{AccountId, AccountKind, BankDigits};
use florin_ids::{ConnectUserId, MicrodepositId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::status::{MicrodepositStatus, standing};
use crate::check::is_email;
use crate::error::FieldFault;

const NAME_CHARS: usize = 50;
const ACCOUNT_NAME_CHARS: usize = 100;
const EMAIL_CHARS: usize = 254;
/// Below four characters a mask would hide nothing; an ACH entry carries 17.
const ACCOUNT_CHARS: std::ops::RangeInclusive<usize> = 4..=17;
/// The hour (UTC) at which deposits of a day are there.
const DEPOSIT_HOUR: i8 = 9;

/// What a request says of the account; absent, null and blank are the same.
#[derive(Clone, Default)]
#[allow(missing_docs, reason = "the properties of the widgets' microdeposit, documented there")]
pub struct NewMicrodeposit {
    pub account_name: Option<String>,
    pub account_number: Option<String>,
    /// 1 is checking, 2 is savings.
    pub account_type: Option<i64>,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub routing_number: Option<String>,
}

impl std::fmt::Debug for NewMicrodeposit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewMicrodeposit")
            .field("account_type", &self.account_type)
            .field("routing_number", &self.routing_number)
            .finish_non_exhaustive()
    }
}

/// Whom deposits are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// 1 to 50 characters.
    pub first_name: String,
    /// 1 to 50 characters.
    pub last_name: String,
    /// An email address.
    pub email: String,
}

/// The account that deposits go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What the end user calls it.
    pub account_name: String,
    /// Checking or savings.
    pub kind: AccountKind,
    /// Nine digits.
    pub routing_number: String,
    /// 4 to 17 characters.
    pub account_number: BankDigits,
}

/// Two deposits that prove an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Microdeposit {
    /// Its id.
    pub id: MicrodepositId,
    /// Whose it is.
    pub user: ConnectUserId,
    /// Where it stands.
    pub status: MicrodepositStatus,
    /// Why it has come to nothing; empty otherwise.
    pub reason: String,
    /// Whom the deposits are for.
    pub holder: Holder,
    /// The account, once it is known. Its numbers are sealed at rest and masked in answers.
    pub target: Option<Target>,
    /// Whether the bank tells of the account already, so that nobody has to tell amounts.
    pub can_auto_verify: bool,
    /// The banking day on which both deposits are there.
    pub expected_on: Option<Date>,
    /// The external account that the deposits go to.
    pub external_account: Option<AccountId>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The code of a kind of account (`account_type`); `None` for a prepaid card.
pub const fn account_type(kind: AccountKind) -> Option<i64> {
    match kind {
        AccountKind::Checking => Some(1),
        AccountKind::Savings => Some(2),
        AccountKind::Prepaid => None,
    }
}

pub(super) fn kind_of(account_type: i64) -> Option<AccountKind> {
    match account_type {
        1 => Some(AccountKind::Checking),
        2 => Some(AccountKind::Savings),
        _ => None,
    }
}

impl Microdeposit {
    /// `deposit_expected_at`.
    pub fn deposit_expected_at(&self) -> Option<Timestamp> {
        let at = self.expected_on?.at(DEPOSIT_HOUR, 0, 0, 0);
        at.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).ok()
    }

    /// Takes over where the deposits stand; answers whether the status has changed.
    pub(super) fn follow(&mut self, probe: &Probe, today: Date, at: Timestamp) -> bool {
        let (status, reason) = standing(probe);
        let expected_on = probe.expected_on.or_else(|| Some(Calendar::UsFed.after(today)));
        let is_news = status != self.status;
        if is_news || self.expected_on != expected_on {
            self.updated_at = at;
        }
        (self.status, self.reason, self.expected_on) = (status, reason, expected_on);
        is_news
    }

    /// Whether time or the bank alone can change the status.
    pub(super) fn is_open(&self) -> bool {
        self.status.is_under_way()
    }
}

/// What is wrong with a request, by field.
#[derive(Debug, Default)]
struct Faults(Vec<FieldFault>);

impl Faults {
    fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.push(FieldFault::new(field, message));
    }

    /// A text that has to be there.
    fn required(&mut self, field: &'static str, given: Option<&str>, chars: usize) -> String {
        let text = given.unwrap_or_default();
        if text.is_empty() {
            self.add(field, "This field is required.");
        } else if text.chars().count() > chars {
            self.add(field, format!("At most {chars} characters are allowed."));
        }
        text.to_owned()
    }
}

fn trimmed(given: &Option<String>) -> Option<&str> {
    given.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

impl NewMicrodeposit {
    /// Whom the deposits are for.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub(super) fn holder(&self, known: Option<&Holder>) -> Result<Holder, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let or = |given: &Option<String>, known: Option<&str>| {
            trimmed(given).or(known).map(str::to_owned)
        };
        let first = or(&self.first_name, known.map(|it| it.first_name.as_str()));
        let last = or(&self.last_name, known.map(|it| it.last_name.as_str()));
        let email = or(&self.email, known.map(|it| it.email.as_str()));
        let holder = Holder {
            first_name: faults.required("first_name", first.as_deref(), NAME_CHARS),
            last_name: faults.required("last_name", last.as_deref(), NAME_CHARS),
            email: faults.required("email", email.as_deref(), EMAIL_CHARS),
        };
        if !holder.email.is_empty() && !is_email(&holder.email) {
            faults.add("email", "Enter an email address.");
        }
        if faults.0.is_empty() { Ok(holder) } else { Err(faults.0) }
    }

    /// The account. A number that is sent as it was shown, masked, is the one that is known.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub(super) fn target(&self, known: Option<&Target>) -> Result<Target, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let kind = match self.account_type {
            Some(code) => kind_of(code),
            None => known.map(|it| it.kind),
        };
        if kind.is_none() {
            faults.add("account_type", "Choose 1 (checking) or 2 (savings).");
        }
        let given = trimmed(&self.account_number);
        let kept = known.map(|it| &it.account_number);
        let kept = kept.filter(|kept| given.is_none_or(|given| given == kept.masked()));
        let number = match (kept, given) {
            (Some(kept), _) => kept.clone(),
            (None, given) => account_number(&mut faults, given),
        };
        let routing = trimmed(&self.routing_number).or(known.map(|it| it.routing_number.as_str()));
        let routing_number = faults.required("routing_number", routing, 9);
        let called = trimmed(&self.account_name).or(known.map(|it| it.account_name.as_str()));
        let account_name = match called {
            Some(called) => faults.required("account_name", Some(called), ACCOUNT_NAME_CHARS),
            None => default_name(kind, &number),
        };
        match kind {
            Some(kind) if faults.0.is_empty() => {
                Ok(Target { account_name, kind, routing_number, account_number: number })
            }
            _ => Err(faults.0),
        }
    }

    /// Whether it says anything of the account.
    pub(super) fn names_account(&self) -> bool {
        trimmed(&self.account_number).is_some()
            || trimmed(&self.routing_number).is_some()
            || self.account_type.is_some()
    }
}

fn account_number(faults: &mut Faults, given: Option<&str>) -> BankDigits {
    let digits: String = given.unwrap_or_default().chars().filter(|c| *c != ' ').collect();
    let is_sound = digits.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if digits.is_empty() {
        faults.add("account_number", "This field is required.");
    } else if !is_sound || !ACCOUNT_CHARS.contains(&digits.len()) {
        let (least, most) = (ACCOUNT_CHARS.start(), ACCOUNT_CHARS.end());
        faults.add("account_number", format!("An account number has {least} to {most} digits."));
    }
    BankDigits::new(digits)
}

/// Such as `Checking ...6789`.
fn default_name(kind: Option<AccountKind>, number: &BankDigits) -> String {
    let kind = kind.map_or("Account", AccountKind::as_str);
    format!("{kind} ...{}", number.masked().trim_start_matches('*'))
}

/// An amount that the end user tells: cents as text (`05`), as the widgets send it, or dollars (`0.05`).
///
/// # Errors
/// What is wrong with the text.
pub(super) fn cents(field: &'static str, told: &str) -> Result<i64, FieldFault> {
    let wrong = || FieldFault::new(field, "Tell the cents with two digits, such as 05.");
    let text = told.trim();
    let digits = match text.split_once('.') {
        Some((dollars, cents)) => {
            if !dollars.bytes().all(|byte| byte == b'0') || !(1..=2).contains(&cents.len()) {
                return Err(wrong());
            }
            format!("{cents:0<2}")
        }
        None => text.to_owned(),
    };
    let is_cents = (1..=2).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    if !is_cents {
        return Err(wrong());
    }
    digits.parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn whole() -> NewMicrodeposit {
        NewMicrodeposit {
            account_name: None,
            account_number: text(" 9876 54321 "),
            account_type: Some(1),
            email: text("ada@example.com"),
            first_name: text(" Ada "),
            last_name: text("Lovelace"),
            routing_number: text("021000021"),
        }
    }

    #[test]
    fn amounts_are_cents_as_text() {
        let check = |told: &str, expected: Option<i64>| {
            assert_eq!(cents("deposit_amount_1", told).ok(), expected, "{told:?}");
        };
        check("05", Some(5));
        check("5", Some(5));
        check(" 18 ", Some(18));
        check("00", Some(0));
        check("0.05", Some(5));
        check(".5", Some(50));
        check("", None);
        check("005", None);
        check("1.05", None);
        check("0.055", None);
        check("-5", None);
        check("+5", None);
        check("5c", None);
        check("٥", None);
    }

    #[test]
    fn details_are_read() {
        let holder = whole().holder(None).unwrap();
        assert_eq!((holder.first_name.as_str(), holder.last_name.as_str()), ("Ada", "Lovelace"));
        let target = whole().target(None).unwrap();
        assert_eq!(target.account_name, "Checking ...4321");
        assert_eq!(target.account_number.expose(), "987654321");
        assert!(!format!("{:?}{target:?}", whole()).contains("98765"));
        // A number sent back as it was shown is the one that is known.
        let masked = NewMicrodeposit { account_number: text("******4321"), ..whole() };
        assert_eq!(masked.target(Some(&target)).unwrap(), target);
        assert!(masked.target(None).is_err());
        let other = NewMicrodeposit { account_number: text("******4322"), ..whole() };
        assert!(other.target(Some(&target)).is_err());
        let renamed = NewMicrodeposit { account_name: text("Rent"), ..NewMicrodeposit::default() };
        let changed = renamed.target(Some(&target)).unwrap();
        assert_eq!(changed, Target { account_name: "Rent".to_owned(), ..target });
        assert_eq!(renamed.holder(Some(&holder)).unwrap(), holder);
    }

    #[test]
    fn every_fault_is_named() {
        let fields = |faults: Vec<FieldFault>| -> Vec<String> {
            faults.into_iter().map(|fault| fault.field).collect()
        };
        let empty = NewMicrodeposit::default();
        assert_eq!(fields(empty.holder(None).unwrap_err()), ["first_name", "last_name", "email"]);
        let of_account = ["account_type", "account_number", "routing_number"];
        assert_eq!(fields(empty.target(None).unwrap_err()), of_account);
        let check = |change: &dyn Fn(&mut NewMicrodeposit), expected: &[&str]| {
            let mut asked = whole();
            change(&mut asked);
            let mut found = asked.holder(None).err().map(fields).unwrap_or_default();
            found.extend(asked.target(None).err().map(fields).unwrap_or_default());
            assert_eq!(found, expected, "{asked:?}");
        };
        check(&|it| it.account_type = Some(3), &["account_type"]);
        check(&|it| it.account_number = text("123"), &["account_number"]);
        check(&|it| it.account_number = text("123456789012345678"), &["account_number"]);
        check(&|it| it.account_number = text("12'34"), &["account_number"]);
        check(&|it| it.first_name = text("  "), &["first_name"]);
        check(&|it| it.last_name = text(&"x".repeat(51)), &["last_name"]);
        check(&|it| it.account_name = text(&"x".repeat(101)), &["account_name"]);
        for email in ["ada", "@example.com", "ada@", "ada@host", "a b@example.com"] {
            check(&|it| it.email = text(email), &["email"]);
        }
    }
}
