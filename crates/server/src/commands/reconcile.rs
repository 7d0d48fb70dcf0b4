//! `florin reconcile`: compares our payments with the direct-debit provider's, over the account in use and those taken
//! out of use lately, and with the ledger.

use std::process::ExitCode;
use std::sync::Arc;

use florin_calendar::{Clock, SystemClock};
use florin_http::Mode;
use florin_lending::collections::clearing::{Clearing, ClearingLine};
use florin_mandates::MandatesError;
use florin_mandates::reconcile::{Difference, Report};
use florin_tenancy::Caller;
use serde_json::{Value, json};

use super::{find_tenant, print_json, wait};
use crate::cli::Reconcile;
use crate::failure::Failure;
use crate::output::table;
use crate::services::{Addresses, Services};
use crate::settings::File;
use crate::{keys, wiring};

pub fn run(args: &Reconcile, file: &File) -> Result<ExitCode, Failure> {
    let db = wiring::open(&args.of.database, file)?;
    let found = find_tenant(&db, args.of.tenant.as_deref())?;
    let tenant = found.id;
    let ring = keys::key_ring(&args.of.database, file, Mode::Sandbox)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let simulator = Some(args.simulator.as_str());
    let direct_debit = simulator.map(str::to_owned);
    let addresses = Addresses { direct_debit, ..Addresses::default() };
    let now = clock.now();
    let services = Services::new(db.clone(), clock, ring, Mode::Sandbox, &addresses);
    let compared = wait(services.collector.reconcile(tenant, args.from, args.to))?;
    let caller = Caller { tenant, currency: found.currency, now };
    let cleared = wait(services.lending.compare_clearing(&caller))?;
    db.close();
    // Who collects over ACH alone, or not at all, has a ledger all the same.
    let compared = match compared {
        Err(MandatesError::NoAccount) => Ok(Vec::new()),
        compared => compared,
    };
    let cleared = cleared.map_err(|error| {
        Failure::new("the ledger could not be compared with the payments").because(error)
    })?;
    let reports = compared.map_err(|error| {
        Failure::new("the payments could not be compared")
            .because(error)
            .advise(
                "The provider must answer. A simulated one runs within `florin serve`: --simulator says where, \
                 such as http://127.0.0.1:8080/simulator/gocardless.",
            )
    })?;
    match args.of.json {
        true => print_json(&json!({
            "accounts": Value::from_iter(reports.iter().map(as_json)),
            "clearing": Value::from_iter(cleared.iter().map(clearing_json)),
        }))?,
        false => {
            reports.iter().for_each(print);
            cleared.iter().for_each(print_clearing);
        }
    }
    let agrees = reports.iter().all(|report| report.differences.is_empty())
        && cleared.iter().all(Clearing::agrees);
    Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(report: &Report) {
    let Report { account, from, to, ours, theirs, differences, .. } = report;
    println!("Account {account}");
    println!("{from} to {to}: {ours} payments of ours, {theirs} of the provider.");
    if differences.is_empty() {
        println!("Both sides agree.");
        return;
    }
    let headings = ["difference", "payment", "provider's id", "ours", "provider's"];
    println!("{}", table(&headings, &[], differences.iter().map(cells).collect()));
}

fn print_clearing(of: &Clearing) {
    let (currency, ledger, payments) = (of.ledger.currency().code(), of.ledger, of.payments);
    println!(
        "On its way by the ledger (account 1020): {ledger} {currency}; by our payments: {payments}."
    );
    if of.agrees() {
        println!("Both agree.");
        return;
    }
    let rows = of.lines.iter().map(|it| {
        vec![
            it.payment.to_string(),
            it.loan.map(|id| id.to_string()).unwrap_or_default(),
            it.state.to_string(),
            it.ledger.to_string(),
            it.payments.to_string(),
        ]
    });
    let headings = ["payment", "loan", "state", "ledger", "payments"];
    println!("{}", table(&headings, &[3, 4], rows.collect()));
    if of.unexplained.minor() != 0 {
        println!("{} {currency} of the difference belong to no payment.", of.unexplained);
    }
}

fn clearing_json(of: &Clearing) -> Value {
    let line = |it: &ClearingLine| {
        json!({
            "payment": it.payment.to_string(),
            "loan": it.loan.map(|id| id.to_string()),
            "state": it.state.as_str(),
            "ledger": it.ledger.to_string(),
            "payments": it.payments.to_string(),
        })
    };
    json!({
        "currency": of.ledger.currency().code(),
        "ledger": of.ledger.to_string(),
        "payments": of.payments.to_string(),
        "unexplained": of.unexplained.to_string(),
        "lines": of.lines.iter().map(line).collect::<Vec<_>>(),
    })
}

fn cells(difference: &Difference) -> Vec<String> {
    let payment = difference.payment.map(|id| id.to_string()).unwrap_or_default();
    let reference = difference.reference.clone().unwrap_or_default();
    vec![
        difference.kind.to_string(),
        payment,
        reference,
        difference.ours.clone(),
        difference.theirs.clone(),
    ]
}

fn as_json(report: &Report) -> Value {
    let differences: Vec<Value> = report
        .differences
        .iter()
        .map(|it| {
            json!({
                "difference": it.kind.to_string(),
                "payment": it.payment.map(|id| id.to_string()),
                "provider_id": it.reference,
                "ours": it.ours,
                "theirs": it.theirs,
            })
        })
        .collect();
    json!({
        "id": report.id.to_string(),
        "provider_account": report.account.to_string(),
        "from": report.from.to_string(),
        "to": report.to.to_string(),
        "ours": report.ours,
        "theirs": report.theirs,
        "differences": differences,
    })
}
