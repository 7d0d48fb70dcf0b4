//! The book that figures are measured on: a tenant and its term loans.

use florin_calendar::system_now;
use florin_http::{HttpOptions, Mode};
use florin_ids::ApplicationId;
use florin_lending::Lending;
use florin_storage::Db;
use florin_tenancy::{Caller, NewTenant};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::{Date, date};

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
    /// What the loans are made from.
    pub application: ApplicationId,
}

impl Book {
    /// Makes a tenant, a product and an approved application, through the API as anyone would.
    pub fn open(given: &Given<DatabaseGroup>, file: &File) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (caller, api_key, application) = runtime.block_on(prepare(given, file))?;
        let db = wiring::open(given, file)?;
        db.write_blocking(repo::create_tables)?;
        Ok(Self { db, caller, api_key, application })
    }

    /// Adds `count` active loans.
    pub fn add_loans(&self, count: usize) -> Result<(), Failure> {
        let count = u32::try_from(count)
            .map_err(|_| Failure::usage(format!("--loans {count} are too many")))?;
        let bar = ProgressBar::new(u64::from(count));
        bar.set_style(ProgressStyle::with_template("making the book {bar:30} {pos}/{len} loans")?);
        let lending = Lending::new(self.db.clone(), keys::sandbox_ring()?);
        let mut progress = |done| bar.set_position(u64::from(done));
        lending.add_loans_blocking(&self.caller, self.application, count, &mut progress)?;
        bar.finish_and_clear();
        Ok(())
    }
}

async fn prepare(
    given: &Given<DatabaseGroup>,
    file: &File,
) -> Result<(Caller, String, ApplicationId), Failure> {
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
    };
    let server = Server::start(db, options, metrics).await?;
    let client = Client::new(&format!("http://{}", server.address()), &api_key)?;
    let product = story::make_product(&client).await?;
    let approved = story::approve_borrower(&client, &product).await?;
    server.shutdown().await;
    let caller = Caller { tenant: tenant.id, currency: tenant.currency, now };
    Ok((caller, api_key, approved.application.parse()?))
}
