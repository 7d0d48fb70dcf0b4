//! What a server does by itself: jobs, and business days when they turn.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use florin_calendar::Clock;
use florin_ids::TenantId;
use florin_storage::{Db, Engine, StorageError};
use florin_tenancy::day::{self, DayRunner, DayState};
use florin_tenancy::{TenancyError, Tenant};
use jiff::civil::Date;

use crate::failure::Failure;

/// How often the day worker looks at the tenants' clocks.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Tenants looked at in one read.
const TENANTS_AT_A_TIME: u32 = 500;

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
    pub fn start(db: Db, clock: Arc<dyn Clock>, runner: DayRunner) -> Result<Self, Failure> {
        let (stop, stopped) = channel();
        let watch = DayWatch { runner, db, clock, seen: HashMap::new(), is_first_look: true };
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
                metrics::counter!("florin_business_days_total").increment(run.days.into());
                tracing::info!(%tenant, %date, days = run.days, "business days run");
            }
            Ok(_) => {}
            Err(error) if is_closed(&error) => {}
            // The next look tries again; other tenants go on.
            Err(error) => {
                let cause = florin_http::chain(&error);
                metrics::counter!("florin_business_day_failures_total").increment(1);
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

#[cfg(test)]
mod tests {
    use florin_calendar::FixedClock;
    use florin_storage::testing::databases;
    use florin_tenancy::NewTenant;
    use jiff::Timestamp;
    use jiff::civil::date;

    use super::*;
    use crate::wiring::MIGRATIONS;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn watch_of(db: &Db, clock: &Arc<FixedClock>) -> DayWatch {
        let clock: Arc<dyn Clock> = Arc::<FixedClock>::clone(clock);
        DayWatch {
            runner: DayRunner::new(
                db.clone(),
                Arc::clone(&clock),
                florin_lending::day_steps(&Default::default()),
            ),
            db: db.clone(),
            clock,
            seen: HashMap::new(),
            is_first_look: true,
        }
    }

    fn tenant(db: &Db, clock: &FixedClock, simulated: Option<Date>) -> TenantId {
        let now = clock.now();
        let new = NewTenant {
            name: "Acme".to_owned(),
            time_zone: Some("Pacific/Auckland".to_owned()),
            clock: simulated,
            ..NewTenant::default()
        };
        let made =
            db.write_blocking(move |tx| florin_tenancy::create_tenant_in(tx, new.clone(), now));
        made.unwrap().0.id
    }

    #[test]
    fn the_real_day_turns_in_the_tenants_time_zone_and_missed_days_are_caught_up() {
        for test in databases(MIGRATIONS) {
            let clock = Arc::new(FixedClock::new(at("2026-11-21T10:00:00Z")));
            let tenant = tenant(&test.db, &clock, None);
            let mut watch = watch_of(&test.db, &clock);
            assert_eq!(watch.due().unwrap(), vec![], "{}: its day has been opened", test.name);
            // Eleven in the evening in Auckland, then one in the morning.
            clock.set(at("2026-11-21T10:59:59Z"));
            assert_eq!(watch.due().unwrap(), vec![]);
            clock.set(at("2026-11-21T12:00:00Z"));
            assert_eq!(watch.due().unwrap(), vec![(tenant, date(2026, 11, 22))]);
            clock.set(at("2026-11-25T12:00:00Z"));
            for (tenant, target) in watch.due().unwrap() {
                watch.run_days(tenant, target);
            }
            let state = test.db.read_blocking(move |tx| day::state_in(tx, tenant)).unwrap();
            assert_eq!(state.business_date, date(2026, 11, 26), "{}", test.name);
            assert_eq!(watch.due().unwrap(), vec![]);
        }
    }

    #[test]
    fn a_simulated_run_is_taken_up_only_where_nobody_is_at_it() {
        for test in databases(MIGRATIONS) {
            let clock = Arc::new(FixedClock::new(at("2026-11-21T10:00:00Z")));
            let opening = date(2023, 1, 1);
            let tenant = tenant(&test.db, &clock, Some(opening));
            let mut watch = watch_of(&test.db, &clock);
            assert_eq!(watch.due().unwrap(), vec![], "its clock stands at its target");
            let (middle, target) = (date(2023, 1, 3), date(2023, 1, 9));
            let send = move |tx: &mut _| florin_tenancy::set_clock_target_in(tx, tenant, target);
            test.db.write_blocking(send).unwrap();
            assert_eq!(watch.due().unwrap(), vec![], "someone may just have begun");
            watch.runner.advance_to_blocking(tenant, middle, &mut |_| {}).unwrap();
            assert_eq!(watch.due().unwrap(), vec![], "it has moved");
            assert_eq!(watch.due().unwrap(), vec![(tenant, target)], "it stands still");

            let mut restarted = watch_of(&test.db, &clock);
            let expected = match test.db.engine() {
                Engine::Sqlite => vec![(tenant, target)],
                Engine::Postgres => vec![],
            };
            assert_eq!(restarted.due().unwrap(), expected, "{} at the start", test.name);
        }
    }
}
