//! What a NACHA file says: file, batch, entry, addenda.

use std::fmt;

use jiff::civil::{Date, Time};

use crate::{
    ChangeCode, Direction, ReturnCode, RoutingNumber, Sec, ServiceClass, Text, Trace,
    TransactionCode,
};

/// A file: a header, batches, and a control record that is worked out from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where from, where to, when.
    pub header: FileHeader,
    /// In the order of the file; their numbers ascend.
    pub batches: Vec<Batch>,
}

/// The file header record (type 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHeader {
    /// The bank or operator that the file goes to.
    pub destination: RoutingNumber,
    /// Who sends it, as the destination assigned it: a routing number, or `1` and a tax number.
    pub origin: Text<10>,
    /// When it was made.
    pub created_on: Date,
    /// To the minute; seconds are not written.
    pub created_at: Option<Time>,
    /// Tells the files of a day apart.
    pub modifier: FileIdModifier,
    /// In words.
    pub destination_name: Text<23>,
    /// In words.
    pub origin_name: Text<23>,
    /// For the sender's own use.
    pub reference: Text<8>,
}

/// One of `A`-`Z`, then `0`-`9`: tells up to 36 files of one origin and day apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileIdModifier(u8);

impl FileIdModifier {
    /// The first file of a day.
    pub const FIRST: Self = Self(b'A');

    /// The modifier of a day's file number `ordinal`, counted from 0; `None` from 36 on.
    pub const fn nth(ordinal: u8) -> Option<Self> {
        match ordinal {
            0..=25 => Some(Self(b'A' + ordinal)),
            26..=35 => Some(Self(b'0' + ordinal - 26)),
            _ => None,
        }
    }

    /// The modifier of this letter; `None` for anything but `A`-`Z` and `0`-`9`.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        if byte.is_ascii_uppercase() || byte.is_ascii_digit() { Some(Self(byte)) } else { None }
    }

    /// The place in the day, counted from 0.
    pub const fn ordinal(self) -> u8 {
        if self.0.is_ascii_digit() { self.0 - b'0' + 26 } else { self.0 - b'A' }
    }

    /// The next file's; `None` after `9`.
    pub const fn next(self) -> Option<Self> {
        Self::nth(self.ordinal() + 1)
    }

    /// As it stands in the file.
    pub const fn byte(self) -> u8 {
        self.0
    }
}

impl fmt::Display for FileIdModifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", char::from(self.0))
    }
}

impl fmt::Debug for FileIdModifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A batch: entries of one company, class and date, and a control record that is worked out from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// What its entries have in common.
    pub header: BatchHeader,
    /// In the order of the file; their traces ascend.
    pub entries: Vec<Entry>,
}

/// The batch header record (type 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchHeader {
    /// Which directions the entries have.
    pub service_class: ServiceClass,
    /// As the receiver knows the company.
    pub company_name: Text<16>,
    /// For the originator's use.
    pub discretionary: Text<20>,
    /// As the originating bank assigned it.
    pub company_id: Text<10>,
    /// How the entries were authorised.
    pub sec: Sec,
    /// What the entries are for; see [`crate::description`].
    pub description: Text<10>,
    /// A date for the receiver to read, in any form; `SD1300` and the like ask for same-day settlement.
    pub descriptive_date: Text<6>,
    /// The banking day on which the originator wants the entries to settle. Returns and notifications may
    /// leave it out.
    pub effective_on: Option<Date>,
    /// The day of the year (1-366) on which the operator settled the batch. The operator fills it in.
    pub settlement_day: Option<u16>,
    /// What the originating bank is.
    pub originator_status: OriginatorStatus,
    /// The bank that puts the batch into the network; the record holds its first eight digits.
    pub bank: RoutingNumber,
    /// Ascends within the file; at most 9,999,999.
    pub number: u32,
}

/// What the bank that sends a batch is (Appendix Three, "Originator Status Code").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OriginatorStatus {
    /// 1: a bank bound by the Rules.
    #[default]
    Bank,
    /// 2: a federal agency.
    FederalAgency,
}

/// An entry detail record (type 6) with its addenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Kind of account, direction, purpose.
    pub code: TransactionCode,
    /// The bank that the entry goes to: the receiver's for a forward entry, the originator's for a return.
    pub bank: RoutingNumber,
    /// The account number at the receiver's bank.
    pub account: Text<17>,
    /// In cents, at most 99,999,999.99 dollars. 0 for prenotes and notifications of change.
    pub amount_cents: u64,
    /// How the originator knows the receiver.
    pub individual_id: Text<15>,
    /// The receiver.
    pub name: Text<22>,
    /// For the originating bank; `S` or `R` (single, recurring) in WEB and TEL batches.
    pub discretionary: Text<2>,
    /// The number of the entry.
    pub trace: Trace,
    /// What is added to the entry.
    pub addenda: Option<Box<Addenda>>,
}

