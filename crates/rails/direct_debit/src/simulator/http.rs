//! From HTTP to commands and back.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State as Shared};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::answer::{Answer, Fault as FieldFault, Refusal};
use super::fault::{Fault, FaultKind, Faults};
use super::journal::{Command, Line};
use super::outcome::Odds;
use super::request::{ApiRequest, Params};
use super::{Simulator, page};
use crate::client::VERSION;

const BODY_BYTES_MAX: usize = 1024 * 1024;
/// How long a request is held that is never answered; a client that waits longer is cut off.
const SILENCE: Duration = Duration::from_secs(120);

/// Every request.
pub(super) async fn handle(Shared(simulator): Shared<Simulator>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return Answer::from(Refusal::Usage("invalid_document_structure", "Body too large"))
            .into_response(false);
    };
    if let Some(flow) = parts.uri.path().strip_prefix("/flow/") {
        return simulator.flow_page(flow, &parts.method, &body);
    }
    let key = match simulator.authenticate(&parts) {
        Ok(key) => key,
        Err(refusal) => return Answer::from(refusal).into_response(false),
    };
    let answer = match parts.uri.path().strip_prefix("/simulator/") {
        Some("deliver") if parts.method == Method::POST => {
            let delivered = simulator.deliver().await;
            Ok(Answer::ok(json!(delivered)))
        }
        Some(control) => simulator.control(&key, control, &parts.method, &body),
        None => return simulator.api(&key, &parts, &body).await,
    };
    answer.unwrap_or_else(Answer::from).into_response(false)
}

