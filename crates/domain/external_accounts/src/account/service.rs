//! Adding external accounts, and reading them.

use florin_ids::TenantId;
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::Caller;
use jiff::ToSpan;
use jiff::civil::Date;

use super::entity::{AccountStatus, ExternalAccount};
use super::new::{Door, Facts, NewAccount, Place};
use super::repo;
use crate::customer::{self, Customer};
use crate::fields::text;
use crate::number::{self, Series};
use crate::rejection;
use crate::words::{AccountId, CustomerId};
use crate::{ExternalAccounts, ExternalAccountsError, Scene, routing, tell, trial};

/// For so many calendar days after a settlement an archived account counts against the customer's limit.
const SETTLED_DAYS: i64 = 90;

impl ExternalAccounts {
    /// `externalAccount/create`: an account that is Verified at once.
    ///
    /// # Errors
    /// 59008, 59011, 59020, 59956, 60001 to 60005, 62001 to 62007, 69203 to 69206.
    pub async fn create_account(
        &self,
        caller: &Caller,
        new: NewAccount,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        self.add_account(caller, new, Door::Create).await
    }

    /// `externalAccount/initiate`: an account that is Unverified, and its trial deposits on their way.
    ///
    /// # Errors
    /// 59001, 59003, 59008, 59010, 59020, 59956, 60001 to 60005, 62601 to 62611, 69203 to 69206.
    pub async fn initiate_account(
        &self,
        caller: &Caller,
        new: NewAccount,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        self.add_account(caller, new, Door::Initiate).await
    }

    /// An operator adds a verified account after a look at it, beyond the customer's limits (the document's "created
    /// via the Admin console").
    ///
    /// # Errors
    /// As [`ExternalAccounts::create_account`], without 59011, 62001 and 62004.
    pub async fn admit_account(
        &self,
        caller: &Caller,
        new: NewAccount,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        self.add_account(caller, new, Door::Operator).await
    }

    async fn add_account(
        &self,
        caller: &Caller,
        new: NewAccount,
        door: Door,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        let (service, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| {
                let scene = service.begin_in(tx, &caller)?;
                let customer = customer::acting_in(tx, &service.keys, &scene, new.customer)?;
                add_in(tx, &service, &scene, &customer, new.clone(), door)
            })
            .await
    }

    /// `externalAccount/get`.
    ///
    /// # Errors
    /// 60001, 66201.
    pub async fn get_account(
        &self,
        caller: &Caller,
        customer: i64,
        account: i64,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        let (keys, tenant) = (self.keys.clone(), caller.tenant);
        self.db
            .read(move |tx| {
                let customer = customer::seen_in(tx, &keys, tenant, customer)?;
                let found = repo::get(tx, &keys, tenant, AccountId::from_number(account))?;
                let found = found.filter(|it| it.customer == customer.id && it.is_active());
                Ok(found.ok_or_else(|| rejection::get_unknown(account))?)
            })
            .await
    }

    /// `externalAccount/getByTag`.
    ///
    /// # Errors
    /// 60001, 66301.
    pub async fn get_account_by_tag(
        &self,
        caller: &Caller,
        customer: i64,
        tag: &str,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        let (keys, tenant, tag) = (self.keys.clone(), caller.tenant, tag.trim().to_owned());
        self.db
            .read(move |tx| {
                let owner = customer::seen_in(tx, &keys, tenant, customer)?;
                let found = match repo::id_of_tag(tx, tenant, owner.program, &tag)? {
                    Some(id) => repo::get(tx, &keys, tenant, id)?,
                    None => None,
                };
                let found = found.filter(|it| it.customer == owner.id && it.is_active());
                Ok(found.ok_or_else(|| rejection::get_tag_unknown(&tag, customer))?)
            })
            .await
    }

