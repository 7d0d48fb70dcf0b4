//! Files on their way: ours to the bank, the bank's to us.

mod directory;

use std::path::Path;

use florin_events::{NewEvent, append_in, kinds};
use florin_ids::{AchFileId, AchOriginId, TenantId};
use florin_jobs::{Job, JobHandler, Outcome, RunFuture};
use florin_tenancy::day;

use crate::file::build::file_data;
use crate::file::repo as files;
use crate::origin::{self, Delivery};
use crate::{Ach, AchError};

/// The kind of the jobs that hand files over.
pub(crate) const SEND: &str = "ach.send";

impl Ach {
    /// Hands a kept file over, byte for byte; once more is the same file under the same name.
    ///
    /// # Errors
    /// [`AchError::Delivery`] when the bank's mailbox does not take it; the file is handed over later then.
    pub async fn send(&self, tenant: TenantId, id: AchFileId) -> Result<(), AchError> {
        let keys = self.keys.clone();
        let found = self.db.read(move |tx| {
            let file = files::get(tx, tenant, id)?.ok_or(AchError::NotFound("ACH file"))?;
            let content = files::content(tx, &keys, tenant, id)?;
            let content = content.ok_or(AchError::NotFound("ACH file"))?;
            let origins = origin::repo::list(tx, &keys, tenant)?;
            let origin = origins.into_iter().find(|origin| origin.id == file.origin);
            Ok::<_, AchError>((file, content, origin))
        });
        let (file, content, origin) = found.await?;
        let name = file.name.clone();
        match origin.and_then(|origin| origin.delivery) {
            None => {}
            Some(Delivery::Directory { outbound, .. }) => {
                blocking(move || directory::put(Path::new(&outbound), &name, &content)).await?;
            }
        }
        let now = self.clock.now();
        self.db
            .write(move |tx| {
                if files::set_sent(tx, tenant, id, now)? {
                    let event = NewEvent {
                        kind: kinds::ACH_FILE_SENT,
                        resource: format!("ach_file:{id}"),
                        occurred_at: day::state_in(tx, tenant)?.stamp(now),
                        data: file_data(&file),
                    };
                    append_in(tx, tenant, &[event])?;
                }
                Ok(())
            })
            .await
    }

    /// Picks up what the bank has left for an origin, and takes it in. A file that cannot be read stays where it is and
    /// is noted.
    ///
    /// # Errors
    /// [`AchError::Delivery`] when the mailbox cannot be looked into.
    pub async fn pick_up(&self, tenant: TenantId, origin: AchOriginId) -> Result<(), AchError> {
        let keys = self.keys.clone();
        let origins = self.db.read(move |tx| origin::repo::list(tx, &keys, tenant)).await?;
        let found = origins.into_iter().find(|it| it.id == origin);
        let Some(Delivery::Directory { inbound, .. }) = found.and_then(|it| it.delivery) else {
            return Ok(());
        };
        let folder = inbound.clone();
        for (name, content) in blocking(move || directory::take(Path::new(&folder))).await? {
            let (ach, now, shown) = (self.clone(), self.clock.now(), name.clone());
            let taken = self.db.write(move |tx| {
                let moment = florin_payments::moment_in(tx, tenant, now)?;
                ach.take_in_in(tx, tenant, origin, (&shown, &content), moment)
            });
            match taken.await {
                Ok(_) => {
                    let folder = inbound.clone();
                    blocking(move || directory::set_aside(Path::new(&folder), &name)).await?;
                }
                Err(AchError::Unreadable(problem)) => {
                    tracing::error!(%tenant, name, %problem, "a file of the bank cannot be read");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Work with files, off the threads that serve.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, AchError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| AchError::Delivery(Box::new(error))),
        Err(error) => Err(AchError::Delivery(Box::new(error))),
    }
}

/// Hands files over.
pub struct SendHandler(pub Ach);

impl JobHandler for SendHandler {
    fn kind(&self) -> &'static str {
        SEND
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            let id = job.payload["file"].as_str().and_then(|text| text.parse().ok());
            let Some(id) = id else {
                return Outcome::GiveUp("the job names no file".to_owned());
            };
            match self.0.send(job.tenant, id).await {
                Ok(()) => Outcome::Done,
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    Outcome::Retry(format!("{error}: {}", cause.unwrap_or_default()))
                }
            }
        })
    }
}
