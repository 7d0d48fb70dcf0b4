//! What is known of the accounts behind a member. Pure.

use florin_ids::{
    ConnectAccountId, ConnectStatementId, ConnectTransactionId, ConnectUserId, MemberId, TenantId,
};
use florin_money::Currency;
use florin_storage::words;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::codes::codes;

codes! {
    /// What kind of account it is.
    pub enum AccountType {
        /// Not known.
        Unknown = 0 "UNKNOWN",
        /// Current account.
        Checking = 1 "CHECKING",
        /// Savings account.
        Savings = 2 "SAVINGS",
        /// Loan.
        Loan = 3 "LOAN",
        /// Credit card.
        CreditCard = 4 "CREDIT_CARD",
        /// Securities.
        Investment = 5 "INVESTMENT",
        /// Line of credit.
        LineOfCredit = 6 "LINE_OF_CREDIT",
        /// Mortgage.
        Mortgage = 7 "MORTGAGE",
        /// A house, a car.
        Property = 8 "PROPERTY",
        /// Cash.
        Cash = 9 "CASH",
        /// Insurance.
        Insurance = 10 "INSURANCE",
        /// Prepaid card.
        Prepaid = 11 "PREPAID",
        /// A line of credit with checks.
        CheckingLineOfCredit = 12 "CHECKING_LINE_OF_CREDIT",
    }
}

impl AccountType {
    /// Whether payments can be made from it and to it.
    pub const fn is_for_payments(self) -> bool {
        matches!(self, Self::Checking | Self::Savings)
    }
}

words! {
    /// What a transaction is about.
    pub enum Category {
        /// Wages.
        Salary = "salary",
        /// Other money in.
        Income = "income",
        /// Rent or mortgage.
        Housing = "housing",
        /// Electricity, water, telephone.
        Bills = "bills",
        /// Food at home.
        Groceries = "groceries",
        /// Food elsewhere.
        EatingOut = "eating_out",
        /// Trains, fuel.
        Transport = "transport",
        /// Everything bought.
        Shopping = "shopping",
        /// Subscriptions, cinema.
        Entertainment = "entertainment",
        /// Cash machines.
        Cash = "cash",
        /// Between accounts.
        Transfer = "transfer",
        /// Repayments of loans and cards.
        Loan = "loan",
        /// Of the bank.
        Fees = "fees",
        /// Of the bank, in or out.
        Interest = "interest",
        /// Not known.
        Other = "other",
    }
}

/// How much of the numbers is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The last four characters.
    Masked,
    /// All of them: for the partner with the scope.
    Full,
}

/// A person behind an account.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Owner {
    /// First and last name as the bank has them.
    pub name: String,
    /// Street and number.
    #[serde(default)]
    pub address: Option<String>,
    /// Town.
    #[serde(default)]
    pub city: Option<String>,
    /// State or county.
    #[serde(default)]
    pub state: Option<String>,
    /// Postal code.
    #[serde(default)]
    pub postal_code: Option<String>,
    /// ISO 3166, two letters.
    #[serde(default)]
    pub country: Option<String>,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Telephone.
    #[serde(default)]
    pub phone: Option<String>,
}

/// The numbers that payments need.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Numbers {
    /// Account number.
    #[serde(default)]
    pub account: Option<String>,
    /// ABA routing number (nine digits) or sort code (six).
    #[serde(default)]
    pub routing: Option<String>,
    /// IBAN.
    #[serde(default)]
    pub iban: Option<String>,
}

impl Numbers {
    /// The same numbers with all but the last four characters of account numbers replaced by `*`.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mask = |text: &String| {
            let hidden = text.chars().count().saturating_sub(4);
            text.chars().enumerate().map(|(at, c)| if at < hidden { '*' } else { c }).collect()
        };
        Self {
            account: self.account.as_ref().map(mask),
            routing: self.routing.clone().map(|text| mask(&text)),
            iban: self.iban.as_ref().map(mask),
        }
    }
}

/// An account at a linked institution, or one typed in by hand. On the wire its id has the prefix `ACC-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// UUID v7.
    pub id: ConnectAccountId,
    /// Whose.
    pub tenant: TenantId,
    /// Whose account.
    pub user: ConnectUserId,
    /// By which member.
    pub member: MemberId,
    /// The aggregator's name of it, unique within the member.
    pub external_id: String,
    /// What it is called.
    pub name: String,
    /// Its kind.
    pub account_type: AccountType,
    /// Of its money.
    pub currency: Currency,
    /// As far as the reader may see them; empty before a verification.
    pub numbers: Numbers,
    /// Minor units; negative when overdrawn, and for what is owed on a card or a loan.
    pub balance_minor: i64,
    /// Minor units that can be spent; `None` when the bank does not say.
    pub available_minor: Option<i64>,
    /// Minor units that the bank would lend on it; `None` when the bank does not say.
    pub credit_limit_minor: Option<i64>,
    /// As the bank has them; empty before an identification.
    pub owners: Vec<Owner>,
    /// Whether the end user has chosen it for payments and the bank has proven it.
    pub is_verified: bool,
    /// Typed in by hand: nothing is fetched.
    pub is_manual: bool,
    /// The bank no longer tells of it.
    pub is_closed: bool,
    /// The tenant's time of the balance.
    pub balance_at: Timestamp,
    /// The tenant's time.
    pub created_at: Timestamp,
    /// The tenant's time.
    pub updated_at: Timestamp,
}

/// What came or went. On the wire its id has the prefix `TRN-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectTransaction {
    /// The same for the same account and `external_id`, for ever.
    pub id: ConnectTransactionId,
    /// On which account.
    pub account: ConnectAccountId,
    /// The aggregator's name of it, unique within the account.
    pub external_id: String,
    /// When it was booked, or is to be.
    pub posted_on: Date,
    /// Minor units; negative out of the account.
    pub amount_minor: i64,
    /// Booked balance after it, when the bank tells.
    pub balance_after_minor: Option<i64>,
    /// What the bank writes.
    pub description: String,
    /// Who it was with.
    pub merchant: Option<String>,
    /// What it is about.
    pub category: Category,
    /// Not booked yet; it may go away.
    pub is_pending: bool,
}

/// A statement of an account. On the wire its id has the prefix `STM-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectStatement {
    /// The same for the same account and `external_id`, for ever.
    pub id: ConnectStatementId,
    /// Of which account.
    pub account: ConnectAccountId,
    /// The aggregator's name of it, unique within the account.
    pub external_id: String,
    /// First day.
    pub from_on: Date,
    /// Last day.
    pub to_on: Date,
    /// Minor units.
    pub opening_minor: i64,
    /// Minor units.
    pub closing_minor: i64,
    /// The document, as text.
    pub content: String,
}

/// Which transactions are wanted, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransactionQuery {
    /// Booked on or after.
    pub from: Option<Date>,
    /// Booked on or before.
    pub to: Option<Date>,
    /// From 1; 1 unless said.
    pub page: Option<u32>,
    /// 1 to 1000; 25 unless said.
    pub per_page: Option<u32>,
}
