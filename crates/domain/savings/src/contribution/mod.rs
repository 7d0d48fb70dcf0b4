//! Contributions: what is paid into a fund, once or again and again.

mod entity;
mod payment;
pub(crate) mod repo;
pub mod schedule;

use florin_ids::{ContributionId, FundId};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};

pub use entity::{Contribution, ContributionFields, ContributionStatus};
pub use schedule::Frequency;

use crate::fund::{self, FUND, Fund, FundState};
use crate::{Savings, SavingsError, payer};

const CONTRIBUTION: &str = "contribution";

impl Savings {
    /// Schedules a contribution to a fund. To one that is not established yet it is scheduled as well; its payments wait.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] without such a fund; [`SavingsError::Invalid`] with every fault;
    /// [`SavingsError::Impossible`] for a fund that could not be established, or a day that has passed.
    pub async fn create_contribution(
        &self,
        caller: &Caller,
        fund: FundId,
        fields: ContributionFields,
    ) -> Result<Contribution, SavingsError> {
        let (savings, caller, id) = (self.clone(), caller.clone(), ContributionId::new());
        self.db()
            .write(move |tx| {
                let tenant = caller.tenant;
                let state = day::lock_shared_in(tx, tenant)?;
                let fund = fund_in(tx, &savings, &caller, fund)?;
                let now = (state.business_date, state.stamp(caller.now));
                let fields = fields.clone();
                let made = Contribution::schedule(id, fund.id, fields, fund.limit_minor, now)?;
                if fund.state == FundState::Failed {
                    return Err(SavingsError::impossible("the fund could not be established"));
                }
                if let Some(account) = made.account {
                    payer::check_in(tx, &savings, tenant, &fund, account)?;
                }
                repo::insert(tx, tenant, &made)?;
                Ok(made)
            })
            .await
    }

    /// One contribution.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`].
    pub async fn get_contribution(
        &self,
        caller: &Caller,
        id: ContributionId,
    ) -> Result<Contribution, SavingsError> {
        let tenant = caller.tenant;
        self.db()
            .read(move |tx| repo::get(tx, tenant, id)?.ok_or(SavingsError::NotFound(CONTRIBUTION)))
            .await
    }

    /// The contributions of a fund, oldest first.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] without such a fund.
    pub async fn contributions_of_fund(
        &self,
        caller: &Caller,
        fund: FundId,
    ) -> Result<Vec<Contribution>, SavingsError> {
        let (savings, caller) = (self.clone(), caller.clone());
        self.db()
            .read(move |tx| {
                let fund = fund_in(tx, &savings, &caller, fund)?;
                Ok(repo::of_fund(tx, caller.tenant, fund.id)?)
            })
            .await
    }

    /// Changes a contribution. A payment that has been made is not made again for the same month (the same half of it,
    /// the same year).
    ///
    /// # Errors
    /// [`SavingsError::NotFound`]; [`SavingsError::Invalid`] with every fault; [`SavingsError::Impossible`] for one that
    /// is cancelled or completed.
    pub async fn update_contribution(
        &self,
        caller: &Caller,
        id: ContributionId,
        fields: ContributionFields,
    ) -> Result<Contribution, SavingsError> {
        let savings = self.clone();
        self.change_contribution(caller, id, move |tx, caller, contribution| {
            let today = day::lock_shared_in(tx, caller.tenant)?.business_date;
            let fund = fund_in(tx, &savings, caller, contribution.fund)?;
            let changed = contribution.changed(fields.clone(), fund.limit_minor, today)?;
            if let Some(account) =
                changed.account.filter(|_| changed.account != contribution.account)
            {
                payer::check_in(tx, &savings, caller.tenant, &fund, account)?;
            }
            Ok(changed)
        })
        .await
    }

    /// Cancels a contribution: nothing is paid any more. What is under way goes on.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`]; [`SavingsError::Impossible`] for one that is completed.
    pub async fn cancel_contribution(
        &self,
        caller: &Caller,
        id: ContributionId,
    ) -> Result<Contribution, SavingsError> {
        self.change_contribution(caller, id, |_, _, contribution| contribution.cancelled()).await
    }

    /// Holds a contribution, lets `change` make the new one and writes it.
    async fn change_contribution(
        &self,
        caller: &Caller,
        id: ContributionId,
        change: impl Fn(&mut Tx, &Caller, &Contribution) -> Result<Contribution, SavingsError>
        + Send
        + 'static,
    ) -> Result<Contribution, SavingsError> {
        let caller = caller.clone();
        self.db()
            .write(move |tx| {
                day::lock_shared_in(tx, caller.tenant)?;
                let held = repo::get_for_update(tx, caller.tenant, id)?;
                let held = held.ok_or(SavingsError::NotFound(CONTRIBUTION))?;
                let changed = change(tx, &caller, &held)?;
                repo::update_many(tx, caller.tenant, std::slice::from_ref(&changed))?;
                Ok(changed)
            })
            .await
    }
}

fn fund_in(
    tx: &mut Tx,
    savings: &Savings,
    caller: &Caller,
    id: FundId,
) -> Result<Fund, SavingsError> {
    let found = fund::repo::get(tx, savings.keys(), caller.tenant, id)?;
    found.ok_or(SavingsError::NotFound(FUND))
}
