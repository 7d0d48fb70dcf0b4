//! Customers: who has external accounts.

mod entity;
pub(crate) mod repo;

use florin_crypto::KeyRing;
use florin_ids::{EndUserId, TenantId};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};

pub use entity::{
    Address, Customer, CustomerChange, CustomerStatus, NewCustomer, Phone, SettlementAccount,
};
pub use repo::FIELDS;

use crate::account::{self, ExternalAccount};
use crate::fields::text;
use crate::number::{self, Series};
use crate::rejection;
use crate::words::{AccountId, CustomerId};
use crate::{ExternalAccounts, ExternalAccountsError, Scene, ledger_book, program};

use entity::Place;

/// A customer with everything that `customer/get` shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerView {
    /// The customer.
    pub customer: Customer,
    /// `accounts`: its settlement account in the program.
    pub account: SettlementAccount,
    /// `externalAccounts`, without the archived ones.
    pub external_accounts: Vec<ExternalAccount>,
}

impl ExternalAccounts {
    /// `customer/create`. The customer is verified at once, unless its program says otherwise.
    ///
    /// # Errors
    /// 60201 to 60203, 59956.
    pub async fn create_customer(
        &self,
        caller: &Caller,
        new: NewCustomer,
    ) -> Result<Customer, ExternalAccountsError> {
        let (service, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| {
                let scene = service.begin_in(tx, &caller)?;
                create_in(tx, &service.keys, &scene, new.clone())
            })
            .await
    }

    /// `customer/get`.
    ///
    /// # Errors
    /// 60001.
    pub async fn get_customer(
        &self,
        caller: &Caller,
        customer: i64,
    ) -> Result<CustomerView, ExternalAccountsError> {
        let (keys, tenant) = (self.keys.clone(), caller.tenant);
        self.db
            .read(move |tx| {
                let customer = seen_in(tx, &keys, tenant, customer)?;
                view_in(tx, &keys, tenant, customer)
            })
            .await
    }

    /// `customer/getByTag`.
    ///
    /// # Errors
    /// 66101.
    pub async fn get_customer_by_tag(
        &self,
        caller: &Caller,
        tag: &str,
    ) -> Result<CustomerView, ExternalAccountsError> {
        let (keys, tenant, tag) = (self.keys.clone(), caller.tenant, tag.trim().to_owned());
        self.db
            .read(move |tx| {
                let program = program::find_default_in(tx, tenant)?;
                let found = match program {
                    Some(program) => repo::by_tag(tx, &keys, tenant, program.id, &tag)?,
                    None => None,
                };
                let customer = found.ok_or_else(|| rejection::customer_tag_unknown(&tag))?;
                view_in(tx, &keys, tenant, customer)
            })
            .await
    }

    /// Customers of all the tenant's programs that `query` selects by [`FIELDS`], for people.
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_customers(
        &self,
        tenant: TenantId,
        query: ListQuery,
    ) -> Result<Page<Customer>, ExternalAccountsError> {
        let keys = self.keys.clone();
        self.db.read(move |tx| Ok(repo::list(tx, &keys, tenant, &query)?)).await
    }

    /// The customers with this tax id, whatever stands between its digits.
    ///
    /// # Errors
    /// Storage only.
    pub async fn find_customers_by_tax_id(
        &self,
        tenant: TenantId,
        tax_id: &str,
    ) -> Result<Vec<Customer>, ExternalAccountsError> {
        let (keys, tax_id) = (self.keys.clone(), tax_id.to_owned());
        self.db.read(move |tx| Ok(repo::by_tax_id(tx, &keys, tenant, &tax_id)?)).await
    }

    /// What an operator changes of a customer: its status, locks, death.
    ///
    /// # Errors
    /// 60001.
    pub async fn change_customer(
        &self,
        caller: &Caller,
        customer: i64,
        change: CustomerChange,
    ) -> Result<Customer, ExternalAccountsError> {
        let (service, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| {
                let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
                let mut found = lock_in(tx, &service.keys, caller.tenant, customer)?;
                found.change(change.clone(), at);
                repo::update(tx, &service.keys, caller.tenant, &found)?;
                Ok(found)
            })
            .await
    }

