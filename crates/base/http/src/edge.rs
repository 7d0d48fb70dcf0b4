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
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, Version};
use axum::response::{IntoResponse, Response};
use axum::routing::future::RouteFuture;
use florin_calendar::monotonic;
use percent_encoding::percent_decode_str;
use tokio::sync::Semaphore;
use tower::{Layer, Service};
use uuid::Uuid;

use crate::body::announced_length;
use crate::face::{Face, FaceOf, Refusal, RequestId, refused};
use crate::linger::read_to_the_end;
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
    faces: Arc<[Arc<dyn Face>]>,
}

impl Edge {
    /// Puts the door in front of `router`, whose paths are registered without a slash at the end;
    /// requests are answered in both forms.
    pub fn new(router: Router, state: &HttpState) -> Self {
        Self::with_faces(router, state, Vec::new())
    }

    /// The same for surfaces that have paths and refusals of their own form; the first face that owns a path counts.
    pub fn with_faces(router: Router, state: &HttpState, faces: Vec<Arc<dyn Face>>) -> Self {
        let bounds = Arc::new(Bounds {
            meter: Meter::default(),
            serving: Semaphore::new(state.limits().concurrency),
            body_bytes: state.limits().body_bytes,
            time_out: state.limits().time_out,
            is_behind_proxy: state.options().behind_proxy,
            ids: RequestIds::new(state),
        });
        let router = router
            .fallback(|request: Request| async move {
                refused(request.extensions(), &Refusal::UnknownPath)
            })
            .method_not_allowed_fallback(|request: Request| async move {
                let refusal = Refusal::WrongMethod(request.method().clone());
                refused(request.extensions(), &refusal)
            })
            .layer(BoundsLayer(bounds));
        Self { router, faces: faces.into() }
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
        let face = self.faces.iter().find(|face| face.owns(request.uri().path()));
        let canonical = match face {
            Some(face) => face.canonical(request.uri()),
            None => without_slash(request.uri()),
        };
        if let Some(uri) = canonical {
            *request.uri_mut() = uri;
        }
        if let Some(face) = face {
            request.extensions_mut().insert(FaceOf(Arc::clone(face)));
        }
        self.router.call(request)
    }
}

/// The same URI without the slashes at the end of its path; none when there are none to take.
pub fn without_slash(uri: &Uri) -> Option<Uri> {
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
    is_behind_proxy: bool,
    ids: RequestIds,
}

/// Ids that are unique while the log is kept: the start of the process and a running number.
struct RequestIds {
    started_micros: i64,
    prefix: String,
    next: AtomicU64,
}

impl RequestIds {
    fn new(state: &HttpState) -> Self {
        let started_micros = state.now().as_microsecond();
        Self { started_micros, prefix: format!("{started_micros:x}"), next: AtomicU64::new(1) }
    }

    /// The client's own id when it is a UUID, else a new one: a UUID of our own making (version 8) of the process, when
    /// it started and the running number.
    fn uuid_of(&self, request: &Request) -> Uuid {
        let sent = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
        if let Some(id) = sent.and_then(|text| Uuid::try_parse(text).ok()) {
            return id;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let started_millis = self.started_micros / 1000;
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&started_millis.to_be_bytes()[2..]);
        bytes[6..8].copy_from_slice(&std::process::id().to_be_bytes()[2..]);
        bytes[8..].copy_from_slice(&number.to_be_bytes());
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
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

    fn call(&mut self, mut request: Request) -> Self::Future {
        let bounds = Arc::clone(&self.bounds);
        let started = monotonic();
        let face = bounds.face_of(&mut request);
        let id = match &face {
            Some((_, RequestId(id))) => text_of(*id),
            None => bounds.ids.of(&request),
        };
        let method = request.method().clone();
        let route = request.extensions().get::<MatchedPath>().cloned();
        let refusal = bounds.refusal_of(&request, face.as_ref().map(|(face, _)| &*face.0));
        let answering = self.inner.call(read_to_the_end(request, bounds.time_out));
        Box::pin(async move {
            let answered = match refusal {
                Some(refusal) => Err(refusal),
                None => bounds.answer(answering).await,
            };
            let mut response = answered.unwrap_or_else(|refusal| match &face {
                Some((FaceOf(face), id)) => face.refuse(&refusal, *id),
                None => refusal.plain().into_response(),
            });
            let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
            let took = monotonic().saturating_duration_since(started);
            bounds.meter.record(route, &method, response.status(), took);
            log(&id, &method, route, response.status(), took);
            response.headers_mut().insert(REQUEST_ID, id);
            Ok(response)
        })
    }
}

/// Whether a path is text once decoded. PostgreSQL's texts hold no null character, so no thing's name does.
fn is_text(path: &str) -> bool {
    percent_decode_str(path).decode_utf8().is_ok_and(|text| !text.contains('\0'))
}

/// A UUID as a header's value.
fn text_of(id: Uuid) -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    let text = id.hyphenated().encode_lower(&mut buffer);
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("-"))
}

impl Bounds {
    /// Whose path it is, with an id that the surface's handlers find in the request.
    fn face_of(&self, request: &mut Request) -> Option<(FaceOf, RequestId)> {
        let face = request.extensions().get::<FaceOf>().cloned()?;
        let sent = face.0.sent_id(request.headers());
        let id = RequestId(sent.unwrap_or_else(|| self.ids.uuid_of(request)));
        request.extensions_mut().insert(id);
        Some((face, id))
    }

    /// Why a request is not even given to its handler.
    fn refusal_of(&self, request: &Request, face: Option<&dyn Face>) -> Option<Refusal> {
        // What is not text names nothing on a surface; pages without one say so in words of their own.
        if face.is_some() && !is_text(request.uri().path()) {
            return Some(Refusal::UnknownPath);
        }
        let length = announced_length(request.headers());
        if length.is_some_and(|length| length > self.body_bytes as u64) {
            return Some(Refusal::TooLarge(self.body_bytes));
        }
        let is_refused = face.is_some_and(|face| !face.takes_http_10());
        let is_old = request.version() < Version::HTTP_11 && !self.is_behind_proxy;
        (is_refused && is_old).then_some(Refusal::OldProtocol)
    }

    /// Runs a handler within its time, unless too many are running; a panic is an answer too.
    async fn answer<F>(&self, answering: F) -> Result<Response, Refusal>
    where
        F: Future<Output = Result<Response, Infallible>>,
    {
        let Ok(_place) = self.serving.try_acquire() else {
            return Err(Refusal::Busy);
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
            Ok(Ok(Ok(response))) => Ok(response),
            Ok(Err(_elapsed)) => Err(Refusal::TooSlow),
            Err(panic) => {
                tracing::error!(panic = panic_text(&*panic), "a handler panicked");
                Err(Refusal::Panicked)
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
