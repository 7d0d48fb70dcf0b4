//! Risk engine selectors: which engine decides on a product's applications.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use florin_decisioning::selector::{
    EngineFields, FIELDS, Selector, SelectorFields, WeightedEngine,
};
use florin_decisioning::{Decisioning, Extent};
use florin_http::{
    FromJson, JsonBody, LendingCaller, ListParams, ListRequest, PageBody, PathId, csv, request_body,
};
use florin_ids::{ProductId, RiskEngineId, RiskEngineSelectorId};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value as Any;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::fields::{Fields, Number, Words, object};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::reader::patch_schema;

request_body! {
    /// A risk engine selector in a request. Required: all of it.
    pub(crate) struct SelectorInput as "RiskEngineSelectorInput" {
        /// The ID of the product using this selector; a product has at most one.
        product: required ProductId,
        /// List of risk engine versions and their weights, 1 to 20. Sum of weights must be exactly 1; an engine of
        /// weight 0 is a shadow: worked out and recorded with every decision, and never deciding.
        risk_engines: required Engines,
    }
    example {
        "product": "0198c7c4-7d1e-7a55-9c11-0242ac120002",
        "risk_engines": [
            {"risk_engine": "2026-11", "weight": 0.7},
            {"risk_engine": "2026-12", "weight": 0.3}
        ]
    }
}

patch_schema!(SelectorPatch of SelectorInput);

request_body! {
    /// A risk engine of a selector.
    pub(crate) struct EngineInput as "WeightedRiskEngineInput" {
        /// Version of the risk engine to be selected from, or its ID. Only active risk engines can be selected.
        risk_engine: required Words,
        /// Its share of the applications, 0 to 1.
        weight: required Decimal,
    }
    example { "risk_engine": "2026-11", "weight": 0.7 }
}

/// The engines of a request: each read on its own, so that one answer names all faults.
#[derive(Debug, Clone, Default)]
pub(crate) struct Engines {
    engines: Vec<EngineFields>,
    faults: Vec<String>,
}

impl FromJson for Engines {
    fn from_json(value: Any) -> Result<Self, florin_http::Message> {
        let mut read = Self::default();
        for (index, value) in Vec::<Any>::from_json(value)?.into_iter().enumerate() {
            let place = format!("risk_engines[{index}]");
            match object::<EngineInput>(value) {
                Some(engine) => read.engines.extend(engine.read(&place, &mut read.faults)),
                None => read.faults.push(format!("{place}: Expected an object.")),
            }
        }
        Ok(read)
    }

    fn schema() -> Schema {
        let engine = match <EngineInput as PartialSchema>::schema() {
            RefOr::T(schema) => schema,
            RefOr::Ref(_) => Schema::default(),
        };
        Schema::Array(ArrayBuilder::new().items(RefOr::T(engine)).build())
    }
}

impl EngineInput {
    /// The engine, or faults that begin with its place.
    fn read(self, place: &str, faults: &mut Vec<String>) -> Option<EngineFields> {
        let mut fields = Fields::default();
        let is_sent =
            [("risk_engine", self.risk_engine.is_sent()), ("weight", self.weight.is_sent())];
        for (field, _) in is_sent.into_iter().filter(|(_, is_sent)| !is_sent) {
            fields.fault(field, "This field is required.");
        }
        let risk_engine = fields.take("risk_engine", self.risk_engine).map(|words| words.0);
        let weight = fields.take("weight", self.weight);
        let own = fields.into_faults();
        faults.extend(own.into_iter().map(|it| format!("{place}.{}: {}", it.field, it.message)));
        Some(EngineFields { risk_engine: risk_engine?, weight: weight? })
    }
}

impl SelectorInput {
    fn read(self) -> SelectorFields {
        let mut fields = Fields::default();
        let product = fields.take("product", self.product);
        let engines: Option<Engines> = fields.take("risk_engines", self.risk_engines);
        let engines = engines.map(|read| {
            for fault in read.faults {
                fields.fault("risk_engines", fault);
            }
            read.engines
        });
        SelectorFields { product, engines, unreadable: fields.into_faults() }
    }
}

/// A risk engine selector in an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RiskEngineSelector)]
pub(crate) struct SelectorBody {
    /// The ID of the selector.
    #[schema(value_type = String, format = "uuid")]
    id: RiskEngineSelectorId,
    /// The ID of the product using this selector.
    #[schema(value_type = String, format = "uuid")]
    product: ProductId,
    /// List of risk engines and their weights.
    risk_engines: Vec<EngineBody>,
}

