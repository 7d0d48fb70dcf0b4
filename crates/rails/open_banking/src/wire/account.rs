//! Accounts: what they are, what is on them, what came and went.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Readable, lenient, readable, text, words};

words! {
    /// Where the provider stands with an account.
    AccountStatus {
        /// Found at the bank.
        Discovered = "DISCOVERED",
        /// Something went wrong.
        Error = "ERROR",
        /// The consent has run out.
        Expired = "EXPIRED",
        /// Being fetched.
        Processing = "PROCESSING",
        /// Can be read.
        Ready = "READY",
        /// More than ten failures in a row.
        Suspended = "SUSPENDED",
    }
}

/// What the provider itself knows of an account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Its id. The same account gets the same id in a later requisition of the same secrets.
    pub id: Uuid,
    /// Where the provider stands with it.
    #[serde(default)]
    pub status: AccountStatus,
    /// Its IBAN; may be empty.
    #[serde(default, deserialize_with = "lenient")]
    pub iban: String,
    /// The bank.
    #[serde(default, deserialize_with = "lenient")]
    pub institution_id: String,
    /// Its owner's name; may be empty.
    #[serde(default, deserialize_with = "lenient")]
    pub owner_name: String,
}

/// What the bank tells of an account, in the Berlin Group's words. Every text may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccountDetails {
    /// The bank's own id.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub resource_id: String,
    /// IBAN.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub iban: String,
    /// The country's own account number; in the United Kingdom often sort code and account number.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub bban: String,
    /// Sort code (6 digits) and account number (8 digits), from some banks of the United Kingdom.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub scan: String,
    /// ISO 4217.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub currency: String,
    /// Who owns it.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub owner_name: String,
    /// What it is called.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What its owner calls it.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// The bank's product.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub product: String,
    /// ISO 20022 `ExternalCashAccountType1Code`: `CACC` current, `SVGS` savings, `CARD` card, `LOAN` loan...
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub cash_account_type: String,
    /// `enabled`, `deleted` or `blocked`.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// BIC of the bank.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub bic: String,
    /// A card's number, mostly hidden.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub masked_pan: String,
    /// `PRIV` or `ORGA`.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub usage: String,
}

/// An amount, as a decimal text in major units.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Amount {
    /// `-12.50`: out of the account when negative.
    #[serde(deserialize_with = "text")]
    pub amount: String,
    /// ISO 4217.
    #[serde(deserialize_with = "text")]
    pub currency: String,
}

words! {
    /// Which balance it is (Berlin Group).
    BalanceType {
        /// Booked at the end of the last day.
        ClosingBooked = "closingBooked",
        /// Booked and pending, as the day will end if nothing else happens.
        Expected = "expected",
        /// Booked when the day began.
        OpeningBooked = "openingBooked",
        /// Can be spent now.
        InterimAvailable = "interimAvailable",
        /// Booked until now.
        InterimBooked = "interimBooked",
        /// Can be spent on a later day.
        ForwardAvailable = "forwardAvailable",
        /// Can be spent at the end of the last day.
        ClosingAvailable = "closingAvailable",
        /// Can be spent when the day began.
        OpeningAvailable = "openingAvailable",
        /// Booked, cleared.
        OpeningCleared = "openingCleared",
        /// Booked, cleared.
        InterimCleared = "interimCleared",
        /// Booked, cleared.
        ClosingCleared = "closingCleared",
        /// Spent on a card, not yet invoiced.
        NonInvoiced = "nonInvoiced",
        /// What the bank calls information.
        Information = "information",
        /// As the last statement closed.
        PreviouslyClosedBooked = "previouslyClosedBooked",
        /// Available without a card's credit.
        Authorised = "authorised",
    }
}

/// What is on an account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Balance {
    /// How much.
    #[serde(deserialize_with = "lenient")]
    pub balance_amount: Amount,
    /// Which one.
    pub balance_type: BalanceType,
    /// Whether the amount holds what the bank would lend.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub credit_limit_included: Option<bool>,
    /// On which day.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub reference_date: String,
}

/// The other side of a transaction. Every text may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counterparty {
    /// IBAN.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub iban: String,
    /// The country's own account number.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub bban: String,
}

/// What came or went. Every text may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Transaction {
    /// The bank's id. Not every bank has one, and some repeat theirs.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub transaction_id: String,
    /// The provider's id, which stays the same as long as the bank's data does.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub internal_transaction_id: String,
    /// The bank's reference of the entry.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub entry_reference: String,
    /// From end to end, set by who paid.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub end_to_end_id: String,
    /// The day in the bank's books.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub booking_date: String,
    /// The time in the bank's books.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub booking_date_time: String,
    /// The day from which the money counts.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub value_date: String,
    /// The time from which the money counts.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub value_date_time: String,
    /// How much.
    #[serde(deserialize_with = "lenient")]
    pub transaction_amount: Amount,
    /// Who got it.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub creditor_name: String,
    /// Where it went.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub creditor_account: Option<Counterparty>,
    /// Who paid it.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub debtor_name: String,
    /// Where it came from.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub debtor_account: Option<Counterparty>,
    /// What it is for.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub remittance_information_unstructured: String,
    /// The same in several lines.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Vec::is_empty")]
    pub remittance_information_unstructured_array: Vec<String>,
    /// A structured reference.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub remittance_information_structured: String,
    /// Whatever else the bank tells.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub additional_information: String,
    /// ISO 20022, such as `PMNT-ICDT-STDO`.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub bank_transaction_code: String,
    /// The bank's own code, such as `Card`.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub proprietary_bank_transaction_code: String,
    /// ISO 18245.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub merchant_category_code: String,
}

/// What came and went, and what is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Transactions {
    /// In the bank's books.
    #[serde(deserialize_with = "readable")]
    pub booked: Readable<Transaction>,
    /// Not yet: these change their ids, and may go away.
    #[serde(deserialize_with = "readable")]
    pub pending: Readable<Transaction>,
}
