//! People and their bank accounts.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Metadata, or_default};

/// What `collect_customer_details` takes.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerDetails {
    /// Who.
    #[serde(default, deserialize_with = "or_default")]
    pub customer: NewCustomer,
    /// Where.
    #[serde(default, deserialize_with = "or_default")]
    pub customer_billing_detail: BillingDetail,
}

/// Who a payer is: given and family name of a person, or the name of a company.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewCustomer {
    /// First name. Required for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Last name. Required for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Instead of the other two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    /// Email address; the provider announces collections to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// ISO 639-1, such as `en`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Our own texts.
    #[serde(skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

/// Where a payer lives. For Bacs the first line, the city and the postcode are required.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BillingDetail {
    /// First line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_line1: Option<String>,
    /// Second line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_line2: Option<String>,
    /// Third line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_line3: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// County.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Postcode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// ISO 3166 alpha-2, such as `GB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
}

/// What `collect_bank_account` and `bank_details_lookups` take.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BankAccountDetails {
    /// At most 18 characters are shown to the bank.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_holder_name: Option<String>,
    /// 8 digits (6 and 7 are filled up with zeros).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_number: Option<String>,
    /// Sort code, 6 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch_code: Option<String>,
    /// ISO 3166 alpha-2, such as `GB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// `GBP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Our own texts.
    #[serde(skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

impl BankAccountDetails {
    /// An account at a bank of the United Kingdom.
    pub fn uk(holder: &str, sort_code: &str, account_number: &str) -> Self {
        Self {
            account_holder_name: Some(holder.to_owned()),
            account_number: Some(account_number.to_owned()),
            branch_code: Some(sort_code.to_owned()),
            country_code: Some("GB".to_owned()),
            currency: None,
            metadata: Metadata::new(),
        }
    }
}

/// Personal data do not reach logs through `Debug`.
macro_rules! silent {
    ($($name:ident),+) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        })+
    };
}
silent!(CustomerDetails, NewCustomer, BillingDetail, BankAccountDetails, Customer);

/// A payer, as the provider knows them.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// `CU...`.
    pub id: String,
    /// When they became known.
    pub created_at: Timestamp,
    /// First name.
    #[serde(default)]
    pub given_name: Option<String>,
    /// Last name.
    #[serde(default)]
    pub family_name: Option<String>,
    /// Of a company.
    #[serde(default)]
    pub company_name: Option<String>,
    /// Email address.
    #[serde(default)]
    pub email: Option<String>,
    /// E.164.
    #[serde(default)]
    pub phone_number: Option<String>,
    /// ISO 639-1.
    #[serde(default)]
    pub language: Option<String>,
    /// First line of the address.
    #[serde(default)]
    pub address_line1: Option<String>,
    /// Second line.
    #[serde(default)]
    pub address_line2: Option<String>,
    /// Third line.
    #[serde(default)]
    pub address_line3: Option<String>,
    /// City.
    #[serde(default)]
    pub city: Option<String>,
    /// County.
    #[serde(default)]
    pub region: Option<String>,
    /// Postcode.
    #[serde(default)]
    pub postal_code: Option<String>,
    /// ISO 3166 alpha-2.
    #[serde(default)]
    pub country_code: Option<String>,
    /// Our own texts.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// A payer's bank account. The provider never tells the whole number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomerBankAccount {
    /// `BA...`.
    pub id: String,
    /// When it became known.
    pub created_at: Timestamp,
    /// In capitals, as the bank sees it.
    #[serde(default, deserialize_with = "or_default")]
    pub account_holder_name: String,
    /// The last two digits.
    #[serde(default, deserialize_with = "or_default")]
    pub account_number_ending: String,
    /// The bank.
    #[serde(default)]
    pub bank_name: Option<String>,
    /// ISO 3166 alpha-2.
    #[serde(default, deserialize_with = "or_default")]
    pub country_code: String,
    /// `GBP`.
    #[serde(default, deserialize_with = "or_default")]
    pub currency: String,
    /// Whether it can be used.
    #[serde(default, deserialize_with = "or_default")]
    pub enabled: bool,
    /// Our own texts.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// Whose it is.
    pub links: CustomerBankAccountLinks,
}

/// Whose account it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerBankAccountLinks {
    /// `CU...`.
    pub customer: String,
}

/// What the provider knows of an account that is not yet used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankDetailsLookup {
    /// Schemes that reach it, such as `bacs`; empty when none does.
    #[serde(default, deserialize_with = "or_default")]
    pub available_debit_schemes: Vec<String>,
    /// The bank.
    #[serde(default)]
    pub bank_name: Option<String>,
    /// The bank's BIC.
    #[serde(default)]
    pub bic: Option<String>,
}

/// Who collects: the organisation, or one of several that it collects for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Creditor {
    /// `CR...`.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What payers see.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// ISO 3166 alpha-2.
    #[serde(default)]
    pub country_code: Option<String>,
    /// `successful`, `in_review` or `action_required`.
    #[serde(default, deserialize_with = "or_default")]
    pub verification_status: String,
}
