//! Funds as facts. Pure.

use florin_ids::{FundId, UserId};
use jiff::Timestamp;
use jiff::civil::Date;

use super::Relationship;
use super::handle;
use super::person::{self, Person, PersonFields, Role, Ssn};
use crate::SavingsError;
use crate::check::{Check, Given, MAX_NAME_CHARS, age_in_years};
use crate::plan::Plan;
use florin_storage::words;

const MAX_DESCRIPTION_CHARS: usize = 2_000;
const MAX_ACCOUNT_CHARS: usize = 20;
const BENEFICIARY_SSN: &str = "beneficiary_ssn";
/// Who is younger cannot own a 529 account.
const OWNER_AGE_YEARS: i16 = 18;

words! {
    /// How a fund has come about.
    pub enum FundKind {
        /// For a child.
        Kid = "kid",
        /// For a child that is not born yet.
        Prebirth = "prebirth",
        /// An account that was opened elsewhere.
        Linked = "linked",
    }
}

words! {
    /// How much risk the owner wants to take.
    pub enum RiskLevel {
        /// Most.
        MaximizingGains = "maximizing_gains",
        /// Neither.
        Balanced = "balanced",
        /// Little.
        MinimizingLosses = "minimizing_losses",
        /// None.
        PreservingCapital = "preserving_capital",
    }
}

words! {
    /// Where the opening of the 529 account stands.
    pub enum FundState {
        /// The owner has still to prove who they are.
        Establishing = "establishing",
        /// The account is open.
        Established = "established",
        /// The owner has failed to prove who they are.
        Failed = "failed",
    }
}

/// A fund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fund {
    /// UUID v7.
    pub id: FundId,
    /// Whose it is; `None` for linked accounts.
    pub user: Option<UserId>,
    /// How it has come about.
    pub kind: FundKind,
    /// Its name.
    pub name: String,
    /// Its part of its public address; unique.
    pub handle: String,
    /// A photo of the beneficiary.
    pub photo_url: Option<String>,
    /// What givers read.
    pub description: Option<String>,
    /// How much risk; `None` for linked accounts.
    pub risk_level: Option<RiskLevel>,
    /// Where its opening stands.
    pub state: FundState,
    /// The plan, an id of [`crate::plan::PlanList`].
    pub plan_id: i64,
    /// The name of its plan, as people know it.
    pub plan_provider: String,
    /// What the accounts of one beneficiary may hold in its plan, in cents.
    pub limit_minor: i64,
    /// The number of the 529 account, once there is one.
    pub account_number: Option<String>,
    /// What the plan has invested it in, once it is open.
    pub portfolio_label: Option<String>,
    /// When the account was opened or linked.
    pub established_at: Option<Timestamp>,
    /// Tries at the identity questions that have failed.
    pub failed_tries: u32,
    /// Answers of the try under way: the question, and the number of the choice.
    pub answers: Vec<(String, u32)>,
    /// When it was asked for.
    pub inserted_at: Timestamp,
}

impl Fund {
    /// Whether its 529 account is open.
    pub fn is_established(&self) -> bool {
        self.state == FundState::Established
    }
}

/// What a request for a new fund says of its public page; what it leaves out is made up.
#[derive(Debug, Clone, Default)]
pub struct PublicFields {
    /// See [`Fund::handle`].
    pub handle: Given<String>,
    /// See [`Fund::photo_url`].
    pub photo_url: Given<String>,
    /// See [`Fund::description`].
    pub description: Given<String>,
}

/// The same, read.
struct Public {
    handle: Option<String>,
    photo_url: Option<String>,
    description: Option<String>,
}

impl PublicFields {
    fn read(self, check: &mut Check) -> Option<Public> {
        let handle = handle::perhaps(check, self.handle);
        let photo_url = check.photo("photo_url", self.photo_url);
        let description = check.prose("description", self.description, MAX_DESCRIPTION_CHARS);
        Some(Public { handle: handle?, photo_url: photo_url?, description: description? })
    }
}

impl Public {
    /// The handle that was chosen; empty when one is to be made up.
    fn handle(&self) -> Result<String, SavingsError> {
        let chosen = self.handle.clone().unwrap_or_default();
        handle::check_free(&chosen)?;
        Ok(chosen)
    }
}

