//! SQL of provider accounts. Secrets are sealed here on the way in and opened on the way out.

use florin_crypto::{KeyRing, Secret};
use florin_ids::{ProviderAccountId, TenantId};
use florin_storage::{Row, StorageError, Tx, params};
use jiff::Timestamp;
use jiff::civil::Date;

use super::entity::{Environment, Pages, ProviderAccount, Secrets};
use crate::MandatesError;
use crate::words::WORD;

/// The place that a sealed access token opens at, with the row's id.
const TOKEN_CONTEXT: &str = "provider_account.access_token";
/// The place that a sealed webhook secret opens at, with the row's id.
const SECRET_CONTEXT: &str = "provider_account.webhook_secret";

/// An account of some tenant, with its secrets still sealed.
pub(crate) struct Sealed {
    pub tenant: TenantId,
    pub account: ProviderAccount,
    /// The business date on which both sides were last compared.
    pub compared_on: Option<Date>,
    access_token: Vec<u8>,
    webhook_secret: Vec<u8>,
}

impl Sealed {
    pub(crate) fn open(&self, keys: &KeyRing) -> Result<Secrets, MandatesError> {
        let row = self.account.id.uuid();
        let open = |context: &str, sealed: &[u8]| {
            let plain = keys.open(context, row.as_bytes(), sealed)?;
            let text = String::from_utf8(plain).map_err(|_| MandatesError::BadSeal)?;
            Ok::<_, MandatesError>(Secret::from_text(text))
        };
        Ok(Secrets {
            access_token: open(TOKEN_CONTEXT, &self.access_token)?,
            webhook_secret: open(SECRET_CONTEXT, &self.webhook_secret)?,
        })
    }
}

pub(super) fn insert(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: &ProviderAccount,
    secrets: &Secrets,
) -> Result<(), StorageError> {
    let row = account.id.uuid();
    let seal = |context: &str, secret: &Secret| {
        keys.seal(context, row.as_bytes(), secret.expose().as_bytes())
    };
    tx.execute(
        "INSERT INTO provider_account (tenant_id, id, environment, base_url, is_simulator, access_token, \
         webhook_secret, creditor, pages, is_active, event_cursor, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            tenant,
            account.id,
            account.environment.as_str(),
            account.base_url.as_str(),
            account.is_simulator,
            seal(TOKEN_CONTEXT, &secrets.access_token),
            seal(SECRET_CONTEXT, &secrets.webhook_secret),
            account.creditor.as_str(),
            account.pages.as_str(),
            account.is_active,
            account.event_cursor.as_deref(),
            account.created_at
        ],
    )?;
    Ok(())
}

/// Writes what of an account can be changed.
pub(super) fn update(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: &ProviderAccount,
    secrets: &Secrets,
) -> Result<(), StorageError> {
    let row = account.id.uuid();
    let seal = |context: &str, secret: &Secret| {
        keys.seal(context, row.as_bytes(), secret.expose().as_bytes())
    };
    tx.execute(
        "UPDATE provider_account SET access_token = ?3, webhook_secret = ?4, pages = ?5 \
         WHERE tenant_id = ?1 AND id = ?2",
        params![
            tenant,
            account.id,
            seal(TOKEN_CONTEXT, &secrets.access_token),
            seal(SECRET_CONTEXT, &secrets.webhook_secret),
            account.pages.as_str()
        ],
    )?;
    Ok(())
}

/// Takes the simulated organisation of a token for a tenant; answers whose it is.
pub(super) fn take_organisation(
    tx: &mut Tx,
    tenant: TenantId,
    token_hash: [u8; 32],
) -> Result<TenantId, StorageError> {
    let sql = "INSERT INTO simulated_organisation (tenant_id, token_hash) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    tx.execute(sql, params![tenant, token_hash])?;
    let sql = "SELECT tenant_id FROM simulated_organisation WHERE token_hash = ?1";
    tx.query_one(sql, params![token_hash], |row| row.get("tenant_id"))
}

/// Takes every account of the tenant out of use.
pub(super) fn deactivate_all(
    tx: &mut Tx,
    tenant: TenantId,
    now: Timestamp,
) -> Result<(), StorageError> {
    let sql = "UPDATE provider_account SET is_active = 0, deactivated_at = ?2 WHERE tenant_id = ?1 AND is_active = 1";
    tx.execute(sql, params![tenant, now])?;
    Ok(())
}

/// Takes one account out of use; answers how many there were of this id.
pub(super) fn deactivate(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProviderAccountId,
    now: Timestamp,
) -> Result<u64, StorageError> {
    let sql = "UPDATE provider_account SET is_active = 0, deactivated_at = ?3 WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![tenant, id, now])
}

