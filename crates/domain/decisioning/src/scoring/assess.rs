//! Works cards out.

use rust_decimal::Decimal;

use super::{Assessment, Card, CardResult, Rule, RuleResult};
use crate::expression::{Failure, Inputs};

/// Works every card out, with the trace of every rule. All cards are worked out even when one has
/// failed, so that the trace is whole; the application is approved when all pass.
///
/// A rule's value is compared with the rule's threshold and weight times value is added to the card's
/// score, also when the rule fails. A rule without a value (missing data, division by zero...) fails
/// and adds nothing. On a card that stops on the first fail that rule ends the card and fails it; the
/// others decide by the score alone. Values and scores stand without trailing zeros.
pub fn assess(cards: &[Card], inputs: &Inputs) -> Assessment {
    let cards: Vec<CardResult> = cards.iter().map(|card| assess_card(card, inputs)).collect();
    Assessment { approved: cards.iter().all(|card| card.passed), cards }
}

fn assess_card(card: &Card, inputs: &Inputs) -> CardResult {
    let mut score = Decimal::ZERO;
    let mut stopped = false;
    let mut rules = Vec::with_capacity(card.rules.len());
    for rule in &card.rules {
        let mut result = untouched(rule);
        if !stopped {
            evaluate(rule, inputs, &mut score, &mut result);
            stopped = card.stop_on_first_fail && !result.passed;
        }
        rules.push(result);
    }
    CardResult {
        id: card.id,
        name: card.name.clone(),
        passed: !stopped && score >= card.threshold,
        score: score.normalize(),
        threshold: card.threshold,
        stopped,
        rules,
    }
}

fn untouched(rule: &Rule) -> RuleResult {
    RuleResult {
        name: rule.name.clone(),
        statement: rule.statement.source().to_owned(),
        weight: rule.weight,
        threshold: rule.threshold,
        value: None,
        score: None,
        passed: false,
        evaluated: false,
        failure: None,
    }
}

fn evaluate(rule: &Rule, inputs: &Inputs, sum: &mut Decimal, result: &mut RuleResult) {
    result.evaluated = true;
    match score(rule, inputs).and_then(|scored| add(sum, scored)) {
        Ok(Scored { value, score }) => {
            result.value = Some(value.normalize());
            result.score = Some(score.normalize());
            result.passed = value >= rule.threshold;
        }
        Err(failure) => result.failure = Some(failure.to_string()),
    }
}

/// A rule's value and what it adds to the score.
#[derive(Clone, Copy)]
pub(super) struct Scored {
    value: Decimal,
    score: Decimal,
}

/// Evaluates a rule.
pub(super) fn score(rule: &Rule, inputs: &Inputs) -> Result<Scored, Failure> {
    let value = rule.statement.evaluate(inputs)?;
    let score = value.checked_mul(rule.weight).ok_or(Failure::Overflow)?;
    Ok(Scored { value, score })
}

/// Adds a rule's score to the card's; on a failure the sum stays as it was.
fn add(sum: &mut Decimal, scored: Scored) -> Result<Scored, Failure> {
    *sum = sum.checked_add(scored.score).ok_or(Failure::Overflow)?;
    Ok(scored)
}

/// Whether a card passes, as [`assess`] has it but without a trace, where `scored` tells what a rule
/// gives. It is asked rule by rule in order, until the card has failed or ended.
pub(super) fn passes(card: &Card, mut scored: impl FnMut(&Rule) -> Option<Scored>) -> bool {
    let mut sum = Decimal::ZERO;
    for rule in &card.rules {
        let added = scored(rule).and_then(|scored| add(&mut sum, scored).ok());
        let passed = added.is_some_and(|scored| scored.value >= rule.threshold);
        if card.stop_on_first_fail && !passed {
            return false;
        }
    }
    sum >= card.threshold
}
