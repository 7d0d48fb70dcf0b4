//! SQL that only the business day needs.

use std::collections::HashSet;

use uuid::Uuid;

use florin_ids::{EndUserId, TenantId};
use florin_storage::{StorageError, Tx, params};

/// Those of `ids` whose first name is `first_name`.
pub(super) fn end_users_named(
    tx: &mut Tx,
    tenant: TenantId,
    first_name: &str,
    ids: Vec<Uuid>,
) -> Result<HashSet<EndUserId>, StorageError> {
    let found = tx.query_keys(
        "SELECT id FROM end_user WHERE tenant_id = ?1 AND id = ANY(?2) AND first_name = ?3",
        params![tenant, ids, first_name],
        |row| row.get("id"),
    )?;
    Ok(found.into_iter().collect())
}
