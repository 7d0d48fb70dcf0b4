//! Webhooks against a receiver in this process, on both engines.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use florin_calendar::{Clock, FixedClock, SystemClock};
use florin_crypto::KeyRing;
use florin_events::webhook::{DeliveryOptions, ENDPOINTS_MAX, JOB_KIND};
use florin_events::{
    AddressPolicy, DeliveryHandler, Endpoint, EventsError, NewEndpoint, NewEvent, WebhookSecret,
    Webhooks, append_in, kinds,
};
use florin_ids::{TenantId, WebhookEndpointId};
use florin_jobs::{JobHandler, Outcome, RetryPolicy, Worker, WorkerHandle, WorkerOptions, claim};
use florin_storage::testing::{TestDb, databases};
use florin_tenancy::{NewTenant, create_tenant};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;

/// A delivery as it arrived.
#[derive(Clone, Debug)]
struct Received {
    headers: HeaderMap,
    body: String,
    answered: StatusCode,
}

impl Received {
    fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap()
    }

    fn number(&self) -> i64 {
        self.json()["data"]["number"].as_i64().unwrap()
    }

    fn verifies_with(&self, secret: &str) -> bool {
        let webhook = standardwebhooks::Webhook::new(secret).unwrap();
        webhook.verify(self.body.as_bytes(), &self.headers).is_ok()
    }

    fn signatures(&self) -> usize {
        self.headers["webhook-signature"].to_str().unwrap().split(' ').count()
    }
}

/// What the receiver answers to the n-th attempt (from 1) at a message.
type Answers = fn(attempt: u32) -> StatusCode;

#[derive(Clone)]
struct Receiver {
    attempts: Arc<Mutex<HashMap<String, u32>>>,
    answers: Answers,
    arrived: mpsc::UnboundedSender<Received>,
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: String) -> StatusCode {
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    let answered = {
        let mut attempts = receiver.attempts.lock().unwrap();
        let attempt = attempts.entry(id).or_default();
        *attempt += 1;
        (receiver.answers)(*attempt)
    };
    receiver.arrived.send(Received { headers, body, answered }).unwrap();
    answered
}

async fn start_receiver(answers: Answers) -> (String, mpsc::UnboundedReceiver<Received>) {
    let (arrived, arrivals) = mpsc::unbounded_channel();
    let receiver = Receiver { attempts: Arc::default(), answers, arrived };
    let app = Router::new().route("/hook", post(receive)).with_state(receiver);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, arrivals)
}

/// A database with one tenant.
struct Setting {
    test: TestDb,
    tenant: TenantId,
    webhooks: Webhooks,
    ring: Option<Arc<KeyRing>>,
    now: Timestamp,
    /// How long an attempt waits for its answer.
    patience: Duration,
}

async fn settings() -> Vec<Setting> {
    let sets = [florin_tenancy::MIGRATIONS, florin_jobs::MIGRATIONS, florin_events::MIGRATIONS];
    let mut settings = Vec::new();
    for test in databases(&sets) {
        let now = SystemClock.now();
        let new = NewTenant { name: "Acme".to_owned(), ..NewTenant::default() };
        let (tenant, _) = create_tenant(&test.db, new, now).await.unwrap();
        let ring = Some(Arc::new(KeyRing::generate()));
        let webhooks = Webhooks::new(test.db.clone(), ring.clone(), AddressPolicy::Any);
        let patience = Duration::from_secs(60);
        settings.push(Setting { test, tenant: tenant.id, webhooks, ring, now, patience });
    }
    settings
}

impl Setting {
    async fn listen(&self, url: &str, events: &[&str]) -> (Endpoint, WebhookSecret) {
        let events = events.iter().map(|name| (*name).to_owned()).collect();
        let new = NewEndpoint { url: url.to_owned(), events };
        self.webhooks.create(self.tenant, new, self.now).await.unwrap()
    }

    async fn append(&self, events: Vec<NewEvent>) {
        let tenant = self.tenant;
        self.test.db.write(move |tx| append_in(tx, tenant, &events)).await.unwrap();
    }

    fn handler(&self, clock: Arc<dyn Clock>, policy: AddressPolicy) -> DeliveryHandler {
        let options = DeliveryOptions {
            timeout: self.patience,
            retry: RetryPolicy { delays_seconds: &[0], attempts_max: 4 },
        };
        let db = self.test.db.clone();
        DeliveryHandler::new(db, clock, self.ring.clone(), policy, options).unwrap()
    }

