//! `florin tenant`: the businesses that use this Florin.

use florin_calendar::system_now;
use florin_money::Currency;
use florin_tenancy::{NewTenant, Tenant, TenantKeys};
use serde::Serialize;

use super::{all_tenants, print_json, wait};
use crate::cli::{self, TenantCreate, TenantList};
use crate::failure::Failure;
use crate::output::table;
use crate::settings::File;
use crate::wiring;

pub fn run(args: cli::Tenant, file: &File) -> Result<(), Failure> {
    match args {
        cli::Tenant::Create(args) => create(&args, file),
        cli::Tenant::List(args) => list(&args, file),
    }
}

/// What `tenant create --json` prints: a stable shape.
#[derive(Serialize)]
struct Created<'a> {
    tenant_id: String,
    name: &'a str,
    #[serde(flatten)]
    keys: &'a TenantKeys,
}

fn create(args: &TenantCreate, file: &File) -> Result<(), Failure> {
    let currency = Currency::from_code(&args.currency).map_err(|_| {
        Failure::usage(format!("--currency {} is no currency", args.currency))
            .advise("Give an ISO 4217 code such as GBP, USD or EUR.")
    })?;
    let new = NewTenant {
        name: args.name.clone(),
        currency: Some(currency),
        time_zone: Some(args.time_zone.clone()),
        clock: args.clock,
        collections: None,
    };
    let db = wiring::open(&args.database, file)?;
    let now = system_now();
    let (tenant, keys) = wait(florin_tenancy::create_tenant(&db, new, now))??;
    db.close();
    if args.json {
        let created = Created { tenant_id: tenant.id.to_string(), name: &tenant.name, keys: &keys };
        return print_json(&created);
    }
    println!("Tenant {} ({}), {}.\n", tenant.name, tenant.id, clock_words(&tenant));
    println!("{}", keys_table(&keys)?);
    println!("\nThe keys are not shown again: keep them now. `florin key create` makes others.");
    Ok(())
}

fn keys_table(keys: &TenantKeys) -> Result<comfy_table::Table, Failure> {
    let mut rows = Vec::new();
    if let serde_json::Value::Object(surfaces) = serde_json::to_value(keys)? {
        for (surface, parts) in &surfaces {
            for (part, value) in parts.as_object().into_iter().flatten() {
                let value = value.as_str().unwrap_or_default().to_owned();
                rows.push(vec![surface.clone(), part.clone(), value]);
            }
        }
    }
    Ok(table(&["API", "credential", "value"], &[], rows))
}

fn clock_words(tenant: &Tenant) -> String {
    match tenant.clock_target {
        Some(date) => format!("its simulated clock at {date}"),
        None => format!("on the real clock of {}", tenant.time_zone_name()),
    }
}

/// What `tenant list --json` prints of each.
#[derive(Serialize)]
struct Listed<'a> {
    tenant_id: String,
    name: &'a str,
    currency: &'static str,
    time_zone: &'a str,
    business_date: String,
    simulated_clock: bool,
    created_at: String,
}

fn list(args: &TenantList, file: &File) -> Result<(), Failure> {
    let db = wiring::open(&args.database, file)?;
    let tenants = all_tenants(&db)?;
    let mut listed = Vec::with_capacity(tenants.len());
    for tenant in &tenants {
        let id = tenant.id;
        let day = db.read_blocking(move |tx| florin_tenancy::day::state_in(tx, id))?;
        listed.push(Listed {
            tenant_id: id.to_string(),
            name: &tenant.name,
            currency: tenant.currency.code(),
            time_zone: tenant.time_zone_name(),
            business_date: day.business_date.to_string(),
            simulated_clock: tenant.is_simulated(),
            created_at: tenant.created_at.to_string(),
        });
    }
    db.close();
    if args.json {
        return print_json(&listed);
    }
    let rows = listed
        .iter()
        .map(|one| {
            let clock = if one.simulated_clock { "simulated" } else { one.time_zone };
            let cells = [&one.tenant_id, one.name, one.currency, &one.business_date, clock];
            cells.iter().map(|cell| (*cell).to_owned()).collect()
        })
        .collect();
    println!("{}", table(&["id", "name", "currency", "business date", "clock"], &[], rows));
    Ok(())
}
