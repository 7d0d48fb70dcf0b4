//! Decisions: what was decided, why, and the same again.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use florin_decisioning::Decisioning;
use florin_decisioning::decision::{
    Decision, Difference, FIELDS, Ground, Outcome, Replay, Shadow, entity::word,
};
use florin_decisioning::expression::{Inputs, Value};
use florin_decisioning::scoring::{Assessment, CardResult, Change, RuleResult};
use florin_http::{
    JsonBody, LendingCaller, ListParams, ListRequest, PageBody, PathId, csv, request_body,
};
use florin_ids::{ApplicationId, DecisionId, RiskEngineId};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Any;
use utoipa::ToSchema;
use uuid::Uuid;

use super::fields::{Fields, Number, Plain, PlainInputs};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::{Answer, Refusal};

/// A decision in an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Decision)]
pub(crate) struct DecisionBody {
    /// Decision ID.
    #[schema(value_type = String, format = "uuid")]
    id: DecisionId,
    /// ID of the application.
    #[schema(value_type = String, format = "uuid")]
    application: ApplicationId,
    /// The version of the risk engine that processed the application.
    #[schema(example = "2026-11")]
    version: String,
    /// ID of the risk engine that processed the application.
    #[schema(value_type = String, format = "uuid")]
    risk_engine: RiskEngineId,
    /// The result object.
    result: ResultBody,
    /// Every value that was known of the application, as it was.
    #[schema(value_type = Object, example = json!({"amount": 1000.00, "monthly_income": 2450.5}))]
    inputs: PlainInputs,
    /// What the risk engines say that watch without deciding (weight 0).
    shadows: Vec<ShadowBody>,
    /// When it was decided.
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
}

/// What came out of a decision.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = DecisionResult)]
pub(crate) struct ResultBody {
    /// The final decision on the application: `approved` or `declined`.
    #[schema(example = "declined")]
    decision: &'static str,
    /// An array of the scorecards that were calculated during the assessment.
    scorecards: Vec<CardBody>,
    /// Why the product's own limits forbid it; empty where they hold.
    limits: Vec<String>,
    /// Adverse-action reasons: the rules that failed, the largest loss of score first; empty when approved.
    reasons: Vec<ReasonBody>,
    /// The smallest change of a single input that would have approved the application; null when it was approved, or
    /// where no single change would. Told of a single decision only, not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ChangeBody>)]
    smallest_change: Option<Option<ChangeBody>>,
}

/// What a scorecard says.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ScorecardResult)]
pub(crate) struct CardBody {
    /// Scorecard ID.
    id: Uuid,
    /// Scorecard name.
    #[schema(example = "Affordability")]
    name: String,
    /// Scorecard decision: `approved` or `declined`.
    #[schema(example = "declined")]
    decision: &'static str,
    /// The calculated score of the scorecard.
    #[schema(value_type = f64, example = 380)]
    score: Number,
    /// What the score had to reach.
    #[schema(value_type = f64, example = 500)]
    threshold: Number,
    /// Whether a failing rule ended the scorecard.
    stopped: bool,
    /// The result of each rule in the scorecard.
    rules: Vec<RuleResultBody>,
}

/// What a rule says.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RuleResult)]
pub(crate) struct RuleResultBody {
    /// The name of the rule.
    #[schema(example = "Debt")]
    name: String,
    /// The calculation of the rule: its statement with the values in it, and what came out.
    #[schema(example = "1000 - 500 / 10 = 950")]
    calculation: String,
    /// The statement as it was written.
    #[schema(example = "1000 - {{existing_debt}} / 10")]
    statement: String,
    /// The statement's value; null when it was not evaluated or failed.
    #[schema(value_type = Option<f64>, example = 950)]
    value: Option<Number>,
    /// Its weight in the scorecard.
    #[schema(value_type = f64, example = 0.4)]
    weight: Number,
    /// Weight times value, which the scorecard's score holds.
    #[schema(value_type = Option<f64>, example = 380)]
    score: Option<Number>,
    /// What the value had to reach.
    #[schema(value_type = f64, example = 0)]
    threshold: Number,
    /// Whether the value reached the threshold.
    passed: bool,
    /// False for a rule behind the one that stopped its scorecard.
    evaluated: bool,
    /// Why there is no value; null where there is one.
    failure: Option<String>,
}

/// A reason for declining.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = DeclineReason)]
pub(crate) struct ReasonBody {
    /// The name of the rule that failed.
    #[schema(example = "Income")]
    rule: String,
    /// The name of its scorecard.
    #[schema(example = "Affordability")]
    scorecard: String,
    /// What the applicant is told.
    #[schema(example = "Your income is too low for this loan.")]
    text: String,
    /// The score that the rule lost.
    #[schema(value_type = f64, example = 600)]
    lost_score: Number,
}

