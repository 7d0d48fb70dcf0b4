//! What a selector is. Pure.

use florin_ids::{ProductId, RiskEngineId, RiskEngineSelectorId};
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::check::{Check, Extent, weight_fault};
use crate::error::FieldError;
use crate::scoring::check_weights;

/// The most engines of a selector.
pub const MAX_ENGINES: usize = 20;

/// Chooses which engine decides on a product's applications.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// Its id.
    pub id: RiskEngineSelectorId,
    /// The product; it has no other selector.
    pub product: ProductId,
    /// The engines, at least one with a weight above 0.
    pub engines: Vec<WeightedEngine>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// An engine of a selector.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedEngine {
    /// The engine; active.
    pub risk_engine: RiskEngineId,
    /// Its version.
    pub version: String,
    /// Its share of the applications, from 0 to 1; 0 is a shadow: worked out and recorded, never deciding.
    pub weight: Decimal,
}

/// What a request says of a selector; `None` is "not sent".
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of Selector, documented there")]
pub struct SelectorFields {
    pub product: Option<ProductId>,
    pub engines: Option<Vec<EngineFields>>,
    /// Faults that reading the request found; they are answered together with the rules' own.
    pub unreadable: Vec<FieldError>,
}

/// An engine of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineFields {
    /// Its id or its version.
    pub risk_engine: String,
    /// Its share.
    pub weight: Decimal,
}

/// The engines that a request asks for.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    /// Those that the selector has.
    Kept,
    /// These; they have not been looked up.
    These(Vec<EngineFields>),
}

impl SelectorFields {
    /// Product and engines, with what is left out taken from `before` in a partial change; `None` where faulty.
    pub(super) fn read(
        self,
        before: Option<&Selector>,
        extent: Extent,
        check: &mut Check,
    ) -> (Option<ProductId>, Option<Asked>) {
        let kept = before.filter(|_| extent == Extent::Part);
        let product = check.required("product", self.product, kept.map(|it| it.product));
        let engines = match self.engines {
            Some(engines) => check_engines(&engines, check).then_some(Asked::These(engines)),
            None if kept.is_some() => Some(Asked::Kept),
            None => check.required("risk_engines", None, None),
        };
        (product, engines)
    }
}

fn check_engines(engines: &[EngineFields], check: &mut Check) -> bool {
    const FIELD: &str = "risk_engines";
    if engines.is_empty() {
        check.fault(FIELD, "This list may not be empty.");
    } else if engines.len() > MAX_ENGINES {
        check.fault(FIELD, format!("Ensure this field has no more than {MAX_ENGINES} elements."));
    }
    for (index, engine) in engines.iter().enumerate().take(MAX_ENGINES) {
        if let Some(message) = weight_fault(engine.weight) {
            check.also(FIELD, format!("{FIELD}[{index}].weight: {message}"));
        }
    }
    if check.is_faulty(FIELD) {
        return false;
    }
    if let Err(sum) = check_weights(engines.iter().map(|engine| engine.weight)) {
        check.fault(FIELD, format!("The weights must add up to exactly 1, not to {sum}."));
    }
    !check.is_faulty(FIELD)
}

impl Selector {
    /// The engines that may decide and those that only watch.
    pub fn weights(&self) -> Vec<(uuid::Uuid, Decimal)> {
        self.engines.iter().map(|engine| (engine.risk_engine.uuid(), engine.weight)).collect()
    }

    /// The engines that are worked out and recorded without deciding.
    pub fn shadows(&self) -> impl Iterator<Item = RiskEngineId> {
        let shadows = self.engines.iter().filter(|engine| engine.weight.is_zero());
        shadows.map(|engine| engine.risk_engine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(weights: &[&str]) -> SelectorFields {
        let engine = |weight: &&str| EngineFields {
            risk_engine: "v1".to_owned(),
            weight: weight.parse().unwrap(),
        };
        SelectorFields {
            product: Some(ProductId::new()),
            engines: Some(weights.iter().map(engine).collect()),
            ..SelectorFields::default()
        }
    }

    #[test]
    fn weights_add_up_to_exactly_one() {
        let check = |weights: &[&str], expected: &str| {
            let mut check = Check::default();
            let (_, engines) = asking(weights).read(None, Extent::Whole, &mut check);
            let message = match check.finish(engines) {
                Ok(_) => String::new(),
                Err(crate::DecisioningError::Invalid(faults)) => {
                    let messages: Vec<_> = faults.into_iter().map(|it| it.message).collect();
                    messages.join("; ")
                }
                Err(error) => error.to_string(),
            };
            assert_eq!(message, expected, "{weights:?}");
        };
        check(&["1"], "");
        check(&["0.7", "0.3"], "");
        check(&["0.7", "0.3", "0"], "");
        check(&["0.70000000000000000000000001", "0.29999999999999999999999999"], "");
        check(&["0.7", "0.2"], "The weights must add up to exactly 1, not to 0.9.");
        check(&["0.7", "0.4"], "The weights must add up to exactly 1, not to 1.1.");
        check(&["0"], "The weights must add up to exactly 1, not to 0.");
        check(&[], "This list may not be empty.");
        check(
            &["-0.1", "1.1"],
            "risk_engines[0].weight: Ensure this value is greater than or equal to 0.; \
             risk_engines[1].weight: Ensure this value is less than or equal to 1.",
        );
    }
}