/// An addenda record (type 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addenda {
    /// 05: information about the payment for the receiver.
    Payment(Text<80>),
    /// 98: a notification of change.
    Change(Change),
    /// 99: a return.
    Return(Return),
}

/// What a notification of change says (addenda 98).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is wrong with the original entry.
    pub code: ChangeCode,
    /// The original entry.
    pub original_trace: Trace,
    /// The bank that the original entry went to.
    pub original_bank: RoutingNumber,
    /// What would be right; read it with [`ChangeCode::parse_corrected`].
    pub corrected: Text<35>,
    /// What a refusal of a notification (C61-C69) refuses.
    pub refused: Option<RefusedChange>,
}

/// The notification that a refusal answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedChange {
    /// Its code.
    pub code: ChangeCode,
    /// The last seven digits of its trace.
    pub trace_sequence: u32,
}

/// What a return says (addenda 99).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// Why.
    pub code: ReturnCode,
    /// The original entry.
    pub original_trace: Trace,
    /// For R14 and R15.
    pub died_on: Option<Date>,
    /// The bank that the original entry went to.
    pub original_bank: RoutingNumber,
    /// Whatever the sender adds. Dishonoured and contested returns keep further fields here, at fixed columns:
    /// that is why leading spaces are kept.
    pub information: Text<44>,
}

/// Counts and sums of a batch or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Entries and addenda.
    pub records: u64,
    /// The sum of the first eight digits of the entries' banks. Control records hold its last ten digits.
    pub hash: u64,
    /// Debits, in cents.
    pub debit_cents: u64,
    /// Credits, in cents.
    pub credit_cents: u64,
}

impl Totals {
    /// Adds an entry.
    pub(crate) fn add(&mut self, bank: RoutingNumber, code: TransactionCode, amount_cents: u64) {
        self.records += 1;
        self.hash += u64::from(bank.first_eight());
        match code.direction() {
            Direction::Credit => self.credit_cents = self.credit_cents.saturating_add(amount_cents),
            Direction::Debit => self.debit_cents = self.debit_cents.saturating_add(amount_cents),
        }
    }

    /// Adds the sums of a batch to those of the file.
    pub(crate) fn add_all(&mut self, other: &Self) {
        self.records += other.records;
        self.hash += other.hash;
        self.debit_cents = self.debit_cents.saturating_add(other.debit_cents);
        self.credit_cents = self.credit_cents.saturating_add(other.credit_cents);
    }

    /// The last ten digits of the hash, as control records hold it.
    pub const fn hash_field(&self) -> u64 {
        self.hash % 10_000_000_000
    }
}

impl Batch {
    /// Counts and sums over the entries.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for entry in &self.entries {
            totals.add(entry.bank, entry.code, entry.amount_cents);
            totals.records += u64::from(entry.addenda.is_some());
        }
        totals
    }
}

impl File {
    /// Counts and sums over all batches.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for batch in &self.batches {
            totals.add_all(&batch.totals());
        }
        totals
    }
}

impl Entry {
    /// What the entry returns, when it is a return.
    pub fn as_return(&self) -> Option<&Return> {
        match self.addenda.as_deref() {
            Some(Addenda::Return(found)) => Some(found),
            _ => None,
        }
    }

    /// What the entry corrects, when it is a notification of change.
    pub fn as_change(&self) -> Option<&Change> {
        match self.addenda.as_deref() {
            Some(Addenda::Change(found)) => Some(found),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_tell_36_files_apart() {
        let mut all = vec![FileIdModifier::FIRST];
        while let Some(next) = all.last().and_then(|last| last.next()) {
            all.push(next);
        }
        let letters: String = all.iter().map(ToString::to_string).collect();
        assert_eq!(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
        for (ordinal, modifier) in all.into_iter().enumerate() {
            assert_eq!(usize::from(modifier.ordinal()), ordinal);
            assert_eq!(FileIdModifier::from_byte(modifier.byte()), Some(modifier));
        }
        assert_eq!(FileIdModifier::from_byte(b'a'), None);
        assert_eq!(FileIdModifier::nth(36), None);
    }
}
