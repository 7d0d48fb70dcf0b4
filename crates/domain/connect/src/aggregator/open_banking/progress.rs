//! What a job remembers from one step to the next.

use florin_money::Currency;
use florin_open_banking::wire::AccountDetails;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::{AccountType, Numbers, Owner};
use crate::aggregator::{AccountData, Refusal, TransactionData};
use crate::job::JobType;
use crate::session::Product;

/// What a job reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub numbers: bool,
    pub owners: bool,
    pub transactions: bool,
}

impl Wanted {
    /// `None` for a job that open banking has nothing for.
    pub fn of(job: JobType, products: &[Product]) -> Option<Self> {
        let has = |product| products.contains(&product);
        let wanted = |numbers, owners, transactions| Some(Self { numbers, owners, transactions });
        match job {
            JobType::Aggregation | JobType::History => wanted(false, false, true),
            JobType::Verification => wanted(true, false, false),
            JobType::Identification => wanted(false, true, false),
            JobType::Balance => wanted(false, false, false),
            JobType::Combination => wanted(
                has(Product::AccountVerification),
                has(Product::IdentityVerification),
                has(Product::Transactions),
            ),
            JobType::Statement
            | JobType::Order
            | JobType::Reward
            | JobType::MicroDeposit
            | JobType::Tax
            | JobType::CreditReport => None,
        }
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) enum Phase {
    /// The requisition is looked at.
    #[default]
    Consent,
    /// Accounts are read, one after the other.
    Accounts,
    /// The end user is to choose one for payments.
    Choice,
    /// Transactions are read, account by account.
    Transactions,
}

/// An account that was read: what is told again with its transactions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    pub id: Uuid,
    pub name: String,
    pub account_type: AccountType,
    pub currency: Currency,
    pub numbers: Option<Numbers>,
    pub owners: Option<Vec<Owner>>,
    pub balance_minor: i64,
    pub available_minor: Option<i64>,
    pub can_be_paid_from: bool,
    pub is_verified: bool,
}

impl Held {
    pub fn data(&self, transactions: Vec<TransactionData>) -> AccountData {
        AccountData {
            external_id: self.id.to_string(),
            name: self.name.clone(),
            account_type: self.account_type,
            currency: self.currency,
            numbers: self.numbers.clone(),
            balance_minor: self.balance_minor,
            available_minor: self.available_minor,
            credit_limit_minor: None,
            owners: self.owners.clone(),
            is_verified: self.is_verified,
            transactions,
            statements: Vec::new(),
        }
    }

    /// What the end user chooses by: `Current account ****1234`.
    pub fn label(&self) -> String {
        let numbers = self.numbers.as_ref();
        let number = numbers.and_then(|it| it.account.as_ref().or(it.iban.as_ref()));
        let last = number.map(|number| number.chars().rev().take(4).collect::<Vec<_>>());
        match last {
            Some(last) => format!("{} ****{}", self.name, last.iter().rev().collect::<String>()),
            None => self.name.clone(),
        }
    }
}

/// The state between two steps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    pub phase: Phase,
    /// How often this step was tried in vain.
    pub tries: u32,
    /// There are more accounts than are read.
    pub is_cut: bool,
    /// Accounts that are still to be read.
    pub todo: Vec<Uuid>,
    /// What the bank has told of the first of them, while its balances are still to be read.
    pub details: Option<AccountDetails>,
    /// Accounts that were.
    pub held: Vec<Held>,
    /// How many could not be read, and why the first of them could not.
    pub failed: u32,
    pub first_failure: Option<Why>,
    /// Whose transactions come next.
    pub next: usize,
}

impl Progress {
    pub fn read(state: &[u8]) -> Option<Self> {
        if state.is_empty() { Some(Self::default()) } else { serde_json::from_slice(state).ok() }
    }

    pub fn write(&self) -> Vec<u8> {
        // Names, numbers and ids are always JSON.
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub fn fail(&mut self, refusal: Refusal) {
        self.failed += 1;
        self.first_failure.get_or_insert(Why::of(refusal));
    }

    /// 0 to 100: consent and accounts are the first half when transactions come after them.
    pub fn percent(&self) -> u32 {
        let part = |done: usize, of: usize| u32::try_from(done * 45 / of.max(1)).unwrap_or(45);
        match self.phase {
            Phase::Consent => 5,
            Phase::Accounts => {
                let done = self.held.len() + self.failed as usize;
                10 + part(done, done + self.todo.len())
            }
            Phase::Choice => 50,
            Phase::Transactions => 50 + part(self.next, self.held.len()),
        }
    }
}

/// A refusal that can be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Why {
    Reauthorize,
    Impeded,
    Closed,
    AccessDenied,
    Down,
    Unavailable,
    Failed,
}

impl Why {
    fn of(refusal: Refusal) -> Self {
        match refusal {
            Refusal::ReauthorizationRequired => Self::Reauthorize,
            Refusal::Impeded => Self::Impeded,
            Refusal::Closed => Self::Closed,
            Refusal::AccessDenied => Self::AccessDenied,
            Refusal::Down => Self::Down,
            Refusal::Unavailable => Self::Unavailable,
            _ => Self::Failed,
        }
    }

    pub const fn refusal(self) -> Refusal {
        match self {
            Self::Reauthorize => Refusal::ReauthorizationRequired,
            Self::Impeded => Refusal::Impeded,
            Self::Closed => Refusal::Closed,
            Self::AccessDenied => Refusal::AccessDenied,
            Self::Down => Refusal::Down,
            Self::Unavailable => Refusal::Unavailable,
            Self::Failed => Refusal::Failed,
        }
    }
}
