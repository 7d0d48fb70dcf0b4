//! `florin demo`: the life of a loan over HTTP, from product to paid off.

mod client;
pub mod story;

use std::time::Duration;

use florin_http::{HttpOptions, Mode};
use florin_storage::{Db, DbOptions};
use florin_tenancy::NewTenant;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::cli::Demo;
use crate::failure::Failure;
use crate::output::table;
use crate::serve::{Server, ServerOptions};
use crate::{health, keys, trial_balance, wiring};

pub use client::Client;

/// The day on which the seed's second repayment table pays out.
const PAYOUT: Date = date(2023, 4, 21);

pub fn run(args: &Demo) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match (&args.url, &args.api_key) {
            (Some(url), Some(key)) => play(&Client::new(url, key)?).await,
            _ => play_alone().await,
        }
    })
}

/// Plays against a temporary server of this process, on a database in memory.
async fn play_alone() -> Result<(), Failure> {
    let own = OwnServer::start().await?;
    println!("A temporary sandbox serves at {}.\n", own.url);
    let played = play(&Client::new(&own.url, &own.api_key)?).await;
    own.server.shutdown().await;
    played
}

/// A server in this process with one tenant, gone when it ends.
struct OwnServer {
    server: Server,
    url: String,
    api_key: String,
}

impl OwnServer {
    async fn start() -> Result<Self, Failure> {
        let metrics = health::install_metrics()?;
        let db = Db::open("sqlite::memory:", &DbOptions::default())?;
        db.migrate(wiring::MIGRATIONS)?;
        let new = NewTenant {
            name: "Demo Lender".to_owned(),
            clock: Some(PAYOUT),
            ..NewTenant::default()
        };
        let now = florin_calendar::system_now();
        let (_, keys) = florin_tenancy::create_tenant(&db, new, now).await?;
        let keys = serde_json::to_value(&keys)?;
        let options = ServerOptions {
            listen: ([127, 0, 0, 1], 0).into(),
            http: HttpOptions::of(Mode::Sandbox),
            workers: 2,
            ring: keys::sandbox_ring()?,
            simulator_journal: None,
            tls: None,
        };
        let server = Server::start(db, options, metrics).await?;
        let url = format!("http://{}", server.address());
        Ok(Self { server, url, api_key: story::text(&keys["lending"], "api_key")? })
    }
}

async fn play(client: &Client) -> Result<(), Failure> {
    let bar = progress()?;
    bar.set_message("moving the clock to the day of the payout");
    let today = story::set_clock(client, PAYOUT).await?;
    bar.inc(1);
    bar.set_message("making a product and a quote");
    let product = story::make_product(client).await?;
    let quote = story::quote(client, &product, today).await?;
    bar.inc(1);
    bar.set_message("approving a borrower");
    let approved = story::approve_borrower(client, &product).await?;
    bar.inc(1);
    bar.set_message("paying out");
    let loan = story::disburse(client, &approved).await?;
    bar.inc(1);
    for date in story::milestones(&quote)? {
        bar.set_message(format!("running the days up to {date}"));
        story::advance(client, date).await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    print_story(client, &quote, &loan, today).await
}

/// Clock, quote, borrower, payout, six due dates, settlement.
fn progress() -> Result<ProgressBar, Failure> {
    let bar = ProgressBar::new(11);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
    bar.enable_steady_tick(Duration::from_millis(100));
    Ok(bar)
}

async fn print_story(
    client: &Client,
    quote: &Value,
    loan: &str,
    paid_out: Date,
) -> Result<(), Failure> {
    println!("{} GBP at 12 % a year, paid out on {paid_out}, as quoted:", story::AMOUNT);
    println!("{}", schedule_table(quote));
    println!("What was booked on the loan, day by day added up:");
    println!("{}", booked_table(client, loan).await?);
    println!("The ledger's trial balance:");
    let lines = client.get("/platform/v1/ledger/trial-balance/").await?;
    let lines: Vec<trial_balance::Line> = serde_json::from_value(lines["lines"].clone())?;
    println!("{}", trial_balance::shown(&lines));
    let loan = client.get(&format!("/api/v1/loan/{loan}/")).await?;
    println!(
        "The loan is {} with {} of principal and {} of interest left.",
        story::text(&loan, "status")?,
        story::text(&loan, "principal")?,
        story::text(&loan, "interest")?,
    );
    if loan["status"] != json!("closed") {
        return Err(Failure::new(format!("the loan should be closed by now: {loan}")));
    }
    Ok(())
}

fn cells(row: &Value, fields: &[&str]) -> Vec<String> {
    let cell = |field: &&str| match &row[field] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    fields.iter().map(cell).collect()
}

fn schedule_table(quote: &Value) -> comfy_table::Table {
    let fields = ["number", "due_date", "principal", "interest", "total", "principal_after"];
    let installments = quote["installments"].as_array();
    let mut rows: Vec<Vec<String>> =
        installments.into_iter().flatten().map(|row| cells(row, &fields)).collect();
    let mut totals = cells(&quote["totals"], &["", "", "principal", "interest", "total", ""]);
    totals[1] = "Total".to_owned();
    rows.push(totals);
    let header = ["no", "due", "principal", "interest", "total", "principal after"];
    table(&header, &[0, 2, 3, 4, 5], rows)
}

/// The loan's repayments; the daily interest would be a row a day.
async fn booked_table(client: &Client, loan: &str) -> Result<comfy_table::Table, Failure> {
    let path = format!("/api/v1/transaction/?loan={loan}&type=disbursement,repayment&limit=100");
    let listed = client.get(&path).await?;
    let fields = ["date", "type", "status", "amount", "principal", "interest"];
    let mut rows: Vec<Vec<String>> =
        listed["results"].as_array().into_iter().flatten().map(|row| cells(row, &fields)).collect();
    rows.sort();
    Ok(table(&["on", "type", "status", "amount", "principal", "interest"], &[3, 4, 5], rows))
}
