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

use super::assess::{Scored, passes, score};
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
    if cards.iter().all(|card| passes(card, |rule| score(rule, inputs).ok())) {
        return None;
    }
    let rules = || cards.iter().flat_map(|card| &card.rules);
    let held: Vec<Option<Scored>> = rules().map(|rule| score(rule, inputs).ok()).collect();
    let names: BTreeSet<&Arc<str>> =
        rules().flat_map(|rule| rule.statement.inputs()).filter(|name| changeable(name)).collect();
    let mut budget = BUDGET;
    let mut best: Option<(Decimal, Change)> = None;
    for name in names {
        let found = Trial::new(cards, inputs, &held, name, &mut budget).smallest();
        if let Some((size, to)) = found
            && best.as_ref().is_none_or(|(smallest, _)| size < *smallest)
        {
            let from = inputs.get(name).cloned();
            best = Some((size, Change { input: name.to_string(), from, to }));
        }
    }
    best.map(|(_, change)| change)
}

/// One input on trial.
struct Trial<'c> {
    cards: &'c [Card],
    name: &'c Arc<str>,
    /// The application's inputs, where this one takes every value in turn.
    inputs: Inputs,
    /// The value that it had.
    from: Option<Value>,
    /// What every rule gave before, card by card.
    held: &'c [Option<Scored>],
    /// Whether a rule names the input, and has to be evaluated again; in the same order.
    touched: Vec<bool>,
    /// What a trial of one value costs: instructions of those rules, and one for each other.
    cost: usize,
    /// Instructions left for this input and those that follow.
    budget: &'c mut usize,
}

impl<'c> Trial<'c> {
    fn new(
        cards: &'c [Card],
        inputs: &Inputs,
        held: &'c [Option<Scored>],
        name: &'c Arc<str>,
        budget: &'c mut usize,
    ) -> Trial<'c> {
        let rules = || cards.iter().flat_map(|card| &card.rules);
        let touched: Vec<bool> = rules().map(|rule| names(rule, name)).collect();
        let costs = rules().zip(&touched);
        let cost =
            costs.map(|(rule, touched)| if *touched { rule.statement.cost() } else { 1 }).sum();
        let from = inputs.get(name).cloned();
        Trial { cards, name, inputs: inputs.clone(), from, held, touched, cost, budget }
    }

    /// Whether the application is approved with this value; no when the budget is spent.
    fn approves(&mut self, value: Value) -> bool {
        let Some(left) = self.budget.checked_sub(self.cost) else { return false };
        *self.budget = left;
        self.inputs.insert(self.name.clone(), value);
        // A card that fails ends the trial, so the rules of the next begin where this one's end.
        let mut held = self.held.iter().zip(&self.touched);
        self.cards.iter().all(|card| {
            passes(card, |rule| match held.next() {
                Some((held, false)) => *held,
                _ => score(rule, &self.inputs).ok(),
            })
        })
    }

    /// The smallest change of the input, and its size.
    fn smallest(mut self) -> Option<(Decimal, Value)> {
        let kind = self.rules().find_map(|(_, rule)| rule.statement.kind_of(self.name))?;
        match (kind, self.from.clone()) {
            (Kind::Boolean, from) => {
                let both = [true, false].map(Value::Boolean);
                let others = both.into_iter().filter(|value| from.as_ref() != Some(value));
                self.first(others.collect())
            }
            (Kind::String, _) => self.first(self.points(kind)),
            (Kind::Number | Kind::Date, Some(from)) => self.nearest(kind, &from),
            (Kind::Number | Kind::Date, None) => self.supplied(kind),
        }
    }

    /// The first of the candidates that approves; a change of size 1.
    fn first(&mut self, candidates: Vec<Value>) -> Option<(Decimal, Value)> {
        let mut candidates = candidates.into_iter();
        candidates.find(|value| self.approves(value.clone())).map(|value| (Decimal::ONE, value))
    }

    /// The rules whose statements name the input, with their cards.
    fn rules(&self) -> impl Iterator<Item = (&'c Card, &'c Rule)> {
        let rules =
            self.cards.iter().flat_map(|card| card.rules.iter().map(move |rule| (card, rule)));
        rules.zip(&self.touched).filter(|(_, touched)| **touched).map(|(rule, _)| rule)
    }

    /// Values of a kind near which the input may begin to matter, each once, in order: those that stand
    /// in its statements, thresholds, the other inputs.
    fn points(&self, kind: Kind) -> Vec<Value> {
        let mut values = Vec::new();
        for (card, rule) in self.rules() {
            values.extend(rule.statement.constants().iter().cloned());
            values.extend([rule.threshold, card.threshold].map(Value::Number));
        }
        values.extend(self.inputs.iter().map(|(_, value)| value.clone()));
        let mut seen = HashSet::new();
        values.retain(|value| value.kind() == kind && seen.insert(value.clone()));
        values
    }

    /// A number or a date for an input that has none: the nearest to 0, or to the first date in sight.
    fn supplied(&mut self, kind: Kind) -> Option<(Decimal, Value)> {
        let origin = match kind {
            Kind::Number => Value::Number(Decimal::ZERO),
            _ => self.points(kind).into_iter().next()?,
        };
        if self.approves(origin.clone()) {
            return Some((Decimal::ONE, origin));
        }
        self.nearest(kind, &origin).map(|(_, value)| (Decimal::ONE, value))
    }

    /// The nearest number or date that approves, in either direction.
    fn nearest(&mut self, kind: Kind, from: &Value) -> Option<(Decimal, Value)> {
        let line = Line::new(from, &self.points(kind), MAX_POINTS)?;
        let up = self.first_on(&line, line.candidates(1));
        let down = self.first_on(&line, line.candidates(-1));
        let distance = match (up, down) {
            (Some(up), Some(down)) if -down < up => down,
            (up, down) => up.or(down)?,
        };
        Some((line.size(distance), line.value_at(distance)?))
    }

    /// The distance at which the application is first approved: candidates from the nearest on, then
    /// halving towards the one before, which did not approve.
    fn first_on(&mut self, line: &Line, candidates: Vec<i128>) -> Option<i128> {
        let mut approves =
            |distance: i128| line.value_at(distance).is_some_and(|value| self.approves(value));
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

fn names(rule: &Rule, name: &str) -> bool {
    rule.statement.inputs().iter().any(|known| **known == *name)
}
