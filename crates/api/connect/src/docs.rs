//! What the OpenAPI document says beside the operations: title, tags, security, common refusals.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi};

use crate::error::ErrorBody;

const DESCRIPTION: &str = "\
Bank accounts that end users link in the browser, and what is read of them.

The partner's back end opens a session for one end user (`POST /connect/v1/sessions`, Basic `client_id:api_key`) and sends \
the browser to the hosted page, or gives the session to a widget of its own. The browser sends it as \
`Authorization: Bearer SESSION`. Guids say by their prefix what they are of. Refusals are `{\"message\": \"...\"}`, with \
`fields` where fields are broken.";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Florin Connect API",
        description = DESCRIPTION,
        version = "1",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact(name = "Florin"),
    ),
    components(schemas(ErrorBody)),
    modifiers(&Schemes),
    tags(
        (name = "Sessions", description = "An end user's visit."),
        (name = "Institutions", description = "Banks that can be linked."),
        (name = "Members", description = "An end user's link to an institution, and the jobs that read it."),
        (name = "OAuth", description = "Banks' own consent pages."),
        (name = "Microdeposits", description = "Accounts proven by two small deposits."),
        (name = "End user", description = "What else an end user tells: accounts by hand, questions, consents."),
        (name = "Partner", description = "What the partner's back end reads and does."),
    ),
)]
pub(crate) struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let session = Http::new(HttpAuthScheme::Bearer);
        components.add_security_scheme("Session", SecurityScheme::Http(session));
        let key = Http::new(HttpAuthScheme::Basic);
        components.add_security_scheme("Key", SecurityScheme::Http(key));
    }
}

/// The refusals that any operation can answer with.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) enum Refusals {
    /// No session or key, or one that is over or nobody's.
    #[response(status = 401, example = json!({"message": "The session is unknown or has expired."}))]
    Unauthenticated(ErrorBody),
    /// From a page of another origin; with a key for another API, another address, or that may only read.
    #[response(status = 403, example = json!({"message": "The session is for pages of another origin."}))]
    Forbidden(ErrorBody),
    /// Too many requests; `Retry-After` says when to come again.
    #[response(status = 429, example = json!({"message": "Request was throttled. Expected available in 1 second."}))]
    Throttled(ErrorBody),
}

/// The refusal of an operation on one thing.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) enum Unknown {
    /// No such thing, or another's.
    #[response(status = 404, example = json!({"message": "Not found."}))]
    NotFound(ErrorBody),
}

/// The refusal of input.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) enum BadInput {
    /// Something is missing or malformed: every field.
    #[response(status = 400)]
    Invalid(ErrorBody),
}

/// The refusal of what the state of things does not allow.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) enum Conflict {
    /// Not now; the message says why.
    #[response(status = 409)]
    Conflict(ErrorBody),
}
