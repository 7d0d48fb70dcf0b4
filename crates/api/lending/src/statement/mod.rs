//! `/api/v1/statement/`: monthly statements of revolving credit, as JSON, as CSV and as a page to print.

mod page;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use florin_http::{
    ApiError, LendingCaller, ListParams, ListRequest, MoneyText, PageBody, PathId, csv,
};
use florin_ids::{LoanId, StatementId, TransactionId};
use florin_lending::Lending;
use florin_lending::statement::{FIELDS, Letter, Line, Sheet, StatementNow};
use florin_money::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::quote::Pairs;
use crate::reader::not_a_choice;

/// A monthly statement. But for `paid_so_far` it never changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
pub(crate) struct StatementBody {
    /// Statement ID.
    #[schema(value_type = String, format = "uuid")]
    id: StatementId,
    /// The loan account.
    #[schema(value_type = String, format = "uuid")]
    loan: LoanId,
    /// Counted from 1 within the loan account.
    #[schema(example = 1)]
    number: u32,
    /// The first day of its period.
    #[schema(value_type = String, format = "date", example = "2023-01-01")]
    period_from: Date,
    /// The day on which it was made.
    #[schema(value_type = String, format = "date", example = "2023-02-01")]
    period_to: Date,
    /// What was owed at the beginning.
    #[schema(inline)]
    opening_balance: MoneyText,
    /// What was owed at the end.
    #[schema(inline)]
    closing_balance: MoneyText,
    /// The part of the closing balance that is principal.
    #[schema(inline)]
    principal: MoneyText,
    /// The part of the closing balance that is interest.
    #[schema(inline)]
    interest: MoneyText,
    /// The part of the closing balance that is fees.
    #[schema(inline)]
    fee: MoneyText,
    /// What has to be repaid by the due date.
    #[schema(inline)]
    minimum_repayment: MoneyText,
    /// By when.
    #[schema(value_type = String, format = "date", example = "2023-02-15")]
    due_date: Date,
    /// Repayments and waivers that count, from the statement to its due date.
    #[schema(inline)]
    paid_so_far: MoneyText,
    /// When it was made.
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
}

/// The columns of the list as CSV: the fields of [`StatementBody`].
const COLUMNS: &[&str] = &[
    "id",
    "loan",
    "number",
    "period_from",
    "period_to",
    "opening_balance",
    "closing_balance",
    "principal",
    "interest",
    "fee",
    "minimum_repayment",
    "due_date",
    "paid_so_far",
    "created_at",
];

impl From<StatementNow> for StatementBody {
    fn from(now: StatementNow) -> Self {
        let StatementNow { statement, paid_so_far } = now;
        let money = |minor| MoneyText(Money::from_minor(minor, statement.closing.currency()));
        Self {
            id: statement.id,
            loan: statement.loan,
            number: statement.number,
            period_from: statement.period_from,
            period_to: statement.period_to,
            opening_balance: MoneyText(statement.opening),
            closing_balance: MoneyText(statement.closing),
            principal: money(statement.closing_parts.principal),
            interest: money(statement.closing_parts.interest),
            fee: money(statement.closing_parts.fee),
            minimum_repayment: MoneyText(statement.minimum_repayment),
            due_date: statement.due_on,
            paid_so_far: MoneyText(paid_so_far),
            created_at: statement.created_at,
        }
    }
}

/// A statement with its transactions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementSheet)]
pub(crate) struct SheetBody {
    #[serde(flatten)]
    head: StatementBody,
    /// Every change of the balance in the period: together they lead from the opening to the closing balance.
    transactions: Vec<LineBody>,
}

/// A change of the balance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementLine)]
pub(crate) struct LineBody {
    /// The transaction.
    #[schema(value_type = String, format = "uuid")]
    transaction: TransactionId,
    /// The business date.
    #[schema(value_type = String, format = "date", example = "2023-01-20")]
    date: Date,
    /// The transaction's type.
    #[serde(rename = "type")]
    #[schema(example = "repayment")]
    kind: &'static str,
    /// The name of a fee or a correction; else empty.
    #[schema(example = "")]
    name: String,
    /// Whether it gives back a repayment that an earlier statement shows and that has failed since.
    is_returned: bool,
    /// What it added to the balance: negative for a repayment.
    #[schema(inline)]
    amount: MoneyText,
    /// What it added to the principal.
    #[schema(inline)]
    principal: MoneyText,
    /// What it added to the interest.
    #[schema(inline)]
    interest: MoneyText,
    /// What it added to the fees.
    #[schema(inline)]
    fee: MoneyText,
    /// The balance after it.
    #[schema(inline)]
    balance: MoneyText,
}

/// The columns of a single statement as CSV: the fields of [`LineBody`].
const LINE_COLUMNS: &[&str] = &[
    "transaction",
    "date",
    "type",
    "name",
    "is_returned",
    "amount",
    "principal",
    "interest",
    "fee",
    "balance",
];

