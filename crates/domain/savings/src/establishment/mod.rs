//! Establishment: the owner proves who they are, and the plan opens the account.
//!
//! The link to the identity questions carries a signed key of the fund, so that the page behind it needs no other
//! credential. Questions are answered one after another; what was answered is kept, so that the owner can go on later. A
//! try in which one answer is wrong has failed, and after [`TRIES`] of them the fund has.

mod provider;
mod simulated;

use florin_events::{NewEvent, append_in, kinds};
use florin_ids::{FundId, TenantId};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

pub use provider::{Applicant, PlanProvider, Question};
pub use simulated::SimulatedPlanProvider;

use crate::fund::{FUND, Fund, FundState, Person, Role, repo};
use crate::{Savings, SavingsError, link};

const LINK: &str = "savings.establishment_url";

/// How many tries at the questions there are.
pub const TRIES: u32 = 3;

/// How many account numbers are tried for a fund.
const ACCOUNT_TRIES: u32 = 20;

/// Where the establishment of a fund stands, for the page that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Establishment {
    /// The fund.
    pub fund: FundId,
    /// Its name.
    pub fund_name: String,
    /// The plan that opens the account.
    pub plan_provider: String,
    /// Whether it is still open.
    pub state: FundState,
    /// What is asked next, while it is.
    pub question: Option<Question>,
    /// Which question that is, from 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// How many tries are left, the one under way included.
    pub tries_left: u32,
}

impl Savings {
    /// The key of the link under which a fund's owner answers the identity questions; `None` where there is nothing to
    /// establish. It is good for at least 30 days.
    pub fn establishment_key(&self, caller: &Caller, fund: &Fund) -> Option<String> {
        let whose = (caller.tenant, fund.id.uuid());
        fund.risk_level.map(|_| link::issue(self.keys(), LINK, whose, caller.now))
    }

    /// Where the establishment behind a key stands.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] for a key that is none of ours, was changed or has expired.
    pub async fn establishment(
        &self,
        key: &str,
        now: Timestamp,
    ) -> Result<Establishment, SavingsError> {
        let (tenant, id) = self.fund_of_key(key, now)?;
        let savings = self.clone();
        self.db()
            .read(move |tx| {
                let fund = repo::get(tx, savings.keys(), tenant, id)?;
                let fund = fund.ok_or(SavingsError::NotFound(FUND))?;
                let applicant = applicant_in(tx, &savings, tenant, id)?;
                Ok(view(&savings, &fund, &applicant))
            })
            .await
    }

    /// Takes an answer in: the number of a choice, from 0. An answer to a question that is not asked now changes
    /// nothing.
    ///
    /// # Errors
    /// As [`Savings::establishment`]; [`SavingsError::Invalid`] for a choice that there is not.
    pub async fn answer_question(
        &self,
        key: &str,
        question: String,
        choice: u32,
        now: Timestamp,
    ) -> Result<Establishment, SavingsError> {
        let (tenant, id) = self.fund_of_key(key, now)?;
        let savings = self.clone();
        self.db()
            .write(move |tx| answer_in(tx, &savings, tenant, id, (&question, choice), now))
            .await
    }

    fn fund_of_key(&self, key: &str, now: Timestamp) -> Result<(TenantId, FundId), SavingsError> {
        let (tenant, id) =
            link::read(self.keys(), LINK, key, now).ok_or(SavingsError::NotFound(FUND))?;
        Ok((tenant, FundId::from_uuid(id)))
    }
}

fn answer_in(
    tx: &mut Tx,
    savings: &Savings,
    tenant: TenantId,
    id: FundId,
    (question, choice): (&str, u32),
    now: Timestamp,
) -> Result<Establishment, SavingsError> {
    let fund = repo::get_for_update(tx, savings.keys(), tenant, id)?;
    let mut fund = fund.ok_or(SavingsError::NotFound(FUND))?;
    let applicant = applicant_in(tx, savings, tenant, id)?;
    let asked = view(savings, &fund, &applicant);
    let Some(expected) = asked.question.as_ref().filter(|it| it.id == question) else {
        return Ok(asked);
    };
    let number = usize::try_from(choice).unwrap_or(usize::MAX);
    if number >= expected.choices.len() {
        return Err(SavingsError::Invalid(vec!["choice is not one of the choices".to_owned()]));
    }
    fund.answers.push((question.to_owned(), choice));
    if fund.answers.len() == asked.of {
        let state = day::state_in(tx, tenant)?;
        let at = state.stamp(now);
        judge_in(tx, savings, tenant, &mut fund, &applicant, (state.business_date, at))?;
    }
    repo::update(tx, savings.keys(), tenant, &fund)?;
    let told = match fund.state {
        FundState::Establishing => None,
        FundState::Established => Some(kinds::FUND_ESTABLISHED),
        FundState::Failed => Some(kinds::ESTABLISH_FUND_FAILED),
    };
    if let Some(kind) = told {
        let occurred_at = day::state_in(tx, tenant)?.stamp(now);
        append_in(tx, tenant, &[event(kind, &fund, occurred_at)])?;
    }
    Ok(view(savings, &fund, &applicant))
}

