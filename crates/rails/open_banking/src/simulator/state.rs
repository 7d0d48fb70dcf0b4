//! What the simulator holds.

use std::collections::{BTreeMap, HashMap};

use florin_journal::Journal;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fault::Fault;
use super::institutions::{self, Bank};
use super::journal::{Change, Line};
use super::people::{Person, accounts};
use crate::wire::{RequisitionStatus, Scope};

/// An agreement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct AgreementRow {
    pub id: Uuid,
    pub created: Timestamp,
    pub institution_id: String,
    pub max_historical_days: u32,
    pub access_valid_for_days: u32,
    pub access_scope: Vec<Scope>,
    pub accepted: Option<Timestamp>,
}

impl AgreementRow {
    /// When access ends, once it is accepted.
    pub fn ends(&self) -> Option<Timestamp> {
        let hours = 24 * i64::from(self.access_valid_for_days);
        self.accepted?.checked_add(SignedDuration::from_hours(hours)).ok()
    }
}

/// A requisition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RequisitionRow {
    pub id: Uuid,
    pub created: Timestamp,
    pub redirect: String,
    pub status: RequisitionStatus,
    pub institution_id: String,
    pub agreement: Uuid,
    pub reference: String,
    pub user_language: Option<String>,
    pub account_selection: bool,
    pub redirect_immediate: bool,
    /// Who has consented.
    pub user: Option<String>,
}

/// How often something was read since when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub since: Timestamp,
    pub count: u32,
}

/// What belongs to one user secret.
#[derive(Debug, Default)]
pub(super) struct Organisation {
    /// The hash of its key.
    pub secret: String,
    pub agreements: BTreeMap<Uuid, AgreementRow>,
    pub requisitions: BTreeMap<Uuid, RequisitionRow>,
    /// Which requisitions lead to an account.
    pub accounts: HashMap<Uuid, Vec<Uuid>>,
    pub faults: Vec<Fault>,
    pub windows: HashMap<(Uuid, Scope), Window>,
    /// How often an account was asked for that is still being processed.
    pub asked: HashMap<Uuid, u32>,
}

impl Organisation {
    fn take_in(&mut self, key: &str, change: Change) {
        match change {
            Change::Secret(hash) => self.secret = hash,
            Change::Agreement(row) => {
                self.agreements.insert(row.id, row);
            }
            Change::Requisition(row) => {
                for account in row.people(key) {
                    let held = self.accounts.entry(account.id).or_default();
                    if !held.contains(&row.id) {
                        held.push(row.id);
                    }
                }
                self.requisitions.insert(row.id, row);
            }
            Change::NoAgreement(id) => {
                self.agreements.remove(&id);
            }
            Change::NoRequisition(id) => {
                if let Some(row) = self.requisitions.remove(&id) {
                    self.agreements.remove(&row.agreement);
                }
                for held in self.accounts.values_mut() {
                    held.retain(|other| *other != id);
                }
                self.accounts.retain(|_, held| !held.is_empty());
            }
        }
    }

    /// A requisition as it stands now: one whose agreement has ended is expired.
    pub fn requisition(&self, id: Uuid, now: Timestamp) -> Option<RequisitionRow> {
        let mut row = self.requisitions.get(&id)?.clone();
        let ends = self.agreements.get(&row.agreement).and_then(AgreementRow::ends);
        if row.status == RequisitionStatus::Linked && ends.is_some_and(|ends| ends <= now) {
            row.status = RequisitionStatus::Expired;
        }
        Some(row)
    }
}

impl RequisitionRow {
    pub fn bank(&self) -> Option<&'static Bank> {
        institutions::find(&self.institution_id)
    }

    /// The accounts that it leads to.
    pub fn people(&self, org: &str) -> Vec<Person> {
        let (Some(bank), Some(user)) = (self.bank(), &self.user) else { return Vec::new() };
        accounts(org, bank, user)
    }
}

/// What a token is good for.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub org: String,
    pub is_refresh: bool,
    pub until: Timestamp,
}

/// Everything.
#[derive(Debug, Default)]
pub(super) struct State {
    pub organisations: BTreeMap<String, Organisation>,
    /// By their hashes.
    pub tokens: HashMap<[u8; 32], Token>,
    pub journal: Option<Journal<Line>>,
}

impl State {
    /// A change that is written already.
    pub fn take_in(&mut self, line: Line) {
        self.organisations.entry(line.org.clone()).or_default().take_in(&line.org, line.change);
    }

    /// Writes a change and makes it. `false` when it cannot be written: then nothing changes.
    pub fn change(&mut self, org: &str, change: Change) -> bool {
        let line = Line { org: org.to_owned(), change };
        if let Some(journal) = &mut self.journal
            && let Err(error) = journal.append(&line)
        {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the open-banking simulator's journal cannot be written"
            );
            return false;
        }
        self.take_in(line);
        true
    }

    /// Whose requisition it is.
    pub fn owner(&self, requisition: Uuid) -> Option<String> {
        let holds =
            |entry: &(&String, &Organisation)| entry.1.requisitions.contains_key(&requisition);
        self.organisations.iter().find(holds).map(|(key, _)| key.clone())
    }
}