    /// `externalAccount/list`: the customer's accounts without the archived ones, oldest first.
    ///
    /// # Errors
    /// 60001.
    pub async fn list_accounts(
        &self,
        caller: &Caller,
        customer: i64,
    ) -> Result<Vec<ExternalAccount>, ExternalAccountsError> {
        let (keys, tenant) = (self.keys.clone(), caller.tenant);
        self.db
            .read(move |tx| {
                let owner = customer::seen_in(tx, &keys, tenant, customer)?;
                let mut accounts = repo::of_customer(tx, &keys, tenant, owner.id)?;
                accounts.retain(ExternalAccount::is_active);
                Ok(accounts)
            })
            .await
    }

    /// Accounts of all the tenant's customers that `query` selects by [`FIELDS`](super::FIELDS), archived ones too,
    /// for people.
    ///
    /// # Errors
    /// Storage only.
    pub async fn page_accounts(
        &self,
        tenant: TenantId,
        query: ListQuery,
    ) -> Result<Page<ExternalAccount>, ExternalAccountsError> {
        let keys = self.keys.clone();
        self.db.read(move |tx| Ok(repo::list(tx, &keys, tenant, &query)?)).await
    }
}

/// Adds an account of a customer that is held and may act.
pub(crate) fn add_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    customer: &Customer,
    new: NewAccount,
    door: Door,
) -> Result<ExternalAccount, ExternalAccountsError> {
    let faults = NewAccount::check_door(door, &scene.program);
    if !faults.is_empty() {
        return Err(faults.into());
    }
    // Whoever else adds one waits here, so that a tag is not given twice.
    let id = AccountId::from_number(number::next_in(tx, scene.tenant, Series::Account)?);
    let facts = facts_in(tx, service, scene, customer.id, &new, door)?;
    let sound = new.check(door, &scene.program, &facts)?;
    let status = match door.deposits() {
        Some(_) => AccountStatus::Unverified,
        None => AccountStatus::Verified,
    };
    let place =
        Place { id, customer: customer.id, program: &scene.program, status, at: scene.moment.at };
    let account = new.into_account(sound, place);
    repo::insert(tx, &service.keys, scene.tenant, &account)?;
    if let Some(sizes) = door.deposits() {
        trial::send_in(tx, service, scene, &account, sizes)?;
    }
    tell::account_in(tx, scene.tenant, scene.moment.at, &account)?;
    Ok(account)
}

/// What the tables know of a request for a new account.
fn facts_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    customer: CustomerId,
    new: &NewAccount,
    door: Door,
) -> Result<Facts, ExternalAccountsError> {
    let (tenant, today) = (scene.tenant, scene.moment.on);
    let is_nacha = scene.program.settings.is_nacha;
    let given = new.routing_number.as_deref();
    let mut lookup = routing::look_up_in(tx, given, is_nacha, service.is_sandbox)?;
    if matches!(door, Door::Linked | Door::Probed(_)) && text(&new.name).is_some() {
        lookup = lookup.or_as_given(given);
    }
    let tag_is_taken = match text(&new.tag) {
        Some(tag) => repo::id_of_tag(tx, tenant, scene.program.id, &tag)?.is_some(),
        None => false,
    };
    let accounts = repo::of_customer(tx, &service.keys, tenant, customer)?;
    let nick_name_is_taken = text(&new.nick_name).is_some_and(|nick| {
        accounts.iter().any(|account| account.is_active() && account.goes_by(&nick))
    });
    let open = accounts.iter().filter(|account| account.status.counts()).count();
    let archived = repo::count_archived_in_use(tx, tenant, customer, counting_since(today))?;
    let archived_today = accounts.iter().filter(|it| it.archived_on == Some(today)).count();
    Ok(Facts {
        lookup,
        tag_is_taken,
        nick_name_is_taken,
        counted: u32::try_from(open).unwrap_or(u32::MAX).saturating_add(archived),
        archived_today: u32::try_from(archived_today).unwrap_or(u32::MAX),
    })
}

/// The first day of the past 90 calendar days.
fn counting_since(today: Date) -> Date {
    today.saturating_sub(SETTLED_DAYS.days())
}
