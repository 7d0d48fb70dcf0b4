//! End users: register, list, change, and their loans.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use florin_http::{
    JsonBody, LendingCaller, ListParams, ListRequest, PageBody, PathId, csv, request_body,
};
use florin_ids::EndUserId;
use florin_lending::end_user::{BankDigits, EndUser, EndUserFields, EndUserType, FIELDS};
use florin_lending::{Lending, loan};
use florin_storage::{Filter, Op};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::loan::{COLUMNS as COLUMNS_OF_LOANS, LoanBody, shown_page};
use crate::reader::{Reader, patch_schema};

request_body! {
    /// An end user in a request. Required: `first_name` and `last_name`; of a company with a `company_name` nothing.
    pub(crate) struct EndUserInput as "EndUserInput" {
        /// `individual` (the default), `limited_company`, `sole_trader`, `small_partnership` (3 individuals or less) or
        /// `large_partnership` (4 or more).
        "type" kind: optional String,
        /// First name, of the person or of the company's contact.
        first_name: optional String,
        /// Last name.
        last_name: optional String,
        /// The name of a company or partnership, or that a sole trader trades under.
        company_name: optional String,
        /// The number of a company or partnership in its register, in the United Kingdom at Companies House.
        registration_number: optional String,
        /// Date of birth.
        birth_date: optional Date,
        /// First line of the address.
        address_line_1: optional String,
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
        /// 6 to 10 digits; with another `country` than `GB` 6 to 34 letters and digits. The mask that an answer shows, sent back, keeps the number.
        bank_account_number: optional String,
        /// 6 digits, also as `12-43-54`; with another `country` than `GB` the bank's code. The mask that an answer shows, sent back, keeps the code.
        sort_code: optional String,
        /// Mobile number.
        mobile_number: optional String,
        /// Email address.
        email: optional String,
    }
    example {
        "type": "individual",
        "first_name": "John",
        "last_name": "Blond",
        "birth_date": "1980-04-23",
        "address_line_1": "Example Mension",
        "address_line_2": "3 Example Lane",
        "city": "Example Town",
        "postal_code": "CD2 4HD",
        "country": "GB",
        "bank_account_number": "123456678",
        "sort_code": "124354"
    }
}

patch_schema!(EndUserPatch of EndUserInput);

impl EndUserInput {
    fn read(self) -> EndUserFields {
        let mut reader = Reader::default();
        EndUserFields {
            kind: reader.word("type", self.kind, EndUserType::parse),
            first_name: reader.take("first_name", self.first_name),
            last_name: reader.take("last_name", self.last_name),
            company_name: reader.take("company_name", self.company_name),
            registration_number: reader.take("registration_number", self.registration_number),
            birth_date: reader.take("birth_date", self.birth_date),
            address_line_1: reader.take("address_line_1", self.address_line_1),
            address_line_2: reader.take("address_line_2", self.address_line_2),
            address_line_3: reader.take("address_line_3", self.address_line_3),
            city: reader.take("city", self.city),
            postal_code: reader.take("postal_code", self.postal_code),
            country: reader.take("country", self.country),
            bank_account_number: reader.take("bank_account_number", self.bank_account_number),
            sort_code: reader.take("sort_code", self.sort_code),
            mobile_number: reader.take("mobile_number", self.mobile_number),
            email: reader.take("email", self.email),
            unreadable: reader.into_faults(),
        }
    }
}

/// An end user in an answer. What is not known is an empty text, an unknown date null.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = EndUser)]
pub(crate) struct EndUserBody {
    /// End user ID.
    #[schema(value_type = String, format = "uuid")]
    id: EndUserId,
    /// First name.
    #[schema(example = "John")]
    first_name: String,
    /// Last name.
    #[schema(example = "Blond")]
    last_name: String,
    /// Date of birth.
    #[schema(value_type = Option<String>, format = Date, example = "1980-04-23")]
    birth_date: Option<Date>,
    /// First line of the address.
    #[schema(example = "Example Mension")]
    address_line_1: String,
    /// Second line of the address.
    #[schema(example = "3 Example Lane")]
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
    /// The account number, masked but for its last four digits.
    #[schema(example = "****6678")]
    bank_account_number: String,
    /// The sort code, masked but for its last two digits.
    #[schema(example = "****54")]
    sort_code: String,
    /// Mobile number.
    #[schema(example = "")]
    mobile_number: String,
    /// Email address.
    #[schema(example = "")]
    email: String,
    /// What the end user is in law.
    #[serde(rename = "type")]
    #[schema(example = "individual")]
    kind: &'static str,
    /// The company's name, answered only when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Example Ltd")]
    company_name: Option<String>,
    /// The company's number in its register, answered only when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "01234567")]
    registration_number: Option<String>,
}

/// An end user as a row of CSV, which has every column.
#[derive(Debug, Clone, Serialize)]
struct EndUserRow {
    #[serde(flatten)]
    end_user: EndUserBody,
    company_name: String,
    registration_number: String,
}

impl EndUserRow {
    fn of(end_user: EndUser) -> Self {
        let mut end_user = EndUserBody::of(end_user);
        Self {
            company_name: end_user.company_name.take().unwrap_or_default(),
            registration_number: end_user.registration_number.take().unwrap_or_default(),
            end_user,
        }
    }
}

/// The columns of the CSV, in the order of [`EndUserRow`].
const COLUMNS: &[&str] = &[
    "id",
    "first_name",
    "last_name",
    "birth_date",
    "address_line_1",
    "address_line_2",
    "address_line_3",
    "city",
    "postal_code",
    "country",
    "bank_account_number",
    "sort_code",
    "mobile_number",
    "email",
    "type",
    "company_name",
    "registration_number",
];

