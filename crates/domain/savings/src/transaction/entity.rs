//! Transactions of funds as facts, and what news of the bank does to them. Pure.

use florin_events::{NewEvent, kinds};
use florin_ids::{EntryId, FundId, FundTransactionId, PaymentId};
use florin_ledger::{Entry, Outcome, Resolution};
use florin_payments::Moment;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::reason_text;
use crate::contribution::Frequency;
use crate::investment::TradeKind;
use crate::investment::trade::Order;
use crate::postings;
use florin_storage::words;

words! {
    /// What a transaction is.
    pub enum TransactionKind {
        /// A payment of a contribution.
        Contribution = "contribution",
        /// A gift.
        Gift = "gift",
        /// Money taken out.
        Withdrawal = "withdrawal",
    }
}

words! {
    /// Where a transaction stands.
    pub enum TransactionStatus {
        /// Its money is on the way.
        Pending = "pending",
        /// Its money is on the 529 account.
        Settled = "settled",
        /// Its money did not come.
        Failed = "failed",
        /// Its money came, and was taken back.
        Returned = "returned",
    }
}

impl TransactionStatus {
    /// The word of the savings document.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Settled => "Settled",
            Self::Failed => "Failed",
            Self::Returned => "Returned",
        }
    }
}

/// What moves, or was to move, the balance of a fund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// UUID v7.
    pub id: FundTransactionId,
    /// The fund.
    pub fund: FundId,
    /// What it is.
    pub kind: TransactionKind,
    /// What it is a payment of: the contribution's or the gift's id; the fund's own when money is paid out.
    pub source: Uuid,
    /// Names it among the payments of its source.
    pub source_key: String,
    /// How often its source is paid.
    pub frequency: Frequency,
    /// In cents; more than 0.
    pub amount_minor: i64,
    /// What people read.
    pub description: String,
    /// The business date on which it was made.
    pub occurred_on: Date,
    /// Where it stands.
    pub status: TransactionStatus,
    /// Why it failed or was returned, in the bank's word (`R01`); empty otherwise.
    pub reason: String,
    /// Its payment over a rail.
    pub payment: Option<PaymentId>,
    /// When the built-in bank answers next.
    pub answers_on: Option<Date>,
    /// When it was made.
    pub inserted_at: Timestamp,
}

/// What a bank tells of the money of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// It has come.
    Arrived,
    /// It has not come.
    Failed,
    /// It had come, and is gone again.
    TakenBack,
}

/// Everything that news does, to be written at once.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub entries: Vec<Entry>,
    pub resolutions: Vec<Resolution>,
    pub events: Vec<NewEvent>,
    /// Money that is to become units, or units money.
    pub orders: Vec<Order>,
    /// What has become of money that was paid out; [`crate::withdrawal`] knows what follows.
    pub payouts: Vec<(FundTransactionId, PaidOut)>,
}

/// What has become of money that was paid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PaidOut {
    /// It has arrived.
    Paid,
    /// It has not arrived.
    Failed,
    /// It had arrived, and has come back.
    Returned,
    /// It had failed or come back, and has arrived all the same.
    PaidAfterAll,
}

impl Transaction {
    /// Takes news in; what does not fit where it stands changes nothing.
    pub(crate) fn take_in(
        &mut self,
        news: News,
        reason: &str,
        moment: Moment,
        effects: &mut Effects,
    ) {
        match self.kind {
            TransactionKind::Withdrawal => self.take_in_paid_out(news, reason, effects),
            TransactionKind::Contribution | TransactionKind::Gift => {
                self.take_in_paid_in(news, reason, moment, effects);
            }
        }
    }

    /// News of money that was paid out.
    fn take_in_paid_out(&mut self, news: News, reason: &str, effects: &mut Effects) {
        use TransactionStatus as S;
        let (status, outcome) = match (self.status, news) {
            (S::Pending, News::Arrived) => (S::Settled, PaidOut::Paid),
            (S::Pending, News::Failed | News::TakenBack) => (S::Failed, PaidOut::Failed),
            (S::Settled, News::Failed | News::TakenBack) => (S::Returned, PaidOut::Returned),
            (S::Failed | S::Returned, News::Arrived) => (S::Settled, PaidOut::PaidAfterAll),
            (S::Settled, News::Arrived)
            | (S::Failed | S::Returned, News::Failed | News::TakenBack) => return,
        };
        self.status = status;
        self.reason = if status == S::Settled { String::new() } else { reason.to_owned() };
        effects.payouts.push((self.id, outcome));
    }

    /// News of money that is paid in.
    fn take_in_paid_in(&mut self, news: News, reason: &str, moment: Moment, effects: &mut Effects) {
        use TransactionStatus as S;
        let (id, fund, amount) = (EntryId::from(self.id), self.fund, self.amount_minor);
        let end = |outcome| Resolution {
            entry: id,
            outcome,
            effective_on: moment.on,
            recorded_at: moment.at,
        };
        match (self.status, news) {
            (S::Pending, News::Arrived) => {
                effects.resolutions.push(end(Outcome::Posted));
                self.settle(moment, effects);
            }
            (S::Failed | S::Returned, News::Arrived) => {
                effects.entries.push(postings::arrived(EntryId::new(), fund, amount, moment));
                self.settle(moment, effects);
            }
            (S::Pending, News::Failed | News::TakenBack) => {
                effects.resolutions.push(end(Outcome::Voided));
                (self.status, self.reason) = (S::Failed, reason.to_owned());
                effects.events.push(self.event(kinds::PAYMENT_FAILED, moment));
            }
            (S::Settled, News::TakenBack | News::Failed) => {
                effects.entries.push(postings::returned(EntryId::new(), fund, amount, moment));
                effects.orders.push(self.order(TradeKind::Return, -amount));
                (self.status, self.reason) = (S::Returned, reason.to_owned());
                effects.events.push(self.event(kinds::PAYMENT_RETURNED, moment));
            }
            (S::Settled, News::Arrived)
            | (S::Failed | S::Returned, News::Failed | News::TakenBack) => {}
        }
    }

