//! Jobs: one step after the other.

use florin_open_banking::wire::RequisitionStatus;
use florin_open_banking::{ApiError, Client};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::consent::Consent;
use super::progress::{Held, Phase, Progress, Wanted};
use super::{OpenBanking, map, told, unready};
use crate::aggregator::{Ask, Challenge, ChallengeOption, Data, Outcome, Question, Refusal};
use crate::institution::FieldType;
use crate::job::{Stage, can_be_used};

/// So many accounts of one consent are read.
const ACCOUNTS_MAX: usize = 50;
/// So many of them in one step, so that no step takes long.
const ACCOUNTS_A_STEP: usize = 3;
/// A bank's grant arrives within moments of the end user; an account is processed within a minute or two.
const WAITS_MAX: u32 = 15;
const WAIT: SignedDuration = SignedDuration::from_secs(5);
/// What is down is asked a few times more, ever more seldom.
const FAILURES_MAX: u32 = 3;
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(10);
/// A limit that passes sooner than this is waited for.
const PATIENCE: SignedDuration = SignedDuration::from_mins(2);

/// The name of the one question that is ever asked.
const ACCOUNT: &str = "account";
/// By which a page knows the choice of an account.
const ACCOUNT_SELECT: &str = "single_account_select";

impl OpenBanking {
    pub(super) async fn step(&self, ask: Ask<'_>) -> Outcome {
        let Some(wanted) = Wanted::of(ask.job, ask.products) else {
            return Outcome::Read { data: Data::default(), more: None };
        };
        let consent = ask.grant.and_then(Consent::read).filter(|it| it.tenant == ask.tenant);
        let Some(consent) = consent else {
            return Outcome::Refused(Refusal::ReauthorizationRequired);
        };
        let Some(progress) = Progress::read(ask.state) else {
            return Outcome::Refused(Refusal::Failed);
        };
        let client = match self.client(ask.tenant).await {
            Ok(client) => client,
            Err(error) => return Outcome::Refused(unready(&error, ask.tenant)),
        };
        let step = Step { ask: &ask, client, wanted };
        match progress.phase {
            Phase::Consent => step.consent(progress, &consent).await,
            Phase::Accounts => step.accounts(progress).await,
            Phase::Choice => step.choice(progress),
            Phase::Transactions => step.transactions(progress).await,
        }
    }
}

struct Step<'a> {
    ask: &'a Ask<'a>,
    client: Client,
    wanted: Wanted,
}

