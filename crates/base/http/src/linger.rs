//! What a client is still sending when its answer is ready.

use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::EXPECT;
use http_body::{Frame, SizeHint};
use tokio::runtime::Handle;

/// Sees to it that the whole of a request's body is read for up to `longest`, also where its answer does not wait for it.
///
/// A connection that is closed while its client still sends is reset, and a reset takes the answer with it: instead of
/// "too large" the client would see a broken pipe (RFC 9112, section 9.6).
pub(crate) fn read_to_the_end(request: Request, longest: Duration) -> Request {
    // Who asks before it sends gets its answer and sends nothing.
    let waits = request.headers().contains_key(EXPECT);
    if waits || request.body().is_end_stream() {
        return request;
    }
    request.map(|body| Body::new(Lingering { body, longest }))
}

/// A body whose rest is read and thrown away once nobody wants it any more.
struct Lingering {
    body: Body,
    longest: Duration,
}

impl HttpBody for Lingering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = Body::empty();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let mut rest = mem::take(&mut self.body);
        if rest.is_end_stream() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        let reading = async move {
            while let Some(Ok(_)) = poll_fn(|context| Pin::new(&mut rest).poll_frame(context)).await
            {
            }
        };
        runtime.spawn(tokio::time::timeout(self.longest, reading));
    }
}