/// One input with another value.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SmallestChange)]
pub(crate) struct ChangeBody {
    /// The name of the input source.
    #[schema(example = "monthly_income")]
    input: String,
    /// Its value; null where it was missing.
    #[schema(value_type = Option<Any>, example = json!(1400))]
    from: Option<Plain>,
    /// The value with which the application would have been approved.
    #[schema(value_type = Any, example = json!(1500))]
    to: Plain,
}

/// What a risk engine says that does not decide.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ShadowDecision)]
pub(crate) struct ShadowBody {
    /// ID of the risk engine.
    #[schema(value_type = String, format = "uuid")]
    risk_engine: RiskEngineId,
    /// Its version.
    #[schema(example = "2026-12")]
    version: String,
    /// What it would have decided: `approved` or `declined`.
    #[schema(example = "approved")]
    decision: &'static str,
    /// Its scorecards.
    scorecards: Vec<CardBody>,
}

request_body! {
    /// How a decision is made again.
    pub(crate) struct ReplayInput as "ReplayInput" {
        /// ID of another risk engine; the one that decided when absent.
        risk_engine: optional RiskEngineId,
    }
    example {}
}

/// A decision made again.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Replay)]
pub(crate) struct ReplayBody {
    /// ID of the decision.
    #[schema(value_type = String, format = "uuid")]
    decision: DecisionId,
    /// The version of the risk engine that was run now.
    #[schema(example = "2026-11")]
    version: String,
    /// Whether the same came out, digit for digit.
    is_same: bool,
    /// Where the two differ, at most 100 places.
    differences: Vec<DifferenceBody>,
    /// What came out now.
    result: ResultBody,
}

/// Where a decision and its replay differ.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ReplayDifference)]
pub(crate) struct DifferenceBody {
    /// The place in the result.
    #[schema(example = "assessment.cards[0].score")]
    path: String,
    /// What was recorded; null where there was nothing.
    recorded: Any,
    /// What came out now; null where there is nothing.
    replayed: Any,
}

impl DecisionBody {
    fn of(decision: Decision) -> Self {
        let inputs = &decision.inputs;
        let shadows = decision.outcome.shadows.iter();
        Self {
            id: decision.id,
            application: decision.case.application,
            version: decision.version,
            risk_engine: decision.risk_engine,
            shadows: shadows.map(|shadow| ShadowBody::of(shadow, inputs)).collect(),
            result: ResultBody::of(decision.outcome, inputs),
            inputs: PlainInputs(decision.inputs),
            created_at: decision.decided_at,
        }
    }
}

impl ResultBody {
    fn of(outcome: Outcome, inputs: &Inputs) -> Self {
        Self {
            decision: outcome.word(),
            scorecards: cards(&outcome.assessment, inputs),
            limits: outcome.limits,
            reasons: outcome.reasons.into_iter().map(ReasonBody::of).collect(),
            smallest_change: None,
        }
    }

    fn with(self, change: Option<Change>) -> Self {
        Self { smallest_change: Some(change.map(ChangeBody::of)), ..self }
    }
}

fn cards(assessment: &Assessment, inputs: &Inputs) -> Vec<CardBody> {
    assessment.cards.iter().map(|card| CardBody::of(card, inputs)).collect()
}

impl CardBody {
    fn of(card: &CardResult, inputs: &Inputs) -> Self {
        Self {
            id: card.id,
            name: card.name.clone(),
            decision: word(card.passed),
            score: Number(card.score),
            threshold: Number(card.threshold),
            stopped: card.stopped,
            rules: card.rules.iter().map(|rule| RuleResultBody::of(rule, inputs)).collect(),
        }
    }
}

impl RuleResultBody {
    fn of(rule: &RuleResult, inputs: &Inputs) -> Self {
        Self {
            name: rule.name.clone(),
            calculation: calculation(rule, inputs),
            statement: rule.statement.clone(),
            value: rule.value.map(Number),
            weight: Number(rule.weight),
            score: rule.score.map(Number),
            threshold: Number(rule.threshold),
            passed: rule.passed,
            evaluated: rule.evaluated,
            failure: rule.failure.clone(),
        }
    }
}

/// The statement with the values in the place of the inputs' names, and what came out.
fn calculation(rule: &RuleResult, inputs: &Inputs) -> String {
    let mut text = String::with_capacity(rule.statement.len());
    let mut rest = rule.statement.as_str();
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        text.push_str(before);
        match inputs.get(name.trim()) {
            Some(Value::String(word)) => text.push_str(&format!("'{word}'")),
            Some(value) => text.push_str(&value.to_string()),
            None => text.push_str(&format!("{{{{{name}}}}}")),
        }
        rest = after;
    }
    text.push_str(rest);
    match rule.value {
        Some(value) => format!("{text} = {value}"),
        None => text,
    }
}

impl ReasonBody {
    fn of(ground: Ground) -> Self {
        Self {
            rule: ground.rule,
            scorecard: ground.scorecard,
            text: ground.text,
            lost_score: Number(ground.lost_score),
        }
    }
}

