//! The comparison of our payments with the provider's. Pure.

use std::collections::{BTreeMap, BTreeSet};

use florin_events::{NewEvent, kinds};
use florin_ids::{PaymentId, ProviderAccountId, ReconciliationId};
use florin_payments::{Payment, PaymentState};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use florin_storage::words;

words! {
    /// How the two sides differ.
    pub enum DifferenceKind {
        /// We have it, and the provider does not.
        MissingThere = "missing_there",
        /// The provider has it, and we do not.
        MissingHere = "missing_here",
        /// The amounts or the currencies differ.
        Amount = "amount",
        /// The states differ.
        State = "state",
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// How they differ.
    pub kind: DifferenceKind,
    /// Our payment, when we have one.
    pub payment: Option<PaymentId>,
    /// The provider's id, when there is one.
    pub reference: Option<String>,
    /// What stands here; empty when nothing does.
    pub ours: String,
    /// What stands there; empty when nothing does.
    pub theirs: String,
}

/// A comparison of all payments that move on some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// UUID v7; the same when the same days are compared again.
    pub id: ReconciliationId,
    /// The account at the provider.
    pub account: ProviderAccountId,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// How many payments we have.
    pub ours: u64,
    /// How many the provider has.
    pub theirs: u64,
    /// Where they differ, in the order of our payments.
    pub differences: Vec<Difference>,
    /// When they were compared, in the tenant's time.
    pub created_at: Timestamp,
}

impl Report {
    /// What listeners are told of one that has differences.
    pub(crate) fn event(&self) -> NewEvent {
        NewEvent {
            kind: kinds::RECONCILIATION_DIFFERS,
            resource: format!("provider_account:{}", self.account),
            occurred_at: self.created_at,
            data: json!({
                "id": self.id,
                "provider_account": self.account,
                "from": self.from,
                "to": self.to,
                "ours": self.ours,
                "theirs": self.theirs,
                "differences": self.differences.len(),
            }),
        }
    }
}

/// A report without its differences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The report's.
    pub id: ReconciliationId,
    /// The account at the provider.
    pub account: ProviderAccountId,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// How many payments we have.
    pub ours: u64,
    /// How many the provider has.
    pub theirs: u64,
    /// In how many places they differ.
    pub differences: u64,
    /// When they were compared, in the tenant's time.
    pub created_at: Timestamp,
}

/// A payment as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Theirs {
    pub reference: String,
    pub amount_minor: i64,
    pub currency: String,
    /// In the provider's words.
    pub status: String,
    /// What it carries of ours.
    pub payment: Option<PaymentId>,
}

impl Theirs {
    /// Whether it has ended without money.
    fn is_void(&self) -> bool {
        matches!(state_of(&self.status), Some(PaymentState::Failed | PaymentState::Cancelled))
    }
}

/// Compares; what stands on neither side's list of the other is missing. `unsent` are those of ours that the provider
/// has still to be told of. An earlier attempt that was a payment of its own there, and came to nothing, is no
/// difference.
pub(crate) fn compare(
    ours: &[Payment],
    theirs: &[Theirs],
    unsent: &BTreeSet<PaymentId>,
) -> Vec<Difference> {
    let by_reference: BTreeMap<&str, &Theirs> =
        theirs.iter().map(|it| (it.reference.as_str(), it)).collect();
    let by_payment: BTreeMap<PaymentId, &Theirs> =
        theirs.iter().filter_map(|it| Some((it.payment?, it))).collect();
    let mut seen = BTreeSet::new();
    let mut differences = Vec::new();
    for payment in ours {
        let found = match &payment.reference {
            Some(reference) => by_reference.get(reference.as_str()),
            None => by_payment.get(&payment.id),
        };
        match found {
            Some(found) => {
                seen.insert(found.reference.as_str());
                differences.extend(compare_one(payment, found, unsent.contains(&payment.id)));
            }
            None if must_be_there(payment, unsent) => differences.push(Difference {
                kind: DifferenceKind::MissingThere,
                payment: Some(payment.id),
                reference: payment.reference.clone(),
                ours: format!("{} {}", amount_of(payment), payment.state),
                theirs: String::new(),
            }),
            None => {}
        }
    }
    let tried_again: BTreeSet<PaymentId> =
        ours.iter().filter(|payment| payment.attempt > 1).map(|payment| payment.id).collect();
    let unknown = theirs.iter().filter(|it| {
        let is_earlier = it.payment.is_some_and(|id| tried_again.contains(&id)) && it.is_void();
        !is_earlier && !seen.contains(it.reference.as_str())
    });
    differences.extend(unknown.map(|it| Difference {
        kind: DifferenceKind::MissingHere,
        payment: it.payment,
        reference: Some(it.reference.clone()),
        ours: String::new(),
        theirs: format!("{} {}", their_amount(it), it.status),
    }));
    differences
}

