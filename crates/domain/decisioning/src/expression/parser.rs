//! Tokens to a checked program, in one pass: precedence climbing, where each piece that has been read
//! is already code whose kind is known.

use jiff::civil::Date;

use super::lexer::{Lexer, Token};
use super::limits::{MAX_CHARACTERS, MAX_DECIMALS, MAX_DEPTH};
use super::program::{Instruction, Program};
use super::{Kind, StatementError, Value, typing};

/// How tightly operators bind, as in Python; a prefix binds what stands behind it as tightly.
mod binding {
    pub(super) const CONDITIONAL: u8 = 1;
    pub(super) const OR: u8 = 2;
    pub(super) const AND: u8 = 3;
    pub(super) const NOT: u8 = 4;
    pub(super) const COMPARISON: u8 = 5;
    pub(super) const SUM: u8 = 6;
    pub(super) const PRODUCT: u8 = 7;
    pub(super) const SIGN: u8 = 8;
    pub(super) const POWER: u8 = 9;
}

type Parsed<T> = Result<T, StatementError>;

/// Code for one value, and where it was read.
#[derive(Clone, Copy, Debug)]
struct Piece {
    kind: Kind,
    /// Characters before it.
    position: usize,
    /// The index of its first instruction.
    start: usize,
    /// The index behind its last instruction.
    end: usize,
}

impl Piece {
    /// The same where the code that made it has been used: a literal's kind can no longer change.
    fn settled(self) -> Piece {
        Piece { start: self.end, ..self }
    }
}

/// Compiles a statement and says whether it gives a number or a boolean.
pub(super) fn compile(
    source: &str,
    kind_of: &dyn Fn(&str) -> Option<Kind>,
) -> Parsed<(Program, Kind)> {
    if source.chars().nth(MAX_CHARACTERS).is_some() {
        let message = format!("A statement has at most {MAX_CHARACTERS} characters.");
        return Err(StatementError { position: MAX_CHARACTERS, message });
    }
    let mut parser = Parser::new(source, kind_of)?;
    if parser.token == Token::End {
        return parser.fail("The statement is empty.");
    }
    let whole = parser.expression(binding::CONDITIONAL)?;
    if parser.token != Token::End {
        return parser.fail(match parser.token {
            Token::Word("is") => unknown_word("is"),
            ref found => format!("An operator or the end was expected, not {}.", found.describe()),
        });
    }
    if !matches!(whole.kind, Kind::Number | Kind::Boolean) {
        let message = format!("A rule gives a number or a boolean, not a {}.", whole.kind);
        return Err(StatementError { position: whole.position, message });
    }
    Ok((parser.program, whole.kind))
}

struct Parser<'s> {
    lexer: Lexer<'s>,
    /// The next token, which has not been used.
    token: Token<'s>,
    /// Characters before it.
    position: usize,
    depth: usize,
    kind_of: &'s dyn Fn(&str) -> Option<Kind>,
    program: Program,
}

