//! Funds.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use florin_http::ApiError;
use florin_ids::{FundId, UserId};
use florin_savings::Savings;
use florin_savings::establishment::wire_time;
use florin_savings::fund::{Fund, FundView};
use florin_tenancy::Caller;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::caller::{Base, Body, Id, Partner};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::Answer;
use crate::fund_input::{FundChangeInput, FundInput, LinkInput, fixed};

/// A fund that is to be established.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FundEstablishment)]
pub(crate) struct EstablishmentBody {
    /// UUID of the fund.
    uuid: FundId,
    /// Where the owner verifies their identity, so that the 529 account is opened.
    establishment_url: Option<String>,
    /// Name of the fund.
    fund_name: String,
    /// Unique handle of the fund for the public fund URL.
    handle: String,
}

/// A fund over an existing account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FundLink)]
pub(crate) struct LinkBody {
    /// UUID of the fund.
    uuid: FundId,
    /// Name of the fund.
    fund_name: String,
    /// Unique handle of the fund for the public fund URL.
    handle: String,
    /// ID of the 529 plan provider.
    plan_id: i64,
    /// Provider of the 529 plan.
    plan_provider: String,
    /// 529 account number.
    account_number: Option<String>,
}

/// A fund.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fund)]
pub(crate) struct FundBody {
    /// UUID of the fund.
    uuid: FundId,
    /// 529 account identity verification URL; `null` for a linked account.
    establishment_url: Option<String>,
    /// Name of the fund.
    fund_name: String,
    /// Unique handle of the fund for the public fund URL.
    handle: String,
    /// URL of the public fund to share with gifters.
    public_url: String,
    /// Photo of the fund beneficiary.
    photo_url: Option<String>,
    /// Description of the fund displayed on the public fund page.
    description: Option<String>,
    /// Was the fund successfully established?
    is_established: bool,
    /// Current balance in cents.
    settled_balance: i64,
    /// Current balance and upcoming contributions and gifts in cents.
    pending_balance: i64,
    /// ID of the 529 plan provider; the answer to a change leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_id: Option<i64>,
    /// Provider of the 529 plan.
    plan_provider: String,
    /// 529 account number, once there is one.
    account_number: Option<String>,
    /// 529 portfolio, once it is known.
    portfolio_label: Option<String>,
    /// Date and time when the 529 fund was established or linked.
    #[schema(format = DateTime)]
    established_at: Option<String>,
}

/// Where the owner of a fund verifies their identity.
fn establishment_url(
    savings: &Savings,
    caller: &Caller,
    base: &str,
    fund: &Fund,
) -> Option<String> {
    let key = savings.establishment_key(caller, fund)?;
    Some(format!("{base}/establish?key={key}"))
}

fn body(savings: &Savings, caller: &Caller, base: &str, view: FundView) -> FundBody {
    let FundView { fund, settled_minor, pending_minor } = view;
    FundBody {
        uuid: fund.id,
        establishment_url: establishment_url(savings, caller, base, &fund),
        public_url: format!("{base}/{}", fund.handle),
        is_established: fund.is_established(),
        settled_balance: settled_minor,
        pending_balance: pending_minor,
        plan_id: Some(fund.plan_id),
        plan_provider: fund.plan_provider.clone(),
        established_at: fund.established_at.map(wire_time),
        fund_name: fund.name,
        handle: fund.handle,
        photo_url: fund.photo_url,
        description: fund.description,
        account_number: fund.account_number,
        portfolio_label: fund.portfolio_label,
    }
}

/// Establish a new fund
///
/// For a kid, or for a future baby: `prebirth` says which, and what is required. The owner then verifies their identity
/// under `establishment_url`.
#[utoipa::path(
    post, path = "/restapi/v1/users/{uuid}/funds", tag = "Funds", operation_id = "fund_create",
    params(("uuid" = Uuid, Path, description = "User UUID.")),
    request_body = FundInput,
    responses(
        (status = 201, description = "The fund.", body = EstablishmentBody, example = json!({
            "uuid": "c516af7e-69f4-4a9f-ad50-32524bd4a0c8",
            "establishment_url": "https://florin.example.com/establish?key=AZ0x",
            "fund_name": "John's College Fund",
            "handle": "johnscollegefund123"
        })),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn create(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(user): Id<UserId>,
    Base(base): Base,
    Body(input): Body<FundInput>,
) -> Answer<(StatusCode, Json<EstablishmentBody>)> {
    let fund = savings.create_fund(&caller, user, input.read()).await?;
    let body = EstablishmentBody {
        uuid: fund.id,
        establishment_url: establishment_url(&savings, &caller, &base, &fund),
        fund_name: fund.name,
        handle: fund.handle,
    };
    Ok((StatusCode::CREATED, Json(body)))
}

/// Link an existing account to a fund
#[utoipa::path(
    post, path = "/restapi/v1/linked_funds", tag = "Funds", operation_id = "fund_link",
    request_body = LinkInput,
    responses((status = 201, description = "The fund.", body = LinkBody), BadInput, Refusals),
)]
pub(crate) async fn link(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Body(input): Body<LinkInput>,
) -> Answer<(StatusCode, Json<LinkBody>)> {
    let fund = savings.link_fund(&caller, input.read()).await?;
    let body = LinkBody {
        uuid: fund.id,
        plan_id: fund.plan_id,
        plan_provider: fund.plan_provider.clone(),
        fund_name: fund.name,
        handle: fund.handle,
        account_number: fund.account_number,
    };
    Ok((StatusCode::CREATED, Json(body)))
}

/// Get a fund
#[utoipa::path(
    get, path = "/restapi/v1/funds/{uuid}", tag = "Funds", operation_id = "fund_get",
    params(("uuid" = Uuid, Path, description = "UUID of the fund to get.")),
    responses((status = 200, description = "The fund.", body = FundBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(id): Id<FundId>,
    Base(base): Base,
) -> Answer<Json<FundBody>> {
    let view = savings.get_fund(&caller, id).await?;
    Ok(Json(body(&savings, &caller, &base, view)))
}

/// Update a fund
///
/// Its name, its handle, photo and description; or the birth of the child that it was established for before. Links with a
/// former handle go on leading to the fund. What a fund's representation has and nothing changes may be sent back; who owns
/// it, for whom and at which risk cannot be changed (422).
#[utoipa::path(
    put, path = "/restapi/v1/funds/{uuid}", tag = "Funds", operation_id = "fund_update",
    params(("uuid" = Uuid, Path, description = "UUID of the fund to update.")),
    request_body = FundChangeInput,
    responses((status = 200, description = "The fund.", body = FundBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn update(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(id): Id<FundId>,
    Base(base): Base,
    Body(sent): Body<Map<String, Value>>,
) -> Answer<Json<FundBody>> {
    let fixed = fixed(&sent);
    let input: FundChangeInput =
        serde_json::from_value(sent.into()).map_err(|error| ApiError::internal(&error))?;
    let view = savings.update_fund(&caller, id, input.read(fixed)).await?;
    // The document's answer to a change has no plan_id.
    Ok(Json(FundBody { plan_id: None, ..body(&savings, &caller, &base, view) }))
}
