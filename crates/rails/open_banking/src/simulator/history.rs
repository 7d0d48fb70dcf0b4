//! What moves on an account: each month follows from itself alone, so that nothing changes when more time passes.
//!
//! A month begins with a balance that is drawn for it, and ends with a transfer that leads to the next one's.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde_json::{Value as Json, json};

use super::id_of;
use super::people::{Behaviour, Person, Profile, draw};

/// An entry in the bank's books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub on: Date,
    /// Of the currency's smallest unit; less than nothing when it goes out.
    pub minor: i64,
    pub kind: Kind,
    /// The other side.
    pub name: &'static str,
    pub text: &'static str,
    /// Which of the day's entries it is.
    pub number: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Salary,
    StandingOrder,
    DirectDebit,
    Card,
    Transfer,
    Interest,
}

impl Kind {
    /// ISO 20022 and the bank's own word.
    const fn codes(self) -> (&'static str, &'static str) {
        match self {
            Self::Salary => ("PMNT-RCDT-SALA", "Bank Credit"),
            Self::StandingOrder => ("PMNT-ICDT-STDO", "Standing Order"),
            Self::DirectDebit => ("PMNT-RDDT-ESDD", "Direct Debit"),
            Self::Card => ("PMNT-CCRD-POSD", "Card"),
            Self::Transfer => ("PMNT-ICDT-BOOK", "Transfer"),
            Self::Interest => ("ACMT-MCOP-INTR", "Interest"),
        }
    }
}

const SHOPS: &[(&str, &str)] = &[
    ("Corner Coffee", "CORNER COFFEE"),
    ("Green Grocer", "GREEN GROCER 4471"),
    ("City Transport", "CITY TRANSPORT"),
    ("Paper & Ink Books", "PAPER AND INK BOOKS"),
    ("Noodle Bar", "NOODLE BAR"),
    ("Petrol Station", "PETROL STATION 12"),
    ("Cinema", "CINEMA TICKETS"),
];

/// The day of a month, or its last one.
fn day(first: Date, number: i8) -> Date {
    first.with().day(number.min(first.days_in_month())).build().unwrap_or(first)
}

/// The entries of the month that begins on `first`, in the order of the books.
pub(super) fn month(account: &Person, first: Date) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut add = |on: Date, minor: i64, kind: Kind, name: &'static str, text: &'static str| {
        entries.push(Entry { on, minor, kind, name, text, number: 0 });
    };
    match account.profile {
        Profile::Current | Profile::Overdrawn => current(account, first, &mut add),
        Profile::Savings => {
            let interest = 80 + drawn(account, "interest", first, 400);
            add(day(first, 28), interest, Kind::Interest, "Interest", "GROSS INTEREST");
        }
        Profile::Card => {
            shopping(account, first, 4, &mut add);
            add(day(first, 20), 25_000, Kind::Transfer, "Card payment", "PAYMENT RECEIVED");
        }
    }
    entries.sort_by_key(|entry| entry.on);
    let next = first.saturating_add(1.month());
    let moved: i64 = entries.iter().map(|entry| entry.minor).sum();
    let rest = opening(account, next) - opening(account, first) - moved;
    if rest != 0 {
        let (name, text) = match account.profile {
            Profile::Savings => ("Main account", "TRANSFER"),
            _ if rest < 0 => ("Savings pot", "TO SAVINGS POT"),
            _ => ("Savings pot", "FROM SAVINGS POT"),
        };
        let on = day(first, 31);
        entries.push(Entry { on, minor: rest, kind: Kind::Transfer, name, text, number: 0 });
    }
    let mut number = 0;
    let mut last = None;
    for entry in &mut entries {
        number = if last == Some(entry.on) { number + 1 } else { 0 };
        last = Some(entry.on);
        entry.number = number;
    }
    entries
}

type Add<'a> = dyn FnMut(Date, i64, Kind, &'static str, &'static str) + 'a;

fn current(account: &Person, first: Date, add: &mut Add<'_>) {
    use Kind::*;
    let steady = |label: &str, from: i64, below: i64| {
        from + i64::try_from(draw(&account.seed, label, below.unsigned_abs())).unwrap_or_default()
    };
    let rent = steady("rent", 82_000, 30_000);
    add(day(first, 1), -rent, StandingOrder, "Dovecote Lettings", "RENT");
    add(day(first, 3), -15_400, DirectDebit, "City Council", "COUNCIL TAX");
    add(day(first, 5), -2_399, DirectDebit, "Phone Company", "MOBILE");
    let power = 7_000 + drawn(account, "power", first, 6_000);
    add(day(first, 8), -power, DirectDebit, "Power & Light", "ENERGY BILL");
    add(day(first, 12), -1_099, Card, "Films Online", "FILMS ONLINE SUBSCRIPTION");
    add(day(first, 15), -3_499, DirectDebit, "Gym", "GYM MEMBERSHIP");
    shopping(account, first, 3, add);
    let mut payday = day(first, 25);
    while matches!(payday.weekday(), Weekday::Saturday | Weekday::Sunday) {
        payday = payday.saturating_sub(1.day());
    }
    add(payday, steady("salary", 245_000, 110_000), Salary, "Example Works Ltd", "SALARY");
}

