//! The sandbox's simulated providers: beside the API, at `/simulator/gocardless` (direct debit) and
//! `/simulator/open-banking`, or alone.
//!
//! A server that speaks TLS has them at a second, plain address of its own machine as well: its own clients need not trust
//! a self-signed certificate then.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use florin_calendar::Clock;
use florin_direct_debit::simulator::{Simulator, SimulatorOptions};
use florin_http::{Edge, HttpState};
use florin_open_banking::simulator as open_banking;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::failure::Failure;
use crate::serve::ServerOptions;
use crate::settings::{self, DatabaseGroup, File, Given, ServerGroup};
use crate::wiring;

/// Where they are mounted.
const DIRECT_DEBIT: &str = "/simulator/gocardless";
const OPEN_BANKING: &str = "/simulator/open-banking";

/// The simulated providers of a sandbox.
pub struct Simulators {
    gocardless: Simulator,
    open_banking: open_banking::Simulator,
    base_url: String,
    /// The second address, where there is one.
    plain: Option<TcpListener>,
}

impl Simulators {
    /// The providers of the server at `address`. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// A journal that cannot be used, no address to be had.
    pub async fn start(
        address: SocketAddr,
        options: &ServerOptions,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        let plain = match &options.tls {
            None => None,
            Some(_) => Some(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?),
        };
        let base_url = match &plain {
            Some(plain) => format!("http://{}", plain.local_addr()?),
            None => format!("http://{}", reachable(address)),
        };
        let public_url = public_url(address, options);
        let journal = options.simulator_journal.clone();
        let banks =
            journal.as_ref().map(|path| PathBuf::from(format!("{}.open-banking", path.display())));
        Ok(Self {
            gocardless: gocardless(journal, clock, format!("{public_url}{DIRECT_DEBIT}"))?,
            open_banking: banks_of(banks, clock, format!("{public_url}{OPEN_BANKING}"))?,
            base_url,
            plain,
        })
    }

    /// Where this server reaches the simulated direct-debit provider.
    pub fn direct_debit(&self) -> String {
        format!("{}{DIRECT_DEBIT}", self.base_url)
    }

    /// Where this server reaches the simulated open-banking provider.
    pub fn open_banking(&self) -> String {
        format!("{}{OPEN_BANKING}", self.base_url)
    }

    /// Their routes.
    pub fn router(&self) -> Router {
        Router::new()
            .nest(DIRECT_DEBIT, self.gocardless.router())
            .nest(OPEN_BANKING, self.open_banking.router())
    }

    /// Lets them answer at their second address and send their webhooks until the server stops.
    pub fn run(self, http: &HttpState, stopped: watch::Receiver<bool>) {
        let edge = Edge::new(self.router(), http);
        let simulator = self.gocardless;
        let stop = stopped.clone();
        tokio::spawn(async move { simulator.run(until(stop)).await });
        if let Some(plain) = self.plain {
            let serving = axum::serve(plain, edge.into_make_service());
            tokio::spawn(serving.with_graceful_shutdown(until(stopped)).into_future());
        }
    }
}

/// A simulated provider, in the state that its journal tells.
///
/// # Errors
/// A journal that cannot be used.
pub fn gocardless(
    journal: Option<PathBuf>,
    clock: &Arc<dyn Clock>,
    public_url: String,
) -> Result<Simulator, Failure> {
    let shown = journal.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let options = SimulatorOptions { journal, clock: Arc::clone(clock), public_url, tokens: None };
    Simulator::new(options).map_err(|error| {
        Failure::new("the simulated direct-debit provider cannot start")
            .because(error)
            .advise(format!("Its memory is the file {shown} (--simulator-journal)."))
    })
}

/// A simulated open-banking provider, in the state that its journal tells. A sandbox reads as often as it likes.
///
/// # Errors
/// A journal that cannot be used.
fn banks_of(
    journal: Option<PathBuf>,
    clock: &Arc<dyn Clock>,
    public_url: String,
) -> Result<open_banking::Simulator, Failure> {
    let shown = journal.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let options = open_banking::SimulatorOptions {
        journal,
        clock: Arc::clone(clock),
        public_url,
        secrets: None,
        daily_limit: None,
    };
    open_banking::Simulator::new(options).map_err(|error| {
        Failure::new("the simulated open-banking provider cannot start")
            .because(error)
            .advise(format!("Its memory is the file {shown} (--simulator-journal)."))
    })
}

/// What browsers type before the path: as configured, or the address itself.
pub fn public_url(address: SocketAddr, options: &ServerOptions) -> String {
    let scheme = if options.tls.is_some() { "https" } else { "http" };
    match &options.http.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("{scheme}://{}", reachable(address)),
    }
}

/// Where a server's simulated provider remembers what it was told.
///
/// # Errors
/// A bad setting.
pub fn journal(
    server: &Given<ServerGroup>,
    database: &Given<DatabaseGroup>,
    file: &File,
) -> Result<Option<PathBuf>, Failure> {
    let url = wiring::database_url(database, file)?;
    server.get(&settings::SIMULATOR_JOURNAL, file, |text| match text {
        "" => None,
        "beside the database" => Some(match url.strip_prefix("sqlite:") {
            None | Some(":memory:") => None,
            Some(path) => Some(PathBuf::from(format!("{path}.gocardless"))),
        }),
        path => Some(Some(PathBuf::from(path))),
    })
}

/// The address at which a server that listens everywhere is found on its own machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut reachable = address;
    if address.ip().is_unspecified() {
        reachable.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    reachable
}

/// Until the server stops.
pub async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone: then it is time to stop too.
    let _ = stopped.wait_for(|stop| *stop).await;
}
