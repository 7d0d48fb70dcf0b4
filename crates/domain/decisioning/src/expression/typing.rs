//! Which operators work on which kinds of values.

use super::Kind;
use super::program::{Arithmetic, Comparison, Instruction};

/// What an operator between two values does and gives, or why it cannot work.
pub(super) fn arithmetic(
    symbol: &str,
    left: Kind,
    right: Kind,
) -> Result<(Instruction, Kind), String> {
    if (symbol, left, right) == ("-", Kind::Date, Kind::Date) {
        return Ok((Instruction::Days, Kind::Number));
    }
    if left != Kind::Number || right != Kind::Number {
        let wrong = if left == Kind::Number { right } else { left };
        return Err(format!("'{symbol}' works on numbers, not on a {wrong}.{}", hint(wrong)));
    }
    let operation = match symbol {
        "+" => Arithmetic::Add,
        "-" => Arithmetic::Subtract,
        "*" => Arithmetic::Multiply,
        "/" => Arithmetic::Divide,
        "//" => Arithmetic::FloorDivide,
        "%" => Arithmetic::Remainder,
        "**" => Arithmetic::Power,
        other => return Err(format!("'{other}' is no operator.")),
    };
    Ok((Instruction::Arithmetic(operation), Kind::Number))
}

fn hint(wrong: Kind) -> &'static str {
    match wrong {
        Kind::Boolean => " Write (1 if .. else 0) to count with a boolean.",
        Kind::Date => " Dates can be subtracted from each other, which gives days.",
        Kind::String | Kind::Number => "",
    }
}

/// The comparison that a symbol stands for.
pub(super) fn comparison(symbol: &str) -> Option<Comparison> {
    Some(match symbol {
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        "==" => Comparison::Equal,
        "!=" => Comparison::NotEqual,
        _ => return None,
    })
}

/// Whether two values of the kinds can be compared so.
pub(super) fn comparable(comparison: Comparison, left: Kind, right: Kind) -> Result<(), String> {
    if left != right {
        return Err(format!("A {left} cannot be compared with a {right}."));
    }
    let is_equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    if left == Kind::Boolean && !is_equality {
        return Err("Booleans have no order; compare them with == or !=.".to_owned());
    }
    Ok(())
}

/// Whether a value of this kind may stand where `needed` has to.
pub(super) fn needs(what: &str, needed: Kind, found: Kind) -> Result<(), String> {
    if needed == found {
        return Ok(());
    }
    let hint = match needed {
        Kind::Boolean => " Compare it with something.",
        Kind::Number | Kind::String | Kind::Date => "",
    };
    Err(format!("{what} needs a {needed}, not a {found}.{hint}"))
}
