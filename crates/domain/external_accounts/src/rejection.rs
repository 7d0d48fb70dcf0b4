//! Every code that the rules answer with, its text, and what fills its placeholders.
//!
//! The codes and texts are those of the external-accounts document, letter by letter. What it prints no code for
//! (customers' tags, transfers, transactions) has codes in ranges that it leaves free: 602xx, 630xx to 631xx and 664xx;
//! these are marked as Florin's own.

use std::fmt;

use florin_money::Money;
use jiff::civil::Date;

use crate::account::AccountStatus;
use crate::program::{Program, ProgramAccountType};
use crate::transfer::TransferStatus;
use crate::words::{AccountId, ProgramId};

/// Codes of the document that nothing here can answer, and why: they belong to parts that Florin does not have.
pub const NOT_HERE: &[(u32, &str)] = &[
    (58150, "identity checks by QualiFile"),
    (59004, "fees that a program's bank earns"),
    (59005, "fees for too many withdrawals of a savings account"),
    (59006, "the limit of withdrawals of a savings account"),
    (59009, "recurring contributions to accounts in a program"),
    (59012, "program reports"),
    (59014, "a program's miscellaneous account"),
    (59015, "a program's general journal: the ledger is Florin's own"),
    (59016, "a program's cash account: the ledger is Florin's own"),
    (59017, "external accounts of retail programs"),
    (59018, "eCodes, which are gift certificates"),
    (59019, "eCodes, which are gift certificates"),
    (59103, "cards"),
];

/// One reason why something is refused: the document's code and text, placeholders filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The document's code.
    pub code: u32,
    /// The document's text (en-US).
    pub message: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

fn reject(code: u32, message: impl Into<String>) -> Rejection {
    Rejection { code, message: message.into() }
}

/// Declares the constructors of rejections whose texts have no placeholder.
macro_rules! fixed {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)+) => {$(
        $(#[$doc])*
        pub fn $name() -> Rejection {
            reject($code, $text)
        }
    )+};
}

fixed! {
    /// Florin's text of the original's code: the only one that its clients' documents print of customers.
    first_name_required = 60201, "First Name is a required field.";
    /// Florin's own.
    last_name_required = 60202, "Last Name is a required field.";
    /// `create` after too many archivals on the same business day.
    create_archival_limit = 62004, "External account archival limit reached for today.";
    /// `create` of an account that is not prepaid without any name.
    create_name_required = 62005, "Either FirstName or LastName must be provided, preferrably both.";
    /// `create` of an account that is not prepaid without routing number.
    create_routing_required = 62006, "Routing number is a required field.";
    /// `create` of an account that is not prepaid without account number.
    create_account_required = 62007, "Account number is a required field.";
    /// `verify` of an account that is locked, or whose verification is.
    verify_locked = 62202, "External account is in a Locked status. Unable to verify.";
    /// `verify` of an account that was denied.
    verify_denied = 62203, "External account is in a Denied status. Unable to verify.";
    /// `verify` of an account that is verified.
    verify_done = 62204, "External account has already been verified.";
    /// The failed attempt that was the last one.
    verify_exhausted = 62206, "Maximum number of failed attempts exceeded. Verification has been locked.";
    /// `deactivate` of an account that is not verified.
    deactivate_not_verified = 62502, "Unable to deactivate an external account that is not in a Verified status.";
    /// `deactivate` while money is under way or stands on the customer's account.
    deactivate_in_use = 62503, "Unable to deactivate an external account for a customer who has a pending transaction or any account with a non-zero balance.";
    /// `archive` while payments with the account are under way.
    archive_outstanding = 62505, "Unable to archive as there are outstanding transactions.";
    /// `initiate` without name in a program that does not find it by the routing number.
    initiate_name_required = 62603, "Name is a required field.";
    /// `initiate` without first name.
    initiate_first_name_required = 62604, "FirstName is a required field.";
    /// `initiate` without last name.
    initiate_last_name_required = 62605, "LastName is a required field.";
    /// `initiate` without routing number.
    initiate_routing_required = 62606, "Routing number is a required field.";
    /// `initiate` without account number.
    initiate_account_required = 62607, "Account number is a required field.";
    /// `initiate` after too many archivals on the same business day.
    initiate_archival_limit = 62611, "External account archival limit reached for today.";
    /// The bank of a blank routing number was looked up.
    lookup_routing_required = 69203, "Routing number is a required field.";
    /// Florin's own: a transfer of nothing or less.
    transfer_amount_not_positive = 63003, "Amount must be greater than 0.";
    /// Florin's own: neither side of a transfer is the customer's settlement account, or both sides are external.
    transfer_both_external = 63012, "One of fromId and toId must be the customer's account in the program, the other one an external account.";
    /// Florin's own: `void` needs one of them.
    void_unnamed = 63103, "Either transactionId or tag must be provided.";
}

