//! Accounts that somebody links for one payment: shared once, and then forgotten.

use florin_external_accounts::ExternalAccount;
use florin_ids::{ConnectAccountId, ConnectUserId, TenantId};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use jiff::Timestamp;

use super::{Elsewhere, ShareRequest, linked, payable, share_in};
use crate::account::Account;
use crate::consent::{self, Purpose};
use crate::{Connect, ConnectError, member, session, user};

/// An account that its bank has proven and that payments can be made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payable {
    /// The linked account.
    pub id: ConnectAccountId,
    /// The bank.
    pub bank: String,
    /// What the account is called there.
    pub name: String,
    /// The last four characters of its number.
    pub ending: String,
}

/// The accounts that the partner's user of this id can pay from, the one that was linked last first; none before they agree
/// to payments, nor after they have taken that back.
///
/// # Errors
/// Storage only.
pub fn payable_of_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    partner_id: &str,
) -> Result<Vec<Payable>, ConnectError> {
    let Some(user) = user::find_in(tx, tenant, partner_id)? else { return Ok(Vec::new()) };
    if !consent::is_allowed_in(tx, tenant, user, Purpose::Payments)? {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    // Ids ascend with time.
    for account in linked::payable_in(tx, service, tenant, user)?.into_iter().rev() {
        let bank = member::repo::get(tx, tenant, account.member)?.map(|member| member.name);
        // The name of the holder is asked for when it is shared.
        let named = ShareRequest {
            first_name: Some("A".to_owned()),
            last_name: Some("B".to_owned()),
            ..ShareRequest::default()
        };
        if payable(&account, bank.clone(), &named, Elsewhere::default()).is_ok() {
            found.push(shown(account, bank.unwrap_or_default()));
        }
    }
    Ok(found)
}

fn shown(account: Account, bank: String) -> Payable {
    let number = account.numbers.account.unwrap_or_default();
    let from = number.chars().count().saturating_sub(4);
    let ending = number.chars().skip(from).collect();
    Payable { id: account.id, bank, name: account.name, ending }
}

/// Shares an account as [`Connect::share_account`] does, and forgets everything that was linked with it: the sessions, the
/// credentials, the accounts. `names` are the holder's where the bank has not told them.
///
/// # Errors
/// As there; [`ConnectError::Conflict`] when the end user has not agreed to payments here.
pub fn share_once_in(
    tx: &mut Tx,
    service: &Connect,
    caller: &Caller,
    (partner_id, account): (&str, ConnectAccountId),
    names: (&str, &str),
) -> Result<ExternalAccount, ConnectError> {
    let tenant = caller.tenant;
    let user = user::find_in(tx, tenant, partner_id)?.ok_or(ConnectError::NotFound("account"))?;
    if !consent::is_allowed_in(tx, tenant, user, Purpose::Payments)? {
        return Err(ConnectError::conflict("The end user has not agreed to payments."));
    }
    let known = linked::account_in(tx, service, tenant, user, account)?;
    let is_told = known.owners.first().is_some_and(|owner| owner.name.trim().contains(' '));
    let name = |name: &str| (!is_told).then(|| name.to_owned());
    let request =
        ShareRequest { customer: None, first_name: name(names.0), last_name: name(names.1) };
    let (_, made) = share_in(tx, service, caller, user, account, &request)?;
    let at = day::state_in(tx, tenant)?.stamp(caller.now);
    forget_in(tx, service, tenant, user, at)?;
    Ok(made)
}

/// Forgets everything that the partner's user of this id has linked, and ends their sessions.
///
/// # Errors
/// Storage only.
pub fn forget_of_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    partner_id: &str,
    at: Timestamp,
) -> Result<(), ConnectError> {
    match user::find_in(tx, tenant, partner_id)? {
        Some(user) => forget_in(tx, service, tenant, user, at),
        None => Ok(()),
    }
}

fn forget_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    user: ConnectUserId,
    at: Timestamp,
) -> Result<(), ConnectError> {
    for member in member::repo::ids_of_user(tx, tenant, user)? {
        member::forget_in(tx, service, tenant, member, at)?;
    }
    session::repo::delete_ended(tx, tenant, user, Timestamp::MAX)?;
    Ok(())
}
