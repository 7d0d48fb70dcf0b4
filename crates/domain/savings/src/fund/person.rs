//! The owner and the beneficiary of a fund: what a plan wants to know of them. Pure.

use jiff::civil::Date;

use crate::check::{Check, Given, MAX_LINE_CHARS, MAX_NAME_CHARS};
use florin_storage::words;

words! {
    /// What the owner is to the beneficiary.
    pub enum Relationship {
        /// Mother.
        Mother = "mother",
        /// Father.
        Father = "father",
        /// Either of them.
        Parent = "parent",
        /// Stepmother.
        Stepmother = "stepmother",
        /// Stepfather.
        Stepfather = "stepfather",
        /// Either of them.
        Stepparent = "stepparent",
        /// Grandmother.
        Grandmother = "grandmother",
        /// Grandfather.
        Grandfather = "grandfather",
        /// Either of them.
        Grandparent = "grandparent",
        /// Aunt.
        Aunt = "aunt",
        /// Uncle.
        Uncle = "uncle",
        /// Sister.
        Sister = "sister",
        /// Brother.
        Brother = "brother",
        /// Either of them.
        Sibling = "sibling",
        /// Cousin.
        Cousin = "cousin",
        /// Guardian by law.
        LegalGuardian = "legal_guardian",
        /// Guardian.
        Guardian = "guardian",
        /// Friend of the family.
        Friend = "friend",
        /// The owner saves for itself.
        Themselves = "self",
        /// Anybody else.
        Other = "other",
    }
}

words! {
    /// Which of the people of a fund.
    pub enum Role {
        /// Who opens the account.
        Owner = "owner",
        /// Who it is for.
        Beneficiary = "beneficiary",
    }
}

/// A social security number, nine digits. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Ssn(String);

impl Ssn {
    /// Of digits that were checked before.
    pub(crate) fn of_digits(digits: String) -> Self {
        Self(digits)
    }

    /// The digits, for the plan and for nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Ssn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ssn(..)")
    }
}

/// An address in the United States.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// House number and street.
    pub street: String,
    /// Another line.
    pub street2: Option<String>,
    /// `94107` or `94107-1234`.
    pub zip: String,
    /// City.
    pub city: String,
    /// Two letters.
    pub state: String,
}

/// An owner or a beneficiary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Which of them.
    pub role: Role,
    /// First name.
    pub first_name: String,
    /// Middle name.
    pub middle_name: Option<String>,
    /// Last name.
    pub last_name: String,
    /// Date of birth; unknown for the beneficiary of a linked account.
    pub born_on: Option<Date>,
    /// What the owner is to the beneficiary; of owners.
    pub relationship: Option<Relationship>,
    /// Social security number.
    pub ssn: Option<Ssn>,
    /// Ten digits; of owners.
    pub phone: Option<String>,
    /// Where the person lives.
    pub physical: Option<Address>,
    /// Where the person gets letters; of owners.
    pub mailing: Option<Address>,
}

/// What a request says of an address.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of Address, documented there")]
pub struct AddressFields {
    pub street: Given<String>,
    pub street2: Given<String>,
    pub zip: Given<String>,
    pub city: Given<String>,
    pub state: Given<String>,
}

/// What a request says of a person.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of Person, documented there")]
pub struct PersonFields {
    pub first_name: Given<String>,
    pub middle_name: Given<String>,
    pub last_name: Given<String>,
    pub born_on: Given<String>,
    pub relationship: Given<String>,
    pub ssn: Given<String>,
    pub phone: Given<String>,
    pub physical: AddressFields,
    pub mailing: AddressFields,
}

/// Reads what the person of a role is called and where it lives; `None` when something is at fault.
pub(super) fn read(
    check: &mut Check,
    role: Role,
    fields: PersonFields,
    today: Date,
    is_relationship_required: bool,
) -> Option<Person> {
    let field = |name: &str| format!("{role}_{name}");
    let is_owner = role == Role::Owner;
    let first_name = check.text(&field("first_name"), fields.first_name, MAX_NAME_CHARS);
    let middle_name =
        check.optional_text(&field("middle_name"), fields.middle_name, MAX_NAME_CHARS);
    let last_name = check.text(&field("last_name"), fields.last_name, MAX_NAME_CHARS);
    let born_on = check.birth_date(&field("born_on"), fields.born_on, today);
    let relationship = match is_relationship_required || fields.relationship.is_sent() {
        true if is_owner => {
            let words: Vec<&str> = Relationship::ALL.iter().map(|it| it.as_str()).collect();
            let given = fields.relationship;
            check.word(&field("relationship"), given, Relationship::parse, &words).map(Some)
        }
        _ => Some(None),
    };
    let ssn = check.ssn(&field("ssn"), fields.ssn).map(Ssn::of_digits);
    let phone = match is_owner {
        true => check.phone(&field("phone"), fields.phone).map(Some),
        false => Some(None),
    };
    let physical = address(check, &field("physical_address"), fields.physical);
    let mailing = match is_owner {
        true => address(check, &field("mailing_address"), fields.mailing).map(Some),
        false => Some(None),
    };
    Some(Person {
        role,
        first_name: first_name?,
        middle_name: middle_name?,
        last_name: last_name?,
        born_on: Some(born_on?),
        relationship: relationship?,
        ssn: Some(ssn?),
        phone: phone?,
        physical: Some(physical?),
        mailing: mailing?,
    })
}

fn address(check: &mut Check, prefix: &str, fields: AddressFields) -> Option<Address> {
    let field = |name: &str| format!("{prefix}_{name}");
    let street = check.text(&field("street"), fields.street, MAX_LINE_CHARS);
    let street2 = check.optional_text(&field("street2"), fields.street2, MAX_LINE_CHARS);
    let zip = check.zip(&field("zip"), fields.zip);
    let city = check.text(&field("city"), fields.city, MAX_LINE_CHARS);
    let state = check.state(&field("state"), fields.state);
    Some(Address { street: street?, street2: street2?, zip: zip?, city: city?, state: state? })
}
