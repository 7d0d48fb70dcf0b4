//! Microdeposits: two small credits whose amounts prove that an account is the end user's.
//!
//! The deposits are the trial deposits of an external account, which is made Unverified for the end user's customer in
//! the partner's program: the same rail, rules of attempts and expiry, returns and ledger. What stands here follows
//! that account ([`status`]): when its payments change, when its day is over, and whenever somebody looks.
//!
//! Lock order: the end user's profile; then what external accounts hold; a microdeposit last.

mod ask;
mod entity;
mod follow;
mod owner;
mod repo;
mod routing;
mod status;
mod tell;

use florin_external_accounts::probe::{self, Progress};
use florin_ids::{ConnectUserId, MicrodepositId, TenantId};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use jiff::Timestamp;

pub use entity::{Holder, Microdeposit, NewMicrodeposit, Target, account_type};
pub use follow::FollowMicrodeposits;
pub use owner::MicrodepositPayments;
pub use routing::BlockReason;
pub use status::MicrodepositStatus;

pub(crate) use repo::delete_of_user;

use crate::error::FieldFault;
use crate::{Connect, ConnectError, Visitor, profile, share};
use follow::follow_in;

const MICRODEPOSIT: &str = "microdeposit";

/// A bank that deposits are not sent to, or need not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockedRoutingNumber {
    /// The number.
    pub routing_number: String,
    /// Why.
    pub reason: BlockReason,
}

/// A bank on the partner's own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientBlock {
    /// Nine digits.
    pub routing_number: String,
    /// For the partner's people.
    pub note: String,
}

/// Why deposits were not asked for, with everything that a client shows of it.
#[derive(Debug, Clone)]
pub struct MicrodepositRefusal {
    /// [`Conflicted`](MicrodepositStatus::Conflicted), [`Prevented`](MicrodepositStatus::Prevented),
    /// [`Rejected`](MicrodepositStatus::Rejected), or [`Errored`](MicrodepositStatus::Errored) when other details may do.
    pub status: MicrodepositStatus,
    /// Why, as a sentence.
    pub message: String,
    /// The broken fields, where it is for them.
    pub fields: Vec<FieldFault>,
    /// The microdeposit that stands in the way.
    pub existing: Option<MicrodepositId>,
    /// What was asked for.
    pub asked: NewMicrodeposit,
}

impl Connect {
    /// Asks for deposits to an account of the end user.
    ///
    /// # Errors
    /// [`ConnectError::Microdeposit`].
    pub async fn create_microdeposit(
        &self,
        visitor: &Visitor,
        new: NewMicrodeposit,
    ) -> Result<Microdeposit, ConnectError> {
        let bank = self.bank_at(visitor.tenant, &new).await?;
        let (service, visitor) = (self.clone(), visitor.clone());
        self.db().write(move |tx| ask::create_in(tx, &service, &visitor, &new, &bank)).await
    }

