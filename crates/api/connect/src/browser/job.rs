//! Jobs on members.

use axum::Json;
use axum::extract::State;
use florin_connect::{Connect, ConnectJob, JobType};
use florin_http::request_body;
use florin_ids::{ConnectJobId, MemberId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Body, Guid, Visit};
use crate::docs::{BadInput, Conflict, Refusals, Unknown};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::Reader;

request_body! {
    /// A job that is wanted.
    pub(crate) struct JobInput as "NewJob" {
        /// 0 AGGREGATION, 1 VERIFICATION, 2 IDENTIFICATION, 3 HISTORY, 4 STATEMENT, 5 ORDER, 6 REWARD, 7 BALANCE,
        /// 8 MICRO_DEPOSIT, 9 TAX, 10 CREDIT_REPORT, 11 COMBINATION. No bank tells of 5, 6, 8 and 10: they are refused.
        job_type: optional i64,
    }
    example {"job_type": 0}
}

/// A job that has begun.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobBegun)]
pub(crate) struct BegunBody {
    /// `JOB-...`
    pub(crate) job_guid: String,
    /// 0 CREATED, 1 RUNNING, 2 CHALLENGED, 5 FAILED, 6 DONE.
    pub(crate) status: i64,
}

impl From<ConnectJob> for BegunBody {
    fn from(job: ConnectJob) -> Self {
        Self { job_guid: guid(job.id), status: job.status.code() }
    }
}

/// A run of work on a member.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobBody {
    /// `JOB-...`
    guid: String,
    /// See the request.
    job_type: i64,
    /// The name of `job_type`.
    job_type_name: &'static str,
    /// 0 CREATED, 1 RUNNING, 2 CHALLENGED, 5 FAILED, 6 DONE.
    status: i64,
    /// The name of `status`.
    status_name: &'static str,
    /// 0 to 100.
    progress: u32,
    /// `waiting`, `signing_in`, `accounts`, `transactions` or `finished`.
    stage: &'static str,
    /// Accounts and balances can be read although the job may go on.
    async_account_data_ready: bool,
    /// `MBR-...`
    member_guid: String,
    /// `USR-...`
    user_guid: String,
    /// When it began, in seconds since 1970.
    started_at: Option<i64>,
    /// When it ended, in seconds since 1970.
    finished_at: Option<i64>,
}

impl From<ConnectJob> for JobBody {
    fn from(job: ConnectJob) -> Self {
        Self {
            guid: guid(job.id),
            job_type: job.job_type.code(),
            job_type_name: job.job_type.as_str(),
            status: job.status.code(),
            status_name: job.status.as_str(),
            progress: job.progress,
            stage: job.stage.as_str(),
            async_account_data_ready: job.async_account_data_ready,
            member_guid: guid(job.member),
            user_guid: guid(job.user),
            started_at: job.started_at.map(|at| at.as_second()),
            finished_at: job.finished_at.map(|at| at.as_second()),
        }
    }
}

/// Run a job on a member
///
/// It runs in the background: poll the member and the job. While one is under way, another of the kind is the same one.
/// What the session's products and mode do not cover is refused (409).
#[utoipa::path(
    post, path = "/connect/v1/members/{guid}/jobs", tag = "Members", operation_id = "job_run",
    security(("Session" = [])), params(("guid" = String, Path, description = "`MBR-...`")),
    request_body = JobInput,
    responses(
        (status = 200, description = "It has begun.", body = BegunBody),
        BadInput, Conflict, Unknown, Refusals
    ),
)]
pub(crate) async fn run(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(member): Guid<MemberId>,
    Body(input): Body<JobInput>,
) -> Answer<Json<BegunBody>> {
    let mut reader = Reader::default();
    let job_type = match reader.take("job_type", input.job_type) {
        Some(code) => {
            let known = JobType::from_code(code);
            if known.is_none() {
                reader.fault("job_type", "Choose a number from 0 to 11.");
            }
            known.unwrap_or(JobType::Aggregation)
        }
        None => JobType::Aggregation,
    };
    reader.done()?;
    let job = connect.run_job(&visitor, member, job_type).await?;
    Ok(Json(job.into()))
}

/// Get a job
#[utoipa::path(
    get, path = "/connect/v1/jobs/{guid}", tag = "Members", operation_id = "job_get",
    security(("Session" = [])), params(("guid" = String, Path, description = "`JOB-...`")),
    responses((status = 200, description = "The job.", body = JobBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(id): Guid<ConnectJobId>,
) -> Answer<Json<JobBody>> {
    Ok(Json(connect.job(&visitor, id).await?.into()))
}
