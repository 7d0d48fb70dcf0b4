//! What is known of linked accounts, as the rest of Florin asks for it.

use florin_ids::{ConnectAccountId, ConnectUserId, TenantId};
use florin_storage::Tx;

use super::repo;
use crate::account::{Account, Detail, repo as accounts};
use crate::{Connect, ConnectError};

/// The accounts of an end user that their bank has proven, with their numbers.
pub(crate) fn payable_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Vec<Account>, ConnectError> {
    let mut all = accounts::of_user(tx, &service.keys, tenant, user, Detail::Full)?;
    all.retain(|account| account.is_verified && !account.is_manual && !account.is_closed);
    Ok(all)
}

/// One account of an end user, with its numbers.
pub(super) fn account_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    user: ConnectUserId,
    account: ConnectAccountId,
) -> Result<Account, ConnectError> {
    let found = accounts::get(tx, &service.keys, tenant, account, Detail::Full)?;
    found.filter(|it| it.user == user).ok_or(ConnectError::NotFound("account"))
}

/// The partner's own id of an end user.
pub(super) fn partner_id_in(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Option<String>, ConnectError> {
    Ok(repo::partner_id(tx, tenant, user)?)
}
