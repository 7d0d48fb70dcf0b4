//! `florin program`, `florin customer`, `florin routing` and `florin maintenance`: what an operator of external accounts
//! and savings decides.

use florin_calendar::system_now;
use florin_external_accounts::customer::CustomerStatus;
use florin_external_accounts::program::{Limit, ProgramBank, TransferLimits};
use florin_external_accounts::{
    AccountKind, CustomerChange, ExternalAccounts, Program, ProgramId, ProgramSettings,
    VerificationType,
};
use florin_http::Mode;
use florin_ids::EndUserId;
use florin_money::{Currency, Money};
use florin_storage::Db;
use florin_tenancy::{Caller, Tenant};
use serde_json::json;

use super::{find_tenant, print_json, wait};
use crate::cli::{self, AccountDecision, AllowedType, MaintenanceState, OfTenant, Verification};
use crate::failure::Failure;
use crate::output::table;
use crate::settings::File;
use crate::{keys, wiring};

/// The external accounts of one tenant, and how to print.
struct Desk {
    db: Db,
    accounts: ExternalAccounts,
    tenant: Tenant,
    json: bool,
}

impl Desk {
    fn open(of: &OfTenant, file: &File) -> Result<Self, Failure> {
        let db = wiring::open(&of.database, file)?;
        let tenant = find_tenant(&db, of.tenant.as_deref())?;
        let ring = keys::key_ring(&of.database, file, Mode::Sandbox)?;
        let accounts = ExternalAccounts::new(db.clone(), ring);
        Ok(Self { db, accounts, tenant, json: of.json })
    }

    fn caller(&self) -> Caller {
        let Tenant { id: tenant, currency, .. } = self.tenant;
        Caller { tenant, currency, now: system_now() }
    }

    fn show(&self, programs: &[Program]) -> Result<(), Failure> {
        if self.json {
            let shown: Vec<_> = programs.iter().map(as_json).collect();
            return print_json(&shown);
        }
        let rows = programs.iter().map(cells).collect();
        let headings =
            ["program", "keys", "name", "verification", "types", "accounts", "attempts", "days"];
        println!("{}", table(&headings, &[0, 5, 6, 7], rows));
        Ok(())
    }

    fn find(&self, id: i64) -> Result<Program, Failure> {
        let programs = wait(self.accounts.list_programs(self.tenant.id))??;
        programs.into_iter().find(|it| it.id.number() == id).ok_or_else(|| {
            Failure::new(format!("there is no program {id}"))
                .advise("`florin program list` shows the programs.")
        })
    }
}

pub fn run(args: cli::Program, file: &File) -> Result<(), Failure> {
    match args {
        cli::Program::Create { settings, default, of } => {
            let desk = Desk::open(&of, file)?;
            let settings = over(ProgramSettings::default(), settings)?;
            let made =
                desk.accounts.create_program(desk.tenant.id, settings, default, system_now());
            let made = wait(made)??;
            desk.show(&[made])?;
            desk.db.close();
        }
        cli::Program::List { of } => {
            let desk = Desk::open(&of, file)?;
            desk.show(&wait(desk.accounts.list_programs(desk.tenant.id))??)?;
            desk.db.close();
        }
        cli::Program::Change { id, settings, of } => {
            let desk = Desk::open(&of, file)?;
            let program = desk.find(id)?;
            let settings = over(program.settings.clone(), settings)?;
            let changed = desk.accounts.change_program(desk.tenant.id, program.id, settings);
            desk.show(&[wait(changed)??])?;
            desk.db.close();
        }
        cli::Program::Use { id, of } => {
            let desk = Desk::open(&of, file)?;
            let id = ProgramId::from_number(id);
            wait(desk.accounts.use_program(desk.tenant.id, id))??;
            desk.db.close();
            println!("The tenant's keys call program {id}.");
        }
    }
    Ok(())
}

