//! A whole list as comma-separated values (RFC 4180), streamed with flat memory.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::error::{ApiError, chain};

/// Rows are sent on once so many bytes of them have gathered.
const CHUNK_BYTES: usize = 32 * 1024;
/// Chunks that may wait for a slow client before the reader waits too.
const CHUNKS_MAX: usize = 4;

/// A client that takes nothing for so long has its download cut: the reader holds a connection to
/// the database.
const STALL_MAX: Duration = Duration::from_secs(60);

/// Downloads under way at once; the next one waits for its turn. Each holds a connection to the database for as long
/// as its client takes, and pages must find one too.
const DOWNLOADS_MOST: usize = 2;
static PLACES: Semaphore = Semaphore::const_new(DOWNLOADS_MOST);

/// Takes the rows of a list, one after another, from a blocking reader.
pub struct CsvRows {
    buffer: Arc<Mutex<Vec<u8>>>,
    chunks: Sender<Chunk>,
    runtime: Handle,
    is_cut: Arc<AtomicBool>,
}

impl CsvRows {
    /// Adds a row: any struct whose fields are the columns, in order. False when the client has
    /// gone and the reader can stop. Waits while the client is slow, so it must not be called from
    /// an asynchronous task.
    pub fn push(&mut self, row: &impl Serialize) -> bool {
        let full = {
            let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = write_row(&mut buffer, row) {
                tracing::error!(error = %chain(&error), "a row could not be written as CSV");
                return self.cut();
            }
            (buffer.len() >= CHUNK_BYTES).then(|| std::mem::take(&mut *buffer))
        };
        let Some(chunk) = full else {
            return !self.chunks.is_closed();
        };
        let sending = self.chunks.send_timeout(Chunk::Part(chunk.into()), STALL_MAX);
        self.runtime.block_on(sending).is_ok() || self.cut()
    }

    /// Stops the reader without letting what was sent pass for the whole list.
    fn cut(&self) -> bool {
        self.is_cut.store(true, Ordering::Relaxed);
        false
    }
}

/// Some of the rows on their way to the client.
enum Chunk {
    Part(Bytes),
    /// Without this one the list is not whole, whatever happened to its reader.
    Last(Bytes),
}

/// The reader failed after the answer had begun; the connection is cut so that nobody takes the
/// part for the whole.
#[derive(Debug, thiserror::Error)]
#[error("the list could not be read to its end")]
struct Cut;

/// Answers with the rows that `produce` pushes, as a file to save under `file_name`.
///
/// `columns` are the names of the row's fields, in order. When the reader fails before the first
/// chunk is full, its error is the answer; later the connection is cut.
pub async fn download<P, F, E>(
    file_name: &str,
    columns: &[&str],
    produce: P,
) -> Result<Response, ApiError>
where
    P: FnOnce(CsvRows) -> F,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<ApiError> + Send + 'static,
{
    let place = PLACES.acquire().await.map_err(|error| ApiError::internal(&error))?;
    let (sender, mut receiver) = channel(CHUNKS_MAX);
    let mut header = columns.join(",").into_bytes();
    header.extend_from_slice(b"\r\n");
    let buffer = Arc::new(Mutex::new(header));
    let is_cut = Arc::new(AtomicBool::new(false));
    let reader = produce(CsvRows {
        buffer: Arc::clone(&buffer),
        chunks: sender.clone(),
        runtime: Handle::current(),
        is_cut: Arc::clone(&is_cut),
    });
    let reading = tokio::spawn(async move {
        let read = reader.await;
        drop(place);
        read.map_err(Into::into)?;
        if !is_cut.load(Ordering::Relaxed) {
            let rest = {
                let mut buffer = buffer.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *buffer)
            };
            // A client that has gone needs no end.
            let _ = sender.send(Chunk::Last(rest.into())).await;
        }
        Ok::<(), ApiError>(())
    });
    if let Some(first) = receiver.recv().await {
        return Ok(respond(file_name, Chunks { first: Some(first), receiver, is_whole: false }));
    }
    match reading.await {
        Ok(Err(error)) => Err(error),
        Ok(Ok(())) => Err(ApiError::internal_logged()),
        Err(error) => Err(ApiError::internal(&error)),
    }
}

fn respond(file_name: &str, chunks: Chunks) -> Response {
    let disposition = format!("attachment; filename=\"{file_name}\"");
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, disposition)];
    (headers, Body::new(chunks)).into_response()
}

/// The chunks as the body of an answer.
struct Chunks {
    first: Option<Chunk>,
    receiver: Receiver<Chunk>,
    is_whole: bool,
}

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if self.is_whole {
            return Poll::Ready(None);
        }
        let chunk = match self.first.take() {
            Some(first) => Some(first),
            None => ready!(self.receiver.poll_recv(context)),
        };
        Poll::Ready(Some(match chunk {
            Some(Chunk::Part(bytes)) => Ok(Frame::data(bytes)),
            Some(Chunk::Last(bytes)) => {
                self.is_whole = true;
                Ok(Frame::data(bytes))
            }
            None => Err(Cut),
        }))
    }
}

/// The fields of a serialised struct, in the order in which they were written.
struct Cells(Vec<Box<RawValue>>);

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Cells;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a struct")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cells, A::Error> {
                let mut cells = Vec::new();
                while let Some((_, value)) = map.next_entry::<serde::de::IgnoredAny, _>()? {
                    cells.push(value);
                }
                Ok(Cells(cells))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

