//! Writes a file of each kind that Florin sends or answers with into a folder, for other implementations to read.
//!
//!     cargo run -p florin-ach --example sample_files FOLDER

use std::error::Error;
use std::path::Path;

use florin_ach::compose::{Receiver, reversing_entry, reversing_header};
use florin_ach::simulate::{Answering, answering_file, answers};
use florin_ach::{
    AccountType, Addenda, Batch, BatchHeader, Direction, Entry, File, FileHeader, FileIdModifier,
    LineEnding, OriginatorStatus, RoutingNumber, Sec, ServiceClass, Text, Trace, description,
    write_as,
};
use jiff::civil::{Date, date, time};

type Outcome<T> = Result<T, Box<dyn Error>>;

const SETTLES: Date = date(2026, 11, 25);

fn main() -> Outcome<()> {
    let folder = std::env::args().nth(1).ok_or("usage: sample_files FOLDER")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let save = |name: &str, file: &File, ending| -> Outcome<()> {
        Ok(std::fs::write(folder.join(name), write_as(file, ending)?)?)
    };
    let debits = debits()?;
    save("ppd_debits.ach", &debits, LineEnding::Lf)?;
    save("ppd_debits_crlf.ach", &debits, LineEnding::CrLf)?;
    save("ccd_credits.ach", &file(vec![ccd_credits()?])?, LineEnding::Lf)?;
    save("web_debits.ach", &file(vec![web_debits()?])?, LineEnding::Lf)?;
    save("tel_debits.ach", &file(vec![tel_debits()?])?, LineEnding::Lf)?;
    save("prenotes.ach", &file(vec![prenotes()?])?, LineEnding::Lf)?;
    save("micro_entries.ach", &file(vec![micro_entries()?])?, LineEnding::Lf)?;
    save("reversals.ach", &file(vec![reversals(&debits.batches[0])?])?, LineEnding::Lf)?;
    let mut second = ccd_credits()?;
    second.header.number = 2;
    save("two_batches.ach", &file(vec![web_debits()?, second])?, LineEnding::Lf)?;
    for (name, accounts) in [
        ("returns.ach", ["9900101", "9900102", "9900110", "9900115", "9900129"]),
        ("changes.ach", ["9900201", "9900202", "9900203", "9900205", "9900207"]),
    ] {
        let sent = file(vec![batch(Sec::Ppd, "LOAN PYMT", debits_of(&accounts)?)?])?;
        let facts = Answering {
            on: date(2026, 11, 27),
            at: Some(time(6, 15, 0, 0)),
            modifier: FileIdModifier::FIRST,
            first_sequence: 901,
        };
        let back = answering_file(&sent, &answers(&sent, SETTLES), &facts);
        save(name, &back.ok_or("no answer")?, LineEnding::Lf)?;
    }
    Ok(())
}

fn bank() -> Outcome<RoutingNumber> {
    Ok(RoutingNumber::parse("121042882")?)
}

fn trace(sequence: usize) -> Outcome<Trace> {
    Ok(Trace::new(bank()?, u32::try_from(sequence)?).ok_or("trace")?)
}

fn receiver(account: &str, account_type: AccountType, name: &str) -> Outcome<Receiver> {
    Ok(Receiver {
        account_type,
        bank: RoutingNumber::parse("091000019")?,
        account: Text::new(account)?,
        individual_id: Text::fit(&format!("L-{account}")),
        name: Text::fit(name),
    })
}

fn batch(sec: Sec, described: &str, entries: Vec<Entry>) -> Outcome<Batch> {
    let header = BatchHeader {
        service_class: ServiceClass::of(&entries),
        company_name: Text::new("FLORIN LENDING")?,
        discretionary: Text::EMPTY,
        company_id: Text::new("1210428820")?,
        sec,
        description: Text::new(described)?,
        descriptive_date: Text::new("SD1300")?,
        effective_on: Some(SETTLES),
        settlement_day: None,
        originator_status: OriginatorStatus::Bank,
        bank: bank()?,
        number: 1,
    };
    Ok(Batch { header, entries })
}

fn file(batches: Vec<Batch>) -> Outcome<File> {
    let header = FileHeader {
        destination: RoutingNumber::parse("231380104")?,
        origin: Text::new("121042882")?,
        created_on: date(2026, 11, 24),
        created_at: Some(time(14, 5, 0, 0)),
        modifier: FileIdModifier::FIRST,
        destination_name: Text::new("RESERVE BANK")?,
        origin_name: Text::new("EXAMPLE BANK")?,
        reference: Text::EMPTY,
    };
    Ok(File { header, batches })
}

fn debits_of(accounts: &[&str]) -> Outcome<Vec<Entry>> {
    let entry = |(index, account): (usize, &&str)| -> Outcome<Entry> {
        let receiver = receiver(account, AccountType::Checking, "Ann Muñoz")?;
        Ok(receiver.live(Direction::Debit, 12_550 + index as u64, trace(index + 1)?))
    };
    accounts.iter().enumerate().map(entry).collect()
}

fn debits() -> Outcome<File> {
    let mut entries = debits_of(&["0012345678", "SAV-99871-2", "44556677889900112"])?;
    entries[1].addenda = Some(Box::new(Addenda::Payment(Text::new("INSTALMENT 3 OF 12")?)));
    file(vec![batch(Sec::Ppd, "LOAN PYMT", entries)?])
}

fn ccd_credits() -> Outcome<Batch> {
    let company = receiver("8800221", AccountType::Savings, "Example Trading Inc")?;
    batch(Sec::Ccd, "PAYOUT", vec![company.live(Direction::Credit, 9_999_999_999, trace(1)?)])
}

fn web_debits() -> Outcome<Batch> {
    let mut entries = debits_of(&["700100", "700200"])?;
    entries[0].discretionary = Text::new("S")?;
    entries[1].discretionary = Text::new("R")?;
    batch(Sec::Web, description::PURCHASE, entries)
}

fn tel_debits() -> Outcome<Batch> {
    batch(Sec::Tel, "LOAN PYMT", debits_of(&["700300"])?)
}

fn prenotes() -> Outcome<Batch> {
    let debtor = receiver("700400", AccountType::Checking, "Boris Sample")?;
    let payee = receiver("700500", AccountType::Savings, "Carla Test")?;
    let entries = [
        debtor.prenote(Direction::Debit, trace(1)?).ok_or("prenote")?,
        payee.prenote(Direction::Credit, trace(2)?).ok_or("prenote")?,
    ];
    batch(Sec::Ppd, "PRENOTE", entries.to_vec())
}

fn micro_entries() -> Outcome<Batch> {
    let receiver = receiver("700600", AccountType::Checking, "Dora Specimen")?;
    let entries = receiver.micro_entries([18, 28], trace(1)?).ok_or("trace")?;
    batch(Sec::Ccd, description::MICRO_ENTRY, entries.to_vec())
}

fn reversals(erroneous: &Batch) -> Outcome<Batch> {
    let reverse = |(index, entry): (usize, &Entry)| -> Outcome<Entry> {
        Ok(reversing_entry(entry, trace(100 + index)?).ok_or("no money was moved")?)
    };
    let entries = erroneous.entries.iter().enumerate().map(reverse);
    let entries = entries.collect::<Outcome<Vec<Entry>>>()?;
    let header = reversing_header(&erroneous.header, &entries, date(2026, 11, 27), 1);
    Ok(Batch { header, entries })
}
