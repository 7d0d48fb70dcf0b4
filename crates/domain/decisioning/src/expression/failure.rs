//! What can be wrong with a statement, and what can go wrong when it is evaluated.

use std::sync::Arc;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::Kind;

/// Why a statement cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at character {})", position + 1)]
pub struct StatementError {
    /// Characters before the place, from 0.
    pub position: usize,
    /// What is wrong and what to do, without the place.
    pub message: String,
}

/// Why a statement has no value for these inputs. In JSON `{"code": .., "text": ..}`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The input has no value.
    #[error("There is no value for {{{{{0}}}}}.")]
    Missing(Arc<str>),
    /// The input's value is of another kind than when the statement was compiled.
    #[error("The value of {{{{{input}}}}} is a {found}, not a {expected}.")]
    WrongKind {
        /// The input's name.
        input: Arc<str>,
        /// What the statement was compiled for.
        expected: Kind,
        /// What the value is.
        found: Kind,
    },
    /// A division, remainder or negative power of zero.
    #[error("The calculation divides by zero.")]
    DivisionByZero,
    /// A result beyond 79228162514264337593543950335 (2^96 - 1).
    #[error("A result is too large to calculate with.")]
    Overflow,
    /// A product, quotient or power of numbers other than zero that is nearer to zero than 10^-28.
    #[error("A result is too small to calculate with.")]
    Underflow,
    /// An exponent that is not a whole number from -1000 to 1000.
    #[error("An exponent has to be a whole number from -1000 to 1000.")]
    Exponent,
}

impl Failure {
    /// A word for programs: `missing`, `wrong_kind`, `division_by_zero`, `overflow`, `underflow`,
    /// `exponent`.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::Missing(_) => "missing",
            Failure::WrongKind { .. } => "wrong_kind",
            Failure::DivisionByZero => "division_by_zero",
            Failure::Overflow => "overflow",
            Failure::Underflow => "underflow",
            Failure::Exponent => "exponent",
        }
    }
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_struct("Failure", 2)?;
        object.serialize_field("code", self.code())?;
        object.serialize_field("text", &self.to_string())?;
        object.end()
    }
}
