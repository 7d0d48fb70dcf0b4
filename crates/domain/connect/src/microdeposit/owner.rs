//! What happens when a payment of trial deposits changes: the external account follows, and then the microdeposit.

use std::error::Error;
use std::sync::Arc;

use florin_crypto::KeyRing;
use florin_external_accounts::{AccountId, TrialPayments};
use florin_ids::TenantId;
use florin_payments::{Change, Moment, Owner};
use florin_storage::Tx;

use super::follow::follow_accounts_in;

/// External accounts and Connect together as the owner of trial deposits' payments: stands in the place of
/// [`TrialPayments`].
#[derive(Debug, Clone)]
pub struct MicrodepositPayments {
    trials: TrialPayments,
    keys: Arc<KeyRing>,
}

impl MicrodepositPayments {
    /// An owner that opens account numbers with these keys.
    pub fn new(keys: Arc<KeyRing>) -> Self {
        Self { trials: TrialPayments::new(Arc::clone(&keys)), keys }
    }
}

impl Owner for MicrodepositPayments {
    fn kind(&self) -> &'static str {
        self.trials.kind()
    }

    fn changed_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        changes: &[Change],
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.trials.changed_in(tx, tenant, moment, changes)?;
        let account = |change: &Change| AccountId::from_uuid(change.payment.owner.id);
        let mut accounts: Vec<AccountId> = changes.iter().filter_map(account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        Ok(follow_accounts_in(tx, &self.keys, tenant, moment.at, accounts)?)
    }
}
