//! Prints what storage does per second beside the bare engine, in the same run.
//!
//! `cargo run --release -p florin-storage --example storage_speed [DATABASE_URL]`
//! Without a URL it makes a SQLite file in a temporary directory. The tables are made and dropped.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use florin_storage::{
    BatchQueue, Db, DbOptions, Insert, MigrationSet, StorageError, Tx, Type, Update, Value, params,
};
use uuid::Uuid;

const SET: MigrationSet = MigrationSet {
    name: "speed",
    files: &[(
        "0001_speed.sql",
        "CREATE TABLE speed (tenant_id UUID NOT NULL, id UUID NOT NULL, a BIGINT NOT NULL,
            b BIGINT NOT NULL, t TEXT NOT NULL, PRIMARY KEY (tenant_id, id));
         CREATE TABLE speed_balance (tenant_id UUID NOT NULL, id UUID NOT NULL, n BIGINT NOT NULL,
            t TEXT NOT NULL, PRIMARY KEY (tenant_id, id)) /* hot */;",
    )],
};

const INSERT: Insert = Insert {
    table: "speed",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("a", Type::Int),
        ("b", Type::Int),
        ("t", Type::Text),
    ],
    on_conflict: "",
};

const INSERT_NEW: Insert =
    Insert { on_conflict: "ON CONFLICT (tenant_id, id) DO NOTHING", ..INSERT };

const BALANCE: Insert = Insert {
    table: "speed_balance",
    columns: &[("tenant_id", Type::Uuid), ("id", Type::Uuid), ("n", Type::Int), ("t", Type::Text)],
    on_conflict: "",
};

const ADD: Update = Update {
    table: "speed_balance",
    keys: &[("tenant_id", Type::Uuid), ("id", Type::Uuid)],
    set: &[("t", Type::Text)],
    add: &[("n", Type::Int)],
};

const TENANT: Uuid = Uuid::from_u128(1);
const ROWS: u64 = 200_000;

#[expect(clippy::disallowed_methods, reason = "a stopwatch; never a date")]
fn now() -> Instant {
    Instant::now()
}

fn report(what: &str, count: u64, started: Instant) {
    let rate = count as f64 / started.elapsed().as_secs_f64();
    println!("{what:<58} {rate:>12.0}/s");
}

/// Ids in the order of time, as UUID v7 are.
fn id(number: u64) -> Uuid {
    Uuid::from_u128(u128::from(number) << 64)
}

fn row(number: u64) -> [Value; 5] {
    [
        Value::Uuid(TENANT),
        Value::Uuid(id(number)),
        Value::Int(1),
        Value::Int(2),
        Value::fixed("repayment"),
    ]
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let url = std::env::args()
        .nth(1)
        .unwrap_or_else(|| format!("sqlite:{}", directory.path().join("speed.db").display()));
    match url.strip_prefix("sqlite:") {
        Some(path) => bare_sqlite(&format!("{path}-bare"))?,
        None => bare_postgres(&url)?,
    }
    let db = Db::open(&url, &DbOptions::default())?;
    db.migrate(&[SET])?;
    bulk(&db)?;
    points(&db)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for callers in [1, 64, 256] {
        runtime.block_on(single_writes(&db, callers))?;
        runtime.block_on(queued_writes(&db, callers))?;
    }
    db.write_blocking(|tx| {
        tx.execute("DROP TABLE speed", &[])?;
        tx.execute("DROP TABLE speed_balance", &[])?;
        tx.execute("DELETE FROM schema_migration WHERE set_name = ?1", params!["speed"])
    })?;
    Ok(())
}

fn bare_sqlite(path: &str) -> Result<(), Box<dyn Error>> {
    let connection = rusqlite::Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 10000;
         PRAGMA cache_size = -131072;
         CREATE TABLE bare (tenant_id BLOB NOT NULL, id BLOB NOT NULL, a INTEGER NOT NULL,
            b INTEGER NOT NULL, t TEXT NOT NULL, PRIMARY KEY (tenant_id, id)) STRICT, WITHOUT ROWID;",
    )?;
    let started = now();
    for batch in 0..ROWS / 1_000 {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut statement =
            connection.prepare_cached("INSERT INTO bare VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for number in 0..1_000 {
            let id = id(batch * 1_000 + number);
            statement.execute((TENANT.as_bytes(), id.as_bytes(), 1, 2, "repayment"))?;
        }
        drop(statement);
        connection.execute_batch("COMMIT")?;
    }
    report("bare SQLite: 1,000 prepared inserts a transaction", ROWS, started);
    Ok(())
}

fn bare_postgres(url: &str) -> Result<(), Box<dyn Error>> {
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    client.batch_execute(
        "CREATE TEMPORARY TABLE bare (tenant_id UUID NOT NULL, id UUID NOT NULL, a BIGINT NOT NULL,
            b BIGINT NOT NULL, t TEXT NOT NULL, PRIMARY KEY (tenant_id, id))",
    )?;
    let started = now();
    let statement = client.prepare(
        "INSERT INTO bare SELECT '00000000-0000-0000-0000-000000000001',
            lpad(to_hex(n), 32, '0')::uuid, 1, 2, 'repayment' FROM generate_series($1::bigint, $2) n",
    )?;
    for batch in 0..ROWS as i64 / 1_000 {
        client.execute(&statement, &[&(batch * 1_000), &(batch * 1_000 + 999)])?;
    }
    report("bare PostgreSQL: 1,000 rows made by the server", ROWS, started);
    Ok(())
}