fn write_row(out: &mut Vec<u8>, row: &impl Serialize) -> serde_json::Result<()> {
    let Cells(cells) = serde_json::from_str(&serde_json::to_string(row)?)?;
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        match serde_json::from_str::<Value>(cell.get())? {
            Value::Null => {}
            Value::String(text) => write_text(out, &text),
            // Numbers stand as they are, digit for digit; an object or a list as its JSON.
            Value::Number(_) | Value::Bool(_) => out.extend_from_slice(cell.get().as_bytes()),
            Value::Array(_) | Value::Object(_) => write_quoted(out, "", cell.get()),
        }
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// A text; one that a spreadsheet would run as a formula gets an apostrophe in front.
fn write_text(out: &mut Vec<u8>, text: &str) {
    let is_number = text.parse::<rust_decimal::Decimal>().is_ok();
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number;
    let guard = if is_formula { "'" } else { "" };
    let needs_quotes = text.contains(['"', ',', '\n', '\r', '\t']) || text.trim() != text;
    if needs_quotes || is_formula {
        write_quoted(out, guard, text);
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

fn write_quoted(out: &mut Vec<u8>, guard: &str, text: &str) {
    out.push(b'"');
    out.extend_from_slice(guard.as_bytes());
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    #[derive(Serialize)]
    struct Row {
        zebra: String,
        apple: Option<i64>,
        amount: Box<RawValue>,
        flag: bool,
        list: Vec<i64>,
    }

    fn row(text: &str) -> Row {
        Row {
            zebra: text.to_owned(),
            apple: None,
            amount: RawValue::from_string("1000.10".to_owned()).expect("a number"),
            flag: true,
            list: vec![1, 2],
        }
    }

    #[test]
    fn cells_are_quoted_where_needed_and_formulas_disarmed() {
        let check = |text: &str, expected: &str| {
            let mut out = Vec::new();
            write_row(&mut out, &row(text)).expect("it serialises");
            let line = String::from_utf8(out).expect("text");
            assert_eq!(line, format!("{expected},,1000.10,true,\"[1,2]\"\r\n"), "{text}");
        };
        check("plain", "plain");
        check("", "");
        check("a,b", "\"a,b\"");
        check("say \"hi\"", "\"say \"\"hi\"\"\"");
        check("two\nlines", "\"two\nlines\"");
        check("=1+1", "\"'=1+1\"");
        check("@SUM(A1)", "\"'@SUM(A1)\"");
        check("-2000.00", "-2000.00");
        check("-2+3", "\"'-2+3\"");
    }

    #[tokio::test]
    async fn a_long_list_arrives_whole_and_in_order() {
        let response = download("rows.csv", &["zebra"], |mut rows| async move {
            tokio::task::spawn_blocking(move || {
                for n in 0..20_000 {
                    assert!(rows.push(&serde_json::json!({ "zebra": n })));
                }
            })
            .await
            .map_err(|error| ApiError::internal(&error))
        })
        .await
        .expect("it starts");
        let body = to_bytes(response.into_body(), 10_000_000).await.expect("a body");
        let text = String::from_utf8(body.to_vec()).expect("text");
        let expected = (0..20_000).map(|n| format!("{n}\r\n")).collect::<String>();
        assert_eq!(text, format!("zebra\r\n{expected}"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn few_downloads_run_at_once() {
        let endless =
            || {
                download("rows.csv", &["a"], |mut rows| async move {
                    let pushing = tokio::task::spawn_blocking(move || {
                        while rows.push(&serde_json::json!({ "a": 1 })) {}
                    });
                    pushing.await.map_err(|error| ApiError::internal(&error))
                })
            };
        let first = endless().await.expect("it starts");
        let _second = endless().await.expect("it starts");
        let waiting = tokio::time::timeout(Duration::ZERO, endless()).await;
        assert!(waiting.is_err(), "a third one runs beside two that nobody reads");
        drop(first);
        endless().await.expect("it starts in the place of the first");
    }

    #[tokio::test]
    async fn a_failure_before_the_first_chunk_is_the_answer() {
        let result = download("rows.csv", &["a"], |_rows| async { Err(ApiError::not_found()) });
        assert_eq!(result.await.expect_err("refused").status().as_u16(), 404);
    }

    #[tokio::test]
    async fn a_reader_that_panics_cuts_the_answer() {
        let response = download("rows.csv", &["a"], |mut rows| async move {
            let pushing = tokio::task::spawn_blocking(move || {
                (0..20_000).all(|n| rows.push(&serde_json::json!({ "a": n })))
            });
            assert!(pushing.await.is_err(), "on purpose");
            Ok::<(), ApiError>(())
        });
        let response = response.await.expect("it starts");
        assert!(to_bytes(response.into_body(), 10_000_000).await.is_err());
    }

    #[tokio::test]
    async fn a_failure_later_cuts_the_answer() {
        let response = download("rows.csv", &["a"], |mut rows| async move {
            let _ = tokio::task::spawn_blocking(move || {
                for n in 0..20_000 {
                    rows.push(&serde_json::json!({ "a": n }));
                }
            })
            .await;
            Err(ApiError::not_found())
        });
        let response = response.await.expect("it starts");
        assert!(to_bytes(response.into_body(), 10_000_000).await.is_err());
    }
}
