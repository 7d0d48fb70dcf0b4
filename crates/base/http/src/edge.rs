//! The one layer around all routes: path form, bounds, panics, unknown paths, request ids,
//! figures and the log line.

use std::any::Any;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use florin_calendar::monotonic;
use tokio::sync::Semaphore;
use tower::{Layer, Service};

use crate::body::announced_length;
use crate::error::ApiError;
use crate::meter::{Meter, NO_ROUTE};
use crate::state::HttpState;

/// Pages that browsers load by relative links keep the slash at the end of their path.
const PAGES: &str = "/docs";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_LENGTH_MAX: usize = 64;
/// A request that took longer is worth a line in the log.
const SLOW: Duration = Duration::from_secs(2);

/// All routes of a process behind one door; this is what is served.
///
/// Serve it with [`Edge::into_make_service`], which also makes the client's address known.
#[derive(Clone)]
pub struct Edge {
    router: Router,
}

impl Edge {
    /// Puts the door in front of `router`, whose paths are registered without a slash at the end;
    /// requests are answered in both forms.
    pub fn new(router: Router, state: &HttpState) -> Self {
        let bounds = Arc::new(Bounds {
            meter: Meter::default(),
            serving: Semaphore::new(state.limits().concurrency),
            body_bytes: state.limits().body_bytes,
            time_out: state.limits().time_out,
            ids: RequestIds::new(state),
        });
        let router = router
            .fallback(|| async { ApiError::not_found() })
            .method_not_allowed_fallback(|method: Method| async move {
                // The router adds the Allow header.
                ApiError::method_not_allowed(method.as_str(), None)
            })
            .layer(BoundsLayer(bounds));
        Self { router }
    }

    /// What `axum::serve` takes.
    pub fn into_make_service(
        self,
    ) -> axum::extract::connect_info::IntoMakeServiceWithConnectInfo<Self, std::net::SocketAddr>
    {
        axum::ServiceExt::<Request>::into_make_service_with_connect_info(self)
    }
}

impl Service<Request> for Edge {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if let Some(uri) = without_slash(request.uri()) {
            *request.uri_mut() = uri;
        }
        self.router.call(request)
    }
}

/// The same URI without the slashes at the end of its path; none when there are none to take.
fn without_slash(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if path.len() <= 1 || !path.ends_with('/') || path.starts_with(PAGES) {
        return None;
    }
    let trimmed = match path.trim_end_matches('/') {
        "" => "/",
        trimmed => trimmed,
    };
    let path_and_query = match uri.query() {
        Some(query) => PathAndQuery::try_from(format!("{trimmed}?{query}")),
        None => PathAndQuery::try_from(trimmed),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.ok()?);
    Uri::from_parts(parts).ok()
}

struct Bounds {
    meter: Meter,
    serving: Semaphore,
    body_bytes: usize,
    time_out: Duration,
    ids: RequestIds,
}

/// Ids that are unique while the log is kept: the start of the process and a running number.
struct RequestIds {
    prefix: String,
    next: AtomicU64,
}

impl RequestIds {
    fn new(state: &HttpState) -> Self {
        Self { prefix: format!("{:x}", state.now().as_microsecond()), next: AtomicU64::new(1) }
    }

    /// The client's own id when it is a plain word, else a new one.
    fn of(&self, request: &Request) -> HeaderValue {
        let sent = request.headers().get(&REQUEST_ID);
        let is_word = |value: &&HeaderValue| {
            let bytes = value.as_bytes();
            (1..=REQUEST_ID_LENGTH_MAX).contains(&bytes.len())
                && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
        };
        if let Some(id) = sent.filter(is_word) {
            return id.clone();
        }
        let mut id = String::with_capacity(32);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        // Writing to a String cannot fail.
        let _ = write!(id, "{}-{number:x}", self.prefix);
        HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("-"))
    }
}

#[derive(Clone)]
struct BoundsLayer(Arc<Bounds>);

impl<S> Layer<S> for BoundsLayer {
    type Service = Bounded<S>;

    fn layer(&self, inner: S) -> Bounded<S> {
        Bounded { inner, bounds: Arc::clone(&self.0) }
    }
}

#[derive(Clone)]
struct Bounded<S> {
    inner: S,
    bounds: Arc<Bounds>,
}

impl<S> Service<Request> for Bounded<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let bounds = Arc::clone(&self.bounds);
        let started = monotonic();
        let id = bounds.ids.of(&request);
        let method = request.method().clone();
        let route = request.extensions().get::<MatchedPath>().cloned();
        let is_too_long = announced_length(request.headers())
            .is_some_and(|length| length > bounds.body_bytes as u64);
        let answering = self.inner.call(request);
        Box::pin(async move {
            let mut response = if is_too_long {
                ApiError::too_large(bounds.body_bytes).into_response()
            } else {
                bounds.answer(answering).await
            };
            let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
            let took = monotonic().saturating_duration_since(started);
            bounds.meter.record(route, &method, response.status(), took);
            log(&id, &method, route, response.status(), took);
            response.headers_mut().insert(REQUEST_ID, id);
            Ok(response)
        })
    }
}

impl Bounds {
    /// Runs a handler within its time, unless too many are running; a panic is an answer too.
    async fn answer<F>(&self, answering: F) -> Response
    where
        F: Future<Output = Result<Response, Infallible>>,
    {
        let Ok(_place) = self.serving.try_acquire() else {
            return ApiError::unavailable("The server is busy.").into_response();
        };
        let mut answering = pin!(tokio::time::timeout(self.time_out, answering));
        let polled = std::future::poll_fn(|context| {
            // The handler is dropped after a panic, so nothing sees what it left half done; its
            // transaction was rolled back by the storage.
            let poll = catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(context)));
            match poll {
                Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
                Ok(Poll::Pending) => Poll::Pending,
                Err(panic) => Poll::Ready(Err(panic)),
            }
        });
        match polled.await {
            Ok(Ok(Ok(response))) => response,
            Ok(Err(_elapsed)) => {
                ApiError::unavailable("The request took too long.").into_response()
            }
            Err(panic) => {
                tracing::error!(panic = panic_text(&*panic), "a handler panicked");
                ApiError::internal_logged().into_response()
            }
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text")
}

/// One line a request: for the eager at debug, for failures and slow ones always.
fn log(id: &HeaderValue, method: &Method, route: &str, status: StatusCode, took: Duration) {
    let is_trouble = status.is_server_error() || took > SLOW;
    if !is_trouble && !tracing::enabled!(tracing::Level::DEBUG) {
        return;
    }
    let request_id = id.to_str().unwrap_or_default();
    let (method, status, micros) = (method.as_str(), status.as_u16(), took.as_micros() as u64);
    if is_trouble {
        tracing::warn!(request_id, method, route, status, micros, "request");
    } else {
        tracing::debug!(request_id, method, route, status, micros, "request");
    }
}

#[cfg(test)]
#[path = "edge_tests.rs"]
mod tests;
