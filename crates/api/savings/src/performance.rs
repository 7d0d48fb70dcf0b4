//! What has become of the money of a fund. (Beyond the document.)

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use florin_ids::FundId;
use florin_savings::Savings;
use florin_savings::investment::price::format_micro;
use florin_savings::performance::{Interval, Performance, Point, Span};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::caller::{Id, Partner};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::{Answer, Refusal};

/// A fund at the end of a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PerformancePoint)]
pub(crate) struct PointBody {
    /// The day.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// What the fund was worth, in cents.
    balance: i64,
    /// Money that had come in less money that had left, in cents.
    contributed: i64,
}

impl From<Point> for PointBody {
    fn from(point: Point) -> Self {
        let Point { on, balance_minor, contributed_minor } = point;
        Self { date: on, balance: balance_minor, contributed: contributed_minor }
    }
}

/// What has become of the money of a fund within a span.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Performance, example = json!({
    "portfolio_label": "Target Enrollment 2038/2039",
    "from": "2022-10-05",
    "to": "2023-10-05",
    "units": 7342.657343,
    "unit_price": 14.3,
    "balance": 105000,
    "contributed": 100000,
    "withdrawn": 0,
    "gain": 5000,
    "yearly_return": 5.0001,
    "points": [{"date": "2022-10-05", "balance": 100000, "contributed": 100000}]
}))]
pub(crate) struct PerformanceBody {
    /// 529 portfolio.
    portfolio_label: String,
    /// First day.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// Last day.
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// Units held on the last day.
    #[schema(value_type = f64)]
    units: Option<Box<RawValue>>,
    /// What a unit cost on the last day, in dollars; `null` while there is no price.
    #[schema(value_type = Option<f64>)]
    unit_price: Option<Box<RawValue>>,
    /// What the fund is worth on the last day, in cents.
    balance: i64,
    /// Contributions and gifts within the span less those that were returned, in cents.
    contributed: i64,
    /// Withdrawals within the span less those that failed, in cents.
    withdrawn: i64,
    /// What the market has made of the fund within the span, in cents.
    gain: i64,
    /// Money-weighted return of a year, in percent with four decimals; `null` when there is none.
    #[schema(value_type = Option<f64>)]
    yearly_return: Option<Box<RawValue>>,
    /// The fund over time, the oldest first.
    points: Vec<PointBody>,
}

impl From<Performance> for PerformanceBody {
    fn from(found: Performance) -> Self {
        let percent = |micro: i64| {
            let sign = if micro < 0 { "-" } else { "" };
            let (whole, rest) = (micro.unsigned_abs() / 10_000, micro.unsigned_abs() % 10_000);
            RawValue::from_string(format!("{sign}{whole}.{rest:04}")).ok()
        };
        Self {
            portfolio_label: found.portfolio,
            from: found.from,
            to: found.to,
            units: decimal(found.units_micro),
            unit_price: found.price.and_then(|price| decimal(price.micro)),
            balance: found.balance_minor,
            contributed: found.contributed_minor,
            withdrawn: found.withdrawn_minor,
            gain: found.gain_minor,
            yearly_return: found.yearly_return_micro.and_then(percent),
            points: found.points.into_iter().map(PointBody::from).collect(),
        }
    }
}

/// Millionths as a JSON number with six decimals.
fn decimal(micro: i64) -> Option<Box<RawValue>> {
    RawValue::from_string(format_micro(micro)).ok()
}

/// Get a fund's performance
///
/// What was paid in, what was taken out, what the market has made of it, and the fund over time. (Beyond the document.)
#[utoipa::path(
    get, path = "/restapi/v1/funds/{uuid}/performance", tag = "Funds", operation_id = "fund_performance",
    params(
        ("uuid" = Uuid, Path, description = "UUID of the fund."),
        ("from" = Option<String>, Query, description = "First day; the day of the first purchase unless said otherwise."),
        ("to" = Option<String>, Query, description = "Last day; today unless said otherwise."),
        ("interval" = Option<String>, Query, description = "How far apart the points lie: `day`, `week` or `month`; by \
            the length of the span unless said otherwise. At most 1,000 points."),
    ),
    responses(
        (status = 200, description = "The performance.", body = PerformanceBody),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn get(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(fund): Id<FundId>,
    Query(query): Query<HashMap<String, String>>,
) -> Answer<Json<PerformanceBody>> {
    let mut faults = Vec::new();
    let from = day(&query, "from", &mut faults);
    let to = day(&query, "to", &mut faults);
    let interval = query.get("interval").and_then(|word| {
        let interval = Interval::parse(word);
        if interval.is_none() {
            faults.push("interval must be one of day, week, month".to_owned());
        }
        interval
    });
    if !faults.is_empty() {
        return Err(Refusal::invalid(faults));
    }
    let found = savings.performance(&caller, fund, Span { from, to, interval }).await?;
    Ok(Json(found.into()))
}

/// A date of the query.
fn day(query: &HashMap<String, String>, name: &str, faults: &mut Vec<String>) -> Option<Date> {
    let text = query.get(name)?;
    let date = florin_savings::parse_date(text);
    if date.is_none() {
        faults.push(format!("{name} is not a valid date (YYYY-MM-DD)"));
    }
    date
}
