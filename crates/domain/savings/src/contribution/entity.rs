//! Contributions as facts. Pure.

use florin_ids::{ContributionId, FundId};
use jiff::Timestamp;
use jiff::civil::Date;

use super::schedule::{Due, Frequency, Slot, Terms, month_of};
use crate::SavingsError;
use crate::check::{Check, Given, parse_date};
use florin_storage::words;

words! {
    /// Where a contribution stands.
    pub enum ContributionStatus {
        /// It has a next payment.
        Scheduled = "scheduled",
        /// It was a onetime contribution and its payment has been made.
        Completed = "completed",
        /// It was a onetime contribution whose payment did not come, or came and was taken back.
        Failed = "failed",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
}

/// A contribution to a fund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// UUID v7.
    pub id: ContributionId,
    /// The fund that it is for.
    pub fund: FundId,
    /// What its days follow from.
    pub terms: Terms,
    /// Of each payment, in cents; more than 0.
    pub amount_minor: i64,
    /// The external account that it is pulled from, by its number; `None`: the partner's.
    pub account: Option<i64>,
    /// Where it stands.
    pub status: ContributionStatus,
    /// The day of the next payment; when there is none, of the last one that was known.
    pub activation_date: Date,
    /// The next payment; `None` when there is none.
    pub next: Option<Due>,
    /// The last payment that was made.
    pub paid: Option<Slot>,
    /// When it was created.
    pub inserted_at: Timestamp,
}

/// What a request says of a contribution.
#[derive(Debug, Clone, Default)]
pub struct ContributionFields {
    /// See [`Frequency`].
    pub frequency: Given<String>,
    /// See [`Contribution::amount_minor`].
    pub amount: Given<i64>,
    /// See [`Terms::starts_on`].
    pub activation_date: Given<String>,
    /// See [`Terms::first_day`].
    pub first_day: Given<i64>,
    /// See [`Terms::second_day`].
    pub second_day: Given<i64>,
    /// See [`Contribution::account`].
    pub account: Given<i64>,
    /// Faults that reading the request found; they are answered together with the others.
    pub unreadable: Vec<String>,
}

impl Contribution {
    /// A new contribution. `limit_minor` is what the fund's plan lets a beneficiary hold.
    pub(super) fn schedule(
        id: ContributionId,
        fund: FundId,
        fields: ContributionFields,
        limit_minor: i64,
        (today, at): (Date, Timestamp),
    ) -> Result<Self, SavingsError> {
        let account = fields.account.clone().value();
        let (terms, amount_minor) = read(fields, None, today, limit_minor)?;
        let due = terms.first_due(None, today).ok_or_else(no_day)?;
        let mut contribution = Self {
            id,
            fund,
            terms,
            amount_minor,
            account,
            status: ContributionStatus::Scheduled,
            activation_date: due.on,
            next: None,
            paid: None,
            inserted_at: at,
        };
        contribution.expect(due);
        Ok(contribution)
    }

    /// The contribution with what `fields` say changed. The next payment stays unless its days have changed.
    pub(super) fn changed(
        &self,
        fields: ContributionFields,
        limit_minor: i64,
        today: Date,
    ) -> Result<Self, SavingsError> {
        let account = match &fields.account {
            Given::Absent => self.account,
            Given::Null => None,
            Given::Value(account) => Some(*account),
        };
        let (terms, amount_minor) = read(fields, Some(self), today, limit_minor)?;
        self.check_scheduled()?;
        let mut changed = Self { amount_minor, account, ..self.clone() };
        if terms != self.terms {
            let due = terms.first_due(self.paid, today).ok_or_else(no_day)?;
            changed.terms = terms;
            changed.expect(due);
        }
        Ok(changed)
    }

    /// The contribution without further payments. Cancelling twice is as good as once.
    pub(crate) fn cancelled(&self) -> Result<Self, SavingsError> {
        if let ContributionStatus::Completed | ContributionStatus::Failed = self.status {
            return Err(SavingsError::impossible(format!("the contribution is {}", self.status)));
        }
        Ok(Self { status: ContributionStatus::Cancelled, next: None, ..self.clone() })
    }

    /// Refuses a contribution that has no further payments.
    pub(crate) fn check_scheduled(&self) -> Result<(), SavingsError> {
        match self.status {
            ContributionStatus::Scheduled => Ok(()),
            status => Err(SavingsError::impossible(format!("the contribution is {status}"))),
        }
    }

    /// Its next payment has been made on `today`: there is another one after it, or it is completed.
    pub(crate) fn pay(&mut self, today: Date) {
        let Some(made) = self.next else { return };
        self.paid = Some(made.slot);
        match self.terms.next_due(made.slot, today) {
            Some(due) => self.expect(due),
            None => {
                self.next = None;
                self.status = ContributionStatus::Completed;
            }
        }
    }

    /// The only payment of a onetime contribution could not be made.
    pub(crate) fn fail(&mut self) {
        if self.status == ContributionStatus::Completed {
            self.status = ContributionStatus::Failed;
        }
    }

    /// A payment whose day has passed was the partner's to ask for; it is not made up for. A onetime one waits.
    pub(crate) fn pass_over(&mut self, today: Date) {
        let missed = self.next.filter(|due| due.on < today);
        if let Some(due) = missed.and_then(|missed| self.terms.next_due(missed.slot, today)) {
            self.expect(due);
        }
    }

    /// Its next payment cannot be made yet: it is on the next business day, `on`.
    pub(crate) fn wait(&mut self, on: Date) {
        if let Some(due) = &mut self.next {
            due.on = on;
            self.activation_date = on;
        }
    }

