//! What a risk engine is, and what may be done to it. Pure.

use florin_ids::{RiskEngineId, ScorecardId};
use jiff::Timestamp;

use crate::check::{Check, Extent};
use crate::error::{DecisioningError, FieldError};

/// The most scorecards of a risk engine.
pub const MAX_SCORECARDS: usize = 20;

/// Scorecards that must all pass, under a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskEngine {
    /// Its id.
    pub id: RiskEngineId,
    /// What people call it; unique.
    pub version: String,
    /// Whether selectors may use it.
    pub is_active: bool,
    /// In the order in which they are worked out; each once, at least one.
    pub scorecards: Vec<ScorecardId>,
    /// When it was activated for the first time; from then on version and scorecards stay.
    pub activated_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a request says of a risk engine; `None` is "not sent".
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of RiskEngine, documented there")]
pub struct RiskEngineFields {
    pub version: Option<String>,
    pub is_active: Option<bool>,
    pub scorecards: Option<Vec<ScorecardId>>,
    /// Faults that reading the request found; they are answered together with the rules' own.
    pub unreadable: Vec<FieldError>,
}

impl RiskEngine {
    /// The risk engine that `fields` describe: a new one, or `before` with what they say. Left out, `is_active` is
    /// false for a new one and stays for another. Whether the scorecards exist is not looked at.
    ///
    /// # Errors
    /// Every field that is missing or malformed; a conflict for another version or other scorecards once it was
    /// activated.
    pub fn read(
        before: Option<&Self>,
        id: RiskEngineId,
        fields: RiskEngineFields,
        extent: Extent,
        at: Timestamp,
    ) -> Result<Self, DecisioningError> {
        let mut check = Check::new(fields.unreadable);
        let kept = before.filter(|_| extent == Extent::Part);
        let version = check.required("version", fields.version, kept.map(|it| it.version.clone()));
        let version = version.and_then(|version| check.not_blank("version", &version));
        let cards =
            check.required("scorecards", fields.scorecards, kept.map(|it| it.scorecards.clone()));
        let cards = cards.and_then(|cards| read_cards(cards, &mut check));
        let is_active = fields.is_active.or(before.map(|it| it.is_active)).unwrap_or(false);
        let engine = version.zip(cards).map(|(version, scorecards)| Self {
            id,
            version,
            is_active,
            scorecards,
            activated_at: before.and_then(|it| it.activated_at).or(is_active.then_some(at)),
            created_at: before.map_or(at, |it| it.created_at),
            updated_at: at,
        });
        let engine = check.finish(engine)?;
        let fixed = before.filter(|before| before.activated_at.is_some());
        let is_other =
            |fixed: &Self| engine.version != fixed.version || engine.scorecards != fixed.scorecards;
        if fixed.is_some_and(is_other) {
            return Err(DecisioningError::conflict(
                "The risk engine cannot be changed: it was activated. Create a new version instead.",
            ));
        }
        Ok(engine)
    }

    /// The risk engine, active.
    #[must_use]
    pub fn activated(&self, at: Timestamp) -> Self {
        Self {
            is_active: true,
            activated_at: self.activated_at.or(Some(at)),
            updated_at: at,
            ..self.clone()
        }
    }
}

fn read_cards(cards: Vec<ScorecardId>, check: &mut Check) -> Option<Vec<ScorecardId>> {
    let mut sorted = cards.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if cards.is_empty() {
        check.fault("scorecards", "This list may not be empty.");
    } else if cards.len() > MAX_SCORECARDS {
        check.fault(
            "scorecards",
            format!("Ensure this field has no more than {MAX_SCORECARDS} elements."),
        );
    } else if sorted.len() < cards.len() {
        check.fault("scorecards", "A scorecard may be listed once only.");
    } else {
        return Some(cards);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    fn fields(version: &str, cards: &[ScorecardId]) -> RiskEngineFields {
        RiskEngineFields {
            version: Some(version.to_owned()),
            scorecards: Some(cards.to_vec()),
            ..RiskEngineFields::default()
        }
    }

    fn outcome(result: Result<RiskEngine, DecisioningError>) -> String {
        match result {
            Ok(engine) => format!("{} {}", engine.version, engine.is_active),
            Err(DecisioningError::Invalid(faults)) => {
                let faults: Vec<_> =
                    faults.iter().map(|it| format!("{}: {}", it.field, it.message)).collect();
                faults.join("; ")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_new_one_needs_a_version_and_scorecards() {
        let (a, b) = (ScorecardId::new(), ScorecardId::new());
        let check = |fields: RiskEngineFields, expected: &str| {
            let id = RiskEngineId::new();
            assert_eq!(outcome(RiskEngine::read(None, id, fields, Extent::Whole, at())), expected);
        };
        check(fields(" v1 ", &[a, b]), "v1 false");
        check(RiskEngineFields { is_active: Some(true), ..fields("v1", &[a]) }, "v1 true");
        check(
            RiskEngineFields::default(),
            "version: This field is required.; scorecards: This field is required.",
        );
        check(
            fields("", &[]),
            "version: This field may not be blank.; scorecards: This list may not be empty.",
        );
        check(fields("v1", &[a, a]), "scorecards: A scorecard may be listed once only.");
        let many: Vec<_> = (0..21).map(|_| ScorecardId::new()).collect();
        check(fields("v1", &many), "scorecards: Ensure this field has no more than 20 elements.");
    }

    #[test]
    fn version_and_scorecards_stay_once_activated() {
        let (a, b) = (ScorecardId::new(), ScorecardId::new());
        let id = RiskEngineId::new();
        let draft = RiskEngine::read(None, id, fields("v1", &[a]), Extent::Whole, at()).unwrap();
        let change = |before: &RiskEngine, fields: RiskEngineFields| {
            outcome(RiskEngine::read(Some(before), id, fields, Extent::Part, at()))
        };
        assert_eq!(change(&draft, fields("v2", &[b])), "v2 false");
        let active = draft.activated(at());
        let refused =
            "The risk engine cannot be changed: it was activated. Create a new version instead.";
        assert_eq!(change(&active, fields("v2", &[a])), refused);
        assert_eq!(change(&active, fields("v1", &[b])), refused);
        assert_eq!(change(&active, fields("v1", &[a])), "v1 true");
        let off = RiskEngineFields { is_active: Some(false), ..RiskEngineFields::default() };
        assert_eq!(change(&active, off.clone()), "v1 false");
        let off = RiskEngine::read(Some(&active), id, off, Extent::Part, at()).unwrap();
        assert_eq!(off.activated_at, active.activated_at);
        assert_eq!(change(&off, fields("v2", &[a])), refused);
    }
}
