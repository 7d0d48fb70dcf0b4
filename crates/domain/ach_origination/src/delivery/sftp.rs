//! A bank's SFTP server as a mailbox.

use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, Handle};
use russh::keys::ssh_key::Fingerprint;
use russh::keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{Disconnect, Preferred};
use russh_sftp::client::SftpSession;
use russh_sftp::client::error::Error as ProtocolError;
use russh_sftp::protocol::StatusCode as Reply;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{BYTES_MAX, DONE, Standing, is_for_us};
use crate::origin::{Login, Sftp, fingerprint};

/// How long a server may take to answer, to let us in, and to answer a request.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// A server that we ask nothing for this long is asked whether it is there: while a file is taken in nothing is said, and
/// the connection is not to be given up for that.
const KEEPALIVE: Duration = Duration::from_secs(5);
/// After so many of these questions without an answer the connection is given up.
const KEEPALIVES_MAX: usize = 3;

/// Why a bank's server could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SftpError {
    /// It does not answer.
    #[error("{0} does not answer")]
    Silent(String),
    /// Its key is not the one that was agreed on.
    #[error("the server's key is {0}, which is not the one that was set")]
    HostKey(String),
    /// It does not let us in.
    #[error("the server does not let {0} in")]
    Refused(String),
    /// What is kept of the login or the host key can't be used.
    #[error("the login cannot be used")]
    Login,
    /// What arrived is not what was sent.
    #[error("{0} is not as long at the server as it was here")]
    Short(String),
    /// No NACHA file is as large.
    #[error("{0} is larger than any NACHA file")]
    TooLarge(String),
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Ssh(#[from] russh::Error),
    /// The server refused a request.
    #[error("{0}: {1}")]
    Request(String, ProtocolError),
}

impl SftpError {
    /// The field of the delivery that is to blame when a server cannot be used at all.
    fn field(&self) -> &'static str {
        match self {
            Self::HostKey(_) => "host_key",
            Self::Refused(_) | Self::Login => "login",
            _ => "host",
        }
    }
}

/// Accepts one host key.
struct Pinned(Fingerprint);

impl client::Handler for Pinned {
    type Error = SftpError;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, SftpError> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else { return Ok(false) };
        let found = key.fingerprint(HashAlg::Sha256);
        if found == self.0 { Ok(true) } else { Err(SftpError::HostKey(found.to_string())) }
    }
}

/// What is at a path.
struct Found {
    /// In bytes; not every server tells it.
    size: Option<u64>,
}

/// A mailbox that is open. It closes when it is dropped.
pub(super) struct Session {
    place: Sftp,
    ssh: Handle<Pinned>,
    files: SftpSession,
}

impl Session {
    /// Connects and logs in.
    pub(super) async fn open(place: Sftp) -> Result<Self, SftpError> {
        let silent = SftpError::Silent(format!("{}:{}", place.host, place.port));
        tokio::time::timeout(ANSWER_TIMEOUT, connect(place)).await.unwrap_or(Err(silent))
    }

    /// How a file of this name stands among ours.
    pub(super) async fn standing(&self, name: &str, content: &[u8]) -> Result<Standing, SftpError> {
        let path = in_folder(&self.place.outbound, name);
        let size = match self.found(&path).await? {
            None => return Ok(Standing::Absent),
            Some(found) => found.size,
        };
        let is_as_long = size.is_none_or(|size| size == content.len() as u64);
        let is_same = is_as_long && self.holds(&path, content).await?;
        Ok(if is_same { Standing::Same } else { Standing::Other })
    }

    /// Whether a file of this name is among ours. Folders that cannot be read from tell that too.
    pub(super) async fn has(&self, name: &str) -> Result<bool, SftpError> {
        Ok(self.found(&in_folder(&self.place.outbound, name)).await?.is_some())
    }

