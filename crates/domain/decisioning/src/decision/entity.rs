//! What a decision is, how it is made from an engine and inputs, and how two are compared. Pure.

use florin_ids::{ApplicationId, DecisionId, EndUserId, InputSourceId, ProductId, RiskEngineId};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::decimal_text;
use crate::expression::{Inputs, Kind};
use crate::input_source::entity::is_changeable;
use crate::risk_engine::Compiled;
use crate::scoring::{Assessment, Change, assess, reasons, smallest_change};

/// How many reasons an applicant is told: the principal ones, as lenders customarily do.
pub const REASONS_TOLD: usize = 4;
/// The most differences that a replay lists.
const MAX_DIFFERENCES: usize = 100;

/// What is decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// The application.
    pub application: ApplicationId,
    /// The product applied for.
    pub product: ProductId,
    /// Who applies.
    pub end_user: EndUserId,
}

/// A decision on an application, with everything that is needed to make it again.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// What was decided on.
    pub case: Case,
    /// The engine that decided.
    pub risk_engine: RiskEngineId,
    /// Its version.
    pub version: String,
    /// Every value that was known of the application, as it was.
    pub inputs: Inputs,
    /// What came out.
    pub outcome: Outcome,
    /// When.
    pub decided_at: Timestamp,
}

/// What came out of a decision. Serialises and comes back bit for bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whether the application is approved: every scorecard passed, and the product's limits hold.
    pub approved: bool,
    /// Why the product's limits forbid it, as sentences; empty where they hold.
    pub limits: Vec<String>,
    /// What every scorecard says, with the trace of every rule.
    pub assessment: Assessment,
    /// Why the scorecards declined, the largest loss of score first.
    pub reasons: Vec<Ground>,
    /// What the engines say that were worked out without deciding.
    pub shadows: Vec<Shadow>,
}

/// A rule that failed, as a reason for declining.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// The rule's name.
    pub rule: String,
    /// The name of its scorecard.
    pub scorecard: String,
    /// What the applicant is told.
    pub text: String,
    /// The score that the rule lost.
    #[serde(with = "decimal_text")]
    pub lost_score: Decimal,
}

/// What an engine says that does not decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// The engine.
    pub risk_engine: RiskEngineId,
    /// Its version.
    pub version: String,
    /// What its scorecards say.
    pub assessment: Assessment,
}

impl Outcome {
    /// What `engine` and the watching `shadows` make of the inputs; `limits` are sentences that forbid a loan whatever
    /// the score.
    pub fn of<'a>(
        engine: &Compiled,
        shadows: impl IntoIterator<Item = &'a Compiled>,
        inputs: &Inputs,
        limits: Vec<String>,
    ) -> Self {
        let assessment = assess(&engine.cards, inputs);
        let grounds = reasons(&engine.cards, &assessment).into_iter().map(|reason| Ground {
            rule: reason.rule,
            scorecard: reason.card,
            text: reason.text,
            lost_score: reason.lost_score,
        });
        Self {
            approved: assessment.approved && limits.is_empty(),
            limits,
            reasons: grounds.collect(),
            shadows: shadows
                .into_iter()
                .map(|shadow| Shadow {
                    risk_engine: shadow.id,
                    version: shadow.version.clone(),
                    assessment: assess(&shadow.cards, inputs),
                })
                .collect(),
            assessment,
        }
    }

    /// The smallest change of one input with which `engine` would have approved; none where it did, where no single
    /// change would do, and where the product's limits forbid it whatever the score. It is looked for and not kept:
    /// the search takes up to some tens of milliseconds, too long for the transaction that decides.
    pub fn smallest_change(&self, engine: &Compiled, inputs: &Inputs) -> Option<Change> {
        (!self.assessment.approved && self.limits.is_empty())
            .then(|| smallest_change(&engine.cards, inputs, &is_changeable))
            .flatten()
    }

    /// `approved` or `declined`.
    pub fn word(&self) -> &'static str {
        word(self.approved)
    }

    /// Why it was declined, in few sentences: the product's limits, then the principal reasons; empty when approved.
    pub fn reason(&self) -> String {
        let reasons = self.reasons.iter().map(|ground| ground.text.as_str());
        let all = self.limits.iter().map(String::as_str).chain(reasons);
        let mut told: Vec<&str> = Vec::with_capacity(REASONS_TOLD);
        for text in all {
            // Two rules with the same sentence are one reason.
            if told.len() < REASONS_TOLD && !told.contains(&text) {
                told.push(text);
            }
        }
        told.join(" ")
    }
}

