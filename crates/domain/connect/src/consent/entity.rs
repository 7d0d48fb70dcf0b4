//! What a consent is, and what taking one back means. Pure.

use std::collections::BTreeSet;

use florin_ids::{ConnectSessionId, ConnectUserId, ConsentId};
use florin_storage::words;
use jiff::Timestamp;

use super::text::text;
use crate::error::FieldFault;

words! {
    /// What linked data is used for.
    pub enum Purpose {
        /// Reading and keeping what the bank tells of linked accounts.
        AccountData = "account_data",
        /// Deciding on credit by it.
        CreditDecision = "credit_decision",
        /// Paying to and collecting from linked accounts.
        Payments = "payments",
    }
}

words! {
    /// Who took a consent back.
    pub enum Revoker {
        /// The end user, in Connect.
        EndUser = "end_user",
        /// The partner, whom the end user told.
        Partner = "partner",
    }
}

/// What an end user agrees to.
#[derive(Debug, Clone, Default)]
pub struct NewConsent {
    /// The version of the text that was shown.
    pub text_version: Option<String>,
    /// Words of [`Purpose`].
    pub purposes: Vec<String>,
}

/// What an end user agreed to, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Its id.
    pub id: ConsentId,
    /// Who agreed.
    pub user: ConnectUserId,
    /// In which session.
    pub session: Option<ConnectSessionId>,
    /// The version of the text that was shown.
    pub text_version: String,
    /// What for.
    pub purposes: BTreeSet<Purpose>,
    /// When.
    pub given_at: Timestamp,
    /// When it was taken back, and by whom.
    pub revoked: Option<(Timestamp, Revoker)>,
}

/// What taking a consent back does: what would come of it now, or what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Revocation {
    /// Purposes that nothing allows any more.
    pub no_longer_allowed: BTreeSet<Purpose>,
    /// Purposes of the consent that another one allows too.
    pub still_allowed: BTreeSet<Purpose>,
    /// Links to banks that are deleted, with everything that was read by them.
    pub links: u64,
    /// External accounts that are put away.
    pub external_accounts: u64,
}

impl Revocation {
    /// What becomes of the purposes of one of an end user's consents when it no longer holds. Nothing is counted.
    pub(super) fn of(one: &Consent, all: &[Consent]) -> Self {
        let others: Vec<Consent> = all.iter().filter(|it| it.id != one.id).cloned().collect();
        let allowed = allowed(&others);
        let (still_allowed, no_longer_allowed) =
            one.purposes.iter().partition(|purpose| allowed.contains(purpose));
        Self { no_longer_allowed, still_allowed, ..Self::default() }
    }

    /// Whether links to banks are deleted.
    pub(super) fn ends_links(&self) -> bool {
        self.no_longer_allowed.contains(&Purpose::AccountData)
    }

    /// Whether accounts are put away that were shared: they rest on what was read, and on the leave to pay.
    pub(super) fn ends_payments(&self) -> bool {
        self.ends_links() || self.no_longer_allowed.contains(&Purpose::Payments)
    }
}

impl Consent {
    /// Whether it holds.
    pub fn is_active(&self) -> bool {
        self.revoked.is_none()
    }
}

impl NewConsent {
    /// The version and the purposes, of those that the session asks for.
    ///
    /// # Errors
    /// Every field that is wrong: a text that was never shown, a purpose that it does not speak of or that is not asked for,
    /// none at all.
    pub(super) fn check(
        &self,
        asked: &BTreeSet<Purpose>,
    ) -> Result<(&'static str, BTreeSet<Purpose>), Vec<FieldFault>> {
        let mut faults = Vec::new();
        let shown = self.text_version.as_deref().and_then(|version| text(version.trim()));
        if shown.is_none() {
            faults.push(FieldFault::new("text_version", "There is no text of this version."));
        }
        let mut purposes = BTreeSet::new();
        for word in &self.purposes {
            let known = Purpose::parse(word);
            let is_asked = |purpose: &Purpose| {
                asked.contains(purpose)
                    && shown
                        .is_none_or(|it| it.paragraphs.iter().any(|part| part.purpose == *purpose))
            };
            match known.filter(is_asked) {
                Some(purpose) => {
                    purposes.insert(purpose);
                }
                None => {
                    let word: String = word.chars().take(50).collect();
                    let message = format!("\"{word}\" is no purpose that is asked for here.");
                    faults.push(FieldFault::new("purposes", message));
                }
            }
        }
        if self.purposes.is_empty() {
            faults.push(FieldFault::new("purposes", "Name at least one purpose."));
        }
        match shown {
            Some(shown) if faults.is_empty() => Ok((shown.version, purposes)),
            _ => Err(faults),
        }
    }
}

