//! What callers do with transfers.

use florin_ids::TenantId;
use florin_ledger::Outcome;
use florin_payments::cancel_in;
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::Caller;

use super::booking::Books;
use super::create::create_in;
use super::entity::{
    Booked, NewTransfer, TransactionQuery, Transfer, TransferStatus, VoidTransfer,
};
use super::repo::{self, Wanted};
use crate::account;
use crate::customer::{self, Customer};
use crate::fields::text;
use crate::rejection;
use crate::words::{AccountId, TransferId};
use crate::{ExternalAccounts, ExternalAccountsError, Scene, tell};

/// The most transactions of one page, and how many there are unless asked otherwise.
const PAGE_MAX: u32 = 200;

impl ExternalAccounts {
    /// `transfer/create`: money from a verified external account to the customer's settlement account, or the other
    /// way. The same tag with the same request answers the first transfer.
    ///
    /// # Errors
    /// 59002, 59003, 59007, 59013, 59102, 59954, 59956, 60001 to 60005, 63001 to 63013.
    pub async fn create_transfer(
        &self,
        caller: &Caller,
        new: NewTransfer,
    ) -> Result<Transfer, ExternalAccountsError> {
        let (service, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| {
                let scene = service.begin_in(tx, &caller)?;
                create_in(tx, &service, &scene, &new)
            })
            .await
    }

    /// `transfer/void`: calls off a transfer that has not left yet. One that is voided already is answered again.
    ///
    /// # Errors
    /// 60001 to 60005, 63101 to 63103.
    pub async fn void_transfer(
        &self,
        caller: &Caller,
        void: VoidTransfer,
    ) -> Result<Transfer, ExternalAccountsError> {
        let (service, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| {
                let scene = service.begin_in(tx, &caller)?;
                let owner = customer::acting_in(tx, &service.keys, &scene, void.customer)?;
                let found = named_in(tx, &scene, &owner, &void)?;
                void_in(tx, &service, &scene, found)
            })
            .await
    }

    /// `transaction/get`.
    ///
    /// # Errors
    /// 60001, 66401.
    pub async fn get_transaction(
        &self,
        caller: &Caller,
        customer: i64,
        transaction: i64,
    ) -> Result<Transfer, ExternalAccountsError> {
        let (keys, tenant) = (self.keys.clone(), caller.tenant);
        self.db
            .read(move |tx| {
                let owner = customer::seen_in(tx, &keys, tenant, customer)?;
                let found = repo::get(tx, tenant, TransferId::from_number(transaction))?;
                let found = found.filter(|it| it.customer == owner.id);
                Ok(found.ok_or_else(|| rejection::transaction_unknown(transaction))?)
            })
            .await
    }

    /// `transaction/list`: the newest first.
    ///
    /// # Errors
    /// 60001, 66402, 66403.
    pub async fn list_transactions(
        &self,
        caller: &Caller,
        customer: i64,
        query: TransactionQuery,
    ) -> Result<Vec<Transfer>, ExternalAccountsError> {
        let (keys, tenant) = (self.keys.clone(), caller.tenant);
        self.db
            .read(move |tx| {
                let owner = customer::seen_in(tx, &keys, tenant, customer)?;
                let status = match text(&query.status) {
                    Some(word) => Some(
                        TransferStatus::parse(&word)
                            .ok_or_else(|| rejection::transaction_status_unknown(&word))?,
                    ),
                    None => None,
                };
                let account = match query.account.filter(|number| *number != 0) {
                    Some(number) => Some(owned_in(tx, &keys, tenant, &owner, number)?),
                    None => None,
                };
                let limit = match query.page_size {
                    0 => PAGE_MAX,
                    size => size.min(PAGE_MAX),
                };
                let offset = u64::from(query.page_number) * u64::from(limit);
                let (begin, end) = (query.begin, query.end);
                let wanted = Wanted { account, status, begin, end, limit, offset };
                Ok(repo::of_customer(tx, tenant, owner.id, &wanted)?)
            })
            .await
    }

    /// Transfers of all the tenant's customers that `query` selects by [`FIELDS`](super::FIELDS), for people.
    ///
    /// # Errors
    /// Storage only.
    pub async fn page_transfers(
        &self,
        tenant: TenantId,
        query: ListQuery,
    ) -> Result<Page<Transfer>, ExternalAccountsError> {
        self.db.read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }
}

/// An account of the customer's own, archived ones too.
fn owned_in(
    tx: &mut Tx,
    keys: &florin_crypto::KeyRing,
    tenant: TenantId,
    owner: &Customer,
    number: i64,
) -> Result<AccountId, ExternalAccountsError> {
    let id = AccountId::from_number(number);
    let is_own = id == owner.account
        || account::repo::get(tx, keys, tenant, id)?.is_some_and(|it| it.customer == owner.id);
    if is_own { Ok(id) } else { Err(rejection::transaction_account_unknown(number).into()) }
}

/// The transfer that a void names.
fn named_in(
    tx: &mut Tx,
    scene: &Scene,
    owner: &Customer,
    void: &VoidTransfer,
) -> Result<Transfer, ExternalAccountsError> {
    let tag = text(&void.tag);
    let (found, name) = match (void.transaction.filter(|number| *number != 0), tag) {
        (Some(number), _) => {
            (repo::get(tx, scene.tenant, TransferId::from_number(number))?, number.to_string())
        }
        (None, Some(tag)) => (repo::by_tag(tx, scene.tenant, scene.program.id, &tag)?, tag),
        (None, None) => return Err(rejection::void_unnamed().into()),
    };
    let found = found.filter(|it| it.customer == owner.id);
    Ok(found.ok_or_else(|| rejection::void_unknown(&name))?)
}

fn void_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    found: Transfer,
) -> Result<Transfer, ExternalAccountsError> {
    let (tenant, moment) = (scene.tenant, scene.moment);
    let is_off = found.status == TransferStatus::Initiated
        && cancel_in(tx, &service.rails, tenant, moment, found.payment)?;
    // Held only now: news of a payment holds the payment first, too.
    let held = repo::lock_many(tx, tenant, vec![found.id.number()])?.pop();
    let mut transfer = held.unwrap_or(found);
    if transfer.status == TransferStatus::Voided {
        return Ok(transfer);
    }
    if !is_off {
        let number = transfer.id.number();
        return Err(rejection::void_too_late(number, transfer.status).into());
    }
    let mut books = Books::default();
    books.resolve(transfer.entry, Outcome::Voided, moment);
    books.write_in(tx, tenant)?;
    transfer.status = TransferStatus::Voided;
    transfer.booked = Booked::Undone;
    transfer.voided_at = Some(moment.at);
    repo::update_many(tx, tenant, std::slice::from_ref(&transfer))?;
    tell::transfers_in(tx, tenant, moment.at, &[&transfer])?;
    Ok(transfer)
}