/// Groceries on Saturdays, and on one working day of every `seldom`th something small.
fn shopping(account: &Person, first: Date, seldom: i64, add: &mut Add<'_>) {
    for number in 1..=first.days_in_month() {
        let on = day(first, number);
        if on.weekday() == Weekday::Saturday {
            let spent = 3_500 + drawn(account, "groceries", on, 6_000);
            add(on, -spent, Kind::Card, "Supermarket", "SUPERMARKET 2214");
        } else if drawn(account, "shops", on, seldom) == 0 {
            let (name, text) = SHOPS[drawn(account, "shop", on, SHOPS.len() as i64) as usize];
            add(on, -(280 + drawn(account, "spent", on, 1_900)), Kind::Card, name, text);
        }
    }
}

fn drawn(account: &Person, label: &str, on: Date, below: i64) -> i64 {
    let found = draw(&account.seed, &format!("{label}/{on}"), below.unsigned_abs());
    i64::try_from(found).unwrap_or_default()
}

/// What is on the account before the month's first entry.
fn opening(account: &Person, first: Date) -> i64 {
    match account.profile {
        Profile::Current => 165_000 + drawn(account, "opening", first, 60_000),
        Profile::Overdrawn => 35_000 + drawn(account, "opening", first, 20_000),
        Profile::Savings => 420_000 + drawn(account, "opening", first, 180_000),
        Profile::Card => -drawn(account, "opening", first, 90_000),
    }
}

/// What is in the books when a day ends.
pub(super) fn balance(account: &Person, on: Date) -> i64 {
    let first = on.first_of_month();
    let moved: i64 =
        month(account, first).iter().filter(|entry| entry.on <= on).map(|entry| entry.minor).sum();
    opening(account, first) + moved
}

/// The entries between two dates that both count, the newest first.
pub(super) fn between(account: &Person, from: Date, to: Date) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut first = from.first_of_month();
    while first <= to {
        entries.extend(month(account, first));
        first = first.saturating_add(1.month());
    }
    entries.retain(|entry| entry.on >= from && entry.on <= to);
    entries.reverse();
    entries
}

/// An amount of the account's currency as it stands on the wire: `-12.50`.
pub(super) fn amount(account: &Person, minor: i64) -> Json {
    let power = 10_u64.pow(account.exponent);
    let (sign, size) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
    let text = match account.exponent {
        0 => format!("{sign}{size}"),
        width => {
            format!("{sign}{}.{:0width$}", size / power, size % power, width = width as usize)
        }
    };
    json!({ "amount": text, "currency": account.currency })
}

/// An entry as it stands on the wire. One that is not booked yet has neither id nor booking date.
pub(super) fn json(account: &Person, entry: &Entry, is_booked: bool) -> Json {
    let (code, own_code) = entry.kind.codes();
    let mut shown = json!({
        "transactionAmount": amount(account, entry.minor),
        "valueDate": entry.on.to_string(),
        "remittanceInformationUnstructured": entry.text,
        "bankTransactionCode": code,
        "proprietaryBankTransactionCode": own_code,
    });
    shown[if entry.minor < 0 { "creditorName" } else { "debtorName" }] = entry.name.into();
    if is_booked {
        shown["bookingDate"] = entry.on.to_string().into();
        let id = id_of(&format!("{}/{}/{}", account.seed, entry.on, entry.number)).simple();
        shown["internalTransactionId"] = id.to_string().into();
        // Some banks have no ids of their own.
        if draw(account.bank.id, "has ids", 3) > 0 {
            shown["transactionId"] = format!("{}-{}", entry.on, entry.number).into();
        }
    }
    shown
}

