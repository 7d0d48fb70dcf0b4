//! The calls of the API.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::answer::{Answer, Refusal};
use super::fault::Fault;
use super::history;
use super::institutions::{self, Bank};
use super::journal::Change;
use super::people::{Behaviour, Person, Profile};
use super::state::{AgreementRow, RequisitionRow};
use super::{Simulator, new_id};
use crate::wire::{RequisitionStatus, Scope};

/// A list gives so many things a page unless asked otherwise.
const PAGE: usize = 100;

/// What is asked, once it is known by whom.
pub(super) struct Ask<'a> {
    pub org: &'a str,
    pub method: &'a str,
    /// The parts of the path behind `/api/v2`.
    pub path: &'a [&'a str],
    pub query: BTreeMap<String, String>,
    pub body: &'a [u8],
}

type Answered = Result<Answer, Refusal>;

#[derive(Deserialize)]
struct AgreementAsk {
    institution_id: Option<String>,
    max_historical_days: Option<i64>,
    access_valid_for_days: Option<i64>,
    access_scope: Option<Vec<Scope>>,
}

#[derive(Deserialize)]
struct RequisitionAsk {
    institution_id: Option<String>,
    redirect: Option<String>,
    agreement: Option<String>,
    reference: Option<String>,
    user_language: Option<String>,
    #[serde(default)]
    account_selection: bool,
    #[serde(default)]
    redirect_immediate: bool,
}

#[derive(Deserialize)]
struct FaultsAsk {
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
struct StatusAsk {
    status: RequisitionStatus,
}

impl Simulator {
    pub(super) fn call(&self, ask: &Ask<'_>) -> Answered {
        match (ask.method, ask.path) {
            ("GET", ["institutions"]) => self.institutions(ask),
            ("GET", ["institutions", id]) => {
                let bank = institutions::find(id).ok_or(Refusal::NotFound)?;
                Ok(Answer::ok(bank.json(&self.inner.public_url)))
            }
            ("POST", ["agreements", "enduser"]) => self.create_agreement(ask),
            ("GET", ["agreements", "enduser"]) => self.list(ask, true),
            ("GET", ["agreements", "enduser", id]) => {
                self.agreement(ask.org, uuid(id, "EndUserAgreement")?)
            }
            ("DELETE", ["agreements", "enduser", id]) => {
                self.delete_agreement(ask.org, uuid(id, "EndUserAgreement")?)
            }
            ("POST", ["requisitions"]) => self.create_requisition(ask),
            ("GET", ["requisitions"]) => self.list(ask, false),
            ("GET", ["requisitions", id]) => self.requisition(ask.org, lenient_uuid(id)?),
            ("DELETE", ["requisitions", id]) => self.delete_requisition(ask.org, lenient_uuid(id)?),
            ("GET", ["accounts", id]) => self.account(ask.org, uuid(id, "Account")?),
            ("GET", ["accounts", id, what]) => self.account_part(ask, uuid(id, "Account")?, what),
            ("GET", ["simulator", "state"]) => self.summary(ask.org),
            ("POST", ["simulator", "faults"]) => {
                let asked: FaultsAsk = read(ask.body)?;
                let mut state = self.state();
                let found = state.organisations.get_mut(ask.org).ok_or(Refusal::NotFound)?;
                found.faults = asked.faults;
                Ok(Answer::ok(json!({})))
            }
            ("POST", ["simulator", "requisitions", id]) => {
                let asked: StatusAsk = read(ask.body)?;
                self.put_status(ask.org, lenient_uuid(id)?, asked.status)?;
                Ok(Answer::ok(json!({})))
            }
            _ => Err(Refusal::NotFound),
        }
    }

    fn institutions(&self, ask: &Ask<'_>) -> Answered {
        let country = ask.query.get("country").map(|code| code.to_ascii_uppercase());
        if let Some(code) = country.as_deref().filter(|code| !institutions::is_country(code)) {
            let detail = format!("{code} is not a valid choice.");
            let fault = ("country", "Invalid country choice.".to_owned(), detail);
            return Err(Refusal::Invalid(vec![fault]));
        }
        let banks = institutions::of_country(country.as_deref());
        Ok(Answer::ok(banks.map(|bank| bank.json(&self.inner.public_url)).collect()))
    }

