//! What a scorecard is, and how its rules are checked. Pure.

use std::collections::BTreeSet;

use florin_ids::ScorecardId;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::check::{Check, Extent, MAX_NAME_CHARS, plain, weight_fault};
use crate::decimal_text;
use crate::error::{DecisioningError, FieldError};
use crate::expression::{Kind, Statement};
use crate::scoring::{Card, Rule, check_weights};

/// The most rules of a scorecard.
pub const MAX_RULES: usize = 100;
/// The most characters of a scorecard's statements together: every decision keeps them in its trace.
pub const MAX_STATEMENT_CHARS: usize = 100_000;
/// The most characters of a rule's sentence for a decline.
pub const MAX_REASON_CHARS: usize = 500;

/// Rules with weights, and what their score must reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Scorecard {
    /// Its id.
    pub id: ScorecardId,
    /// What people call it.
    pub name: String,
    /// The card passes when its score is at least this.
    pub threshold: Decimal,
    /// Whether the first rule that fails ends the card, which then fails.
    pub stop_on_first_fail: bool,
    /// In the order in which they are worked out.
    pub rules: Vec<StoredRule>,
    /// Since when it stays as it is; `None` for a draft.
    pub activated_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// One rule, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRule {
    /// What people call it.
    pub name: String,
    /// The statement as it was written.
    pub statement: String,
    /// From 0 to 1; those of a card add up to exactly 1.
    #[serde(with = "decimal_text")]
    pub weight: Decimal,
    /// The rule passes when the statement's value is at least this.
    #[serde(with = "decimal_text")]
    pub threshold: Decimal,
    /// The partner's sentence for a decline.
    pub reason: Option<String>,
}

/// What a request says of a scorecard; `None` is "not sent".
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of Scorecard, documented there")]
pub struct ScorecardFields {
    pub name: Option<String>,
    pub threshold: Option<Decimal>,
    pub stop_on_first_fail: Option<bool>,
    pub rules: Option<Vec<RuleFields>>,
    /// Faults that reading the request found; they are answered together with the rules' own.
    pub unreadable: Vec<FieldError>,
}

/// What a request says of a rule. The statement, the weight and the threshold have been read; a rule without one of
/// them is a fault that reading found.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields of StoredRule, documented there")]
pub struct RuleFields {
    /// `None`: it is called after its place.
    pub name: Option<String>,
    pub statement: String,
    pub weight: Decimal,
    pub threshold: Decimal,
    pub reason: Option<String>,
}

/// Knows the input sources by name.
pub type KindOf<'a> = dyn Fn(&str) -> Option<Kind> + 'a;

impl Scorecard {
    /// A new scorecard, a draft.
    ///
    /// # Errors
    /// Every field that is missing or malformed; a statement that does not compile is a fault of `rules` that names
    /// the rule and the character.
    pub fn draft(
        id: ScorecardId,
        fields: ScorecardFields,
        kind_of: &KindOf<'_>,
        at: Timestamp,
    ) -> Result<Self, DecisioningError> {
        Self::read(None, id, fields, kind_of, at)
    }

    /// The draft with what `fields` say.
    ///
    /// # Errors
    /// A conflict once it was activated; every field that is missing or malformed.
    pub fn changed(
        &self,
        fields: ScorecardFields,
        extent: Extent,
        kind_of: &KindOf<'_>,
        at: Timestamp,
    ) -> Result<Self, DecisioningError> {
        if self.activated_at.is_some() {
            return Err(DecisioningError::conflict(
                "The scorecard cannot be changed: it was activated. Create a new one instead.",
            ));
        }
        let fields = match extent {
            Extent::Whole => fields,
            Extent::Part => ScorecardFields {
                name: fields.name.or_else(|| Some(self.name.clone())),
                threshold: fields.threshold.or(Some(self.threshold)),
                stop_on_first_fail: fields.stop_on_first_fail.or(Some(self.stop_on_first_fail)),
                rules: fields
                    .rules
                    .or_else(|| Some(self.rules.iter().cloned().map(RuleFields::from).collect())),
                unreadable: fields.unreadable,
            },
        };
        Self::read(Some(self), self.id, fields, kind_of, at)
    }

    /// The scorecard, from now on as it is.
    #[must_use]
    pub fn activated(&self, at: Timestamp) -> Self {
        match self.activated_at {
            Some(_) => self.clone(),
            None => Self { activated_at: Some(at), updated_at: at, ..self.clone() },
        }
    }

