//! What a program is. Pure.

use florin_money::{Currency, Money};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::ExternalAccountsError;
use crate::account::AccountKind;
use crate::rejection::{self, Rejection};
use crate::words::{AccountId, ProgramId, named};

/// Programs are in dollars: the ACH network knows nothing else.
pub const CURRENCY: Currency = Currency::USD;

named! {
    /// How external accounts come to be verified.
    VerificationType {
        /// The program vets them itself: `create`.
        None = "None",
        /// By trial deposits: `initiate`.
        TrialDeposits = "TrialDeposits",
        /// Either.
        Any = "Any",
    }
}

named! {
    /// The accounts of a program's own that its workings need.
    ProgramAccountType {
        /// Trial deposits are paid from it.
        VerificationFunds = "VerificationFunds",
        /// Customers' transfers pass through it.
        RetailClearing = "RetailClearing",
        /// What the program's bank account settles against.
        ProgramClearing = "ProgramClearing",
    }
}

/// Bounds of transfers in one direction, in cents of a dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Limit {
    /// The least that a single transfer may be.
    pub minimum_minor: i64,
    /// The most that all transfers of the period together may come to.
    pub maximum_minor: i64,
}

impl Limit {
    /// `minimumAmount`.
    pub fn minimum(self) -> Money {
        Money::from_minor(self.minimum_minor, CURRENCY)
    }

    /// `maximumAmount`.
    pub fn maximum(self) -> Money {
        Money::from_minor(self.maximum_minor, CURRENCY)
    }
}

/// The limits of transfers. A deposit comes from an external account, a withdrawal goes to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the limits of program/get under its names")]
pub struct TransferLimits {
    pub per_user_daily_withdraw: Limit,
    pub per_user_daily_deposit: Limit,
    pub per_user_monthly_withdraw: Limit,
    pub per_user_monthly_deposit: Limit,
    pub per_program_daily_withdraw: Limit,
    pub per_program_daily_deposit: Limit,
}

impl Default for TransferLimits {
    /// From a cent; 10,000 a user and day, 100,000 a user and month, 10 million a program and day.
    fn default() -> Self {
        let up_to = |dollars: i64| Limit { minimum_minor: 1, maximum_minor: dollars * 100 };
        Self {
            per_user_daily_withdraw: up_to(10_000),
            per_user_daily_deposit: up_to(10_000),
            per_user_monthly_withdraw: up_to(100_000),
            per_user_monthly_deposit: up_to(100_000),
            per_program_daily_withdraw: up_to(10_000_000),
            per_program_daily_deposit: up_to(10_000_000),
        }
    }
}

/// One of the program's own accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramAccount {
    /// `programAccountId`.
    pub id: AccountId,
    /// `type`.
    pub kind: ProgramAccountType,
}

/// The program's account at its bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramExternalAccount {
    /// `programExternalAccountId`.
    pub id: AccountId,
    /// Nine digits.
    pub routing_number: String,
    /// The bank's name.
    pub nacha_name: String,
}

/// The bank account that a program is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramBank {
    /// Nine digits.
    pub routing_number: String,
    /// The bank's name.
    pub nacha_name: String,
}

/// What can be configured of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramSettings {
    /// For people, 1 to 100 characters.
    pub name: String,
    /// How external accounts come to be verified.
    pub verification: VerificationType,
    /// Whether banks' names come from the routing directory ("ACH via NACHA").
    pub is_nacha: bool,
    /// The types that external accounts may have.
    pub allowed_types: Vec<AccountKind>,
    /// `perUserExternalAccountCountMax`.
    pub external_account_count_max: u32,
    /// After so many archivals of a customer's on one business day, none can be added on that day.
    pub archival_limit_daily: u32,
    /// Failed attempts after which a verification is locked.
    pub verify_attempts_max: u32,
    /// Days after which a verification has expired, counted from the day of the trial deposits.
    pub verify_days: u32,
    /// Limits of transfers.
    pub limits: TransferLimits,
    /// IANA name; what clients show dates in.
    pub time_zone: String,
    /// For people.
    pub website: String,
    /// Whether customers are verified as soon as they are created.
    pub customers_start_verified: bool,
    /// Which accounts of its own the program has.
    pub accounts: Vec<ProgramAccountType>,
    /// The program's account at its bank; without it no money moves.
    pub bank: Option<ProgramBank>,
}

