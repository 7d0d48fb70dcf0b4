//! The domains' services, put together: who owns which payments, which rails there are, who runs which step of the day.

use std::sync::Arc;

use florin_calendar::Clock;
use florin_crypto::KeyRing;
use florin_decisioning::Providers;
use florin_http::Mode;
use florin_jobs::JobHandler;
use florin_lending::{DecisionHandler, Lending, LoanPayments};
use florin_mandates::{Collector, DirectDebitRail, Mandates, SettleDirectDebit};
use florin_payments::transfer::{SimulatedTransfers, TransferAnswers};
use florin_payments::{Owner, Owners, Rail, Rails};
use florin_storage::Db;
use florin_tenancy::day::DayRunner;
use tokio::runtime::Handle;

/// Everything that handlers, jobs and business days are made of. Clones are cheap.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub db: Db,
    /// What everything takes its time from.
    pub clock: Arc<dyn Clock>,
    /// Seals secrets and personal data.
    pub ring: Arc<KeyRing>,
    /// Loans.
    pub lending: Lending,
    /// Mandates, and the provider that collects over them.
    pub collector: Collector,
    rails: Rails,
    transfers: TransferAnswers,
}

impl Services {
    /// The services of a server in `mode`; `simulator` is where the simulated direct-debit provider is, if one runs.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        ring: Arc<KeyRing>,
        mode: Mode,
        simulator: Option<&str>,
    ) -> Self {
        let is_sandbox = mode == Mode::Sandbox;
        let rails = rails(&clock, is_sandbox);
        let owners = Owners::new(vec![Arc::new(LoanPayments) as Arc<dyn Owner>]);
        let mandates = Mandates::new(db.clone(), Arc::clone(&ring), Arc::clone(&clock));
        let mandates = match simulator {
            Some(base_url) => mandates.with_simulator(base_url),
            None => mandates,
        };
        let mandates = if is_sandbox { mandates } else { mandates.without_custom_hosts() };
        // The sandbox's providers answer what a test wants; they must decide on nobody's real credit.
        let providers = if is_sandbox { Providers::sandbox() } else { Providers::default() };
        let lending = Lending::new(db.clone(), Arc::clone(&ring))
            .with_providers(providers)
            .with_rails(rails.clone());
        let collector = Collector::new(mandates, owners.clone());
        let transfers = TransferAnswers::new(db.clone(), owners, Arc::clone(&clock));
        Self { db, clock, ring, lending, collector, rails, transfers }
    }

    /// The mandates' service.
    pub fn mandates(&self) -> &Mandates {
        self.collector.mandates()
    }

    /// Runs business days with the steps of every domain. The days of a simulated clock are settled with the providers
    /// one by one, on `runtime` where there is one.
    pub fn day_runner(&self, runtime: Option<Handle>) -> DayRunner {
        let runner = runner_on(&self.rails, self.db.clone(), Arc::clone(&self.clock));
        let Some(runtime) = runtime else { return runner };
        runner.settled_by(vec![
            Arc::new(self.transfers.clone()),
            SettleDirectDebit::shared(self.collector.clone(), runtime),
        ])
    }

    /// Who carries out the domains' jobs.
    pub fn job_handlers(&self) -> Vec<Arc<dyn JobHandler>> {
        let decisions = DecisionHandler::new(self.lending.clone(), Arc::clone(&self.clock));
        let mut handlers: Vec<Arc<dyn JobHandler>> =
            vec![Arc::new(decisions), Arc::new(self.transfers.clone())];
        handlers.extend(self.collector.job_handlers());
        handlers
    }
}

/// Runs business days without a server beside: what providers are to be told is left to the next one that starts.
pub fn day_runner(db: Db, clock: Arc<dyn Clock>) -> DayRunner {
    runner_on(&rails(&clock, false), db, clock)
}

fn runner_on(rails: &Rails, db: Db, clock: Arc<dyn Clock>) -> DayRunner {
    DayRunner::new(db, clock, florin_lending::day_steps(rails))
}

/// The rails that money moves on. Payouts to any bank account take a provider, and the one there is moves no money.
fn rails(clock: &Arc<dyn Clock>, is_sandbox: bool) -> Rails {
    let mut rails: Vec<Arc<dyn Rail>> = vec![Arc::new(DirectDebitRail::new(Arc::clone(clock)))];
    if is_sandbox {
        rails.push(Arc::new(SimulatedTransfers));
    }
    Rails::new(rails)
}