    /// Says which lending borrower a customer is.
    ///
    /// # Errors
    /// 60001.
    pub async fn link_end_user(
        &self,
        caller: &Caller,
        customer: i64,
        end_user: Option<EndUserId>,
    ) -> Result<Customer, ExternalAccountsError> {
        let (service, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| {
                let mut found = lock_in(tx, &service.keys, caller.tenant, customer)?;
                found.end_user = end_user;
                found.last_modified_at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
                repo::update(tx, &service.keys, caller.tenant, &found)?;
                Ok(found)
            })
            .await
    }
}

/// Registers a customer.
///
/// # Errors
/// 60201 to 60203, 59956.
pub(crate) fn create_in(
    tx: &mut Tx,
    keys: &KeyRing,
    scene: &Scene,
    new: NewCustomer,
) -> Result<Customer, ExternalAccountsError> {
    // Whoever else registers one waits here, so that a tag is not given twice.
    let id = number::next_in(tx, scene.tenant, Series::Customer)?;
    let tag_is_taken = match text(&new.tag) {
        Some(tag) => repo::by_tag(tx, keys, scene.tenant, scene.program.id, &tag)?.is_some(),
        None => false,
    };
    let faults = new.faults(tag_is_taken);
    if !faults.is_empty() {
        return Err(faults.into());
    }
    let account = number::next_in(tx, scene.tenant, Series::Account)?;
    let status = if scene.program.settings.customers_start_verified {
        CustomerStatus::Verified
    } else {
        CustomerStatus::Initiated
    };
    let customer = new.register(Place {
        id: CustomerId::from_number(id),
        program: scene.program.id,
        account: AccountId::from_number(account),
        status,
        at: scene.moment.at,
    });
    repo::insert(tx, keys, scene.tenant, &customer)?;
    Ok(customer)
}

/// The customer, of any program of the tenant.
///
/// # Errors
/// 60001.
pub(crate) fn find_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    customer: i64,
) -> Result<Customer, ExternalAccountsError> {
    let found = repo::get(tx, keys, tenant, CustomerId::from_number(customer))?;
    Ok(found.ok_or_else(|| rejection::customer_unknown(customer))?)
}

/// The customer of the program that the tenant's keys call.
///
/// # Errors
/// 60001.
pub(crate) fn seen_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    customer: i64,
) -> Result<Customer, ExternalAccountsError> {
    let found = find_in(tx, keys, tenant, customer)?;
    match program::find_default_in(tx, tenant)? {
        Some(program) if program.id == found.program => Ok(found),
        Some(_) | None => Err(rejection::customer_unknown(customer).into()),
    }
}

/// The customer, which nobody else can change until the transaction ends.
///
/// # Errors
/// 60001.
pub(crate) fn lock_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    customer: i64,
) -> Result<Customer, ExternalAccountsError> {
    let found = repo::get_for_update(tx, keys, tenant, CustomerId::from_number(customer))?;
    Ok(found.ok_or_else(|| rejection::customer_unknown(customer))?)
}

/// The customer of the program, held, when it may act.
///
/// # Errors
/// 60001 to 60005.
pub(crate) fn acting_in(
    tx: &mut Tx,
    keys: &KeyRing,
    scene: &Scene,
    customer: i64,
) -> Result<Customer, ExternalAccountsError> {
    let found = lock_in(tx, keys, scene.tenant, customer)?;
    if found.program != scene.program.id {
        return Err(rejection::customer_unknown(customer).into());
    }
    let objections = found.objections();
    if objections.is_empty() { Ok(found) } else { Err(objections.into()) }
}

fn view_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    customer: Customer,
) -> Result<CustomerView, ExternalAccountsError> {
    let account = ledger_book::settlement_in(tx, tenant, &customer)?;
    let mut external_accounts = account::repo::of_customer(tx, keys, tenant, customer.id)?;
    external_accounts.retain(ExternalAccount::is_active);
    Ok(CustomerView { customer, account, external_accounts })
}
