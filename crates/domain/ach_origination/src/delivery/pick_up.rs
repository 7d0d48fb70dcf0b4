//! Picking up what the bank has left.

use std::time::Duration;

use florin_ach::Problem;
use florin_ids::{AchOriginId, TenantId};
use florin_payments::moment_in;
use serde_json::json;

use super::mailbox::Mailbox;
use crate::alert::alert_in;
use crate::file::build::sha256;
use crate::file::repo as files;
use crate::{Ach, AchError, origin};

/// How long one visit to a mailbox may take; what is left is picked up with the next.
const VISIT: Duration = Duration::from_secs(90);

impl Ach {
    /// Picks up what the bank has left for an origin, and takes it in; what was taken in is set aside. A file that cannot
    /// be read stays where it is; it is told of when it is seen a second time, because the bank may just have been
    /// writing it.
    ///
    /// # Errors
    /// [`AchError::Delivery`] when the mailbox cannot be looked into.
    pub async fn pick_up(&self, tenant: TenantId, origin: AchOriginId) -> Result<(), AchError> {
        let keys = self.keys.clone();
        let found = self.db.read(move |tx| origin::repo::get(tx, &keys, tenant, origin)).await?;
        let Some(delivery) = found.and_then(|it| it.delivery) else { return Ok(()) };
        let mailbox = Mailbox::open(&delivery).await?;
        let visit = tokio::time::timeout(VISIT, self.empty(&mailbox, tenant, origin)).await;
        mailbox.close().await;
        visit.unwrap_or_else(|late| Err(AchError::Delivery(Box::new(late))))
    }

    async fn empty(
        &self,
        mailbox: &Mailbox,
        tenant: TenantId,
        origin: AchOriginId,
    ) -> Result<(), AchError> {
        for name in mailbox.names().await? {
            // Whoever shares the mailbox may have set it aside by now.
            let Some(content) = mailbox.fetch(&name).await? else { continue };
            let hash = sha256(&content);
            match self.take_in_for_all(tenant, origin, (&name, content.into())).await {
                Ok(_) => {
                    if let Err(error) = mailbox.set_aside(&name).await {
                        // It was taken in, and is not a second time.
                        let error = std::error::Error::source(&error).map(ToString::to_string);
                        tracing::warn!(%tenant, name, error, "a file of the bank stays in its place");
                    }
                }
                Err(AchError::Unreadable(problem)) => {
                    self.note_unreadable(tenant, origin, name, hash, problem).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn note_unreadable(
        &self,
        tenant: TenantId,
        origin: AchOriginId,
        name: String,
        sha256: [u8; 32],
        problem: Problem,
    ) -> Result<(), AchError> {
        let (ach, now) = (self.clone(), self.clock.now());
        self.db
            .write(move |tx| {
                // Held, so that only one server tells.
                origin::repo::lock(tx, &ach.keys, tenant, origin)?;
                let moment = moment_in(tx, tenant, now)?;
                if files::see_unreadable(tx, tenant, &sha256, &name, moment.at)? != 2 {
                    return Ok(());
                }
                tracing::error!(%tenant, name, %problem, "a file of the bank cannot be read");
                let reason = format!("the file cannot be read: {problem}");
                let data = json!({ "name": name, "reason": reason });
                alert_in(tx, tenant, format!("ach_origin:{origin}"), data, moment.at)
            })
            .await
    }
}