impl Step<'_> {
    async fn consent(&self, mut progress: Progress, consent: &Consent) -> Outcome {
        let found = match self.client.requisition(consent.requisition).await {
            Ok(found) => found,
            Err(error) => return self.failed(progress, &error),
        };
        match found.status {
            RequisitionStatus::Linked => {}
            RequisitionStatus::Rejected => return Outcome::Refused(Refusal::Denied),
            RequisitionStatus::Expired => {
                return Outcome::Refused(Refusal::ReauthorizationRequired);
            }
            RequisitionStatus::Suspended => return Outcome::Refused(Refusal::Impeded),
            status if status.is_under_way() && progress.tries < WAITS_MAX => {
                progress.tries += 1;
                return wait(WAIT, &progress);
            }
            status if status.is_under_way() => {
                return Outcome::Refused(Refusal::ReauthorizationRequired);
            }
            _ => return Outcome::Refused(Refusal::Failed),
        }
        if found.accounts.is_empty() {
            return Outcome::Refused(Refusal::NoAccounts);
        }
        progress.phase = Phase::Accounts;
        progress.tries = 0;
        progress.is_cut = found.accounts.len() > ACCOUNTS_MAX;
        progress.todo = found.accounts.into_iter().take(ACCOUNTS_MAX).collect();
        self.accounts(progress).await
    }

    async fn accounts(&self, mut progress: Progress) -> Outcome {
        for _ in 0..ACCOUNTS_A_STEP {
            let Some(id) = progress.todo.first().copied() else { break };
            match self.account(&mut progress, id).await {
                Ok(Some(held)) => progress.held.push(held),
                Ok(None) => progress.fail(Refusal::Failed),
                Err(error) => {
                    if let Some(after) = again_after(&error, progress.tries) {
                        progress.tries += 1;
                        return wait(after, &progress);
                    }
                    progress.fail(told(&error, self.ask.tenant, "reading an account"));
                }
            }
            progress.todo.remove(0);
            progress.tries = 0;
            progress.details = None;
        }
        if !progress.todo.is_empty() {
            return wait(SignedDuration::ZERO, &progress);
        }
        self.accounts_are_read(progress)
    }

    /// Everything is told at once, before what takes longer.
    fn accounts_are_read(&self, mut progress: Progress) -> Outcome {
        if progress.held.is_empty() {
            let why =
                progress.first_failure.map_or(Refusal::NoAccounts, super::progress::Why::refusal);
            return Outcome::Refused(why);
        }
        let is_complete = progress.failed == 0 && !progress.is_cut;
        let accounts = progress.held.iter().map(|held| held.data(Vec::new())).collect();
        let data = Data { accounts, is_complete };
        let is_chosen_from = self.ask.is_for_verification && !self.ask.is_background;
        progress.phase = match () {
            () if is_chosen_from => Phase::Choice,
            () if self.wanted.transactions => Phase::Transactions,
            () => return Outcome::Read { data, more: None },
        };
        progress.failed = 0;
        progress.first_failure = None;
        Outcome::Read { data, more: Some(progress.write()) }
    }

    /// One account; `None` when what its bank tells cannot be used.
    async fn account(&self, progress: &mut Progress, id: Uuid) -> Result<Option<Held>, ApiError> {
        // Once is enough, also when the balances take several tries: banks count.
        let details = match progress.details.clone() {
            Some(details) => details,
            None => self.client.account_details(id).await?,
        };
        progress.details = Some(details.clone());
        let balances = self.client.account_balances(id).await?;
        let Some(money) = map::money(&details, &balances, self.ask.institution.currency) else {
            tracing::warn!(tenant = %self.ask.tenant, "an account without a balance that can be read");
            return Ok(None);
        };
        let account_type = map::account_type(&details);
        let numbers = map::numbers(&details, &self.ask.institution.country);
        let can_be_paid_from =
            can_be_used(account_type, &numbers, money.currency, self.ask.currency)
                && (numbers.iban.is_some() || numbers.account.is_some())
                && !matches!(details.status.as_str(), "deleted" | "blocked");
        Ok(Some(Held {
            id,
            name: map::name(&details, &self.ask.institution.name),
            account_type,
            currency: money.currency,
            numbers: self.wanted.numbers.then_some(numbers),
            owners: self.wanted.owners.then(|| map::owners(&details)),
            balance_minor: money.balance_minor,
            available_minor: money.available_minor,
            can_be_paid_from,
            is_verified: false,
        }))
    }

    /// The account for payments: the only one there is, or the one that the end user chooses. The bank itself has told its
    /// number to its customer's consent, which is what proves it.
    fn choice(&self, mut progress: Progress) -> Outcome {
        let answer = self.ask.answers.iter().find(|answer| answer.key == ACCOUNT);
        let eligible: Vec<usize> =
            (0..progress.held.len()).filter(|at| progress.held[*at].can_be_paid_from).collect();
        let named = |at: &&usize| {
            answer.is_some_and(|it| it.value.expose() == progress.held[**at].id.to_string())
        };
        let chosen = match (eligible.as_slice(), answer) {
            ([], _) => return Outcome::Refused(Refusal::NoEligibleAccounts),
            ([only], _) => *only,
            (many, Some(_)) => match many.iter().find(named) {
                Some(chosen) => *chosen,
                None => return Outcome::Refused(Refusal::Rejected),
            },
            (many, None) => {
                let held = many.iter().map(|at| &progress.held[*at]);
                let challenge = which(held);
                return Outcome::Challenged { challenge, state: progress.write() };
            }
        };
        progress.held[chosen].is_verified = true;
        let accounts = vec![progress.held[chosen].data(Vec::new())];
        let data = Data { accounts, is_complete: false };
        progress.phase = Phase::Transactions;
        let more = self.wanted.transactions.then(|| progress.write());
        Outcome::Read { data, more }
    }

    async fn transactions(&self, mut progress: Progress) -> Outcome {
        let Some(held) = progress.held.get(progress.next) else {
            return Outcome::Read { data: Data::default(), more: None };
        };
        // The provider refuses dates to come; a simulated tenant may live in them.
        let today = self.ask.now.to_zoned(TimeZone::UTC).date();
        let since = self.ask.since.map(|since| since.min(today));
        let mut accounts = Vec::new();
        match self.client.account_transactions(held.id, since, None).await {
            Ok(found) => {
                let read = map::transactions(&found, held.currency, today);
                if read.unusable > 0 {
                    tracing::warn!(
                        tenant = %self.ask.tenant,
                        bank = %self.ask.institution.code,
                        count = read.unusable,
                        "transactions that cannot be used are passed over"
                    );
                }
                accounts.push(held.data(read.transactions));
            }
            Err(error) => {
                if let Some(after) = again_after(&error, progress.tries) {
                    progress.tries += 1;
                    return wait(after, &progress);
                }
                progress.fail(told(&error, self.ask.tenant, "reading transactions"));
            }
        }
        progress.next += 1;
        progress.tries = 0;
        let data = Data { accounts, is_complete: false };
        if progress.next < progress.held.len() {
            return Outcome::Read { data, more: Some(progress.write()) };
        }
        let has_failed = progress.failed as usize == progress.held.len();
        match progress.first_failure.filter(|_| has_failed) {
            Some(why) => Outcome::Refused(why.refusal()),
            None => Outcome::Read { data, more: None },
        }
    }

    /// A failure that concerns the whole job.
    fn failed(&self, mut progress: Progress, error: &ApiError) -> Outcome {
        match again_after(error, progress.tries) {
            Some(after) => {
                progress.tries += 1;
                wait(after, &progress)
            }
            None => Outcome::Refused(told(error, self.ask.tenant, "reading a member")),
        }
    }
}

