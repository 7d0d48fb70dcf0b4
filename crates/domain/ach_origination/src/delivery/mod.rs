//! Files on their way: ours to the bank, the bank's to us.
//!
//! A file of ours is written under a name that the bank passes over, noted as about to be handed over, given its name, and
//! noted as sent ([`SendStep`]). Whoever is killed in between goes on where the mailbox and the note say: a file that has
//! its name is not put a second time, and one that the bank has taken meanwhile is not either, because the note came
//! first and the draft is gone. Each attempt writes a draft of its own, and the note says whose draft it is that gets the
//! name, so that attempts at the same time do not disturb each other. What the bank sends is taken in by its content,
//! once, and set aside.

mod directory;
mod mailbox;
mod pick_up;
mod send;
mod sftp;

use florin_jobs::{Job, JobHandler, Outcome, RunFuture};
use jiff::SignedDuration;

use crate::Ach;

pub(crate) use mailbox::faults_of;
pub use send::SendStep;

/// The kind of the jobs that hand files over.
pub(crate) const SEND: &str = "ach.send";

/// The largest file that is picked up.
const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// What the name of a file of ours that is not handed over yet ends with.
const DRAFT: &str = ".part";
/// The folder inside of the inbound one where files go that were dealt with.
const DONE: &str = "done";

/// How long handing a file over may take.
const SEND_SECONDS: u64 = 300;
/// Longer than that.
const LEASE: SignedDuration = SignedDuration::from_mins(6);
/// After so many attempts (some minutes) a person is told.
const ATTEMPTS_BEFORE_ALERT: u32 = 4;

/// How a file of ours stands in a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No file has its name.
    Absent,
    /// It is there.
    Same,
    /// Another file has its name.
    Other,
}

/// Whether a file in the bank's folder is for us and whole, as its name goes.
fn is_for_us(name: &str) -> bool {
    !name.starts_with('.') && !name.ends_with(DRAFT) && !name.contains('/')
}

/// Hands files over.
pub struct SendHandler(pub Ach);

impl JobHandler for SendHandler {
    fn kind(&self) -> &'static str {
        SEND
    }

    fn lease(&self) -> SignedDuration {
        LEASE
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            let id = job.payload["file"].as_str().and_then(|text| text.parse().ok());
            let Some(id) = id else {
                return Outcome::GiveUp("the job names no file".to_owned());
            };
            let Err(error) = self.0.send(job.tenant, id).await else { return Outcome::Done };
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let text = format!("{error}: {}", cause.unwrap_or_default());
            if job.attempts == ATTEMPTS_BEFORE_ALERT
                && let Err(error) = self.0.alert_unsent(job.tenant, id, &text).await
            {
                tracing::error!(%error, %id, "nobody could be told of a file that stays here");
            }
            Outcome::Retry(text)
        })
    }
}
