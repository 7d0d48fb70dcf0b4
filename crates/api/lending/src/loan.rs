//! `/api/v1/loan/`: loan accounts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use florin_http::{
    Faults, JsonBody, LendingCaller, ListParams, ListRequest, MoneyNumber, PageBody, PathId,
    RateNumber, csv, request_body,
};
use florin_ids::{ApplicationId, EndUserId, LoanId};
use florin_lending::loan::{Arrears, CloseSubstatus, FIELDS};
use florin_lending::{Lending, LendingError, Loan, NewLoan};
use florin_money::Money;
use florin_payments::RailKind;
use florin_storage::Page;
use florin_tenancy::Caller;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::docs::{BadInput, Conflicting, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::schedule::ScheduleBody;

const REASON_LENGTH_MAX: usize = 1_000;

/// A loan account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Loan)]
pub(crate) struct LoanBody {
    /// Loan ID.
    #[schema(value_type = String, format = "uuid", example = "6f025741-3a92-4e28-8869-b362b51d6b5f")]
    id: LoanId,
    /// The application for which this loan account was created.
    #[schema(value_type = String, format = "uuid")]
    application: ApplicationId,
    /// The borrower.
    #[schema(value_type = String, format = "uuid")]
    end_user: EndUserId,
    /// The credit limit.
    #[schema(inline)]
    amount: MoneyNumber,
    /// Interest rate, percent a year.
    #[schema(inline)]
    rate: RateNumber,
    /// Number of instalments; null for revolving products.
    #[schema(example = 10)]
    installments: Option<u32>,
    /// Number of instalments in which no repayment is expected.
    grace_instalments: u32,
    /// Number of instalments in which only interest is repaid.
    principal_repayment_grace: u32,
    /// Days between a repayment's due date and when the account is in arrears.
    #[schema(example = 7)]
    arrears_tolerance: u32,
    /// `inactive`, `active`, `late`, `arrears`, `default`, `closed` or `cancelled`.
    #[schema(example = "inactive")]
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
    /// Principal of transactions that wait for the provider.
    #[schema(inline)]
    pending_principal: MoneyNumber,
    /// Interest of transactions that wait for the provider.
    #[schema(inline)]
    pending_interest: MoneyNumber,
    /// Fees of transactions that wait for the provider.
    #[schema(inline)]
    pending_fee: MoneyNumber,
    /// Whether interest is calculated for this loan account.
    is_interest_calculation_enabled: bool,
    /// For closed loans, why.
    #[schema(example = "")]
    close_reason: String,
    /// For closed loans, `paid_in_full` or `written_off`; else empty.
    #[schema(example = "")]
    close_substatus: &'static str,
    /// The due date of the oldest amount that is overdue. Like the two below only there when something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date")]
    past_due_since: Option<Date>,
    /// Whole days since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    days_past_due: Option<i32>,
    /// What is overdue by age in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    ageing: Option<AgeingBody>,
    /// The mandate that repayments are collected over. Only there when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    go_cardless_mandate: Option<String>,
    /// The external account that money is collected from and paid out to. Only there when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_account: Option<i64>,
}

/// What is overdue by age: days since the due date.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ageing)]
pub(crate) struct AgeingBody {
    /// Up to 30 days.
    #[serde(rename = "1-30")]
    #[schema(inline)]
    days_1_to_30: MoneyNumber,
    /// 31 to 60 days.
    #[serde(rename = "31-60")]
    #[schema(inline)]
    days_31_to_60: MoneyNumber,
    /// 61 to 90 days.
    #[serde(rename = "61-90")]
    #[schema(inline)]
    days_61_to_90: MoneyNumber,
    /// More than 90 days.
    #[schema(inline)]
    over_90: MoneyNumber,
}

/// The columns of the list as CSV: the fields of [`LoanBody`] that every loan has.
pub(crate) const COLUMNS: &[&str] = &[
    "id",
    "application",
    "end_user",
    "amount",
    "rate",
    "installments",
    "grace_instalments",
    "principal_repayment_grace",
    "arrears_tolerance",
    "status",
    "principal",
    "interest",
    "fee",
    "pending_principal",
    "pending_interest",
    "pending_fee",
    "is_interest_calculation_enabled",
    "close_reason",
    "close_substatus",
];

impl From<Loan> for LoanBody {
    fn from(loan: Loan) -> Self {
        let money = |minor| MoneyNumber(Money::from_minor(minor, loan.currency));
        let balances = &loan.balances;
        let over = |rail| {
            let instrument = loan.instrument.as_ref().filter(|it| it.rail == rail);
            instrument.map(|it| it.reference.clone())
        };
        let external_account = over(RailKind::Ach).and_then(|number| number.parse().ok());
        Self {
            id: loan.id,
            application: loan.application,
            end_user: loan.end_user,
            amount: MoneyNumber(loan.amount),
            rate: RateNumber(loan.rate),
            installments: loan.installments,
            grace_instalments: loan.grace_instalments,
            principal_repayment_grace: loan.principal_repayment_grace,
            arrears_tolerance: loan.arrears_tolerance,
            status: loan.status.as_str(),
            principal: money(balances.principal.posted),
            interest: money(balances.interest.posted),
            fee: money(balances.fee.posted),
            pending_principal: money(balances.principal.pending()),
            pending_interest: money(balances.interest.pending()),
            pending_fee: money(balances.fee.pending()),
            is_interest_calculation_enabled: loan.is_interest_calculation_enabled,
            close_reason: loan.close_reason,
            close_substatus: loan.close_substatus.map_or("", CloseSubstatus::as_str),
            past_due_since: None,
            days_past_due: None,
            ageing: None,
            go_cardless_mandate: over(RailKind::DirectDebit),
            external_account,
        }
    }
}

impl LoanBody {
    /// The loan, and what is overdue on it.
    fn with_arrears(loan: Loan, arrears: Option<Arrears>) -> Self {
        let currency = loan.currency;
        let money = |minor| MoneyNumber(Money::from_minor(minor, currency));
        let ageing = arrears.map(|arrears| AgeingBody {
            days_1_to_30: money(arrears.ageing.days_1_to_30),
            days_31_to_60: money(arrears.ageing.days_31_to_60),
            days_61_to_90: money(arrears.ageing.days_61_to_90),
            over_90: money(arrears.ageing.days_over_90),
        });
        Self {
            past_due_since: arrears.map(|arrears| arrears.since),
            days_past_due: arrears.map(|arrears| arrears.days_past_due),
            ageing,
            ..loan.into()
        }
    }
}

/// Loans with what is overdue on them.
async fn shown(lending: &Lending, caller: &Caller, loans: Vec<Loan>) -> Answer<Vec<LoanBody>> {
    let loans = lending.arrears_of(caller, loans).await?.into_iter();
    Ok(loans.map(|(loan, arrears)| LoanBody::with_arrears(loan, arrears)).collect())
}

/// A page of loans with what is overdue on them.
pub(crate) async fn shown_page(
    lending: &Lending,
    caller: &Caller,
    page: Page<Loan>,
) -> Answer<Page<LoanBody>> {
    let Page { count, items, follows, last } = page;
    let items = shown(lending, caller, items).await?;
    Ok(Page { count, items, follows, last })
}

request_body! {
    /// What a loan account is created from; what is left out comes from the application, then from the
    /// product.
    pub(crate) struct NewLoanBody as "NewLoan" {
        /// The approved application.
        application: required ApplicationId,
        /// Credit limit, at most the product's.
        amount: optional Decimal,
        /// Interest rate, percent a year, at most the product's.
        rate: optional Decimal,
        /// Number of instalments (term loans).
        installments: optional i64,
        /// Number of instalments in which no repayment is expected (term loans).
        grace_instalments: optional i64,
        /// Number of instalments in which only interest is repaid (term loans).
        principal_repayment_grace: optional i64,
        /// Days between a repayment's due date and when the account is in arrears.
        arrears_tolerance: optional i64,
    }
    example {
        "application": "4eb8aa9c-fb91-4848-bd73-cf744a53f2ce",
        "amount": "1000.00",
        "rate": 10,
        "installments": 6
    }
}

impl NewLoanBody {
    fn read(self) -> Answer<NewLoan> {
        let mut faults = Faults::new();
        let count = 0..=i64::from(u32::MAX);
        let application = faults.required("application", self.application);
        let amount = faults.nullable("amount", self.amount);
        let rate = faults.nullable("rate", self.rate);
        let mut whole = |field, input| {
            let value = faults.nullable(field, input);
            faults.integer(field, value, count.clone())
        };
        let installments = whole("installments", self.installments);
        let grace_instalments = whole("grace_instalments", self.grace_instalments);
        let principal_grace = whole("principal_repayment_grace", self.principal_repayment_grace);
        let arrears_tolerance = whole("arrears_tolerance", self.arrears_tolerance);
        let amount = faults.not_negative("amount", amount);
        let rate = faults.not_negative("rate", rate);
        let (Some(application), true) = (application, faults.is_empty()) else {
            return Err(faults.into());
        };
        Ok(NewLoan {
            application,
            amount,
            rate,
            installments,
            grace_instalments,
            principal_repayment_grace: principal_grace,
            arrears_tolerance,
        })
    }
}

request_body! {
    /// Why a loan account is closed.
    pub(crate) struct CloseBody as "CloseLoan" {
        /// A readable reason (`reason` is accepted too).
        close_reason: optional String,
        /// `paid_in_full` or `written_off` (`substatus` is accepted too).
        close_substatus: optional String,
        reason: hidden String,
        substatus: hidden String,
    }
    example {
        "close_reason": "The borrower is insolvent.",
        "close_substatus": "written_off"
    }
}

impl CloseBody {
    fn read(self) -> Answer<(String, CloseSubstatus)> {
        let (reason_field, reason) = match self.close_reason.is_sent() {
            false if self.reason.is_sent() => ("reason", self.reason),
            _ => ("close_reason", self.close_reason),
        };
        let (field, substatus) = match self.close_substatus.is_sent() {
            false if self.substatus.is_sent() => ("substatus", self.substatus),
            _ => ("close_substatus", self.close_substatus),
        };
        let mut faults = Faults::new();
        let reason = faults.nullable(reason_field, reason);
        let reason = faults.text_or_blank(reason_field, reason, REASON_LENGTH_MAX);
        let substatus = faults.required(field, substatus);
        let substatus = faults.choice(field, substatus, CloseSubstatus::parse);
        let (Some(substatus), true) = (substatus, faults.is_empty()) else {
            return Err(faults.into());
        };
        Ok((reason.unwrap_or_default(), substatus))
    }
}

/// List loans
///
/// Every field is a filter, with `__gte` and `__lte` on amounts and times; by default the first 20
/// results.
#[utoipa::path(
    get, path = "/api/v1/loan/", tag = "Loans", operation_id = "loan_list",
    params(ListParams),
    responses((status = 200, description = "A page of loans.", body = PageBody<LoanBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    list: ListRequest,
) -> Answer<Response> {
    let query = list.query(FIELDS, caller.currency)?;
    if list.is_csv() {
        let file = csv::download("loans.csv", COLUMNS, |mut rows| async move {
            let row = move |loan| rows.push(&LoanBody::from(loan));
            lending.each_loan(&caller, query, row).await.map_err(Refusal::from)
        });
        return Ok(file.await?);
    }
    let page = lending.list_loans(&caller, query.clone()).await?;
    let page = shown_page(&lending, &caller, page).await?;
    Ok(Json(list.page(&query, page, |body| body)).into_response())
}

/// Create a loan account
///
/// For an approved application of a published product. The account is inactive until money is
/// disbursed.
#[utoipa::path(
    post, path = "/api/v1/loan/", tag = "Loans", operation_id = "loan_create",
    request_body = NewLoanBody,
    responses((status = 201, description = "The loan account.", body = LoanBody), BadInput, Conflicting, Refusals),
)]
pub(crate) async fn create(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    JsonBody(body): JsonBody<NewLoanBody>,
) -> Answer<(StatusCode, Json<LoanBody>)> {
    let loan = lending.create_loan(&caller, body.read()?).await?;
    Ok(created(loan))
}

