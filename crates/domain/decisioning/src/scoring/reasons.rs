//! Adverse-action reasons.

use rust_decimal::Decimal;

use super::{Assessment, Card};

/// Why an application was declined: one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The rule's name.
    pub rule: String,
    /// The card's name.
    pub card: String,
    /// The partner's sentence for the rule, or one made from its name.
    pub text: String,
    /// The score that the rule lost.
    pub lost_score: Decimal,
}

/// The reasons for a decline, the largest loss of score first; none when it was approved.
pub fn reasons(_cards: &[Card], _assessment: &Assessment) -> Vec<Reason> {
    Vec::new()
}
