//! `/platform/v1/reconciliations`: the daily comparisons of the tenant's payments with its direct-debit provider's.

use axum::Json;
use axum::extract::State;
use florin_http::{AnyCaller, ApiError, Detail};
use florin_ids::{PaymentId, ProviderAccountId, ReconciliationId};
use florin_mandates::reconcile::{Difference, Summary};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::PlatformState;
use crate::input::Ids;
use crate::provider_account::from_mandates;

/// A comparison of everything that moves on some days over one provider account.
#[derive(Serialize, ToSchema)]
#[schema(as = Reconciliation)]
pub(crate) struct ReconciliationBody {
    #[schema(value_type = String, format = Uuid)]
    id: ReconciliationId,
    /// The account at the provider.
    #[schema(value_type = String, format = Uuid)]
    provider_account: ProviderAccountId,
    /// The first day.
    #[schema(value_type = String, format = Date, example = "2026-11-07")]
    from: Date,
    /// The last day.
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    to: Date,
    /// How many payments we have.
    #[schema(example = 120)]
    ours: u64,
    /// How many the provider has.
    #[schema(example = 121)]
    theirs: u64,
    /// In how many places they differ; 0 when both sides agree.
    #[schema(example = 1)]
    differences: u64,
    /// When they were compared, in Unix seconds of the tenant's time.
    #[schema(example = 1_763_683_200)]
    created: i64,
}

/// The newest comparisons, at most 100.
#[derive(Serialize, ToSchema)]
#[schema(as = Reconciliations)]
pub(crate) struct ReconciliationsBody {
    reconciliations: Vec<ReconciliationBody>,
}

/// One difference.
#[derive(Serialize, ToSchema)]
#[schema(as = ReconciliationLine)]
pub(crate) struct LineBody {
    /// `missing_there`, `missing_here`, `amount` or `state`.
    #[schema(example = "missing_here")]
    kind: &'static str,
    /// Our payment, when we have one.
    #[schema(value_type = Option<String>, format = Uuid)]
    payment: Option<PaymentId>,
    /// The provider's id, when there is one.
    #[schema(example = "PM0123456789AB")]
    provider_id: Option<String>,
    /// What stands here; empty when nothing does.
    #[schema(example = "")]
    ours: String,
    /// What stands at the provider; empty when nothing does.
    #[schema(example = "7.00 GBP confirmed")]
    theirs: String,
}

/// A comparison and what differs.
#[derive(Serialize, ToSchema)]
#[schema(as = ReconciliationReport)]
pub(crate) struct ReportBody {
    #[serde(flatten)]
    summary: ReconciliationBody,
    /// The first 1000 differences.
    lines: Vec<LineBody>,
}

impl ReconciliationBody {
    fn of(summary: &Summary) -> Self {
        Self {
            id: summary.id,
            provider_account: summary.account,
            from: summary.from,
            to: summary.to,
            ours: summary.ours,
            theirs: summary.theirs,
            differences: summary.differences,
            created: summary.created_at.as_second(),
        }
    }
}

impl LineBody {
    fn of(difference: Difference) -> Self {
        Self {
            kind: difference.kind.as_str(),
            payment: difference.payment,
            provider_id: difference.reference,
            ours: difference.ours,
            theirs: difference.theirs,
        }
    }
}

/// List reconciliations.
///
/// On each business date the payments that move within the last 14 days are compared with the provider's, over every
/// account in use and those taken out of use lately. When something differs, `reconciliation_differs` is told.
#[utoipa::path(
    get,
    path = "/platform/v1/reconciliations/",
    tag = "reconciliations",
    operation_id = "list_reconciliations",
    responses(
        (status = 200, body = ReconciliationsBody),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail)
    )
)]
pub(crate) async fn list(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
) -> Result<Json<ReconciliationsBody>, ApiError> {
    let found = state.mandates.list_reconciliations(&caller).await.map_err(from_mandates)?;
    let reconciliations = found.iter().map(ReconciliationBody::of).collect();
    Ok(Json(ReconciliationsBody { reconciliations }))
}

/// Get a reconciliation with its differences.
#[utoipa::path(
    get,
    path = "/platform/v1/reconciliations/{id}/",
    tag = "reconciliations",
    operation_id = "get_reconciliation",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = ReportBody),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail),
        (status = 404, body = Detail)
    )
)]
pub(crate) async fn get(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    Ids(id): Ids<ReconciliationId>,
) -> Result<Json<ReportBody>, ApiError> {
    let found = state.mandates.get_reconciliation(&caller, id).await;
    let (summary, differences) = found.map_err(from_mandates)?;
    let lines = differences.into_iter().map(LineBody::of).collect();
    Ok(Json(ReportBody { summary: ReconciliationBody::of(&summary), lines }))
}
