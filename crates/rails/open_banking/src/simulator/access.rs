//! Who may read what, and how often.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Simulator;
use super::answer::{Answer, BankRefusal, Refusal};
use super::journal::Change;
use super::people::{Behaviour, Person};
use super::state::{AgreementRow, Organisation, State, Token, Window};
use crate::wire::{RequisitionStatus, Scope};

const ACCESS_SECONDS: i64 = 24 * 3600;
const REFRESH_SECONDS: i64 = 30 * ACCESS_SECONDS;
/// How often an account that is being processed answers so.
const PROCESSING_TIMES: u32 = 2;
/// So many secrets are remembered; a sandbox needs no more.
const ORGANISATIONS_MAX: usize = 10_000;

#[derive(Deserialize)]
struct Secrets {
    secret_id: String,
    secret_key: String,
}

#[derive(Deserialize)]
struct Refresh {
    refresh: String,
}

/// An account that may be read, and within which limits.
pub(super) struct Readable {
    pub person: Person,
    pub agreement: AgreementRow,
}

impl Simulator {
    /// Secrets for tokens.
    pub(super) fn new_token(&self, body: &[u8]) -> Result<Answer, Refusal> {
        let secrets: Secrets = serde_json::from_slice(body).map_err(|_| {
            let required = || "This field is required.".to_owned();
            Refusal::Invalid(vec![
                ("secret_id", required(), required()),
                ("secret_key", required(), required()),
            ])
        })?;
        let known = self.inner.secrets.as_ref();
        let is_right = |key: &String| {
            florin_crypto::constant_time_eq(key.as_bytes(), secrets.secret_key.as_bytes())
        };
        if secrets.secret_id.is_empty()
            || secrets.secret_key.is_empty()
            || known.is_some_and(|known| !known.get(&secrets.secret_id).is_some_and(is_right))
        {
            return Err(Refusal::WrongSecrets);
        }
        let org = hex(&florin_crypto::hash_key(&secrets.secret_id)[..8]);
        let secret = hex(&florin_crypto::hash_key(&secrets.secret_key));
        let mut state = self.state();
        match state.organisations.get(&org) {
            Some(held) if held.secret == secret => {}
            Some(_) => return Err(Refusal::WrongSecrets),
            None if state.organisations.len() >= ORGANISATIONS_MAX => return Err(Refusal::Broken),
            None => {
                if !state.change(&org, Change::Secret(secret)) {
                    return Err(Refusal::Broken);
                }
            }
        }
        let now = self.now();
        let access = hand_out(&mut state, &org, false, now);
        let refresh = hand_out(&mut state, &org, true, now);
        Ok(Answer::ok(json!({
            "access": access,
            "access_expires": ACCESS_SECONDS,
            "refresh": refresh,
            "refresh_expires": REFRESH_SECONDS,
        })))
    }

    /// A refresh token for an access token.
    pub(super) fn refresh_token(&self, body: &[u8]) -> Result<Answer, Refusal> {
        let refresh: Refresh = serde_json::from_slice(body).map_err(|_| Refusal::InvalidToken)?;
        let now = self.now();
        let mut state = self.state();
        let held = state.tokens.get(&florin_crypto::hash_key(&refresh.refresh));
        let held = held.filter(|token| token.is_refresh && token.until > now);
        let org = held.map(|token| token.org.clone()).ok_or(Refusal::InvalidToken)?;
        let access = hand_out(&mut state, &org, false, now);
        Ok(Answer::ok(json!({ "access": access, "access_expires": ACCESS_SECONDS })))
    }

