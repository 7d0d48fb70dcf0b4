//! What a server does now and then between it and its tenants' providers, for tenants on the real clock.

use std::time::Duration;

use florin_ach_origination::Ach;
use florin_mandates::Collector;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::simulator::until;

/// How often windows are looked at, news is asked for that no webhook has brought, and it is seen to that both sides are
/// compared on each business date.
const TICK: Duration = Duration::from_secs(60);

/// Starts it, until the server stops. Any number of nodes may do it at the same time.
pub fn run(collector: Collector, ach: Ach, stopped: watch::Receiver<bool>) {
    tokio::spawn(async move {
        tokio::select! {
            () = until(stopped) => {}
            () = keep_up(collector, ach) => {}
        }
    });
}

async fn keep_up(collector: Collector, ach: Ach) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        note("direct debits", collector.tick().await);
        note("ACH windows", ach.tick().await);
    }
}

fn note<E: std::error::Error + 'static>(what: &str, done: Result<(), E>) {
    if let Err(error) = done {
        tracing::error!(cause = florin_http::chain(&error), "{what} could not be kept up");
    }
}
