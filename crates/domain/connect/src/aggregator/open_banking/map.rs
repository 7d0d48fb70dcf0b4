//! What banks tell, as we hold it. Pure.
//!
//! Amounts are decimal texts and become minor units to the digit: what has an exponent, is no number, has more decimals
//! than its currency or is of another currency than its account is passed over, never guessed.
//!
//! Of the balances that a bank tells, the first of these that can be read counts:
//!
//! - as the balance: `interimBooked`, `closingBooked`, `expected`, `interimAvailable`, `openingBooked`,
//!   `previouslyClosedBooked`, `closingAvailable`, `openingAvailable`, `forwardAvailable`, and then any other;
//! - as what can be spent: `interimAvailable`, `forwardAvailable`, `expected`, `closingAvailable`, `openingAvailable`.

use std::collections::HashMap;

use florin_crypto::hash_key;
use florin_money::{Currency, Money};
use florin_open_banking::wire::{
    AccountDetails, Amount, Balance, BalanceType, Transaction, Transactions,
};
use jiff::civil::Date;

use crate::account::{AccountType, Category, Numbers, Owner};
use crate::aggregator::TransactionData;

const NAME_CHARS_MAX: usize = 100;
const DESCRIPTION_CHARS_MAX: usize = 500;
/// No amount has more characters.
const AMOUNT_CHARS_MAX: usize = 40;

const BALANCES: &[BalanceType] = &[
    BalanceType::InterimBooked,
    BalanceType::ClosingBooked,
    BalanceType::Expected,
    BalanceType::InterimAvailable,
    BalanceType::OpeningBooked,
    BalanceType::PreviouslyClosedBooked,
    BalanceType::ClosingAvailable,
    BalanceType::OpeningAvailable,
    BalanceType::ForwardAvailable,
];

const AVAILABLE: &[BalanceType] = &[
    BalanceType::InterimAvailable,
    BalanceType::ForwardAvailable,
    BalanceType::Expected,
    BalanceType::ClosingAvailable,
    BalanceType::OpeningAvailable,
];

/// What is on an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OnAccount {
    pub currency: Currency,
    pub balance_minor: i64,
    pub available_minor: Option<i64>,
}

/// Transactions that can be used, and how many could not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Read {
    pub transactions: Vec<TransactionData>,
    pub unusable: usize,
}

/// Minor units of an amount; `None` when it is none of this currency.
fn minor(amount: &Amount, currency: Currency) -> Option<i64> {
    let text = amount.amount.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_plain = !digits.is_empty()
        && text.len() <= AMOUNT_CHARS_MAX
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    if !is_plain || amount.currency != currency.code() {
        return None;
    }
    let size = Money::parse(digits, currency).ok()?.minor();
    if text.starts_with('-') { size.checked_neg() } else { Some(size) }
}

/// What is on an account, in the currency that it is in. An account in several currencies has those of its first balance.
pub(super) fn money(
    details: &AccountDetails,
    balances: &[Balance],
    of_bank: Currency,
) -> Option<OnAccount> {
    let currency = Currency::from_code(&details.currency).ok().or_else(|| {
        let told = balances.iter().map(|balance| balance.balance_amount.currency.as_str());
        told.into_iter().find_map(|code| Currency::from_code(code).ok())
    });
    let currency = currency.unwrap_or(of_bank);
    let of = |wanted: &BalanceType| {
        let found = balances.iter().filter(|balance| balance.balance_type == *wanted);
        found.into_iter().find_map(|balance| minor(&balance.balance_amount, currency))
    };
    let any = || balances.iter().find_map(|balance| minor(&balance.balance_amount, currency));
    let balance_minor = BALANCES.iter().find_map(of).or_else(any)?;
    Some(OnAccount { currency, balance_minor, available_minor: AVAILABLE.iter().find_map(of) })
}

/// By ISO 20022 where the bank says it, by its words otherwise.
pub(super) fn account_type(details: &AccountDetails) -> AccountType {
    match details.cash_account_type.as_str() {
        "CACC" | "TRAN" | "TRAS" | "SLRY" => return AccountType::Checking,
        "SVGS" | "LLSV" | "ONDP" | "MOMA" => return AccountType::Savings,
        "CARD" => return AccountType::CreditCard,
        "LOAN" | "MGLD" => return AccountType::Loan,
        "ODFT" => return AccountType::LineOfCredit,
        "CISH" => return AccountType::Cash,
        _ => {}
    }
    let words = format!("{} {}", details.product, details.name).to_lowercase();
    let says = |all: &[&str]| all.iter().any(|word| words.contains(word));
    match () {
        () if says(&["saving", "saver", "isa", "spar"]) => AccountType::Savings,
        () if says(&["credit card", "mastercard", "visa credit"]) => AccountType::CreditCard,
        () if says(&["mortgage"]) => AccountType::Mortgage,
        () if says(&["loan"]) => AccountType::Loan,
        () if !details.masked_pan.is_empty() && details.iban.is_empty() => AccountType::CreditCard,
        () if !details.iban.is_empty() || !details.scan.is_empty() || !details.bban.is_empty() => {
            AccountType::Checking
        }
        () => AccountType::Unknown,
    }
}

