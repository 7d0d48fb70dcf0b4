//! `/platform/v1/overpayments` and `/platform/v1/refunds`: what borrowers have paid too much, and giving it back.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use florin_http::{
    AnyCaller, ApiError, Detail, Faults, FieldErrors, JsonBody, ListRequest, MoneyText, PageBody,
    request_body,
};
use florin_ids::{EndUserId, LoanId, TransactionId};
use florin_lending::refund::{FIELDS as OWED_FIELDS, OwedToBorrower};
use florin_lending::transaction::FIELDS;
use florin_lending::{LendingError, NewRefund, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::PlatformState;
use crate::error::from_storage;
use crate::input::Ids;

const UNIQUE_KEY_LENGTH_MAX: usize = 255;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) struct PageParams {
    /// Number of results to return, 1 to 1000.
    #[param(default = 20, minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The initial index from which to return the results.
    #[param(default = 0, minimum = 0)]
    offset: Option<u64>,
    /// Fields to order by, separated by commas; a minus in front means descending.
    #[param(example = "-amount")]
    ordering: Option<String>,
}

/// What a loan owes its borrower.
#[derive(Serialize, ToSchema)]
#[schema(as = Overpayment)]
pub(crate) struct OverpaymentBody {
    /// The loan account.
    #[schema(value_type = String, format = Uuid)]
    loan: LoanId,
    /// Its borrower.
    #[schema(value_type = String, format = Uuid)]
    end_user: EndUserId,
    /// The loan's status.
    #[schema(example = "closed")]
    status: &'static str,
    /// ISO 4217.
    #[schema(example = "GBP")]
    currency: &'static str,
    /// What was paid beyond what was owed and has not been given back.
    #[schema(inline)]
    amount: MoneyText,
    /// What of it is being given back.
    #[schema(inline)]
    being_refunded: MoneyText,
}

impl OverpaymentBody {
    fn of(owed: OwedToBorrower) -> Self {
        Self {
            loan: owed.loan,
            end_user: owed.end_user,
            status: owed.status.as_str(),
            currency: owed.amount.currency().code(),
            amount: MoneyText(owed.amount),
            being_refunded: MoneyText(owed.being_refunded),
        }
    }
}

/// Money that is given back to a borrower.
#[derive(Serialize, ToSchema)]
#[schema(as = Refund)]
pub(crate) struct RefundBody {
    /// The refund, which is a transaction of the loan.
    #[schema(value_type = String, format = Uuid)]
    id: TransactionId,
    /// The loan account.
    #[schema(value_type = String, format = Uuid)]
    loan: LoanId,
    /// `pending`, `applied`, `failed`, `reverted` or `cancelled`.
    #[schema(example = "pending")]
    status: &'static str,
    /// ISO 4217.
    #[schema(example = "GBP")]
    currency: &'static str,
    /// How much.
    #[schema(inline)]
    amount: MoneyText,
    /// The key under which it happens once.
    #[schema(example = "back-2026-11-21-0001")]
    unique_key: Option<String>,
    /// The business date on which it was asked for.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// When the provider or the bank is expected to have moved the money.
    #[schema(value_type = Option<String>, format = Date)]
    processing_date: Option<Date>,
    /// The provider's own id of it.
    provider_transaction_id: Option<String>,
    /// Why it failed or was called off; else empty.
    #[schema(example = "")]
    failure_reason: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was applied, failed or cancelled; else null.
    #[schema(value_type = Option<String>, format = DateTime)]
    resolved_at: Option<Timestamp>,
}

impl RefundBody {
    fn of(refund: Transaction) -> Self {
        Self {
            id: refund.id,
            loan: refund.loan,
            status: refund.status.as_str(),
            currency: refund.amount.currency().code(),
            amount: MoneyText(refund.amount),
            unique_key: refund.unique_key,
            date: refund.effective_on,
            processing_date: refund.processing_on,
            provider_transaction_id: refund.provider_reference,
            failure_reason: refund.failure_reason,
            created_at: refund.created_at,
            resolved_at: refund.resolved_at,
        }
    }
}

request_body! {
    /// Money to give back.
    pub(crate) struct NewRefundBody as "NewRefund" {
        /// The loan account that was paid too much.
        loan: required LoanId,
        /// How much; all that can be given back when absent.
        amount: optional Decimal,
        /// A verified external account of the borrower that it goes to by ACH (loans in dollars); when absent, as the
        /// tenant's disbursements are paid out.
        external_account: optional i64,
        /// Makes the refund happen once: the same key with the same body answers the first result, with another body
        /// 409. The keys are those of transactions.
        unique_key: optional String,
    }
    example {
        "loan": "6f025741-3a92-4e28-8869-b362b51d6b5f",
        "amount": "12.34",
        "unique_key": "back-2026-11-21-0001"
    }
}

impl NewRefundBody {
    fn read(self) -> Result<NewRefund, ApiError> {
        let mut faults = Faults::new();
        let loan = faults.required("loan", self.loan);
        let amount = faults.nullable("amount", self.amount);
        let amount = faults.not_negative("amount", amount);
        let external_account = faults.nullable("external_account", self.external_account);
        let unique_key = faults.nullable("unique_key", self.unique_key);
        let unique_key = faults.text("unique_key", unique_key, UNIQUE_KEY_LENGTH_MAX);
        match loan {
            Some(loan) if faults.is_empty() => {
                Ok(NewRefund { loan, amount, external_account, unique_key })
            }
            _ => Err(faults.into()),
        }
    }
}

