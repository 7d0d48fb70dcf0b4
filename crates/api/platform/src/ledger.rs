//! `GET /platform/v1/ledger/trial-balance`: what stands on the tenant's accounts.

use axum::Json;
use axum::extract::State;
use florin_http::{AnyCaller, ApiError, Detail};
use florin_ledger::{Account, LedgerError, TrialBalanceLine, trial_balance_in};
use serde::Serialize;
use utoipa::ToSchema;

use crate::PlatformState;
use crate::error::from_storage;

/// One account number and currency, all loans and other owners added up.
#[derive(Serialize, ToSchema)]
#[schema(as = TrialBalanceLine)]
pub(crate) struct LineBody {
    /// The account's number in the chart.
    #[schema(example = 1100)]
    account: u32,
    /// Its name.
    #[schema(example = "Loan principal")]
    name: &'static str,
    /// ISO 4217.
    #[schema(example = "GBP")]
    currency: &'static str,
    /// What stands on it when debits outweigh, in minor units; else 0.
    #[schema(example = 1_200_000)]
    debit_minor: i64,
    /// What stands on it when credits outweigh, in minor units; else 0.
    #[schema(example = 0)]
    credit_minor: i64,
    /// Debits of entries that are still pending, in minor units.
    #[schema(example = 0)]
    pending_debit_minor: i64,
    /// Credits of entries that are still pending, in minor units.
    #[schema(example = 0)]
    pending_credit_minor: i64,
}

/// The tenant's trial balance.
#[derive(Serialize, ToSchema)]
#[schema(as = TrialBalance)]
pub(crate) struct TrialBalanceBody {
    /// In order of account number. In each currency the debits and the credits add up to the same.
    lines: Vec<LineBody>,
}

/// Get the trial balance.
#[utoipa::path(
    get,
    path = "/platform/v1/ledger/trial-balance/",
    tag = "ledger",
    operation_id = "get_trial_balance",
    responses(
        (status = 200, body = TrialBalanceBody),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail)
    )
)]
pub(crate) async fn trial_balance(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
) -> Result<Json<TrialBalanceBody>, ApiError> {
    let read = state.http.db().read(move |tx| trial_balance_in(tx, caller.tenant)).await;
    let lines = read.map_err(|error| match error {
        LedgerError::Storage(error) => from_storage(&error),
        other => ApiError::internal(&other),
    })?;
    let lines = lines.into_iter().map(|line| body(line, state.chart)).collect();
    Ok(Json(TrialBalanceBody { lines }))
}

fn body(line: TrialBalanceLine, chart: &'static [Account]) -> LineBody {
    let account = chart.iter().find(|account| account.no == line.no);
    LineBody {
        account: line.no,
        name: account.map_or("", |account| account.name),
        currency: line.currency.code(),
        debit_minor: line.posted.max(0),
        credit_minor: line.posted.min(0).saturating_neg(),
        pending_debit_minor: line.pending_debit,
        pending_credit_minor: line.pending_credit,
    }
}
