//! The book that figures are measured on: a tenant and its loans.

use florin_calendar::system_now;
use florin_http::{HttpOptions, Mode};
use florin_ids::ApplicationId;
use florin_lending::Lending;
use florin_storage::Db;
use florin_tenancy::{Caller, NewTenant};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::{Date, date};
use serde_json::json;

use super::repo;
use crate::demo::{Client, story};
use crate::failure::Failure;
use crate::serve::{Server, ServerOptions};
use crate::settings::{DatabaseGroup, File, Given};
use crate::{health, keys, wiring};

/// The business date on which the loans of the book are paid out.
pub const PAID_OUT: Date = date(2023, 4, 21);

/// A tenant with an approved application to make loans from.
pub struct Book {
    /// The database, with the tables of the raw limits.
    pub db: Db,
    /// Whose book it is.
    pub caller: Caller,
    /// The tenant's lending key.
    pub api_key: String,
    /// What term loans are made from.
    application: ApplicationId,
    /// What revolving accounts are made from.
    revolving: ApplicationId,
}

impl Book {
    /// Makes a tenant, a product and an approved application, through the API as anyone would.
    pub fn open(given: &Given<DatabaseGroup>, file: &File) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (caller, api_key, [application, revolving]) = runtime.block_on(prepare(given, file))?;
        let db = wiring::open(given, file)?;
        db.write_blocking(repo::create_tables)?;
        Ok(Self { db, caller, api_key, application, revolving })
    }

    /// Adds `count` active term loans.
    pub fn add_loans(&self, count: usize) -> Result<(), Failure> {
        self.add(self.application, count, false)
    }

    /// Adds `count` active loans of all kinds: four in five are term loans, the others revolving accounts whose
    /// statement days lie all over the month, and one in fifty is behind.
    pub fn add_mixed_loans(&self, count: usize) -> Result<(), Failure> {
        self.add(self.application, count - count / 5, true)?;
        self.add(self.revolving, count / 5, true)
    }

    fn add(&self, template: ApplicationId, count: usize, behind: bool) -> Result<(), Failure> {
        let count = u32::try_from(count)
            .map_err(|_| Failure::usage(format!("--loans {count} are too many")))?;
        let bar = ProgressBar::new(u64::from(count));
        bar.set_style(ProgressStyle::with_template("making the book {bar:30} {pos}/{len} loans")?);
        let lending = Lending::new(self.db.clone(), keys::sandbox_ring()?);
        let mut progress = |done| bar.set_position(u64::from(done));
        lending.add_loans_blocking(&self.caller, template, count, behind, &mut progress)?;
        bar.finish_and_clear();
        Ok(())
    }
}

async fn prepare(
    given: &Given<DatabaseGroup>,
    file: &File,
) -> Result<(Caller, String, [ApplicationId; 2]), Failure> {
    let metrics = health::install_metrics()?;
    let db = wiring::open(given, file)?;
    let new = NewTenant { name: "Bench".to_owned(), clock: Some(PAID_OUT), ..NewTenant::default() };
    let now = system_now();
    let (tenant, keys) = florin_tenancy::create_tenant(&db, new, now).await?;
    let keys = serde_json::to_value(&keys)?;
    let api_key = story::text(&keys["lending"], "api_key")?;
    let options = ServerOptions {
        listen: ([127, 0, 0, 1], 0).into(),
        http: HttpOptions::of(Mode::Sandbox),
        workers: 0,
        ring: keys::sandbox_ring()?,
        simulator_journal: None,
        tls: None,
    };
    let server = Server::start(db, options, metrics).await?;
    let client = Client::new(&format!("http://{}", server.address()), &api_key)?;
    let product = story::make_product(&client).await?;
    let term = story::approve_borrower(&client, &product).await?;
    let product = make_revolving_product(&client).await?;
    let revolving = story::approve_borrower(&client, &product).await?;
    server.shutdown().await;
    let caller = Caller { tenant: tenant.id, currency: tenant.currency, now };
    Ok((caller, api_key, [term.application.parse()?, revolving.application.parse()?]))
}

/// Revolving credit with a fee when it goes into arrears.
async fn make_revolving_product(client: &Client) -> Result<String, Failure> {
    let terms = json!({
        "type": "revolving_credit",
        "name": "Credit card",
        "max_loan_amount": 20_000,
        "max_interest_rate": 30,
        "default_fees": [
            {"name": "Arrears fee", "type": "flat", "amount": 12, "event": "arrears"},
        ],
    });
    let id = story::text(&client.post("/api/v1/product/", &terms).await?, "id")?;
    client.post(&format!("/api/v1/product/{id}/publish/"), &json!({})).await?;
    Ok(id)
}
