//! Every promise of the crate's documentation, on both engines.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

use florin_storage::testing::{TestDb, databases};
use florin_storage::{
    Db, DbOptions, Engine, Filter, Insert, ListQuery, MigrationSet, Op, StorageError, Tx, Type,
    Update, Value, params,
};
use jiff::Timestamp;
use jiff::civil::date;
use rust_decimal::Decimal;
use uuid::Uuid;

const SET: MigrationSet = MigrationSet {
    name: "test",
    files: &[
        (
            "0001_account.sql",
            "CREATE TABLE account (
                tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, name TEXT NOT NULL, n BIGINT NOT NULL,
                PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name)
            ) /* hot */;",
        ),
        (
            "0002_every.sql",
            "CREATE TABLE every (
                tenant_id UUID NOT NULL, id BIGINT NOT NULL, t TEXT, b BYTEA, u UUID, n BIGINT,
                PRIMARY KEY (tenant_id, id)
            );
            CREATE INDEX every_t ON every (tenant_id, t);",
        ),
    ],
};

fn each(check: impl Fn(&TestDb)) {
    for database in databases(&[SET]) {
        eprintln!("on {}", database.name);
        check(&database);
    }
}

fn add(db: &Db, id: i64, name: &str) -> Result<u64, StorageError> {
    let name = name.to_owned();
    db.write_blocking(move |tx| insert(tx, id, &name))
}

fn insert(tx: &mut Tx, id: i64, name: &str) -> Result<u64, StorageError> {
    tx.execute(
        "INSERT INTO account (tenant_id, id, name, n) VALUES (1, ?1, ?2, 0)",
        params![id, name],
    )
}

fn count(db: &Db) -> i64 {
    db.read_blocking(|tx| {
        tx.query_one("SELECT COUNT(*) AS n FROM account", &[], |row| row.get("n"))
    })
    .expect("count")
}

fn names(db: &Db) -> Vec<String> {
    db.read_blocking(|tx| {
        tx.query("SELECT name FROM account ORDER BY id", &[], |row| row.get("name"))
    })
    .expect("names")
}

#[test]
fn failing_and_panicking_closures_roll_back_alone() {
    each(|database| {
        let db = &database.db;
        // The first closure holds the writer until all others have queued up behind it, so that
        // on SQLite they share one commit.
        let gate = Arc::new(Barrier::new(2));
        let first = {
            let (db, gate) = (db.clone(), Arc::clone(&gate));
            std::thread::spawn(move || {
                db.write_blocking(move |_| {
                    gate.wait();
                    gate.wait();
                    Ok::<(), StorageError>(())
                })
            })
        };
        gate.wait();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
        let tasks: Vec<_> = (0..30_i64)
            .map(|id| {
                let db = db.clone();
                runtime.spawn(async move {
                    db.write(move |tx| {
                        insert(tx, id, &format!("name {id}"))?;
                        match id % 3 {
                            0 => Ok(id),
                            1 => Err(StorageError::bad_query("as planned")),
                            _ => panic!("as planned"),
                        }
                    })
                    .await
                })
            })
            .collect();
        let answers = runtime.block_on(async {
            // Spawned tasks queue their closures at their first poll.
            tokio::task::yield_now().await;
            gate.wait();
            let mut answers = Vec::new();
            for task in tasks {
                answers.push(task.await.expect("task"));
            }
            answers
        });
        first.join().expect("thread").expect("first");
        for (id, answer) in (0..).zip(answers) {
            match (id % 3, answer) {
                (0, Ok(found)) => assert_eq!(found, id),
                (1, Err(StorageError::BadQuery { reason })) => assert_eq!(reason, "as planned"),
                (2, Err(StorageError::Panicked { message })) => assert_eq!(message, "as planned"),
                (_, other) => panic!("{id}: {other:?}"),
            }
        }
        assert_eq!(count(db), 10);
    });
}

#[test]
fn sixty_four_callers_count_right() {
    each(|database| {
        let db = &database.db;
        add(db, 1, "counter").expect("row");
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("runtime");
        runtime.block_on(async {
            let callers: Vec<_> = (0..64)
                .map(|_| {
                    let db = db.clone();
                    tokio::spawn(async move {
                        for _ in 0..5 {
                            db.write(increment).await.expect("increment");
                        }
                    })
                })
                .collect();
            for caller in callers {
                caller.await.expect("caller");
            }
            let n: i64 = db
                .read(|tx| tx.query_one("SELECT n FROM account", &[], |row| row.get("n")))
                .await
                .expect("n");
            assert_eq!(n, 320);
        });
    });
}

