//! What tenants on the real clock need minute by minute: files when their windows close, settlement when its hour has
//! come, and what the bank has left.

use std::collections::BTreeSet;

use florin_ach::window::{Slot, eastern};
use florin_ids::{AchOriginId, TenantId};
use florin_payments::moment_in;
use jiff::ToSpan;
use tokio::task::JoinSet;

use crate::file::build_in;
use crate::{Ach, AchError, Delivery, origin};

/// Minutes before a window closes at which its file is made.
const HANDOVER_MINUTES: i64 = 5;
/// Minutes between two looks into a mailbox at a distance.
const VISIT_MINUTES: i64 = 5;

impl Ach {
    /// Makes the files of windows that are about to close, settles what has settled, and picks up what banks have left, for every tenant on the real
    /// clock; to be called every minute, by one server or by several. One origin's failure is noted and does not hold up
    /// the others.
    ///
    /// # Errors
    /// Storage only.
    pub async fn tick(&self) -> Result<(), AchError> {
        let places =
            self.db.read(move |tx| Ok::<_, AchError>(origin::repo::on_the_real_clock(tx)?)).await?;
        for &(tenant, origin) in &places {
            note(tenant, self.build_closing(tenant, origin).await);
        }
        let tenants: BTreeSet<TenantId> = places.iter().map(|(tenant, _)| *tenant).collect();
        for tenant in tenants {
            note(tenant, self.settle_passed(tenant).await);
        }
        // Windows do not wait for mailboxes, nor one mailbox for another.
        let mut visits = JoinSet::new();
        for (tenant, origin) in places {
            let ach = self.clone();
            visits.spawn(async move { note(tenant, ach.look_for_mail(tenant, origin).await) });
        }
        while visits.join_next().await.is_some() {}
        Ok(())
    }

    /// Settles what has settled by now.
    async fn settle_passed(&self, tenant: TenantId) -> Result<(), AchError> {
        loop {
            let (ach, now) = (self.clone(), self.clock.now());
            let more = self.db.write(move |tx| {
                let moment = moment_in(tx, tenant, now)?;
                ach.settle_at_in(tx, tenant, eastern(now), moment)
            });
            if !more.await? {
                return Ok(());
            }
        }
    }

    /// Picks up what is in a folder of this machine; at a distance only now and then.
    async fn look_for_mail(&self, tenant: TenantId, origin: AchOriginId) -> Result<(), AchError> {
        let keys = self.keys.clone();
        let found = self.db.read(move |tx| origin::repo::get(tx, &keys, tenant, origin)).await?;
        let minute = self.clock.now().as_second().div_euclid(60);
        let is_due = match found.and_then(|it| it.delivery) {
            None => false,
            Some(Delivery::Directory { .. }) => true,
            Some(Delivery::Sftp(_)) => minute % VISIT_MINUTES == 0,
        };
        if is_due { self.pick_up(tenant, origin).await } else { Ok(()) }
    }

    /// Makes the file of the window that closes next, when it is about to.
    async fn build_closing(&self, tenant: TenantId, origin: AchOriginId) -> Result<(), AchError> {
        let (ach, now) = (self.clone(), self.clock.now());
        let at = eastern(now);
        self.db
            .write(move |tx| {
                let Some(held) = origin::repo::lock(tx, &ach.keys, tenant, origin)? else {
                    return Ok(());
                };
                let cut_offs = held.cut_offs();
                let slot = Slot::reached_at(at, &cut_offs);
                if at.saturating_add(HANDOVER_MINUTES.minutes()) < slot.closes_at(&cut_offs) {
                    return Ok(());
                }
                let moment = moment_in(tx, tenant, now)?;
                build_in(tx, &ach, (tenant, origin), (slot, at), moment)?;
                Ok(())
            })
            .await
    }
}

fn note(tenant: TenantId, done: Result<(), AchError>) {
    if let Err(error) = done {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        tracing::error!(%tenant, %error, cause, "an ACH window or mailbox was not dealt with");
    }
}
