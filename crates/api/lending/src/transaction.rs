//! `/api/v1/transaction/`: what moves a loan account's balance.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use florin_http::{
    Faults, JsonBody, LendingCaller, ListParams, ListRequest, MoneyText, PageBody, PathId, csv,
    request_body,
};
use florin_ids::{LoanId, TransactionId};
use florin_lending::product::FeeType;
use florin_lending::transaction::FIELDS;
use florin_lending::{Lending, NewTransaction, Transaction, TransactionType};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::docs::{BadInput, Conflicting, Refusals, Unknown};
use crate::error::{Answer, Refusal};

const NAME_LENGTH_MAX: usize = 255;
const UNIQUE_KEY_LENGTH_MAX: usize = 255;

/// A transaction on a loan account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transaction)]
pub(crate) struct TransactionBody {
    /// Transaction ID.
    #[schema(value_type = String, format = "uuid")]
    id: TransactionId,
    /// The loan account.
    #[schema(value_type = String, format = "uuid")]
    loan: LoanId,
    /// `disbursement`, `repayment`, `fee`, `interest`, `refund` or `waiver`.
    #[serde(rename = "type")]
    #[schema(example = "disbursement")]
    kind: &'static str,
    /// `pending`, `applied`, `failed`, `reverted` or `cancelled`.
    #[schema(example = "pending")]
    status: &'static str,
    /// The whole amount.
    #[schema(inline)]
    amount: MoneyText,
    /// The part that is principal.
    #[schema(inline)]
    principal: MoneyText,
    /// The part that is interest.
    #[schema(inline)]
    interest: MoneyText,
    /// The part that is fees.
    #[schema(inline)]
    fee: MoneyText,
    /// The name of a fee; else empty.
    #[schema(example = "")]
    name: String,
    /// `flat` or `percent` for a fee; else null.
    #[schema(example = json!(null))]
    fee_type: Option<&'static str>,
    /// The key under which it happens once.
    #[schema(example = "payout-2023-01-01-0001")]
    unique_key: Option<String>,
    /// Whether Florin made it by itself.
    is_automatic: bool,
    /// The business date on which it counts.
    #[schema(value_type = String, format = "date")]
    date: Date,
    /// When the provider is expected to have processed it.
    #[schema(value_type = Option<String>, format = "date")]
    processing_date: Option<Date>,
    /// The provider's own id of it.
    provider_transaction_id: Option<String>,
    /// Why it failed; else empty.
    #[schema(example = "")]
    failure_reason: String,
    /// When it was made.
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
    /// When it was applied; else null.
    #[schema(value_type = Option<String>, format = "date-time")]
    applied_at: Option<Timestamp>,
    /// The business date on which it failed or was reverted; only there when it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date")]
    ended_date: Option<Date>,
}

/// The columns of the list as CSV: the fields of [`TransactionBody`] that every transaction has.
const COLUMNS: &[&str] = &[
    "id",
    "loan",
    "type",
    "status",
    "amount",
    "principal",
    "interest",
    "fee",
    "name",
    "fee_type",
    "unique_key",
    "is_automatic",
    "date",
    "processing_date",
    "provider_transaction_id",
    "failure_reason",
    "created_at",
    "applied_at",
];

impl From<Transaction> for TransactionBody {
    fn from(transaction: Transaction) -> Self {
        Self {
            id: transaction.id,
            loan: transaction.loan,
            kind: transaction.kind.as_str(),
            status: transaction.status.as_str(),
            amount: MoneyText(transaction.amount),
            principal: MoneyText(transaction.principal),
            interest: MoneyText(transaction.interest),
            fee: MoneyText(transaction.fee),
            name: transaction.name,
            fee_type: transaction.fee_type.map(FeeType::as_str),
            unique_key: transaction.unique_key,
            is_automatic: transaction.is_automatic,
            date: transaction.effective_on,
            processing_date: transaction.processing_on,
            provider_transaction_id: transaction.provider_reference,
            failure_reason: transaction.failure_reason,
            created_at: transaction.created_at,
            applied_at: transaction.resolved_at,
            ended_date: transaction.ended_on,
        }
    }
}

impl TransactionBody {
    /// As a row of the CSV.
    fn row(self) -> Self {
        Self { ended_date: None, ..self }
    }
}

request_body! {
    /// A transaction to make.
    pub(crate) struct NewTransactionBody as "NewTransaction" {
        /// The loan account.
        loan: required LoanId,
        /// `disbursement`, `repayment`, `fee` or `waiver`.
        "type" kind: required String,
        /// The amount; for a fee of type `percent` the percentage of the account's balance; empty for a
        /// fee that the product knows by its name.
        amount: optional Decimal,
        /// A readable name (fees).
        name: optional String,
        /// `flat` or `percent` (fees that the product does not know).
        fee_type: optional String,
        /// Makes the transaction happen once: the same key with the same body answers the first result,
        /// with another body 409.
        unique_key: optional String,
        /// The day on which a repayment was received, when it is told late: it is applied at once, and what has
        /// changed since is recomputed.
        effective_date: optional Date,
    }
    example {
        "loan": "6f025741-3a92-4e28-8869-b362b51d6b5f",
        "type": "disbursement",
        "amount": "500.00",
        "unique_key": "payout-2023-01-01-0001"
    }
}

