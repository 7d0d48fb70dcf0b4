//! `florin bank`: who originates ACH files, and the files.

use std::io::Write as _;
use std::sync::Arc;

use florin_ach::Trace;
use florin_ach_origination::{
    Ach, AchError, AchFile, Bank, Delivery, Entry, Erroneous, FieldFault, Login, NewOrigin,
    Reversal, Sftp, TakenIn,
};
use florin_calendar::{SystemClock, system_now};
use florin_crypto::Secret;
use florin_http::Mode;
use florin_ids::AchFileId;
use florin_payments::Direction;
use florin_storage::Db;
use florin_tenancy::Caller;
use serde_json::json;

use super::{find_tenant, print_json, secret, wait};
use crate::cli::{self, BankSet, OfTenant, SftpSet, Way};
use crate::failure::Failure;
use crate::output::{amount, table};
use crate::services::{Addresses, Services};
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
        let services =
            Services::new(db.clone(), clock, ring, Mode::Production, &Addresses::default());
        let caller = Caller { tenant: tenant.id, currency: tenant.currency, now: system_now() };
        Ok(Self { db, ach: services.ach, caller, json: of.json })
    }
}

pub fn run(args: cli::Bank, file: &File) -> Result<(), Failure> {
    match args {
        cli::Bank::Set(args) => set(*args, file),
        cli::Bank::List { of } => list(&Desk::open(&of, file)?),
        cli::Bank::Files { of } => files(&Desk::open(&of, file)?),
        cli::Bank::Reverse { file: id, entry, of } => {
            let what = erroneous(id.as_deref(), entry.as_deref())?;
            reverse(&Desk::open(&of, file)?, what)
        }
        cli::Bank::Prenote { account, direction, of } => {
            prenote(&Desk::open(&of, file)?, &account, direction)
        }
        cli::Bank::File { id, of } => {
            let id = file_id(&id)?;
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

fn file_id(text: &str) -> Result<AchFileId, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(format!("\"{text}\" is no file id"))
            .advise("`florin bank files` shows the ids.")
    })
}

/// What is to be taken back.
fn erroneous(file: Option<&str>, entry: Option<&str>) -> Result<Erroneous, Failure> {
    if let Some(id) = file {
        return Ok(Erroneous::File(file_id(id)?));
    }
    let text = entry.unwrap_or_default();
    let is_trace = text.len() == 15 && text.bytes().all(|byte| byte.is_ascii_digit());
    let trace = text.parse().ok().filter(|_| is_trace).and_then(Trace::from_number);
    let id = || text.parse().ok().map(Erroneous::Entry);
    trace.map(Erroneous::Trace).or_else(id).ok_or_else(|| {
        Failure::usage(format!("\"{text}\" is no entry's id or trace number")).advise(
            "`florin bank file ID | florin ach inspect -` shows the trace numbers of a file.",
        )
    })
}

fn reverse(desk: &Desk, what: Erroneous) -> Result<(), Failure> {
    let Reversal { entries, settles_on, passed_over } =
        wait(desk.ach.reverse(&desk.caller, what))?.map_err(refused)?;
    desk.db.close();
    if desk.json {
        let passed = passed_over.iter().map(|(entry, why)| {
            json!({ "entry": entry.id.to_string(), "account": entry.reference, "reason": why })
        });
        return print_json(&json!({
            "settles_on": settles_on.to_string(),
            "entries": entries.iter().map(entry_json).collect::<Vec<_>>(),
            "passed_over": passed.collect::<Vec<_>>(),
        }));
    }
    let rows = entries.iter().map(|it| {
        let reversed = it.reverses.map(|id| id.to_string()).unwrap_or_default();
        vec![it.reference.clone(), it.direction.to_string(), amount(it.amount_cents, 2), reversed]
    });
    println!("{}", table(&["account", "", "amount", "takes back"], &[2], rows.collect()));
    for (entry, why) in &passed_over {
        println!("Not taken back: {} ({}). {why}", entry.id, entry.reference);
    }
    println!(
        "{} of {} entries are taken back with the next file, which settles on {settles_on}.",
        entries.len(),
        entries.len() + passed_over.len()
    );
    Ok(())
}

