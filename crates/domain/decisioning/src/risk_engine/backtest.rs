//! What an engine would have said of past applications.

use std::collections::BTreeMap;

use florin_ids::{ApplicationId, ProductId, RiskEngineId, TenantId};
use florin_storage::Tx;
use florin_tenancy::Caller;
use jiff::civil::Date;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::compiled::Compiled;
use crate::book::{PastApplication, PastLoan, Which};
use crate::error::FieldError;
use crate::expression::Inputs;
use crate::scoring::assess;
use crate::{Decisioning, DecisioningError, data_point, decision};

/// The applications that are looked at unless told otherwise.
pub const APPLICATIONS_DEFAULT: u32 = 10_000;
/// The most applications of one backtest.
pub const APPLICATIONS_MAX: u32 = 100_000;
/// Applications read at a time.
const PAGE: u32 = 500;

/// Which past applications an engine is tried on.
#[derive(Debug, Clone, Default)]
pub struct BacktestFields {
    /// Decided on or after this date.
    pub from: Option<Date>,
    /// Decided on or before this date.
    pub to: Option<Date>,
    /// Of this product.
    pub product: Option<ProductId>,
    /// At most so many, 1 to [`APPLICATIONS_MAX`], the oldest first.
    pub limit: Option<i64>,
    /// Faults that reading the request found.
    pub unreadable: Vec<FieldError>,
}

/// What an engine would have said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backtest {
    /// The engine.
    pub risk_engine: RiskEngineId,
    /// Its version.
    pub version: String,
    /// Applications that were looked at.
    pub applications: u64,
    /// Of them, those that the engine approves.
    pub approved: u64,
    /// Of them, those that were approved.
    pub recorded_approved: u64,
    /// Approved then, and by the engine.
    pub kept: Group,
    /// Approved then; the engine declines them.
    pub refused: Group,
    /// Declined then; the engine approves them.
    pub added: Group,
    /// How many applications had no value for an input of the engine.
    pub missing: BTreeMap<String, u64>,
    /// Whether there were more applications than were looked at.
    pub is_cut: bool,
}

/// Some of the applications, and what became of their loans.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// How many applications.
    pub applications: u64,
    /// How many of them have a loan that was paid out.
    pub loans: u64,
    /// Loans with an instalment that was overdue for a day or more.
    pub loans_in_arrears: u64,
    /// Loans in default or written off.
    pub loans_lost: u64,
    /// The most days that an instalment of any of them was overdue.
    pub worst_arrears_days: u32,
    /// What was lent, in minor units by currency code.
    pub lent_minor: BTreeMap<&'static str, i64>,
}

impl Group {
    /// The share of the loans with something overdue, from 0 to 1 with 4 decimals; `None` without loans.
    pub fn arrears_rate(&self) -> Option<Decimal> {
        rate(self.loans_in_arrears, self.loans)
    }

    fn add(&mut self, loan: Option<&PastLoan>) {
        self.applications += 1;
        let Some(loan) = loan else { return };
        self.loans += 1;
        self.loans_in_arrears += u64::from(loan.worst_arrears_days > 0);
        self.loans_lost += u64::from(loan.is_lost);
        self.worst_arrears_days = self.worst_arrears_days.max(loan.worst_arrears_days);
        let lent = self.lent_minor.entry(loan.amount.currency().code()).or_default();
        *lent = lent.saturating_add(loan.amount.minor());
    }
}

impl Backtest {
    fn of(engine: &Compiled) -> Self {
        Self {
            risk_engine: engine.id,
            version: engine.version.clone(),
            applications: 0,
            approved: 0,
            recorded_approved: 0,
            kept: Group::default(),
            refused: Group::default(),
            added: Group::default(),
            missing: BTreeMap::new(),
            is_cut: false,
        }
    }

    /// Adds what the engine says of one application; `may_be_lent` is false where the product's limits forbid it.
    fn add(
        &mut self,
        past: &PastApplication,
        engine: &Compiled,
        inputs: &Inputs,
        may_be_lent: bool,
    ) {
        for name in engine.inputs.iter().filter(|name| inputs.get(name).is_none()) {
            *self.missing.entry(name.clone()).or_default() += 1;
        }
        let is_approved = may_be_lent && assess(&engine.cards, inputs).approved;
        self.applications += 1;
        self.approved += u64::from(is_approved);
        self.recorded_approved += u64::from(past.is_approved);
        let group = match (past.is_approved, is_approved) {
            (true, true) => &mut self.kept,
            (true, false) => &mut self.refused,
            (false, true) => &mut self.added,
            (false, false) => return,
        };
        group.add(past.loan.as_ref());
    }

