//! `florin serve`: the API, the workers, and an orderly end.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::serve::{Listener, ListenerExt, TapIo};
use florin_api_connect::{ConnectApi, ConnectFace};
use florin_api_external_accounts::{ExternalAccountsApi, ExternalAccountsFace};
use florin_api_lending::LendingApi;
use florin_api_payments::PaymentsApi;
use florin_api_savings::{SavingsApi, SavingsFace};
use florin_calendar::{Clock, SystemClock};
use florin_crypto::KeyRing;
use florin_events::webhook::DeliveryOptions;
use florin_events::{AddressPolicy, DeliveryHandler, Webhooks};
use florin_http::{Edge, Face, HttpOptions, HttpState, Mode};
use florin_jobs::{Worker, WorkerHandle, WorkerOptions};
use florin_storage::Db;
use florin_tenancy::day::DayRunner;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cli::Serve;
use crate::failure::Failure;
use crate::services::{Addresses, Services};
use crate::settings::{self, File, Given, ServerGroup};
use crate::simulator::{self, Simulators};
use crate::tls::{Tls, TlsListener};
use crate::workers::DayWorker;
use crate::{health, keys, upkeep, wiring};

/// How long requests and jobs under way may take once the server is told to end.
const DRAIN: Duration = Duration::from_secs(30);

/// How a server is run.
pub struct ServerOptions {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Mode and bounds.
    pub http: HttpOptions,
    /// Jobs worked on at a time; 0 leaves jobs and business days to other nodes.
    pub workers: usize,
    /// Seals secrets and personal data.
    pub ring: Arc<KeyRing>,
    /// Where the sandbox's simulated provider remembers what it was told; `None`: nowhere.
    pub simulator_journal: Option<PathBuf>,
    /// The certificate, when TLS is spoken.
    pub tls: Option<Arc<Tls>>,
}

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// A bad setting, a database that cannot be opened, an address that is taken.
pub fn run(args: &Serve, file: &File) -> Result<(), Failure> {
    let mode = mode(&args.server, file)?;
    let listen = args.server.get(&settings::LISTEN, file, |text| text.parse().ok())?;
    let mut http = http_options(&args.server, file, mode)?;
    let names = names(listen, http.public_url.as_deref());
    let tls = Tls::of(&args.server, &args.database, file, mode, names)?;
    http.tls = tls.is_some();
    let options = ServerOptions {
        listen,
        http,
        workers: args.server.number(&settings::WORKERS, file, 0, 256)?,
        ring: keys::key_ring(&args.database, file, mode)?,
        simulator_journal: simulator::journal(&args.server, &args.database, file)?,
        tls: tls.clone(),
    };
    wiring::install_holidays(&args.calendar_files, file)?;
    // Before the database opens: it registers its series then.
    let metrics = health::install_metrics()?;
    let db = wiring::open(&args.database, file)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let server = Server::start(db, options, metrics).await?;
        announce(if tls.is_some() { "https" } else { "http" }, server.address())?;
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => reload(tls.as_deref()),
            }
        }
        tracing::info!("shutting down: requests under way are answered first");
        server.shutdown().await;
        Ok::<_, Failure>(())
    })?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(())
}

/// The one line on standard output: whoever started this process reads the address from it.
fn announce(scheme: &str, address: SocketAddr) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "florin listening on {scheme}://{address}")?;
    out.flush()?;
    Ok(())
}

/// SIGHUP: the certificate is read again.
fn reload(tls: Option<&Tls>) {
    match tls.map(Tls::reload) {
        None => {}
        Some(Ok(())) => tracing::info!("the certificate was read again"),
        Some(Err(failure)) => tracing::error!("{}; the old one stays", failure.report()),
    }
}

/// What clients may call a server of this address: what a certificate of our own making names.
fn names(listen: SocketAddr, public_url: Option<&str>) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let public = public_url.and_then(|url| reqwest::Url::parse(url).ok());
    let public =
        public.and_then(|url| url.host_str().map(|it| it.trim_matches(['[', ']']).to_owned()));
    let address = (!listen.ip().is_unspecified()).then(|| listen.ip().to_string());
    for name in public.into_iter().chain(address) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn mode(given: &Given<ServerGroup>, file: &File) -> Result<Mode, Failure> {
    given.get(&settings::MODE, file, |text| match text {
        "sandbox" => Some(Mode::Sandbox),
        "production" => Some(Mode::Production),
        _ => None,
    })
}

