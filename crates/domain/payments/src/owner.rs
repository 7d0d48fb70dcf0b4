//! Whose payments they are: the domains that act on what becomes of them.

use std::sync::Arc;

use florin_ids::TenantId;
use florin_storage::Tx;

use crate::{Moment, Payment, PaymentState, PaymentsError};

/// A payment that has changed.
#[derive(Debug, Clone)]
pub struct Change {
    /// As it is now.
    pub payment: Payment,
    /// Where it stood before; the same state when only its reference or its day has changed.
    pub before: PaymentState,
}

impl Change {
    /// The money has moved, and had not before.
    pub fn has_moved(&self) -> bool {
        self.payment.state.counts() && !self.before.counts()
    }

    /// The money had moved, and has come back: a late failure, a return, a charge-back.
    pub fn has_come_back(&self) -> bool {
        !self.payment.state.counts() && self.before.counts()
    }

    /// The attempt has ended and nothing had moved.
    pub fn has_failed(&self) -> bool {
        self.before.is_under_way()
            && !self.payment.state.counts()
            && !self.payment.state.is_under_way()
    }
}

/// A domain that owns payments. It acts in the transaction that records the change, so that both happen or none.
pub trait Owner: Send + Sync {
    /// What [`OwnerRef::kind`](crate::OwnerRef) says of its payments.
    fn kind(&self) -> &'static str;

    /// Acts on changes of its payments, in the order in which they are given; a payment may occur more than once.
    ///
    /// # Errors
    /// Whatever stops it; the changes are then not recorded either.
    fn changed_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        changes: &[Change],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// The domains that own payments. Cheap to clone.
#[derive(Clone, Default)]
pub struct Owners(Arc<[Arc<dyn Owner>]>);

impl Owners {
    /// These owners.
    pub fn new(owners: Vec<Arc<dyn Owner>>) -> Self {
        Self(owners.into())
    }

    /// Tells each owner of its payments' changes. Payments that no owner answers for are nobody's concern.
    pub(crate) fn tell_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        changes: &[Change],
    ) -> Result<(), PaymentsError> {
        for owner in self.0.iter() {
            let is_mine = |change: &&Change| change.payment.owner.kind == owner.kind();
            let mine: Vec<Change> = changes.iter().filter(is_mine).cloned().collect();
            if mine.is_empty() {
                continue;
            }
            owner
                .changed_in(tx, tenant, moment, &mine)
                .map_err(|source| PaymentsError::Owner { owner: owner.kind(), source })?;
        }
        Ok(())
    }
}
