//! What happens when a payment of trial deposits changes.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use florin_ach::ReturnCode;
use florin_crypto::KeyRing;
use florin_ids::{PaymentId, TenantId};
use florin_payments::{Change, Direction, Moment, Owner, Payment, PaymentState};
use florin_storage::Tx;

use super::repo::{self, Leg};
use crate::account;
use crate::postings;
use crate::transfer::booking::{Books, step};
use crate::words::AccountId;
use crate::{ExternalAccountsError, tell};

/// The kind by which payments know trial deposits.
pub const OWNER: &str = "trial_deposit";

/// A debit that came back for want of money says nothing against the account.
const NO_MONEY: &[&str] = &["R01", "R09"];

/// External accounts as the owner of their trial deposits' payments.
#[derive(Debug, Clone)]
pub struct TrialPayments {
    keys: Arc<KeyRing>,
}

impl TrialPayments {
    /// An owner that opens account numbers with these keys.
    pub fn new(keys: Arc<KeyRing>) -> Self {
        Self { keys }
    }

    fn changed_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        changes: &[Change],
    ) -> Result<(), ExternalAccountsError> {
        let ids = changes.iter().map(|change| change.payment.id.uuid()).collect();
        let legs = repo::lock_legs(tx, tenant, ids)?;
        let mut legs: BTreeMap<PaymentId, Leg> =
            legs.into_iter().map(|leg| (leg.payment, leg)).collect();
        let (mut books, mut denied) = (Books::default(), BTreeMap::new());
        for change in changes {
            let Some(leg) = legs.get_mut(&change.payment.id) else { continue };
            let payment = &change.payment;
            let is_credit = payment.direction == Direction::Pay;
            step(
                &mut books,
                &mut leg.booked,
                &mut leg.entry,
                payment.state,
                moment,
                |id, stage| postings::trial(id, is_credit, payment.amount, stage, moment),
            );
            if speaks_against_account(change) {
                denied.entry(leg.account).or_insert_with(|| payment.reason.clone());
            }
        }
        books.write_in(tx, tenant)?;
        let legs: Vec<Leg> = legs.into_values().collect();
        repo::update_legs(tx, tenant, &legs)?;
        for (id, reason) in denied {
            self.deny_in(tx, tenant, moment, id, &reason)?;
        }
        Ok(())
    }

    fn deny_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        id: AccountId,
        reason: &str,
    ) -> Result<(), ExternalAccountsError> {
        let held = account::repo::get_for_update(tx, &self.keys, tenant, id)?;
        let Some(mut account) = held else { return Ok(()) };
        let before = account.clone();
        let told = ReturnCode::parse(reason)
            .map_or_else(|| reason.to_owned(), |code| format!("{code} {}", code.title()));
        account.deny(&format!("A trial deposit was returned: {told}"), moment.at);
        if account == before {
            return Ok(());
        }
        account::repo::update(tx, &self.keys, tenant, &account)?;
        repo::close(tx, tenant, vec![id.number()])?;
        tell::account_in(tx, tenant, moment.at, &account)
    }
}

/// The bank did not take a trial deposit, or sent it back, for a reason of the account's.
fn speaks_against_account(change: &Change) -> bool {
    change.before != change.payment.state && speaks_against(&change.payment)
}

/// The same of a payment as it stands.
pub(crate) fn speaks_against(payment: &Payment) -> bool {
    let is_back = matches!(payment.state, PaymentState::Failed | PaymentState::ChargedBack);
    is_back && !NO_MONEY.contains(&payment.reason.as_str())
}

impl Owner for TrialPayments {
    fn kind(&self) -> &'static str {
        OWNER
    }

    fn changed_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        changes: &[Change],
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.changed_in(tx, tenant, moment, changes)?)
    }
}