/// Ends a try: every answer has to be right.
fn judge_in(
    tx: &mut Tx,
    savings: &Savings,
    tenant: TenantId,
    fund: &mut Fund,
    applicant: &Applicant,
    (today, at): (Date, Timestamp),
) -> Result<(), SavingsError> {
    let provider = savings.provider();
    let answers = std::mem::take(&mut fund.answers);
    if !answers.iter().all(|(id, choice)| provider.is_right(applicant, id, *choice)) {
        fund.failed_tries += 1;
        if fund.failed_tries >= TRIES {
            fund.state = FundState::Failed;
        }
        return Ok(());
    }
    let people = repo::people(tx, savings.keys(), tenant, fund.id)?;
    let child = people.iter().find(|person| person.role == Role::Beneficiary);
    let born_on = child.and_then(|child: &Person| child.born_on);
    fund.account_number = Some(free_account_in(tx, savings, tenant, fund)?);
    fund.portfolio_label = fund.risk_level.map(|risk| provider.portfolio(risk, born_on, today));
    fund.established_at = Some(at);
    fund.state = FundState::Established;
    Ok(())
}

/// A number that no other fund of the tenant has with the plan.
fn free_account_in(
    tx: &mut Tx,
    savings: &Savings,
    tenant: TenantId,
    fund: &Fund,
) -> Result<String, SavingsError> {
    let mut number = savings.provider().account_number(fund.id, 0);
    for attempt in 1..ACCOUNT_TRIES {
        if !repo::is_account_known(tx, savings.keys(), tenant, fund.plan_id, &number)? {
            break;
        }
        number = savings.provider().account_number(fund.id, attempt);
    }
    Ok(number)
}

fn applicant_in(
    tx: &mut Tx,
    savings: &Savings,
    tenant: TenantId,
    fund: FundId,
) -> Result<Applicant, SavingsError> {
    let people = repo::people(tx, savings.keys(), tenant, fund)?;
    let owner = people.into_iter().find(|person| person.role == Role::Owner);
    Ok(Applicant { fund, owner: owner.ok_or(SavingsError::NotFound(FUND))? })
}

fn view(savings: &Savings, fund: &Fund, applicant: &Applicant) -> Establishment {
    let questions = savings.provider().questions(applicant);
    let (answered, of) = (fund.answers.len(), questions.len());
    let is_open = fund.state == FundState::Establishing;
    let question = questions.into_iter().nth(answered).filter(|_| is_open);
    Establishment {
        fund: fund.id,
        fund_name: fund.name.clone(),
        plan_provider: fund.plan_provider.clone(),
        state: fund.state,
        question,
        number: answered + 1,
        of,
        tries_left: TRIES.saturating_sub(fund.failed_tries),
    }
}

/// What a listener is told, under the names of the savings document.
fn event(kind: &'static str, fund: &Fund, occurred_at: Timestamp) -> NewEvent {
    let data = match fund.is_established() {
        true => json!({
            "uuid": fund.id,
            "established_at": fund.established_at.map(wire_time),
            "plan_provider": fund.plan_provider,
            "account_number": fund.account_number,
            "portfolio_label": fund.portfolio_label,
            "is_established": true,
            "fund_name": fund.name,
        }),
        false => json!({ "uuid": fund.id, "is_established": false, "fund_name": fund.name }),
    };
    NewEvent { kind, resource: format!("fund:{}", fund.id), occurred_at, data }
}

/// A time as the savings document writes it: `2018-03-29T08:27:34.365846Z`.
pub fn wire_time(time: Timestamp) -> String {
    format!("{time:.6}")
}
