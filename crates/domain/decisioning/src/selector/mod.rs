//! Selectors: which risk engine decides on a product's applications.
//!
//! The choice follows from the application's id and the weights alone, so the same application always meets the same
//! engine. An engine of weight 0 is a shadow: it is worked out and recorded with every decision, and decides nothing.

pub mod entity;
pub mod repo;

use florin_ids::{RiskEngineId, RiskEngineSelectorId, TenantId};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};
use jiff::Timestamp;

pub use entity::{EngineFields, Selector, SelectorFields, WeightedEngine};
pub use repo::FIELDS;

use crate::check::{Check, Extent, unknown};
use crate::risk_engine::{self, RiskEngine};
use crate::{Decisioning, DecisioningError};
use entity::Asked;

const SELECTOR: &str = "risk engine selector";
const PRODUCT_TAKEN: &str = "risk engine selector with this product already exists.";

impl Decisioning {
    /// Creates the selector of a product.
    ///
    /// # Errors
    /// [`DecisioningError::Invalid`] with every faulty field: an unknown product or one that has a selector, unknown
    /// or inactive engines, weights that do not add up to 1.
    pub async fn create_selector(
        &self,
        caller: &Caller,
        fields: SelectorFields,
    ) -> Result<Selector, DecisioningError> {
        let (service, caller, id) = (self.clone(), caller.clone(), RiskEngineSelectorId::new());
        self.db
            .write(move |tx| {
                let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
                let (tenant, fields) = (caller.tenant, fields.clone());
                let selector =
                    service.selector_in(tx, tenant, id, None, fields, Extent::Whole, at)?;
                repo::insert(tx, tenant, &selector)
                    .map_err(|error| DecisioningError::taken(error, "product", PRODUCT_TAKEN))?;
                Ok(selector)
            })
            .await
    }

    /// One selector.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`].
    pub async fn get_selector(
        &self,
        caller: &Caller,
        id: RiskEngineSelectorId,
    ) -> Result<Selector, DecisioningError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| repo::get(tx, tenant, id)?.ok_or(DecisioningError::NotFound(SELECTOR)))
            .await
    }

    /// A page of the selectors that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_selectors(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<Selector>, DecisioningError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }

    /// Hands every selector that `query` selects to `f`, until it answers false.
    ///
    /// # Errors
    /// Storage only.
    pub async fn each_selector(
        &self,
        caller: &Caller,
        query: ListQuery,
        mut f: impl FnMut(Selector) -> bool + Send + 'static,
    ) -> Result<(), DecisioningError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                for selector in repo::all(tx, tenant, &query)? {
                    if !f(selector) {
                        break;
                    }
                }
                Ok(())
            })
            .await
    }

    /// Changes a selector; decisions that were made stay.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`]; [`DecisioningError::Invalid`].
    pub async fn change_selector(
        &self,
        caller: &Caller,
        id: RiskEngineSelectorId,
        fields: SelectorFields,
        extent: Extent,
    ) -> Result<Selector, DecisioningError> {
        let (service, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| {
                let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
                let (tenant, fields) = (caller.tenant, fields.clone());
                let before = repo::get_for_update(tx, tenant, id)?
                    .ok_or(DecisioningError::NotFound(SELECTOR))?;
                let selector =
                    service.selector_in(tx, tenant, id, Some(before), fields, extent, at)?;
                repo::update(tx, tenant, &selector)
                    .map_err(|error| DecisioningError::taken(error, "product", PRODUCT_TAKEN))?;
                Ok(selector)
            })
            .await
    }

    #[expect(clippy::too_many_arguments, reason = "one request, taken apart")]
    fn selector_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        id: RiskEngineSelectorId,
        before: Option<Selector>,
        fields: SelectorFields,
        extent: Extent,
        at: Timestamp,
    ) -> Result<Selector, DecisioningError> {
        let mut check = Check::new(fields.unreadable.clone());
        let (product, asked) = fields.read(before.as_ref(), extent, &mut check);
        if let Some(product) = product {
            if !self.book.product_exists(tx, tenant, product).map_err(DecisioningError::Book)? {
                check.fault("product", unknown(product));
            }
            let other = repo::of_product(tx, tenant, product)?;
            if other.is_some_and(|other| other.id != id) {
                check.fault("product", PRODUCT_TAKEN);
            }
        }
        let engines = match asked {
            None => None,
            Some(Asked::Kept) => before.as_ref().map(|before| before.engines.clone()),
            Some(Asked::These(asked)) => engines_in(tx, tenant, asked, &mut check)?,
        };
        let selector = product.zip(engines).map(|(product, engines)| Selector {
            id,
            product,
            engines,
            created_at: before.as_ref().map_or(at, |before| before.created_at),
            updated_at: at,
        });
        check.finish(selector)
    }
}

/// Looks the engines up, each held so that it stays active until the transaction ends.
fn engines_in(
    tx: &mut Tx,
    tenant: TenantId,
    asked: Vec<EngineFields>,
    check: &mut Check,
) -> Result<Option<Vec<WeightedEngine>>, DecisioningError> {
    const FIELD: &str = "risk_engines";
    let mut engines: Vec<WeightedEngine> = Vec::with_capacity(asked.len());
    for (index, asked) in asked.into_iter().enumerate() {
        let mut fault = |message: String| {
            check.also(FIELD, format!("{FIELD}[{index}].risk_engine: {message}"));
        };
        match engine_in(tx, tenant, &asked.risk_engine)? {
            None => {
                let shown: String = asked.risk_engine.chars().take(100).collect();
                fault(unknown(shown));
            }
            Some(engine) if !engine.is_active => {
                let version = engine.version;
                fault(format!("Risk engine \"{version}\" is not active: activate it first."));
            }
            Some(engine) if engines.iter().any(|it| it.risk_engine == engine.id) => {
                fault("A risk engine may be listed once only.".to_owned());
            }
            Some(engine) => engines.push(WeightedEngine {
                risk_engine: engine.id,
                version: engine.version,
                weight: asked.weight,
            }),
        }
    }
    Ok((!check.is_faulty(FIELD)).then_some(engines))
}

/// The engine with this version or, where no engine has it, with this id.
fn engine_in(
    tx: &mut Tx,
    tenant: TenantId,
    name: &str,
) -> Result<Option<RiskEngine>, DecisioningError> {
    let id = match risk_engine::repo::of_version(tx, tenant, name)? {
        Some(engine) => Some(engine.id),
        None => name.parse::<RiskEngineId>().ok(),
    };
    let Some(id) = id else { return Ok(None) };
    Ok(risk_engine::repo::get_for_share(tx, tenant, id)?)
}
