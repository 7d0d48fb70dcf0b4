//! An entry: what is to move, and where it stands. Pure.

use florin_ach::window::{self, CALENDAR};
use florin_ach::{self as ach, Sec, Text, Trace, description};
use florin_ids::{AchEntryId, AchFileId, AchOriginId, PaymentId};
use florin_payments::{Direction, Payment, Purpose};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::BankDetails;
use crate::origin::Origin;
use florin_storage::words;

words! {
    /// What an entry does.
    pub enum EntryKind {
        /// It moves money.
        Live = "live",
        /// It asks whether the account is there.
        Prenote = "prenote",
        /// It takes back what an erroneous entry did.
        Reversal = "reversal",
    }
}

words! {
    /// Where an entry stands.
    pub enum EntryState {
        /// For its file.
        Waiting = "waiting",
        /// In a file.
        InFile = "in_file",
        /// Its settlement date has come.
        Settled = "settled",
        /// The time for ordinary returns is over.
        Cleared = "cleared",
        /// It has come back.
        Returned = "returned",
        /// It was called off in time.
        Cancelled = "cancelled",
    }
}

/// An entry of a tenant.
#[derive(Debug, Clone)]
pub struct Entry {
    /// UUID v7.
    pub id: AchEntryId,
    /// The company that sends it.
    pub origin: AchOriginId,
    /// The payment whose money it moves, or moves back.
    pub payment: Option<PaymentId>,
    /// Of a reversal: the entry that it takes back.
    pub reverses: Option<AchEntryId>,
    /// The account, as its keeper knows it.
    pub reference: String,
    /// What it does.
    pub kind: EntryKind,
    /// Collected from the account, or paid to it.
    pub direction: Direction,
    /// Cents; 0 for prenotes.
    pub amount_cents: i64,
    /// How it is authorised.
    pub sec: Sec,
    /// What the receiver reads: at most ten characters.
    pub description: Text<10>,
    /// The day on which it is to settle, or the first possible one after it.
    pub wanted_on: Date,
    /// Whether it is to settle on the day on which it is sent.
    pub same_day: bool,
    /// The account, as it goes into the file.
    pub details: BankDetails,
    /// Where it stands.
    pub state: EntryState,
    /// The file that carries it.
    pub file: Option<AchFileId>,
    /// Its number in the network.
    pub trace: Option<Trace>,
    /// When it settles, once it is in a file.
    pub settles_on: Option<Date>,
    /// The day after which no ordinary return comes; of prenotes the first one on which live entries may follow.
    pub final_on: Option<Date>,
    /// Why it came back; of prenotes also the notification of change that they were answered with. Empty otherwise.
    pub return_code: String,
    /// How often it was sent before.
    pub retry: u8,
    /// Whether it may be sent again when it comes back for want of money.
    pub can_retry: bool,
    /// When it was asked for, in the tenant's time.
    pub created_at: Timestamp,
}

impl Entry {
    /// The entry that moves a payment's money.
    pub(crate) fn of_payment(
        payment: &Payment,
        origin: &Origin,
        details: BankDetails,
        at: Timestamp,
    ) -> Self {
        Self {
            id: AchEntryId::new(),
            origin: origin.id,
            payment: Some(payment.id),
            reverses: None,
            reference: payment.instrument.reference.clone(),
            kind: EntryKind::Live,
            direction: payment.direction,
            amount_cents: payment.amount.minor(),
            sec: class_of(payment.purpose, payment.direction, details.is_company),
            description: description_of(payment.purpose),
            wanted_on: CALENDAR.on_or_after(payment.wanted_on),
            same_day: payment.same_day && origin.same_day && is_small(payment.amount.minor()),
            details,
            state: EntryState::Waiting,
            file: None,
            trace: None,
            settles_on: None,
            final_on: None,
            return_code: String::new(),
            retry: 0,
            can_retry: payment.direction == Direction::Collect && may_retry(payment.purpose),
            created_at: at,
        }
    }

    /// The same money asked for once more, after it came back for want of it (NACHA Operating Rules, Article Two,
    /// "Reinitiation of Returned Entries": the same company, receiver and amount, described as such).
    pub(crate) fn again(&self, wanted_on: Date, at: Timestamp) -> Self {
        Self {
            id: AchEntryId::new(),
            description: Text::fit(description::RETRY),
            wanted_on: CALENDAR.on_or_after(wanted_on),
            same_day: false,
            state: EntryState::Waiting,
            file: None,
            trace: None,
            settles_on: None,
            final_on: None,
            return_code: String::new(),
            retry: self.retry.saturating_add(1),
            created_at: at,
            ..self.clone()
        }
    }

