//! What happens when the payment of a transfer changes.

use std::collections::BTreeMap;
use std::error::Error;

use florin_ids::TenantId;
use florin_payments::{Change, Moment, Owner, PaymentState};
use florin_storage::Tx;

use super::booking::{Books, hold, step};
use super::entity::{Transfer, TransferStatus};
use super::repo;
use crate::postings;
use crate::words::TransferId;
use crate::{ExternalAccountsError, tell};

/// The kind by which payments know transfers.
pub const OWNER: &str = "transfer";

/// External accounts as the owner of their transfers' payments.
#[derive(Debug, Clone, Copy, Default)]
pub struct TransferPayments;

impl TransferPayments {
    fn changed_in(
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        changes: &[Change],
    ) -> Result<(), ExternalAccountsError> {
        let id_of = |change: &Change| TransferId::from_uuid(change.payment.owner.id);
        let ids = changes.iter().filter_map(id_of).map(TransferId::number).collect();
        let held = repo::lock_many(tx, tenant, ids)?;
        let mut held: BTreeMap<TransferId, Transfer> =
            held.into_iter().map(|transfer| (transfer.id, transfer)).collect();
        let (mut books, mut told) = (Books::default(), BTreeMap::new());
        for change in changes {
            let found = id_of(change).and_then(|id| held.get_mut(&id));
            let Some(transfer) = found.filter(|it| it.payment == change.payment.id) else {
                continue;
            };
            if follow(transfer, change, &mut books, moment) {
                told.insert(transfer.id, ());
            }
        }
        books.write_in(tx, tenant)?;
        let held: Vec<Transfer> = held.into_values().collect();
        repo::update_many(tx, tenant, &held)?;
        let news: Vec<&Transfer> = held.iter().filter(|it| told.contains_key(&it.id)).collect();
        tell::transfers_in(tx, tenant, moment.at, &news)
    }
}

/// Lets a transfer follow its payment; answers whether its status has changed.
fn follow(transfer: &mut Transfer, change: &Change, books: &mut Books, moment: Moment) -> bool {
    let payment = &change.payment;
    let (customer, kind, amount) = (transfer.customer, transfer.kind, transfer.amount);
    let (booked, entry) = (&mut transfer.booked, &mut transfer.entry);
    let made = |id, stage| postings::transfer(id, customer, kind, amount, stage, moment);
    step(books, booked, entry, payment.state, moment, made);
    hold(books, &mut transfer.held, payment, moment, made);
    transfer.charge_on = payment.charge_on;
    let status = TransferStatus::of(payment.state);
    if status == transfer.status {
        return false;
    }
    transfer.status = status;
    match status {
        TransferStatus::Settled => {
            // The network's day, also when it is heard of later.
            let on = payment.charge_on.filter(|on| *on <= moment.on);
            transfer.settled_on = on.or(Some(moment.on));
            transfer.settled_at = Some(moment.at);
            (transfer.return_code, transfer.returned_at) = (None, None);
        }
        TransferStatus::Returned => {
            transfer.returned_at = Some(moment.at);
            transfer.return_code = Some(return_code(payment.state, &payment.reason));
        }
        TransferStatus::Voided => transfer.voided_at = Some(moment.at),
        // After a return: the rail presents it again.
        TransferStatus::Initiated | TransferStatus::Pending => {
            (transfer.return_code, transfer.returned_at) = (None, None);
        }
    }
    true
}

/// The rail's reason; it is a return code unless the money has not left.
fn return_code(state: PaymentState, reason: &str) -> String {
    if reason.is_empty() { state.to_string() } else { reason.to_owned() }
}

impl Owner for TransferPayments {
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
        Ok(Self::changed_in(tx, tenant, moment, changes)?)
    }
}