/// A risk engine of a selector.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WeightedRiskEngine)]
pub(crate) struct EngineBody {
    /// Version of the risk engine.
    #[schema(example = "2026-11")]
    risk_engine: String,
    /// ID of the risk engine.
    #[schema(value_type = String, format = "uuid")]
    id: RiskEngineId,
    /// Its share of the applications; 0 is a shadow.
    #[schema(value_type = f64, example = 0.7)]
    weight: Number,
}

impl SelectorBody {
    fn of(selector: Selector) -> Self {
        Self {
            id: selector.id,
            product: selector.product,
            risk_engines: selector.engines.into_iter().map(EngineBody::of).collect(),
        }
    }
}

impl EngineBody {
    fn of(engine: WeightedEngine) -> Self {
        Self { risk_engine: engine.version, id: engine.risk_engine, weight: Number(engine.weight) }
    }
}

/// The columns of the CSV.
const COLUMNS: &[&str] = &["id", "product", "risk_engines"];

/// List risk engine selectors
#[utoipa::path(
    get, path = "/api/v1/risk-engine-selector/", tag = "Decision engine", operation_id = "risk_engine_selector_list",
    params(ListParams),
    responses((status = 200, description = "A page of risk engine selectors.", body = PageBody<SelectorBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    request: ListRequest,
) -> Answer<Response> {
    let query = request.query(FIELDS, caller.currency)?;
    if request.is_csv() {
        let file = csv::download("risk-engine-selectors.csv", COLUMNS, |mut rows| async move {
            let push = move |item| rows.push(&SelectorBody::of(item));
            decisioning.each_selector(&caller, query, push).await.map_err(Refusal::from)
        })
        .await?;
        return Ok(file);
    }
    let page = decisioning.list_selectors(&caller, query.clone()).await?;
    Ok(Json(request.page(&query, page, SelectorBody::of)).into_response())
}

/// Create a risk engine selector
///
/// The choice follows from the application's ID and the weights alone: the same application always meets the same
/// engine. A product without a selector decides by its own limits.
#[utoipa::path(
    post, path = "/api/v1/risk-engine-selector/", tag = "Decision engine", operation_id = "risk_engine_selector_create",
    request_body = SelectorInput,
    responses((status = 201, description = "The risk engine selector.", body = SelectorBody), BadInput, Refusals),
)]
pub(crate) async fn create(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    JsonBody(input): JsonBody<SelectorInput>,
) -> Answer<(StatusCode, Json<SelectorBody>)> {
    let created = decisioning.create_selector(&caller, input.read()).await?;
    Ok((StatusCode::CREATED, Json(SelectorBody::of(created))))
}

/// Get a risk engine selector
#[utoipa::path(
    get, path = "/api/v1/risk-engine-selector/{id}/", tag = "Decision engine", operation_id = "risk_engine_selector_get",
    params(("id" = Uuid, Path, description = "Risk engine selector ID.")),
    responses((status = 200, description = "The risk engine selector.", body = SelectorBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<RiskEngineSelectorId>,
) -> Answer<Json<SelectorBody>> {
    Ok(Json(SelectorBody::of(decisioning.get_selector(&caller, id).await?)))
}

/// Replace a risk engine selector
///
/// Decisions that were made stay.
#[utoipa::path(
    put, path = "/api/v1/risk-engine-selector/{id}/", tag = "Decision engine", operation_id = "risk_engine_selector_replace",
    params(("id" = Uuid, Path, description = "Risk engine selector ID.")),
    request_body = SelectorInput,
    responses((status = 200, description = "The risk engine selector.", body = SelectorBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn replace(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<RiskEngineSelectorId>,
    JsonBody(input): JsonBody<SelectorInput>,
) -> Answer<Json<SelectorBody>> {
    let changed = decisioning.change_selector(&caller, id, input.read(), Extent::Whole).await?;
    Ok(Json(SelectorBody::of(changed)))
}

/// Update a risk engine selector
///
/// What is left out stays. Decisions that were made stay.
#[utoipa::path(
    patch, path = "/api/v1/risk-engine-selector/{id}/", tag = "Decision engine", operation_id = "risk_engine_selector_update",
    params(("id" = Uuid, Path, description = "Risk engine selector ID.")),
    request_body = SelectorPatch,
    responses((status = 200, description = "The risk engine selector.", body = SelectorBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn update(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<RiskEngineSelectorId>,
    JsonBody(input): JsonBody<SelectorInput>,
) -> Answer<Json<SelectorBody>> {
    let changed = decisioning.change_selector(&caller, id, input.read(), Extent::Part).await?;
    Ok(Json(SelectorBody::of(changed)))
}
