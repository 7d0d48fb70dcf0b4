//! Accounts that an end user tells of by hand: no bank tells of them. They stand behind a member of the end user's own,
//! which is made with the first.

mod entity;
mod repo;

use florin_events::{NewEvent, append_in, kinds};
use florin_ids::{ConnectAccountId, ConnectUserId, MemberId};
use florin_storage::Tx;
use florin_tenancy::{Caller, get_tenant_in};
use jiff::Timestamp;
use serde_json::json;

pub use entity::{ManualTerms, NewManualAccount};

pub(crate) use repo::delete_of_user;

use crate::account::{Detail, Numbers, repo as accounts};
use crate::{Account, Connect, ConnectError, Visitor, member, profile, session};
use entity::Told;

impl Connect {
    /// Adds an account by hand. Its member is answered by [`Account::member`]; the member's institution is the one that
    /// stands for accounts of this kind.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] with every faulty field; [`ConnectError::Conflict`] when the session takes none.
    pub async fn create_account(
        &self,
        visitor: &Visitor,
        new: NewManualAccount,
    ) -> Result<Account, ConnectError> {
        let (service, visitor, id) = (self.clone(), visitor.clone(), ConnectAccountId::new());
        self.db().write(move |tx| create_in(tx, &service, &visitor, &new, id)).await
    }

    /// One of the end user's accounts by hand.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`], also for an account that a bank tells of.
    pub async fn manual_account(
        &self,
        visitor: &Visitor,
        id: ConnectAccountId,
    ) -> Result<(Account, ManualTerms), ConnectError> {
        let (service, visitor) = (self.clone(), visitor.clone());
        self.db().read(move |tx| own_in(tx, &service, &visitor, id)).await
    }

    /// Changes what the end user told of an account by hand: what is left out stays. Its currency cannot change.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`], also for an account that a bank tells of; [`ConnectError::Invalid`] with every faulty
    /// field; [`ConnectError::Conflict`] when the session takes no accounts by hand.
    pub async fn update_account(
        &self,
        visitor: &Visitor,
        id: ConnectAccountId,
        change: NewManualAccount,
    ) -> Result<(Account, ManualTerms), ConnectError> {
        let (service, visitor) = (self.clone(), visitor.clone());
        self.db().write(move |tx| update_in(tx, &service, &visitor, id, &change)).await
    }

    /// What a user told of an account by hand beside the account itself, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn manual_terms(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        account: ConnectAccountId,
    ) -> Result<ManualTerms, ConnectError> {
        let (tenant, keys) = (caller.tenant, self.keys.clone());
        self.db()
            .read(move |tx| {
                let missing = || ConnectError::NotFound("account");
                let found = accounts::get(tx, &keys, tenant, account, Detail::Masked)?;
                let found = found.filter(|it| it.user == user).ok_or_else(missing)?;
                repo::get(tx, tenant, account, found.currency)?.ok_or_else(missing)
            })
            .await
    }
}

fn create_in(
    tx: &mut Tx,
    service: &Connect,
    visitor: &Visitor,
    new: &NewManualAccount,
    id: ConnectAccountId,
) -> Result<Account, ConnectError> {
    let tenant = visitor.tenant;
    check_session_in(tx, visitor)?;
    let told = new.check(get_tenant_in(tx, tenant)?.currency).map_err(ConnectError::Invalid)?;
    let at = profile::hold_in(tx, tenant, visitor.user, visitor.now)?;
    let member = member::manual_in(tx, service, visitor)?.id;
    let account = account(&told, visitor, member, id, at);
    accounts::insert(tx, &service.keys, &account)?;
    repo::insert(tx, tenant, &terms(told, &account))?;
    tell_in(tx, kinds::CONNECT_MANUAL_ACCOUNT_CREATED, &account, at)?;
    Ok(account)
}