    fn worker(&self) -> WorkerHandle {
        let handler = Arc::new(self.handler(Arc::new(SystemClock), AddressPolicy::Any));
        let options = WorkerOptions { poll: Duration::from_millis(5), ..WorkerOptions::default() };
        Worker::start(self.test.db.clone(), Arc::new(SystemClock), vec![handler], options)
    }

    /// Claims the one job that is due and makes one attempt at it.
    async fn attempt(&self, clock: &FixedClock, policy: AddressPolicy) -> Outcome {
        let lease = SignedDuration::from_secs(60);
        let jobs = claim(&self.test.db, &[(JOB_KIND, lease)], 10, clock.now()).await.unwrap();
        assert_eq!(jobs.len(), 1);
        let clock = Arc::new(FixedClock::new(clock.now()));
        let outcome = self.handler(clock, policy).run(&jobs[0]).await;
        florin_jobs::finish(&self.test.db, jobs[0].lease(), self.now).await.unwrap();
        outcome
    }
}

fn event(resource: &str, number: i64, now: Timestamp) -> NewEvent {
    NewEvent {
        kind: kinds::REPAYMENT_CREATED,
        resource: resource.to_owned(),
        occurred_at: now,
        data: json!({ "resource": resource, "number": number }),
    }
}

async fn next(arrivals: &mut mpsc::UnboundedReceiver<Received>, count: usize) -> Vec<Received> {
    let mut received = Vec::new();
    while received.len() < count {
        received.push(arrivals.recv().await.unwrap());
    }
    received
}

fn fails_twice(attempt: u32) -> StatusCode {
    if attempt <= 2 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::NO_CONTENT }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_are_signed_retried_and_in_order_per_resource() {
    for setting in settings().await {
        let (url, mut arrivals) = start_receiver(fails_twice).await;
        let (endpoint, secret) = setting.listen(&url, &["*"]).await;
        let numbers = (0..12).map(|n| event(&format!("loan:{}", n % 3), n, setting.now));
        setting.append(numbers.collect()).await;
        let worker = setting.worker();
        let received = next(&mut arrivals, 36).await;
        worker.shutdown().await;
        assert!(arrivals.try_recv().is_err(), "{}: delivered too often", setting.test.name);

        for resource in 0..3 {
            let of_resource = received.iter().filter(|r| r.number() % 3 == resource);
            let attempts: Vec<i64> = of_resource.clone().map(Received::number).collect();
            // Three attempts at each, and none at the next before the third.
            let expected: Vec<i64> = (0..4).flat_map(|n| [resource + 3 * n; 3]).collect();
            assert_eq!(attempts, expected, "{}", setting.test.name);
            let taken = of_resource.filter(|r| r.answered.is_success()).count();
            assert_eq!(taken, 4);
        }
        let mut ids: HashMap<i64, Vec<String>> = HashMap::new();
        for delivery in &received {
            assert!(delivery.verifies_with(secret.expose()), "{}", setting.test.name);
            let body = delivery.json();
            assert_eq!(body["type"], "repayment_created");
            assert_eq!(body["created"], setting.now.as_second());
            assert_eq!(delivery.headers["webhook-id"], body["id"].as_str().unwrap());
            assert_eq!(delivery.headers["content-type"], "application/json");
            ids.entry(delivery.number()).or_default().push(body["id"].to_string());
        }
        for same in ids.values_mut() {
            same.dedup();
            assert_eq!(same.len(), 1, "the id is the same on every attempt");
        }
        let deliveries =
            setting.webhooks.deliveries(setting.tenant, endpoint.id, None, 100).await.unwrap();
        assert_eq!(deliveries.len(), 36);
        assert_eq!(deliveries.iter().filter(|d| d.error.is_none()).count(), 12);
        assert!(deliveries.windows(2).all(|pair| pair[0].id > pair[1].id));
        let failed = deliveries.iter().find(|d| d.error.is_some()).unwrap();
        assert_eq!(failed.status_code, Some(500));
        assert!(failed.next_attempt_at.is_some());
        verify_with_the_official_library(&received, secret.expose());
    }
}

