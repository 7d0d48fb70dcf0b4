//! `/api/v1/go-cardless-mandate/`: what end users have allowed to collect, and the links that ask them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use florin_http::{
    Faults, Input, JsonBody, LendingCaller, ListParams, ListRequest, PageBody, PathId, base_url,
    csv, request_body,
};
use florin_ids::{EndUserId, LoanId, MandateFlowId, MandateId};
use florin_lending::end_user::EndUser;
use florin_lending::{Lending, LendingError};
use florin_mandates::mandate::FIELDS;
use florin_mandates::{Mandate, MandateFlow, Mandates, NewFlow, Prefilled};
use florin_payments::RailKind;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::LendingApi;
use crate::docs::{BadInput, Conflicting, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::loan::LoanBody;

/// Links work this many days at most; the domain has the same bound.
const EXPIRES_DAYS_MAX: i64 = 90;
/// URLs in a request are at most this long.
const URL_CHARS_MAX: usize = 2048;

/// A direct-debit mandate: an end user's leave to collect money from a bank account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GoCardlessMandate)]
pub(crate) struct MandateBody {
    /// Mandate ID.
    #[schema(value_type = String, format = "uuid", example = "0c1b8a0e-6f0b-7f5a-9d3e-2f0a4c6b8d10")]
    id: MandateId,
    /// The end user who gave it.
    #[schema(value_type = String, format = "uuid")]
    end_user: EndUserId,
    /// The provider's ID of it.
    #[schema(example = "MD000AMA19XGEC")]
    reference: String,
    /// In the provider's words: `pending_customer_approval`, `pending_submission`, `submitted`, `active`, `failed`,
    /// `cancelled`, `expired`, `consumed`, `blocked` or `suspended_by_payer`.
    #[schema(example = "active")]
    status: &'static str,
    /// Put out of use with `manage_state`.
    is_disabled: bool,
    /// The scheme it belongs to.
    #[schema(example = "bacs")]
    scheme: String,
    /// What is collected over it.
    #[schema(example = "GBP")]
    currency: &'static str,
    /// The bank's name; may be empty.
    #[schema(example = "BARCLAYS BANK PLC")]
    bank_name: String,
    /// The last two digits of the account's number; may be empty.
    #[schema(example = "11")]
    account_number_ending: String,
    /// The mandate that took its place.
    #[schema(value_type = Option<String>, format = "uuid", example = json!(null))]
    replaced_by: Option<MandateId>,
    /// When the status last changed.
    #[schema(value_type = String, format = DateTime)]
    status_changed_at: Timestamp,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// The columns of the CSV, in the order of [`MandateBody`].
const COLUMNS: &[&str] = &[
    "id",
    "end_user",
    "reference",
    "status",
    "is_disabled",
    "scheme",
    "currency",
    "bank_name",
    "account_number_ending",
    "replaced_by",
    "status_changed_at",
    "created_at",
];

impl From<Mandate> for MandateBody {
    fn from(mandate: Mandate) -> Self {
        Self {
            id: mandate.id,
            end_user: mandate.end_user,
            reference: mandate.reference,
            status: mandate.status.as_str(),
            is_disabled: mandate.is_disabled,
            scheme: mandate.scheme,
            currency: mandate.currency.code(),
            bank_name: mandate.bank_name,
            account_number_ending: mandate.account_ending,
            replaced_by: mandate.replaced_by,
            status_changed_at: mandate.status_changed_at,
            created_at: mandate.created_at,
        }
    }
}

/// A link by which an end user is asked for a mandate.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GoCardlessMandateFlow)]
pub(crate) struct FlowBody {
    /// Flow ID.
    #[schema(value_type = String, format = "uuid")]
    id: MandateFlowId,
    /// Who is asked.
    #[schema(value_type = String, format = "uuid")]
    end_user: EndUserId,
    /// `open`, `submitted`, `completed`, `failed`, `expired` or `exited`.
    #[schema(example = "open")]
    state: &'static str,
    /// Why the last details were refused; empty otherwise.
    #[schema(example = "")]
    reason: String,
    /// The mandate, once there is one.
    #[schema(value_type = Option<String>, format = "uuid", example = json!(null))]
    mandate: Option<MandateId>,
    /// Where the end user is sent with a mandate given.
    #[schema(example = "https://lender.example/mandate/done")]
    success_url: String,
    /// Where the end user is sent without one.
    #[schema(example = "https://lender.example/mandate/failed")]
    failure_url: String,
    /// Until when the link works, in real time.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// When it was started.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<MandateFlow> for FlowBody {
    fn from(flow: MandateFlow) -> Self {
        Self {
            id: flow.id,
            end_user: flow.end_user,
            state: flow.state.as_str(),
            reason: flow.reason,
            mandate: flow.mandate,
            success_url: flow.success_url,
            failure_url: flow.failure_url,
            expires_at: flow.expires_at,
            created_at: flow.created_at,
        }
    }
}

/// A new link.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StartedGoCardlessMandateFlow)]
pub(crate) struct StartedBody {
    #[serde(flatten)]
    flow: FlowBody,
    /// The link for the end user. It is in this answer and nowhere else.
    #[schema(
        example = "https://florin.example/mandates/flm_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
    )]
    url: String,
}

