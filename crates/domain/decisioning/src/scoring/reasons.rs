//! Adverse-action reasons.

use std::cmp::Reverse;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Assessment, Card, CardResult, Rule, RuleResult};
use crate::decimal_text;

/// Why an application was declined: one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule's name.
    pub rule: String,
    /// The card's name.
    pub card: String,
    /// The partner's sentence for the rule, or one made from its name and what was wrong.
    pub text: String,
    /// The score that the rule lost, at least 0.
    #[serde(with = "decimal_text")]
    pub lost_score: Decimal,
}

/// The reasons for a decline, the largest loss of score first and losses of the same size in the order
/// of the cards; none when it was approved. `cards` are those that were assessed, in the same order.
///
/// A reason is a rule that failed on a card that failed; it lost its weight times what its value lacks
/// to the rule's threshold (a rule without a value: its weight times the threshold). On a card that
/// failed although none of its rules did, the score was too low: there the reasons are the rules that
/// scored less than their share (their weight) of the card's threshold, and they lost the difference.
pub fn reasons(cards: &[Card], assessment: &Assessment) -> Vec<Reason> {
    let mut all = Vec::new();
    for (card, result) in cards.iter().zip(&assessment.cards) {
        if !result.passed {
            of_card(card, result, &mut all);
        }
    }
    all.sort_by_key(|reason| Reverse(reason.lost_score));
    all
}

fn of_card(card: &Card, result: &CardResult, all: &mut Vec<Reason>) {
    let has_failed = |rule: &RuleResult| rule.evaluated && !rule.passed;
    let a_rule_failed = result.rules.iter().any(has_failed);
    for (rule, traced) in card.rules.iter().zip(&result.rules) {
        let lost_score = if a_rule_failed {
            lost_to_threshold(rule, traced)
        } else {
            lost_to_share(card, rule, traced)
        };
        let is_reason = if a_rule_failed { has_failed(traced) } else { lost_score > Decimal::ZERO };
        if is_reason {
            all.push(Reason {
                rule: rule.name.clone(),
                card: card.name.clone(),
                text: text(rule, traced),
                lost_score,
            });
        }
    }
}

/// Losses that cannot be calculated with are the largest there are.
fn lost_to_threshold(rule: &Rule, traced: &RuleResult) -> Decimal {
    let lacking = rule.threshold.saturating_sub(traced.value.unwrap_or_default());
    clean(rule.weight.saturating_mul(lacking))
}

fn lost_to_share(card: &Card, rule: &Rule, traced: &RuleResult) -> Decimal {
    let share = rule.weight.saturating_mul(card.threshold);
    clean(share.saturating_sub(traced.score.unwrap_or_default()))
}

fn clean(lost: Decimal) -> Decimal {
    lost.max(Decimal::ZERO).normalize()
}

fn text(rule: &Rule, traced: &RuleResult) -> String {
    match (&rule.reason, &traced.failure) {
        (Some(sentence), _) => sentence.clone(),
        (None, Some(failure)) => format!("{}: {failure}", rule.name),
        (None, None) => format!("{}: below what is required.", rule.name),
    }
}
