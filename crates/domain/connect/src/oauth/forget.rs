//! Consents that are no longer ours: the aggregator is told once the deletion is written down.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use florin_crypto::KeyRing;
use florin_jobs::{Job, JobHandler, NewJob, Outcome, RunFuture, enqueue_in};
use florin_storage::Tx;
use serde_json::json;

use crate::member::Member;
use crate::{Connect, ConnectError};

/// The kind of the jobs that have an aggregator forget a consent.
const FORGET_JOB: &str = "connect.forget";
/// The place that a sealed consent in a job opens at, with the member's id.
const CONTEXT: &str = "connect.forget";

/// Leaves a job behind that has the member's aggregator forget this consent.
pub(crate) fn forget_in(
    tx: &mut Tx,
    keys: &KeyRing,
    member: &Member,
    consent: &[u8],
) -> Result<(), ConnectError> {
    let sealed = keys.seal(CONTEXT, member.id.uuid().as_bytes(), consent);
    let sealed = STANDARD.encode(sealed);
    let job = NewJob {
        tenant: member.tenant,
        kind: FORGET_JOB,
        // Sealed with a nonce, it never repeats.
        idempotency_key: format!("{}:{}", member.id, &sealed[..48.min(sealed.len())]),
        ordering_key: None,
        sequence: 0,
        payload: json!({ "member": member.id, "aggregator": member.aggregator, "consent": sealed }),
        run_at: None,
    };
    enqueue_in(tx, &[job])?;
    Ok(())
}

/// Has aggregators forget consents.
pub(crate) struct ForgetHandler {
    connect: Connect,
}

impl ForgetHandler {
    pub(crate) fn new(connect: Connect) -> Self {
        Self { connect }
    }

    async fn forget(&self, job: &Job) -> Option<Result<(), String>> {
        let text = |name: &str| job.payload.get(name)?.as_str().map(str::to_owned);
        let member: florin_ids::MemberId = text("member")?.parse().ok()?;
        let sealed = STANDARD.decode(text("consent")?).ok()?;
        let consent = self.connect.keys.open(CONTEXT, member.uuid().as_bytes(), &sealed).ok()?;
        let aggregator = self.connect.aggregators.get(&text("aggregator")?)?;
        Some(aggregator.forget(&consent).await)
    }
}

impl JobHandler for ForgetHandler {
    fn kind(&self) -> &'static str {
        FORGET_JOB
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            match self.forget(job).await {
                Some(Ok(())) => Outcome::Done,
                Some(Err(error)) => Outcome::Retry(error),
                None => Outcome::GiveUp("the consent or its aggregator cannot be read".to_owned()),
            }
        })
    }
}
