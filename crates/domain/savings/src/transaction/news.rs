//! What becomes of payments into funds: the rail's news, and the answers of the built-in bank.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;

use florin_calendar::Calendar;
use florin_ids::{FundId, FundTransactionId, TenantId};
use florin_payments::{Change, Moment, Owner};
use florin_storage::Tx;
use uuid::Uuid;

use super::entity::{Effects, News, Transaction, TransactionKind, TransactionStatus};
use super::pay::ANSWER_BUSINESS_DAYS;
use super::{OWNER, repo};
use crate::contribution::{self, Frequency};
use crate::investment::trade;
use crate::{SavingsError, withdrawal};

/// Savings as the owner of the payments of its contributions.
#[derive(Debug, Clone, Copy, Default)]
pub struct SavingsPayments;

impl Owner for SavingsPayments {
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
        changed_in(tx, tenant, moment, changes)?;
        Ok(())
    }
}

fn changed_in(
    tx: &mut Tx,
    tenant: TenantId,
    moment: Moment,
    changes: &[Change],
) -> Result<(), SavingsError> {
    let ids = changes.iter().map(|change| change.payment.owner.id).collect();
    let held = repo::lock_many(tx, tenant, ids)?;
    let mut held: BTreeMap<FundTransactionId, Transaction> =
        held.into_iter().map(|it| (it.id, it)).collect();
    let mut effects = Effects::default();
    for change in changes {
        let payment = &change.payment;
        let Some(transaction) = held.get_mut(&FundTransactionId::from_uuid(payment.owner.id))
        else {
            continue;
        };
        if transaction.payment != Some(payment.id) {
            continue;
        }
        let news = match (change.has_moved(), change.has_come_back(), change.has_failed()) {
            (true, _, _) => News::Arrived,
            (_, true, _) => News::TakenBack,
            (_, _, true) => News::Failed,
            _ => continue,
        };
        transaction.take_in(news, &payment.reason, moment, &mut effects);
    }
    let held: Vec<Transaction> = held.into_values().collect();
    write_in(tx, tenant, moment, &held, effects)
}

/// What the built-in bank does with the money of a payer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payer {
    /// It pays.
    Good,
    /// It has no money: the payment fails.
    Penniless,
    /// It disputes what was paid: the payment is returned later.
    Disputing,
    /// Its account is closed: what is paid to it comes back.
    Moved,
}

/// The next transactions that the built-in bank answers by today; empty when there are no more.
pub(crate) fn answered_after_in(
    tx: &mut Tx,
    tenant: TenantId,
    moment: Moment,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Transaction>, SavingsError> {
    Ok(repo::answered_after(tx, tenant, moment.on, after, limit)?)
}

/// Lets the built-in bank answer. A dispute is answered twice: the money comes, and later it is gone again.
pub(crate) fn answer_many_in(
    tx: &mut Tx,
    tenant: TenantId,
    moment: Moment,
    mut transactions: Vec<Transaction>,
    payers: &HashMap<FundId, Payer>,
) -> Result<(), SavingsError> {
    let mut effects = Effects::default();
    for transaction in &mut transactions {
        let payer = payers.get(&transaction.fund).copied().unwrap_or(Payer::Good);
        let is_pending = transaction.status == TransactionStatus::Pending;
        let is_out = transaction.kind == TransactionKind::Withdrawal;
        let (news, reason) = match payer {
            Payer::Moved if is_out => (News::Failed, "R02"),
            _ if is_out => (News::Arrived, ""),
            Payer::Penniless => (News::Failed, "R01"),
            Payer::Disputing if !is_pending => (News::TakenBack, "R10"),
            Payer::Good | Payer::Disputing | Payer::Moved => (News::Arrived, ""),
        };
        transaction.take_in(news, reason, moment, &mut effects);
        let is_disputed = payer == Payer::Disputing && is_pending && !is_out;
        transaction.answers_on =
            is_disputed.then(|| Calendar::UsFed.add_business_days(moment.on, ANSWER_BUSINESS_DAYS));
    }
    write_in(tx, tenant, moment, &transactions, effects)
}

fn write_in(
    tx: &mut Tx,
    tenant: TenantId,
    moment: Moment,
    transactions: &[Transaction],
    mut effects: Effects,
) -> Result<(), SavingsError> {
    repo::update_many(tx, tenant, transactions)?;
    follow_in(tx, tenant, transactions)?;
    withdrawal::follow_in(tx, tenant, moment, transactions, &mut effects)?;
    florin_ledger::resolve_many_in(tx, tenant, &effects.resolutions)?;
    florin_ledger::post_many_in(tx, tenant, &effects.entries)?;
    trade::trade_many_in(tx, tenant, moment, &effects.orders)?;
    florin_events::append_in(tx, tenant, &effects.events)?;
    Ok(())
}

/// What has become of the only payment of a onetime contribution has become of the contribution.
fn follow_in(
    tx: &mut Tx,
    tenant: TenantId,
    transactions: &[Transaction],
) -> Result<(), SavingsError> {
    let of = |statuses: &[TransactionStatus]| {
        let is_meant = |it: &&Transaction| {
            it.kind == TransactionKind::Contribution
                && it.frequency == Frequency::Onetime
                && statuses.contains(&it.status)
        };
        transactions.iter().filter(is_meant).map(|it| it.source).collect()
    };
    let failed = of(&[TransactionStatus::Failed, TransactionStatus::Returned]);
    let settled = of(&[TransactionStatus::Settled]);
    Ok(contribution::repo::follow(tx, tenant, failed, settled)?)
}
