//! Microdeposits follow the external accounts that they prove.

use std::sync::Arc;

use florin_crypto::KeyRing;
use florin_external_accounts::{AccountId, probe};
use florin_ids::{MicrodepositId, TenantId};
use florin_storage::Tx;
use florin_tenancy::day::{DayContext, Step, state_in};
use jiff::Timestamp;
use uuid::Uuid;

use super::entity::Microdeposit;
use super::{repo, tell};
use crate::ConnectError;

/// How many microdeposits one transaction deals with.
const CHUNK: u32 = 200;

/// Takes over where the deposits stand, and tells of another status. For transactions that write.
pub(super) fn follow_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    at: Timestamp,
    it: &mut Microdeposit,
) -> Result<(), ConnectError> {
    let Some(account) = it.external_account else { return Ok(()) };
    let Some(probe) = probe::hold_in(tx, keys, tenant, account)? else { return Ok(()) };
    // Whoever else follows the account waits for it; what they have written is not written again.
    if let Some(now) = repo::get(tx, keys, tenant, it.id)? {
        *it = now;
    }
    let today = state_in(tx, tenant)?.business_date;
    let before = it.clone();
    let is_news = it.follow(&probe, today, at);
    if *it != before {
        repo::update(tx, keys, tenant, it)?;
    }
    if is_news { tell::changed_in(tx, tenant, at, it) } else { Ok(()) }
}

/// The same for those that prove these accounts.
pub(super) fn follow_accounts_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    at: Timestamp,
    accounts: Vec<AccountId>,
) -> Result<(), ConnectError> {
    let numbers = accounts.into_iter().map(AccountId::number).collect();
    for mut it in repo::of_accounts(tx, keys, tenant, numbers)? {
        follow_in(tx, keys, tenant, at, &mut it)?;
    }
    Ok(())
}

/// The business day's part of microdeposits: what came of them by the day's files, its end, or by hand.
#[derive(Debug, Clone)]
pub struct FollowMicrodeposits {
    keys: Arc<KeyRing>,
}

impl FollowMicrodeposits {
    /// A step that opens account numbers with these keys.
    pub fn new(keys: Arc<KeyRing>) -> Self {
        Self { keys }
    }
}

impl Step for FollowMicrodeposits {
    const NAME: &'static str = "microdeposits";
    /// After the banks' files and the expiry of trial deposits.
    const ORDINAL: i64 = 35;
    type Error = ConnectError;

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, ConnectError> {
        let open = repo::open(tx, &self.keys, day.tenant, after, CHUNK)?;
        let is_full = open.len() == CHUNK as usize;
        let last = open.last().map(|it| it.id).filter(|_| is_full);
        for mut it in open {
            follow_in(tx, &self.keys, day.tenant, day.stamp, &mut it)?;
        }
        Ok(last.map(MicrodepositId::uuid))
    }
}