/// Reads, computes and writes: wrong unless the row is locked.
fn increment(tx: &mut Tx) -> Result<(), StorageError> {
    let n: i64 = tx.query_one(
        "SELECT n FROM account WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE",
        params![1, 1],
        |row| row.get("n"),
    )?;
    tx.execute("UPDATE account SET n = ?1 WHERE tenant_id = 1 AND id = 1", params![n + 1])?;
    Ok(())
}

#[test]
fn a_deadlock_runs_the_closure_again() {
    each(|database| {
        let db = &database.db;
        add(db, 1, "one").expect("one");
        add(db, 2, "two").expect("two");
        let runs = Arc::new(AtomicU32::new(0));
        let meet = Arc::new(Barrier::new(2));
        let is_postgres = db.engine() == Engine::Postgres;
        let threads: Vec<_> = [[1, 2], [2, 1]]
            .into_iter()
            .map(|order| {
                let (db, runs, meet) = (db.clone(), Arc::clone(&runs), Arc::clone(&meet));
                std::thread::spawn(move || {
                    let mut first_run = true;
                    db.write_blocking(move |tx| {
                        runs.fetch_add(1, Ordering::SeqCst);
                        for (position, id) in (0..).zip(order) {
                            tx.execute(
                                "UPDATE account SET n = n + 1 WHERE tenant_id = 1 AND id = ?1",
                                params![id],
                            )?;
                            // Both hold their first row before either asks for its second.
                            if position == 0 && is_postgres && std::mem::take(&mut first_run) {
                                meet.wait();
                            }
                        }
                        Ok::<(), StorageError>(())
                    })
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("thread").expect("write");
        }
        let sum: i64 = db
            .read_blocking(|tx| {
                tx.query_one("SELECT SUM(n) AS n FROM account", &[], |row| row.get("n"))
            })
            .expect("sum");
        assert_eq!(sum, 4);
        let expected = if is_postgres { 3 } else { 2 };
        assert_eq!(runs.load(Ordering::SeqCst), expected);
    });
}

#[test]
fn a_failed_statement_cannot_be_committed() {
    each(|database| {
        let db = &database.db;
        add(db, 1, "one").expect("one");
        let error = add(db, 2, "one").expect_err("taken");
        assert!(error.is_unique_violation(), "{error:?}");
        let answer = db.write_blocking(|tx| {
            insert(tx, 3, "three")?;
            let _ = insert(tx, 3, "again");
            Ok::<(), StorageError>(())
        });
        assert!(matches!(answer, Err(StorageError::Aborted)), "{answer:?}");
        assert_eq!(count(db), 1);
        // A savepoint confines the failure.
        db.write_blocking(|tx| {
            insert(tx, 3, "three")?;
            let part = tx.savepoint(|tx| {
                insert(tx, 4, "four")?;
                tx.savepoint(|tx| insert(tx, 5, "five"))?;
                insert(tx, 4, "again")
            });
            assert!(part.expect_err("taken").is_unique_violation());
            tx.savepoint(|tx| insert(tx, 6, "six"))
        })
        .expect("write");
        assert_eq!(names(db), ["one", "three", "six"]);
    });
}

#[test]
fn reads_change_nothing() {
    let memory = Db::open("sqlite::memory:", &DbOptions::default()).expect("open");
    memory.migrate(&[SET]).expect("migrate");
    let check = |db: &Db| {
        let answer = db.read_blocking(|tx| insert(tx, 1, "one"));
        assert!(matches!(answer, Err(StorageError::Statement { .. })), "{answer:?}");
        add(db, 1, "one").expect("a write after a refused read");
        assert_eq!(count(db), 1);
    };
    check(&memory);
    each(|database| check(&database.db));
}

#[test]
fn every_kind_of_value_comes_back() {
    each(|database| {
        let tenant = Uuid::from_u128(7);
        let instant = Timestamp::from_microsecond(1_700_000_000_123_456).expect("instant");
        database
            .db
            .write_blocking(move |tx| {
                let sql =
                    "INSERT INTO every (tenant_id, id, t, b, u, n) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
                tx.execute(sql, params![tenant, 1, "text é", vec![0_u8, 255], tenant, i64::MIN])?;
                let day = date(2024, 2, 29);
                tx.execute(sql, params![tenant, 2, day, None::<Vec<u8>>, None::<Uuid>, instant])?;
                let rate = Decimal::new(12_500, 3);
                tx.execute(sql, params![tenant, 3, rate, Value::Null, Value::Null, true])?;
                tx.execute(
                    sql,
                    params![
                        tenant,
                        4,
                        Value::fixed("kind"),
                        Vec::<u8>::new(),
                        Uuid::nil(),
                        None::<i64>
                    ],
                )
            })
            .expect("write");
        let read = database.db.read_blocking(move |tx| read_back(tx, tenant, instant));
        read.expect("read");
    });
}

fn read_back(tx: &mut Tx, tenant: Uuid, instant: Timestamp) -> Result<(), StorageError> {
    let sql = "SELECT tenant_id, id, t, b, u, n FROM every WHERE tenant_id = ?1 AND id = ?2";
    tx.query_one(sql, params![tenant, 1], |row| {
        assert_eq!(row.get::<Uuid>("tenant_id")?, tenant);
        assert_eq!(row.get::<String>("t")?, "text é");
        assert_eq!(row.get::<Vec<u8>>("b")?, [0, 255]);
        assert_eq!(row.get::<Option<Uuid>>("u")?, Some(tenant));
        assert_eq!(row.get::<i64>("n")?, i64::MIN);
        assert_eq!(row.at::<u32>(1)?, 1);
        let error = row.get::<u32>("n").expect_err("too small");
        assert!(error.to_string().contains("\"n\""), "{error}");
        let error = row.get::<String>("missing").expect_err("no such column");
        assert!(matches!(error, StorageError::NoColumn { column } if column == "missing"));
        Ok(())
    })?;
    tx.query_one(sql, params![tenant, 2], |row| {
        assert_eq!(row.get::<jiff::civil::Date>("t")?, date(2024, 2, 29));
        assert_eq!(row.get::<Option<Vec<u8>>>("b")?, None);
        assert_eq!(row.get::<Option<Uuid>>("u")?, None);
        assert_eq!(row.get::<Timestamp>("n")?, instant);
        Ok(())
    })?;
    tx.query_one(sql, params![tenant, 3], |row| {
        assert_eq!(row.get::<Decimal>("t")?, Decimal::new(125, 1));
        assert!(row.get::<bool>("n")?);
        Ok(())
    })?;
    tx.query_one(sql, params![tenant, 4], |row| {
        let known = |text: &str| (text == "kind").then_some(1);
        assert_eq!(row.parse("t", "a kind", known)?, 1);
        assert!(row.parse("t", "a colour", |_| None::<u8>).is_err());
        assert_eq!(row.get::<Vec<u8>>("b")?, Vec::<u8>::new());
        assert_eq!(row.get::<Option<i64>>("n")?, None);
        Ok(())
    })?;
    let none = tx.query_opt(sql, params![tenant, 5], |_| Ok(()))?;
    assert_eq!(none, None);
    let error = tx.query_one(sql, params![tenant, 5], |_| Ok(())).expect_err("none");
    assert!(matches!(error, StorageError::NoRow));
    Ok(())
}

#[test]
fn lists_of_every_kind_are_bound() {
    each(|database| {
        for id in 1..=4 {
            add(&database.db, id, &format!("name {id}")).expect("row");
        }
        let ids = |condition: &str, list: Value| {
            let sql = format!("SELECT id FROM account WHERE {condition} ORDER BY id");
            database
                .db
                .read_blocking(move |tx| {
                    tx.query(&sql, std::slice::from_ref(&list), |row| row.get::<i64>("id"))
                })
                .expect("query")
        };
        assert_eq!(ids("id = ANY(?1)", Value::Ints(vec![3, 1, 9])), [1, 3]);
        assert_eq!(ids("id <> ALL(?1)", Value::Ints(vec![3, 1])), [2, 4]);
        assert_eq!(ids("id = ANY(?1)", Value::Ints(vec![])), [] as [i64; 0]);
        let texts = Value::Texts(vec!["name 2".into()]);
        assert_eq!(ids("name = ANY(?1)", texts), [2]);
        let tenant = Uuid::from_u128(1);
        let found = database
            .db
            .write_blocking(move |tx| {
                tx.execute("INSERT INTO every (tenant_id, id) VALUES (?1, 1)", params![tenant])?;
                let list = Value::uuids([tenant, Uuid::nil()]);
                tx.query("SELECT id FROM every WHERE tenant_id = ANY(?1)", &[list], |row| {
                    row.get::<i64>("id")
                })
            })
            .expect("query");
        assert_eq!(found, [1]);
    });
}

const EVERY: Insert = Insert {
    table: "every",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Int),
        ("t", Type::Text),
        ("b", Type::Bytes),
        ("u", Type::Uuid),
        ("n", Type::Int),
    ],
    on_conflict: "",
};

fn every_row(id: i64) -> [Value; 6] {
    let odd = id % 2 == 1;
    [
        Value::Uuid(Uuid::nil()),
        Value::Int(id),
        if odd { Value::Null } else { Value::from(format!("text {id}")) },
        if odd { Value::from([1_u8, 2]) } else { Value::Null },
        Value::from(odd.then_some(Uuid::max())),
        Value::Int(-id),
    ]
}

#[test]
fn bulk_inserts_small_and_large() {
    each(|database| {
        let touched = database
            .db
            .write_blocking(|tx| {
                let none = tx.insert_many(&EVERY, Vec::<Vec<Value>>::new())?;
                assert_eq!(none, 0);
                let few: Vec<Vec<Value>> = (0..10).map(|id| every_row(id).to_vec()).collect();
                Ok::<u64, StorageError>(
                    tx.insert_many(&EVERY, &few)?
                        + tx.insert_many(&EVERY, (10..5_000).map(every_row))?
                        + tx.insert_many(&EVERY, (5_000..5_300).map(every_row))?,
                )
            })
            .expect("insert");
        assert_eq!(touched, 5_300);
        let rows = database
            .db
            .read_blocking(|tx| {
                let mut rows = 0;
                tx.for_each("SELECT * FROM every ORDER BY id", &[], |row| {
                    let id: i64 = row.get("id")?;
                    assert_eq!(id, rows);
                    let [_, _, t, b, u, n] = every_row(id);
                    assert_eq!(Value::from(row.get::<Option<String>>("t")?), t);
                    assert_eq!(Value::from(row.get::<Option<Vec<u8>>>("b")?), b);
                    assert_eq!(Value::from(row.get::<Option<Uuid>>("u")?), u);
                    assert_eq!(Value::from(row.get::<i64>("n")?), n);
                    rows += 1;
                    Ok(())
                })?;
                let mut stopped = 0;
                tx.for_each("SELECT * FROM every", &[], |_| {
                    stopped += 1;
                    if stopped == 3 { Err(StorageError::Stopped) } else { Ok(()) }
                })?;
                assert_eq!(stopped, 3);
                Ok::<i64, StorageError>(rows)
            })
            .expect("read");
        assert_eq!(rows, 5_300);
        let refused =
            database.db.write_blocking(|tx| tx.insert_many(&EVERY, (5_299..6_000).map(every_row)));
        assert!(refused.expect_err("taken").is_unique_violation());
        let refused =
            database.db.write_blocking(|tx| tx.insert_many(&EVERY, [vec![Value::Int(1); 6]]));
        let text = refused.expect_err("wrong type").to_string();
        assert!(text.contains("every.tenant_id"), "{text}");
    });
}

#[test]
fn bulk_upserts_and_updates() {
    const UPSERT: Insert = Insert {
        table: "account",
        columns: &[
            ("tenant_id", Type::Int),
            ("id", Type::Int),
            ("name", Type::Text),
            ("n", Type::Int),
        ],
        on_conflict: "ON CONFLICT (tenant_id, id) DO UPDATE SET n = t.n + excluded.n",
    };
    const BY_TABLE_NAME: Insert = Insert {
        on_conflict: "ON CONFLICT (tenant_id, id) DO UPDATE SET n = account.n + excluded.n",
        ..UPSERT
    };
    const IGNORE: Insert =
        Insert { on_conflict: "ON CONFLICT (tenant_id, id) DO NOTHING", ..UPSERT };
    const UPDATE: Update = Update {
        table: "account",
        keys: &[("tenant_id", Type::Int), ("id", Type::Int)],
        set: &[("name", Type::Text)],
        add: &[("n", Type::Int)],
    };
    let row = |id: i64, n: i64| params![1, id, format!("name {id}"), n].to_vec();
    each(|database| {
        let touched = database
            .db
            .write_blocking(move |tx| {
                tx.insert_many(&UPSERT, (1..=3).map(|id| row(id, 10)))?;
                tx.insert_many(&UPSERT, (2..=4).map(|id| row(id, 5)))?;
                tx.insert_many(&BY_TABLE_NAME, [row(4, 1)])?;
                let ignored = tx.insert_many(&IGNORE, (4..=5).map(|id| row(id, 7)))?;
                assert_eq!(ignored, 1);
                let rows = [
                    params![1, 1, "changed", 100].to_vec(),
                    params![1, 5, "changed too", -7].to_vec(),
                    params![1, 99, "nobody", 1].to_vec(),
                ];
                tx.update_many(&UPDATE, &rows)
            })
            .expect("write");
        assert_eq!(touched, 2);
        let found = database
            .db
            .read_blocking(|tx| {
                tx.query("SELECT n FROM account ORDER BY id", &[], |row| row.get::<i64>("n"))
            })
            .expect("read");
        assert_eq!(found, [110, 15, 15, 6, 0]);
        assert_eq!(names(&database.db)[4], "changed too");
        let twice = database.db.write_blocking(|tx| {
            let row = params![1, 1, "x", 1].to_vec();
            tx.update_many(&UPDATE, [row.clone(), row])
        });
        assert!(matches!(twice, Err(StorageError::BadQuery { .. })));
    });
}

#[test]
fn lists_are_filtered_ordered_and_paged() {
    each(|database| {
        let db = &database.db;
        db.write_blocking(|tx| {
            for id in 1..=9_i64 {
                tx.execute(
                    "INSERT INTO account (tenant_id, id, name, n) VALUES (?1, ?2, ?3, ?4)",
                    params![id / 9 + 1, id, format!("name {id}"), id % 3],
                )?;
            }
            Ok::<(), StorageError>(())
        })
        .expect("rows");
        let list = |filters: Vec<Filter>, order: Vec<(&'static str, bool)>, offset: u64| {
            db.read_blocking(move |tx| {
                let query =
                    ListQuery { filters: filters.clone(), order: order.clone(), limit: 3, offset };
                let source = "SELECT id, name, n FROM account WHERE tenant_id = ?1";
                let page = tx.list(source, params![1], &query, |row| row.get::<i64>("id"))?;
                let mut all = 0;
                tx.list_each(source, params![1], &query, |_| {
                    all += 1;
                    Ok(())
                })?;
                assert_eq!(page.count, all);
                Ok::<_, StorageError>((page.count, page.items))
            })
            .expect("list")
        };
        let filter = |column, op| Filter { column, op };
        assert_eq!(list(vec![], vec![], 0), (8, vec![1, 2, 3]));
        assert_eq!(list(vec![], vec![], 6), (8, vec![7, 8]));
        assert_eq!(list(vec![], vec![], 8), (8, vec![]));
        assert_eq!(list(vec![], vec![("n", true)], 0), (8, vec![8, 5, 2]));
        assert_eq!(list(vec![], vec![("n", false), ("id", true)], 0), (8, vec![6, 3, 7]));
        let one = filter("n", Op::In(vec![Value::Int(1)]));
        assert_eq!(list(vec![one.clone()], vec![], 0), (3, vec![1, 4, 7]));
        let several = filter("name", Op::In(vec!["name 2".into(), Value::fixed("name 4")]));
        assert_eq!(list(vec![several.clone()], vec![], 0), (2, vec![2, 4]));
        assert_eq!(list(vec![several, one], vec![], 0), (1, vec![4]));
        assert_eq!(list(vec![filter("n", Op::In(vec![]))], vec![], 0), (0, vec![]));
        let between =
            vec![filter("id", Op::Gte(Value::Int(3))), filter("id", Op::Lte(Value::Int(5)))];
        assert_eq!(list(between, vec![], 1), (3, vec![4, 5]));
    });
}

#[test]
fn a_newer_database_is_refused() {
    let newer_version = MigrationSet { name: "test", files: &SET.files[..1] };
    let other_set = MigrationSet { name: "other", files: &[] };
    each(|database| {
        let db = database.open_again();
        db.migrate(&[SET]).expect("nothing to do");
        let error = db.migrate(&[newer_version]).expect_err("newer");
        let text = error.to_string();
        assert!(text.contains("\"test\" is at version 2, this binary knows 1"), "{text}");
        let error = db.migrate(&[other_set]).expect_err("unknown set");
        assert!(error.to_string().contains("this binary knows 0"));
        let misnamed = MigrationSet { name: "misnamed", files: &[("0002_first.sql", "SELECT 1;")] };
        let error = db.migrate(&[SET, misnamed]).expect_err("misnamed");
        assert!(error.to_string().contains("0001_"), "{error}");
        let broken = MigrationSet {
            name: "broken",
            files: &[
                ("0001_fine.sql", "CREATE TABLE fine (id BIGINT PRIMARY KEY);"),
                ("0002_broken.sql", "CREATE TABEL x;"),
            ],
        };
        let error = db.migrate(&[SET, broken]).expect_err("broken");
        assert!(error.to_string().contains("broken/0002_broken.sql"), "{error}");
        let fine = MigrationSet { name: "broken", files: &broken.files[..1] };
        db.migrate(&[SET, fine]).expect("the failed file left nothing behind");
    });
}

#[test]
fn nodes_that_start_together_migrate_once() {
    const LATE: MigrationSet = MigrationSet {
        name: "late",
        files: &[("0001_late.sql", "CREATE TABLE late (id BIGINT PRIMARY KEY);")],
    };
    each(|database| {
        let nodes: Vec<_> = (0..4)
            .map(|_| {
                let db = database.open_again();
                std::thread::spawn(move || db.migrate(&[SET, LATE]))
            })
            .collect();
        for node in nodes {
            node.join().expect("thread").expect("migrate");
        }
    });
}

#[test]
fn close_answers_what_is_queued() {
    each(|database| {
        let db = &database.db;
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
        runtime.block_on(async {
            let tasks: Vec<_> = (0..50)
                .map(|id| {
                    let db = db.clone();
                    tokio::spawn(async move {
                        db.write(move |tx| insert(tx, id, &format!("name {id}"))).await
                    })
                })
                .collect();
            tokio::task::yield_now().await;
            db.close();
            for task in tasks {
                task.await.expect("task").expect("answered");
            }
        });
        assert!(matches!(add(db, 99, "late"), Err(StorageError::Closed)));
        assert_eq!(count(&database.open_again()), 50);
    });
}

#[test]
fn a_database_that_cannot_be_opened_says_why() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().display().to_string();
    let check = |url: &str, wanted: &str| {
        let error = Db::open(url, &DbOptions::default()).expect_err("refused");
        let text = error.to_string();
        assert!(text.contains(wanted), "{url}: {text}");
        assert!(!text.contains("secret"), "{text}");
    };
    check(&format!("sqlite:{path}"), "it is a directory");
    check(&format!("sqlite:{path}/none/x.db"), "its directory does not exist");
    std::fs::write(directory.path().join("text"), "no database, but long enough to be read as one")
        .expect("write");
    check(&format!("sqlite:{path}/text"), "not a SQLite database");
    check("sqlite:", "it names no file");
    check("mysql://u:secret@h/x", "it must be sqlite:PATH");
    check("postgres://u:secret@127.0.0.1:1/x", "postgres://127.0.0.1:1/x");
    check("postgres://u:secret@h/x?sslmode=require", "TLS");
    check("postgres://u:secret@h/x?port=no", "not a PostgreSQL URL");
}

#[test]
fn a_broken_connection_is_replaced() {
    each(|database| {
        if database.db.engine() == Engine::Sqlite {
            return;
        }
        add(&database.db, 1, "one").expect("row");
        let mut cut = true;
        database
            .db
            .write_blocking(move |tx| {
                insert(tx, 2, "two")?;
                if std::mem::take(&mut cut) {
                    tx.execute("SELECT pg_terminate_backend(pg_backend_pid())", &[])?;
                }
                insert(tx, 3, "three")
            })
            .expect("run again on a new connection");
        assert_eq!(count(&database.db), 3);
    });
}