impl EndUserBody {
    fn of(end_user: EndUser) -> Self {
        let masked = |digits: Option<BankDigits>| {
            digits.as_ref().map(BankDigits::masked).unwrap_or_default()
        };
        Self {
            id: end_user.id,
            first_name: end_user.first_name,
            last_name: end_user.last_name,
            birth_date: end_user.birth_date,
            address_line_1: end_user.address_line_1,
            address_line_2: end_user.address_line_2,
            address_line_3: end_user.address_line_3,
            city: end_user.city,
            postal_code: end_user.postal_code,
            country: end_user.country,
            bank_account_number: masked(end_user.bank_account_number),
            sort_code: masked(end_user.sort_code),
            mobile_number: end_user.mobile_number,
            email: end_user.email,
            kind: end_user.kind.as_str(),
            company_name: Some(end_user.company_name).filter(|name| !name.is_empty()),
            registration_number: Some(end_user.registration_number)
                .filter(|number| !number.is_empty()),
        }
    }
}

/// List end users
///
/// Bank account numbers and sort codes are kept sealed and cannot be filtered by.
#[utoipa::path(
    get, path = "/api/v1/end-user/", tag = "End users", operation_id = "end_user_list",
    params(ListParams),
    responses((status = 200, description = "A page of end users.", body = PageBody<EndUserBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    request: ListRequest,
) -> Answer<Response> {
    let query = request.query(FIELDS, caller.currency)?;
    if request.is_csv() {
        let file = csv::download("end-users.csv", COLUMNS, |mut rows| async move {
            let push = move |end_user| rows.push(&EndUserRow::of(end_user));
            lending.each_end_user(&caller, query, push).await.map_err(Refusal::from)
        })
        .await?;
        return Ok(file);
    }
    let page = lending.list_end_users(&caller, query.clone()).await?;
    Ok(Json(request.page(&query, page, EndUserBody::of)).into_response())
}

/// Create an end user
///
/// The address begins the history of addresses.
#[utoipa::path(
    post, path = "/api/v1/end-user/", tag = "End users", operation_id = "end_user_create",
    request_body = EndUserInput,
    responses((status = 201, description = "The end user.", body = EndUserBody), BadInput, Refusals),
)]
pub(crate) async fn create(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    JsonBody(input): JsonBody<EndUserInput>,
) -> Answer<(StatusCode, Json<EndUserBody>)> {
    let end_user = lending.create_end_user(&caller, input.read()).await?;
    Ok((StatusCode::CREATED, Json(EndUserBody::of(end_user))))
}

/// Get an end user
#[utoipa::path(
    get, path = "/api/v1/end-user/{id}/", tag = "End users", operation_id = "end_user_get",
    params(("id" = Uuid, Path, description = "End user ID.")),
    responses((status = 200, description = "The end user.", body = EndUserBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<EndUserId>,
) -> Answer<Json<EndUserBody>> {
    let end_user = lending.get_end_user(&caller, id).await?;
    Ok(Json(EndUserBody::of(end_user)))
}

/// Replace an end user
///
/// What is left out becomes unknown. Another address than before is a move: it goes down in the history of addresses.
#[utoipa::path(
    put, path = "/api/v1/end-user/{id}/", tag = "End users", operation_id = "end_user_replace",
    params(("id" = Uuid, Path, description = "End user ID.")),
    request_body = EndUserInput,
    responses((status = 200, description = "The end user.", body = EndUserBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn replace(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<EndUserId>,
    JsonBody(input): JsonBody<EndUserInput>,
) -> Answer<Json<EndUserBody>> {
    let end_user = lending.replace_end_user(&caller, id, input.read()).await?;
    Ok(Json(EndUserBody::of(end_user)))
}

/// Update an end user
///
/// What is left out stays. Another address than before is a move: it goes down in the history of addresses.
#[utoipa::path(
    patch, path = "/api/v1/end-user/{id}/", tag = "End users", operation_id = "end_user_update",
    params(("id" = Uuid, Path, description = "End user ID.")),
    request_body = EndUserPatch,
    responses((status = 200, description = "The end user.", body = EndUserBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn update(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<EndUserId>,
    JsonBody(input): JsonBody<EndUserInput>,
) -> Answer<Json<EndUserBody>> {
    let end_user = lending.update_end_user(&caller, id, input.read()).await?;
    Ok(Json(EndUserBody::of(end_user)))
}

/// List the loans of an end user
///
/// A list like that of all loans, with the same filters.
#[utoipa::path(
    get, path = "/api/v1/end-user/{id}/loans/", tag = "End users", operation_id = "end_user_loans",
    params(("id" = Uuid, Path, description = "End user ID."), ListParams),
    responses((status = 200, description = "A page of loans.", body = PageBody<LoanBody>), BadInput, Unknown, Refusals),
)]
pub(crate) async fn loans(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<EndUserId>,
    request: ListRequest,
) -> Answer<Response> {
    lending.require_end_user(&caller, id).await?;
    let mut query = request.query(loan::FIELDS, caller.currency)?;
    query.filters.push(Filter { column: "end_user_id", op: Op::In(vec![id.into()]) });
    if request.is_csv() {
        let file = csv::download("loans.csv", COLUMNS_OF_LOANS, |mut rows| async move {
            let push = move |loan| rows.push(&LoanBody::from(loan));
            lending.each_loan(&caller, query, push).await.map_err(Refusal::from)
        })
        .await?;
        return Ok(file);
    }
    let page = lending.list_loans(&caller, query.clone()).await?;
    let page = shown_page(&lending, &caller, page).await?;
    Ok(Json(request.page(&query, page, |body| body)).into_response())
}
