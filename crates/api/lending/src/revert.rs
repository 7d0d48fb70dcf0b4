//! `/api/v1/transaction/{id}/revert/`: taking transactions back, or telling what that would come to.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use florin_http::{Faults, JsonBody, LendingCaller, MoneyNumber, MoneyText, PathId, request_body};
use florin_ids::{EntryId, TransactionId};
use florin_ledger::{AccountNo, Entry, Posting};
use florin_lending::postings::CHART;
use florin_lending::transaction::{Reversion, RevertOptions};
use florin_lending::{Lending, LendingError, Loan};
use florin_money::{Currency, Money};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::docs::{BadInput, Conflicting, Refusals, Unknown};
use crate::error::Answer;
use crate::quote::{Pairs, parameter};
use crate::transaction::TransactionBody;

request_body! {
    /// How a transaction is taken back.
    pub(crate) struct RevertInput as "Revert" {
        /// `true`: take it back alone and book what the loan's story comes to without it. Otherwise all that
        /// postdates it is taken back with it, interest included, and nothing is recalculated.
        recalculate: optional bool,
        /// `true`: only tell what would happen.
        preview: optional bool,
    }
    example { "recalculate": false, "preview": true }
}

/// The same in a query string, where a parameter wins over the body's field.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) struct RevertParams {
    /// Take it back alone and book what the loan's story comes to without it.
    recalculate: Option<bool>,
    /// Only tell what would happen.
    preview: Option<bool>,
}

impl RevertInput {
    /// These fields, or the query's where it has them. An empty parameter counts as none.
    fn under(mut self, pairs: Vec<(String, String)>) -> Self {
        for (name, text) in pairs.into_iter().filter(|(_, text)| !text.is_empty()) {
            match name.as_str() {
                "recalculate" => self.recalculate = parameter(text),
                "preview" => self.preview = parameter(text),
                _ => {}
            }
        }
        self
    }

    fn read(self) -> Answer<RevertOptions> {
        let mut faults = Faults::new();
        let recalculate = faults.optional("recalculate", self.recalculate).unwrap_or_default();
        let preview = faults.optional("preview", self.preview).unwrap_or_default();
        faults.finish()?;
        Ok(RevertOptions { recalculate, preview })
    }
}

/// What taking a transaction back would come to. The ids of corrections and entries are those of this preview:
/// the revert itself makes new ones.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RevertPreview)]
pub(crate) struct PreviewBody {
    /// The transactions that would be taken back, the asked one first.
    reverted: Vec<TransactionBody>,
    /// The corrections that would be booked.
    corrections: Vec<TransactionBody>,
    /// The ledger entries that would be made.
    entries: Vec<EntryBody>,
    /// The loan account as it is.
    before: StandingBody,
    /// The loan account as it would be.
    after: StandingBody,
}

/// A ledger entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewEntry)]
pub(crate) struct EntryBody {
    /// Entry ID.
    #[schema(value_type = String, format = "uuid")]
    id: EntryId,
    /// What it books.
    #[schema(example = "reversal")]
    kind: &'static str,
    /// The business date.
    #[schema(value_type = String, format = "date")]
    date: Date,
    /// Its lines; debits and credits are equal.
    postings: Vec<PostingBody>,
}

/// A line of a ledger entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewPosting)]
pub(crate) struct PostingBody {
    /// The account's number in the chart.
    #[schema(example = 1100)]
    account: AccountNo,
    /// The account's name.
    #[schema(example = "Loan principal")]
    name: &'static str,
    /// The loan account that it belongs to; null for an account of the house.
    #[schema(value_type = Option<String>, format = "uuid")]
    owner: Option<Uuid>,
    /// What is debited; null on a credit.
    #[schema(value_type = Option<String>, example = "100.00")]
    debit: Option<MoneyText>,
    /// What is credited; null on a debit.
    #[schema(value_type = Option<String>, example = json!(null))]
    credit: Option<MoneyText>,
}

/// Where a loan account stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewStanding)]
pub(crate) struct StandingBody {
    /// Its status.
    #[schema(example = "active")]
    status: &'static str,
    /// The principal balance.
    #[schema(inline)]
    principal: MoneyNumber,
    /// The interest balance.
    #[schema(inline)]
    interest: MoneyNumber,
    /// The fee balance.
    #[schema(inline)]
    fee: MoneyNumber,
    /// When a repayment falls due next; null when none is planned.
    #[schema(value_type = Option<String>, format = "date")]
    next_due_date: Option<Date>,
}

impl From<Reversion> for PreviewBody {
    fn from(reversion: Reversion) -> Self {
        let bodies = |transactions: Vec<_>| transactions.into_iter().map(Into::into).collect();
        Self {
            reverted: bodies(reversion.reverted),
            corrections: bodies(reversion.corrections),
            entries: reversion.entries.iter().map(EntryBody::of).collect(),
            before: StandingBody::of(&reversion.before),
            after: StandingBody::of(&reversion.after),
        }
    }
}

impl EntryBody {
    fn of(entry: &Entry) -> Self {
        let postings = entry.postings.iter().map(|it| PostingBody::of(it, entry.currency));
        Self {
            id: entry.id,
            kind: entry.kind,
            date: entry.effective_on,
            postings: postings.collect(),
        }
    }
}

impl PostingBody {
    fn of(posting: &Posting, currency: Currency) -> Self {
        let key = posting.account;
        let side =
            |minor: i64| (minor > 0).then_some(MoneyText(Money::from_minor(minor, currency)));
        Self {
            account: key.no,
            name: CHART.iter().find(|account| account.no == key.no).map_or("", |it| it.name),
            owner: (!key.owner.is_nil()).then_some(key.owner),
            debit: side(posting.amount_minor),
            credit: side(posting.amount_minor.saturating_neg()),
        }
    }
}

impl StandingBody {
    fn of(loan: &Loan) -> Self {
        let money = |minor| MoneyNumber(loan.money(minor));
        let owed = loan.balances.owed();
        Self {
            status: loan.status.as_str(),
            principal: money(owed.principal),
            interest: money(owed.interest),
            fee: money(owed.fee),
            next_due_date: loan.next_due_on,
        }
    }
}

/// Revert an applied transaction
///
/// All transactions that postdate it are reverted with it, interest included, and are not recalculated; with
/// `recalculate` it alone is taken back, and the loan becomes what it would be if it had never been. Refused when
/// it is not applied, when one of those that postdate it is pending, and when it is part of a closed statement.
/// With `preview` nothing happens: the answer (200) tells every transaction, ledger entry and balance that would
/// change.
#[utoipa::path(
    post, path = "/api/v1/transaction/{id}/revert/", tag = "Transactions", operation_id = "transaction_revert",
    params(("id" = Uuid, Path, description = "Transaction ID."), RevertParams),
    request_body = RevertInput,
    responses(
        (status = 200, description = "What would happen (`preview`).", body = PreviewBody),
        (status = 201, description = "The reverted transaction.", body = TransactionBody),
        BadInput, Unknown, Conflicting, Refusals
    ),
)]
pub(crate) async fn revert(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<TransactionId>,
    Query(pairs): Pairs,
    JsonBody(input): JsonBody<RevertInput>,
) -> Answer<Response> {
    let options = input.under(pairs).read()?;
    let reversion = lending.revert_transaction(&caller, id, options).await?;
    if options.preview {
        return Ok(Json(PreviewBody::from(reversion)).into_response());
    }
    let asked = reversion.reverted.into_iter().next();
    let asked = asked.ok_or(LendingError::NotFound("transaction"))?;
    Ok((StatusCode::CREATED, Json(TransactionBody::from(asked))).into_response())
}
