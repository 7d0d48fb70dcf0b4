//! Bulk posting through the ledger, beside raw bulk inserts of as many rows.

use std::time::Duration;

use florin_calendar::{monotonic, system_now};
use florin_ids::{EntryId, TenantId};
use florin_ledger::{AccountKey, AccountNo, Entry, LedgerError, Posting};
use florin_money::Currency;
use florin_storage::{Db, StorageError};
use florin_tenancy::NewTenant;
use jiff::civil::date;
use uuid::Uuid;

use super::{Figure, print, print_ratio, repo};
use crate::failure::Failure;
use crate::output::thousands;
use crate::settings::{DatabaseGroup, File, Given};
use crate::wiring;

/// Accounts that the entries go between.
const ACCOUNTS: usize = 10_000;
/// The account number that they have in the chart.
const ACCOUNT_NO: AccountNo = 1100;

pub fn run(
    batch: usize,
    time: Duration,
    given: &Given<DatabaseGroup>,
    file: &File,
) -> Result<(), Failure> {
    let db = wiring::open(given, file)?;
    db.write_blocking(repo::create_tables)?;
    let now = system_now();
    let new = NewTenant { name: "Bench".to_owned(), ..NewTenant::default() };
    let (tenant, _) =
        db.write_blocking(move |tx| florin_tenancy::create_tenant_in(tx, new.clone(), now))?;
    let posted = post(&db, tenant.id, batch, time)?;
    let limit = limit(&db, tenant.id.uuid(), batch, time)?;
    let proof = db.read_blocking(florin_ledger::verify_in)?;
    db.close();
    println!("{:?}, batches of {} entries", db.engine(), thousands(batch as u64));
    print("two-legged entries through the ledger", "entries", posted);
    print("limit: 3 raw rows an entry", "entries", limit);
    print_ratio("the limit", posted, limit);
    println!("{:<44} {proof}", "the ledger");
    match proof.holds() {
        true => Ok(()),
        false => Err(Failure::new("the ledger does not prove after the entries")),
    }
}

fn post(db: &Db, tenant: TenantId, batch: usize, time: Duration) -> Result<Figure, Failure> {
    let owners: Vec<Uuid> = (0..ACCOUNTS).map(|_| EntryId::new().uuid()).collect();
    let account = |index: usize| AccountKey { owner: owners[index % ACCOUNTS], no: ACCOUNT_NO };
    let now = system_now();
    let (mut made, mut count) = (0_usize, 0_u64);
    let mut measured = Duration::ZERO;
    while measured < time {
        let entries: Vec<Entry> = (0..batch)
            .map(|_| {
                made += 1;
                let (from, to) = (account(made), account(made.wrapping_mul(7_919) + 1));
                Entry {
                    id: EntryId::new(),
                    kind: "transfer",
                    currency: Currency::GBP,
                    pending: false,
                    effective_on: date(2023, 4, 21),
                    recorded_at: now,
                    postings: vec![Posting::debit(to, 100), Posting::credit(from, 100)],
                }
            })
            .collect();
        let started = monotonic();
        db.write_blocking(move |tx| {
            florin_ledger::post_many_in(tx, tenant, &entries)?;
            Ok::<_, LedgerError>(())
        })?;
        measured += monotonic().saturating_duration_since(started);
        count += batch as u64;
    }
    Ok(Figure { count, took: measured })
}

/// One row for the entry and one for each leg, and nothing else.
fn limit(db: &Db, tenant: Uuid, batch: usize, time: Duration) -> Result<Figure, Failure> {
    let (mut measured, mut count) = (Duration::ZERO, 0);
    while measured < time {
        let ids: Vec<Uuid> = (0..3 * batch).map(|_| EntryId::new().uuid()).collect();
        let started = monotonic();
        db.write_blocking(move |tx| {
            repo::insert_rows(tx, tenant, &ids)?;
            Ok::<_, StorageError>(())
        })?;
        measured += monotonic().saturating_duration_since(started);
        count += batch as u64;
    }
    Ok(Figure { count, took: measured })
}
