//! Risk engines: versions of scorecards that must all pass.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use florin_decisioning::risk_engine::{FIELDS, RiskEngine, RiskEngineFields};
use florin_decisioning::{Decisioning, Extent};
use florin_http::{
    JsonBody, LendingCaller, ListParams, ListRequest, PageBody, PathId, csv, request_body,
};
use florin_ids::{RiskEngineId, ScorecardId};
use serde::Serialize;
use utoipa::ToSchema;

use super::fields::{Fields, Words};
use crate::docs::{BadInput, Conflicting, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::reader::patch_schema;

request_body! {
    /// A risk engine in a request. Required: `version` and `scorecards`.
    pub(crate) struct RiskEngineInput as "RiskEngineInput" {
        /// Risk engine version; unique.
        version: required Words,
        /// Determines whether the risk engine is active; false when absent on creation, else unchanged.
        is_active: optional bool,
        /// List of scorecard IDs, 1 to 20, each once. All of them must pass.
        scorecards: required Vec<ScorecardId>,
    }
    example {
        "version": "2026-11",
        "is_active": false,
        "scorecards": ["0198c7c4-7d1e-7a55-9c11-0242ac120002"]
    }
}

patch_schema!(RiskEnginePatch of RiskEngineInput);

impl RiskEngineInput {
    fn read(self) -> RiskEngineFields {
        let mut fields = Fields::default();
        RiskEngineFields {
            version: fields.take("version", self.version).map(|words| words.0),
            is_active: fields.take("is_active", self.is_active),
            scorecards: fields.take("scorecards", self.scorecards),
            unreadable: fields.into_faults(),
        }
    }
}

/// A risk engine in an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RiskEngine)]
pub(crate) struct RiskEngineBody {
    /// Risk engine ID.
    #[schema(value_type = String, format = "uuid")]
    id: RiskEngineId,
    /// Unique risk engine version.
    #[schema(example = "2026-11")]
    version: String,
    /// Determines whether the risk engine is active or not. Inactive engines cannot be added to a selector.
    is_active: bool,
    /// List of scorecard IDs.
    #[schema(value_type = Vec<String>)]
    scorecards: Vec<ScorecardId>,
}

impl RiskEngineBody {
    fn of(engine: RiskEngine) -> Self {
        Self {
            id: engine.id,
            version: engine.version,
            is_active: engine.is_active,
            scorecards: engine.scorecards,
        }
    }
}

/// The columns of the CSV.
const COLUMNS: &[&str] = &["id", "version", "is_active", "scorecards"];

/// List risk engines
#[utoipa::path(
    get, path = "/api/v1/risk-engine/", tag = "Decision engine", operation_id = "risk_engine_list",
    params(ListParams),
    responses((status = 200, description = "A page of risk engines.", body = PageBody<RiskEngineBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    request: ListRequest,
) -> Answer<Response> {
    let query = request.query(FIELDS, caller.currency)?;
    if request.is_csv() {
        let file = csv::download("risk-engines.csv", COLUMNS, |mut rows| async move {
            let push = move |item| rows.push(&RiskEngineBody::of(item));
            decisioning.each_risk_engine(&caller, query, push).await.map_err(Refusal::from)
        })
        .await?;
        return Ok(file);
    }
    let page = decisioning.list_risk_engines(&caller, query.clone()).await?;
    Ok(Json(request.page(&query, page, RiskEngineBody::of)).into_response())
}

/// Create a risk engine
///
/// It is a draft until it is activated for the first time, which fixes its version and its scorecards.
#[utoipa::path(
    post, path = "/api/v1/risk-engine/", tag = "Decision engine", operation_id = "risk_engine_create",
    request_body = RiskEngineInput,
    responses((status = 201, description = "The risk engine.", body = RiskEngineBody), BadInput, Refusals),
)]
pub(crate) async fn create(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    JsonBody(input): JsonBody<RiskEngineInput>,
) -> Answer<(StatusCode, Json<RiskEngineBody>)> {
    let created = decisioning.create_risk_engine(&caller, input.read()).await?;
    Ok((StatusCode::CREATED, Json(RiskEngineBody::of(created))))
}

/// Get a risk engine
#[utoipa::path(
    get, path = "/api/v1/risk-engine/{id}/", tag = "Decision engine", operation_id = "risk_engine_get",
    params(("id" = Uuid, Path, description = "Risk engine ID.")),
    responses((status = 200, description = "The risk engine.", body = RiskEngineBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<RiskEngineId>,
) -> Answer<Json<RiskEngineBody>> {
    Ok(Json(RiskEngineBody::of(decisioning.get_risk_engine(&caller, id).await?)))
}

/// Replace a risk engine
///
/// Once it was activated only `is_active` can change; one that a selector chooses cannot be switched off.
#[utoipa::path(
    put, path = "/api/v1/risk-engine/{id}/", tag = "Decision engine", operation_id = "risk_engine_replace",
    params(("id" = Uuid, Path, description = "Risk engine ID.")),
    request_body = RiskEngineInput,
    responses((status = 200, description = "The risk engine.", body = RiskEngineBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn replace(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<RiskEngineId>,
    JsonBody(input): JsonBody<RiskEngineInput>,
) -> Answer<Json<RiskEngineBody>> {
    let changed = decisioning.change_risk_engine(&caller, id, input.read(), Extent::Whole).await?;
    Ok(Json(RiskEngineBody::of(changed)))
}

/// Update a risk engine
///
/// What is left out stays. Once it was activated only `is_active` can change; one that a selector chooses cannot be
/// switched off.
#[utoipa::path(
    patch, path = "/api/v1/risk-engine/{id}/", tag = "Decision engine", operation_id = "risk_engine_update",
    params(("id" = Uuid, Path, description = "Risk engine ID.")),
    request_body = RiskEnginePatch,
    responses((status = 200, description = "The risk engine.", body = RiskEngineBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn update(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<RiskEngineId>,
    JsonBody(input): JsonBody<RiskEngineInput>,
) -> Answer<Json<RiskEngineBody>> {
    let changed = decisioning.change_risk_engine(&caller, id, input.read(), Extent::Part).await?;
    Ok(Json(RiskEngineBody::of(changed)))
}

/// Activate a risk engine
///
/// Selectors may choose it from now on. Its version, its scorecards and their rules stay as they are.
#[utoipa::path(
    post, path = "/api/v1/risk-engine/{id}/activate/", tag = "Decision engine", operation_id = "risk_engine_activate",
    params(("id" = Uuid, Path, description = "Risk engine ID.")),
    responses((status = 201, description = "The risk engine.", body = RiskEngineBody), Unknown, Refusals),
)]
pub(crate) async fn activate(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<RiskEngineId>,
) -> Answer<(StatusCode, Json<RiskEngineBody>)> {
    let activated = decisioning.activate_risk_engine(&caller, id).await?;
    Ok((StatusCode::CREATED, Json(RiskEngineBody::of(activated))))
}
