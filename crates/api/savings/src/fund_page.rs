//! What a fund's public page shows, and the gifts that were given on it. (Beyond the document.)

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use florin_http::request_body;
use florin_ids::{FundId, FundTransactionId, GiftId};
use florin_savings::Savings;
use florin_savings::fund::Fund;
use florin_savings::gift::{GIFTS_LIMIT_MAX, GiftView};
use florin_savings::page::{FundPage, FundPageChange};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Base, Body, Id, Partner};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::input::{Reader, Whole};
use crate::transaction::number;

request_body! {
    /// What is to change; what is left out stays.
    pub(crate) struct FundPageInput as "FundPageInput" {
        /// Whether the fund has a public page at all.
        is_public: optional bool,
        /// Whether the page says how much is on the fund and shows how it has grown.
        shows_balance: optional bool,
        /// What is saved for, in cents: the page shows how near it is. `null` takes it away.
        goal: optional Whole,
    }
    example { "goal": 2500000, "shows_balance": false }
}

/// What a fund's public page shows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FundPage, example = json!({
    "public_url": "https://florin.example.com/johnscollegefund123",
    "is_public": true,
    "shows_balance": false,
    "goal": 2500000
}))]
pub(crate) struct FundPageBody {
    /// URL of the page.
    public_url: String,
    /// Whether there is a page.
    is_public: bool,
    /// Whether it says how much is on the fund and shows how it has grown.
    shows_balance: bool,
    /// What is saved for, in cents.
    goal: Option<i64>,
}

fn body(base: &str, (fund, page): (Fund, FundPage)) -> Json<FundPageBody> {
    Json(FundPageBody {
        public_url: format!("{base}/{}", fund.handle),
        is_public: page.is_public,
        shows_balance: page.shows_balance,
        goal: page.goal_minor,
    })
}

/// Get public page
///
/// (Beyond the document.)
#[utoipa::path(
    get, path = "/restapi/v1/funds/{uuid}/page", tag = "Gifts", operation_id = "fund_page_get",
    params(("uuid" = Uuid, Path, description = "UUID of the fund.")),
    responses((status = 200, description = "What the page shows.", body = FundPageBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(fund): Id<FundId>,
    Base(base): Base,
) -> Answer<Json<FundPageBody>> {
    Ok(body(&base, savings.fund_page(&caller, fund).await?))
}

/// Update public page
///
/// (Beyond the document.)
#[utoipa::path(
    put, path = "/restapi/v1/funds/{uuid}/page", tag = "Gifts", operation_id = "fund_page_update",
    params(("uuid" = Uuid, Path, description = "UUID of the fund.")),
    request_body = FundPageInput,
    responses(
        (status = 200, description = "What the page shows.", body = FundPageBody),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn update(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(fund): Id<FundId>,
    Base(base): Base,
    Body(input): Body<FundPageInput>,
) -> Answer<Json<FundPageBody>> {
    let mut reader = Reader::default();
    let change = FundPageChange {
        is_public: reader.truth("is_public", input.is_public),
        shows_balance: reader.truth("shows_balance", input.shows_balance),
        goal: reader.whole("goal", input.goal),
        unreadable: reader.into_faults(),
    };
    Ok(body(&base, savings.change_fund_page(&caller, fund, change).await?))
}

/// A gift.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Gift, example = json!({
    "uuid": "0190a1b2-5d2e-7c3a-9f00-1a2b3c4d5e6f",
    "giver": "Karin McFarlane",
    "email": "karin@example.com",
    "message": "Happy birthday, John!",
    "amount": 25000,
    "status": "settled",
    "reason": "",
    "asked_on": "2022-08-16",
    "is_shown": true,
    "is_hidden": false,
    "transaction_uuid": "71fffd07-c203-43c5-b69e-c3ac30259b3f",
    "gift_url": "https://florin.example.com/gifts/AZ0x"
}))]
pub(crate) struct GiftBody {
    /// UUID of the gift.
    uuid: GiftId,
    /// Who gives.
    giver: String,
    /// The giver's email address.
    email: String,
    /// What the giver says.
    message: Option<String>,
    /// Amount in cents.
    amount: i64,
    /// `linking` (a bank is still to be linked, or the gift to be confirmed), `verifying` and `verified` (the giver's account),
    /// `refused`; then `pending`, `settled`, `failed` or `returned`.
    status: &'static str,
    /// Why it was refused, failed or was returned, in the bank's word (`R01`).
    reason: String,
    /// Date on which it was asked for.
    #[schema(value_type = String, format = Date)]
    asked_on: Date,
    /// Whether the giver wants to be named on the public page.
    is_shown: bool,
    /// Whether it was taken off the page.
    is_hidden: bool,
    /// UUID of the fund's transaction, once the giver's account is known to be theirs.
    transaction_uuid: Option<FundTransactionId>,
    /// Where the giver tells the amounts of the deposits, and sees what has become of the gift.
    gift_url: String,
}

