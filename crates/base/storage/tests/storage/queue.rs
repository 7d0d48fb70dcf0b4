//! The batch queue, on both engines.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

use florin_storage::testing::databases;
use florin_storage::{BatchQueue, Db, Insert, MigrationSet, StorageError, Tx, Type, Value, params};

const SET: MigrationSet = MigrationSet {
    name: "queue",
    files: &[(
        "0001_item.sql",
        "CREATE TABLE item (shard BIGINT NOT NULL, id BIGINT NOT NULL, PRIMARY KEY (shard, id));",
    )],
};

const INSERT: Insert =
    Insert { table: "item", columns: &[("shard", Type::Int), ("id", Type::Int)], on_conflict: "" };

type Items = BatchQueue<i64, i64, StorageError>;

fn each(check: impl Fn(&Db, &tokio::runtime::Runtime)) {
    for database in databases(&[SET]) {
        eprintln!("on {}", database.name);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("runtime");
        check(&database.db, &runtime);
    }
}

fn insert_items(tx: &mut Tx, ids: &[i64]) -> Result<Vec<i64>, StorageError> {
    assert!(!ids.contains(&13), "an unlucky number");
    tx.insert_many(&INSERT, ids.iter().map(|id| [Value::Int(0), Value::Int(*id)]))?;
    Ok(ids.iter().map(|id| id * 10).collect())
}

fn ids(db: &Db) -> Vec<i64> {
    db.read_blocking(|tx| tx.query("SELECT id FROM item ORDER BY id", &[], |row| row.get("id")))
        .expect("ids")
}

/// Holds every writer until the answer is called, so that requests collect.
fn hold(db: &Db) -> impl FnOnce() + use<> {
    let gate = Arc::new(Barrier::new(2));
    let holder = {
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
    move || {
        gate.wait();
        holder.join().expect("thread").expect("held");
    }
}

#[test]
fn each_request_gets_its_own_answer() {
    each(|db, runtime| {
        let batches = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&batches);
        let queue = Arc::new(Items::new(db.clone(), 3, 16, move |tx, ids| {
            counter.fetch_add(1, Ordering::SeqCst);
            assert!(ids.len() <= 16);
            insert_items(tx, ids)
        }));
        let requests: Vec<_> = (100..400_i64)
            .map(|id| {
                let queue = Arc::clone(&queue);
                runtime.spawn(async move { queue.submit(id.unsigned_abs(), id).await })
            })
            .collect();
        runtime.block_on(async {
            for (id, request) in (100..).zip(requests) {
                assert_eq!(request.await.expect("task").expect("answer"), id * 10);
            }
        });
        assert_eq!(ids(db), (100..400).collect::<Vec<i64>>());
        assert!(batches.load(Ordering::SeqCst) <= 300);
    });
}

#[test]
fn one_bad_request_does_not_fail_the_others() {
    each(|db, runtime| {
        db.write_blocking(|tx| {
            tx.execute("INSERT INTO item (shard, id) VALUES (?1, ?2)", params![0, 5])
        })
        .expect("taken");
        let queue = Arc::new(Items::new(db.clone(), 1, 1_000, insert_items));
        let release = hold(db);
        let requests: Vec<_> = (1..=20_i64)
            .map(|id| {
                let queue = Arc::clone(&queue);
                runtime.spawn(async move { queue.submit(0, id).await })
            })
            .collect();
        release();
        runtime.block_on(async {
            for (id, request) in (1..).zip(requests) {
                let answer = request.await.expect("task");
                match id {
                    5 => assert!(answer.expect_err("taken").is_unique_violation()),
                    13 => assert!(matches!(answer, Err(StorageError::Panicked { .. }))),
                    _ => assert_eq!(answer.expect("answer"), id * 10),
                }
            }
        });
        let expected: Vec<i64> = (1..=20).filter(|id| *id != 13).collect();
        assert_eq!(ids(db), expected);
    });
}

#[test]
fn a_caller_that_goes_away_loses_nothing_and_holds_up_nobody() {
    each(|db, runtime| {
        let queue = Items::new(db.clone(), 1, 2, insert_items);
        let release = hold(db);
        runtime.block_on(async {
            for id in 1..=5 {
                // Polled once, which submits, and then dropped.
                let request = queue.submit(0, id);
                tokio::select! {
                    biased;
                    _ = request => {}
                    () = async {} => {}
                }
            }
        });
        release();
        let answer = runtime.block_on(queue.submit(0, 6)).expect("answer");
        assert_eq!(answer, 60);
        assert_eq!(ids(db), [1, 2, 3, 4, 5, 6]);
    });
}

#[test]
fn closing_answers_what_has_collected() {
    each(|db, runtime| {
        let queue = Arc::new(Items::new(db.clone(), 2, 3, insert_items));
        let requests: Vec<_> = (100..150_i64)
            .map(|id| {
                let queue = Arc::clone(&queue);
                runtime.spawn(async move { queue.submit(id.unsigned_abs(), id).await })
            })
            .collect();
        db.close();
        let mut written = 0;
        runtime.block_on(async {
            for request in requests {
                match request.await.expect("task") {
                    Ok(_) => written += 1,
                    Err(error) => assert!(matches!(error, StorageError::Closed), "{error:?}"),
                }
            }
            let late = queue.submit(1, 1).await;
            assert!(matches!(late, Err(StorageError::Closed)));
        });
        assert!(written <= 50);
    });
}
