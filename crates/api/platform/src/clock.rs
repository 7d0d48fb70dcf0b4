//! `/sandbox/v1/clock`: where a tenant's clock stands, and moving it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use florin_http::{AnyCaller, ApiError, Detail, Faults, FieldErrors, JsonBody, Mode, request_body};
use florin_ids::TenantId;
use florin_storage::Tx;
use florin_tenancy::day::{self, DaysRun};
use florin_tenancy::{TenancyError, set_clock_target_in};
use http_body::Frame;
use jiff::civil::Date;
use jiff::{Span, Unit};
use serde::Serialize;
use tokio::task::JoinHandle;
use tokio::time::Interval;
use utoipa::ToSchema;

use crate::PlatformState;
use crate::error::{backwards, from_tenancy};

/// The farthest that one request can move the clock.
const DAYS_MAX: i64 = 3660;
/// How long the head of an answer is held back for the run to end; well within the time that a
/// request may take until then.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How often a long run lets the client hear something, so that nothing in between hangs up.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// Where a tenant stands in time.
#[derive(Serialize, ToSchema)]
#[schema(as = Clock)]
pub(crate) struct ClockBody {
    /// The business date: the last one that is wholly done.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// Where the clock was last sent; null on the real clock.
    #[schema(value_type = Option<String>, format = Date)]
    target: Option<Date>,
    /// Whether days are being run, or are still to be run, up to the target.
    running: bool,
    /// Whether the clock moves only when it is told to.
    simulated: bool,
}

request_body! {
    /// Where to move the clock: to a date, or on by a number of days.
    pub(crate) struct AdvanceBody as "AdvanceClock" {
        /// A date that is not before the clock's, at most 3660 days ahead.
        to: optional Date,
        /// 1 to 3660 days.
        days: optional i64,
    }
    example { "days": 30 }
}

/// What moving the clock did.
#[derive(Serialize, ToSchema)]
#[schema(as = ClockAdvanced)]
pub(crate) struct AdvancedBody {
    /// The business date now.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// How many days were run.
    days_run: u32,
}

/// Get the clock.
#[utoipa::path(
    get,
    path = "/sandbox/v1/clock/",
    tag = "clock",
    operation_id = "get_clock",
    responses(
        (status = 200, body = ClockBody),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail)
    )
)]
pub(crate) async fn get(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
) -> Result<Json<ClockBody>, ApiError> {
    let found = state.http.db().read(move |tx| day::state_in(tx, caller.tenant)).await;
    let day = found.map_err(from_tenancy)?;
    let is_behind = day.clock_target.is_some_and(|target| day.business_date < target);
    Ok(Json(ClockBody {
        date: day.business_date,
        target: day.clock_target,
        running: day.running_on.is_some() || is_behind,
        simulated: day.simulated,
    }))
}

/// Move the clock forward.
///
/// Every date in between is run in order, exactly once, and the answer comes when the last is done.
/// A client that hangs up does not stop the run. `days` counts from where the clock was last sent. A
/// tenant on the real clock has a simulated one from then on.
#[utoipa::path(
    post,
    path = "/sandbox/v1/clock/advance/",
    tag = "clock",
    operation_id = "advance_clock",
    request_body = AdvanceBody,
    responses(
        (status = 200, body = AdvancedBody),
        (status = 400, body = FieldErrors),
        (status = 401, body = Detail),
        (status = 429, body = Detail),
        (status = 403, body = Detail, description = "The server is not a sandbox.")
    )
)]
pub(crate) async fn advance(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    JsonBody(body): JsonBody<AdvanceBody>,
) -> Result<Response, ApiError> {
    if state.http.mode() == Mode::Production {
        return Err(ApiError::forbidden(
            "The clock can be moved on a sandbox only; this server runs in production mode.",
        ));
    }
    let advance = read(body)?;
    let tenant = caller.tenant;
    let moved = state.http.db().write(move |tx| send_clock_in(tx, tenant, advance)).await;
    let target = moved.map_err(Refusal::into_answer)?;
    let runner = state.days.clone();
    // On a thread of its own, which goes on when nobody waits for it any more.
    let mut run = tokio::task::spawn_blocking(move || {
        runner.advance_to_blocking(tenant, target, &mut |_| {})
    });
    match tokio::time::timeout(HEAD_WITHIN, &mut run).await {
        Ok(ended) => Ok(Json(answer(ended)?).into_response()),
        Err(_elapsed) => {
            let body =
                Body::new(LongRun { run: Some(run), life: tokio::time::interval(SIGN_OF_LIFE) });
            Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
        }
    }
}

