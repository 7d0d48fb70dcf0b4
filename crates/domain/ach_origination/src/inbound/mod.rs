//! What the bank sends: returns and notifications of change. A file is taken in once, by its content, whole or not at
//! all.

mod whose;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use florin_ach::{
    AccountType, Category, Correction, File, FileIdModifier, ReturnCode, TransactionCode,
};
use florin_events::{NewEvent, append_in, kinds};
use florin_ids::{AchFileId, AchOriginId, TenantId};
use florin_payments::{Direction, Moment, Told, Update, moment_in, tell_in};
use florin_storage::Tx;
use florin_tenancy::Caller;
use serde_json::json;

use crate::alert::alert_in;
use crate::entry::repo::{self as entries, Wait};
use crate::entry::{Entry, EntryKind, EntryState};
use crate::file::build::sha256;
use crate::file::repo as files;
use crate::file::{AchFile, FileDirection, FileState, Once};
use crate::origin::Origin;
use crate::reverse::Standing;
use crate::{Ach, AchError, Use, origin, told_at};
use whose::Claim;

/// How many characters of an account number are told.
const SHOWN: usize = 4;

/// What became of an incoming file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenIn {
    /// It was taken in now.
    Now(Box<AchFile>),
    /// It had been taken in before; nothing was done.
    Before,
}

impl Ach {
    /// Takes in a file of the tenant's bank.
    ///
    /// # Errors
    /// [`AchError::Unreadable`] with the first fault of the file; [`AchError::NotFound`] without an origin.
    pub async fn take_in(
        &self,
        caller: &Caller,
        name: &str,
        content: Vec<u8>,
    ) -> Result<TakenIn, AchError> {
        let (keys, tenant) = (self.keys.clone(), caller.tenant);
        let origin = self.db.read(move |tx| origin::repo::active(tx, &keys, tenant)).await?;
        let origin = origin.ok_or(AchError::NotFound("ACH originator"))?;
        self.take_in_for_all(tenant, origin.id, (name, content.into())).await
    }

    /// Takes in a file for a tenant, and for every other one at the same bank that something in it is about: tenants may
    /// share a mailbox. A file that was taken in for the tenant before may still be new to the others.
    pub(crate) async fn take_in_for_all(
        &self,
        tenant: TenantId,
        origin: AchOriginId,
        (name, content): (&str, Arc<[u8]>),
    ) -> Result<TakenIn, AchError> {
        let taken = self.take_in_for((tenant, origin), (name, &content)).await?;
        for place in self.others_in_it(tenant, origin, &content).await? {
            self.take_in_for(place, (name, &content)).await?;
        }
        Ok(taken)
    }

    /// Whom else something in a file is about, and their newest origins at the bank.
    async fn others_in_it(
        &self,
        tenant: TenantId,
        origin: AchOriginId,
        content: &Arc<[u8]>,
    ) -> Result<BTreeMap<TenantId, AchOriginId>, AchError> {
        let (keys, content) = (self.keys.clone(), Arc::clone(content));
        self.db
            .read(move |tx| {
                let origin = origin::repo::get(tx, &keys, tenant, origin)?;
                let origin = origin.ok_or(AchError::NotFound("ACH originator"))?;
                let file = florin_ach::read(&content).map_err(AchError::Unreadable)?;
                let owners = whose::owners_in(tx, &keys, &origin, &file)?;
                let mut others: BTreeSet<TenantId> = owners.into_iter().flatten().collect();
                others.remove(&tenant);
                Ok(origin::repo::newest_at(tx, origin.odfi, others)?)
            })
            .await
    }

    /// Takes in a file for a tenant.
    async fn take_in_for(
        &self,
        (tenant, origin): (TenantId, AchOriginId),
        (name, content): (&str, &Arc<[u8]>),
    ) -> Result<TakenIn, AchError> {
        let (ach, now) = (self.clone(), self.clock.now());
        let (name, content) = (name.to_owned(), Arc::clone(content));
        self.db
            .write(move |tx| {
                let moment = moment_in(tx, tenant, now)?;
                ach.take_in_in(tx, tenant, origin, (&name, &content), moment)
            })
            .await
    }

