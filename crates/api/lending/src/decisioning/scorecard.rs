//! Scorecards: rules with weights, and what their score must reach.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use florin_decisioning::scorecard::{FIELDS, RuleFields, Scorecard, ScorecardFields, StoredRule};
use florin_decisioning::{Decisioning, Extent};
use florin_http::{
    FromJson, JsonBody, LendingCaller, ListParams, ListRequest, PageBody, PathId, csv, request_body,
};
use florin_ids::ScorecardId;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value as Any;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::fields::{Fields, Number, object};
use crate::docs::{BadInput, Conflicting, Refusals, Unknown};
use crate::error::{Answer, Refusal};
use crate::reader::patch_schema;

request_body! {
    /// A scorecard in a request. Required: `name`, `threshold` and `rules`.
    pub(crate) struct ScorecardInput as "ScorecardInput" {
        /// Scorecard name.
        name: required String,
        /// The threshold that determines whether the application passed the scorecard or failed: its score must be at
        /// least this.
        threshold: required Decimal,
        /// Determines whether the calculation of the scorecard should stop on the first failing rule, which then fails
        /// the scorecard; false when absent.
        stop_on_first_fail: optional bool,
        /// The rules to be calculated, 1 to 100, in their order. Their weights must add up to exactly 1.
        rules: required Rules,
    }
    example {
        "name": "Affordability",
        "threshold": 500,
        "stop_on_first_fail": false,
        "rules": [
            {
                "name": "Income",
                "statement": "1000 if {{monthly_income}} >= 1500 else 0",
                "weight": 0.6,
                "threshold": 1000,
                "reason": "Your income is too low for this loan."
            },
            {
                "name": "Debt",
                "statement": "1000 - {{existing_debt}} / 10",
                "weight": 0.4,
                "threshold": 0
            }
        ]
    }
}

patch_schema!(ScorecardPatch of ScorecardInput);

request_body! {
    /// A rule in a request. Required: `statement`, `weight` and `threshold`.
    pub(crate) struct RuleInput as "RuleInput" {
        /// What people call it; "Rule 1" and so on when absent.
        name: optional String,
        /// The logic statement that will be calculated in the rule, over input sources in double curly braces.
        statement: required String,
        /// The weight of the rule in the scorecard, 0 to 1. The sum of all weights in a scorecard must be 1.
        weight: required Decimal,
        /// The threshold that determines whether the application passed the rule or failed: the statement's value must
        /// be at least this. True counts as 1 and false as 0.
        threshold: required Decimal,
        /// What an applicant is told when the rule was a reason for declining; at most 500 characters. Without it the
        /// rule's name is told.
        reason: optional String,
    }
    example {
        "name": "Income",
        "statement": "1000 if {{monthly_income}} >= 1500 else 0",
        "weight": 0.6,
        "threshold": 1000,
        "reason": "Your income is too low for this loan."
    }
}

/// The rules of a request: each read on its own, so that one answer names all faults.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    rules: Vec<RuleFields>,
    faults: Vec<String>,
}

impl FromJson for Rules {
    fn from_json(value: Any) -> Result<Self, florin_http::Message> {
        let mut read = Self::default();
        for (index, value) in Vec::<Any>::from_json(value)?.into_iter().enumerate() {
            let place = format!("rules[{index}]");
            match object::<RuleInput>(value) {
                Some(rule) => read.rules.extend(rule.read(&place, &mut read.faults)),
                None => read.faults.push(format!("{place}: Expected an object.")),
            }
        }
        Ok(read)
    }

    fn schema() -> Schema {
        let rule = match <RuleInput as PartialSchema>::schema() {
            RefOr::T(schema) => schema,
            RefOr::Ref(_) => Schema::default(),
        };
        Schema::Array(ArrayBuilder::new().items(RefOr::T(rule)).build())
    }
}

