//! What is known of the accounts behind a member.

mod entity;
pub(crate) mod repo;
mod take;

use florin_crypto::KeyRing;
use florin_ids::{ConnectAccountId, ConnectUserId, MemberId, TenantId};
use florin_storage::{Page, Tx};
use florin_tenancy::Caller;
use jiff::civil::Date;

pub use entity::{
    Account, AccountType, Category, ConnectStatement, ConnectTransaction, Detail, Numbers, Owner,
    TransactionQuery,
};

pub(crate) use take::take_in;

use crate::check::Faults;
use crate::{Connect, ConnectError, Visitor, member, user};

const ACCOUNT: &str = "account";
const PER_PAGE: u32 = 25;
const PER_PAGE_MAX: u32 = 1000;

impl Connect {
    /// The accounts behind one member, numbers masked, for the end user.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn member_accounts(
        &self,
        visitor: &Visitor,
        member: MemberId,
    ) -> Result<Vec<Account>, ConnectError> {
        let (tenant, user, keys) = (visitor.tenant, visitor.user, self.keys.clone());
        self.db
            .read(move |tx| {
                member::of_user_in(tx, tenant, user, member)?;
                repo::of_member(tx, &keys, tenant, member, Detail::Masked)
            })
            .await
    }

    /// A user's accounts, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn user_accounts(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        detail: Detail,
    ) -> Result<Vec<Account>, ConnectError> {
        let (tenant, keys) = (caller.tenant, self.keys.clone());
        self.db
            .read(move |tx| {
                user::get_in(tx, tenant, user)?;
                repo::of_user(tx, &keys, tenant, user, detail)
            })
            .await
    }

    /// One account of a user, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn user_account(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        account: ConnectAccountId,
        detail: Detail,
    ) -> Result<Account, ConnectError> {
        let (tenant, keys) = (caller.tenant, self.keys.clone());
        self.db.read(move |tx| of_user_in(tx, &keys, tenant, user, account, detail)).await
    }

    /// A page of an account's transactions, newest first, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`]; [`ConnectError::Invalid`] for a page of more than 1000.
    pub async fn account_transactions(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        account: ConnectAccountId,
        query: TransactionQuery,
    ) -> Result<Page<ConnectTransaction>, ConnectError> {
        let (page, per_page) = (query.page.unwrap_or(1), query.per_page.unwrap_or(PER_PAGE));
        let mut faults = Faults::default();
        faults.require(page > 0, "page", "Ensure this value is greater than or equal to 1.");
        let is_sound = (1..=PER_PAGE_MAX).contains(&per_page);
        faults.require(is_sound, "per_page", "Ensure this value is from 1 to 1000.");
        faults.done()?;
        let days = (query.from.unwrap_or(Date::MIN), query.to.unwrap_or(Date::MAX));
        let slice = (per_page, i64::from(page - 1) * i64::from(per_page));
        let (tenant, keys) = (caller.tenant, self.keys.clone());
        self.db
            .read(move |tx| {
                of_user_in(tx, &keys, tenant, user, account, Detail::Masked)?;
                let (count, items) = repo::transactions(tx, tenant, account, days, slice)?;
                let passed = slice.1 + i64::try_from(items.len()).unwrap_or(i64::MAX);
                let count_all = u64::try_from(count).unwrap_or_default();
                Ok(Page { count: count_all, items, follows: passed < count, last: None })
            })
            .await
    }

    /// An account's statements, newest first, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn account_statements(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        account: ConnectAccountId,
    ) -> Result<Vec<ConnectStatement>, ConnectError> {
        let (tenant, keys) = (caller.tenant, self.keys.clone());
        self.db
            .read(move |tx| {
                of_user_in(tx, &keys, tenant, user, account, Detail::Masked)?;
                repo::statements(tx, &keys, tenant, account)
            })
            .await
    }
}

/// A user's account.
pub(crate) fn of_user_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    user: ConnectUserId,
    account: ConnectAccountId,
    detail: Detail,
) -> Result<Account, ConnectError> {
    let found = repo::get(tx, keys, tenant, account, detail)?;
    found.filter(|it| it.user == user).ok_or(ConnectError::NotFound(ACCOUNT))
}
