//! Companies: the people assigned to them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use florin_http::{
    JsonBody, LendingCaller, ListParams, ListRequest, PageBody, PathId, PathIds, RateText, csv,
    request_body,
};
use florin_ids::{AssignmentId, EndUserId};
use florin_lending::Lending;
use florin_lending::company::{Assignment, AssignmentFields, FIELDS, Role};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::docs::{BadInput, Conflicting, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::reader::{Reader, patch_schema};

request_body! {
    /// A person's part in a company, in a request. Required: `end_user`.
    pub(crate) struct AssignmentInput as "AssignmentInput" {
        /// The person: the ID of an end user of the type `individual`.
        end_user: required EndUserId,
        /// `director` (the default in a limited company), `owner` (of a limited company; the default of a sole trader),
        /// `partner` (the default in partnerships), `guarantor`, `signatory` or `contact`.
        role: optional String,
        /// The share of an owner or a partner in percent, 0 to 100.
        ownership_percent: optional Decimal,
        /// Whether this is whom to talk to first; it takes the mark from whoever had it.
        is_primary_contact: optional bool,
        /// The first day of the role.
        from_date: optional Date,
        /// The day on which the role is over.
        until_date: optional Date,
    }
    example {
        "end_user": "ec0ebaf1-525b-48e8-9738-e6a592962d87",
        "role": "director",
        "is_primary_contact": true,
        "from_date": "2021-08-01"
    }
}

patch_schema!(AssignmentPatch of AssignmentInput);

impl AssignmentInput {
    fn read(self) -> AssignmentFields {
        let mut reader = Reader::default();
        AssignmentFields {
            end_user: reader.take("end_user", self.end_user),
            role: reader.word("role", self.role, Role::parse),
            ownership_percent: reader.take("ownership_percent", self.ownership_percent),
            is_primary_contact: reader.take("is_primary_contact", self.is_primary_contact),
            from_date: reader.take("from_date", self.from_date),
            until_date: reader.take("until_date", self.until_date),
            unreadable: reader.into_faults(),
        }
    }
}

/// A person's part in a company, in an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Assignment)]
pub(crate) struct AssignmentBody {
    /// Assignment ID.
    #[schema(value_type = String, format = "uuid")]
    id: AssignmentId,
    /// The company's end user ID.
    #[schema(value_type = String, format = "uuid")]
    company: EndUserId,
    /// The person's end user ID.
    #[schema(value_type = String, format = "uuid")]
    end_user: EndUserId,
    /// What the person is to the company.
    #[schema(example = "director")]
    role: &'static str,
    /// The share of an owner or a partner in percent; null where it is not known.
    #[schema(inline)]
    ownership_percent: Option<RateText>,
    /// Whether this is whom to talk to first.
    is_primary_contact: bool,
    /// The first day of the role.
    #[schema(value_type = Option<String>, format = Date, example = "2021-08-01")]
    from_date: Option<Date>,
    /// The day on which the role is over; null where it goes on.
    #[schema(value_type = Option<String>, format = Date, example = json!(null))]
    until_date: Option<Date>,
}

/// The columns of the CSV, in the order of [`AssignmentBody`].
const COLUMNS: &[&str] = &[
    "id",
    "company",
    "end_user",
    "role",
    "ownership_percent",
    "is_primary_contact",
    "from_date",
    "until_date",
];

impl From<Assignment> for AssignmentBody {
    fn from(assignment: Assignment) -> Self {
        Self {
            id: assignment.id,
            company: assignment.company,
            end_user: assignment.end_user,
            role: assignment.role.as_str(),
            ownership_percent: assignment.ownership_percent.map(RateText),
            is_primary_contact: assignment.is_primary_contact,
            from_date: assignment.from_date,
            until_date: assignment.until_date,
        }
    }
}

/// List the people assigned to a company
///
/// A company is an end user of any type but `individual`. People who have left are listed too.
#[utoipa::path(
    get, path = "/api/v1/company/{company_pk}/assign-enduser/", tag = "Companies", operation_id = "assignment_list",
    params(("company_pk" = Uuid, Path, description = "The company's end user ID."), ListParams),
    responses(
        (status = 200, description = "A page of assignments.", body = PageBody<AssignmentBody>),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn list(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(company): PathId<EndUserId>,
    request: ListRequest,
) -> Answer<Response> {
    let query = request.query(FIELDS, caller.currency)?;
    if request.is_csv() {
        let file = csv::download("assignments.csv", COLUMNS, |mut rows| async move {
            let push = move |assignment| rows.push(&AssignmentBody::from(assignment));
            lending.each_assignment(&caller, company, query, push).await.map_err(Refusal::from)
        })
        .await?;
        return Ok(file);
    }
    let page = lending.list_assignments(&caller, company, query.clone()).await?;
    Ok(Json(request.page(&query, page, AssignmentBody::from)).into_response())
}

/// Assign a person to a company
///
/// Nobody has the same role twice at a time, a small partnership has at most three partners and a sole trader one
/// owner at a time, and shares add up to 100 % at most. A company has at most 500 assignments.
#[utoipa::path(
    post, path = "/api/v1/company/{company_pk}/assign-enduser/", tag = "Companies",
    operation_id = "assignment_create",
    params(("company_pk" = Uuid, Path, description = "The company's end user ID.")),
    request_body = AssignmentInput,
    responses(
        (status = 201, description = "The assignment.", body = AssignmentBody),
        BadInput, Unknown, Conflicting, Refusals
    ),
)]
pub(crate) async fn create(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(company): PathId<EndUserId>,
    JsonBody(input): JsonBody<AssignmentInput>,
) -> Answer<(StatusCode, Json<AssignmentBody>)> {
    let assignment = lending.create_assignment(&caller, company, input.read()).await?;
    Ok((StatusCode::CREATED, Json(AssignmentBody::from(assignment))))
}

