//! Input sources: the named, typed inputs that rules are written over.
//!
//! Those that Florin fills itself are rows like the partner's own, made when a tenant first comes near the decision
//! engine, so that lists, filters and ids know no difference.

pub mod entity;
pub mod repo;

use florin_ids::{InputSourceId, TenantId};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};

pub use entity::{BUILT_INS, BuiltIn, InputSource, InputSourceFields, Origin, built_in};
pub use repo::FIELDS;

use crate::check::Extent;
use crate::error::FieldError;
use crate::{Decisioning, DecisioningError};

const INPUT_SOURCE: &str = "input source";
const NAME_TAKEN: &str = "input source with this name already exists.";

impl Decisioning {
    /// Registers an input source.
    ///
    /// # Errors
    /// [`DecisioningError::Invalid`] with every faulty field, among them a name that is taken.
    pub async fn create_input_source(
        &self,
        caller: &Caller,
        fields: InputSourceFields,
    ) -> Result<InputSource, DecisioningError> {
        let (service, caller, id) = (self.clone(), caller.clone(), InputSourceId::new());
        self.db.write(move |tx| service.create_source_in(tx, &caller, id, fields.clone())).await
    }

    /// One input source.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`].
    pub async fn get_input_source(
        &self,
        caller: &Caller,
        id: InputSourceId,
    ) -> Result<InputSource, DecisioningError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                repo::get(tx, tenant, id)?.ok_or(DecisioningError::NotFound(INPUT_SOURCE))
            })
            .await
    }

    /// A page of the input sources that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_input_sources(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<InputSource>, DecisioningError> {
        self.make_built_ins(caller).await?;
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }

    /// Hands every input source that `query` selects to `f`, until it answers false.
    ///
    /// # Errors
    /// Storage only.
    pub async fn each_input_source(
        &self,
        caller: &Caller,
        query: ListQuery,
        mut f: impl FnMut(InputSource) -> bool + Send + 'static,
    ) -> Result<(), DecisioningError> {
        self.make_built_ins(caller).await?;
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::each(tx, tenant, &query, &mut f)?)).await
    }

    /// Changes an input source. Once a rule names it or it has a value, its name and type stay.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`]; [`DecisioningError::Conflict`]; [`DecisioningError::Invalid`].
    pub async fn change_input_source(
        &self,
        caller: &Caller,
        id: InputSourceId,
        fields: InputSourceFields,
        extent: Extent,
    ) -> Result<InputSource, DecisioningError> {
        let (service, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| service.change_source_in(tx, &caller, id, fields.clone(), extent))
            .await
    }

    /// Makes the rows of what Florin fills itself, where the tenant lacks some.
    async fn make_built_ins(&self, caller: &Caller) -> Result<(), DecisioningError> {
        let tenant = caller.tenant;
        let known = self.db.read(move |tx| repo::count(tx, tenant, "built_in")).await?;
        if known >= BUILT_INS.len() {
            return Ok(());
        }
        let caller = caller.clone();
        self.db.write(move |tx| built_ins_in(tx, &caller)).await
    }

    fn create_source_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: InputSourceId,
        fields: InputSourceFields,
    ) -> Result<InputSource, DecisioningError> {
        built_ins_in(tx, caller)?;
        let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
        let source = InputSource::register(id, fields, &self.providers.names(), at)?;
        refuse_taken_in(tx, caller.tenant, &source)?;
        if repo::all(tx, caller.tenant, false)?.len() >= entity::MAX_SOURCES {
            let most = entity::MAX_SOURCES;
            return Err(DecisioningError::conflict(format!(
                "No more than {most} input sources are allowed."
            )));
        }
        repo::insert(tx, caller.tenant, &source)
            .map_err(|error| DecisioningError::taken(error, "name", NAME_TAKEN))?;
        Ok(source)
    }

    fn change_source_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: InputSourceId,
        fields: InputSourceFields,
        extent: Extent,
    ) -> Result<InputSource, DecisioningError> {
        let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
        let source = repo::get_for_update(tx, caller.tenant, id)?
            .ok_or(DecisioningError::NotFound(INPUT_SOURCE))?;
        let source = source.changed(fields, extent, &self.providers.names(), at)?;
        refuse_taken_in(tx, caller.tenant, &source)?;
        repo::update(tx, caller.tenant, &source)
            .map_err(|error| DecisioningError::taken(error, "name", NAME_TAKEN))?;
        Ok(source)
    }
}

fn refuse_taken_in(
    tx: &mut Tx,
    tenant: TenantId,
    source: &InputSource,
) -> Result<(), DecisioningError> {
    if repo::is_name_taken(tx, tenant, &source.name, source.id)? {
        return Err(DecisioningError::Invalid(vec![FieldError::new("name", NAME_TAKEN)]));
    }
    Ok(())
}

/// Makes the rows of what Florin fills itself, where the tenant lacks some. A name that the partner took before this
/// version of Florin filled it stays the partner's.
pub(crate) fn built_ins_in(tx: &mut Tx, caller: &Caller) -> Result<(), DecisioningError> {
    if repo::count(tx, caller.tenant, "built_in")? >= BUILT_INS.len() {
        return Ok(());
    }
    let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
    for built_in in BUILT_INS {
        let source = InputSource::of_florin(InputSourceId::new(), built_in, at);
        repo::insert_if_new(tx, caller.tenant, &source)?;
    }
    Ok(())
}