/// The accounts in use, and those that were until a short time ago; the newest first.
pub(crate) fn in_use_since(
    tx: &mut Tx,
    tenant: TenantId,
    since: Timestamp,
) -> Result<Vec<Sealed>, StorageError> {
    let sql = "SELECT * FROM provider_account WHERE tenant_id = ?1 AND (is_active = 1 OR deactivated_at > ?2) \
         ORDER BY id DESC";
    tx.query(sql, params![tenant, since], read_sealed)
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    limit: u32,
) -> Result<Vec<ProviderAccount>, StorageError> {
    let sql = "SELECT * FROM provider_account WHERE tenant_id = ?1 ORDER BY id DESC LIMIT ?2";
    tx.query(sql, params![tenant, limit], read)
}

pub(crate) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProviderAccountId,
) -> Result<Option<Sealed>, StorageError> {
    let sql = "SELECT * FROM provider_account WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read_sealed)
}

/// The account, which nobody else can change until the transaction ends.
pub(super) fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProviderAccountId,
) -> Result<Option<Sealed>, StorageError> {
    let sql = "SELECT * FROM provider_account WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, id], read_sealed)
}

/// The account of this id, whoever's it is: a webhook does not say.
pub(crate) fn of_any_tenant(
    tx: &mut Tx,
    id: ProviderAccountId,
) -> Result<Option<Sealed>, StorageError> {
    tx.query_opt("SELECT * FROM provider_account WHERE id = ?1", params![id], read_sealed)
}

pub(crate) fn active(tx: &mut Tx, tenant: TenantId) -> Result<Option<Sealed>, StorageError> {
    let sql = "SELECT * FROM provider_account WHERE tenant_id = ?1 AND is_active = 1 ORDER BY id DESC LIMIT 1";
    tx.query_opt(sql, params![tenant], read_sealed)
}

/// The active accounts of all tenants, in the order of their ids: a page after `after`.
pub(crate) fn active_of_all(
    tx: &mut Tx,
    after: Option<ProviderAccountId>,
    limit: u32,
) -> Result<Vec<Sealed>, StorageError> {
    let after = after.unwrap_or(ProviderAccountId::from_uuid(uuid::Uuid::nil()));
    let sql = "SELECT * FROM provider_account WHERE is_active = 1 AND id > ?1 ORDER BY id LIMIT ?2";
    tx.query(sql, params![after, limit], read_sealed)
}

/// The accounts of all tenants that are in use, or were until a short time ago, in the order of their ids: a page after
/// `after`.
pub(crate) fn in_use_of_all(
    tx: &mut Tx,
    since: Timestamp,
    after: Option<ProviderAccountId>,
    limit: u32,
) -> Result<Vec<(TenantId, ProviderAccountId)>, StorageError> {
    let after = after.unwrap_or(ProviderAccountId::from_uuid(uuid::Uuid::nil()));
    let sql = "SELECT tenant_id, id FROM provider_account WHERE (is_active = 1 OR deactivated_at > ?1) AND id > ?2 \
         ORDER BY id LIMIT ?3";
    tx.query(sql, params![since, after, limit], |row| Ok((row.get("tenant_id")?, row.get("id")?)))
}

/// Notes that both sides are compared on a date; false when they were, by whichever node.
pub(crate) fn begin_comparison(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProviderAccountId,
    on: Date,
) -> Result<bool, StorageError> {
    let sql = "UPDATE provider_account SET compared_on = ?3 \
         WHERE tenant_id = ?1 AND id = ?2 AND (compared_on IS NULL OR compared_on < ?3)";
    Ok(tx.execute(sql, params![tenant, id, on])? > 0)
}

/// Takes that back: the comparison has still to be made.
pub(crate) fn undo_comparison(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProviderAccountId,
    before: Option<Date>,
) -> Result<(), StorageError> {
    let sql = "UPDATE provider_account SET compared_on = ?3 WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![tenant, id, before])?;
    Ok(())
}

/// Remembers the last event that was pulled.
pub(crate) fn set_cursor(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProviderAccountId,
    cursor: &str,
) -> Result<(), StorageError> {
    let sql = "UPDATE provider_account SET event_cursor = ?3 WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![tenant, id, cursor])?;
    Ok(())
}

fn read_sealed(row: &Row<'_>) -> Result<Sealed, StorageError> {
    Ok(Sealed {
        tenant: row.get("tenant_id")?,
        account: read(row)?,
        compared_on: row.get("compared_on")?,
        access_token: row.get("access_token")?,
        webhook_secret: row.get("webhook_secret")?,
    })
}

fn read(row: &Row<'_>) -> Result<ProviderAccount, StorageError> {
    Ok(ProviderAccount {
        id: row.get("id")?,
        environment: row.parse("environment", WORD, Environment::parse)?,
        base_url: row.get("base_url")?,
        is_simulator: row.get("is_simulator")?,
        creditor: row.get("creditor")?,
        pages: row.parse("pages", WORD, Pages::parse)?,
        is_active: row.get("is_active")?,
        event_cursor: row.get("event_cursor")?,
        created_at: row.get("created_at")?,
    })
}
