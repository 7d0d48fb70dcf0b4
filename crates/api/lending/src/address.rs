//! Addresses of end users: the current one and those before.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use florin_http::{
    JsonBody, LendingCaller, ListParams, ListRequest, PageBody, PathId, PathIds, csv, request_body,
};
use florin_ids::{AddressId, EndUserId};
use florin_lending::Lending;
use florin_lending::address::{Address, AddressFields, FIELDS, PostalFields};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::reader::{Reader, patch_schema};

request_body! {
    /// An address in a request. Required: `address_line_1`.
    pub(crate) struct AddressInput as "AddressInput" {
        /// First line of the address.
        address_line_1: required String,
        /// Second line of the address.
        address_line_2: optional String,
        /// Third line of the address.
        address_line_3: optional String,
        /// City.
        city: optional String,
        /// Postal code; with `country` `GB` (or `GG`, `IM`, `JE`) a UK postcode.
        postal_code: optional String,
        /// Two-letter country code.
        country: optional String,
        /// The day of moving in. Where it is left out, a current address that follows another begins on the business
        /// date.
        moved_in: optional Date,
        /// The day of moving out; an address without it is the current one.
        moved_out: optional Date,
    }
    example {
        "address_line_1": "3 Example Lane",
        "city": "Example Town",
        "postal_code": "CD2 4HD",
        "country": "GB",
        "moved_in": "2021-08-01"
    }
}

patch_schema!(AddressPatch of AddressInput);

impl AddressInput {
    fn read(self) -> AddressFields {
        let mut reader = Reader::default();
        AddressFields {
            postal: PostalFields {
                address_line_1: reader.take("address_line_1", self.address_line_1),
                address_line_2: reader.take("address_line_2", self.address_line_2),
                address_line_3: reader.take("address_line_3", self.address_line_3),
                city: reader.take("city", self.city),
                postal_code: reader.take("postal_code", self.postal_code),
                country: reader.take("country", self.country),
            },
            moved_in: reader.take("moved_in", self.moved_in),
            moved_out: reader.take("moved_out", self.moved_out),
            unreadable: reader.into_faults(),
        }
    }
}

/// An address in an answer. What is not known is an empty text, an unknown date null.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Address)]
pub(crate) struct AddressBody {
    /// Address ID.
    #[schema(value_type = String, format = "uuid")]
    id: AddressId,
    /// End user ID.
    #[schema(value_type = String, format = "uuid")]
    end_user: EndUserId,
    /// First line of the address.
    #[schema(example = "3 Example Lane")]
    address_line_1: String,
    /// Second line of the address.
    #[schema(example = "")]
    address_line_2: String,
    /// Third line of the address.
    #[schema(example = "")]
    address_line_3: String,
    /// City.
    #[schema(example = "Example Town")]
    city: String,
    /// Postal code.
    #[schema(example = "CD2 4HD")]
    postal_code: String,
    /// Two-letter country code.
    #[schema(example = "GB")]
    country: String,
    /// The day of moving in.
    #[schema(value_type = Option<String>, format = Date, example = "2021-08-01")]
    moved_in: Option<Date>,
    /// The day of moving out; null for the current address.
    #[schema(value_type = Option<String>, format = Date, example = json!(null))]
    moved_out: Option<Date>,
    /// Whether it is the address that the end user's own fields show and that an application uses.
    #[schema(example = true)]
    is_current: bool,
}

/// The columns of the CSV, in the order of [`AddressBody`].
const COLUMNS: &[&str] = &[
    "id",
    "end_user",
    "address_line_1",
    "address_line_2",
    "address_line_3",
    "city",
    "postal_code",
    "country",
    "moved_in",
    "moved_out",
    "is_current",
];

impl From<Address> for AddressBody {
    fn from(address: Address) -> Self {
        let is_current = address.is_current();
        let postal = address.postal;
        Self {
            id: address.id,
            end_user: address.end_user,
            address_line_1: postal.address_line_1,
            address_line_2: postal.address_line_2,
            address_line_3: postal.address_line_3,
            city: postal.city,
            postal_code: postal.postal_code,
            country: postal.country,
            moved_in: address.moved_in,
            moved_out: address.moved_out,
            is_current,
        }
    }
}