/// Get a loan account
#[utoipa::path(
    get, path = "/api/v1/loan/{id}/", tag = "Loans", operation_id = "loan_get",
    params(("id" = Uuid, Path, description = "Loan ID.")),
    responses((status = 200, description = "The loan account.", body = LoanBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<LoanId>,
) -> Answer<Json<LoanBody>> {
    let loan = lending.get_loan(&caller, id).await?;
    Ok(Json(shown_one(&lending, &caller, loan).await?))
}

/// Get the schedule of a loan account
///
/// The instalments as booked, in the form of a quote; none before the first disbursement and for
/// revolving products.
#[utoipa::path(
    get, path = "/api/v1/loan/{id}/schedule/", tag = "Loans", operation_id = "loan_schedule",
    params(("id" = Uuid, Path, description = "Loan ID.")),
    responses((status = 200, description = "The schedule.", body = ScheduleBody), Unknown, Refusals),
)]
pub(crate) async fn schedule(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<LoanId>,
) -> Answer<Json<ScheduleBody>> {
    let (loan, instalments) = lending.loan_schedule(&caller, id).await?;
    Ok(Json(ScheduleBody::of(&instalments, loan.currency)))
}

/// Cancel a loan account
///
/// Only one that was never disbursed.
#[utoipa::path(
    post, path = "/api/v1/loan/{id}/cancel/", tag = "Loans", operation_id = "loan_cancel",
    params(("id" = Uuid, Path, description = "Loan ID.")),
    responses((status = 201, description = "The cancelled loan account.", body = LoanBody), Unknown, Conflicting, Refusals),
)]
pub(crate) async fn cancel(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<LoanId>,
) -> Answer<(StatusCode, Json<LoanBody>)> {
    Ok(created(lending.cancel_loan(&caller, id).await?))
}

