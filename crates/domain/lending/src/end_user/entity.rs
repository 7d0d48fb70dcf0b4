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

    /// The faults as `field: message` lines; empty when there are none.
    fn faults<T>(outcome: Result<T, Vec<FieldError>>) -> String {
        let faults = outcome.err().unwrap_or_default();
        let lines: Vec<_> =
            faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
        lines.join("\n")
    }

    /// An end user of a type with these names (first and last name, company, registration number).
    fn of(kind: EndUserType, names: [&str; 3]) -> EndUserFields {
        let given = |value: &str| if value.is_empty() { Given::Absent } else { text(value) };
        EndUserFields {
            kind: Value(kind),
            first_name: given(names[0]),
            last_name: given(names[0]),
            company_name: given(names[1]),
            registration_number: given(names[2]),
            ..EndUserFields::default()
        }
    }

    #[test]
    fn each_type_needs_its_names() {
        use EndUserType::{
            Individual, LargePartnership, LimitedCompany, SmallPartnership, SoleTrader,
        };
        let check = |kind, names, expected: &str| {
            assert_eq!(faults(registered(of(kind, names))), expected, "{kind} {names:?}");
        };
        let required = "first_name: This field is required.\nlast_name: This field is required.";
        let unless = "first_name: This field is required unless company_name is given.\n\
                      last_name: This field is required unless company_name is given.";
        check(Individual, ["Ada", "", ""], "");
        check(Individual, ["", "", ""], required);
        check(
            Individual,
            ["Ada", "Ada Ltd", ""],
            "company_name: An individual has no company name.",
        );
        let unregistered =
            "registration_number: Only a company or a partnership has a registration number.";
        check(SoleTrader, ["Ada", "Ada's Engines", ""], "");
        check(SoleTrader, ["", "Ada's Engines", ""], required);
        check(SoleTrader, ["Ada", "", "1234567"], unregistered);
        for kind in [LimitedCompany, SmallPartnership, LargePartnership] {
            check(kind, ["Ada", "", ""], "");
            check(kind, ["", "Ada Ltd", "1234567"], "");
            check(kind, ["", "", "1234567"], unless);
            let number = "registration_number: Enter a company number of 8 characters, such as 01234567 or SC123456.";
            check(kind, ["", "Ada Ltd", "HRB 123"], number);
        }
        let abroad = EndUserFields {
            country: text("DE"),
            ..of(LimitedCompany, ["", "Ada GmbH", "HRB 123"])
        };
        assert_eq!(registered(abroad).unwrap().registration_number, "HRB 123");
    }

    #[test]
    fn a_change_of_type_drops_what_the_new_one_cannot_have() {
        let company =
            registered(of(EndUserType::LimitedCompany, ["Ada", "Ada Ltd", "1234567"])).unwrap();
        assert_eq!(company.registration_number, "01234567");
        let into = |kind| {
            let fields = EndUserFields { kind: Value(kind), ..EndUserFields::default() };
            company.changed(fields, moment()).unwrap()
        };
        let check = |kind, name: &str, number: &str| {
            let found = into(kind);
            assert_eq!(
                (found.company_name.as_str(), found.registration_number.as_str()),
                (name, number)
            );
        };
        check(EndUserType::LargePartnership, "Ada Ltd", "01234567");
        check(EndUserType::SoleTrader, "Ada Ltd", "");
        check(EndUserType::Individual, "", "");
        let named = EndUserFields { company_name: text(""), ..EndUserFields::default() };
        assert_eq!(company.changed(named, moment()).unwrap().company_name, "");
    }

    #[test]
    fn bank_numbers_abroad_are_what_banks_there_have() {
        let account = |country: &str, account: &str, bank: &str| {
            let fields = EndUserFields {
                country: text(country),
                bank_account_number: text(account),
                sort_code: text(bank),
                ..least()
            };
            registered(fields)
        };
        let iban = account("de", "DE89 3704 0044 0532 0130 00", "COBADEFFXXX").unwrap();
        assert_eq!(iban.bank_account_number.as_ref().unwrap().expose(), "DE89370400440532013000");
        assert_eq!(iban.bank_account_number.as_ref().unwrap().masked(), "****3000");
        assert_eq!(faults(account("AU", "123456789", "062-000")), "");
        assert_eq!(
            faults(account("US", "12345", "1")),
            "bank_account_number: Enter an account number of 6 to 34 letters and digits.\n\
             sort_code: Enter a bank code of 4 to 12 letters and digits."
        );
        // The mask keeps the number only where it would be right.
        let moves =
            |country: &str| EndUserFields { country: text(country), ..EndUserFields::default() };
        assert_eq!(
            iban.changed(moves("FR"), moment()).unwrap().bank_account_number,
            iban.bank_account_number
        );
        assert_eq!(
            faults(iban.changed(moves("GB"), moment())),
            "bank_account_number: Enter an account number of 6 to 10 digits.\n\
             sort_code: Enter a sort code of 6 digits, such as 124354 or 12-43-54."
        );
    }

    #[test]
    fn what_was_taken_before_the_rules_stays_until_it_changes() {
        let old = registered(least()).unwrap();
        let old = EndUser { postal_code: "somewhere".to_owned(), country: "GB".to_owned(), ..old };
        let email = EndUserFields { email: text("j@example.com"), ..EndUserFields::default() };
        assert_eq!(old.changed(email, moment()).unwrap().postal_code, "somewhere");
        let code = EndUserFields { postal_code: text("elsewhere"), ..EndUserFields::default() };
        assert_eq!(
            faults(old.changed(code, moment())),
            "postal_code: Enter a UK postcode, such as SW1Y 4JH."
        );
    }

    #[test]
    fn ages() {
        use jiff::civil::date;
        let check = |born: Date, today: Date, expected: i16| {
            assert_eq!(age_in_years(born, today), expected, "{born} {today}");
        };
        check(date(2008, 11, 21), date(2026, 11, 20), 17);
        check(date(2008, 11, 21), date(2026, 11, 21), 18);
        check(date(2008, 2, 29), date(2026, 2, 28), 17);
        check(date(2008, 2, 29), date(2026, 3, 1), 18);
        let born = |year| EndUserFields { birth_date: Value(date(year, 11, 21)), ..least() };
        assert_eq!(faults(registered(born(1896))), "");
        let refused = "birth_date: Ensure this date is within the last 130 years.";
        assert_eq!(faults(registered(born(1895))), refused);
        let today = moment().today;
        let objections = |kind, born| credit_objections(kind, born, today);
        let young = Some(date(2008, 11, 22));
        for kind in [EndUserType::Individual, EndUserType::SoleTrader] {
            assert_eq!(objections(kind, young), ["The end user is under 18."]);
            assert!(objections(kind, Some(date(2008, 11, 21))).is_empty());
            assert!(objections(kind, None).is_empty());
        }
        assert!(objections(EndUserType::LimitedCompany, young).is_empty());
    }
}