impl Simulator {
    /// The key of the organisation whose token it is.
    fn authenticate(&self, parts: &Parts) -> Result<String, Refusal> {
        let value = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim);
        let token = token.filter(|token| !token.is_empty()).ok_or(Refusal::UnknownToken)?;
        if self.inner.tokens.as_ref().is_some_and(|known| !known.contains(token)) {
            return Err(Refusal::UnknownToken);
        }
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        Ok(hash[..8].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// A request of the provider's API, with the fault that is due.
    async fn api(&self, key: &str, parts: &Parts, body: &Bytes) -> Response {
        let (method, path) = (parts.method.as_str(), parts.uri.path());
        let fault = {
            let mut state = self.state();
            let faults = state.faults.get_mut(key);
            faults.and_then(|faults| faults.of_request(method, path))
        };
        match fault {
            Some(FaultKind::TimeoutBefore) => return silence().await,
            Some(FaultKind::ErrorBefore) => {
                return Answer::from(Refusal::Broken).into_response(false);
            }
            Some(FaultKind::RateLimit) => {
                return Answer::from(Refusal::RateLimited).into_response(false);
            }
            _ => {}
        }
        let answer = self.work(key, parts, body).unwrap_or_else(Answer::from);
        match fault {
            Some(FaultKind::TimeoutAfter) => silence().await,
            Some(FaultKind::ErrorAfter) => Answer::from(Refusal::Broken).into_response(false),
            Some(FaultKind::CutAfter) => answer.into_response(true),
            _ => answer.into_response(false),
        }
    }

    fn work(&self, key: &str, parts: &Parts, body: &Bytes) -> Result<Answer, Refusal> {
        check_version(parts)?;
        let path = parts.uri.path();
        if parts.method == Method::GET {
            let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
            let params = Params::parse(parts.uri.query());
            let mut state = self.state();
            let answer = state.look(key, self.now(), |found| found.read(&path, &params));
            return answer.map(|answer| self.with_links(answer));
        }
        if !matches!(parts.method, Method::POST | Method::PUT) {
            return Err(Refusal::NotFound);
        }
        let idempotency = parts.headers.get("idempotency-key").and_then(|key| key.to_str().ok());
        let request = ApiRequest {
            method: parts.method.as_str().to_owned(),
            path: path.to_owned(),
            query: None,
            key: idempotency.map(str::to_owned),
            body: read_json(body)?,
        };
        self.command(key, Command::Request(request)).map(|answer| self.with_links(answer))
    }

    /// Carries out a command now.
    pub(super) fn command(&self, key: &str, command: Command) -> Result<Answer, Refusal> {
        let line = Line { org: key.to_owned(), at: self.now(), command };
        let answer = self.state().command(line);
        self.inner.changed.notify_one();
        answer
    }

    /// Puts the address of a flow's page into an answer that holds a flow.
    fn with_links(&self, mut answer: Answer) -> Answer {
        if let Some(flow) = answer.body_mut().get_mut("billing_request_flows")
            && let Some(id) = flow["id"].as_str()
        {
            flow["authorisation_url"] = format!("{}/flow/{id}", self.inner.public_url).into();
        }
        answer
    }

    fn control(
        &self,
        key: &str,
        control: &str,
        method: &Method,
        body: &Bytes,
    ) -> Result<Answer, Refusal> {
        match (method.as_str(), control) {
            ("GET", "state") => {
                let mut state = self.state();
                let mut summary = state.look(key, self.now(), |found| found.summary());
                let faults = state.faults.get(key).map(|faults| faults.0.as_slice());
                summary["faults"] = json!(faults.unwrap_or_default());
                Ok(Answer::ok(summary))
            }
            ("POST", "clock") => {
                let clock: ClockControl = read_control(body)?;
                self.command(key, Command::Clock { date: clock.date })
            }
            ("POST", "webhook") => {
                let webhook: WebhookControl = read_control(body)?;
                let is_sound = |url: &String| reqwest::Url::parse(url).is_ok();
                if webhook.url.as_ref().is_some_and(|url| !is_sound(url)) {
                    return Err(FieldFault::new("webhook", "url", "is not a valid URL").into());
                }
                self.command(key, Command::Webhook { url: webhook.url, secret: webhook.secret })
            }
            ("POST", "outcomes") => {
                let odds: Odds = read_control(body)?;
                odds.check()?;
                self.command(key, Command::Outcomes(odds))
            }
            ("POST", "faults") => {
                let control: FaultControl = read_control(body)?;
                self.state().faults.insert(key.to_owned(), Faults(control.faults));
                Ok(Answer::ok(json!({})))
            }
            _ => Err(Refusal::NotFound),
        }
    }

    /// The page of a flow: shown, or its form taken in.
    fn flow_page(&self, flow: &str, method: &Method, body: &Bytes) -> Response {
        let now = self.now();
        let key = {
            let mut state = self.state();
            for organisation in state.organisations.values_mut() {
                organisation.run_to(organisation.time(now));
            }
            let owner = |entry: &(&String, &super::organisation::Organisation)| {
                entry.1.open_flow(flow, entry.1.now()).is_some()
            };
            state.organisations.iter().find(owner).map(|(key, _)| key.clone())
        };
        let Some(key) = key else { return page::gone() };
        let mut faults = Vec::new();
        let mut form = None;
        if method == Method::POST {
            let sent = page::Form::read(body);
            let command = Command::Form { flow: flow.to_owned(), form: sent.clone() };
            match self.command(&key, command) {
                Err(Refusal::Invalid(found)) => faults = found,
                Err(refusal) => return Answer::from(refusal).into_response(false),
                Ok(_) => {}
            }
            form = Some(sent);
        }
        let state = self.state();
        let organisation = state.organisations.get(&key);
        organisation
            .and_then(|organisation| page::show(organisation, flow, form.as_ref(), &faults))
            .unwrap_or_else(page::gone)
    }
}

/// The version of the API that a request is written for has to be the one that is spoken here.
fn check_version(parts: &Parts) -> Result<(), Refusal> {
    match parts.headers.get("gocardless-version") {
        None => Err(Refusal::Usage("missing_version_header", "GoCardless-Version is missing")),
        Some(version) if version.as_bytes() == VERSION.as_bytes() => Ok(()),
        Some(_) => Err(Refusal::Usage("version_not_found", "Version not found")),
    }
}

async fn silence() -> Response {
    tokio::time::sleep(SILENCE).await;
    Response::new(Body::empty())
}

fn read_json(body: &Bytes) -> Result<Json, Refusal> {
    if body.is_empty() {
        return Ok(Json::Null);
    }
    let unreadable = |_| Refusal::Usage("invalid_document_structure", "The body is not valid JSON");
    serde_json::from_slice(body).map_err(unreadable)
}

fn read_control<'a, T: Deserialize<'a>>(body: &'a Bytes) -> Result<T, Refusal> {
    let text: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(text)
        .map_err(|error| FieldFault::new("simulator", "body", error.to_string()).into())
}

#[derive(Deserialize)]
struct ClockControl {
    date: Date,
}

#[derive(Deserialize)]
struct WebhookControl {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    secret: String,
}

#[derive(Deserialize)]
struct FaultControl {
    #[serde(default)]
    faults: Vec<Fault>,
}