    /// [`Ach::take_in`] inside a caller's transaction.
    pub(crate) fn take_in_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        origin: AchOriginId,
        (name, content): (&str, &[u8]),
        moment: Moment,
    ) -> Result<TakenIn, AchError> {
        // Held, so that the same file is taken in by one server only.
        let held = origin::repo::lock(tx, &self.keys, tenant, origin)?;
        let origin = held.ok_or(AchError::NotFound("ACH originator"))?;
        let hash = sha256(content);
        let once = format!("in:{}", hex(&hash));
        if files::exists(tx, tenant, &once)? {
            return Ok(TakenIn::Before);
        }
        let read = florin_ach::read(content).map_err(AchError::Unreadable)?;
        let unmatched = self.act_in(tx, tenant, &origin, &read, moment)?;
        let file = received(&origin, name, &read, hash, unmatched, moment);
        files::insert(
            tx,
            &self.keys,
            tenant,
            (&file, Once { key: &once, numbers: None }),
            content,
        )?;
        Ok(TakenIn::Now(Box::new(file)))
    }

    /// Acts on everything that the file says; answers how much of it belongs to no entry of anybody's.
    fn act_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        origin: &Origin,
        file: &File,
        moment: Moment,
    ) -> Result<i64, AchError> {
        let (mut unmatched, mut traces) = (0, Vec::new());
        let owners = whose::owners_in(tx, &self.keys, origin, file)?;
        let items = file.batches.iter().flat_map(|batch| &batch.entries);
        for (item, owners) in items.zip(owners) {
            let Some(claim) = Claim::of(item) else {
                unmatched += 1;
                continue;
            };
            if let Some(entry) = claim.find_in(tx, &self.keys, tenant, origin.bank)? {
                if let Some(found) = item.as_return() {
                    self.returned_in(tx, tenant, (origin, entry), found, moment)?;
                } else if let Some(change) = item.as_change() {
                    self.changed_in(tx, tenant, entry, change, moment)?;
                }
            } else if owners.iter().all(|owner| *owner == tenant) {
                unmatched += 1;
                traces.push(format!("{:015}", claim.trace.number()));
            }
        }
        if unmatched > 0 {
            let data = json!({ "reason": "unmatched", "entries": unmatched, "traces": traces });
            alert_in(tx, tenant, format!("ach_origin:{}", origin.id), data, moment.at)?;
        }
        Ok(unmatched)
    }

    /// An entry has come back.
    fn returned_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        (origin, mut entry): (&Origin, Entry),
        found: &florin_ach::Return,
        moment: Moment,
    ) -> Result<(), AchError> {
        let before = entry.state;
        let standing = self.stop_reversal_in(tx, tenant, &entry)?;
        let is_reversed = standing == Standing::HasLeft;
        // Nobody wants again what was sent by mistake.
        let again = retry_of(&entry, origin, found.code, moment);
        let again = again.filter(|_| standing == Standing::None);
        let ids = vec![entry.id.uuid()];
        entries::stop_waiting(tx, tenant, Wait::Settlement, ids.clone())?;
        entries::stop_waiting(tx, tenant, Wait::Final, ids)?;
        entry.state = EntryState::Returned;
        entry.return_code = found.code.to_string();
        entries::update_many(tx, tenant, std::slice::from_ref(&entry))?;
        if let Some(again) = &again {
            entries::insert_many(tx, &self.keys, tenant, std::slice::from_ref(again))?;
            entries::wait_many(tx, tenant, Wait::File, [(again, again.handed_over_on())])?;
        }
        tell_return_in(tx, tenant, (&entry, again.is_some(), is_reversed), found.code, moment)?;
        self.accounts
            .returned_in(tx, tenant, moment, &entry.reference, found.code)
            .map_err(AchError::Accounts)?;
        self.stop_in(tx, tenant, &entry.reference, found.code, moment)?;
        self.act_on_return_in(tx, tenant, &entry, before, found.code, moment)
    }

    /// What a return means to what the entry was for.
    fn act_on_return_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        entry: &Entry,
        before: EntryState,
        code: ReturnCode,
        moment: Moment,
    ) -> Result<(), AchError> {
        let (told, reason) = match entry.kind {
            EntryKind::Prenote => {
                return self.prenote_returned_in(tx, tenant, entry, code, moment);
            }
            // Nothing was taken back; a payment that has failed for it counts again.
            EntryKind::Reversal if before != EntryState::Cleared => {
                (Told::ReversalEnded, String::new())
            }
            EntryKind::Reversal => (Told::PaidOut, String::new()),
            EntryKind::Live => (Told::Failed, code.to_string()),
        };
        let Some(payment) = entry.payment else { return Ok(()) };
        let told_at = told_at::returned(moment.on);
        let update = Update { payment, told, told_at, reason, charge_on: None, reference: None };
        tell_in(tx, &self.owners, tenant, moment, update)?;
        Ok(())
    }

    /// A receiving bank says what is right. What cannot be used changes nothing, and wants a person's look.
    fn changed_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        mut entry: Entry,
        change: &florin_ach::Change,
        moment: Moment,
    ) -> Result<(), AchError> {
        if entry.kind == EntryKind::Prenote && entry.return_code.is_empty() {
            entry.return_code = change.code.to_string();
            entries::update_many(tx, tenant, std::slice::from_ref(&entry))?;
        }
        let resource = format!("external_account:{}", entry.reference);
        let Some(correction) = usable(change) else {
            let data = json!({
                "reason": "a notification of change cannot be used",
                "external_account": entry.reference,
                "code": change.code.to_string(),
                "entry": entry.id.to_string(),
            });
            return alert_in(tx, tenant, resource, data, moment.at);
        };
        self.accounts
            .corrected_in(tx, tenant, moment, &entry.reference, change)
            .map_err(AchError::Accounts)?;
        self.correct_waiting_in(tx, tenant, &entry.reference)?;
        let event = NewEvent {
            kind: kinds::ACH_NOTIFICATION_OF_CHANGE,
            resource,
            occurred_at: moment.at,
            data: json!({
                "external_account": entry.reference,
                "code": change.code.to_string(),
                "corrected": corrected(&correction),
                "entry": entry.id.to_string(),
                "payment": entry.payment.map(|id| id.to_string()),
            }),
        };
        append_in(tx, tenant, &[event])?;
        Ok(())
    }

    /// Entries that wait for their file go out with the corrected account.
    fn correct_waiting_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        reference: &str,
    ) -> Result<(), AchError> {
        let mut waiting = entries::waiting_for(tx, &self.keys, tenant, reference)?;
        if waiting.is_empty() {
            return Ok(());
        }
        let names = [reference.to_owned()];
        let details = self.accounts.details_in(tx, tenant, &names, Use::Trial);
        let details = details.map_err(AchError::Accounts)?.remove(reference);
        if let Some(Ok(details)) = details {
            for entry in &mut waiting {
                entry.details = details.clone();
            }
            entries::correct_many(tx, &self.keys, tenant, &waiting)?;
        }
        Ok(())
    }
}