impl RuleInput {
    /// The rule, or faults that begin with its place.
    fn read(self, place: &str, faults: &mut Vec<String>) -> Option<RuleFields> {
        let mut fields = Fields::default();
        let is_sent = [
            ("statement", self.statement.is_sent()),
            ("weight", self.weight.is_sent()),
            ("threshold", self.threshold.is_sent()),
        ];
        for (field, _) in is_sent.into_iter().filter(|(_, is_sent)| !is_sent) {
            fields.fault(field, "This field is required.");
        }
        let name = fields.nullable("name", self.name).flatten();
        let statement = fields.take("statement", self.statement);
        let weight = fields.take("weight", self.weight);
        let threshold = fields.take("threshold", self.threshold);
        let reason = fields.nullable("reason", self.reason).flatten();
        let own = fields.into_faults();
        let is_readable = own.is_empty();
        faults.extend(own.into_iter().map(|it| format!("{place}.{}: {}", it.field, it.message)));
        let rule = RuleFields {
            name,
            statement: statement?,
            weight: weight?,
            threshold: threshold?,
            reason,
        };
        is_readable.then_some(rule)
    }
}

impl ScorecardInput {
    fn read(self) -> ScorecardFields {
        let mut fields = Fields::default();
        let name = fields.take("name", self.name);
        let threshold = fields.take("threshold", self.threshold);
        let stop_on_first_fail = fields.take("stop_on_first_fail", self.stop_on_first_fail);
        let rules: Option<Rules> = fields.take("rules", self.rules);
        let rules = rules.map(|read| {
            for fault in read.faults {
                fields.fault("rules", fault);
            }
            read.rules
        });
        let unreadable = fields.into_faults();
        ScorecardFields { name, threshold, stop_on_first_fail, rules, unreadable }
    }
}

/// A scorecard in an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Scorecard)]
pub(crate) struct ScorecardBody {
    /// Scorecard ID.
    #[schema(value_type = String, format = "uuid")]
    id: ScorecardId,
    /// Scorecard name.
    #[schema(example = "Affordability")]
    name: String,
    /// What the score must reach.
    #[schema(value_type = f64, example = 500)]
    threshold: Number,
    /// Whether the first rule that fails ends the scorecard, which then fails.
    stop_on_first_fail: bool,
    /// Whether it was activated, by itself or with a risk engine: then it stays as it is.
    is_active: bool,
    /// The rules, in their order.
    rules: Vec<RuleBody>,
}

/// A rule in an answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Rule)]
pub(crate) struct RuleBody {
    /// What people call it.
    #[schema(example = "Income")]
    name: String,
    /// The logic statement, as it was written.
    #[schema(example = "1000 if {{monthly_income}} >= 1500 else 0")]
    statement: String,
    /// Its weight in the scorecard.
    #[schema(value_type = f64, example = 0.6)]
    weight: Number,
    /// What the statement's value must reach.
    #[schema(value_type = f64, example = 1000)]
    threshold: Number,
    /// What an applicant is told when it was a reason for declining; null where the rule's name is told.
    reason: Option<String>,
}

impl ScorecardBody {
    fn of(card: Scorecard) -> Self {
        Self {
            id: card.id,
            name: card.name,
            threshold: Number(card.threshold),
            stop_on_first_fail: card.stop_on_first_fail,
            is_active: card.activated_at.is_some(),
            rules: card.rules.into_iter().map(RuleBody::of).collect(),
        }
    }
}

impl RuleBody {
    fn of(rule: StoredRule) -> Self {
        Self {
            name: rule.name,
            statement: rule.statement,
            weight: Number(rule.weight),
            threshold: Number(rule.threshold),
            reason: rule.reason,
        }
    }
}

/// The columns of the CSV.
const COLUMNS: &[&str] = &["id", "name", "threshold", "stop_on_first_fail", "is_active", "rules"];

