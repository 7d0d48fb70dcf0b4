//! What needs the owners of payments: sending, news, settling, comparing.

use std::sync::Arc;

use florin_jobs::JobHandler;
use florin_payments::Owners;

use crate::Mandates;
use crate::collect::{CancelHandler, CollectHandler};
use crate::flow::SubmitHandler;
use crate::intake::EventHandler;

/// Tells the provider of payments and takes in its news. Cheap to clone.
///
/// It is made once the owners of payments are known, which are built upon [`Mandates`].
#[derive(Clone)]
pub struct Collector {
    pub(crate) mandates: Mandates,
    pub(crate) owners: Owners,
}

impl Collector {
    /// A collector for the mandates of `mandates`, whose payments are `owners`'.
    pub fn new(mandates: Mandates, owners: Owners) -> Self {
        Self { mandates, owners }
    }

    /// The mandates' service.
    pub fn mandates(&self) -> &Mandates {
        &self.mandates
    }

    /// The handlers of every kind of job that direct debit leaves behind.
    pub fn job_handlers(&self) -> Vec<Arc<dyn JobHandler>> {
        vec![
            Arc::new(SubmitHandler::new(self.mandates.clone())),
            Arc::new(CollectHandler::new(self.clone())),
            Arc::new(CancelHandler::new(self.clone())),
            Arc::new(EventHandler::new(self.clone())),
        ]
    }
}
