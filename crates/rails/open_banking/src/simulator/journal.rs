//! The journal: one JSON line for each change, written before the change is answered.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::SimulatorError;
use super::state::{AgreementRow, RequisitionRow};

/// A change of an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    /// The organisation's key.
    pub org: String,
    /// What changed.
    pub change: Change,
}

/// What can change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    /// The organisation is made, with the hash of its key.
    Secret(String),
    /// An agreement is there, or is different.
    Agreement(AgreementRow),
    /// A requisition is there, or is different.
    Requisition(RequisitionRow),
    /// An agreement is deleted.
    NoAgreement(Uuid),
    /// A requisition is deleted.
    NoRequisition(Uuid),
}

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
}

impl Journal {
    /// Opens or makes a journal and reads what it holds. A last line without its end was never answered: it is cut off.
    pub fn open(path: &Path) -> Result<(Self, Vec<Line>), SimulatorError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(SimulatorError::Journal)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SimulatorError::JournalInUse),
            Err(TryLockError::Error(error)) => return Err(SimulatorError::Journal(error)),
        }
        let mut lines = Vec::new();
        let mut end = 0;
        let mut reader = BufReader::new(&file);
        let mut text = Vec::new();
        loop {
            text.clear();
            let read = reader.read_until(b'\n', &mut text).map_err(SimulatorError::Journal)?;
            if read == 0 || text.last() != Some(&b'\n') {
                break;
            }
            end += read as u64;
            let number = lines.len() + 1;
            let line = serde_json::from_slice(&text)
                .map_err(|source| SimulatorError::BadJournal { line: number, source })?;
            lines.push(line);
        }
        file.set_len(end).map_err(SimulatorError::Journal)?;
        file.seek(SeekFrom::Start(end)).map_err(SimulatorError::Journal)?;
        Ok((Self { file }, lines))
    }

    /// Appends a line: handed to the operating system, so that it outlives this process.
    pub fn append(&mut self, line: &Line) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)
    }
}
