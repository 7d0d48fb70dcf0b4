//! Applications: an end user asks for a product, completes the application, and it is decided.
//!
//! ```text
//!              complete                    decision
//! incomplete ----------> processing ---------------------> approved | declined
//!     |  ^                                                     |
//!     |  +---------------------- reopen, or a change -----------+
//!     |  +---- reopen ----+                                    |
//!     +----- withdraw --> withdrawn <------- withdraw ---------+
//! ```
//!
//! The risk engine that the product's selector chooses decides, and the product's own limits; without a selector the
//! limits alone. The decision falls in the transaction that completes the application, unless a provider has to be
//! asked for an input first: then the application is left `processing`, and a job asks and decides (`processing.rs`).
//! Once a loan exists the application stays as it is.
//!
//! Lock order: application, then a share of the product, which keeps a draft from being deleted meanwhile, then a
//! share of the selector. Deleting a product looks for its applications without locking them.

mod decide;
pub mod entity;
mod history;
mod past;
mod processing;
pub mod repo;
pub mod words;

use florin_events::NewEvent;
use florin_ids::{ApplicationId, ProductId};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};
use jiff::Timestamp;
use serde_json::json;

pub use entity::{Application, ApplicationFields};
pub use past::LendingBook;
pub use processing::DecisionHandler;
pub use repo::FIELDS;
pub use words::ApplicationStatus;

use crate::check::Check;
use crate::product::{self, Product};
use crate::{Given, Lending, LendingError, end_user};

const APPLICATION: &str = "application";

/// The kind of the event that tells a decision.
pub const PROCESSING_FINISHED: &str = florin_events::kinds::APPLICATION_PROCESSING_FINISHED;

impl Lending {
    /// Opens an application, incomplete. What is left out comes from the product.
    ///
    /// # Errors
    /// [`LendingError::Invalid`] with every faulty field, among them an unknown product or end user.
    pub async fn create_application(
        &self,
        caller: &Caller,
        fields: ApplicationFields,
    ) -> Result<Application, LendingError> {
        let (caller, id) = (caller.clone(), ApplicationId::new());
        self.db.write(move |tx| create_in(tx, &caller, id, fields.clone())).await
    }

    /// One application.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn get_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
    ) -> Result<Application, LendingError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| repo::get(tx, tenant, id)?.ok_or(LendingError::NotFound(APPLICATION)))
            .await
    }

    /// A page of the applications that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_applications(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<Application>, LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }

    /// Hands every application that `query` selects to `f`, until it answers false.
    ///
    /// # Errors
    /// Storage only.
    pub async fn each_application(
        &self,
        caller: &Caller,
        query: ListQuery,
        mut f: impl FnMut(Application) -> bool + Send + 'static,
    ) -> Result<(), LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::each(tx, tenant, &query, &mut f)?)).await
    }

    /// Writes an application anew: product and end user must be given, the rest comes from the product.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] once it has a loan; [`LendingError::Invalid`].
    pub async fn replace_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
        fields: ApplicationFields,
    ) -> Result<Application, LendingError> {
        let caller = caller.clone();
        self.db.write(move |tx| change_in(tx, &caller, id, fields.clone(), Extent::Whole)).await
    }

    /// Changes what `fields` give of an application.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] once it has a loan; [`LendingError::Invalid`].
    pub async fn update_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
        fields: ApplicationFields,
    ) -> Result<Application, LendingError> {
        let caller = caller.clone();
        self.db.write(move |tx| change_in(tx, &caller, id, fields.clone(), Extent::Part)).await
    }

    /// Completes an incomplete application. Where every input is at hand it is decided at once and the event
    /// [`PROCESSING_FINISHED`] is written with it; where a provider has to be asked first it is left `processing`, and
    /// a job decides.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] unless it is incomplete.
    pub async fn complete_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
    ) -> Result<Application, LendingError> {
        let (decisioning, caller) = (self.decisioning.clone(), caller.clone());
        self.db.write(move |tx| decide::complete_in(tx, &decisioning, &caller, id)).await
    }

    /// Makes a withdrawn or decided application incomplete again.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] in any other status or once it has a loan.
    pub async fn reopen_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
    ) -> Result<Application, LendingError> {
        let caller = caller.clone();
        self.db.write(move |tx| step_in(tx, &caller, id, Application::reopened)).await
    }

    /// Withdraws an incomplete or decided application.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] in any other status or once it has a loan.
    pub async fn withdraw_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
    ) -> Result<Application, LendingError> {
        let caller = caller.clone();
        self.db.write(move |tx| step_in(tx, &caller, id, Application::withdrawn)).await
    }
}

