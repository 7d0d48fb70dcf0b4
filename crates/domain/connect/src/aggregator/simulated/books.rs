//! A simulated customer's accounts: balances, numbers, owners, and what came and went. Pure.

use jiff::civil::Date;

use super::behaviour::Behaviour;
use super::month::{Dice, Event, Life, Month};
use super::{seed_of, statements};
use crate::account::{AccountType, Category, Numbers, Owner};
use crate::aggregator::{AccountData, Ask, TransactionData};
use crate::institution::Institution;
use crate::job::JobType;
use crate::session::Product;

/// Months of books before the month that the business date is in.
pub(super) const MONTHS: i32 = 24;
/// The month that savings begin with.
const SAVED_SINCE: Month = Month(1980 * 12);
const CARD_LIMIT: i64 = 500_000;

const FIRST_NAMES: &[&str] =
    &["Alex", "Morgan", "Priya", "Jamie", "Olu", "Hannah", "Mateo", "Grace", "Tomasz", "Leila"];
const LAST_NAMES: &[&str] = &[
    "Carter",
    "Okafor",
    "Sharma",
    "Bennett",
    "Novak",
    "Reyes",
    "Whitfield",
    "Larsen",
    "Haddad",
    "Doyle",
];

/// One of a customer's accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Current,
    Savings,
    Card,
}

/// The books of one customer of one bank.
#[derive(Debug, Clone, Copy)]
pub(super) struct Books<'a> {
    institution: &'a Institution,
    behaviour: Behaviour,
    life: Life,
}

impl Kind {
    const fn key(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Savings => "savings",
            Self::Card => "card",
        }
    }

    fn of_key(key: &str) -> Option<Self> {
        [Self::Current, Self::Savings, Self::Card].into_iter().find(|kind| kind.key() == key)
    }

    const fn label(self) -> u64 {
        match self {
            Self::Current => 1,
            Self::Savings => 2,
            Self::Card => 3,
        }
    }
}

impl<'a> Books<'a> {
    pub(super) fn new(institution: &'a Institution, user: &str, behaviour: Behaviour) -> Self {
        let life = Life::new(seed_of(&institution.code, user), institution.country == "GB");
        Self { institution, behaviour, life }
    }

    fn dice(&self) -> Dice {
        self.life.dice
    }