    fn read(
        before: Option<&Self>,
        id: ScorecardId,
        fields: ScorecardFields,
        kind_of: &KindOf<'_>,
        at: Timestamp,
    ) -> Result<Self, DecisioningError> {
        let mut check = Check::new(fields.unreadable);
        let name = check.required("name", fields.name, None);
        let name = name.and_then(|name| check.not_blank("name", &name));
        let threshold = check.required("threshold", fields.threshold, None);
        let rules = if check.is_faulty("rules") {
            None
        } else {
            check.required("rules", fields.rules, None)
        };
        let rules = rules.and_then(|rules| read_rules(rules, kind_of, &mut check));
        let parts = name.zip(threshold).zip(rules);
        let card = parts.map(|((name, threshold), rules)| Self {
            id,
            name,
            threshold,
            stop_on_first_fail: fields.stop_on_first_fail.unwrap_or(false),
            rules,
            activated_at: None,
            created_at: before.map_or(at, |before| before.created_at),
            updated_at: at,
        });
        check.finish(card)
    }

    /// The scorecard compiled.
    ///
    /// # Errors
    /// The rule and the place that do not compile; never for a card that was read from a request.
    pub fn compile(&self, kind_of: &KindOf<'_>) -> Result<Card, DecisioningError> {
        let rules = self.rules.iter().map(|rule| {
            let statement = Statement::compile(&rule.statement, kind_of).map_err(|error| {
                let reason = format!("{}: {error}", rule.name);
                DecisioningError::Uncompilable { card: self.id.uuid(), reason }
            })?;
            Ok(Rule {
                name: rule.name.clone(),
                statement,
                weight: rule.weight,
                threshold: rule.threshold,
                reason: rule.reason.clone(),
            })
        });
        Ok(Card {
            id: self.id.uuid(),
            name: self.name.clone(),
            threshold: self.threshold,
            stop_on_first_fail: self.stop_on_first_fail,
            rules: rules.collect::<Result<_, DecisioningError>>()?,
        })
    }
}

/// The names of the inputs of compiled cards, each once.
pub fn inputs_of(cards: &[Card]) -> BTreeSet<String> {
    let rules = cards.iter().flat_map(|card| &card.rules);
    rules.flat_map(|rule| rule.statement.inputs()).map(|name| name.to_string()).collect()
}

impl From<StoredRule> for RuleFields {
    fn from(rule: StoredRule) -> Self {
        Self {
            name: Some(rule.name),
            statement: rule.statement,
            weight: rule.weight,
            threshold: rule.threshold,
            reason: rule.reason,
        }
    }
}

/// Checks every rule, so that one answer names all faults; each message starts with its place, `rules[0].statement`.
fn read_rules(
    rules: Vec<RuleFields>,
    kind_of: &KindOf<'_>,
    check: &mut Check,
) -> Option<Vec<StoredRule>> {
    if rules.is_empty() {
        check.fault("rules", "This list may not be empty.");
        return None;
    }
    if rules.len() > MAX_RULES {
        check.fault("rules", format!("Ensure this field has no more than {MAX_RULES} elements."));
        return None;
    }
    let chars: usize = rules.iter().map(|rule| rule.statement.len()).sum();
    if chars > MAX_STATEMENT_CHARS {
        let text = format!(
            "Ensure the statements have no more than {MAX_STATEMENT_CHARS} characters together."
        );
        check.fault("rules", text);
        return None;
    }
    let weights: Vec<Decimal> = rules.iter().map(|rule| rule.weight).collect();
    let mut read = Vec::with_capacity(rules.len());
    for (index, rule) in rules.into_iter().enumerate() {
        read.extend(read_rule(index, rule, kind_of, check));
    }
    if check.is_faulty("rules") {
        return None;
    }
    if let Err(sum) = check_weights(weights.into_iter()) {
        check.fault("rules", format!("The weights must add up to exactly 1, not to {sum}."));
        return None;
    }
    Some(read)
}

