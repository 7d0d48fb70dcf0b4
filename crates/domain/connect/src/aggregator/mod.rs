//! Who reads banks: one trait, and what passes through it.
//!
//! An aggregator knows no database and no member: it is asked ([`Ask`]) and answers one step ([`Outcome`]). Whatever it has
//! to remember from one step of a job to the next it answers as `state`, and what it needs as long as a member lives as
//! `grant`; both are kept sealed. A step may be repeated after a crash, so it must be safe to repeat.

mod entity;
pub mod open_banking;
pub mod simulated;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use entity::{
    AccountData, Answer, Ask, Authorization, Authorize, Challenge, ChallengeOption, Data, Given,
    Grant, Outcome, Question, Refusal, Returned, StatementData, TransactionData,
};

pub use simulated::{Behaviour, SimulatedAggregator};

/// What the methods of [`Aggregator`] answer.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Reads accounts at banks.
pub trait Aggregator: Send + Sync {
    /// What institutions name it by.
    fn name(&self) -> &'static str;

    /// One step of a job.
    fn run<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Outcome>;

    /// Where the end user goes to agree, for an institution with a consent page of its own.
    ///
    /// # Errors
    /// Why there is no such page now.
    fn authorize<'a>(&'a self, ask: Authorize<'a>)
    -> BoxFuture<'a, Result<Authorization, Refusal>>;

    /// What the end user's way back from the consent page says; asked once for each way through it.
    fn returned<'a>(&'a self, answer: Returned<'a>) -> BoxFuture<'a, Grant>;

    /// The member is deleted: what the provider holds of it is to be forgotten too. Done at best effort, outside of any
    /// transaction; a failure is written to the log.
    ///
    /// # Errors
    /// For the log.
    fn forget<'a>(&'a self, grant: &'a [u8]) -> BoxFuture<'a, Result<(), String>> {
        let _ = grant;
        Box::pin(async { Ok(()) })
    }
}

/// The aggregators that are set up here, by name. Cheap to clone.
#[derive(Clone, Default)]
pub struct Aggregators(Arc<[Arc<dyn Aggregator>]>);

impl Aggregators {
    /// These, of which the first of a name counts.
    pub fn new(all: Vec<Arc<dyn Aggregator>>) -> Self {
        Self(all.into())
    }

    /// The one of this name.
    pub fn get(&self, name: &str) -> Option<&dyn Aggregator> {
        self.0.iter().find(|it| it.name() == name).map(|it| &**it)
    }
}
