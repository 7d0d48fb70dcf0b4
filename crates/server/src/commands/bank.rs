//! `florin bank`: who originates ACH files, and the files.

use std::io::Write as _;
use std::sync::Arc;

use florin_ach_origination::{Ach, AchError, AchFile, Bank, Delivery, NewOrigin, TakenIn};
use florin_calendar::{SystemClock, system_now};
use florin_http::Mode;
use florin_ids::AchFileId;
use florin_storage::Db;
use florin_tenancy::Caller;
use serde_json::json;

use super::{find_tenant, print_json, wait};
use crate::cli::{self, BankSet, OfTenant};
use crate::failure::Failure;
use crate::output::{amount, table};
use crate::services::Services;
use crate::settings::File;
use crate::{keys, wiring};

/// The originators and files of one tenant, and how to print.
struct Desk {
    db: Db,
    ach: Ach,
    caller: Caller,
    json: bool,
}

impl Desk {
    fn open(of: &OfTenant, file: &File) -> Result<Self, Failure> {
        let db = wiring::open(&of.database, file)?;
        let tenant = find_tenant(&db, of.tenant.as_deref())?;
        let ring = keys::key_ring(&of.database, file, Mode::Sandbox)?;
        let clock = Arc::new(SystemClock);
        let services = Services::new(db.clone(), clock, ring, Mode::Production, None);
        let caller = Caller { tenant: tenant.id, currency: tenant.currency, now: system_now() };
        Ok(Self { db, ach: services.ach, caller, json: of.json })
    }
}

pub fn run(args: cli::Bank, file: &File) -> Result<(), Failure> {
    match args {
        cli::Bank::Set(args) => set(*args, file),
        cli::Bank::List { of } => list(&Desk::open(&of, file)?),
        cli::Bank::Files { of } => files(&Desk::open(&of, file)?),
        cli::Bank::File { id, of } => {
            let id: AchFileId = id.parse().map_err(|_| {
                Failure::usage(format!("\"{id}\" is no file id"))
                    .advise("`florin bank files` shows the ids.")
            })?;
            let desk = Desk::open(&of, file)?;
            let content = wait(desk.ach.file_content(&desk.caller, id))?.map_err(refused)?;
            desk.db.close();
            Ok(std::io::stdout().lock().write_all(&content)?)
        }
        cli::Bank::TakeIn { path, of } => {
            let content = std::fs::read(&path).map_err(|error| {
                Failure::new(format!("{} cannot be read", path.display())).because(error)
            })?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let desk = Desk::open(&of, file)?;
            let taken = desk.ach.take_in(&desk.caller, &name, content);
            let taken = wait(taken)?.map_err(refused)?;
            desk.db.close();
            match taken {
                TakenIn::Before => println!("The file was taken in before: nothing was done."),
                TakenIn::Now(file) => println!(
                    "Taken in: {} entries, {} of them of no entry of ours.",
                    file.entries, file.unmatched
                ),
            }
            Ok(())
        }
    }
}

fn set(args: BankSet, file: &File) -> Result<(), Failure> {
    let folders = args.outbound.zip(args.inbound);
    let new = NewOrigin {
        name: args.name,
        odfi: args.odfi,
        destination: args.destination,
        destination_name: args.destination_name,
        immediate_origin: args.immediate_origin,
        origin_name: args.origin_name,
        company_name: args.company_name,
        company_id: args.company_id,
        discretionary: String::new(),
        lead_minutes: args.lead_minutes,
        same_day: args.same_day,
        retries: args.retries,
        retry_days: args.retry_days,
        bank: Bank::Real,
        delivery: folders.map(|(outbound, inbound)| Delivery::Directory { outbound, inbound }),
    };
    let desk = Desk::open(&args.of, file)?;
    let origin = wait(desk.ach.set_origin(&desk.caller, new))?.map_err(refused)?;
    desk.db.close();
    println!("{} at {} is in use.", origin.company_name, origin.odfi);
    Ok(())
}

fn list(desk: &Desk) -> Result<(), Failure> {
    let origins = wait(desk.ach.list_origins(&desk.caller))?.map_err(refused)?;
    desk.db.close();
    let rows = origins.iter().map(|it| {
        let state = if it.is_active { "in use" } else { "before" };
        let company = it.company_name.to_string();
        vec![it.name.clone(), it.odfi.to_string(), company, it.bank.to_string(), state.to_owned()]
    });
    println!("{}", table(&["name", "bank", "company", "answers", ""], &[], rows.collect()));
    Ok(())
}

fn files(desk: &Desk) -> Result<(), Failure> {
    let files = wait(desk.ach.list_files(&desk.caller))?.map_err(refused)?;
    desk.db.close();
    if desk.json {
        return print_json(&files.iter().map(as_json).collect::<Vec<_>>());
    }
    let rows = files.iter().map(|it| {
        vec![
            it.id.to_string(),
            it.direction.to_string(),
            it.day.to_string(),
            it.slot.clone(),
            it.entries.to_string(),
            amount(it.debits_cents, 2),
            amount(it.credits_cents, 2),
            it.state.to_string(),
        ]
    });
    let headings = ["id", "", "day", "window", "entries", "debits", "credits", "state"];
    println!("{}", table(&headings, &[4, 5, 6], rows.collect()));
    Ok(())
}

fn as_json(file: &AchFile) -> serde_json::Value {
    json!({
        "id": file.id.to_string(),
        "direction": file.direction.as_str(),
        "day": file.day.to_string(),
        "window": file.slot,
        "name": file.name,
        "entries": file.entries,
        "debits_cents": file.debits_cents,
        "credits_cents": file.credits_cents,
        "unmatched": file.unmatched,
        "state": file.state.as_str(),
    })
}

/// What a person is told of a refusal.
fn refused(error: AchError) -> Failure {
    match error {
        AchError::Invalid(faults) => {
            let words: Vec<String> = faults
                .iter()
                .map(|it| format!("--{}: {}", it.field.replace('_', "-"), it.message))
                .collect();
            Failure::usage(words.join("\n  "))
        }
        other => Failure::from(other),
    }
}