impl<'s> Parser<'s> {
    fn new(source: &'s str, kind_of: &'s dyn Fn(&str) -> Option<Kind>) -> Parsed<Parser<'s>> {
        let mut lexer = Lexer::new(source);
        let (token, position) = lexer.next()?;
        Ok(Parser { lexer, token, position, depth: 0, kind_of, program: Program::default() })
    }

    // --- tokens ---

    fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        fail_at(self.position, message)
    }

    /// Takes the next token and says where it stood.
    fn advance(&mut self) -> Parsed<(Token<'s>, usize)> {
        let (next, position) = self.lexer.next()?;
        let taken = std::mem::replace(&mut self.token, next);
        Ok((taken, std::mem::replace(&mut self.position, position)))
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.token, Token::Symbol(found) if found == symbol)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.token, Token::Word(found) if found == word)
    }

    fn expect_symbol(&mut self, symbol: &str) -> Parsed<()> {
        if !self.is_symbol(symbol) {
            let found = self.token.describe();
            return self.fail(format!("'{symbol}' was expected, not {found}."));
        }
        self.advance().map(|_| ())
    }

    fn expect_word(&mut self, word: &str, why: &str) -> Parsed<()> {
        if !self.is_word(word) {
            let found = self.token.describe();
            return self.fail(format!("'{word}' was expected, not {found}: {why}."));
        }
        self.advance().map(|_| ())
    }

    // --- pieces ---

    fn emit(&mut self, instruction: Instruction, position: usize) -> Parsed<usize> {
        self.program.emit(instruction, position)
    }

    /// The piece from `from` up to the last instruction.
    fn piece(&self, kind: Kind, position: usize, start: usize) -> Piece {
        Piece { kind, position, start, end: self.program.code.len() }
    }

    fn constant(&mut self, value: Value, position: usize) -> Parsed<Piece> {
        let kind = value.kind();
        let index = self.program.constant(value);
        let start = self.emit(Instruction::Constant(index), position)?;
        Ok(self.piece(kind, position, start))
    }

    /// The constant that a piece is, if it is nothing else.
    fn literal(&mut self, piece: Piece) -> Option<&mut Value> {
        match self.program.code[piece.start..piece.end] {
            [Instruction::Constant(index)] => self.program.constants.get_mut(index as usize),
            _ => None,
        }
    }

    /// Reads a string literal as a date where the other side is a date.
    fn align(&mut self, left: &mut Piece, right: &mut Piece) -> Parsed<()> {
        match (left.kind, right.kind) {
            (Kind::String, Kind::Date) => self.read_as_date(left),
            (Kind::Date, Kind::String) => self.read_as_date(right),
            _ => Ok(()),
        }
    }

    fn read_as_date(&mut self, piece: &mut Piece) -> Parsed<()> {
        let Some(value) = self.literal(*piece) else { return Ok(()) };
        if let Value::String(text) = value {
            *value = Value::Date(parse_date(text, piece.position)?);
            piece.kind = Kind::Date;
        }
        Ok(())
    }

    // --- grammar ---

    /// An expression of operators that bind at least as tightly as `floor`.
    fn expression(&mut self, floor: u8) -> Parsed<Piece> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail(format!("The statement nests deeper than {MAX_DEPTH} levels."));
        }
        let mut left = self.prefix(floor)?;
        while let Some(tightness) = infix(&self.token).filter(|tightness| *tightness >= floor) {
            left = match tightness {
                binding::CONDITIONAL => self.conditional(left)?,
                binding::OR | binding::AND => self.junction(left, tightness)?,
                binding::COMPARISON => self.comparison(left)?,
                _ => self.arithmetic(left, tightness)?,
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn prefix(&mut self, floor: u8) -> Parsed<Piece> {
        let (token, position) = self.advance()?;
        match token {
            Token::Number(number) => self.constant(Value::Number(number), position),
            Token::Text(text) => self.constant(Value::String(text), position),
            Token::Input(name) => self.input(name, position),
            Token::Symbol("(") => {
                let inside = self.expression(binding::CONDITIONAL)?;
                if self.is_symbol(",") {
                    return self.fail("A list stands only behind 'in'.");
                }
                self.expect_symbol(")")?;
                Ok(inside)
            }
            Token::Symbol(sign @ ("-" | "+")) => self.sign(sign, position),
            Token::Symbol("[") => fail_at(position, "A list stands only behind 'in'."),
            Token::Word("not") if floor <= binding::NOT => self.negation(position),
            Token::Word("not") => fail_at(position, "Put parentheses around 'not ..' here."),
            Token::Word("True" | "true") => self.constant(Value::Boolean(true), position),
            Token::Word("False" | "false") => self.constant(Value::Boolean(false), position),
            Token::Word(word) if self.is_symbol("(") => self.function(word, position),
            Token::Word(word) => fail_at(position, unknown_word(word)),
            other => {
                let found = other.describe();
                fail_at(position, format!("A value was expected, not {found}."))
            }
        }
    }

    fn input(&mut self, name: &str, position: usize) -> Parsed<Piece> {
        let Some(kind) = (self.kind_of)(name) else {
            return fail_at(position, format!("There is no input source \"{name}\"."));
        };
        let index = self.program.input(name, kind);
        let start = self.emit(Instruction::Input(index), position)?;
        Ok(self.piece(kind, position, start))
    }

    fn sign(&mut self, sign: &str, position: usize) -> Parsed<Piece> {
        let operand = self.expression(binding::SIGN)?;
        typing::needs(&format!("'{sign}'"), Kind::Number, operand.kind).or_else(at(position))?;
        if sign == "-" {
            match self.literal(operand) {
                Some(Value::Number(number)) => *number = -*number,
                _ => _ = self.emit(Instruction::Negate, position)?,
            }
        }
        Ok(self.piece(Kind::Number, position, operand.start))
    }

    fn negation(&mut self, position: usize) -> Parsed<Piece> {
        let operand = self.expression(binding::NOT)?;
        typing::needs("'not'", Kind::Boolean, operand.kind).or_else(at(position))?;
        self.emit(Instruction::Not, position)?;
        Ok(self.piece(Kind::Boolean, position, operand.start))
    }

    /// `left if condition else right`: the condition is worked out first, and only one branch.
    fn conditional(&mut self, mut left: Piece) -> Parsed<Piece> {
        let (_, position) = self.advance()?;
        let condition = self.expression(binding::OR)?;
        typing::needs("'if'", Kind::Boolean, condition.kind).or_else(at(condition.position))?;
        self.expect_word("else", "write a if condition else b")?;
        // While it is still where `left` says that it is, a string may turn into a date.
        let mark = self.program.code.len();
        let exit = self.program.branch(left.start, condition.start, position)?;
        let moved = mark - condition.start + 1;
        (left.start, left.end) = (left.start + moved, left.end + moved);
        let mut right = self.expression(binding::CONDITIONAL)?;
        self.program.land(exit);
        self.align(&mut left, &mut right)?;
        if left.kind != right.kind {
            let message = format!(
                "Both branches give the same kind, not a {} and a {}.",
                left.kind, right.kind
            );
            return fail_at(position, message);
        }
        Ok(self.piece(left.kind, left.position, left.start - moved))
    }

    /// `and`, `or`: the right side is worked out only when the left does not decide.
    fn junction(&mut self, left: Piece, tightness: u8) -> Parsed<Piece> {
        let (word, position) = self.advance()?;
        let word = word.describe();
        typing::needs(&word, Kind::Boolean, left.kind).or_else(at(left.position))?;
        let jump = match tightness {
            binding::AND => Instruction::And(0),
            _ => Instruction::Or(0),
        };
        let jump = self.emit(jump, position)?;
        let right = self.expression(tightness + 1)?;
        typing::needs(&word, Kind::Boolean, right.kind).or_else(at(right.position))?;
        self.program.land(jump);
        Ok(self.piece(Kind::Boolean, left.position, left.start))
    }

    /// `a < b`, a chain `a < b <= c`, or `in`.
    fn comparison(&mut self, first: Piece) -> Parsed<Piece> {
        let mut jumps = Vec::new();
        let mut left = first;
        loop {
            let (token, position) = self.advance()?;
            let Token::Symbol(symbol) = token else {
                return self.membership(first, token, !jumps.is_empty(), position);
            };
            let Some(comparison) = typing::comparison(symbol) else {
                return fail_at(position, format!("'{symbol}' does not compare."));
            };
            let mut right = self.expression(binding::COMPARISON + 1)?;
            self.align(&mut left, &mut right)?;
            typing::comparable(comparison, left.kind, right.kind).or_else(at(position))?;
            if infix(&self.token) != Some(binding::COMPARISON) {
                self.emit(Instruction::Compare(comparison), position)?;
                break;
            }
            jumps.push(self.emit(Instruction::CompareOrJump(comparison, 0), position)?);
            left = right.settled();
        }
        for jump in jumps {
            self.program.land(jump);
        }
        Ok(self.piece(Kind::Boolean, first.position, first.start))
    }

    /// `left in (..)`, `left not in [..]`, `'part' in {{text}}`, from behind the first word on.
    fn membership(
        &mut self,
        left: Piece,
        word: Token<'s>,
        is_chained: bool,
        position: usize,
    ) -> Parsed<Piece> {
        let is_negated = word == Token::Word("not");
        if is_negated {
            self.expect_word("in", "write a not in (..)")?;
        }
        self.members(left, position)?;
        if is_negated {
            self.emit(Instruction::Not, position)?;
        }
        if is_chained || infix(&self.token) == Some(binding::COMPARISON) {
            return fail_at(position, "'in' cannot be chained; put parentheses around it.");
        }
        Ok(self.piece(Kind::Boolean, left.position, left.start))
    }

    fn members(&mut self, mut left: Piece, position: usize) -> Parsed<()> {
        let closing = if self.is_symbol("[") {
            "]"
        } else if self.is_symbol("(") {
            ")"
        } else {
            let whole = self.expression(binding::COMPARISON + 1)?;
            return self.contains(left, whole, position);
        };
        self.advance()?;
        let mut element = self.expression(binding::CONDITIONAL)?;
        if closing == ")" && self.is_symbol(")") {
            self.advance()?;
            return self.contains(left, element, position);
        }
        self.member(&mut left, &mut element, Instruction::FirstMember)?;
        left = left.settled();
        while !self.is_symbol(closing) {
            self.expect_symbol(",")?;
            if self.is_symbol(closing) {
                break;
            }
            let mut element = self.expression(binding::CONDITIONAL)?;
            self.member(&mut left, &mut element, Instruction::NextMember)?;
        }
        self.advance()?;
        self.emit(Instruction::EndMembers, position).map(|_| ())
    }

    fn member(&mut self, left: &mut Piece, element: &mut Piece, done: Instruction) -> Parsed<()> {
        self.align(left, element)?;
        if left.kind != element.kind {
            let message = format!("A {} cannot be in a list with a {}.", left.kind, element.kind);
            return fail_at(element.position, message);
        }
        self.emit(done, element.position).map(|_| ())
    }

    fn contains(&mut self, part: Piece, whole: Piece, position: usize) -> Parsed<()> {
        if part.kind != Kind::String || whole.kind != Kind::String {
            let message = "'in' looks for a value in a list, as in ('a', 'b') or (1,), or for a string in a string.";
            return fail_at(position, message);
        }
        self.emit(Instruction::Contains, position).map(|_| ())
    }

    fn arithmetic(&mut self, mut left: Piece, tightness: u8) -> Parsed<Piece> {
        let (token, position) = self.advance()?;
        let Token::Symbol(symbol) = token else {
            return fail_at(position, format!("{} is no operator.", token.describe()));
        };
        // The power groups to the right and lets its exponent have a sign; the others to the left.
        let floor = if tightness == binding::POWER { binding::SIGN } else { tightness + 1 };
        let mut right = self.expression(floor)?;
        if symbol == "-" {
            self.align(&mut left, &mut right)?;
        }
        let (instruction, kind) =
            typing::arithmetic(symbol, left.kind, right.kind).or_else(at(position))?;
        self.emit(instruction, position)?;
        Ok(self.piece(kind, left.position, left.start))
    }

    // --- functions ---

    fn function(&mut self, name: &str, position: usize) -> Parsed<Piece> {
        let start = self.program.code.len();
        self.expect_symbol("(")?;
        let kind = match name {
            "min" => self.extreme(name, Instruction::Minimum, position)?,
            "max" => self.extreme(name, Instruction::Maximum, position)?,
            "abs" => self.simple(name, Kind::Number, Instruction::Absolute)?,
            "len" => self.simple(name, Kind::String, Instruction::Length)?,
            "lower" => {
                let instruction = Instruction::Lower(self.program.make());
                self.simple(name, Kind::String, instruction)?
            }
            "upper" => {
                let instruction = Instruction::Upper(self.program.make());
                self.simple(name, Kind::String, instruction)?
            }
            "round" => self.round()?,
            "date" => self.date()?,
            _ => return fail_at(position, unknown_word(name)),
        };
        if self.is_symbol(",") {
            self.advance()?;
        }
        self.expect_symbol(")")?;
        Ok(self.piece(kind, position, start))
    }

    /// A function of one argument.
    fn simple(&mut self, name: &str, needed: Kind, instruction: Instruction) -> Parsed<Kind> {
        let argument = self.expression(binding::CONDITIONAL)?;
        typing::needs(name, needed, argument.kind).or_else(at(argument.position))?;
        self.emit(instruction, argument.position)?;
        let is_text = matches!(instruction, Instruction::Lower(_) | Instruction::Upper(_));
        Ok(if is_text { Kind::String } else { Kind::Number })
    }

    /// `min` and `max` of two or more values of one kind.
    fn extreme(&mut self, name: &str, instruction: Instruction, position: usize) -> Parsed<Kind> {
        let mut left = self.expression(binding::CONDITIONAL)?;
        let mut count = 1;
        while self.is_symbol(",") {
            self.advance()?;
            if self.is_symbol(")") {
                break;
            }
            let mut right = self.expression(binding::CONDITIONAL)?;
            self.align(&mut left, &mut right)?;
            if left.kind != right.kind || left.kind == Kind::Boolean {
                let message =
                    format!("{name} cannot choose between a {} and a {}.", left.kind, right.kind);
                return fail_at(right.position, message);
            }
            self.emit(instruction, right.position)?;
            left = self.piece(left.kind, left.position, left.start);
            count += 1;
        }
        if count < 2 {
            return fail_at(position, format!("{name} takes two values or more."));
        }
        Ok(left.kind)
    }

    /// `round(number)` or `round(number, decimals)`.
    fn round(&mut self) -> Parsed<Kind> {
        let argument = self.expression(binding::CONDITIONAL)?;
        typing::needs("round", Kind::Number, argument.kind).or_else(at(argument.position))?;
        let mut decimals = 0;
        if self.is_symbol(",") {
            self.advance()?;
            let (token, position) = self.advance()?;
            let allowed = |digits: &u32| *digits <= MAX_DECIMALS;
            let whole = match token {
                Token::Number(number) => number.to_string().parse().ok().filter(allowed),
                _ => None,
            };
            let Some(whole) = whole else {
                return fail_at(position, "round takes a whole number of decimals from 0 to 28.");
            };
            decimals = whole;
        }
        self.emit(Instruction::Round(decimals), argument.position)?;
        Ok(Kind::Number)
    }

    /// `date('2020-01-31')`.
    fn date(&mut self) -> Parsed<Kind> {
        let (token, position) = self.advance()?;
        let Token::Text(text) = token else {
            return fail_at(position, "date takes a string, as date('2020-01-31').");
        };
        let date = parse_date(&text, position)?;
        self.constant(Value::Date(date), position)?;
        Ok(Kind::Date)
    }
}

/// How tightly the operator binds that a token is.
fn infix(token: &Token<'_>) -> Option<u8> {
    Some(match token {
        Token::Word("if") => binding::CONDITIONAL,
        Token::Word("or") => binding::OR,
        Token::Word("and") => binding::AND,
        Token::Word("in" | "not") => binding::COMPARISON,
        Token::Symbol("<" | "<=" | ">" | ">=" | "==" | "!=") => binding::COMPARISON,
        Token::Symbol("+" | "-") => binding::SUM,
        Token::Symbol("*" | "/" | "//" | "%") => binding::PRODUCT,
        Token::Symbol("**") => binding::POWER,
        _ => return None,
    })
}

fn parse_date(text: &str, position: usize) -> Parsed<Date> {
    // Only the plain form: `Date` alone would also read times, zones and years of six digits.
    let date = if text.len() == 10 { text.parse().ok() } else { None };
    date.map_or_else(
        || fail_at(position, format!("\"{text}\" is not a date; write it as '2020-01-31'.")),
        Ok,
    )
}

fn unknown_word(word: &str) -> String {
    match word {
        "and" | "or" | "in" | "if" | "else" => format!("A value was expected, not '{word}'."),
        "is" => "Write '==' instead of 'is'.".to_owned(),
        "None" | "null" => {
            "There is no None: a statement fails when an input is missing.".to_owned()
        }
        _ => format!(
            "\"{word}\" is unknown: write an input as {{{{{word}}}}} and a string in quotes; \
             the functions are min, max, abs, round, len, lower, upper and date."
        ),
    }
}

fn fail_at<T>(position: usize, message: impl Into<String>) -> Parsed<T> {
    Err(StatementError { position, message: message.into() })
}

/// Gives a message its place.
fn at<T>(position: usize) -> impl FnOnce(String) -> Parsed<T> {
    move |message| fail_at(position, message)
}
