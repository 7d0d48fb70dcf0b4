//! `florin simulate`: a simulated payment provider by itself.

use std::io::Write as _;
use std::sync::Arc;

use florin_calendar::{Clock, SystemClock};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::cli::{Simulate, SimulateGocardless};
use crate::failure::Failure;
use crate::simulator::{gocardless, until};

pub fn run(args: &Simulate) -> Result<(), Failure> {
    let Simulate::Gocardless(args) = args;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(args))
}

/// Serves until SIGTERM or Ctrl-C.
async fn serve(args: &SimulateGocardless) -> Result<(), Failure> {
    let listen = args.listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Failure::new(format!("cannot listen on {listen}"))
            .because(error)
            .advise("Another program may have the port: choose one with --listen.")
    })?;
    let url = format!("http://{}", listener.local_addr()?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let simulator = gocardless(args.journal.clone(), &clock, url.clone())?;
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.send_replace(true);
    });
    println!("florin simulate gocardless listening on {url}");
    std::io::stdout().flush()?;
    let serving =
        axum::serve(listener, simulator.router()).with_graceful_shutdown(until(stopped.clone()));
    let ((), served) = tokio::join!(simulator.run(until(stopped)), serving);
    Ok(served?)
}
