//! The simulated provider: the API of [`crate::Client`] over HTTP, with Bacs days on a clock of each organisation's own.
//!
//! Every access token is an organisation; one that is new makes a new one. An organisation lives by the real clock until
//! its clock is moved (`POST /simulator/clock`): then it shows 09:00 in the United Kingdom on that date, and moving it on
//! lets everything happen that lies between, in order: submissions at 16:00, the banks' reports at 06:00, payouts at
//! 07:00.
//!
//! How payments and mandates end is chosen by magic values: the payment's metadata `simulate`, the payer's account
//! number (`99999901` to `99999909`), the payer's given name, or odds ([`Odds`]). Faults are ordered by
//! `POST /simulator/faults` ([`Fault`]).
//!
//! | control | what it does |
//! |---|---|
//! | `GET /simulator/state` | counts, clock, webhooks to be sent, faults still to happen |
//! | `POST /simulator/clock` `{"date"}` | moves the organisation's clock on (back only before anything has happened) |
//! | `POST /simulator/webhook` `{"url", "secret"}` | where events are sent from now on; `{}` for nowhere |
//! | `POST /simulator/deliver` | sends what is to be sent now |
//! | `POST /simulator/outcomes` `{"fail_per_mille", ...}` | sets the odds |
//! | `POST /simulator/faults` `{"faults": [...]}` | replaces the faults to come |
//!
//! What changes an organisation is appended to the journal before it is answered, and played again at the next start:
//! everything else follows from it. Faults are not kept.

mod answer;
mod api;
mod billing;
mod delivery;
mod fault;
mod http;
mod journal;
mod mandates;
mod organisation;
mod outcome;
mod page;
mod payments;
mod payouts;
mod request;
mod scenario;
mod state;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use florin_calendar::Clock;
use florin_journal::{Journal, JournalError};
use jiff::Timestamp;

pub use delivery::Delivered;
pub use fault::{Fault, FaultKind};
pub use outcome::Odds;

use state::State;

use crate::ApiError;
use crate::client::http_client;

/// How long a receiver of webhooks may take.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// What a simulator is made from.
pub struct SimulatorOptions {
    /// Where the journal is; in memory when there is none.
    pub journal: Option<PathBuf>,
    /// The real clock.
    pub clock: Arc<dyn Clock>,
    /// Where its router is mounted, as a payer's browser sees it: `http://127.0.0.1:7070/simulator/gocardless`.
    pub public_url: String,
    /// The access tokens that are known; `None`: every token is.
    pub tokens: Option<BTreeSet<String>>,
}

/// Why a simulator cannot run.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The journal cannot be used.
    #[error("the simulator cannot go on where it was")]
    Journal(#[from] JournalError),
    /// Webhooks cannot be sent.
    #[error("no client for the simulator's webhooks can be made")]
    Client(#[from] ApiError),
}

/// The simulated provider. Cheap to clone; the clones are one.
#[derive(Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    public_url: String,
    tokens: Option<BTreeSet<String>>,
    http: reqwest::Client,
    /// One delivery at a time, so that webhooks keep their order.
    delivering: tokio::sync::Mutex<()>,
    /// Told of when something has changed.
    changed: tokio::sync::Notify,
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("public_url", &self.inner.public_url)
            .finish_non_exhaustive()
    }
}

impl Simulator {
    /// A simulator in the state that its journal tells.
    ///
    /// # Errors
    /// [`SimulatorError`].
    pub fn new(options: SimulatorOptions) -> Result<Self, SimulatorError> {
        let mut state = State::default();
        if let Some(path) = &options.journal {
            let (journal, lines) = Journal::open(path)?;
            for line in lines {
                state.replay(line);
            }
            state.journal = Some(journal);
        }
        let inner = Inner {
            state: Mutex::new(state),
            clock: options.clock,
            public_url: options.public_url.trim_end_matches('/').to_owned(),
            tokens: options.tokens,
            http: http_client(WEBHOOK_TIMEOUT)?,
            delivering: tokio::sync::Mutex::new(()),
            changed: tokio::sync::Notify::new(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The provider's API, the pages for payers and the control endpoints; to be mounted at `public_url`.
    pub fn router(&self) -> Router {
        Router::new().fallback(http::handle).with_state(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic inside leaves a state that is at worst ahead of its journal by one command.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The real time, with the precision of the provider.
    fn now(&self) -> Timestamp {
        let now = self.inner.clock.now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}