/// Get an assignment
#[utoipa::path(
    get, path = "/api/v1/company/{company_pk}/assign-enduser/{id}/", tag = "Companies",
    operation_id = "assignment_get",
    params(
        ("company_pk" = Uuid, Path, description = "The company's end user ID."),
        ("id" = Uuid, Path, description = "Assignment ID.")
    ),
    responses((status = 200, description = "The assignment.", body = AssignmentBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathIds(company, id): PathIds<EndUserId, AssignmentId>,
) -> Answer<Json<AssignmentBody>> {
    let assignment = lending.get_assignment(&caller, company, id).await?;
    Ok(Json(AssignmentBody::from(assignment)))
}

/// Replace an assignment
///
/// What is left out becomes unknown, and the role the usual one.
#[utoipa::path(
    put, path = "/api/v1/company/{company_pk}/assign-enduser/{id}/", tag = "Companies",
    operation_id = "assignment_replace",
    params(
        ("company_pk" = Uuid, Path, description = "The company's end user ID."),
        ("id" = Uuid, Path, description = "Assignment ID.")
    ),
    request_body = AssignmentInput,
    responses((status = 200, description = "The assignment.", body = AssignmentBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn replace(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathIds(company, id): PathIds<EndUserId, AssignmentId>,
    JsonBody(input): JsonBody<AssignmentInput>,
) -> Answer<Json<AssignmentBody>> {
    let assignment = lending.replace_assignment(&caller, company, id, input.read()).await?;
    Ok(Json(AssignmentBody::from(assignment)))
}

/// Update an assignment
///
/// What is left out stays. Whoever leaves the company is given an `until_date`.
#[utoipa::path(
    patch, path = "/api/v1/company/{company_pk}/assign-enduser/{id}/", tag = "Companies",
    operation_id = "assignment_update",
    params(
        ("company_pk" = Uuid, Path, description = "The company's end user ID."),
        ("id" = Uuid, Path, description = "Assignment ID.")
    ),
    request_body = AssignmentPatch,
    responses((status = 200, description = "The assignment.", body = AssignmentBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn update(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathIds(company, id): PathIds<EndUserId, AssignmentId>,
    JsonBody(input): JsonBody<AssignmentInput>,
) -> Answer<Json<AssignmentBody>> {
    let assignment = lending.update_assignment(&caller, company, id, input.read()).await?;
    Ok(Json(AssignmentBody::from(assignment)))
}

/// Delete an assignment
///
/// As if it had never been.
#[utoipa::path(
    delete, path = "/api/v1/company/{company_pk}/assign-enduser/{id}/", tag = "Companies",
    operation_id = "assignment_delete",
    params(
        ("company_pk" = Uuid, Path, description = "The company's end user ID."),
        ("id" = Uuid, Path, description = "Assignment ID.")
    ),
    responses((status = 204, description = "The assignment is gone."), Unknown, Refusals),
)]
pub(crate) async fn delete(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathIds(company, id): PathIds<EndUserId, AssignmentId>,
) -> Answer<StatusCode> {
    lending.delete_assignment(&caller, company, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
