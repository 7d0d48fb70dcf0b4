//! The business day over a book of term loans and revolving accounts, some of them behind, beside raw bulk writes of as many rows.

use florin_calendar::monotonic;
use florin_ids::EntryId;
use florin_storage::{Db, StorageError};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::ToSpan;
use uuid::Uuid;

use super::book::{Book, PAID_OUT};
use super::{Figure, peak_memory_mb, print, print_ratio, repo};
use crate::failure::Failure;
use crate::keys::sandbox_ring;
use crate::output::thousands;
use crate::services::day_runner;
use crate::settings::{DatabaseGroup, File, Given};

/// Loans in one transaction of the limit, about as many as the business day takes.
const CHUNK: usize = 4_000;

pub fn run(
    loans: usize,
    days: u32,
    given: &Given<DatabaseGroup>,
    file: &File,
) -> Result<(), Failure> {
    let book = Book::open(given, file)?;
    book.add_mixed_loans(loans)?;
    let memory_before = peak_memory_mb();
    let runner = day_runner(book.db.clone(), sandbox_ring()?);
    let tenant = book.caller.tenant;
    let bar = ProgressBar::new(u64::from(days));
    bar.set_style(ProgressStyle::with_template("running {bar:30} {pos}/{len} days")?);
    let mut slowest: Option<Figure> = None;
    let started = monotonic();
    for day in 1..=days {
        let date = PAID_OUT.checked_add(i64::from(day).days())?;
        let day_started = monotonic();
        runner.advance_to_blocking(tenant, date, &mut |_| bar.inc(1))?;
        let figure = Figure::since(day_started, loans as u64);
        if slowest.is_none_or(|slowest| figure.per_second() < slowest.per_second()) {
            slowest = Some(figure);
        }
    }
    let all = Figure::since(started, loans as u64 * u64::from(days));
    bar.finish_and_clear();
    let memory_after = peak_memory_mb();
    let limit = limit(&book.db, tenant.uuid(), loans)?;
    let proof = book.db.read_blocking(florin_ledger::verify_in)?;
    book.db.close();
    println!("{:?}, {} loans, {days} days", book.db.engine(), thousands(loans as u64));
    print("business day, ledger postings included", "loans", all);
    if let Some(slowest) = slowest {
        print("the slowest day", "loans", slowest);
    }
    print("limit: 2 raw rows and 1 update a loan", "loans", limit);
    print_ratio("the limit", all, limit);
    if let (Some(before), Some(after)) = (memory_before, memory_after) {
        println!("{:<44} {before:>8} MB before, {after} MB after", "peak memory of this process");
    }
    println!("{:<44} {proof}", "the ledger");
    match proof.holds() {
        true => Ok(()),
        false => Err(Failure::new("the ledger does not prove after the days")),
    }
}

/// Writes two rows and one update for each loan, in chunks, and nothing else.
fn limit(db: &Db, tenant: Uuid, loans: usize) -> Result<Figure, Failure> {
    let fill = |count: usize| -> Vec<Uuid> { (0..count).map(|_| EntryId::new().uuid()).collect() };
    let chunks: Vec<Vec<Uuid>> =
        (0..loans).step_by(CHUNK).map(|at| fill(CHUNK.min(loans - at))).collect();
    for ids in chunks.clone() {
        db.write_blocking(move |tx| {
            repo::insert_balances(tx, tenant, &ids)?;
            Ok::<_, StorageError>(())
        })?;
    }
    let rows: Vec<Vec<Uuid>> = chunks.iter().map(|ids| fill(2 * ids.len())).collect();
    let started = monotonic();
    for (ids, rows) in chunks.into_iter().zip(rows) {
        db.write_blocking(move |tx| {
            repo::insert_rows(tx, tenant, &rows)?;
            repo::add_to_balances(tx, tenant, &ids)?;
            Ok::<_, StorageError>(())
        })?;
    }
    Ok(Figure::since(started, loans as u64))
}
