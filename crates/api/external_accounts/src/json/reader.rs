//! The tokenizer.

use super::path::Path;
use super::{Fault, Members, Node, Place, Value};

/// Deeper bodies are refused.
const DEPTH_MAX: usize = 32;
/// The most characters of a client's own text that an answer repeats.
const ECHO_CHARS: usize = 100;

/// Reads the object in `body`; nothing at all is an object without members, and so is `null`. `type_name` is what the
/// texts call the object.
///
/// # Errors
/// The first fault, with every code of the document that describes it.
pub fn read(body: &[u8], type_name: &str) -> Result<Members, Vec<Fault>> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        vec![Fault::new(59949, format!("The body is not UTF-8: byte {at} is no part of a text."))]
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::new(text);
    reader.skip_blanks();
    let node = match reader.peek() {
        None => return Ok(Members::default()),
        Some(_) => reader.value()?,
    };
    match node.value {
        Value::Object(members) => {
            reader.skip_blanks();
            match reader.peek() {
                None => Ok(members),
                Some(found) => Err(reader.fault(
                    59949,
                    format!(
                        "Additional text encountered after finished reading JSON content: {found}."
                    ),
                )),
            }
        }
        Value::Null => Ok(Members::default()),
        value => Err(not_an_object(value, node.at, type_name)),
    }
}

/// The faults of a body that is something else than an object: most likely one without its opening brace.
fn not_an_object(value: Value, at: Place, type_name: &str) -> Vec<Fault> {
    let text = match value {
        Value::Text(text) | Value::Number(text) => text,
        Value::Bool(value) => value.to_string(),
        _ => {
            let place = place_text("", at);
            let text = format!(
                "Cannot deserialize a JSON array into type '{type_name}', which is an object. {place}"
            );
            return vec![Fault::new(59999, text)];
        }
    };
    let place = place_text("", at);
    let specifics =
        format!("Error converting value \"{}\" to type '{type_name}'. {place}", echo(&text));
    vec![
        Fault::new(59951, specifics.clone()),
        Fault::new(59958, format!("Missing an opening curly brace. Specifics: {specifics}")),
    ]
}

/// `Path 'tag', line 10, position 11.`
pub(crate) fn place_text(path: &str, at: Place) -> String {
    format!("Path '{path}', line {}, position {}.", at.line, at.position)
}

/// A client's own text, as far as an answer repeats it.
pub(crate) fn echo(text: &str) -> String {
    text.chars().take(ECHO_CHARS).collect()
}