fn prenote(desk: &Desk, account: &str, direction: Way) -> Result<(), Failure> {
    let direction = match direction {
        Way::Collect => Direction::Collect,
        Way::Pay => Direction::Pay,
    };
    let entry = wait(desk.ach.prenote(&desk.caller, account, direction))?.map_err(refused)?;
    desk.db.close();
    if desk.json {
        return print_json(&entry_json(&entry));
    }
    println!(
        "A prenote ({}) for external account {account} leaves with the next file; it is answered on the third banking day \
         after it settles, or before.",
        entry.sec.as_str()
    );
    Ok(())
}

fn entry_json(entry: &Entry) -> serde_json::Value {
    json!({
        "entry": entry.id.to_string(),
        "account": entry.reference,
        "kind": entry.kind.as_str(),
        "class": entry.sec.as_str(),
        "direction": entry.direction.as_str(),
        "amount_cents": entry.amount_cents,
        "reverses": entry.reverses.map(|id| id.to_string()),
        "wanted_on": entry.wanted_on.to_string(),
    })
}

/// Where files go: to the bank's SFTP server when there is one, to folders of this machine otherwise.
fn delivery(args: &BankSet) -> Result<Option<Delivery>, Failure> {
    let Some((outbound, inbound)) = args.outbound.clone().zip(args.inbound.clone()) else {
        return Ok(None);
    };
    let SftpSet { sftp_host: Some(host), sftp_port, sftp_user, sftp_host_key, .. } = &args.sftp
    else {
        return Ok(Some(Delivery::Directory { outbound, inbound }));
    };
    Ok(Some(Delivery::Sftp(Box::new(Sftp {
        host: host.clone(),
        port: *sftp_port,
        user: sftp_user.clone().unwrap_or_default(),
        login: login(&args.sftp)?,
        host_key: sftp_host_key.clone().unwrap_or_default(),
        outbound,
        inbound,
    }))))
}

fn login(args: &SftpSet) -> Result<Login, Failure> {
    if let Some(path) = &args.sftp_password_file {
        return Ok(Login::Password { password: secret("--sftp-password-file", path)? });
    }
    let key = args.sftp_key.as_deref().map(|path| secret("--sftp-key", path)).transpose()?;
    let passphrase = args.sftp_key_passphrase_file.as_deref();
    let passphrase =
        passphrase.map(|path| secret("--sftp-key-passphrase-file", path)).transpose()?;
    let empty = || Secret::from_text("");
    Ok(Login::Key { key: key.unwrap_or_else(empty), passphrase: passphrase.unwrap_or_else(empty) })
}

fn set(args: BankSet, file: &File) -> Result<(), Failure> {
    let delivery = delivery(&args)?;
    let is_password = args.sftp.sftp_password_file.is_some();
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
        delivery,
    };
    let desk = Desk::open(&args.of, file)?;
    let origin = match args.unchecked {
        true => wait(desk.ach.set_origin_untried(&desk.caller, new))?,
        false => wait(desk.ach.set_origin(&desk.caller, new))?,
    };
    let origin = origin.map_err(|error| refused(naming_flags(error, is_password)))?;
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

/// Faults of an SFTP server name the flags that were given.
fn naming_flags(mut error: AchError, is_password: bool) -> AchError {
    let faults = match &mut error {
        AchError::Invalid(faults) | AchError::Undeliverable(faults) => faults,
        _ => return error,
    };
    for fault in faults {
        fault.field = match fault.field {
            "host" => "sftp_host",
            "port" => "sftp_port",
            "user" => "sftp_user",
            "host_key" => "sftp_host_key",
            "login" if is_password => "sftp_password_file",
            "login" => "sftp_key",
            other => other,
        };
    }
    error
}

/// What a person is told of a refusal.
fn refused(error: AchError) -> Failure {
    match error {
        AchError::Invalid(faults) => Failure::usage(by_flag(&faults)),
        AchError::Undeliverable(faults) => Failure::new(by_flag(&faults))
            .advise("Nothing was set. With --unchecked it is, without trying folders and servers."),
        other => Failure::from(other),
    }
}

/// Faults behind their flags, one a line.
fn by_flag(faults: &[FieldFault]) -> String {
    let words = faults.iter().map(|it| format!("--{}: {}", it.field.replace('_', "-"), it.message));
    words.collect::<Vec<_>>().join("\n  ")
}
