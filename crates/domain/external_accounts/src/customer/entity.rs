//! What a customer is, and who may act. Pure.

use florin_ids::EndUserId;
use florin_money::Money;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::bank::BankDigits;
use crate::fields::{Fields, text};
use crate::rejection::{self, Rejection};
use crate::words::{AccountId, CustomerId, ProgramId, named};

named! {
    /// How far a customer's identity is known.
    CustomerStatus {
        /// Known by name only.
        Initiated = "Initiated",
        /// Checked, and not found to be sound.
        Unverified = "Unverified",
        /// Checked.
        Verified = "Verified",
    }
}

/// A phone number.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "the properties of the customer object, as they are called there")]
pub struct Phone {
    pub phone_type: Option<String>,
    pub number: Option<String>,
    pub is_active: Option<bool>,
}

/// A postal address.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "the properties of the customer object, as they are called there")]
pub struct Address {
    pub address_type: Option<String>,
    pub address_line1: Option<String>,
    pub address_line2: Option<String>,
    pub address_line3: Option<String>,
    pub address_line4: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub is_active: Option<bool>,
}

/// What `customer/create` says. Absent, null and empty are the same.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the properties of the customer object, documented at Customer")]
pub struct NewCustomer {
    pub first_name: Option<String>,
    pub middle_name: Option<String>,
    pub last_name: Option<String>,
    pub suffix: Option<String>,
    pub birth_date: Option<Date>,
    pub gender: Option<String>,
    pub culture: Option<String>,
    pub tag: Option<String>,
    pub tax_id: Option<String>,
    pub email_address: Option<String>,
    pub custom_fields: [Option<String>; 5],
    pub phones: Vec<Phone>,
    pub addresses: Vec<Address>,
}

/// A customer of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// `customerId`.
    pub id: CustomerId,
    /// The program.
    pub program: ProgramId,
    /// Number of its settlement account in the program.
    pub account: AccountId,
    /// The lending borrower who is the same person, when one is.
    pub end_user: Option<EndUserId>,
    /// First name, at most 50 characters.
    pub first_name: String,
    /// Middle name.
    pub middle_name: Option<String>,
    /// Last name, at most 50 characters.
    pub last_name: String,
    /// Such as `Jr.`.
    pub suffix: Option<String>,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// As sent.
    pub gender: Option<String>,
    /// Such as `en-US`.
    pub culture: Option<String>,
    /// The caller's own id, unique within the program, at most 50 characters.
    pub tag: Option<String>,
    /// How far its identity is known.
    pub status: CustomerStatus,
    /// Social security number or the like; sealed at rest.
    pub tax_id: Option<BankDigits>,
    /// As sent.
    pub email_address: Option<String>,
    /// False: it cannot act any more.
    pub is_active: bool,
    /// When it was locked; `None` when it is not.
    pub locked_at: Option<Timestamp>,
    /// Why it is locked.
    pub locked_reason: Option<String>,
    /// When it died.
    pub deceased_on: Option<Date>,
    /// The caller's own data, at most 50 characters each.
    pub custom_fields: [Option<String>; 5],
    /// Phone numbers, as sent.
    pub phones: Vec<Phone>,
    /// Addresses, as sent.
    pub addresses: Vec<Address>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub last_modified_at: Timestamp,
}

/// A customer's settlement account in the program, and what stands on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementAccount {
    /// Its number, for `fromId` and `toId`.
    pub id: AccountId,
    /// What has settled; less than 0 when money that was spent has been returned.
    pub balance: Money,
    /// What can be withdrawn: the balance less what is on its way out.
    pub available: Money,
    /// On its way in.
    pub pending_in: Money,
    /// On its way out.
    pub pending_out: Money,
}

/// What an operator changes of a customer. `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct CustomerChange {
    /// How far its identity is known.
    pub status: Option<CustomerStatus>,
    /// Whether it can act at all.
    pub is_active: Option<bool>,
    /// `Some(Some(reason))` locks it, `Some(None)` unlocks it.
    pub lock: Option<Option<String>>,
    /// The day on which it died.
    pub deceased_on: Option<Option<Date>>,
}

impl Customer {
    /// First and last name, as a bank would want them.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// Why it cannot act: 60002 to 60005, each that applies.
    pub(crate) fn objections(&self) -> Vec<Rejection> {
        let number = self.id.number();
        let all = [
            (!self.is_active, rejection::customer_inactive(number)),
            (self.status != CustomerStatus::Verified, rejection::customer_unverified(number)),
            (self.locked_at.is_some(), rejection::customer_locked(number)),
            (self.deceased_on.is_some(), rejection::customer_deceased(number)),
        ];
        all.into_iter().filter(|(applies, _)| *applies).map(|(_, reason)| reason).collect()
    }

    pub(crate) fn change(&mut self, change: CustomerChange, at: Timestamp) {
        self.status = change.status.unwrap_or(self.status);
        self.is_active = change.is_active.unwrap_or(self.is_active);
        if let Some(lock) = change.lock {
            self.locked_at = lock.as_ref().map(|_| at);
            self.locked_reason = lock;
        }
        self.deceased_on = change.deceased_on.unwrap_or(self.deceased_on);
        self.last_modified_at = at;
    }
}

/// What a new customer gets from where it is created.
pub(crate) struct Place {
    pub id: CustomerId,
    pub program: ProgramId,
    pub account: AccountId,
    pub status: CustomerStatus,
    pub at: Timestamp,
}

impl NewCustomer {
    /// Why it cannot be registered, every reason.
    pub(crate) fn faults(&self, tag_is_taken: bool) -> Vec<Rejection> {
        let mut fields = Fields::default();
        if text(&self.first_name).is_none() {
            fields.fault(rejection::first_name_required());
        }
        if text(&self.last_name).is_none() {
            fields.fault(rejection::last_name_required());
        }
        let short = [
            ("firstName", &self.first_name),
            ("middleName", &self.middle_name),
            ("lastName", &self.last_name),
            ("suffix", &self.suffix),
            ("gender", &self.gender),
            ("culture", &self.culture),
            ("tag", &self.tag),
            ("taxId", &self.tax_id),
        ];
        for (name, value) in short {
            fields.at_most_50(name, value);
        }
        fields.at_most("emailAddress", &self.email_address, 254);
        fields.custom(&self.custom_fields);
        if let Some(tag) = text(&self.tag).filter(|_| tag_is_taken) {
            fields.fault(rejection::customer_tag_taken(&tag));
        }
        fields.faults()
    }

    /// The customer, once there are no [`faults`](Self::faults).
    pub(crate) fn register(self, place: Place) -> Customer {
        Customer {
            id: place.id,
            program: place.program,
            account: place.account,
            end_user: None,
            first_name: text(&self.first_name).unwrap_or_default(),
            middle_name: text(&self.middle_name),
            last_name: text(&self.last_name).unwrap_or_default(),
            suffix: text(&self.suffix),
            birth_date: self.birth_date,
            gender: text(&self.gender),
            culture: text(&self.culture),
            tag: text(&self.tag),
            status: place.status,
            tax_id: text(&self.tax_id).map(BankDigits::new),
            email_address: text(&self.email_address),
            is_active: true,
            locked_at: None,
            locked_reason: None,
            deceased_on: None,
            custom_fields: self.custom_fields.each_ref().map(text),
            phones: self.phones,
            addresses: self.addresses,
            created_at: place.at,
            last_modified_at: place.at,
        }
    }
}
