//! Whose accounts there are: what follows from a bank and a user name.

use uuid::Uuid;

use super::id_of;
use super::institutions::Bank;

/// How an account behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    Well,
    Messy,
    Processing,
    Down,
    Broken,
    Limited,
    Inactive,
    Forbidden,
    Suspended,
    Expired,
}

/// What moves on an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Profile {
    Current,
    /// Before each salary there is less than nothing.
    Overdrawn,
    Savings,
    Card,
}

/// An account at a bank.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub id: Uuid,
    pub bank: &'static Bank,
    pub profile: Profile,
    pub behaviour: Behaviour,
    pub currency: &'static str,
    /// Decimals of the currency.
    pub exponent: u32,
    pub owner: &'static str,
    pub name: String,
    pub iban: String,
    /// The country's own number: in the United Kingdom sort code and account number.
    pub bban: String,
    /// What everything else about it is drawn from.
    pub seed: String,
}

const OWNERS: &[&str] = &[
    "Jane Example",
    "Ada Okafor",
    "Tomasz Nowak",
    "Priya Raman",
    "Lucie Fontaine",
    "Sven Lindqvist",
    "Maria del Mar Ruiz",
    "Owen Hughes",
];

/// A number that follows from a seed and a label.
pub(super) fn draw(seed: &str, label: &str, below: u64) -> u64 {
    let hash = florin_crypto::hash_key(&format!("{seed}/{label}"));
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(bytes) % below.max(1)
}

/// The accounts that an organisation gets from a bank when a user of this name consents.
pub(super) fn accounts(org: &str, bank: &'static Bank, user: &str) -> Vec<Person> {
    use Profile::*;
    let profiles: Vec<Profile> = match user {
        "no_accounts" => Vec::new(),
        "single" => vec![Current],
        "overdrawn" => vec![Overdrawn],
        "card" => vec![Current, Card],
        "many" => [Current, Savings, Card].into_iter().cycle().take(12).collect(),
        _ => vec![Current, Savings],
    };
    let person = |(number, profile)| account((org, bank, user), number, profile);
    profiles.into_iter().enumerate().map(person).collect()
}

fn behaviour(user: &str, number: usize) -> Behaviour {
    match user {
        "messy" => Behaviour::Messy,
        "processing" => Behaviour::Processing,
        "partly" if number > 0 => Behaviour::Down,
        "down" => Behaviour::Down,
        "broken" => Behaviour::Broken,
        "limited" => Behaviour::Limited,
        "inactive" => Behaviour::Inactive,
        "forbidden" => Behaviour::Forbidden,
        "suspended" => Behaviour::Suspended,
        "expired" => Behaviour::Expired,
        _ => Behaviour::Well,
    }
}

fn account(
    (org, bank, user): (&str, &'static Bank, &str),
    number: usize,
    profile: Profile,
) -> Person {
    let seed = format!("{}/{user}/{number}", bank.id);
    let owner = OWNERS[draw(&format!("{}/{user}", bank.id), "owner", OWNERS.len() as u64) as usize];
    let is_foreign = user == "foreign" && number == 1;
    let (currency, exponent) = if is_foreign { ("JPY", 0) } else { (bank.currency(), 2) };
    let called = match profile {
        Profile::Current | Profile::Overdrawn => "Current account",
        Profile::Savings => "Savings",
        Profile::Card => "Credit card",
    };
    let name = if number < 3 { called.to_owned() } else { format!("{called} {}", number / 3 + 1) };
    let bban = bban(bank, &seed);
    let country = bank.countries.first().copied().unwrap_or("GB");
    Person {
        id: id_of(&format!("{org}/{seed}")),
        bank,
        profile,
        behaviour: behaviour(user, number),
        currency,
        exponent,
        owner,
        name,
        iban: iban(country, &bban),
        bban: bban.trim_start_matches(|c: char| !c.is_ascii_digit()).to_owned(),
        seed,
    }
}

/// A number of the country's shape: letters of the bank, digits.
fn bban(bank: &Bank, seed: &str) -> String {
    let (letters, digits) = match bank.countries.first().copied().unwrap_or("GB") {
        "GB" | "IE" => (4, 14),
        "NL" => (4, 10),
        "FR" => (0, 23),
        "ES" => (0, 20),
        "DE" => (0, 18),
        "LT" | "AT" => (0, 16),
        "FI" => (0, 14),
        "PL" => (0, 24),
        // One check letter, then digits.
        "IT" => (1, 22),
        _ => (0, 16),
    };
    let digit = |place: usize| char::from(b'0' + draw(seed, &format!("digit {place}"), 10) as u8);
    bank.bic.chars().take(letters).chain((0..digits).map(digit)).collect()
}

/// The IBAN of a number: check digits by ISO 7064, modulus 97.
fn iban(country: &str, bban: &str) -> String {
    let turned = format!("{bban}{country}00");
    let rest = turned.chars().fold(0_u32, |rest, character| match character.to_digit(36) {
        Some(value) if value > 9 => (rest * 100 + value) % 97,
        Some(value) => (rest * 10 + value) % 97,
        None => rest,
    });
    format!("{country}{:02}{bban}", 98 - rest)
}

#[cfg(test)]
mod tests {
    use super::super::institutions::{BANKS, find};
    use super::*;

    #[test]
    fn ibans_have_right_check_digits() {
        assert_eq!(iban("GB", "WEST12345698765432"), "GB82WEST12345698765432");
        assert_eq!(iban("DE", "370400440532013000"), "DE89370400440532013000");
        for bank in BANKS {
            let all = accounts("org", bank, "demo");
            assert_eq!(all.len(), 2, "{}", bank.id);
            assert!((15..=34).contains(&all[0].iban.len()), "{}", all[0].iban);
        }
    }

    #[test]
    fn accounts_follow_from_bank_and_user() {
        let bank = find("MONZO_MONZGB2L").unwrap();
        let ids = |org: &str, user: &str| -> Vec<_> {
            accounts(org, bank, user).into_iter().map(|account| account.id).collect()
        };
        assert_eq!(ids("a", "demo"), ids("a", "demo"));
        assert_ne!(ids("a", "demo"), ids("b", "demo"));
        assert_ne!(ids("a", "demo"), ids("a", "single"));
        let check = |user: &str, expected: usize| assert_eq!(ids("a", user).len(), expected);
        check("no_accounts", 0);
        check("single", 1);
        check("many", 12);
        let (first, other) = (accounts("a", bank, "x"), accounts("b", bank, "x"));
        assert_eq!(first[0].iban, other[0].iban, "the bank's account is one");
        assert_eq!(first[0].bban.len(), 14, "{}", first[0].bban);
    }
}
