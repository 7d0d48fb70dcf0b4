//! Withdrawals.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use florin_http::request_body;
use florin_ids::{FundId, WithdrawalId};
use florin_savings::Savings;
use florin_savings::withdrawal::{Withdrawal, WithdrawalFields};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Body, Id, Partner};
use crate::contribution::idempotency_key;
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::Answer;
use crate::input::{Reader, Whole};
use crate::transaction::page;

request_body! {
    /// Money to be taken out of a fund.
    pub(crate) struct WithdrawalInput as "WithdrawalInput" {
        /// Amount in cents.
        amount: required Whole,
        /// Type of expense: `K-12`, `college`, `apprenticeship`, `student_loan`, `room_and_board`, `books_and_supplies`,
        /// `non_qualified`.
        expense_type: required String,
        /// ID of a verified external account of the user to which it is paid, in place of the partner's; `null`: the
        /// partner's. (Beyond the document.)
        external_account_id: optional Whole,
    }
    example { "amount": 14595, "expense_type": "K-12" }
}

impl WithdrawalInput {
    fn read(self) -> WithdrawalFields {
        let mut reader = Reader::default();
        WithdrawalFields {
            amount: reader.whole("amount", self.amount),
            expense_type: reader.text("expense_type", self.expense_type),
            account: reader.whole("external_account_id", self.external_account_id),
            unreadable: reader.into_faults(),
        }
    }
}

/// A withdrawal that was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WithdrawalRequest, example = json!({
    "uuid": "c516af7e-69f4-4a9f-ad50-32524bd4a0c8",
    "amount": 14595,
    "expense_type": "K-12"
}))]
pub(crate) struct RequestBody {
    /// UUID of the withdrawal request; the fund's transaction has the same one.
    uuid: WithdrawalId,
    /// Amount requested to withdraw, in cents.
    amount: i64,
    /// Type of expense.
    expense_type: &'static str,
}

/// A withdrawal and what has become of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Withdrawal, example = json!({
    "uuid": "c516af7e-69f4-4a9f-ad50-32524bd4a0c8",
    "amount": 14595,
    "expense_type": "K-12",
    "status": "paid",
    "reason": null,
    "requested_on": "2022-10-14",
    "tax_year": 2022,
    "basis": 13000,
    "earnings": 1595
}))]
pub(crate) struct WithdrawalBody {
    /// UUID of the withdrawal request.
    uuid: WithdrawalId,
    /// Amount in cents.
    amount: i64,
    /// Type of expense.
    expense_type: &'static str,
    /// `requested`, `paid` or `failed`.
    status: &'static str,
    /// Why it failed, in the bank's word, such as `R02`.
    reason: Option<String>,
    /// ID of the external account that it is paid to; left out when that is the partner's.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_account_id: Option<i64>,
    /// Date on which it was asked for and units were sold.
    #[schema(value_type = String, format = Date)]
    requested_on: Date,
    /// Year in whose limits it counts.
    tax_year: i16,
    /// The part of the amount that was paid in, in cents.
    basis: i64,
    /// The part of the amount that is gain, in cents; less than 0 after a loss.
    earnings: i64,
}

impl From<Withdrawal> for WithdrawalBody {
    fn from(withdrawal: Withdrawal) -> Self {
        Self {
            uuid: withdrawal.id,
            amount: withdrawal.amount_minor,
            expense_type: withdrawal.expense.as_str(),
            status: withdrawal.status.as_str(),
            reason: Some(withdrawal.reason).filter(|reason| !reason.is_empty()),
            external_account_id: withdrawal.account,
            requested_on: withdrawal.requested_on,
            tax_year: withdrawal.tax_year,
            basis: withdrawal.amount_minor.saturating_sub(withdrawal.earnings_minor),
            earnings: withdrawal.earnings_minor,
        }
    }
}

/// Initiate a withdrawal
///
/// Units are sold at the latest price, and the money is paid over the ACH rail. What may be taken out is bounded by the
/// settled balance, and by the limits of the tax law over all accounts of the beneficiary. The same `Idempotency-Key`
/// takes the money out once.
#[utoipa::path(
    post, path = "/restapi/v1/funds/{uuid}/initiate_withdrawal", tag = "Funds",
    operation_id = "withdrawal_initiate",
    params(
        ("uuid" = Uuid, Path, description = "UUID of the fund to initiate a withdrawal on."),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this withdrawal; at most 200 characters."),
    ),
    request_body = WithdrawalInput,
    responses(
        (status = 201, description = "The withdrawal request.", body = RequestBody),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn initiate(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(fund): Id<FundId>,
    headers: HeaderMap,
    Body(input): Body<WithdrawalInput>,
) -> Answer<(StatusCode, Json<RequestBody>)> {
    let key = idempotency_key(&headers)?;
    let made = savings.initiate_withdrawal(&caller, fund, input.read(), key).await?;
    let body = RequestBody {
        uuid: made.id,
        amount: made.amount_minor,
        expense_type: made.expense.as_str(),
    };
    Ok((StatusCode::CREATED, Json(body)))
}

/// List withdrawals
///
/// The newest first, at most 1,000 at a time. (Beyond the document.)
#[utoipa::path(
    get, path = "/restapi/v1/funds/{uuid}/withdrawals", tag = "Funds", operation_id = "withdrawal_list",
    params(
        ("uuid" = Uuid, Path, description = "UUID of the fund."),
        ("limit" = Option<u32>, Query, description = "How many, 1 to 1000; 1000 unless said otherwise."),
        ("offset" = Option<u32>, Query, description = "How many to pass over; 0 unless said otherwise."),
    ),
    responses(
        (status = 200, description = "The withdrawals.", body = Vec<WithdrawalBody>),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn list(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(fund): Id<FundId>,
    Query(query): Query<HashMap<String, String>>,
) -> Answer<Json<Vec<WithdrawalBody>>> {
    let (limit, offset) = page(&query)?;
    let all = savings.fund_withdrawals(&caller, fund, limit, offset).await?;
    Ok(Json(all.into_iter().map(WithdrawalBody::from).collect()))
}