/// 59001 to 59020 for the kinds of account that a program needs and does not have.
pub fn no_program_account(program: ProgramId, kind: ProgramAccountType) -> Rejection {
    let code = match kind {
        ProgramAccountType::VerificationFunds => 59001,
        ProgramAccountType::RetailClearing => 59002,
        ProgramAccountType::ProgramClearing => 59013,
    };
    reject(code, format!("No {kind}Account configured for program {program}"))
}

/// 59003: the program has no bank account of its own that money could leave from, or no ACH rail runs here.
pub fn no_program_external_account(program: ProgramId) -> Rejection {
    reject(59003, format!("No ProgramExternalAccount configured for program {program}"))
}

/// 59102: the program's bank account has no clearing account.
pub fn no_clearing_of_external(account: AccountId) -> Rejection {
    reject(59102, format!("No ProgramClearingAccount linked to ProgramExternalAccount {account}"))
}

/// 59007: both sides of a transfer are accounts in the program.
pub fn internal_transfer_disabled(program: ProgramId) -> Rejection {
    reject(59007, format!("Internal to Internal transfer is disabled for program {program}"))
}

/// 59008: the program allows no type of account at all.
pub fn no_allowed_type(program: ProgramId) -> Rejection {
    reject(59008, format!("AllowedAccountTypeId is not configured properly for program {program}"))
}

/// 59010: `initiate` in a program without verification.
pub fn verification_off(program: ProgramId) -> Rejection {
    reject(
        59010,
        format!(
            "Program {program} is not configured to require external account verification. Call /externalAccount/create instead."
        ),
    )
}

/// 59011: `create` in a program that verifies.
pub fn verification_on(program: ProgramId) -> Rejection {
    reject(
        59011,
        format!(
            "Program {program} is configured to require external account verification. Call /externalAccount/initiate instead."
        ),
    )
}

/// 59020: the program does not allow this type of account.
pub fn type_not_enabled(program: &Program, kind: &str) -> Rejection {
    reject(59020, format!("Program {} does not have account type {kind} enabled.", program.id))
}

/// 59954: an amount with more than two decimals, or out of range.
pub fn not_a_decimal(property: &str) -> Rejection {
    reject(
        59954,
        format!(
            "Value for property '{property}' is not formatted as a valid decimal (precision up to 2). Example value=1234.56"
        ),
    )
}

/// 59956: a value that its property cannot hold.
pub fn not_acceptable(property: &str, specifics: &str) -> Rejection {
    reject(
        59956,
        format!("Value for property '{property}' is not acceptable. Specifics: {specifics}"),
    )
}

/// 60001: no such customer in the program.
pub fn customer_unknown(customer: i64) -> Rejection {
    reject(60001, format!("Customer id {customer} is invalid."))
}

/// 60002: the customer is inactive.
pub fn customer_inactive(customer: i64) -> Rejection {
    reject(60002, format!("Customer id {customer} is inactive."))
}

/// 60003: the customer is not verified.
pub fn customer_unverified(customer: i64) -> Rejection {
    reject(60003, format!("Customer id {customer} is not in a verified status."))
}

/// 60004: the customer is locked.
pub fn customer_locked(customer: i64) -> Rejection {
    reject(60004, format!("Customer id {customer} is locked."))
}

/// 60005: the customer has died.
pub fn customer_deceased(customer: i64) -> Rejection {
    reject(60005, format!("Customer id {customer} is marked as deceased."))
}

