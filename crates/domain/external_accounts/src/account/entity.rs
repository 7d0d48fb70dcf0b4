//! What an external account is, and which state follows which. Pure.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::bank::BankDigits;
use crate::rejection::{self, Rejection};
use crate::trial::Trial;
use crate::words::{AccountId, CustomerId, ProgramId, named};

named! {
    /// What kind of account it is (`type`).
    AccountKind {
        /// A prepaid card of the program's own; it may have no numbers, and then no money moves over it.
        Prepaid = "Prepaid",
        /// A savings account.
        Savings = "Savings",
        /// A checking account.
        Checking = "Checking",
    }
}

named! {
    /// Where an external account stands.
    AccountStatus {
        /// Its trial deposits have not been told yet.
        Unverified = "Unverified",
        /// They were told wrongly too often.
        VerifyLocked = "VerifyLocked",
        /// Money can be moved.
        Verified = "Verified",
        /// A trial deposit came back, or a person said no.
        Denied = "Denied",
        /// They were not told in time.
        Expired = "Expired",
        /// Put away for good.
        Archived = "Archived",
    }
}

impl AccountStatus {
    /// Whether it counts against the customer's limit whatever happened with it (the document's counting rule; archived
    /// ones count while a transaction of theirs has settled in the past 90 days).
    pub const fn counts(self) -> bool {
        matches!(self, Self::Unverified | Self::VerifyLocked | Self::Verified)
    }
}

/// An external account: a customer's account at any bank of the country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalAccount {
    /// `externalAccountId`.
    pub id: AccountId,
    /// `customerId`.
    pub customer: CustomerId,
    /// The customer's program.
    pub program: ProgramId,
    /// The caller's own id, unique within the program, at most 50 characters.
    pub tag: Option<String>,
    /// The bank's name, at most 50 characters.
    pub name: String,
    /// Nine digits; none for a prepaid account without numbers. Sealed at rest.
    pub routing_number: Option<BankDigits>,
    /// At most 17 characters; none for a prepaid account without numbers. Sealed at rest.
    pub account_number: Option<BankDigits>,
    /// `type`.
    pub kind: AccountKind,
    /// What the customer calls it; the bank's name unless given.
    pub nick_name: String,
    /// The holder's first name.
    pub first_name: Option<String>,
    /// The holder's last name.
    pub last_name: Option<String>,
    /// Where it stands.
    pub status: AccountStatus,
    /// When the status last changed.
    pub status_at: Timestamp,
    /// When anything last changed.
    pub last_modified_at: Timestamp,
    /// The code of the last notification of change, such as `C01`.
    pub noc_code: Option<String>,
    /// When it was locked; `None` when it is not (the wire says 9999-12-31 then).
    pub locked_at: Option<Timestamp>,
    /// Why it is locked, at most 255 characters.
    pub locked_reason: Option<String>,
    /// Why nothing may be collected from it, though it can be paid: the return code by which its holder denied that a
    /// debit was authorised, with its title.
    pub debits_refused: Option<String>,
    /// The caller's own data, at most 50 characters each.
    pub custom_fields: [Option<String>; 5],
    /// When the trial deposits were asked for.
    pub last_verify_sent_at: Option<Timestamp>,
    /// When its verification expired.
    pub last_verify_expired_at: Option<Timestamp>,
    /// The business date on which it was archived.
    pub archived_on: Option<Date>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What becomes of an attempt to verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// The amounts are right.
    Right,
    /// They are not, or it is too late: the account and the count of attempts may have changed.
    Refused(Rejection),
}

impl ExternalAccount {
    /// `isActive`, which the document calls deprecated: whether it is not archived.
    pub fn is_active(&self) -> bool {
        self.status != AccountStatus::Archived
    }

    /// `isLocked`.
    pub fn is_locked(&self) -> bool {
        self.locked_at.is_some()
    }

    /// Whether money can be moved over it.
    pub fn is_usable(&self) -> bool {
        self.status == AccountStatus::Verified && !self.is_locked() && self.has_numbers()
    }

    /// Why nothing may be collected from it, as a sentence.
    pub fn objection_to_debits(&self) -> Option<String> {
        let reason = self.debits_refused.as_deref()?;
        Some(format!("Its holder denies that debits are authorised ({reason})."))
    }

    /// Whether a bank could find it.
    pub fn has_numbers(&self) -> bool {
        self.routing_number.is_some() && self.account_number.is_some()
    }

    /// The holder's name, as a bank would want it; empty when none is known.
    pub fn holder(&self) -> String {
        let parts = [&self.first_name, &self.last_name];
        let known: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        known.join(" ")
    }

