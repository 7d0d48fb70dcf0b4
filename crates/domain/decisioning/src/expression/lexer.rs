//! Characters to tokens.

use rust_decimal::Decimal;

use super::StatementError;
use super::limits::MAX_NAME_CHARACTERS;

/// What a statement is made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'s> {
    Number(Decimal),
    Text(String),
    /// `{{name}}`, without what stands around the name.
    Input(&'s str),
    /// A keyword, the name of a function, or neither.
    Word(&'s str),
    Symbol(&'static str),
    End,
}

impl Token<'_> {
    /// For a message.
    pub(super) fn describe(&self) -> String {
        match self {
            Token::Number(number) => format!("the number {number}"),
            Token::Text(_) => "a string".to_owned(),
            Token::Input(name) => format!("{{{{{name}}}}}"),
            Token::Word(word) => format!("'{word}'"),
            Token::Symbol(symbol) => format!("'{symbol}'"),
            Token::End => "the end".to_owned(),
        }
    }
}

/// The longer ones first.
const SYMBOLS: [&str; 18] = [
    "**", "//", "<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",",
];

/// What people write who think of another language, and what it is here.
const FOREIGN: [(&str, &str); 9] = [
    ("<>", "!="),
    ("&&", "and"),
    ("||", "or"),
    ("=", "=="),
    ("!", "not"),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
    ("×", "*"),
];

const SINGLE_QUOTES: [char; 4] = ['\'', '‘', '’', '‚'];
const DOUBLE_QUOTES: [char; 4] = ['"', '“', '”', '„'];

/// Reads one token after another and counts characters, for messages.
pub(super) struct Lexer<'s> {
    rest: &'s str,
    position: usize,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(source: &'s str) -> Lexer<'s> {
        Lexer { rest: source, position: 0 }
    }

    /// The next token and the characters before it.
    pub(super) fn next(&mut self) -> Result<(Token<'s>, usize), StatementError> {
        self.take_while(char::is_whitespace);
        let position = self.position;
        Ok((self.token()?, position))
    }

    fn token(&mut self) -> Result<Token<'s>, StatementError> {
        let Some(first) = self.rest.chars().next() else { return Ok(Token::End) };
        let starts_fraction =
            first == '.' && self.rest[1..].starts_with(|next: char| next.is_ascii_digit());
        if first.is_ascii_digit() || starts_fraction {
            return self.number();
        }
        if is_word(first) {
            return Ok(Token::Word(self.take_while(is_word)));
        }
        if self.rest.starts_with("{{") {
            return self.input();
        }
        if SINGLE_QUOTES.contains(&first) || DOUBLE_QUOTES.contains(&first) {
            return self.text(first);
        }
        let symbol = SYMBOLS.into_iter().find(|symbol| self.rest.starts_with(symbol));
        match symbol {
            Some(symbol) => {
                self.skip(symbol);
                Ok(Token::Symbol(symbol))
            }
            None => Err(self.unknown(first)),
        }
    }

    fn unknown(&self, first: char) -> StatementError {
        let foreign = FOREIGN.into_iter().find(|(foreign, _)| self.rest.starts_with(foreign));
        let message = match foreign {
            Some((foreign, ours)) => format!("Write '{ours}' instead of '{foreign}'."),
            None if first == '{' || first == '}' => {
                "Write an input in double curly braces, as {{name}}.".to_owned()
            }
            None => format!("The character {first:?} has no meaning here."),
        };
        StatementError { position: self.position, message }
    }

    /// Digits with a fraction and an exponent, as Python has them.
    fn number(&mut self) -> Result<Token<'s>, StatementError> {
        let position = self.position;
        let error = |message: &str| StatementError { position, message: message.to_owned() };
        let whole = self.take_while(|next| next.is_ascii_digit());
        let mut text = if whole.is_empty() { "0".to_owned() } else { whole.to_owned() };
        if whole.len() > 1 && whole.starts_with('0') {
            return Err(error(
                "A number does not begin with 0; thousands are written without a comma.",
            ));
        }
        if self.skip(".") {
            let fraction = self.take_while(|next| next.is_ascii_digit());
            if !fraction.is_empty() {
                text = text + "." + fraction;
            }
        }
        let has_exponent = self.skip("e") || self.skip("E");
        if has_exponent {
            let minus = self.skip("-");
            if !minus {
                self.skip("+");
            }
            let exponent = self.take_while(|next| next.is_ascii_digit());
            text = text + "e" + if minus { "-" } else { "" } + exponent;
        }
        if self.rest.starts_with(is_word) || text.ends_with(['e', '-']) {
            return Err(error("This is not a number."));
        }
        let number = if has_exponent {
            Decimal::from_scientific(&text)
        } else {
            Decimal::from_str_exact(&text)
        };
        let too_long =
            "A number has at most 28 digits, and lies below 79228162514264337593543950335.";
        number.map(Token::Number).map_err(|_| error(too_long))
    }

    fn input(&mut self) -> Result<Token<'s>, StatementError> {
        let position = self.position;
        let error = |message: &str| StatementError { position, message: message.to_owned() };
        self.skip("{{");
        let inside = self.take_while(|next| next != '{' && next != '}' && !next.is_control());
        if !self.skip("}}") {
            return Err(error("An input ends with two curly braces, as {{name}}."));
        }
        let name = inside.trim();
        if name.is_empty() {
            return Err(error("An input has a name, as {{name}}."));
        }
        if name.chars().count() > MAX_NAME_CHARACTERS {
            return Err(error("The name of an input has at most 100 characters."));
        }
        Ok(Token::Input(name))
    }

    /// A string from its opening quote on. A straight quote is closed by the same; a typographic one by
    /// any single or any double quote, whichever it is.
    fn text(&mut self, opening: char) -> Result<Token<'s>, StatementError> {
        let position = self.position;
        let error =
            |position, message: &str| StatementError { position, message: message.to_owned() };
        let family = if SINGLE_QUOTES.contains(&opening) { SINGLE_QUOTES } else { DOUBLE_QUOTES };
        let is_straight = opening == family[0];
        self.take();
        let mut text = String::new();
        while let Some(next) = self.take() {
            let closes = if is_straight { next == opening } else { family.contains(&next) };
            if closes {
                return Ok(Token::Text(text));
            }
            match next {
                '\\' => match self.take() {
                    Some(escaped) if is_escapable(escaped) => text.push(escaped),
                    _ => {
                        let message =
                            "A backslash stands only before a quote or another backslash.";
                        return Err(error(self.position - 1, message));
                    }
                },
                next if next.is_control() => {
                    return Err(error(position, "A string ends on the line on which it begins."));
                }
                next => text.push(next),
            }
        }
        Err(error(position, "This string has no closing quote."))
    }

    fn take(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        self.position += 1;
        Some(next)
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'s str {
        let end = self.rest.find(|next| !belongs(next)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.position += taken.chars().count();
        taken
    }

    fn skip(&mut self, text: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(text) else { return false };
        self.rest = rest;
        self.position += text.chars().count();
        true
    }
}

fn is_word(next: char) -> bool {
    next.is_alphanumeric() || next == '_'
}

fn is_escapable(next: char) -> bool {
    next == '\\' || SINGLE_QUOTES.contains(&next) || DOUBLE_QUOTES.contains(&next)
}
