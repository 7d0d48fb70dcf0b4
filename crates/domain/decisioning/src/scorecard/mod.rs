//! Scorecards: rules over input sources, their weights, and what the score must reach.
//!
//! A scorecard is a draft until it is activated, by itself or with a risk engine that has it; from then on it stays as
//! it is, because decisions rest on it.

pub mod entity;
pub mod repo;

use std::collections::{BTreeSet, HashMap};

use florin_ids::{ScorecardId, TenantId};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};

pub use entity::{RuleFields, Scorecard, ScorecardFields, StoredRule};
pub use repo::FIELDS;

use crate::check::Extent;
use crate::expression::Kind;
use crate::input_source::{self, InputSource};
use crate::{Decisioning, DecisioningError};

const SCORECARD: &str = "scorecard";

impl Decisioning {
    /// Creates a scorecard, a draft. Its statements are compiled over the tenant's input sources.
    ///
    /// # Errors
    /// [`DecisioningError::Invalid`] with every faulty field, each statement that does not compile among them.
    pub async fn create_scorecard(
        &self,
        caller: &Caller,
        fields: ScorecardFields,
    ) -> Result<Scorecard, DecisioningError> {
        let (caller, id) = (caller.clone(), ScorecardId::new());
        self.db
            .write(move |tx| {
                input_source::built_ins_in(tx, &caller)?;
                let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
                let sources = Sources::held_in(tx, caller.tenant)?;
                let kind_of = |name: &str| sources.kind_of(name);
                let card = Scorecard::draft(id, fields.clone(), &kind_of, at)?;
                repo::insert(tx, caller.tenant, &card)?;
                sources.mark_used_in(tx, caller.tenant, &card)?;
                Ok(card)
            })
            .await
    }

    /// One scorecard.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`].
    pub async fn get_scorecard(
        &self,
        caller: &Caller,
        id: ScorecardId,
    ) -> Result<Scorecard, DecisioningError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| repo::get(tx, tenant, id)?.ok_or(DecisioningError::NotFound(SCORECARD)))
            .await
    }

    /// A page of the scorecards that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_scorecards(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<Scorecard>, DecisioningError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }

    /// Hands every scorecard that `query` selects to `f`, until it answers false.
    ///
    /// # Errors
    /// Storage only.
    pub async fn each_scorecard(
        &self,
        caller: &Caller,
        query: ListQuery,
        mut f: impl FnMut(Scorecard) -> bool + Send + 'static,
    ) -> Result<(), DecisioningError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::each(tx, tenant, &query, &mut f)?)).await
    }

    /// Changes a draft.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`]; [`DecisioningError::Conflict`] once it was activated;
    /// [`DecisioningError::Invalid`].
    pub async fn change_scorecard(
        &self,
        caller: &Caller,
        id: ScorecardId,
        fields: ScorecardFields,
        extent: Extent,
    ) -> Result<Scorecard, DecisioningError> {
        let caller = caller.clone();
        self.db
            .write(move |tx| {
                let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
                let card = repo::get_for_update(tx, caller.tenant, id)?
                    .ok_or(DecisioningError::NotFound(SCORECARD))?;
                let sources = Sources::held_in(tx, caller.tenant)?;
                let kind_of = |name: &str| sources.kind_of(name);
                let card = card.changed(fields.clone(), extent, &kind_of, at)?;
                repo::update(tx, caller.tenant, &card)?;
                sources.mark_used_in(tx, caller.tenant, &card)?;
                Ok(card)
            })
            .await
    }

    /// Activates a scorecard: from now on it stays as it is. Once more changes nothing.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`].
    pub async fn activate_scorecard(
        &self,
        caller: &Caller,
        id: ScorecardId,
    ) -> Result<Scorecard, DecisioningError> {
        let caller = caller.clone();
        self.db
            .write(move |tx| {
                let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
                let card = repo::get_for_update(tx, caller.tenant, id)?
                    .ok_or(DecisioningError::NotFound(SCORECARD))?;
                let card = card.activated(at);
                repo::update(tx, caller.tenant, &card)?;
                Ok(card)
            })
            .await
    }
}

/// A tenant's input sources by name.
pub(crate) struct Sources(HashMap<String, InputSource>);

impl Sources {
    /// Held until the transaction ends, so that none can be renamed or retyped meanwhile.
    fn held_in(tx: &mut Tx, tenant: TenantId) -> Result<Self, DecisioningError> {
        Ok(Self::of(input_source::repo::all(tx, tenant, true)?))
    }

    /// Without a lock: what a card names stays as it is anyway.
    pub(crate) fn seen_in(tx: &mut Tx, tenant: TenantId) -> Result<Self, DecisioningError> {
        Ok(Self::of(input_source::repo::all(tx, tenant, false)?))
    }

    fn of(sources: Vec<InputSource>) -> Self {
        Self(sources.into_iter().map(|source| (source.name.clone(), source)).collect())
    }

    /// The type of an input source.
    pub(crate) fn kind_of(&self, name: &str) -> Option<Kind> {
        self.0.get(name).map(|source| source.kind)
    }

    /// An input source by name.
    pub(crate) fn get(&self, name: &str) -> Option<&InputSource> {
        self.0.get(name)
    }

    /// Marks what a card names as used.
    fn mark_used_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        card: &Scorecard,
    ) -> Result<(), DecisioningError> {
        let compiled = card.compile(&|name| self.kind_of(name))?;
        let names: BTreeSet<String> = entity::inputs_of(&[compiled]);
        let fresh = names.iter().filter_map(|name| self.get(name)).filter(|it| !it.is_used);
        let mut fresh: Vec<uuid::Uuid> = fresh.map(|source| source.id.uuid()).collect();
        fresh.sort_unstable();
        if !fresh.is_empty() {
            input_source::repo::mark_used(tx, tenant, fresh)?;
        }
        Ok(())
    }
}
