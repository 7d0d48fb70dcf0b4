//! `florin day-end`: runs the business day.

use std::sync::Arc;

use florin_crypto::KeyRing;
use florin_http::Mode;
use florin_storage::Db;
use florin_tenancy::Tenant;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;

use super::{all_tenants, find_tenant};
use crate::cli::DayEnd;
use crate::failure::Failure;
use crate::settings::File;
use crate::{keys, services, wiring};

pub fn run(args: &DayEnd, file: &File) -> Result<(), Failure> {
    wiring::install_holidays(&args.calendar_files, file)?;
    let db = wiring::open(&args.database, file)?;
    let tenants = match &args.tenant {
        Some(wanted) => vec![find_tenant(&db, Some(wanted))?],
        None => all_tenants(&db)?.into_iter().filter(|one| !one.is_simulated()).collect(),
    };
    if tenants.is_empty() {
        println!("No tenant is on the real clock: nothing to run.");
    }
    let ring = keys::key_ring(&args.database, file, Mode::Sandbox)?;
    for tenant in &tenants {
        run_tenant(&db, &ring, tenant, args.date)?;
    }
    db.close();
    Ok(())
}

fn run_tenant(db: &Db, ring: &Arc<KeyRing>, tenant: &Tenant, target: Date) -> Result<(), Failure> {
    let id = tenant.id;
    let today = tenant.date_at(florin_calendar::system_now());
    if let Some(at) = tenant.clock_target {
        // The simulated clock goes with the days, so that a server would go on where this stops.
        let to = at.max(target);
        db.write_blocking(move |tx| florin_tenancy::set_clock_target_in(tx, id, to))?;
    } else if target > today {
        tracing::warn!(tenant = tenant.name, %today, %target, "running business days ahead of time");
    }
    let from = db.read_blocking(move |tx| florin_tenancy::day::state_in(tx, id))?.business_date;
    let bar = progress(from, target, &tenant.name)?;
    let runner = services::day_runner(db.clone(), Arc::clone(ring));
    let run = runner.advance_to_blocking(id, target, &mut |date| {
        bar.set_message(date.to_string());
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    println!("{}: {} days run, the business date is {}.", tenant.name, run.days, run.business_date);
    Ok(())
}

fn progress(from: Date, target: Date, name: &str) -> Result<ProgressBar, Failure> {
    let days = from.until(target).map_or(0, |span| span.get_days().max(0));
    let bar = ProgressBar::new(u64::try_from(days).unwrap_or(0));
    let template = "{prefix} {bar:30} {pos}/{len} days  {msg}  {eta} left";
    bar.set_style(ProgressStyle::with_template(template)?);
    bar.set_prefix(name.to_owned());
    Ok(bar)
}
