//! `/api/v1/product/{id}/quote/`: the schedule of a loan that nobody has asked for yet.

use axum::Json;
use axum::extract::{Query, State};
use florin_http::{FromJson, Input, JsonBody, LendingCaller, PathId, request_body};
use florin_ids::ProductId;
use florin_lending::Lending;
use florin_lending::product::{Quote, QuoteFields};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::docs::{BadInput, Conflicting, Refusals, Unknown};
use crate::error::Answer;
use crate::reader::Reader;
use crate::schedule::{InstalmentBody, TotalsBody};

request_body! {
    /// What to quote; what is left out comes from the product.
    pub(crate) struct QuoteInput as "QuoteInput" {
        /// The amount lent, at most the product's.
        amount: optional Decimal,
        /// The yearly rate in percent, at most the product's.
        rate: optional Decimal,
        /// The number of instalments.
        installments: optional i64,
        /// The day of the disbursement; the tenant's business date when absent.
        disbursement_date: optional Date,
        /// The first due date; the repayment day in the month after the disbursement when absent.
        first_repayment_date: optional Date,
    }
    example { "amount": "12000.00", "rate": 12, "installments": 6, "disbursement_date": "2023-01-01" }
}

/// The same in a query string, where a parameter wins over the body's field.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) struct QuoteParams {
    /// The amount lent, at most the product's.
    #[param(example = "12000.00")]
    amount: Option<String>,
    /// The yearly rate in percent, at most the product's.
    #[param(example = "12")]
    rate: Option<String>,
    /// The number of instalments.
    #[param(example = 6)]
    installments: Option<u32>,
    /// The day of the disbursement; the tenant's business date when absent.
    #[param(format = Date, example = "2023-01-01")]
    disbursement_date: Option<String>,
    /// The first due date; the repayment day in the month after the disbursement when absent.
    #[param(format = Date)]
    first_repayment_date: Option<String>,
}

/// The parameters of a query string, as they stand in it.
pub(crate) type Pairs = Query<Vec<(String, String)>>;

impl QuoteInput {
    /// These fields, or the query's where it has them. An empty parameter counts as none.
    fn under(mut self, pairs: Vec<(String, String)>) -> Self {
        for (name, text) in pairs.into_iter().filter(|(_, text)| !text.is_empty()) {
            match name.as_str() {
                "amount" => self.amount = parameter(text),
                "rate" => self.rate = parameter(text),
                "installments" => self.installments = parameter(text),
                "disbursement_date" => self.disbursement_date = parameter(text),
                "first_repayment_date" => self.first_repayment_date = parameter(text),
                _ => {}
            }
        }
        self
    }

    fn read(self) -> QuoteFields {
        let mut reader = Reader::default();
        QuoteFields {
            amount: reader.take("amount", self.amount),
            rate: reader.take("rate", self.rate),
            installments: reader.take("installments", self.installments),
            disbursement_date: reader.take("disbursement_date", self.disbursement_date),
            first_repayment_date: reader.take("first_repayment_date", self.first_repayment_date),
            unreadable: reader.into_faults(),
        }
    }
}

/// A parameter's value, read as the text of a JSON field would be.
pub(crate) fn parameter<T: FromJson>(text: String) -> Input<T> {
    T::from_json(Value::String(text)).map_or_else(Input::Bad, Input::Ok)
}

/// A repayment schedule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quote)]
pub(crate) struct QuoteBody {
    /// The instalments, by due date.
    installments: Vec<InstalmentBody>,
    /// Their sums.
    totals: TotalsBody,
    /// The annual percentage rate, with two decimals; null where none exists.
    #[schema(example = "12.68")]
    apr: Option<String>,
}

impl QuoteBody {
    fn of(quote: &Quote) -> Self {
        let currency = quote.currency;
        let installments = quote.schedule.instalments.iter();
        Self {
            installments: installments
                .map(|instalment| InstalmentBody::of(instalment, currency))
                .collect(),
            totals: TotalsBody::of(&quote.schedule.totals, currency),
            apr: quote.apr.map(|apr| apr.to_string()),
        }
    }
}

/// Quote a repayment schedule
///
/// The schedule that a loan of this product would have. Only term loans have one. The product's fees of the
/// disbursement are in it: they are due with the first instalment that is due, and count in the annual rate.
#[utoipa::path(
    get, path = "/api/v1/product/{id}/quote/", tag = "Products", operation_id = "product_quote",
    params(("id" = Uuid, Path, description = "Product ID."), QuoteParams),
    responses((status = 200, description = "The schedule.", body = QuoteBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn quote(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ProductId>,
    Query(pairs): Pairs,
    JsonBody(body): JsonBody<QuoteInput>,
) -> Answer<Json<QuoteBody>> {
    let quote = lending.quote_product(&caller, id, body.under(pairs).read()).await?;
    Ok(Json(QuoteBody::of(&quote)))
}

/// Quote a repayment schedule, with the parameters in the body
///
/// The same as GET for clients that prefer a body.
#[utoipa::path(
    post, path = "/api/v1/product/{id}/quote/", tag = "Products", operation_id = "product_quote_post",
    params(("id" = Uuid, Path, description = "Product ID."), QuoteParams),
    request_body = QuoteInput,
    responses((status = 200, description = "The schedule.", body = QuoteBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn quote_post(
    State(lending): State<Lending>,
    caller: LendingCaller,
    id: PathId<ProductId>,
    pairs: Pairs,
    body: JsonBody<QuoteInput>,
) -> Answer<Json<QuoteBody>> {
    quote(State(lending), caller, id, pairs, body).await
}