fn gift_body(
    savings: &Savings,
    caller: &florin_tenancy::Caller,
    base: &str,
    view: GiftView,
) -> GiftBody {
    let key = savings.gift_key(caller.tenant, view.gift.id, caller.now);
    GiftBody {
        uuid: view.gift.id,
        giver: view.gift.giver(),
        email: view.gift.email,
        message: view.gift.message,
        amount: view.gift.amount_minor,
        status: view.state.as_str(),
        reason: view.reason,
        asked_on: view.gift.asked_on,
        is_shown: view.gift.is_shown,
        is_hidden: view.gift.is_hidden,
        transaction_uuid: view.gift.transaction,
        gift_url: format!("{base}/gifts/{key}"),
    }
}

/// List gifts
///
/// The newest first. (Beyond the document.)
#[utoipa::path(
    get, path = "/restapi/v1/funds/{uuid}/gifts", tag = "Gifts", operation_id = "gift_list",
    params(
        ("uuid" = Uuid, Path, description = "UUID of the fund."),
        ("limit" = Option<u32>, Query, description = "How many, 1 to 100; 100 unless said otherwise."),
        ("offset" = Option<u32>, Query, description = "How many to pass over; 0 unless said otherwise."),
    ),
    responses(
        (status = 200, description = "The gifts.", body = Vec<GiftBody>),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn gifts(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(fund): Id<FundId>,
    Base(base): Base,
    Query(query): Query<HashMap<String, String>>,
) -> Answer<Json<Vec<GiftBody>>> {
    let mut faults = Vec::new();
    let limit = number(&query, "limit", (1, GIFTS_LIMIT_MAX), GIFTS_LIMIT_MAX, &mut faults);
    let offset = number(&query, "offset", (0, u32::MAX), 0, &mut faults);
    if !faults.is_empty() {
        return Err(Refusal::invalid(faults));
    }
    let all = savings.fund_gifts(&caller, fund, limit, offset).await?;
    Ok(Json(all.into_iter().map(|view| gift_body(&savings, &caller, &base, view)).collect()))
}

request_body! {
    /// What is to change.
    pub(crate) struct GiftInput as "GiftInput" {
        /// Whether it is taken off the public page.
        is_hidden: required bool,
    }
    example { "is_hidden": true }
}

/// Hide gift
///
/// Takes a gift off the public page of its fund, or puts it back. (Beyond the document.)
#[utoipa::path(
    put, path = "/restapi/v1/gifts/{uuid}", tag = "Gifts", operation_id = "gift_update",
    params(("uuid" = Uuid, Path, description = "UUID of the gift.")),
    request_body = GiftInput,
    responses((status = 200, description = "The gift.", body = GiftBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn hide(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(gift): Id<GiftId>,
    Base(base): Base,
    Body(input): Body<GiftInput>,
) -> Answer<Json<GiftBody>> {
    let mut reader = Reader::default();
    let is_hidden = reader.truth("is_hidden", input.is_hidden).value();
    let mut faults = reader.into_faults();
    let Some(is_hidden) = is_hidden.filter(|_| faults.is_empty()) else {
        if faults.is_empty() {
            faults.push("is_hidden is required".to_owned());
        }
        return Err(Refusal::invalid(faults));
    };
    let view = savings.hide_gift(&caller, gift, is_hidden).await?;
    Ok(Json(gift_body(&savings, &caller, &base, view)))
}
