//! A bank's SFTP server that stops answering where the test wants it to, so that whoever hands a file over waits there.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{HashAlg, PrivateKey};
use russh::server::{Auth, ChannelOpenHandle, Config, Msg, Session, run_stream};
use russh::{Channel, ChannelId};
use russh_sftp::protocol::{
    Attrs, Data, File as Listed, FileAttributes, Handle, Name, OpenFlags, Status, StatusCode,
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::support::wait_for;

pub const USER: &str = "florin";
pub const PASSWORD: &str = "open sesame";

/// Where the server stops answering, everybody and for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// A draft is about to be written.
    Draft,
    /// Half of it is written.
    Half,
    /// It is written; nobody has been told.
    Written,
    /// It is about to get its name.
    Rename,
    /// It has its name; nobody has been told.
    Renamed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    Open,
    Closes(Stop),
    Closed,
}

/// The server, with the folders `to_bank` and `from_bank`.
pub struct BankServer {
    folder: TempDir,
    key: PrivateKey,
    address: SocketAddr,
    gate: watch::Sender<Gate>,
    runtime: Option<Runtime>,
}

impl BankServer {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["to_bank", "from_bank"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let key = PrivateKey::from(Ed25519Keypair::from_seed(&[7; 32]));
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let gate = watch::Sender::new(Gate::Open);
        let mut server = Self { folder, key, address, gate, runtime: None };
        server.listen();
        server
    }

    /// Answers again; whatever was asked for and not answered is forgotten, not done.
    pub fn restart(&mut self) {
        // Its connections and what they wait for go with the runtime.
        self.runtime = None;
        self.gate.send_replace(Gate::Open);
        self.listen();
    }

    fn listen(&mut self) {
        let runtime = Runtime::new().unwrap();
        // A process that is just being started may hold the old one for a moment.
        let listener =
            wait_for("the port", || runtime.block_on(TcpListener::bind(self.address)).ok());
        self.address = listener.local_addr().unwrap();
        let config = Config {
            keys: vec![self.key.clone()],
            auth_rejection_time: std::time::Duration::ZERO,
            ..Config::default()
        };
        runtime.spawn(accept(listener, Arc::new(config), self.gate.clone()));
        self.runtime = Some(runtime);
    }

    /// From now on it stops answering there.
    pub fn stop_at(&self, stop: Stop) {
        self.gate.send_replace(Gate::Closes(stop));
    }

    /// Whether it has stopped answering.
    pub fn has_stopped(&self) -> bool {
        *self.gate.borrow() == Gate::Closed
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn host_key(&self) -> String {
        self.key.public_key().fingerprint(HashAlg::Sha256).to_string()
    }

    /// What `florin bank set` is told of it.
    pub fn flags(&self) -> Vec<String> {
        let password = self.path("password");
        fs::write(&password, PASSWORD).unwrap();
        let flags = [
            ("sftp-host", "127.0.0.1".to_owned()),
            ("sftp-port", self.address.port().to_string()),
            ("sftp-user", USER.to_owned()),
            ("sftp-password-file", password.display().to_string()),
            ("sftp-host-key", self.host_key()),
            ("outbound", self.path("to_bank").display().to_string()),
            ("inbound", self.path("from_bank").display().to_string()),
        ];
        flags.into_iter().flat_map(|(name, value)| [format!("--{name}"), value]).collect()
    }
}

async fn accept(listener: TcpListener, config: Arc<Config>, gate: watch::Sender<Gate>) {
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let (config, gate) = (Arc::clone(&config), gate.clone());
        tokio::spawn(async move {
            // Clients that are killed end their connections badly.
            if let Ok(running) = run_stream(config, socket, Login { gate, channel: None }).await {
                let _ = running.await;
            }
        });
    }
}

/// A connection until it asks for files.
struct Login {
    gate: watch::Sender<Gate>,
    channel: Option<Channel<Msg>>,
}

impl russh::server::Handler for Login {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, russh::Error> {
        let may = (user, password) == (USER, PASSWORD);
        Ok(if may { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        self.channel = Some(channel);
        reply.accept().await;
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        _name: &str,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_success(id)?;
        let files = Files { gate: self.gate.clone(), open: HashMap::new(), listed: false };
        let channel = self.channel.take().unwrap();
        russh_sftp::server::run(channel.into_stream(), files).await;
        Ok(())
    }
}

/// A connection's files, by their paths.
struct Files {
    gate: watch::Sender<Gate>,
    open: HashMap<String, (File, bool)>,
    listed: bool,
}

impl Files {
    /// Goes on unless nobody may.
    async fn pass(&self) {
        let mut gate = self.gate.subscribe();
        gate.wait_for(|gate| *gate != Gate::Closed).await.unwrap();
    }

