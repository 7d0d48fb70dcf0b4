//! What an end user is and which details are sound. Pure.

use florin_ids::EndUserId;
use jiff::Timestamp;
use jiff::civil::Date;

use super::bank::{BankDigits, account_number, sort_code};
use super::uk;
use super::words::EndUserType;
use crate::FieldError;
use crate::address::{PostalAddress, PostalFields};
use crate::check::{Check, Given, MAX_NAME_CHARS};

const MAX_REGISTRATION_CHARS: usize = 32;
/// Nobody has grown older than 122.
const MAX_AGE_YEARS: i16 = 130;
/// From this age on somebody is bound by a credit agreement.
pub const CREDIT_AGE_YEARS: i16 = 18;
const MAX_MOBILE_CHARS: usize = 32;
const MAX_EMAIL_CHARS: usize = 254;

/// A borrower. Texts that are not known are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndUser {
    /// Its id.
    pub id: EndUserId,
    /// What it is in law (wire name `type`).
    pub kind: EndUserType,
    /// First name, of the person or of the company's contact; empty only for a company with a name of its own.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The name of the company, or that a sole trader trades under; empty for individuals.
    pub company_name: String,
    /// The company's number in its register; in the United Kingdom 8 characters. Empty for people.
    pub registration_number: String,
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
    /// 6 to 10 digits; abroad 6 to 34 letters and digits.
    pub bank_account_number: Option<BankDigits>,
    /// 6 digits; abroad the bank's code, 4 to 12 letters and digits.
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
    pub company_name: Given<String>,
    pub registration_number: Given<String>,
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
    /// A new end user: an `individual` unless said otherwise. First and last name are required, unless it is a company
    /// that has a name of its own; the rest is unknown unless given.
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

    /// Sort code and account number, where both are known and British.
    pub fn british_account(&self) -> Option<(&str, &str)> {
        let code = self.sort_code.as_ref().filter(|_| uk::rules(Some(&self.country)))?;
        Some((code.expose(), self.bank_account_number.as_ref()?.expose()))
    }

    /// The address fields: where it lives or resides now.
    pub fn address(&self) -> PostalAddress {
        PostalAddress {
            address_line_1: self.address_line_1.clone(),
            address_line_2: self.address_line_2.clone(),
            address_line_3: self.address_line_3.clone(),
            city: self.city.clone(),
            postal_code: self.postal_code.clone(),
            country: self.country.clone(),
        }
    }
}

/// Why an end user with these facts cannot be given credit, as sentences; empty where nothing speaks against it. What
/// is not known does not.
pub fn credit_objections(kind: EndUserType, birth_date: Option<Date>, today: Date) -> Vec<String> {
    let is_minor = birth_date.is_some_and(|born| age_in_years(born, today) < CREDIT_AGE_YEARS);
    if kind.is_person() && is_minor {
        return vec![format!("The end user is under {CREDIT_AGE_YEARS}.")];
    }
    Vec::new()
}

/// Full years of life. Whoever was born on 29 February has the birthday on 1 March in a common year.
fn age_in_years(born: Date, today: Date) -> i16 {
    let is_before_birthday = (today.month(), today.day()) < (born.month(), born.day());
    today.year() - born.year() - i16::from(is_before_birthday)
}

