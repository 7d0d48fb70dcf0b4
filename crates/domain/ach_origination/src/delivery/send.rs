//! Handing a file over, in steps that can be broken off anywhere.

use std::sync::Arc;
use std::time::Duration;

use florin_events::{NewEvent, append_in, kinds};
use florin_ids::{AchFileId, TenantId};
use florin_payments::moment_in;
use florin_storage::Tx;
use florin_tenancy::day;
use serde_json::json;

use super::mailbox::Mailbox;
use super::{DRAFT, SEND_SECONDS, Standing};
use crate::alert::alert_in;
use crate::file::build::file_data;
use crate::file::{AchFile, FileState, leave_in, repo as files};
use crate::{Ach, AchError, Delivery, origin};

/// What handing a file over consists of, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SendStep {
    /// It is in the mailbox under a name that the bank passes over, whole.
    Uploaded,
    /// It is noted that it is about to get its name.
    Noted,
    /// It has its name: the bank may take it.
    Named,
    /// It is noted that it was handed over.
    Recorded,
}

impl SendStep {
    /// Every step.
    pub const ALL: [Self; 4] = [Self::Uploaded, Self::Noted, Self::Named, Self::Recorded];
}

impl Ach {
    /// Hands a kept file over, byte for byte. Once more does nothing, whatever happened in between.
    ///
    /// # Errors
    /// [`AchError::Delivery`] when the bank's mailbox does not take it; the file is handed over later then.
    /// [`AchError::NotFound`].
    pub async fn send(&self, tenant: TenantId, id: AchFileId) -> Result<(), AchError> {
        self.send_up_to(tenant, id, SendStep::Recorded).await
    }

    /// [`Ach::send`], broken off behind a step as a server is that is killed there.
    ///
    /// # Errors
    /// As there.
    pub async fn send_up_to(
        &self,
        tenant: TenantId,
        id: AchFileId,
        last: SendStep,
    ) -> Result<(), AchError> {
        let (file, content, delivery) = self.kept(tenant, id).await?;
        if !matches!(file.state, FileState::Built | FileState::Handing) {
            return Ok(());
        }
        let Some(delivery) = delivery else { return self.record(tenant, file, true).await };
        let mailbox = Mailbox::open(&delivery).await?;
        let hand_over = self.hand_over(&mailbox, tenant, file, &content, last);
        let done = tokio::time::timeout(Duration::from_secs(SEND_SECONDS), hand_over).await;
        mailbox.close().await;
        done.unwrap_or_else(|late| Err(AchError::Delivery(Box::new(late))))
    }

    async fn hand_over(
        &self,
        mailbox: &Mailbox,
        tenant: TenantId,
        file: AchFile,
        content: &Arc<[u8]>,
        last: SendStep,
    ) -> Result<(), AchError> {
        match mailbox.standing(&file.name, content).await? {
            Standing::Same => return self.record(tenant, file, true).await,
            Standing::Other => {
                let words = format!("another file is called {} there", file.name);
                return Err(AchError::Delivery(words.into()));
            }
            Standing::Absent => {}
        }
        let draft = match (file.state, file.draft.clone()) {
            (FileState::Handing, Some(draft)) => {
                if !mailbox.has(&draft).await? {
                    // Only its name can have taken the draft away: just now, or the bank has the file already.
                    let now = mailbox.standing(&file.name, content).await?;
                    return self.record(tenant, file, now == Standing::Same).await;
                }
                draft
            }
            _ => match self.upload(mailbox, tenant, &file, content, last).await? {
                Some(draft) => draft,
                None => return Ok(()),
            },
        };
        if last <= SendStep::Noted {
            return Ok(());
        }
        mailbox.publish(&draft, &file.name).await?;
        if last == SendStep::Named {
            return Ok(());
        }
        self.record(tenant, file, true).await
    }