/// Decides about customers and their accounts.
pub fn customer(args: cli::Customer, file: &File) -> Result<(), Failure> {
    match args {
        cli::Customer::Change { id, status, active, lock, unlock, deceased, end_user, of } => {
            let lock = if unlock { Some(None) } else { lock.map(Some) };
            let change = CustomerChange {
                status: status.as_deref().map(customer_status).transpose()?,
                is_active: active,
                lock,
                deceased_on: deceased.map(Some),
            };
            change_customer(&Desk::open(&of, file)?, id, change, end_user)
        }
        cli::Customer::Account { id, decision, reason, of } => {
            decide(&Desk::open(&of, file)?, id, decision, &reason)
        }
    }
}

fn customer_status(word: &str) -> Result<CustomerStatus, Failure> {
    CustomerStatus::parse(word).ok_or_else(|| {
        Failure::usage(format!("--status {word} is no status"))
            .advise("Give Initiated, Unverified or Verified.")
    })
}

fn change_customer(
    desk: &Desk,
    id: i64,
    change: CustomerChange,
    end_user: Option<String>,
) -> Result<(), Failure> {
    let caller = desk.caller();
    if let Some(text) = end_user {
        let end_user: EndUserId =
            text.parse().map_err(|_| Failure::usage(format!("--end-user {text} is no id")))?;
        wait(desk.accounts.link_end_user(&caller, id, Some(end_user)))??;
    }
    let changed = wait(desk.accounts.change_customer(&caller, id, change))??;
    desk.db.close();
    let locked = if changed.locked_at.is_some() { ", and locked" } else { "" };
    let (name, status) = (changed.full_name(), changed.status.as_str());
    println!("Customer {} ({name}) is {status}{locked}.", changed.id);
    Ok(())
}

fn decide(desk: &Desk, id: i64, decision: AccountDecision, reason: &str) -> Result<(), Failure> {
    let (accounts, caller) = (&desk.accounts, desk.caller());
    let account = match decision {
        AccountDecision::Lock => wait(accounts.lock_account(&caller, id, reason))??,
        AccountDecision::Unlock => wait(accounts.unlock_account(&caller, id))??,
        AccountDecision::Deny => wait(accounts.deny_account(&caller, id, reason))??,
        AccountDecision::Approve => wait(accounts.approve_account(&caller, id))??,
    };
    desk.db.close();
    let locked = if account.is_locked() { ", and locked" } else { "" };
    println!("Account {} is {}{locked}.", account.id, account.status.as_str());
    Ok(())
}

/// Loads the routing directory.
pub fn routing(args: cli::Routing, file: &File) -> Result<(), Failure> {
    let cli::Routing::Load { path, database } = args;
    let contents = std::fs::read_to_string(&path).map_err(|error| {
        Failure::new(format!("{} cannot be read", path.display())).because(error)
    })?;
    let db = wiring::open(&database, file)?;
    let loaded = wait(florin_external_accounts::routing::load(&db, &contents))??;
    db.close();
    println!("{} banks are known by their routing numbers.", loaded.participants);
    Ok(())
}

/// Savings' maintenance mode.
pub fn maintenance(args: &cli::Maintenance, file: &File) -> Result<(), Failure> {
    let db = wiring::open(&args.database, file)?;
    let is_on = args.state == MaintenanceState::On;
    wait(florin_savings::maintenance::set_maintenance(&db, is_on, system_now()))??;
    db.close();
    println!("The savings API {}.", if is_on { "is under maintenance" } else { "is served" });
    Ok(())
}

/// The settings with what was asked for in their place.
fn over(known: ProgramSettings, asked: cli::ProgramSettings) -> Result<ProgramSettings, Failure> {
    let verification = asked.verification.map(|how| match how {
        Verification::None => VerificationType::None,
        Verification::TrialDeposits => VerificationType::TrialDeposits,
        Verification::Any => VerificationType::Any,
    });
    let mut limits = known.limits;
    for text in &asked.limits {
        set_limit(&mut limits, text)?;
    }
    Ok(ProgramSettings {
        name: asked.name.unwrap_or(known.name),
        verification: verification.unwrap_or(known.verification),
        is_nacha: asked.nacha.unwrap_or(known.is_nacha),
        allowed_types: allowed(&asked.allowed_types)?.unwrap_or(known.allowed_types),
        external_account_count_max: asked.accounts_max.unwrap_or(known.external_account_count_max),
        archival_limit_daily: asked.archivals_a_day.unwrap_or(known.archival_limit_daily),
        verify_attempts_max: asked.attempts.unwrap_or(known.verify_attempts_max),
        verify_days: asked.days.unwrap_or(known.verify_days),
        time_zone: asked.time_zone.unwrap_or(known.time_zone),
        website: asked.website.unwrap_or(known.website),
        customers_start_verified: asked
            .customers_start_verified
            .unwrap_or(known.customers_start_verified),
        limits,
        bank: asked
            .bank_routing
            .zip(asked.bank_name)
            .map(|(routing_number, nacha_name)| ProgramBank { routing_number, nacha_name })
            .or(known.bank),
        ..known
    })
}

