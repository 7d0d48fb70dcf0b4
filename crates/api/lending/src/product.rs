//! Products: configure, list, change, publish, quote.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use florin_calendar::Calendar;
use florin_http::{
    JsonBody, LendingCaller, ListParams, ListRequest, PageBody, PathId, RateNumber, csv,
    request_body, serialize_number,
};
use florin_ids::ProductId;
use florin_lending::Lending;
use florin_lending::product::{
    EarlyRepaymentRecalculation, FIELDS, InstalmentMethod, InterestCalculation, Product,
    ProductFields, ProductType, RepaymentDateType, RepaymentHolidayScheduling,
};
use florin_money::{Currency, DayCount};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::docs::{BadInput, Conflicting, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::fees::{FeesBody, FeesInput};
use crate::reader::{Reader, patch_schema};

request_body! {
    /// A product in a request. Required: `type`, `name`, `max_loan_amount`, `max_interest_rate` and, for term loans,
    /// `installments`.
    pub(crate) struct ProductInput as "ProductInput" {
        /// `revolving_credit`, `simple_revolving_credit` (or `line_of_credit`), `equal_principal_term_loan` or
        /// `equal_instalments_term_loan`.
        "type" kind: required String,
        /// A readable name.
        name: required String,
        /// ISO code of the currency of the amounts; the tenant's when absent.
        currency: optional String,
        /// The upper limit of the credit amount.
        max_loan_amount: required Decimal,
        /// The amount where an application names none; the upper limit when absent.
        default_loan_amount: optional Decimal,
        /// The highest yearly rate in percent: 5 for 5 %.
        max_interest_rate: required Decimal,
        /// The yearly rate in percent where an application names none; the highest when absent.
        default_interest_rate: optional Decimal,
        /// The number of instalments where an application names none. Required for term loans.
        installments: optional i64,
        /// Instalments at the start in which nothing is repaid.
        default_grace_instalments: optional i64,
        /// Instalments at the start in which only interest is repaid.
        principal_repayment_grace: optional i64,
        /// Fees: a list, or one object.
        default_fees: optional FeesInput,
        /// Days between the account becoming late and becoming in arrears.
        arrears_tolerance: optional i64,
        /// `equal_principal_payments` or `equal_instalments`; must fit the type.
        interest_calculation: optional String,
        /// Equal instalments: `standard` (the default: by the annuity formula, the last one makes up for the actual
        /// days) or `exact` (solved over the actual dates, so that the last one differs by pennies only).
        instalment_method: optional String,
        /// `from_last_instalment` or `reduced_instalments`.
        early_repayment_recalculation: optional String,
        /// `last_business_day_before_the_day`, `first_business_day_after_the_day` or `on_day`.
        repayment_holiday_scheduling: optional String,
        /// Whether interest is calculated on bank holidays.
        calculate_interest_on_holidays: optional bool,
        /// `day_of_month`, `last_day_of_month` or `first_day_of_month` (business days).
        repayment_date_type: optional String,
        /// The day, 1 to 31, when the type is `day_of_month`.
        repayment_date_period: optional i64,
        /// Revolving credit: the percentage of the statement's balance that must be repaid.
        minimum_repayment_percent: optional Decimal,
        /// Revolving credit: the least amount that must be repaid.
        minimum_repayment_amount: optional Decimal,
        /// Revolving credit: the day of the month of the statement, 1 to 31.
        statement_day: optional i64,
        /// Revolving credit: the day of the month that the repayment is due by, 1 to 31.
        repayment_due_day: optional i64,
        /// `actual/365` (the default), `actual/360`, `actual/actual` or `30/360`.
        day_count: optional String,
        /// `GB-ENG`, `US-FED` or `NONE` (weekends only); by the currency when absent.
        calendar: optional String,
    }
    example {
        "type": "equal_principal_term_loan",
        "name": "Term loan",
        "max_loan_amount": 20000,
        "default_loan_amount": 12000,
        "max_interest_rate": 15,
        "default_interest_rate": 12,
        "installments": 6
    }
}

patch_schema!(ProductPatch of ProductInput);

impl ProductInput {
    fn read(self) -> ProductFields {
        let mut reader = Reader::default();
        ProductFields {
            kind: reader.word("type", self.kind, ProductType::parse_wire),
            name: reader.take("name", self.name),
            currency: reader.word("currency", self.currency, |code| Currency::from_code(code).ok()),
            max_loan_amount: reader.take("max_loan_amount", self.max_loan_amount),
            default_loan_amount: reader.take("default_loan_amount", self.default_loan_amount),
            max_interest_rate: reader.take("max_interest_rate", self.max_interest_rate),
            default_interest_rate: reader.take("default_interest_rate", self.default_interest_rate),
            installments: reader.take("installments", self.installments),
            default_grace_instalments: reader
                .take("default_grace_instalments", self.default_grace_instalments),
            principal_repayment_grace: reader
                .take("principal_repayment_grace", self.principal_repayment_grace),
            default_fees: reader.take("default_fees", self.default_fees).map(|fees| fees.0),
            arrears_tolerance: reader.take("arrears_tolerance", self.arrears_tolerance),
            interest_calculation: reader.word(
                "interest_calculation",
                self.interest_calculation,
                InterestCalculation::parse,
            ),
            instalment_method: reader.word(
                "instalment_method",
                self.instalment_method,
                InstalmentMethod::parse,
            ),
            early_repayment_recalculation: reader.word(
                "early_repayment_recalculation",
                self.early_repayment_recalculation,
                EarlyRepaymentRecalculation::parse,
            ),
            repayment_holiday_scheduling: reader.word(
                "repayment_holiday_scheduling",
                self.repayment_holiday_scheduling,
                RepaymentHolidayScheduling::parse,
            ),
            calculate_interest_on_holidays: reader
                .take("calculate_interest_on_holidays", self.calculate_interest_on_holidays),
            repayment_date_type: reader.word(
                "repayment_date_type",
                self.repayment_date_type,
                RepaymentDateType::parse,
            ),
            repayment_date_period: reader.take("repayment_date_period", self.repayment_date_period),
            minimum_repayment_percent: reader
                .take("minimum_repayment_percent", self.minimum_repayment_percent),
            minimum_repayment_amount: reader
                .take("minimum_repayment_amount", self.minimum_repayment_amount),
            statement_day: reader.take("statement_day", self.statement_day),
            repayment_due_day: reader.take("repayment_due_day", self.repayment_due_day),
            day_count: reader.word("day_count", self.day_count, |word| DayCount::parse(word).ok()),
            calendar: reader.word("calendar", self.calendar, |word| Calendar::parse(word).ok()),
            unreadable: reader.into_faults(),
        }
    }
}

/// A product in an answer. The first fields are the document's; those after them are answered only when the product
/// was configured with them.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Product)]
pub(crate) struct ProductBody {
    /// Product ID.
    #[schema(value_type = String, format = "uuid")]
    id: ProductId,
    /// The type of the product.
    #[serde(rename = "type")]
    #[schema(example = "revolving_credit")]
    kind: &'static str,
    /// Loan accounts cannot be created for draft products.
    is_draft: bool,
    /// The upper limit of the credit amount.
    #[serde(serialize_with = "number")]
    #[schema(value_type = f64, example = 1000)]
    max_loan_amount: Decimal,
    /// The amount where an application names none.
    #[serde(serialize_with = "number")]
    #[schema(value_type = f64, example = 600)]
    default_loan_amount: Decimal,
    /// The highest yearly rate in percent.
    #[schema(inline)]
    max_interest_rate: RateNumber,
    /// The yearly rate in percent where an application names none.
    #[schema(inline)]
    default_interest_rate: RateNumber,
    /// A readable name.
    #[schema(example = "Cash advance")]
    name: String,
    /// The number of instalments where an application names none; null when a revolving product has none.
    #[schema(example = 6)]
    installments: Option<u32>,
    /// Instalments at the start in which nothing is repaid.
    #[schema(example = "2")]
    default_grace_instalments: String,
    /// Instalments at the start in which only interest is repaid.
    #[schema(example = "2")]
    principal_repayment_grace: String,
    /// Fees, in the form they were given: a list, or one object.
    default_fees: FeesBody,
    /// Days between the account becoming late and becoming in arrears.
    #[schema(example = "7")]
    arrears_tolerance: String,
    /// How the schedule divides the principal.
    #[schema(example = "equal_principal_payments")]
    interest_calculation: &'static str,
    /// What an early repayment does to the schedule.
    #[schema(example = "from_last_instalment")]
    early_repayment_recalculation: &'static str,
    /// Where a repayment date goes that is no business day.
    #[schema(example = "last_business_day_before_the_day")]
    repayment_holiday_scheduling: &'static str,
    /// Whether interest is calculated on bank holidays.
    calculate_interest_on_holidays: bool,
    /// Which day of the month repayments fall on.
    #[schema(example = "day_of_month")]
    repayment_date_type: &'static str,
    /// The day of the month, 1 to 31.
    #[schema(example = 10)]
    repayment_date_period: u32,
    /// How the amount of a level instalment is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "exact")]
    instalment_method: Option<&'static str>,
    /// The percentage of the statement's balance that must be repaid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    minimum_repayment_percent: Option<RateNumber>,
    /// The least amount that must be repaid.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_number")]
    #[schema(value_type = Option<f64>)]
    minimum_repayment_amount: Option<Decimal>,
    /// The day of the month of the statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement_day: Option<u32>,
    /// The day of the month that the repayment is due by.
    #[serde(skip_serializing_if = "Option::is_none")]
    repayment_due_day: Option<u32>,
    /// ISO code of the currency of the amounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'static str>,
    /// The day count.
    #[serde(skip_serializing_if = "Option::is_none")]
    day_count: Option<&'static str>,
    /// The calendar of the business days.
    #[serde(skip_serializing_if = "Option::is_none")]
    calendar: Option<&'static str>,
}

impl ProductBody {
    fn of(product: Product) -> Self {
        Self {
            id: product.id,
            kind: product.kind.as_str(),
            is_draft: product.is_draft,
            max_loan_amount: product.max_loan_amount.to_decimal().normalize(),
            default_loan_amount: product.default_loan_amount.to_decimal().normalize(),
            max_interest_rate: RateNumber(product.max_interest_rate),
            default_interest_rate: RateNumber(product.default_interest_rate),
            name: product.name,
            installments: product.installments,
            default_grace_instalments: product.default_grace_instalments.to_string(),
            principal_repayment_grace: product.principal_repayment_grace.to_string(),
            default_fees: FeesBody::of(product.default_fees),
            arrears_tolerance: product.arrears_tolerance.to_string(),
            interest_calculation: product.interest_calculation.as_str(),
            early_repayment_recalculation: product.early_repayment_recalculation.as_str(),
            repayment_holiday_scheduling: product.repayment_holiday_scheduling.as_str(),
            calculate_interest_on_holidays: product.calculate_interest_on_holidays,
            repayment_date_type: product.repayment_date_type.as_str(),
            repayment_date_period: product.repayment_date_period,
            instalment_method: product.chosen_instalment_method.map(InstalmentMethod::as_str),
            minimum_repayment_percent: product.minimum_repayment_percent.map(RateNumber),
            minimum_repayment_amount: product
                .minimum_repayment_amount
                .map(|amount| amount.to_decimal().normalize()),
            statement_day: product.statement_day,
            repayment_due_day: product.repayment_due_day,
            currency: product.is_currency_given.then(|| product.currency.code()),
            day_count: product.chosen_day_count.map(DayCount::as_str),
            calendar: product.chosen_calendar.map(Calendar::as_str),
        }
    }
}

/// The columns of the CSV, in the order of [`ProductRow`].
const COLUMNS: &[&str] = &[
    "id",
    "type",
    "is_draft",
    "max_loan_amount",
    "default_loan_amount",
    "max_interest_rate",
    "default_interest_rate",
    "name",
    "installments",
    "default_grace_instalments",
    "principal_repayment_grace",
    "default_fees",
    "arrears_tolerance",
    "interest_calculation",
    "early_repayment_recalculation",
    "repayment_holiday_scheduling",
    "calculate_interest_on_holidays",
    "repayment_date_type",
    "repayment_date_period",
    "minimum_repayment_percent",
    "minimum_repayment_amount",
    "statement_day",
    "repayment_due_day",
    "currency",
    "day_count",
    "calendar",
    "instalment_method",
];

/// A product in the CSV: every column in every row, so the body leaves out what may be missing and the row adds it.
#[derive(Serialize)]
struct ProductRow {
    #[serde(flatten)]
    body: ProductBody,
    minimum_repayment_percent: Option<RateNumber>,
    #[serde(serialize_with = "optional_number")]
    minimum_repayment_amount: Option<Decimal>,
    statement_day: Option<u32>,
    repayment_due_day: Option<u32>,
    currency: Option<&'static str>,
    day_count: Option<&'static str>,
    calendar: Option<&'static str>,
    instalment_method: Option<&'static str>,
}

impl ProductRow {
    fn of(product: Product) -> Self {
        let currency = product.currency.code();
        let mut body = ProductBody::of(product);
        body.currency = None;
        Self {
            minimum_repayment_percent: body.minimum_repayment_percent.take(),
            minimum_repayment_amount: body.minimum_repayment_amount.take(),
            statement_day: body.statement_day.take(),
            repayment_due_day: body.repayment_due_day.take(),
            currency: Some(currency),
            day_count: body.day_count.take(),
            calendar: body.calendar.take(),
            instalment_method: body.instalment_method.take(),
            body,
        }
    }
}

fn number<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_number(value, serializer)
}