/// Close a loan account
///
/// Interest stops, and what is still owed is a loss. A collection that is not yet with the bank is called off; while
/// something else is pending, a loan is not closed.
#[utoipa::path(
    post, path = "/api/v1/loan/{id}/close/", tag = "Loans", operation_id = "loan_close",
    params(("id" = Uuid, Path, description = "Loan ID.")),
    request_body = CloseBody,
    responses((status = 201, description = "The closed loan account.", body = LoanBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn close(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<LoanId>,
    JsonBody(body): JsonBody<CloseBody>,
) -> Answer<(StatusCode, Json<LoanBody>)> {
    let (reason, substatus) = body.read()?;
    Ok(created(lending.close_loan(&caller, id, reason, substatus).await?))
}

/// Make a loan account in arrears
///
/// By hand, whatever is overdue: the product's arrears fees are charged. A repayment after which nothing is overdue
/// makes it active again.
#[utoipa::path(
    post, path = "/api/v1/loan/{id}/make_arrears/", tag = "Loans", operation_id = "loan_make_arrears",
    params(("id" = Uuid, Path, description = "Loan ID.")),
    responses((status = 201, description = "The loan account in arrears.", body = LoanBody), Unknown, Conflicting, Refusals),
)]
pub(crate) async fn make_arrears(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<LoanId>,
) -> Answer<(StatusCode, Json<LoanBody>)> {
    let loan = lending.make_arrears(&caller, id).await?;
    Ok((StatusCode::CREATED, Json(shown_one(&lending, &caller, loan).await?)))
}

