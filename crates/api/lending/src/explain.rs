//! `/api/v1/loan/{id}/payoff/` and `/api/v1/loan/{id}/explain/`: what repays a loan, and why it owes what it owes.

mod plain;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use florin_http::{Faults, FromJson, Input, LendingCaller, MoneyText, PathId, RateText};
use florin_ids::{LoanId, TransactionId};
use florin_lending::Lending;
use florin_lending::loan::Payoff;
use florin_lending::loan::explain::{
    DIFFERENCE, Exact, Explanation, FEE_FORMULA, Line, PRINCIPAL_FORMULA, Period, Silence, Spell,
    Split, What,
};
use florin_money::Money;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::docs::{BadInput, Conflicting, Refusals, Unknown};
use crate::error::Answer;

/// The parameters of a query string, as they stand in it.
type Pairs = Query<Vec<(String, String)>>;

/// What repays a loan in full.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payoff)]
pub(crate) struct PayoffBody {
    /// The loan account.
    #[schema(value_type = String, format = "uuid")]
    loan: LoanId,
    /// The day on which it is repaid.
    #[schema(value_type = String, format = "date", example = "2023-02-01")]
    date: Date,
    /// The principal owed then.
    #[schema(inline)]
    principal: MoneyText,
    /// The interest owed then.
    #[schema(inline)]
    interest: MoneyText,
    /// The fees owed then.
    #[schema(inline)]
    fee: MoneyText,
    /// The sum of the three: a repayment of this amount on that day leaves nothing.
    #[schema(inline)]
    total: MoneyText,
    /// Disbursements that wait for an answer; the payoff does not have them yet.
    #[schema(inline)]
    pending_disbursements: MoneyText,
    /// Repayments that lowered the balance and wait for an answer; one that fails is owed again.
    #[schema(inline)]
    pending_repayments: MoneyText,
}

impl From<Payoff> for PayoffBody {
    fn from(payoff: Payoff) -> Self {
        let money = |minor| MoneyText(Money::from_minor(minor, payoff.currency));
        Self {
            loan: payoff.loan,
            date: payoff.date,
            principal: money(payoff.owed.principal),
            interest: money(payoff.owed.interest),
            fee: money(payoff.owed.fee),
            total: money(payoff.total),
            pending_disbursements: money(payoff.pending_disbursements),
            pending_repayments: money(payoff.pending_repayments),
        }
    }
}

/// An exact amount.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExactAmount)]
pub(crate) struct ExactBody {
    /// Twelve digits or so; what lies beyond is cut off.
    #[schema(example = "122.301369863013")]
    decimal: String,
    /// Of the reduced fraction.
    #[schema(example = "8928")]
    numerator: String,
    /// Of the reduced fraction.
    #[schema(example = "73")]
    denominator: String,
}

impl From<Exact> for ExactBody {
    fn from(exact: Exact) -> Self {
        Self {
            decimal: exact.decimal,
            numerator: exact.numerator.to_string(),
            denominator: exact.denominator.to_string(),
        }
    }
}

/// Days between which nothing that interest depends on changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InterestSpell)]
pub(crate) struct SpellBody {
    /// The first night begins on this day.
    #[schema(value_type = String, format = "date", example = "2023-01-01")]
    from: Date,
    /// The last night ends on this day.
    #[schema(value_type = String, format = "date", example = "2023-02-01")]
    to: Date,
    /// How many nights.
    #[schema(example = 31)]
    nights: i64,
    /// The principal that bore interest.
    #[schema(inline)]
    principal: MoneyText,
    /// The nights as the day count weighs them, over `year`.
    #[schema(example = 31)]
    days: i64,
    /// What a year weighs.
    #[schema(example = 365)]
    year: i64,
    /// The computation.
    #[schema(example = "12000.00 x 12 % x 31/365")]
    formula: String,
    /// What it comes to.
    exact: ExactBody,
    /// Why there was no interest: `stopped`, `reverted` or `nothing_owed`; else null.
    no_interest: Option<&'static str>,
    /// The transaction that was reverted and took these nights with it.
    #[schema(value_type = Option<String>, format = "uuid")]
    reverted_transaction: Option<TransactionId>,
}

