//! Jobs: what is read of a member, step by step with its aggregator.

mod entity;

use std::sync::Arc;

use florin_ids::{ConnectJobId, MemberId};
use florin_jobs::JobHandler;

pub use entity::{ConnectJob, JobStatus, JobType, Stage};

use crate::{Connect, ConnectError, Visitor};

/// The kind of the jobs that take one step with an aggregator.
pub const JOB: &str = "connect.job";
/// The kind of the jobs that refresh what is due once a day.
pub const REFRESH_JOB: &str = "connect.refresh";

/// The handlers of both kinds.
pub(crate) fn handlers(connect: &Connect) -> Vec<Arc<dyn JobHandler>> {
    let _ = connect;
    vec![]
}

impl Connect {
    /// Runs a job on a member. The same job that is under way already is answered as it is.
    ///
    /// # Errors
    /// [`ConnectError::Conflict`] while another job is under way, or when the member's status allows none (its text says
    /// what is needed first); [`ConnectError::VerifyNotEnabled`]; [`ConnectError::NotFound`].
    pub async fn run_job(
        &self,
        visitor: &Visitor,
        member: MemberId,
        job_type: JobType,
    ) -> Result<ConnectJob, ConnectError> {
        let _ = (visitor, member, job_type);
        crate::later()
    }

    /// One job.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn job(
        &self,
        visitor: &Visitor,
        id: ConnectJobId,
    ) -> Result<ConnectJob, ConnectError> {
        let _ = (visitor, id);
        crate::later()
    }
}
