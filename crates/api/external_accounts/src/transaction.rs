//! `/transaction/`: what has become of transfers.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use florin_external_accounts::{TransactionQuery, Transfer};
use florin_http::MoneyNumber;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ExternalAccountsApi;
use crate::caller::ProgramCaller;
use crate::docs::Refusals;
use crate::envelope::{Answer, Envelope, Outcome, Refused};
use crate::input;
use crate::json::Fault;
use crate::wire::{self, Zone, is_absent};

/// The most transactions on a page.
const PAGE_SIZE_MAX: u32 = 200;

/// What has become of a transfer. What is not known is left out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Transaction)]
pub(crate) struct TransactionBody {
    /// Its number.
    #[schema(example = 17)]
    transaction_id: i64,
    /// The number of the transfer that it belongs to.
    #[schema(example = 17)]
    master_id: i64,
    /// Whose it is.
    #[schema(example = 231)]
    customer_id: i64,
    /// The caller's own id of the transfer.
    #[schema(example = "order-17")]
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    /// `External Deposit` or `External Withdrawal`.
    #[schema(example = "External Deposit")]
    #[serde(rename = "type")]
    kind: &'static str,
    /// `ACHD` or `ACHW`.
    #[schema(example = "ACHD")]
    type_code: &'static str,
    /// `Initiated`, `Pending` (in a file to the bank), `Settled`, `Returned` or `Voided`.
    #[schema(example = "Settled")]
    status: &'static str,
    /// Dollars.
    amount: MoneyNumber,
    /// When the transfer was asked for.
    #[schema(format = DateTime, example = "2014-02-25T15:21:16.152-06:00")]
    created_date: String,
    /// When the money moved.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_date: Option<String>,
    /// When it was called off.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    voided_date: Option<String>,
    /// When the money could be used.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    available_date: Option<String>,
    /// As sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// For people.
    #[schema(example = "Transfer from COREPRO SANDBOX BANK")]
    friendly_description: String,
    /// As sent: what the bank statement says.
    #[serde(skip_serializing_if = "Option::is_none")]
    nacha_description: Option<String>,
    /// `R01` and the like, once it is returned.
    #[schema(example = "R01")]
    #[serde(skip_serializing_if = "Option::is_none")]
    return_code: Option<String>,
    /// Whether it adds to the customer's account in the program.
    is_credit: bool,
    /// The bank on the other side.
    #[schema(example = "COREPRO SANDBOX BANK")]
    institution_name: String,
}

impl TransactionBody {
    fn new(transfer: Transfer, zone: &Zone) -> Self {
        let number = transfer.id.number();
        Self {
            transaction_id: number,
            master_id: number,
            customer_id: transfer.customer.number(),
            kind: transfer.kind.title(),
            type_code: transfer.kind.type_code(),
            status: transfer.status.as_str(),
            amount: MoneyNumber(transfer.amount),
            created_date: zone.time(transfer.created_at),
            settled_date: zone.optional(transfer.settled_at),
            voided_date: zone.optional(transfer.voided_at),
            available_date: zone.optional(transfer.available_at()),
            friendly_description: transfer.friendly_description(),
            is_credit: transfer.is_credit(),
            tag: transfer.tag,
            nacha_description: transfer.description.clone(),
            description: transfer.description,
            return_code: transfer.return_code,
            institution_name: transfer.institution_name,
        }
    }
}

/// Get a transaction
///
/// The answer is a list of one transaction.
#[utoipa::path(
    get,
    path = "/transaction/get/{customerId}/{transactionId}",
    tag = "Transactions",
    operation_id = "get_transaction",
    params(
        ("customerId" = i64, Path, description = "Whose it is"),
        ("transactionId" = i64, Path, description = "Its number"),
    ),
    responses((status = 200, body = Envelope<Vec<TransactionBody>>, description = "The transaction"), Refusals)
)]
pub(crate) async fn get(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Path((customer, transaction)): Path<(String, String)>,
) -> Outcome<Vec<TransactionBody>> {
    let customer = wire::customer(&customer)?;
    let transaction = wire::number(&transaction, |given| {
        Fault::new(66401, format!("Invalid transaction id '{given}'."))
    })?;
    let transfer = api.accounts.get_transaction(&caller, customer, transaction).await?;
    let zone = Zone::of(&api.accounts, &caller).await?;
    Ok(Answer::ok(vec![TransactionBody::new(transfer, &zone)]))
}

