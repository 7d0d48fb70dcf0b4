//! A journal: a file with one JSON line for each change, which a simulator writes before it answers and reads again when
//! it starts.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a journal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read or written.
    #[error("the journal {path} cannot be used")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Another process has it open.
    #[error("the journal {0} is in use by another process")]
    InUse(PathBuf),
    /// It holds something else.
    #[error("line {line} of the journal {path} cannot be read")]
    BadLine {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// An open journal of such lines; no other process has it open.
#[derive(Debug)]
pub struct Journal<L> {
    file: File,
    lines: PhantomData<fn(L) -> L>,
}

impl<L: Serialize + DeserializeOwned> Journal<L> {
    /// Opens or makes a journal and reads what it holds. A last line without its end was never answered: it is cut off.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(path: &Path) -> Result<(Self, Vec<L>), JournalError> {
        let unusable = |source| JournalError::Unusable { path: path.to_owned(), source };
        let mut file = open_file(path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let mut lines = Vec::new();
        let mut end = 0;
        let mut reader = BufReader::new(&file);
        let mut text = Vec::new();
        loop {
            text.clear();
            let read = reader.read_until(b'\n', &mut text).map_err(unusable)?;
            if read == 0 || text.last() != Some(&b'\n') {
                break;
            }
            end += read as u64;
            let line = lines.len() + 1;
            let bad = |source| JournalError::BadLine { path: path.to_owned(), line, source };
            lines.push(serde_json::from_slice(&text).map_err(bad)?);
        }
        file.set_len(end).map_err(unusable)?;
        file.seek(SeekFrom::Start(end)).map_err(unusable)?;
        Ok((Self { file, lines: PhantomData }, lines))
    }

    /// Appends a line: handed to the operating system, so that it outlives this process.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn append(&mut self, line: &L) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)
    }
}

/// Opens a file that nobody else reads, or makes it.
fn open_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_whole_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let (mut journal, lines) = Journal::<(u32, String)>::open(&path).expect("a new one");
        assert_eq!(lines, []);
        assert!(matches!(Journal::<u32>::open(&path), Err(JournalError::InUse(_))));
        journal.append(&(1, "one".to_owned())).expect("a line");
        journal.append(&(2, "two\n".to_owned())).expect("a line");
        drop(journal);

        let mut file = OpenOptions::new().append(true).open(&path).expect("the file");
        file.write_all(b"[3,\"cut of").expect("half a line");
        let (mut journal, lines) = Journal::<(u32, String)>::open(&path).expect("the same");
        assert_eq!(lines, [(1, "one".to_owned()), (2, "two\n".to_owned())]);
        journal.append(&(3, "three".to_owned())).expect("a line");
        drop(journal);
        let (_, lines) = Journal::<(u32, String)>::open(&path).expect("the same");
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn what_is_no_journal_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other");
        std::fs::write(&path, "1\nnonsense\n").expect("a file");
        let refused = Journal::<u32>::open(&path);
        assert!(matches!(refused, Err(JournalError::BadLine { line: 2, .. })));
        assert_eq!(std::fs::read_to_string(&path).expect("the file"), "1\nnonsense\n");
        let refused = Journal::<u32>::open(&folder.path().join("no/such/folder"));
        assert!(matches!(refused, Err(JournalError::Unusable { .. })));
    }
}
