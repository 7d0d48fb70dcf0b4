//! What the OpenAPI document says beside the operations: title, tags, security, common refusals.

use florin_http::{Detail, FieldErrors};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi};

const DESCRIPTION: &str = "\
Products, borrowers, applications, loan accounts and their transactions.

Send the API key in the `X-Api-Key` header. Amounts are exact decimals; requests may write them as \
numbers or as strings. Refusals are `{\"field\": [\"message\"]}` or `{\"detail\": \"message\"}`; all \
faults of a request come in one answer. Lists take `limit`, `offset`, `ordering` and a filter for \
every scalar field (several values separated by commas; `__gte` and `__lte` on amounts, dates and \
times); `format=csv` streams a whole list.";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Florin lending API",
        description = DESCRIPTION,
        version = "1",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact(name = "Florin"),
    ),
    components(schemas(Detail, FieldErrors)),
    security(("X-Api-Key" = [])),
    modifiers(&KeyInHeader),
    tags(
        (name = "Products", description = "What can be lent, and on which terms."),
        (name = "End users", description = "Borrowers: people and companies, and their addresses."),
        (name = "Companies", description = "The people that have to do with a company."),
        (name = "Applications", description = "A borrower's wish for a loan, and the decision on it."),
        (name = "Decision engine", description = "What decides on applications: inputs, scorecards of rules, engines, and the decisions."),
        (name = "Loans", description = "Loan accounts."),
        (name = "Transactions", description = "What moves a loan account's balance."),
        (name = "Collections", description = "Mandates, and how loans are collected and paid out."),
        (name = "Statements", description = "Monthly statements of revolving credit."),
    ),
)]
pub(crate) struct Document;

struct KeyInHeader;

impl Modify for KeyInHeader {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let key = ApiKeyValue::with_description("X-Api-Key", "The lending API key of a tenant.");
        let scheme = SecurityScheme::ApiKey(ApiKey::Header(key));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("X-Api-Key", scheme);
    }
}

/// The refusals that any operation can answer with.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) enum Refusals {
    /// No API key, or one that nobody owns.
    #[response(status = 401, example = json!({"detail": "Invalid API key."}))]
    Unauthenticated(Detail),
    /// The key is for another API, another address, or may only read.
    #[response(status = 403, example = json!({"detail": "You do not have permission to perform this action."}))]
    Forbidden(Detail),
    /// The key's allowance is used up; `Retry-After` says when to come again.
    #[response(status = 429, example = json!({"detail": "Request was throttled. Expected available in 1 second."}))]
    Throttled(Detail),
}

/// The refusal of an operation on one thing.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) enum Unknown {
    /// No such thing.
    #[response(status = 404, example = json!({"detail": "Not found."}))]
    NotFound(Detail),
}

/// The refusal of input.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) enum BadInput {
    /// Faulty input: every faulty field with its messages, or `{"detail"}` for malformed JSON.
    #[response(status = 400, example = json!({"amount": ["A valid number is required."]}))]
    Invalid(FieldErrors),
}

/// The refusal of an operation that the state of the thing does not allow.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) enum Conflicting {
    /// The state does not allow it; the text says why.
    #[response(status = 409, example = json!({"detail": "The loan is closed: nothing can be disbursed."}))]
    Conflict(Detail),
}