/// Runs `tests/webhooks/verify.py` over the deliveries when its library is installed.
fn verify_with_the_official_library(received: &[Received], secret: &str) {
    let installed = Command::new("python3")
        .args(["-c", "import standardwebhooks"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !installed {
        eprintln!("skipped: python3 cannot import standardwebhooks (pip install standardwebhooks)");
        return;
    }
    let script =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/webhooks/verify.py");
    let mut python = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = String::new();
    for delivery in received {
        let text = |name: &str| delivery.headers[name].to_str().unwrap().to_owned();
        let headers = json!({
            "webhook-id": text("webhook-id"),
            "webhook-timestamp": text("webhook-timestamp"),
            "webhook-signature": text("webhook-signature"),
        });
        let line = json!({ "secret": secret, "headers": headers, "body": delivery.body });
        lines.push_str(&format!("{line}\n"));
    }
    // One that was tampered with, to see that the script can refuse.
    let tampered = format!("{} ", received[0].body);
    let last = lines.lines().next().unwrap().to_owned();
    let mut last: Json = serde_json::from_str(&last).unwrap();
    last["body"] = json!(tampered);
    lines.push_str(&format!("{last}\n"));
    python.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    let verdicts = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<&str> = verdicts.lines().collect();
    assert_eq!(verdicts.len(), received.len() + 1);
    assert!(verdicts[..received.len()].iter().all(|verdict| *verdict == "ok"), "{verdicts:?}");
    assert!(verdicts[received.len()].starts_with("refused"), "{verdicts:?}");
}

fn takes(_attempt: u32) -> StatusCode {
    StatusCode::OK
}

#[tokio::test]
async fn an_endpoint_is_told_what_it_listens_to() {
    for setting in settings().await {
        let (url, mut arrivals) = start_receiver(takes).await;
        let (results, _) = setting.listen(&url, &[kinds::REPAYMENT_RESULT]).await;
        let result =
            |n| NewEvent { kind: kinds::REPAYMENT_RESULT, ..event("loan:1", n, setting.now) };
        setting.append(vec![event("loan:1", 1, setting.now), result(2)]).await;
        let worker = setting.worker();
        assert_eq!(next(&mut arrivals, 1).await[0].number(), 2);

        let test =
            setting.webhooks.send_test(setting.tenant, results.id, setting.now).await.unwrap();
        assert_eq!(test.seq, 3);
        let received = next(&mut arrivals, 1).await.remove(0);
        assert_eq!(received.json()["type"], "test");
        assert_eq!(received.json()["id"], test.id.to_string());

        // Wait until both attempts are on record, then send the first event once more.
        worker.shutdown().await;
        let list = || setting.webhooks.deliveries(setting.tenant, results.id, None, 10);
        let deliveries = list().await.unwrap();
        assert_eq!(deliveries.len(), 2, "{}", setting.test.name);
        let first = deliveries.last().unwrap();
        setting.webhooks.redeliver(setting.tenant, results.id, first.id).await.unwrap();
        let worker = setting.worker();
        assert_eq!(next(&mut arrivals, 1).await[0].number(), 2);
        worker.shutdown().await;
        assert_eq!(list().await.unwrap().len(), 3);
        assert!(arrivals.try_recv().is_err());
    }
}

#[tokio::test]
async fn the_old_secret_signs_for_a_day_after_a_rotation() {
    for setting in settings().await {
        let (url, mut arrivals) = start_receiver(takes).await;
        let (endpoint, old) = setting.listen(&url, &["*"]).await;
        let rotated =
            setting.webhooks.rotate_secret(setting.tenant, endpoint.id, setting.now).await;
        let new = rotated.unwrap();
        let clock = FixedClock::new(setting.now);

        setting.append(vec![event("loan:1", 1, setting.now)]).await;
        assert_eq!(setting.attempt(&clock, AddressPolicy::Any).await, Outcome::Done);
        let received = next(&mut arrivals, 1).await.remove(0);
        assert_eq!(received.signatures(), 2, "{}", setting.test.name);
        assert!(received.verifies_with(new.expose()) && received.verifies_with(old.expose()));

        clock.advance(SignedDuration::from_hours(24));
        setting.append(vec![event("loan:1", 2, setting.now)]).await;
        assert_eq!(setting.attempt(&clock, AddressPolicy::Any).await, Outcome::Done);
        assert_eq!(next(&mut arrivals, 1).await[0].signatures(), 1);
    }
}

fn is_gone(_attempt: u32) -> StatusCode {
    StatusCode::GONE
}

fn moves(_attempt: u32) -> StatusCode {
    StatusCode::FOUND
}

#[tokio::test]
async fn answers_that_are_no_success() {
    for mut setting in settings().await {
        let clock = FixedClock::new(setting.now);
        let (url, _arrivals) = start_receiver(moves).await;
        let (moved, _) = setting.listen(&url, &["*"]).await;
        setting.append(vec![event("loan:1", 1, setting.now)]).await;
        let outcome = setting.attempt(&clock, AddressPolicy::Any).await;
        assert!(matches!(outcome, Outcome::Retry(_)), "{outcome:?}");
        setting.webhooks.delete(setting.tenant, moved.id).await.unwrap();

        let (url, _arrivals) = start_receiver(is_gone).await;
        let (gone, _) = setting.listen(&url, &["*"]).await;
        setting.append(vec![event("loan:1", 2, setting.now)]).await;
        let outcome = setting.attempt(&clock, AddressPolicy::Any).await;
        assert!(matches!(outcome, Outcome::GiveUp(_)), "{outcome:?}");
        let endpoint = setting.webhooks.get(setting.tenant, gone.id).await.unwrap();
        assert!(!endpoint.enabled, "{}", setting.test.name);
        setting.webhooks.delete(setting.tenant, gone.id).await.unwrap();

        // A listener that accepts connections and never answers.
        setting.patience = Duration::from_millis(500);
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let (endpoint, _) = setting.listen(&url, &["*"]).await;
        setting.append(vec![event("loan:1", 3, setting.now)]).await;
        let outcome = setting.attempt(&clock, AddressPolicy::Any).await;
        assert_eq!(outcome, Outcome::Retry("no answer within the time limit".to_owned()));
        let list = setting.webhooks.deliveries(setting.tenant, endpoint.id, None, 10);
        let deliveries = list.await.unwrap();
        assert_eq!(deliveries[0].status_code, None);
    }
}

#[tokio::test]
async fn in_production_nothing_is_sent_to_private_addresses() {
    for setting in settings().await {
        let clock = FixedClock::new(setting.now);
        let (url, mut arrivals) = start_receiver(takes).await;
        // Registered on a sandbox; then the same database is served in production mode.
        let by_name = url.replace("http://127.0.0.1", "https://localhost");
        for (n, url) in [url, by_name].iter().enumerate() {
            let (endpoint, _) = setting.listen(url, &["*"]).await;
            setting.append(vec![event("loan:1", n as i64, setting.now)]).await;
            let outcome = setting.attempt(&clock, AddressPolicy::Public).await;
            assert!(matches!(&outcome, Outcome::Retry(_)), "{url}: {outcome:?}");
            let list = setting.webhooks.deliveries(setting.tenant, endpoint.id, None, 10);
            let deliveries = list.await.unwrap();
            assert_eq!(deliveries[0].status_code, None);
            setting.webhooks.delete(setting.tenant, endpoint.id).await.unwrap();
        }
        assert!(arrivals.try_recv().is_err(), "{}", setting.test.name);

        let production =
            Webhooks::new(setting.test.db.clone(), setting.ring.clone(), AddressPolicy::Public);
        let new = NewEndpoint { url: "https://10.0.0.1/".to_owned(), events: vec!["*".to_owned()] };
        let refused = production.create(setting.tenant, new, setting.now).await;
        assert!(matches!(refused, Err(EventsError::BadUrl(_))));
    }
}

#[tokio::test]
async fn endpoints_are_few_their_events_known_and_their_tenant_alone() {
    for setting in settings().await {
        let (webhooks, tenant, now) = (&setting.webhooks, setting.tenant, setting.now);
        let new = |events: &[&str]| NewEndpoint {
            url: "http://localhost:1/".to_owned(),
            events: events.iter().map(|name| (*name).to_owned()).collect(),
        };
        let refused = webhooks.create(tenant, new(&["repayment_create"]), now).await;
        assert!(
            matches!(refused, Err(EventsError::UnknownKind(name)) if name == "repayment_create")
        );
        assert!(matches!(webhooks.create(tenant, new(&[]), now).await, Err(EventsError::NoKinds)));

        let (endpoint, _) = webhooks.create(tenant, new(&["*"]), now).await.unwrap();
        let stranger = TenantId::new();
        let id = endpoint.id;
        let unknown = |result: Result<(), EventsError>| {
            assert!(matches!(result, Err(EventsError::UnknownEndpoint)), "{}", setting.test.name);
        };
        unknown(webhooks.get(stranger, id).await.map(drop));
        unknown(webhooks.delete(stranger, id).await);
        unknown(webhooks.rotate_secret(stranger, id, now).await.map(drop));
        unknown(webhooks.send_test(stranger, id, now).await.map(drop));
        unknown(webhooks.deliveries(stranger, id, None, 1).await.map(drop));
        unknown(webhooks.get(tenant, WebhookEndpointId::new()).await.map(drop));
        assert!(webhooks.list(stranger).await.unwrap().is_empty());

        for _ in 1..ENDPOINTS_MAX {
            webhooks.create(tenant, new(&["*"]), now).await.unwrap();
        }
        let refused = webhooks.create(tenant, new(&["*"]), now).await;
        assert!(matches!(refused, Err(EventsError::TooManyEndpoints)));
        webhooks.delete(tenant, id).await.unwrap();
        assert_eq!(webhooks.list(tenant).await.unwrap().len(), ENDPOINTS_MAX as usize - 1);
    }
}
