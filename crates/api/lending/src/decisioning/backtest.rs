//! Backtests: what a risk engine would have said of past applications.

use axum::Json;
use axum::extract::State;
use florin_decisioning::Decisioning;
use florin_decisioning::risk_engine::backtest::Group;
use florin_decisioning::risk_engine::{Backtest, BacktestFields};
use florin_http::{JsonBody, LendingCaller, MoneyText, PathId, request_body};
use florin_ids::{ProductId, RiskEngineId};
use florin_money::{Currency, Money};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::fields::{Fields, Number};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::Answer;

request_body! {
    /// Which past applications a risk engine is tried on; all of them when absent.
    pub(crate) struct BacktestInput as "BacktestInput" {
        /// Decided on or after this date.
        from: optional Date,
        /// Decided on or before this date.
        to: optional Date,
        /// Of this product.
        product: optional ProductId,
        /// At most so many, the oldest first: 1 to 100000, 10000 when absent.
        limit: optional i64,
    }
    example { "from": "2026-01-01", "to": "2026-06-30", "limit": 10000 }
}

/// What a risk engine would have said of past applications.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Backtest)]
pub(crate) struct BacktestBody {
    /// ID of the risk engine.
    #[schema(value_type = String, format = "uuid")]
    risk_engine: RiskEngineId,
    /// Its version.
    #[schema(example = "2026-12")]
    version: String,
    /// How many approved and declined applications were looked at.
    #[schema(example = 200)]
    applications: u64,
    /// Whether there were more than the limit.
    is_cut: bool,
    /// How many the risk engine approves.
    #[schema(example = 120)]
    approved: u64,
    /// The share that it approves, 0 to 1 with 4 decimals; null without applications.
    #[schema(value_type = Option<f64>, example = 0.6)]
    approval_rate: Option<Number>,
    /// How many were approved.
    #[schema(example = 140)]
    recorded_approved: u64,
    /// The share that was approved.
    #[schema(value_type = Option<f64>, example = 0.7)]
    recorded_approval_rate: Option<Number>,
    /// Those that were approved and that the risk engine approves too.
    kept: GroupBody,
    /// Those that were approved and that the risk engine would have refused.
    refused: GroupBody,
    /// Those that were declined and that the risk engine would have added. They have loans only where the application
    /// was approved later.
    added: GroupBody,
    /// Inputs of the risk engine that some of the applications had no value for.
    missing_inputs: Vec<MissingBody>,
}

/// Some of the applications, and what became of their loans.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = BacktestGroup)]
pub(crate) struct GroupBody {
    /// How many applications.
    applications: u64,
    /// How many of them have a loan that was paid out.
    loans: u64,
    /// Loans of which something was overdue for a day or more.
    loans_in_arrears: u64,
    /// The share of the loans with arrears, 0 to 1 with 4 decimals; null without loans.
    #[schema(value_type = Option<f64>)]
    arrears_rate: Option<Number>,
    /// Loans in default or written off.
    loans_lost: u64,
    /// The most days that anything was overdue.
    worst_arrears_days: u32,
    /// What was lent, by currency.
    lent: Vec<LentBody>,
}

/// What was lent in a currency.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = BacktestLent)]
pub(crate) struct LentBody {
    /// ISO code.
    #[schema(example = "GBP")]
    currency: &'static str,
    /// The sum.
    #[schema(inline)]
    amount: MoneyText,
}

/// An input that some applications had no value for.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = BacktestMissing)]
pub(crate) struct MissingBody {
    /// The name of the input source.
    #[schema(example = "monthly_income")]
    input: String,
    /// How many applications.
    applications: u64,
}

impl BacktestBody {
    fn of(backtest: Backtest) -> Self {
        let missing = backtest.missing.clone().into_iter();
        Self {
            risk_engine: backtest.risk_engine,
            applications: backtest.applications,
            is_cut: backtest.is_cut,
            approved: backtest.approved,
            approval_rate: backtest.approval_rate().map(Number),
            recorded_approved: backtest.recorded_approved,
            recorded_approval_rate: backtest.recorded_approval_rate().map(Number),
            kept: GroupBody::of(&backtest.kept),
            refused: GroupBody::of(&backtest.refused),
            added: GroupBody::of(&backtest.added),
            missing_inputs: missing
                .map(|(input, applications)| MissingBody { input, applications })
                .collect(),
            version: backtest.version,
        }
    }
}

impl GroupBody {
    fn of(group: &Group) -> Self {
        let lent = group.lent_minor.iter().filter_map(|(code, minor)| {
            let currency = Currency::from_code(code).ok()?;
            let amount = MoneyText(Money::from_minor(*minor, currency));
            Some(LentBody { currency: currency.code(), amount })
        });
        Self {
            applications: group.applications,
            loans: group.loans,
            loans_in_arrears: group.loans_in_arrears,
            arrears_rate: group.arrears_rate().map(Number),
            loans_lost: group.loans_lost,
            worst_arrears_days: group.worst_arrears_days,
            lent: lent.collect(),
        }
    }
}

/// Try a risk engine on past applications
///
/// Works the risk engine, a draft too, out over applications that were approved or declined, with the inputs that their
/// last decision recorded (for those that their product's limits decided: what Florin knows by itself, and their data
/// points), and tells what became of the loans that it would have refused or added. Nothing is changed.
#[utoipa::path(
    post, path = "/api/v1/risk-engine/{id}/backtest/", tag = "Decision engine", operation_id = "risk_engine_backtest",
    params(("id" = Uuid, Path, description = "Risk engine ID.")),
    request_body = BacktestInput,
    responses((status = 200, description = "What came out.", body = BacktestBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn backtest(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<RiskEngineId>,
    JsonBody(input): JsonBody<BacktestInput>,
) -> Answer<Json<BacktestBody>> {
    let mut read = Fields::default();
    let fields = BacktestFields {
        from: read.nullable("from", input.from).flatten(),
        to: read.nullable("to", input.to).flatten(),
        product: read.nullable("product", input.product).flatten(),
        limit: read.nullable("limit", input.limit).flatten(),
        unreadable: read.into_faults(),
    };
    let backtest = decisioning.backtest(&caller, id, fields).await?;
    Ok(Json(BacktestBody::of(backtest)))
}