type Read<T> = Result<T, Vec<Fault>>;

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    at: Place,
    path: Path,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.chars().peekable(),
            at: Place { line: 1, position: 0 },
            path: Path::default(),
        }
    }

    fn peek(&mut self) -> Option<char> {
        self.rest.peek().copied()
    }

    fn next(&mut self) -> Option<char> {
        let char = self.rest.next()?;
        let is_line_end = match char {
            '\n' => true,
            '\r' => self.peek() != Some('\n'),
            _ => false,
        };
        if is_line_end {
            self.at = Place { line: self.at.line + 1, position: 0 };
        } else {
            self.at.position += 1;
        }
        Some(char)
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    fn fault(&self, code: u32, text: String) -> Vec<Fault> {
        let place = place_text(&self.path.to_string(), self.at);
        vec![Fault::new(code, format!("{text} {place}"))]
    }

    /// The body ends within an object: the document has two codes for it.
    fn end_within_object(&self) -> Vec<Fault> {
        let place = place_text(&self.path.to_string(), self.at);
        let specifics = format!("Unexpected end when deserializing object. {place}");
        vec![
            Fault::new(59950, specifics.clone()),
            Fault::new(59957, format!("Missing a closing curly brace. Specifics: {specifics}")),
        ]
    }

    /// A value, whose first character is there.
    fn value(&mut self) -> Read<Node> {
        match self.peek().unwrap_or_default() {
            '{' => self.object(),
            '[' => self.array(),
            quote @ ('"' | '\'') => {
                let text = self.quoted(quote)?;
                Ok(self.node(Value::Text(text)))
            }
            'n' => self.word("null", "null value", 59949, Value::Null),
            't' => self.word("true", "boolean value", 59949, Value::Bool(true)),
            'f' => self.word("false", "boolean value", 59949, Value::Bool(false)),
            'N' => self.word("NaN", "NaN value", 59905, Value::Number("NaN".to_owned())),
            '-' | '.' | '+' | '0'..='9' => self.number(),
            found => {
                let text =
                    format!("Unexpected character encountered while parsing value: {found}.");
                Err(self.fault(59949, text))
            }
        }
    }

    fn node(&self, value: Value) -> Node {
        Node { value, at: self.at }
    }

    fn object(&mut self) -> Read<Node> {
        self.next();
        let begin = self.at;
        self.check_depth()?;
        self.path.enter_object();
        let mut members = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                None => return Err(self.end_within_object()),
                Some('}') => break,
                Some(_) => {}
            }
            let name = self.name()?;
            self.colon()?;
            self.path.at_member(&name);
            self.skip_blanks();
            if self.peek().is_none() {
                return Err(self.end_within_object());
            }
            let node = self.value()?;
            members.push((name, node));
            self.skip_blanks();
            match self.peek() {
                None => return Err(self.end_within_object()),
                Some('}') => break,
                Some(',') => _ = self.next(),
                Some(found) => return Err(self.no_comma(found)),
            }
        }
        self.next();
        self.path.leave();
        Ok(Node { value: Value::Object(Members(members)), at: begin })
    }

    /// What stands after a member's value and is neither comma nor brace.
    fn no_comma(&self, found: char) -> Vec<Fault> {
        let code = if found == ';' { 59906 } else { 59949 };
        let text =
            format!("After parsing a value an unexpected character was encountered: {found}.");
        self.fault(code, text)
    }

    /// A member's name, with quotes or without.
    fn name(&mut self) -> Read<String> {
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            Some(first) if is_identifier(first) => {
                let mut name = String::new();
                loop {
                    match self.peek() {
                        None => return Err(self.end_within_object()),
                        Some(next) if is_identifier(next) => {
                            name.push(next);
                            self.next();
                        }
                        Some(next) if next == ':' || next.is_whitespace() => return Ok(name),
                        Some(found) => {
                            let text = format!(
                                "Invalid JavaScript property identifier character: {found}."
                            );
                            return Err(self.fault(59901, text));
                        }
                    }
                }
            }
            found => {
                let found = found.unwrap_or_default();
                let text = format!("Invalid property identifier character: {found}.");
                Err(self.fault(59949, text))
            }
        }
    }

    fn colon(&mut self) -> Read<()> {
        self.skip_blanks();
        match self.peek() {
            Some(':') => {
                self.next();
                Ok(())
            }
            Some('=') => {
                let text =
                    "Invalid character after parsing property name. Expected ':' but got: =.";
                Err(self.fault(59903, text.to_owned()))
            }
            Some(found) => Err(self.fault(59902, format!("Expected ':' but got: {found}."))),
            None => Err(self.end_within_object()),
        }
    }

    fn array(&mut self) -> Read<Node> {
        self.next();
        let begin = self.at;
        self.check_depth()?;
        self.path.enter_array();
        let mut items = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                None => return Err(self.end_within_array()),
                Some(']') => break,
                Some(_) => {}
            }
            self.path.at_item(items.len());
            let item = self.value()?;
            items.push(item);
            self.skip_blanks();
            match self.peek() {
                None => return Err(self.end_within_array()),
                Some(']') => break,
                Some(',') => _ = self.next(),
                Some(found) => return Err(self.no_comma(found)),
            }
        }
        self.next();
        self.path.leave();
        Ok(Node { value: Value::Array(items), at: begin })
    }

    fn end_within_array(&self) -> Vec<Fault> {
        self.fault(59949, "Unexpected end when deserializing array.".to_owned())
    }

    fn check_depth(&self) -> Read<()> {
        if self.path.depth() < DEPTH_MAX {
            return Ok(());
        }
        let text = format!("The reader's MaxDepth of {DEPTH_MAX} has been exceeded.");
        Err(self.fault(59999, text))
    }

    /// One of JSON's words, or `code` with the text that the document has for a wrong one.
    fn word(&mut self, word: &str, what: &str, code: u32, value: Value) -> Read<Node> {
        let mut ahead = self.rest.clone();
        let is_word = word.chars().all(|wanted| ahead.next() == Some(wanted));
        let ends = ahead.next().is_none_or(|next| !is_identifier(next));
        if !is_word || !ends {
            return Err(self.fault(code, format!("Error parsing {what}.")));
        }
        for _ in word.chars() {
            self.next();
        }
        Ok(self.node(value))
    }

    fn number(&mut self) -> Read<Node> {
        let mut text = String::new();
        loop {
            match self.peek() {
                Some(next) if next.is_ascii_alphanumeric() || "+-.".contains(next) => {
                    text.push(next);
                    self.next();
                }
                Some(next) if !(next.is_whitespace() || ",}];:".contains(next)) => {
                    let text =
                        format!("Unexpected character encountered while parsing number: {next}.");
                    return Err(self.fault(59949, text));
                }
                _ => return Ok(self.node(Value::Number(text))),
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Read<String> {
        self.next();
        let mut text = String::new();
        loop {
            let Some(char) = self.next() else {
                let message = format!("Unterminated string. Expected delimiter: {quote}.");
                return Err(self.fault(59949, message));
            };
            match char {
                _ if char == quote => return Ok(text),
                '\\' => text.push(self.escaped()?),
                _ => text.push(char),
            }
        }
    }

    /// What a backslash and the following characters stand for.
    fn escaped(&mut self) -> Read<char> {
        match self.next() {
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some(same @ ('"' | '\'' | '/' | '\\')) => Ok(same),
            Some('u') => self.unicode(),
            found => {
                let found = found.map(String::from).unwrap_or_default();
                Err(self.fault(59949, format!("Bad JSON escape sequence: \\{found}.")))
            }
        }
    }

    /// The character of `XXXX` after `\u`; two of them where it takes two.
    fn unicode(&mut self) -> Read<char> {
        let first = self.unit()?;
        let is_lead = (0xd800..0xdc00).contains(&first);
        let mut ahead = self.rest.clone();
        if !is_lead || ahead.next() != Some('\\') || ahead.next() != Some('u') {
            // Half a character alone is none.
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.next();
        self.next();
        let second = self.unit()?;
        let both = char::decode_utf16([first as u16, second as u16]).next();
        Ok(both.and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn unit(&mut self) -> Read<u32> {
        let mut unit = 0;
        let mut sent = String::new();
        for _ in 0..4 {
            let char = self.next();
            sent.extend(char);
            let Some(digit) = char.and_then(|char| char.to_digit(16)) else {
                return Err(self.fault(59949, format!("Bad JSON escape sequence: \\u{sent}.")));
            };
            unit = unit * 16 + digit;
        }
        Ok(unit)
    }
}

fn is_identifier(char: char) -> bool {
    char.is_alphanumeric() || char == '_' || char == '$'
}