fn optional_number<S: Serializer>(
    value: &Option<Decimal>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serialize_number(value, serializer),
        None => serializer.serialize_none(),
    }
}

/// List products
#[utoipa::path(
    get, path = "/api/v1/product/", tag = "Products", operation_id = "product_list",
    params(ListParams),
    responses((status = 200, description = "A page of products.", body = PageBody<ProductBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    request: ListRequest,
) -> Answer<Response> {
    let query = request.query(FIELDS, caller.currency)?;
    if request.is_csv() {
        let file = csv::download("products.csv", COLUMNS, |mut rows| async move {
            lending
                .each_product(&caller, query, move |product| rows.push(&ProductRow::of(product)))
                .await
                .map_err(Refusal::from)
        })
        .await?;
        return Ok(file);
    }
    let page = lending.list_products(&caller, query.clone()).await?;
    Ok(Json(request.page(&query, page, ProductBody::of)).into_response())
}

/// Create a product
///
/// The product is a draft: it can be changed and deleted until it is published.
#[utoipa::path(
    post, path = "/api/v1/product/", tag = "Products", operation_id = "product_create",
    request_body = ProductInput,
    responses((status = 201, description = "The product.", body = ProductBody), BadInput, Refusals),
)]
pub(crate) async fn create(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    JsonBody(input): JsonBody<ProductInput>,
) -> Answer<(StatusCode, Json<ProductBody>)> {
    let product = lending.create_product(&caller, input.read()).await?;
    Ok((StatusCode::CREATED, Json(ProductBody::of(product))))
}

