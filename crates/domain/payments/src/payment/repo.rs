//! SQL of payments.

use uuid::Uuid;

use florin_ids::{PaymentId, TenantId};
use florin_money::{Currency, Money};
use florin_storage::{Insert, Row, StorageError, Tx, Type, Update, Value, params};
use jiff::civil::Date;

use super::{Direction, Instrument, OwnerRef, Payment, PaymentState, Purpose, RailKind};

const COLUMNS: &str = "id, rail, instrument, direction, purpose, amount_minor, currency, owner_kind, owner_id, \
     wanted_on, charge_on, counterparty, note, same_day, state, attempt, reference, is_reversing, reason, told_at, created_at";

const INSERT: Insert = Insert {
    table: "payment",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("rail", Type::Text),
        ("instrument", Type::Text),
        ("direction", Type::Text),
        ("purpose", Type::Text),
        ("amount_minor", Type::Int),
        ("currency", Type::Text),
        ("owner_kind", Type::Text),
        ("owner_id", Type::Uuid),
        ("wanted_on", Type::Text),
        ("charge_on", Type::Text),
        ("counterparty", Type::Text),
        ("note", Type::Text),
        ("same_day", Type::Int),
        ("state", Type::Text),
        ("attempt", Type::Int),
        ("reference", Type::Text),
        ("is_reversing", Type::Int),
        ("reason", Type::Text),
        ("told_at", Type::Int),
        ("created_at", Type::Int),
    ],
    on_conflict: "",
};

const UPDATE: Update = Update {
    table: "payment",
    keys: &[("tenant_id", Type::Uuid), ("id", Type::Uuid)],
    set: &[
        ("wanted_on", Type::Text),
        ("charge_on", Type::Text),
        ("state", Type::Text),
        ("attempt", Type::Int),
        ("reference", Type::Text),
        ("is_reversing", Type::Int),
        ("reason", Type::Text),
        ("told_at", Type::Int),
    ],
    add: &[],
};

pub(crate) fn insert_many(
    tx: &mut Tx,
    tenant: TenantId,
    payments: &[Payment],
) -> Result<(), StorageError> {
    let rows = payments.iter().map(|it| {
        vec![
            Value::from(tenant),
            Value::from(it.id),
            Value::from(it.instrument.rail.as_str()),
            Value::from(it.instrument.reference.as_str()),
            Value::from(it.direction.as_str()),
            Value::from(it.purpose.as_str()),
            Value::from(it.amount.minor()),
            Value::from(it.amount.currency().code()),
            Value::from(it.owner.kind.as_str()),
            Value::from(it.owner.id),
            Value::from(it.wanted_on),
            Value::from(it.charge_on),
            Value::from(it.counterparty.as_str()),
            Value::from(it.note.as_str()),
            Value::from(it.same_day),
            Value::from(it.state.as_str()),
            Value::from(it.attempt),
            Value::from(it.reference.clone()),
            Value::from(it.is_reversing),
            Value::from(it.reason.as_str()),
            Value::from(it.told_at),
            Value::from(it.created_at),
        ]
    });
    tx.insert_many(&INSERT, rows.collect::<Vec<_>>())?;
    Ok(())
}

pub(crate) fn update_many(
    tx: &mut Tx,
    tenant: TenantId,
    payments: &[Payment],
) -> Result<(), StorageError> {
    let rows = payments.iter().map(|it| {
        vec![
            Value::from(tenant),
            Value::from(it.id),
            Value::from(it.wanted_on),
            Value::from(it.charge_on),
            Value::from(it.state.as_str()),
            Value::from(it.attempt),
            Value::from(it.reference.clone()),
            Value::from(it.is_reversing),
            Value::from(it.reason.as_str()),
            Value::from(it.told_at),
        ]
    });
    tx.update_many(&UPDATE, rows.collect::<Vec<_>>())?;
    Ok(())
}

/// The payments of these ids, held until the transaction ends, in the order of their ids.
pub(crate) fn lock_many(
    tx: &mut Tx,
    tenant: TenantId,
    ids: Vec<Uuid>,
) -> Result<Vec<Payment>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM payment WHERE tenant_id = ?1 AND id = ANY(?2) ORDER BY id FOR UPDATE"
    );
    tx.query(&sql, params![tenant, Value::Uuids(ids)], read)
}

pub(crate) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: PaymentId,
) -> Result<Option<Payment>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM payment WHERE tenant_id = ?1 AND id = ?2");
    tx.query_opt(&sql, params![tenant, id], read)
}

pub(crate) fn of_owners(
    tx: &mut Tx,
    tenant: TenantId,
    owners: Vec<Uuid>,
) -> Result<Vec<Payment>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM payment WHERE tenant_id = ?1 AND owner_id = ANY(?2) ORDER BY id"
    );
    tx.query(&sql, params![tenant, Value::Uuids(owners)], read)
}

pub(crate) fn by_references(
    tx: &mut Tx,
    tenant: TenantId,
    rail: RailKind,
    references: Vec<String>,
) -> Result<Vec<Payment>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM payment WHERE tenant_id = ?1 AND reference = ANY(?2) AND rail = ?3 ORDER BY id"
    );
    tx.query(&sql, params![tenant, Value::Texts(references), rail.as_str()], read)
}

pub(crate) fn charged_between(
    tx: &mut Tx,
    tenant: TenantId,
    rail: RailKind,
    (from, to): (Date, Date),
    after: Option<PaymentId>,
    limit: u32,
) -> Result<Vec<Payment>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM payment WHERE tenant_id = ?1 AND charge_on >= ?2 AND charge_on <= ?3 AND rail = ?4 \
         AND id > ?5 ORDER BY id LIMIT ?6"
    );
    let after = after.map_or(Uuid::nil(), PaymentId::uuid);
    tx.query(&sql, params![tenant, from, to, rail.as_str(), after, limit], read)
}

pub(crate) fn under_way(
    tx: &mut Tx,
    tenant: TenantId,
    instrument: &Instrument,
) -> Result<Vec<Payment>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM payment WHERE tenant_id = ?1 AND rail = ?2 AND instrument = ?3 \
         AND (state = 'pending' OR state = 'submitted') ORDER BY id"
    );
    let params = params![tenant, instrument.rail.as_str(), instrument.reference.as_str()];
    tx.query(&sql, params, read)
}

fn read(row: &Row<'_>) -> Result<Payment, StorageError> {
    const WORD: &str = "a word of its list";
    let currency =
        row.parse("currency", "a currency code", |code| Currency::from_code(code).ok())?;
    Ok(Payment {
        id: row.get("id")?,
        instrument: Instrument {
            rail: row.parse("rail", WORD, RailKind::parse)?,
            reference: row.get("instrument")?,
        },
        direction: row.parse("direction", WORD, Direction::parse)?,
        purpose: row.parse("purpose", WORD, Purpose::parse)?,
        amount: Money::from_minor(row.get("amount_minor")?, currency),
        owner: OwnerRef { kind: row.get("owner_kind")?, id: row.get("owner_id")? },
        wanted_on: row.get("wanted_on")?,
        charge_on: row.get("charge_on")?,
        counterparty: row.get("counterparty")?,
        note: row.get("note")?,
        same_day: row.get("same_day")?,
        state: row.parse("state", WORD, PaymentState::parse)?,
        attempt: row.get("attempt")?,
        reference: row.get("reference")?,
        is_reversing: row.get("is_reversing")?,
        reason: row.get("reason")?,
        told_at: row.get("told_at")?,
        created_at: row.get("created_at")?,
    })
}