/// How much of an application an update says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All of it: what is missing takes its default.
    Whole,
    /// What changes: what is missing stays.
    Part,
}

fn create_in(
    tx: &mut Tx,
    caller: &Caller,
    id: ApplicationId,
    fields: ApplicationFields,
) -> Result<Application, LendingError> {
    let mut check = Check::new(fields.unreadable.clone());
    let product = check.required("product", fields.product.clone());
    let product = product_in(tx, caller, &mut check, product)?;
    let end_user = match check.required("end_user", fields.end_user.clone()) {
        Some(end_user) if end_user::repo::exists(tx, caller.tenant, end_user)? => Some(end_user),
        Some(end_user) => {
            check.fault("end_user", unknown(end_user));
            None
        }
        None => None,
    };
    let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
    let currency = product.as_ref().map_or(caller.currency, |product| product.currency);
    fields.check_shape(&mut check, currency);
    let application = match (product, end_user) {
        (Some(product), Some(end_user)) => Application::open(id, end_user, &product, fields, at),
        _ => check.finish(None),
    };
    let application = application.map_err(LendingError::Invalid)?;
    repo::insert(tx, caller.tenant, &application)?;
    Ok(application)
}

fn change_in(
    tx: &mut Tx,
    caller: &Caller,
    id: ApplicationId,
    fields: ApplicationFields,
    extent: Extent,
) -> Result<Application, LendingError> {
    let application =
        repo::get_for_update(tx, caller.tenant, id)?.ok_or(LendingError::NotFound(APPLICATION))?;
    application.require_no_loan("changed")?;
    application.require_not_processing("changed")?;
    let mut check = Check::new(fields.unreadable.clone());
    let product = match (&fields.product, extent) {
        (Given::Absent, Extent::Part) => Some(application.product),
        (given, _) => check.required("product", given.clone()),
    };
    if extent == Extent::Whole || fields.end_user.is_given() {
        check.required("end_user", fields.end_user.clone());
    }
    let Some(product) = product_in(tx, caller, &mut check, product)? else {
        application.check_end_user(&fields, &mut check);
        fields.check_shape(&mut check, application.currency);
        return check.finish(None).map_err(LendingError::Invalid);
    };
    let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
    let fields = ApplicationFields { unreadable: check.into_faults(), ..fields };
    let changed = match extent {
        Extent::Whole => application.replaced(&product, fields, at),
        Extent::Part => application.changed(&product, fields, at),
    };
    let application = changed.map_err(LendingError::Invalid)?;
    repo::update(tx, caller.tenant, &application)?;
    Ok(application)
}

fn step_in(
    tx: &mut Tx,
    caller: &Caller,
    id: ApplicationId,
    step: impl FnOnce(&Application, Timestamp) -> Result<Application, LendingError>,
) -> Result<Application, LendingError> {
    let application =
        repo::get_for_update(tx, caller.tenant, id)?.ok_or(LendingError::NotFound(APPLICATION))?;
    let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
    let application = step(&application, at)?;
    repo::update(tx, caller.tenant, &application)?;
    Ok(application)
}

/// The product of a request, held until the transaction ends; an unknown one is a fault of the field.
fn product_in(
    tx: &mut Tx,
    caller: &Caller,
    check: &mut Check,
    id: Option<ProductId>,
) -> Result<Option<Product>, LendingError> {
    let Some(id) = id else { return Ok(None) };
    let product = product::repo::get_for_share(tx, caller.tenant, id)?;
    if product.is_none() {
        check.fault("product", unknown(id));
    }
    Ok(product)
}

/// The words of a reference to something that is not there.
fn unknown(id: impl std::fmt::Display) -> String {
    format!("Invalid pk \"{id}\" - object does not exist.")
}

fn processing_finished(application: &Application, at: Timestamp) -> NewEvent {
    NewEvent {
        kind: PROCESSING_FINISHED,
        resource: format!("application:{}", application.id),
        occurred_at: at,
        data: json!({
            "id": application.id.to_string(),
            "status": application.status.as_str(),
            "reason": application.reason,
            "processed_at": at.to_string(),
        }),
    }
}