    /// Whether it goes by this nickname. The bank's name, which every account has unless it is called otherwise, is
    /// no nickname that could be taken.
    pub(crate) fn goes_by(&self, nick_name: &str) -> bool {
        let own = self.nick_name.to_lowercase();
        own == nick_name.to_lowercase() && own != self.name.to_lowercase()
    }

    /// Takes the amounts that a customer tells of the trial deposits.
    pub(crate) fn attempt(
        &mut self,
        trial: &mut Trial,
        told_minor: (i64, i64),
        attempts_max: u32,
        today: Date,
        at: Timestamp,
    ) -> Attempt {
        if let Some(refusal) = self.refusal_to_verify(trial, today, at) {
            return Attempt::Refused(refusal);
        }
        if trial.matches(told_minor.0, told_minor.1) {
            self.become_verified(at);
            return Attempt::Right;
        }
        trial.attempts = trial.attempts.saturating_add(1);
        self.last_modified_at = at;
        if trial.attempts < attempts_max {
            return Attempt::Refused(rejection::verify_mismatch(attempts_max - trial.attempts));
        }
        self.move_to(AccountStatus::VerifyLocked, at);
        Attempt::Refused(rejection::verify_exhausted())
    }

    /// Why it cannot be verified now, whatever the amounts. An account whose time is over expires by it.
    pub(crate) fn refusal_to_verify(
        &mut self,
        trial: &Trial,
        today: Date,
        at: Timestamp,
    ) -> Option<Rejection> {
        match self.status {
            AccountStatus::Verified => Some(rejection::verify_done()),
            AccountStatus::Denied => Some(rejection::verify_denied()),
            AccountStatus::VerifyLocked => Some(rejection::verify_locked()),
            AccountStatus::Expired => Some(rejection::verify_expired(trial.last_day)),
            AccountStatus::Archived => Some(rejection::verify_unknown(self.id.number())),
            AccountStatus::Unverified if self.is_locked() => Some(rejection::verify_locked()),
            AccountStatus::Unverified if today > trial.last_day => {
                self.expire(at);
                Some(rejection::verify_expired(trial.last_day))
            }
            AccountStatus::Unverified => None,
        }
    }

    /// From any status but Archived: its holder is known.
    pub(crate) fn become_verified(&mut self, at: Timestamp) {
        if self.is_active() {
            self.move_to(AccountStatus::Verified, at);
        }
    }

    /// From Unverified: the time to tell the trial deposits is over.
    pub(crate) fn expire(&mut self, at: Timestamp) {
        if self.status == AccountStatus::Unverified {
            self.move_to(AccountStatus::Expired, at);
            self.last_verify_expired_at = Some(at);
        }
    }

    /// A person or a returned trial deposit says no. What is verified already is locked instead; what has ended stays.
    pub(crate) fn deny(&mut self, reason: &str, at: Timestamp) {
        match self.status {
            AccountStatus::Unverified | AccountStatus::VerifyLocked => {
                self.move_to(AccountStatus::Denied, at);
            }
            AccountStatus::Verified => self.lock(reason, at),
            AccountStatus::Denied | AccountStatus::Expired | AccountStatus::Archived => {}
        }
    }

    /// From Verified: put away for good.
    ///
    /// # Errors
    /// The status that it has instead.
    pub(crate) fn archive(&mut self, on: Date, at: Timestamp) -> Result<(), AccountStatus> {
        if self.status != AccountStatus::Verified {
            return Err(self.status);
        }
        self.move_to(AccountStatus::Archived, at);
        self.archived_on = Some(on);
        Ok(())
    }

    /// Stops everything until somebody unlocks it; the first reason stays.
    pub(crate) fn lock(&mut self, reason: &str, at: Timestamp) {
        if !self.is_locked() {
            self.locked_at = Some(at);
            self.locked_reason = Some(reason.chars().take(255).collect());
            self.last_modified_at = at;
        }
    }

    /// Debits are stopped until somebody unlocks it; the first reason stays.
    pub(crate) fn refuse_debits(&mut self, reason: &str, at: Timestamp) {
        if self.debits_refused.is_none() {
            self.debits_refused = Some(reason.to_owned());
            self.last_modified_at = at;
        }
    }

    /// It can be used again, also for debits: whoever does this has the holder's authorisation.
    pub(crate) fn unlock(&mut self, at: Timestamp) {
        self.locked_at = None;
        self.locked_reason = None;
        self.debits_refused = None;
        self.last_modified_at = at;
    }

    fn move_to(&mut self, status: AccountStatus, at: Timestamp) {
        self.status = status;
        self.status_at = at;
        self.last_modified_at = at;
    }
}
