//! A bank's mailbox, wherever it is.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use florin_ids::AchFileId;

use super::sftp::Session;
use super::{DRAFT, Standing, directory, sftp};
use crate::origin::Delivery;
use crate::{AchError, Cause, FieldFault};

/// A mailbox that is open.
pub(super) enum Mailbox {
    Directory { outbound: PathBuf, inbound: PathBuf },
    Sftp(Box<Session>),
}

impl Mailbox {
    pub(super) async fn open(delivery: &Delivery) -> Result<Self, AchError> {
        Ok(match delivery {
            Delivery::Directory { outbound, inbound } => {
                Self::Directory { outbound: outbound.into(), inbound: inbound.into() }
            }
            Delivery::Sftp(place) => {
                let session = Session::open(place.as_ref().clone()).await.map_err(failed)?;
                Self::Sftp(Box::new(session))
            }
        })
    }

    /// How a file of ours stands there.
    pub(super) async fn standing(
        &self,
        name: &str,
        content: &Arc<[u8]>,
    ) -> Result<Standing, AchError> {
        match self {
            Self::Directory { outbound, .. } => {
                let (name, content) = (name.to_owned(), Arc::clone(content));
                in_folder(outbound, move |folder| directory::standing(folder, &name, &content))
                    .await
            }
            Self::Sftp(session) => session.standing(name, content).await.map_err(failed),
        }
    }

    /// Whether a draft of ours is there.
    pub(super) async fn has(&self, draft: &str) -> Result<bool, AchError> {
        match self {
            Self::Directory { outbound, .. } => {
                let draft = draft.to_owned();
                in_folder(outbound, move |folder| directory::has(folder, &draft)).await
            }
            Self::Sftp(session) => session.has(draft).await.map_err(failed),
        }
    }

    /// Writes a file of ours under a name that the bank passes over.
    pub(super) async fn upload(&self, draft: &str, content: &Arc<[u8]>) -> Result<(), AchError> {
        match self {
            Self::Directory { outbound, .. } => {
                let (draft, content) = (draft.to_owned(), Arc::clone(content));
                in_folder(outbound, move |folder| directory::write(folder, &draft, &content)).await
            }
            Self::Sftp(session) => session.upload(draft, content).await.map_err(failed),
        }
    }

    /// Removes a draft of ours that nobody needs. One that stays is passed over by the bank.
    pub(super) async fn discard(&self, draft: &str) {
        let done = match self {
            Self::Directory { outbound, .. } => {
                let draft = draft.to_owned();
                in_folder(outbound, move |folder| directory::remove(folder, &draft)).await
            }
            Self::Sftp(session) => session.remove(draft).await.map_err(failed),
        };
        if let Err(error) = done {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(draft, cause, "a draft stays in the bank's mailbox");
        }
    }

    /// Gives a draft of ours its name: from here on the bank may take it. Refused when another file has the name.
    pub(super) async fn publish(&self, draft: &str, name: &str) -> Result<(), AchError> {
        match self {
            Self::Directory { outbound, .. } => {
                let (draft, name) = (draft.to_owned(), name.to_owned());
                in_folder(outbound, move |folder| directory::publish(folder, &draft, &name)).await
            }
            Self::Sftp(session) => session.publish(draft, name).await.map_err(failed),
        }
    }

    /// The names of the bank's files.
    pub(super) async fn names(&self) -> Result<Vec<String>, AchError> {
        match self {
            Self::Directory { inbound, .. } => in_folder(inbound, directory::names).await,
            Self::Sftp(session) => session.names().await.map_err(failed),
        }
    }

    /// A file of the bank; `None` when it is there no more.
    pub(super) async fn fetch(&self, name: &str) -> Result<Option<Vec<u8>>, AchError> {
        match self {
            Self::Directory { inbound, .. } => {
                let name = name.to_owned();
                in_folder(inbound, move |folder| directory::fetch(folder, &name)).await
            }
            Self::Sftp(session) => session.fetch(name).await.map_err(failed),
        }
    }

    /// Moves a file of the bank out of the way.
    pub(super) async fn set_aside(&self, name: &str) -> Result<(), AchError> {
        match self {
            Self::Directory { inbound, .. } => {
                let name = name.to_owned();
                in_folder(inbound, move |folder| directory::set_aside(folder, &name)).await
            }
            Self::Sftp(session) => session.set_aside(name).await.map_err(failed),
        }
    }

    pub(super) async fn close(self) {
        if let Self::Sftp(session) = self {
            session.close().await;
        }
    }
}

/// What stands in the way of files, found by trying: the server, the login and the folders. An empty draft is put into the
/// outbound folder and taken away again.
pub(crate) async fn faults_of(delivery: Option<&Delivery>) -> Vec<FieldFault> {
    let probe = format!(".{}{DRAFT}", AchFileId::new());
    let found = match delivery {
        None => Vec::new(),
        Some(Delivery::Sftp(place)) => sftp::objections(place.as_ref().clone(), &probe).await,
        Some(Delivery::Directory { outbound, inbound }) => {
            let inbound = PathBuf::from(inbound);
            let found = in_folder(Path::new(outbound), move |outbound| {
                Ok(directory::objections(outbound, &inbound, &probe))
            });
            found.await.unwrap_or_default()
        }
    };
    found.into_iter().map(|(field, message)| FieldFault { field, message }).collect()
}

fn failed(error: impl Into<Cause>) -> AchError {
    AchError::Delivery(error.into())
}

/// Work with files, off the threads that serve.
async fn in_folder<T: Send + 'static>(
    folder: &Path,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T, AchError> {
    let folder = folder.to_owned();
    match tokio::task::spawn_blocking(move || work(&folder)).await {
        Ok(done) => done.map_err(failed),
        Err(error) => Err(failed(error)),
    }
}
