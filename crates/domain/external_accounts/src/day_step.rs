//! The business day's part of external accounts: verifications whose time is over expire.

use std::sync::Arc;

use florin_crypto::KeyRing;
use florin_storage::Tx;
use florin_tenancy::day::{DayContext, Step};
use uuid::Uuid;

use crate::words::AccountId;
use crate::{ExternalAccountsError, account, tell, trial};

/// How many accounts one transaction deals with.
const CHUNK: u32 = 500;

/// Lets verifications expire that were not done in time.
#[derive(Debug, Clone)]
pub struct ExpireTrials {
    keys: Arc<KeyRing>,
}

impl ExpireTrials {
    /// A step that opens account numbers with these keys.
    pub fn new(keys: Arc<KeyRing>) -> Self {
        Self { keys }
    }
}

impl Step for ExpireTrials {
    const NAME: &'static str = "external accounts";
    const ORDINAL: i64 = 30;
    type Error = ExternalAccountsError;

    /// What has expired is not found again, so the next chunk needs no place to go on from.
    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        _after: Option<Uuid>,
    ) -> Result<Option<Uuid>, ExternalAccountsError> {
        let due = trial::repo::overdue(tx, day.tenant, day.date, CHUNK)?;
        for id in &due {
            let held = account::repo::get_for_update(tx, &self.keys, day.tenant, *id)?;
            let Some(mut account) = held else { continue };
            let before = account.status;
            account.expire(day.stamp);
            if account.status != before {
                account::repo::update(tx, &self.keys, day.tenant, &account)?;
                tell::account_in(tx, day.tenant, day.stamp, &account)?;
            }
        }
        let is_full = due.len() == CHUNK as usize;
        let last = due.last().copied().filter(|_| is_full);
        let numbers = due.into_iter().map(AccountId::number).collect();
        trial::repo::close(tx, day.tenant, numbers)?;
        Ok(last.map(AccountId::uuid))
    }
}
