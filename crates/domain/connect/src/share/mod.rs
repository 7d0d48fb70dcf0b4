//! Linked accounts across Florin: as external accounts that money moves over, and as inputs of decisions.
//!
//! Who an end user is elsewhere: the partner's own id of them is the id of the lending borrower, where there is a
//! borrower of that id; and the customer of external accounts is the one that the partner names first, the borrower's,
//! or one that is made.

pub mod figures;
mod inputs;
mod linked;
pub mod once;
mod repo;
mod tell;

use std::sync::Arc;

use florin_decisioning::Book;
use florin_external_accounts::verified::{self, Linked, VerifiedAccount};
use florin_external_accounts::{
    AccountId, AccountKind, AccountStatus, CustomerId, ExternalAccount, ExternalAccounts,
};
use florin_ids::{ConnectAccountId, ConnectUserId, EndUserId, TenantId};
use florin_money::Currency;
use florin_storage::Tx;
use florin_tenancy::Caller;
use jiff::Timestamp;

pub use inputs::ConnectInputs;

pub(crate) use linked::payable_in;
pub(crate) use repo::delete_of_user;

use crate::account::{Account, AccountType};
use crate::consent::{self, Purpose};
use crate::{Connect, ConnectError, Visitor, member, profile};

/// What Connect knows of the rest of Florin.
#[derive(Clone, Default)]
pub(crate) struct Across {
    external_accounts: Option<ExternalAccounts>,
    book: Option<Arc<dyn Book>>,
}

/// A linked account that is an external account too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The linked account.
    pub account: ConnectAccountId,
    /// Whose.
    pub user: ConnectUserId,
    /// The external account.
    pub external_account: AccountId,
    /// Its customer.
    pub customer: CustomerId,
    /// Whether the external account owes it to this that it is Verified: it is put away when the end user takes their
    /// consent back. One that was proven otherwise stays.
    pub is_made: bool,
    /// When it was shared first.
    pub shared_at: Timestamp,
}

/// What is asked for when an account is shared.
#[derive(Debug, Clone, Default)]
pub struct ShareRequest {
    /// The customer of the program who is the end user; found or made unless said.
    pub customer: Option<i64>,
    /// The holder's names, where the bank has not told them.
    pub first_name: Option<String>,
    /// See `first_name`.
    pub last_name: Option<String>,
}

/// Who an end user is elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Elsewhere {
    pub customer: Option<CustomerId>,
    pub end_user: Option<EndUserId>,
}

impl Connect {
    /// The same service with external accounts: for microdeposits, and for linked accounts that money moves over.
    #[must_use]
    pub fn with_external_accounts(self, external_accounts: ExternalAccounts) -> Self {
        let across = Across { external_accounts: Some(external_accounts), ..self.across };
        Self { across, ..self }
    }

    /// The same service with the book of borrowers, by which an end user and a borrower are known to be the same.
    #[must_use]
    pub fn with_book(self, book: Arc<dyn Book>) -> Self {
        let across = Across { book: Some(book), ..self.across };
        Self { across, ..self }
    }

    pub(crate) fn external_accounts(&self) -> Result<&ExternalAccounts, ConnectError> {
        let known = self.across.external_accounts.as_ref();
        known.ok_or_else(|| ConnectError::Unavailable("No money moves here.".to_owned()))
    }

    pub(crate) fn is_sandbox(&self) -> bool {
        self.across.external_accounts.as_ref().is_some_and(ExternalAccounts::is_sandbox)
    }

    /// Makes a verified account of a user an external account in status Verified, of a customer of the partner's
    /// program. Asking again answers the same one.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`]; [`ConnectError::Conflict`] for an account that is not verified, that cannot be paid
    /// over, or that is another customer's already, when the end user has taken their consent to payments back, and with
    /// the words of external accounts when these refuse it.
    pub async fn share_account(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        account: ConnectAccountId,
        request: ShareRequest,
    ) -> Result<(Share, ExternalAccount), ConnectError> {
        let (service, caller) = (self.clone(), caller.clone());
        self.db().write(move |tx| share_in(tx, &service, &caller, user, account, &request)).await
    }

    /// Which of a user's accounts are external accounts too.
    ///
    /// # Errors
    /// Storage only.
    pub async fn shares_of(
        &self,
        caller: &Caller,
        user: ConnectUserId,
    ) -> Result<Vec<Share>, ConnectError> {
        let tenant = caller.tenant;
        self.db().read(move |tx| Ok(repo::of_user(tx, tenant, user)?)).await
    }

    /// Which linked account an external account was; `None` for one that was never linked.
    ///
    /// # Errors
    /// Storage only.
    pub async fn share_of_external_account(
        &self,
        caller: &Caller,
        external_account: AccountId,
    ) -> Result<Option<Share>, ConnectError> {
        let tenant = caller.tenant;
        self.db().read(move |tx| Ok(repo::of_external(tx, tenant, external_account)?)).await
    }
}

impl Visitor {
    /// Who calls what Connect asks of others.
    pub(crate) fn caller(&self) -> Caller {
        Caller { tenant: self.tenant, currency: Currency::USD, now: self.now }
    }
}

