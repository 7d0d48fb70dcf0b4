//! The language of a rule's statement.

mod failure;
mod inputs;
mod value;

use std::sync::Arc;

use rust_decimal::Decimal;

pub use failure::{Failure, StatementError};
pub use inputs::Inputs;
pub use value::{Kind, Value};

/// A statement, compiled once and evaluated any number of times. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Statement {
    source: Arc<str>,
}

impl Statement {
    /// Parses and type-checks a statement; `kind_of` knows the inputs.
    pub fn compile(
        source: &str,
        _kind_of: &dyn Fn(&str) -> Option<Kind>,
    ) -> Result<Statement, StatementError> {
        Ok(Statement { source: source.into() })
    }

    /// The text as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The inputs that it names, each once, in the order of appearance.
    pub fn inputs(&self) -> &[Arc<str>] {
        &[]
    }

    /// What the whole gives: a number or a boolean.
    pub fn result_kind(&self) -> Kind {
        Kind::Number
    }

    /// Its value for these inputs; true is 1 and false is 0.
    pub fn evaluate(&self, _inputs: &Inputs) -> Result<Decimal, Failure> {
        Err(Failure::Overflow)
    }
}
