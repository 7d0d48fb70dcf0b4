//! Requests under a key of the caller's: asking again under it asks for nothing more, and is answered as before.

mod repo;

use florin_crypto::KeyRing;
use florin_ids::{AchEntryId, TenantId};
use florin_payments::{Direction, Moment, moment_in};
use florin_storage::Tx;
use florin_tenancy::Caller;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entry::Entry;
use crate::entry::repo as entries;
use crate::{Ach, AchError, Erroneous, FieldFault, Reversal};

/// The longest key, in characters.
const KEY_CHARS_MAX: usize = 200;

/// What was asked for, and of whom; the key names no other request.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Request {
    Reversal(Erroneous),
    Prenote(String, Direction),
}

impl Request {
    fn words(&self) -> String {
        match self {
            Self::Reversal(Erroneous::File(id)) => format!("reverse file {id}"),
            Self::Reversal(Erroneous::Entry(id)) => format!("reverse entry {id}"),
            Self::Reversal(Erroneous::Trace(trace)) => format!("reverse {:015}", trace.number()),
            Self::Prenote(account, direction) => format!("prenote {direction} {account}"),
        }
    }
}

/// What was made for a request.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Made {
    entries: Vec<AchEntryId>,
    settles_on: Option<Date>,
    passed_over: Vec<(AchEntryId, String)>,
}

impl Ach {
    /// [`Ach::reverse`] under a key of 1 to 200 characters: once more under it answers what was taken back the first time.
    ///
    /// # Errors
    /// Those of [`Ach::reverse`]; [`AchError::Invalid`] for a key that is none, [`AchError::Conflict`] for one of another
    /// request.
    pub async fn reverse_once(
        &self,
        caller: &Caller,
        what: Erroneous,
        key: &str,
    ) -> Result<Reversal, AchError> {
        let key = checked(key)?;
        let (ach, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| {
                let moment = moment_in(tx, caller.tenant, caller.now)?;
                let place = (caller.tenant, key.as_str());
                let request = Request::Reversal(what);
                if let Some(made) = begin_in(tx, place, &request, moment)? {
                    return reversal_in(tx, &ach.keys, caller.tenant, made);
                }
                let reversal = ach.reverse_in(tx, &caller, what, moment)?;
                note_in(tx, place, &Made::of(&reversal))?;
                Ok(reversal)
            })
            .await
    }

    /// [`Ach::prenote`] under a key of 1 to 200 characters: once more under it answers the same prenote.
    ///
    /// # Errors
    /// Those of [`Ach::prenote`]; [`AchError::Invalid`] for a key that is none, [`AchError::Conflict`] for one of another
    /// request.
    pub async fn prenote_once(
        &self,
        caller: &Caller,
        (reference, direction): (&str, Direction),
        key: &str,
    ) -> Result<Entry, AchError> {
        let key = checked(key)?;
        let (ach, caller, reference) = (self.clone(), caller.clone(), reference.to_owned());
        self.db
            .write(move |tx| {
                let moment = moment_in(tx, caller.tenant, caller.now)?;
                let place = (caller.tenant, key.as_str());
                let request = Request::Prenote(reference.clone(), direction);
                if let Some(made) = begin_in(tx, place, &request, moment)? {
                    let found = entries_in(tx, &ach.keys, caller.tenant, &made.entries)?;
                    return found.into_iter().next().ok_or(AchError::Stored);
                }
                let entry = ach.prenote_in(tx, caller.tenant, &reference, direction, moment)?;
                note_in(tx, place, &Made { entries: vec![entry.id], ..Made::default() })?;
                Ok(entry)
            })
            .await
    }
}

impl Made {
    fn of(reversal: &Reversal) -> Self {
        let passed_over = reversal.passed_over.iter().map(|(entry, why)| (entry.id, why.clone()));
        Self {
            entries: reversal.entries.iter().map(|entry| entry.id).collect(),
            settles_on: Some(reversal.settles_on),
            passed_over: passed_over.collect(),
        }
    }
}

fn checked(key: &str) -> Result<String, AchError> {
    let length = key.chars().count();
    if (1..=KEY_CHARS_MAX).contains(&length) && !key.contains(char::is_control) {
        return Ok(key.to_owned());
    }
    let message = format!("Ensure this field has 1 to {KEY_CHARS_MAX} characters.");
    Err(AchError::Invalid(vec![FieldFault { field: "unique_key", message }]))
}

/// What was made under a key before. Otherwise the key is the caller's until the transaction ends, and nobody else's.
fn begin_in(
    tx: &mut Tx,
    place: (TenantId, &str),
    request: &Request,
    moment: Moment,
) -> Result<Option<Made>, AchError> {
    let words = request.words();
    if repo::insert(tx, place, &words, moment.at)? {
        return Ok(None);
    }
    let (asked, answer) = repo::get(tx, place)?;
    if asked != words {
        let words = "The unique_key was used before with another request.";
        return Err(AchError::Conflict(words.to_owned()));
    }
    serde_json::from_str(&answer).map(Some).map_err(|_| AchError::Stored)
}

fn note_in(tx: &mut Tx, place: (TenantId, &str), made: &Made) -> Result<(), AchError> {
    let answer = serde_json::to_string(made).map_err(|_| AchError::Stored)?;
    Ok(repo::set_answer(tx, place, &answer)?)
}

/// What was taken back, as its entries stand now.
fn reversal_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    made: Made,
) -> Result<Reversal, AchError> {
    let (passed_over, reasons): (Vec<AchEntryId>, Vec<String>) =
        made.passed_over.into_iter().unzip();
    let passed_over = entries_in(tx, keys, tenant, &passed_over)?.into_iter().zip(reasons);
    Ok(Reversal {
        entries: entries_in(tx, keys, tenant, &made.entries)?,
        settles_on: made.settles_on.ok_or(AchError::Stored)?,
        passed_over: passed_over.collect(),
    })
}

/// The entries of these ids, in their order.
fn entries_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    ids: &[AchEntryId],
) -> Result<Vec<Entry>, AchError> {
    let wanted: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let mut found = entries::get_many(tx, keys, tenant, wanted)?;
    found.sort_by_key(|entry| ids.iter().position(|id| *id == entry.id));
    if found.len() == ids.len() { Ok(found) } else { Err(AchError::Stored) }
}
