//! How many entries a second are written and read on one core.
//!
//! `cargo run --release -p florin-ach --example ach_speed [ENTRIES]`

use std::time::Duration;

use florin_ach::compose::Receiver;
use florin_ach::{
    AccountType, Addenda, Batch, BatchHeader, Direction, File, FileHeader, FileIdModifier,
    OriginatorStatus, RoutingNumber, Sec, ServiceClass, Text, Trace, read, write,
};
use florin_calendar::monotonic;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const ROUNDS: u32 = 5;

/// A file of debits, one batch for every 100,000; every `addenda_every`th entry has addenda.
fn file(entries: u32, addenda_every: u32) -> Outcome<File> {
    let bank = RoutingNumber::parse("121042882")?;
    let mut batches: Vec<Batch> = Vec::new();
    for number in 0..entries {
        if number % 100_000 == 0 {
            let header = batch_header(bank, number / 100_000 + 1)?;
            batches.push(Batch { header, entries: Vec::new() });
        }
        let receiver = Receiver {
            account_type: AccountType::Checking,
            bank: RoutingNumber::with_check_digit(9_100_000 + number % 1_000).ok_or("routing")?,
            account: Text::new(&format!("{:012}", number.wrapping_mul(2_654_435_761)))?,
            individual_id: Text::new(&format!("LOAN-{number:08}"))?,
            name: Text::new("ANN EXAMPLE-SPECIMEN")?,
        };
        let trace = Trace::new(bank, number).ok_or("trace")?;
        let mut entry = receiver.live(Direction::Debit, u64::from(number % 9_000) + 100, trace);
        if addenda_every > 0 && number % addenda_every == 0 {
            let text = Text::new("INSTALMENT 3 OF 12*THANK YOU FOR PAYING IN TIME")?;
            entry.addenda = Some(Box::new(Addenda::Payment(text)));
        }
        batches.last_mut().ok_or("batch")?.entries.push(entry);
    }
    let header = FileHeader {
        destination: RoutingNumber::parse("231380104")?,
        origin: Text::new("121042882")?,
        created_on: jiff::civil::date(2026, 11, 24),
        created_at: None,
        modifier: FileIdModifier::FIRST,
        destination_name: Text::new("RESERVE BANK")?,
        origin_name: Text::new("EXAMPLE BANK")?,
        reference: Text::EMPTY,
    };
    Ok(File { header, batches })
}

fn batch_header(bank: RoutingNumber, number: u32) -> Outcome<BatchHeader> {
    Ok(BatchHeader {
        service_class: ServiceClass::Debits,
        company_name: Text::new("FLORIN LENDING")?,
        discretionary: Text::EMPTY,
        company_id: Text::new("1210428820")?,
        sec: Sec::Ppd,
        description: Text::new("LOAN PYMT")?,
        descriptive_date: Text::EMPTY,
        effective_on: Some(jiff::civil::date(2026, 11, 25)),
        settlement_day: None,
        originator_status: OriginatorStatus::Bank,
        bank,
        number,
    })
}

fn report(what: &str, entries: u32, took: Duration) {
    let per_second = f64::from(entries) / took.as_secs_f64();
    println!("{what:32} {:8.2} M entries/s", per_second / 1e6);
}

fn measure(entries: u32, addenda_every: u32, what: &str) -> Outcome<()> {
    let file = file(entries, addenda_every)?;
    let (mut writing, mut reading, mut copying) = (Duration::MAX, Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let start = monotonic();
        let bytes = write(&file)?;
        writing = writing.min(start.elapsed());
        let start = monotonic();
        let found = read(&bytes)?;
        reading = reading.min(start.elapsed());
        let start = monotonic();
        let copy = std::hint::black_box(bytes.clone());
        copying = copying.min(start.elapsed());
        if found != file || copy != bytes {
            return Err("what was read is not what was written".into());
        }
    }
    report(&format!("write, {what}"), entries, writing);
    report(&format!("read, {what}"), entries, reading);
    report("(limit: the bytes copied)", entries, copying);
    Ok(())
}

fn main() -> Outcome<()> {
    let entries = std::env::args().nth(1).map_or(Ok(500_000), |text| text.parse())?;
    println!("{entries} entries, the best of {ROUNDS} rounds, one core");
    measure(entries, 0, "no addenda")?;
    measure(entries, 2, "addenda on every other")
}
