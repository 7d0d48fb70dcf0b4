//! SQL of mandates.

use florin_ids::{EndUserId, MandateId, ProviderAccountId, TenantId};
use florin_money::Currency;
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, params};

use super::entity::{Mandate, MandateStatus};
use crate::words::WORD;

/// The fields that mandates can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "end_user", column: "end_user_id", kind: Kind::Uuid },
    Field { name: "reference", column: "reference", kind: Kind::Text },
    Field { name: "status", column: "status", kind: Kind::Text },
    Field { name: "is_disabled", column: "is_disabled", kind: Kind::Bool },
    Field { name: "scheme", column: "scheme", kind: Kind::Text },
    Field { name: "currency", column: "currency", kind: Kind::Text },
    Field { name: "bank_name", column: "bank_name", kind: Kind::Text },
    Field { name: "account_number_ending", column: "account_ending", kind: Kind::Text },
    Field { name: "replaced_by", column: "replaced_by", kind: Kind::Uuid },
    Field { name: "status_changed_at", column: "status_changed_at", kind: Kind::Timestamp },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM mandate WHERE tenant_id = ?1";

/// Writes a new mandate. False when the account has one of this reference already.
pub(crate) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    mandate: &Mandate,
) -> Result<bool, StorageError> {
    let rows = tx.execute(
        "INSERT INTO mandate (tenant_id, id, account_id, end_user_id, reference, customer, status, is_disabled, \
         scheme, currency, bank_name, account_ending, statement_reference, replaced_by, told_at, status_changed_at, \
         created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) \
         ON CONFLICT (tenant_id, account_id, reference) DO NOTHING",
        params![
            tenant,
            mandate.id,
            mandate.account,
            mandate.end_user,
            mandate.reference.as_str(),
            mandate.customer.as_str(),
            mandate.status.as_str(),
            mandate.is_disabled,
            mandate.scheme.as_str(),
            mandate.currency.code(),
            mandate.bank_name.as_str(),
            mandate.account_ending.as_str(),
            mandate.statement_reference.as_str(),
            mandate.replaced_by,
            mandate.told_at,
            mandate.status_changed_at,
            mandate.created_at
        ],
    )?;
    Ok(rows == 1)
}

/// Writes what of a mandate changes.
pub(crate) fn update(tx: &mut Tx, tenant: TenantId, mandate: &Mandate) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE mandate SET status = ?3, is_disabled = ?4, replaced_by = ?5, told_at = ?6, status_changed_at = ?7 \
         WHERE tenant_id = ?1 AND id = ?2",
        params![
            tenant,
            mandate.id,
            mandate.status.as_str(),
            mandate.is_disabled,
            mandate.replaced_by,
            mandate.told_at,
            mandate.status_changed_at
        ],
    )?;
    Ok(())
}

pub(crate) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: MandateId,
) -> Result<Option<Mandate>, StorageError> {
    let sql = "SELECT * FROM mandate WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read)
}

/// The mandate, which nobody else can change until the transaction ends.
pub(crate) fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: MandateId,
) -> Result<Option<Mandate>, StorageError> {
    let sql = "SELECT * FROM mandate WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, id], read)
}

/// The mandates that the provider knows under these references, held until the transaction ends.
pub(crate) fn lock_by_references(
    tx: &mut Tx,
    tenant: TenantId,
    account: ProviderAccountId,
    references: Vec<String>,
) -> Result<Vec<Mandate>, StorageError> {
    let sql = "SELECT * FROM mandate WHERE tenant_id = ?1 AND account_id = ?2 AND reference = ANY(?3) ORDER BY id \
         FOR UPDATE";
    tx.query(sql, params![tenant, account, references], read)
}

/// Which of these mandates belong to an account.
pub(crate) fn of_account(
    tx: &mut Tx,
    tenant: TenantId,
    account: ProviderAccountId,
    ids: Vec<uuid::Uuid>,
) -> Result<Vec<MandateId>, StorageError> {
    let sql = "SELECT id FROM mandate WHERE tenant_id = ?1 AND account_id = ?2 AND id = ANY(?3)";
    tx.query(sql, params![tenant, account, ids], |row| row.get("id"))
}

/// The newest mandate of an end user that can be used and belongs to the active account.
pub(crate) fn newest_usable(
    tx: &mut Tx,
    tenant: TenantId,
    end_user: EndUserId,
) -> Result<Option<Mandate>, StorageError> {
    let usable = MandateStatus::ALL.iter().filter(|status| status.is_usable());
    let usable: Vec<String> = usable.map(|status| status.as_str().to_owned()).collect();
    let sql = "SELECT m.* FROM mandate m JOIN provider_account a \
         ON a.tenant_id = m.tenant_id AND a.id = m.account_id AND a.is_active = 1 \
         WHERE m.tenant_id = ?1 AND m.end_user_id = ?2 AND m.is_disabled = 0 AND m.status = ANY(?3) \
         ORDER BY m.id DESC LIMIT 1";
    tx.query_opt(sql, params![tenant, end_user, usable], read)
}

/// The mandates of an account that are neither disabled nor ended, held until the transaction ends.
pub(super) fn lock_enabled_of_account(
    tx: &mut Tx,
    tenant: TenantId,
    account: ProviderAccountId,
) -> Result<Vec<Mandate>, StorageError> {
    let sql = "SELECT * FROM mandate WHERE tenant_id = ?1 AND account_id = ?2 AND is_disabled = 0 \
         AND status = ANY(?3) ORDER BY id FOR UPDATE";
    tx.query(sql, params![tenant, account, living()], read)
}

/// Disables them.
pub(super) fn disable_of_account(
    tx: &mut Tx,
    tenant: TenantId,
    account: ProviderAccountId,
) -> Result<(), StorageError> {
    let sql = "UPDATE mandate SET is_disabled = 1 WHERE tenant_id = ?1 AND account_id = ?2 AND is_disabled = 0 \
         AND status = ANY(?3)";
    tx.execute(sql, params![tenant, account, living()])?;
    Ok(())
}

fn living() -> Vec<String> {
    let living = MandateStatus::ALL.iter().filter(|status| !status.is_gone());
    living.map(|status| status.as_str().to_owned()).collect()
}

pub(crate) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<Mandate>, StorageError> {
    tx.list(LIST, params![tenant], query, read)
}

/// Hands every mandate of the list to `f`, unpaged, until it answers false.
pub(crate) fn each(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
    mut f: impl FnMut(Mandate) -> bool,
) -> Result<(), StorageError> {
    let stopped = tx.list_each(LIST, params![tenant], query, |row| {
        if f(read(row)?) { Ok(()) } else { Err(StorageError::Stopped) }
    });
    match stopped {
        Err(StorageError::Stopped) => Ok(()),
        other => other,
    }
}

fn read(row: &Row<'_>) -> Result<Mandate, StorageError> {
    Ok(Mandate {
        id: row.get("id")?,
        account: row.get("account_id")?,
        end_user: row.get("end_user_id")?,
        reference: row.get("reference")?,
        customer: row.get("customer")?,
        status: row.parse("status", WORD, MandateStatus::parse)?,
        is_disabled: row.get("is_disabled")?,
        scheme: row.get("scheme")?,
        currency: row
            .parse("currency", "a currency code", |code| Currency::from_code(code).ok())?,
        bank_name: row.get("bank_name")?,
        account_ending: row.get("account_ending")?,
        statement_reference: row.get("statement_reference")?,
        replaced_by: row.get("replaced_by")?,
        told_at: row.get("told_at")?,
        status_changed_at: row.get("status_changed_at")?,
        created_at: row.get("created_at")?,
    })
}
