//! What an end user tells of an account by hand. Pure.

use florin_ids::{ConnectAccountId, ConnectUserId};
use florin_money::{Currency, Money, Rate};

use crate::account::{Account, AccountType};
use crate::error::FieldFault;

const NAME_CHARS: usize = 100;
/// In units of the currency; what the widgets' form takes.
const MOST: i64 = 999_999_999_999;
/// Kinds of property that the widgets know: real estate, vehicle, art, jewellery, furniture, appliances, computer,
/// electronics, sports equipment, miscellaneous.
const PROPERTY_TYPES: std::ops::RangeInclusive<u32> = 0..=9;

/// What a request says of the account. Absent, null and blank are the same; numbers are texts.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the properties of the widgets' manual account, documented there")]
pub struct NewManualAccount {
    pub user_name: Option<String>,
    pub account_type: Option<i64>,
    pub balance: Option<String>,
    /// ISO 4217; the tenant's unless said.
    pub currency_code: Option<String>,
    pub credit_limit: Option<String>,
    pub minimum_payment: Option<String>,
    pub original_balance: Option<String>,
    pub interest_rate: Option<String>,
    pub day_payment_is_due: Option<String>,
    pub property_type: Option<String>,
    /// A business's otherwise.
    pub is_personal: Option<bool>,
}

/// What is kept of a manual account beside the account itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualTerms {
    /// Of which account.
    pub account: ConnectAccountId,
    /// Whose.
    pub user: ConnectUserId,
    /// A person's account rather than a business's.
    pub is_personal: bool,
    /// The most that can be owed.
    pub credit_limit: Option<Money>,
    /// The least that is paid a month.
    pub minimum_payment: Option<Money>,
    /// What was borrowed.
    pub original_balance: Option<Money>,
    /// Yearly.
    pub interest_rate: Option<Rate>,
    /// The day of the month on which a payment is due, 1 to 31.
    pub payment_due_day: Option<u32>,
    /// The kind of a property, 0 to 9.
    pub property_type: Option<u32>,
}

/// An account that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub name: String,
    pub account_type: AccountType,
    pub currency: Currency,
    /// What stands on it; what is owed is less than 0.
    pub balance: Money,
    pub is_personal: bool,
    pub credit_limit: Option<Money>,
    pub minimum_payment: Option<Money>,
    pub original_balance: Option<Money>,
    pub interest_rate: Option<Rate>,
    pub payment_due_day: Option<u32>,
    pub property_type: Option<u32>,
}

/// Whether what is told of the balance is owed.
const fn is_owed(kind: AccountType) -> bool {
    matches!(
        kind,
        AccountType::Loan
            | AccountType::CreditCard
            | AccountType::LineOfCredit
            | AccountType::Mortgage
            | AccountType::CheckingLineOfCredit
    )
}