    /// The share that the engine approves, from 0 to 1 with 4 decimals; `None` without applications.
    pub fn approval_rate(&self) -> Option<Decimal> {
        rate(self.approved, self.applications)
    }

    /// The share that was approved.
    pub fn recorded_approval_rate(&self) -> Option<Decimal> {
        rate(self.recorded_approved, self.applications)
    }
}

fn rate(part: u64, whole: u64) -> Option<Decimal> {
    Decimal::from(part).checked_div(Decimal::from(whole)).map(|rate| rate.round_dp(4).normalize())
}

impl Decisioning {
    /// Works an engine, a draft too, out over past applications with the inputs that their last decision recorded.
    /// Where there is none (the product's limits decided) it takes what Florin knows by itself and the data points. An
    /// input without a recorded value is looked for among the data points. Nothing is written.
    ///
    /// # Errors
    /// [`DecisioningError::NotFound`]; [`DecisioningError::Invalid`].
    pub async fn backtest(
        &self,
        caller: &Caller,
        id: RiskEngineId,
        fields: BacktestFields,
    ) -> Result<Backtest, DecisioningError> {
        let (service, tenant) = (self.clone(), caller.tenant);
        self.db.read(move |tx| service.backtest_in(tx, tenant, id, &fields)).await
    }

    fn backtest_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        id: RiskEngineId,
        fields: &BacktestFields,
    ) -> Result<Backtest, DecisioningError> {
        let engine = self.compiled_in(tx, tenant, id)?;
        let limit = check(fields)?;
        let which = Which { from: fields.from, to: fields.to, product: fields.product };
        let mut backtest = Backtest::of(&engine);
        let mut after = None;
        loop {
            let page = self
                .book
                .past_applications(tx, tenant, &which, after, PAGE)
                .map_err(DecisioningError::Book)?;
            let is_last = page.len() < PAGE as usize;
            let ids: Vec<Uuid> = page.iter().map(|past| past.id.uuid()).collect();
            let mut recorded = decision::repo::last_inputs(tx, tenant, ids)?;
            for past in &page {
                if backtest.applications >= u64::from(limit) {
                    backtest.is_cut = true;
                    return Ok(backtest);
                }
                let (mut inputs, may_be_lent) = match recorded.remove(&past.id) {
                    Some(recorded) => recorded,
                    None => {
                        let known = self.book.known_inputs(tx, tenant, past.id);
                        (known.map_err(DecisioningError::Book)?, past.is_approved)
                    }
                };
                complete_in(tx, tenant, past.id, &engine, &mut inputs)?;
                backtest.add(past, &engine, &inputs, may_be_lent);
            }
            after = page.last().map(|past| past.id);
            if is_last {
                return Ok(backtest);
            }
        }
    }
}

/// Looks for inputs of the engine that have no value among the application's data points.
fn complete_in(
    tx: &mut Tx,
    tenant: TenantId,
    application: ApplicationId,
    engine: &Compiled,
    inputs: &mut Inputs,
) -> Result<(), DecisioningError> {
    if engine.inputs.iter().all(|name| inputs.get(name).is_some()) {
        return Ok(());
    }
    let mut found = Inputs::default();
    for (name, value) in data_point::repo::of_application(tx, tenant, application)? {
        found.insert(name, value);
    }
    for name in &engine.inputs {
        if let (None, Some(value)) = (inputs.get(name), found.get(name)) {
            inputs.insert(name.as_str(), value.clone());
        }
    }
    Ok(())
}

fn check(fields: &BacktestFields) -> Result<u32, DecisioningError> {
    let mut faults = fields.unreadable.clone();
    let limit = fields.limit.unwrap_or(i64::from(APPLICATIONS_DEFAULT));
    let limit = match u32::try_from(limit) {
        Ok(limit @ 1..=APPLICATIONS_MAX) => limit,
        _ => {
            let text = format!("Ensure this value is from 1 to {APPLICATIONS_MAX}.");
            faults.push(FieldError::new("limit", text));
            APPLICATIONS_DEFAULT
        }
    };
    if let (Some(from), Some(to)) = (fields.from, fields.to)
        && to < from
    {
        faults.push(FieldError::new("to", "Ensure this date is not before \"from\"."));
    }
    if faults.is_empty() { Ok(limit) } else { Err(DecisioningError::Invalid(faults)) }
}
