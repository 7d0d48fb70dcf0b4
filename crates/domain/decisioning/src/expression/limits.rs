//! What bounds a statement in size, and with it the time that it takes.

/// Characters of a statement.
pub const MAX_CHARACTERS: usize = 10_000;

/// Terms and operators of a statement: instructions of its compiled form. Each runs at most once.
pub const MAX_INSTRUCTIONS: usize = 2_000;

/// How deep expressions nest: each parenthesis, operand on the right of an operator, sign, `not` and
/// `else` is a level.
pub const MAX_DEPTH: usize = 100;

/// Characters of an input's name.
pub const MAX_NAME_CHARACTERS: usize = 100;

/// Values that the evaluation of the deepest statement holds at once.
pub(super) const MAX_HEIGHT: usize = 256;

/// The largest exponent of `**`, also below zero.
pub(super) const MAX_EXPONENT: i64 = 1_000;

/// Decimals of a number.
pub(super) const MAX_DECIMALS: u32 = 28;
