//! TLS of the server itself: its certificate, and connections that begin with a handshake.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::serve::Listener;
use florin_http::Mode;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

use crate::failure::Failure;
use crate::settings::{self, DatabaseGroup, File, Given, ServerGroup};
use crate::wiring;

/// How long a client may take for its part of the handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes under way at a time; more clients wait to be accepted.
const HANDSHAKES_MAX: usize = 1024;
/// How long to wait before accepting again when the system has no more file descriptors.
const PAUSE: Duration = Duration::from_secs(1);

/// What the server shows of itself to clients that speak TLS.
pub struct Tls {
    /// Where the certificate and the key are; `None`: made for this process alone.
    files: Option<Files>,
    config: RwLock<Arc<ServerConfig>>,
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Tls {
    /// What the settings ask for; `None` is no TLS. `names` are what clients may call the server, for a certificate of
    /// our own making.
    ///
    /// # Errors
    /// A bad setting, files that cannot be read or do not belong together.
    pub fn of(
        server: &Given<ServerGroup>,
        database: &Given<DatabaseGroup>,
        file: &File,
        mode: Mode,
        names: Vec<String>,
    ) -> Result<Option<Arc<Self>>, Failure> {
        let path = |text: &str| Some((!text.is_empty()).then(|| PathBuf::from(text)));
        let certificate = server.get(&settings::TLS_CERT, file, path)?;
        let key = server.get(&settings::TLS_KEY, file, path)?;
        let is_self_signed = server.get(&settings::TLS, file, |text| match text {
            "by certificate" => Some(Some(false)),
            "self-signed" => Some(Some(true)),
            "off" => Some(None),
            _ => None,
        })?;
        let files = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(Files { certificate, key }),
            (None, None) => None,
            _ => {
                return Err(Failure::usage(
                    "bad setting: only one of --tls-cert and --tls-key is given",
                )
                .advise("Give both: the certificate and its private key, each a PEM file."));
            }
        };
        match (is_self_signed, files) {
            (None, _) | (Some(false), None) => Ok(None),
            (Some(false), Some(files)) => Self::from_files(files).map(Some),
            (Some(true), _) if mode == Mode::Production => {
                Err(Failure::usage("bad setting: --tls self-signed is for the sandbox")
                    .advise("Give a certificate that clients can check: --tls-cert and --tls-key."))
            }
            (Some(true), files) => {
                let files = match files {
                    Some(files) => Some(files),
                    None => beside(&wiring::database_url(database, file)?),
                };
                Self::self_signed(files, names).map(Some)
            }
        }
    }

    fn from_files(files: Files) -> Result<Arc<Self>, Failure> {
        let config = RwLock::new(Arc::new(files.load()?));
        Ok(Arc::new(Self { files: Some(files), config }))
    }

    /// A certificate of our own making: that of the files when they are there, else a new one that is kept in them.
    fn self_signed(files: Option<Files>, names: Vec<String>) -> Result<Arc<Self>, Failure> {
        if let Some(files) = files {
            if !(files.certificate.exists() && files.key.exists()) {
                let made = make(names)?;
                write(&files.key, &made.key, 0o600)?;
                write(&files.certificate, &made.certificate, 0o644)?;
            }
            return Self::from_files(files);
        }
        let made = make(names)?;
        let config = config(made.certificate.as_bytes(), made.key.as_bytes())
            .map_err(|reason| Failure::new("no certificate could be made").because(reason))?;
        Ok(Arc::new(Self { files: None, config: RwLock::new(Arc::new(config)) }))
    }

    /// Reads the files again; new connections see what is in them. Without files there is nothing to do.
    ///
    /// # Errors
    /// They cannot be read or do not belong together; what was read before stays.
    pub fn reload(&self) -> Result<(), Failure> {
        if let Some(files) = &self.files {
            let config = Arc::new(files.load()?);
            *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        }
        Ok(())
    }

    fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Files {
    fn load(&self) -> Result<ServerConfig, Failure> {
        let read = |path: &Path| {
            fs::read(path).map_err(|error| {
                Failure::usage(format!("bad setting: {} cannot be read", path.display()))
                    .because(error)
            })
        };
        config(&read(&self.certificate)?, &read(&self.key)?).map_err(|reason| {
            Failure::usage(format!(
                "bad setting: {} and {} are no certificate with its key",
                self.certificate.display(),
                self.key.display()
            ))
            .because(reason)
            .advise("Both are PEM files: the certificate, then those of its issuers; and the private key.")
        })
    }
}

/// A certificate and its key, as PEM.
struct Made {
    certificate: String,
    key: String,
}

fn make(names: Vec<String>) -> Result<Made, Failure> {
    let failed = |error| Failure::new("no certificate could be made").because(error);
    let key = rcgen::KeyPair::generate().map_err(failed)?;
    let mut wanted = rcgen::CertificateParams::new(names).map_err(failed)?;
    wanted.distinguished_name = rcgen::DistinguishedName::new();
    wanted.distinguished_name.push(rcgen::DnType::CommonName, "Florin sandbox");
    let certificate = wanted.self_signed(&key).map_err(failed)?;
    Ok(Made { certificate: certificate.pem(), key: key.serialize_pem() })
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let opened =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        Failure::new(format!("{} cannot be written", path.display()))
            .because(error)
            .advise("Choose other files with --tls-cert and --tls-key.")
    })
}

/// Where a self-signed certificate is kept when nobody says: next to SQLite's file.
fn beside(database_url: &str) -> Option<Files> {
    match database_url.strip_prefix("sqlite:") {
        None | Some(":memory:") => None,
        Some(path) => Some(Files {
            certificate: PathBuf::from(format!("{path}.tls-cert.pem")),
            key: PathBuf::from(format!("{path}.tls-key.pem")),
        }),
    }
}

fn config(certificate: &[u8], key: &[u8]) -> Result<ServerConfig, std::io::Error> {
    let other = std::io::Error::other;
    let chain = CertificateDer::pem_slice_iter(certificate);
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(other)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(std::io::Error::other)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(std::io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Connections whose handshake is done. Each is made on its own, so that a slow client holds up nobody.
pub struct TlsListener {
    address: SocketAddr,
    accepted: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsListener {
    /// Accepts on `listener` until this is dropped. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// The listener has no address.
    pub fn start(listener: TcpListener, tls: Arc<Tls>) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, accepted) = mpsc::channel(64);
        tokio::spawn(accept(listener, tls, sender));
        Ok(Self { address, accepted })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.accepted.recv().await {
            Some(connection) => connection,
            // The accepting task ends after this listener, unless it panicked: then nobody comes any more.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}

type Sender = mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>;

async fn accept(listener: TcpListener, tls: Arc<Tls>, sender: Sender) {
    let places = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        tokio::select! {
            () = sender.closed() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => {
                    let acceptor = TlsAcceptor::from(tls.current());
                    tokio::spawn(greet(acceptor, stream, address, sender.clone(), place));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
}

async fn greet(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    address: SocketAddr,
    sender: Sender,
    place: OwnedSemaphorePermit,
) {
    // Answers are small and whole: waiting to fill a packet would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY refused");
    }
    match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            drop(place);
            // The server stops: the client sees its connection closed.
            let _ = sender.send((stream, address)).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, %address, "no TLS handshake"),
        Err(_elapsed) => tracing::debug!(%address, "the TLS handshake took too long"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_certificate_is_kept_and_a_wrong_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("x.db").display());
        let files = || beside(&database).expect("files beside the database");
        let names = || vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        Tls::self_signed(Some(files()), names()).unwrap();
        let first = fs::read(files().certificate).unwrap();
        let tls = Tls::self_signed(Some(files()), names()).unwrap();
        assert_eq!(fs::read(files().certificate).unwrap(), first, "it is used again");
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(files().key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "the key is the server's alone");
        let other = make(names()).unwrap();
        fs::write(files().key, other.key).unwrap();
        let report = tls.reload().unwrap_err().report();
        assert!(report.contains("are no certificate with its key"), "{report}");
        fs::write(files().certificate, other.certificate).unwrap();
        tls.reload().unwrap();
    }

    #[test]
    fn databases_without_a_file_have_nothing_beside_them() {
        for url in ["sqlite::memory:", "postgres://localhost/florin"] {
            assert!(beside(url).is_none(), "{url}");
        }
    }
}
