//! Compiled engines, kept so that a decision compiles nothing.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use florin_ids::{RiskEngineId, TenantId};
use florin_storage::Tx;
use uuid::Uuid;

use super::entity::RiskEngine;
use super::repo;
use crate::scorecard::{self, Sources};
use crate::scoring::Card;
use crate::{Decisioning, DecisioningError};

/// The most engines that are kept compiled.
const MAX_KEPT: usize = 1_000;

/// An engine, ready to decide.
#[derive(Debug)]
pub struct Compiled {
    /// The engine.
    pub id: RiskEngineId,
    /// Its version.
    pub version: String,
    /// Its scorecards, compiled, in its order.
    pub cards: Vec<Card>,
    /// The names of its inputs.
    pub inputs: BTreeSet<String>,
}

type Key = (TenantId, RiskEngineId);

/// The engines compiled last, the oldest dropped first. Only engines that were activated are kept: they stay as they
/// are.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    engines: HashMap<Key, Arc<Compiled>>,
    order: VecDeque<Key>,
}

impl Cache {
    fn get(&self, key: Key) -> Option<Arc<Compiled>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).engines.get(&key).cloned()
    }

    fn keep(&self, key: Key, engine: Arc<Compiled>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.engines.insert(key, engine).is_none() {
            kept.order.push_back(key);
        }
        while kept.engines.len() > MAX_KEPT {
            let Some(oldest) = kept.order.pop_front() else { break };
            kept.engines.remove(&oldest);
        }
    }
}

impl Decisioning {
    /// The engine, compiled; from memory where it was compiled before.
    pub(crate) fn compiled_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        id: RiskEngineId,
    ) -> Result<Arc<Compiled>, DecisioningError> {
        if let Some(engine) = self.cache.get((tenant, id)) {
            return Ok(engine);
        }
        let engine =
            repo::get(tx, tenant, id)?.ok_or(DecisioningError::NotFound(super::RISK_ENGINE))?;
        let compiled = Arc::new(compile_in(tx, tenant, &engine)?);
        if engine.activated_at.is_some() {
            self.cache.keep((tenant, id), Arc::clone(&compiled));
        }
        Ok(compiled)
    }
}

fn compile_in(
    tx: &mut Tx,
    tenant: TenantId,
    engine: &RiskEngine,
) -> Result<Compiled, DecisioningError> {
    let sources = Sources::seen_in(tx, tenant)?;
    let ids: Vec<Uuid> = engine.scorecards.iter().map(|card| card.uuid()).collect();
    let mut found = scorecard::repo::get_many(tx, tenant, ids)?;
    let place = |id| engine.scorecards.iter().position(|card| *card == id);
    found.sort_by_key(|card| place(card.id));
    let cards: Result<Vec<Card>, DecisioningError> =
        found.iter().map(|card| card.compile(&|name| sources.kind_of(name))).collect();
    let cards = cards?;
    let inputs = scorecard::entity::inputs_of(&cards);
    Ok(Compiled { id: engine.id, version: engine.version.clone(), cards, inputs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first() {
        let cache = Cache::default();
        let tenant = TenantId::new();
        let keys: Vec<Key> = (0..=MAX_KEPT).map(|_| (tenant, RiskEngineId::new())).collect();
        for key in &keys {
            let (id, inputs) = (key.1, BTreeSet::new());
            let engine = Compiled { id, version: String::new(), cards: Vec::new(), inputs };
            cache.keep(*key, Arc::new(engine));
        }
        assert!(cache.get(keys[0]).is_none());
        assert!(cache.get(keys[1]).is_some() && cache.get(keys[MAX_KEPT]).is_some());
    }
}
