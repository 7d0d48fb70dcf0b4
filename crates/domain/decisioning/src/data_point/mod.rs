//! Data points: what partners and providers say of an application, one value of an input source at a time.
//!
//! A data point can be added from the moment the application exists. The newest of a source before the application is
//! completed counts; a decision keeps the values that it saw, so that a later change does not touch it.

pub mod entity;
pub mod repo;

use florin_ids::{ApplicationId, DataPointId, InputSourceId, TenantId};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};
use jiff::Timestamp;

pub use entity::{DataPoint, DataPointFields, value_of};
pub use repo::FIELDS;

use crate::check::{Check, Extent, unknown};
use crate::expression::Value;
use crate::input_source::{self, InputSource, Origin};
use crate::{Decisioning, DecisioningError};

const DATA_POINT: &str = "data point";

impl Decisioning {
    /// Adds a data point.
    ///
    /// # Errors
    /// [`DecisioningError::Invalid`] with every faulty field: an unknown input source or application, a source that
    /// Florin fills itself, a value of another type.
    pub async fn create_data_point(
        &self,
        caller: &Caller,
        fields: DataPointFields,
    ) -> Result<DataPoint, DecisioningError> {
        let (service, caller, id) = (self.clone(), caller.clone(), DataPointId::new());
        self.db
            .write(move |tx| {
                let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
                let point =
                    service.point_in(tx, &caller, id, None, fields.clone(), Extent::Whole, at)?;
                repo::insert(tx, caller.tenant, &point)?;
                Ok(point)
            })
            .await
    }

    /// One data point.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`].
    pub async fn get_data_point(
        &self,
        caller: &Caller,
        id: DataPointId,
    ) -> Result<DataPoint, DecisioningError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                repo::get(tx, tenant, id)?.ok_or(DecisioningError::NotFound(DATA_POINT))
            })
            .await
    }

    /// A page of the data points that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_data_points(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<DataPoint>, DecisioningError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }

    /// Hands every data point that `query` selects to `f`, until it answers false.
    ///
    /// # Errors
    /// Storage only.
    pub async fn each_data_point(
        &self,
        caller: &Caller,
        query: ListQuery,
        mut f: impl FnMut(DataPoint) -> bool + Send + 'static,
    ) -> Result<(), DecisioningError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::each(tx, tenant, &query, &mut f)?)).await
    }

    /// Changes a data point. Decisions that were made with it keep the value that they saw.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`]; [`DecisioningError::Invalid`].
    pub async fn change_data_point(
        &self,
        caller: &Caller,
        id: DataPointId,
        fields: DataPointFields,
        extent: Extent,
    ) -> Result<DataPoint, DecisioningError> {
        let (service, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| {
                let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
                let before = repo::get_for_update(tx, caller.tenant, id)?
                    .ok_or(DecisioningError::NotFound(DATA_POINT))?;
                let point =
                    service.point_in(tx, &caller, id, Some(before), fields.clone(), extent, at)?;
                repo::update(tx, caller.tenant, &point)?;
                Ok(point)
            })
            .await
    }

    /// The data point that a request describes, its source marked as used.
    #[expect(clippy::too_many_arguments, reason = "one request, taken apart")]
    fn point_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: DataPointId,
        before: Option<DataPoint>,
        fields: DataPointFields,
        extent: Extent,
        at: Timestamp,
    ) -> Result<DataPoint, DecisioningError> {
        let mut check = Check::new(fields.unreadable);
        let kept = before.as_ref().filter(|_| extent == Extent::Part);
        let source =
            check.required("input_source", fields.input_source, kept.map(|it| it.input_source));
        let source = source_in(tx, caller.tenant, &mut check, source)?;
        let application =
            check.required("application", fields.application, kept.map(|it| it.application));
        let application = self.application_in(tx, caller.tenant, &mut check, application)?;
        let value = match (fields.value, kept, &source) {
            (Some(json), _, Some(source)) => {
                value_of(&json, source.kind).map_err(|message| check.fault("value", message)).ok()
            }
            (None, Some(kept), Some(source)) if kept.value.kind() == source.kind => {
                Some(kept.value.clone())
            }
            (None, Some(_), Some(source)) => {
                check.fault("value", format!("The input source wants a {}.", source.kind));
                None
            }
            (None, _, _) => check.required("value", None, None),
            (Some(_), _, None) => None,
        };
        let parts = source.as_ref().zip(application).zip(value);
        let point = parts.map(|((source, application), value)| DataPoint {
            id,
            input_source: source.id,
            application,
            value,
            provider: None,
            created_at: before.as_ref().map_or(at, |before| before.created_at),
            updated_at: at,
        });
        let point = check.finish(point)?;
        if source.is_some_and(|source| !source.is_used) {
            input_source::repo::mark_used(tx, caller.tenant, vec![point.input_source.uuid()])?;
        }
        Ok(point)
    }

    fn application_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        check: &mut Check,
        id: Option<ApplicationId>,
    ) -> Result<Option<ApplicationId>, DecisioningError> {
        let Some(id) = id else { return Ok(None) };
        if self.book.application_exists(tx, tenant, id).map_err(DecisioningError::Book)? {
            return Ok(Some(id));
        }
        check.fault("application", unknown(id));
        Ok(None)
    }
}

/// The input source of a data point. One that is not used yet is held, so that it cannot be retyped meanwhile.
fn source_in(
    tx: &mut Tx,
    tenant: TenantId,
    check: &mut Check,
    id: Option<InputSourceId>,
) -> Result<Option<InputSource>, DecisioningError> {
    let Some(id) = id else { return Ok(None) };
    let mut source = input_source::repo::get(tx, tenant, id)?;
    if source.as_ref().is_some_and(|source| !source.is_used) {
        source = input_source::repo::get_for_update(tx, tenant, id)?;
    }
    match source {
        None => check.fault("input_source", unknown(id)),
        Some(source) if source.origin == Origin::BuiltIn => {
            check.fault("input_source", "Florin fills this input source itself.");
        }
        Some(source) => return Ok(Some(source)),
    }
    Ok(None)
}

/// Keeps what a provider answered.
pub(crate) fn keep_in(
    tx: &mut Tx,
    tenant: TenantId,
    application: ApplicationId,
    answers: &[(InputSourceId, String, Value)],
    at: Timestamp,
) -> Result<(), DecisioningError> {
    for (source, provider, value) in answers {
        let point = DataPoint {
            id: DataPointId::new(),
            input_source: *source,
            application,
            value: value.clone(),
            provider: Some(provider.clone()),
            created_at: at,
            updated_at: at,
        };
        repo::insert(tx, tenant, &point)?;
        input_source::repo::mark_used(tx, tenant, vec![source.uuid()])?;
    }
    Ok(())
}
