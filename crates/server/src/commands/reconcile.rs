//! `florin reconcile`: compares our payments with the direct-debit provider's, over the account in use and those taken
//! out of use lately.

use std::process::ExitCode;
use std::sync::Arc;

use florin_calendar::{Clock, SystemClock};
use florin_http::Mode;
use florin_mandates::reconcile::{Difference, Report};
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
    let tenant = find_tenant(&db, args.of.tenant.as_deref())?.id;
    let ring = keys::key_ring(&args.of.database, file, Mode::Sandbox)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let simulator = Some(args.simulator.as_str());
    let direct_debit = simulator.map(str::to_owned);
    let addresses = Addresses { direct_debit, ..Addresses::default() };
    let services = Services::new(db.clone(), clock, ring, Mode::Sandbox, &addresses);
    let compared = wait(services.collector.reconcile(tenant, args.from, args.to))?;
    db.close();
    let reports = compared.map_err(|error| {
        Failure::new("the payments could not be compared")
            .because(error)
            .advise(
                "The provider must answer. A simulated one runs within `florin serve`: --simulator says where, \
                 such as http://127.0.0.1:8080/simulator/gocardless.",
            )
    })?;
    match args.of.json {
        true => print_json(&Value::from_iter(reports.iter().map(as_json)))?,
        false => reports.iter().for_each(print),
    }
    let agrees = reports.iter().all(|report| report.differences.is_empty());
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