impl Default for ProgramSettings {
    /// What a sandbox needs: everything allowed, at the sandbox's bank.
    fn default() -> Self {
        Self {
            name: "Default program".to_owned(),
            verification: VerificationType::Any,
            is_nacha: true,
            allowed_types: AccountKind::ALL.to_vec(),
            external_account_count_max: 3,
            archival_limit_daily: 2,
            verify_attempts_max: 3,
            verify_days: 30,
            limits: TransferLimits::default(),
            time_zone: "America/New_York".to_owned(),
            website: String::new(),
            customers_start_verified: true,
            accounts: ProgramAccountType::ALL.to_vec(),
            bank: Some(ProgramBank {
                routing_number: crate::routing::SANDBOX_ROUTING.to_owned(),
                nacha_name: crate::routing::SANDBOX_BANK.to_owned(),
            }),
        }
    }
}

impl ProgramSettings {
    /// What a tenant begins with outside of a sandbox: no money moves before the operator has named the program's
    /// account at its bank.
    pub fn without_bank() -> Self {
        Self { bank: None, ..Self::default() }
    }

    /// Refuses settings that make no sense.
    pub(crate) fn check(&self) -> Result<(), ExternalAccountsError> {
        let bad = |text: &str| Err(ExternalAccountsError::BadSettings(text.to_owned()));
        if self.name.trim().is_empty() || self.name.chars().count() > 100 {
            return bad("a program's name has 1 to 100 characters");
        }
        if self.verify_attempts_max == 0 || self.verify_days == 0 {
            return bad("a verification needs at least one attempt and one day");
        }
        if TimeZone::get(&self.time_zone).is_err() {
            return bad("give the time zone by its IANA name, such as America/New_York");
        }
        let limits = &self.limits;
        let all = [
            limits.per_user_daily_withdraw,
            limits.per_user_daily_deposit,
            limits.per_user_monthly_withdraw,
            limits.per_user_monthly_deposit,
            limits.per_program_daily_withdraw,
            limits.per_program_daily_deposit,
        ];
        if all.iter().any(|it| it.minimum_minor < 0 || it.maximum_minor < it.minimum_minor) {
            return bad("a limit's minimum is not negative and not more than its maximum");
        }
        Ok(())
    }
}

/// A program: the rules under which a tenant's customers have external accounts and move money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its number.
    pub id: ProgramId,
    /// What is configured.
    pub settings: ProgramSettings,
    /// Its own accounts, as `settings` ask for.
    pub accounts: Vec<ProgramAccount>,
    /// Its account at its bank.
    pub external_accounts: Vec<ProgramExternalAccount>,
    /// Whether the tenant's API keys call this one.
    pub is_default: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// `filledDate`: the time of the answer.
    pub filled_at: Timestamp,
}

impl Program {
    /// `decimalCount`.
    pub fn decimal_count(&self) -> u32 {
        CURRENCY.exponent()
    }

    /// `isInternalToInternalTransferEnabled`: a customer has one account in the program, so there is nothing to
    /// transfer between.
    pub fn is_internal_transfer_enabled(&self) -> bool {
        false
    }

    /// What is missing for trial deposits (59001 and 59003).
    pub(crate) fn faults_for_trials(&self) -> Vec<Rejection> {
        self.faults_for(ProgramAccountType::VerificationFunds)
    }

    /// What is missing for transfers (59002, 59003, 59013 and 59102).
    pub(crate) fn faults_for_transfers(&self) -> Vec<Rejection> {
        let mut faults = self.faults_for(ProgramAccountType::RetailClearing);
        if !self.has(ProgramAccountType::ProgramClearing) {
            faults.push(match self.external_accounts.first() {
                Some(account) => rejection::no_clearing_of_external(account.id),
                None => rejection::no_program_account(self.id, ProgramAccountType::ProgramClearing),
            });
        }
        faults
    }

    fn faults_for(&self, kind: ProgramAccountType) -> Vec<Rejection> {
        let mut faults = Vec::new();
        if !self.has(kind) {
            faults.push(rejection::no_program_account(self.id, kind));
        }
        if self.external_accounts.is_empty() {
            faults.push(rejection::no_program_external_account(self.id));
        }
        faults
    }

    fn has(&self, kind: ProgramAccountType) -> bool {
        self.accounts.iter().any(|account| account.kind == kind)
    }
}
