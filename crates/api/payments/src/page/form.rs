//! What end users enter: fields, how they are read, and what is wrong with them in words for people.

use florin_mandates::modulus::NO_SUCH_ACCOUNT;
use florin_mandates::{FieldFault, PayerDetails, Prefilled};

/// A field's fault, in words for the end user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The field's name; empty for what concerns the whole form.
    pub field: &'static str,
    /// A sentence without a full stop.
    pub message: String,
}

/// One text field of the form.
#[derive(Debug)]
pub(super) struct Field {
    /// Its name in the form, which is that in [`PayerDetails`].
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// What helps to fill it in; may be empty.
    pub hint: &'static str,
    /// What browsers fill it in with (WCAG 1.3.5).
    pub autocomplete: &'static str,
    /// The keyboard that phones show.
    pub keyboard: Keyboard,
    /// Whether it takes half a line.
    pub is_half: bool,
    /// What to do when it is empty or malformed.
    pub advice: &'static str,
}

/// The keyboard that phones show for a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyboard {
    Text,
    Email,
    Digits,
}

const fn text(
    name: &'static str,
    label: &'static str,
    autocomplete: &'static str,
    advice: &'static str,
) -> Field {
    let keyboard = Keyboard::Text;
    Field { name, label, hint: "", autocomplete, keyboard, is_half: false, advice }
}

/// Who pays, when it is a person.
pub(super) const PERSON: &[Field] = &[
    Field {
        is_half: true,
        ..text("given_name", "First name", "given-name", "Enter your first name")
    },
    Field {
        is_half: true,
        ..text("family_name", "Last name", "family-name", "Enter your last name")
    },
];

/// Who pays, when it is a company.
pub(super) const COMPANY: &[Field] =
    &[text("company_name", "Company name", "organization", "Enter the company’s name")];

/// How the payer is reached.
pub(super) const CONTACT: &[Field] = &[
    Field {
        hint: "Notice of each payment is sent here.",
        keyboard: Keyboard::Email,
        ..text("email", "Email address", "email", "Enter an email address, like name@example.com")
    },
    text("address_line1", "Address line 1", "address-line1", "Enter your address"),
    text("address_line2", "Address line 2 (optional)", "address-line2", ""),
    Field {
        is_half: true,
        ..text("city", "Town or city", "address-level2", "Enter your town or city")
    },
    Field {
        is_half: true,
        ..text("postal_code", "Postcode", "postal-code", "Enter your postcode")
    },
];

/// The account that is paid from.
pub(super) const ACCOUNT: &[Field] = &[
    Field {
        hint: "As it is written on your bank card or statement.",
        ..text(
            "account_holder_name",
            "Name on the account",
            "name",
            "Enter the name on the bank account",
        )
    },
    Field {
        hint: "6 digits, like 20-00-00.",
        keyboard: Keyboard::Digits,
        is_half: true,
        ..text("sort_code", "Sort code", "off", "Enter a sort code of 6 digits, like 20-00-00")
    },
    Field {
        hint: "8 digits, like 01234567.",
        keyboard: Keyboard::Digits,
        is_half: true,
        ..text(
            "account_number",
            "Account number",
            "off",
            "Enter an account number of 6 to 8 digits",
        )
    },
];

/// The radio buttons that tell a company from a person.
pub(super) const PAYER: &str = "payer";
/// The box that says that nobody else has to sign.
pub(super) const AUTHORISED: &str = "authorised";
const AUTHORISED_ADVICE: &str =
    "Confirm that you can authorise Direct Debits from this account on your own";

/// Every text field, in the order of the page.
pub(super) fn fields() -> impl Iterator<Item = &'static Field> {
    COMPANY.iter().chain(PERSON).chain(CONTACT).chain(ACCOUNT)
}

/// What an end user has entered so far.
#[derive(Clone, Default)]
pub(super) struct Entries {
    pub details: PayerDetails,
    pub is_company: bool,
    pub is_authorised: bool,
}

/// The value of a field in details.
pub(super) fn value<'a>(details: &'a PayerDetails, field: &str) -> &'a str {
    match field {
        "given_name" => &details.given_name,
        "family_name" => &details.family_name,
        "company_name" => &details.company_name,
        "email" => &details.email,
        "address_line1" => &details.address_line1,
        "address_line2" => &details.address_line2,
        "city" => &details.city,
        "postal_code" => &details.postal_code,
        "account_holder_name" => &details.account_holder_name,
        "sort_code" => &details.sort_code,
        "account_number" => &details.account_number,
        _ => "",
    }
}

impl Entries {
    /// What the lender knows already.
    pub(super) fn prefilled(known: &Prefilled) -> Self {
        let known = known.clone();
        let is_company = !known.company_name.trim().is_empty();
        let details = PayerDetails {
            given_name: known.given_name,
            family_name: known.family_name,
            company_name: known.company_name,
            email: known.email,
            address_line1: known.address_line1,
            address_line2: known.address_line2,
            city: known.city,
            postal_code: known.postal_code,
            ..PayerDetails::default()
        };
        Self { details, is_company, is_authorised: false }
    }

    /// Details that were sound a moment ago.
    pub(super) fn of(details: PayerDetails) -> Self {
        Self { is_company: !details.company_name.is_empty(), is_authorised: true, details }
    }

