//! The compiled form: code for a machine with a stack.
//!
//! Jumps are relative and lead forward only. So every instruction runs at most once, which bounds the
//! time, and a piece of code means the same wherever it stands, which lets the parser emit while it
//! reads and turn `a if c else b` round afterwards.

use std::sync::Arc;

use super::inputs::Name;
use super::limits::{MAX_HEIGHT, MAX_INSTRUCTIONS};
use super::{Kind, StatementError, Value};

/// An order or equality between two values of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// Two numbers to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
}

/// One instruction; in brackets what it takes from the stack and what it leaves, the top last.
#[derive(Clone, Copy, Debug)]
pub(super) enum Instruction {
    /// `[] -> [value]`
    Constant(u32),
    /// `[] -> [value]`; fails when the input is missing or of another kind.
    Input(u32),
    /// `[number, number] -> [number]`
    Arithmetic(Arithmetic),
    /// `[date, date] -> [number]`: days from the second to the first.
    Days,
    /// `[number] -> [number]`
    Negate,
    /// `[number] -> [number]`
    Absolute,
    /// `[number] -> [number]`, to so many decimals.
    Round(u32),
    /// `[a, b] -> [a or b]`
    Minimum,
    /// `[a, b] -> [a or b]`
    Maximum,
    /// `[string] -> [number]`: characters.
    Length,
    /// `[string] -> [string]`, and the place of the string that is made.
    Lower(u32),
    /// `[string] -> [string]`, and the place of the string that is made.
    Upper(u32),
    /// `[boolean] -> [boolean]`
    Not,
    /// `[a, b] -> [boolean]`
    Compare(Comparison),
    /// A link of a chain `a < b < c`: `[a, b] -> [b]` when it holds, else `[false]` and a jump.
    CompareOrJump(Comparison, u32),
    /// `[part, whole] -> [boolean]`: a string within a string.
    Contains,
    /// `[a, element] -> [a, boolean]`: whether they are equal.
    FirstMember,
    /// `[a, boolean, element] -> [a, boolean]`: true when it was or they are equal.
    NextMember,
    /// `[a, boolean] -> [boolean]`
    EndMembers,
    /// `[boolean] -> []`, and a jump when it is false.
    JumpIfFalse(u32),
    /// A jump. What stands behind does not see the value on top, which is the first branch's.
    Jump(u32),
    /// `[boolean] -> []` when it is true, else it stays and a jump.
    And(u32),
    /// `[boolean] -> []` when it is false, else it stays and a jump.
    Or(u32),
}

impl Instruction {
    /// By how much the stack grows for the instruction that follows.
    fn growth(self) -> isize {
        use Instruction as I;
        match self {
            I::Constant(_) | I::Input(_) => 1,
            I::Negate
            | I::Absolute
            | I::Round(_)
            | I::Length
            | I::Lower(_)
            | I::Upper(_)
            | I::Not => 0,
            I::FirstMember => 0,
            I::Arithmetic(_) | I::Days | I::Minimum | I::Maximum | I::Compare(_) => -1,
            I::CompareOrJump(..) | I::Contains | I::NextMember | I::EndMembers => -1,
            I::JumpIfFalse(_) | I::Jump(_) | I::And(_) | I::Or(_) => -1,
        }
    }

    fn aim(&mut self, distance: u32) {
        use Instruction as I;
        match self {
            I::JumpIfFalse(to) | I::Jump(to) | I::And(to) | I::Or(to) => *to = distance,
            I::CompareOrJump(_, to) => *to = distance,
            other => unreachable!("{other:?} does not jump"),
        }
    }
}

/// An input that a program reads.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) name: Name,
    pub(super) kind: Kind,
}

/// A compiled statement, or one that is being compiled.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) code: Vec<Instruction>,
    pub(super) constants: Vec<Value>,
    pub(super) names: Vec<Arc<str>>,
    /// The inputs of these names, in the same order.
    pub(super) inputs: Vec<Input>,
    /// How many strings are made.
    pub(super) made: usize,
}

impl Program {
    /// Adds an instruction and returns its index.
    pub(super) fn emit(
        &mut self,
        instruction: Instruction,
        position: usize,
    ) -> Result<usize, StatementError> {
        if self.code.len() >= MAX_INSTRUCTIONS {
            let message = format!(
                "The statement is too long: it may have {MAX_INSTRUCTIONS} terms and operators."
            );
            return Err(StatementError { position, message });
        }
        self.code.push(instruction);
        Ok(self.code.len() - 1)
    }

    /// Adds a constant and returns its number.
    pub(super) fn constant(&mut self, value: Value) -> u32 {
        self.constants.push(value);
        (self.constants.len() - 1) as u32
    }

    /// A place for a string that is made.
    pub(super) fn make(&mut self) -> u32 {
        self.made += 1;
        (self.made - 1) as u32
    }

    /// The number of an input, new or known.
    pub(super) fn input(&mut self, name: &str, kind: Kind) -> u32 {
        let known = self.names.iter().position(|known| **known == *name);
        known.unwrap_or_else(|| {
            let name: Arc<str> = name.into();
            self.names.push(name.clone());
            self.inputs.push(Input { name: Name::new(name), kind });
            self.inputs.len() - 1
        }) as u32
    }

    /// Lets the jump at `index` lead behind the last instruction.
    pub(super) fn land(&mut self, index: usize) {
        let distance = self.code.len() - index - 1;
        self.code[index].aim(distance as u32);
    }

    /// Turns `branch condition`, which begin at `branch` and `condition` and end with the code, into
    /// `condition jump-if-false branch jump` and returns the index of the last, which is yet to land.
    pub(super) fn branch(
        &mut self,
        branch: usize,
        condition: usize,
        position: usize,
    ) -> Result<usize, StatementError> {
        let end = self.emit(Instruction::JumpIfFalse(0), position)?;
        self.code[branch..].rotate_left(condition - branch);
        let decision = branch + end - condition;
        let exit = self.emit(Instruction::Jump(0), position)?;
        self.land(decision);
        Ok(exit)
    }

    /// How many values the stack holds at most; an error when they are too many.
    pub(super) fn height(&self) -> Result<usize, StatementError> {
        let mut height = 0;
        let mut highest = 0;
        for instruction in &self.code {
            height += instruction.growth();
            highest = highest.max(height);
        }
        let highest = usize::try_from(highest).unwrap_or_default();
        if highest <= MAX_HEIGHT {
            return Ok(highest);
        }
        Err(StatementError {
            position: 0,
            message: "The statement is nested too deeply.".to_owned(),
        })
    }
}
