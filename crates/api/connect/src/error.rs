//! How a refusal looks over HTTP: `{"message": "..."}`, and what else a client needs of it.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use florin_connect::{ConnectError, FieldFault, MicrodepositRefusal, MicrodepositStatus};
use florin_http::{ApiError, Denied};
use florin_ids::MemberId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::browser::microdeposit::RefusedMicrodeposit;
use crate::guid::guid;

/// What is wrong with a request.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Error, example = json!({"message": "institution_guid: This field is required.", "fields": {"institution_guid": ["This field is required."]}}))]
pub(crate) struct ErrorBody {
    /// A sentence.
    pub(crate) message: String,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) fields: BTreeMap<String, Vec<String>>,
    /// The member that is there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) guid: Option<String>,
    /// The microdeposit that did not come about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) micro_deposit: Option<RefusedMicrodeposit>,
    /// `VerifyNotEnabled`, where it is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'static str>,
    /// `member`, beside `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entity_type: Option<&'static str>,
}

/// A refusal on its way to the client; made by `?` from the domain's and from the edge's own.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    body: Box<ErrorBody>,
    header: Option<(HeaderName, HeaderValue)>,
    is_to_strangers: bool,
}

/// Marks a response to a page that may not use the session: its browser keeps the whole of it from the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ToStrangers;

/// What a handler gives.
pub(crate) type Answer<T> = Result<T, Refusal>;

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let body = ErrorBody { message: message.into(), ..ErrorBody::default() };
        Self { status, body: Box::new(body), header: None, is_to_strangers: false }
    }

    /// 403: the page is of another origin than the session's.
    pub(crate) fn to_strangers() -> Self {
        let refusal =
            Self::new(StatusCode::FORBIDDEN, "The session is for pages of another origin.");
        Self { is_to_strangers: true, ..refusal }
    }

    /// 404: no such thing, or another's.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found.")
    }

    /// 401: no session, or one that is over.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "The session is unknown or has expired.")
    }

    /// 400: every broken field.
    pub(crate) fn invalid(faults: Vec<FieldFault>) -> Self {
        let told: Vec<String> =
            faults.iter().map(|it| format!("{}: {}", it.field, it.message)).collect();
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for fault in faults {
            fields.entry(fault.field).or_default().push(fault.message);
        }
        let mut refusal = Self::new(StatusCode::BAD_REQUEST, told.join(" "));
        refusal.body.fields = fields;
        refusal
    }

    fn member_exists(member: MemberId) -> Self {
        let mut refusal = Self::new(StatusCode::CONFLICT, "The institution is linked already.");
        refusal.body.guid = Some(guid(member));
        refusal
    }

    fn not_enabled(error: &ConnectError) -> Self {
        let mut refusal = Self::new(StatusCode::BAD_REQUEST, sentence(&error.to_string()));
        refusal.body.name = Some("VerifyNotEnabled");
        refusal.body.entity_type = Some("member");
        refusal
    }

    fn microdeposit(refused: MicrodepositRefusal) -> Self {
        // What only has to be typed in again is no microdeposit that came to nothing.
        if !refused.fields.is_empty() {
            return Self::invalid(refused.fields);
        }
        let status = match refused.status {
            MicrodepositStatus::Conflicted | MicrodepositStatus::Prevented => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut refusal = Self::new(status, refused.message.clone());
        refusal.body.micro_deposit = Some(refused.into());
        refusal
    }
}

/// A text of the log as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let (status, texts, header) = error.into_texts();
        Self { header, ..Self::new(status, texts.join(" ")) }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        ApiError::from(denied).into()
    }
}

impl From<ConnectError> for Refusal {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Unauthenticated => Self::unauthenticated(),
            ConnectError::NotFound(_) => Self::not_found(),
            ConnectError::Invalid(faults) => Self::invalid(faults),
            ConnectError::BadFile(faults) => {
                let fault = |it: florin_connect::error::LineFault| {
                    FieldFault::new(format!("line {}", it.line), it.message)
                };
                Self::invalid(faults.into_iter().map(fault).collect())
            }
            ConnectError::Conflict(text) => Self::new(StatusCode::CONFLICT, text),
            ConnectError::MemberExists(member) => Self::member_exists(member),
            ConnectError::NotEnabled(_) => Self::not_enabled(&error),
            ConnectError::Microdeposit(refused) => Self::microdeposit(*refused),
            ConnectError::Unavailable(text) => Self::new(StatusCode::SERVICE_UNAVAILABLE, text),
            // The rest is no fault of the caller; what it was stands in the log.
            error => ApiError::internal(&error).into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(*self.body)).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        if self.is_to_strangers {
            response.extensions_mut().insert(ToStrangers);
        }
        response
    }
}