/// 60203, Florin's own: another customer has the tag.
pub fn customer_tag_taken(tag: &str) -> Rejection {
    reject(60203, format!("Tag {tag} is already associated with another customer."))
}

/// 66101, Florin's own: no customer has the tag.
pub fn customer_tag_unknown(tag: &str) -> Rejection {
    reject(66101, format!("Tag '{tag}' does not exist."))
}

/// 62001: `create` beyond the customer's limit.
pub fn create_limit(limit: u32) -> Rejection {
    reject(62001, format!("At most {limit} external account(s) may be added."))
}

/// 62002: `create` with an unknown type.
pub fn create_type(given: &str) -> Rejection {
    reject(
        62002,
        format!("Invalid Type: '{given}'. Valid values are 'Prepaid', 'Checking', or 'Savings'."),
    )
}

/// 62003: `create` with a tag that is taken.
pub fn create_tag_taken(tag: &str) -> Rejection {
    reject(62003, format!("Tag {tag} is already associated with another external account."))
}

/// 62201: `verify` of an account that is not there.
pub fn verify_unknown(account: i64) -> Rejection {
    reject(62201, format!("Invalid ExternalAccountId '{account}'."))
}

/// 62205: `verify` after the period; `{0}` is the last day on which it was possible.
pub fn verify_expired(last_day: Date) -> Rejection {
    reject(62205, format!("Verification period expired on '{last_day}'."))
}

/// 62207: a failed attempt that was not the last one.
pub fn verify_mismatch(attempts_left: u32) -> Rejection {
    reject(
        62207,
        format!(
            "Given amounts do not match what is on record. {attempts_left} attempt(s) remaining."
        ),
    )
}

/// 62301: `verify` of an account whose nickname another account of the customer has meanwhile been given.
pub fn verify_nick_name_taken(nick_name: &str) -> Rejection {
    reject(
        62301,
        format!("Another external account already exists with the nickname of '{nick_name}'."),
    )
}

/// 62302: `verify` of another customer's account.
pub fn verify_of_another(account: i64) -> Rejection {
    reject(62302, format!("Invalid external account id '{account}'."))
}

/// 62401: `update` with a nickname that another account of the customer has.
pub fn update_nick_name_taken(nick_name: &str) -> Rejection {
    reject(
        62401,
        format!("Another external account already exists with the nickname of '{nick_name}'."),
    )
}

/// 62402: `update` of an account that the customer does not have.
pub fn update_unknown(account: i64) -> Rejection {
    reject(62402, format!("Invalid external account id '{account}'."))
}

/// 62403: `update` with a tag that is taken.
pub fn update_tag_taken(tag: &str) -> Rejection {
    reject(62403, format!("Tag '{tag}' is already associated with another external account."))
}

/// 62501: `archive` of an account that the customer does not have.
pub fn archive_unknown(account: i64) -> Rejection {
    reject(62501, format!("Invalid external account id '{account}'."))
}

/// 62506: `archive` of an account in another status than Verified.
pub fn archive_status(status: AccountStatus) -> Rejection {
    reject(62506, format!("Unable to archive an external account whose status is {status}."))
}

/// 62601: `initiate` with a type that cannot be verified.
pub fn initiate_type(given: &str) -> Rejection {
    reject(62601, format!("Invalid Type: '{given}'. Valid values are 'Checking' or 'Savings'."))
}

/// 62602: `initiate` with a nickname that another account of the customer has.
pub fn initiate_nick_name_taken(nick_name: &str) -> Rejection {
    reject(62602, format!("An external bank account with nickname '{nick_name}' already exists."))
}

/// 62608: `initiate` with a tag that is taken.
pub fn initiate_tag_taken(tag: &str) -> Rejection {
    reject(62608, format!("Tag {tag} is already associated with another external account."))
}

/// 62609: `initiate` beyond the customer's limit.
pub fn initiate_limit(limit: u32) -> Rejection {
    reject(62609, format!("At most {limit} external account(s) may be added."))
}