    /// One microdeposit, as it stands now.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn microdeposit(
        &self,
        visitor: &Visitor,
        id: MicrodepositId,
    ) -> Result<Microdeposit, ConnectError> {
        let (service, visitor) = (self.clone(), visitor.clone());
        self.db()
            .read(move |tx| {
                let found = own_in(tx, &service, visitor.tenant, visitor.user, id)?;
                let at = day::state_in(tx, visitor.tenant)?.stamp(visitor.now);
                shown_in(tx, &service, visitor.tenant, found, at)
            })
            .await
    }

    /// Changes what was told of the account and its holder: everything before deposits were asked for, which this does
    /// then; everything, too, as long as they can be called off. What is left out stays.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`]; [`ConnectError::Conflict`] once a deposit has left; [`ConnectError::Microdeposit`].
    pub async fn update_microdeposit(
        &self,
        visitor: &Visitor,
        id: MicrodepositId,
        change: NewMicrodeposit,
    ) -> Result<Microdeposit, ConnectError> {
        let known = self.microdeposit(visitor, id).await?.target.map(|it| it.routing_number);
        let routing_number = change.routing_number.clone().or(known);
        let asked = NewMicrodeposit { routing_number, ..NewMicrodeposit::default() };
        let bank = self.bank_at(visitor.tenant, &asked).await?;
        let (service, visitor) = (self.clone(), visitor.clone());
        self.db().write(move |tx| ask::update_in(tx, &service, &visitor, id, &change, &bank)).await
    }

    /// Looks where the deposits are. An account that the end user has linked and that its bank has proven meanwhile is
    /// verified by that.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn refresh_microdeposit(
        &self,
        visitor: &Visitor,
        id: MicrodepositId,
    ) -> Result<Microdeposit, ConnectError> {
        let (service, visitor) = (self.clone(), visitor.clone());
        self.db().write(move |tx| refresh_in(tx, &service, &visitor, id)).await
    }

    /// The end user tells the amounts, in either order: cents as text (`05`), or dollars (`0.05`). A wrong answer counts;
    /// the status says what came of it. Before both deposits are there nobody can know them: nothing counts then, but in
    /// the sandbox the right ones are taken.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`]; [`ConnectError::Invalid`] for what is no amount, which does not count;
    /// [`ConnectError::Conflict`] when there is nothing to tell, or not yet.
    pub async fn verify_microdeposit(
        &self,
        visitor: &Visitor,
        id: MicrodepositId,
        amounts: (&str, &str),
    ) -> Result<Microdeposit, ConnectError> {
        let mut faults = Vec::new();
        let mut read = |field: &'static str, text: &str| {
            entity::cents(field, text).map_err(|fault| faults.push(fault)).ok()
        };
        let told = (read("deposit_amount_1", amounts.0), read("deposit_amount_2", amounts.1));
        let (Some(one), Some(other)) = told else { return Err(ConnectError::Invalid(faults)) };
        let (service, visitor) = (self.clone(), visitor.clone());
        self.db().write(move |tx| verify_in(tx, &service, &visitor, id, (one, other))).await
    }

    /// Why no deposits are sent to a bank; `None` when they are. With `include_identity`, a bank is preferred only when it
    /// tells who the holder is as well.
    ///
    /// # Errors
    /// Storage only.
    pub async fn routing_number(
        &self,
        visitor: &Visitor,
        routing_number: &str,
        include_identity: bool,
    ) -> Result<Option<BlockedRoutingNumber>, ConnectError> {
        let digits: String = routing_number.trim().chars().take(20).collect();
        let asked =
            NewMicrodeposit { routing_number: Some(digits.clone()), ..NewMicrodeposit::default() };
        let bank = self.bank_at(visitor.tenant, &asked).await?;
        let (is_sandbox, tenant) = (self.is_sandbox(), visitor.tenant);
        self.db()
            .read(move |tx| {
                let facts = bank.facts_in(tx, tenant, &digits, is_sandbox, include_identity)?;
                Ok(routing::reason(&digits, &facts)
                    .map(|reason| BlockedRoutingNumber { routing_number: digits.clone(), reason }))
            })
            .await
    }

    /// Begins a microdeposit of which the partner knows the holder: the end user has still to tell the account
    /// ([`Connect::update_microdeposit`]). What is said of the account already is kept.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`] for an unknown user; [`ConnectError::Invalid`].
    pub async fn preinitiate_microdeposit(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        new: NewMicrodeposit,
    ) -> Result<Microdeposit, ConnectError> {
        self.user(caller, user).await?;
        let (service, caller) = (self.clone(), caller.clone());
        self.db().write(move |tx| ask::preinitiate_in(tx, &service, &caller, user, &new)).await
    }

    /// A user's microdeposits, the latest first, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`] for an unknown user.
    pub async fn microdeposits_of(
        &self,
        caller: &Caller,
        user: ConnectUserId,
    ) -> Result<Vec<Microdeposit>, ConnectError> {
        self.user(caller, user).await?;
        let (service, caller) = (self.clone(), caller.clone());
        self.db()
            .read(move |tx| {
                let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
                let found = repo::of_user(tx, &service.keys, caller.tenant, user)?;
                let found = found.into_iter();
                found.map(|it| shown_in(tx, &service, caller.tenant, it, at)).collect()
            })
            .await
    }

    /// Lets no deposits be sent to a bank: clients are told `CLIENT_BLOCKED`.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] unless it is a routing number.
    pub async fn block_routing_number(
        &self,
        caller: &Caller,
        routing_number: &str,
        note: &str,
    ) -> Result<ClientBlock, ConnectError> {
        let block = ClientBlock {
            routing_number: routing_number.trim().to_owned(),
            note: note.trim().chars().take(200).collect(),
        };
        let is_nine = block.routing_number.len() == 9;
        if !is_nine || !block.routing_number.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = "A routing number has nine digits.";
            return Err(ConnectError::invalid("routing_number", message));
        }
        let caller = caller.clone();
        self.db()
            .write(move |tx| {
                let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
                repo::block(tx, caller.tenant, &block.routing_number, &block.note, at)?;
                Ok(block.clone())
            })
            .await
    }

    /// Takes a bank off the partner's list.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn unblock_routing_number(
        &self,
        caller: &Caller,
        routing_number: &str,
    ) -> Result<(), ConnectError> {
        let (tenant, digits) = (caller.tenant, routing_number.trim().to_owned());
        self.db()
            .write(move |tx| match repo::unblock(tx, tenant, &digits)? {
                true => Ok(()),
                false => Err(ConnectError::NotFound("routing number")),
            })
            .await
    }

    /// The partner's list, ascending.
    ///
    /// # Errors
    /// Storage only.
    pub async fn blocked_routing_numbers(
        &self,
        caller: &Caller,
    ) -> Result<Vec<ClientBlock>, ConnectError> {
        let tenant = caller.tenant;
        self.db()
            .read(move |tx| {
                let found = repo::blocked(tx, tenant)?.into_iter();
                let block = |(routing_number, note)| ClientBlock { routing_number, note };
                Ok(found.map(block).collect())
            })
            .await
    }
}