impl SpellBody {
    fn of(told: &Explanation, spell: &Spell) -> Self {
        let (no_interest, reverted_transaction) = match spell.silence {
            None => (None, None),
            Some(Silence::Stopped) => (Some("stopped"), None),
            Some(Silence::Reverted(id)) => (Some("reverted"), Some(id)),
            Some(Silence::NothingOwed) => (Some("nothing_owed"), None),
        };
        Self {
            from: spell.from,
            to: spell.to,
            nights: spell.nights,
            principal: MoneyText(told.loan.money(spell.principal_minor)),
            days: spell.weight,
            year: told.loan.terms.day_count.denominator(),
            formula: told.spell_formula(spell),
            exact: told.exact(spell.numerator).into(),
            no_interest,
            reverted_transaction,
        }
    }
}

/// A period of interest: its exact interest is rounded once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InterestPeriod)]
pub(crate) struct PeriodBody {
    /// The first night begins on this day.
    #[schema(value_type = String, format = "date", example = "2023-01-01")]
    from: Date,
    /// The last night ends on this day.
    #[schema(value_type = String, format = "date", example = "2023-02-01")]
    to: Date,
    /// Whether it has ended: an instalment fell due, or a statement was closed.
    is_ended: bool,
    /// Its days.
    spells: Vec<SpellBody>,
    /// The sum of their exact interest.
    exact: ExactBody,
    /// The same, rounded half up.
    #[schema(inline)]
    interest: MoneyText,
    /// What its days posted.
    #[schema(inline)]
    posted: MoneyText,
    /// What was posted above `interest`; corrections make up for it.
    #[schema(inline)]
    difference: MoneyText,
    /// How many transactions posted it.
    #[schema(example = 31)]
    postings: u32,
    /// Where these transactions are listed.
    #[schema(
        example = "/api/v1/transaction/?loan=6f025741-3a92-4e28-8869-b362b51d6b5f&type=interest&date__gte=2023-01-02&date__lte=2023-02-01"
    )]
    transactions: String,
}

impl PeriodBody {
    fn of(told: &Explanation, period: &Period) -> Self {
        let money = |minor| MoneyText(told.loan.money(minor));
        Self {
            from: period.from,
            to: period.to,
            is_ended: period.is_ended,
            spells: period.spells.iter().map(|spell| SpellBody::of(told, spell)).collect(),
            exact: told.exact(period.numerator).into(),
            interest: money(period.charged),
            posted: money(period.posted),
            difference: money(period.posted - period.charged),
            postings: period.postings,
            transactions: format!(
                "/api/v1/transaction/?loan={}&type=interest&date__gte={}&date__lte={}",
                told.loan.id,
                period.from.tomorrow().unwrap_or(period.from),
                period.to
            ),
        }
    }
}

/// One step of a balance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BalanceStep)]
pub(crate) struct LineBody {
    /// The business date on which it counts.
    #[schema(value_type = Option<String>, format = "date", example = "2023-02-01")]
    date: Option<Date>,
    /// `interest` of nights; the type of a transaction; `written_off`; `unexplained`, of which there should
    /// be none.
    #[schema(example = "repayment")]
    what: &'static str,
    /// For interest of nights, the day on which the first one begins.
    #[schema(value_type = Option<String>, format = "date")]
    from: Option<Date>,
    /// For interest of nights, how many days posted it.
    postings: Option<u32>,
    /// The transaction, where it is one.
    #[schema(value_type = Option<String>, format = "uuid")]
    transaction: Option<TransactionId>,
    /// The name of a fee or of a correction; else empty.
    #[schema(example = "")]
    name: String,
    /// Where the amount comes from, in words; else empty.
    #[schema(example = "")]
    formula: String,
    /// By how much the balance rose; below 0 when it fell.
    #[schema(inline)]
    amount: MoneyText,
    /// The balance afterwards.
    #[schema(inline)]
    balance: MoneyText,
}

