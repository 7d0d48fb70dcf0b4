//! The sandbox's simulated direct-debit provider: beside the API, at `/simulator/gocardless`, or alone.
//!
//! A server that speaks TLS has it at a second, plain address of its own machine as well: its own client need not trust
//! a self-signed certificate then.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use florin_calendar::Clock;
use florin_direct_debit::simulator::{Simulator, SimulatorOptions};
use florin_http::{Edge, HttpState};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::failure::Failure;
use crate::serve::ServerOptions;
use crate::settings::{self, DatabaseGroup, File, Given, ServerGroup};
use crate::wiring;

/// Where it is mounted.
const PATH: &str = "/simulator/gocardless";

/// The simulated providers of a sandbox.
pub struct Simulators {
    gocardless: Simulator,
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
        let (plain, scheme) = match &options.tls {
            None => (None, "http"),
            Some(_) => (Some(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?), "https"),
        };
        let public_url = match &options.http.public_url {
            Some(url) => format!("{url}{PATH}"),
            None => format!("{scheme}://{}{PATH}", reachable(address)),
        };
        let base_url = match &plain {
            Some(plain) => format!("http://{}{PATH}", plain.local_addr()?),
            None => format!("http://{}{PATH}", reachable(address)),
        };
        let gocardless = gocardless(options.simulator_journal.clone(), clock, public_url)?;
        Ok(Self { gocardless, base_url, plain })
    }

    /// Where this server reaches them.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Their routes.
    pub fn router(&self) -> Router {
        Router::new().nest(PATH, self.gocardless.router())
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
