//! The domains' services, put together: who owns which payments, which rails there are, who runs which step of the day.

use std::sync::Arc;

use florin_ach_origination::{Accounts, Ach, AchRail};
use florin_calendar::{Clock, SystemClock};
use florin_connect::aggregator::SimulatedAggregator;
use florin_connect::aggregator::open_banking::OpenBanking;
use florin_connect::job::RefreshMembers;
use florin_connect::{
    Aggregator, Aggregators, Connect, ConnectInputs, FollowMicrodeposits, MicrodepositPayments,
};
use florin_crypto::KeyRing;
use florin_decisioning::Providers;
use florin_external_accounts::account::AccountBook;
use florin_external_accounts::{ExpireTrials, ExternalAccounts, TransferPayments};
use florin_http::Mode;
use florin_jobs::JobHandler;
use florin_lending::application::LendingBook;
use florin_lending::collections::clearing::CompareClearing;
use florin_lending::{DecisionHandler, Lending, LoanPayments};
use florin_mandates::{Collector, DirectDebitRail, Mandates, SettleDirectDebit};
use florin_payments::transfer::{SimulatedTransfers, TransferAnswers};
use florin_payments::{Owner, Owners, Rail, Rails};
use florin_savings::gift::ForgetLinks;
use florin_savings::{Savings, SavingsPayments};
use florin_storage::Db;
use florin_tenancy::day::{DayRunner, DayStep};
use tokio::runtime::Handle;

use crate::givers::ConnectedGivers;

/// Where a server and its simulated providers are found.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// What end users' browsers type before the path; empty when nobody serves.
    pub public: String,
    /// The simulated direct-debit provider, if one runs.
    pub direct_debit: Option<String>,
    /// The simulated open-banking provider, if one runs.
    pub open_banking: Option<String>,
}

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
    /// Programs, customers, their accounts elsewhere.
    pub external_accounts: ExternalAccounts,
    /// Files to and from banks.
    pub ach: Ach,
    /// College savings.
    pub savings: Savings,
    /// Bank accounts that end users link.
    pub connect: Connect,
    /// Open banking by a provider, with the tenants' accounts there.
    pub open_banking: OpenBanking,
    rails: Rails,
    transfers: TransferAnswers,
}

impl Services {
    /// The services of a server in `mode` that is found, as its simulated providers are, at `addresses`.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        ring: Arc<KeyRing>,
        mode: Mode,
        addresses: &Addresses,
    ) -> Self {
        let is_sandbox = mode == Mode::Sandbox;
        let rails = rails(&ring, &clock, is_sandbox);
        let owners = owners(&ring, &rails);
        let mandates = Mandates::new(db.clone(), Arc::clone(&ring), Arc::clone(&clock));
        let mandates = match &addresses.direct_debit {
            Some(base_url) => mandates.with_simulator(base_url),
            None => mandates,
        };
        let mandates = if is_sandbox { mandates } else { mandates.without_custom_hosts() };
        // The sandbox's providers answer what a test wants; they must decide on nobody's real credit.
        let providers = if is_sandbox { Providers::sandbox() } else { Providers::default() };
        let lending = Lending::new(db.clone(), Arc::clone(&ring))
            .with_providers(providers)
            .with_rails(rails.clone())
            .with_linked_accounts(Arc::new(ConnectInputs));
        let collector = Collector::new(mandates, owners.clone());
        let transfers = TransferAnswers::new(db.clone(), owners.clone(), Arc::clone(&clock));
        let external_accounts =
            ExternalAccounts::new(db.clone(), Arc::clone(&ring)).with_rails(rails.clone());
        let external_accounts =
            if is_sandbox { external_accounts.in_sandbox() } else { external_accounts };
        let ach = ach(&db, &ring, owners, &clock);
        let savings = Savings::new(db.clone(), Arc::clone(&ring))
            .with_rails(rails.clone())
            .with_external_accounts(external_accounts.clone());
        let open_banking = open_banking(&db, &ring, is_sandbox, addresses);
        let aggregators = aggregators(&open_banking, is_sandbox);
        let connect = Connect::new(db.clone(), Arc::clone(&clock), Arc::clone(&ring), aggregators)
            .with_public_url(&addresses.public)
            .with_external_accounts(external_accounts.clone())
            .with_book(Arc::new(LendingBook));
        let savings = savings.with_giver_banks(Arc::new(ConnectedGivers::new(connect.clone())));
        Self {
            db,
            clock,
            ring,
            lending,
            collector,
            external_accounts,
            ach,
            savings,
            connect,
            open_banking,
            rails,
            transfers,
        }
    }

    /// The mandates' service.
    pub fn mandates(&self) -> &Mandates {
        self.collector.mandates()
    }

    /// Runs business days with the steps of every domain. The days of a simulated clock are settled with the providers
    /// one by one, on `runtime` where there is one.
    pub fn day_runner(&self, runtime: Option<Handle>) -> DayRunner {
        let runner = DayRunner::new(self.db.clone(), Arc::clone(&self.clock), self.day_steps());
        let Some(runtime) = runtime else { return runner };
        runner.settled_by(vec![
            Arc::new(self.transfers.clone()),
            self.ach.between_days(runtime.clone()),
            SettleDirectDebit::shared(self.collector.clone(), runtime),
        ])
    }

    fn day_steps(&self) -> Vec<Arc<dyn DayStep>> {
        let mut steps = florin_lending::day_steps(&self.rails);
        steps.extend(self.ach.day_steps());
        steps.extend(florin_savings::day_steps(&self.ring, &self.rails));
        let givers = ConnectedGivers::new(self.connect.clone());
        steps.push(Arc::new(ForgetLinks::new(Arc::new(givers))));
        steps.push(Arc::new(ExpireTrials::new(Arc::clone(&self.ring))));
        steps.push(Arc::new(FollowMicrodeposits::new(Arc::clone(&self.ring))));
        steps.push(Arc::new(RefreshMembers::new(self.connect.clone())));
        steps
    }

    /// Who carries out the domains' jobs.
    pub fn job_handlers(&self) -> Vec<Arc<dyn JobHandler>> {
        let decisions = DecisionHandler::new(self.lending.clone(), Arc::clone(&self.clock));
        let clearing = CompareClearing::new(self.lending.clone(), Arc::clone(&self.clock));
        let mut handlers: Vec<Arc<dyn JobHandler>> =
            vec![Arc::new(decisions), Arc::new(clearing), Arc::new(self.transfers.clone())];
        handlers.extend(self.collector.job_handlers());
        handlers.extend(self.ach.job_handlers());
        handlers.extend(self.connect.job_handlers());
        handlers
    }
}

