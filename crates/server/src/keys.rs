//! Which keys seal secrets and personal data, and where they are kept.
//!
//! A ring that is set wins. Otherwise a SQLite database has a file of its own beside it, made at random on
//! first use; a database in memory needs no file. PostgreSQL serves several nodes, which must share one ring:
//! production mode makes `florin.keys` in the working folder, for the operator to hand to the other nodes,
//! and a sandbox without that file uses a public key.

use std::fs::{File as OsFile, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use florin_crypto::KeyRing;
use florin_http::Mode;

use crate::failure::Failure;
use crate::settings::{self, DatabaseGroup, File, Given};
use crate::wiring;

/// Seals the data of sandboxes on PostgreSQL that have no key ring. It stands here for everybody to read.
const SANDBOX_RING: &str = "0:c2FuZGJveCBrZXksIHB1YmxpYywgbm90IHNlY3JldCE=";

/// The file of a production node on PostgreSQL, in the working folder.
const NODE_FILE: &str = "florin.keys";

/// The public keys, for servers whose data is thrown away.
///
/// # Errors
/// Never, as long as the constant is well formed.
pub fn sandbox_ring() -> Result<Arc<KeyRing>, Failure> {
    Ok(Arc::new(KeyRing::parse(SANDBOX_RING)?))
}

/// The keys for a server, or a command beside it, in `mode`.
///
/// # Errors
/// A bad setting, or a key file that cannot be made or read.
pub fn key_ring(
    given: &Given<DatabaseGroup>,
    file: &File,
    mode: Mode,
) -> Result<Arc<KeyRing>, Failure> {
    let set = given.get(&settings::KEY_RING, file, |text| {
        if text.is_empty() { Some(None) } else { KeyRing::parse(text).ok().map(Some) }
    })?;
    if let Some(ring) = set {
        return Ok(Arc::new(ring));
    }
    let url = wiring::database_url(given, file)?;
    match url.strip_prefix("sqlite:") {
        Some(":memory:") => Ok(Arc::new(KeyRing::generate())),
        Some(path) => kept_in(&PathBuf::from(format!("{path}.keys"))),
        None if mode == Mode::Production || Path::new(NODE_FILE).exists() => {
            kept_in(Path::new(NODE_FILE))
        }
        None => sandbox_ring(),
    }
}

/// The ring in `path`, which is made when it is not there.
///
/// It is written under another name and linked when it is whole, so that neither a crash nor a second
/// program that starts at the same time finds half of it.
fn kept_in(path: &Path) -> Result<Arc<KeyRing>, Failure> {
    if path.exists() {
        return read(path);
    }
    let draft = PathBuf::from(format!("{}.{}", path.display(), std::process::id()));
    let text = format!("{}\n", KeyRing::generate().to_secret_text());
    let linked = write_new(&draft, &text).and_then(|()| std::fs::hard_link(&draft, path));
    let cleared = std::fs::remove_file(&draft);
    match linked {
        Ok(()) => {
            cleared.map_err(|error| unusable(&draft).because(error))?;
            tracing::warn!(path = %path.display(), "made a key ring; without it sealed data is lost");
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.exists() => {}
        Err(error) => return Err(unusable(path).because(error)),
    }
    read(path)
}

fn read(path: &Path) -> Result<Arc<KeyRing>, Failure> {
    let mut text = String::new();
    OsFile::open(path)
        .and_then(|mut file| file.read_to_string(&mut text))
        .map_err(|error| unusable(path).because(error))?;
    let ring = KeyRing::parse(text.trim()).map_err(|error| unusable(path).because(error))?;
    Ok(Arc::new(ring))
}

/// Writes a file for its owner alone, which must not exist yet.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn unusable(path: &Path) -> Failure {
    Failure::new(format!("the key file {} cannot be used", path.display()))
        .advise("Set FLORIN_KEY_RING to the ring that sealed this database's data.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_once_and_opens_what_it_sealed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("florin.db.keys");
        let sealed = kept_in(&path).expect("made").seal("test", b"row", b"secret");
        let again = kept_in(&path).expect("read");
        assert_eq!(again.open("test", b"row", &sealed).expect("opened"), b"secret");
        std::fs::write(&path, "nonsense").expect("written");
        assert!(kept_in(&path).expect_err("refused").report().contains("florin.db.keys"));
    }
}