    /// Writes a file of ours under a name that the bank passes over, and checks that all of it has arrived.
    pub(super) async fn upload(&self, name: &str, content: &[u8]) -> Result<(), SftpError> {
        let path = in_folder(&self.place.outbound, name);
        let failed = |error| SftpError::Request(path.clone(), error);
        let mut file = self.files.create(&path).await.map_err(failed)?;
        file.write_all(content).await.map_err(|error| failed(error.into()))?;
        // Servers that cannot do it say nothing; their disks are their concern.
        file.sync_all().await.map_err(failed)?;
        file.close().await.map_err(|error| failed(error.into()))?;
        let is_whole = match self.found(&path).await? {
            None => false,
            Some(Found { size: Some(size) }) => size == content.len() as u64,
            Some(Found { size: None }) => self.holds(&path, content).await?,
        };
        if is_whole { Ok(()) } else { Err(SftpError::Short(path.clone())) }
    }

    /// Removes a file of ours, if it is there.
    pub(super) async fn remove(&self, name: &str) -> Result<(), SftpError> {
        let path = in_folder(&self.place.outbound, name);
        match self.files.remove_file(&path).await {
            Err(ProtocolError::Status(status)) if status.status_code == Reply::NoSuchFile => Ok(()),
            done => done.map_err(|error| SftpError::Request(path, error)),
        }
    }

    /// Gives a file of ours its name. The protocol's own renaming, which the extension `posix-rename` is not, fails when
    /// another file has it.
    pub(super) async fn publish(&self, draft: &str, name: &str) -> Result<(), SftpError> {
        let folder = &self.place.outbound;
        self.rename(in_folder(folder, draft), in_folder(folder, name)).await
    }

    /// Puts a draft among our files and takes it away again, or looks for the bank's.
    async fn try_folder(&self, is_outbound: bool, probe: &str) -> Result<(), SftpError> {
        if is_outbound {
            self.upload(probe, b"").await?;
            return self.remove(probe).await;
        }
        self.names().await.map(drop)
    }

    /// The names of the bank's files, in their order.
    pub(super) async fn names(&self) -> Result<Vec<String>, SftpError> {
        let folder = &self.place.inbound;
        let found = self.files.read_dir(folder).await;
        let found = found.map_err(|error| SftpError::Request(folder.clone(), error))?;
        let files = found.filter(|it| it.file_type().is_file() && is_for_us(&it.file_name()));
        let mut names: Vec<String> = files.map(|it| it.file_name()).collect();
        names.sort();
        Ok(names)
    }

    /// A file of the bank; `None` when it is there no more.
    pub(super) async fn fetch(&self, name: &str) -> Result<Option<Vec<u8>>, SftpError> {
        let path = in_folder(&self.place.inbound, name);
        let Some(Found { size }) = self.found(&path).await? else { return Ok(None) };
        if size.is_some_and(|size| size > BYTES_MAX) {
            return Err(SftpError::TooLarge(path));
        }
        // It may have grown since, or not have told its size.
        let content = self.read(&path, BYTES_MAX + 1).await?;
        if content.len() as u64 > BYTES_MAX {
            return Err(SftpError::TooLarge(path));
        }
        Ok(Some(content))
    }

    /// Moves a file of the bank out of the way, in place of an older one of the same name.
    pub(super) async fn set_aside(&self, name: &str) -> Result<(), SftpError> {
        let done = in_folder(&self.place.inbound, DONE);
        let (from, to) = (in_folder(&self.place.inbound, name), in_folder(&done, name));
        if self.found(&done).await?.is_none() {
            let made = self.files.create_dir(&done).await;
            made.map_err(|error| SftpError::Request(done, error))?;
        }
        if self.found(&to).await?.is_some() {
            let removed = self.files.remove_file(&to).await;
            removed.map_err(|error| SftpError::Request(to.clone(), error))?;
        }
        self.rename(from, to).await
    }

    /// Says good-bye; a server that does not hear it is none of our concern.
    pub(super) async fn close(self) {
        let _ = self.files.close().await;
        let _ = self.ssh.disconnect(Disconnect::ByApplication, "", "").await;
    }

    async fn rename(&self, from: String, to: String) -> Result<(), SftpError> {
        let renamed = self.files.rename(&from, to).await;
        renamed.map_err(|error| SftpError::Request(from, error))
    }

    /// Whether a file holds this and nothing else.
    async fn holds(&self, path: &str, content: &[u8]) -> Result<bool, SftpError> {
        Ok(self.read(path, content.len() as u64 + 1).await? == content)
    }

