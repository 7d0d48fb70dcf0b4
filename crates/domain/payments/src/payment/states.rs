//! Which state follows which, whatever the order in which a provider's news arrives.

use jiff::Timestamp;
use jiff::civil::Date;

use florin_ids::PaymentId;

use super::{Payment, PaymentState};

/// What a rail tells of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Nothing about its state: a reference, or the day on which it moves.
    Noted,
    /// It is on its way.
    Submitted,
    /// The money has moved.
    Confirmed,
    /// The money has arrived where we can use it.
    PaidOut,
    /// It has not moved, or (after [`Told::Confirmed`]: a late failure, a return) it has come back.
    Failed,
    /// The payer has had it back.
    ChargedBack,
    /// The payer had it back, and we have it again.
    ChargebackCancelled,
    /// It will not be made.
    Cancelled,
    /// It was a mistake of ours, and a reversal of it is on its way.
    ReversalAsked,
    /// The reversal has come to nothing.
    ReversalEnded,
}

/// News of a payment.
#[derive(Debug, Clone)]
pub struct Update {
    /// Which payment.
    pub payment: PaymentId,
    /// What has happened.
    pub told: Told,
    /// The provider's time of it. News that is older than what is known changes no state.
    pub told_at: Timestamp,
    /// Why, in the provider's word; empty when there is nothing to say.
    pub reason: String,
    /// The day on which the money moves, when the news says so.
    pub charge_on: Option<Date>,
    /// The provider's own id, when the news says so.
    pub reference: Option<String>,
}

impl Payment {
    /// Takes in the news; answers whether anything has changed.
    ///
    /// News may come twice and in any order. What is older than the last news is passed over: everything that it
    /// could say is implied by the newer one.
    pub(crate) fn take_in(&mut self, update: &Update) -> bool {
        let before = self.clone();
        // Ours and no provider's: it has no place in the order of their news.
        match update.told {
            Told::ReversalAsked => self.is_reversing = !self.state.has_ended(),
            Told::ReversalEnded => self.is_reversing = false,
            _ => self.follow(update),
        }
        *self != before
    }

    fn follow(&mut self, update: &Update) {
        let is_stale = self.told_at.is_some_and(|last| update.told_at < last);
        if self.reference.is_none() || !is_stale {
            self.reference = update.reference.clone().or(self.reference.take());
        }
        if !is_stale {
            self.charge_on = update.charge_on.or(self.charge_on);
            if let Some(state) = following(self.state, update.told) {
                self.move_to(state, update);
            }
        }
    }

    fn move_to(&mut self, state: PaymentState, update: &Update) {
        self.told_at = Some(update.told_at);
        self.state = state;
        self.is_reversing &= !state.has_ended();
        self.reason = match state {
            PaymentState::Failed | PaymentState::ChargedBack | PaymentState::Cancelled => {
                update.reason.clone()
            }
            _ => String::new(),
        };
    }
}

