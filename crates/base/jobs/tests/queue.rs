//! The queue and the worker on both engines.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use florin_calendar::FixedClock;
use florin_ids::TenantId;
use florin_jobs::{
    Job, JobHandler, JobsError, MIGRATIONS, NewJob, Outcome, RetryPolicy, RunFuture, Worker,
    WorkerOptions, claim, enqueue_in, fail, finish, forget_finished, retry_later,
};
use florin_storage::Db;
use florin_storage::testing::{TestDb, databases};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::mpsc;

const KIND: &str = "work";
const LEASE: SignedDuration = SignedDuration::from_secs(60);

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn each() -> Vec<TestDb> {
    databases(&[MIGRATIONS])
}

fn job(tenant: TenantId, key: &str, lane: Option<&str>) -> NewJob {
    NewJob {
        tenant,
        kind: KIND,
        idempotency_key: key.to_owned(),
        ordering_key: lane.map(str::to_owned),
        sequence: 0,
        payload: json!({ "key": key }),
        run_at: None,
    }
}

async fn enqueue(db: &Db, jobs: Vec<NewJob>) -> u64 {
    db.write(move |tx| enqueue_in(tx, &jobs)).await.unwrap()
}

async fn claim_all(db: &Db, at: Timestamp) -> Vec<Job> {
    claim(db, &[(KIND, LEASE)], 10, at).await.unwrap()
}

fn keys(jobs: &[Job]) -> Vec<String> {
    let mut keys: Vec<String> = jobs.iter().map(key).collect();
    keys.sort();
    keys
}

fn key(job: &Job) -> String {
    job.payload["key"].as_str().unwrap().to_owned()
}

fn find<'a>(jobs: &'a [Job], wanted: &str) -> &'a Job {
    jobs.iter().find(|job| key(job) == wanted).unwrap()
}

#[tokio::test]
async fn jobs_that_share_an_ordering_key_run_one_after_another() {
    for test in each() {
        let (db, tenant, stranger) = (&test.db, TenantId::new(), TenantId::new());
        let late = NewJob { sequence: -1, ..job(tenant, "a0", Some("a")) };
        let jobs = vec![
            job(tenant, "a1", Some("a")),
            job(tenant, "a2", Some("a")),
            job(tenant, "b1", Some("b")),
            job(tenant, "free", None),
            job(stranger, "a3", Some("a")),
            late,
        ];
        assert_eq!(enqueue(db, jobs).await, 6);
        let first = claim_all(db, now()).await;
        assert_eq!(keys(&first), ["a0", "a3", "b1", "free"], "{}", test.name);
        assert!(claim_all(db, now()).await.is_empty());

        // A failed attempt keeps those behind it waiting.
        let again_at = now() + SignedDuration::from_secs(5);
        assert!(retry_later(db, find(&first, "a0").lease(), "no", again_at).await.unwrap());
        assert!(claim_all(db, now() + SignedDuration::from_secs(4)).await.is_empty());
        let again = claim_all(db, again_at).await;
        assert_eq!(keys(&again), ["a0"]);
        assert_eq!(again[0].attempts, 2);
        assert_eq!(again[0].last_error.as_deref(), Some("no"));

        // The next is called up the moment the first is finished, or given up.
        assert!(finish(db, again[0].lease(), again_at).await.unwrap());
        let next = claim_all(db, again_at).await;
        assert_eq!(keys(&next), ["a1"]);
        assert!(fail(db, next[0].lease(), "never", again_at).await.unwrap());
        assert_eq!(keys(&claim_all(db, again_at).await), ["a2"]);
    }
}

