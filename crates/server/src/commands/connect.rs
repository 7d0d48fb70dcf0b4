//! `florin institutions` and `florin open-banking`: which banks end users can link, and who reads them.

use std::io::Write as _;
use std::sync::Arc;

use florin_calendar::{SystemClock, system_now};
use florin_connect::ConnectError;
use florin_connect::aggregator::open_banking::NewOpenBankingAccount;
use florin_http::Mode;
use florin_tenancy::Caller;
use serde_json::json;

use super::{find_tenant, print_json, secret, wait};
use crate::cli::{Institutions, OfTenant, OpenBanking, OpenBankingSet};
use crate::failure::Failure;
use crate::services::{Addresses, Services};
use crate::settings::File;
use crate::{keys, wiring};

/// The services, for one tenant.
struct Desk {
    services: Services,
    caller: Caller,
}

impl Desk {
    fn open(of: &OfTenant, file: &File, simulator: Option<String>) -> Result<Self, Failure> {
        let db = wiring::open(&of.database, file)?;
        let tenant = find_tenant(&db, of.tenant.as_deref())?;
        let ring = keys::key_ring(&of.database, file, Mode::Sandbox)?;
        let addresses = Addresses { open_banking: simulator, ..Addresses::default() };
        let services = Services::new(db, Arc::new(SystemClock), ring, Mode::Sandbox, &addresses);
        let caller = Caller { tenant: tenant.id, currency: tenant.currency, now: system_now() };
        Ok(Self { services, caller })
    }

    fn close(self) {
        self.services.db.close();
    }
}

pub fn institutions(args: Institutions, file: &File) -> Result<(), Failure> {
    match args {
        Institutions::Load { path, of } => {
            let content = std::fs::read(&path).map_err(|error| {
                Failure::new(format!("{} cannot be read", path.display())).because(error)
            })?;
            let desk = Desk::open(&of, file, None)?;
            let loaded = wait(desk.services.connect.load_institutions(&desk.caller, &content))?;
            let loaded = loaded.map_err(refused)?;
            desk.close();
            println!(
                "{} institutions are loaded: {} of the tenant's own, {} built-in ones changed.",
                loaded.rows, loaded.own, loaded.changed
            );
            Ok(())
        }
        Institutions::OpenBanking { countries, simulator, of } => {
            let desk = Desk::open(&of, file, Some(simulator))?;
            let countries: Vec<&str> = countries.iter().map(String::as_str).collect();
            let found = desk.services.open_banking.institution_file(&desk.caller, &countries);
            let found = wait(found)?.map_err(refused)?;
            desk.close();
            Ok(std::io::stdout().lock().write_all(&found)?)
        }
    }
}

pub fn open_banking(args: OpenBanking, file: &File) -> Result<(), Failure> {
    match args {
        OpenBanking::Set(args) => set(args, file),
        OpenBanking::Show { of } => {
            let desk = Desk::open(&of, file, None)?;
            let found = wait(desk.services.open_banking.account(&desk.caller))?.map_err(refused)?;
            desk.close();
            let Some(account) = found else {
                return Err(Failure::new("the tenant has no account at an open-banking provider"));
            };
            let place = shown(&account.base_url);
            match of.json {
                true => print_json(&json!({ "secret_id": account.secret_id, "base_url": place })),
                false => {
                    println!("{} at {place}", account.secret_id);
                    Ok(())
                }
            }
        }
        OpenBanking::Remove { of } => {
            let desk = Desk::open(&of, file, None)?;
            wait(desk.services.open_banking.remove_account(&desk.caller))?.map_err(refused)?;
            desk.close();
            println!("The account is forgotten.");
            Ok(())
        }
    }
}

fn set(args: OpenBankingSet, file: &File) -> Result<(), Failure> {
    let new = NewOpenBankingAccount {
        base_url: args.base_url,
        secret_id: args.secret_id,
        secret_key: secret("--secret-key-file", &args.secret_key_file)?,
    };
    let desk = Desk::open(&args.of, file, None)?;
    let account = wait(desk.services.open_banking.set_account(&desk.caller, new))?;
    let account = account.map_err(refused)?;
    desk.close();
    println!("{} at {} is in use.", account.secret_id, shown(&account.base_url));
    Ok(())
}

fn shown(base_url: &str) -> &str {
    if base_url.is_empty() { "the provider's own system" } else { base_url }
}

/// What a person is told of a refusal.
fn refused(error: ConnectError) -> Failure {
    match error {
        ConnectError::Invalid(faults) => {
            let words = faults.iter().map(|it| {
                let flag = match it.field.as_str() {
                    "secret_key" => "secret-key-file".to_owned(),
                    field => field.replace('_', "-"),
                };
                format!("--{flag}: {}", it.message)
            });
            Failure::usage(words.collect::<Vec<_>>().join("\n  "))
        }
        ConnectError::BadFile(faults) => {
            let words = faults.iter().map(|it| format!("line {}: {}", it.line, it.message));
            Failure::new("the file is at fault, and nothing of it was loaded")
                .advise(words.collect::<Vec<_>>().join("\n  "))
        }
        other => Failure::from(other),
    }
}
