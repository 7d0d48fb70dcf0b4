//! The decision engine: what partners' rules say about an application.
//!
//! [`expression`] is the language of a rule's statement, [`scoring`] works cards of rules out and
//! explains the result, [`choice`] picks the engine that an application meets. They are pure: the same
//! inputs give the same assessment, bit for bit.

pub mod choice;
mod decimal_text;
pub mod expression;
pub mod scoring;
