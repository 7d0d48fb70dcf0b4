//! What an end user is and which details are sound. Pure.

use std::fmt;

use florin_ids::EndUserId;
use jiff::Timestamp;
use jiff::civil::Date;

use super::words::EndUserType;
use crate::FieldError;
use crate::check::{Check, Given};

/// Digits of an account number that its mask leaves.
const ACCOUNT_DIGITS_SHOWN: usize = 4;
/// Digits of a sort code that its mask leaves.
const SORT_CODE_DIGITS_SHOWN: usize = 2;
/// The digits that an account number may have: British ones have 6 to 8, other countries' up to 10.
const ACCOUNT_DIGITS: std::ops::RangeInclusive<usize> = 6..=10;
/// The digits of a British sort code.
const SORT_CODE_DIGITS: usize = 6;
const MAX_POSTAL_CODE_CHARS: usize = 20;
const MAX_MOBILE_CHARS: usize = 32;
const MAX_EMAIL_CHARS: usize = 254;

/// Digits of a bank account that would hurt if leaked: sealed at rest, masked in answers and in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct BankDigits {
    digits: String,
    shown: usize,
}

impl BankDigits {
    /// An account number.
    pub fn account(digits: impl Into<String>) -> Self {
        Self { digits: digits.into(), shown: ACCOUNT_DIGITS_SHOWN }
    }

    /// A sort code.
    pub fn sort_code(digits: impl Into<String>) -> Self {
        Self { digits: digits.into(), shown: SORT_CODE_DIGITS_SHOWN }
    }

    /// The digits themselves, for sealing and for payment files.
    pub fn expose(&self) -> &str {
        &self.digits
    }

    /// What answers show: four asterisks and the last digits.
    pub fn masked(&self) -> String {
        let hidden = self.digits.len().saturating_sub(self.shown);
        format!("****{}", self.digits.get(hidden..).unwrap_or_default())
    }
}

impl fmt::Debug for BankDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// A borrower. Texts that are not known are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndUser {
    /// Its id.
    pub id: EndUserId,
    /// What it is in law (wire name `type`).
    pub kind: EndUserType,
    /// First name, of the person or of the company's contact.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// First line of the address.
    pub address_line_1: String,
    /// Second line.
    pub address_line_2: String,
    /// Third line.
    pub address_line_3: String,
    /// City.
    pub city: String,
    /// Postal code.
    pub postal_code: String,
    /// ISO 3166 two-letter code in capitals, or empty.
    pub country: String,
    /// 6 to 10 digits.
    pub bank_account_number: Option<BankDigits>,
    /// 6 digits.
    pub sort_code: Option<BankDigits>,
    /// Mobile number, as sent.
    pub mobile_number: String,
    /// Email address, as sent.
    pub email: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a request says of an end user, field by field under the wire's names (`kind` is `type`).
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of EndUser, documented there")]
pub struct EndUserFields {
    pub kind: Given<EndUserType>,
    pub first_name: Given<String>,
    pub last_name: Given<String>,
    pub birth_date: Given<Date>,
    pub address_line_1: Given<String>,
    pub address_line_2: Given<String>,
    pub address_line_3: Given<String>,
    pub city: Given<String>,
    pub postal_code: Given<String>,
    pub country: Given<String>,
    pub bank_account_number: Given<String>,
    pub sort_code: Given<String>,
    pub mobile_number: Given<String>,
    pub email: Given<String>,
    /// Faults that reading the request found; they are answered together with the rules' own.
    pub unreadable: Vec<FieldError>,
}

/// The day and time at which an end user is written.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The tenant's business date: nobody is born after it.
    pub today: Date,
    /// The time to store.
    pub at: Timestamp,
}

impl EndUser {
    /// A new end user. First and last name are required; the type is `individual` and the rest unknown unless given.
    ///
    /// # Errors
    /// Every field that is missing or malformed.
    pub fn register(
        id: EndUserId,
        fields: EndUserFields,
        moment: Moment,
    ) -> Result<Self, Vec<FieldError>> {
        fields.read(id, None, moment)
    }

