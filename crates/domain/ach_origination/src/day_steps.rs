//! The network's part of a tenant's business day: what has settled and come back in the morning, files in the evening.

use std::sync::Arc;

use florin_ach::window::{CALENDAR, Slot, Window, eastern};
use florin_ids::{AchEntryId, TenantId};
use florin_payments::{Moment, moment_in};
use florin_storage::Tx;
use florin_tenancy::day::{BetweenDays, DayContext, DayStep, Step, StepError, state_in};
use jiff::civil::Date;
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::file::{build_in, repo as files};
use crate::{Ach, AchError, origin};

const HANDOVER: &str = "ach handover";

/// Settles, takes in what the simulated bank answers, and makes final what is.
pub struct AchInbound(pub Ach);

/// Makes the day's files, on a simulated clock. On the real one they are made when their windows close.
pub struct AchWindows(pub Ach);

impl Ach {
    /// The steps of the business day.
    pub fn day_steps(&self) -> Vec<Arc<dyn DayStep>> {
        vec![Arc::new(AchInbound(self.clone())), Arc::new(AchWindows(self.clone()))]
    }

    /// What happens between two days of a simulated clock, on this runtime: the day's files are handed over, so that what
    /// they carry settles by that clock.
    pub fn between_days(&self, runtime: Handle) -> Arc<dyn BetweenDays> {
        Arc::new(AchHandover { ach: self.clone(), runtime })
    }
}

struct AchHandover {
    ach: Ach,
    runtime: Handle,
}

impl BetweenDays for AchHandover {
    fn name(&self) -> &'static str {
        HANDOVER
    }

    fn settle_blocking(&self, tenant: TenantId, date: Date) -> Result<(), StepError> {
        hand_over(&self.ach, &self.runtime, tenant, date)
            .map_err(|error| StepError { step: HANDOVER, source: Box::new(error) })
    }
}

/// Tries to hand over the files of a day, once each; what a mailbox does not take is left to the jobs, which go on trying.
/// Then settles what settles on the same day.
fn hand_over(ach: &Ach, runtime: &Handle, tenant: TenantId, date: Date) -> Result<(), AchError> {
    let unsent =
        ach.db.read_blocking(move |tx| Ok::<_, AchError>(files::unsent(tx, tenant, date)?))?;
    if unsent.is_empty() {
        return Ok(());
    }
    for file in unsent {
        match runtime.block_on(ach.send(tenant, file)) {
            Err(error @ AchError::Delivery(_)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%tenant, %file, cause, "a file is left to be handed over later");
            }
            done => done?,
        }
    }
    loop {
        let (settling, now) = (ach.clone(), ach.clock.now());
        let more = ach.db.write_blocking(move |tx| {
            let moment = moment_in(tx, tenant, now)?;
            settling.settle_in(tx, tenant, moment)
        });
        if !more? {
            return Ok(());
        }
    }
}

impl Step for AchInbound {
    const NAME: &'static str = "ach inbound";
    /// Behind lending's steps: a loan that is told of a payment lives in the new day already.
    const ORDINAL: i64 = 20;
    type Error = AchError;

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        _after: Option<Uuid>,
    ) -> Result<Option<Uuid>, AchError> {
        // What is dealt with leaves its list: each chunk begins with what is left.
        Ok(inbound(&self.0, tx, day)?.then(|| AchEntryId::new().uuid()))
    }
}

/// Settlements first, then what comes back, then what is final. True when more is left.
fn inbound(ach: &Ach, tx: &mut Tx, day: &DayContext) -> Result<bool, AchError> {
    let moment = Moment { on: day.date, at: day.stamp };
    let now = eastern(day.stamp);
    let more = match state_in(tx, day.tenant)?.simulated || now.date() > day.date {
        true => ach.settle_in(tx, day.tenant, moment)?,
        // The day has only begun: what settles at a later hour is settled then.
        false => ach.settle_at_in(tx, day.tenant, now, moment)?,
    };
    if more {
        return Ok(true);
    }
    if let Some(answer) = files::take_answer(tx, &ach.keys, day.tenant, day.date)? {
        let content = (answer.name.as_str(), answer.content.as_slice());
        ach.take_in_in(tx, day.tenant, answer.origin, content, moment)?;
        return Ok(true);
    }
    ach.clear_in(tx, day.tenant, moment)
}

impl Step for AchWindows {
    const NAME: &'static str = "ach windows";
    /// Behind everything that asks for entries.
    const ORDINAL: i64 = 90;
    type Error = AchError;

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        _after: Option<Uuid>,
    ) -> Result<Option<Uuid>, AchError> {
        // A window's files are made once, and what has settled leaves its list.
        Ok(windows(&self.0, tx, day)?.then(|| AchEntryId::new().uuid()))
    }
}

/// Makes files, then settles what of it settles on the same day. True when more is left to settle.
fn windows(ach: &Ach, tx: &mut Tx, day: &DayContext) -> Result<bool, AchError> {
    if !state_in(tx, day.tenant)?.simulated || !CALENDAR.is_business_day(day.date) {
        return Ok(false);
    }
    let moment = Moment { on: day.date, at: day.stamp };
    for origin in origin::repo::list(tx, &ach.keys, day.tenant)? {
        for window in Window::ALL {
            let slot = Slot { day: day.date, window };
            let closes = slot.closes_at(&origin.cut_offs());
            // A night's file carries the evening of its day.
            let at = if closes.date() == day.date { closes } else { day.date.at(23, 0, 0, 0) };
            let place = (day.tenant, origin.id);
            build_in(tx, ach, place, (slot, at), moment)?;
        }
    }
    ach.settle_in(tx, day.tenant, moment)
}