    fn expect(&mut self, due: Due) {
        if self.terms.frequency == Frequency::Annually && self.terms.month.is_none() {
            self.terms.month = Some(month_of(due.slot.period));
        }
        self.next = Some(due);
        self.activation_date = due.on;
    }
}

fn no_day() -> SavingsError {
    SavingsError::impossible("activation_date is too far away")
}

/// Reads what a contribution is to be, over what it is now.
fn read(
    fields: ContributionFields,
    now: Option<&Contribution>,
    today: Date,
    limit_minor: i64,
) -> Result<(Terms, i64), SavingsError> {
    let mut check = Check::new(fields.unreadable);
    let frequency = frequency(&mut check, fields.frequency, now);
    let amount = amount(&mut check, fields.amount, now);
    let start = start(&mut check, fields.activation_date, frequency, now);
    let recurs = frequency.is_some_and(|it| it != Frequency::Onetime);
    let first = match recurs {
        true => {
            let current = now.and_then(|now| now.terms.first_day);
            day(&mut check, "first_day", fields.first_day, current)
        }
        false => Some(None),
    };
    let second = match frequency {
        Some(Frequency::Semimonthly) => {
            let current = now.and_then(|now| now.terms.second_day);
            day(&mut check, "second_day", fields.second_day, current)
        }
        _ => Some(None),
    };
    if let (Some(Some(first)), Some(Some(second))) = (first, second)
        && first == second
    {
        check.fault("second_day", "must differ from first_day");
    }
    let found = (|| Some((frequency?, amount?, start?, first?, second?)))();
    let (frequency, amount, (starts_on, is_new), first_day, second_day) =
        check.finish(found).map_err(SavingsError::Invalid)?;
    let mut reasons = Vec::new();
    if is_new && starts_on.is_some_and(|start| start < today) {
        reasons.push("activation_date must not be in the past".to_owned());
    }
    if amount > limit_minor {
        let dollars = limit_minor / 100;
        reasons.push(format!("amount is more than the plan lets a beneficiary hold (${dollars})"));
    }
    if !reasons.is_empty() {
        return Err(SavingsError::Impossible(reasons));
    }
    let mut terms = Terms { frequency, first_day, second_day, starts_on, month: None };
    if let Some(now) = now {
        let is_yearly = now.terms.frequency == frequency && frequency == Frequency::Annually;
        // The month stays once a payment of it was made.
        if is_yearly && (now.paid.is_some() || terms == Terms { month: None, ..now.terms.clone() })
        {
            terms.month = now.terms.month;
        }
    }
    Ok((terms, amount))
}

fn frequency(
    check: &mut Check,
    given: Given<String>,
    now: Option<&Contribution>,
) -> Option<Frequency> {
    match now {
        Some(now) if !given.is_sent() => Some(now.terms.frequency),
        _ => {
            let words: Vec<&str> = Frequency::ALL.iter().map(|it| it.as_str()).collect();
            check.word("frequency", given, Frequency::parse, &words)
        }
    }
}

fn amount(check: &mut Check, given: Given<i64>, now: Option<&Contribution>) -> Option<i64> {
    let amount = match now {
        Some(now) if !given.is_sent() => now.amount_minor,
        _ => check.required("amount", given)?,
    };
    if amount <= 0 {
        check.fault("amount", "must be greater than 0");
        return None;
    }
    Some(amount)
}

/// The day of a onetime contribution, or the one before which nothing is paid; and whether the request says it.
fn start(
    check: &mut Check,
    given: Given<String>,
    frequency: Option<Frequency>,
    now: Option<&Contribution>,
) -> Option<(Option<Date>, bool)> {
    const FIELD: &str = "activation_date";
    let is_onetime = frequency == Some(Frequency::Onetime);
    // The date that a contribution shows says nothing new when it is sent back.
    let is_shown = |text: &str, now: &Contribution| {
        let is_alike = is_onetime == (now.terms.frequency == Frequency::Onetime);
        is_alike && parse_date(text.trim()) == Some(now.activation_date)
    };
    let given = match (given, now) {
        (Given::Value(text), Some(now)) if is_shown(&text, now) => Given::Absent,
        (given, _) => given,
    };
    match (given, now) {
        (Given::Value(text), _) => match parse_date(text.trim()) {
            Some(date) => Some((Some(date), true)),
            None => {
                check.fault(FIELD, "is not a valid date (YYYY-MM-DD)");
                None
            }
        },
        (Given::Absent, Some(now)) if !is_onetime || now.terms.frequency == Frequency::Onetime => {
            let is_kept = now.terms.frequency != Frequency::Onetime || is_onetime;
            Some((now.terms.starts_on.filter(|_| is_kept), false))
        }
        _ if is_onetime => {
            check.fault(FIELD, "is required");
            None
        }
        _ => Some((None, false)),
    }
}

/// A day of the month: the given one, or else the current one; one of them has to be.
fn day(
    check: &mut Check,
    field: &str,
    given: Given<i64>,
    current: Option<i8>,
) -> Option<Option<i8>> {
    let day = match (given, current) {
        (Given::Absent, Some(current)) => return Some(Some(current)),
        (given, _) => check.required(field, given)?,
    };
    let day = i8::try_from(day).ok().filter(|day| (1..=31).contains(day));
    if day.is_none() {
        check.fault(field, "must be a day of the month (1 to 31)");
    }
    day.map(Some)
}

#[cfg(test)]
#[path = "entity_tests.rs"]
mod tests;