    /// The end user with everything that `fields` leave out unknown. A bank number that is sent as its present mask
    /// stays.
    ///
    /// # Errors
    /// Every field that is missing or malformed.
    pub fn replaced(&self, fields: EndUserFields, moment: Moment) -> Result<Self, Vec<FieldError>> {
        let end_user = fields.read(self.id, Some(self), moment)?;
        Ok(Self { created_at: self.created_at, ..end_user })
    }

    /// The end user with what `fields` say changed.
    ///
    /// # Errors
    /// Every field that is malformed.
    pub fn changed(&self, fields: EndUserFields, moment: Moment) -> Result<Self, Vec<FieldError>> {
        self.replaced(fields.over(self), moment)
    }
}

impl EndUserFields {
    fn read(
        self,
        id: EndUserId,
        current: Option<&EndUser>,
        moment: Moment,
    ) -> Result<EndUser, Vec<FieldError>> {
        let mut check = Check::new(self.unreadable);
        let first_name = check.required("first_name", self.first_name);
        let first_name = first_name.and_then(|name| check.not_blank("first_name", &name));
        let last_name = check.required("last_name", self.last_name);
        let last_name = last_name.and_then(|name| check.not_blank("last_name", &name));
        let kind = check.or_default("type", self.kind, EndUserType::Individual);
        let birth_date = self.birth_date.value();
        if birth_date.is_some_and(|date| date > moment.today) {
            check.fault("birth_date", format!("Ensure this date is not after {}.", moment.today));
        }
        let mut text = |field, given: Given<String>, most| {
            check.short(field, &given.value().unwrap_or_default(), most)
        };
        let address_line_1 = text("address_line_1", self.address_line_1, 255);
        let address_line_2 = text("address_line_2", self.address_line_2, 255);
        let address_line_3 = text("address_line_3", self.address_line_3, 255);
        let city = text("city", self.city, 255);
        let postal_code = text("postal_code", self.postal_code, MAX_POSTAL_CODE_CHARS);
        let country = country(&mut check, self.country);
        let account = account_number(&mut check, self.bank_account_number, current);
        let sort_code = sort_code(&mut check, self.sort_code, current);
        let mobile_number = mobile_number(&mut check, self.mobile_number);
        let email = email(&mut check, self.email);
        let found = (|| {
            Some(EndUser {
                id,
                kind,
                first_name: first_name?,
                last_name: last_name?,
                birth_date,
                address_line_1: address_line_1?,
                address_line_2: address_line_2?,
                address_line_3: address_line_3?,
                city: city?,
                postal_code: postal_code?,
                country: country?,
                bank_account_number: account?,
                sort_code: sort_code?,
                mobile_number: mobile_number?,
                email: email?,
                created_at: moment.at,
                updated_at: moment.at,
            })
        })();
        check.finish(found)
    }

    /// These fields, and the current values of `end_user` where they say nothing.
    fn over(self, end_user: &EndUser) -> Self {
        let text = |value: &str| Given::Value(value.to_owned());
        let digits =
            |value: &Option<BankDigits>| Given::from(value.as_ref().map(BankDigits::masked));
        Self {
            kind: self.kind.over(Given::Value(end_user.kind)),
            first_name: self.first_name.over(text(&end_user.first_name)),
            last_name: self.last_name.over(text(&end_user.last_name)),
            birth_date: self.birth_date.over(Given::from(end_user.birth_date)),
            address_line_1: self.address_line_1.over(text(&end_user.address_line_1)),
            address_line_2: self.address_line_2.over(text(&end_user.address_line_2)),
            address_line_3: self.address_line_3.over(text(&end_user.address_line_3)),
            city: self.city.over(text(&end_user.city)),
            postal_code: self.postal_code.over(text(&end_user.postal_code)),
            country: self.country.over(text(&end_user.country)),
            bank_account_number: self
                .bank_account_number
                .over(digits(&end_user.bank_account_number)),
            sort_code: self.sort_code.over(digits(&end_user.sort_code)),
            mobile_number: self.mobile_number.over(text(&end_user.mobile_number)),
            email: self.email.over(text(&end_user.email)),
            unreadable: self.unreadable,
        }
    }
}

/// Two letters, stored in capitals, or nothing.
fn country(check: &mut Check, given: Given<String>) -> Option<String> {
    let code = given.value().unwrap_or_default().trim().to_ascii_uppercase();
    if code.is_empty() || (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase())) {
        return Some(code);
    }
    check.fault("country", "Enter a two-letter country code.");
    None
}