impl ChangeBody {
    fn of(change: Change) -> Self {
        Self { input: change.input, from: change.from.map(Plain), to: Plain(change.to) }
    }
}

impl ShadowBody {
    fn of(shadow: &Shadow, inputs: &Inputs) -> Self {
        Self {
            risk_engine: shadow.risk_engine,
            version: shadow.version.clone(),
            decision: word(shadow.assessment.approved),
            scorecards: cards(&shadow.assessment, inputs),
        }
    }
}

impl ReplayBody {
    fn of(replay: Replay) -> Self {
        Self {
            decision: replay.decision.id,
            version: replay.version,
            is_same: replay.differences.is_empty(),
            differences: replay.differences.into_iter().map(DifferenceBody::of).collect(),
            result: ResultBody::of(replay.outcome, &replay.decision.inputs)
                .with(replay.smallest_change),
        }
    }
}

impl DifferenceBody {
    fn of(difference: Difference) -> Self {
        Self { path: difference.path, recorded: difference.recorded, replayed: difference.replayed }
    }
}

/// The columns of the CSV.
const COLUMNS: &[&str] =
    &["id", "application", "version", "risk_engine", "result", "inputs", "shadows", "created_at"];

/// List decisions
#[utoipa::path(
    get, path = "/api/v1/decision/", tag = "Decision engine", operation_id = "decision_list",
    params(ListParams),
    responses((status = 200, description = "A page of decisions.", body = PageBody<DecisionBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    request: ListRequest,
) -> Answer<Response> {
    let query = request.query(FIELDS, caller.currency)?;
    if request.is_csv() {
        let file = csv::download("decisions.csv", COLUMNS, |mut rows| async move {
            let push = move |item| rows.push(&DecisionBody::of(item));
            decisioning.each_decision(&caller, query, push).await.map_err(Refusal::from)
        })
        .await?;
        return Ok(file);
    }
    let page = decisioning.list_decisions(&caller, query.clone()).await?;
    Ok(Json(request.page(&query, page, DecisionBody::of)).into_response())
}

/// Get a decision
///
/// With everything that is needed to make it again: the version of the risk engine, the inputs as they were, and the
/// trace of every rule. A decision never changes; reopening and completing the application makes another.
#[utoipa::path(
    get, path = "/api/v1/decision/{id}/", tag = "Decision engine", operation_id = "decision_get",
    params(("id" = Uuid, Path, description = "Decision ID.")),
    responses((status = 200, description = "The decision.", body = DecisionBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<DecisionId>,
) -> Answer<Json<DecisionBody>> {
    let (decision, change) = decisioning.get_decision(&caller, id).await?;
    let body = DecisionBody::of(decision);
    Ok(Json(DecisionBody { result: body.result.with(change), ..body }))
}

/// Make a decision again
///
/// From its recorded inputs, with the risk engine that decided or with another one; tells where the result differs.
/// Nothing is changed.
#[utoipa::path(
    post, path = "/api/v1/decision/{id}/replay/", tag = "Decision engine", operation_id = "decision_replay",
    params(("id" = Uuid, Path, description = "Decision ID.")),
    request_body = ReplayInput,
    responses((status = 200, description = "What came out.", body = ReplayBody), BadInput, Unknown, Refusals),
)]
pub(crate) async fn replay(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<DecisionId>,
    JsonBody(input): JsonBody<ReplayInput>,
) -> Answer<Json<ReplayBody>> {
    let mut fields = Fields::default();
    let engine = fields.nullable("risk_engine", input.risk_engine).flatten();
    fields.finish()?;
    let replay = decisioning.replay_decision(&caller, id, engine).await?;
    Ok(Json(ReplayBody::of(replay)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calculation_shows_the_values() {
        let inputs: Inputs = [
            ("days", Value::Number("12.5".parse().unwrap())),
            ("country", Value::String("GB".to_owned())),
            ("is_known", Value::Boolean(true)),
        ]
        .into_iter()
        .collect();
        let check = |statement: &str, value: Option<&str>, expected: &str| {
            let rule = RuleResult {
                name: String::new(),
                statement: statement.to_owned(),
                weight: 1.into(),
                threshold: 1.into(),
                value: value.map(|value| value.parse().unwrap()),
                score: None,
                passed: false,
                evaluated: true,
                failure: None,
            };
            assert_eq!(calculation(&rule, &inputs), expected);
        };
        check("(100 * {{days}})/365", Some("3.42"), "(100 * 12.5)/365 = 3.42");
        check("5 if {{ country }} == 'GB' else 1", Some("5"), "5 if 'GB' == 'GB' else 1 = 5");
        check("1 if {{is_known}} else 0", Some("1"), "1 if True else 0 = 1");
        check("{{missing}} + {{days}}", None, "{{missing}} + 12.5");
    }
}
