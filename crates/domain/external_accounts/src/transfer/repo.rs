//! SQL of transfers.

use florin_ids::TenantId;
use florin_money::Money;
use florin_storage::{
    Field, Kind, ListQuery, Page, Row, StorageError, Tx, Type, Update, Value, params,
};
use jiff::civil::Date;

use super::entity::{Booked, Transfer, TransferKind, TransferStatus};
use super::limits::Used;
use crate::program::CURRENCY;
use crate::words::{AccountId, CustomerId, ProgramId, TransferId, WORD};

/// The fields that transfers can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Int },
    Field { name: "customerId", column: "customer_id", kind: Kind::Int },
    Field { name: "externalAccountId", column: "external_account_id", kind: Kind::Int },
    Field { name: "tag", column: "tag", kind: Kind::Text },
    Field { name: "type", column: "kind", kind: Kind::Text },
    Field { name: "status", column: "status", kind: Kind::Text },
    Field { name: "returnCode", column: "return_code", kind: Kind::Text },
    Field { name: "amount", column: "amount_minor", kind: Kind::Money },
    Field { name: "createdDate", column: "created_at", kind: Kind::Timestamp },
    Field { name: "settledDate", column: "settled_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM ea_transfer WHERE tenant_id = ?1";

const UPDATE: Update = Update {
    table: "ea_transfer",
    keys: &[("tenant_id", Type::Uuid), ("id", Type::Int)],
    set: &[
        ("status", Type::Text),
        ("return_code", Type::Text),
        ("entry_id", Type::Uuid),
        ("booked", Type::Text),
        ("held_entry_id", Type::Uuid),
        ("charge_on", Type::Text),
        ("settled_on", Type::Text),
        ("settled_at", Type::Int),
        ("voided_at", Type::Int),
        ("returned_at", Type::Int),
    ],
    add: &[],
};

pub(super) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    program: ProgramId,
    transfer: &Transfer,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO ea_transfer (tenant_id, id, customer_id, program_id, kind, external_account_id, \
         settlement_account_id, amount_minor, tag, description, institution_name, is_same_day, status, \
         return_code, payment_id, entry_id, booked, held_entry_id, charge_on, created_on, created_at, settled_on, settled_at, \
         voided_at, returned_at, asked_same_day) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, \
         ?22, ?23, ?24, ?25, ?26)",
        params![
            tenant,
            transfer.id,
            transfer.customer,
            program,
            transfer.kind.as_str(),
            transfer.external_account,
            transfer.settlement_account,
            transfer.amount.minor(),
            transfer.tag.as_deref(),
            transfer.description.as_deref(),
            transfer.institution_name.as_str(),
            transfer.is_same_day_settle,
            transfer.status.as_str(),
            transfer.return_code.as_deref(),
            transfer.payment,
            transfer.entry,
            transfer.booked.as_str(),
            transfer.held,
            transfer.charge_on,
            transfer.created_on,
            transfer.created_at,
            transfer.settled_on,
            transfer.settled_at,
            transfer.voided_at,
            transfer.returned_at,
            transfer.asked_same_day,
        ],
    )?;
    Ok(())
}

/// Writes what changes of transfers.
pub(super) fn update_many(
    tx: &mut Tx,
    tenant: TenantId,
    transfers: &[Transfer],
) -> Result<(), StorageError> {
    let rows = transfers.iter().map(|it| {
        [
            Value::from(tenant),
            it.id.into(),
            it.status.as_str().into(),
            it.return_code.as_deref().into(),
            it.entry.into(),
            it.booked.as_str().into(),
            it.held.into(),
            it.charge_on.into(),
            it.settled_on.into(),
            it.settled_at.into(),
            it.voided_at.into(),
            it.returned_at.into(),
        ]
    });
    tx.update_many(&UPDATE, rows)?;
    Ok(())
}

pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: TransferId,
) -> Result<Option<Transfer>, StorageError> {
    let sql = "SELECT * FROM ea_transfer WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read)
}

/// The transfers of these numbers, held.
pub(super) fn lock_many(
    tx: &mut Tx,
    tenant: TenantId,
    ids: Vec<i64>,
) -> Result<Vec<Transfer>, StorageError> {
    let sql = "SELECT * FROM ea_transfer WHERE tenant_id = ?1 AND id = ANY(?2) FOR UPDATE";
    tx.query_keys(sql, params![tenant, ids], read)
}

pub(super) fn by_tag(
    tx: &mut Tx,
    tenant: TenantId,
    program: ProgramId,
    tag: &str,
) -> Result<Option<Transfer>, StorageError> {
    let sql = "SELECT * FROM ea_transfer WHERE tenant_id = ?1 AND program_id = ?2 AND tag = ?3";
    tx.query_opt(sql, params![tenant, program, tag], read)
}

