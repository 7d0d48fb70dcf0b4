//! Decisions: made once, kept with everything that is needed to make them again.
//!
//! Lending completes an application in its own transaction:
//!
//! 1. [`Decisioning::prepare_in`] finds the product's selector, chooses the engine from the application's id, and
//!    gathers the inputs: what Florin knows itself, and the newest data point of every source.
//! 2. Nothing has to be fetched: [`Decisioning::decide_in`] works the engine and its shadows out and keeps the decision.
//! 3. A provider has to be asked: [`Decisioning::hold_in`] notes what is known and what is awaited; a job asks, outside
//!    any transaction, and [`Decisioning::note_answers_in`] and [`Decisioning::resume_in`] take the answers.
//!
//! A decision is never changed. Reopening and completing an application makes another.

pub mod entity;
pub mod repo;

use std::sync::Arc;

use florin_ids::{ApplicationId, DecisionId, RiskEngineId, TenantId};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::Caller;
use jiff::Timestamp;

pub use entity::{Awaited, Case, Decision, Difference, Ground, Held, Outcome, Shadow};
pub use repo::FIELDS;

use crate::choice::choose;
use crate::expression::{Inputs, Value};
use crate::risk_engine::Compiled;
use crate::scorecard::Sources;
use crate::scoring::Change;
use crate::{Decisioning, DecisioningError, LINKED_INPUTS, data_point, selector};

const DECISION: &str = "decision";

/// Engines and inputs, at hand for a decision.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The engine that decides.
    pub engine: Arc<Compiled>,
    /// The engines that watch.
    pub shadows: Vec<Arc<Compiled>>,
    /// What is known.
    pub inputs: Inputs,
    /// What providers have to be asked for first.
    pub awaited: Vec<Awaited>,
}

/// A value that a provider answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What it was asked for.
    pub awaited: Awaited,
    /// The answer; `None` where it knows nothing of the subject.
    pub value: Option<Value>,
}

/// A decision made again.
#[derive(Debug, Clone)]
pub struct Replay {
    /// What was recorded.
    pub decision: Decision,
    /// The version of the engine that was run now.
    pub version: String,
    /// What came out now.
    pub outcome: Outcome,
    /// The smallest change of one input that would have approved now.
    pub smallest_change: Option<Change>,
    /// Where the two differ; empty when they are the same bit for bit.
    pub differences: Vec<Difference>,
}

impl Decisioning {
    /// One decision, and the smallest change of one input that would have approved a declined application.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`].
    pub async fn get_decision(
        &self,
        caller: &Caller,
        id: DecisionId,
    ) -> Result<(Decision, Option<Change>), DecisioningError> {
        let (service, tenant) = (self.clone(), caller.tenant);
        self.db
            .read(move |tx| {
                let decision =
                    repo::get(tx, tenant, id)?.ok_or(DecisioningError::NotFound(DECISION))?;
                let engine = service.compiled_in(tx, tenant, decision.risk_engine)?;
                let change = decision.outcome.smallest_change(&engine, &decision.inputs);
                Ok((decision, change))
            })
            .await
    }

    /// A page of the decisions that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_decisions(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<Decision>, DecisioningError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }

