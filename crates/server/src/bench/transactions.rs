//! Durable `POST /api/v1/transaction/` over HTTP, beside a bare handler and raw inserts.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use florin_calendar::monotonic;
use florin_ids::{EntryId, LoanId};
use florin_lending::Lending;
use florin_storage::{Db, ListQuery, StorageError};
use uuid::Uuid;

use super::bare::Other;
use super::book::Book;
use super::load::{Load, Measured};
use super::{Figure, print, print_ratio, repo};
use crate::failure::Failure;
use crate::settings::{self, DatabaseGroup, File, Given};
use crate::{keys, wiring};

const WARM_UP: Duration = Duration::from_secs(2);

/// What is measured.
pub struct Plan {
    /// Clients with one request under way each.
    pub clients: usize,
    /// How long to count.
    pub time: Duration,
    /// Loans that they post to.
    pub loans: usize,
    /// Whether every request has a `unique_key`.
    pub unique_keys: bool,
}

pub fn run(plan: &Plan, given: &Given<DatabaseGroup>, file: &File) -> Result<(), Failure> {
    let url = given.get(&settings::DATABASE, file, |text| Some(text.to_owned()))?;
    if url.contains(":memory:") {
        return Err(Failure::usage("bad setting: --database must be a file or a server here")
            .advise("The server under measurement is another process and must reach it."));
    }
    let book = Book::open(given, file)?;
    book.add_loans(plan.loans)?;
    let loans = loans(&book)?;
    let raw = raw(&book.db, book.caller.tenant.uuid(), plan)?;
    let engine = book.db.engine();
    book.db.close();
    let bare = {
        let other = Other::start(&["bench", "bare"])?;
        load(plan, other.address, "/", &book.api_key, &loans).run()?
    };
    let florin = {
        let args = ["serve", "--database", &url, "--listen", "127.0.0.1:0", "--log", "warn"];
        let other = Other::start(&args)?;
        load(plan, other.address, "/api/v1/transaction/", &book.api_key, &loans).run()?
    };
    let keys = if plan.unique_keys { "with" } else { "without" };
    println!("{engine:?}, {} clients, {} loans, {keys} unique keys", plan.clients, plan.loans);
    show("durable POST /api/v1/transaction/", &florin);
    show("limit: a bare handler", &bare);
    print_ratio("the bare handler", florin.figure, bare.figure);
    print("limit: raw durable row and balance", "writes", raw);
    print_ratio("the raw writes", florin.figure, raw);
    prove(given, file)
}

fn show(name: &str, measured: &Measured) {
    print(name, "requests", measured.figure);
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{:<44} p50 {:.1} ms, p99 {:.1} ms, slowest {:.1} ms",
        "",
        ms(measured.p50),
        ms(measured.p99),
        ms(measured.max)
    );
}

fn prove(given: &Given<DatabaseGroup>, file: &File) -> Result<(), Failure> {
    let db = wiring::open(given, file)?;
    let proof = db.read_blocking(florin_ledger::verify_in)?;
    db.close();
    println!("{:<44} {proof}", "the ledger");
    match proof.holds() {
        true => Ok(()),
        false => Err(Failure::new("the ledger does not prove after the load")),
    }
}

fn loans(book: &Book) -> Result<Arc<Vec<LoanId>>, Failure> {
    let lending = Lending::new(book.db.clone(), keys::sandbox_ring()?);
    let (sender, receiver) = std::sync::mpsc::channel();
    let query = ListQuery { filters: Vec::new(), order: Vec::new(), limit: 0, offset: 0 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(lending.each_loan(&book.caller, query, move |loan| {
        // Nobody listens only when this function has returned already.
        sender.send(loan.id).is_ok()
    }))?;
    let loans: Vec<LoanId> = receiver.try_iter().collect();
    match loans.is_empty() {
        true => Err(Failure::usage("--loans must be at least 1")),
        false => Ok(Arc::new(loans)),
    }
}

fn load(
    plan: &Plan,
    address: std::net::SocketAddr,
    path: &str,
    api_key: &str,
    loans: &Arc<Vec<LoanId>>,
) -> Load {
    let (loans, unique_keys) = (Arc::clone(loans), plan.unique_keys);
    let body = move |client: usize, count: u64, body: &mut Vec<u8>| {
        let spread = (count as usize).wrapping_mul(7_919).wrapping_add(client.wrapping_mul(131));
        let loan = loans[spread % loans.len()];
        // Writing into a buffer in memory cannot fail.
        let _ = write!(body, r#"{{"loan":"{loan}","type":"repayment","amount":"1.00""#);
        if unique_keys {
            let _ = write!(body, r#","unique_key":"{client}-{count}""#);
        }
        body.push(b'}');
    };
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nX-Api-Key: {api_key}\r\n\
         Content-Type: application/json\r\n"
    );
    let (clients, time) = (plan.clients, plan.time);
    Load { address, clients, time, warm_up: WARM_UP, body: Arc::new(body), head }
}

/// As many callers, each writing one row and one balance at a time through the storage layer.
fn raw(db: &Db, tenant: Uuid, plan: &Plan) -> Result<Figure, Failure> {
    let balances: Arc<Vec<Uuid>> =
        Arc::new((0..plan.loans).map(|_| EntryId::new().uuid()).collect());
    let ids = Arc::clone(&balances);
    db.write_blocking(move |tx| repo::insert_balances(tx, tenant, &ids))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let started = monotonic();
        let until = started + plan.time;
        let callers: Vec<_> = (0..plan.clients)
            .map(|number| {
                let (db, balances) = (db.clone(), Arc::clone(&balances));
                tokio::spawn(async move {
                    let mut count = 0_u64;
                    while monotonic() < until {
                        let at = (count as usize).wrapping_mul(7_919).wrapping_add(number * 131);
                        let (row, balance) = (EntryId::new().uuid(), balances[at % balances.len()]);
                        db.write(move |tx| repo::write_one(tx, tenant, row, balance)).await?;
                        count += 1;
                    }
                    Ok::<_, StorageError>(count)
                })
            })
            .collect();
        let mut count = 0;
        for caller in callers {
            count += caller.await??;
        }
        Ok(Figure::since(started, count))
    })
}