/// The end user's microdeposit.
fn own_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    user: ConnectUserId,
    id: MicrodepositId,
) -> Result<Microdeposit, ConnectError> {
    let found = repo::get(tx, &service.keys, tenant, id)?.filter(|it| it.user == user);
    found.ok_or(ConnectError::NotFound(MICRODEPOSIT))
}

/// Whether there is such a microdeposit of the end user's.
pub(crate) fn is_of_user_in(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
    id: MicrodepositId,
) -> Result<bool, ConnectError> {
    Ok(repo::user_of(tx, tenant, id)? == Some(user))
}

/// As it stands now, without keeping that: for transactions that read.
fn shown_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    mut it: Microdeposit,
    at: Timestamp,
) -> Result<Microdeposit, ConnectError> {
    if let Some(account) = it.external_account {
        let today = day::state_in(tx, tenant)?.business_date;
        if let Some(probe) = probe::look_in(tx, &service.keys, tenant, account)? {
            it.follow(&probe, today, at);
        }
    }
    it.can_auto_verify = it.status.is_under_way() && is_linked_in(tx, service, tenant, &it)?;
    Ok(it)
}

/// Whether the end user has linked the very account, and its bank has proven it.
fn is_linked_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    it: &Microdeposit,
) -> Result<bool, ConnectError> {
    let Some(target) = &it.target else { return Ok(false) };
    let linked = share::payable_in(tx, service, tenant, it.user)?;
    Ok(linked.iter().any(|account| {
        let (routing, number) = (&account.numbers.routing, &account.numbers.account);
        routing.as_deref() == Some(target.routing_number.as_str())
            && number.as_deref() == Some(target.account_number.expose())
    }))
}

fn refresh_in(
    tx: &mut Tx,
    service: &Connect,
    visitor: &Visitor,
    id: MicrodepositId,
) -> Result<Microdeposit, ConnectError> {
    let (tenant, user) = (visitor.tenant, visitor.user);
    let at = profile::hold_in(tx, tenant, user, visitor.now)?;
    let mut it = own_in(tx, service, tenant, user, id)?;
    follow_in(tx, &service.keys, tenant, at, &mut it)?;
    let account = it.external_account.filter(|_| it.status.is_under_way());
    if let Some(account) = account
        && is_linked_in(tx, service, tenant, &it)?
    {
        probe::approve_in(tx, service.external_accounts()?, tenant, at, account)?;
        follow_in(tx, &service.keys, tenant, at, &mut it)?;
    }
    Ok(it)
}

fn verify_in(
    tx: &mut Tx,
    service: &Connect,
    visitor: &Visitor,
    id: MicrodepositId,
    cents: (i64, i64),
) -> Result<Microdeposit, ConnectError> {
    let (tenant, user) = (visitor.tenant, visitor.user);
    let at = profile::hold_in(tx, tenant, user, visitor.now)?;
    let mut it = own_in(tx, service, tenant, user, id)?;
    follow_in(tx, &service.keys, tenant, at, &mut it)?;
    let probed = match it.external_account {
        Some(account) => probe::look_in(tx, &service.keys, tenant, account)?,
        None => None,
    };
    let probed = probed.filter(|_| it.status.is_under_way());
    let Some(probed) = probed else {
        return Err(ConnectError::conflict(format!("The microdeposit is {}.", it.status)));
    };
    let is_early = probed.progress != Progress::Arrived;
    if is_early && !service.is_sandbox() {
        return Err(not_there_yet(&it));
    }
    let accounts = service.external_accounts()?;
    probe::tell_amounts_in(tx, accounts, &visitor.caller(), &probed.account, cents)?;
    follow_in(tx, &service.keys, tenant, at, &mut it)?;
    // Nothing of a refused request is written: the answer does not count.
    if is_early && it.status != MicrodepositStatus::Verified {
        return Err(not_there_yet(&it));
    }
    Ok(it)
}

fn not_there_yet(it: &Microdeposit) -> ConnectError {
    let when = it.expected_on.map_or_else(String::new, |on| format!(": expect them on {on}"));
    ConnectError::conflict(format!("The deposits are not there yet{when}."))
}