/// What a request for a new fund says.
#[derive(Debug, Clone, Default)]
pub struct FundFields {
    /// Whether it is for a child that is not born yet.
    pub prebirth: Given<bool>,
    /// The child; not asked for before it is born.
    pub beneficiary: PersonFields,
    /// The saver.
    pub owner: PersonFields,
    /// See [`Fund::risk_level`].
    pub risk_level: Given<String>,
    /// See [`Fund::name`].
    pub fund_name: Given<String>,
    /// Its public page.
    pub public: PublicFields,
    /// Faults that reading the request found; they are answered together with the others.
    pub unreadable: Vec<String>,
}

/// What a request to link an account says.
#[derive(Debug, Clone, Default)]
pub struct LinkFields {
    /// The plan that the account is with.
    pub plan_id: Given<i64>,
    /// Its number there.
    pub account_number: Given<String>,
    /// The beneficiary's first name, as the plan has it.
    pub first_name: Given<String>,
    /// The beneficiary's last name, as the plan has it.
    pub last_name: Given<String>,
    /// The beneficiary's social security number, by which limits count the account together with others.
    pub ssn: Given<String>,
    /// The fund's name here.
    pub fund_name: Given<String>,
    /// Its public page.
    pub public: PublicFields,
    /// Faults that reading the request found.
    pub unreadable: Vec<String>,
}

/// What a request to change a fund says; what it leaves out stays.
#[derive(Debug, Clone, Default)]
pub struct FundChange {
    /// See [`Fund::name`].
    pub fund_name: Given<String>,
    /// See [`Fund::handle`].
    pub handle: Given<String>,
    /// See [`Fund::photo_url`]; `null` takes it away.
    pub photo_url: Given<String>,
    /// See [`Fund::description`]; `null` takes it away.
    pub description: Given<String>,
    /// `false` reports a birth: the beneficiary's fields are then required.
    pub prebirth: Given<bool>,
    /// The child that was born. Of a linked account, the social security number can be told once.
    pub beneficiary: PersonFields,
    /// What the owner is to the child.
    pub relationship: Given<String>,
    /// Names of other fields that were sent, and that nothing can change.
    pub fixed: Vec<String>,
    /// Faults that reading the request found.
    pub unreadable: Vec<String>,
}

/// A new fund and its people.
#[derive(Debug, Clone)]
pub(super) struct NewFund {
    pub fund: Fund,
    pub people: Vec<Person>,
}

/// A fund that is asked for on `today`; its handle is empty unless one was chosen.
pub(super) fn open(
    (id, user, plan): (FundId, UserId, Plan),
    fields: FundFields,
    today: Date,
    at: Timestamp,
) -> Result<NewFund, SavingsError> {
    let mut check = Check::new(fields.unreadable);
    let prebirth = check.required("prebirth", fields.prebirth);
    // Where it is not said which fund it is, it is read as the usual one, so that all that may be missing is told.
    let is_kid = prebirth != Some(true);
    let beneficiary = match is_kid {
        true => {
            person::read(&mut check, Role::Beneficiary, fields.beneficiary, today, false).map(Some)
        }
        false => Some(None),
    };
    let owner = person::read(&mut check, Role::Owner, fields.owner, today, is_kid);
    let name = check.text("fund_name", fields.fund_name, MAX_NAME_CHARS);
    let risk_level = risk_level(&mut check, fields.risk_level);
    let public = fields.public.read(&mut check);
    let found = (|| Some((prebirth?, beneficiary?, owner?, risk_level?, name?, public?)))();
    let (prebirth, beneficiary, owner, risk_level, name, public) =
        check.finish(found).map_err(SavingsError::Invalid)?;
    check_people(beneficiary.as_ref(), &owner, today)?;
    let made_up = description_for(beneficiary.as_ref().map(|it| it.first_name.as_str()));
    let fund = Fund {
        id,
        user: Some(user),
        kind: if prebirth { FundKind::Prebirth } else { FundKind::Kid },
        handle: public.handle()?,
        photo_url: public.photo_url,
        description: public.description.or(Some(made_up)),
        name,
        risk_level: Some(risk_level),
        state: FundState::Establishing,
        plan_id: plan.id,
        plan_provider: plan.display_name,
        limit_minor: plan.limit_minor,
        account_number: None,
        portfolio_label: None,
        established_at: None,
        failed_tries: 0,
        answers: Vec::new(),
        inserted_at: at,
    };
    Ok(NewFund { fund, people: beneficiary.into_iter().chain([owner]).collect() })
}

