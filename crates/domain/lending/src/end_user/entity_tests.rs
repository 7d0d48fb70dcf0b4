//! Which details of an end user are sound.

use super::*;
use crate::check::Given::{Null, Value};

fn moment() -> Moment {
    Moment { today: jiff::civil::date(2026, 11, 21), at: "2026-11-21T10:00:00Z".parse().unwrap() }
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
            let known = [digits(&user.bank_account_number), digits(&user.sort_code), user.country];
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
        registered(EndUserFields { birth_date: Value(jiff::civil::date(2026, 11, day)), ..least() })
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
    assert_eq!((account.masked().as_str(), sort_code.masked().as_str()), ("****6678", "****54"));
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
    let other = EndUserFields { bank_account_number: text("****6679"), ..EndUserFields::default() };
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
    use EndUserType::{Individual, LargePartnership, LimitedCompany, SmallPartnership, SoleTrader};
    let check = |kind, names, expected: &str| {
        assert_eq!(faults(registered(of(kind, names))), expected, "{kind} {names:?}");
    };
    let required = "first_name: This field is required.\nlast_name: This field is required.";
    let unless = "first_name: This field is required unless company_name is given.\n\
                  last_name: This field is required unless company_name is given.";
    check(Individual, ["Ada", "", ""], "");
    check(Individual, ["", "", ""], required);
    check(Individual, ["Ada", "Ada Ltd", ""], "company_name: An individual has no company name.");
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
    let abroad =
        EndUserFields { country: text("DE"), ..of(LimitedCompany, ["", "Ada GmbH", "HRB 123"]) };
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
