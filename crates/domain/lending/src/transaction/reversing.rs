//! What a loan's repayments have repaid and are taking back, because they were collected by mistake.

use std::collections::HashMap;

use uuid::Uuid;

use florin_ids::{LoanId, TenantId};
use florin_storage::Tx;

use super::repo;
use crate::LendingError;
use crate::loan::Loan;

/// The principal that is about to come back, in minor units, of those of the loans that renew: it frees no limit
/// meanwhile. Loans without any are left out.
pub(crate) fn principal_in<'a>(
    tx: &mut Tx,
    tenant: TenantId,
    loans: impl Iterator<Item = &'a Loan>,
) -> Result<HashMap<LoanId, i64>, LendingError> {
    let renewing: Vec<Uuid> =
        loans.filter(|loan| !loan.is_term()).map(|loan| loan.id.uuid()).collect();
    let mut sums = HashMap::new();
    if renewing.is_empty() {
        return Ok(sums);
    }
    let moved = repo::moved_principal(tx, tenant, renewing)?;
    let owners = moved.keys().copied().collect();
    let payments = florin_payments::of_owners_in(tx, tenant, owners)?;
    // Not only those that count: a partner's repayment lowers the balance before its money has moved.
    for payment in payments.iter().filter(|it| it.is_reversing) {
        if let Some((loan, principal)) = moved.get(&payment.owner.id) {
            *sums.entry(*loan).or_default() += principal;
        }
    }
    Ok(sums)
}

/// [`principal_in`] of one loan.
pub(crate) fn principal_of_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &Loan,
) -> Result<i64, LendingError> {
    let sums = principal_in(tx, tenant, std::iter::once(loan))?;
    Ok(sums.get(&loan.id).copied().unwrap_or_default())
}
