//! The simulated provider: the API of [`crate::Client`] over HTTP, and the page at which an end user consents.
//!
//! Every user secret is an account of its own at the provider; an id that is new makes a new one, with the key that came
//! with it. Banks are real ones by name; their accounts follow from the secret, the bank and the user name that is typed
//! into the page, and so do two years of transactions, each of which depends on its own day only: they stay the same
//! however often and however late they are read.
//!
//! | user name | what comes of it |
//! |---|---|
//! | `demo`, or any other | a current account and savings |
//! | `single` | a current account only |
//! | `overdrawn` | a current account that is overdrawn before each salary |
//! | `card` | a current account and a credit card |
//! | `many` | twelve accounts |
//! | `foreign` | a second account in yen, which has no smaller unit |
//! | `no_accounts` | consent without an account |
//! | `messy` | data as bad as banks send it: no ids, `1e3`, `NaN`, another currency, missing dates |
//! | `processing` | accounts that cannot be read at the first two attempts |
//! | `partly` | a second account whose bank does not answer |
//! | `down` | a bank that does not answer (503) |
//! | `broken` | a bank that answers nonsense (500), which counts towards suspension |
//! | `limited` | a bank that was asked too often (429) |
//! | `inactive` | accounts that were closed (401) |
//! | `forbidden` | accounts that this end user may not see (403) |
//! | `suspended` | accounts and a requisition that are suspended (409) |
//! | `expired` | a consent that is over at once (401) |
//! | `rejected` | the bank rejects the end user: back with `error=UserSessionRejected` |
//!
//! Faults are ordered by `POST /api/v2/simulator/faults/` ([`Fault`]); a requisition is put into a state by
//! `POST /api/v2/simulator/requisitions/{id}/` `{"status": "EX"}`; `GET /api/v2/simulator/state/` counts what there is.
//! All three take the access token of the account that they are about.
//!
//! What changes an account is appended to the journal before it is answered, and read again at the next start. Tokens,
//! faults and counts of requests are not kept.

mod access;
mod answer;
mod api;
mod fault;
mod history;
mod http;
mod institutions;
mod journal;
mod page;
mod people;
mod state;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use florin_calendar::Clock;
use florin_journal::{Journal, JournalError};
use jiff::Timestamp;
use uuid::Uuid;

pub use fault::{Fault, FaultKind};

use state::State;

/// How often a day one account's details, balances or transactions can be read, unless said otherwise.
pub const DAILY_LIMIT: u32 = 10;

/// What a simulator is made from.
pub struct SimulatorOptions {
    /// Where the journal is; in memory when there is none.
    pub journal: Option<PathBuf>,
    /// The real clock.
    pub clock: Arc<dyn Clock>,
    /// Where its router is mounted, as an end user's browser sees it: `http://127.0.0.1:7070/simulator/open-banking`.
    pub public_url: String,
    /// The keys of the secret ids that are known; `None`: every id is, with the first key that comes with it.
    pub secrets: Option<BTreeMap<String, String>>,
    /// How often within 24 hours each account's details, balances and transactions can be read with success; as often as
    /// wanted when `None`.
    pub daily_limit: Option<u32>,
}

/// What an end user does on the page at a requisition's link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit<'a> {
    /// Agrees, with this user name at the bank.
    Agree(&'a str),
    /// Goes away.
    Cancel,
    /// Is rejected by the bank.
    Reject,
    /// Finds the bank down.
    BankDown,
}

/// Why a simulator cannot run.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The journal cannot be used.
    #[error("the open-banking simulator cannot go on where it was")]
    Journal(#[from] JournalError),
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
    secrets: Option<BTreeMap<String, String>>,
    daily_limit: Option<u32>,
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
                state.take_in(line);
            }
            state.journal = Some(journal);
        }
        let inner = Inner {
            state: Mutex::new(state),
            clock: options.clock,
            public_url: options.public_url.trim_end_matches('/').to_owned(),
            secrets: options.secrets,
            daily_limit: options.daily_limit,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The provider's API, the page for end users and the control endpoints; to be mounted at `public_url`.
    pub fn router(&self) -> Router {
        Router::new().fallback(http::handle).with_state(self.clone())
    }

    /// Serves the router by itself, mounted at the root of a listener's address, until this future is dropped.
    ///
    /// # Errors
    /// The listener fails.
    pub async fn serve(&self, listener: tokio::net::TcpListener) -> std::io::Result<()> {
        axum::serve(listener, self.router()).await
    }

    /// What an end user does at a requisition's link, without a browser: answers the address that the browser would be
    /// sent to, and `None` when the link leads nowhere.
    pub fn visit(&self, link: &str, visit: Visit<'_>) -> Option<String> {
        let (_, link) = link.split_once("/psd2/start/")?;
        page::visit(self, link, visit)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic inside leaves a state that is at worst ahead of its journal by one line.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }
}

/// An id that follows from a text.
fn id_of(text: &str) -> Uuid {
    let hash = florin_crypto::hash_key(text);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// An id that nobody can guess.
fn new_id() -> Uuid {
    uuid::Builder::from_random_bytes(florin_crypto::random_bytes()).into_uuid()
}