    fn create_agreement(&self, ask: &Ask<'_>) -> Answered {
        let asked: AgreementAsk = read(ask.body)?;
        let mut faults = Vec::new();
        let bank = bank_of(asked.institution_id.as_deref(), &mut faults);
        let total = bank.map_or(730, |bank| bank.days);
        let days = asked.max_historical_days.unwrap_or(90);
        if !(1..=i64::from(total)).contains(&days) {
            let name = asked.institution_id.as_deref().unwrap_or_default();
            let detail = format!(
                "max_historical_days must be > 0 and <= {name} transaction_total_days ({total})"
            );
            faults.push((
                "max_historical_days",
                "Incorrect max_historical_days".to_owned(),
                detail,
            ));
        }
        let longest = bank.map_or(180, |bank| bank.valid);
        let valid = asked.access_valid_for_days.unwrap_or(90);
        if !(1..=i64::from(longest)).contains(&valid) {
            let detail = format!("access_valid_for_days must be > 0 and <= {longest}");
            let summary = "Incorrect access_valid_for_days".to_owned();
            faults.push(("access_valid_for_days", summary, detail));
        }
        let access_scope = asked.access_scope.unwrap_or_else(|| Scope::ALL.to_vec());
        if access_scope.contains(&Scope::Unknown) {
            let text = "Choose one or several from ['balances', 'details', 'transactions']";
            faults.push((
                "access_scope",
                "Unknown value in access_scope".to_owned(),
                text.to_owned(),
            ));
        }
        let Some(bank) = bank.filter(|_| faults.is_empty()) else {
            return Err(Refusal::Invalid(faults));
        };
        let row = AgreementRow {
            id: new_id(),
            created: self.now(),
            institution_id: bank.id.to_owned(),
            max_historical_days: u32::try_from(days).unwrap_or(90),
            access_valid_for_days: u32::try_from(valid).unwrap_or(90),
            access_scope,
            accepted: None,
        };
        self.change(ask.org, Change::Agreement(row.clone()))?;
        Ok(Answer::created(agreement_json(&row)))
    }

    fn agreement(&self, org: &str, id: Uuid) -> Answered {
        let state = self.state();
        let row = state.organisations.get(org).and_then(|found| found.agreements.get(&id));
        row.map(|row| Answer::ok(agreement_json(row))).ok_or(Refusal::NotFound)
    }

    fn delete_agreement(&self, org: &str, id: Uuid) -> Answered {
        {
            let state = self.state();
            let row = state.organisations.get(org).and_then(|found| found.agreements.get(&id));
            if row.ok_or(Refusal::NotFound)?.accepted.is_some() {
                return Err(Refusal::Usage(
                    "Cannot delete End User Agreement".to_owned(),
                    format!(
                        "Cannot delete accepted End User Agreement: {id}. Only non accepted agreements can be deleted"
                    ),
                ));
            }
        }
        self.change(org, Change::NoAgreement(id))?;
        Ok(deleted("End User Agreement deleted", &format!("End User Agreement {id} deleted")))
    }

    fn create_requisition(&self, ask: &Ask<'_>) -> Answered {
        let asked: RequisitionAsk = read(ask.body)?;
        let mut faults = Vec::new();
        let bank = bank_of(asked.institution_id.as_deref(), &mut faults);
        let redirect = asked.redirect.unwrap_or_default();
        if reqwest::Url::parse(&redirect).is_err() {
            let detail = "Redirect URI must have a valid URI structure".to_owned();
            faults.push(("redirect", "Invalid redirect URI".to_owned(), detail));
        }
        let id = new_id();
        let reference = asked.reference.unwrap_or_else(|| id.to_string());
        let agreement = self.agreement_of(ask.org, asked.agreement.as_deref(), bank, &mut faults);
        {
            let state = self.state();
            let mut held = state
                .organisations
                .get(ask.org)
                .into_iter()
                .flat_map(|org| org.requisitions.values());
            if held.any(|row| row.reference == reference) {
                let detail = format!("{reference} is used by another requisition");
                faults.push(("reference", "Client reference must be unique".to_owned(), detail));
            }
        }
        let (Some(bank), Some(agreement)) = (bank.filter(|_| faults.is_empty()), agreement) else {
            return Err(Refusal::Invalid(faults));
        };
        self.change(ask.org, Change::Agreement(agreement.clone()))?;
        let row = RequisitionRow {
            id,
            created: self.now(),
            redirect,
            status: RequisitionStatus::Created,
            institution_id: bank.id.to_owned(),
            agreement: agreement.id,
            reference,
            user_language: asked.user_language,
            account_selection: asked.account_selection,
            redirect_immediate: asked.redirect_immediate,
            user: None,
        };
        self.change(ask.org, Change::Requisition(row.clone()))?;
        Ok(Answer::created(self.requisition_json(ask.org, &row)))
    }