impl NewTransactionBody {
    fn read(self) -> Answer<NewTransaction> {
        let mut faults = Faults::new();
        let loan = faults.required("loan", self.loan);
        let kind = faults.required("type", self.kind);
        let kind = faults.choice("type", kind, creatable);
        let amount = faults.nullable("amount", self.amount);
        let amount = faults.not_negative("amount", amount);
        let name = faults.nullable("name", self.name);
        let name = faults.text_or_blank("name", name, NAME_LENGTH_MAX);
        let fee_type = faults.nullable("fee_type", self.fee_type);
        let fee_type = fee_type.filter(|text| !text.is_empty());
        let fee_type = faults.choice("fee_type", fee_type, FeeType::parse);
        let unique_key = faults.nullable("unique_key", self.unique_key);
        let unique_key = faults.text("unique_key", unique_key, UNIQUE_KEY_LENGTH_MAX);
        let effective_on = faults.nullable("effective_date", self.effective_date);
        let (Some(loan), Some(kind), true) = (loan, kind, faults.is_empty()) else {
            return Err(faults.into());
        };
        let name = name.filter(|name| !name.is_empty());
        Ok(NewTransaction { loan, kind, amount, name, fee_type, unique_key, effective_on })
    }
}

/// The types that a partner can ask for; the others are made by Florin alone.
fn creatable(word: &str) -> Option<TransactionType> {
    use TransactionType::{Disbursement, Fee, Repayment, Waiver};
    let is_creatable = |kind: &_| matches!(kind, Disbursement | Repayment | Fee | Waiver);
    TransactionType::parse(word).filter(is_creatable)
}

/// List transactions
///
/// Every field is a filter, with `__gte` and `__lte` on amounts, dates and times; by default the
/// first 20 results.
#[utoipa::path(
    get, path = "/api/v1/transaction/", tag = "Transactions", operation_id = "transaction_list",
    params(ListParams),
    responses((status = 200, description = "A page of transactions.", body = PageBody<TransactionBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    list: ListRequest,
) -> Answer<Response> {
    let query = list.query(FIELDS, caller.currency)?;
    if list.is_csv() {
        let file = csv::download("transactions.csv", COLUMNS, |mut rows| async move {
            let row = move |transaction| rows.push(&TransactionBody::from(transaction).row());
            lending.each_transaction(&caller, query, row).await.map_err(Refusal::from)
        });
        return Ok(file.await?);
    }
    let page = lending.list_transactions(&caller, query.clone()).await?;
    Ok(Json(list.page(&query, page, TransactionBody::from)).into_response())
}

/// Create a transaction
///
/// A disbursement is pending until the payment provider or the partner confirms it, and counts
/// against the credit limit at once. A repayment lowers the balance at once and is pending until it
/// is confirmed; with an `effective_date` it is applied at once and everything since that day is
/// recomputed. A fee is applied at once, and so is a waiver, which lets debt go as a repayment would
/// pay it.
#[utoipa::path(
    post, path = "/api/v1/transaction/", tag = "Transactions", operation_id = "transaction_create",
    request_body = NewTransactionBody,
    responses((status = 201, description = "The transaction.", body = TransactionBody), BadInput, Conflicting, Refusals),
)]
pub(crate) async fn create(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    JsonBody(body): JsonBody<NewTransactionBody>,
) -> Answer<(StatusCode, Json<TransactionBody>)> {
    let transaction = lending.create_transaction(&caller, body.read()?).await?;
    Ok((StatusCode::CREATED, Json(transaction.into())))
}

/// Get a transaction
#[utoipa::path(
    get, path = "/api/v1/transaction/{id}/", tag = "Transactions", operation_id = "transaction_get",
    params(("id" = Uuid, Path, description = "Transaction ID.")),
    responses((status = 200, description = "The transaction.", body = TransactionBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<TransactionId>,
) -> Answer<Json<TransactionBody>> {
    Ok(Json(lending.get_transaction(&caller, id).await?.into()))
}

/// Apply a pending transaction
///
/// For a disbursement or repayment that was processed outside, or whose confirmation got lost.
#[utoipa::path(
    post, path = "/api/v1/transaction/{id}/apply/", tag = "Transactions", operation_id = "transaction_apply",
    params(("id" = Uuid, Path, description = "Transaction ID.")),
    responses((status = 201, description = "The applied transaction.", body = TransactionBody), Unknown, Conflicting, Refusals),
)]
pub(crate) async fn apply(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<TransactionId>,
) -> Answer<(StatusCode, Json<TransactionBody>)> {
    let transaction = lending.apply_transaction(&caller, id).await?;
    Ok((StatusCode::CREATED, Json(transaction.into())))
}

/// Try a failed transaction again
///
/// A disbursement or repayment: the same transaction becomes pending again, today, if the limit or what is owed
/// still allows it, and no other collection asks for the same already.
#[utoipa::path(
    post, path = "/api/v1/transaction/{id}/retry/", tag = "Transactions", operation_id = "transaction_retry",
    params(("id" = Uuid, Path, description = "Transaction ID.")),
    responses((status = 201, description = "The transaction, pending again.", body = TransactionBody), Unknown, Conflicting, Refusals),
)]
pub(crate) async fn retry(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<TransactionId>,
) -> Answer<(StatusCode, Json<TransactionBody>)> {
    let transaction = lending.retry_transaction(&caller, id).await?;
    Ok((StatusCode::CREATED, Json(transaction.into())))
}
