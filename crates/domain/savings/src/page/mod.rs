//! Public pages of funds: what everybody sees who knows the handle.

mod repo;

use florin_ids::{FundId, TenantId};
use florin_storage::Tx;
use florin_tenancy::{Caller, day, get_tenant_in};
use jiff::civil::Date;

use crate::check::Check;
use crate::fund::{self, FUND, Fund, FundState, FundView};
use crate::gift::{self, ShownGift};
use crate::performance::{Performance, Span, performance_in};
use crate::{Given, Savings, SavingsError};

/// The most that somebody can save for: ten million dollars, in cents.
const GOAL_MAX_MINOR: i64 = 1_000_000_000;
/// How many gifts a page names.
const GIFTS_SHOWN: u32 = 12;

/// What the owner of a fund has decided about its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FundPage {
    /// Whether there is a page at all.
    pub is_public: bool,
    /// Whether it says how much is on the fund, and shows how it has grown.
    pub shows_balance: bool,
    /// What is saved for, in cents; the page shows how near it is.
    pub goal_minor: Option<i64>,
}

/// A page can be found by trying handles, so it tells nobody how rich a child is unless its owner wants that.
impl Default for FundPage {
    fn default() -> Self {
        Self { is_public: true, shows_balance: false, goal_minor: None }
    }
}

/// What a request says of a page; what it leaves out stays.
#[derive(Debug, Clone, Default)]
pub struct FundPageChange {
    /// See [`FundPage::is_public`].
    pub is_public: Given<bool>,
    /// See [`FundPage::shows_balance`].
    pub shows_balance: Given<bool>,
    /// See [`FundPage::goal_minor`]; `null` takes it away.
    pub goal: Given<i64>,
    /// Faults that reading the request found.
    pub unreadable: Vec<String>,
}

impl FundPage {
    fn changed(self, change: FundPageChange) -> Result<Self, Vec<String>> {
        let mut check = Check::new(change.unreadable);
        let mut truth = |field: &str, given: Given<bool>, now: bool| match given.is_sent() {
            true => check.required(field, given),
            false => Some(now),
        };
        let is_public = truth("is_public", change.is_public, self.is_public);
        let shows_balance = truth("shows_balance", change.shows_balance, self.shows_balance);
        let goal_minor = match change.goal {
            Given::Absent => Some(self.goal_minor),
            Given::Null => Some(None),
            Given::Value(goal) if (1..=GOAL_MAX_MINOR).contains(&goal) => Some(Some(goal)),
            Given::Value(_) => {
                check.fault("goal", &format!("must be from 1 to {GOAL_MAX_MINOR}"));
                None
            }
        };
        let found = (|| {
            Some(Self {
                is_public: is_public?,
                shows_balance: shows_balance?,
                goal_minor: goal_minor?,
            })
        })();
        check.finish(found)
    }
}

/// A fund as everybody may see it.
#[derive(Debug, Clone)]
pub struct PublicFund {
    /// Its partner.
    pub tenant: TenantId,
    /// The partner's name.
    pub partner: String,
    /// The fund.
    pub fund: Fund,
    /// What its owner wants to be shown.
    pub page: FundPage,
    /// What has settled, in cents; only to be shown as [`FundPage`] says.
    pub settled_minor: i64,
    /// Whether gifts can be given now.
    pub takes_gifts: bool,
    /// Whether givers can link their accounts.
    pub links_banks: bool,
    /// How it has grown, where that may be shown and there is anything to show.
    pub growth: Option<Performance>,
    /// The latest gifts that have arrived, of givers who want to be named.
    pub gifts: Vec<ShownGift>,
    /// How many gifts have arrived altogether.
    pub gift_count: i64,
    /// The partner's business date.
    pub today: Date,
}

impl Savings {
    /// The fund of a handle, as everybody may see it.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] for a handle that no fund has, or a fund that shall not be seen: the two are not told
    /// apart.
    pub async fn public_fund(&self, handle: String) -> Result<PublicFund, SavingsError> {
        let savings = self.clone();
        self.db().read(move |tx| public_fund_in(tx, &savings, &handle)).await
    }