impl LineBody {
    fn of(told: &Explanation, line: &Line) -> Self {
        let mut body = Self {
            date: line.date,
            what: "unexplained",
            from: None,
            postings: None,
            transaction: None,
            name: String::new(),
            formula: String::new(),
            amount: MoneyText(told.loan.money(line.amount)),
            balance: MoneyText(told.loan.money(line.balance)),
        };
        match &line.what {
            What::Nights { from, postings, .. } => {
                (body.what, body.from, body.postings) = ("interest", Some(*from), Some(*postings));
            }
            What::Transaction { id, kind, name, formula } => {
                (body.what, body.transaction) = (kind.as_str(), Some(*id));
                (body.name, body.formula) = (name.clone(), formula.clone());
            }
            What::WriteOff => body.what = "written_off",
            What::Unexplained => {}
        }
        body
    }

    fn all(told: &Explanation, lines: &[Line]) -> Vec<Self> {
        lines.iter().map(|line| Self::of(told, line)).collect()
    }
}

/// A balance and the steps that lead to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedBalance)]
pub(crate) struct BalanceBody {
    /// How it comes about, in words.
    formula: String,
    /// The balance at the end of the day.
    #[schema(inline)]
    balance: MoneyText,
    /// What it comes to in the loan's story as it is told now; null when that cannot be told.
    #[schema(inline)]
    told_again: Option<MoneyText>,
    /// What is booked above that.
    #[schema(inline)]
    difference: Option<MoneyText>,
    /// Why there is a difference; empty when there is none.
    #[schema(example = "")]
    why: &'static str,
    /// The steps, in order.
    lines: Vec<LineBody>,
}

impl BalanceBody {
    fn of(
        told: &Explanation,
        formula: String,
        booked: i64,
        again: Option<i64>,
        lines: &[Line],
    ) -> Self {
        let money = |minor| MoneyText(told.loan.money(minor));
        let difference = again.map(|again| booked - again);
        Self {
            formula,
            balance: money(booked),
            told_again: again.map(money),
            difference: difference.map(money),
            why: if difference.is_some_and(|it| it != 0) { DIFFERENCE } else { "" },
            lines: LineBody::all(told, lines),
        }
    }
}

/// The interest, period by period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedInterest)]
pub(crate) struct InterestBody {
    /// The balance and its steps.
    #[serde(flatten)]
    balance: BalanceBody,
    /// A year, in percent.
    #[schema(inline)]
    rate: RateText,
    /// How days are counted.
    #[schema(example = "actual/365")]
    day_count: &'static str,
    /// How the interest came about.
    periods: Vec<PeriodBody>,
    /// The rounded interest of all periods.
    #[schema(inline)]
    explained: Option<MoneyText>,
    /// What all days posted.
    #[schema(inline)]
    posted: Option<MoneyText>,
    /// What corrections charged or gave back.
    #[schema(inline)]
    corrections: Option<MoneyText>,
    /// `posted` and `corrections` above `explained`.
    #[schema(inline)]
    unreconciled: Option<MoneyText>,
}

impl InterestBody {
    fn of(told: &Explanation, balance: BalanceBody) -> Self {
        let sums = told.reconciliation;
        let money = |minor| MoneyText(told.loan.money(minor));
        Self {
            balance,
            rate: RateText(told.loan.rate),
            day_count: told.loan.terms.day_count.as_str(),
            periods: told.periods.iter().map(|period| PeriodBody::of(told, period)).collect(),
            explained: sums.map(|sums| money(sums.explained)),
            posted: sums.map(|sums| money(sums.posted)),
            corrections: sums.map(|sums| money(sums.corrections)),
            unreconciled: sums.map(|sums| money(sums.difference())),
        }
    }
}

