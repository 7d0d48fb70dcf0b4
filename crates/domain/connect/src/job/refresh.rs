//! Refreshing in the background: a job of each member that leaves the next one behind, and a step of the business day for
//! tenants whose clock is moved by hand.

use std::time::Duration;

use florin_crypto::jitter;
use florin_ids::{MemberId, TenantId};
use florin_jobs::{Job, JobHandler, NewJob, Outcome, RunFuture, enqueue_in};
use florin_storage::Tx;
use florin_tenancy::day::{self, DayContext, Step};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::{REFRESH_JOB, Wanted, start_in};
use crate::error::in_full;
use crate::member::{self, Member};
use crate::{Connect, ConnectError};

/// The time between two refreshes, a fifth more or less.
const REFRESH_AFTER: Duration = Duration::from_secs(24 * 3600);
/// How many members one transaction deals with.
const CHUNK: u32 = 100;

/// Leaves the member's next refresh behind, unless it needs the end user first; the member's row is written afterwards.
pub(super) fn schedule_in(
    tx: &mut Tx,
    member: &mut Member,
    now: Timestamp,
) -> Result<(), ConnectError> {
    let is_refreshed = member.status.is_refreshed() && member.was_connected();
    if !is_refreshed || member.background_aggregation_is_disabled {
        member.refresh_at = None;
        return Ok(());
    }
    let after = SignedDuration::try_from(jitter(REFRESH_AFTER));
    let after = after.unwrap_or(SignedDuration::from_hours(24));
    let refresh_at = now.saturating_add(after).unwrap_or(Timestamp::MAX);
    member.refresh_at = Some(refresh_at);
    let job = NewJob {
        tenant: member.tenant,
        kind: REFRESH_JOB,
        idempotency_key: format!("{}:{}", member.id, refresh_at.as_microsecond()),
        ordering_key: None,
        sequence: 0,
        payload: json!({ "member": member.id, "due": refresh_at.as_microsecond() }),
        run_at: Some(refresh_at),
    };
    enqueue_in(tx, &[job])?;
    Ok(())
}

/// Begins refreshes.
pub(super) struct RefreshHandler {
    connect: Connect,
}

impl RefreshHandler {
    pub(super) fn new(connect: Connect) -> Self {
        Self { connect }
    }

    /// Begins a refresh, unless another one has been due since, or something is under way.
    async fn refresh(&self, tenant: TenantId, id: MemberId, due: i64) -> Result<(), ConnectError> {
        let service = self.connect.clone();
        let now = service.clock.now();
        let catalogue = service.catalogue(tenant).await?;
        self.connect
            .db
            .write(move |tx| {
                let Some(mut member) = member::repo::hold(tx, tenant, id)? else { return Ok(()) };
                let is_due = member.refresh_at.is_some_and(|at| at.as_microsecond() == due);
                let is_wanted = member.status.is_refreshed() && !member.is_being_aggregated;
                let institution = catalogue.get(member.institution);
                let is_there =
                    institution.is_some_and(|it| !it.is_disabled_by_client && !it.is_discontinued);
                if is_due && is_wanted && is_there && !member.background_aggregation_is_disabled {
                    let at = day::state_in(tx, tenant)?.stamp(now);
                    start_in(tx, &service, &mut member, Wanted::plain(true), now, at)?;
                }
                Ok(())
            })
            .await
    }
}

impl JobHandler for RefreshHandler {
    fn kind(&self) -> &'static str {
        REFRESH_JOB
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            let member = job.payload.get("member").and_then(|it| it.as_str()?.parse().ok());
            let due = job.payload.get("due").and_then(serde_json::Value::as_i64);
            let (Some(member), Some(due)) = (member, due) else {
                return Outcome::GiveUp("the job does not say which member".to_owned());
            };
            match self.refresh(job.tenant, member, due).await {
                Ok(()) => Outcome::Done,
                Err(error) => Outcome::Retry(in_full(&error)),
            }
        })
    }
}

/// The business day's part of linked accounts: on a clock that is moved by hand, members are refreshed once a day of it.
pub struct RefreshMembers {
    connect: Connect,
}

impl RefreshMembers {
    /// A step for the members of this service.
    pub fn new(connect: Connect) -> Self {
        Self { connect }
    }
}

impl Step for RefreshMembers {
    const NAME: &'static str = "linked accounts";
    /// After everything that moves money.
    const ORDINAL: i64 = 95;
    type Error = ConnectError;

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, ConnectError> {
        if !day::state_in(tx, day.tenant)?.simulated {
            return Ok(None);
        }
        let now = self.connect.clock.now();
        let after = after.map(MemberId::from_uuid);
        let members = member::repo::idle(tx, day.tenant, after, CHUNK)?;
        let is_full = members.len() == CHUNK as usize;
        let last = members.last().map(|it| it.id.uuid()).filter(|_| is_full);
        for mut member in members {
            start_in(tx, &self.connect, &mut member, Wanted::plain(true), now, day.stamp)?;
        }
        Ok(last)
    }
}
