//! Completing an application, and deciding on it.

use florin_decisioning::Decisioning;
use florin_decisioning::decision::{Case, Held, Prepared};
use florin_decisioning::expression::Inputs;
use florin_ids::{ApplicationId, TenantId};
use florin_jobs::NewJob;
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use jiff::Timestamp;
use serde_json::json;

use super::{APPLICATION, Application, history, processing, processing_finished, repo};
use crate::product::{self, Product};
use crate::{LendingError, end_user};

/// Completes the application, and decides on it unless a provider has to be asked first.
pub(super) fn complete_in(
    tx: &mut Tx,
    decisioning: &Decisioning,
    caller: &Caller,
    id: ApplicationId,
) -> Result<Application, LendingError> {
    let tenant = caller.tenant;
    let application =
        repo::get_for_update(tx, tenant, id)?.ok_or(LendingError::NotFound(APPLICATION))?;
    let day = day::state_in(tx, tenant)?;
    let at = day.stamp(caller.now);
    let application = application.completed(at)?;
    let product = product_in(tx, tenant, &application)?;
    let mut known = history::known_in(tx, tenant, &application, day.business_date)?;
    for (name, value) in linked_in(tx, decisioning, tenant, &application)?.iter() {
        known.insert(name, value.clone());
    }
    match decisioning.prepare_in(tx, tenant, &case(&application), known)? {
        None => {
            let limits = limits_in(tx, tenant, &application, &product)?;
            let decided = application.decided(limits.is_empty(), limits.join(" "), at)?;
            record_in(tx, tenant, decided, at)
        }
        Some(prepared) if prepared.awaited.is_empty() => {
            decide_in(tx, decisioning, tenant, application, &product, prepared, at)
        }
        Some(prepared) => {
            let held = decisioning.hold_in(tx, tenant, id, &prepared, at)?;
            florin_jobs::enqueue_in(tx, &[job(tenant, id, &held)])?;
            repo::update(tx, tenant, &application)?;
            Ok(application)
        }
    }
}

/// Decides on a processed application with what is known of it.
pub(super) fn decide_in(
    tx: &mut Tx,
    decisioning: &Decisioning,
    tenant: TenantId,
    application: Application,
    product: &Product,
    prepared: Prepared,
    at: Timestamp,
) -> Result<Application, LendingError> {
    let limits = limits_in(tx, tenant, &application, product)?;
    let case = case(&application);
    let decision = decisioning.decide_in(tx, tenant, &case, prepared, limits, at)?;
    let (outcome, reason) = (&decision.outcome, decision.outcome.reason());
    let decided = application.decided(outcome.approved, reason, at)?;
    record_in(tx, tenant, decided, at)
}

/// What the borrower's linked bank accounts say of them today.
pub(super) fn linked_in(
    tx: &mut Tx,
    decisioning: &Decisioning,
    tenant: TenantId,
    application: &Application,
) -> Result<Inputs, LendingError> {
    let today = day::state_in(tx, tenant)?.business_date;
    let (end_user, currency) = (application.end_user, application.currency);
    Ok(decisioning.linked_inputs_in(tx, tenant, end_user, currency, today)?)
}

/// What forbids the loan whatever its score, as sentences: the borrower may not be given credit today, or the
/// application goes beyond its product.
fn limits_in(
    tx: &mut Tx,
    tenant: TenantId,
    application: &Application,
    product: &Product,
) -> Result<Vec<String>, LendingError> {
    let today = day::state_in(tx, tenant)?.business_date;
    let mut limits = end_user::credit_objections_in(tx, tenant, application.end_user, today)?;
    limits.extend(application.broken_limits(product));
    Ok(limits)
}

/// The product of an application, held so that it stays as it is until the transaction ends.
pub(super) fn product_in(
    tx: &mut Tx,
    tenant: TenantId,
    application: &Application,
) -> Result<Product, LendingError> {
    let product = product::repo::get_for_share(tx, tenant, application.product)?;
    product.ok_or(LendingError::NotFound("product"))
}

/// Writes a decided application and tells of it.
fn record_in(
    tx: &mut Tx,
    tenant: TenantId,
    application: Application,
    at: Timestamp,
) -> Result<Application, LendingError> {
    repo::update(tx, tenant, &application)?;
    florin_events::append_in(tx, tenant, &[processing_finished(&application, at)])?;
    Ok(application)
}

fn case(application: &Application) -> Case {
    Case {
        application: application.id,
        product: application.product,
        end_user: application.end_user,
    }
}

fn job(tenant: TenantId, application: ApplicationId, held: &Held) -> NewJob {
    NewJob {
        tenant,
        kind: processing::KIND,
        idempotency_key: held.completion.to_string(),
        ordering_key: None,
        sequence: 0,
        payload: json!({"application": application, "completion": held.completion}),
        run_at: None,
    }
}
