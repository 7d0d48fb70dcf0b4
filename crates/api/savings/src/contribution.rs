//! Contributions.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use florin_http::request_body;
use florin_ids::{ContributionId, FundId};
use florin_savings::Savings;
use florin_savings::contribution::{Contribution, ContributionFields};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Body, Id, Partner};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::input::{Reader, Whole};

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const MAX_KEY_CHARS: usize = 200;

request_body! {
    /// A contribution. A change leaves out what stays.
    pub(crate) struct ContributionInput as "ContributionInput" {
        /// Payment frequency: `onetime`, `monthly`, `semimonthly`, `annually`.
        frequency: optional String,
        /// Amount of each payment in cents.
        amount: optional Whole,
        /// Date of a onetime payment; of a recurring contribution, the date before which nothing is paid.
        activation_date: optional String,
        /// Day of the month, 1 to 31; required for a recurring contribution. A month that lacks it pays on its last day.
        first_day: optional Whole,
        /// The other day of the month, before or after the first; required if semimonthly.
        second_day: optional Whole,
        /// ID of a verified external account of the user from which it is pulled, in place of the partner's; `null`: the
        /// partner's. (Beyond the document.)
        external_account_id: optional Whole,
    }
    example { "frequency": "monthly", "amount": 15000, "first_day": 14 }
}

impl ContributionInput {
    fn read(self) -> ContributionFields {
        let mut reader = Reader::default();
        ContributionFields {
            frequency: reader.text("frequency", self.frequency),
            amount: reader.whole("amount", self.amount),
            activation_date: reader.text("activation_date", self.activation_date),
            first_day: reader.whole("first_day", self.first_day),
            second_day: reader.whole("second_day", self.second_day),
            account: reader.whole("external_account_id", self.external_account_id),
            unreadable: reader.into_faults(),
        }
    }
}

/// A contribution.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contribution, example = json!({
    "uuid": "56bb5278-1df8-46b2-93a0-dfc312bb54a4",
    "frequency": "monthly",
    "amount": 15000,
    "status": "scheduled",
    "activation_date": "2022-10-14",
    "first_day": 14,
    "second_day": null
}))]
pub(crate) struct ContributionBody {
    /// UUID of the contribution.
    uuid: ContributionId,
    /// Payment frequency.
    frequency: &'static str,
    /// Amount of each payment in cents.
    amount: i64,
    /// `scheduled`, `completed`, `failed` (a onetime payment that did not come; its transaction says why) or `cancelled`.
    status: &'static str,
    /// Date of the next payment, always a business day; the last one that was known when there is no next one.
    #[schema(value_type = String, format = Date)]
    activation_date: Date,
    /// Day of the month of a recurring payment.
    first_day: Option<i8>,
    /// Day of the month of a semimonthly payment.
    second_day: Option<i8>,
    /// ID of the external account that it is pulled from; left out when that is the partner's.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_account_id: Option<i64>,
}

impl From<Contribution> for ContributionBody {
    fn from(contribution: Contribution) -> Self {
        Self {
            uuid: contribution.id,
            frequency: contribution.terms.frequency.as_str(),
            amount: contribution.amount_minor,
            status: contribution.status.as_str(),
            activation_date: contribution.activation_date,
            first_day: contribution.terms.first_day,
            second_day: contribution.terms.second_day,
            external_account_id: contribution.account,
        }
    }
}

/// List contributions
///
/// Every contribution to a fund, the oldest first. (Beyond the document.)
#[utoipa::path(
    get, path = "/restapi/v1/funds/{uuid}/contributions", tag = "Contributions",
    operation_id = "contribution_list",
    params(("uuid" = Uuid, Path, description = "UUID of the fund.")),
    responses(
        (status = 200, description = "The contributions.", body = Vec<ContributionBody>),
        Unknown, Refusals
    ),
)]
pub(crate) async fn list(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(fund): Id<FundId>,
) -> Answer<Json<Vec<ContributionBody>>> {
    let all = savings.contributions_of_fund(&caller, fund).await?;
    Ok(Json(all.into_iter().map(ContributionBody::from).collect()))
}