/// A fund over an account that was opened elsewhere, with `plan` if there is the one that is asked for; its handle is empty
/// unless one was chosen.
pub(super) fn link(
    id: FundId,
    fields: LinkFields,
    plan: Option<Plan>,
    at: Timestamp,
) -> Result<NewFund, SavingsError> {
    let mut check = Check::new(fields.unreadable);
    let plan_id = check.required("plan_id", fields.plan_id);
    let account = account_number(&mut check, fields.account_number);
    let first_name = check.text("beneficiary_first_name", fields.first_name, MAX_NAME_CHARS);
    let last_name = check.text("beneficiary_last_name", fields.last_name, MAX_NAME_CHARS);
    let ssn = match fields.ssn {
        Given::Absent | Given::Null => Some(None),
        given => check.ssn(BENEFICIARY_SSN, given).map(|digits| Some(Ssn::of_digits(digits))),
    };
    let name = check.text("fund_name", fields.fund_name, MAX_NAME_CHARS);
    let public = fields.public.read(&mut check);
    let found = (|| Some((plan_id?, account?, first_name?, last_name?, ssn?, name?, public?)))();
    let (plan_id, account, first_name, last_name, ssn, name, public) =
        check.finish(found).map_err(SavingsError::Invalid)?;
    let Some(plan) = plan else {
        return Err(SavingsError::impossible(format!(
            "plan_id {plan_id} is not a supported plan: GET /restapi/v1/plans lists them"
        )));
    };
    let fund = Fund {
        id,
        user: None,
        kind: FundKind::Linked,
        handle: public.handle()?,
        photo_url: public.photo_url,
        description: public.description.or_else(|| Some(description_for(Some(&first_name)))),
        name,
        risk_level: None,
        state: FundState::Established,
        plan_id: plan.id,
        plan_provider: plan.display_name,
        limit_minor: plan.limit_minor,
        account_number: Some(account),
        portfolio_label: None,
        established_at: Some(at),
        failed_tries: 0,
        answers: Vec::new(),
        inserted_at: at,
    };
    let beneficiary = Person {
        role: Role::Beneficiary,
        first_name,
        middle_name: None,
        last_name,
        born_on: None,
        relationship: None,
        ssn,
        phone: None,
        physical: None,
        mailing: None,
    };
    Ok(NewFund { fund, people: vec![beneficiary] })
}

/// What a change of a fund came to: the fund, and its people when a birth was reported.
pub(super) struct Changed {
    pub fund: Fund,
    pub people: Vec<Person>,
}

/// The fund with what `change` says changed. `people` are its people as known so far.
pub(super) fn change(
    fund: &Fund,
    people: &[Person],
    change: FundChange,
    today: Date,
) -> Result<Changed, SavingsError> {
    let mut check = Check::new(change.unreadable);
    let name = match change.fund_name.is_sent() {
        true => check.text("fund_name", change.fund_name, MAX_NAME_CHARS),
        false => Some(fund.name.clone()),
    };
    let handle = match change.handle.is_sent() {
        true => handle::chosen(&mut check, change.handle),
        false => Some(fund.handle.clone()),
    };
    let photo_url = match change.photo_url.is_sent() {
        true => check.photo("photo_url", change.photo_url),
        false => Some(fund.photo_url.clone()),
    };
    let description = match change.description.is_sent() {
        true => check.prose("description", change.description, MAX_DESCRIPTION_CHARS),
        false => Some(fund.description.clone()),
    };
    let of = |role| people.iter().find(|person| person.role == role);
    let is_birth = change.prebirth == Given::Value(false) && fund.kind == FundKind::Prebirth;
    let told = match (is_birth, of(Role::Owner), of(Role::Beneficiary)) {
        (true, Some(owner), _) => {
            let child =
                person::read(&mut check, Role::Beneficiary, change.beneficiary, today, false);
            let relationship = relationship(&mut check, change.relationship, owner);
            (|| Some(vec![child?, Person { relationship: Some(relationship?), ..owner.clone() }]))()
        }
        (_, None, Some(child)) if change.beneficiary.ssn.is_sent() => {
            let ssn = check.ssn(BENEFICIARY_SSN, change.beneficiary.ssn).map(Ssn::of_digits);
            ssn.map(|ssn| vec![Person { ssn: Some(ssn), ..child.clone() }])
        }
        _ => Some(Vec::new()),
    };
    let found = (|| Some((name?, handle?, photo_url?, description?, told?)))();
    let (name, handle, photo_url, description, told) =
        check.finish(found).map_err(SavingsError::Invalid)?;
    check_change(fund, people, &told, change.prebirth, change.fixed)?;
    if handle != fund.handle {
        handle::check_free(&handle)?;
    }
    let mut changed = Fund { name, handle, photo_url, description, ..fund.clone() };
    if let [child, owner] = told.as_slice() {
        check_people(Some(child), owner, today)?;
        changed.kind = FundKind::Kid;
        if fund.description == Some(description_for(None))
            && changed.description == fund.description
        {
            changed.description = Some(description_for(Some(&child.first_name)));
        }
    }
    Ok(Changed { fund: changed, people: told })
}

