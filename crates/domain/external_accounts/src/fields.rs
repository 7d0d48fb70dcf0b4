//! Texts of requests: absent, null and empty are the same; too long ones are refused by name.

use crate::rejection::{self, Rejection};

const SHORT_CHARS: usize = 50;

/// The text without the spaces around it; `None` when nothing is left.
pub(crate) fn text(given: &Option<String>) -> Option<String> {
    given.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Gathers what is wrong with a request.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<Rejection>);

impl Fields {
    pub(crate) fn fault(&mut self, rejection: Rejection) {
        self.0.push(rejection);
    }

    pub(crate) fn fault_if(&mut self, applies: bool, rejection: impl FnOnce() -> Rejection) {
        if applies {
            self.0.push(rejection());
        }
    }

    /// The document's usual bound.
    pub(crate) fn at_most_50(&mut self, property: &str, given: &Option<String>) {
        self.at_most(property, given, SHORT_CHARS);
    }

    pub(crate) fn at_most(&mut self, property: &str, given: &Option<String>, chars: usize) {
        if text(given).is_some_and(|text| text.chars().count() > chars) {
            let specifics = format!("Maximum length is {chars} characters.");
            self.fault(rejection::not_acceptable(property, &specifics));
        }
    }

    /// `customField1` to `customField5`.
    pub(crate) fn custom(&mut self, fields: &[Option<String>; 5]) {
        for (number, field) in (1..).zip(fields) {
            self.at_most_50(&format!("customField{number}"), field);
        }
    }

    pub(crate) fn faults(self) -> Vec<Rejection> {
        self.0
    }
}
