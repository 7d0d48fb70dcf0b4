//! What is owed to borrowers, loan by loan.

pub(super) mod repo;

use florin_ids::{EndUserId, LoanId, TenantId};
use florin_money::Money;
use florin_storage::Tx;

use crate::LendingError;
use crate::loan::{Loan, LoanStatus};
use crate::transaction::{self, Transaction, TransactionType, kept};

pub use repo::FIELDS;

/// What a loan owes its borrower.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwedToBorrower {
    /// The loan.
    pub loan: LoanId,
    /// Its borrower.
    pub end_user: EndUserId,
    /// Where the loan stands.
    pub status: LoanStatus,
    /// What was paid beyond what was owed and has not been given back.
    pub amount: Money,
    /// What of it is being given back.
    pub being_refunded: Money,
}

/// What of the money that is owed to the borrower can be given back now, in minor units, and why not all of it can.
pub(super) struct Refundable {
    /// All that is owed and is not being given back.
    pub owed: i64,
    /// Repayments under way that count already: if they fail, the loan needs the money.
    pub under_way: i64,
    /// Collections that are being taken back by reversals.
    pub reversing: i64,
    /// Whether a disbursement waits that will use the money.
    pub is_disbursing: bool,
}

impl Refundable {
    pub(super) fn load_in(
        tx: &mut Tx,
        tenant: TenantId,
        loan: &Loan,
    ) -> Result<Self, LendingError> {
        let owed = kept::owed_in(tx, tenant, loan.id)?;
        let pending = transaction::repo::pending_of(tx, tenant, loan.id)?;
        let counting = pending.iter().filter(|it| it.is_collection() && it.counts());
        let under_way = counting.map(|it| it.amount.minor()).sum();
        let is_disbursing = pending.iter().any(|it| it.kind == TransactionType::Disbursement);
        let reversing = reversing_in(tx, tenant, loan.id)?;
        Ok(Self { owed, under_way, reversing, is_disbursing })
    }

    pub(super) fn amount(&self) -> i64 {
        let amount = self.owed - self.under_way - self.reversing;
        if self.is_disbursing { 0 } else { amount.max(0) }
    }

    /// Why nothing can be given back.
    pub(super) fn why_not(&self, loan: &Loan) -> LendingError {
        if self.owed <= 0 {
            return LendingError::conflict("Nothing is owed to the borrower.");
        }
        let owed = loan.money(self.owed);
        let why = if self.is_disbursing {
            "a disbursement is pending, which it pays".to_owned()
        } else if self.reversing > 0 {
            format!("collections of {} are being reversed", loan.money(self.reversing))
        } else {
            format!("repayments of {} are pending and may fail", loan.money(self.under_way))
        };
        LendingError::conflict(format!(
            "Of the {owed} that is owed to the borrower nothing can be given back now: {why}."
        ))
    }
}

/// What of the loan's collections has moved and is being taken back.
fn reversing_in(tx: &mut Tx, tenant: TenantId, loan: LoanId) -> Result<i64, LendingError> {
    let counting = transaction::repo::facts(tx, tenant, loan)?.into_iter();
    let moved = counting.filter(|it: &Transaction| it.is_collection() && it.payment.is_some());
    let ids = moved.map(|it| it.id.uuid()).collect();
    Ok(florin_payments::going_back_in(tx, tenant, ids)?)
}