    /// The first bytes of a file, at most so many.
    async fn read(&self, path: &str, bytes_max: u64) -> Result<Vec<u8>, SftpError> {
        let failed = |error| SftpError::Request(path.to_owned(), error);
        let file = self.files.open(path).await.map_err(failed)?;
        let (mut content, mut part) = (Vec::new(), file.take(bytes_max));
        part.read_to_end(&mut content).await.map_err(|error| failed(error.into()))?;
        part.into_inner().close().await.map_err(|error| failed(error.into()))?;
        Ok(content)
    }

    async fn found(&self, path: &str) -> Result<Option<Found>, SftpError> {
        match self.files.metadata(path).await {
            Ok(found) => Ok(Some(Found { size: found.size })),
            Err(ProtocolError::Status(status)) if status.status_code == Reply::NoSuchFile => {
                Ok(None)
            }
            Err(error) => Err(SftpError::Request(path.to_owned(), error)),
        }
    }
}

/// What stands in the way of files at a server, as sentences with the field that they are about.
pub(super) async fn objections(place: Sftp, probe: &str) -> Vec<(&'static str, String)> {
    let address = format!("{}:{}", place.host, place.port);
    let session = match Session::open(place).await {
        Ok(session) => session,
        Err(SftpError::Ssh(error)) => {
            return vec![("host", format!("{address} cannot be reached: {error}."))];
        }
        Err(error) => return vec![(error.field(), sentence(&error.to_string()))],
    };
    let mut found = Vec::new();
    for (field, folder) in
        [("outbound", &session.place.outbound), ("inbound", &session.place.inbound)]
    {
        let is_outbound = field == "outbound";
        let words = match session.files.metadata(folder).await {
            Err(ProtocolError::Status(status)) if status.status_code == Reply::NoSuchFile => {
                Some(format!("{address} has no such folder."))
            }
            Ok(it) if it.permissions.is_some() && !it.is_dir() => {
                Some("This is no folder.".to_owned())
            }
            // Folders that cannot be looked at may be used all the same.
            _ => session
                .try_folder(is_outbound, probe)
                .await
                .err()
                .map(|error| format!("The folder cannot be used: {error}.")),
        };
        found.extend(words.map(|words| (field, words)));
    }
    session.close().await;
    found
}

/// The same words with a capital letter and a full stop.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

async fn connect(place: Sftp) -> Result<Session, SftpError> {
    let pinned = fingerprint(&place.host_key).ok_or(SftpError::Login)?;
    let mut preferred = Preferred::DEFAULT;
    // Signatures over SHA-1 can be forged.
    let is_sound = |algorithm: &Algorithm| *algorithm != Algorithm::Rsa { hash: None };
    preferred.key = preferred.key.iter().filter(|it| is_sound(it)).cloned().collect();
    let config = client::Config {
        preferred,
        inactivity_timeout: Some(ANSWER_TIMEOUT),
        keepalive_interval: Some(KEEPALIVE),
        keepalive_max: KEEPALIVES_MAX,
        nodelay: true,
        ..client::Config::default()
    };
    let address = (place.host.as_str(), place.port);
    let mut ssh = client::connect(Arc::new(config), address, Pinned(pinned)).await?;
    let answer = match &place.login {
        Login::Password { password } => {
            ssh.authenticate_password(&place.user, password.expose()).await?
        }
        login @ Login::Key { .. } => {
            let key = login.key().ok_or(SftpError::Login)?;
            let key = PrivateKeyWithHashAlg::new(Arc::new(key), None);
            ssh.authenticate_publickey(&place.user, key).await?
        }
    };
    if !answer.success() {
        return Err(SftpError::Refused(place.user));
    }
    let channel = ssh.channel_open_session().await?;
    channel.request_subsystem(true, "sftp").await?;
    let files = SftpSession::new(channel.into_stream()).await;
    let files = files.map_err(|error| SftpError::Request("sftp".to_owned(), error))?;
    files.set_timeout(ANSWER_TIMEOUT.as_secs());
    Ok(Session { place, ssh, files })
}

/// SFTP's paths have slashes, whatever the server.
fn in_folder(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}
