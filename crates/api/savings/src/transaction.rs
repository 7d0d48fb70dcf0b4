//! Transactions of funds.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use florin_ids::{FundId, FundTransactionId};
use florin_savings::Savings;
use florin_savings::transaction::{LIST_LIMIT_MAX, Transaction};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Id, Partner};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::{Answer, Refusal};

/// A transaction of a fund.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FundTransaction, example = json!({
    "uuid": "ff50d90a-0870-460c-9ad7-83629737a411",
    "amount": 10000,
    "description": "Contribution from Jane Arianne Doe",
    "occurred_on": "2022-09-21",
    "status": "Settled",
    "type": "contribution",
    "frequency": "monthly"
}))]
pub(crate) struct TransactionBody {
    /// UUID of the transaction.
    uuid: FundTransactionId,
    /// Amount in cents.
    amount: i64,
    /// Transaction description.
    description: String,
    /// Date the transaction occurred on.
    #[schema(value_type = String, format = Date)]
    occurred_on: Date,
    /// `Pending`, `Settled`, `Failed` or `Returned`.
    status: &'static str,
    /// `contribution`, `gift` or `withdrawal`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Payment frequency.
    frequency: &'static str,
    /// Why it failed or was returned: the bank's word, such as `R01`, or `aggregate_limit` (the plan would refuse it),
    /// `no_funding_account`. Left out otherwise. (Beyond the document.)
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<Transaction> for TransactionBody {
    fn from(transaction: Transaction) -> Self {
        Self {
            uuid: transaction.id,
            amount: transaction.amount_minor,
            description: transaction.description,
            occurred_on: transaction.occurred_on,
            status: transaction.status.wire(),
            kind: transaction.kind.as_str(),
            frequency: transaction.frequency.as_str(),
            reason: Some(transaction.reason).filter(|reason| !reason.is_empty()),
        }
    }
}

/// Fetch transactions
///
/// The newest first, at most 1,000 at a time.
#[utoipa::path(
    get, path = "/restapi/v1/funds/{uuid}/transactions", tag = "Funds",
    operation_id = "transaction_list",
    params(
        ("uuid" = Uuid, Path, description = "UUID of the fund to fetch the transactions from."),
        ("limit" = Option<u32>, Query, description = "How many, 1 to 1000; 1000 unless said otherwise."),
        ("offset" = Option<u32>, Query, description = "How many to pass over; 0 unless said otherwise."),
    ),
    responses(
        (status = 200, description = "The transactions.", body = Vec<TransactionBody>),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn list(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(fund): Id<FundId>,
    Query(query): Query<HashMap<String, String>>,
) -> Answer<Json<Vec<TransactionBody>>> {
    let (limit, offset) = page(&query)?;
    let all = savings.fund_transactions(&caller, fund, limit, offset).await?;
    Ok(Json(all.into_iter().map(TransactionBody::from).collect()))
}

/// `limit` and `offset` of the query.
pub(crate) fn page(query: &HashMap<String, String>) -> Answer<(u32, u32)> {
    let mut faults = Vec::new();
    let limit = number(query, "limit", (1, LIST_LIMIT_MAX), LIST_LIMIT_MAX, &mut faults);
    let offset = number(query, "offset", (0, u32::MAX), 0, &mut faults);
    if faults.is_empty() { Ok((limit, offset)) } else { Err(Refusal::invalid(faults)) }
}

/// A whole number of the query within a range, or what is meant without it.
pub(crate) fn number(
    query: &HashMap<String, String>,
    name: &str,
    (min, max): (u32, u32),
    unless_said: u32,
    faults: &mut Vec<String>,
) -> u32 {
    let Some(text) = query.get(name) else { return unless_said };
    match text.parse() {
        Ok(number) if (min..=max).contains(&number) => number,
        _ => {
            faults.push(format!("{name} must be an integer from {min} to {max}"));
            unless_said
        }
    }
}