fn http_options(
    given: &Given<ServerGroup>,
    file: &File,
    mode: Mode,
) -> Result<HttpOptions, Failure> {
    let mut options = HttpOptions::of(mode);
    let by_mode = |text: &str, default: u32| match text {
        "by mode" => Some(default),
        text => text.parse().ok().filter(|number| (1..=1_000_000).contains(number)),
    };
    let limits = &mut options.limits;
    let rate = limits.requests_per_second.unwrap_or(u32::MAX);
    let rate = given.get(&settings::RATE_LIMIT, file, |text| by_mode(text, rate))?;
    limits.requests_per_second = Some(rate);
    let burst = limits.burst;
    limits.burst = given.get(&settings::RATE_BURST, file, |text| by_mode(text, burst))?;
    limits.concurrency = given.number(&settings::CONCURRENCY, file, 1, 100_000)?;
    limits.body_bytes = given.number(&settings::BODY_LIMIT_BYTES, file, 1024, 104_857_600)?;
    let seconds = given.number(&settings::REQUEST_TIMEOUT_SECONDS, file, 1, 3600)?;
    limits.time_out = Duration::from_secs(seconds as u64);
    options.behind_proxy =
        given.get(&settings::BEHIND_PROXY, file, |text| text.parse::<bool>().ok())?;
    options.public_url = given.get(&settings::PUBLIC_URL, file, |text| match text {
        "" => Some(None),
        text => {
            let url = reqwest::Url::parse(text).ok()?;
            let is_bare = url.has_host() && url.path() == "/" && url.query().is_none();
            is_bare.then(|| Some(text.trim_end_matches('/').to_owned()))
        }
    })?;
    Ok(options)
}

/// A server that is running.
pub struct Server {
    address: SocketAddr,
    db: Db,
    stop: watch::Sender<bool>,
    draining: Arc<AtomicBool>,
    serving: JoinHandle<std::io::Result<()>>,
    jobs: Option<WorkerHandle>,
    days: Option<DayWorker>,
}

impl Server {
    /// Listens, and starts the workers. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// The address is taken or cannot be had.
    pub async fn start(
        db: Db,
        options: ServerOptions,
        metrics: health::Metrics,
    ) -> Result<Self, Failure> {
        let listen = options.listen;
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            Failure::new(format!("cannot listen on {listen}"))
                .because(error)
                .advise("Another program may have the port: choose one with --listen.")
        })?;
        let address = listener.local_addr()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let policy = match options.http.mode {
            Mode::Sandbox => AddressPolicy::Any,
            Mode::Production => AddressPolicy::Public,
        };
        let simulators = match options.http.mode {
            Mode::Sandbox => Some(Simulators::start(address, &options, &clock).await?),
            Mode::Production => None,
        };
        let mode = options.http.mode;
        let addresses = Addresses {
            public: simulator::public_url(address, &options),
            direct_debit: simulators.as_ref().map(Simulators::direct_debit),
            open_banking: simulators.as_ref().map(Simulators::open_banking),
        };
        let services = Services::new(
            db.clone(),
            Arc::clone(&clock),
            Arc::clone(&options.ring),
            mode,
            &addresses,
        );
        let days = services.day_runner(Some(Handle::current()));
        let (jobs, day_worker) = match options.workers {
            0 => (None, None),
            concurrency => {
                let jobs = start_jobs(&services, policy, concurrency)?;
                let worker = DayWorker::start(db.clone(), Arc::clone(&clock), days.clone())?;
                (Some(jobs), Some(worker))
            }
        };
        let draining = Arc::new(AtomicBool::new(false));
        let probe = health::Probe { db: db.clone(), draining: Arc::clone(&draining), metrics };
        let http = HttpState::new(db.clone(), Arc::clone(&clock), options.http);
        let mut router = routes(&http, &services, days, policy, probe);
        let (stop, stopped) = watch::channel(false);
        if let Some(simulators) = simulators {
            router = router.merge(simulators.router());
            simulators.run(&http, stopped.clone());
        }
        if jobs.is_some() {
            upkeep::run(services.collector.clone(), services.ach.clone(), stopped.clone());
        }
        let edge = Edge::with_faces(router, &http, faces());
        let serving = match options.tls {
            None => tokio::spawn(serve(plain(listener), edge, stopped)),
            Some(tls) => {
                let listener = TlsListener::start(listener, tls)?.tap_io(|_| {});
                tokio::spawn(serve(listener, edge, stopped))
            }
        };
        Ok(Self { address, db, stop, draining, serving, jobs, days: day_worker })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new connection, answers what is under way, ends the workers, closes the database.
    pub async fn shutdown(self) {
        self.draining.store(true, Ordering::Relaxed);
        self.stop.send_replace(true);
        if let Some(days) = &self.days {
            days.stop();
        }
        let abort = self.serving.abort_handle();
        match tokio::time::timeout(DRAIN, self.serving).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::error!(%error, "serving ended"),
            Ok(Err(error)) => tracing::error!(%error, "serving ended"),
            Err(_elapsed) => {
                tracing::warn!("requests were still under way when the time was up");
                abort.abort();
            }
        }
        if let Some(jobs) = self.jobs {
            jobs.shutdown().await;
        }
        let (db, days) = (self.db, self.days);
        let closing = tokio::task::spawn_blocking(move || {
            db.close();
            if let Some(days) = days {
                days.join();
            }
        });
        if let Err(error) = closing.await {
            tracing::error!(%error, "the database was not closed in order");
        }
    }
}

