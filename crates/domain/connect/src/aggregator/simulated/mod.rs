//! The simulated aggregator: banks whose behaviour is chosen by institution and user name, with books that are always the
//! same for the same institution, user name and business date. Everything it remembers is in what it answers.

mod ask;
mod behaviour;
mod books;
mod month;
mod picture;
mod statements;

use florin_crypto::hash_key;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

pub use behaviour::Behaviour;

use super::{
    AccountData, Aggregator, Ask, Authorization, Authorize, BoxFuture, Data, Grant, Outcome,
    Refusal, Returned,
};
use crate::institution::SIMULATED;
use crate::job::{JobType, Stage, can_be_used};
use crate::session::Product;
use books::Books;

/// The password that is never right.
const WRONG_PASSWORD: &str = "wrong";
/// The time between two looks at a slow bank.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(2);

/// Plays banks. It talks to nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimulatedAggregator;

/// What is remembered from one step of a job to the next.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Memory {
    /// Rounds of questions that were answered.
    rounds: usize,
    /// A round, or the choice of an account, has been asked and not been answered yet.
    is_asked: bool,
    /// Looks at a slow bank.
    looks: u32,
    /// The account that was chosen.
    chosen: Option<String>,
    /// Accounts were read; transactions come next.
    has_accounts: bool,
}

impl Memory {
    fn read(state: &[u8]) -> Self {
        serde_json::from_slice(state).unwrap_or_default()
    }

    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Aggregator for SimulatedAggregator {
    fn name(&self) -> &'static str {
        SIMULATED
    }

    fn run<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Outcome> {
        Box::pin(std::future::ready(step(&ask).unwrap_or_else(Outcome::Refused)))
    }

    fn authorize<'a>(
        &'a self,
        ask: Authorize<'a>,
    ) -> BoxFuture<'a, Result<Authorization, Refusal>> {
        let url = format!("/connect/bank/authorize?state={}", ask.state);
        Box::pin(std::future::ready(Ok(Authorization { url, grant: vec![] })))
    }

    fn returned<'a>(&'a self, answer: Returned<'a>) -> BoxFuture<'a, Grant> {
        let user = answer.parameters.iter().find(|(name, _)| name == "user");
        let user = user.map(|(_, value)| value.trim()).unwrap_or_default();
        let behaviour = Behaviour::of(&answer.institution.external_id, user);
        let grant = match behaviour.oauth_error() {
            Some(reason) => Grant::Refused(reason),
            None => Grant::Given { grant: user.as_bytes().to_vec() },
        };
        Box::pin(std::future::ready(grant))
    }
}

/// Who has signed in.
fn user_of(ask: &Ask<'_>) -> String {
    let login = || {
        let given = ask.credentials.iter().find(|it| it.field_name == "LOGIN");
        given.map(|it| it.value.expose().to_owned()).unwrap_or_default()
    };
    ask.grant.map_or_else(login, |grant| String::from_utf8_lossy(grant).into_owned())
}

/// Jobs that a bank asks questions for; for the others it remembers the device.
const fn is_asked_about(job: JobType) -> bool {
    matches!(
        job,
        JobType::Aggregation | JobType::Verification | JobType::History | JobType::Combination
    )
}

fn step(ask: &Ask<'_>) -> Result<Outcome, Refusal> {
    let user = user_of(ask);
    let behaviour = Behaviour::of(&ask.institution.external_id, &user);
    let is_wrong = |given: &super::Given| {
        given.field_name == "PASSWORD" && given.value.expose() == WRONG_PASSWORD
    };
    if ask.credentials.iter().any(is_wrong) {
        return Err(Refusal::Denied);
    }
    if let Some(refusal) = behaviour.refusal(ask.is_background) {
        return Err(refusal);
    }
    let mut memory = Memory::read(ask.state);
    let is_there = !ask.is_background || behaviour == Behaviour::MfaRefresh;
    let is_asked = is_there && ask.grant.is_none() && is_asked_about(ask.job);
    let rounds = if is_asked { behaviour.rounds() } else { &[] };
    if memory.is_asked
        && let Some(round) = rounds.get(memory.rounds)
    {
        ask::judge(behaviour, *round, ask.answers)?;
        (memory.rounds, memory.is_asked) = (memory.rounds + 1, false);
    }
    if let Some(round) = rounds.get(memory.rounds) {
        memory.is_asked = true;
        let challenge = ask::challenge(*round, seed_of(ask.institution.code.as_str(), &user));
        return Ok(Outcome::Challenged { challenge, state: memory.bytes() });
    }
    if memory.looks < behaviour.looks() {
        memory.looks += 1;
        let progress = (memory.looks * 15).min(60);
        let stage = if memory.looks < 3 { Stage::SigningIn } else { Stage::Accounts };
        return Ok(Outcome::Wait {
            after: LOOK_AGAIN_AFTER,
            progress,
            stage,
            state: memory.bytes(),
        });
    }
    read(ask, behaviour, &user, memory)
}