/// Refuses what nothing can change: who owns a fund and what for, and who is known already.
fn check_change(
    fund: &Fund,
    people: &[Person],
    told: &[Person],
    prebirth: Given<bool>,
    fixed: Vec<String>,
) -> Result<(), SavingsError> {
    if prebirth == Given::Value(true) && fund.kind != FundKind::Prebirth {
        return Err(SavingsError::impossible("prebirth cannot become true: the child is born"));
    }
    let is_linked = fund.kind == FundKind::Linked;
    let is_known = |new: &Person| {
        let known = people.iter().find(|it| it.role == new.role).and_then(|it| it.ssn.as_ref());
        known.is_some_and(|known| Some(known) != new.ssn.as_ref())
    };
    let mut fixed = fixed;
    fixed.retain(|field| !(is_linked && field == BENEFICIARY_SSN));
    if is_linked && told.iter().any(is_known) {
        fixed.push(BENEFICIARY_SSN.to_owned());
    }
    if fixed.is_empty() {
        return Ok(());
    }
    let reasons = fixed.iter().map(|field| format!("{field} cannot be changed"));
    Err(SavingsError::Impossible(reasons.collect()))
}

fn risk_level(check: &mut Check, given: Given<String>) -> Option<RiskLevel> {
    let words: Vec<&str> = RiskLevel::ALL.iter().map(|it| it.as_str()).collect();
    check.word("risk_level", given, RiskLevel::parse, &words)
}

/// What the owner is to the child that was born; it may have been said before.
fn relationship(check: &mut Check, given: Given<String>, owner: &Person) -> Option<Relationship> {
    if !given.is_sent() && owner.relationship.is_some() {
        return owner.relationship;
    }
    let words: Vec<&str> = Relationship::ALL.iter().map(|it| it.as_str()).collect();
    check.word("owner_relationship", given, Relationship::parse, &words)
}

fn account_number(check: &mut Check, given: Given<String>) -> Option<String> {
    const FIELD: &str = "account_number";
    let text = check.text(FIELD, given, MAX_ACCOUNT_CHARS)?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if text.len() < 4 || !text.bytes().all(is_plain) || !text.bytes().any(|b| b.is_ascii_digit()) {
        check.fault(FIELD, "is not a valid account number");
        return None;
    }
    Some(text)
}

/// People that no plan would open an account for, though each of them is sound.
fn check_people(
    beneficiary: Option<&Person>,
    owner: &Person,
    today: Date,
) -> Result<(), SavingsError> {
    let mut reasons = Vec::new();
    if owner.born_on.is_some_and(|born| age_in_years(born, today) < OWNER_AGE_YEARS) {
        reasons.push(format!("owner_born_on: the owner must be at least {OWNER_AGE_YEARS}"));
    }
    let is_same = beneficiary.is_some_and(|it| it.ssn.is_some() && it.ssn == owner.ssn);
    if is_same && owner.relationship != Some(Relationship::Themselves) {
        reasons.push("beneficiary_ssn must differ from owner_ssn".to_owned());
    }
    if reasons.is_empty() { Ok(()) } else { Err(SavingsError::Impossible(reasons)) }
}

/// What givers read until somebody writes something better.
fn description_for(first_name: Option<&str>) -> String {
    let who = first_name.unwrap_or("our baby");
    format!(
        "With your help, we can ensure that {who} gets to pursue as much education as they want."
    )
}
