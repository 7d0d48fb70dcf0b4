//! Applications: open, list, change, complete, reopen, withdraw.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use florin_http::{
    JsonBody, LendingCaller, ListParams, ListRequest, MoneyText, PageBody, PathId, RateText, csv,
    request_body,
};
use florin_ids::{ApplicationId, EndUserId, ProductId};
use florin_lending::Lending;
use florin_lending::application::{Application, ApplicationFields, FIELDS};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::docs::{BadInput, Conflicting, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::reader::{Reader, patch_schema};

request_body! {
    /// An application in a request. Required: `product` and `end_user`.
    pub(crate) struct ApplicationInput as "ApplicationInput" {
        /// ID of the product the application is for.
        product: required ProductId,
        /// ID of the applying end user; cannot be changed later.
        end_user: required EndUserId,
        /// The amount of requested credit; the product's default when absent.
        amount: optional Decimal,
        /// Term loans: the number of requested instalments; the product's default when absent.
        installments: optional i64,
        /// The yearly rate in percent for the end user; the product's default when absent.
        rate: optional Decimal,
        /// A JSON object of the partner's own, at most 16 KiB.
        custom_fields: optional Map<String, Value>,
    }
    example {
        "product": "0dade50e-f2aa-44a0-bbb8-230cc13ac8c1",
        "end_user": "3fc3122d-5d8d-49c1-b6a1-854fc4591a18",
        "amount": "1000.00",
        "installments": 4,
        "rate": 10
    }
}

patch_schema!(ApplicationPatch of ApplicationInput);

impl ApplicationInput {
    fn read(self) -> ApplicationFields {
        let mut reader = Reader::default();
        ApplicationFields {
            product: reader.take("product", self.product),
            end_user: reader.take("end_user", self.end_user),
            amount: reader.take("amount", self.amount),
            installments: reader.take("installments", self.installments),
            rate: reader.take("rate", self.rate),
            custom_fields: reader.take("custom_fields", self.custom_fields),
            unreadable: reader.into_faults(),
        }
    }
}

/// An application in an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Application)]
pub(crate) struct ApplicationBody {
    /// Application ID.
    #[schema(value_type = String, format = "uuid")]
    id: ApplicationId,
    /// `incomplete`, `processing`, `approved`, `declined` or `withdrawn`.
    #[schema(example = "incomplete")]
    status: &'static str,
    /// Product ID.
    #[schema(value_type = String, format = "uuid")]
    product: ProductId,
    /// End user ID.
    #[schema(value_type = String, format = "uuid")]
    end_user: EndUserId,
    /// Amount of requested credit.
    #[schema(inline)]
    amount: MoneyText,
    /// Number of instalments; null where none was asked for.
    #[schema(example = "4")]
    installments: Option<String>,
    /// Requested yearly rate in percent.
    #[schema(inline)]
    rate: RateText,
    /// Reason for the decision; empty unless declined.
    #[schema(example = "")]
    reason: String,
    /// The partner's own object, when one was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    custom_fields: Option<Map<String, Value>>,
}

impl ApplicationBody {
    fn of(application: Application) -> Self {
        Self {
            id: application.id,
            status: application.status.as_str(),
            product: application.product,
            end_user: application.end_user,
            amount: MoneyText(application.amount),
            installments: application.installments.map(|number| number.to_string()),
            rate: RateText(application.rate),
            reason: application.reason,
            custom_fields: Some(application.custom_fields).filter(|fields| !fields.is_empty()),
        }
    }
}

/// The columns of the CSV, in the order of [`ApplicationRow`].
const COLUMNS: &[&str] = &[
    "id",
    "status",
    "product",
    "end_user",
    "amount",
    "installments",
    "rate",
    "reason",
    "custom_fields",
];

/// An application in the CSV: every column in every row, so the body leaves out what may be missing and the row adds
/// it.
#[derive(Serialize)]
struct ApplicationRow {
    #[serde(flatten)]
    body: ApplicationBody,
    custom_fields: Option<Map<String, Value>>,
}

impl ApplicationRow {
    fn of(application: Application) -> Self {
        let mut body = ApplicationBody::of(application);
        Self { custom_fields: body.custom_fields.take(), body }
    }
}

/// List applications
#[utoipa::path(
    get, path = "/api/v1/application/", tag = "Applications", operation_id = "application_list",
    params(ListParams),
    responses((status = 200, description = "A page of applications.", body = PageBody<ApplicationBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    request: ListRequest,
) -> Answer<Response> {
    let query = request.query(FIELDS, caller.currency)?;
    if request.is_csv() {
        let file = csv::download("applications.csv", COLUMNS, |mut rows| async move {
            let push = move |application| rows.push(&ApplicationRow::of(application));
            lending.each_application(&caller, query, push).await.map_err(Refusal::from)
        })
        .await?;
        return Ok(file);
    }
    let page = lending.list_applications(&caller, query.clone()).await?;
    Ok(Json(request.page(&query, page, ApplicationBody::of)).into_response())
}

/// Create an application
///
/// What is left out comes from the product. The product's limits are checked when the application is completed.
#[utoipa::path(
    post, path = "/api/v1/application/", tag = "Applications", operation_id = "application_create",
    request_body = ApplicationInput,
    responses((status = 201, description = "The application.", body = ApplicationBody), BadInput, Refusals),
)]
pub(crate) async fn create(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    JsonBody(input): JsonBody<ApplicationInput>,
) -> Answer<(StatusCode, Json<ApplicationBody>)> {
    let application = lending.create_application(&caller, input.read()).await?;
    Ok((StatusCode::CREATED, Json(ApplicationBody::of(application))))
}