/// Who the end user is elsewhere; the profile is held.
pub(crate) fn owner_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Elsewhere, ConnectError> {
    let customer = profile::customer_in(tx, tenant, user)?;
    let Some(book) = &service.across.book else {
        return Ok(Elsewhere { customer, end_user: None });
    };
    let partner_id = linked::partner_id_in(tx, tenant, user)?;
    // As we write it: the other way round, one is found by its text.
    let written =
        |text: &String| text.parse().ok().filter(|id: &EndUserId| id.to_string() == *text);
    let end_user = match partner_id.as_ref().and_then(written) {
        Some(id) if book.end_user_exists(tx, tenant, id).map_err(ConnectError::Book)? => Some(id),
        _ => None,
    };
    Ok(Elsewhere { customer, end_user })
}

fn share_in(
    tx: &mut Tx,
    service: &Connect,
    caller: &Caller,
    user: ConnectUserId,
    account: ConnectAccountId,
    request: &ShareRequest,
) -> Result<(Share, ExternalAccount), ConnectError> {
    let tenant = caller.tenant;
    let account = linked::account_in(tx, service, tenant, user, account)?;
    let at = profile::hold_in(tx, tenant, user, caller.now)?;
    if consent::withdrawn_in(tx, tenant, user)?.contains(&Purpose::Payments) {
        let detail = "The end user has taken their consent to payments back.";
        return Err(ConnectError::conflict(detail));
    }
    let known = repo::get(tx, tenant, account.id)?;
    let mut elsewhere = owner_in(tx, service, tenant, user)?;
    let asked = request.customer.map(CustomerId::from_number);
    let is_other = |is: CustomerId| asked.is_some_and(|asked| asked != is);
    if elsewhere.customer.is_some_and(is_other) {
        return Err(ConnectError::conflict("The end user is another customer already."));
    }
    elsewhere.customer = elsewhere.customer.or(asked);
    let bank = member::repo::get(tx, tenant, account.member)?.map(|member| member.name);
    let new = payable(&account, bank, request, elsewhere)?;
    let accounts = service.external_accounts()?;
    let Linked { account: made, was_verified } = verified::link_in(tx, accounts, caller, &new)?;
    let known = known.filter(|known| known.external_account == made.id);
    profile::set_customer_in(tx, tenant, user, made.customer)?;
    let share = Share {
        account: account.id,
        user,
        external_account: made.id,
        customer: made.customer,
        is_made: !was_verified || known.is_some_and(|known| known.is_made),
        shared_at: known.map_or(at, |known| known.shared_at),
    };
    repo::put(tx, tenant, &share)?;
    if known.is_none() {
        tell::shared_in(tx, tenant, at, &share)?;
    }
    Ok((share, made))
}

/// Which external accounts rest on what the end user agreed to: those that money can be moved over because they were
/// shared.
pub(crate) fn resting_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Vec<AccountId>, ConnectError> {
    let mut resting = Vec::new();
    for share in repo::of_user(tx, tenant, user)?.into_iter().filter(|share| share.is_made) {
        let status = verified::status_in(tx, &service.keys, tenant, share.external_account)?;
        if status == Some(AccountStatus::Verified) {
            resting.push(share.external_account);
        }
    }
    Ok(resting)
}

/// Puts those accounts away; answers how many they were.
pub(crate) fn retire_in(
    tx: &mut Tx,
    service: &Connect,
    caller: &Caller,
    user: ConnectUserId,
) -> Result<u64, ConnectError> {
    let mut count = 0;
    for account in resting_in(tx, service, caller.tenant, user)? {
        let accounts = service.external_accounts()?;
        count += u64::from(verified::retire_in(tx, accounts, caller, account)?);
    }
    Ok(count)
}

/// What external accounts have to know of the account.
fn payable(
    account: &Account,
    bank_name: Option<String>,
    request: &ShareRequest,
    elsewhere: Elsewhere,
) -> Result<VerifiedAccount, ConnectError> {
    let no = |detail: &str| ConnectError::conflict(detail);
    if account.is_manual || !account.is_verified {
        return Err(no("The account is not verified: run a verification first."));
    }
    if account.is_closed {
        return Err(no("The bank no longer has the account."));
    }
    let kind = match account.account_type {
        AccountType::Checking => AccountKind::Checking,
        AccountType::Savings => AccountKind::Savings,
        _ => return Err(no("Only checking and savings accounts can be paid over.")),
    };
    let (Some(routing), Some(number)) = (&account.numbers.routing, &account.numbers.account) else {
        return Err(no("The bank has told no routing number and account number."));
    };
    if routing.len() != 9 || account.currency != Currency::USD {
        return Err(no("The account is not at a bank of the United States."));
    }
    let (first_name, last_name) = holder(account, request);
    if (first_name.is_empty() || last_name.is_empty()) && elsewhere.customer.is_none() {
        return Err(no(
            "The bank has not told the holder's name: run an identification or name them.",
        ));
    }
    Ok(VerifiedAccount {
        end_user: elsewhere.end_user,
        customer: elsewhere.customer.map(CustomerId::number),
        first_name,
        last_name,
        routing_number: routing.clone(),
        account_number: number.clone(),
        kind,
        bank_name,
    })
}

/// The holder's names: as the partner says, or as the bank does, the last word being the last name.
fn holder(account: &Account, request: &ShareRequest) -> (String, String) {
    let told = account.owners.first().map(|owner| owner.name.trim()).unwrap_or_default();
    let (first, last) = told.rsplit_once(' ').unwrap_or((told, told));
    let or = |given: &Option<String>, known: &str| {
        let given = given.as_deref().map(str::trim).filter(|name| !name.is_empty());
        given.unwrap_or(known.trim()).chars().take(50).collect::<String>()
    };
    (or(&request.first_name, first), or(&request.last_name, last))
}