/// An amount by what it pays.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SplitAmount)]
pub(crate) struct PartsBody {
    /// Fees, which come first.
    #[schema(inline)]
    fee: MoneyText,
    /// Interest, which comes second.
    #[schema(inline)]
    interest: MoneyText,
    /// Principal, which comes last.
    #[schema(inline)]
    principal: MoneyText,
}

/// How a repayment or a waiver was split.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedRepayment)]
pub(crate) struct SplitBody {
    /// The transaction.
    #[schema(value_type = String, format = "uuid")]
    transaction: TransactionId,
    /// `repayment` or `waiver`.
    #[serde(rename = "type")]
    #[schema(example = "repayment")]
    kind: &'static str,
    /// The business date on which it counts.
    #[schema(value_type = String, format = "date", example = "2023-02-01")]
    date: Date,
    /// All that the loan took of it.
    #[schema(inline)]
    amount: MoneyText,
    /// What was owed before it.
    owed_before: PartsBody,
    /// What it paid.
    paid: PartsBody,
    /// What it pays in the story as it is told now, where that is something else.
    told_again: Option<PartsBody>,
    /// Why it was split so.
    why: String,
}

impl SplitBody {
    fn of(told: &Explanation, split: &Split) -> Self {
        let money = |minor| MoneyText(told.loan.money(minor));
        let parts = |parts: florin_lending::postings::Parts| PartsBody {
            fee: money(parts.fee),
            interest: money(parts.interest),
            principal: money(parts.principal),
        };
        Self {
            transaction: split.transaction,
            kind: split.kind.as_str(),
            date: split.date,
            amount: money(split.amount),
            owed_before: parts(split.owed),
            paid: parts(split.paid),
            told_again: split.told_again.map(parts),
            why: split.why.clone(),
        }
    }
}

/// Where every cent of a loan's balances comes from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Explanation)]
pub(crate) struct ExplanationBody {
    /// The loan account.
    #[schema(value_type = String, format = "uuid")]
    loan: LoanId,
    /// The day at whose end the balances are these.
    #[schema(value_type = String, format = "date", example = "2023-03-11")]
    date: Date,
    /// The currency of all amounts.
    #[schema(example = "GBP")]
    currency: &'static str,
    /// The principal; left out when another balance was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<BalanceBody>,
    /// The interest; left out when another balance was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    interest: Option<InterestBody>,
    /// The fees; left out when another balance was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    fee: Option<BalanceBody>,
    /// How repayments and waivers were split.
    repayments: Vec<SplitBody>,
    /// Why the interest cannot be told period by period; null when it can.
    #[schema(example = json!(null))]
    note: Option<String>,
}

/// One of a loan's balances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Balance {
    Principal,
    Interest,
    Fee,
}

impl Balance {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "principal" => Some(Self::Principal),
            "interest" => Some(Self::Interest),
            "fee" => Some(Self::Fee),
            _ => None,
        }
    }
}

impl ExplanationBody {
    fn of(told: &Explanation, asked: Option<Balance>) -> Self {
        let wants = |balance| asked.is_none_or(|asked| asked == balance);
        let (booked, again) = (told.booked, told.told);
        let principal = wants(Balance::Principal).then(|| {
            let again = again.map(|again| again.principal);
            let formula = PRINCIPAL_FORMULA.to_owned();
            BalanceBody::of(told, formula, booked.principal, again, &told.principal)
        });
        let interest = wants(Balance::Interest).then(|| {
            let again = again.map(|again| again.interest);
            let formula = told.interest_formula();
            let balance = BalanceBody::of(told, formula, booked.interest, again, &told.interest);
            InterestBody::of(told, balance)
        });
        let fee = wants(Balance::Fee).then(|| {
            let again = again.map(|again| again.fee);
            BalanceBody::of(told, FEE_FORMULA.to_owned(), booked.fee, again, &told.fee)
        });
        Self {
            loan: told.loan.id,
            date: told.date,
            currency: told.currency().code(),
            principal,
            interest,
            fee,
            repayments: told.splits.iter().map(|split| SplitBody::of(told, split)).collect(),
            note: told.untold.clone(),
        }
    }
}