    /// Hands every decision that `query` selects to `f`, until it answers false.
    ///
    /// # Errors
    /// Storage only.
    pub async fn each_decision(
        &self,
        caller: &Caller,
        query: ListQuery,
        mut f: impl FnMut(Decision) -> bool + Send + 'static,
    ) -> Result<(), DecisioningError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::each(tx, tenant, &query, &mut f)?)).await
    }

    /// Makes a decision again from its recorded inputs, with the engines as they are now or with another engine, and
    /// compares. Nothing is written.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`] for an unknown decision or engine.
    pub async fn replay_decision(
        &self,
        caller: &Caller,
        id: DecisionId,
        engine: Option<RiskEngineId>,
    ) -> Result<Replay, DecisioningError> {
        let (service, tenant) = (self.clone(), caller.tenant);
        self.db.read(move |tx| service.replay_in(tx, tenant, id, engine)).await
    }

    fn replay_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        id: DecisionId,
        other: Option<RiskEngineId>,
    ) -> Result<Replay, DecisioningError> {
        let decision = repo::get(tx, tenant, id)?.ok_or(DecisioningError::NotFound(DECISION))?;
        let engine = self.compiled_in(tx, tenant, other.unwrap_or(decision.risk_engine))?;
        let mut shadows = Vec::with_capacity(decision.outcome.shadows.len());
        for shadow in &decision.outcome.shadows {
            shadows.push(self.compiled_in(tx, tenant, shadow.risk_engine)?);
        }
        let limits = decision.outcome.limits.clone();
        let shadows = shadows.iter().map(Arc::as_ref);
        let outcome = Outcome::of(&engine, shadows, &decision.inputs, limits);
        let json = |outcome: &Outcome| serde_json::to_value(outcome).unwrap_or_default();
        let differences = entity::differences(&json(&decision.outcome), &json(&outcome));
        let smallest_change = outcome.smallest_change(&engine, &decision.inputs);
        Ok(Replay {
            version: engine.version.clone(),
            decision,
            outcome,
            smallest_change,
            differences,
        })
    }

    /// Engine, shadows and inputs for a decision on an application; `None` where the product has no selector.
    /// `known` is what Florin knows itself.
    ///
    /// # Errors
    /// Storage, or an engine that does not compile: never the caller's fault.
    pub fn prepare_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        case: &Case,
        known: Inputs,
    ) -> Result<Option<Prepared>, DecisioningError> {
        let Some(selector) = selector::repo::of_product(tx, tenant, case.product)? else {
            return Ok(None);
        };
        let Some(chosen) = choose(case.application.uuid(), &selector.weights()) else {
            return Ok(None);
        };
        let engine = self.compiled_in(tx, tenant, RiskEngineId::from_uuid(chosen))?;
        let mut shadows = Vec::new();
        for id in selector.shadows() {
            shadows.push(self.compiled_in(tx, tenant, id)?);
        }
        let mut inputs = known;
        for (name, value) in data_point::repo::of_application(tx, tenant, case.application)? {
            inputs.insert(name, value);
        }
        let awaited = awaited_in(tx, tenant, &engine, &shadows, &inputs)?;
        Ok(Some(Prepared { engine, shadows, inputs, awaited }))
    }

    /// Decides, and keeps the decision. What is still awaited counts as missing. `limits` are sentences that forbid a
    /// loan whatever the score.
    ///
    /// # Errors
    /// Storage only.
    pub fn decide_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        case: &Case,
        prepared: Prepared,
        limits: Vec<String>,
        at: Timestamp,
    ) -> Result<Decision, DecisioningError> {
        let Prepared { engine, shadows, inputs, .. } = prepared;
        let outcome = Outcome::of(&engine, shadows.iter().map(Arc::as_ref), &inputs, limits);
        let decision = Decision {
            id: DecisionId::new(),
            case: *case,
            risk_engine: engine.id,
            version: engine.version.clone(),
            inputs,
            outcome,
            decided_at: at,
        };
        repo::insert(tx, tenant, &decision)?;
        Ok(decision)
    }

    /// Notes that an application waits for what providers have to be asked for; answers what tells this completion
    /// from others.
    ///
    /// # Errors
    /// Storage only.
    pub fn hold_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        application: ApplicationId,
        prepared: &Prepared,
        at: Timestamp,
    ) -> Result<Held, DecisioningError> {
        // Those are looked at again when it is decided, and kept nowhere before.
        let mut inputs = prepared.inputs.clone();
        LINKED_INPUTS.iter().for_each(|name| inputs.remove(name));
        let held = Held {
            completion: DecisionId::new().uuid(),
            risk_engine: prepared.engine.id,
            shadows: prepared.shadows.iter().map(|shadow| shadow.id).collect(),
            inputs,
            awaited: prepared.awaited.clone(),
            completed_at: at,
        };
        repo::hold(tx, tenant, application, &held)?;
        Ok(held)
    }

    /// What an application waits for, less what has arrived as a data point since it was completed.
    ///
    /// # Errors
    /// Storage only.
    pub fn held_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        application: ApplicationId,
    ) -> Result<Option<Held>, DecisioningError> {
        let Some(mut held) = repo::held(tx, tenant, application)? else { return Ok(None) };
        for (name, value) in data_point::repo::of_application(tx, tenant, application)? {
            // A value that was known at completion stays as it was then.
            if held.awaited.iter().any(|awaited| awaited.name == name) {
                held.inputs.insert(name, value);
            }
        }
        let Held { awaited, inputs, .. } = &mut held;
        awaited.retain(|awaited| inputs.get(&awaited.name).is_none());
        Ok(Some(held))
    }

    /// Takes what providers answered, keeps it as data points, and notes what is still awaited: what nobody answered.
    ///
    /// # Errors
    /// Storage only.
    pub fn note_answers_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        application: ApplicationId,
        held: &mut Held,
        answers: &[Answered],
        at: Timestamp,
    ) -> Result<(), DecisioningError> {
        let mut kept = Vec::with_capacity(answers.len());
        for Answered { awaited, value } in answers {
            if !held.awaited.contains(awaited) {
                continue;
            }
            held.awaited.retain(|other| other != awaited);
            if let Some(value) = value {
                held.inputs.insert(awaited.name.as_str(), value.clone());
                kept.push((awaited.source, awaited.provider.clone(), value.clone()));
            }
        }
        data_point::keep_in(tx, tenant, application, &kept, at)?;
        repo::hold(tx, tenant, application, held)?;
        Ok(())
    }

    /// Takes an application out of those that wait, ready to be decided with what is known.
    ///
    /// # Errors
    /// Storage, or an engine that does not compile.
    pub fn resume_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        application: ApplicationId,
        held: Held,
    ) -> Result<Prepared, DecisioningError> {
        repo::forget(tx, tenant, application)?;
        let engine = self.compiled_in(tx, tenant, held.risk_engine)?;
        let mut shadows = Vec::with_capacity(held.shadows.len());
        for id in held.shadows {
            shadows.push(self.compiled_in(tx, tenant, id)?);
        }
        Ok(Prepared { engine, shadows, inputs: held.inputs, awaited: held.awaited })
    }
}

/// The inputs of the engines that have no value and that a provider can be asked for.
fn awaited_in(
    tx: &mut Tx,
    tenant: TenantId,
    engine: &Compiled,
    shadows: &[Arc<Compiled>],
    inputs: &Inputs,
) -> Result<Vec<Awaited>, DecisioningError> {
    let names = shadows.iter().flat_map(|shadow| &shadow.inputs).chain(&engine.inputs);
    let mut missing: Vec<&String> = names.filter(|name| inputs.get(name).is_none()).collect();
    missing.sort_unstable();
    missing.dedup();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let sources = Sources::seen_in(tx, tenant)?;
    let awaited = missing.into_iter().filter_map(|name| {
        let source = sources.get(name)?;
        Some(Awaited {
            source: source.id,
            name: name.clone(),
            kind: source.kind,
            provider: source.origin.provider()?.to_owned(),
        })
    });
    Ok(awaited.collect())
}