/// List scorecards
#[utoipa::path(
    get, path = "/api/v1/scorecard/", tag = "Decision engine", operation_id = "scorecard_list",
    params(ListParams),
    responses((status = 200, description = "A page of scorecards.", body = PageBody<ScorecardBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    request: ListRequest,
) -> Answer<Response> {
    let query = request.query(FIELDS, caller.currency)?;
    if request.is_csv() {
        let file = csv::download("scorecards.csv", COLUMNS, |mut rows| async move {
            let push = move |item| rows.push(&ScorecardBody::of(item));
            decisioning.each_scorecard(&caller, query, push).await.map_err(Refusal::from)
        })
        .await?;
        return Ok(file);
    }
    let page = decisioning.list_scorecards(&caller, query.clone()).await?;
    Ok(Json(request.page(&query, page, ScorecardBody::of)).into_response())
}

/// Create a scorecard
///
/// It is a draft until it is activated, by itself or with a risk engine that has it. Every statement is parsed and
/// checked over the input sources; what is wrong is told with the rule and the character.
#[utoipa::path(
    post, path = "/api/v1/scorecard/", tag = "Decision engine", operation_id = "scorecard_create",
    request_body = ScorecardInput,
    responses((status = 201, description = "The scorecard.", body = ScorecardBody), BadInput, Refusals),
)]
pub(crate) async fn create(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    JsonBody(input): JsonBody<ScorecardInput>,
) -> Answer<(StatusCode, Json<ScorecardBody>)> {
    let created = decisioning.create_scorecard(&caller, input.read()).await?;
    Ok((StatusCode::CREATED, Json(ScorecardBody::of(created))))
}

/// Get a scorecard
#[utoipa::path(
    get, path = "/api/v1/scorecard/{id}/", tag = "Decision engine", operation_id = "scorecard_get",
    params(("id" = Uuid, Path, description = "Scorecard ID.")),
    responses((status = 200, description = "The scorecard.", body = ScorecardBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ScorecardId>,
) -> Answer<Json<ScorecardBody>> {
    Ok(Json(ScorecardBody::of(decisioning.get_scorecard(&caller, id).await?)))
}

/// Replace a scorecard
///
/// A draft only.
#[utoipa::path(
    put, path = "/api/v1/scorecard/{id}/", tag = "Decision engine", operation_id = "scorecard_replace",
    params(("id" = Uuid, Path, description = "Scorecard ID.")),
    request_body = ScorecardInput,
    responses((status = 200, description = "The scorecard.", body = ScorecardBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn replace(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ScorecardId>,
    JsonBody(input): JsonBody<ScorecardInput>,
) -> Answer<Json<ScorecardBody>> {
    let changed = decisioning.change_scorecard(&caller, id, input.read(), Extent::Whole).await?;
    Ok(Json(ScorecardBody::of(changed)))
}

/// Update a scorecard
///
/// A draft only. What is left out stays.
#[utoipa::path(
    patch, path = "/api/v1/scorecard/{id}/", tag = "Decision engine", operation_id = "scorecard_update",
    params(("id" = Uuid, Path, description = "Scorecard ID.")),
    request_body = ScorecardPatch,
    responses((status = 200, description = "The scorecard.", body = ScorecardBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn update(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ScorecardId>,
    JsonBody(input): JsonBody<ScorecardInput>,
) -> Answer<Json<ScorecardBody>> {
    let changed = decisioning.change_scorecard(&caller, id, input.read(), Extent::Part).await?;
    Ok(Json(ScorecardBody::of(changed)))
}

/// Activate a scorecard
///
/// From now on it stays as it is. A scorecard is activated with the first activation of a risk engine that has it, too.
#[utoipa::path(
    post, path = "/api/v1/scorecard/{id}/activate/", tag = "Decision engine", operation_id = "scorecard_activate",
    params(("id" = Uuid, Path, description = "Scorecard ID.")),
    responses((status = 201, description = "The scorecard.", body = ScorecardBody), Unknown, Refusals),
)]
pub(crate) async fn activate(
    State(decisioning): State<Decisioning>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<ScorecardId>,
) -> Answer<(StatusCode, Json<ScorecardBody>)> {
    let activated = decisioning.activate_scorecard(&caller, id).await?;
    Ok((StatusCode::CREATED, Json(ScorecardBody::of(activated))))
}