fn read(
    ask: &Ask<'_>,
    behaviour: Behaviour,
    user: &str,
    mut memory: Memory,
) -> Result<Outcome, Refusal> {
    let books = Books::new(ask.institution, user, behaviour);
    let mut accounts = books.accounts(ask.today);
    let proves =
        ask.products.contains(&Product::AccountVerification) && ask.institution.verification;
    // What is only read may be in any money.
    let may_be_chosen = |it: &&AccountData| match ask.is_for_verification {
        true => is_eligible(it, ask),
        false => it.account_type.is_for_payments(),
    };
    let eligible: Vec<AccountData> = accounts.iter().filter(may_be_chosen).cloned().collect();
    if ask.is_for_verification && eligible.is_empty() {
        return Err(Refusal::NoEligibleAccounts);
    }
    let is_select = behaviour == Behaviour::AccountSelect && !ask.is_background;
    let chooses = (proves && ask.is_for_verification && eligible.len() > 1)
        || (is_select && is_asked_about(ask.job));
    if chooses && memory.chosen.is_none() {
        let told = ask.answers.iter().find(|answer| answer.key == ask::ACCOUNT_SELECT);
        let chosen =
            told.filter(|_| memory.is_asked).map(|answer| answer.value.expose().to_owned());
        let known = chosen.filter(|key| eligible.iter().any(|it| it.external_id == *key));
        let Some(chosen) = known else {
            memory.is_asked = true;
            let challenge = ask::account_select(&eligible);
            return Ok(Outcome::Challenged { challenge, state: memory.bytes() });
        };
        (memory.chosen, memory.is_asked) = (Some(chosen), false);
    }
    if let Some(chosen) = &memory.chosen {
        accounts.retain(|it| it.external_id == *chosen);
    }
    for account in &mut accounts {
        account.is_verified = proves && account.account_type.is_for_payments();
        strip(account, ask);
    }
    let is_complete = memory.chosen.is_none();
    let is_book = |it: &Product| matches!(it, Product::Transactions | Product::Statements);
    let has_books = ask.products.iter().any(is_book);
    if has_books && !memory.has_accounts && !ask.is_background {
        memory.has_accounts = true;
        let data = Data { accounts, is_complete };
        return Ok(Outcome::Read { data, more: Some(memory.bytes()) });
    }
    if has_books {
        for account in &mut accounts {
            books.fill(account, ask);
        }
    }
    Ok(Outcome::Read { data: Data { accounts, is_complete }, more: None })
}

fn is_eligible(account: &AccountData, ask: &Ask<'_>) -> bool {
    let numbers = account.numbers.as_ref();
    numbers.is_some_and(|it| can_be_used(account.account_type, it, account.currency, ask.currency))
}

/// Leaves out what the job, or the institution, does not tell.
fn strip(account: &mut AccountData, ask: &Ask<'_>) {
    let knows_owners = ask.products.contains(&Product::IdentityVerification);
    if !ask.institution.verification {
        account.numbers = None;
    }
    if let Some(owners) =
        account.owners.as_mut().filter(|_| !knows_owners || !ask.institution.identification)
    {
        for owner in owners {
            *owner = crate::account::Owner {
                name: std::mem::take(&mut owner.name),
                ..Default::default()
            };
        }
    }
}

/// A number that is always the same for a user of an institution.
fn seed_of(institution_code: &str, user: &str) -> u64 {
    let hash = hash_key(&format!("books:{institution_code}:{}", user.trim().to_lowercase()));
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(bytes)
}
