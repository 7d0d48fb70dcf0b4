//! Asks providers for what an application's decision needs, and decides.
//!
//! One job a completion. An attempt asks for everything that is still awaited, side by side and outside any
//! transaction, then takes what was answered in one. Whatever nobody answered is asked again later, until the last
//! attempt: then the decision falls with what is known, and a rule without its input fails and says so. A data point
//! that the partner sends meanwhile for an awaited input counts.

use std::sync::Arc;
use std::time::Duration;

use florin_calendar::Clock;
use florin_decisioning::decision::{Answered, Awaited, Held};
use florin_decisioning::provider::{Provider, Providers, Question, Subject, Unanswered};
use florin_ids::{ApplicationId, TenantId};
use florin_jobs::{Job, JobHandler, Outcome, RetryPolicy, RunFuture};
use florin_storage::Tx;
use florin_tenancy::day;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::decide::{decide_in, linked_in, product_in};
use super::{Application, ApplicationStatus, repo};
use crate::{Lending, LendingError, end_user};

/// The jobs' kind.
pub(super) const KIND: &str = "application_decision";
/// How long a provider may take for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Six attempts in about a quarter of an hour.
const POLICY: RetryPolicy = RetryPolicy { delays_seconds: &[2, 10, 60, 240, 600], attempts_max: 6 };

/// Carries out the jobs that decide on applications whose inputs have to be fetched.
pub struct DecisionHandler {
    lending: Lending,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Payload {
    application: ApplicationId,
    completion: Uuid,
}

/// What an attempt found to do.
struct Work {
    held: Held,
    subject: Subject,
}

impl DecisionHandler {
    /// A handler for the applications of `lending`, which knows the providers.
    pub fn new(lending: Lending, clock: Arc<dyn Clock>) -> Self {
        Self { lending, clock }
    }

    async fn attempt(&self, job: &Job) -> Result<Outcome, LendingError> {
        let Ok(payload) = serde_json::from_value::<Payload>(job.payload.clone()) else {
            return Ok(Outcome::GiveUp("the payload is not one of ours".to_owned()));
        };
        let Some(work) = self.work(job.tenant, payload).await? else { return Ok(Outcome::Done) };
        let providers = self.lending.decisioning().providers().clone();
        let (answers, silence) = ask(&providers, job.tenant, payload.application, work).await;
        let is_last = POLICY.is_last(job.attempts);
        let must_decide = silence.is_none() || is_last;
        let (lending, tenant, now) = (self.lending.clone(), job.tenant, self.clock.now());
        let taken = self
            .lending
            .db
            .write(move |tx| lending.take_in(tx, tenant, payload, &answers, must_decide, now));
        taken.await?;
        Ok(match silence {
            Some(silence) if !is_last => Outcome::Retry(silence),
            _ => Outcome::Done,
        })
    }

    /// What is still awaited for this completion; `None` when it was decided already.
    async fn work(&self, tenant: TenantId, payload: Payload) -> Result<Option<Work>, LendingError> {
        let lending = self.lending.clone();
        self.lending
            .db
            .read(move |tx| {
                let held = lending.decisioning.held_in(tx, tenant, payload.application)?;
                let Some(held) = held.filter(|held| held.completion == payload.completion) else {
                    return Ok(None);
                };
                let Some(application) = repo::get(tx, tenant, payload.application)? else {
                    return Ok(None);
                };
                let keys = lending.keys();
                let end_user = end_user::repo::get(tx, keys, tenant, application.end_user)?;
                let Some(end_user) = end_user else { return Ok(None) };
                let subject = Subject {
                    end_user: end_user.id,
                    first_name: end_user.first_name,
                    last_name: end_user.last_name,
                    birth_date: end_user.birth_date,
                    postal_code: end_user.postal_code,
                    custom_fields: application.custom_fields,
                };
                Ok(Some(Work { held, subject }))
            })
            .await
    }
}

impl JobHandler for DecisionHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            match self.attempt(job).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    let cause = &error as &dyn std::error::Error;
                    tracing::error!(error = cause, "an application was not decided");
                    Outcome::Retry(error.to_string())
                }
            }
        })
    }

    fn retry_policy(&self) -> RetryPolicy {
        POLICY
    }

    fn lease(&self) -> SignedDuration {
        SignedDuration::from_secs(90)
    }
}

impl Lending {
    /// Takes what was answered and, when the time has come or nothing is awaited any more, decides.
    fn take_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        payload: Payload,
        answers: &[Answered],
        must_decide: bool,
        now: Timestamp,
    ) -> Result<Option<Application>, LendingError> {
        let id = payload.application;
        let application = repo::get_for_update(tx, tenant, id)?
            .filter(|application| application.status == ApplicationStatus::Processing);
        let Some(application) = application else { return Ok(None) };
        let held = self.decisioning.held_in(tx, tenant, id)?;
        let Some(mut held) = held.filter(|held| held.completion == payload.completion) else {
            return Ok(None);
        };
        let linked = linked_in(tx, &self.decisioning, tenant, &application)?;
        self.decisioning.relink_in(tx, tenant, id, &mut held, &linked)?;
        let at = day::state_in(tx, tenant)?.stamp(now);
        self.decisioning.note_answers_in(tx, tenant, id, &mut held, answers, at)?;
        if !must_decide {
            return Ok(None);
        }
        let product = product_in(tx, tenant, &application)?;
        let prepared = self.decisioning.resume_in(tx, tenant, id, held)?;
        let decided =
            decide_in(tx, &self.decisioning, tenant, application, &product, prepared, at)?;
        Ok(Some(decided))
    }
}

/// Asks for everything that is awaited, side by side. Answers what was answered, and why the rest was not.
async fn ask(
    providers: &Providers,
    tenant: TenantId,
    application: ApplicationId,
    work: Work,
) -> (Vec<Answered>, Option<String>) {
    let mut answers = Vec::new();
    let mut silence = None;
    let mut asked = JoinSet::new();
    for awaited in work.held.awaited {
        let Some(provider) = providers.find(&awaited.provider) else {
            let name = &awaited.provider;
            silence = Some(format!("the provider {name} is not configured on this server"));
            continue;
        };
        let question = Question {
            tenant,
            application,
            subject: work.subject.clone(),
            source: awaited.name.clone(),
            kind: awaited.kind,
        };
        asked.spawn(answer(Arc::clone(provider), question, awaited));
    }
    while let Some(answer) = asked.join_next().await {
        match answer {
            Ok(Ok(answered)) => answers.push(answered),
            Ok(Err(Unanswered(why))) => silence = Some(why),
            Err(_) => silence = Some("the provider's client failed".to_owned()),
        }
    }
    (answers, silence)
}

async fn answer(
    provider: Arc<dyn Provider>,
    question: Question,
    awaited: Awaited,
) -> Result<Answered, Unanswered> {
    let Ok(answer) = tokio::time::timeout(ANSWER_WITHIN, provider.ask(&question)).await else {
        return Err(Unanswered(format!("{} did not answer in time", provider.name())));
    };
    let value = answer?;
    if value.as_ref().is_some_and(|value| value.kind() != question.kind) {
        let name = provider.name();
        return Err(Unanswered(format!("{name} answered another type than {}", question.kind)));
    }
    Ok(Answered { awaited, value })
}
