//! Input sources: the named, typed inputs that rules are written over.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use florin_decisioning::expression::Kind;
use florin_decisioning::input_source::{FIELDS, InputSource, InputSourceFields};
use florin_decisioning::{Decisioning, Extent};
use florin_http::{
    JsonBody, LendingCaller, ListParams, ListRequest, PageBody, PathId, csv, request_body,
};
use florin_ids::InputSourceId;
use serde::Serialize;
use utoipa::ToSchema;

use super::fields::Fields;
use crate::docs::{BadInput, Conflicting, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::reader::patch_schema;

request_body! {
    /// An input source in a request. Required: `name` and `type`.
    pub(crate) struct InputSourceInput as "InputSourceInput" {
        /// What rules call it, in double curly braces: letters, digits and underscores, no digit at the start, at most
        /// 64. Unique.
        name: required String,
        /// `boolean`, `number`, `string` or `date`.
        "type" kind: required String,
        /// What it is, for people; at most 500 characters.
        description: optional String,
        /// Who is asked for a value when an application is completed and none was sent; null: nobody, the partner sends
        /// data points. A sandbox has `simulated`.
        provider: optional String,
    }
    example { "name": "monthly_income", "type": "number", "description": "Net income a month, in pounds." }
}

patch_schema!(InputSourcePatch of InputSourceInput);

impl InputSourceInput {
    fn read(self) -> InputSourceFields {
        let mut fields = Fields::default();
        InputSourceFields {
            name: fields.take("name", self.name),
            kind: fields.word("type", self.kind, Kind::parse),
            description: fields.take("description", self.description),
            provider: fields.nullable("provider", self.provider),
            unreadable: fields.into_faults(),
        }
    }
}

/// An input source in an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = InputSource)]
pub(crate) struct InputSourceBody {
    /// Input source ID.
    #[schema(value_type = String, format = "uuid")]
    id: InputSourceId,
    /// What rules call it, in double curly braces.
    #[schema(example = "monthly_income")]
    name: String,
    /// `boolean`, `number`, `string` or `date`.
    #[serde(rename = "type")]
    #[schema(example = "number")]
    kind: &'static str,
    /// What it is, for people.
    description: String,
    /// Where values come from: `partner` (data points), `provider` (asked when an application is completed) or
    /// `built_in` (Florin knows it).
    #[schema(example = "partner")]
    origin: &'static str,
    /// Who is asked; null where nobody is.
    provider: Option<String>,
}

impl InputSourceBody {
    fn of(source: InputSource) -> Self {
        Self {
            id: source.id,
            name: source.name,
            kind: source.kind.as_str(),
            description: source.description,
            origin: source.origin.as_str(),
            provider: source.origin.provider().map(str::to_owned),
        }
    }
}

/// The columns of the CSV.
const COLUMNS: &[&str] = &["id", "name", "type", "description", "origin", "provider"];

/// List input sources
#[utoipa::path(
    get, path = "/api/v1/input-source/", tag = "Decision engine", operation_id = "input_source_list",
    params(ListParams),
    responses((status = 200, description = "A page of input sources.", body = PageBody<InputSourceBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    request: ListRequest,
) -> Answer<Response> {
    let query = request.query(FIELDS, caller.currency)?;
    if request.is_csv() {
        let file = csv::download("input-sources.csv", COLUMNS, |mut rows| async move {
            let push = move |item| rows.push(&InputSourceBody::of(item));
            decisioning.each_input_source(&caller, query, push).await.map_err(Refusal::from)
        })
        .await?;
        return Ok(file);
    }
    let page = decisioning.list_input_sources(&caller, query.clone()).await?;
    Ok(Json(request.page(&query, page, InputSourceBody::of)).into_response())
}

/// Create an input source
///
/// Those that Florin fills itself are there from the start: `amount`, `term`, `rate`, `end_user_age`, `end_user_type`,
/// `existing_debt`, `worst_arrears_12_months`, `days_since_first_loan`; and, once a borrower with linked accounts agrees,
/// `linked_monthly_income`, `linked_overdraft_days_90`, `linked_largest_regular_outgoing` and `linked_balance`.
#[utoipa::path(
    post, path = "/api/v1/input-source/", tag = "Decision engine", operation_id = "input_source_create",
    request_body = InputSourceInput,
    responses((status = 201, description = "The input source.", body = InputSourceBody), BadInput, Conflicting, Refusals),
)]
pub(crate) async fn create(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    JsonBody(input): JsonBody<InputSourceInput>,
) -> Answer<(StatusCode, Json<InputSourceBody>)> {
    let created = decisioning.create_input_source(&caller, input.read()).await?;
    Ok((StatusCode::CREATED, Json(InputSourceBody::of(created))))
}

/// Get an input source
#[utoipa::path(
    get, path = "/api/v1/input-source/{id}/", tag = "Decision engine", operation_id = "input_source_get",
    params(("id" = Uuid, Path, description = "Input source ID.")),
    responses((status = 200, description = "The input source.", body = InputSourceBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<InputSourceId>,
) -> Answer<Json<InputSourceBody>> {
    Ok(Json(InputSourceBody::of(decisioning.get_input_source(&caller, id).await?)))
}

/// Replace an input source
///
/// Once a rule names it or it has a data point, its name and type stay. One that Florin fills itself cannot be changed.
#[utoipa::path(
    put, path = "/api/v1/input-source/{id}/", tag = "Decision engine", operation_id = "input_source_replace",
    params(("id" = Uuid, Path, description = "Input source ID.")),
    request_body = InputSourceInput,
    responses((status = 200, description = "The input source.", body = InputSourceBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn replace(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<InputSourceId>,
    JsonBody(input): JsonBody<InputSourceInput>,
) -> Answer<Json<InputSourceBody>> {
    let changed = decisioning.change_input_source(&caller, id, input.read(), Extent::Whole).await?;
    Ok(Json(InputSourceBody::of(changed)))
}

/// Update an input source
///
/// What is left out stays. Once a rule names it or it has a data point, its name and type stay. One that Florin fills
/// itself cannot be changed.
#[utoipa::path(
    patch, path = "/api/v1/input-source/{id}/", tag = "Decision engine", operation_id = "input_source_update",
    params(("id" = Uuid, Path, description = "Input source ID.")),
    request_body = InputSourcePatch,
    responses((status = 200, description = "The input source.", body = InputSourceBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn update(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<InputSourceId>,
    JsonBody(input): JsonBody<InputSourceInput>,
) -> Answer<Json<InputSourceBody>> {
    let changed = decisioning.change_input_source(&caller, id, input.read(), Extent::Part).await?;
    Ok(Json(InputSourceBody::of(changed)))
}