fn trimmed(given: &Option<String>) -> Option<&str> {
    given.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

impl NewManualAccount {
    /// What the end user would say of an account to tell it as it is known.
    pub fn of(account: &Account, terms: &ManualTerms) -> Self {
        let money = |it: Option<Money>| it.map(|money| money.to_string());
        let sign = if is_owed(account.account_type) { -1 } else { 1 };
        let balance = Money::from_minor(sign * account.balance_minor, account.currency);
        Self {
            user_name: Some(account.name.clone()),
            account_type: Some(account.account_type.code()),
            balance: Some(balance.to_string()),
            currency_code: Some(account.currency.code().to_owned()),
            credit_limit: money(terms.credit_limit),
            minimum_payment: money(terms.minimum_payment),
            original_balance: money(terms.original_balance),
            interest_rate: terms.interest_rate.map(|rate| rate.to_string()),
            day_payment_is_due: terms.payment_due_day.map(|day| day.to_string()),
            property_type: terms.property_type.map(|kind| kind.to_string()),
            is_personal: Some(terms.is_personal),
        }
    }

    /// The same with what another request says: what that leaves out stays, and what it leaves blank goes.
    pub(super) fn with(self, change: Self) -> Self {
        Self {
            user_name: change.user_name.or(self.user_name),
            account_type: change.account_type.or(self.account_type),
            balance: change.balance.or(self.balance),
            currency_code: change.currency_code.or(self.currency_code),
            credit_limit: change.credit_limit.or(self.credit_limit),
            minimum_payment: change.minimum_payment.or(self.minimum_payment),
            original_balance: change.original_balance.or(self.original_balance),
            interest_rate: change.interest_rate.or(self.interest_rate),
            day_payment_is_due: change.day_payment_is_due.or(self.day_payment_is_due),
            property_type: change.property_type.or(self.property_type),
            is_personal: change.is_personal.or(self.is_personal),
        }
    }

    /// What the request says, in the tenant's `currency` unless it names another.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub(super) fn check(&self, currency: Currency) -> Result<Told, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let name = trimmed(&self.user_name).unwrap_or_default().to_owned();
        if name.is_empty() {
            faults.add("user_name", "This field is required.");
        } else if name.chars().count() > NAME_CHARS {
            faults.add("user_name", format!("At most {NAME_CHARS} characters are allowed."));
        }
        let account_type = self.account_type.and_then(AccountType::from_code);
        let account_type = account_type.filter(|kind| *kind != AccountType::Unknown);
        if account_type.is_none() {
            faults.add("account_type", "Choose a number from 1 to 12.");
        }
        let currency = match trimmed(&self.currency_code).map(Currency::from_code) {
            Some(Err(_)) => {
                faults.add("currency_code", "There is no such currency.");
                currency
            }
            Some(Ok(given)) => given,
            None => currency,
        };
        let told = Told {
            name,
            account_type: account_type.unwrap_or(AccountType::Unknown),
            currency,
            balance: self.balance(&mut faults, account_type, currency),
            is_personal: self.is_personal.unwrap_or(true),
            credit_limit: faults.amount("credit_limit", &self.credit_limit, currency),
            minimum_payment: faults.amount("minimum_payment", &self.minimum_payment, currency),
            original_balance: faults.amount("original_balance", &self.original_balance, currency),
            interest_rate: self.rate(&mut faults),
            payment_due_day: faults.whole("day_payment_is_due", &self.day_payment_is_due, 1..=31),
            property_type: faults.whole("property_type", &self.property_type, PROPERTY_TYPES),
        };
        if faults.0.is_empty() { Ok(told) } else { Err(faults.0) }
    }

    /// People tell what they owe on a card or a loan as a plain number.
    fn balance(&self, faults: &mut Faults, kind: Option<AccountType>, currency: Currency) -> Money {
        let zero = Money::from_minor(0, currency);
        let Some(text) = trimmed(&self.balance) else { return zero };
        let sign = if kind.is_some_and(is_owed) { -1 } else { 1 };
        match money(text, currency) {
            Ok(told) => Money::from_minor(sign * told.minor(), currency),
            Err(message) => {
                faults.add("balance", message);
                zero
            }
        }
    }

    fn rate(&self, faults: &mut Faults) -> Option<Rate> {
        let text = trimmed(&self.interest_rate)?;
        let rate = Rate::parse(text).ok().filter(|rate| rate.micro_percent() <= 100_000_000);
        if rate.is_none() {
            faults.add("interest_rate", "Tell a percentage from 0 to 100.");
        }
        rate
    }
}

/// What is wrong with a request, by field.
#[derive(Debug, Default)]
struct Faults(Vec<FieldFault>);

impl Faults {
    fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldFault::new(field, message));
    }

    fn amount(&mut self, field: &str, given: &Option<String>, currency: Currency) -> Option<Money> {
        let told = money(trimmed(given)?, currency);
        let told = told.and_then(|it| match it.minor() {
            minor if minor < 0 => Err("An amount is not negative."),
            _ => Ok(it),
        });
        told.map_err(|message| self.add(field, message)).ok()
    }

    fn whole(
        &mut self,
        field: &str,
        given: &Option<String>,
        range: std::ops::RangeInclusive<u32>,
    ) -> Option<u32> {
        let number = trimmed(given)?.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let (least, most) = (range.start(), range.end());
            self.add(field, format!("Tell a whole number from {least} to {most}."));
        }
        number
    }
}