impl LineBody {
    fn of(line: &Line, currency: Currency) -> Self {
        let money = |minor| MoneyText(Money::from_minor(minor, currency));
        Self {
            transaction: line.transaction,
            date: line.on,
            kind: line.kind.as_str(),
            name: line.name.clone(),
            is_returned: line.is_returned,
            amount: money(line.amount),
            principal: money(line.added.principal),
            interest: money(line.added.interest),
            fee: money(line.added.fee),
            balance: money(line.balance),
        }
    }
}

impl From<Sheet> for SheetBody {
    fn from(sheet: Sheet) -> Self {
        let currency = sheet.head.statement.closing.currency();
        let lines = sheet.lines.iter().map(|line| LineBody::of(line, currency));
        Self { transactions: lines.collect(), head: sheet.head.into() }
    }
}

/// How one statement can be asked for.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) struct FormatParams {
    /// `csv`: the transactions; `html`: a page to print. So do `Accept: text/csv` and `Accept: text/html`.
    format: Option<String>,
}

/// A way to write a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Csv,
    Html,
}

impl Form {
    /// What the query says, or else what the client accepts first.
    fn wanted(pairs: &[(String, String)], headers: &HeaderMap) -> Result<Self, ApiError> {
        let named = pairs.iter().rev().find(|(name, text)| name == "format" && !text.is_empty());
        if let Some((_, text)) = named {
            return match text.as_str() {
                "json" => Ok(Self::Json),
                "csv" => Ok(Self::Csv),
                "html" => Ok(Self::Html),
                other => Err(ApiError::field("format", not_a_choice(other))),
            };
        }
        let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let types = accept.split(',').map(|it| it.split(';').next().unwrap_or_default().trim());
        let mut forms = types.filter_map(|media_type| match media_type {
            "application/json" => Some(Self::Json),
            "text/csv" => Some(Self::Csv),
            "text/html" => Some(Self::Html),
            _ => None,
        });
        Ok(forms.next().unwrap_or(Self::Json))
    }
}

/// List statements
///
/// Every field is a filter, with `__gte` and `__lte` on amounts and dates; by default the first 20 results.
#[utoipa::path(
    get, path = "/api/v1/statement/", tag = "Statements", operation_id = "statement_list",
    params(ListParams),
    responses((status = 200, description = "A page of statements.", body = PageBody<StatementBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    list: ListRequest,
) -> Answer<Response> {
    let query = list.query(FIELDS, caller.currency)?;
    if list.is_csv() {
        let file = csv::download("statements.csv", COLUMNS, |mut rows| async move {
            let row = move |statement| rows.push(&StatementBody::from(statement));
            lending.each_statement(&caller, query, row).await.map_err(Refusal::from)
        });
        return Ok(file.await?);
    }
    let page = lending.list_statements(&caller, query.clone()).await?;
    Ok(Json(list.page(&query, page, StatementBody::from)).into_response())
}

/// Get a statement
///
/// With every transaction of its period. `format=csv` answers the transactions alone, `format=html` a page that can
/// be printed or saved as PDF.
#[utoipa::path(
    get, path = "/api/v1/statement/{id}/", tag = "Statements", operation_id = "statement_get",
    params(("id" = Uuid, Path, description = "Statement ID."), FormatParams),
    responses(
        (status = 200, description = "The statement.", content(
            (SheetBody = "application/json"), (String = "text/csv"), (String = "text/html"),
        )),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn get(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<StatementId>,
    Query(pairs): Pairs,
    headers: HeaderMap,
) -> Answer<Response> {
    let mut response = match Form::wanted(&pairs, &headers)? {
        Form::Json => {
            let sheet = lending.get_statement(&caller, id).await?;
            Json(SheetBody::from(sheet)).into_response()
        }
        Form::Csv => {
            let name = format!("statement-{id}.csv");
            let file = csv::download(&name, LINE_COLUMNS, |mut rows| async move {
                let row = move |sheet: &Sheet, line: &Line| {
                    let currency = sheet.head.statement.closing.currency();
                    rows.push(&LineBody::of(line, currency))
                };
                lending.each_statement_line(&caller, id, row).await.map_err(Refusal::from)
            });
            file.await?
        }
        Form::Html => printable(&lending.statement_letter(&caller, id).await?),
    };
    response.headers_mut().insert(VARY, axum::http::HeaderValue::from_static("accept"));
    Ok(response)
}

/// The page, which may load nothing, run nothing and stand in no frame, and which nobody between keeps.
fn printable(letter: &Letter) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, page::POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "private, no-store"),
    ];
    (headers, page::render(letter)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_what_the_query_says_or_else_what_is_accepted_first() {
        let check = |query: &str, accept: &'static str, expected: Option<Form>| {
            let pairs = [("format".to_owned(), query.to_owned())];
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, axum::http::HeaderValue::from_static(accept));
            assert_eq!(Form::wanted(&pairs, &headers).ok(), expected, "{query} {accept}");
        };
        check("", "", Some(Form::Json));
        check("", "*/*", Some(Form::Json));
        check("", "text/csv", Some(Form::Csv));
        check("", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", Some(Form::Html));
        check("", "application/json, text/html", Some(Form::Json));
        check("html", "text/csv", Some(Form::Html));
        check("json", "text/html", Some(Form::Json));
        check("csv", "", Some(Form::Csv));
        check("pdf", "", None);
    }
}
