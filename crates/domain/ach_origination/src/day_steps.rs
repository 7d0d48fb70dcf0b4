//! The network's part of a tenant's business day: what has settled and come back in the morning, files in the evening.

use std::sync::Arc;

use florin_ach::window::{CALENDAR, Slot, Window};
use florin_ids::AchEntryId;
use florin_payments::Moment;
use florin_storage::Tx;
use florin_tenancy::day::{DayContext, DayStep, StepError, state_in};
use uuid::Uuid;

use crate::file::{build_in, repo as files};
use crate::{Ach, AchError, origin};

/// Behind lending's steps: a loan that is told of a payment lives in the new day already.
const INBOUND_ORDINAL: i64 = 20;
/// Behind everything that asks for entries.
const WINDOWS_ORDINAL: i64 = 90;

/// Settles, takes in what the simulated bank answers, and makes final what is.
pub struct AchInbound(pub Ach);

/// Makes the day's files, on a simulated clock. On the real one they are made when their windows close.
pub struct AchWindows(pub Ach);

impl Ach {
    /// The steps of the business day.
    pub fn day_steps(&self) -> Vec<Arc<dyn DayStep>> {
        vec![Arc::new(AchInbound(self.clone())), Arc::new(AchWindows(self.clone()))]
    }
}

impl DayStep for AchInbound {
    fn name(&self) -> &'static str {
        "ach inbound"
    }

    fn ordinal(&self) -> i64 {
        INBOUND_ORDINAL
    }

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        _after: Option<Uuid>,
    ) -> Result<Option<Uuid>, StepError> {
        let more = inbound(&self.0, tx, day);
        let more = more.map_err(|error| StepError { step: "ach inbound", source: Box::new(error) });
        // What is dealt with leaves its list: each chunk begins with what is left.
        Ok(more?.then(|| AchEntryId::new().uuid()))
    }
}

/// Settlements first, then what comes back, then what is final. True when more is left.
fn inbound(ach: &Ach, tx: &mut Tx, day: &DayContext) -> Result<bool, AchError> {
    let moment = Moment { on: day.date, at: day.stamp };
    if ach.settle_in(tx, day.tenant, moment)? {
        return Ok(true);
    }
    if let Some(answer) = files::take_answer(tx, &ach.keys, day.tenant, day.date)? {
        let content = (answer.name.as_str(), answer.content.as_slice());
        ach.take_in_in(tx, day.tenant, answer.origin, content, moment)?;
        return Ok(true);
    }
    ach.clear_in(tx, day.tenant, moment)
}

impl DayStep for AchWindows {
    fn name(&self) -> &'static str {
        "ach windows"
    }

    fn ordinal(&self) -> i64 {
        WINDOWS_ORDINAL
    }

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        _after: Option<Uuid>,
    ) -> Result<Option<Uuid>, StepError> {
        windows(&self.0, tx, day)
            .map_err(|error| StepError { step: "ach windows", source: Box::new(error) })?;
        Ok(None)
    }
}

fn windows(ach: &Ach, tx: &mut Tx, day: &DayContext) -> Result<(), AchError> {
    if !state_in(tx, day.tenant)?.simulated || !CALENDAR.is_business_day(day.date) {
        return Ok(());
    }
    let moment = Moment { on: day.date, at: day.stamp };
    for origin in origin::repo::list(tx, &ach.keys, day.tenant)? {
        for window in Window::ALL {
            let slot = Slot { day: day.date, window };
            let closes = slot.closes_at(&origin.cut_offs());
            // A night's file carries the evening of its day.
            let at = if closes.date() == day.date { closes } else { day.date.at(23, 0, 0, 0) };
            let place = (day.tenant, origin.id);
            build_in(tx, &ach.keys, &ach.owners, place, (slot, at), moment)?;
        }
    }
    Ok(())
}
