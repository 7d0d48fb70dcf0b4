//! Data points: what is known of an application, one value of an input source at a time.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use florin_decisioning::data_point::{DataPoint, DataPointFields, FIELDS};
use florin_decisioning::{Decisioning, Extent};
use florin_http::{
    JsonBody, LendingCaller, ListParams, ListRequest, PageBody, PathId, csv, request_body,
};
use florin_ids::{ApplicationId, DataPointId, InputSourceId};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Any;
use utoipa::ToSchema;

use super::fields::{Fields, Plain};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::reader::patch_schema;

request_body! {
    /// A data point in a request. Required: all of it.
    pub(crate) struct DataPointInput as "DataPointInput" {
        /// ID of the input source this data comes from; not one that Florin fills itself.
        input_source: required InputSourceId,
        /// The ID of the application this data point relates to.
        application: required ApplicationId,
        /// The value, of the input source's type: a boolean, a number (or its digits as text), a text of at most 1000
        /// characters, or a date as `YYYY-MM-DD`.
        value: required Any,
    }
    example {
        "input_source": "0198c7c4-7d1e-7a55-9c11-0242ac120002",
        "application": "0198c7c4-7d1e-7a55-9c11-0242ac120003",
        "value": 2450.50
    }
}

patch_schema!(DataPointPatch of DataPointInput);

impl DataPointInput {
    fn read(self) -> DataPointFields {
        let mut fields = Fields::default();
        DataPointFields {
            input_source: fields.take("input_source", self.input_source),
            application: fields.take("application", self.application),
            value: fields.take("value", self.value),
            unreadable: fields.into_faults(),
        }
    }
}

/// A data point in an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = DataPoint)]
pub(crate) struct DataPointBody {
    /// Data point ID.
    #[schema(value_type = String, format = "uuid")]
    id: DataPointId,
    /// ID of the input source this data comes from.
    #[schema(value_type = String, format = "uuid")]
    input_source: InputSourceId,
    /// The ID of the application this data point relates to.
    #[schema(value_type = String, format = "uuid")]
    application: ApplicationId,
    /// The value, of the input source's type.
    #[schema(value_type = Any, example = json!(2450.50))]
    value: Plain,
    /// Who was asked for it; null when the partner sent it.
    provider: Option<String>,
    /// When it was sent or answered.
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
}

impl DataPointBody {
    fn of(point: DataPoint) -> Self {
        Self {
            id: point.id,
            input_source: point.input_source,
            application: point.application,
            value: Plain(point.value),
            provider: point.provider,
            created_at: point.created_at,
        }
    }
}

/// The columns of the CSV.
const COLUMNS: &[&str] = &["id", "input_source", "application", "value", "provider", "created_at"];

/// List data points
#[utoipa::path(
    get, path = "/api/v1/data-point/", tag = "Decision engine", operation_id = "data_point_list",
    params(ListParams),
    responses((status = 200, description = "A page of data points.", body = PageBody<DataPointBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    request: ListRequest,
) -> Answer<Response> {
    let query = request.query(FIELDS, caller.currency)?;
    if request.is_csv() {
        let file = csv::download("data-points.csv", COLUMNS, |mut rows| async move {
            let push = move |item| rows.push(&DataPointBody::of(item));
            decisioning.each_data_point(&caller, query, push).await.map_err(Refusal::from)
        })
        .await?;
        return Ok(file);
    }
    let page = decisioning.list_data_points(&caller, query.clone()).await?;
    Ok(Json(request.page(&query, page, DataPointBody::of)).into_response())
}

/// Create a data point
///
/// From the moment the application exists. The newest of an input source before the application is completed counts.
#[utoipa::path(
    post, path = "/api/v1/data-point/", tag = "Decision engine", operation_id = "data_point_create",
    request_body = DataPointInput,
    responses((status = 201, description = "The data point.", body = DataPointBody), BadInput, Refusals),
)]
pub(crate) async fn create(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    JsonBody(input): JsonBody<DataPointInput>,
) -> Answer<(StatusCode, Json<DataPointBody>)> {
    let created = decisioning.create_data_point(&caller, input.read()).await?;
    Ok((StatusCode::CREATED, Json(DataPointBody::of(created))))
}

/// Get a data point
#[utoipa::path(
    get, path = "/api/v1/data-point/{id}/", tag = "Decision engine", operation_id = "data_point_get",
    params(("id" = Uuid, Path, description = "Data point ID.")),
    responses((status = 200, description = "The data point.", body = DataPointBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<DataPointId>,
) -> Answer<Json<DataPointBody>> {
    Ok(Json(DataPointBody::of(decisioning.get_data_point(&caller, id).await?)))
}

/// Replace a data point
///
/// Decisions that were made with it keep the value that they saw.
#[utoipa::path(
    put, path = "/api/v1/data-point/{id}/", tag = "Decision engine", operation_id = "data_point_replace",
    params(("id" = Uuid, Path, description = "Data point ID.")),
    request_body = DataPointInput,
    responses((status = 200, description = "The data point.", body = DataPointBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn replace(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<DataPointId>,
    JsonBody(input): JsonBody<DataPointInput>,
) -> Answer<Json<DataPointBody>> {
    let changed = decisioning.change_data_point(&caller, id, input.read(), Extent::Whole).await?;
    Ok(Json(DataPointBody::of(changed)))
}

/// Update a data point
///
/// What is left out stays. Decisions that were made with it keep the value that they saw.
#[utoipa::path(
    patch, path = "/api/v1/data-point/{id}/", tag = "Decision engine", operation_id = "data_point_update",
    params(("id" = Uuid, Path, description = "Data point ID.")),
    request_body = DataPointPatch,
    responses((status = 200, description = "The data point.", body = DataPointBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn update(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<DataPointId>,
    JsonBody(input): JsonBody<DataPointInput>,
) -> Answer<Json<DataPointBody>> {
    let changed = decisioning.change_data_point(&caller, id, input.read(), Extent::Part).await?;
    Ok(Json(DataPointBody::of(changed)))
}
