//! What an end user gives for a mandate. Pure.

use serde::{Deserialize, Serialize};

use crate::FieldFault;

const NAME_CHARS_MAX: usize = 100;
/// Bacs keeps 18 characters of it.
const HOLDER_CHARS_MAX: usize = 18;

/// What an end user gives for a mandate over an account in the United Kingdom.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayerDetails {
    /// First name; empty when a company's name is given.
    pub given_name: String,
    /// Last name; empty when a company's name is given.
    pub family_name: String,
    /// The name of a company; empty for people.
    pub company_name: String,
    /// Where the notice of each collection is sent.
    pub email: String,
    /// First line of the address.
    pub address_line1: String,
    /// Second line; may be empty.
    pub address_line2: String,
    /// City.
    pub city: String,
    /// Postal code.
    pub postal_code: String,
    /// Whose account it is, as the bank knows them.
    pub account_holder_name: String,
    /// 6 digits; spaces and hyphens between them are left out.
    pub sort_code: String,
    /// 6 to 8 digits; shorter ones are led by zeros.
    pub account_number: String,
}

impl std::fmt::Debug for PayerDetails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PayerDetails(..)")
    }
}

impl PayerDetails {
    /// The details as the provider wants them.
    ///
    /// # Errors
    /// Every field that is missing or malformed, in words for the end user.
    pub fn checked(mut self) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let is_company = !self.company_name.trim().is_empty();
        let texts = [
            ("given_name", &mut self.given_name, !is_company),
            ("family_name", &mut self.family_name, !is_company),
            ("company_name", &mut self.company_name, false),
            ("email", &mut self.email, true),
            ("address_line1", &mut self.address_line1, true),
            ("address_line2", &mut self.address_line2, false),
            ("city", &mut self.city, true),
            ("postal_code", &mut self.postal_code, true),
            ("account_holder_name", &mut self.account_holder_name, true),
        ];
        for (field, text, is_required) in texts {
            *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if is_required && text.is_empty() {
                faults.push(FieldFault::new(field, "This field is required."));
            } else if text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control) {
                let message = "Ensure this field has no more than 100 characters.";
                faults.push(FieldFault::new(field, message));
            }
        }
        if !self.email.is_empty() && !is_email(&self.email) {
            faults.push(FieldFault::new("email", "Enter a valid email address."));
        }
        self.account_holder_name =
            self.account_holder_name.chars().take(HOLDER_CHARS_MAX).collect();
        self.sort_code = digits_of(&self.sort_code);
        if self.sort_code.len() != 6 {
            faults.push(FieldFault::new("sort_code", "Enter a sort code of 6 digits."));
        }
        self.account_number = digits_of(&self.account_number);
        if (6..=8).contains(&self.account_number.len()) {
            self.account_number = format!("{:0>8}", self.account_number);
        } else {
            let message = "Enter an account number of 8 digits.";
            faults.push(FieldFault::new("account_number", message));
        }
        if faults.is_empty() { Ok(self) } else { Err(faults) }
    }

    /// The last two digits of the account's number.
    pub fn account_ending(&self) -> &str {
        let from = self.account_number.len().saturating_sub(2);
        self.account_number.get(from..).unwrap_or_default()
    }
}

/// The digits of a number written with spaces and hyphens; empty when there is anything else in it.
fn digits_of(text: &str) -> String {
    let is_plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-'));
    if is_plain { text.chars().filter(char::is_ascii_digit).collect() } else { String::new() }
}

/// Something before one @ and a dotted domain after it.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_part = |part: &str| {
        !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || "()<>[]:;,\\\"@".contains(c))
    };
    is_part(local)
        && is_part(domain)
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details() -> PayerDetails {
        PayerDetails {
            given_name: " Ada ".to_owned(),
            family_name: "Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            address_line1: "1 High Street".to_owned(),
            city: "London".to_owned(),
            postal_code: "N1  1AA".to_owned(),
            account_holder_name: "Augusta Ada King Lovelace".to_owned(),
            sort_code: "20-00 00".to_owned(),
            account_number: "5577991".to_owned(),
            ..PayerDetails::default()
        }
    }

    fn check(change: impl FnOnce(&mut PayerDetails), expected: &[&str]) {
        let mut given = details();
        change(&mut given);
        let faults = given.checked().err().unwrap_or_default();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
        assert_eq!(fields, expected);
    }

    #[test]
    fn details_are_tidied() {
        let sound = details().checked().expect("sound details");
        assert_eq!(sound.given_name, "Ada");
        assert_eq!(sound.postal_code, "N1 1AA");
        assert_eq!(sound.sort_code, "200000");
        assert_eq!(sound.account_number, "05577991");
        assert_eq!(sound.account_holder_name, "Augusta Ada King L");
        assert_eq!(sound.account_ending(), "91");
        assert_eq!(format!("{sound:?}"), "PayerDetails(..)");
    }

    #[test]
    fn bad_details_are_named() {
        check(|_| {}, &[]);
        check(|it| it.given_name.clear(), &["given_name"]);
        check(
            |it| {
                it.given_name.clear();
                it.family_name.clear();
                it.company_name = "Analytical Engines Ltd".to_owned();
            },
            &[],
        );
        check(|it| it.email = "nobody".to_owned(), &["email"]);
        check(|it| it.sort_code = "2000".to_owned(), &["sort_code"]);
        check(|it| it.sort_code = "20000x".to_owned(), &["sort_code"]);
        check(|it| it.account_number = "123456789".to_owned(), &["account_number"]);
        check(|it| it.account_number = "１２３４５６７８".to_owned(), &["account_number"]);
        check(|it| it.city = "x".repeat(101), &["city"]);
        check(
            |it| *it = PayerDetails::default(),
            &[
                "given_name",
                "family_name",
                "email",
                "address_line1",
                "city",
                "postal_code",
                "account_holder_name",
                "sort_code",
                "account_number",
            ],
        );
    }
}
