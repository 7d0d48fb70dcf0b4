//! The clearing account (1020) beside our payments: what the ledger says is on its way is what repayments and their
//! payments say.
//!
//! Every entry on the account that belongs to a payment is noted with it, so that a difference is told payment by
//! payment. Each day compares the totals, for which the ledger's balance and the payments in transit are enough, and looks
//! at each payment when they differ; whoever asks has each payment looked at.

mod daily;
mod repo;

use std::collections::BTreeMap;

use florin_ids::{LoanId, PaymentId, TenantId};
use florin_money::{Currency, Money, MoneyError};
use florin_payments::PaymentState;
use florin_storage::Tx;
use florin_tenancy::Caller;

use crate::{Lending, LendingError};

pub use daily::{ClearingDay, CompareClearing};
pub(crate) use repo::note_entries;

/// The account of a currency beside the payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clearing {
    /// What the ledger has on the account.
    pub ledger: Money,
    /// What is on its way by repayments and their payments.
    pub payments: Money,
    /// The payments for which the two are not the same; none when both sides agree.
    pub lines: Vec<ClearingLine>,
    /// The part of the difference that no payment explains: entries that belong to none.
    pub unexplained: Money,
}

/// A payment for which the ledger has something else on the account than there should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClearingLine {
    /// The payment.
    pub payment: PaymentId,
    /// The loan that it is of.
    pub loan: Option<LoanId>,
    /// Where the payment stands.
    pub state: PaymentState,
    /// What the ledger has of it on the account.
    pub ledger: Money,
    /// What should be there.
    pub payments: Money,
}

impl Clearing {
    /// Whether the two sides are the same, payment by payment as far as they were looked at.
    pub fn agrees(&self) -> bool {
        self.difference_minor() == 0 && self.lines.is_empty()
    }

    /// What the ledger has more than the payments, in minor units.
    pub fn difference_minor(&self) -> i64 {
        self.ledger.minor().saturating_sub(self.payments.minor())
    }
}

/// Money that is on its way, by currency and payment. (Repayments that no rail collects have none.)
type InTransit = BTreeMap<(Currency, Option<PaymentId>), i64>;

impl Lending {
    /// Compares the clearing account with our payments, currency by currency and payment by payment.
    ///
    /// # Errors
    /// The database's.
    pub async fn compare_clearing(&self, caller: &Caller) -> Result<Vec<Clearing>, LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| compare_in(tx, tenant, Depth::EachPayment)).await
    }
}

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// The totals, and each payment when they differ.
    Totals,
    /// Each payment, so that differences are found that make up for each other.
    EachPayment,
}

fn compare_in(tx: &mut Tx, tenant: TenantId, depth: Depth) -> Result<Vec<Clearing>, LendingError> {
    let ledger = repo::balances(tx, tenant)?;
    let expected: InTransit = repo::in_transit(tx, tenant)?;
    let mut by_currency: BTreeMap<Currency, (i64, i64)> = BTreeMap::new();
    for (currency, posted) in ledger {
        by_currency.entry(currency).or_default().0 = posted;
    }
    for ((currency, _), amount) in &expected {
        let sum = &mut by_currency.entry(*currency).or_default().1;
        *sum = sum.checked_add(*amount).ok_or(MoneyError::OutOfRange)?;
    }
    let differs = depth == Depth::EachPayment
        || by_currency.values().any(|(ledger, payments)| ledger != payments);
    let lines = if differs { lines_in(tx, tenant, &expected)? } else { Vec::new() };
    let of = |(currency, (ledger, payments)): (Currency, (i64, i64))| {
        let lines = lines.iter().filter(|it| it.ledger.currency() == currency).cloned();
        let lines: Vec<ClearingLine> = lines.collect();
        let explained: i64 = lines.iter().map(|it| it.ledger.minor() - it.payments.minor()).sum();
        Clearing {
            ledger: Money::from_minor(ledger, currency),
            payments: Money::from_minor(payments, currency),
            lines,
            unexplained: Money::from_minor(ledger - payments - explained, currency),
        }
    };
    Ok(by_currency.into_iter().map(of).collect())
}

/// The payments for which the ledger has something else than there should be.
fn lines_in(
    tx: &mut Tx,
    tenant: TenantId,
    expected: &InTransit,
) -> Result<Vec<ClearingLine>, LendingError> {
    let mut both: BTreeMap<PaymentId, (i64, i64)> = BTreeMap::new();
    for (payment, booked) in repo::booked(tx, tenant)? {
        both.entry(payment).or_default().0 = booked;
    }
    for ((_, payment), amount) in expected {
        if let Some(payment) = payment {
            both.entry(*payment).or_default().1 += amount;
        }
    }
    both.retain(|_, (booked, expected)| booked != expected);
    let mut lines = Vec::with_capacity(both.len());
    for (id, (booked, expected)) in both {
        let Some(payment) = florin_payments::get_in(tx, tenant, id)? else { continue };
        let money = |minor| Money::from_minor(minor, payment.amount.currency());
        lines.push(ClearingLine {
            payment: id,
            loan: repo::loan_of(tx, tenant, payment.owner.id)?,
            state: payment.state,
            ledger: money(booked),
            payments: money(expected),
        });
    }
    Ok(lines)
}