impl EndUserFields {
    fn read(
        self,
        id: EndUserId,
        current: Option<&EndUser>,
        moment: Moment,
    ) -> Result<EndUser, Vec<FieldError>> {
        let mut check = Check::new(self.unreadable);
        let kind = check.or_default("type", self.kind, EndUserType::Individual);
        let company_name = company_name(&mut check, self.company_name, kind);
        let has_own_name =
            !kind.is_person() && company_name.as_deref().is_some_and(|n| !n.is_empty());
        let first_name = name(&mut check, "first_name", self.first_name, kind, has_own_name);
        let last_name = name(&mut check, "last_name", self.last_name, kind, has_own_name);
        let birth_date = birth_date(&mut check, self.birth_date, moment.today);
        let postal = PostalFields {
            address_line_1: self.address_line_1,
            address_line_2: self.address_line_2,
            address_line_3: self.address_line_3,
            city: self.city,
            postal_code: self.postal_code,
            country: self.country,
        };
        let address = postal.read(&mut check, current.map(EndUser::address).as_ref());
        let country = address.as_ref().map(|address| address.country.as_str());
        let registration_number =
            registration_number(&mut check, self.registration_number, kind, country, current);
        let account = account_number(&mut check, self.bank_account_number, country, current);
        let sort_code = sort_code(&mut check, self.sort_code, country, current);
        let mobile_number = mobile_number(&mut check, self.mobile_number);
        let email = email(&mut check, self.email);
        let found = (|| {
            let address = address?;
            Some(EndUser {
                id,
                kind,
                first_name: first_name?,
                last_name: last_name?,
                company_name: company_name?,
                registration_number: registration_number?,
                birth_date,
                address_line_1: address.address_line_1,
                address_line_2: address.address_line_2,
                address_line_3: address.address_line_3,
                city: address.city,
                postal_code: address.postal_code,
                country: address.country,
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
        // What the new type cannot have is not kept for it.
        let kind = self.kind.as_value().copied().unwrap_or(end_user.kind);
        let of_company = |is_kept: bool, value: &str| {
            if is_kept { text(value) } else { Given::Absent }
        };
        let digits =
            |value: &Option<BankDigits>| Given::from(value.as_ref().map(BankDigits::masked));
        Self {
            kind: self.kind.over(Given::Value(end_user.kind)),
            first_name: self.first_name.over(text(&end_user.first_name)),
            last_name: self.last_name.over(text(&end_user.last_name)),
            company_name: self
                .company_name
                .over(of_company(kind.is_company(), &end_user.company_name)),
            registration_number: self
                .registration_number
                .over(of_company(!kind.is_person(), &end_user.registration_number)),
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

/// First or last name. A company with a name of its own needs no contact.
fn name(
    check: &mut Check,
    field: &'static str,
    given: Given<String>,
    kind: EndUserType,
    has_own_name: bool,
) -> Option<String> {
    let text = given.as_value().map(|text| text.trim()).unwrap_or_default();
    if has_own_name && text.is_empty() {
        return Some(String::new());
    }
    if !kind.is_person() && text.is_empty() {
        check.fault(field, "This field is required unless company_name is given.");
        return None;
    }
    let text = check.required(field, given)?;
    check.not_blank(field, &text)
}

/// The name that a company or a sole trader trades under, or nothing.
fn company_name(check: &mut Check, given: Given<String>, kind: EndUserType) -> Option<String> {
    let text = check.short("company_name", &given.value().unwrap_or_default(), MAX_NAME_CHARS)?;
    if kind == EndUserType::Individual && !text.is_empty() {
        check.fault("company_name", "An individual has no company name.");
        return None;
    }
    Some(text)
}

/// A company's number in its register, or nothing. It stays as it is while the country does.
fn registration_number(
    check: &mut Check,
    given: Given<String>,
    kind: EndUserType,
    country: Option<&str>,
    current: Option<&EndUser>,
) -> Option<String> {
    const FIELD: &str = "registration_number";
    let text = check.short(FIELD, &given.value().unwrap_or_default(), MAX_REGISTRATION_CHARS)?;
    if text.is_empty() {
        return Some(text);
    }
    if kind.is_person() {
        check.fault(FIELD, "Only a company or a partnership has a registration number.");
        return None;
    }
    let is_kept = current.is_some_and(|end_user| {
        end_user.registration_number == text && country.is_none_or(|code| code == end_user.country)
    });
    if is_kept || !uk::rules(country) {
        return Some(text);
    }
    let number = uk::company_number(&text);
    if number.is_none() {
        check.fault(FIELD, "Enter a company number of 8 characters, such as 01234567 or SC123456.");
    }
    number
}

/// A day on which somebody alive can have been born, or nothing.
fn birth_date(check: &mut Check, given: Given<Date>, today: Date) -> Option<Date> {
    let date = given.value()?;
    if date > today {
        check.fault("birth_date", format!("Ensure this date is not after {today}."));
    } else if age_in_years(date, today) > MAX_AGE_YEARS {
        check.fault(
            "birth_date",
            format!("Ensure this date is within the last {MAX_AGE_YEARS} years."),
        );
    }
    Some(date)
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
#[path = "entity_tests.rs"]
mod tests;