fn bulk(db: &Db) -> Result<(), StorageError> {
    let cases: [(&str, u64, Insert); 3] = [
        ("insert_many, 100 rows a transaction", 100, INSERT),
        ("insert_many, 1,000 rows a transaction", 1_000, INSERT),
        ("insert_many with a conflict clause, 1,000 rows", 1_000, INSERT_NEW),
    ];
    for (number, (what, size, insert)) in (1..).zip(cases) {
        let started = now();
        for batch in 0..ROWS / size {
            let first = number * 1_000_000_000 + batch * size;
            db.write_blocking(move |tx| tx.insert_many(&insert, (first..first + size).map(row)))?;
        }
        report(what, ROWS, started);
    }
    db.write_blocking(|tx| {
        tx.insert_many(
            &BALANCE,
            (0..ROWS).map(|n| {
                [Value::Uuid(TENANT), Value::Uuid(id(n)), Value::Int(0), Value::fixed("active")]
            }),
        )
    })?;
    let started = now();
    for batch in 0..ROWS / 1_000 {
        let first = batch * 1_000;
        db.write_blocking(move |tx| {
            tx.update_many(
                &ADD,
                (first..first + 1_000).map(|n| {
                    [Value::Uuid(TENANT), Value::Uuid(id(n)), Value::fixed("active"), Value::Int(1)]
                }),
            )
        })?;
    }
    report("update_many, 1,000 rows a transaction", ROWS, started);
    Ok(())
}

fn points(db: &Db) -> Result<(), StorageError> {
    let started = now();
    db.read_blocking(|tx| {
        for number in 0..20_000 {
            tx.query_one(POINT, params![TENANT, id(number)], |row| {
                Ok((row.get::<Uuid>("id")?, row.get::<i64>("n")?, row.get::<String>("t")?))
            })?;
        }
        Ok::<(), StorageError>(())
    })?;
    report("point queries in one transaction", 20_000, started);
    let started = now();
    db.read_blocking(|tx| {
        for batch in 0..ROWS / 1_000 {
            let ids = Value::uuids((batch * 1_000..(batch + 1) * 1_000).map(id));
            tx.query(MANY, params![TENANT, ids], |row| {
                Ok((row.get::<Uuid>("id")?, row.get::<i64>("n")?, row.get::<String>("t")?))
            })?;
        }
        Ok::<(), StorageError>(())
    })?;
    report("rows by 1,000 ids a query", ROWS, started);
    Ok(())
}

const POINT: &str = "SELECT id, n, t FROM speed_balance WHERE tenant_id = ?1 AND id = ?2";
const MANY: &str = "SELECT id, n, t FROM speed_balance WHERE tenant_id = ?1 AND id = ANY(?2)";

async fn single_writes(db: &Db, callers: u64) -> Result<(), StorageError> {
    let each = 20_000 / callers.max(8);
    let started = now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let db = db.clone();
            tokio::spawn(async move {
                for number in 0..each {
                    let number = (10 + callers) * 1_000_000_000 + caller * 1_000_000 + number;
                    db.write(move |tx| one(tx, &[number]).map(|_| ())).await?;
                }
                Ok::<(), StorageError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.map_err(|_| StorageError::Closed)??;
    }
    report(&format!("write, {callers} callers, a row and a balance each"), callers * each, started);
    Ok(())
}

async fn queued_writes(db: &Db, callers: u64) -> Result<(), StorageError> {
    let each = 200_000 / callers.max(40);
    let queue = Arc::new(BatchQueue::<u64, (), StorageError>::new(db.clone(), 2, 1_000, one));
    let started = now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move {
                let mut waits = Vec::new();
                for number in 0..each {
                    let number = (1_000 + callers) * 1_000_000_000 + caller * 1_000_000 + number;
                    let asked = now();
                    queue.submit(caller, number).await?;
                    waits.push(asked.elapsed());
                }
                Ok::<_, StorageError>(waits)
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.map_err(|_| StorageError::Closed)??);
    }
    report(&format!("batch queue, {callers} callers, the same"), callers * each, started);
    waits.sort_unstable();
    let at = |part: usize| waits[(waits.len() - 1) * part / 1_000].as_secs_f64() * 1_000.0;
    println!(
        "{:<58} p50 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms, most {:.1} ms",
        "",
        at(500),
        at(990),
        at(999),
        at(1_000)
    );
    Ok(())
}

/// A row each, and one balance per caller.
fn one(tx: &mut Tx, numbers: &[u64]) -> Result<Vec<()>, StorageError> {
    tx.insert_many(&INSERT, numbers.iter().map(|number| row(*number)))?;
    tx.update_many(
        &ADD,
        numbers.iter().map(|number| {
            let account = number / 1_000_000 % 1_000;
            [Value::Uuid(TENANT), Value::Uuid(id(account)), Value::fixed("active"), Value::Int(1)]
        }),
    )?;
    Ok(numbers.iter().map(|_| ()).collect())
}
