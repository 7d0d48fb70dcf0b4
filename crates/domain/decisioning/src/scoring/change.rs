//! The smallest single change that would have approved.

use super::Card;
use crate::expression::{Inputs, Value};

/// One input with another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The input's name.
    pub input: String,
    /// The value that it had.
    pub from: Option<Value>,
    /// The value with which the application would have been approved.
    pub to: Value,
}

/// The smallest change of one input that would have approved a declined application.
pub fn smallest_change(
    _cards: &[Card],
    _inputs: &Inputs,
    _changeable: &dyn Fn(&str) -> bool,
) -> Option<Change> {
    None
}
