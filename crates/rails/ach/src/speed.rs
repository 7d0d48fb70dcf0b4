//! Files and a floor with which the speed of reading and writing is measured.

use jiff::civil::date;

use crate::compose::Receiver;
use crate::layout::RECORD_LENGTH;
use crate::{
    AccountType, Addenda, Batch, BatchHeader, Direction, Entry, File, FileHeader, FileIdModifier,
    OriginatorStatus, RoutingNumber, Sec, ServiceClass, Text, Trace,
};

/// Which entries of a measured file have addenda.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddendaOn {
    /// None.
    Nothing,
    /// Every second one.
    EverySecond,
}

/// Entries of each batch of [`file`].
const BATCH: u32 = 2_500;

/// A file of this many instalments, collected from as many accounts at different banks.
///
/// `None` above ten million, the numbers that a bank can give its entries.
pub fn file(entries: u32, addenda: AddendaOn) -> Option<File> {
    let bank = RoutingNumber::parse("121042882").ok()?;
    let batches = (1..).zip((0..entries).step_by(BATCH as usize)).map(|(number, from)| {
        let until = entries.min(from.saturating_add(BATCH));
        let entry = |sequence| debit(bank, sequence, addenda);
        let entries = (from..until).map(entry).collect::<Option<_>>()?;
        Some(Batch { header: header(bank, number)?, entries })
    });
    let header = FileHeader {
        destination: RoutingNumber::parse("231380104").ok()?,
        origin: Text::new("121042882").ok()?,
        created_on: date(2026, 11, 24),
        created_at: None,
        modifier: FileIdModifier::FIRST,
        destination_name: Text::new("RESERVE BANK").ok()?,
        origin_name: Text::new("EXAMPLE BANK").ok()?,
        reference: Text::EMPTY,
    };
    Some(File { header, batches: batches.collect::<Option<_>>()? })
}

fn header(bank: RoutingNumber, number: u32) -> Option<BatchHeader> {
    Some(BatchHeader {
        service_class: ServiceClass::Debits,
        company_name: Text::new("FLORIN LENDING").ok()?,
        discretionary: Text::EMPTY,
        company_id: Text::new("1210428820").ok()?,
        sec: Sec::Ppd,
        description: Text::new("LOAN PYMT").ok()?,
        descriptive_date: Text::EMPTY,
        effective_on: Some(date(2026, 11, 25)),
        settlement_day: None,
        originator_status: OriginatorStatus::Bank,
        bank,
        number,
    })
}

fn debit(bank: RoutingNumber, sequence: u32, addenda: AddendaOn) -> Option<Entry> {
    let scattered = sequence.wrapping_mul(2_654_435_761);
    let receiver = Receiver {
        account_type: AccountType::Checking,
        bank: RoutingNumber::with_check_digit(1_000_000 + scattered % 11_000_000)?,
        account: Text::new(&format!("{scattered:012}")).ok()?,
        individual_id: Text::new(&format!("LOAN-{sequence:07}")).ok()?,
        name: Text::new(&format!("BORROWER {scattered}")).ok()?,
    };
    let trace = Trace::new(bank, sequence)?;
    let mut entry = receiver.live(Direction::Debit, u64::from(scattered % 1_000_000 + 1), trace);
    if addenda == AddendaOn::EverySecond && sequence.is_multiple_of(2) {
        let text = Text::new("INSTALMENT 3 OF 12*THANK YOU FOR PAYING IN TIME").ok()?;
        entry.addenda = Some(Box::new(Addenda::Payment(text)));
    }
    Some(entry)
}

/// What nobody who writes a file can save: its records, laid one by one into new memory.
pub fn copied(bytes: &[u8]) -> Vec<u8> {
    let mut copy = Vec::with_capacity(bytes.len());
    for record in bytes.chunks(RECORD_LENGTH + 1) {
        copy.extend_from_slice(record);
    }
    copy
}

/// What nobody who reads a file can save: a look at each of its bytes, one after another.
pub fn summed(bytes: &[u8]) -> u64 {
    let mut sum = 0_u64;
    for record in bytes.chunks(RECORD_LENGTH + 1) {
        for byte in record {
            sum = sum.rotate_left(1) ^ u64::from(*byte);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{problems, read, write};

    #[test]
    fn the_measured_file_is_a_file() {
        for (addenda, records) in [(AddendaOn::Nothing, 6_001), (AddendaOn::EverySecond, 9_002)] {
            let file = file(6_001, addenda).unwrap();
            let bytes = write(&file).unwrap();
            assert_eq!(problems(&bytes), []);
            assert_eq!(copied(&bytes), bytes);
            assert_ne!(summed(&bytes), summed(&bytes[..94]));
            assert_eq!((file.batches.len(), file.totals().records), (3, records));
            assert_eq!(read(&bytes).unwrap(), file);
        }
    }
}
