//! The ACH rail's formats and rules: NACHA files, codes, windows and deadlines. No database, no clock,
//! no network: bytes, facts and dates in, values out.
//!
//! - [`File`], [`Batch`], [`Entry`], [`Addenda`]: what a file says, in types that cannot hold a field too
//!   long or an unknown code. Counts, totals and hashes are worked out, never kept.
//! - [`write()`] is strict: it refuses whatever breaks a rule of [`rules`]. [`read`] is tolerant about what
//!   banks do differently (line endings, blocking, short lines) and names line, columns and field of what
//!   it cannot take. [`problems`] lists everything worth knowing, [`salvage`] gives what can be read of a broken
//!   file, [`describe()`] says in words what addenda say.
//! - [`compose`] makes the entries that follow from others: returns, notifications of change,
//!   reversals, micro-entries.
//! - [`simulate`] is a receiving bank for sandboxes, which answers files as account numbers ask for.
//! - [`speed`] is what reading and writing are measured with.
//! - [`window`] and [`deadline`] are the calendar: same-day windows, settlement, last days.
//!
//! The source of every rule is the NACHA Operating Rules: the record layouts are Appendix Three, the
//! return codes Appendix Four, the change codes Appendix Five. The windows are those of the Federal
//! Reserve Banks' FedACH processing schedule.

pub mod codes;
pub mod compose;
pub mod deadline;
mod decode;
mod describe;
mod fault;
mod file;
pub mod layout;
mod lines;
mod read;
mod record;
mod routing;
pub mod rules;
mod sec;
pub mod simulate;
pub mod speed;
mod text;
pub mod window;
mod write;

pub use codes::change::{ChangeCode, Correction, CorrectionError};
pub use codes::returns::{Category, ReturnCode, ReturnInfo, Sender, TimeLimit};
pub use codes::transaction::{AccountType, Direction, Purpose, TransactionCode};
pub use describe::{Accounts, describe, dollars};
pub use fault::{Fault, Problem, Severity, WriteError};
pub use file::{
    Addenda, Batch, BatchHeader, Change, Entry, File, FileHeader, FileIdModifier, OriginatorStatus,
    RefusedChange, Return, Totals,
};
pub use lines::records;
pub use read::{Reading, Salvage, problems, read, read_all, salvage};
pub use routing::{RoutingError, RoutingNumber, Trace};
pub use sec::{Sec, ServiceClass, description};
pub use text::{Text, TextError};
pub use write::{LineEnding, write, write_as};
