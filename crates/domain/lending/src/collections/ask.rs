//! Asking payments for the money of transactions.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use florin_ids::{EndUserId, TenantId, TransactionId};
use florin_payments::{
    Direction, Instrument, NewPayment, OwnerRef, Payment, Purpose, RailKind, Rails,
};
use florin_storage::Tx;

use super::settings::{Payouts, settings_in};
use super::{OWNER, is_usable_in, repo};
use crate::LendingError;
use crate::loan::Loan;
use crate::postings::Moment;
use crate::transaction::resolve::event;
use crate::transaction::{Effects, Transaction, TransactionType};

/// A transaction whose money a rail is to move.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub transaction: TransactionId,
    pub instrument: Instrument,
    pub end_user: EndUserId,
    pub wanted_on: Date,
}

impl Asked {
    /// What moves the money of a pending disbursement or repayment; nothing where the partner or the tenant's
    /// simulated provider does, or the instrument can't be used now.
    pub(crate) fn for_transaction_in(
        tx: &mut Tx,
        rails: &Rails,
        tenant: TenantId,
        transaction: &Transaction,
        loan: &Loan,
        wanted_on: Date,
    ) -> Result<Option<Self>, LendingError> {
        let movers = Movers::load_in(tx, rails, tenant, [(transaction.kind, Some(loan))])?;
        Ok(movers.ask(transaction, loan, wanted_on))
    }

    /// The repayment is collected with `instrument`.
    pub(crate) fn repayment(
        transaction: &Transaction,
        loan: &Loan,
        instrument: Instrument,
        wanted_on: Date,
    ) -> Self {
        Self { transaction: transaction.id, instrument, end_user: loan.end_user, wanted_on }
    }

    /// The disbursement is paid out: over the rail that the loan is collected with where it goes both ways, else by
    /// the payments provider, which knows the borrower's account.
    pub(crate) fn disbursement(transaction: &Transaction, loan: &Loan, wanted_on: Date) -> Self {
        let instrument = Self::payout_of(loan);
        Self { transaction: transaction.id, instrument, end_user: loan.end_user, wanted_on }
    }

    /// What money of the loan is paid out with.
    pub(crate) fn payout_of(loan: &Loan) -> Instrument {
        let both_ways = |it: &&Instrument| it.rail == RailKind::Ach;
        let instrument = loan.instrument.as_ref().filter(both_ways).cloned();
        instrument.unwrap_or_else(|| Instrument {
            rail: RailKind::Transfer,
            reference: loan.end_user.to_string(),
        })
    }
}

/// Who moves the money of a batch of transactions.
#[derive(Debug)]
pub(crate) struct Movers {
    /// What can be collected with now.
    usable: HashSet<Instrument>,
    payouts: Payouts,
}

impl Movers {
    /// Those of transactions of these kinds on these loans.
    pub(crate) fn load_in<'a>(
        tx: &mut Tx,
        rails: &Rails,
        tenant: TenantId,
        batch: impl IntoIterator<Item = (TransactionType, Option<&'a Loan>)>,
    ) -> Result<Self, LendingError> {
        let mut instruments = HashSet::new();
        let mut pays_out = false;
        for (kind, loan) in batch {
            match kind {
                TransactionType::Disbursement => pays_out = true,
                TransactionType::Repayment => {
                    instruments.extend(loan.and_then(|it| it.instrument.clone()));
                }
                _ => {}
            }
        }
        let payouts = if pays_out { settings_in(tx, tenant)?.payouts } else { Payouts::Manual };
        let mut usable = HashSet::new();
        for instrument in instruments {
            if is_usable_in(tx, rails, tenant, &instrument)? {
                usable.insert(instrument);
            }
        }
        Ok(Self { usable, payouts })
    }

    /// What moves the transaction's money, if not the partner.
    pub(crate) fn ask(
        &self,
        transaction: &Transaction,
        loan: &Loan,
        wanted_on: Date,
    ) -> Option<Asked> {
        if transaction.kind == TransactionType::Disbursement {
            let asked = Asked::disbursement(transaction, loan, wanted_on);
            return (self.payouts == Payouts::Provider).then_some(asked);
        }
        let instrument = loan.instrument.clone().filter(|it| self.usable.contains(it))?;
        Some(Asked::repayment(transaction, loan, instrument, wanted_on))
    }
}

impl Effects {
    /// Asks payments for what is to be moved, and notes on each transaction its payment and the day on which it
    /// moves. To be called before the effects are written.
    pub(crate) fn ask_in(
        &mut self,
        tx: &mut Tx,
        rails: &Rails,
        tenant: TenantId,
        moment: Moment,
    ) -> Result<(), LendingError> {
        if self.asked.is_empty() {
            return Ok(());
        }
        let asked = std::mem::take(&mut self.asked);
        let names = repo::names(tx, tenant, asked.iter().map(|it| it.end_user.uuid()).collect())?;
        let new = asked.iter().filter_map(|it| {
            let transaction = self.transaction(it.transaction)?;
            Some(payment_of(transaction, it, &names))
        });
        let new: Vec<NewPayment> = new.collect();
        let at = florin_payments::Moment { on: moment.on, at: moment.at };
        for payment in florin_payments::create_many_in(tx, rails, tenant, at, new)? {
            self.note_payment(&payment);
        }
        Ok(())
    }

    /// Notes a payment that was asked for on its transaction. An automatic one that the provider knows already, from an
    /// attempt before, is announced; others are when they are given to it.
    pub(crate) fn note_payment(&mut self, payment: &Payment) {
        let id = TransactionId::from_uuid(payment.owner.id);
        let all = self.transactions.iter_mut().chain(&mut self.resolved);
        for transaction in all.filter(|it| it.id == id) {
            transaction.payment = Some(payment.id);
            if transaction.is_collection() && transaction.counts() {
                self.cleared.push((payment.id, transaction.entry_id()));
            }
            transaction.processing_on = payment.charge_on;
            // The provider of direct debits tries one again under the same id.
            let is_known = payment.instrument.rail == RailKind::DirectDebit;
            transaction.provider_reference = payment.reference.clone().filter(|_| is_known);
            if transaction.is_automatic && transaction.provider_reference.is_some() {
                self.events.push(event("repayment_created", transaction));
            }
        }
    }

    /// Announces automatic repayments that are tried again without a rail.
    pub(crate) fn announce_automatic(&mut self) {
        let again = self.resolved.iter().filter(|it| it.is_automatic);
        let announced: Vec<_> = again.map(|it| event("repayment_created", it)).collect();
        self.events.extend(announced);
    }

    fn transaction(&self, id: TransactionId) -> Option<&Transaction> {
        self.transactions.iter().chain(&self.resolved).find(|it| it.id == id)
    }
}

fn payment_of(
    transaction: &Transaction,
    asked: &Asked,
    names: &HashMap<EndUserId, String>,
) -> NewPayment {
    let (direction, purpose) = match transaction.kind {
        TransactionType::Disbursement => (Direction::Pay, Purpose::Disbursement),
        TransactionType::Refund => (Direction::Pay, Purpose::Refund),
        _ => (Direction::Collect, Purpose::Repayment),
    };
    NewPayment {
        instrument: asked.instrument.clone(),
        direction,
        purpose,
        amount: transaction.amount,
        owner: OwnerRef { kind: OWNER.to_owned(), id: transaction.id.uuid() },
        wanted_on: asked.wanted_on,
        counterparty: names.get(&asked.end_user).cloned().unwrap_or_default(),
        note: format!("Loan {}", transaction.loan),
        same_day: false,
    }
}
