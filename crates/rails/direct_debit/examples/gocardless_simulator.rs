//! The simulated provider alone: `gocardless_simulator [--listen 127.0.0.1:0] [--journal PATH]`. Prints one line when it
//! is ready, with its address.

use std::path::PathBuf;
use std::sync::Arc;

use florin_calendar::SystemClock;
use florin_direct_debit::simulator::{Simulator, SimulatorOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut listen = "127.0.0.1:0".to_owned();
    let mut journal = None;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or("an option needs a value")?;
        match word.as_str() {
            "--listen" => listen = value,
            "--journal" => journal = Some(PathBuf::from(value)),
            _ => return Err(format!("unknown option {word}").into()),
        }
    }
    let listener = tokio::net::TcpListener::bind(&listen).await?;
    let public_url = format!("http://{}", listener.local_addr()?);
    let options = SimulatorOptions {
        journal,
        clock: Arc::new(SystemClock),
        public_url: public_url.clone(),
        tokens: None,
    };
    let simulator = Simulator::new(options)?;
    println!("florin simulate gocardless listening on {public_url}");
    let server = axum::serve(listener, simulator.router());
    tokio::select! {
        ended = server => ended?,
        () = simulator.run(std::future::pending()) => {}
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    Ok(())
}
