//! `florin refund`: what borrowers have paid too much, and giving it back.

use std::sync::Arc;

use florin_calendar::{Clock, SystemClock};
use florin_http::Mode;
use florin_ids::{LoanId, TransactionId};
use florin_lending::refund::OwedToBorrower;
use florin_lending::{Lending, LendingError, NewRefund, Transaction};
use florin_storage::ListQuery;
use florin_tenancy::Caller;
use serde_json::{Value, json};

use super::{find_tenant, print_json, wait};
use crate::cli::{self, OfTenant};
use crate::failure::Failure;
use crate::output::table;
use crate::services::{Addresses, Services};
use crate::settings::File;
use crate::{keys, wiring};

/// How many rows are listed.
const SHOWN: u32 = 1_000;

pub fn run(args: cli::Refund, file: &File) -> Result<(), Failure> {
    match args {
        cli::Refund::Owed { of } => Desk::open(of, file)?.owed(),
        cli::Refund::List { of } => Desk::open(of, file)?.list(),
        cli::Refund::Create(args) => {
            let new = NewRefund {
                loan: id_of::<LoanId>(&args.loan, "loan", "`florin refund owed`")?,
                amount: args.amount,
                external_account: args.external_account,
                unique_key: args.key,
            };
            Desk::open(args.of, file)?.create(new)
        }
        cli::Refund::Apply { id, of } => Desk::open(of, file)?.apply(refund_id(&id)?),
        cli::Refund::Cancel { id, of } => Desk::open(of, file)?.cancel(refund_id(&id)?),
    }
}

fn refund_id(text: &str) -> Result<TransactionId, Failure> {
    id_of(text, "refund", "`florin refund list`")
}

fn id_of<T: std::str::FromStr>(text: &str, of: &str, from: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(format!("\"{text}\" is no {of} id")).advise(format!("{from} shows the ids."))
    })
}

/// The loans of one tenant, and how to print.
struct Desk {
    lending: Lending,
    caller: Caller,
    json: bool,
}

impl Desk {
    fn open(of: OfTenant, file: &File) -> Result<Self, Failure> {
        let db = wiring::open(&of.database, file)?;
        let tenant = find_tenant(&db, of.tenant.as_deref())?;
        let ring = keys::key_ring(&of.database, file, Mode::Sandbox)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let now = clock.now();
        let services = Services::new(db, clock, ring, Mode::Sandbox, &Addresses::default());
        let caller = Caller { tenant: tenant.id, currency: tenant.currency, now };
        Ok(Self { lending: services.lending, caller, json: of.json })
    }

    fn owed(&self) -> Result<(), Failure> {
        let order = vec![("amount", true), ("id", false)];
        let query = ListQuery { filters: Vec::new(), order, limit: SHOWN, offset: 0 };
        let page = wait(self.lending.list_owed_to_borrowers(&self.caller, query))?;
        let rows = page.map_err(refused)?.items;
        if self.json {
            return print_json(&rows.iter().map(owed_json).collect::<Vec<_>>());
        }
        let cells = rows.iter().map(|it: &OwedToBorrower| {
            vec![
                it.loan.to_string(),
                it.end_user.to_string(),
                it.status.to_string(),
                it.amount.currency().code().to_owned(),
                it.amount.to_string(),
                it.being_refunded.to_string(),
            ]
        });
        let headings = ["loan", "end user", "status", "currency", "owed", "being refunded"];
        println!("{}", table(&headings, &[4, 5], cells.collect()));
        Ok(())
    }

    fn list(&self) -> Result<(), Failure> {
        let order = vec![("id", true)];
        let query = ListQuery { filters: Vec::new(), order, limit: SHOWN, offset: 0 };
        let page = wait(self.lending.list_refunds(&self.caller, query))?;
        let refunds = page.map_err(refused)?.items;
        if self.json {
            return print_json(&refunds.iter().map(refund_json).collect::<Vec<_>>());
        }
        let cells = refunds.iter().map(|it: &Transaction| {
            vec![
                it.id.to_string(),
                it.loan.to_string(),
                it.effective_on.to_string(),
                it.amount.currency().code().to_owned(),
                it.amount.to_string(),
                it.status.to_string(),
                it.failure_reason.clone(),
            ]
        });
        let headings = ["refund", "loan", "date", "currency", "amount", "status", "reason"];
        println!("{}", table(&headings, &[4], cells.collect()));
        Ok(())
    }

    fn create(&self, new: NewRefund) -> Result<(), Failure> {
        let made = wait(self.lending.create_refund(&self.caller, new))?;
        self.print(&made.map_err(refused)?)
    }

    fn apply(&self, id: TransactionId) -> Result<(), Failure> {
        let applied = wait(self.lending.apply_refund(&self.caller, id))?;
        self.print(&applied.map_err(refused)?)
    }

    fn cancel(&self, id: TransactionId) -> Result<(), Failure> {
        let cancelled = wait(self.lending.cancel_refund(&self.caller, id))?;
        self.print(&cancelled.map_err(refused)?)
    }

    fn print(&self, refund: &Transaction) -> Result<(), Failure> {
        if self.json {
            return print_json(&refund_json(refund));
        }
        let Transaction { id, amount, status, .. } = refund;
        println!("Refund {id} of {amount} {} is {status}.", amount.currency().code());
        Ok(())
    }
}

/// What lending says of a request that it does not carry out.
fn refused(error: LendingError) -> Failure {
    match error {
        LendingError::Conflict(why) => Failure::new(why),
        LendingError::NotFound(what) => Failure::usage(format!("there is no such {what}")),
        LendingError::Invalid(faults) => {
            let words = faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message));
            Failure::usage(words.collect::<Vec<_>>().join(" "))
        }
        other => Failure::new("the refunds could not be read or changed").because(other),
    }
}

fn owed_json(it: &OwedToBorrower) -> Value {
    json!({
        "loan": it.loan.to_string(),
        "end_user": it.end_user.to_string(),
        "status": it.status.as_str(),
        "currency": it.amount.currency().code(),
        "amount": it.amount.to_string(),
        "being_refunded": it.being_refunded.to_string(),
    })
}

fn refund_json(it: &Transaction) -> Value {
    json!({
        "id": it.id.to_string(),
        "loan": it.loan.to_string(),
        "date": it.effective_on.to_string(),
        "currency": it.amount.currency().code(),
        "amount": it.amount.to_string(),
        "status": it.status.as_str(),
        "failure_reason": it.failure_reason,
    })
}