/// List the addresses of an end user
///
/// The current one and those before, in the order in which they were recorded.
#[utoipa::path(
    get, path = "/api/v1/end-user/{end_user_pk}/address/", tag = "End users", operation_id = "address_list",
    params(("end_user_pk" = Uuid, Path, description = "End user ID."), ListParams),
    responses(
        (status = 200, description = "A page of addresses.", body = PageBody<AddressBody>),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn list(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(end_user): PathId<EndUserId>,
    request: ListRequest,
) -> Answer<Response> {
    let query = request.query(FIELDS, caller.currency)?;
    if request.is_csv() {
        let file = csv::download("addresses.csv", COLUMNS, |mut rows| async move {
            let push = move |address| rows.push(&AddressBody::from(address));
            lending.each_address(&caller, end_user, query, push).await.map_err(Refusal::from)
        })
        .await?;
        return Ok(file);
    }
    let page = lending.list_addresses(&caller, end_user, query.clone()).await?;
    Ok(Json(request.page(&query, page, AddressBody::from)).into_response())
}

/// Create an address
///
/// An address without `moved_out` becomes the current one: the one before ends on the day that it begins, and the
/// end user's own address fields change. An address with `moved_out` only goes down in the history.
#[utoipa::path(
    post, path = "/api/v1/end-user/{end_user_pk}/address/", tag = "End users", operation_id = "address_create",
    params(("end_user_pk" = Uuid, Path, description = "End user ID.")),
    request_body = AddressInput,
    responses((status = 201, description = "The address.", body = AddressBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn create(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(end_user): PathId<EndUserId>,
    JsonBody(input): JsonBody<AddressInput>,
) -> Answer<(StatusCode, Json<AddressBody>)> {
    let address = lending.create_address(&caller, end_user, input.read()).await?;
    Ok((StatusCode::CREATED, Json(AddressBody::from(address))))
}

/// Get an address
#[utoipa::path(
    get, path = "/api/v1/end-user/{end_user_pk}/address/{id}/", tag = "End users", operation_id = "address_get",
    params(
        ("end_user_pk" = Uuid, Path, description = "End user ID."),
        ("id" = Uuid, Path, description = "Address ID.")
    ),
    responses((status = 200, description = "The address.", body = AddressBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathIds(end_user, id): PathIds<EndUserId, AddressId>,
) -> Answer<Json<AddressBody>> {
    let address = lending.get_address(&caller, end_user, id).await?;
    Ok(Json(AddressBody::from(address)))
}

/// Replace an address
///
/// A correction, no move: what is left out becomes unknown. The current address changes the end user's own fields.
#[utoipa::path(
    put, path = "/api/v1/end-user/{end_user_pk}/address/{id}/", tag = "End users", operation_id = "address_replace",
    params(
        ("end_user_pk" = Uuid, Path, description = "End user ID."),
        ("id" = Uuid, Path, description = "Address ID.")
    ),
    request_body = AddressInput,
    responses((status = 200, description = "The address.", body = AddressBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn replace(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathIds(end_user, id): PathIds<EndUserId, AddressId>,
    JsonBody(input): JsonBody<AddressInput>,
) -> Answer<Json<AddressBody>> {
    let address = lending.replace_address(&caller, end_user, id, input.read()).await?;
    Ok(Json(AddressBody::from(address)))
}

/// Update an address
///
/// A correction, no move: what is left out stays. With `moved_out` the current address ends, and the end user has none
/// until another is created.
#[utoipa::path(
    patch, path = "/api/v1/end-user/{end_user_pk}/address/{id}/", tag = "End users", operation_id = "address_update",
    params(
        ("end_user_pk" = Uuid, Path, description = "End user ID."),
        ("id" = Uuid, Path, description = "Address ID.")
    ),
    request_body = AddressPatch,
    responses((status = 200, description = "The address.", body = AddressBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn update(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathIds(end_user, id): PathIds<EndUserId, AddressId>,
    JsonBody(input): JsonBody<AddressInput>,
) -> Answer<Json<AddressBody>> {
    let address = lending.update_address(&caller, end_user, id, input.read()).await?;
    Ok(Json(AddressBody::from(address)))
}

/// Delete an address
///
/// As if it had never been: after the current address, the one that was left last is current again.
#[utoipa::path(
    delete, path = "/api/v1/end-user/{end_user_pk}/address/{id}/", tag = "End users",
    operation_id = "address_delete",
    params(
        ("end_user_pk" = Uuid, Path, description = "End user ID."),
        ("id" = Uuid, Path, description = "Address ID.")
    ),
    responses((status = 204, description = "The address is gone."), Unknown, Refusals),
)]
pub(crate) async fn delete(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathIds(end_user, id): PathIds<EndUserId, AddressId>,
) -> Answer<StatusCode> {
    lending.delete_address(&caller, end_user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