/// Get a product
#[utoipa::path(
    get, path = "/api/v1/product/{id}/", tag = "Products", operation_id = "product_get",
    params(("id" = Uuid, Path, description = "Product ID.")),
    responses((status = 200, description = "The product.", body = ProductBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ProductId>,
) -> Answer<Json<ProductBody>> {
    let product = lending.get_product(&caller, id).await?;
    Ok(Json(ProductBody::of(product)))
}

/// Replace a draft product
///
/// What is left out takes its default.
#[utoipa::path(
    put, path = "/api/v1/product/{id}/", tag = "Products", operation_id = "product_replace",
    params(("id" = Uuid, Path, description = "Product ID.")),
    request_body = ProductInput,
    responses((status = 200, description = "The product.", body = ProductBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn replace(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ProductId>,
    JsonBody(input): JsonBody<ProductInput>,
) -> Answer<Json<ProductBody>> {
    let product = lending.replace_product(&caller, id, input.read()).await?;
    Ok(Json(ProductBody::of(product)))
}

/// Update a draft product
///
/// What is left out stays.
#[utoipa::path(
    patch, path = "/api/v1/product/{id}/", tag = "Products", operation_id = "product_update",
    params(("id" = Uuid, Path, description = "Product ID.")),
    request_body = ProductPatch,
    responses((status = 200, description = "The product.", body = ProductBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn update(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ProductId>,
    JsonBody(input): JsonBody<ProductInput>,
) -> Answer<Json<ProductBody>> {
    let product = lending.update_product(&caller, id, input.read()).await?;
    Ok(Json(ProductBody::of(product)))
}

/// Delete a draft product
#[utoipa::path(
    delete, path = "/api/v1/product/{id}/", tag = "Products", operation_id = "product_delete",
    params(("id" = Uuid, Path, description = "Product ID.")),
    responses((status = 204, description = "It is gone."), Unknown, Conflicting, Refusals),
)]
pub(crate) async fn delete(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ProductId>,
) -> Answer<StatusCode> {
    lending.delete_product(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Publish a product
///
/// From now on loans can be created for it, and it can no longer be changed or deleted.
#[utoipa::path(
    post, path = "/api/v1/product/{id}/publish/", tag = "Products", operation_id = "product_publish",
    params(("id" = Uuid, Path, description = "Product ID.")),
    responses((status = 201, description = "The product.", body = ProductBody), Unknown, Conflicting, Refusals),
)]
pub(crate) async fn publish(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ProductId>,
) -> Answer<(StatusCode, Json<ProductBody>)> {
    let product = lending.publish_product(&caller, id).await?;
    Ok((StatusCode::CREATED, Json(ProductBody::of(product))))
}