/// Create contribution
///
/// Payments are made on the business days that follow from `frequency` and the days; those of a fund that is not
/// established yet begin once it is.
#[utoipa::path(
    post, path = "/restapi/v1/funds/{uuid}/contributions", tag = "Contributions",
    operation_id = "contribution_create",
    params(("uuid" = Uuid, Path, description = "UUID of the fund.")),
    request_body = ContributionInput,
    responses(
        (status = 201, description = "The contribution.", body = ContributionBody),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn create(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(fund): Id<FundId>,
    Body(input): Body<ContributionInput>,
) -> Answer<(StatusCode, Json<ContributionBody>)> {
    let contribution = savings.create_contribution(&caller, fund, input.read()).await?;
    Ok((StatusCode::CREATED, Json(contribution.into())))
}

/// Get contribution
///
/// (Beyond the document.)
#[utoipa::path(
    get, path = "/restapi/v1/contributions/{uuid}", tag = "Contributions",
    operation_id = "contribution_get",
    params(("uuid" = Uuid, Path, description = "UUID of the contribution.")),
    responses(
        (status = 200, description = "The contribution.", body = ContributionBody),
        Unknown, Refusals
    ),
)]
pub(crate) async fn get(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(id): Id<ContributionId>,
) -> Answer<Json<ContributionBody>> {
    Ok(Json(savings.get_contribution(&caller, id).await?.into()))
}

/// Update contribution
///
/// A payment that has been made is not made again for the same month (half of it, year), however the days change.
#[utoipa::path(
    put, path = "/restapi/v1/contributions/{uuid}", tag = "Contributions",
    operation_id = "contribution_update",
    params(("uuid" = Uuid, Path, description = "UUID of contribution to update.")),
    request_body = ContributionInput,
    responses(
        (status = 200, description = "The contribution.", body = ContributionBody),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn update(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(id): Id<ContributionId>,
    Body(input): Body<ContributionInput>,
) -> Answer<Json<ContributionBody>> {
    Ok(Json(savings.update_contribution(&caller, id, input.read()).await?.into()))
}

/// Cancel contribution
///
/// Nothing is paid any more; what is under way goes on.
#[utoipa::path(
    delete, path = "/restapi/v1/contributions/{uuid}", tag = "Contributions",
    operation_id = "contribution_cancel",
    params(("uuid" = Uuid, Path, description = "UUID of contribution to cancel.")),
    responses(
        (status = 200, description = "The contribution.", body = ContributionBody),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn cancel(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(id): Id<ContributionId>,
) -> Answer<Json<ContributionBody>> {
    Ok(Json(savings.cancel_contribution(&caller, id).await?.into()))
}

/// Create payment
///
/// Makes the contribution's next payment now, for partners who schedule payments themselves (`scheduling` of the
/// settings); what is next then is the payment after it. The same `Idempotency-Key` makes one payment; without the header,
/// a contribution has one payment a business date. A payment that Florin's schedule has made counts: it is not made again.
#[utoipa::path(
    post, path = "/restapi/v1/contributions/{uuid}/payments", tag = "Contributions",
    operation_id = "contribution_pay",
    params(
        ("uuid" = Uuid, Path, description = "UUID of contribution to create a payment for."),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this payment; at most 200 characters."),
    ),
    responses(
        (status = 201, description = "The contribution.", body = ContributionBody),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn pay(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(id): Id<ContributionId>,
    headers: HeaderMap,
) -> Answer<(StatusCode, Json<ContributionBody>)> {
    let key = idempotency_key(&headers)?;
    let contribution = savings.create_payment(&caller, id, key).await?;
    Ok((StatusCode::CREATED, Json(contribution.into())))
}

/// The `Idempotency-Key` of a request, when it has one.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Answer<Option<String>> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > MAX_KEY_CHARS {
        let text = format!("Idempotency-Key must have 1 to {MAX_KEY_CHARS} plain characters");
        return Err(Refusal::invalid(vec![text]));
    }
    Ok(Some(key.to_owned()))
}