/// Make a loan account defaulted
///
/// The product's default fees are charged. A repayment after which nothing is overdue makes it active again.
#[utoipa::path(
    post, path = "/api/v1/loan/{id}/make_default/", tag = "Loans", operation_id = "loan_make_default",
    params(("id" = Uuid, Path, description = "Loan ID.")),
    responses((status = 201, description = "The loan account in default.", body = LoanBody), Unknown, Conflicting, Refusals),
)]
pub(crate) async fn make_default(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<LoanId>,
) -> Answer<(StatusCode, Json<LoanBody>)> {
    let loan = lending.make_default(&caller, id).await?;
    Ok((StatusCode::CREATED, Json(shown_one(&lending, &caller, loan).await?)))
}

/// Stop interest calculation
///
/// No interest accrues from today on, until it is started again.
#[utoipa::path(
    post, path = "/api/v1/loan/{id}/stop_interest_calculation/", tag = "Loans",
    operation_id = "loan_stop_interest_calculation",
    params(("id" = Uuid, Path, description = "Loan ID.")),
    responses((status = 201, description = "The loan account.", body = LoanBody), Unknown, Conflicting, Refusals),
)]
pub(crate) async fn stop_interest_calculation(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<LoanId>,
) -> Answer<(StatusCode, Json<LoanBody>)> {
    let loan = lending.set_interest_calculation(&caller, id, false).await?;
    Ok((StatusCode::CREATED, Json(shown_one(&lending, &caller, loan).await?)))
}

/// Start interest calculation
///
/// Interest accrues again from today on.
#[utoipa::path(
    post, path = "/api/v1/loan/{id}/start_interest_calculation/", tag = "Loans",
    operation_id = "loan_start_interest_calculation",
    params(("id" = Uuid, Path, description = "Loan ID.")),
    responses((status = 201, description = "The loan account.", body = LoanBody), Unknown, Conflicting, Refusals),
)]
pub(crate) async fn start_interest_calculation(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<LoanId>,
) -> Answer<(StatusCode, Json<LoanBody>)> {
    let loan = lending.set_interest_calculation(&caller, id, true).await?;
    Ok((StatusCode::CREATED, Json(shown_one(&lending, &caller, loan).await?)))
}

pub(crate) async fn shown_one(lending: &Lending, caller: &Caller, loan: Loan) -> Answer<LoanBody> {
    let mut loans = lending.arrears_of(caller, vec![loan]).await?;
    let (loan, arrears) = loans.pop().ok_or(LendingError::NotFound("loan"))?;
    Ok(LoanBody::with_arrears(loan, arrears))
}

fn created(loan: Loan) -> (StatusCode, Json<LoanBody>) {
    (StatusCode::CREATED, Json(loan.into()))
}
