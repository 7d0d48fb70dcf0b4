//! Reading JSON as the original's clients write it, and saying as the document says where it is wrong.
//!
//! The texts of the 599xx codes speak of lines, positions and paths, and of mistakes (a missing quote, a semicolon for a
//! comma) that a reader has to recognise. So the body is read by a tokenizer of our own, in one pass, up to its first
//! fault; what is sound becomes a tree that remembers where its values ended. Like the original's it also reads single
//! quotes, names without quotes and a comma after the last member, because clients came to rely on it.

mod path;
mod reader;
#[cfg(test)]
mod tests;

pub use reader::read;
pub(crate) use reader::{echo, place_text};

/// A place in a body, as the document counts: lines from 1, positions from 0 in characters; of a value, the position
/// after its last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Characters of the line before it.
    pub position: usize,
}

/// A value and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What was sent.
    pub value: Value,
    /// Where it ended; of an array or an object, where it began.
    pub at: Place,
}

/// What was sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Something that begins as numbers do; what it is, is for whoever wants a number of a kind to say.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    Array(Vec<Node>),
    /// An object.
    Object(Members),
}

/// The members of an object in the order in which they were sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Members(Vec<(String, Node)>);

impl Members {
    /// The member of this name: the one written exactly so, else one that differs in capitals only; the last of several.
    pub fn get(&self, name: &str) -> Option<&Node> {
        let find = |is_it: &dyn Fn(&str) -> bool| {
            self.0.iter().rev().find(|(key, _)| is_it(key)).map(|(_, node)| node)
        };
        find(&|key| key == name).or_else(|| find(&|key| key.eq_ignore_ascii_case(name)))
    }
}

/// What is wrong with a body: the document's code and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A code of the document's common table.
    pub code: u32,
    /// Its text, placeholders filled.
    pub message: String,
}

impl Fault {
    pub(crate) fn new(code: u32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