    /// Writes a draft, and notes that it is to get the file's name; `None` when it is broken off in between.
    async fn upload(
        &self,
        mailbox: &Mailbox,
        tenant: TenantId,
        file: &AchFile,
        content: &Arc<[u8]>,
        last: SendStep,
    ) -> Result<Option<String>, AchError> {
        let (id, draft) = (file.id, format!("{}.{}{DRAFT}", file.name, AchFileId::new()));
        let busy = || AchError::Delivery("another attempt to hand it over is under way".into());
        let mine = draft.clone();
        let begun =
            self.db.write(move |tx| Ok::<_, AchError>(files::set_draft(tx, tenant, id, &mine)?));
        if !begun.await? {
            return Err(busy());
        }
        if let Some(before) = &file.draft {
            mailbox.discard(before).await;
        }
        mailbox.upload(&draft, content).await?;
        if last == SendStep::Uploaded {
            return Ok(None);
        }
        let mine = draft.clone();
        let noted =
            self.db.write(move |tx| Ok::<_, AchError>(files::set_handing(tx, tenant, id, &mine)?));
        if !noted.await? {
            mailbox.discard(&draft).await;
            return Err(busy());
        }
        Ok(Some(draft))
    }

    /// What is kept of a file, and where it goes.
    async fn kept(
        &self,
        tenant: TenantId,
        id: AchFileId,
    ) -> Result<(AchFile, Arc<[u8]>, Option<Delivery>), AchError> {
        let keys = self.keys.clone();
        let found = self.db.read(move |tx| {
            let file = files::get(tx, tenant, id)?.ok_or(AchError::NotFound("ACH file"))?;
            let content = files::content(tx, &keys, tenant, id)?;
            let content = content.ok_or(AchError::NotFound("ACH file"))?;
            let origin = origin::repo::get(tx, &keys, tenant, file.origin)?;
            Ok::<_, AchError>((file, content, origin))
        });
        let (file, content, origin) = found.await?;
        Ok((file, content.into(), origin.and_then(|origin| origin.delivery)))
    }

    /// Notes that a file was handed over, once. `was_seen`: we gave it its name, or have found it under it.
    async fn record(
        &self,
        tenant: TenantId,
        file: AchFile,
        was_seen: bool,
    ) -> Result<(), AchError> {
        let (ach, now) = (self.clone(), self.clock.now());
        self.db
            .write(move |tx| {
                if !files::set_sent(tx, tenant, file.id, now)? {
                    return Ok(());
                }
                let event = NewEvent {
                    kind: kinds::ACH_FILE_SENT,
                    resource: format!("ach_file:{}", file.id),
                    occurred_at: day::state_in(tx, tenant)?.stamp(now),
                    data: file_data(&file),
                };
                append_in(tx, tenant, &[event])?;
                let origin = origin::repo::get(tx, &ach.keys, tenant, file.origin)?;
                let origin = origin.ok_or(AchError::Stored)?;
                let moment = moment_in(tx, tenant, now)?;
                leave_in(&ach, tx, tenant, (&file, &origin), (moment, now))?;
                if was_seen {
                    return Ok(());
                }
                ach.alert_of_file_in(tx, tenant, file.id, "ask the bank whether it has the file")
            })
            .await
    }

    /// Tells that a file is not handed over, hard as we try.
    pub(super) async fn alert_unsent(
        &self,
        tenant: TenantId,
        id: AchFileId,
        why: &str,
    ) -> Result<(), AchError> {
        let (ach, why) = (self.clone(), format!("not handed over: {why}"));
        self.db.write(move |tx| ach.alert_of_file_in(tx, tenant, id, &why)).await
    }

    fn alert_of_file_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        id: AchFileId,
        reason: &str,
    ) -> Result<(), AchError> {
        let at = day::state_in(tx, tenant)?.stamp(self.clock.now());
        let data = json!({ "file": id.to_string(), "reason": reason });
        alert_in(tx, tenant, format!("ach_file:{id}"), data, at)
    }
}
