//! Accounts: a number of the chart and its owner, and what stands on it.

use uuid::Uuid;

use florin_money::Currency;

/// A number of the chart of accounts, e.g. 1100.
pub type AccountNo = u32;

/// On which side an account normally stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What we have or are owed: debit.
    Asset,
    /// What we owe: credit.
    Liability,
    /// What we earn: credit.
    Income,
    /// What we spend or lose: debit.
    Expense,
}

/// One line of a domain's chart of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Its number, unique over all charts.
    pub no: AccountNo,
    /// Its name as a bookkeeper would say it.
    pub name: &'static str,
    /// Its side.
    pub kind: Kind,
}

impl Account {
    /// The account of one owner (a loan, a fund).
    pub const fn of(&self, owner: Uuid) -> AccountKey {
        AccountKey { owner, no: self.no }
    }

    /// The one account of the house.
    pub const fn house(&self) -> AccountKey {
        AccountKey { owner: Uuid::nil(), no: self.no }
    }
}

/// Which account a posting is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey {
    /// Who it belongs to; nil for the house.
    pub owner: Uuid,
    /// Its number in the chart.
    pub no: AccountNo,
}

/// What stands on an account, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// Posted debits less posted credits.
    pub posted: i64,
    /// Debits of entries that are still pending; never negative.
    pub pending_debit: i64,
    /// Credits of entries that are still pending; never negative.
    pub pending_credit: i64,
}

impl Balance {
    /// Debits and credits of pending entries together: what is still under way.
    pub fn pending(&self) -> i64 {
        self.pending_debit.saturating_add(self.pending_credit)
    }

    pub(crate) fn with_posted(self, amount: i64) -> Option<Self> {
        Some(Self { posted: self.posted.checked_add(amount)?, ..self })
    }

    pub(crate) fn with_pending(self, amount: i64) -> Option<Self> {
        if amount >= 0 {
            Some(Self { pending_debit: self.pending_debit.checked_add(amount)?, ..self })
        } else {
            Some(Self {
                pending_credit: self.pending_credit.checked_add(amount.checked_neg()?)?,
                ..self
            })
        }
    }

    pub(crate) fn without_pending(self, amount: i64) -> Option<Self> {
        if amount >= 0 {
            Some(Self { pending_debit: self.pending_debit.checked_sub(amount)?, ..self })
        } else {
            Some(Self {
                pending_credit: self.pending_credit.checked_sub(amount.checked_neg()?)?,
                ..self
            })
        }
    }
}

/// One line of a trial balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalanceLine {
    /// The account's number.
    pub no: AccountNo,
    /// The currency.
    pub currency: Currency,
    /// The posted balances of all owners, debits positive.
    pub posted: i64,
    /// Pending debits of all owners.
    pub pending_debit: i64,
    /// Pending credits of all owners.
    pub pending_credit: i64,
}