/// Digits, or the mask of the current ones, or nothing.
fn account_number(
    check: &mut Check,
    given: Given<String>,
    current: Option<&EndUser>,
) -> Option<Option<BankDigits>> {
    let text = given.value().unwrap_or_default();
    let text = text.trim();
    let current = current.and_then(|end_user| end_user.bank_account_number.as_ref());
    if let Some(kept) = current.filter(|digits| digits.masked() == text) {
        return Some(Some(kept.clone()));
    }
    if text.is_empty() {
        return Some(None);
    }
    if ACCOUNT_DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Some(BankDigits::account(text)));
    }
    check.fault("bank_account_number", "Enter an account number of 6 to 10 digits.");
    None
}

/// Six digits, bare or as 12-34-56, or the mask of the current ones, or nothing.
fn sort_code(
    check: &mut Check,
    given: Given<String>,
    current: Option<&EndUser>,
) -> Option<Option<BankDigits>> {
    let text = given.value().unwrap_or_default();
    let text = text.trim();
    let current = current.and_then(|end_user| end_user.sort_code.as_ref());
    if let Some(kept) = current.filter(|digits| digits.masked() == text) {
        return Some(Some(kept.clone()));
    }
    if text.is_empty() {
        return Some(None);
    }
    let parts: Vec<&str> = text.split('-').collect();
    let is_shaped =
        parts.len() == 1 || (parts.len() == 3 && parts.iter().all(|part| part.len() == 2));
    let digits = parts.concat();
    if is_shaped
        && digits.len() == SORT_CODE_DIGITS
        && digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Some(Some(BankDigits::sort_code(digits)));
    }
    check.fault("sort_code", "Enter a sort code of 6 digits, such as 124354 or 12-43-54.");
    None
}

/// Digits with the usual signs between them, or nothing.
fn mobile_number(check: &mut Check, given: Given<String>) -> Option<String> {
    let text =
        check.short("mobile_number", &given.value().unwrap_or_default(), MAX_MOBILE_CHARS)?;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_plain = text
        .strip_prefix('+')
        .unwrap_or(&text)
        .bytes()
        .all(|b| b.is_ascii_digit() || b" -().".contains(&b));
    if text.is_empty() || (is_plain && (5..=15).contains(&digits)) {
        return Some(text);
    }
    check.fault("mobile_number", "Enter a valid phone number.");
    None
}