/// Whether the provider has to know of a payment: of one that failed or was taken back before it was sent it need not.
fn must_be_there(payment: &Payment, unsent: &BTreeSet<PaymentId>) -> bool {
    payment.reference.is_some()
        || (!unsent.contains(&payment.id)
            && !matches!(payment.state, PaymentState::Failed | PaymentState::Cancelled))
}

fn compare_one(payment: &Payment, theirs: &Theirs, is_unsent: bool) -> Vec<Difference> {
    let of_kind = |kind, ours: String, theirs_text: String| Difference {
        kind,
        payment: Some(payment.id),
        reference: Some(theirs.reference.clone()),
        ours,
        theirs: theirs_text,
    };
    let mut differences = Vec::new();
    let is_same_amount = payment.amount.minor() == theirs.amount_minor
        && payment.amount.currency().code() == theirs.currency;
    if !is_same_amount {
        let (one, other) = (amount_of(payment), their_amount(theirs));
        differences.push(of_kind(DifferenceKind::Amount, one, other));
    }
    // A new attempt, or a taking back, that the provider has not yet been told of.
    if !is_unsent && !is_alike(payment.state, &theirs.status) {
        let ours = payment.state.as_str().to_owned();
        differences.push(of_kind(DifferenceKind::State, ours, theirs.status.clone()));
    }
    differences
}

fn amount_of(payment: &Payment) -> String {
    format!("{} {}", payment.amount, payment.amount.currency().code())
}

fn their_amount(theirs: &Theirs) -> String {
    match florin_money::Currency::from_code(&theirs.currency) {
        Ok(currency) => {
            let amount = florin_money::Money::from_minor(theirs.amount_minor, currency);
            format!("{amount} {}", theirs.currency)
        }
        Err(_) => format!("{} {}", theirs.amount_minor, theirs.currency),
    }
}

/// Whether a state of ours and the provider's status say the same of the money. Whether it is paid out is the provider's
/// affair alone: after a charge-back that was cancelled it says nothing about it.
fn is_alike(ours: PaymentState, status: &str) -> bool {
    let theirs = state_of(status);
    theirs == Some(ours) || (ours.counts() && theirs.is_some_and(PaymentState::counts))
}

