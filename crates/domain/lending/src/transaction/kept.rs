//! What a borrower has paid beyond what was owed, and what was given back of it.

use std::collections::HashMap;

use uuid::Uuid;

use florin_ids::{LoanId, TenantId};
use florin_ledger::AccountNo;
use florin_storage::Tx;

use super::TransactionType;
use super::repo;
use crate::LendingError;
use crate::loan::retell::Booked;
use crate::postings::OVERPAYMENTS;

/// What a loan is booked to owe its borrower, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Kept {
    /// What repayments took beyond what was owed, corrections included.
    pub repaid: i64,
    /// What was given back, or is being.
    pub refunded: i64,
    /// What is owed to the borrower whatever the loan owes: refunds take it first.
    pub set_aside: i64,
}

impl Kept {
    /// That of what is booked.
    pub fn of(booked: &[Booked], set_aside: i64) -> Self {
        let mut kept = Self { set_aside, ..Self::default() };
        for it in booked {
            match it.kind {
                TransactionType::Repayment => kept.repaid += it.beyond,
                TransactionType::Refund => kept.refunded += it.beyond,
                _ => {}
            }
        }
        kept
    }

    /// With a change of each.
    pub fn with(self, change: Self) -> Self {
        Self {
            repaid: self.repaid + change.repaid,
            refunded: self.refunded + change.refunded,
            set_aside: self.set_aside + change.set_aside,
        }
    }

    /// What pays the loan when it comes to owe something; below 0 when more was given back than was owed.
    pub fn left(self) -> i64 {
        self.repaid - (self.refunded - self.set_aside.max(0)).max(0)
    }
}

/// What is booked as owed to the borrowers of `loans`; loans with nothing of the kind are left out.
pub(crate) fn kept(
    tx: &mut Tx,
    tenant: TenantId,
    loans: Vec<Uuid>,
) -> Result<HashMap<LoanId, Kept>, LendingError> {
    let mut all = HashMap::new();
    for (loan, (repaid, refunded)) in repo::beyond(tx, tenant, loans)? {
        let set_aside = owed_in(tx, tenant, loan)? - (repaid - refunded);
        all.insert(loan, Kept { repaid, refunded, set_aside });
    }
    Ok(all)
}

/// [`kept`] of one loan.
pub(crate) fn kept_of(tx: &mut Tx, tenant: TenantId, loan: LoanId) -> Result<Kept, LendingError> {
    Ok(kept(tx, tenant, vec![loan.uuid()])?.remove(&loan).unwrap_or_default())
}

/// What is set aside: what the ledger owes the borrower beyond what is `booked`.
pub(crate) fn set_aside_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
    booked: &[Booked],
) -> Result<i64, LendingError> {
    let kept = Kept::of(booked, 0);
    Ok(owed_in(tx, tenant, loan)? - (kept.repaid - kept.refunded))
}

/// What the ledger owes the borrower, less what is being given back, in minor units.
pub(crate) fn owed_in(tx: &mut Tx, tenant: TenantId, loan: LoanId) -> Result<i64, LendingError> {
    let number: AccountNo = OVERPAYMENTS.no;
    let balances = florin_ledger::balances_in(tx, tenant, vec![loan.uuid()])?;
    let balance = balances.get(&(loan.uuid(), number)).copied().unwrap_or_default();
    Ok(-balance.posted - balance.pending_debit)
}
