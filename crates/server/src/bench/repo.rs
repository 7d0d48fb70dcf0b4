//! SQL of the raw limits: rows and balances without any rule around them.

use florin_storage::{Engine, Insert, StorageError, Tx, Type, Update, Value, params};
use uuid::Uuid;

/// Makes the tables that only a benchmark's database has, in the form that each engine gives to the
/// real ones. Not a migration: a server must not take such a database for a newer one.
pub fn create_tables(tx: &mut Tx) -> Result<(), StorageError> {
    let (uuid, int, end) = match tx.engine() {
        Engine::Sqlite => ("BLOB", "INTEGER", ") STRICT, WITHOUT ROWID"),
        Engine::Postgres => ("UUID", "BIGINT", ")"),
    };
    tx.execute(
        &format!(
            "CREATE TABLE IF NOT EXISTS bench_row (tenant_id {uuid} NOT NULL, id {uuid} NOT NULL, \
             a {int} NOT NULL, b {int} NOT NULL, c TEXT NOT NULL, PRIMARY KEY (tenant_id, id){end}"
        ),
        params![],
    )?;
    tx.execute(
        &format!(
            "CREATE TABLE IF NOT EXISTS bench_balance (tenant_id {uuid} NOT NULL, \
             id {uuid} NOT NULL, amount {int} NOT NULL, PRIMARY KEY (tenant_id, id){end}"
        ),
        params![],
    )?;
    Ok(())
}

const ROWS: Insert = Insert {
    table: "bench_row",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("a", Type::Int),
        ("b", Type::Int),
        ("c", Type::Text),
    ],
    on_conflict: "",
};

const BALANCES: Insert = Insert {
    table: "bench_balance",
    columns: &[("tenant_id", Type::Uuid), ("id", Type::Uuid), ("amount", Type::Int)],
    on_conflict: "",
};

const ADD: Update = Update {
    table: "bench_balance",
    keys: &[("tenant_id", Type::Uuid), ("id", Type::Uuid)],
    set: &[],
    add: &[("amount", Type::Int)],
};

/// A row of a uuid, two numbers and a text for each of `ids`.
pub fn insert_rows(tx: &mut Tx, tenant: Uuid, ids: &[Uuid]) -> Result<u64, StorageError> {
    let row = |id: &Uuid| {
        vec![
            Value::from(tenant),
            Value::from(*id),
            Value::from(1_i64),
            Value::from(2_i64),
            Value::from("a row of the limit"),
        ]
    };
    tx.insert_many(&ROWS, ids.iter().map(row))
}

/// A balance of zero for each of `ids`.
pub fn insert_balances(tx: &mut Tx, tenant: Uuid, ids: &[Uuid]) -> Result<u64, StorageError> {
    let row = |id: &Uuid| vec![Value::from(tenant), Value::from(*id), Value::from(0_i64)];
    tx.insert_many(&BALANCES, ids.iter().map(row))
}

/// Adds 1 to the balance of each of `ids`, which are all different.
pub fn add_to_balances(tx: &mut Tx, tenant: Uuid, ids: &[Uuid]) -> Result<u64, StorageError> {
    let row = |id: &Uuid| vec![Value::from(tenant), Value::from(*id), Value::from(1_i64)];
    tx.update_many(&ADD, ids.iter().map(row))
}

/// One row and one balance, statement by statement: what a single small request costs.
pub fn write_one(tx: &mut Tx, tenant: Uuid, row: Uuid, balance: Uuid) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO bench_row (tenant_id, id, a, b, c) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![tenant, row, 1_i64, 2_i64, "a row of the limit"],
    )?;
    tx.execute(
        "UPDATE bench_balance SET amount = amount + 1 WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, balance],
    )?;
    Ok(())
}

/// Gives loans and transactions the variety of a real book, by the digits of their amounts, in what lists filter
/// and order by. What they owe no longer fits their history: for reading only.
pub fn spread(tx: &mut Tx, tenant: Uuid) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE loan SET amount = disbursed, created_at = created_at + disbursed * 1000000, \
         rate = (disbursed % 50) * 250000, status = CASE WHEN disbursed % 100 < 85 THEN 'active' \
         WHEN disbursed % 100 < 92 THEN 'late' WHEN disbursed % 100 < 97 THEN 'arrears' \
         WHEN disbursed % 1000 < 998 THEN 'closed' ELSE 'default' END WHERE tenant_id = ?1",
        params![tenant],
    )?;
    tx.execute(
        "UPDATE loan_transaction SET status = CASE WHEN amount % 50 = 7 THEN 'failed' ELSE status END, \
         type = CASE WHEN amount % 10 < 8 THEN type WHEN amount % 40 = 9 THEN 'fee' ELSE 'repayment' END \
         WHERE tenant_id = ?1",
        params![tenant],
    )?;
    if tx.engine() == Engine::Postgres {
        for table in ["loan", "loan_transaction"] {
            tx.execute(&format!("ANALYZE {table}"), params![])?;
        }
    }
    Ok(())
}