    /// What the owner of a fund has decided about its page.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] without such a fund.
    pub async fn fund_page(
        &self,
        caller: &Caller,
        id: FundId,
    ) -> Result<(Fund, FundPage), SavingsError> {
        let (tenant, keys) = (caller.tenant, self.keys_handle());
        self.db()
            .read(move |tx| {
                let fund = fund::repo::get(tx, &keys, tenant, id)?;
                let fund = fund.ok_or(SavingsError::NotFound(FUND))?;
                Ok((fund, repo::get(tx, tenant, id)?.unwrap_or_default()))
            })
            .await
    }

    /// Changes what a fund's page shows.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] without such a fund; [`SavingsError::Invalid`] with every fault.
    pub async fn change_fund_page(
        &self,
        caller: &Caller,
        id: FundId,
        change: FundPageChange,
    ) -> Result<(Fund, FundPage), SavingsError> {
        let (tenant, keys) = (caller.tenant, self.keys_handle());
        self.db()
            .write(move |tx| {
                // Held, so that two changes do not undo each other.
                let fund = fund::repo::get_for_update(tx, &keys, tenant, id)?;
                let fund = fund.ok_or(SavingsError::NotFound(FUND))?;
                let page = repo::get(tx, tenant, id)?.unwrap_or_default();
                let page = page.changed(change.clone()).map_err(SavingsError::Invalid)?;
                repo::put(tx, tenant, id, page)?;
                Ok((fund, page))
            })
            .await
    }
}

/// The fund of a handle that everybody may see, whose it is, and what its page shows.
pub(crate) fn find_in(
    tx: &mut Tx,
    savings: &Savings,
    handle: &str,
) -> Result<(TenantId, Fund, FundPage), SavingsError> {
    let found = fund::repo::by_handle(tx, savings.keys(), handle)?;
    let found = found.filter(|(_, fund)| fund.state != FundState::Failed);
    let (tenant, fund) = found.ok_or(SavingsError::NotFound(FUND))?;
    let page = repo::get(tx, tenant, fund.id)?.unwrap_or_default();
    if page.is_public { Ok((tenant, fund, page)) } else { Err(SavingsError::NotFound(FUND)) }
}

fn public_fund_in(
    tx: &mut Tx,
    savings: &Savings,
    handle: &str,
) -> Result<PublicFund, SavingsError> {
    let (tenant, fund, page) = find_in(tx, savings, handle)?;
    let partner = get_tenant_in(tx, tenant)?.name;
    let today = day::state_in(tx, tenant)?.business_date;
    let growth = match page.shows_balance {
        true => growth_in(tx, tenant, fund.id, today)?,
        false => None,
    };
    let gifts = gift::repo::shown_of_fund(tx, tenant, fund.id, GIFTS_SHOWN)?;
    let gift_count = gift::repo::count_settled(tx, tenant, fund.id)?;
    let FundView { fund, settled_minor, .. } = fund::view_in(tx, tenant, fund)?;
    let takes_gifts = savings.takes_gifts() && fund.is_established();
    Ok(PublicFund {
        tenant,
        partner,
        fund,
        page,
        settled_minor,
        takes_gifts,
        links_banks: savings.giver_banks().is_some(),
        growth,
        gifts,
        gift_count,
        today,
    })
}

fn growth_in(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
    today: Date,
) -> Result<Option<Performance>, SavingsError> {
    match performance_in(tx, tenant, fund, today, Span::default()) {
        Ok(growth) => Ok(Some(growth).filter(|growth| growth.points.len() > 1)),
        Err(SavingsError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_changes_and_the_rest_stays() {
        let check = |change: FundPageChange, expected: Result<FundPage, &[&str]>| {
            let now = FundPage { goal_minor: Some(5), ..FundPage::default() };
            let expected =
                expected.map_err(|faults| faults.iter().map(ToString::to_string).collect());
            assert_eq!(now.changed(change), expected);
        };
        let none = FundPageChange::default;
        let now = FundPage { goal_minor: Some(5), ..FundPage::default() };
        check(none(), Ok(now));
        let change = FundPageChange { is_public: Given::Value(false), ..none() };
        check(change, Ok(FundPage { is_public: false, ..now }));
        check(
            FundPageChange { goal: Given::Null, ..none() },
            Ok(FundPage { goal_minor: None, ..now }),
        );
        let bad = FundPageChange {
            is_public: Given::Null,
            goal: Given::Value(0),
            unreadable: vec!["shows_balance must be true or false".to_owned()],
            ..none()
        };
        check(
            bad,
            Err(&[
                "shows_balance must be true or false",
                "is_public is required",
                "goal must be from 1 to 1000000000",
            ]),
        );
    }
}
