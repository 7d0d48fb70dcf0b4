//! Funds: a 529 account each, opened here ([`crate::establishment`]) or opened elsewhere and linked.

mod entity;
mod handle;
mod person;
pub(crate) mod repo;

use std::collections::BTreeMap;

use florin_ids::{FundId, TenantId, UserId};
use florin_ledger::{AccountNo, Balance};
use florin_payments::Moment;
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use uuid::Uuid;

pub use entity::{
    Fund, FundChange, FundFields, FundKind, FundState, LinkFields, PublicFields, RiskLevel,
};
pub use person::{Address, AddressFields, Person, PersonFields, Relationship, Role, Ssn};

use crate::{Given, Savings, SavingsError, plan, postings, user};
use entity::NewFund;

pub(crate) const FUND: &str = "fund";
const TAKEN: &str = "handle has already been taken";
/// How many handles are tried for a new fund.
const HANDLE_TRIES: u32 = 8;
/// How many handles a fund can have had: each stays its own.
const HANDLES_MAX: i64 = 20;

/// A fund and what is on it, in cents.
#[derive(Debug, Clone)]
pub struct FundView {
    /// The fund.
    pub fund: Fund,
    /// What has settled, less what was returned and taken out, and what the market has made of it.
    pub settled_minor: i64,
    /// The same with what is under way.
    pub pending_minor: i64,
}

impl Savings {
    /// Asks for a new fund of a user, for a child or before its birth.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] without such a user; [`SavingsError::Invalid`] with every fault;
    /// [`SavingsError::Impossible`] for people whom no plan would open an account for.
    pub async fn create_fund(
        &self,
        caller: &Caller,
        user: UserId,
        fields: FundFields,
    ) -> Result<Fund, SavingsError> {
        let (tenant, caller) = (caller.tenant, caller.clone());
        let plan_id = self.provider().plan_id();
        self.insert_fund(tenant, move |tx, id, tenant| {
            if user::repo::get(tx, tenant, user)?.is_none() {
                return Err(SavingsError::NotFound(user::USER));
            }
            let now = moment_in(tx, &caller)?;
            let plan = plan::hold_in(tx, plan_id)?.ok_or(SavingsError::NotFound("plan"))?;
            entity::open((id, user, plan), fields.clone(), now.on, now.at)
        })
        .await
    }

    /// Links an account that was opened elsewhere.
    ///
    /// # Errors
    /// [`SavingsError::Invalid`] with every fault; [`SavingsError::Impossible`] for an unknown plan, or an account that
    /// is linked already.
    pub async fn link_fund(
        &self,
        caller: &Caller,
        fields: LinkFields,
    ) -> Result<Fund, SavingsError> {
        let (tenant, caller, keys) = (caller.tenant, caller.clone(), self.keys_handle());
        self.insert_fund(tenant, move |tx, id, tenant| {
            let at = moment_in(tx, &caller)?.at;
            let plan = match fields.plan_id {
                Given::Value(plan_id) => plan::hold_in(tx, plan_id)?,
                Given::Absent | Given::Null => None,
            };
            let new = entity::link(id, fields.clone(), plan, at)?;
            let number = new.fund.account_number.as_deref().unwrap_or_default();
            if repo::is_account_known(tx, &keys, tenant, new.fund.plan_id, number)? {
                return Err(SavingsError::impossible("account_number is linked already"));
            }
            Ok(new)
        })
        .await
    }

