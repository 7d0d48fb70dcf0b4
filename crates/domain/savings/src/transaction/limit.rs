//! What the accounts of one beneficiary may hold together in a plan.

use std::collections::HashMap;

use florin_ids::{FundId, TenantId};
use florin_storage::Tx;
use uuid::Uuid;

use super::pay::PayIn;
use crate::fund::repo;
use crate::{SavingsError, fund};

/// Accounts that count together: a beneficiary's in a plan, or one whose beneficiary's number is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Together {
    Beneficiary(i64, Vec<u8>),
    Alone(FundId),
}

/// What the accounts that are paid into hold, what is under way included, in cents.
pub(super) struct Held {
    of: HashMap<FundId, Together>,
    minor: HashMap<Together, i64>,
}

impl Held {
    /// Looks up the accounts of every beneficiary that is paid for.
    pub(super) fn load_in(
        tx: &mut Tx,
        tenant: TenantId,
        new: &[PayIn<'_>],
    ) -> Result<Self, SavingsError> {
        let paid: Vec<Uuid> = new.iter().map(|it| it.fund.id.uuid()).collect();
        let accounts = repo::accounts_of_beneficiaries(tx, tenant, paid)?;
        let mut of: HashMap<FundId, Together> =
            new.iter().map(|it| (it.fund.id, Together::Alone(it.fund.id))).collect();
        for account in accounts {
            of.insert(account.fund, Together::Beneficiary(account.plan_id, account.beneficiary));
        }
        let funds = of.keys().map(|fund| fund.uuid()).collect();
        let balances = florin_ledger::balances_in(tx, tenant, funds)?;
        let mut minor: HashMap<Together, i64> = HashMap::new();
        for (fund, together) in &of {
            let held = minor.entry(together.clone()).or_default();
            *held = held.saturating_add(fund::pending_minor(&balances, *fund));
        }
        Ok(Self { of, minor })
    }

    /// Takes a payment in, unless the plan would refuse it.
    pub(super) fn take(&mut self, new: &PayIn<'_>) -> bool {
        let Some(held) = self.of.get(&new.fund.id).and_then(|it| self.minor.get_mut(it)) else {
            return true;
        };
        let after = held.saturating_add(new.amount_minor);
        let is_taken = after <= new.fund.limit_minor;
        if is_taken {
            *held = after;
        }
        is_taken
    }
}
