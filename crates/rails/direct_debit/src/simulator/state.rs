//! All organisations, and how a command reaches one.

use std::collections::BTreeMap;

use florin_crypto::Secret;
use florin_journal::Journal;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::answer::{Answer, Fault as FieldFault, Refusal};
use super::fault::Faults;
use super::journal::{Command, Line};
use super::organisation::{Endpoint, Organisation};
use crate::bacs;

#[derive(Debug, Default)]
pub(super) struct State {
    pub organisations: BTreeMap<String, Organisation>,
    pub faults: BTreeMap<String, Faults>,
    /// How often the next webhook of an organisation was refused.
    pub refused: BTreeMap<String, u32>,
    pub journal: Option<Journal<Line>>,
}

impl State {
    /// The organisation of this key, at this time.
    pub fn organisation(&mut self, key: &str, now: Timestamp) -> &mut Organisation {
        let organisation =
            self.organisations.entry(key.to_owned()).or_insert_with(|| Organisation::new(key, now));
        organisation.run_to(organisation.time(now));
        organisation
    }

    /// Looks at an organisation; one that was never commanded anything is not kept.
    pub fn look<T>(
        &mut self,
        key: &str,
        now: Timestamp,
        look: impl FnOnce(&Organisation) -> T,
    ) -> T {
        if self.organisations.contains_key(key) {
            look(self.organisation(key, now))
        } else {
            look(&Organisation::new(key, now))
        }
    }

    /// Writes the command down and carries it out.
    pub fn command(&mut self, line: Line) -> Result<Answer, Refusal> {
        if let Some(journal) = &mut self.journal
            && let Err(error) = journal.append(&line)
        {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the simulator's journal cannot be written"
            );
            return Err(Refusal::Broken);
        }
        self.organisation(&line.org, line.at).carry_out(line.command)
    }

    /// Carries out a command that stands in the journal. It ends as it ended then: refused commands are refused again.
    pub fn replay(&mut self, line: Line) {
        let _ = self.organisation(&line.org, line.at).carry_out(line.command);
    }
}

impl Organisation {
    fn carry_out(&mut self, command: Command) -> Result<Answer, Refusal> {
        match command {
            Command::Request(request) => self.request(&request),
            Command::Clock { date } => {
                let today = bacs::uk_time(self.now()).date();
                if date < today && !self.is_untouched() {
                    let text = format!("the clock stands at {today} and moves forward only");
                    return Err(FieldFault::new("clock", "date", text).into());
                }
                self.date = Some(date);
                let time = self.time(self.now());
                if self.is_untouched() {
                    self.start_at(time);
                }
                let before = self.events.rows().len();
                self.run_to(time);
                let events = self.events.rows().len() - before;
                Ok(Answer::ok(json!({ "date": date, "events": events })))
            }
            Command::Webhook { url, secret } => {
                if self.endpoint.is_none() {
                    self.delivered = self.events.rows().len();
                }
                self.endpoint = url.map(|url| Endpoint { url, secret: Secret::from_text(secret) });
                Ok(Answer::ok(json!({})))
            }
            Command::Outcomes(odds) => {
                self.odds = odds;
                Ok(Answer::ok(json!(odds)))
            }
            Command::Form { flow, form } => self.take_form(&flow, &form),
            Command::Delivered { to } => {
                self.delivered = to.min(self.events.rows().len());
                Ok(Answer::ok(json!({})))
            }
        }
    }

    /// What it holds, in numbers.
    pub fn summary(&self) -> Json {
        let mut mandates: BTreeMap<&str, u64> = BTreeMap::new();
        for row in self.mandates.rows() {
            *mandates.entry(row.mandate.status.as_str()).or_default() += 1;
        }
        let mut payments: BTreeMap<&str, (u64, i64)> = BTreeMap::new();
        for row in self.payments.rows() {
            let (count, amount) = payments.entry(row.payment.status.as_str()).or_default();
            *count += 1;
            *amount += row.payment.amount;
        }
        let payments: BTreeMap<&str, Json> = payments
            .into_iter()
            .map(|(status, (count, amount))| (status, json!({ "count": count, "amount": amount })))
            .collect();
        let paid_out: i64 = self.payouts.rows().iter().map(|row| row.payout.amount).sum();
        let owed: i64 = self.owed.iter().map(|(_, _, amount)| amount).sum();
        let events = self.events.rows().len();
        let waiting = self.endpoint.as_ref().map_or(0, |_| events - self.delivered);
        json!({
            "organisation": self.key,
            "now": self.now(),
            "date": self.date,
            "mandates": mandates,
            "payments": payments,
            "payouts": { "count": self.payouts.rows().len(), "amount": paid_out, "owed": owed },
            "events": events,
            "webhook": self.endpoint.as_ref().map(|endpoint| endpoint.url.as_str()),
            "undelivered": waiting,
            "outcomes": self.odds,
        })
    }
}