/// The surfaces that write paths and refusals in their own way.
fn faces() -> Vec<Arc<dyn Face>> {
    vec![Arc::new(ConnectFace), Arc::new(ExternalAccountsFace), Arc::new(SavingsFace)]
}

/// Connections without TLS.
fn plain(listener: TcpListener) -> TapIo<TcpListener, impl FnMut(&mut TcpStream)> {
    // Answers are small and whole: waiting to fill a packet would only delay them.
    listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY refused");
        }
    })
}

async fn serve<L, F>(
    listener: TapIo<L, F>,
    edge: Edge,
    mut stopped: watch::Receiver<bool>,
) -> std::io::Result<()>
where
    L: Listener<Addr = SocketAddr>,
    F: FnMut(&mut L::Io) + Send + 'static,
{
    axum::serve(listener, edge.into_make_service())
        .with_graceful_shutdown(async move {
            // An error means that the sender is gone: then it is time to stop too.
            let _ = stopped.wait_for(|stop| *stop).await;
        })
        .await
}

fn start_jobs(
    services: &Services,
    policy: AddressPolicy,
    concurrency: usize,
) -> Result<WorkerHandle, Failure> {
    let (db, clock) = (&services.db, &services.clock);
    let deliveries = DeliveryHandler::new(
        db.clone(),
        Arc::clone(clock),
        Some(Arc::clone(&services.ring)),
        policy,
        DeliveryOptions::default(),
    )?;
    let options = WorkerOptions { concurrency, ..WorkerOptions::default() };
    let mut handlers = services.job_handlers();
    handlers.push(Arc::new(deliveries));
    Ok(Worker::start(db.clone(), Arc::clone(clock), handlers, options))
}

fn routes(
    http: &HttpState,
    services: &Services,
    days: DayRunner,
    policy: AddressPolicy,
    probe: health::Probe,
) -> Router {
    let ring = Arc::clone(&services.ring);
    let platform = florin_api_platform::PlatformState {
        http: http.clone(),
        webhooks: Webhooks::new(services.db.clone(), Some(Arc::clone(&ring)), policy),
        mandates: services.mandates().clone(),
        ach: services.ach.clone(),
        lending: services.lending.clone(),
        days,
        chart: &wiring::CHART,
    };
    let (lending, mandates) = (services.lending.clone(), services.mandates().clone());
    let collector = services.collector.clone();
    let payments = PaymentsApi::new(http.clone(), mandates.clone(), collector, ring);
    let accounts = ExternalAccountsApi::new(http.clone(), services.external_accounts.clone());
    let connect = ConnectApi::new(http.clone(), services.connect.clone());
    let savings = SavingsApi::new(http.clone(), services.savings.clone());
    let router = Router::new()
        .merge(florin_api_connect::router(connect).0)
        .merge(florin_api_external_accounts::router(accounts).0)
        .merge(florin_api_lending::router(LendingApi::new(http.clone(), lending, mandates)).0)
        .merge(florin_api_payments::router(payments))
        .merge(florin_api_platform::router(platform))
        .merge(health::routes(probe))
        .merge(health::documents());
    // No real provider of college-savings plans is there yet, and a simulated one must open nobody's real account.
    match http.options().mode {
        Mode::Sandbox => router.merge(florin_api_savings::router(savings).0),
        Mode::Production => router,
    }
}
