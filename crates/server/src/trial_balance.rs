//! A tenant's trial balance: what stands on every account number, as a bookkeeper reads it.

use comfy_table::Table;
use florin_ids::TenantId;
use florin_ledger::{AccountNo, TrialBalanceLine};
use florin_money::Currency;
use florin_storage::Db;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::output::{amount, table};
use crate::wiring::CHART;

/// One account number and currency.
#[derive(Debug, Serialize, Deserialize)]
pub struct Line {
    /// The account's number in the chart.
    pub account: AccountNo,
    /// Its name.
    pub name: String,
    /// The currency's code.
    pub currency: String,
    /// What stands on it when debits outweigh, in minor units.
    pub debit_minor: i64,
    /// What stands on it when credits outweigh, in minor units.
    pub credit_minor: i64,
    /// Debits of entries that are still pending, in minor units.
    pub pending_debit_minor: i64,
    /// Credits of entries that are still pending, in minor units.
    pub pending_credit_minor: i64,
}

impl Line {
    /// Decimals of its currency.
    fn exponent(&self) -> u32 {
        Currency::from_code(&self.currency).map_or(2, |currency| currency.exponent())
    }
}

/// The trial balance of a tenant, in order of account number.
///
/// # Errors
/// The database failed.
pub fn read(db: &Db, tenant: TenantId) -> Result<Vec<Line>, Failure> {
    let lines = db.read_blocking(move |tx| florin_ledger::trial_balance_in(tx, tenant))?;
    Ok(lines.into_iter().map(line).collect())
}

fn line(line: TrialBalanceLine) -> Line {
    let account = CHART.iter().find(|account| account.no == line.no);
    Line {
        account: line.no,
        name: account.map_or("", |account| account.name).to_owned(),
        currency: line.currency.code().to_owned(),
        debit_minor: line.posted.max(0),
        credit_minor: line.posted.min(0).saturating_neg(),
        pending_debit_minor: line.pending_debit,
        pending_credit_minor: line.pending_credit,
    }
}

/// The lines as a table, with totals for each currency.
pub fn shown(lines: &[Line]) -> Table {
    let cell = |minor: i64, exponent: u32| match minor {
        0 => String::new(),
        minor => amount(minor, exponent),
    };
    let mut rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            vec![
                line.account.to_string(),
                line.name.clone(),
                line.currency.clone(),
                cell(line.debit_minor, line.exponent()),
                cell(line.credit_minor, line.exponent()),
                cell(line.pending_debit_minor, line.exponent()),
                cell(line.pending_credit_minor, line.exponent()),
            ]
        })
        .collect();
    let mut currencies: Vec<(&str, u32)> =
        lines.iter().map(|line| (line.currency.as_str(), line.exponent())).collect();
    currencies.sort_unstable();
    currencies.dedup();
    for (currency, exponent) in currencies {
        let of = || lines.iter().filter(|line| line.currency == currency);
        rows.push(vec![
            String::new(),
            "Total".to_owned(),
            currency.to_owned(),
            amount(of().map(|line| line.debit_minor).sum(), exponent),
            amount(of().map(|line| line.credit_minor).sum(), exponent),
            cell(of().map(|line| line.pending_debit_minor).sum(), exponent),
            cell(of().map(|line| line.pending_credit_minor).sum(), exponent),
        ]);
    }
    let header =
        ["account", "name", "currency", "debit", "credit", "pending debit", "pending credit"];
    table(&header, &[3, 4, 5, 6], rows)
}