fn check_session_in(tx: &mut Tx, visitor: &Visitor) -> Result<(), ConnectError> {
    let visit = session::repo::get(tx, visitor.tenant, visitor.session)?;
    match visit.is_some_and(|session| !session.enable_manual_accounts) {
        true => Err(ConnectError::conflict("Accounts cannot be kept by hand here.")),
        false => Ok(()),
    }
}

fn own_in(
    tx: &mut Tx,
    service: &Connect,
    visitor: &Visitor,
    id: ConnectAccountId,
) -> Result<(Account, ManualTerms), ConnectError> {
    let missing = || ConnectError::NotFound("account");
    let tenant = visitor.tenant;
    let found = accounts::get(tx, &service.keys, tenant, id, Detail::Masked)?;
    let found = found.filter(|it| it.user == visitor.user && it.is_manual).ok_or_else(missing)?;
    let terms = repo::get(tx, tenant, id, found.currency)?.ok_or_else(missing)?;
    Ok((found, terms))
}

fn update_in(
    tx: &mut Tx,
    service: &Connect,
    visitor: &Visitor,
    id: ConnectAccountId,
    change: &NewManualAccount,
) -> Result<(Account, ManualTerms), ConnectError> {
    let tenant = visitor.tenant;
    check_session_in(tx, visitor)?;
    let at = profile::hold_in(tx, tenant, visitor.user, visitor.now)?;
    let (known, terms_known) = own_in(tx, service, visitor, id)?;
    let wanted = NewManualAccount::of(&known, &terms_known).with(change.clone());
    let told = wanted.check(known.currency).map_err(ConnectError::Invalid)?;
    if told.currency != known.currency {
        let message = "The currency of an account does not change.";
        return Err(ConnectError::invalid("currency_code", message));
    }
    let created_at = known.created_at;
    let changed = Account { created_at, ..account(&told, visitor, known.member, id, at) };
    accounts::update(tx, &service.keys, &changed)?;
    let terms = terms(told, &changed);
    repo::update(tx, tenant, &terms)?;
    tell_in(tx, kinds::CONNECT_MANUAL_ACCOUNT_UPDATED, &changed, at)?;
    Ok((changed, terms))
}

fn tell_in(
    tx: &mut Tx,
    kind: &'static str,
    account: &Account,
    at: Timestamp,
) -> Result<(), ConnectError> {
    let event = NewEvent {
        kind,
        resource: format!("connect_account:{}", account.id),
        occurred_at: at,
        data: json!({
            "account_guid": format!("ACC-{}", account.id),
            "member_guid": format!("MBR-{}", account.member),
            "user_guid": format!("USR-{}", account.user),
            "account_type": account.account_type.code(),
            "name": account.name,
        }),
    };
    Ok(append_in(tx, account.tenant, &[event])?)
}

fn account(
    told: &Told,
    visitor: &Visitor,
    member: MemberId,
    id: ConnectAccountId,
    at: Timestamp,
) -> Account {
    Account {
        id,
        tenant: visitor.tenant,
        user: visitor.user,
        member,
        external_id: id.to_string(),
        name: told.name.clone(),
        account_type: told.account_type,
        currency: told.currency,
        numbers: Numbers::default(),
        balance_minor: told.balance.minor(),
        available_minor: None,
        credit_limit_minor: told.credit_limit.map(|limit| limit.minor()),
        owners: Vec::new(),
        is_verified: false,
        is_manual: true,
        is_closed: false,
        balance_at: at,
        created_at: at,
        updated_at: at,
    }
}

fn terms(told: Told, account: &Account) -> ManualTerms {
    ManualTerms {
        account: account.id,
        user: account.user,
        is_personal: told.is_personal,
        credit_limit: told.credit_limit,
        minimum_payment: told.minimum_payment,
        original_balance: told.original_balance,
        interest_rate: told.interest_rate,
        payment_due_day: told.payment_due_day,
        property_type: told.property_type,
    }
}