/// What a notification corrects, if entries can be made with it.
fn usable(change: &florin_ach::Change) -> Option<Correction> {
    let correction = change.code.parse_corrected(change.corrected.as_str()).ok()?;
    let kind = correction.transaction_code.map(TransactionCode::account);
    let is_for_people = !matches!(kind, Some(AccountType::GeneralLedger | AccountType::Loan));
    is_for_people.then_some(correction)
}

/// What listeners are told of a correction: the end of an account number, never all of it.
fn corrected(correction: &Correction) -> serde_json::Value {
    let ending = correction.account.map(|account| {
        let digits: Vec<char> = account.as_str().trim().chars().collect();
        let shown: String = digits[digits.len().saturating_sub(SHOWN)..].iter().collect();
        format!("******{shown}")
    });
    let kind = correction.transaction_code.map(|code| match code.account() {
        AccountType::Savings => "savings",
        _ => "checking",
    });
    json!({
        "routing_number": correction.routing.map(|number| number.to_string()),
        "account_number": ending,
        "account_type": kind,
    })
}

/// The entry that is sent again, as far as the Rules and the origin's policy go.
fn retry_of(entry: &Entry, origin: &Origin, code: ReturnCode, moment: Moment) -> Option<Entry> {
    let may = code.category() == Category::Retry
        && entry.can_retry
        && entry.direction == Direction::Collect
        && entry.retry < origin.retries;
    let days = i32::from(origin.retry_days);
    let on = florin_ach::window::CALENDAR.add_business_days(moment.on, days);
    may.then(|| entry.again(on, moment.at))
}

/// What listeners are told of a return; one that says that the receiver denies the authorisation wants a look, and so do a
/// reversal that comes back and an entry that comes back although it was reversed.
fn tell_return_in(
    tx: &mut Tx,
    tenant: TenantId,
    (entry, will_retry, is_reversed): (&Entry, bool, bool),
    code: ReturnCode,
    moment: Moment,
) -> Result<(), AchError> {
    let data = json!({
        "kind": entry.kind.as_str(),
        "reversed": is_reversed,
        "external_account": entry.reference,
        "code": code.to_string(),
        "title": code.title(),
        "will_retry": will_retry,
        "amount_cents": entry.amount_cents,
        "entry": entry.id.to_string(),
        "payment": entry.payment.map(|id| id.to_string()),
    });
    let event = NewEvent {
        kind: kinds::ACH_RETURN_RECEIVED,
        resource: format!("external_account:{}", entry.reference),
        occurred_at: moment.at,
        data: data.clone(),
    };
    append_in(tx, tenant, &[event])?;
    let is_odd = is_reversed || entry.kind == EntryKind::Reversal;
    if is_odd || code.counts_as_unauthorised() {
        alert_in(tx, tenant, format!("external_account:{}", entry.reference), data, moment.at)?;
    }
    Ok(())
}

fn received(
    origin: &Origin,
    name: &str,
    read: &File,
    sha256: [u8; 32],
    unmatched: i64,
    moment: Moment,
) -> AchFile {
    let totals = read.totals();
    let cents = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
    let count: usize = read.batches.iter().map(|batch| batch.entries.len()).sum();
    let modifier: FileIdModifier = read.header.modifier;
    AchFile {
        id: AchFileId::new(),
        origin: origin.id,
        direction: FileDirection::In,
        day: moment.on,
        slot: String::new(),
        made_on: read.header.created_on,
        name: name.to_owned(),
        modifier: modifier.to_string(),
        sha256,
        entries: i64::try_from(count).unwrap_or(i64::MAX),
        debits_cents: cents(totals.debit_cents),
        credits_cents: cents(totals.credit_cents),
        unmatched,
        state: FileState::Received,
        draft: None,
        created_at: moment.at,
        sent_at: None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
