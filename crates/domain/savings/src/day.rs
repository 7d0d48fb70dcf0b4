//! Savings' part of the business day: the contributions that are due, and the answers of the built-in bank.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use florin_calendar::Calendar;
use florin_crypto::KeyRing;
use florin_ids::{FundId, TenantId, UserId};
use florin_payments::{Moment, Rails};
use florin_storage::Tx;
use florin_tenancy::day::{DayContext, DayStep, Step};
use uuid::Uuid;

use crate::contribution::{self, Contribution};
use crate::fund::{self, Fund, FundState};
use crate::investment::ValuationDay;
use crate::settings::{self, Scheduling};
use crate::transaction::TransactionStatus;
use crate::transaction::news::{self, Payer};
use crate::transaction::pay::{self, PayIn};
use crate::{SavingsError, user};

/// The first name of a saver whose account is empty: the built-in bank fails every payment (`R01`).
pub const PENNILESS: &str = "Penniless";
/// The first name of a saver who disputes what was paid: the built-in bank returns every payment two business days after
/// it has settled (`R10`).
pub const DISPUTING: &str = "Disputing";

/// The first name of a saver whose account is closed: the built-in bank fails every withdrawal (`R02`).
pub const MOVED: &str = "Moved";

/// How many contributions or transactions one transaction of the database deals with.
const CHUNK: u32 = 1_000;

/// The steps of savings' business day, with the rails that contributions are pulled over.
pub fn day_steps(keys: &Arc<KeyRing>, rails: &Rails) -> Vec<Arc<dyn DayStep>> {
    let keys = Arc::clone(keys);
    vec![
        Arc::new(ContributionsDay { keys: Arc::clone(&keys), rails: rails.clone() }),
        Arc::new(BuiltInBankDay { keys }),
        Arc::new(ValuationDay),
    ]
}

/// Makes the payments that are due.
struct ContributionsDay {
    keys: Arc<KeyRing>,
    rails: Rails,
}

impl Step for ContributionsDay {
    const NAME: &'static str = "contributions";
    const ORDINAL: i64 = 40;
    type Error = SavingsError;

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, SavingsError> {
        let tenant = day.tenant;
        if settings::repo::scheduling(tx, tenant)? == Scheduling::Partner {
            return Ok(None);
        }
        let mut due = contribution::repo::due_after(tx, tenant, day.date, after, CHUNK)?;
        let Some(last) = due.last().map(|it| it.id.uuid()) else { return Ok(None) };
        let is_full = u32::try_from(due.len()).is_ok_and(|count| count == CHUNK);
        let ids = due.iter().map(|it| it.fund.uuid()).collect();
        let funds = fund::repo::by_ids(tx, &self.keys, tenant, ids)?;
        let funds: HashMap<FundId, Fund> = funds.into_iter().map(|it| (it.id, it)).collect();
        let mut payments = Vec::new();
        for contribution in &mut due {
            let Some(fund) = funds.get(&contribution.fund) else { continue };
            contribution.pass_over(day.date);
            match fund.state {
                FundState::Established => pay_due(contribution, fund, day, &mut payments),
                // Its payments begin once the plan has opened the account.
                FundState::Establishing => contribution.wait(Calendar::UsFed.after(day.date)),
                // The plan never will.
                FundState::Failed => *contribution = contribution.cancelled()?,
            }
        }
        let moment = Moment { on: day.date, at: day.stamp };
        let made = pay::make_many_in(tx, &self.rails, tenant, moment, day.collections, payments)?;
        let failed = made.iter().filter(|it| it.status == TransactionStatus::Failed);
        let failed: HashSet<Uuid> = failed.map(|it| it.source).collect();
        due.iter_mut().filter(|it| failed.contains(&it.id.uuid())).for_each(Contribution::fail);
        contribution::repo::update_many(tx, tenant, &due)?;
        Ok(is_full.then_some(last))
    }
}

/// Makes what is due of one contribution; two payments when both of a month have met on one day.
fn pay_due<'a>(
    contribution: &mut Contribution,
    fund: &'a Fund,
    day: &DayContext,
    payments: &mut Vec<PayIn<'a>>,
) {
    while let Some(due) = contribution.next.filter(|due| due.on == day.date) {
        payments.push(PayIn {
            fund,
            source: contribution.id.uuid(),
            source_key: due.slot.key(),
            frequency: contribution.terms.frequency,
            amount_minor: contribution.amount_minor,
            account: contribution.account,
            giver: None,
        });
        contribution.pay(day.date);
    }
}

/// Lets the built-in bank answer.
struct BuiltInBankDay {
    keys: Arc<KeyRing>,
}

impl Step for BuiltInBankDay {
    const NAME: &'static str = "contribution answers";
    const ORDINAL: i64 = 41;
    type Error = SavingsError;

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, SavingsError> {
        let moment = Moment { on: day.date, at: day.stamp };
        let answered = news::answered_after_in(tx, day.tenant, moment, after, CHUNK)?;
        let Some(last) = answered.last().map(|it| it.id.uuid()) else { return Ok(None) };
        let is_full = u32::try_from(answered.len()).is_ok_and(|count| count == CHUNK);
        let funds = answered.iter().map(|it| it.fund.uuid()).collect();
        let payers = self.payers_in(tx, day.tenant, funds)?;
        news::answer_many_in(tx, day.tenant, moment, answered, &payers)?;
        Ok(is_full.then_some(last))
    }
}

impl BuiltInBankDay {
    /// Who pays into these funds: the user, or for a linked account somebody of the beneficiary's first name.
    fn payers_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        ids: Vec<Uuid>,
    ) -> Result<HashMap<FundId, Payer>, SavingsError> {
        let funds = fund::repo::by_ids(tx, &self.keys, tenant, ids.clone())?;
        let users = funds.iter().filter_map(|fund| fund.user).map(UserId::uuid).collect();
        let users = user::repo::by_ids(tx, tenant, users)?;
        let users: HashMap<UserId, String> =
            users.into_iter().map(|user| (user.id, user.first_name)).collect();
        let beneficiaries = fund::repo::beneficiary_names(tx, tenant, ids)?;
        let beneficiaries: HashMap<FundId, String> = beneficiaries.into_iter().collect();
        let payer = |fund: &Fund| {
            let name = match fund.user {
                Some(user) => users.get(&user),
                None => beneficiaries.get(&fund.id),
            };
            match name.map(String::as_str) {
                Some(PENNILESS) => Payer::Penniless,
                Some(DISPUTING) => Payer::Disputing,
                Some(MOVED) => Payer::Moved,
                _ => Payer::Good,
            }
        };
        Ok(funds.iter().map(|fund| (fund.id, payer(fund))).collect())
    }
}