/// Which of a customer's transfers are looked for; `None` means any.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub account: Option<AccountId>,
    pub status: Option<TransferStatus>,
    pub begin: Option<Date>,
    pub end: Option<Date>,
    pub limit: u32,
    pub offset: u64,
}

/// A customer's transfers, the newest first.
pub(super) fn of_customer(
    tx: &mut Tx,
    tenant: TenantId,
    customer: CustomerId,
    wanted: &Wanted,
) -> Result<Vec<Transfer>, StorageError> {
    let account = wanted.account.map_or(0, AccountId::number);
    let status = wanted.status.map_or("", TransferStatus::as_str);
    let first = wanted.begin.unwrap_or(Date::ZERO);
    let last = wanted.end.unwrap_or(Date::MAX);
    tx.query(
        "SELECT * FROM ea_transfer WHERE tenant_id = ?1 AND customer_id = ?2 \
         AND (?3 = 0 OR external_account_id = ?3 OR settlement_account_id = ?3) \
         AND (?4 = '' OR status = ?4) AND created_on >= ?5 AND created_on <= ?6 \
         ORDER BY id DESC LIMIT ?7 OFFSET ?8",
        params![
            tenant,
            customer,
            account,
            status,
            first,
            last,
            wanted.limit,
            i64::try_from(wanted.offset).unwrap_or(i64::MAX),
        ],
        read,
    )
}

/// Whether any transfer of a customer is under way.
pub(crate) fn any_under_way(
    tx: &mut Tx,
    tenant: TenantId,
    customer: CustomerId,
) -> Result<bool, StorageError> {
    let found = tx.query_opt(
        "SELECT id FROM ea_transfer WHERE tenant_id = ?1 AND customer_id = ?2 \
         AND status IN ('Initiated', 'Pending') LIMIT 1",
        params![tenant, customer],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// What the transfers of one direction have come to in the month of `today` and on it.
pub(super) fn used(
    tx: &mut Tx,
    tenant: TenantId,
    (program, customer): (ProgramId, CustomerId),
    kind: TransferKind,
    today: Date,
) -> Result<Used, StorageError> {
    let (user_today_minor, user_month_minor) = tx.query_one(
        "SELECT CAST(COALESCE(SUM(CASE WHEN created_on = ?5 THEN amount_minor ELSE 0 END), 0) AS BIGINT) AS today, \
         CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) AS month \
         FROM ea_transfer WHERE tenant_id = ?1 AND customer_id = ?2 AND kind = ?3 AND status <> 'Voided' \
         AND created_on >= ?4 AND created_on <= ?5",
        params![tenant, customer, kind.as_str(), today.first_of_month(), today],
        |row| Ok((row.get("today")?, row.get("month")?)),
    )?;
    let program_today_minor = tx.query_one(
        "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) AS today FROM ea_transfer \
         WHERE tenant_id = ?1 AND program_id = ?2 AND kind = ?3 AND status <> 'Voided' AND created_on = ?4",
        params![tenant, program, kind.as_str(), today],
        |row| row.get("today"),
    )?;
    Ok(Used { user_today_minor, user_month_minor, program_today_minor })
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<Transfer>, StorageError> {
    tx.list(LIST, params![tenant], query, read)
}

fn read(row: &Row<'_>) -> Result<Transfer, StorageError> {
    Ok(Transfer {
        id: row.get("id")?,
        customer: row.get("customer_id")?,
        kind: row.parse("kind", WORD, TransferKind::parse)?,
        external_account: row.get("external_account_id")?,
        settlement_account: row.get("settlement_account_id")?,
        amount: Money::from_minor(row.get("amount_minor")?, CURRENCY),
        tag: row.get("tag")?,
        description: row.get("description")?,
        institution_name: row.get("institution_name")?,
        is_same_day_settle: row.get("is_same_day")?,
        asked_same_day: row.get("asked_same_day")?,
        status: row.parse("status", WORD, TransferStatus::parse)?,
        return_code: row.get("return_code")?,
        payment: row.get("payment_id")?,
        entry: row.get("entry_id")?,
        booked: row.parse("booked", WORD, Booked::parse)?,
        held: row.get("held_entry_id")?,
        charge_on: row.get("charge_on")?,
        created_on: row.get("created_on")?,
        created_at: row.get("created_at")?,
        settled_on: row.get("settled_on")?,
        settled_at: row.get("settled_at")?,
        voided_at: row.get("voided_at")?,
        returned_at: row.get("returned_at")?,
    })
}