/// How far to move the clock.
#[derive(Clone, Copy)]
enum Advance {
    To(Date),
    Days(i64),
}

fn read(body: AdvanceBody) -> Result<Advance, ApiError> {
    let mut faults = Faults::new();
    let to = faults.nullable("to", body.to);
    let days = faults.nullable("days", body.days);
    let days = faults.integer("days", days, 1..=DAYS_MAX);
    faults.finish()?;
    match (to, days) {
        (Some(to), None) => Ok(Advance::To(to)),
        (None, Some(days)) => Ok(Advance::Days(days)),
        _ => Err(ApiError::field("non_field_errors", "Give either \"to\" or \"days\".")),
    }
}

/// Why the clock was not sent anywhere.
enum Refusal {
    Tenancy(TenancyError),
    Backwards(Date),
    TooFar,
}

impl From<florin_storage::StorageError> for Refusal {
    fn from(error: florin_storage::StorageError) -> Self {
        Refusal::Tenancy(error.into())
    }
}

impl From<TenancyError> for Refusal {
    fn from(error: TenancyError) -> Self {
        Refusal::Tenancy(error)
    }
}

impl Refusal {
    fn into_answer(self) -> ApiError {
        match self {
            Refusal::Tenancy(error) => from_tenancy(error),
            Refusal::Backwards(from) => backwards(from),
            Refusal::TooFar => ApiError::field(
                "to",
                format!("Ensure that the date is at most {DAYS_MAX} days ahead."),
            ),
        }
    }
}

/// Writes down where the clock is to go, so that a crash does not make it forget.
fn send_clock_in(tx: &mut Tx, tenant: TenantId, advance: Advance) -> Result<Date, Refusal> {
    let day = day::state_in(tx, tenant)?;
    let from = day.clock_target.unwrap_or(day.business_date).max(day.business_date);
    let target = match advance {
        Advance::To(date) if date < from => return Err(Refusal::Backwards(from)),
        Advance::To(date) => date,
        Advance::Days(days) => {
            from.checked_add(Span::new().days(days)).map_err(|_| Refusal::TooFar)?
        }
    };
    let ahead = day.business_date.until((Unit::Day, target)).map_err(|_| Refusal::TooFar)?;
    if i64::from(ahead.get_days()) > DAYS_MAX {
        return Err(Refusal::TooFar);
    }
    set_clock_target_in(tx, tenant, target)?;
    Ok(target)
}

type Ended = Result<Result<DaysRun, TenancyError>, tokio::task::JoinError>;

fn answer(ended: Ended) -> Result<AdvancedBody, ApiError> {
    match ended {
        Ok(Ok(run)) => Ok(AdvancedBody { date: run.business_date, days_run: run.days }),
        Ok(Err(error)) => Err(from_tenancy(error)),
        Err(error) => Err(ApiError::internal(&error)),
    }
}

/// The body of an answer whose head could not wait: blanks, which JSON allows in front of a value,
/// until the run ends, and then the value. A run that fails breaks the body off.
struct LongRun {
    /// None once it has ended.
    run: Option<JoinHandle<Result<DaysRun, TenancyError>>>,
    life: Interval,
}

/// The run failed after the head of the answer had gone; what it failed of is in the log.
#[derive(Debug, thiserror::Error)]
#[error("the business days could not be run to the end")]
struct BrokenOff;

impl HttpBody for LongRun {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let Some(run) = &mut self.run else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(ended) = Pin::new(run).poll(context) {
            self.run = None;
            let body = answer(ended).ok().and_then(|body| serde_json::to_vec(&body).ok());
            let frame = body.map(|body| Frame::data(Bytes::from(body))).ok_or(BrokenOff);
            return Poll::Ready(Some(frame));
        }
        ready!(self.life.poll_tick(context));
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"\n")))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;
    use jiff::civil::date;

    async fn body_of(ended: Result<DaysRun, TenancyError>) -> Option<String> {
        let run = tokio::task::spawn_blocking(move || ended);
        let body = Body::new(LongRun { run: Some(run), life: tokio::time::interval(SIGN_OF_LIFE) });
        let bytes = to_bytes(body, 1000).await.ok()?;
        String::from_utf8(bytes.to_vec()).ok()
    }

    #[tokio::test]
    async fn a_long_run_ends_in_the_same_answer_or_breaks_off() {
        let run = DaysRun { days: 3, business_date: date(2026, 1, 2) };
        let body = body_of(Ok(run)).await.expect("a whole body");
        assert_eq!(body.trim_start(), r#"{"date":"2026-01-02","days_run":3}"#);
        assert!(body_of(Err(TenancyError::DateOutOfRange)).await.is_none());
    }
}
