//! Risk engines: versions of one or more scorecards that must all pass.
//!
//! ```text
//! draft --- activate, is_active = true ---> active <--- is_active = true / false ---> inactive
//! ```
//!
//! A draft can be changed. Activating it for the first time fixes its version and its scorecards, drafts among them
//! included; afterwards it can only be switched off and on. Only active engines can be in a selector, so one that a
//! selector has cannot be switched off.
//!
//! Lock order: engine, then scorecards by id.

pub mod backtest;
pub mod compiled;
pub mod entity;
pub mod repo;

use florin_ids::{RiskEngineId, TenantId};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};
use jiff::Timestamp;
use uuid::Uuid;

pub use backtest::{Backtest, BacktestFields};
pub use compiled::Compiled;
pub use entity::{RiskEngine, RiskEngineFields};
pub use repo::FIELDS;

use crate::check::{Extent, unknown};
use crate::error::FieldError;
use crate::{Decisioning, DecisioningError, scorecard, selector};

const RISK_ENGINE: &str = "risk engine";
const VERSION_TAKEN: &str = "risk engine with this version already exists.";

impl Decisioning {
    /// Creates a risk engine: a draft, unless it is to be active at once.
    ///
    /// # Errors
    /// [`DecisioningError::Invalid`] with every faulty field, among them a version that is taken and unknown
    /// scorecards.
    pub async fn create_risk_engine(
        &self,
        caller: &Caller,
        fields: RiskEngineFields,
    ) -> Result<RiskEngine, DecisioningError> {
        let (caller, id) = (caller.clone(), RiskEngineId::new());
        self.db
            .write(move |tx| {
                let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
                let engine = RiskEngine::read(None, id, fields.clone(), Extent::Whole, at)?;
                check_in(tx, caller.tenant, &engine)?;
                if engine.is_active {
                    fix_cards_in(tx, caller.tenant, &engine, at)?;
                }
                repo::insert(tx, caller.tenant, &engine)
                    .map_err(|error| DecisioningError::taken(error, "version", VERSION_TAKEN))?;
                Ok(engine)
            })
            .await
    }

    /// One risk engine.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`].
    pub async fn get_risk_engine(
        &self,
        caller: &Caller,
        id: RiskEngineId,
    ) -> Result<RiskEngine, DecisioningError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                repo::get(tx, tenant, id)?.ok_or(DecisioningError::NotFound(RISK_ENGINE))
            })
            .await
    }

    /// A page of the risk engines that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_risk_engines(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<RiskEngine>, DecisioningError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }

    /// Hands every risk engine that `query` selects to `f`, until it answers false.
    ///
    /// # Errors
    /// Storage only.
    pub async fn each_risk_engine(
        &self,
        caller: &Caller,
        query: ListQuery,
        mut f: impl FnMut(RiskEngine) -> bool + Send + 'static,
    ) -> Result<(), DecisioningError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                for engine in repo::all(tx, tenant, &query)? {
                    if !f(engine) {
                        break;
                    }
                }
                Ok(())
            })
            .await
    }

    /// Changes a draft, or switches an engine off and on.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`]; [`DecisioningError::Conflict`] for other changes once it was activated, and for
    /// switching off one that a selector has; [`DecisioningError::Invalid`].
    pub async fn change_risk_engine(
        &self,
        caller: &Caller,
        id: RiskEngineId,
        fields: RiskEngineFields,
        extent: Extent,
    ) -> Result<RiskEngine, DecisioningError> {
        let caller = caller.clone();
        self.change_engine(caller, id, move |before, at| {
            RiskEngine::read(Some(before), id, fields.clone(), extent, at)
        })
        .await
    }

    /// Activates a risk engine: from now on selectors may use it, and its version and scorecards stay. Once more
    /// changes nothing.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`].
    pub async fn activate_risk_engine(
        &self,
        caller: &Caller,
        id: RiskEngineId,
    ) -> Result<RiskEngine, DecisioningError> {
        self.change_engine(caller.clone(), id, |before, at| Ok(before.activated(at))).await
    }

    async fn change_engine(
        &self,
        caller: Caller,
        id: RiskEngineId,
        change: impl Fn(&RiskEngine, Timestamp) -> Result<RiskEngine, DecisioningError> + Send + 'static,
    ) -> Result<RiskEngine, DecisioningError> {
        self.db
            .write(move |tx| {
                let tenant = caller.tenant;
                let at = day::state_in(tx, tenant)?.stamp(caller.now);
                let before = repo::get_for_update(tx, tenant, id)?
                    .ok_or(DecisioningError::NotFound(RISK_ENGINE))?;
                let engine = change(&before, at)?;
                check_in(tx, tenant, &engine)?;
                if before.is_active && !engine.is_active {
                    refuse_selected_in(tx, tenant, id)?;
                }
                if before.activated_at.is_none() && engine.is_active {
                    fix_cards_in(tx, tenant, &engine, at)?;
                }
                repo::update(tx, tenant, &engine)
                    .map_err(|error| DecisioningError::taken(error, "version", VERSION_TAKEN))?;
                Ok(engine)
            })
            .await
    }
}

/// Refuses a version that another engine has, and scorecards that are not there.
fn check_in(tx: &mut Tx, tenant: TenantId, engine: &RiskEngine) -> Result<(), DecisioningError> {
    let mut faults = Vec::new();
    let same = repo::of_version(tx, tenant, &engine.version)?;
    if same.is_some_and(|same| same.id != engine.id) {
        faults.push(FieldError::new("version", VERSION_TAKEN));
    }
    let ids: Vec<Uuid> = engine.scorecards.iter().map(|card| card.uuid()).collect();
    let found = scorecard::repo::get_many(tx, tenant, ids)?;
    for id in &engine.scorecards {
        if !found.iter().any(|card| card.id == *id) {
            faults.push(FieldError::new("scorecards", unknown(id)));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(DecisioningError::Invalid(faults)) }
}

/// Fixes the scorecards of an engine that is activated for the first time.
fn fix_cards_in(
    tx: &mut Tx,
    tenant: TenantId,
    engine: &RiskEngine,
    at: Timestamp,
) -> Result<(), DecisioningError> {
    let mut ids = engine.scorecards.clone();
    ids.sort_unstable();
    for id in ids {
        let card = scorecard::repo::get_for_update(tx, tenant, id)?;
        if let Some(card) = card.filter(|card| card.activated_at.is_none()) {
            scorecard::repo::update(tx, tenant, &card.activated(at))?;
        }
    }
    Ok(())
}

fn refuse_selected_in(
    tx: &mut Tx,
    tenant: TenantId,
    id: RiskEngineId,
) -> Result<(), DecisioningError> {
    match selector::repo::any_with_engine(tx, tenant, id)? {
        None => Ok(()),
        Some(selector) => Err(DecisioningError::conflict(format!(
            "The risk engine cannot be switched off: selector {selector} chooses it. Take it out there first."
        ))),
    }
}