    fn kinds(&self) -> &'static [Kind] {
        match self.behaviour {
            Behaviour::Single => &[Kind::Current],
            Behaviour::NoEligible => &[Kind::Card],
            _ => &[Kind::Current, Kind::Savings, Kind::Card],
        }
    }

    /// The accounts as they stand on a day, without transactions.
    pub(super) fn accounts(&self, today: Date) -> Vec<AccountData> {
        self.kinds().iter().map(|kind| self.account(*kind, today)).collect()
    }

    fn account(&self, kind: Kind, today: Date) -> AccountData {
        let is_british = self.life.is_british;
        let (name, account_type) = match kind {
            Kind::Current if is_british => ("Current Account", AccountType::Checking),
            Kind::Current => ("Everyday Checking", AccountType::Checking),
            Kind::Savings => ("Rainy Day Savings", AccountType::Savings),
            Kind::Card => ("Everyday Card", AccountType::CreditCard),
        };
        let month = Month::of(today);
        let mut balance = self.opening(kind, month);
        balance += self
            .events(kind, month)
            .iter()
            .filter(|it| it.on <= today)
            .map(|it| it.cents)
            .sum::<i64>();
        let pending: i64 = self.pending(kind, today).iter().map(|it| it.amount_minor).sum();
        let limit = (kind == Kind::Card).then_some(CARD_LIMIT);
        AccountData {
            external_id: kind.key().to_owned(),
            name: name.to_owned(),
            account_type,
            currency: self.institution.currency,
            numbers: Some(self.numbers(kind)),
            balance_minor: balance,
            available_minor: Some(balance + pending + limit.unwrap_or(0)),
            credit_limit_minor: limit,
            owners: Some(vec![self.owner()]),
            is_verified: false,
            transactions: vec![],
            statements: vec![],
        }
    }

    /// What an account holds when a month begins.
    pub(super) fn opening(&self, kind: Kind, month: Month) -> i64 {
        match kind {
            Kind::Current => self.life.opening(month),
            Kind::Savings => {
                let months = i64::from((month.0 - SAVED_SINCE.0).max(0));
                months * (self.life.standing_order + self.life.interest)
            }
            Kind::Card => self.life.card_total(month.plus(-1)),
        }
    }

    fn events(&self, kind: Kind, month: Month) -> Vec<Event> {
        match kind {
            Kind::Current => self.life.current(month),
            Kind::Savings if month < SAVED_SINCE => vec![],
            Kind::Savings => self.life.savings(month),
            Kind::Card => self.life.card_account(month),
        }
    }

    /// A month of an account, with the balance after each booking.
    pub(super) fn booked(&self, kind: Kind, month: Month) -> Vec<TransactionData> {
        let mut balance = self.opening(kind, month);
        let row = |(place, event): (usize, Event)| {
            balance += event.cents;
            transaction(kind, month, place, event, Some(balance))
        };
        self.events(kind, month).into_iter().enumerate().map(row).collect()
    }

    /// What is bought today and booked tomorrow.
    fn pending(&self, kind: Kind, today: Date) -> Vec<TransactionData> {
        let Ok(tomorrow) = today.tomorrow() else { return vec![] };
        let month = Month::of(tomorrow);
        let is_bought = |it: &TransactionData| {
            let is_card = matches!(
                it.category,
                Category::Groceries | Category::EatingOut | Category::Shopping
            );
            it.posted_on == tomorrow && is_card
        };
        let bought = self.booked(kind, month).into_iter().filter(is_bought);
        bought
            .map(|it| TransactionData { is_pending: true, balance_after_minor: None, ..it })
            .collect()
    }

    /// Fills an account with what the job reads of its books.
    pub(super) fn fill(&self, account: &mut AccountData, ask: &Ask<'_>) {
        let Some(kind) = Kind::of_key(&account.external_id) else { return };
        let first = Month::of(ask.today).plus(-MONTHS);
        if ask.job != JobType::Tax && ask.products.contains(&Product::Statements) {
            account.statements = statements::monthly(self, kind, account, first, ask.today);
        }
        if ask.job == JobType::Tax && self.institution.tax_statements && kind == Kind::Savings {
            account.statements = statements::yearly(self, account, ask.today);
        }
        if !ask.products.contains(&Product::Transactions) {
            return;
        }
        let since = ask.since.filter(|_| ask.job != JobType::History).unwrap_or(Date::MIN);
        account.transactions = self.transactions(kind, since.max(first.first()), ask.today);
    }

    /// What came and went from one day to another, oldest first, and what is pending.
    pub(super) fn transactions(
        &self,
        kind: Kind,
        since: Date,
        today: Date,
    ) -> Vec<TransactionData> {
        let (mut month, last) = (Month::of(since), Month::of(today));
        let mut all = Vec::new();
        while month <= last {
            let booked = self.booked(kind, month).into_iter();
            all.extend(booked.filter(|it| since <= it.posted_on && it.posted_on <= today));
            month = month.plus(1);
        }
        all.extend(self.pending(kind, today));
        all
    }

    fn numbers(&self, kind: Kind) -> Numbers {
        let digits = |count: u64| -> String {
            let digit = |place| self.dice().roll([60, kind.label(), place], 10);
            let rest = (1..count).map(|place| char::from(b'0' + digit(place) as u8));
            std::iter::once('4').chain(rest).collect()
        };
        if kind == Kind::Card {
            return Numbers { account: Some(digits(16)), ..Numbers::default() };
        }
        let all = &self.institution.routing_numbers;
        let at = self.dice().roll([61, 0, 0], all.len() as u64) as usize;
        let routing = all.get(at).cloned();
        let account = digits(if self.life.is_british { 8 } else { 11 });
        let iban = routing.as_ref().filter(|_| self.life.is_british);
        let iban = iban.map(|sort_code| iban_of(&self.institution.code, sort_code, &account));
        Numbers { account: Some(account), routing, iban }
    }

    pub(super) fn owner(&self) -> Owner {
        let pick = |label, list: &'static [&'static str]| {
            list[self.dice().roll([label, 0, 0], list.len() as u64) as usize]
        };
        let (first, last) = (pick(70, FIRST_NAMES), pick(71, LAST_NAMES));
        let number = self.dice().roll([72, 0, 0], 180) + 1;
        let text = |text: &str| Some(text.to_owned());
        let email = text(&format!("{}.{}@example.com", first.to_lowercase(), last.to_lowercase()));
        let name = format!("{first} {last}");
        if self.life.is_british {
            return Owner {
                name,
                address: Some(format!("{number} Alder Road")),
                city: text("Leeds"),
                state: None,
                postal_code: text("LS1 4AP"),
                country: text("GB"),
                email,
                phone: Some(format!("+44 7700 900{:03}", number)),
            };
        }
        Owner {
            name,
            address: Some(format!("{number} Juniper Street")),
            city: text("Denver"),
            state: text("CO"),
            postal_code: text("80202"),
            country: text("US"),
            email,
            phone: Some(format!("+1 303 555 0{:03}", number)),
        }
    }
}

fn transaction(
    kind: Kind,
    month: Month,
    place: usize,
    event: Event,
    balance_after_minor: Option<i64>,
) -> TransactionData {
    TransactionData {
        external_id: format!("{}-{}-{place}", kind.key(), month.0),
        posted_on: event.on,
        amount_minor: event.cents,
        balance_after_minor,
        description: event.description.to_owned(),
        merchant: event.merchant.map(str::to_owned),
        category: event.category,
        is_pending: false,
    }
}

/// A British IBAN with its check digits (ISO 13616: modulo 97).
fn iban_of(code: &str, sort_code: &str, account: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphabetic).chain("XXXX".chars()).take(4);
    let bank: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
    let rest = |text: &str| {
        text.chars().filter_map(|c| c.to_digit(36)).fold(0_u64, |rest, value| {
            let shift = if value > 9 { 100 } else { 10 };
            (rest * shift + u64::from(value)) % 97
        })
    };
    let check = 98 - rest(&format!("{bank}{sort_code}{account}GB00"));
    format!("GB{check:02}{bank}{sort_code}{account}")
}

#[cfg(test)]
#[path = "books_tests.rs"]
mod tests;
