//! SQL of what pages show.

use florin_ids::{FundId, TenantId};
use florin_storage::{StorageError, Tx, params};

use super::FundPage;

pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
) -> Result<Option<FundPage>, StorageError> {
    let sql = "SELECT * FROM savings_page WHERE tenant_id = ?1 AND fund_id = ?2";
    tx.query_opt(sql, params![tenant, fund], |row| {
        Ok(FundPage {
            is_public: row.get("is_public")?,
            shows_balance: row.get("shows_balance")?,
            goal_minor: row.get("goal_minor")?,
        })
    })
}

pub(super) fn put(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
    page: FundPage,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO savings_page (tenant_id, fund_id, is_public, shows_balance, goal_minor) \
               VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (tenant_id, fund_id) DO UPDATE SET \
               is_public = excluded.is_public, shows_balance = excluded.shows_balance, \
               goal_minor = excluded.goal_minor";
    tx.execute(sql, params![tenant, fund, page.is_public, page.shows_balance, page.goal_minor])?;
    Ok(())
}