    /// The agreement that a requisition names, or a new one of 90 days.
    fn agreement_of(
        &self,
        org: &str,
        named: Option<&str>,
        bank: Option<&'static Bank>,
        faults: &mut Vec<(&'static str, String, String)>,
    ) -> Option<AgreementRow> {
        let Some(named) = named else {
            return bank.map(|bank| AgreementRow {
                id: new_id(),
                created: self.now(),
                institution_id: bank.id.to_owned(),
                max_historical_days: 90,
                access_valid_for_days: 90,
                access_scope: Scope::ALL.to_vec(),
                accepted: None,
            });
        };
        let state = self.state();
        let held = named
            .parse()
            .ok()
            .and_then(|id: Uuid| state.organisations.get(org)?.agreements.get(&id).cloned())
            .filter(|row| bank.is_none_or(|bank| bank.id == row.institution_id));
        if held.is_none() {
            let detail = format!(
                "{named} is not a valid UUID. Please specify a valid agreement from /api/agreements/enduser/ or create \
                 a new one."
            );
            faults.push(("agreement", "Invalid EUA".to_owned(), detail));
        }
        held
    }

    fn requisition(&self, org: &str, id: Uuid) -> Answered {
        let now = self.now();
        let row = {
            let state = self.state();
            let found = state.organisations.get(org);
            found.and_then(|found| found.requisition(id, now)).ok_or(Refusal::NotFound)?
        };
        Ok(Answer::ok(self.requisition_json(org, &row)))
    }

    fn delete_requisition(&self, org: &str, id: Uuid) -> Answered {
        self.requisition(org, id)?;
        self.change(org, Change::NoRequisition(id))?;
        let detail = format!("Requisition {id} deleted with all its End User Agreements");
        Ok(deleted("Requisition deleted", &detail))
    }

    /// A page of agreements or requisitions, the newest first.
    fn list(&self, ask: &Ask<'_>, is_of_agreements: bool) -> Answered {
        let number = |name: &str, otherwise: usize| {
            ask.query.get(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
        };
        let (limit, offset) = (number("limit", PAGE).clamp(1, PAGE), number("offset", 0));
        let mut all: Vec<(jiff::Timestamp, Json)> = {
            let state = self.state();
            let found = state.organisations.get(ask.org).ok_or(Refusal::NotFound)?;
            if is_of_agreements {
                found.agreements.values().map(|row| (row.created, agreement_json(row))).collect()
            } else {
                let shown = |row| self.requisition_json(ask.org, row);
                found.requisitions.values().map(|row| (row.created, shown(row))).collect()
            }
        };
        all.sort_by_key(|(created, _)| std::cmp::Reverse(*created));
        let path = ask.path.join("/");
        let at = |offset: usize| {
            format!("{}/api/v2/{path}/?limit={limit}&offset={offset}", self.inner.public_url)
        };
        let next = (offset + limit < all.len()).then(|| at(offset + limit));
        let previous = (offset > 0).then(|| at(offset.saturating_sub(limit)));
        let count = all.len();
        let results: Vec<Json> =
            all.into_iter().skip(offset).take(limit).map(|(_, shown)| shown).collect();
        Ok(Answer::ok(
            json!({ "count": count, "next": next, "previous": previous, "results": results }),
        ))
    }

    fn account(&self, org: &str, id: Uuid) -> Answered {
        let now = self.now();
        let state = self.state();
        let found = state.organisations.get(org).ok_or(Refusal::NotFound)?;
        let held = found.accounts.get(&id).and_then(|held| held.last()).ok_or(Refusal::NotFound)?;
        let row = found.requisition(*held, now).ok_or(Refusal::NotFound)?;
        let person = row.people(org).into_iter().find(|account| account.id == id);
        let person = person.ok_or(Refusal::NotFound)?;
        let status = match (row.status, person.behaviour) {
            (RequisitionStatus::Expired, _) => "EXPIRED",
            (RequisitionStatus::Suspended, _) | (_, Behaviour::Suspended) => "SUSPENDED",
            (_, Behaviour::Broken) => "ERROR",
            (_, Behaviour::Processing) if found.asked.get(&id).is_none_or(|asked| *asked < 2) => {
                "PROCESSING"
            }
            _ => "READY",
        };
        Ok(Answer::ok(json!({
            "id": id,
            "created": row.created.to_string(),
            "last_accessed": now.to_string(),
            "iban": person.iban,
            "institution_id": person.bank.id,
            "status": status,
            "owner_name": person.owner,
        })))
    }

    fn account_part(&self, ask: &Ask<'_>, id: Uuid, what: &str) -> Answered {
        let today = self.now().to_zoned(TimeZone::UTC).date();
        match what {
            "details" => {
                self.read_account(ask.org, id, Scope::Details, |found| Ok(details(&found.person)))
            }
            "balances" => self.read_account(ask.org, id, Scope::Balances, |found| {
                Ok(balances(&found.person, today))
            }),
            "transactions" => {
                let (from, to) = span(&ask.query, today)?;
                self.read_account(ask.org, id, Scope::Transactions, |found| {
                    let days = i64::from(found.agreement.max_historical_days);
                    let first = today.saturating_sub(days.days());
                    let from = from.map_or(first, |from| from.max(first));
                    let to = to.unwrap_or(today).min(today);
                    Ok(history::transactions(&found.person, from, to, today))
                })
            }
            _ => Err(Refusal::NotFound),
        }
    }

    fn summary(&self, org: &str) -> Answered {
        let state = self.state();
        let found = state.organisations.get(org).ok_or(Refusal::NotFound)?;
        let reads: u32 = found.windows.values().map(|window| window.count).sum();
        Ok(Answer::ok(json!({
            "agreements": found.agreements.len(),
            "requisitions": found.requisitions.len(),
            "accounts": found.accounts.len(),
            "reads": reads,
            "tokens": state.tokens.values().filter(|token| token.org == org && !token.is_refresh).count(),
            "faults": found.faults,
        })))
    }

    /// Puts a requisition into a state.
    pub(super) fn put_status(
        &self,
        org: &str,
        id: Uuid,
        status: RequisitionStatus,
    ) -> Result<(), Refusal> {
        let row = {
            let state = self.state();
            let found = state.organisations.get(org);
            found.and_then(|found| found.requisitions.get(&id)).cloned().ok_or(Refusal::NotFound)?
        };
        self.change(org, Change::Requisition(RequisitionRow { status, ..row }))
    }

    pub(super) fn change(&self, org: &str, change: Change) -> Result<(), Refusal> {
        if self.state().change(org, change) { Ok(()) } else { Err(Refusal::Broken) }
    }

    fn requisition_json(&self, org: &str, row: &RequisitionRow) -> Json {
        let is_open = matches!(
            row.status,
            RequisitionStatus::Linked | RequisitionStatus::Expired | RequisitionStatus::Suspended
        );
        let accounts: Vec<Uuid> = if is_open {
            row.people(org).iter().map(|account| account.id).collect()
        } else {
            Vec::new()
        };
        json!({
            "id": row.id,
            "created": row.created.to_string(),
            "redirect": row.redirect,
            "status": row.status,
            "institution_id": row.institution_id,
            "agreement": row.agreement,
            "reference": row.reference,
            "accounts": accounts,
            "user_language": row.user_language,
            "link": format!(
                "{}/psd2/start/{}/{}", self.inner.public_url, row.id, row.institution_id
            ),
            "ssn": null,
            "account_selection": row.account_selection,
            "redirect_immediate": row.redirect_immediate,
        })
    }
}

fn agreement_json(row: &AgreementRow) -> Json {
    json!({
        "id": row.id,
        "created": row.created.to_string(),
        "institution_id": row.institution_id,
        "max_historical_days": row.max_historical_days,
        "access_valid_for_days": row.access_valid_for_days,
        "access_scope": row.access_scope,
        "accepted": row.accepted.map(|accepted| accepted.to_string()),
        "reconfirmation": false,
    })
}

fn details(person: &Person) -> Json {
    let (kind, product) = match person.profile {
        Profile::Current | Profile::Overdrawn => ("CACC", "Current Account"),
        Profile::Savings => ("SVGS", "Instant Saver"),
        Profile::Card => ("CARD", "Credit Card"),
    };
    let mut account = json!({
        "resourceId": person.id.simple().to_string(),
        "currency": person.currency,
        "ownerName": person.owner,
        "name": person.name,
        "product": product,
        "cashAccountType": kind,
        "status": "enabled",
        "bic": person.bank.bic,
        "usage": "PRIV",
    });
    if person.profile == Profile::Card {
        let digits: String = person.bban.chars().rev().take(4).collect();
        account["maskedPan"] = format!("************{digits}").into();
    } else if person.behaviour != Behaviour::Messy {
        account["iban"] = person.iban.clone().into();
        if person.bank.countries.first() == Some(&"GB") {
            account["scan"] = person.bban.clone().into();
        } else {
            account["bban"] = person.bban.clone().into();
        }
    }
    json!({ "account": account })
}

fn balances(person: &Person, today: Date) -> Json {
    let booked = history::balance(person, today.saturating_sub(1.day()));
    let now = history::balance(person, today);
    let shown = |minor: i64, kind: &str| {
        json!({
            "balanceAmount": history::amount(person, minor),
            "balanceType": kind,
            "referenceDate": today.to_string(),
        })
    };
    if person.behaviour == Behaviour::Messy {
        let wrong = json!({ "amount": "NaN", "currency": person.currency });
        let other = json!({ "amount": "5.00", "currency": "USD" });
        return json!({ "balances": [
            { "balanceAmount": wrong, "balanceType": "interimAvailable" },
            { "balanceAmount": other, "balanceType": "interimBooked" },
            { "balanceAmount": history::amount(person, now), "balanceType": "ofTomorrow" },
            shown(booked, "closingBooked"),
        ] });
    }
    json!({ "balances": [shown(now, "interimAvailable"), shown(booked, "closingBooked")] })
}

/// The dates that are asked for; `None` where there is no bound.
fn span(
    query: &BTreeMap<String, String>,
    today: Date,
) -> Result<(Option<Date>, Option<Date>), Refusal> {
    let mut faults = Vec::new();
    let mut read = |name: &'static str| {
        let text = query.get(name)?;
        let found: Option<Date> = text.parse().ok();
        if found.is_none_or(|date| date > today) {
            let detail = format!("{text} is not a date until today");
            faults.push((name, format!("Incorrect {name}"), detail));
        }
        found
    };
    let (from, to) = (read("date_from"), read("date_to"));
    if let (Some(from), Some(to)) = (from, to)
        && from > to
        && faults.is_empty()
    {
        let detail = "Date from can't be greater than date to".to_owned();
        faults.push(("date_from", "Incorrect date_from".to_owned(), detail));
    }
    if faults.is_empty() { Ok((from, to)) } else { Err(Refusal::Invalid(faults)) }
}

fn bank_of(
    id: Option<&str>,
    faults: &mut Vec<(&'static str, String, String)>,
) -> Option<&'static Bank> {
    let Some(id) = id else {
        let required = || "This field is required.".to_owned();
        faults.push(("institution_id", required(), required()));
        return None;
    };
    let found = institutions::find(id);
    if found.is_none() {
        let detail = "Get Institution IDs from /institutions/?country={$COUNTRY_CODE}".to_owned();
        faults.push(("institution_id", format!("Unknown Institution ID {id}"), detail));
    }
    found
}

fn deleted(summary: &str, detail: &str) -> Answer {
    Answer::ok(json!({ "summary": summary, "detail": detail }))
}

fn uuid(text: &str, of: &str) -> Result<Uuid, Refusal> {
    text.parse().map_err(|_| {
        Refusal::Usage(format!("Invalid {of} ID"), format!("{text} is not a valid {of} UUID. "))
    })
}

/// Requisitions answer what is no UUID as the provider does: there is none.
fn lenient_uuid(text: &str) -> Result<Uuid, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        Refusal::Usage("JSON parse error".to_owned(), format!("JSON parse error - {error}"))
    })
}
