//! What every handler can reach: the database, the clock, who may call, and the limits.

use std::sync::Arc;
use std::time::Duration;

use florin_calendar::Clock;
use florin_ids::ApiKeyId;
use florin_storage::Db;
use florin_tenancy::Authenticator;
use jiff::Timestamp;

use crate::throttle::{FailureGate, KeyThrottle, VisitThrottle};

/// Whether real money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Simulated rails, clocks that can be moved, a generous rate limit.
    Sandbox,
    /// Real rails and the real clock.
    Production,
}

/// The bounds of what one client may ask of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Requests a second of one API key, sustained; `None` is no limit.
    pub requests_per_second: Option<u32>,
    /// Requests of one API key that may come at once after a pause.
    pub burst: u32,
    /// Refused credentials of one client address in a minute before it is slowed down.
    pub failures_per_minute: u32,
    /// Requests being served at the same time; more are refused with 503.
    pub concurrency: usize,
    /// The longest request body in bytes; longer ones are refused with 413.
    pub body_bytes: usize,
    /// The longest time from a request's head to its answer's head.
    pub time_out: Duration,
}

impl Limits {
    /// The limits of a mode when nothing is configured.
    pub fn of(mode: Mode) -> Self {
        let (requests_per_second, burst) = match mode {
            Mode::Sandbox => (100_000, 100_000),
            Mode::Production => (500, 1_000),
        };
        Self {
            requests_per_second: Some(requests_per_second),
            burst,
            failures_per_minute: 60,
            concurrency: 4_096,
            body_bytes: 1024 * 1024,
            time_out: Duration::from_secs(30),
        }
    }
}

/// How this process faces its clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpOptions {
    /// Sandbox or production.
    pub mode: Mode,
    /// The bounds.
    pub limits: Limits,
    /// What clients type before the path, without a slash at the end (`https://api.example.com`);
    /// when unset it is taken from the `Host` header of each request.
    pub public_url: Option<String>,
    /// Whether a proxy in front sets `X-Forwarded-For` and `X-Forwarded-Proto`; without one a
    /// client could forge them.
    pub behind_proxy: bool,
    /// Whether this process speaks TLS itself.
    pub tls: bool,
}

impl HttpOptions {
    /// The options of a mode when nothing is configured.
    pub fn of(mode: Mode) -> Self {
        Self { mode, limits: Limits::of(mode), public_url: None, behind_proxy: false, tls: false }
    }
}

/// Shared by all handlers of all surfaces; clones are cheap.
#[derive(Clone)]
pub struct HttpState(Arc<Inner>);

struct Inner {
    db: Db,
    clock: Arc<dyn Clock>,
    authenticator: Authenticator,
    options: HttpOptions,
    key_throttle: KeyThrottle<ApiKeyId>,
    visit_throttle: VisitThrottle,
    failure_gate: FailureGate,
    slow_lane: tokio::sync::Mutex<()>,
}

impl HttpState {
    /// A state over a migrated database.
    pub fn new(db: Db, clock: Arc<dyn Clock>, options: HttpOptions) -> Self {
        let limits = &options.limits;
        let key_throttle = KeyThrottle::new(limits.requests_per_second, limits.burst);
        // One person in a browser asks a tenth of what a back end asks for all of its customers.
        let per_second = limits.requests_per_second.map(|it| it.div_ceil(10));
        let visit_throttle = VisitThrottle::new(per_second, limits.burst.div_ceil(10));
        let failure_gate = FailureGate::new(limits.failures_per_minute);
        Self(Arc::new(Inner {
            authenticator: Authenticator::new(db.clone()),
            db,
            clock,
            options,
            key_throttle,
            visit_throttle,
            failure_gate,
            slow_lane: tokio::sync::Mutex::new(()),
        }))
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// The clock that everything takes its time from.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// The real time, by the clock.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Who is behind a credential.
    pub fn authenticator(&self) -> &Authenticator {
        &self.0.authenticator
    }

    /// Sandbox or production.
    pub fn mode(&self) -> Mode {
        self.0.options.mode
    }

    /// The bounds.
    pub fn limits(&self) -> &Limits {
        &self.0.options.limits
    }

    /// How this process faces its clients.
    pub fn options(&self) -> &HttpOptions {
        &self.0.options
    }

    pub(crate) fn key_throttle(&self) -> &KeyThrottle<ApiKeyId> {
        &self.0.key_throttle
    }

    pub(crate) fn visit_throttle(&self) -> &VisitThrottle {
        &self.0.visit_throttle
    }

    pub(crate) fn failure_gate(&self) -> &FailureGate {
        &self.0.failure_gate
    }

    /// Clients that guess wait for each other here, so that they take one database connection.
    pub(crate) fn slow_lane(&self) -> &tokio::sync::Mutex<()> {
        &self.0.slow_lane
    }
}