request_body! {
    /// What a link is made from. The page is filled in with what is known of the end user.
    pub(crate) struct NewFlowBody as "NewGoCardlessMandateFlow" {
        /// Who is asked.
        end_user: required EndUserId,
        /// Where the end user is sent with a mandate given: `http` or `https`. `mandate`, `flow` and `state` are
        /// added to its query.
        success_url: required String,
        /// Where the end user is sent without one; `flow` and `state` are added to its query.
        failure_url: required String,
        /// How many days the link works: 1 to 90, 7 unless said.
        expires_in_days: optional i64,
    }
    example {
        "end_user": "6f025741-3a92-4e28-8869-b362b51d6b5f",
        "success_url": "https://lender.example/mandate/done",
        "failure_url": "https://lender.example/mandate/failed"
    }
}

impl NewFlowBody {
    fn read(self) -> Answer<NewFlow> {
        let mut faults = Faults::new();
        let end_user = faults.required("end_user", self.end_user);
        let mut url = |field, input| {
            let url = faults.required(field, input);
            faults.text(field, url, URL_CHARS_MAX)
        };
        let success_url = url("success_url", self.success_url);
        let failure_url = url("failure_url", self.failure_url);
        let days = faults.nullable("expires_in_days", self.expires_in_days);
        let days = faults.integer("expires_in_days", days, 1..=EXPIRES_DAYS_MAX);
        let (Some(end_user), Some(success_url), Some(failure_url), true) =
            (end_user, success_url, failure_url, faults.is_empty())
        else {
            return Err(faults.into());
        };
        Ok(NewFlow {
            end_user,
            success_url,
            failure_url,
            prefilled: Prefilled::default(),
            expires_after: days.map(|days| SignedDuration::from_hours(24 * days)),
        })
    }
}

request_body! {
    /// Whether a mandate is put out of use.
    pub(crate) struct StateBody as "GoCardlessMandateState" {
        /// True puts it out of use, false back into it.
        is_disabled: required bool,
    }
    example { "is_disabled": true }
}

request_body! {
    /// The mandate that a loan is collected over from now on.
    pub(crate) struct LoanMandateBody as "LoanGoCardlessMandate" {
        /// Mandate ID (`go_cardless_mandate` and `id` are accepted too), or `null` to collect over none.
        mandate: required Uuid,
        go_cardless_mandate: hidden Uuid,
        id: hidden Uuid,
    }
    example { "mandate": "0c1b8a0e-6f0b-7f5a-9d3e-2f0a4c6b8d10" }
}

impl LoanMandateBody {
    /// `None`: over no mandate.
    fn read(self) -> Answer<Option<MandateId>> {
        let given = [self.mandate, self.go_cardless_mandate, self.id];
        let given = given.into_iter().find(|input| !matches!(input, Input::Missing));
        if matches!(given, Some(Input::Null)) {
            return Ok(None);
        }
        let mut faults = Faults::new();
        let mandate = faults.required("mandate", given.unwrap_or(Input::Missing));
        mandate.map(|id| Some(MandateId::from_uuid(id))).ok_or_else(|| faults.into())
    }
}

/// What the lender knows of the end user, for the page. Letters that a page cannot hold are left out.
fn known_of(end_user: &EndUser) -> Prefilled {
    let line = |text: &str| {
        let one_line = text.split(char::is_control).collect::<Vec<_>>().join(" ");
        one_line.chars().take(100).collect::<String>()
    };
    let second = [end_user.address_line_2.as_str(), end_user.address_line_3.as_str()];
    let second = second.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
    Prefilled {
        given_name: line(&end_user.first_name),
        family_name: line(&end_user.last_name),
        company_name: line(&end_user.company_name),
        email: line(&end_user.email),
        address_line1: line(&end_user.address_line_1),
        address_line2: line(&second),
        city: line(&end_user.city),
        postal_code: line(&end_user.postal_code),
    }
}

/// List mandates
#[utoipa::path(
    get, path = "/api/v1/go-cardless-mandate/", tag = "Collections", operation_id = "go_cardless_mandate_list",
    params(ListParams),
    responses(
        (status = 200, description = "A page of mandates.", body = PageBody<MandateBody>),
        BadInput, Refusals
    ),
)]
pub(crate) async fn list(
    State(mandates): State<Mandates>,
    LendingCaller(caller): LendingCaller,
    request: ListRequest,
) -> Answer<Response> {
    let query = request.query(FIELDS, caller.currency)?;
    if request.is_csv() {
        let file = csv::download("mandates.csv", COLUMNS, |mut rows| async move {
            let push = move |mandate| rows.push(&MandateBody::from(mandate));
            mandates.each_mandate(&caller, query, push).await.map_err(Refusal::from)
        })
        .await?;
        return Ok(file);
    }
    let page = mandates.list_mandates(&caller, query.clone()).await?;
    Ok(Json(request.page(&query, page, MandateBody::from)).into_response())
}

