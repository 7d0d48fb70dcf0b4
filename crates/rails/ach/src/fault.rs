//! What can be wrong with a file, in words, and where.

use std::fmt;

use crate::layout::Field;
use crate::{CorrectionError, RoutingError, ServiceClass, TextError};

/// What is wrong. Printed behind the place it completes a sentence: "line 3, columns 30-39, amount: ...".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Characters or length that the field does not take.
    #[error("{0}")]
    Text(TextError),
    /// A routing number that is none.
    #[error("{0}")]
    Routing(RoutingError),
    /// Corrected data that do not fit their change code: the notification is refused with C65, not the file.
    #[error("{0}")]
    Correction(CorrectionError),
    /// A field that must say something says nothing.
    #[error("is empty")]
    Empty,
    /// Something other than digits in a numeric field.
    #[error("{0:?} should be digits")]
    NotDigits(String),
    /// A numeric field filled with spaces in front.
    #[error("{0:?} is filled with spaces, should be filled with zeros")]
    FilledWithSpaces(String),
    /// Not a date of the form YYMMDD.
    #[error("{0:?} is no date (YYMMDD)")]
    NotADate(String),
    /// Not a time of the form HHMM.
    #[error("{0:?} is no time (HHMM)")]
    NotATime(String),
    /// A code that the Rules do not assign.
    #[error("{0:?} is unknown")]
    Unknown(String),
    /// A class that the Rules know and Florin does not take.
    #[error("{0} entries are none that Florin sends or takes (PPD, CCD, WEB, TEL, COR)")]
    ForeignClass(String),
    /// A fixed field says something else.
    #[error("is {found:?}, should be {expected:?}")]
    Unusual {
        /// What the Rules prescribe.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A control field does not agree with the records before it.
    #[error("says {stated}, the records add up to {counted}")]
    Control {
        /// What stands there.
        stated: u64,
        /// What is right.
        counted: u64,
    },
    /// A control field does not repeat what its header says.
    #[error("says {found}, the header of the batch says {header}")]
    Header {
        /// In the batch header.
        header: String,
        /// In the batch control.
        found: String,
    },
    /// A number does not fit into its field.
    #[error("{0} does not fit, the field takes up to {1}")]
    TooMuch(u64, u64),
    /// A credit in a batch of debits, or the reverse.
    #[error("does not belong into a batch of {0}")]
    Direction(ServiceClass),
    /// Breaks a rule that a file cannot be taken without.
    #[error("{0}")]
    Rule(&'static str),
    /// Breaks a rule that files of others break too: taken when read, refused when written.
    #[error("{0}")]
    Advice(&'static str),
    /// A line shorter than a record.
    #[error("has {0} characters instead of 94; read as if filled with spaces")]
    ShortLine(usize),
    /// A line longer than a record.
    #[error("has {0} characters instead of 94")]
    LongLine(usize),
    /// A record type outside 1, 5, 6, 7, 8, 9.
    #[error("begins with {0:?}: records begin with 1, 5, 6, 7, 8 or 9")]
    RecordType(char),
    /// Records of nines are missing or too many.
    #[error("{found} records of nines fill the last block, should be {expected}")]
    Filler {
        /// Up to whole blocks of ten.
        expected: usize,
        /// In the file.
        found: usize,
    },
    /// The list of problems was cut.
    #[error("has more problems; the rest is not listed")]
    More,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file can be taken; it should have been written otherwise.
    Warning,
    /// The file cannot be taken.
    Error,
}

impl Fault {
    /// Whether a reader can take a file with this fault.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::FilledWithSpaces(_)
            | Self::Correction(_)
            | Self::Unusual { .. }
            | Self::Advice(_)
            | Self::ShortLine(_)
            | Self::Filler { .. } => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

/// What is wrong with a file that was read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Counted from 1; in a file without line ends, records count as lines.
    pub line: usize,
    /// The field, where it is one field's fault.
    pub field: Option<&'static Field>,
    /// What is wrong.
    pub fault: Fault,
}

impl Problem {
    /// Whether the file can be taken nevertheless.
    pub const fn severity(&self) -> Severity {
        self.fault.severity()
    }

    /// First and last column of the field, counted from 1.
    pub fn columns(&self) -> Option<(usize, usize)> {
        self.field.map(|field| (field.start, field.end))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        match self.field {
            None => write!(f, ": {}", self.fault),
            Some(field) if field.start == field.end => {
                write!(f, ", column {}, {}: {}", field.start, field.name, self.fault)
            }
            Some(field) => {
                let Field { name, start, end } = field;
                write!(f, ", columns {start}-{end}, {name}: {}", self.fault)
            }
        }
    }
}

impl std::error::Error for Problem {}

/// Why a file is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteError {
    /// The place of the batch in the file, counted from 1.
    pub batch: Option<usize>,
    /// The place of the entry in its batch, counted from 1.
    pub entry: Option<usize>,
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: Fault,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(batch) = self.batch {
            write!(f, "batch {batch}, ")?;
        }
        if let Some(entry) = self.entry {
            write!(f, "entry {entry}, ")?;
        }
        write!(f, "{}: {}", self.field, self.fault)
    }
}

impl std::error::Error for WriteError {}
