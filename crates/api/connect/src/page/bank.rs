//! The simulated bank's consent page, and the page that end users come back to from any bank's.
//!
//! The signed state is the only credential; it is sent along with the answer, so that no other site can answer. The pages
//! need no script. Whoever waits in the window behind asks the server, not this window.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use florin_connect::{
    AuthStatus, Connect, ConnectError, Institution, OauthAnswer, OauthErrorReason, OauthRequest,
};
use florin_http::{ApiError, body};
use maud::{DOCTYPE, Markup, html};

use crate::caller::Parameters;
use crate::page::{self, file, logo};

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
/// No form of the page is longer.
const FORM_BYTES_MAX: usize = 4_096;
/// Who a bank's customer is unless they say.
const DEMO: &str = "demo";

/// `GET /connect/bank/authorize?state=...`
pub(super) async fn show(State(connect): State<Connect>, query: Parameters) -> Response {
    let state = query.get("state").unwrap_or_default();
    signing_in(state, connect.oauth_request(state).await)
}

fn signing_in(state: &str, request: Result<OauthRequest, ConnectError>) -> Response {
    match request {
        Ok(request) if request.state.auth_status == AuthStatus::Pending => {
            answered(StatusCode::OK, &sign_in(state, &request.institution))
        }
        other => ended(other),
    }
}

/// What the form sends.
#[derive(Default)]
struct Form {
    state: String,
    user: String,
    answer: String,
}

impl Form {
    fn read(bytes: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(bytes) {
            match &*name {
                "state" => form.state = value.into_owned(),
                "user" => form.user = value.trim().to_owned(),
                "answer" => form.answer = value.into_owned(),
                _ => {}
            }
        }
        form
    }

    /// `None` for a button that the page does not have.
    fn answer(&self) -> Option<OauthAnswer> {
        let reason = match self.answer.as_str() {
            "allow" => {
                let user = if self.user.is_empty() { DEMO } else { &self.user };
                return Some(OauthAnswer::Granted { user: user.chars().take(100).collect() });
            }
            "deny" => OauthErrorReason::Denied,
            "error" => OauthErrorReason::Provider,
            "cancel" => OauthErrorReason::Cancelled,
            _ => return None,
        };
        Some(OauthAnswer::Failed(reason))
    }
}

/// `POST /connect/bank/authorize`
pub(super) async fn answer(
    State(connect): State<Connect>,
    headers: HeaderMap,
    form: Body,
) -> Response {
    let Ok(form) = body::read(&headers, form, FORM_BYTES_MAX).await else { return unknown() };
    let form = Form::read(&form);
    // Anything else is no answer: the bank asks again.
    let Some(answer) = form.answer() else {
        return signing_in(&form.state, connect.oauth_request(&form.state).await);
    };
    match connect.oauth_answer(&form.state, answer).await {
        // Loading the page again answers nothing twice.
        Ok(_) => Redirect::to(&format!("/connect/bank/done?state={}", form.state)).into_response(),
        other => ended(other),
    }
}

/// `GET /connect/bank/done?state=...`
pub(super) async fn done(State(connect): State<Connect>, query: Parameters) -> Response {
    ended(connect.oauth_request(query.get("state").unwrap_or_default()).await)
}

/// `GET /connect/oauth/return?state=...`: where a provider sends an end user back to.
pub(super) async fn returned(State(connect): State<Connect>, query: Parameters) -> Response {
    let state = query.get("state").unwrap_or_default().to_owned();
    let answer = OauthAnswer::Returned { parameters: query.into_pairs() };
    ended(connect.oauth_answer(&state, answer).await)
}

/// `GET /connect/bank/style.css`
pub(super) async fn style() -> Response {
    let cache = HeaderValue::from_static("public, max-age=3600");
    file("text/css; charset=utf-8", cache, include_str!("bank.css"))
}

fn ended(request: Result<OauthRequest, ConnectError>) -> Response {
    let request = match request {
        Ok(request) => request,
        Err(ConnectError::NotFound(_)) => return unknown(),
        Err(error) => {
            // What it was stands in the log.
            let status = ApiError::internal(&error).status();
            let text = "Something went wrong on our side. Please try again in a moment.";
            return answered(status, &notice(None, "Please try again", text, true));
        }
    };
    let name = &request.institution.name;
    let is_linked = request.state.auth_status == AuthStatus::Success;
    let (title, text) = match is_linked {
        true => ("You are done here", format!("{name} lets your accounts be read.")),
        false => ("Nothing was shared", format!("{name} lets nothing be read.")),
    };
    let text = format!("{text} You can close this window and go on where you came from.");
    answered(StatusCode::OK, &notice(Some(&request.institution), title, &text, !is_linked))
}

fn unknown() -> Response {
    let text = "It may be incomplete or too old. Go back to where you came from and try again.";
    answered(StatusCode::NOT_FOUND, &notice(None, "This link does not work", text, true))
}

fn answered(status: StatusCode, page: &Markup) -> Response {
    page::html(status, POLICY, page.clone().into_string())
}

fn document(title: &str, bank: Option<&Institution>, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                title { (title) }
                link rel="stylesheet" href="/connect/bank/style.css";
            }
            body {
                header {
                    @if let Some(bank) = bank {
                        img src=(logo::path(&bank.name, &bank.color)) alt="";
                        (bank.name)
                    } @else { "Connect" }
                }
                main { (main) }
            }
        }
    }
}

fn notice(bank: Option<&Institution>, title: &str, text: &str, is_bad: bool) -> Markup {
    let main = html! {
        h1 class=[is_bad.then_some("bad")] { (title) }
        p role="status" { (text) }
    };
    document(title, bank, &main)
}

fn sign_in(state: &str, bank: &Institution) -> Markup {
    let title = format!("Sign in to {}", bank.name);
    let main = html! {
        h1 { (title) }
        p { "You are asked to let your accounts, balances and transactions be read." }
        form method="post" action="/connect/bank/authorize" {
            input type="hidden" name="state" value=(state);
            label for="user" { "User name" }
            input id="user" name="user" autocomplete="off" autocapitalize="none" value=(DEMO);
            label for="password" { "Password" }
            input id="password" type="password" autocomplete="off" value="secret";
            button.main name="answer" value="allow" { "Allow" }
            button name="answer" value="deny" { "Deny" }
            button name="answer" value="error" { "Let the bank fail" }
            button name="answer" value="cancel" { "Cancel" }
        }
        p.note { "This is a simulated bank: no password is sent or kept. The user name says how the bank behaves." }
    };
    document(&title, Some(bank), &main)
}