/// Runs business days without a server beside: what providers are to be told is left to the next one that starts, and
/// nothing simulated is set up.
pub fn day_runner(db: Db, ring: Arc<KeyRing>) -> DayRunner {
    Services::new(db, Arc::new(SystemClock), ring, Mode::Production, &Addresses::default())
        .day_runner(None)
}

/// The rails that money moves on. Payouts to any bank account take a provider, and the one there is moves no money.
fn rails(ring: &Arc<KeyRing>, clock: &Arc<dyn Clock>, is_sandbox: bool) -> Rails {
    let mut rails: Vec<Arc<dyn Rail>> = vec![
        Arc::new(DirectDebitRail::new(Arc::clone(clock))),
        Arc::new(AchRail::new(Arc::clone(ring), accounts(ring), is_sandbox)),
    ];
    if is_sandbox {
        rails.push(Arc::new(SimulatedTransfers));
    }
    Rails::new(rails)
}

fn open_banking(
    db: &Db,
    ring: &Arc<KeyRing>,
    is_sandbox: bool,
    addresses: &Addresses,
) -> OpenBanking {
    let open_banking = OpenBanking::new(db.clone(), Arc::clone(ring));
    let open_banking = match &addresses.open_banking {
        Some(base_url) => open_banking.with_simulator(base_url),
        None => open_banking,
    };
    if is_sandbox { open_banking } else { open_banking.without_custom_hosts() }
}

/// Who reads banks. The simulated ones are there in a sandbox only: nobody's real account is at one of them.
fn aggregators(open_banking: &OpenBanking, is_sandbox: bool) -> Aggregators {
    let mut all: Vec<Arc<dyn Aggregator>> = vec![Arc::new(open_banking.clone())];
    if is_sandbox {
        all.push(Arc::new(SimulatedAggregator));
    }
    Aggregators::new(all)
}

/// The domains that own payments.
fn owners(ring: &Arc<KeyRing>, rails: &Rails) -> Owners {
    Owners::new(vec![
        Arc::new(LoanPayments::new(rails.clone())) as Arc<dyn Owner>,
        Arc::new(MicrodepositPayments::new(Arc::clone(ring))),
        Arc::new(TransferPayments),
        Arc::new(SavingsPayments),
    ])
}

/// Who keeps the accounts that ACH entries are for.
fn accounts(ring: &Arc<KeyRing>) -> Arc<dyn Accounts> {
    Arc::new(AccountBook::new(Arc::clone(ring)))
}

fn ach(db: &Db, ring: &Arc<KeyRing>, owners: Owners, clock: &Arc<dyn Clock>) -> Ach {
    Ach::new(db.clone(), Arc::clone(ring), accounts(ring), owners, Arc::clone(clock))
}