/// List transactions
///
/// The newest first. Any parameter but the customer may be left out (`/transaction/list/231//Settled`), or be `null`.
#[utoipa::path(
    get,
    path = "/transaction/list/{customerId}/{accountId}/{status}/{beginDate}/{endDate}",
    tag = "Transactions",
    operation_id = "list_transactions",
    params(
        ("customerId" = i64, Path, description = "Whose they are"),
        ("accountId" = i64, Path, description = "The customer's account in the program or an external account; all of them when left out"),
        ("status" = String, Path, description = "`Initiated`, `Pending`, `Settled`, `Returned` or `Voided`; any when left out"),
        ("beginDate" = String, Path, description = "The first business date of creation, `YYYY-MM-DD`"),
        ("endDate" = String, Path, description = "The last business date of creation, `YYYY-MM-DD`"),
        ("pageNumber" = Option<u32>, Query, description = "From 0"),
        ("pageSize" = Option<u32>, Query, description = "At most 200, which is also how many come without it"),
    ),
    responses((status = 200, body = Envelope<Vec<TransactionBody>>, description = "The transactions"), Refusals)
)]
pub(crate) async fn list(
    State(api): State<ExternalAccountsApi>,
    ProgramCaller(caller): ProgramCaller,
    Path((customer, account, status, begin, end)): Path<(String, String, String, String, String)>,
    Query(page): Query<BTreeMap<String, String>>,
) -> Outcome<Vec<TransactionBody>> {
    let customer = wire::customer(&customer)?;
    // An older form of the call, which one client keeps to, has no status.
    let (status, begin, end) = match input::date(status.trim()) {
        Some(_) => (String::new(), status, begin),
        None => (status, begin, end),
    };
    let query = TransactionQuery {
        account: match is_absent(&account) {
            true => None,
            false => Some(wire::number(&account, |given| {
                Fault::new(66402, format!("Invalid account id '{given}'."))
            })?),
        },
        status: Some(status).filter(|status| !is_absent(status)),
        begin: day("beginDate", &begin)?,
        end: day("endDate", &end)?,
        page_number: parameter(&page, "pageNumber")?,
        page_size: parameter(&page, "pageSize")?.min(PAGE_SIZE_MAX),
    };
    let transfers = api.accounts.list_transactions(&caller, customer, query).await?;
    let zone = Zone::of(&api.accounts, &caller).await?;
    let body = |transfer| TransactionBody::new(transfer, &zone);
    Ok(Answer::ok(transfers.into_iter().map(body).collect()))
}

/// A date in the path.
fn day(name: &str, text: &str) -> Result<Option<Date>, Refused> {
    if is_absent(text) {
        return Ok(None);
    }
    let found = input::date(text.trim());
    found.map(Some).ok_or_else(|| {
        let text = format!(
            "Value for property '{name}' is not formatted as a valid ISO-8601 DateTime. Example value=2015-01-31T22:43:21.123+00:00"
        );
        Fault::new(59952, text).into()
    })
}

/// A number of the query; 0 when it is left out.
fn parameter(query: &BTreeMap<String, String>, name: &str) -> Result<u32, Refused> {
    let sent = query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    let Some((_, text)) = sent.filter(|(_, text)| !is_absent(text)) else {
        return Ok(0);
    };
    text.trim().parse().map_err(|_| {
        let shown = crate::json::echo(text);
        let text = format!(
            "Value for property '{name}' is not acceptable. Specifics: Input string '{shown}' is not a valid integer."
        );
        Fault::new(59956, text).into()
    })
}