    /// Stops everybody when this is where to stop.
    async fn stop(&self, here: Stop) {
        self.gate.send_if_modified(|gate| {
            let is_here = *gate == Gate::Closes(here);
            if is_here {
                *gate = Gate::Closed;
            }
            is_here
        });
        self.pass().await;
    }

    fn file(&self, handle: &str) -> Result<&File, StatusCode> {
        self.open.get(handle).map(|(file, _)| file).ok_or(StatusCode::Failure)
    }
}

fn refusal(error: std::io::Error) -> StatusCode {
    match error.kind() {
        ErrorKind::NotFound => StatusCode::NoSuchFile,
        _ => StatusCode::Failure,
    }
}

fn done(id: u32) -> Result<Status, StatusCode> {
    let (error_message, language_tag) = (String::new(), String::new());
    Ok(Status { id, status_code: StatusCode::Ok, error_message, language_tag })
}

fn attributes(found: std::io::Result<Metadata>) -> Result<FileAttributes, StatusCode> {
    Ok(FileAttributes::from(&found.map_err(refusal)?))
}

impl russh_sftp::server::Handler for Files {
    type Error = StatusCode;

    fn unimplemented(&self) -> StatusCode {
        StatusCode::OpUnsupported
    }

    async fn open(
        &mut self,
        id: u32,
        path: String,
        flags: OpenFlags,
        _attributes: FileAttributes,
    ) -> Result<Handle, StatusCode> {
        self.pass().await;
        let is_draft = flags.contains(OpenFlags::WRITE);
        if is_draft {
            self.stop(Stop::Draft).await;
        }
        let file = fs::OpenOptions::from(flags).open(&path).map_err(refusal)?;
        self.open.insert(path.clone(), (file, is_draft));
        Ok(Handle { id, handle: path })
    }

    async fn read(
        &mut self,
        id: u32,
        handle: String,
        offset: u64,
        length: u32,
    ) -> Result<Data, StatusCode> {
        self.pass().await;
        let mut file = self.file(&handle)?;
        file.seek(SeekFrom::Start(offset)).map_err(refusal)?;
        let mut data = Vec::new();
        file.take(u64::from(length)).read_to_end(&mut data).map_err(refusal)?;
        if data.is_empty() { Err(StatusCode::Eof) } else { Ok(Data { id, data }) }
    }

    async fn write(
        &mut self,
        id: u32,
        handle: String,
        offset: u64,
        data: Vec<u8>,
    ) -> Result<Status, StatusCode> {
        self.pass().await;
        let mut file = self.file(&handle)?;
        file.seek(SeekFrom::Start(offset)).map_err(refusal)?;
        let (half, rest) = data.split_at(data.len() / 2);
        file.write_all(half).map_err(refusal)?;
        self.stop(Stop::Half).await;
        file.write_all(rest).map_err(refusal)?;
        done(id)
    }

    async fn close(&mut self, id: u32, handle: String) -> Result<Status, StatusCode> {
        self.pass().await;
        let closed = self.open.remove(&handle);
        if closed.is_some_and(|(_, is_draft)| is_draft) {
            self.stop(Stop::Written).await;
        }
        done(id)
    }

    async fn stat(&mut self, id: u32, path: String) -> Result<Attrs, StatusCode> {
        self.pass().await;
        Ok(Attrs { id, attrs: attributes(fs::metadata(path))? })
    }

    async fn rename(&mut self, id: u32, from: String, to: String) -> Result<Status, StatusCode> {
        self.pass().await;
        self.stop(Stop::Rename).await;
        if Path::new(&to).exists() {
            return Err(StatusCode::Failure);
        }
        fs::rename(from, to).map_err(refusal)?;
        self.stop(Stop::Renamed).await;
        done(id)
    }

    async fn remove(&mut self, id: u32, path: String) -> Result<Status, StatusCode> {
        self.pass().await;
        fs::remove_file(path).map_err(refusal)?;
        done(id)
    }

    async fn mkdir(
        &mut self,
        id: u32,
        path: String,
        _attributes: FileAttributes,
    ) -> Result<Status, StatusCode> {
        self.pass().await;
        fs::create_dir(path).map_err(refusal)?;
        done(id)
    }

    async fn opendir(&mut self, id: u32, path: String) -> Result<Handle, StatusCode> {
        self.pass().await;
        fs::read_dir(&path).map_err(refusal)?;
        self.listed = false;
        Ok(Handle { id, handle: path })
    }

    async fn readdir(&mut self, id: u32, folder: String) -> Result<Name, StatusCode> {
        self.pass().await;
        if std::mem::replace(&mut self.listed, true) {
            return Err(StatusCode::Eof);
        }
        let found = fs::read_dir(folder).map_err(refusal)?.map(|it| {
            let it = it.map_err(refusal)?;
            let name = it.file_name().to_string_lossy().into_owned();
            Ok(Listed::new(name, attributes(it.metadata())?))
        });
        Ok(Name { id, files: found.collect::<Result<_, StatusCode>>()? })
    }
}
