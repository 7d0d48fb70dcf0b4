//! What a server does by itself: jobs, and business days when they turn.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use florin_calendar::Clock;
use florin_ids::TenantId;
use florin_lending::LendingDay;
use florin_storage::{Db, Engine, StorageError};
use florin_tenancy::day::{self, DayRunner, DayState};
use florin_tenancy::{TenancyError, Tenant};
use jiff::civil::Date;

use crate::failure::Failure;

/// How often the day worker looks at the tenants' clocks.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Tenants looked at in one read.
const TENANTS_AT_A_TIME: u32 = 500;

/// A runner of business days with the steps of every domain.
pub fn day_runner(db: Db, clock: Arc<dyn Clock>) -> DayRunner {
    DayRunner::new(db, clock, vec![Arc::new(LendingDay)])
}

/// Runs business days on a thread of its own: of tenants on the real clock when their date turns,
/// of simulated ones when a run towards their clock's target was broken off.
pub struct DayWorker {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl DayWorker {
    /// Starts the thread.
    ///
    /// # Errors
    /// The operating system refuses a thread.
    pub fn start(db: Db, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let (stop, stopped) = channel();
        let watch = DayWatch {
            runner: day_runner(db.clone(), Arc::clone(&clock)),
            db,
            clock,
            seen: HashMap::new(),
            is_first_look: true,
        };
        let thread = std::thread::Builder::new()
            .name("days".to_owned())
            .spawn(move || watch.run(&stopped))?;
        Ok(Self { stop, thread })
    }

    /// Starts no further tenant. A day under way ends when the database is closed, and goes on
    /// where it stopped when a server starts again.
    pub fn stop(&self) {
        // The thread may have ended already; then there is nobody to tell.
        let _ = self.stop.send(());
    }

    /// Waits until the thread has ended.
    pub fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!("the day worker had stopped before its time");
        }
    }
}

struct DayWatch {
    db: Db,
    clock: Arc<dyn Clock>,
    runner: DayRunner,
    /// Where the simulated tenants that have days to run stood at the last look.
    seen: HashMap<TenantId, DayState>,
    is_first_look: bool,
}

impl DayWatch {
    fn run(mut self, stopped: &Receiver<()>) {
        loop {
            match self.due() {
                Ok(due) => {
                    for (tenant, target) in due {
                        if stopped.try_recv().is_ok() {
                            return;
                        }
                        self.run_days(tenant, target);
                    }
                }
                Err(error) if is_closed(&error) => return,
                Err(error) => {
                    tracing::error!(%error, cause = florin_http::chain(&error), "clocks not read");
                }
            }
            if !matches!(stopped.recv_timeout(LOOK_EVERY), Err(RecvTimeoutError::Timeout)) {
                return;
            }
        }
    }

    /// The tenants that have days to run, and up to which date.
    fn due(&mut self) -> Result<Vec<(TenantId, Date)>, TenancyError> {
        let now = self.clock.now();
        let mut due = Vec::new();
        let mut behind = HashMap::new();
        let mut after = None;
        loop {
            let page = self.db.read_blocking(move |tx| {
                let tenants = florin_tenancy::list_tenants_in(tx, after, TENANTS_AT_A_TIME)?;
                let mut page: Vec<(Tenant, DayState)> = Vec::with_capacity(tenants.len());
                for tenant in tenants {
                    let state = day::state_in(tx, tenant.id)?;
                    page.push((tenant, state));
                }
                Ok::<_, TenancyError>(page)
            })?;
            after = page.last().map(|(tenant, _)| tenant.id);
            let is_last = page.len() < TENANTS_AT_A_TIME as usize;
            for (tenant, state) in page {
                let target = tenant.clock_target.unwrap_or_else(|| tenant.date_at(now));
                if state.running_on.is_none() && state.business_date >= target {
                    continue;
                }
                if !state.simulated || self.is_left_behind(&state) {
                    due.push((tenant.id, target));
                } else {
                    behind.insert(tenant.id, state);
                }
            }
            if is_last {
                break;
            }
        }
        self.seen = behind;
        self.is_first_look = false;
        Ok(due)
    }

    /// Whether nobody is running the days of this simulated tenant: it has not moved since the last
    /// look. On an embedded database this process is the only one, so at its start nobody is.
    fn is_left_behind(&self, state: &DayState) -> bool {
        let is_alone = self.is_first_look && self.db.engine() == Engine::Sqlite;
        is_alone || self.seen.get(&state.tenant) == Some(state)
    }

    fn run_days(&self, tenant: TenantId, target: Date) {
        let run = self.runner.advance_to_blocking(tenant, target, &mut |date| {
            tracing::debug!(%tenant, %date, "business day run");
        });
        match run {
            Ok(run) if run.days > 0 => {
                let date = run.business_date;
                tracing::info!(%tenant, %date, days = run.days, "business days run");
            }
            Ok(_) => {}
            Err(error) if is_closed(&error) => {}
            // The next look tries again; other tenants go on.
            Err(error) => {
                let cause = florin_http::chain(&error);
                tracing::error!(%tenant, %target, cause, "a business day could not be run");
            }
        }
    }
}

/// Whether the database was closed because the server shuts down.
fn is_closed(error: &TenancyError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(StorageError::Closed) = error.downcast_ref::<StorageError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
