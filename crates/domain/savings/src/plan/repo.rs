//! SQL of the loaded list of plans.

use florin_ids::TenantId;
use florin_storage::{Insert, Row, StorageError, Tx, Type, Value, params};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Plan, PlanList, Sold, builtin};
use crate::column;

/// Which list was loaded.
pub(super) struct Header {
    pub as_of: Date,
    pub sources: String,
    pub loaded_at: Timestamp,
}

/// A plan that is or was on a list.
pub(super) struct Known {
    pub plan: Plan,
    pub is_listed: bool,
}

/// Makes sure that there is a row to hold.
fn put_row(tx: &mut Tx) -> Result<(), StorageError> {
    let sql =
        "INSERT INTO savings_plan_list (tenant_id) VALUES (?1) ON CONFLICT (tenant_id) DO NOTHING";
    tx.execute(sql, params![TenantId::EVERYBODY])?;
    Ok(())
}

/// Holds the list as it is until the transaction ends.
pub(super) fn hold(tx: &mut Tx) -> Result<(), StorageError> {
    put_row(tx)?;
    let sql = "SELECT tenant_id FROM savings_plan_list WHERE tenant_id = ?1 FOR SHARE";
    tx.query_one(sql, params![TenantId::EVERYBODY], |_| Ok(()))
}

/// Holds the list in order to change it.
pub(super) fn hold_for_update(tx: &mut Tx) -> Result<(), StorageError> {
    put_row(tx)?;
    let sql = "SELECT tenant_id FROM savings_plan_list WHERE tenant_id = ?1 FOR UPDATE";
    tx.query_one(sql, params![TenantId::EVERYBODY], |_| Ok(()))
}

/// The list that was loaded; `None` while the built-in one counts.
pub(super) fn header(tx: &mut Tx) -> Result<Option<Header>, StorageError> {
    let sql = "SELECT as_of, sources, loaded_at FROM savings_plan_list WHERE tenant_id = ?1 \
               AND as_of IS NOT NULL";
    tx.query_opt(sql, params![TenantId::EVERYBODY], |row| {
        Ok(Header {
            as_of: row.get("as_of")?,
            sources: row.get("sources")?,
            loaded_at: row.get("loaded_at")?,
        })
    })
}

/// Every plan that is or was on a loaded list, by id.
pub(super) fn all(tx: &mut Tx) -> Result<Vec<Known>, StorageError> {
    let sql = "SELECT * FROM savings_plan WHERE tenant_id = ?1 ORDER BY id";
    tx.query(sql, params![TenantId::EVERYBODY], |row| {
        Ok(Known { plan: read(row)?, is_listed: row.get("is_listed")? })
    })
}

/// A plan of the loaded list.
pub(super) fn listed(tx: &mut Tx, id: i64) -> Result<Option<Plan>, StorageError> {
    let sql = "SELECT * FROM savings_plan WHERE tenant_id = ?1 AND id = ?2 AND is_listed = 1";
    tx.query_opt(sql, params![TenantId::EVERYBODY, id], read)
}

fn read(row: &Row<'_>) -> Result<Plan, StorageError> {
    Ok(Plan {
        id: row.get("id")?,
        name: row.get("name")?,
        display_name: row.get("display_name")?,
        state: row.get("state")?,
        sold: column::word(row, "sold", Sold::parse)?,
        limit_minor: row.get("limit_minor")?,
    })
}

/// How many funds of all tenants are with each plan.
pub(super) fn count_funds(tx: &mut Tx) -> Result<Vec<(i64, i64)>, StorageError> {
    let sql =
        "SELECT plan_id, COUNT(*) AS funds FROM savings_fund GROUP BY plan_id ORDER BY plan_id";
    tx.query(sql, params![], |row| Ok((row.get("plan_id")?, row.get("funds")?)))
}

const PUT: Insert = Insert {
    table: "savings_plan",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Int),
        ("state", Type::Text),
        ("sold", Type::Text),
        ("limit_minor", Type::Int),
        ("name", Type::Text),
        ("display_name", Type::Text),
        ("is_listed", Type::Int),
    ],
    on_conflict: "ON CONFLICT (tenant_id, id) DO UPDATE SET sold = excluded.sold, \
        limit_minor = excluded.limit_minor, name = excluded.name, display_name = excluded.display_name, \
        is_listed = excluded.is_listed",
};

/// Puts a list, and the plans that are on it no longer, in the place of the one before.
pub(super) fn put(
    tx: &mut Tx,
    list: &PlanList,
    former: &[Plan],
    at: Timestamp,
) -> Result<(), StorageError> {
    let listed = list.plans.iter().map(|plan| (plan, true));
    let rows = listed.chain(former.iter().map(|plan| (plan, false))).map(|(plan, is_listed)| {
        vec![
            TenantId::EVERYBODY.into(),
            plan.id.into(),
            plan.state.as_str().into(),
            plan.sold.as_str().into(),
            plan.limit_minor.into(),
            plan.name.as_str().into(),
            plan.display_name.as_str().into(),
            is_listed.into(),
        ]
    });
    tx.insert_many(&PUT, rows.collect::<Vec<Vec<Value>>>())?;
    let sql = "UPDATE savings_plan_list SET as_of = ?2, sources = ?3, loaded_at = ?4 WHERE tenant_id = ?1";
    tx.execute(sql, params![TenantId::EVERYBODY, list.as_of, list.sources.as_str(), at])?;
    Ok(())
}

/// The name and the limit of a fund's plan, of the loaded list or else of the built-in one.
pub(crate) fn of_fund(row: &Row<'_>, id: i64) -> Result<(String, i64), StorageError> {
    let (name, limit): (Option<String>, Option<i64>) =
        (row.get("plan_name")?, row.get("plan_limit_minor")?);
    let builtin = || builtin().get(id).map(|plan| (plan.display_name.clone(), plan.limit_minor));
    Ok(name.zip(limit).or_else(builtin).unwrap_or_default())
}

/// The columns that [`of_fund`] reads, of the fund `f`; `everybody` is the parameter that holds
/// [`TenantId::EVERYBODY`].
pub(crate) fn of_fund_columns(everybody: u32) -> String {
    let of_plan =
        format!("FROM savings_plan p WHERE p.tenant_id = ?{everybody} AND p.id = f.plan_id");
    format!(
        "(SELECT p.display_name {of_plan}) AS plan_name, (SELECT p.limit_minor {of_plan}) AS plan_limit_minor"
    )
}