fn from_lending(error: LendingError) -> ApiError {
    match error {
        LendingError::NotFound(_) => ApiError::not_found(),
        LendingError::Invalid(errors) => {
            errors.into_iter().map(|it| (it.field, it.message)).collect::<Faults>().into()
        }
        LendingError::Conflict(detail) => ApiError::conflict(detail),
        LendingError::Storage(error) => from_storage(&error),
        other => ApiError::internal(&other),
    }
}

/// List what borrowers have paid too much.
///
/// One row a loan with money that is owed to its borrower (account 2000). `loan`, `end_user`, `status`, `currency` and
/// `amount` are filters.
#[utoipa::path(
    get,
    path = "/platform/v1/overpayments/",
    tag = "refunds",
    operation_id = "list_overpayments",
    params(PageParams),
    responses(
        (status = 200, body = PageBody<OverpaymentBody>),
        (status = 400, body = FieldErrors),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail)
    )
)]
pub(crate) async fn list_overpayments(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    list: ListRequest,
) -> Result<Json<PageBody<OverpaymentBody>>, ApiError> {
    let query = list.query(OWED_FIELDS, caller.currency)?;
    let page = state.lending.list_owed_to_borrowers(&caller, query.clone()).await;
    Ok(Json(list.page(&query, page.map_err(from_lending)?, OverpaymentBody::of)))
}

/// List refunds.
///
/// The fields of transactions are filters.
#[utoipa::path(
    get,
    path = "/platform/v1/refunds/",
    tag = "refunds",
    operation_id = "list_refunds",
    params(PageParams),
    responses(
        (status = 200, body = PageBody<RefundBody>),
        (status = 400, body = FieldErrors),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail)
    )
)]
pub(crate) async fn list(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    list: ListRequest,
) -> Result<Json<PageBody<RefundBody>>, ApiError> {
    let query = list.query(FIELDS, caller.currency)?;
    let page = state.lending.list_refunds(&caller, query.clone()).await;
    Ok(Json(list.page(&query, page.map_err(from_lending)?, RefundBody::of)))
}

/// Give back what a borrower has paid too much.
///
/// The refund is pending, and its money is used for nothing else, until the payments provider, the bank or the partner
/// (`apply`) tells that it has arrived; `refund_result` says how it ends. When it fails the money is owed to the borrower
/// as before. Never more than is owed can be given back, and nothing that repayments under way may still need.
#[utoipa::path(
    post,
    path = "/platform/v1/refunds/",
    tag = "refunds",
    operation_id = "create_refund",
    request_body = NewRefundBody,
    responses(
        (status = 201, body = RefundBody),
        (status = 400, body = FieldErrors),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 409, body = Detail),
        (status = 429, body = Detail)
    )
)]
pub(crate) async fn create(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    JsonBody(body): JsonBody<NewRefundBody>,
) -> Result<(StatusCode, Json<RefundBody>), ApiError> {
    let made = state.lending.create_refund(&caller, body.read()?).await;
    Ok((StatusCode::CREATED, Json(RefundBody::of(made.map_err(from_lending)?))))
}

/// Get a refund.
#[utoipa::path(
    get,
    path = "/platform/v1/refunds/{id}/",
    tag = "refunds",
    operation_id = "get_refund",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = RefundBody),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 404, body = Detail),
        (status = 429, body = Detail)
    )
)]
pub(crate) async fn get(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    Ids(id): Ids<TransactionId>,
) -> Result<Json<RefundBody>, ApiError> {
    let found = state.lending.get_refund(&caller, id).await.map_err(from_lending)?;
    Ok(Json(RefundBody::of(found)))
}

/// Tell that a refund was paid.
///
/// For one that the partner pays, or whose confirmation got lost.
#[utoipa::path(
    post,
    path = "/platform/v1/refunds/{id}/apply/",
    tag = "refunds",
    operation_id = "apply_refund",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = RefundBody),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 404, body = Detail),
        (status = 409, body = Detail),
        (status = 429, body = Detail)
    )
)]
pub(crate) async fn apply(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    Ids(id): Ids<TransactionId>,
) -> Result<Json<RefundBody>, ApiError> {
    let applied = state.lending.apply_refund(&caller, id).await.map_err(from_lending)?;
    Ok(Json(RefundBody::of(applied)))
}

/// Call a refund off.
///
/// One that has not gone out: its money is owed to the borrower as before.
#[utoipa::path(
    post,
    path = "/platform/v1/refunds/{id}/cancel/",
    tag = "refunds",
    operation_id = "cancel_refund",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = RefundBody),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 404, body = Detail),
        (status = 409, body = Detail),
        (status = 429, body = Detail)
    )
)]
pub(crate) async fn cancel(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    Ids(id): Ids<TransactionId>,
) -> Result<Json<RefundBody>, ApiError> {
    let cancelled = state.lending.cancel_refund(&caller, id).await.map_err(from_lending)?;
    Ok(Json(RefundBody::of(cancelled)))
}