/// The `transactions` of an account: what was booked until yesterday, and today's card payments as pending.
pub(super) fn transactions(account: &Person, from: Date, to: Date, today: Date) -> Json {
    let entries = between(account, from, to);
    let is_pending = |entry: &&Entry| entry.on == today && entry.kind == Kind::Card;
    let pending: Vec<Json> =
        entries.iter().filter(is_pending).map(|entry| json(account, entry, false)).collect();
    let mut booked: Vec<Json> = entries
        .iter()
        .filter(|entry| !is_pending(entry))
        .map(|entry| json(account, entry, true))
        .collect();
    if account.behaviour == Behaviour::Messy {
        booked.extend(messy(account, to));
    }
    json!({ "transactions": { "booked": booked, "pending": pending } })
}

/// What banks send on bad days.
fn messy(account: &Person, on: Date) -> Vec<Json> {
    let plain = |changes: Json| {
        let mut shown = json!({
            "transactionId": "messy",
            "bookingDate": on.to_string(),
            "transactionAmount": amount(account, -1_000),
            "remittanceInformationUnstructured": "MESSY",
        });
        if let (Some(shown), Json::Object(changes)) = (shown.as_object_mut(), changes) {
            shown.extend(changes);
        }
        shown
    };
    let amount = |text: &str| json!({ "amount": text, "currency": account.currency });
    let named = |id: &str, changes: Json| {
        let mut shown = plain(changes);
        shown["transactionId"] = id.into();
        shown
    };
    vec![
        named("exponent", json!({ "transactionAmount": amount("1e3") })),
        named("not a number", json!({ "transactionAmount": amount("NaN") })),
        named("infinite", json!({ "transactionAmount": amount("-Infinity") })),
        named("empty", json!({ "transactionAmount": amount("") })),
        named("comma", json!({ "transactionAmount": amount("12,50") })),
        named("huge", json!({ "transactionAmount": amount("99999999999999999999.00") })),
        named("fractions", json!({ "transactionAmount": amount("1.005") })),
        named(
            "other currency",
            json!({ "transactionAmount": { "amount": "5.00", "currency": "USD" } }),
        ),
        named(
            "no currency",
            json!({ "transactionAmount": { "amount": "5.00", "currency": "XXQ" } }),
        ),
        named("missing", json!({ "transactionAmount": null })),
        named("no date", json!({ "bookingDate": null })),
        named("odd date", json!({ "bookingDate": "31/02/2026", "valueDate": on.to_string() })),
        // Read as they are meant.
        named(
            "number",
            json!({ "transactionAmount": { "amount": -7.10, "currency": account.currency } }),
        ),
        named("plus", json!({ "transactionAmount": amount("+3.00") })),
        // The same id for two payments, and two payments without any.
        plain(json!({})),
        plain(json!({ "transactionAmount": amount("-11.00") })),
        plain(json!({ "transactionId": null })),
        plain(json!({ "transactionId": null })),
        json!("nonsense"),
    ]
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::institutions::find;
    use super::super::people::accounts;
    use super::*;

    #[test]
    fn months_lead_into_each_other() {
        for user in ["demo", "overdrawn", "card"] {
            for account in accounts("org", find("MONZO_MONZGB2L").unwrap(), user) {
                let mut running = opening(&account, date(2024, 1, 1));
                for entry in between(&account, date(2024, 1, 1), date(2026, 3, 14)).iter().rev() {
                    running += entry.minor;
                }
                assert_eq!(running, balance(&account, date(2026, 3, 14)), "{user}");
            }
        }
    }

    #[test]
    fn a_history_stays_the_same() {
        let account = &accounts("org", find("MONZO_MONZGB2L").unwrap(), "demo")[0];
        let short = between(account, date(2026, 1, 10), date(2026, 1, 20));
        let long = between(account, date(2024, 1, 10), date(2026, 6, 20));
        assert!(!short.is_empty());
        let within: Vec<_> = long.into_iter().filter(|entry| short.contains(entry)).collect();
        assert_eq!(within, short);
    }

    #[test]
    fn who_is_overdrawn_is_so_before_each_salary() {
        let bank = find("MONZO_MONZGB2L").unwrap();
        let overdrawn = &accounts("org", bank, "overdrawn")[0];
        let sound = &accounts("org", bank, "demo")[0];
        for month in 1..=12 {
            assert!(balance(overdrawn, date(2025, month, 20)) < 0, "{month}");
            assert!(balance(sound, date(2025, month, 20)) > 0, "{month}");
        }
    }

    #[test]
    fn amounts_are_decimal_texts() {
        let mut account = accounts("org", find("MONZO_MONZGB2L").unwrap(), "demo").remove(0);
        let check = |account: &Person, minor: i64, expected: &str| {
            assert_eq!(amount(account, minor)["amount"], expected);
        };
        check(&account, -5, "-0.05");
        check(&account, 123_456, "1234.56");
        account.exponent = 0;
        check(&account, -150, "-150");
    }
}
