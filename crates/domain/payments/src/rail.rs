//! What a rail has to be able to do.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use florin_ids::TenantId;
use florin_storage::Tx;

use crate::{Direction, Instrument, Payment, PaymentsError, RailKind};

/// The business date and the time that a change is recorded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The tenant's business date.
    pub on: Date,
    /// The tenant's time.
    pub at: Timestamp,
}

/// A way on which money moves. Everything outside is done later by jobs that the rail leaves behind.
pub trait Rail: Send + Sync {
    /// Which rail it is.
    fn kind(&self) -> RailKind;

    /// The last day for which a payment has to be asked for on `today`, so that it moves in time.
    fn horizon(&self, direction: Direction, today: Date) -> Date;

    /// Whether money can be moved with the instrument now, this way.
    ///
    /// # Errors
    /// [`PaymentsError::Unusable`] with the reason when it can't; or the database's.
    fn check_usable_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        instrument: &Instrument,
        direction: Direction,
    ) -> Result<(), PaymentsError>;

    /// Begins attempts: finds the day of each (`charge_on`) and leaves behind the work that makes it happen. The
    /// payments are pending; they are written after this.
    fn start_many_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        payments: &mut [Payment],
    ) -> Result<(), PaymentsError>;

    /// Takes back an attempt that is not yet with the bank; the payment is held. False when it is too late.
    fn cancel_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        payment: &Payment,
    ) -> Result<bool, PaymentsError>;
}

/// The rails that run here. Cheap to clone.
#[derive(Clone, Default)]
pub struct Rails(Arc<BTreeMap<RailKind, Arc<dyn Rail>>>);

impl Rails {
    /// These rails, one of a kind.
    pub fn new(rails: Vec<Arc<dyn Rail>>) -> Self {
        Self(Arc::new(rails.into_iter().map(|rail| (rail.kind(), rail)).collect()))
    }

    /// The rail of this kind.
    ///
    /// # Errors
    /// [`PaymentsError::NoRail`].
    pub fn get(&self, kind: RailKind) -> Result<&dyn Rail, PaymentsError> {
        self.0.get(&kind).map(AsRef::as_ref).ok_or(PaymentsError::NoRail(kind.as_str()))
    }

    /// The kinds that run here.
    pub fn kinds(&self) -> impl Iterator<Item = RailKind> {
        self.0.keys().copied()
    }
}

impl std::fmt::Debug for Rails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