fn wait(after: SignedDuration, progress: &Progress) -> Outcome {
    let stage = match progress.phase {
        Phase::Consent => Stage::SigningIn,
        Phase::Accounts | Phase::Choice => Stage::Accounts,
        Phase::Transactions => Stage::Transactions,
    };
    Outcome::Wait { after, progress: progress.percent(), stage, state: progress.write() }
}

/// When to try again, after `tries` tries in vain; `None` when that is over.
fn again_after(error: &ApiError, tries: u32) -> Option<SignedDuration> {
    match error {
        ApiError::Processing if tries < WAITS_MAX => Some(WAIT),
        ApiError::RateLimited { retry_after: Some(after), .. } if tries < FAILURES_MAX => {
            SignedDuration::try_from(*after).ok().filter(|after| *after <= PATIENCE)
        }
        // One more of those that the provider counts, and no more: ten suspend the account.
        ApiError::Bank { counts: true, .. } if tries < 1 => Some(FIRST_PAUSE),
        ApiError::Bank { counts: false, .. } | ApiError::Transient { .. }
            if tries < FAILURES_MAX =>
        {
            Some(FIRST_PAUSE * (1 << (2 * tries)))
        }
        _ => None,
    }
}

fn which<'a>(accounts: impl Iterator<Item = &'a Held>) -> Challenge {
    let option = |held: &Held| ChallengeOption {
        key: held.id.to_string(),
        label: held.label(),
        image: None,
    };
    let question = Question {
        key: ACCOUNT.to_owned(),
        external_id: Some(ACCOUNT_SELECT.to_owned()),
        label: "Which account do you want to use?".to_owned(),
        field_type: FieldType::Options,
        image: None,
        options: accounts.map(option).collect(),
    };
    Challenge { questions: vec![question] }
}