    /// Writes what `make` makes, under a handle that nobody has.
    async fn insert_fund(
        &self,
        tenant: TenantId,
        make: impl FnMut(&mut Tx, FundId, TenantId) -> Result<NewFund, SavingsError>
        + Clone
        + Send
        + 'static,
    ) -> Result<Fund, SavingsError> {
        let mut tries = 0;
        loop {
            let (mut make, keys, id) = (make.clone(), self.keys_handle(), FundId::new());
            let written = self.db().write(move |tx| {
                let NewFund { mut fund, people } = make(tx, id, tenant)?;
                if fund.handle.is_empty() {
                    fund.handle = free_handle_in(tx, &fund.name)?;
                }
                take_handle_in(tx, tenant, &fund)?;
                repo::insert(tx, &keys, tenant, &fund)?;
                repo::put_people(tx, &keys, tenant, fund.id, &people)?;
                Ok(fund)
            });
            match written.await {
                // Somebody took the handle at the same time: there are others.
                Err(SavingsError::Storage(error))
                    if error.is_unique_violation() && tries < HANDLE_TRIES =>
                {
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    /// One fund.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`].
    pub async fn get_fund(&self, caller: &Caller, id: FundId) -> Result<FundView, SavingsError> {
        let (tenant, keys) = (caller.tenant, self.keys_handle());
        self.db()
            .read(move |tx| {
                let fund = repo::get(tx, &keys, tenant, id)?;
                view_in(tx, tenant, fund.ok_or(SavingsError::NotFound(FUND))?)
            })
            .await
    }

    /// The people of a fund.
    ///
    /// # Errors
    /// Storage only; a fund that is not there has none.
    pub async fn fund_people(
        &self,
        caller: &Caller,
        id: FundId,
    ) -> Result<Vec<Person>, SavingsError> {
        let (tenant, keys) = (caller.tenant, self.keys_handle());
        self.db().read(move |tx| Ok(repo::people(tx, &keys, tenant, id)?)).await
    }

    /// Changes a fund; a birth that is reported makes a fund before birth a child's fund.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`]; [`SavingsError::Invalid`] with every fault; [`SavingsError::Impossible`] for a handle
    /// that is taken.
    pub async fn update_fund(
        &self,
        caller: &Caller,
        id: FundId,
        change: FundChange,
    ) -> Result<FundView, SavingsError> {
        let (caller, savings) = (caller.clone(), self.clone());
        let written =
            self.db().write(move |tx| update_in(tx, &savings, &caller, id, change.clone()));
        match written.await {
            // Somebody took the handle at the same time.
            Err(SavingsError::Storage(error)) if error.is_unique_violation() => {
                Err(SavingsError::impossible(TAKEN))
            }
            other => other,
        }
    }
}

fn update_in(
    tx: &mut Tx,
    savings: &Savings,
    caller: &Caller,
    id: FundId,
    change: FundChange,
) -> Result<FundView, SavingsError> {
    let (tenant, keys) = (caller.tenant, savings.keys());
    let moment = moment_in(tx, caller)?;
    let fund = repo::get_for_update(tx, keys, tenant, id)?.ok_or(SavingsError::NotFound(FUND))?;
    let people = repo::people(tx, keys, tenant, id)?;
    let entity::Changed { fund: mut changed, people } =
        entity::change(&fund, &people, change, moment.on)?;
    if changed.handle != fund.handle {
        take_handle_in(tx, tenant, &changed)?;
    }
    if !people.is_empty() {
        repo::put_people(tx, keys, tenant, id, &people)?;
        if changed.is_established() {
            let child = people.iter().find(|person| person.role == Role::Beneficiary);
            let born_on = child.and_then(|child| child.born_on);
            let provider = savings.provider();
            changed.portfolio_label =
                changed.risk_level.map(|risk| provider.portfolio(risk, born_on, moment.on));
        }
    }
    repo::update(tx, keys, tenant, &changed)?;
    view_in(tx, tenant, changed)
}

/// The tenant's business date and the time to store.
pub(crate) fn moment_in(tx: &mut Tx, caller: &Caller) -> Result<Moment, SavingsError> {
    let state = day::state_in(tx, caller.tenant)?;
    Ok(Moment { on: state.business_date, at: state.stamp(caller.now) })
}

/// A handle for a fund of this name that nobody has.
fn free_handle_in(tx: &mut Tx, name: &str) -> Result<String, SavingsError> {
    let mut handle = handle::make(name, 0);
    for tries in 1..=HANDLE_TRIES {
        if !handle::is_reserved(&handle) && repo::holder_of_handle(tx, &handle)?.is_none() {
            break;
        }
        handle = handle::make(name, tries);
    }
    Ok(handle)
}

/// Makes a handle the fund's own for ever, so that links that were shared lead to nobody else. One that it had before
/// is its own already.
fn take_handle_in(tx: &mut Tx, tenant: TenantId, fund: &Fund) -> Result<(), SavingsError> {
    match repo::holder_of_handle(tx, &fund.handle)? {
        Some(holder) if holder == fund.id => Ok(()),
        Some(_) => Err(SavingsError::impossible(TAKEN)),
        None if repo::count_handles(tx, tenant, fund.id)? >= HANDLES_MAX => {
            Err(SavingsError::impossible("handle has been changed too often"))
        }
        None => Ok(repo::insert_handle(tx, tenant, fund.id, &fund.handle)?),
    }
}

/// The fund with its balances.
pub(crate) fn view_in(tx: &mut Tx, tenant: TenantId, fund: Fund) -> Result<FundView, SavingsError> {
    let balances = florin_ledger::balances_in(tx, tenant, vec![fund.id.uuid()])?;
    let settled_minor = settled_minor(&balances, fund.id);
    let pending_minor = pending_minor(&balances, fund.id);
    Ok(FundView { fund, settled_minor, pending_minor })
}

pub(crate) type Balances = BTreeMap<(Uuid, AccountNo), Balance>;

/// What has settled on a fund and what the market has made of it. A balance is what we owe, so that credits make it
/// greater.
pub(crate) fn settled_minor(balances: &Balances, fund: FundId) -> i64 {
    let gains = postings::MARKET_GAINS.no;
    let paid_in = balance(balances, fund, postings::FUND_BALANCES.no).posted;
    paid_in.saturating_add(balance(balances, fund, gains).posted).saturating_neg()
}

/// What the market has made of a fund, less what was taken out of that; less than 0 after a loss.
pub(crate) fn gains_minor(balances: &Balances, fund: FundId) -> i64 {
    balance(balances, fund, postings::MARKET_GAINS.no).posted.saturating_neg()
}

/// What has settled, with what is under way.
pub(crate) fn pending_minor(balances: &Balances, fund: FundId) -> i64 {
    let balance = balance(balances, fund, postings::FUND_BALANCES.no);
    settled_minor(balances, fund)
        .saturating_add(balance.pending_credit)
        .saturating_sub(balance.pending_debit)
}

fn balance(balances: &Balances, fund: FundId, account: AccountNo) -> Balance {
    balances.get(&(fund.uuid(), account)).copied().unwrap_or_default()
}
