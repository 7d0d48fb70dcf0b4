//! The event log on both engines.

use florin_events::{EventFilter, EventsError, MIGRATIONS, NewEvent, append_in, kinds, list_in};
use florin_ids::TenantId;
use florin_storage::testing::{TestDb, databases};
use florin_storage::{Db, StorageError};
use jiff::Timestamp;
use serde_json::json;

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn each() -> Vec<TestDb> {
    databases(&[florin_tenancy::MIGRATIONS, florin_jobs::MIGRATIONS, MIGRATIONS])
}

fn event(resource: &str, number: i64) -> NewEvent {
    NewEvent {
        kind: kinds::REPAYMENT_CREATED,
        resource: resource.to_owned(),
        occurred_at: now(),
        data: json!({ "number": number }),
    }
}

async fn read(db: &Db, tenant: TenantId, filter: EventFilter) -> Vec<florin_events::Event> {
    db.read(move |tx| list_in(tx, tenant, &filter)).await.unwrap()
}

fn everything() -> EventFilter {
    EventFilter { after: 0, kind: None, limit: 1000 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn numbers_have_no_gaps_under_sixteen_writers_some_of_which_fail() {
    const WRITERS: i64 = 16;
    const EACH: i64 = 20;
    for test in each() {
        let tenant = TenantId::new();
        let mut writers = Vec::new();
        for writer in 0..WRITERS {
            let db = test.db.clone();
            writers.push(tokio::spawn(async move {
                for round in 0..EACH {
                    let fails = (writer + round) % 3 == 0;
                    let written: Result<(), EventsError> = db
                        .write(move |tx| {
                            let resource = format!("writer:{writer}");
                            let events =
                                [event(&resource, 2 * round), event(&resource, 2 * round + 1)];
                            append_in(tx, tenant, &events)?;
                            if fails { Err(StorageError::NoRow.into()) } else { Ok(()) }
                        })
                        .await;
                    assert_eq!(written.is_err(), fails);
                }
            }));
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let events = read(&test.db, tenant, everything()).await;
        let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
        let expected: Vec<i64> = (1..=i64::try_from(events.len()).unwrap()).collect();
        assert_eq!(seqs, expected, "{}", test.name);
        for writer in 0..WRITERS {
            let resource = format!("writer:{writer}");
            let kept = (0..EACH).filter(|round| (writer + round) % 3 != 0);
            let expected: Vec<i64> = kept.flat_map(|round| [2 * round, 2 * round + 1]).collect();
            let own = events.iter().filter(|event| event.resource == resource);
            let numbers: Vec<i64> =
                own.map(|event| event.data["number"].as_i64().unwrap()).collect();
            assert_eq!(numbers, expected, "{}: {resource}", test.name);
        }
    }
}

#[tokio::test]
async fn the_log_is_read_in_stretches_and_by_kind() {
    for test in each() {
        let (db, tenant) = (&test.db, TenantId::new());
        db.write(move |tx| {
            for number in 1..=5 {
                let kind = if number % 2 == 0 {
                    kinds::REPAYMENT_RESULT
                } else {
                    kinds::REPAYMENT_CREATED
                };
                append_in(tx, tenant, &[NewEvent { kind, ..event("loan:1", number) }])?;
            }
            append_in(tx, TenantId::new(), &[event("loan:2", 9)])
        })
        .await
        .unwrap();
        let seqs = async |filter| -> Vec<i64> {
            read(db, tenant, filter).await.iter().map(|event| event.seq).collect()
        };
        assert_eq!(seqs(everything()).await, [1, 2, 3, 4, 5], "{}", test.name);
        assert_eq!(seqs(EventFilter { after: 2, limit: 2, kind: None }).await, [3, 4]);
        let results = Some(kinds::REPAYMENT_RESULT.to_owned());
        assert_eq!(seqs(EventFilter { kind: results, ..everything() }).await, [2, 4]);
        assert!(seqs(EventFilter { after: 5, ..everything() }).await.is_empty());
        let first = read(db, tenant, EventFilter { limit: 1, ..everything() }).await;
        assert_eq!(first[0].occurred_at, now());
        assert_eq!(first[0].data, json!({ "number": 1 }));
    }
}
