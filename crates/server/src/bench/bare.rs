//! A bare handler, the limit of any HTTP server of this kind: it reads JSON and answers JSON.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::failure::Failure;

/// Serves the bare handler until it is killed.
pub fn run() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "bare handler listening on http://{}", listener.local_addr()?)?;
        out.flush()?;
        drop(out);
        let listener = listener.tap_io(|stream| {
            // Without it answers wait; a system that refuses only makes the limit lower.
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, Router::new().route("/", post(answer))).await?;
        Ok(())
    })
}

/// About as much as a transaction's answer.
async fn answer(Json(body): Json<Value>) -> Json<Value> {
    Json(json!({
        "id": "0193a6a0-0000-7000-8000-000000000000",
        "loan": body["loan"],
        "type": body["type"],
        "amount": body["amount"],
        "status": "pending",
        "created_at": "2023-04-21T12:00:00Z",
    }))
}

/// Another `florin` that serves, ended when it is dropped.
pub struct Other {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Other {
    /// Starts this program with `args` and reads its address from the line it prints.
    pub fn start(args: &[&str]) -> Result<Self, Failure> {
        let mut child =
            Command::new(std::env::current_exe()?).args(args).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line.trim().rsplit('/').next().and_then(|text| text.parse().ok());
        match address {
            Some(address) => Ok(Self { child, address }),
            None => Err(Failure::new("the server under measurement did not start")),
        }
    }

    /// The most memory that it has held, in MB, where the system tells.
    pub fn peak_memory_mb(&self) -> Option<u64> {
        super::peak_memory_of(&self.child.id().to_string())
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It may have ended already; nothing is left to do then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
