//! A light load generator: each client keeps one HTTP/1.1 request under way on one connection.
//!
//! It shares the cores with what it measures, so it writes its requests by hand and reads of an
//! answer only the first line and the length.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use florin_calendar::monotonic;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Figure;
use crate::failure::Failure;

/// More than this in one answer is no answer of ours.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Puts the body of a client's nth request into the buffer.
pub type Body = dyn Fn(usize, u64, &mut Vec<u8>) + Send + Sync;

/// What is asked of a server.
pub struct Load {
    /// Where it listens.
    pub address: SocketAddr,
    /// Connections, each with one request under way.
    pub clients: usize,
    /// How long to count.
    pub time: Duration,
    /// How long to warm up before.
    pub warm_up: Duration,
    /// The bodies of the requests.
    pub body: Arc<Body>,
    /// Path and headers: everything before `Content-Length`.
    pub head: String,
}

/// How a load went.
pub struct Measured {
    /// Successful answers within the time.
    pub figure: Figure,
    /// Half of the answers took no longer.
    pub p50: Duration,
    /// Of 100 answers, 99 took no longer.
    pub p99: Duration,
    /// The slowest.
    pub max: Duration,
}

impl Load {
    /// Runs the load on a thread of its own, so that the generator takes one core at most.
    pub fn run(self) -> Result<Measured, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.drive())
    }

    async fn drive(self) -> Result<Measured, Failure> {
        let load = Arc::new(self);
        let from = monotonic() + load.warm_up;
        let until = from + load.time;
        let clients: Vec<_> = (0..load.clients)
            .map(|number| tokio::spawn(client(Arc::clone(&load), number, from, until)))
            .collect();
        let mut micros: Vec<u32> = Vec::new();
        for client in clients {
            micros.extend(client.await??);
        }
        micros.sort_unstable();
        let at = |share: f64| {
            let index =
                ((micros.len() as f64 * share) as usize).min(micros.len().saturating_sub(1));
            Duration::from_micros(micros.get(index).copied().unwrap_or(0).into())
        };
        Ok(Measured {
            figure: Figure { count: micros.len() as u64, took: load.time },
            p50: at(0.5),
            p99: at(0.99),
            max: at(1.0),
        })
    }
}

/// What kept a client from going on.
#[derive(Debug, thiserror::Error)]
enum LoadError {
    #[error("a connection of the load broke")]
    Io(#[from] std::io::Error),
    #[error("a request of the load was refused: {0}")]
    Refused(String),
}

async fn client(
    load: Arc<Load>,
    number: usize,
    from: Instant,
    until: Instant,
) -> Result<Vec<u32>, LoadError> {
    let mut stream = TcpStream::connect(load.address).await?;
    stream.set_nodelay(true)?;
    let mut micros = Vec::new();
    let (mut body, mut request, mut answer) = (Vec::new(), Vec::new(), Vec::with_capacity(4096));
    for count in 0.. {
        body.clear();
        (load.body)(number, count, &mut body);
        request.clear();
        request.extend_from_slice(load.head.as_bytes());
        request.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        request.extend_from_slice(&body);
        let started = monotonic();
        stream.write_all(&request).await?;
        read_answer(&mut stream, &mut answer).await?;
        let ended = monotonic();
        if ended >= until {
            break;
        }
        if started >= from {
            let took = ended.saturating_duration_since(started).as_micros();
            micros.push(u32::try_from(took).unwrap_or(u32::MAX));
        }
    }
    Ok(micros)
}

/// Reads one whole answer and checks that it is a success.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<(), LoadError> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            return Err(LoadError::Refused("the connection was closed".to_owned()));
        }
        if whole_length(answer).is_some_and(|length| answer.len() >= length) {
            break;
        }
        if answer.len() > ANSWER_BYTES_MAX {
            return Err(LoadError::Refused("an answer without end".to_owned()));
        }
    }
    match answer.starts_with(b"HTTP/1.1 2") {
        true => Ok(()),
        false => Err(LoadError::Refused(String::from_utf8_lossy(answer).into_owned())),
    }
}

/// Head and body together, once the head is there.
fn whole_length(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&answer[..head]).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    Some(head + length.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::whole_length;

    #[test]
    fn the_length_of_an_answer_is_known_from_its_head() {
        let check = |text: &str, expected| assert_eq!(whole_length(text.as_bytes()), expected);
        check("HTTP/1.1 201 Created\r\ncontent-length: 5\r\n\r\nab", Some(48));
        check("HTTP/1.1 201 Created\r\ncontent-le", None);
        check("HTTP/1.1 204 No Content\r\n\r\n", Some(27));
    }
}
