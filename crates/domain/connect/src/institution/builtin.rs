//! The built-in institutions: the data file, read once.

use std::sync::{Arc, LazyLock};

use florin_ids::InstitutionId;
use florin_money::Currency;

use super::entity::{
    CredentialField, FieldOption, FieldType, Institution, Instructions, credential_id,
};

const FILE: &str = include_str!("../../data/institutions-2026-11-21.txt");

/// The name of the aggregator that plays the built-in banks.
pub(crate) const SIMULATED: &str = "simulated";

/// The code of the institution that holds accounts typed in by hand.
pub(crate) const MANUAL: &str = "manual";

/// What an institution asks for before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Password,
    Customer,
    Region,
    Nothing,
}

/// Every built-in institution, in the order of the file.
pub(super) fn all() -> &'static [Arc<Institution>] {
    static ALL: LazyLock<Vec<Arc<Institution>>> = LazyLock::new(|| {
        let rows = FILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        rows.filter_map(read).map(Arc::new).collect()
    });
    &ALL
}

fn read(line: &str) -> Option<Institution> {
    let parts: Vec<&str> = line.split('|').collect();
    let [id, code, name, country, popularity, flags, asks, behaviour, numbers, color, host] =
        parts.as_slice()
    else {
        return None;
    };
    let id: InstitutionId = id.parse().ok()?;
    let asked = match *asks {
        "customer" => Asks::Customer,
        "region" => Asks::Region,
        "password" => Asks::Password,
        _ => Asks::Nothing,
    };
    let url = format!("https://{host}");
    let page = |path: &str| (asked != Asks::Nothing).then(|| format!("{url}/{path}"));
    let is_seed = *host == "testbank.com";
    Some(Institution {
        id,
        code: (*code).to_owned(),
        name: (*name).to_owned(),
        login_url: if is_seed { None } else { page("login") },
        logo_url: None,
        color: (*color).to_owned(),
        popularity: popularity.parse().ok()?,
        supports_oauth: *asks == "oauth",
        verification: flags.contains('v'),
        identification: flags.contains('i'),
        tax_statements: flags.contains('t'),
        country: (*country).to_owned(),
        currency: currency_of(country),
        routing_numbers: numbers.split_whitespace().map(str::to_owned).collect(),
        forgot_password_url: page("forgot_password"),
        forgot_username_url: if is_seed { None } else { page("forgot_username") },
        trouble_signing_url: page("forgot_password"),
        instructions: (*behaviour == "access_denied").then(consent_instructions),
        is_disabled_by_client: false,
        is_discontinued: flags.contains('d'),
        is_hidden: flags.contains('h'),
        is_test: flags.contains('x'),
        credentials: fields(id, asked),
        aggregator: SIMULATED.to_owned(),
        external_id: (*behaviour).to_owned(),
        url,
    })
}

/// What money is held in at banks of a country.
pub(super) fn currency_of(country: &str) -> Currency {
    match country {
        "US" => Currency::USD,
        "GB" => Currency::GBP,
        _ => Currency::EUR,
    }
}

/// The country whose banks alone have accounts for payments of a tenant of this currency.
pub(super) fn country_for_payments(currency: Currency) -> Option<&'static str> {
    (currency == Currency::USD).then_some("US")
}

fn consent_instructions() -> Instructions {
    Instructions {
        title: "Allow access for other applications".to_owned(),
        description: "This bank lets you choose what other applications may see.".to_owned(),
        steps: vec![
            "Sign in to your bank.".to_owned(),
            "Open Security, then Linked applications.".to_owned(),
            "Switch on access to accounts and transactions.".to_owned(),
        ],
    }
}

/// The fields of an institution.
pub(super) fn fields(id: InstitutionId, asks: Asks) -> Vec<CredentialField> {
    let all: &[(&str, FieldType, &str)] = match asks {
        Asks::Nothing => &[],
        Asks::Password => &[
            ("LOGIN", FieldType::Login, "User name"),
            ("PASSWORD", FieldType::Password, "Password"),
        ],
        Asks::Customer => &[
            ("LOGIN", FieldType::Login, "Customer number"),
            ("PASSWORD", FieldType::Password, "Password"),
            ("MEMORABLE_WORD", FieldType::Password, "Memorable word"),
        ],
        Asks::Region => &[
            ("LOGIN", FieldType::Login, "User name"),
            ("PASSWORD", FieldType::Password, "Password"),
            ("REGION", FieldType::Options, "Region"),
        ],
    };
    let regions = || {
        let option = |value: &str, label: &str| FieldOption {
            value: value.to_owned(),
            label: label.to_owned(),
        };
        vec![option("east", "East"), option("central", "Central"), option("west", "West")]
    };
    let field = |(place, (name, field_type, label)): (u32, &(&str, FieldType, &str))| {
        let is_choice = *field_type == FieldType::Options;
        CredentialField {
            id: credential_id(id, name),
            field_name: (*name).to_owned(),
            field_type: *field_type,
            label: (*label).to_owned(),
            display_order: place,
            optional: false,
            options: if is_choice { regions() } else { vec![] },
            meta_data: None,
        }
    };
    (1..).zip(all).map(field).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use florin_ach::RoutingNumber;

    use super::*;

    #[test]
    fn the_file_is_sound() {
        let rows = FILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert_eq!(all().len(), rows, "every row is read");
        let listed = all().iter().filter(|it| !it.is_hidden && !it.is_discontinued).count();
        assert!(listed >= 40, "{listed}");
        let unique = |texts: Vec<String>| texts.iter().collect::<HashSet<_>>().len() == texts.len();
        assert!(unique(all().iter().map(|it| it.id.to_string()).collect()));
        assert!(unique(all().iter().map(|it| it.code.clone()).collect()));
        assert!(unique(all().iter().flat_map(|it| it.routing_numbers.clone()).collect()));
    }

    #[test]
    fn routing_numbers_have_right_check_digits() {
        for it in all() {
            for number in &it.routing_numbers {
                if it.country == "US" {
                    let parsed = RoutingNumber::parse(number).expect(number);
                    assert!(parsed.prefix_is_assigned(), "{number}");
                } else {
                    assert!(number.len() == 6 && number.starts_with("97"), "{number}");
                }
            }
            let is_linked_by_us = !it.credentials.is_empty();
            assert!(it.is_hidden || is_linked_by_us != it.supports_oauth, "{}", it.code);
        }
    }

    #[test]
    fn the_documents_own_institution() {
        let found = all().iter().find(|it| it.code == "gringotts").expect("gringotts");
        assert_eq!(found.id.to_string(), "f1a3285d-e855-b68f-6aa7-8ae775c0e0e9");
        assert_eq!((found.name.as_str(), found.popularity), ("Gringotts", 32685));
        assert!(found.verification && !found.tax_statements && !found.supports_oauth);
        assert!(found.login_url.is_none() && found.forgot_username_url.is_none());
        assert_eq!(found.credentials.len(), 2);
    }
}