fn read_rule(
    index: usize,
    rule: RuleFields,
    kind_of: &KindOf<'_>,
    check: &mut Check,
) -> Option<StoredRule> {
    let mut fault = |part: &str, message: &dyn std::fmt::Display| {
        check.also("rules", format!("rules[{index}].{part}: {message}"));
    };
    let name = rule.name.unwrap_or_else(|| format!("Rule {}", index + 1));
    let name = match plain(&name, MAX_NAME_CHARS) {
        Ok(name) if name.is_empty() => {
            fault("name", &"This field may not be blank.");
            None
        }
        Ok(name) => Some(name),
        Err(message) => {
            fault("name", &message);
            None
        }
    };
    let reason = match rule.reason.map(|text| plain(&text, MAX_REASON_CHARS)).transpose() {
        Ok(reason) => Some(reason.filter(|text| !text.is_empty())),
        Err(message) => {
            fault("reason", &message);
            None
        }
    };
    if let Some(message) = weight_fault(rule.weight) {
        fault("weight", &message);
    }
    if let Err(error) = Statement::compile(&rule.statement, kind_of) {
        fault("statement", &error);
    }
    Some(StoredRule {
        name: name?,
        statement: rule.statement,
        weight: rule.weight,
        threshold: rule.threshold,
        reason: reason?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    fn kind_of(name: &str) -> Option<Kind> {
        (name == "income").then_some(Kind::Number)
    }

    fn rule(statement: &str, weight: &str) -> RuleFields {
        RuleFields {
            name: None,
            statement: statement.to_owned(),
            weight: weight.parse().unwrap(),
            threshold: Decimal::ONE,
            reason: Some("  ".to_owned()),
        }
    }

    fn fields(rules: Vec<RuleFields>) -> ScorecardFields {
        ScorecardFields {
            name: Some(" Card ".to_owned()),
            threshold: Some(Decimal::TEN),
            stop_on_first_fail: None,
            rules: Some(rules),
            unreadable: Vec::new(),
        }
    }

    fn draft(rules: Vec<RuleFields>) -> Result<Scorecard, DecisioningError> {
        Scorecard::draft(ScorecardId::new(), fields(rules), &kind_of, at())
    }

    #[test]
    fn rules_are_named_after_their_place_and_compiled_as_written() {
        let card = draft(vec![rule("{{income}}", "0.5"), rule("{{income}} / 2", "0.5")]).unwrap();
        assert_eq!((card.name.as_str(), card.stop_on_first_fail), ("Card", false));
        let rules: Vec<_> =
            card.rules.iter().map(|it| (it.name.as_str(), it.reason.as_deref())).collect();
        assert_eq!(rules, [("Rule 1", None), ("Rule 2", None)]);
        let compiled = card.compile(&kind_of).unwrap();
        assert_eq!(compiled.rules[1].statement.source(), "{{income}} / 2");
        assert_eq!(inputs_of(&[compiled]).into_iter().collect::<Vec<_>>(), ["income"]);
        assert!(card.compile(&|_| None).is_err());
    }

    #[test]
    fn every_faulty_rule_is_named() {
        let long = RuleFields { reason: Some("x".repeat(501)), ..rule("1", "0.2") };
        let blank = RuleFields { name: Some(" ".to_owned()), ..rule("1", "0.3") };
        let found = draft(vec![rule("{{salary}}", "0.5"), long, blank, rule("1", "-1")]);
        let Err(DecisioningError::Invalid(faults)) = found else { panic!("{found:?}") };
        let places: Vec<&str> =
            faults.iter().filter_map(|it| it.message.split(':').next()).collect();
        let expected =
            ["rules[0].statement", "rules[1].reason", "rules[2].name", "rules[3].weight"];
        assert_eq!(places, expected);
    }

    #[test]
    fn the_statements_together_are_bounded() {
        let long = format!("{}1", " ".repeat(9_999));
        let rules = |count: usize| vec![rule(&long, "0.1"); count];
        assert!(draft(rules(10)).is_ok());
        let found = draft(rules(11));
        let Err(DecisioningError::Invalid(faults)) = found else { panic!("{found:?}") };
        assert!(faults[0].message.starts_with("Ensure the statements have"), "{faults:?}");
    }

    #[test]
    fn an_activated_card_stays() {
        let card = draft(vec![rule("{{income}}", "1")]).unwrap();
        let only_name =
            ScorecardFields { name: Some("Other".to_owned()), ..ScorecardFields::default() };
        let renamed = card.changed(only_name.clone(), Extent::Part, &kind_of, at()).unwrap();
        assert_eq!((renamed.name.as_str(), &renamed.rules), ("Other", &card.rules));
        assert!(card.changed(only_name.clone(), Extent::Whole, &kind_of, at()).is_err());
        let active = renamed.activated(at());
        let refused = active.changed(only_name, Extent::Part, &kind_of, at());
        assert!(matches!(refused, Err(DecisioningError::Conflict(_))));
        assert_eq!(active.activated("2027-01-01T00:00:00Z".parse().unwrap()), active);
    }
}