/// `approved` or `declined`.
pub fn word(is_approved: bool) -> &'static str {
    if is_approved { "approved" } else { "declined" }
}

/// An input whose value a provider has to be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// The input source.
    pub source: InputSourceId,
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub kind: Kind,
    /// Who is asked.
    pub provider: String,
}

/// An application that waits for its decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Tells this completion of the application from an earlier one.
    pub completion: Uuid,
    /// The engine that will decide.
    pub risk_engine: RiskEngineId,
    /// The engines that will watch.
    pub shadows: Vec<RiskEngineId>,
    /// What was known when the application was completed.
    pub inputs: Inputs,
    /// What providers have to be asked for.
    pub awaited: Vec<Awaited>,
    /// When it was completed.
    pub completed_at: Timestamp,
}

/// Where a decision and its replay differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The place, `assessment.cards[0].score`.
    pub path: String,
    /// What the decision recorded; null where there was nothing.
    pub recorded: Json,
    /// What the replay gives; null where there is nothing.
    pub replayed: Json,
}

/// Every difference of two outcomes, at most [`MAX_DIFFERENCES`].
pub fn differences(recorded: &Json, replayed: &Json) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", recorded, replayed, &mut found);
    found.truncate(MAX_DIFFERENCES);
    found
}

fn compare(path: &str, recorded: &Json, replayed: &Json, found: &mut Vec<Difference>) {
    if recorded == replayed || found.len() >= MAX_DIFFERENCES {
        return;
    }
    match (recorded, replayed) {
        (Json::Object(before), Json::Object(after)) => {
            let only_after = after.keys().filter(|key| !before.contains_key(*key));
            for key in before.keys().chain(only_after) {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let part = |of: &serde_json::Map<String, Json>| of.get(key).cloned();
                let (before, after) = (part(before), part(after));
                compare(&path, &before.unwrap_or(Json::Null), &after.unwrap_or(Json::Null), found);
            }
        }
        (Json::Array(before), Json::Array(after)) => {
            for index in 0..before.len().max(after.len()) {
                let before = before.get(index).unwrap_or(&Json::Null);
                let after = after.get(index).unwrap_or(&Json::Null);
                compare(&format!("{path}[{index}]"), before, after, found);
            }
        }
        _ => found.push(Difference {
            path: path.to_owned(),
            recorded: recorded.clone(),
            replayed: replayed.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_name_their_places() {
        let check = |recorded: Json, replayed: Json, expected: &[&str]| {
            let found = differences(&recorded, &replayed);
            let found: Vec<String> = found
                .iter()
                .map(|it| format!("{} {} {}", it.path, it.recorded, it.replayed))
                .collect();
            assert_eq!(found, expected);
        };
        check(json!({"a": [1, {"b": 2}]}), json!({"a": [1, {"b": 2}]}), &[]);
        check(json!({"a": [1, {"b": 2}]}), json!({"a": [1, {"b": 3}]}), &["a[1].b 2 3"]);
        check(json!({"a": [1]}), json!({"a": [1, 2]}), &["a[1] null 2"]);
        check(json!({"a": 1}), json!({"b": 1}), &["a 1 null", "b null 1"]);
        check(json!(1), json!("1"), &[" 1 \"1\""]);
        let many = |from: u32| Json::Array((from..from + 500).map(Json::from).collect());
        assert_eq!(differences(&many(0), &many(1)).len(), MAX_DIFFERENCES);
    }

    #[test]
    fn an_applicant_is_told_the_principal_reasons_once() {
        let ground = |text: &str| Ground {
            rule: "r".to_owned(),
            scorecard: "s".to_owned(),
            text: text.to_owned(),
            lost_score: Decimal::ONE,
        };
        let outcome = Outcome {
            approved: false,
            limits: vec!["Too much.".to_owned()],
            assessment: Assessment { approved: false, cards: Vec::new() },
            reasons: ["A.", "B.", "A.", "C.", "D."].map(ground).to_vec(),
            shadows: Vec::new(),
        };
        assert_eq!(outcome.reason(), "Too much. A. B. C.");
        assert_eq!(outcome.word(), "declined");
        let json = serde_json::to_string(&outcome).unwrap();
        assert_eq!(serde_json::from_str::<Outcome>(&json).unwrap(), outcome);
    }
}