#[tokio::test]
async fn the_same_work_is_written_once() {
    for test in each() {
        let (db, tenant) = (&test.db, TenantId::new());
        assert_eq!(enqueue(db, vec![job(tenant, "x", None)]).await, 1);
        assert_eq!(enqueue(db, vec![job(tenant, "x", None), job(tenant, "y", None)]).await, 1);
        assert_eq!(enqueue(db, vec![job(TenantId::new(), "x", None)]).await, 1);
        let claimed = claim_all(db, now()).await;
        assert_eq!(keys(&claimed), ["x", "x", "y"]);
        for job in &claimed {
            assert!(finish(db, job.lease(), now()).await.unwrap());
        }
        assert_eq!(enqueue(db, vec![job(tenant, "x", None)]).await, 0, "{}", test.name);
        // Until it is forgotten.
        assert_eq!(forget_finished(db, now()).await.unwrap(), 0);
        let later = now() + SignedDuration::from_secs(1);
        assert_eq!(forget_finished(db, later).await.unwrap(), 3);
        assert_eq!(enqueue(db, vec![job(tenant, "x", None)]).await, 1);
    }
}

#[tokio::test]
async fn work_of_a_transaction_that_fails_is_not_left_behind() {
    for test in each() {
        let new = job(TenantId::new(), "x", None);
        let failed: Result<(), JobsError> = test
            .db
            .write(move |tx| {
                enqueue_in(tx, std::slice::from_ref(&new))?;
                Err(florin_storage::StorageError::NoRow.into())
            })
            .await;
        assert!(failed.is_err());
        assert!(claim_all(&test.db, now()).await.is_empty(), "{}", test.name);
    }
}

#[tokio::test]
async fn a_job_whose_worker_died_is_claimed_again_when_its_lease_runs_out() {
    for test in each() {
        let (db, tenant) = (&test.db, TenantId::new());
        enqueue(db, vec![job(tenant, "a1", Some("a")), job(tenant, "a2", Some("a"))]).await;
        let first = claim_all(db, now()).await;
        assert_eq!(keys(&first), ["a1"]);
        let still = now() + SignedDuration::from_secs(59);
        assert!(claim_all(db, still).await.is_empty());
        let after = now() + SignedDuration::from_secs(60);
        let second = claim_all(db, after).await;
        assert_eq!(keys(&second), ["a1"], "{}", test.name);
        assert_eq!(second[0].attempts, 2);
        // The first one comes back from the dead: its word does not count any more.
        assert!(!finish(db, first[0].lease(), after).await.unwrap());
        assert!(finish(db, second[0].lease(), after).await.unwrap());
        assert!(!finish(db, second[0].lease(), after).await.unwrap());
        assert_eq!(keys(&claim_all(db, after).await), ["a2"]);
    }
}

#[tokio::test]
async fn a_job_waits_for_its_time_even_when_it_is_called_up() {
    for test in each() {
        let (db, tenant) = (&test.db, TenantId::new());
        let tomorrow = now() + SignedDuration::from_hours(24);
        let later = NewJob { run_at: Some(tomorrow), ..job(tenant, "a2", Some("a")) };
        enqueue(db, vec![job(tenant, "a1", Some("a")), later]).await;
        let first = claim_all(db, now()).await;
        assert!(finish(db, first[0].lease(), now()).await.unwrap());
        assert!(claim_all(db, now() + SignedDuration::from_hours(1)).await.is_empty());
        assert_eq!(keys(&claim_all(db, tomorrow).await), ["a2"], "{}", test.name);
    }
}

