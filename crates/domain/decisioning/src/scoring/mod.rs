//! Cards of rules: their scores, the trace, and what explains a decline.

mod assess;
mod change;
mod line;
mod reasons;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use assess::assess;
pub use change::{Change, smallest_change};
pub use reasons::{Reason, reasons};

use crate::decimal_text;
use crate::expression::Statement;

/// One rule of a card.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What people call it.
    pub name: String,
    /// What is worked out.
    pub statement: Statement,
    /// The part of its value that counts in the card's score.
    pub weight: Decimal,
    /// The rule passes when its value is at least this.
    pub threshold: Decimal,
    /// What an applicant is told when the rule was a reason for declining.
    pub reason: Option<String>,
}

/// A scorecard.
#[derive(Clone, Debug)]
pub struct Card {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// The card passes when its score is at least this.
    pub threshold: Decimal,
    /// Whether the first rule that fails ends the card, which then fails.
    pub stop_on_first_fail: bool,
    /// The rules in the order in which they are worked out.
    pub rules: Vec<Rule>,
}

/// What every card says about one application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// Whether every card passed.
    pub approved: bool,
    /// The cards in the engine's order.
    pub cards: Vec<CardResult>,
}

/// What one card says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardResult {
    /// The card's id.
    pub id: Uuid,
    /// The card's name.
    pub name: String,
    /// Whether the score reached the threshold and no failing rule stopped the card.
    pub passed: bool,
    /// The sum of the rules' scores.
    #[serde(with = "decimal_text")]
    pub score: Decimal,
    /// What the score had to reach.
    #[serde(with = "decimal_text")]
    pub threshold: Decimal,
    /// Whether a failing rule ended the card.
    pub stopped: bool,
    /// The trace, rule by rule in the card's order.
    pub rules: Vec<RuleResult>,
}

/// What one rule says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleResult {
    /// The rule's name.
    pub name: String,
    /// The statement as it was written.
    pub statement: String,
    /// The rule's weight.
    #[serde(with = "decimal_text")]
    pub weight: Decimal,
    /// What the value had to reach.
    #[serde(with = "decimal_text")]
    pub threshold: Decimal,
    /// The statement's value; none when it was not evaluated or failed.
    #[serde(default, with = "decimal_text::optional")]
    pub value: Option<Decimal>,
    /// Weight times value, which the card's score holds.
    #[serde(default, with = "decimal_text::optional")]
    pub score: Option<Decimal>,
    /// Whether the value reached the threshold.
    pub passed: bool,
    /// False for a rule behind the one that stopped its card.
    pub evaluated: bool,
    /// Why there is no value or no score.
    pub failure: Option<String>,
}

/// Checks that the weights of a card's rules, or of a selector's engines, add up to exactly 1.
///
/// # Errors
///
/// The sum that they have instead; [`Decimal::MAX`] when they are too large to add.
pub fn check_weights(weights: impl Iterator<Item = Decimal>) -> Result<(), Decimal> {
    let mut sum = Decimal::ZERO;
    for weight in weights {
        sum = sum.checked_add(weight).ok_or(Decimal::MAX)?;
    }
    if sum == Decimal::ONE { Ok(()) } else { Err(sum.normalize()) }
}

#[cfg(test)]
mod tests;