    /// Whose access token it is.
    pub(super) fn authenticate(&self, header: Option<&str>) -> Result<String, Refusal> {
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim);
        let hash = florin_crypto::hash_key(token.ok_or(Refusal::InvalidToken)?);
        let (state, now) = (self.state(), self.now());
        let held = state.tokens.get(&hash).filter(|token| !token.is_refresh && token.until > now);
        held.map(|token| token.org.clone()).ok_or(Refusal::InvalidToken)
    }

    /// Forgets every access token: as if the provider had withdrawn them.
    pub fn withdraw_tokens(&self) {
        self.state().tokens.clear();
    }

    /// Reads a part of an account, when the consent covers it, its bank answers and it was not read too often.
    pub(super) fn read_account(
        &self,
        org: &str,
        id: Uuid,
        scope: Scope,
        read: impl FnOnce(&Readable) -> Result<Json, Refusal>,
    ) -> Result<Answer, Refusal> {
        let now = self.now();
        let limit = self.inner.daily_limit;
        let mut state = self.state();
        let found = state.organisations.get_mut(org).ok_or(Refusal::NotFound)?;
        let readable = found.may_read(org, id, now)?;
        if !readable.agreement.access_scope.contains(&scope) {
            return Err(Refusal::OfBank(BankRefusal::Forbidden, scope.as_str()));
        }
        found.bank_answers(&readable.person, scope)?;
        let window = found.windows.entry((id, scope)).or_insert(Window { since: now, count: 0 });
        let ends = window.since.saturating_add(SignedDuration::from_hours(24)).unwrap_or(now);
        if ends <= now {
            *window = Window { since: now, count: 0 };
        }
        let seconds = now.duration_until(ends).as_secs().max(1);
        if let Some(per_day) = limit
            && window.count >= per_day
        {
            return Err(Refusal::AccountLimit { per_day, seconds });
        }
        let answer = Answer::ok(read(&readable)?);
        // Only what went well counts.
        window.count += 1;
        let left = limit.map(|per_day| (per_day, per_day.saturating_sub(window.count)));
        Ok(match left {
            Some((per_day, left)) => answer.window("ACCOUNT_SUCCESS_", per_day, left, seconds),
            None => answer,
        })
    }
}

impl Organisation {
    /// The account, when there is a consent that leads to it.
    pub fn may_read(&self, org: &str, id: Uuid, now: Timestamp) -> Result<Readable, Refusal> {
        let held = self.accounts.get(&id).ok_or(Refusal::NotFound)?;
        let mut refusal = Refusal::NoConsent;
        // The newest consent counts first.
        for requisition in held.iter().rev() {
            let Some(row) = self.requisition(*requisition, now) else { continue };
            let Some(agreement) = self.agreements.get(&row.agreement) else { continue };
            match row.status {
                RequisitionStatus::Linked => {
                    let person = row.people(org).into_iter().find(|account| account.id == id);
                    let person = person.ok_or(Refusal::NotFound)?;
                    return Ok(Readable { person, agreement: agreement.clone() });
                }
                RequisitionStatus::Expired => {
                    refusal = Refusal::ConsentOver {
                        agreement: agreement.id.to_string(),
                        days: agreement.access_valid_for_days,
                        ended: agreement.ends().unwrap_or(now).to_string(),
                    };
                }
                RequisitionStatus::Suspended => refusal = Refusal::Suspended,
                _ => {}
            }
        }
        Err(refusal)
    }

    /// Whether the account's bank answers.
    fn bank_answers(&mut self, person: &Person, scope: Scope) -> Result<(), Refusal> {
        let of_bank = |refusal| Err(Refusal::OfBank(refusal, scope.as_str()));
        match person.behaviour {
            Behaviour::Well | Behaviour::Messy | Behaviour::Expired => Ok(()),
            Behaviour::Processing => {
                let asked = self.asked.entry(person.id).or_default();
                *asked += 1;
                if *asked > PROCESSING_TIMES { Ok(()) } else { of_bank(BankRefusal::Processing) }
            }
            Behaviour::Down => of_bank(BankRefusal::Down),
            Behaviour::Broken => of_bank(BankRefusal::Broken),
            Behaviour::Limited => of_bank(BankRefusal::Limited),
            Behaviour::Inactive => of_bank(BankRefusal::Inactive),
            Behaviour::Forbidden => of_bank(BankRefusal::Forbidden),
            Behaviour::Suspended => Err(Refusal::Suspended),
        }
    }
}

/// A new token; those that have expired are forgotten on the way.
fn hand_out(state: &mut State, org: &str, is_refresh: bool, now: Timestamp) -> String {
    state.tokens.retain(|_, token| token.until > now);
    let kind = if is_refresh { "sim_refresh_" } else { "sim_access_" };
    let text = florin_crypto::generate_secret(kind);
    let seconds = if is_refresh { REFRESH_SECONDS } else { ACCESS_SECONDS };
    let until = now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(now);
    let token = Token { org: org.to_owned(), is_refresh, until };
    state.tokens.insert(florin_crypto::hash_key(&text), token);
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
