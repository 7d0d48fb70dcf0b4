//! Runs a program.

use std::cell::OnceCell;
use std::cmp::Ordering;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::arithmetic::{calculate, round};
use super::program::{Comparison, Input, Instruction, Program};
use super::{Failure, Inputs, Value};

/// A value on the stack. Text is borrowed from the inputs, from the program, or from what was [`Made`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operand<'a> {
    Boolean(bool),
    Number(Decimal),
    Text(&'a str),
    Date(Date),
}

/// Strings that functions made, one place for each function that does: an instruction runs only once.
type Made = Vec<OnceCell<String>>;

impl<'a> Operand<'a> {
    fn of(value: &'a Value) -> Operand<'a> {
        match value {
            Value::Boolean(truth) => Operand::Boolean(*truth),
            Value::Number(number) => Operand::Number(*number),
            Value::String(text) => Operand::Text(text),
            Value::Date(date) => Operand::Date(*date),
        }
    }
}

/// Runs a program whose stack never holds more than `HEIGHT` values.
pub(super) fn run<const HEIGHT: usize>(
    program: &Program,
    inputs: &Inputs,
) -> Result<Decimal, Failure> {
    let made: Made = vec![OnceCell::new(); program.made];
    let mut stack: Stack<'_, HEIGHT> = Stack::new();
    let mut next = 0;
    while let Some(instruction) = program.code.get(next) {
        let jump = step(&mut stack, *instruction, program, inputs, &made)?;
        next += 1 + jump as usize;
    }
    Ok(match stack.pop() {
        Operand::Number(number) => number,
        Operand::Boolean(truth) => Decimal::from(u8::from(truth)),
        other => mistyped(&other),
    })
}

/// Does one instruction and returns how many to leave out.
#[inline(always)]
fn step<'a, const HEIGHT: usize>(
    stack: &mut Stack<'a, HEIGHT>,
    instruction: Instruction,
    program: &'a Program,
    inputs: &'a Inputs,
    made: &'a Made,
) -> Result<u32, Failure> {
    match instruction {
        Instruction::Constant(index) => stack.push(Operand::of(&program.constants[index as usize])),
        Instruction::Input(index) => stack.push(input(program, inputs, index as usize)?),
        Instruction::Arithmetic(operation) => {
            let (right, left) = (stack.number(), stack.number());
            stack.push(Operand::Number(calculate(operation, left, right)?));
        }
        Instruction::Compare(comparison) => {
            let (left, right) = stack.pair();
            stack.push(Operand::Boolean(holds(comparison, &left, &right)));
        }
        Instruction::CompareOrJump(comparison, distance) => {
            let (left, right) = stack.pair();
            if !holds(comparison, &left, &right) {
                stack.push(Operand::Boolean(false));
                return Ok(distance);
            }
            stack.push(right);
        }
        Instruction::JumpIfFalse(distance) => {
            if !stack.boolean() {
                return Ok(distance);
            }
        }
        Instruction::Jump(distance) => return Ok(distance),
        Instruction::And(distance) => {
            if !stack.boolean() {
                stack.push(Operand::Boolean(false));
                return Ok(distance);
            }
        }
        Instruction::Or(distance) => {
            if stack.boolean() {
                stack.push(Operand::Boolean(true));
                return Ok(distance);
            }
        }
        other => function(stack, other, made),
    }
    Ok(0)
}

/// The instructions that neither jump nor fail.
fn function<'a, const HEIGHT: usize>(
    stack: &mut Stack<'a, HEIGHT>,
    instruction: Instruction,
    made: &'a Made,
) {
    let result = match instruction {
        Instruction::Days => {
            let (later, earlier) = stack.pair();
            Operand::Number(days(&later, &earlier))
        }
        Instruction::Negate => Operand::Number(-stack.number()),
        Instruction::Absolute => Operand::Number(stack.number().abs()),
        Instruction::Round(decimals) => Operand::Number(round(stack.number(), decimals)),
        Instruction::Minimum => {
            let (first, second) = stack.pair();
            if second < first { second } else { first }
        }
        Instruction::Maximum => {
            let (first, second) = stack.pair();
            if second > first { second } else { first }
        }
        Instruction::Length => Operand::Number(Decimal::from(stack.text().chars().count())),
        Instruction::Lower(place) => {
            let text = stack.text();
            Operand::Text(made[place as usize].get_or_init(|| text.to_lowercase()))
        }
        Instruction::Upper(place) => {
            let text = stack.text();
            Operand::Text(made[place as usize].get_or_init(|| text.to_uppercase()))
        }
        Instruction::Not => Operand::Boolean(!stack.boolean()),
        Instruction::Contains => {
            let (whole, part) = (stack.text(), stack.text());
            Operand::Boolean(whole.contains(part))
        }
        Instruction::FirstMember => {
            let element = stack.pop();
            Operand::Boolean(*stack.top() == element)
        }
        Instruction::NextMember => {
            let element = stack.pop();
            let found = stack.boolean();
            Operand::Boolean(found || *stack.top() == element)
        }
        Instruction::EndMembers => {
            let found = stack.pop();
            stack.pop();
            found
        }
        other => unreachable!("{other:?} is done by step"),
    };
    stack.push(result);
}

fn input<'a>(
    program: &'a Program,
    inputs: &'a Inputs,
    index: usize,
) -> Result<Operand<'a>, Failure> {
    let Input { name, kind: expected } = &program.inputs[index];
    let value = inputs.value_of(name).ok_or_else(|| Failure::Missing(name.text().clone()))?;
    let found = value.kind();
    if found != *expected {
        return Err(Failure::WrongKind { input: name.text().clone(), expected: *expected, found });
    }
    Ok(Operand::of(value))
}

fn holds(comparison: Comparison, left: &Operand<'_>, right: &Operand<'_>) -> bool {
    let order = left.cmp(right);
    match comparison {
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
    }
}

fn days(later: &Operand<'_>, earlier: &Operand<'_>) -> Decimal {
    match (later, earlier) {
        (Operand::Date(later), Operand::Date(earlier)) => {
            Decimal::from(earlier.duration_until(*later).as_hours() / 24)
        }
        (other, _) => mistyped(other),
    }
}

fn mistyped(operand: &Operand<'_>) -> ! {
    unreachable!("the compiler checks kinds, yet here is {operand:?}")
}

struct Stack<'a, const HEIGHT: usize> {
    values: [Operand<'a>; HEIGHT],
    len: usize,
}

impl<'a, const HEIGHT: usize> Stack<'a, HEIGHT> {
    fn new() -> Self {
        Stack { values: [Operand::Boolean(false); HEIGHT], len: 0 }
    }

    fn push(&mut self, operand: Operand<'a>) {
        self.values[self.len] = operand;
        self.len += 1;
    }

    fn pop(&mut self) -> Operand<'a> {
        self.len -= 1;
        self.values[self.len]
    }

    fn top(&self) -> &Operand<'a> {
        &self.values[self.len - 1]
    }

    /// The two uppermost, the lower one first.
    fn pair(&mut self) -> (Operand<'a>, Operand<'a>) {
        let upper = self.pop();
        (self.pop(), upper)
    }

    fn boolean(&mut self) -> bool {
        match self.pop() {
            Operand::Boolean(truth) => truth,
            other => mistyped(&other),
        }
    }

    fn number(&mut self) -> Decimal {
        match self.pop() {
            Operand::Number(number) => number,
            other => mistyped(&other),
        }
    }

    fn text(&mut self) -> &'a str {
        match self.pop() {
            Operand::Text(text) => text,
            other => mistyped(&other),
        }
    }
}
