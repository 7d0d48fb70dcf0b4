//! Asking whether an account is there before money moves (NACHA Operating Rules, Article Two, "Prenotification
//! Entries").
//!
//! A prenote is an entry without money. It is answered by a return, by a notification of change, or by silence until the
//! third banking day after its settlement. Live entries that are asked for meanwhile leave from that day on.

use std::collections::BTreeMap;

use florin_ach::window::{CALENDAR, Slot, Window};
use florin_ach::{ReturnCode, deadline};
use florin_events::{NewEvent, append_in, kinds};
use florin_ids::TenantId;
use florin_payments::{Direction, Moment, Told, Update, tell_many_in};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::entry::repo::{self as entries, Wait};
use crate::entry::{Entry, EntryKind};
use crate::file::objection;
use crate::rail::{NO_ORIGIN, call_off_in};
use crate::{Ach, AchError, Use, origin, told_at};

impl Ach {
    /// Asks the receiving bank whether an account is there, for entries of this direction. The account need not be verified.
    ///
    /// # Errors
    /// [`AchError::NotFound`] for an account that the keeper does not know; [`AchError::Conflict`] when the account cannot
    /// be used, another prenote for it is under way, or there is no originator.
    pub async fn prenote(
        &self,
        caller: &Caller,
        reference: &str,
        direction: Direction,
    ) -> Result<Entry, AchError> {
        let (ach, caller, reference) = (self.clone(), caller.clone(), reference.to_owned());
        self.db
            .write(move |tx| {
                let moment = florin_payments::moment_in(tx, caller.tenant, caller.now)?;
                ach.prenote_in(tx, caller.tenant, &reference, direction, moment)
            })
            .await
    }

    pub(crate) fn prenote_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        reference: &str,
        direction: Direction,
        moment: Moment,
    ) -> Result<Entry, AchError> {
        let refused = |why: String| Err(AchError::Conflict(why));
        // Simulated clocks are a sandbox's, whose tenants have an originator when they need one.
        let is_simulated = day::state_in(tx, tenant)?.simulated;
        let origin = origin::in_use_in(tx, &self.keys, tenant, is_simulated, moment.at)?;
        let Some(origin) = origin else { return refused(NO_ORIGIN.to_owned()) };
        // Held, so that two servers do not ask at the same time.
        origin::repo::lock(tx, &self.keys, tenant, origin.id)?;
        let names = [reference.to_owned()];
        if !entries::prenotes_under_way(tx, &self.keys, tenant, &names)?.is_empty() {
            return refused("A prenote for this account is under way.".to_owned());
        }
        let details = self.accounts.details_in(tx, tenant, &names, Use::Trial);
        let details = details.map_err(AchError::Accounts)?.remove(reference);
        let details = match details.ok_or(AchError::NotFound("external account"))? {
            Ok(details) => details,
            Err(why) => return refused(why),
        };
        let wanted_on = CALENDAR.after(moment.on);
        let entry =
            Entry::prenote((reference, direction), &origin, details, (wanted_on, moment.at));
        if let Some(why) = objection(&origin, &entry) {
            return refused(why);
        }
        let made = std::slice::from_ref(&entry);
        entries::insert_many(tx, &self.keys, tenant, made)?;
        entries::wait_many(tx, tenant, Wait::File, [(&entry, entry.handed_over_on())])?;
        Ok(entry)
    }

    /// A prenote has come back: entries that wait for its account do not leave, and their payments have failed.
    pub(crate) fn prenote_returned_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        prenote: &Entry,
        code: ReturnCode,
        moment: Moment,
    ) -> Result<(), AchError> {
        let event = event(kinds::ACH_PRENOTE_RETURNED, prenote, moment, Some(code.title()));
        append_in(tx, tenant, &[event])?;
        let mut waiting = entries::waiting_for(tx, &self.keys, tenant, &prenote.reference)?;
        waiting.retain(|entry| entry.kind == EntryKind::Live);
        if waiting.is_empty() {
            return Ok(());
        }
        let failed = |entry: &Entry| {
            Some(Update {
                payment: entry.moves()?,
                told: Told::Failed,
                told_at: told_at::returned(moment.on),
                reason: code.to_string(),
                charge_on: None,
                reference: None,
            })
        };
        let updates: Vec<Update> = waiting.iter().filter_map(failed).collect();
        call_off_in(tx, tenant, waiting)?;
        tell_many_in(tx, &self.owners, tenant, moment, &updates)?;
        Ok(())
    }
}

/// Tells that prenotes have not come back in time: live entries may follow.
pub(crate) fn accepted(prenote: &Entry, moment: Moment) -> NewEvent {
    event(kinds::ACH_PRENOTE_ACCEPTED, prenote, moment, None)
}

fn event(kind: &'static str, prenote: &Entry, moment: Moment, title: Option<&str>) -> NewEvent {
    let code = Some(prenote.return_code.as_str()).filter(|code| !code.is_empty());
    let data: Value = json!({
        "external_account": prenote.reference,
        "direction": prenote.direction.as_str(),
        "code": code,
        "title": title,
        "entry": prenote.id.to_string(),
    });
    let resource = format!("external_account:{}", prenote.reference);
    NewEvent { kind, resource, occurred_at: moment.at, data }
}

/// The first day on which a live entry may settle, for accounts whose prenote is not answered yet.
pub(crate) fn live_from(prenotes: &[Entry], today: Date) -> BTreeMap<String, Date> {
    let from = |prenote: &Entry| {
        let settles_on = prenote.settles_on.unwrap_or_else(|| {
            // Today's file may be gone.
            let day = CALENDAR.after(prenote.handed_over_on().max(today));
            Slot { day, window: Window::NextDay }.settles(Some(prenote.wanted_on), false).date()
        });
        // It leaves on the third banking day at the earliest, and settles on the one after.
        CALENDAR.after(deadline::live_after_prenote(settles_on))
    };
    prenotes.iter().map(|prenote| (prenote.reference.clone(), from(prenote))).collect()
}
