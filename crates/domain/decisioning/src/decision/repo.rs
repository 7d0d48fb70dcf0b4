//! SQL of decisions and of applications that wait for one.

use std::collections::HashMap;

use florin_ids::{ApplicationId, DecisionId, TenantId};
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, params};
use uuid::Uuid;

use super::entity::{Case, Decision, Held};
use crate::expression::Inputs;
use crate::json;

/// The fields that decisions can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "application", column: "application_id", kind: Kind::Uuid },
    Field { name: "product", column: "product_id", kind: Kind::Uuid },
    Field { name: "end_user", column: "end_user_id", kind: Kind::Uuid },
    Field { name: "risk_engine", column: "risk_engine_id", kind: Kind::Uuid },
    Field { name: "version", column: "version", kind: Kind::Text },
    Field { name: "decision", column: "decision", kind: Kind::Text },
    Field { name: "created_at", column: "decided_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM decision WHERE tenant_id = ?1";

pub(super) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    decision: &Decision,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO decision (tenant_id, id, application_id, product_id, end_user_id, risk_engine_id, version, \
         decision, inputs, result, decided_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            tenant,
            decision.id,
            decision.case.application,
            decision.case.product,
            decision.case.end_user,
            decision.risk_engine,
            decision.version.as_str(),
            decision.outcome.word(),
            json::write("inputs", &decision.inputs)?,
            json::write("result", &decision.outcome)?,
            decision.decided_at,
        ],
    )?;
    Ok(())
}

/// The decision.
pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: DecisionId,
) -> Result<Option<Decision>, StorageError> {
    tx.query_opt(
        "SELECT * FROM decision WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, id],
        read,
    )
}

/// The last decision on each application of a list that has one: its inputs, and whether the product's limits held.
pub(crate) fn last_inputs(
    tx: &mut Tx,
    tenant: TenantId,
    applications: Vec<Uuid>,
) -> Result<HashMap<ApplicationId, (Inputs, bool)>, StorageError> {
    let mut decisions = tx.query_keys(
        "SELECT * FROM decision WHERE tenant_id = ?1 AND application_id = ANY(?2)",
        params![tenant, applications],
        read,
    )?;
    decisions.sort_by_key(|decision| decision.id);
    let last = decisions.into_iter().map(|decision| {
        (decision.case.application, (decision.inputs, decision.outcome.limits.is_empty()))
    });
    Ok(last.collect())
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<Decision>, StorageError> {
    tx.list(LIST, params![tenant], query, read)
}

/// Hands every decision of the list to `f`, unpaged, until it answers false.
pub(super) fn each(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
    mut f: impl FnMut(Decision) -> bool,
) -> Result<(), StorageError> {
    tx.list_each(LIST, params![tenant], query, |row| {
        if f(read(row)?) { Ok(()) } else { Err(StorageError::Stopped) }
    })
}

fn read(row: &Row<'_>) -> Result<Decision, StorageError> {
    Ok(Decision {
        id: row.get("id")?,
        case: Case {
            application: row.get("application_id")?,
            product: row.get("product_id")?,
            end_user: row.get("end_user_id")?,
        },
        risk_engine: row.get("risk_engine_id")?,
        version: row.get("version")?,
        inputs: json::read(row, "inputs")?,
        outcome: json::read(row, "result")?,
        decided_at: row.get("decided_at")?,
    })
}

/// Notes an application that waits, in place of what it waited for before.
pub(super) fn hold(
    tx: &mut Tx,
    tenant: TenantId,
    application: ApplicationId,
    held: &Held,
) -> Result<(), StorageError> {
    forget(tx, tenant, application)?;
    tx.execute(
        "INSERT INTO decision_pending (tenant_id, application_id, completion_id, risk_engine_id, shadows, inputs, \
         awaited, completed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            tenant,
            application,
            held.completion,
            held.risk_engine,
            json::write("shadows", &held.shadows)?,
            json::write("inputs", &held.inputs)?,
            json::write("awaited", &held.awaited)?,
            held.completed_at,
        ],
    )?;
    Ok(())
}

/// The application waits no longer.
pub(super) fn forget(
    tx: &mut Tx,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<(), StorageError> {
    tx.execute(
        "DELETE FROM decision_pending WHERE tenant_id = ?1 AND application_id = ?2",
        params![tenant, application],
    )?;
    Ok(())
}

/// What an application waits for. Whoever changes it holds the application.
pub(super) fn held(
    tx: &mut Tx,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Option<Held>, StorageError> {
    tx.query_opt(
        "SELECT * FROM decision_pending WHERE tenant_id = ?1 AND application_id = ?2",
        params![tenant, application],
        |row| {
            Ok(Held {
                completion: row.get("completion_id")?,
                risk_engine: row.get("risk_engine_id")?,
                shadows: json::read(row, "shadows")?,
                inputs: json::read(row, "inputs")?,
                awaited: json::read(row, "awaited")?,
                completed_at: row.get("completed_at")?,
            })
        },
    )
}