/// What an end user's consents allow together.
pub(crate) fn allowed(consents: &[Consent]) -> BTreeSet<Purpose> {
    let active = consents.iter().filter(|consent| consent.is_active());
    active.flat_map(|consent| consent.purposes.iter().copied()).collect()
}

/// What an end user has taken back and not given again.
pub(crate) fn withdrawn(consents: &[Consent]) -> BTreeSet<Purpose> {
    let given: BTreeSet<Purpose> =
        consents.iter().flat_map(|consent| consent.purposes.iter().copied()).collect();
    given.difference(&allowed(consents)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Purpose::{AccountData, CreditDecision, Payments};

    fn consent(purposes: &[Purpose], is_active: bool) -> Consent {
        Consent {
            id: ConsentId::new(),
            user: ConnectUserId::new(),
            session: None,
            text_version: "2026-11-21".to_owned(),
            purposes: purposes.iter().copied().collect(),
            given_at: Timestamp::UNIX_EPOCH,
            revoked: (!is_active).then_some((Timestamp::UNIX_EPOCH, Revoker::EndUser)),
        }
    }

    #[test]
    fn a_purpose_holds_as_long_as_one_consent_to_it_does() {
        let check = |all: &[Consent], allows: &[Purpose], without: &[Purpose]| {
            assert_eq!(allowed(all).into_iter().collect::<Vec<_>>(), allows, "{all:?}");
            assert_eq!(withdrawn(all).into_iter().collect::<Vec<_>>(), without, "{all:?}");
        };
        check(&[], &[], &[]);
        let data = consent(&[AccountData], true);
        let both = consent(&[AccountData, CreditDecision], false);
        check(&[data.clone(), both.clone()], &[AccountData], &[CreditDecision]);
        check(std::slice::from_ref(&both), &[], &[AccountData, CreditDecision]);
        check(&[both, consent(&[CreditDecision], true)], &[CreditDecision], &[AccountData]);
        check(&[consent(&[Payments], true)], &[Payments], &[]);
    }

    #[test]
    fn what_taking_one_back_leaves() {
        let both = consent(&[AccountData, Payments], true);
        let data = consent(&[AccountData], true);
        let old = consent(&[Payments], false);
        let check = |one: &Consent, all: &[&Consent], lost: &[Purpose], left: &[Purpose]| {
            let all: Vec<Consent> = all.iter().map(|it| (*it).clone()).collect();
            let found = Revocation::of(one, &all);
            assert_eq!(found.no_longer_allowed.iter().copied().collect::<Vec<_>>(), lost);
            assert_eq!(found.still_allowed.iter().copied().collect::<Vec<_>>(), left);
            assert_eq!(found.ends_links(), lost.contains(&AccountData));
            assert_eq!(found.ends_payments(), !lost.is_empty());
        };
        check(&data, &[&data, &both, &old], &[], &[AccountData]);
        check(&both, &[&data, &both, &old], &[Payments], &[AccountData]);
        check(&both, &[&both, &old], &[AccountData, Payments], &[]);
    }

    #[test]
    fn only_what_was_shown_can_be_agreed_to() {
        let check = |version: Option<&str>, purposes: &[&str], faults: &[&str]| {
            let asked = NewConsent {
                text_version: version.map(str::to_owned),
                purposes: purposes.iter().map(|word| (*word).to_owned()).collect(),
            };
            let all = [AccountData, CreditDecision].into_iter().collect();
            let found: Vec<String> = match asked.check(&all) {
                Ok((_, purposes)) => {
                    assert!(!purposes.is_empty());
                    Vec::new()
                }
                Err(faults) => faults.into_iter().map(|fault| fault.field).collect(),
            };
            assert_eq!(found, faults, "{asked:?}");
        };
        let now = Some("2026-11-21");
        check(now, &["account_data", "credit_decision", "account_data"], &[]);
        check(now, &[], &["purposes"]);
        check(now, &["account_data", "gambling"], &["purposes"]);
        check(now, &["account_data", "payments"], &["purposes"]);
        check(Some("2020-01-01"), &["account_data"], &["text_version"]);
        check(None, &["x", "y"], &["text_version", "purposes", "purposes"]);
    }
}