/// Get an application
#[utoipa::path(
    get, path = "/api/v1/application/{id}/", tag = "Applications", operation_id = "application_get",
    params(("id" = Uuid, Path, description = "Application ID.")),
    responses((status = 200, description = "The application.", body = ApplicationBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ApplicationId>,
) -> Answer<Json<ApplicationBody>> {
    let application = lending.get_application(&caller, id).await?;
    Ok(Json(ApplicationBody::of(application)))
}

/// Replace an application
///
/// What is left out comes from the product. A decided application whose product, amount, instalments or rate change
/// is incomplete again.
#[utoipa::path(
    put, path = "/api/v1/application/{id}/", tag = "Applications", operation_id = "application_replace",
    params(("id" = Uuid, Path, description = "Application ID.")),
    request_body = ApplicationInput,
    responses((status = 200, description = "The application.", body = ApplicationBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn replace(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ApplicationId>,
    JsonBody(input): JsonBody<ApplicationInput>,
) -> Answer<Json<ApplicationBody>> {
    let application = lending.replace_application(&caller, id, input.read()).await?;
    Ok(Json(ApplicationBody::of(application)))
}

/// Update an application
///
/// What is left out stays. A decided application whose product, amount, instalments or rate change is incomplete
/// again.
#[utoipa::path(
    patch, path = "/api/v1/application/{id}/", tag = "Applications", operation_id = "application_update",
    params(("id" = Uuid, Path, description = "Application ID.")),
    request_body = ApplicationPatch,
    responses((status = 200, description = "The application.", body = ApplicationBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn update(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ApplicationId>,
    JsonBody(input): JsonBody<ApplicationInput>,
) -> Answer<Json<ApplicationBody>> {
    let application = lending.update_application(&caller, id, input.read()).await?;
    Ok(Json(ApplicationBody::of(application)))
}

/// Complete an application
///
/// The risk engine that the product's selector chooses decides, and the product's own limits; without a selector the
/// limits alone. With every input at hand it is decided at once; where a provider has to be asked first the status is
/// `processing`. The event `application_processing_finished` tells the decision either way.
#[utoipa::path(
    post, path = "/api/v1/application/{id}/complete/", tag = "Applications", operation_id = "application_complete",
    params(("id" = Uuid, Path, description = "Application ID.")),
    responses((status = 200, description = "The application.", body = ApplicationBody), Unknown, Conflicting, Refusals),
)]
pub(crate) async fn complete(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ApplicationId>,
) -> Answer<Json<ApplicationBody>> {
    let application = lending.complete_application(&caller, id).await?;
    Ok(Json(ApplicationBody::of(application)))
}

/// Reopen an application
///
/// Only a withdrawn or decided one, and only before a loan was created for it.
#[utoipa::path(
    post, path = "/api/v1/application/{id}/reopen/", tag = "Applications", operation_id = "application_reopen",
    params(("id" = Uuid, Path, description = "Application ID.")),
    responses((status = 200, description = "The application.", body = ApplicationBody), Unknown, Conflicting, Refusals),
)]
pub(crate) async fn reopen(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ApplicationId>,
) -> Answer<Json<ApplicationBody>> {
    let application = lending.reopen_application(&caller, id).await?;
    Ok(Json(ApplicationBody::of(application)))
}

/// Withdraw an application
///
/// Only an incomplete or decided one, and only before a loan was created for it.
#[utoipa::path(
    post, path = "/api/v1/application/{id}/withdraw/", tag = "Applications", operation_id = "application_withdraw",
    params(("id" = Uuid, Path, description = "Application ID.")),
    responses((status = 200, description = "The application.", body = ApplicationBody), Unknown, Conflicting, Refusals),
)]
pub(crate) async fn withdraw(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ApplicationId>,
) -> Answer<Json<ApplicationBody>> {
    let application = lending.withdraw_application(&caller, id).await?;
    Ok(Json(ApplicationBody::of(application)))
}
