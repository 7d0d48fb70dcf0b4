//! The language of a rule's statement: Python's expressions, over decimals, with an application's
//! inputs in double curly braces.
//!
//! ```text
//! 1000 if {{boolean_input_source}} else 0
//! (100 * {{float_input_source}})/365
//! 500 if {{str_input_source}} == 'test' else 100
//! ```
//!
//! # Values
//!
//! | kind | written |
//! |---|---|
//! | number | `12`, `0.5`, `.5`, `1e3`; at most 28 significant digits; decimal, never binary floating point |
//! | string | `'GB'`, `"GB"`, also in typographic quotes; `\'`, `\"` and `\\` stand for the character behind the backslash |
//! | boolean | `True`, `False` (or `true`, `false`) |
//! | date | `date('2020-01-31')`, or a string literal where the other side is a date: `{{born}} < '2008-01-31'` |
//! | input | `{{name}}`, of the kind that its input source has |
//!
//! # Operators, the loosest first
//!
//! | operator | meaning |
//! |---|---|
//! | `a if c else b` | `a` when the boolean `c` is true, else `b`; both of one kind; `a if c else b if d else e` is a ladder |
//! | `a or b`, `a and b`, `not a` | of booleans |
//! | `<` `<=` `>` `>=` `==` `!=` | of two values of one kind; `18 <= {{age}} < 65` is a chain; strings are ordered by code point; booleans only `==` and `!=` |
//! | `a in (b, c)`, `a not in [b, c]` | whether `a` equals an element; a list of one is `('GB',)` or `['GB']` |
//! | `a in b`, `a not in b` | of strings: whether `a` is a part of `b`; so is `a in ('GB')`, as in Python |
//! | `a + b`, `a - b` | of numbers; the difference of two dates is the days from `b` to `a` |
//! | `a * b`, `a / b`, `a // b`, `a % b` | of numbers; `//` rounds down (`-7 // 2` is -4) and `%` is what it leaves, with the sign of `b` (`-7 % 2` is 1), as Python does with its own numbers |
//! | `-a`, `+a` | of a number |
//! | `a ** b` | `b` a whole number from -1000 to 1000; binds tighter than a sign on its left (`-2 ** 2` is -4) and groups to the right; `0 ** 0` is 1 |
//!
//! Functions: `min(a, b, ..)` and `max(a, b, ..)` of numbers, dates or strings; `abs(a)`; `round(a)` and
//! `round(a, decimals)` with a literal from 0 to 28, a tie to the even digit as in Python (`round(2.5)`
//! is 2); `len(s)` in characters; `lower(s)`; `upper(s)`.
//!
//! Nothing is converted by itself: a boolean does not count as a number inside a statement, a string is
//! never a number, and a condition is a boolean. Only the whole statement may be a boolean in place of a
//! number: true is 1, false is 0.
//!
//! # Numbers
//!
//! Numbers have 28 significant digits (those up to 2^96 have 29) and at most 28 decimals; a result that
//! needs more is rounded to the nearest, so `1/3*3` is 0.9999999999999999999999999999 and not 1. What
//! the result cannot be said with is a [`Failure`], never zero: a division by zero, a result above
//! 79228162514264337593543950335, a product, quotient or power other than zero that is nearer to zero
//! than 10^-28.
//!
//! # Failures
//!
//! Conditionals, `and`, `or` and chains evaluate only what they need, from the left: a missing input in
//! a branch that is not taken does no harm. An input that is needed and missing is a failure of the
//! whole statement; there is no value that stands for "missing". The elements of a list and the
//! arguments of a function are all evaluated.
//!
//! # Bounds
//!
//! [`MAX_CHARACTERS`] characters, [`MAX_INSTRUCTIONS`] terms and operators, [`MAX_DEPTH`] levels of
//! nesting, [`MAX_NAME_CHARACTERS`] characters of an input's name. Everything is checked when a
//! statement is compiled, with the place of the fault. The compiled code has no loops: each instruction
//! runs at most once, so that an ordinary statement takes a fraction of a microsecond and the most hostile
//! one less than a millisecond. The length of strings is bounded by whoever stores the inputs.

mod arithmetic;
mod evaluator;
mod failure;
mod inputs;
mod lexer;
mod limits;
mod parser;
mod program;
mod typing;
mod value;

use std::sync::Arc;

use rust_decimal::Decimal;

pub use failure::{Failure, StatementError};
pub use inputs::Inputs;
pub use limits::{MAX_CHARACTERS, MAX_DEPTH, MAX_INSTRUCTIONS, MAX_NAME_CHARACTERS};
pub use value::{Kind, Value};

/// Stacks with which nearly every statement makes do, and which are quickly laid out.
const USUAL_HEIGHT: usize = 4;
const LARGE_HEIGHT: usize = 16;

/// A statement, compiled once and evaluated any number of times, by any number of threads. Cheap to
/// clone.
#[derive(Clone, Debug)]
pub struct Statement {
    compiled: Arc<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    source: String,
    program: program::Program,
    kind: Kind,
    height: usize,
}

impl Statement {
    /// Parses a statement and checks that its kinds fit; `kind_of` says of what kind an input is, and
    /// none for an unknown one.
    ///
    /// # Errors
    ///
    /// The first fault and its place: a character or word without a meaning, an unknown input, an
    /// operator on kinds for which it does not work, a whole that is neither number nor boolean, a
    /// statement beyond the bounds of the [module](self).
    pub fn compile(
        source: &str,
        kind_of: &dyn Fn(&str) -> Option<Kind>,
    ) -> Result<Statement, StatementError> {
        let (program, kind) = parser::compile(source, kind_of)?;
        let height = program.height()?;
        let compiled = Compiled { source: source.to_owned(), program, kind, height };
        Ok(Statement { compiled: Arc::new(compiled) })
    }

    /// The text as it was written.
    pub fn source(&self) -> &str {
        &self.compiled.source
    }

    /// The inputs that it names, each once, in the order of appearance.
    pub fn inputs(&self) -> &[Arc<str>] {
        &self.compiled.program.names
    }

    /// What the whole gives: [`Kind::Number`] or [`Kind::Boolean`].
    pub fn result_kind(&self) -> Kind {
        self.compiled.kind
    }

    /// Its value for these inputs; true is 1 and false is 0. Does not allocate, except for `lower` and
    /// `upper`.
    ///
    /// # Errors
    ///
    /// Why there is no value: see [`Failure`].
    pub fn evaluate(&self, inputs: &Inputs) -> Result<Decimal, Failure> {
        let Compiled { program, height, .. } = &*self.compiled;
        if *height <= USUAL_HEIGHT {
            evaluator::run::<USUAL_HEIGHT>(program, inputs)
        } else if *height <= LARGE_HEIGHT {
            evaluator::run::<LARGE_HEIGHT>(program, inputs)
        } else {
            evaluator::run::<{ limits::MAX_HEIGHT }>(program, inputs)
        }
    }

    /// Of what kind an input is that it names.
    pub(crate) fn kind_of(&self, name: &str) -> Option<Kind> {
        let program = &self.compiled.program;
        program.inputs.iter().find(|input| **input.name.text() == *name).map(|input| input.kind)
    }

    /// The values that are written in it.
    pub(crate) fn constants(&self) -> &[Value] {
        &self.compiled.program.constants
    }

    /// An upper bound of the work of an evaluation, in instructions.
    pub(crate) fn cost(&self) -> usize {
        self.compiled.program.code.len()
    }
}

#[cfg(test)]
mod tests;
