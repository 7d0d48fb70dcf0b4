//! Entries that follow from others: micro-entries, returns, notifications of change, reversals.

use jiff::civil::Date;

use crate::{
    AccountType, Addenda, BatchHeader, Change, ChangeCode, Correction, CorrectionError, Direction,
    Entry, Purpose, Return, ReturnCode, RoutingNumber, Sec, ServiceClass, Text, Trace,
    TransactionCode, description,
};

/// Whom entries go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// The kind of account.
    pub account_type: AccountType,
    /// The bank.
    pub bank: RoutingNumber,
    /// The account number.
    pub account: Text<17>,
    /// How the originator knows the receiver.
    pub individual_id: Text<15>,
    /// The receiver.
    pub name: Text<22>,
}

impl Receiver {
    fn entry(&self, code: TransactionCode, amount_cents: u64, trace: Trace) -> Entry {
        Entry {
            code,
            bank: self.bank,
            account: self.account,
            amount_cents,
            individual_id: self.individual_id,
            name: self.name,
            discretionary: Text::EMPTY,
            trace,
            addenda: None,
        }
    }

    /// An entry that moves money.
    pub fn live(&self, direction: Direction, amount_cents: u64, trace: Trace) -> Entry {
        self.entry(TransactionCode::live(self.account_type, direction), amount_cents, trace)
    }

    /// An entry that asks whether the account exists. `None` for debits of loan accounts.
    pub fn prenote(&self, direction: Direction, trace: Trace) -> Option<Entry> {
        let code = TransactionCode::coded(self.account_type, direction, Purpose::Prenote)?;
        Some(self.entry(code, 0, trace))
    }

    /// Two small credits and one debit that takes them back, numbered from `first` on: they belong into one batch
    /// described as [`description::MICRO_ENTRY`] and settle together (Article Two, "Micro-Entries"). `None` when
    /// the bank's trace numbers run out. The amounts are under one dollar: the writer sees to it.
    pub fn micro_entries(&self, credits_cents: [u64; 2], first: Trace) -> Option<[Entry; 3]> {
        let trace = |ahead: u64| {
            Trace::from_number(first.number() + ahead).filter(|trace| trace.bank() == first.bank())
        };
        let [one, other] = credits_cents;
        Some([
            self.live(Direction::Credit, one, trace(0)?),
            self.live(Direction::Credit, other, trace(1)?),
            self.live(Direction::Debit, one.checked_add(other)?, trace(2)?),
        ])
    }
}

/// The header of a batch that answers another: the company's fields are copied, the bank that answers numbers
/// it anew (Appendix Four and Five, "Company/Batch Header Record").
pub fn answering_header(
    original: &BatchHeader,
    sec: Sec,
    entries: &[Entry],
    bank: RoutingNumber,
    number: u32,
) -> BatchHeader {
    let service_class = ServiceClass::of(entries);
    BatchHeader { service_class, sec, bank, number, settlement_day: None, ..original.clone() }
}

/// What a bank adds to an entry that it returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Why.
    pub code: ReturnCode,
    /// For R14 and R15.
    pub died_on: Option<Date>,
    /// In words.
    pub information: Text<44>,
}

impl From<ReturnCode> for Reason {
    fn from(code: ReturnCode) -> Self {
        Self { code, died_on: None, information: Text::EMPTY }
    }
}

/// The return of an entry: everything is copied, but it goes back to `originating_bank` under a number of the
/// bank that returns it. A prenote comes back with no amount.
pub fn return_entry(
    original: &Entry,
    reason: Reason,
    originating_bank: RoutingNumber,
    trace: Trace,
) -> Entry {
    let Reason { code, died_on, information } = reason;
    let addenda = Addenda::Return(Return {
        code,
        original_trace: original.trace,
        died_on,
        original_bank: original.bank,
        information,
    });
    Entry {
        code: original.code.returned(),
        bank: originating_bank,
        trace,
        addenda: Some(Box::new(addenda)),
        ..original.clone()
    }
}

/// The notification that corrects an entry: no money, for a batch of class [`Sec::Cor`].
///
/// # Errors
/// When the correction lacks what the code calls for.
pub fn change_entry(
    original: &Entry,
    code: ChangeCode,
    correction: &Correction,
    originating_bank: RoutingNumber,
    trace: Trace,
) -> Result<Entry, CorrectionError> {
    let addenda = Addenda::Change(Change {
        code,
        original_trace: original.trace,
        original_bank: original.bank,
        corrected: code.corrected_field(correction)?,
        refused: None,
    });
    Ok(Entry {
        code: original.code.returned(),
        bank: originating_bank,
        amount_cents: 0,
        trace,
        addenda: Some(Box::new(addenda)),
        ..original.clone()
    })
}

/// The header of a batch that reverses another's entries: company, class and amounts stay as they were, the
/// description says so (Article Two, "Reversing Entries").
pub fn reversing_header(
    original: &BatchHeader,
    entries: &[Entry],
    effective_on: Date,
    number: u32,
) -> BatchHeader {
    BatchHeader {
        service_class: ServiceClass::of(entries),
        description: Text::new(description::REVERSAL).unwrap_or_default(),
        effective_on: Some(effective_on),
        settlement_day: None,
        number,
        ..original.clone()
    }
}

/// The entry that takes back what an erroneous one did. `None` for entries that moved no money.
pub fn reversing_entry(erroneous: &Entry, trace: Trace) -> Option<Entry> {
    let code = erroneous.code;
    (code.purpose() == Purpose::Live).then(|| Entry {
        code: TransactionCode::live(code.account(), code.direction().opposite()),
        trace,
        addenda: None,
        ..erroneous.clone()
    })
}