/// One `LIMIT=FROM..TO`.
fn set_limit(limits: &mut TransferLimits, text: &str) -> Result<(), Failure> {
    let bad = || {
        Failure::usage(format!("--limit {text} is not understood")).advise(
            "Give one of per-user-daily-withdraw, per-user-daily-deposit, per-user-monthly-withdraw, \
             per-user-monthly-deposit, per-program-daily-withdraw and per-program-daily-deposit, then \
             =FROM..TO in dollars.",
        )
    };
    let (name, range) = text.split_once('=').ok_or_else(bad)?;
    let (from, to) = range.split_once("..").ok_or_else(bad)?;
    let dollars = Currency::from_code("USD")?;
    let cents = |text: &str| Money::parse(text, dollars).map(Money::minor).map_err(|_| bad());
    let limit = Limit { minimum_minor: cents(from)?, maximum_minor: cents(to)? };
    let place = match name {
        "per-user-daily-withdraw" => &mut limits.per_user_daily_withdraw,
        "per-user-daily-deposit" => &mut limits.per_user_daily_deposit,
        "per-user-monthly-withdraw" => &mut limits.per_user_monthly_withdraw,
        "per-user-monthly-deposit" => &mut limits.per_user_monthly_deposit,
        "per-program-daily-withdraw" => &mut limits.per_program_daily_withdraw,
        "per-program-daily-deposit" => &mut limits.per_program_daily_deposit,
        _ => return Err(bad()),
    };
    *place = limit;
    Ok(())
}

fn types(program: &Program) -> Vec<&'static str> {
    program.settings.allowed_types.iter().map(|it| it.as_str()).collect()
}

/// The types that are asked for; `None` when none was named.
fn allowed(asked: &[AllowedType]) -> Result<Option<Vec<AccountKind>>, Failure> {
    if asked.contains(&AllowedType::None) && asked.len() > 1 {
        return Err(Failure::usage("--allow-type none stands alone"));
    }
    let kind = |it: &AllowedType| match it {
        AllowedType::Checking => Some(AccountKind::Checking),
        AllowedType::Savings => Some(AccountKind::Savings),
        AllowedType::Prepaid => Some(AccountKind::Prepaid),
        AllowedType::None => None,
    };
    let mut kinds: Vec<AccountKind> = asked.iter().filter_map(kind).collect();
    kinds.sort();
    kinds.dedup();
    Ok((!asked.is_empty()).then_some(kinds))
}

fn cells(program: &Program) -> Vec<String> {
    let settings = &program.settings;
    vec![
        program.id.to_string(),
        if program.is_default { "call it" } else { "" }.to_owned(),
        settings.name.clone(),
        settings.verification.as_str().to_owned(),
        if settings.allowed_types.is_empty() {
            "none".to_owned()
        } else {
            types(program).join(", ")
        },
        settings.external_account_count_max.to_string(),
        settings.verify_attempts_max.to_string(),
        settings.verify_days.to_string(),
    ]
}

fn as_json(program: &Program) -> serde_json::Value {
    let settings = &program.settings;
    json!({
        "id": program.id.number(),
        "name": settings.name,
        "verification": settings.verification.as_str(),
        "nacha": settings.is_nacha,
        "is_default": program.is_default,
        "allowed_types": types(program),
        "accounts_max": settings.external_account_count_max,
        "archivals_a_day": settings.archival_limit_daily,
        "attempts": settings.verify_attempts_max,
        "days": settings.verify_days,
        "time_zone": settings.time_zone,
        "customers_start_verified": settings.customers_start_verified,
    })
}