/// The state after the news; `None` when it changes nothing.
fn following(state: PaymentState, told: Told) -> Option<PaymentState> {
    use PaymentState as S;
    // After a failure the provider may have tried again by itself; what was cancelled too late moves all the same.
    let has_not_moved = matches!(state, S::Pending | S::Submitted | S::Failed | S::Cancelled);
    let next = match (state, told) {
        (S::Pending | S::Failed, Told::Submitted) => S::Submitted,
        (_, Told::Confirmed) if has_not_moved => S::Confirmed,
        (_, Told::PaidOut) if has_not_moved || state == S::Confirmed => S::PaidOut,
        (S::Pending | S::Submitted | S::Confirmed | S::PaidOut, Told::Failed) => S::Failed,
        (_, Told::ChargedBack) if has_not_moved || state.counts() => S::ChargedBack,
        (S::ChargedBack, Told::ChargebackCancelled) => S::Confirmed,
        (S::Pending | S::Submitted, Told::Cancelled) => S::Cancelled,
        _ => return None,
    };
    Some(next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::payment::*;
    use florin_money::{Currency, Money};
    use jiff::civil::date;

    fn payment() -> Payment {
        let new = NewPayment {
            instrument: Instrument { rail: RailKind::DirectDebit, reference: "m".to_owned() },
            direction: Direction::Collect,
            purpose: Purpose::Repayment,
            amount: Money::from_minor(5_000, Currency::from_code("GBP").expect("a currency")),
            owner: OwnerRef { kind: "loan".to_owned(), id: Uuid::nil() },
            wanted_on: date(2026, 12, 1),
            counterparty: "Ada Lovelace".to_owned(),
            note: String::new(),
            same_day: false,
        };
        Payment::new(PaymentId::from_uuid(Uuid::nil()), new, Timestamp::UNIX_EPOCH)
    }

    fn update(told: Told, second: i64) -> Update {
        Update {
            payment: PaymentId::from_uuid(Uuid::nil()),
            told,
            told_at: Timestamp::from_second(second).unwrap(),
            reason: "why".to_owned(),
            charge_on: None,
            reference: Some("PM1".to_owned()),
        }
    }

    fn check(story: &[(Told, i64)], expected: PaymentState) {
        let mut payment = payment();
        for (told, second) in story {
            payment.take_in(&update(*told, *second));
        }
        assert_eq!(payment.state, expected, "{story:?}");
        assert_eq!(payment.reference.as_deref(), Some("PM1"));
    }

    #[test]
    fn a_payment_goes_its_way() {
        use Told::*;
        check(&[(Noted, 0)], PaymentState::Pending);
        check(&[(Submitted, 1), (Confirmed, 2), (PaidOut, 3)], PaymentState::PaidOut);
        check(&[(Submitted, 1), (Failed, 2)], PaymentState::Failed);
        check(
            &[(Submitted, 1), (Failed, 2), (Submitted, 3), (Confirmed, 4)],
            PaymentState::Confirmed,
        );
        check(&[(Submitted, 1), (Confirmed, 2), (Failed, 3)], PaymentState::Failed);
        check(&[(Confirmed, 2), (PaidOut, 3), (ChargedBack, 4)], PaymentState::ChargedBack);
        check(
            &[(Confirmed, 2), (ChargedBack, 4), (ChargebackCancelled, 5)],
            PaymentState::Confirmed,
        );
        check(&[(Cancelled, 1), (Submitted, 2)], PaymentState::Cancelled);
        check(&[(Submitted, 1), (Confirmed, 2), (Cancelled, 3)], PaymentState::Confirmed);
        check(&[(Cancelled, 1), (Confirmed, 2), (PaidOut, 3)], PaymentState::PaidOut);
    }

    #[test]
    fn a_reversal_is_on_its_way_until_the_money_is_back_or_the_reversal_is() {
        use Told::*;
        let check = |story: &[Told], expected: bool| {
            let mut payment = payment();
            for (told, second) in story.iter().zip(1..) {
                // A reversal is asked for in our time, which says nothing to the provider's.
                let second = if *told == ReversalAsked { 0 } else { second };
                payment.take_in(&update(*told, second));
            }
            assert_eq!(payment.is_reversing, expected, "{story:?}");
        };
        check(&[Submitted, ReversalAsked], true);
        check(&[Submitted, ReversalAsked, Confirmed, PaidOut], true);
        check(&[Confirmed, ReversalAsked, Failed], false);
        check(&[Confirmed, ReversalAsked, ReversalEnded], false);
        check(&[Failed, ReversalAsked], false);
    }

    #[test]
    fn old_news_changes_nothing() {
        use Told::*;
        check(&[(PaidOut, 3), (Confirmed, 2), (Submitted, 1)], PaymentState::PaidOut);
        check(&[(Failed, 3), (Confirmed, 2)], PaymentState::Failed);
        check(&[(Failed, 3), (Failed, 3)], PaymentState::Failed);
    }

    proptest! {
        /// A story told in any order, with anything told twice, ends as it ends in order.
        #[test]
        fn order_does_not_matter(
            story in prop::sample::select(vec![
                vec![Told::Submitted, Told::Confirmed, Told::PaidOut],
                vec![Told::Submitted, Told::Failed],
                vec![Told::Submitted, Told::Confirmed, Told::Failed],
                vec![Told::Submitted, Told::Confirmed, Told::PaidOut, Told::ChargedBack],
            ]),
            shuffled in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let timed: Vec<(Told, i64)> = story.iter().copied().zip(1..).collect();
            let mut in_order = payment();
            for (told, second) in &timed {
                in_order.take_in(&update(*told, *second));
            }
            let mut other = payment();
            for index in &shuffled {
                let (told, second) = *index.get(&timed);
                other.take_in(&update(told, second));
            }
            for (told, second) in timed.iter().rev() {
                other.take_in(&update(*told, *second));
            }
            prop_assert_eq!(other.state, in_order.state);
        }
    }
}
