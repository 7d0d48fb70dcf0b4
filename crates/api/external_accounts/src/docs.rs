//! What the OpenAPI document says beside the operations: title, tags, security, common refusals.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi, ToSchema};

use crate::envelope::{Envelope, ErrorBody};

const DESCRIPTION: &str = "\
Programs, their customers, the customers' accounts at other banks, and transfers between the two.

Authenticate with `Authorization: Basic base64(key:secret)`. Every answer is an envelope `{data, errors, status, \
requestId}`; a refusal has every reason in `errors`, each with a code of the tables and its text. Paths and names of \
properties are read whatever their capitals; `null` is the same as absent; numbers and booleans may be written as texts.";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Florin external accounts API",
        description = DESCRIPTION,
        version = "1",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact(name = "Florin"),
    ),
    components(schemas(Envelope<Nothing>, ErrorBody)),
    security(("basic" = [])),
    modifiers(&Basic),
    tags(
        (name = "Program", description = "What is allowed."),
        (name = "Customers", description = "Who has accounts."),
        (name = "External accounts", description = "Customers' accounts at other banks."),
        (name = "Transfers", description = "Money between a customer's account in the program and an external account."),
        (name = "Transactions", description = "What has become of transfers."),
    ),
)]
pub(crate) struct Document;

struct Basic;

impl Modify for Basic {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Basic));
        document.components.get_or_insert_default().add_security_scheme("basic", scheme);
    }
}

/// No data.
#[derive(serde::Serialize, ToSchema)]
pub(crate) struct Nothing {}

/// The refusals that any operation can answer with.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) enum Refusals {
    /// The rules or the input refuse it: 59xxx, 60xxx, 62xxx to 69xxx.
    #[response(status = 400, example = json!({"errors": [{"code": 60001, "message": "Customer id 456 is invalid."}], "status": 400, "requestId": "019315f0-5c1a-8b3c-8000-000000000001"}))]
    Refused(Envelope<Nothing>),
    /// 50401: no key, or one that nobody owns, that opens another API or may only read.
    #[response(status = 401, example = json!({"errors": [{"code": 50401, "message": "User is not authorized"}], "status": 401, "requestId": "019315f0-5c1a-8b3c-8000-000000000001"}))]
    Unauthenticated(Envelope<Nothing>),
    /// 50403: the key may not be used from this address.
    #[response(status = 403, example = json!({"errors": [{"code": 50403, "message": "IP is not trusted"}], "status": 403, "requestId": "019315f0-5c1a-8b3c-8000-000000000001"}))]
    Untrusted(Envelope<Nothing>),
    /// 50429: the key's allowance is used up; `Retry-After` says when to come again.
    #[response(status = 429, example = json!({"errors": [{"code": 50429, "message": "Rate limit exceeded"}], "status": 429, "requestId": "019315f0-5c1a-8b3c-8000-000000000001"}))]
    Throttled(Envelope<Nothing>),
    /// 52998 or 50500: no fault of the caller.
    #[response(status = 500, example = json!({"errors": [{"code": 52998, "message": "Internal Server Error. Incident Id : 019315f0-5c1a-8b3c-8000-000000000001"}], "status": 500, "requestId": "019315f0-5c1a-8b3c-8000-000000000001"}))]
    Failed(Envelope<Nothing>),
    /// 50503: too busy; the same request may be sent again.
    #[response(status = 503, example = json!({"errors": [{"code": 50503, "message": "Service Unavailable"}], "status": 503, "requestId": "019315f0-5c1a-8b3c-8000-000000000001"}))]
    Unavailable(Envelope<Nothing>),
}