/// What an account is called: by its owner, by its bank, or after its bank.
pub(super) fn name(details: &AccountDetails, bank: &str) -> String {
    let told = [&details.display_name, &details.name, &details.product];
    let named = told.into_iter().map(|text| clean(text, NAME_CHARS_MAX));
    named.into_iter().find(|text| !text.is_empty()).unwrap_or_else(|| format!("{bank} account"))
}

pub(super) fn owners(details: &AccountDetails) -> Vec<Owner> {
    let name = clean(&details.owner_name, NAME_CHARS_MAX);
    if name.is_empty() { Vec::new() } else { vec![Owner { name, ..Owner::default() }] }
}

/// Sort code and account number from what the bank has of them (`scan`, `bban`, IBAN), and the IBAN when its check digits
/// are right.
pub(super) fn numbers(details: &AccountDetails, country: &str) -> Numbers {
    let iban: String = details.iban.chars().filter(|c| !c.is_whitespace()).collect();
    let iban = Some(iban.to_ascii_uppercase()).filter(|iban| is_iban(iban));
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let is_british = match &iban {
        Some(iban) => iban.starts_with("GB"),
        None => country == "GB",
    };
    if !is_british {
        let bban = details.bban.trim();
        let account = (!bban.is_empty()).then(|| clean(bban, NAME_CHARS_MAX));
        return Numbers { account, routing: None, iban };
    }
    let of_iban = iban.as_ref().and_then(|iban| iban.get(8..)).map(digits);
    let told = [digits(&details.scan), digits(&details.bban), of_iban.unwrap_or_default()];
    let found = told.iter().find(|text| text.len() == 14).map(|text| text.split_at(6));
    Numbers {
        account: found.map(|(_, account)| account.to_owned()),
        routing: found.map(|(sort_code, _)| sort_code.to_owned()),
        iban,
    }
}

/// ISO 13616: shape and check digits.
fn is_iban(text: &str) -> bool {
    if !(15..=34).contains(&text.len()) || !text.chars().all(|c| c.is_ascii_alphanumeric()) {
        return false;
    }
    let (head, rest) = text.split_at(4);
    let is_headed = head.chars().take(2).all(|c| c.is_ascii_uppercase())
        && head.chars().skip(2).all(|c| c.is_ascii_digit());
    let remainder = rest.chars().chain(head.chars()).fold(0_u32, |remainder, c| {
        let value = c.to_digit(36).unwrap_or_default();
        (remainder * if value > 9 { 100 } else { 10 } + value) % 97
    });
    is_headed && remainder == 1
}

/// Everything that can be used, the newest first as banks tell it.
pub(super) fn transactions(found: &Transactions, currency: Currency, today: Date) -> Read {
    let mut read =
        Read { unusable: found.booked.unreadable + found.pending.unreadable, ..Read::default() };
    let mut ids = HashMap::new();
    let all = found.booked.items.iter().map(|one| (one, false));
    for (one, is_pending) in all.chain(found.pending.items.iter().map(|one| (one, true))) {
        match transaction(one, currency, is_pending, today) {
            Some(mut one) => {
                // The same id once more is another transaction: two coffees on one day.
                let count = ids.entry(one.external_id.clone()).or_insert(0_u32);
                *count += 1;
                if *count > 1 {
                    one.external_id = format!("{}-{count}", one.external_id);
                }
                read.transactions.push(one);
            }
            None => read.unusable += 1,
        }
    }
    read
}

fn transaction(
    one: &Transaction,
    currency: Currency,
    is_pending: bool,
    today: Date,
) -> Option<TransactionData> {
    let amount_minor = minor(&one.transaction_amount, currency)?;
    let dates = [&one.booking_date, &one.booking_date_time, &one.value_date, &one.value_date_time];
    let posted_on = dates.into_iter().find_map(|text| date(text));
    let posted_on = if is_pending { posted_on.or(Some(today)) } else { posted_on }?;
    let other = if amount_minor < 0 { &one.creditor_name } else { &one.debtor_name };
    let merchant = Some(clean(other, NAME_CHARS_MAX)).filter(|name| !name.is_empty());
    let description = description(one, merchant.as_deref());
    Some(TransactionData {
        external_id: id(one, (posted_on, amount_minor), &description, is_pending),
        posted_on,
        amount_minor,
        balance_after_minor: None,
        category: category(one, amount_minor, &description),
        description,
        merchant,
        is_pending,
    })
}

