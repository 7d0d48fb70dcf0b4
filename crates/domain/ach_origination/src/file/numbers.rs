//! Numbers that no two originators at a bank may share: the letter that tells a sender's files of a day apart, and the
//! trace numbers of entries. Several tenants, and several originators of a tenant, may be at one bank.

use florin_ach::{FileIdModifier, RoutingNumber, Trace};
use florin_ids::TenantId;
use florin_storage::Tx;
use jiff::civil::Date;

use super::repo;
use crate::AchError;
use crate::origin::Origin;

/// The numbers for one file, held until the transaction ends.
pub(crate) struct Numbers {
    bank: RoutingNumber,
    /// Who counts the entries.
    pub traces: String,
    /// Who counts the files.
    pub files: String,
    /// The first sequence that the file may use.
    pub first: u32,
    last: u32,
}

impl Numbers {
    /// Waits for whoever else builds a file at the bank.
    pub(super) fn hold_in(
        tx: &mut Tx,
        tenant: TenantId,
        origin: &Origin,
    ) -> Result<Self, AchError> {
        let (traces, files) = (origin.trace_counter(tenant), origin.file_counter(tenant));
        let last = repo::hold_counter(tx, &traces)?;
        repo::hold_counter(tx, &files)?;
        Ok(Self { bank: origin.odfi, traces, files, first: following(last), last })
    }

    /// The letter of the sender's next file on a calendar day; `None` when they have run out.
    pub(super) fn modifier_in(
        &self,
        tx: &mut Tx,
        date: Date,
    ) -> Result<Option<FileIdModifier>, AchError> {
        let made = repo::made_on(tx, &self.files, date)?;
        Ok(u8::try_from(made).ok().and_then(FileIdModifier::nth))
    }

    /// The number of the next entry.
    pub(super) fn next_trace(&mut self) -> Result<Trace, AchError> {
        self.last = following(self.last);
        Trace::new(self.bank, self.last).ok_or(AchError::NumbersRunOut)
    }

    /// Remembers what was used.
    pub(super) fn keep_in(&self, tx: &mut Tx) -> Result<(), AchError> {
        Ok(repo::set_counter(tx, &self.traces, self.last)?)
    }
}

/// After 9,999,999 the numbers begin anew.
const fn following(sequence: u32) -> u32 {
    sequence % Trace::MAX_SEQUENCE + 1
}
