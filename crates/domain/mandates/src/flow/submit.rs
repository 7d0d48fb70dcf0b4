//! Hands details to the provider.

use florin_ids::{MandateFlowId, TenantId};

use super::{FLOW, MandateFlow, repo};
use crate::{Mandates, MandatesError};

/// The kind of the jobs.
pub const JOB_KIND: &str = "mandates.submit";

impl Mandates {
    pub(crate) async fn hand_over(
        &self,
        tenant: TenantId,
        id: MandateFlowId,
    ) -> Result<MandateFlow, MandatesError> {
        let found = self.db.read(move |tx| Ok::<_, MandatesError>(repo::get(tx, tenant, id)?));
        found.await?.ok_or(MandatesError::NotFound(FLOW))
    }
}