/// The day of `2026-11-21` or `2026-11-21T10:00:00Z`.
fn date(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// The same for the same transaction, however often and in whatever company it is read.
///
/// The provider's id is the first choice, the bank's own the second; each together with day and amount, because some
/// banks use an id twice. Without either, the words decide. What is pending has ids that go away; it is told apart by
/// what it says.
fn id(one: &Transaction, (on, minor): (Date, i64), description: &str, is_pending: bool) -> String {
    let told = [&one.internal_transaction_id, &one.transaction_id, &one.entry_reference];
    let told = told.into_iter().find(|id| !id.is_empty() && !is_pending);
    let text = match told {
        Some(told) => format!("{on}|{minor}|{told}"),
        None => {
            let other = format!("{}|{}", one.creditor_name, one.debtor_name);
            format!("{on}|{minor}||{}|{other}|{description}", one.end_to_end_id)
        }
    };
    let hash: String = hash_key(&text)[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}{hash}", if is_pending { "p" } else { "b" })
}

fn description(one: &Transaction, other: Option<&str>) -> String {
    let lines = one.remittance_information_unstructured_array.join(" ");
    let told = [
        one.remittance_information_unstructured.as_str(),
        &lines,
        &one.remittance_information_structured,
        &one.additional_information,
        other.unwrap_or_default(),
        &one.proprietary_bank_transaction_code,
    ];
    let told = told.into_iter().map(|text| clean(text, DESCRIPTION_CHARS_MAX));
    told.into_iter().find(|text| !text.is_empty()).unwrap_or_else(|| "Transaction".to_owned())
}

/// Words without control characters, and single blanks between them.
fn clean(text: &str, chars_max: usize) -> String {
    let shown: String =
        text.chars().map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c }).collect();
    let words: Vec<&str> = shown.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(chars_max).collect()
}

/// Words that tell what a payment out of the account is about; a `*` stands for any ending.
const OUT: &[(&[&str], Category)] = &[
    (&["rent", "mortgage", "miete", "loyer", "letting*"], Category::Housing),
    (&["loan*", "credit card payment", "kredit*"], Category::Loan),
    (&["savings", "transfer*"], Category::Transfer),
    (&["council tax", "energy", "electric*", "water", "mobile", "broadband"], Category::Bills),
    (&["insurance*", "versicherung*"], Category::Bills),
    (&["supermarket*", "grocer*", "tesco", "sainsbury*", "aldi", "lidl"], Category::Groceries),
    (&["restaurant*", "coffee", "cafe", "noodle*"], Category::EatingOut),
    (&["petrol", "fuel", "rail*", "transport", "taxi", "parking"], Category::Transport),
    (&["cinema", "films", "gym", "subscription*", "music"], Category::Entertainment),
    (&["cash withdrawal", "atm"], Category::Cash),
    (&["fee", "fees", "charge", "charges"], Category::Fees),
];

/// By the bank's own code first, by words otherwise.
fn category(one: &Transaction, minor: i64, description: &str) -> Category {
    let code = one.bank_transaction_code.as_str();
    let has = |part: &str| code.split('-').any(|found| found == part);
    match () {
        () if has("SALA") => return Category::Salary,
        () if has("INTR") => return Category::Interest,
        () if has("CHRG") || has("COMM") => return Category::Fees,
        () if has("CWDL") => return Category::Cash,
        () => {}
    }
    let told = format!(" {description} {} {} ", one.creditor_name, one.debtor_name);
    let told: String = told
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect::<String>()
        .to_lowercase();
    let says = |all: &[&str]| {
        all.iter().any(|word| match word.strip_suffix('*') {
            Some(beginning) => told.contains(&format!(" {beginning}")),
            None => told.contains(&format!(" {word} ")),
        })
    };
    if minor >= 0 {
        return match () {
            () if says(&["salary", "wages", "payroll"]) => Category::Salary,
            () if says(&["interest"]) => Category::Interest,
            () if has("BOOK") || says(&["transfer*"]) => Category::Transfer,
            () => Category::Income,
        };
    }
    let found = OUT.iter().find(|(all, _)| says(all));
    let is_card = has("POSD") || has("CCRD");
    found.map_or(if is_card { Category::Shopping } else { Category::Other }, |(_, found)| *found)
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod unit;
