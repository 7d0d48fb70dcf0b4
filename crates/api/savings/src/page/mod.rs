//! The page behind `establishment_url`: the owner of a fund answers the plan's identity questions, one after another.
//!
//! The link's signed key is the only credential; it is sent along with each answer, so that no other site can answer. The
//! page needs no script and nothing from anywhere else.

mod html;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use florin_http::{ApiError, HttpState, body};
use florin_savings::establishment::Establishment;
use florin_savings::{Savings, SavingsError};
use serde::Deserialize;

use crate::SavingsApi;

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// No form of the page is longer.
const FORM_BYTES_MAX: usize = 4_096;

/// The pages' routes.
pub(crate) fn routes() -> Router<SavingsApi> {
    Router::new()
        .route("/establish", get(show).post(answer))
        .route("/establish/style.css", get(style))
}

#[derive(Debug, Deserialize)]
struct Link {
    key: String,
}

/// What a form of the page sends.
#[derive(Debug, Default)]
struct Chosen {
    key: String,
    question: String,
    choice: Option<u32>,
}

impl Chosen {
    fn read(form: &[u8]) -> Self {
        let mut chosen = Self::default();
        for (name, value) in form_urlencoded::parse(form) {
            match &*name {
                "key" => chosen.key = value.into_owned(),
                "question" => chosen.question = value.into_owned(),
                "choice" => chosen.choice = value.parse().ok(),
                _ => {}
            }
        }
        chosen
    }
}

async fn show(
    State(savings): State<Savings>,
    State(http): State<HttpState>,
    link: Result<Query<Link>, QueryRejection>,
) -> Response {
    let Ok(Query(Link { key })) = link else { return unknown() };
    match savings.establishment(&key, http.now()).await {
        Ok(view) => page(&key, &view, false),
        Err(error) => refused(&error),
    }
}

async fn answer(
    State(savings): State<Savings>,
    State(http): State<HttpState>,
    headers: HeaderMap,
    form: Body,
) -> Response {
    let Ok(form) = body::read(&headers, form, FORM_BYTES_MAX).await else { return unknown() };
    let Chosen { key, question, choice } = Chosen::read(&form);
    let now = http.now();
    let answered = match choice {
        Some(choice) => savings.answer_question(&key, question, choice, now).await,
        None => Err(SavingsError::Invalid(Vec::new())),
    };
    match answered {
        // The page is asked for anew, so that loading it again answers nothing twice.
        Ok(_) => Redirect::to(&format!("/establish?key={key}")).into_response(),
        Err(SavingsError::Invalid(_)) => match savings.establishment(&key, now).await {
            Ok(view) => page(&key, &view, true),
            Err(error) => refused(&error),
        },
        Err(error) => refused(&error),
    }
}

async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, html::STYLE).into_response()
}

fn page(key: &str, view: &Establishment, is_unanswered: bool) -> Response {
    let status = if is_unanswered { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    answered(status, html::establishment(key, view, is_unanswered).into_string())
}

fn refused(error: &SavingsError) -> Response {
    match error {
        SavingsError::NotFound(_) => unknown(),
        error => {
            // What it was stands in the log.
            let status = ApiError::internal(error).status();
            let text = "Something went wrong on our side. Please try again in a moment.";
            answered(status, html::notice("Please try again", text).into_string())
        }
    }
}

fn unknown() -> Response {
    let text = "It may be incomplete or too old. Ask whoever sent it to you for a new one.";
    let page = html::notice("This link does not work", text).into_string();
    answered(StatusCode::NOT_FOUND, page)
}

fn answered(status: StatusCode, html: String) -> Response {
    const HEADERS: [(HeaderName, HeaderValue); 5] = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (status, HEADERS, html).into_response()
}
