//! Money that had moved and has come back: late failures, returns, charge-backs.

use florin_ids::{EntryId, TenantId};
use florin_payments::{Change, PaymentState};
use florin_storage::Tx;

use crate::LendingError;
use crate::loan::{CloseSubstatus, Loan, LoanStatus};
use crate::postings::{self, Arrived, Moment, Parts};
use crate::transaction::kept::Kept;
use crate::transaction::{
    Effects, Transaction, TransactionStatus, TransactionType, correct, resolve,
};

/// Takes the transaction back: what it had paid is owed again, and the days since are computed as if the money had
/// never moved. A loan that it had closed is open again.
pub(super) fn take_back_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    mut transaction: Transaction,
    change: &Change,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let is_written_off = loan.close_substatus == Some(CloseSubstatus::WrittenOff);
    let is_disbursement = transaction.kind == TransactionType::Disbursement;
    if is_written_off && !is_disbursement {
        let amounts = (transaction.parts().total()?, transaction.beyond_minor());
        let (id, currency, arrived) = (EntryId::new(), loan.currency, arrived(change));
        let lost = postings::recovery_lost(id, loan.id, currency, amounts, arrived, moment);
        effects.entries.push(lost);
        effects.cleared.push((change.payment.id, id));
        let kept = Kept { repaid: -transaction.beyond_minor(), ..Kept::default() };
        let change = (transaction.parts(), kept);
        correct::settle_loss_in(tx, tenant, loan, change, moment, effects)?;
    } else {
        loan.reopen();
        let undone = undo(loan, &transaction, change, moment)?;
        if !is_disbursement {
            effects.cleared.push((change.payment.id, undone.id));
        }
        effects.entries.push(undone);
        let story = correct::story_in(tx, tenant, loan.id)?.without(&[transaction.id]);
        let retold = correct::retell_in(tx, tenant, loan, &story, moment.on)?;
        correct::settle(loan, retold, moment, effects)?;
    }
    if is_disbursement && loan.disbursed_minor == 0 {
        loan.status = LoanStatus::Inactive;
    }
    // A disbursement is made anew; a collection can be tried again.
    let status =
        if is_disbursement { TransactionStatus::Reverted } else { TransactionStatus::Failed };
    transaction.end(status, loan, moment);
    transaction.failure_reason = change.payment.reason.clone();
    transaction.resolved_at = Some(moment.at);
    effects.events.push(resolve::result_event(&transaction));
    effects.resolved.push(transaction);
    Ok(())
}

/// Takes the effect of the transaction off the balances, and answers the entry that says so.
fn undo(
    loan: &mut Loan,
    transaction: &Transaction,
    change: &Change,
    moment: Moment,
) -> Result<florin_ledger::Entry, LendingError> {
    if transaction.kind == TransactionType::Disbursement {
        return resolve::undo(loan, transaction, moment);
    }
    let parts = transaction.parts();
    loan.take(Parts { principal: -parts.principal, interest: -parts.interest, fee: -parts.fee })?;
    let overpaid = transaction.beyond_minor();
    Ok(postings::repayment_returned(
        EntryId::new(),
        loan.id,
        loan.currency,
        (parts, overpaid),
        arrived(change),
        moment,
    ))
}

/// Where the money had arrived before it went back.
pub(super) fn arrived(change: &Change) -> Arrived {
    if change.before == PaymentState::PaidOut { Arrived::AtBank } else { Arrived::AtProvider }
}
