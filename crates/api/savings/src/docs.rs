//! What the OpenAPI document says beside the operations: title, tags, security, common refusals.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi};

use crate::error::Errors;

const DESCRIPTION: &str = "\
Users, 529 funds, contributions and withdrawals of a college-savings program.

Send the API token in the `Authorization` header, as it is. Amounts are whole cents. Refusals are \
`{\"errors\": [\"message\"]}`; all faults of a request come in one answer. A request is 400 when it cannot be \
understood and 422 when it is understood and still cannot be done. Only JSON is answered with: other `Accept` headers \
are 406. 503 with `Retry-After` while the API is in maintenance.";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Florin savings API",
        description = DESCRIPTION,
        version = "1",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact(name = "Florin"),
    ),
    components(schemas(Errors)),
    security(("Authorization" = [])),
    modifiers(&TokenInHeader),
    tags(
        (name = "Users", description = "Savers, each under the partner's own id."),
        (name = "Funds", description = "529 accounts that are opened or linked, and what stands on them."),
        (name = "Contributions", description = "What is paid into funds, once or again and again."),
        (name = "Gifts", description = "What others pay into funds, from their public pages."),
        (name = "Plans", description = "The 529 plans of the United States."),
        (name = "Settings", description = "What a partner has set up."),
    ),
)]
pub(crate) struct Document;

struct TokenInHeader;

impl Modify for TokenInHeader {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let text = "The savings API token of a tenant, as it is.";
        let key = ApiKeyValue::with_description("Authorization", text);
        let components = document.components.get_or_insert_default();
        let scheme = SecurityScheme::ApiKey(ApiKey::Header(key));
        components.add_security_scheme("Authorization", scheme);
    }
}

/// The refusals that any operation can answer with.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) enum Refusals {
    /// No API token, or one that nobody owns.
    #[response(status = 401, example = json!({"errors": ["Invalid API key."]}))]
    Unauthenticated(Errors),
    /// The token is for another API, another address, or may only read.
    #[response(status = 403, example = json!({"errors": ["This API key is for another API."]}))]
    Forbidden(Errors),
    /// Another format than JSON was asked for.
    #[response(status = 406, example = json!({"errors": ["Only application/json can be answered with."]}))]
    NotAcceptable(Errors),
    /// The token's allowance is used up; `Retry-After` says when to come again.
    #[response(status = 429, example = json!({"errors": ["Request was throttled. Expected available in 1 second."]}))]
    Throttled(Errors),
    /// Maintenance, or too many requests at once; `Retry-After` says when to come again.
    #[response(status = 503, example = json!({"errors": ["We're temporarily offline for maintenance. Please try again later."]}))]
    Unavailable(Errors),
}

/// The refusal of an operation on one thing.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) enum Unknown {
    /// No such thing.
    #[response(status = 404, example = json!({"errors": ["fund not found"]}))]
    NotFound(Errors),
}

/// The refusals of input.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) enum BadInput {
    /// Something is missing or malformed: every fault.
    #[response(status = 400, example = json!({"errors": ["fund_name is required", "risk_level is required"]}))]
    Invalid(Errors),
    /// The request is sound, and still it cannot be done.
    #[response(status = 422, example = json!({"errors": ["handle has already been taken"]}))]
    Impossible(Errors),
}
