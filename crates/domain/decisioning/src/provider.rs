//! Who can be asked for the values of an input source: credit bureaus, bank account data, registers.
//!
//! Providers are asked by a job, never inside a transaction. What they answer is kept as a data point.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use florin_ids::{ApplicationId, EndUserId, TenantId};
use jiff::civil::Date;
use serde_json::{Map, Value as Json};

use crate::expression::{Kind, Value};

/// One question to a provider. It may be asked again after a crash.
#[derive(Debug, Clone)]
pub struct Question {
    /// On whose behalf.
    pub tenant: TenantId,
    /// For which application.
    pub application: ApplicationId,
    /// Whom it is about.
    pub subject: Subject,
    /// The input source's name.
    pub source: String,
    /// The type of the answer.
    pub kind: Kind,
}

/// Whom a question is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The end user.
    pub end_user: EndUserId,
    /// Their first name; empty where not known.
    pub first_name: String,
    /// Their last name; empty where not known.
    pub last_name: String,
    /// Their date of birth.
    pub birth_date: Option<Date>,
    /// Their post code; empty where not known.
    pub postal_code: String,
    /// What the partner keeps with the application.
    pub custom_fields: Map<String, Json>,
}

/// Why a provider did not answer; worth another try.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unanswered(pub String);

/// A provider's answer: a value, or none where the provider knows nothing of the subject.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Option<Value>, Unanswered>> + Send + 'a>>;

/// Someone who can be asked.
pub trait Provider: Send + Sync {
    /// What partners call it in an input source's `provider`.
    fn name(&self) -> &'static str;

    /// Asks for one value.
    fn ask<'a>(&'a self, question: &'a Question) -> Answer<'a>;
}

/// The providers of this server.
#[derive(Clone, Default)]
pub struct Providers(Vec<Arc<dyn Provider>>);

impl Providers {
    /// These providers; of two with the same name the first is asked.
    pub fn new(providers: Vec<Arc<dyn Provider>>) -> Self {
        Self(providers)
    }

    /// The sandbox's: [`Simulated`] alone.
    pub fn sandbox() -> Self {
        Self::new(vec![Arc::new(Simulated)])
    }

    /// Their names.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|provider| provider.name()).collect()
    }

    /// The provider with this name.
    pub fn find(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.0.iter().find(|provider| provider.name() == name)
    }
}

/// A provider for sandboxes, `simulated`, which answers what the test wants.
///
/// | the application | the answer |
/// |---|---|
/// | `custom_fields.simulated.NAME` is there | that value; null is "nothing known" |
/// | the end user's first name is `Unscored` | nothing known |
/// | the end user's first name is `Unreachable` | none, however often it is asked |
/// | any other | true, 700, "simulated", 2020-01-01 by the input source's type |
#[derive(Debug, Clone, Copy)]
pub struct Simulated;

/// The first name of an end user whom the simulated provider does not know.
const UNSCORED: &str = "Unscored";
/// The first name of an end user for whom the simulated provider never answers.
const UNREACHABLE: &str = "Unreachable";

impl Simulated {
    fn answer(question: &Question) -> Result<Option<Value>, Unanswered> {
        let told = question.subject.custom_fields.get("simulated");
        if let Some(told) = told.and_then(|told| told.get(&question.source)) {
            if told.is_null() {
                return Ok(None);
            }
            let wrong = || Unanswered("custom_fields.simulated holds another type".to_owned());
            return crate::data_point::value_of(told, question.kind).map(Some).map_err(|_| wrong());
        }
        match question.subject.first_name.as_str() {
            UNSCORED => Ok(None),
            UNREACHABLE => Err(Unanswered("the provider cannot be reached".to_owned())),
            _ => Ok(Some(match question.kind {
                Kind::Boolean => Value::Boolean(true),
                Kind::Number => Value::Number(700.into()),
                Kind::String => Value::String("simulated".to_owned()),
                Kind::Date => Value::Date(jiff::civil::date(2020, 1, 1)),
            })),
        }
    }
}

impl Provider for Simulated {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn ask<'a>(&'a self, question: &'a Question) -> Answer<'a> {
        Box::pin(std::future::ready(Self::answer(question)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(
        first_name: &str,
        custom_fields: Json,
        kind: Kind,
    ) -> Result<Option<Value>, Unanswered> {
        let question = Question {
            tenant: TenantId::new(),
            application: ApplicationId::new(),
            subject: Subject {
                end_user: EndUserId::new(),
                first_name: first_name.to_owned(),
                last_name: String::new(),
                birth_date: None,
                postal_code: String::new(),
                custom_fields: custom_fields.as_object().cloned().unwrap_or_default(),
            },
            source: "score".to_owned(),
            kind,
        };
        Simulated::answer(&question)
    }

    #[test]
    fn the_sandbox_answers_what_the_test_wants() {
        let number = |number: i64| Ok(Some(Value::Number(number.into())));
        assert_eq!(asked("Ada", json!({}), Kind::Number), number(700));
        assert_eq!(asked("Ada", json!({}), Kind::Boolean), Ok(Some(Value::Boolean(true))));
        assert_eq!(asked("Unscored", json!({}), Kind::Number), Ok(None));
        assert!(asked("Unreachable", json!({}), Kind::Number).is_err());
        let told = |value: Json| json!({"simulated": {"score": value}});
        assert_eq!(asked("Unreachable", told(json!(512)), Kind::Number), number(512));
        assert_eq!(asked("Ada", told(json!(null)), Kind::Number), Ok(None));
        assert!(asked("Ada", told(json!("much")), Kind::Number).is_err());
        let word = Ok(Some(Value::String("gold".to_owned())));
        assert_eq!(asked("Ada", told(json!("gold")), Kind::String), word);
    }

    #[test]
    fn providers_are_found_by_name() {
        let providers = Providers::sandbox();
        assert_eq!(providers.names(), ["simulated"]);
        assert!(providers.find("simulated").is_some() && providers.find("bureau").is_none());
        assert!(Providers::default().names().is_empty());
    }
}
