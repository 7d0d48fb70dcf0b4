//! From HTTP to calls and back.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State as Shared};
use axum::http::{Method, header};
use axum::response::Response;

use super::answer::{Answer, BankRefusal, Refusal, not_json, picture, unavailable};
use super::api::Ask;
use super::fault::{FaultKind, due};
use super::{Simulator, institutions, page};

const BODY_BYTES_MAX: usize = 256 * 1024;
/// How long a request is held that is never answered; a client that waits longer is cut off.
const SILENCE: Duration = Duration::from_secs(120);

/// Every request.
pub(super) async fn handle(Shared(simulator): Shared<Simulator>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        let text = || "Body too large".to_owned();
        return Answer::from(Refusal::Usage(text(), text())).into_response();
    };
    let path = parts.uri.path();
    if let Some(link) = path.strip_prefix("/psd2/start/") {
        return page::handle(&simulator, link, &parts.method, &body);
    }
    if let Some(picture) = path.strip_prefix("/logos/").and_then(|name| name.strip_suffix(".svg")) {
        return logo(picture);
    }
    // The provider's paths end with a slash.
    let Some(path) = path.strip_prefix("/api/v2/").and_then(|path| path.strip_suffix('/')) else {
        return Answer::from(Refusal::NotFound).into_response();
    };
    match (parts.method.as_str(), path) {
        ("POST", "token/new") => return finish(simulator.new_token(&body)),
        ("POST", "token/refresh") => return finish(simulator.refresh_token(&body)),
        _ => {}
    }
    let token = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let org = match simulator.authenticate(token) {
        Ok(org) => org,
        Err(refusal) => return Answer::from(refusal).into_response(),
    };
    if let Some(fault) = simulator.fault(&org, &parts.method, path) {
        return fail(fault, path).await;
    }
    let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let segments: Vec<&str> = path.split('/').collect();
    let ask = Ask {
        org: &org,
        method: parts.method.as_str(),
        path: &segments,
        query: query.map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        body: &body,
    };
    finish(simulator.call(&ask))
}

fn finish(answered: Result<Answer, Refusal>) -> Response {
    answered.unwrap_or_else(Answer::from).into_response()
}

impl Simulator {
    /// The fault that happens to this request; nothing happens to the controls.
    fn fault(&self, org: &str, method: &Method, path: &str) -> Option<FaultKind> {
        if path.starts_with("simulator/") {
            return None;
        }
        let mut state = self.state();
        let faults = &mut state.organisations.get_mut(org)?.faults;
        due(faults, method.as_str(), &format!("/{path}/"))
    }
}

async fn fail(fault: FaultKind, path: &str) -> Response {
    let what = match path.rsplit('/').next() {
        Some("balances") => "balances",
        Some("details") => "details",
        _ => "transactions",
    };
    let refusal = match fault {
        FaultKind::Timeout => {
            tokio::time::sleep(SILENCE).await;
            return Response::new(Body::empty());
        }
        FaultKind::NotJson => return not_json(),
        FaultKind::Unavailable => return unavailable(),
        FaultKind::Error => Refusal::Broken,
        FaultKind::BankError => Refusal::OfBank(BankRefusal::Broken, what),
        FaultKind::BankDown => Refusal::OfBank(BankRefusal::Down, what),
        FaultKind::RateLimit => Refusal::ApiLimit { seconds: 1 },
        FaultKind::BankRateLimit => Refusal::AccountLimit { per_day: 4, seconds: 85_092 },
        FaultKind::InvalidToken => Refusal::InvalidToken,
        FaultKind::ConsentOver => Refusal::ConsentOver {
            agreement: "76c790ff-274b-46cc-8c5e-1aefb2bee25f".to_owned(),
            days: 90,
            ended: "2026-06-30 15:57:27.203016+00:00".to_owned(),
        },
        FaultKind::Suspended => Refusal::Suspended,
    };
    Answer::from(refusal).into_response()
}

/// The first letter of the bank's name.
fn logo(id: &str) -> Response {
    let Some(bank) = institutions::find(id) else {
        return Answer::from(Refusal::NotFound).into_response();
    };
    let letter = bank.name.chars().next().unwrap_or('?');
    picture(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\"><rect width=\"64\" height=\"64\" rx=\"12\" \
         fill=\"#264653\"/><text x=\"32\" y=\"43\" font-family=\"sans-serif\" font-size=\"32\" fill=\"#fff\" \
         text-anchor=\"middle\">{letter}</text></svg>"
    ))
}