    /// An entry without money that asks whether an account is there (NACHA Operating Rules, Article Two,
    /// "Prenotification Entries"): of the class that the entries after it will have.
    pub(crate) fn prenote(
        (reference, direction): (&str, Direction),
        origin: &Origin,
        details: BankDetails,
        (wanted_on, at): (Date, Timestamp),
    ) -> Self {
        Self {
            id: AchEntryId::new(),
            origin: origin.id,
            payment: None,
            reverses: None,
            reference: reference.to_owned(),
            kind: EntryKind::Prenote,
            direction,
            amount_cents: 0,
            sec: class_of(Purpose::Transfer, direction, details.is_company),
            description: Text::fit(PRENOTE),
            wanted_on,
            same_day: false,
            details,
            state: EntryState::Waiting,
            file: None,
            trace: None,
            settles_on: None,
            final_on: None,
            return_code: String::new(),
            retry: 0,
            can_retry: false,
            created_at: at,
        }
    }

    /// The entry that takes back what this one did by mistake: the same company, class, account and amount, the other
    /// way (NACHA Operating Rules, Article Two, "Reversing Entries").
    pub(crate) fn reversing(&self, wanted_on: Date, at: Timestamp) -> Self {
        Self {
            reverses: Some(self.id),
            kind: EntryKind::Reversal,
            direction: match self.direction {
                Direction::Collect => Direction::Pay,
                Direction::Pay => Direction::Collect,
            },
            description: Text::fit(description::REVERSAL),
            retry: 0,
            can_retry: false,
            ..self.again(wanted_on, at)
        }
    }

    /// Has it settle on this day at the earliest.
    pub(crate) fn wait_until(&mut self, first: Date) {
        if self.wanted_on < first {
            (self.wanted_on, self.same_day) = (first, false);
        }
    }

    /// The payment that moves with it: none for prenotes, and a reversal's only when it is over.
    pub(crate) fn moves(&self) -> Option<PaymentId> {
        self.payment.filter(|_| self.kind == EntryKind::Live)
    }

    /// Whether it belongs to what proves an account that is not verified yet.
    pub(crate) fn is_trial(&self) -> bool {
        self.kind == EntryKind::Prenote || self.description.as_str() == description::MICRO_ENTRY
    }

    /// The banking day whose file has to take it.
    pub(crate) fn handed_over_on(&self) -> Date {
        match self.same_day {
            true => self.wanted_on,
            false => window::last_next_day_handover(self.wanted_on),
        }
    }

    /// The last digits of the account's number, for people.
    pub fn account_ending(&self) -> String {
        let digits: Vec<char> = self.details.account.expose().chars().collect();
        digits[digits.len().saturating_sub(4)..].iter().collect()
    }

    /// The holder's name; a name of which the network has no character gives way to what we call the account.
    fn receiver_name(&self) -> Text<22> {
        let name = Text::fit(&self.details.name);
        if name.is_empty() { Text::fit(&self.reference) } else { name }
    }

    /// As it stands in a file. `None` for an account number that the network can't hold.
    pub(crate) fn in_file(&self, trace: Trace) -> Option<ach::Entry> {
        let receiver = ach::compose::Receiver {
            account_type: self.details.kind,
            bank: self.details.routing,
            account: Text::new(self.details.account.expose()).ok()?,
            individual_id: Text::fit(&self.reference),
            name: self.receiver_name(),
        };
        let direction = match self.direction {
            Direction::Collect => ach::Direction::Debit,
            Direction::Pay => ach::Direction::Credit,
        };
        let mut entry = match self.kind {
            EntryKind::Prenote => receiver.prenote(direction, trace)?,
            EntryKind::Live | EntryKind::Reversal => {
                receiver.live(direction, u64::try_from(self.amount_cents).ok()?, trace)
            }
        };
        if self.sec == Sec::Web {
            // Each debit is authorised for what it is: a single entry.
            entry.discretionary = Text::fit("S");
        }
        Some(entry)
    }
}

/// What receivers read beside a prenote.
const PRENOTE: &str = "PRENOTE";

fn is_small(cents: i64) -> bool {
    u64::try_from(cents).is_ok_and(window::is_same_day_eligible)
}

/// What may be asked for again when it comes back for want of money, as far as the origin's policy goes. A gift is given
/// once or not at all, and what proves an account has proven it then.
const fn may_retry(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Repayment | Purpose::Contribution | Purpose::Transfer)
}

/// How an entry is authorised: companies by agreement (CCD), people on the internet for what is collected (WEB) and in
/// writing or by the like for what is paid to them (PPD). Micro-entries stand together in PPD.
fn class_of(purpose: Purpose, direction: Direction, is_company: bool) -> Sec {
    match (is_company, purpose, direction) {
        (true, _, _) => Sec::Ccd,
        (false, Purpose::TrialDeposit | Purpose::TrialOffset, _) => Sec::Ppd,
        (false, _, Direction::Collect) => Sec::Web,
        (false, _, Direction::Pay) => Sec::Ppd,
    }
}

fn description_of(purpose: Purpose) -> Text<10> {
    Text::fit(match purpose {
        Purpose::Repayment => "LOAN PMT",
        Purpose::Disbursement => "LOAN PAID",
        Purpose::Refund => "REFUND",
        Purpose::TrialDeposit | Purpose::TrialOffset => description::MICRO_ENTRY,
        Purpose::Transfer => "TRANSFER",
        Purpose::Contribution => "CONTRIB",
        Purpose::Gift => "GIFT",
        Purpose::Withdrawal => "WITHDRAWAL",
    })
}