/// Commas between thousands are passed over, as people type them.
fn money(text: &str, currency: Currency) -> Result<Money, &'static str> {
    let plain: String = text.chars().filter(|c| *c != ',').collect();
    let told = Money::parse(&plain, currency).map_err(|_| "Tell an amount, such as 1234.56.")?;
    let most = Money::parse(&MOST.to_string(), currency).map_err(|_| "The amount is too large.")?;
    if told.minor().unsigned_abs() > most.minor().unsigned_abs() {
        return Err("The amount is too large.");
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn card() -> NewManualAccount {
        NewManualAccount {
            user_name: text(" My card "),
            account_type: Some(4),
            balance: text("1,234.50"),
            credit_limit: text("5000"),
            minimum_payment: text("25"),
            interest_rate: text("19.9"),
            day_payment_is_due: text("31"),
            original_balance: text(""),
            ..NewManualAccount::default()
        }
    }

    #[test]
    fn what_is_owed_is_less_than_nothing() {
        let told = card().check(Currency::USD).unwrap();
        assert_eq!((told.name.as_str(), told.account_type), ("My card", AccountType::CreditCard));
        assert_eq!((told.balance.minor(), told.is_personal), (-123_450, true));
        assert_eq!(told.credit_limit.map(Money::minor), Some(500_000));
        assert_eq!(told.minimum_payment.map(Money::minor), Some(2_500));
        assert_eq!(told.interest_rate.map(|rate| rate.micro_percent()), Some(19_900_000));
        assert_eq!((told.payment_due_day, told.original_balance), (Some(31), None));
        let cash = NewManualAccount {
            user_name: text("Purse"),
            account_type: Some(9),
            balance: text("-3"),
            currency_code: text("GBP"),
            ..NewManualAccount::default()
        };
        let told = cash.check(Currency::USD).unwrap();
        assert_eq!((told.balance.minor(), told.currency), (-300, Currency::GBP));
        let empty = NewManualAccount { balance: None, ..cash };
        assert_eq!(empty.check(Currency::USD).unwrap().balance.minor(), 0);
    }

    #[test]
    fn every_fault_is_named() {
        let check = |change: &dyn Fn(&mut NewManualAccount), expected: &[&str]| {
            let mut asked = card();
            change(&mut asked);
            let found: Vec<String> = match asked.check(Currency::USD) {
                Ok(_) => Vec::new(),
                Err(faults) => faults.into_iter().map(|fault| fault.field).collect(),
            };
            assert_eq!(found, expected, "{asked:?}");
        };
        check(&|_| (), &[]);
        check(&|it| it.user_name = text(" "), &["user_name"]);
        check(&|it| it.user_name = text(&"x".repeat(101)), &["user_name"]);
        check(&|it| it.account_type = None, &["account_type"]);
        check(&|it| it.account_type = Some(0), &["account_type"]);
        check(&|it| it.account_type = Some(13), &["account_type"]);
        check(&|it| it.balance = text("much"), &["balance"]);
        check(&|it| it.balance = text("1.005"), &["balance"]);
        check(&|it| it.balance = text("1000000000000"), &["balance"]);
        check(&|it| it.currency_code = text("XXZ"), &["currency_code"]);
        check(&|it| it.credit_limit = text("-1"), &["credit_limit"]);
        check(&|it| it.minimum_payment = text("1e99"), &["minimum_payment"]);
        check(&|it| it.original_balance = text("NaN"), &["original_balance"]);
        check(&|it| it.interest_rate = text("100.1"), &["interest_rate"]);
        check(&|it| it.interest_rate = text("-1"), &["interest_rate"]);
        check(&|it| it.day_payment_is_due = text("0"), &["day_payment_is_due"]);
        check(&|it| it.day_payment_is_due = text("32"), &["day_payment_is_due"]);
        check(&|it| it.property_type = text("house"), &["property_type"]);
        check(&|it| *it = NewManualAccount::default(), &["user_name", "account_type"]);
    }
}