    fn settle(&mut self, moment: Moment, effects: &mut Effects) {
        effects.orders.push(self.order(TradeKind::Deposit, self.amount_minor));
        (self.status, self.reason) = (TransactionStatus::Settled, String::new());
        effects.events.push(self.event(kinds::PAYMENT_SETTLED, moment));
    }

    /// What a listener is told of what has become of it.
    pub(super) fn event(&self, kind: &'static str, moment: Moment) -> NewEvent {
        let resource = format!("fund:{}", self.fund);
        NewEvent { kind, resource, occurred_at: moment.at, data: self.told() }
    }

    fn order(&self, kind: TradeKind, minor: i64) -> Order {
        Order { fund: self.fund, kind, transaction: Some(self.id), minor }
    }

    /// The parameters of the savings document, and which transaction of which fund it is; with a reason where it has one.
    fn told(&self) -> Json {
        let mut told = json!({
            "uuid": self.id,
            "fund_uuid": self.fund,
            "amount": self.amount_minor,
            "description": self.description,
            "occurred_on": self.occurred_on,
            "status": self.status.wire(),
            "type": self.kind.as_str(),
            "frequency": self.frequency.as_str(),
        });
        if !self.reason.is_empty() {
            told["reason"] = json!(self.reason);
            told["reason_text"] = json!(reason_text(&self.reason));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transaction() -> Transaction {
        Transaction {
            id: FundTransactionId::new(),
            fund: FundId::new(),
            kind: TransactionKind::Contribution,
            source: Uuid::nil(),
            source_key: String::new(),
            frequency: Frequency::Monthly,
            amount_minor: 10_000,
            description: "Contribution from Jane Arianne Doe".to_owned(),
            occurred_on: jiff::civil::date(2022, 9, 21),
            status: TransactionStatus::Pending,
            reason: String::new(),
            payment: None,
            answers_on: None,
            inserted_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn news_comes_in_any_order_and_twice() {
        use News::{Arrived, Failed, TakenBack};
        let moment = Moment { on: jiff::civil::date(2022, 9, 23), at: Timestamp::UNIX_EPOCH };
        // News; then the status, and how many entries, orders, resolutions and events there were altogether.
        let check = |news: &[News], status: &str, counts: [usize; 4]| {
            let (mut transaction, mut effects) = (transaction(), Effects::default());
            for news in news {
                transaction.take_in(*news, "R01", moment, &mut effects);
            }
            let Effects { entries, orders, resolutions, events, .. } = &effects;
            let found = [entries.len(), orders.len(), resolutions.len(), events.len()];
            assert_eq!((transaction.status.wire(), found), (status, counts), "{news:?}");
            let has_reason = matches!(status, "Failed" | "Returned");
            assert_eq!(transaction.reason == "R01", has_reason, "{news:?}");
            assert!(effects.entries.iter().all(|entry| entry.check().is_ok()));
        };
        check(&[], "Pending", [0, 0, 0, 0]);
        check(&[Arrived], "Settled", [0, 1, 1, 1]);
        check(&[Arrived, Arrived], "Settled", [0, 1, 1, 1]);
        check(&[Failed], "Failed", [0, 0, 1, 1]);
        check(&[TakenBack], "Failed", [0, 0, 1, 1]);
        check(&[Failed, Failed, TakenBack], "Failed", [0, 0, 1, 1]);
        check(&[Arrived, TakenBack], "Returned", [1, 2, 1, 2]);
        check(&[Arrived, TakenBack, TakenBack], "Returned", [1, 2, 1, 2]);
        check(&[Failed, Arrived], "Settled", [1, 1, 1, 2]);
        check(&[Arrived, TakenBack, Arrived], "Settled", [2, 3, 1, 3]);
    }

    #[test]
    fn what_is_paid_out_comes_back_or_arrives() {
        use News::{Arrived, Failed, TakenBack};
        let moment = Moment { on: jiff::civil::date(2022, 9, 23), at: Timestamp::UNIX_EPOCH };
        let check = |news: &[News], status: &str, expected: &[PaidOut]| {
            let kind = TransactionKind::Withdrawal;
            let (mut out, mut effects) =
                (Transaction { kind, ..transaction() }, Effects::default());
            for news in news {
                out.take_in(*news, "R02", moment, &mut effects);
            }
            let found: Vec<PaidOut> = effects.payouts.iter().map(|(_, outcome)| *outcome).collect();
            assert_eq!((out.status.wire(), found.as_slice()), (status, expected), "{news:?}");
            assert_eq!(out.reason == "R02", matches!(status, "Failed" | "Returned"), "{news:?}");
            assert!(effects.entries.is_empty() && effects.resolutions.is_empty());
        };
        check(&[Arrived, Arrived], "Settled", &[PaidOut::Paid]);
        check(&[Failed, TakenBack], "Failed", &[PaidOut::Failed]);
        check(&[Arrived, Failed, Failed], "Returned", &[PaidOut::Paid, PaidOut::Returned]);
        check(&[Failed, Arrived], "Settled", &[PaidOut::Failed, PaidOut::PaidAfterAll]);
        let all = [PaidOut::Paid, PaidOut::Returned, PaidOut::PaidAfterAll, PaidOut::Returned];
        check(&[Arrived, TakenBack, Arrived, TakenBack], "Returned", &all);
    }
}
