//! The smallest single change that would have approved an application: a counterfactual for the
//! applicant ("with an income of 24,000 it would have been approved").
//!
//! Every changeable input is tried on its own. A boolean is turned round; a string takes the strings
//! that stand in the statements; a number or a date walks a line of candidates in both directions (the
//! numbers and dates that stand in the statements and in thresholds, their neighbours, the other inputs'
//! values, and steps that double), and the gap between the nearest candidate that approves and the one
//! before it is halved until it closes. The search is exact where an input decides at one point, which
//! is how people write rules; it is bounded by [`BUDGET`] and does not promise to find an island of
//! approval between two candidates.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::assess::approves;
use super::line::Line;
use super::{Card, Rule};
use crate::expression::{Inputs, Kind, Value};

/// Instructions that a search may spend; some tens of milliseconds.
const BUDGET: usize = 2_000_000;

/// Points of a number's or date's line that come from statements and inputs: the nearest so many.
const MAX_POINTS: usize = 200;

/// One input with another value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The input's name.
    pub input: String,
    /// The value that it had; none when it was missing.
    pub from: Option<Value>,
    /// The value with which the application would have been approved.
    pub to: Value,
}

/// The smallest change of one input that would have approved a declined application: none when it was
/// approved, or when no single change that the search tries approves it.
///
/// Changes are compared by size: of a number relative to what it was, of a date in years of 365 days;
/// turning a boolean round, another string, a number instead of 0 and a value instead of none count as
/// one. Of several changes of one size the first in the order of names is taken. A number that is not
/// negative stays so. The same call always gives the same answer.
pub fn smallest_change(
    cards: &[Card],
    inputs: &Inputs,
    changeable: &dyn Fn(&str) -> bool,
) -> Option<Change> {
    let rules = || cards.iter().flat_map(|card| &card.rules);
    let mut search = Search {
        cards,
        inputs: inputs.clone(),
        cost: rules().map(|rule| rule.statement.cost()).sum::<usize>().max(1),
        budget: BUDGET,
    };
    if search.is_approved() {
        return None;
    }
    let names: BTreeSet<&Arc<str>> =
        rules().flat_map(|rule| rule.statement.inputs()).filter(|name| changeable(name)).collect();
    let mut best: Option<(Decimal, Change)> = None;
    for name in names {
        let found = search.change_of(name);
        if let Some((size, to)) = found
            && best.as_ref().is_none_or(|(smallest, _)| size < *smallest)
        {
            let from = inputs.get(name).cloned();
            best = Some((size, Change { input: name.to_string(), from, to }));
        }
    }
    best.map(|(_, change)| change)
}

struct Search<'c> {
    cards: &'c [Card],
    /// The application's inputs, with the candidate in place while it is tried.
    inputs: Inputs,
    /// Instructions of one assessment.
    cost: usize,
    /// Instructions left.
    budget: usize,
}

impl Search<'_> {
    /// Whether the inputs are approved as they stand; no when the budget is spent.
    fn is_approved(&mut self) -> bool {
        let Some(left) = self.budget.checked_sub(self.cost) else { return false };
        self.budget = left;
        approves(self.cards, &self.inputs)
    }

    /// Whether the application is approved with this value.
    fn approves_with(&mut self, name: &Arc<str>, value: Value) -> bool {
        let before = self.inputs.insert(name.clone(), value);
        let approved = self.is_approved();
        match before {
            Some(before) => _ = self.inputs.insert(name.clone(), before),
            None => self.inputs.remove(name),
        }
        approved
    }

    /// The smallest change of one input, and its size.
    fn change_of(&mut self, name: &Arc<str>) -> Option<(Decimal, Value)> {
        let kind = self.rules_of(name).find_map(|(_, rule)| rule.statement.kind_of(name))?;
        let from = self.inputs.get(name).cloned();
        match (kind, from) {
            (Kind::Boolean, from) => {
                let both = [true, false].map(Value::Boolean);
                let others = both.into_iter().filter(|value| from.as_ref() != Some(value));
                self.first(name, others.collect())
            }
            (Kind::String, _) => self.first(name, self.points(name, kind)),
            (Kind::Number | Kind::Date, Some(from)) => self.nearest(name, kind, &from),
            (Kind::Number | Kind::Date, None) => self.supplied(name, kind),
        }
    }

    /// The first of the candidates that approves; a change of size 1.
    fn first(&mut self, name: &Arc<str>, candidates: Vec<Value>) -> Option<(Decimal, Value)> {
        let mut candidates = candidates.into_iter();
        candidates
            .find(|value| self.approves_with(name, value.clone()))
            .map(|value| (Decimal::ONE, value))
    }

    /// Rules whose statements name an input.
    fn rules_of(&self, name: &str) -> impl Iterator<Item = (&Card, &Rule)> {
        let names_it =
            move |rule: &Rule| rule.statement.inputs().iter().any(|known| **known == *name);
        self.cards
            .iter()
            .flat_map(|card| card.rules.iter().map(move |rule| (card, rule)))
            .filter(move |(_, rule)| names_it(rule))
    }

    /// Values of a kind near which an input may begin to matter, each once, in order: those that stand
    /// in its statements, thresholds, the other inputs.
    fn points(&self, name: &str, kind: Kind) -> Vec<Value> {
        let mut values = Vec::new();
        for (card, rule) in self.rules_of(name) {
            values.extend(rule.statement.constants().iter().cloned());
            values.extend([rule.threshold, card.threshold].map(Value::Number));
        }
        values.extend(self.inputs.iter().map(|(_, value)| value.clone()));
        let mut seen = HashSet::new();
        values.retain(|value| value.kind() == kind && seen.insert(value.clone()));
        values
    }

    /// A number or a date for an input that has none: the nearest to 0, or to the first date in sight.
    fn supplied(&mut self, name: &Arc<str>, kind: Kind) -> Option<(Decimal, Value)> {
        let origin = match kind {
            Kind::Number => Value::Number(Decimal::ZERO),
            _ => self.points(name, kind).into_iter().next()?,
        };
        if self.approves_with(name, origin.clone()) {
            return Some((Decimal::ONE, origin));
        }
        self.nearest(name, kind, &origin).map(|(_, value)| (Decimal::ONE, value))
    }

    /// The nearest number or date that approves, in either direction.
    fn nearest(&mut self, name: &Arc<str>, kind: Kind, from: &Value) -> Option<(Decimal, Value)> {
        let line = Line::new(from, &self.points(name, kind), MAX_POINTS)?;
        let up = self.first_on(name, &line, line.candidates(1));
        let down = self.first_on(name, &line, line.candidates(-1));
        let distance = match (up, down) {
            (Some(up), Some(down)) if -down < up => down,
            (up, down) => up.or(down)?,
        };
        Some((line.size(distance), line.value_at(distance)?))
    }

    /// The distance at which the application is first approved: candidates from the nearest on, then
    /// halving towards the one before, which did not approve.
    fn first_on(&mut self, name: &Arc<str>, line: &Line, candidates: Vec<i128>) -> Option<i128> {
        let mut approves = |distance: i128| {
            line.value_at(distance).is_some_and(|value| self.approves_with(name, value))
        };
        let mut declined = 0;
        let mut approved = None;
        for distance in candidates {
            if approves(distance) {
                approved = Some(distance);
                break;
            }
            declined = distance;
        }
        let mut approved = approved?;
        while (approved - declined).abs() > 1 {
            let middle = declined + (approved - declined) / 2;
            if approves(middle) { approved = middle } else { declined = middle }
        }
        Some(approved)
    }
}