#[tokio::test]
async fn many_blocked_jobs_do_not_hide_a_free_one() {
    for test in each() {
        let (db, tenant) = (&test.db, TenantId::new());
        let mut jobs: Vec<NewJob> =
            (0..300).map(|i| job(tenant, &format!("a{i:03}"), Some("a"))).collect();
        jobs.push(job(tenant, "free", None));
        enqueue(db, jobs).await;
        let claimed = claim(db, &[(KIND, LEASE)], 2, now()).await.unwrap();
        assert_eq!(keys(&claimed), ["a000", "free"], "{}", test.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_claimers_never_get_the_same_job() {
    for test in each() {
        let tenant = TenantId::new();
        let jobs = (0..200).map(|i| {
            let lane = (i % 2 == 0).then(|| format!("lane{}", i % 20));
            job(tenant, &format!("k{i}"), lane.as_deref())
        });
        enqueue(&test.db, jobs.collect()).await;
        let mut claimers = Vec::new();
        for _ in 0..8 {
            let db = test.db.clone();
            claimers.push(tokio::spawn(async move {
                let mut seen = Vec::new();
                loop {
                    let jobs = claim(&db, &[(KIND, LEASE)], 5, now()).await.unwrap();
                    if jobs.is_empty() {
                        return seen;
                    }
                    seen.extend(jobs.iter().map(key));
                }
            }));
        }
        let mut seen = Vec::new();
        for claimer in claimers {
            seen.extend(claimer.await.unwrap());
        }
        let distinct: HashSet<&String> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "{}: claimed twice", test.name);
        // The hundred free ones, and the first of each of the ten lanes.
        assert_eq!(seen.len(), 110, "{}", test.name);
    }
}

/// Fails the first attempts at each job, by returning or by panicking, and reports every attempt.
struct Flaky {
    failures: u32,
    panics: bool,
    attempts: mpsc::UnboundedSender<(String, u32)>,
    at_once: AtomicU32,
    at_once_most: AtomicU32,
}

impl JobHandler for Flaky {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            let running = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.at_once_most.fetch_max(running, Ordering::SeqCst);
            tokio::task::yield_now().await;
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            self.attempts.send((key(job), job.attempts)).unwrap();
            match job.attempts > self.failures {
                true => Outcome::Done,
                false if self.panics => panic!("as the test wants it"),
                false => Outcome::Retry("not yet".to_owned()),
            }
        })
    }

    fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy { delays_seconds: &[0], attempts_max: 5 }
    }
}

async fn run_flaky(test: &TestDb, failures: u32, panics: bool) -> Vec<(String, u32)> {
    let tenant = TenantId::new();
    let jobs =
        (0..20).map(|i| job(tenant, &format!("{}/{i:02}", i % 4), Some(&format!("{}", i % 4))));
    enqueue(&test.db, jobs.collect()).await;
    let (sender, mut attempts) = mpsc::unbounded_channel();
    let handler = Arc::new(Flaky {
        failures,
        panics,
        attempts: sender,
        at_once: AtomicU32::new(0),
        at_once_most: AtomicU32::new(0),
    });
    let options = WorkerOptions {
        concurrency: 3,
        poll: Duration::from_millis(5),
        ..WorkerOptions::default()
    };
    let clock = Arc::new(FixedClock::new(now()));
    // Two workers on one database, as two nodes are.
    let start = || {
        let handlers: Vec<Arc<dyn JobHandler>> = vec![handler.clone()];
        Worker::start(test.db.clone(), clock.clone(), handlers, options)
    };
    let workers = [start(), start()];
    let mut seen = Vec::new();
    let expected = 20 * (failures.min(4) as usize + 1);
    while seen.len() < expected {
        seen.push(attempts.recv().await.unwrap());
    }
    for worker in workers {
        worker.shutdown().await;
    }
    assert!(handler.at_once_most.load(Ordering::SeqCst) <= 4, "one a lane at most");
    assert!(attempts.try_recv().is_err(), "{}: more attempts than wanted", test.name);
    assert!(claim_all(&test.db, now() + SignedDuration::from_hours(1)).await.is_empty());
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_retries_and_keeps_the_order() {
    for test in each() {
        for (failures, panics) in [(0, false), (2, false), (1, true), (9, false)] {
            let seen = run_flaky(&test, failures, panics).await;
            let mut lanes: HashMap<char, Vec<(String, u32)>> = HashMap::new();
            for attempt in seen {
                lanes.entry(attempt.0.chars().next().unwrap()).or_default().push(attempt);
            }
            for attempts in lanes.values() {
                let mut sorted = attempts.clone();
                sorted.sort();
                assert_eq!(*attempts, sorted, "{}: out of order", test.name);
            }
        }
    }
}
