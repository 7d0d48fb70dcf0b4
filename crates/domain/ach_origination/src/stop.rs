//! What must not go out any more after a return.

use florin_ach::{Category, ReturnCode};
use florin_ids::TenantId;
use florin_payments::{Direction, Moment, Told, Update, tell_many_in};
use florin_storage::Tx;

use crate::entry::repo as entries;
use crate::entry::{Entry, EntryKind};
use crate::rail::call_off_in;
use crate::{Ach, AchError, told_at};

impl Ach {
    /// A return says that the account is closed, or that its holder has not authorised debits: what waits for its file is
    /// called off, and its payments fail for the same reason.
    pub(crate) fn stop_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        reference: &str,
        code: ReturnCode,
        moment: Moment,
    ) -> Result<(), AchError> {
        if !matches!(code.category(), Category::StopAccount | Category::Unauthorised) {
            return Ok(());
        }
        let mut waiting = entries::waiting_for(tx, &self.keys, tenant, reference)?;
        waiting.retain(|entry| is_stopped(entry, code.category()));
        let failed = waiting.iter().filter_map(|entry| {
            Some(Update {
                payment: entry.payment?,
                told: Told::Failed,
                told_at: told_at::returned(moment.on),
                reason: code.to_string(),
                charge_on: None,
                reference: None,
            })
        });
        let failed: Vec<Update> = failed.collect();
        call_off_in(tx, tenant, waiting)?;
        tell_many_in(tx, &self.owners, tenant, moment, &failed)?;
        Ok(())
    }
}

/// Reversals still go out: they undo what the account should not have seen.
fn is_stopped(entry: &Entry, category: Category) -> bool {
    entry.kind == EntryKind::Live
        && (category == Category::StopAccount || entry.direction == Direction::Collect)
}