/// Ask an end user for a mandate
///
/// Makes a link to a secure page on which the end user gives a direct-debit mandate, and is then sent to the success
/// or to the failure URL. The link works once and for a limited time. To change banks, an end user is given a new one.
#[utoipa::path(
    post, path = "/api/v1/go-cardless-mandate/", tag = "Collections", operation_id = "go_cardless_mandate_start",
    request_body = NewFlowBody,
    responses(
        (status = 201, description = "The link.", body = StartedBody),
        BadInput, Conflicting, Refusals
    ),
)]
pub(crate) async fn start(
    State(api): State<LendingApi>,
    LendingCaller(caller): LendingCaller,
    parts: Parts,
    JsonBody(body): JsonBody<NewFlowBody>,
) -> Answer<(StatusCode, Json<StartedBody>)> {
    let mut new = body.read()?;
    let end_user = match api.lending.get_end_user(&caller, new.end_user).await {
        Err(LendingError::NotFound(_)) => {
            let message = format!("Invalid pk \"{}\" - object does not exist.", new.end_user);
            Err(LendingError::invalid("end_user", message))
        }
        found => found,
    }?;
    new.prefilled = known_of(&end_user);
    let (flow, token) = api.mandates.start_flow(&caller, new).await?;
    let url = format!("{}/mandates/{}", base_url(&parts, &api.http), token.expose());
    Ok((StatusCode::CREATED, Json(StartedBody { flow: flow.into(), url })))
}

/// Get a mandate
#[utoipa::path(
    get, path = "/api/v1/go-cardless-mandate/{id}/", tag = "Collections", operation_id = "go_cardless_mandate_get",
    params(("id" = Uuid, Path, description = "Mandate ID.")),
    responses((status = 200, description = "The mandate.", body = MandateBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(mandates): State<Mandates>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<MandateId>,
) -> Answer<Json<MandateBody>> {
    Ok(Json(mandates.get_mandate(&caller, id).await?.into()))
}

/// Disable or enable a mandate
///
/// Nothing is collected over a disabled mandate, and no loan is given it. One that a loan still uses cannot be
/// disabled: give the loan another one first, or close it.
#[utoipa::path(
    post, path = "/api/v1/go-cardless-mandate/{id}/manage_state/", tag = "Collections",
    operation_id = "go_cardless_mandate_manage_state",
    params(("id" = Uuid, Path, description = "Mandate ID.")),
    request_body = StateBody,
    responses(
        (status = 201, description = "The mandate.", body = MandateBody),
        BadInput, Unknown, Conflicting, Refusals
    ),
)]
pub(crate) async fn manage_state(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<MandateId>,
    JsonBody(body): JsonBody<StateBody>,
) -> Answer<(StatusCode, Json<MandateBody>)> {
    let mut faults = Faults::new();
    let Some(is_disabled) = faults.required("is_disabled", body.is_disabled) else {
        return Err(faults.into());
    };
    let mandate = lending.manage_mandate(&caller, id, is_disabled).await?;
    Ok((StatusCode::CREATED, Json(mandate.into())))
}

/// Get a link's state
///
/// Where the end user stands. The link itself is shown only when it is made.
#[utoipa::path(
    get, path = "/api/v1/go-cardless-mandate/flow/{id}/", tag = "Collections",
    operation_id = "go_cardless_mandate_flow_get",
    params(("id" = Uuid, Path, description = "Flow ID.")),
    responses((status = 200, description = "The flow.", body = FlowBody), Unknown, Refusals),
)]
pub(crate) async fn get_flow(
    State(mandates): State<Mandates>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<MandateFlowId>,
) -> Answer<Json<FlowBody>> {
    Ok(Json(mandates.get_flow(&caller, id).await?.into()))
}

/// Set the mandate of a loan account
///
/// Repayments are collected over it from now on, what is overdue included; what is under way over another one is not
/// changed. The mandate is the borrower's own. With `null` nothing is collected by direct debit any more, and what is
/// not yet with the bank is called off.
#[utoipa::path(
    post, path = "/api/v1/loan/{id}/set_go_cardless_mandate/", tag = "Loans",
    operation_id = "loan_set_go_cardless_mandate",
    params(("id" = Uuid, Path, description = "Loan ID.")),
    request_body = LoanMandateBody,
    responses(
        (status = 201, description = "The loan account.", body = LoanBody),
        BadInput, Unknown, Conflicting, Refusals
    ),
)]
pub(crate) async fn set_of_loan(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<LoanId>,
    JsonBody(body): JsonBody<LoanMandateBody>,
) -> Answer<(StatusCode, Json<LoanBody>)> {
    let loan = match body.read()? {
        Some(mandate) => lending.set_mandate(&caller, id, mandate).await?,
        None => lending.stop_collecting(&caller, id, RailKind::DirectDebit).await?,
    };
    Ok((StatusCode::CREATED, Json(crate::loan::shown_one(&lending, &caller, loan).await?)))
}