/// 62610: `initiate` with a routing number of another length or with a wrong check digit.
pub fn initiate_routing_invalid(routing: &str) -> Rejection {
    reject(62610, format!("Routing Number '{routing}' is invalid."))
}

/// 66201: `get` of an account that the customer does not have, or that is archived.
pub fn get_unknown(account: i64) -> Rejection {
    reject(66201, format!("Invalid external account id '{account}'."))
}

/// 66301: `getByTag` with a tag that none of the customer's accounts has.
pub fn get_tag_unknown(tag: &str, customer: i64) -> Rejection {
    reject(66301, format!("Tag '{tag}' does not exist or is not tied to customer {customer}."))
}

/// 69205: the routing directory does not know the number; `{0}` says why.
pub fn lookup_failed(reason: &str) -> Rejection {
    reject(69205, format!("Routing number lookup failed. {reason}"))
}

/// 69206: letters in a routing number.
pub fn lookup_not_numeric(routing: &str) -> Rejection {
    reject(69206, format!("Routing number {routing} must be numeric."))
}

/// 63001, Florin's own: `fromId` is none of the customer's accounts.
pub fn transfer_from_unknown(account: i64) -> Rejection {
    reject(63001, format!("From Id {account} is invalid."))
}

/// 63002, Florin's own: `toId` is none of the customer's accounts.
pub fn transfer_to_unknown(account: i64) -> Rejection {
    reject(63002, format!("To Id {account} is invalid."))
}

/// 63004, Florin's own: the external account of a transfer is not verified.
pub fn transfer_not_verified(account: AccountId) -> Rejection {
    reject(63004, format!("External account {account} is not in a Verified status."))
}

/// 63005, Florin's own: the external account of a transfer is locked.
pub fn transfer_account_locked(account: AccountId) -> Rejection {
    reject(63005, format!("External account {account} is locked."))
}

/// 63006, Florin's own: more is to be withdrawn than there is.
pub fn transfer_insufficient(available: Money) -> Rejection {
    reject(63006, format!("Insufficient funds: {available} available."))
}

/// 63007, Florin's own: less than a limit's minimum.
pub fn transfer_too_small(minimum: Money) -> Rejection {
    reject(63007, format!("Amount must be at least {minimum}."))
}

/// 63008 to 63010, Florin's own: more than a limit leaves. `limit` is the program's property.
pub fn transfer_limit(code: u32, limit: &str, maximum: Money, left: Money) -> Rejection {
    reject(code, format!("{limit} of {maximum} would be exceeded: {left} left."))
}

/// 63011, Florin's own: another transfer has the tag.
pub fn transfer_tag_taken(tag: &str) -> Rejection {
    reject(63011, format!("Tag {tag} is already associated with another transfer."))
}

/// 63013, Florin's own: the rail refuses the account; `{1}` says why.
pub fn transfer_unusable(account: AccountId, reason: &str) -> Rejection {
    reject(63013, format!("External account {account} cannot be used. {reason}"))
}

/// 63101, Florin's own: `void` of a transfer that the customer does not have.
pub fn void_unknown(transaction: &str) -> Rejection {
    reject(63101, format!("Invalid transaction id '{transaction}'."))
}

/// 63102, Florin's own: `void` of a transfer that has left.
pub fn void_too_late(transaction: i64, status: TransferStatus) -> Rejection {
    reject(63102, format!("Transaction {transaction} cannot be voided: its status is {status}."))
}

/// 66401, Florin's own: `get` of a transaction that the customer does not have.
pub fn transaction_unknown(transaction: i64) -> Rejection {
    reject(66401, format!("Invalid transaction id '{transaction}'."))
}

/// 66402, Florin's own: a list of an account that the customer does not have.
pub fn transaction_account_unknown(account: i64) -> Rejection {
    reject(66402, format!("Invalid account id '{account}'."))
}

/// 66403, Florin's own: a list of transactions in an unknown status.
pub fn transaction_status_unknown(status: &str) -> Rejection {
    reject(
        66403,
        format!(
            "Invalid status '{status}'. Valid values are 'Initiated', 'Pending', 'Settled', 'Returned', or 'Voided'."
        ),
    )
}