/// The state that a payment of this status at the provider has with us; `None` for a word of tomorrow.
fn state_of(status: &str) -> Option<PaymentState> {
    Some(match status {
        "pending_customer_approval" | "pending_submission" => PaymentState::Pending,
        "submitted" => PaymentState::Submitted,
        "confirmed" => PaymentState::Confirmed,
        "paid_out" => PaymentState::PaidOut,
        "cancelled" | "customer_approval_denied" => PaymentState::Cancelled,
        "failed" => PaymentState::Failed,
        "charged_back" => PaymentState::ChargedBack,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use florin_money::{Currency, Money};
    use florin_payments::{Direction, Instrument, OwnerRef, Purpose, RailKind};
    use jiff::civil::date;

    use super::*;

    fn ours(reference: Option<&str>, minor: i64, state: PaymentState) -> Payment {
        Payment {
            id: PaymentId::new(),
            instrument: Instrument { rail: RailKind::DirectDebit, reference: "m".to_owned() },
            direction: Direction::Collect,
            purpose: Purpose::Repayment,
            amount: Money::from_minor(minor, Currency::GBP),
            owner: OwnerRef { kind: "loan".to_owned(), id: uuid::Uuid::nil() },
            wanted_on: date(2026, 12, 1),
            charge_on: Some(date(2026, 12, 1)),
            counterparty: String::new(),
            note: String::new(),
            same_day: false,
            state,
            attempt: 1,
            reference: reference.map(str::to_owned),
            is_reversing: false,
            reason: String::new(),
            told_at: None,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn theirs(reference: &str, minor: i64, status: &str) -> Theirs {
        Theirs {
            reference: reference.to_owned(),
            amount_minor: minor,
            currency: "GBP".to_owned(),
            status: status.to_owned(),
            payment: None,
        }
    }

    fn check(
        one: Option<Payment>,
        other: Option<Theirs>,
        unsent: bool,
        expected: &[DifferenceKind],
    ) {
        let ours: Vec<Payment> = one.into_iter().collect();
        let theirs: Vec<Theirs> = other.into_iter().collect();
        let unsent = if unsent { ours.iter().map(|it| it.id).collect() } else { BTreeSet::new() };
        let found: Vec<_> =
            compare(&ours, &theirs, &unsent).into_iter().map(|it| it.kind).collect();
        assert_eq!(found, expected, "{ours:?} {theirs:?}");
    }

    #[test]
    fn every_kind_of_difference_is_found() {
        use DifferenceKind::*;
        use PaymentState as S;
        let known = |minor, state| Some(ours(Some("PM1"), minor, state));
        let there = |minor, status| Some(theirs("PM1", minor, status));
        check(known(100, S::Submitted), there(100, "submitted"), false, &[]);
        check(known(100, S::Confirmed), there(100, "paid_out"), false, &[]);
        check(known(100, S::Submitted), there(101, "submitted"), false, &[Amount]);
        check(known(100, S::PaidOut), there(100, "failed"), false, &[State]);
        check(known(100, S::Cancelled), there(100, "confirmed"), false, &[State]);
        check(known(100, S::Failed), there(101, "new_word"), false, &[Amount, State]);
        check(known(100, S::Submitted), None, false, &[MissingThere]);
        check(None, there(100, "submitted"), false, &[MissingHere]);
        // Not yet told, or told and refused.
        check(Some(ours(None, 100, S::Pending)), None, true, &[]);
        check(Some(ours(None, 100, S::Pending)), None, false, &[MissingThere]);
        check(Some(ours(None, 100, S::Failed)), None, false, &[]);
        check(known(100, S::Pending), there(100, "failed"), true, &[]);
        check(known(100, S::Pending), there(100, "failed"), false, &[State]);
    }

    #[test]
    fn earlier_attempts_that_came_to_nothing_are_no_difference() {
        let one = Payment { attempt: 2, ..ours(Some("PM2"), 100, PaymentState::PaidOut) };
        let find = |status: &str| {
            let earlier = Theirs { payment: Some(one.id), ..theirs("PM1", 100, status) };
            let both = [earlier, theirs("PM2", 100, "paid_out")];
            compare(std::slice::from_ref(&one), &both, &BTreeSet::new())
        };
        assert_eq!(find("failed"), []);
        assert_eq!(find("cancelled"), []);
        let twice = find("paid_out");
        assert_eq!(twice.len(), 1);
        assert_eq!(twice[0].kind, DifferenceKind::MissingHere);
    }

    #[test]
    fn one_whose_reference_is_not_known_here_is_found_by_what_it_carries() {
        let one = ours(None, 100, PaymentState::Pending);
        let other = Theirs { payment: Some(one.id), ..theirs("PM9", 100, "pending_submission") };
        assert_eq!(compare(&[one], &[other], &BTreeSet::new()), []);
    }
}