/// Something before one @ and a dotted domain after it, or nothing.
fn email(check: &mut Check, given: Given<String>) -> Option<String> {
    let text = check.short("email", &given.value().unwrap_or_default(), MAX_EMAIL_CHARS)?;
    if text.is_empty() || is_email(&text) {
        return Some(text);
    }
    check.fault("email", "Enter a valid email address.");
    None
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let is_local = !local.is_empty()
        && local.len() <= 64
        && !local.contains('@')
        && !local.chars().any(|c| c.is_whitespace() || "()<>[]:;,\\\"".contains(c));
    is_local && domain.contains('.') && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Given::{Null, Value};

    fn moment() -> Moment {
        Moment {
            today: jiff::civil::date(2026, 11, 21),
            at: "2026-11-21T10:00:00Z".parse().unwrap(),
        }
    }

    fn text(value: &str) -> Given<String> {
        Value(value.to_owned())
    }

    fn least() -> EndUserFields {
        EndUserFields {
            first_name: text(" John "),
            last_name: text("Blond"),
            ..EndUserFields::default()
        }
    }

    fn registered(fields: EndUserFields) -> Result<EndUser, Vec<FieldError>> {
        EndUser::register(EndUserId::new(), fields, moment())
    }

    #[test]
    fn first_and_last_name_are_enough() {
        let user = registered(least()).unwrap();
        assert_eq!((user.first_name.as_str(), user.kind), ("John", EndUserType::Individual));
        assert_eq!((user.birth_date, user.bank_account_number, user.sort_code), (None, None, None));
        assert_eq!((user.country.as_str(), user.email.as_str()), ("", ""));
        let faults = registered(EndUserFields::default()).unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["first_name", "last_name"]);
    }

    #[test]
    fn details_are_held_to_their_shape() {
        type Set = fn(&mut EndUserFields, Given<String>);
        let check = |set: Set, value: &str, expected: Result<&str, &str>| {
            let mut fields = least();
            set(&mut fields, text(value));
            let found = registered(fields).map_err(|faults| faults[0].message.clone());
            let found = found.map(|user| {
                let digits = |digits: &Option<BankDigits>| {
                    digits.as_ref().map_or("", BankDigits::expose).to_owned()
                };
                let known =
                    [digits(&user.bank_account_number), digits(&user.sort_code), user.country];
                known.into_iter().chain([user.mobile_number, user.email]).collect::<String>()
            });
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{value}");
        };
        let account: Set = |fields, value| fields.bank_account_number = value;
        let wrong = Err("Enter an account number of 6 to 10 digits.");
        check(account, "123456678", Ok("123456678"));
        check(account, "12345678", Ok("12345678"));
        check(account, "", Ok(""));
        for value in ["12345", "12345678901", "1234567a", "****6678", "12 345678", "١٢٣٤٥٦"] {
            check(account, value, wrong);
        }
        let sort_code: Set = |fields, value| fields.sort_code = value;
        let wrong = Err("Enter a sort code of 6 digits, such as 124354 or 12-43-54.");
        check(sort_code, "124354", Ok("124354"));
        check(sort_code, "12-43-54", Ok("124354"));
        for value in ["12435", "1243-54", "12-4354", "-124354", "12-43-5x", "****54"] {
            check(sort_code, value, wrong);
        }
        let country: Set = |fields, value| fields.country = value;
        check(country, "gb", Ok("GB"));
        for value in ["GBR", "G", "G1", "ÄÖ"] {
            check(country, value, Err("Enter a two-letter country code."));
        }
        let mobile: Set = |fields, value| fields.mobile_number = value;
        check(mobile, "+44 7700 900123", Ok("+44 7700 900123"));
        for value in ["call me", "1234", "++447700900123", "1234567890123456"] {
            check(mobile, value, Err("Enter a valid phone number."));
        }
        let email: Set = |fields, value| fields.email = value;
        check(email, "john.blond+loan@example.co.uk", Ok("john.blond+loan@example.co.uk"));
        for value in [
            "john",
            "john@",
            "@example.com",
            "john@example",
            "a b@example.com",
            "j@-x.com",
            "a@b@c.com",
        ] {
            check(email, value, Err("Enter a valid email address."));
        }
    }

    #[test]
    fn nobody_is_born_tomorrow() {
        let born = |day| {
            registered(EndUserFields {
                birth_date: Value(jiff::civil::date(2026, 11, day)),
                ..least()
            })
        };
        assert!(born(21).is_ok());
        assert_eq!(
            born(22).unwrap_err(),
            vec![FieldError::new("birth_date", "Ensure this date is not after 2026-11-21.")]
        );
    }

    #[test]
    fn a_mask_sent_back_keeps_the_number() {
        let user = registered(EndUserFields {
            bank_account_number: text("123456678"),
            sort_code: text("12-43-54"),
            ..least()
        });
        let user = user.unwrap();
        let (account, sort_code) =
            (user.bank_account_number.as_ref().unwrap(), user.sort_code.as_ref().unwrap());
        assert_eq!(
            (account.masked().as_str(), sort_code.masked().as_str()),
            ("****6678", "****54")
        );
        assert_eq!(format!("{account:?}"), "****6678");
        let masked = EndUserFields {
            bank_account_number: text("****6678"),
            sort_code: text("****54"),
            city: text("Town"),
            ..least()
        };
        let replaced = user.replaced(masked.clone(), moment()).unwrap();
        assert_eq!(replaced, EndUser { city: "Town".to_owned(), ..user.clone() });
        assert_eq!(user.changed(masked, moment()).unwrap(), replaced);
        let other =
            EndUserFields { bank_account_number: text("****6679"), ..EndUserFields::default() };
        assert_eq!(user.changed(other, moment()).unwrap_err()[0].field, "bank_account_number");
        let cleared = EndUserFields { sort_code: Null, ..EndUserFields::default() };
        let cleared = user.changed(cleared, moment()).unwrap();
        assert_eq!(cleared, EndUser { sort_code: None, ..user.clone() });
        assert_eq!(user.changed(EndUserFields::default(), moment()).unwrap(), user);
    }
}
