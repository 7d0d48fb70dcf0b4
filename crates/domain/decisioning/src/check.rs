//! Collects every fault of a request before it is refused, in the words that Django REST clients know.

use rust_decimal::Decimal;

use crate::error::{DecisioningError, FieldError};

/// The most characters of a name.
pub(crate) const MAX_NAME_CHARS: usize = 255;

/// How much of a thing a request says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it: what is missing takes its default, or is a fault.
    Whole,
    /// What changes: what is missing stays.
    Part,
}

/// The faults found so far. A field that is already faulty collects no second complaint, but `rules`-like lists,
/// whose messages each name their place, may ([`Check::also`]).
#[derive(Debug, Default)]
pub(crate) struct Check {
    faults: Vec<FieldError>,
}

impl Check {
    /// Starts with the faults that reading the request found.
    pub fn new(unreadable: Vec<FieldError>) -> Self {
        Self { faults: unreadable }
    }

    /// Records a fault, unless the field has one.
    pub fn fault(&mut self, field: &'static str, message: impl Into<String>) {
        if !self.is_faulty(field) {
            self.also(field, message);
        }
    }

    /// Records a fault beside those that the field has.
    pub fn also(&mut self, field: &'static str, message: impl Into<String>) {
        self.faults.push(FieldError::new(field, message));
    }

    /// Whether the field has a fault.
    pub fn is_faulty(&self, field: &str) -> bool {
        self.faults.iter().any(|fault| fault.field == field)
    }

    /// What was sent, else what was there before; neither is a fault.
    pub fn required<T>(
        &mut self,
        field: &'static str,
        sent: Option<T>,
        before: Option<T>,
    ) -> Option<T> {
        let value = sent.or(before);
        if value.is_none() {
            self.fault(field, "This field is required.");
        }
        value
    }

    /// A text that must not be blank, without the spaces around it.
    pub fn not_blank(&mut self, field: &'static str, text: &str) -> Option<String> {
        match plain(text, MAX_NAME_CHARS) {
            Ok(text) if text.is_empty() => {
                self.fault(field, "This field may not be blank.");
                None
            }
            Ok(text) => Some(text),
            Err(message) => {
                self.fault(field, message);
                None
            }
        }
    }

    /// A text of at most `most` characters, without the spaces around it.
    pub fn short(&mut self, field: &'static str, text: &str, most: usize) -> Option<String> {
        plain(text, most).map_err(|message| self.fault(field, message)).ok()
    }

    /// `value` when nothing was wrong.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, DecisioningError> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(DecisioningError::Invalid(self.faults)),
        }
    }
}

/// A text of at most `most` characters without control characters and without the spaces around it, or what is wrong.
pub(crate) fn plain(text: &str, most: usize) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() > most {
        return Err(format!("Ensure this field has no more than {most} characters."));
    }
    if text.chars().any(char::is_control) {
        return Err("Control characters are not allowed.".to_owned());
    }
    Ok(text.to_owned())
}

/// The words of a reference to something that is not there.
pub(crate) fn unknown(id: impl std::fmt::Display) -> String {
    format!("Invalid pk \"{id}\" - object does not exist.")
}

/// What is wrong with a weight, if anything is: it must be from 0 to 1.
pub(crate) fn weight_fault(weight: Decimal) -> Option<&'static str> {
    if weight.is_sign_negative() && !weight.is_zero() {
        Some("Ensure this value is greater than or equal to 0.")
    } else if weight > Decimal::ONE {
        Some("Ensure this value is less than or equal to 1.")
    } else {
        None
    }
}