    /// What the browser sent.
    pub(super) fn sent(form: &Sent) -> Self {
        let text = |field: &str| form.get(field).to_owned();
        let details = PayerDetails {
            given_name: text("given_name"),
            family_name: text("family_name"),
            company_name: text("company_name"),
            email: text("email"),
            address_line1: text("address_line1"),
            address_line2: text("address_line2"),
            city: text("city"),
            postal_code: text("postal_code"),
            account_holder_name: text("account_holder_name"),
            sort_code: text("sort_code"),
            account_number: text("account_number"),
        };
        Self {
            details,
            is_company: form.get(PAYER) == "company",
            is_authorised: form.get(AUTHORISED) == "yes",
        }
    }

    /// The details for the provider, or every fault in the order of the page.
    pub(super) fn checked(&self) -> Result<PayerDetails, Vec<Fault>> {
        let mut details = self.details.clone();
        if self.is_company {
            details.given_name.clear();
            details.family_name.clear();
        } else {
            details.company_name.clear();
        }
        let lacks_company = self.is_company && details.company_name.trim().is_empty();
        if lacks_company {
            // Any name, so that the person's is not asked for.
            details.company_name = "-".to_owned();
        }
        let (sound, mut faults) = match details.checked() {
            Ok(sound) => (Some(sound), Vec::new()),
            Err(faults) => (None, in_words(&faults)),
        };
        if lacks_company {
            faults.push(Fault { field: "company_name", message: COMPANY[0].advice.to_owned() });
        }
        if !self.is_authorised {
            faults.push(Fault { field: AUTHORISED, message: AUTHORISED_ADVICE.to_owned() });
        }
        let place = |fault: &Fault| fields().position(|field| field.name == fault.field);
        faults.sort_by_key(|fault| place(fault).unwrap_or(usize::MAX));
        match sound {
            Some(sound) if faults.is_empty() => Ok(sound),
            _ => Err(faults),
        }
    }
}

/// The domain's faults in words for people: what to do, each field once.
pub(super) fn in_words(faults: &[FieldFault]) -> Vec<Fault> {
    let mut told: Vec<Fault> = Vec::new();
    for fault in faults {
        if told.iter().any(|known| known.field == fault.field) {
            continue;
        }
        let field = fields().find(|field| field.name == fault.field);
        let is_long = fault.message.starts_with("Ensure this field has no more");
        let is_malformed = fault.message != NO_SUCH_ACCOUNT;
        let message = match field {
            Some(field) if is_long => {
                let label = field.label.trim_end_matches(" (optional)");
                format!("{label} must be 100 characters or fewer, on one line")
            }
            Some(field) if is_malformed && !field.advice.is_empty() => field.advice.to_owned(),
            _ => fault.message.trim_end_matches('.').to_owned(),
        };
        told.push(Fault { field: fault.field, message });
    }
    told
}

/// The fields of a form as the browser sent them.
#[derive(Debug, Default)]
pub(super) struct Sent(Vec<(String, String)>);

impl Sent {
    /// Reads `application/x-www-form-urlencoded`; what is no UTF-8 is replaced.
    pub(super) fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// A field's value, the last one that was sent; empty when there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        let found = self.0.iter().rev().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "payer=person&given_name=Ada&family_name=Lovelace&email=ada%40example.com\
        &address_line1=1+High+Street&city=London&postal_code=N1+1AA&account_holder_name=A+Lovelace\
        &sort_code=20-00-00&account_number=55779911&authorised=yes";

    fn check(changes: &str, expected: &[&str]) {
        let body = format!("{SOUND}&{changes}");
        let faults =
            Entries::sent(&Sent::read(body.as_bytes())).checked().err().unwrap_or_default();
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field).collect();
        assert_eq!(fields, expected, "{changes}");
        assert!(faults.iter().all(|fault| !fault.message.ends_with('.')), "{faults:?}");
    }

    #[test]
    fn every_fault_is_found_in_the_order_of_the_page() {
        check("", &[]);
        check("authorised=", &["authorised"]);
        check("authorised=no", &["authorised"]);
        check("given_name=&email=x&account_number=1", &["given_name", "email", "account_number"]);
        check("payer=company&given_name=&family_name=&company_name=Engines+Ltd", &[]);
        check("payer=company", &["company_name"]);
        check("payer=company&company_name=+", &["company_name"]);
        check(
            "payer=company&company_name=&city=&authorised=",
            &["company_name", "city", "authorised"],
        );
        check("payer=nonsense&company_name=Ignored", &[]);
        let long = format!("city={}", "x".repeat(101));
        check(&long, &["city"]);
    }

    #[test]
    fn a_person_has_no_company_and_a_company_no_person() {
        let of = |changes: &str| {
            let body = format!("{SOUND}&company_name=Engines+Ltd&{changes}");
            Entries::sent(&Sent::read(body.as_bytes())).checked().expect("sound details")
        };
        assert_eq!(of("").company_name, "");
        let company = of("payer=company");
        assert_eq!(
            (company.company_name.as_str(), company.given_name.as_str()),
            ("Engines Ltd", "")
        );
    }

    #[test]
    fn every_field_has_its_value() {
        let names: Vec<_> = fields().map(|field| field.name).collect();
        let body: String = names.iter().map(|name| format!("{name}={name}&")).collect();
        let entries = Entries::sent(&Sent::read(body.as_bytes()));
        for name in names {
            assert_eq!(value(&entries.details, name), name);
        }
    }

    #[test]
    fn what_was_not_written_by_a_browser_is_read_too() {
        let sent = Sent::read(b"a=1&a=2&b&%FF=%FF&=x&c=%00%3Cb%3E");
        assert_eq!((sent.get("a"), sent.get("b"), sent.get("z")), ("2", "", ""));
        assert_eq!(sent.get("c"), "\0<b>");
    }
}