/// How an explanation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Text,
}

impl Form {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "json" => Some(Self::Json),
            "text" => Some(Self::Text),
            _ => None,
        }
    }
}

/// A parameter's text; an empty one counts as none.
fn parameter<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = pairs.iter().rev().find(|(key, _)| key == name);
    found.map(|(_, text)| text.as_str()).filter(|text| !text.is_empty())
}

fn date(faults: &mut Faults, pairs: &[(String, String)]) -> Option<Date> {
    let text = parameter(pairs, "date")?;
    let date = Date::from_json(Value::String(text.to_owned()));
    faults.nullable("date", date.map_or_else(Input::Bad, Input::Ok))
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) struct PayoffParams {
    /// The day on which the loan is to be repaid, from today on; today when absent.
    #[param(format = Date, example = "2023-02-01")]
    date: Option<String>,
}

/// Quote what repays a loan in full
///
/// What is owed on that day if nothing is paid, disbursed or charged until then: with the interest of the days, the
/// periods that end, the statements, and the fees of arrears that fall into them.
#[utoipa::path(
    get, path = "/api/v1/loan/{id}/payoff/", tag = "Loans", operation_id = "loan_payoff",
    params(("id" = Uuid, Path, description = "Loan ID."), PayoffParams),
    responses((status = 200, description = "The payoff.", body = PayoffBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn payoff(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<LoanId>,
    Query(pairs): Pairs,
) -> Answer<Json<PayoffBody>> {
    let mut faults = Faults::new();
    let date = date(&mut faults, &pairs);
    if !faults.is_empty() {
        return Err(faults.into());
    }
    Ok(Json(lending.loan_payoff(&caller, id, date).await?.into()))
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) struct ExplainParams {
    /// `principal`, `interest` or `fee`; all three when absent.
    #[param(example = "interest")]
    balance: Option<String>,
    /// The day at whose end the balances are explained, up to today; today when absent.
    #[param(format = Date, example = "2023-03-11")]
    date: Option<String>,
    /// `json`, or `text` to read.
    #[param(example = "json")]
    format: Option<String>,
}

/// Explain the balances of a loan
///
/// For every cent the formula, rate, days, rounding and transactions it comes from: the steps of each balance with the
/// running sum, the interest of each period exactly, and how each repayment was split. Transactions that were reverted
/// or failed are no part of it.
#[utoipa::path(
    get, path = "/api/v1/loan/{id}/explain/", tag = "Loans", operation_id = "loan_explain",
    params(("id" = Uuid, Path, description = "Loan ID."), ExplainParams),
    responses(
        (status = 200, description = "The explanation.", content(
            (ExplanationBody = "application/json"),
            (String = "text/plain"),
        )),
        BadInput, Unknown, Refusals,
    ),
)]
pub(crate) async fn explain(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<LoanId>,
    Query(pairs): Pairs,
) -> Answer<Response> {
    let mut faults = Faults::new();
    let date = date(&mut faults, &pairs);
    let word = |name| parameter(&pairs, name).map(str::to_owned);
    let balance = faults.choice("balance", word("balance"), Balance::parse);
    let form = faults.choice("format", word("format"), Form::parse);
    if !faults.is_empty() {
        return Err(faults.into());
    }
    let told = lending.explain_loan(&caller, id, date).await?;
    let body = ExplanationBody::of(&told, balance);
    Ok(match form {
        Some(Form::Text) => plain::written(&body).into_response(),
        _ => Json(body).into_response(),
    })
}
