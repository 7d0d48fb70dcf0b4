//! The 529 plans.

use axum::Json;
use axum::extract::{FromRef, FromRequestParts, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use florin_http::HttpState;
use florin_savings::Savings;
use florin_savings::plan::Plan;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Partner;
use crate::docs::Refusals;
use crate::error::Refusal;

/// A 529 plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Plan, example = json!({
    "id": 1011,
    "name": "ScholarShare College Savings Plan",
    "display_name": "ScholarShare College Savings Plan - California",
    "state": "CA"
}))]
pub(crate) struct PlanBody {
    /// ID of the plan.
    id: i64,
    /// Name of the plan.
    name: String,
    /// Name of the plan, with its state.
    display_name: String,
    /// State of the plan, two letters.
    state: String,
}

impl From<Plan> for PlanBody {
    fn from(plan: Plan) -> Self {
        let Plan { id, name, display_name, state, .. } = plan;
        Self { id, name, display_name, state }
    }
}

/// Anybody: the document asks for the plans without a token. A token that is sent has to be good.
pub(crate) struct Anybody;

impl<S> FromRequestParts<S> for Anybody
where
    HttpState: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        if parts.headers.contains_key(AUTHORIZATION) {
            Partner::from_request_parts(parts, state).await?;
        }
        Ok(Self)
    }
}

/// Get supported 529 plans
///
/// Every plan that an existing account can be linked from. It can be asked for without a token.
#[utoipa::path(
    get, path = "/restapi/v1/plans", tag = "Plans", operation_id = "plan_list",
    responses((status = 200, description = "The plans, by id.", body = Vec<PlanBody>), Refusals),
)]
pub(crate) async fn list(
    State(savings): State<Savings>,
    _: Anybody,
) -> Result<Json<Vec<PlanBody>>, Refusal> {
    let list = savings.plans().await?;
    Ok(Json(list.plans.into_iter().map(PlanBody::from).collect()))
}
