//! What an input source is, and what may be done to it. Pure.

use florin_ids::InputSourceId;
use jiff::Timestamp;

use crate::check::{Check, Extent};
use crate::error::{DecisioningError, FieldError};
use crate::expression::Kind;

/// The most characters of an input source's name.
pub const MAX_SOURCE_NAME_CHARS: usize = 64;
/// The most characters of a description.
pub const MAX_DESCRIPTION_CHARS: usize = 500;
/// The most input sources of a tenant: all of them are at hand when a scorecard is compiled.
pub const MAX_SOURCES: usize = 1_000;

/// Where the values of an input source come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The partner sends data points.
    Partner,
    /// A provider is asked when an application is completed; the partner may send data points too.
    Provider(String),
    /// Florin knows it.
    BuiltIn,
}

impl Origin {
    /// The word on the wire and in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Partner => "partner",
            Self::Provider(_) => "provider",
            Self::BuiltIn => "built_in",
        }
    }

    /// The provider that is asked, where one is.
    pub fn provider(&self) -> Option<&str> {
        match self {
            Self::Provider(name) => Some(name),
            Self::Partner | Self::BuiltIn => None,
        }
    }
}

/// A named, typed input of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputSource {
    /// Its id.
    pub id: InputSourceId,
    /// What rules call it, in double curly braces; unique.
    pub name: String,
    /// The type of its values.
    pub kind: Kind,
    /// What it is, for people.
    pub description: String,
    /// Where its values come from.
    pub origin: Origin,
    /// Whether a rule names it or it has a value; then name and type stay.
    pub is_used: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a request says of an input source; `None` is "not sent".
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of InputSource, documented there")]
pub struct InputSourceFields {
    pub name: Option<String>,
    pub kind: Option<Kind>,
    pub description: Option<String>,
    /// `Some(None)` was sent as null: nobody is asked.
    pub provider: Option<Option<String>>,
    /// Faults that reading the request found; they are answered together with the rules' own.
    pub unreadable: Vec<FieldError>,
}

/// An input source that Florin fills itself.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// What rules call it.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Kind,
    /// What it is.
    pub description: &'static str,
    /// Whether an applicant could have come with another value: what the smallest change may touch.
    pub is_changeable: bool,
}

/// Names of the input sources that Florin fills itself.
pub mod built_in {
    /// The amount applied for, in units of the currency.
    pub const AMOUNT: &str = "amount";
    /// The number of instalments applied for.
    pub const TERM: &str = "term";
    /// The yearly rate applied for, in percent.
    pub const RATE: &str = "rate";
    /// The end user's age in whole years.
    pub const END_USER_AGE: &str = "end_user_age";
    /// The end user's type.
    pub const END_USER_TYPE: &str = "end_user_type";
    /// What the end user owes on open loans.
    pub const EXISTING_DEBT: &str = "existing_debt";
    /// The most days that an instalment was overdue.
    pub const WORST_ARREARS: &str = "worst_arrears_12_months";
    /// Days since the end user's first loan.
    pub const DAYS_SINCE_FIRST_LOAN: &str = "days_since_first_loan";
    /// What comes in a month on linked accounts.
    pub const LINKED_INCOME: &str = "linked_monthly_income";
    /// On how many of the last 90 days a linked account was overdrawn.
    pub const LINKED_OVERDRAFT_DAYS: &str = "linked_overdraft_days_90";
    /// The largest payment that goes out every month from linked accounts.
    pub const LINKED_OUTGOING: &str = "linked_largest_regular_outgoing";
    /// What stands on linked accounts.
    pub const LINKED_BALANCE: &str = "linked_balance";
}

/// Every input source that Florin fills itself.
pub const BUILT_INS: &[BuiltIn] = &[
    BuiltIn {
        name: built_in::AMOUNT,
        kind: Kind::Number,
        description: "The amount applied for, in units of the application's currency.",
        is_changeable: true,
    },
    BuiltIn {
        name: built_in::TERM,
        kind: Kind::Number,
        description: "The number of instalments applied for; missing where there is none.",
        is_changeable: true,
    },
    BuiltIn {
        name: built_in::RATE,
        kind: Kind::Number,
        description: "The yearly interest rate applied for, in percent.",
        is_changeable: true,
    },
    BuiltIn {
        name: built_in::END_USER_AGE,
        kind: Kind::Number,
        description: "The end user's age in whole years; missing without a date of birth.",
        is_changeable: false,
    },
    BuiltIn {
        name: built_in::END_USER_TYPE,
        kind: Kind::String,
        description: "The end user's type, such as individual or limited_company.",
        is_changeable: false,
    },
    BuiltIn {
        name: built_in::EXISTING_DEBT,
        kind: Kind::Number,
        description: "What the end user owes on open loans in the application's currency; 0 without loans.",
        is_changeable: true,
    },
    BuiltIn {
        name: built_in::WORST_ARREARS,
        kind: Kind::Number,
        description: "The most days that an instalment due in the last 12 months was overdue; 0 without any.",
        is_changeable: false,
    },
    BuiltIn {
        name: built_in::DAYS_SINCE_FIRST_LOAN,
        kind: Kind::Number,
        description: "Days since the end user's first loan was created; 0 without any.",
        is_changeable: false,
    },
    BuiltIn {
        name: built_in::LINKED_INCOME,
        kind: Kind::Number,
        description: "The mean of what came in on linked bank accounts in each of the last full months, six at most, \
                      without transfers among them; missing without consent or a full month.",
        is_changeable: true,
    },
    BuiltIn {
        name: built_in::LINKED_OVERDRAFT_DAYS,
        kind: Kind::Number,
        description: "On how many of the last 90 days a linked bank account ended overdrawn; missing without consent.",
        is_changeable: false,
    },
    BuiltIn {
        name: built_in::LINKED_OUTGOING,
        kind: Kind::Number,
        description: "The largest payment that left linked bank accounts to the same payee three times in a row, about a \
                      month apart; 0 without any, missing without consent or three full months.",
        is_changeable: true,
    },
    BuiltIn {
        name: built_in::LINKED_BALANCE,
        kind: Kind::Number,
        description: "What stands on linked checking and savings accounts; missing without consent.",
        is_changeable: true,
    },
];

/// Whether an applicant could have come with another value of this input: partners' inputs always count as such.
pub fn is_changeable(name: &str) -> bool {
    BUILT_INS.iter().find(|built_in| built_in.name == name).is_none_or(|found| found.is_changeable)
}

/// What is wrong with a name, if anything is.
fn name_fault(name: &str) -> Option<String> {
    if name.len() > MAX_SOURCE_NAME_CHARS {
        return Some(format!(
            "Ensure this field has no more than {MAX_SOURCE_NAME_CHARS} characters."
        ));
    }
    let mut letters = name.chars();
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name =
        letters.next().is_some_and(is_start) && letters.all(|c| is_start(c) || c.is_ascii_digit());
    (!is_name)
        .then(|| "Use letters, digits and underscores only, and no digit at the start.".to_owned())
}

impl InputSource {
    /// A new input source; `providers` are those that can be asked.
    ///
    /// # Errors
    /// Every field that is missing or malformed.
    pub fn register(
        id: InputSourceId,
        fields: InputSourceFields,
        providers: &[&str],
        at: Timestamp,
    ) -> Result<Self, DecisioningError> {
        let mut check = Check::new(fields.unreadable.clone());
        let source = Self::read(None, id, fields, Extent::Whole, providers, &mut check, at);
        check.finish(source)
    }

    /// An input source that Florin fills itself.
    pub fn of_florin(id: InputSourceId, built_in: &BuiltIn, at: Timestamp) -> Self {
        Self {
            id,
            name: built_in.name.to_owned(),
            kind: built_in.kind,
            description: built_in.description.to_owned(),
            origin: Origin::BuiltIn,
            is_used: true,
            created_at: at,
            updated_at: at,
        }
    }

    /// The input source with what `fields` say.
    ///
    /// # Errors
    /// A conflict for one that Florin fills itself, and for another name or type once it is used; every field that is
    /// missing or malformed.
    pub fn changed(
        &self,
        fields: InputSourceFields,
        extent: Extent,
        providers: &[&str],
        at: Timestamp,
    ) -> Result<Self, DecisioningError> {
        if self.origin == Origin::BuiltIn {
            return Err(DecisioningError::conflict(
                "The input source cannot be changed: Florin fills it itself.",
            ));
        }
        let mut check = Check::new(fields.unreadable.clone());
        let changed = Self::read(Some(self), self.id, fields, extent, providers, &mut check, at);
        let changed = check.finish(changed)?;
        for (what, is_other) in
            [("name", changed.name != self.name), ("type", changed.kind != self.kind)]
        {
            if self.is_used && is_other {
                return Err(DecisioningError::conflict(format!(
                    "The {what} of the input source cannot be changed: it has data points, or rules use it."
                )));
            }
        }
        Ok(changed)
    }

    fn read(
        before: Option<&Self>,
        id: InputSourceId,
        fields: InputSourceFields,
        extent: Extent,
        providers: &[&str],
        check: &mut Check,
        at: Timestamp,
    ) -> Option<Self> {
        let kept = before.filter(|_| extent == Extent::Part);
        let name = check.required("name", fields.name, kept.map(|kept| kept.name.clone()));
        let name = name.and_then(|name| check.not_blank("name", &name));
        if let Some(fault) = name.as_deref().and_then(name_fault) {
            check.fault("name", fault);
        }
        let kind = check.required("type", fields.kind, kept.map(|kept| kept.kind));
        let description = match (fields.description, kept) {
            (Some(text), _) => check.short("description", &text, MAX_DESCRIPTION_CHARS),
            (None, kept) => Some(kept.map(|kept| kept.description.clone()).unwrap_or_default()),
        };
        let origin = match (fields.provider, kept) {
            (Some(Some(name)), _) if providers.contains(&name.as_str()) => Origin::Provider(name),
            (Some(Some(name)), _) => {
                let shown: String = name.chars().take(100).collect();
                check.fault("provider", format!("\"{shown}\" is not a valid choice."));
                Origin::Partner
            }
            (Some(None), _) | (None, None) => Origin::Partner,
            (None, Some(kept)) => kept.origin.clone(),
        };
        Some(Self {
            id,
            name: name?,
            kind: kind?,
            description: description?,
            origin,
            is_used: before.is_some_and(|before| before.is_used),
            created_at: before.map_or(at, |before| before.created_at),
            updated_at: at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    fn named(name: &str) -> InputSourceFields {
        InputSourceFields {
            name: Some(name.to_owned()),
            kind: Some(Kind::Number),
            ..InputSourceFields::default()
        }
    }

    fn faults(result: Result<InputSource, DecisioningError>) -> Vec<(&'static str, String)> {
        match result {
            Ok(_) => Vec::new(),
            Err(DecisioningError::Invalid(faults)) => {
                faults.into_iter().map(|fault| (fault.field, fault.message)).collect()
            }
            Err(error) => vec![("conflict", error.to_string())],
        }
    }

    #[test]
    fn names_are_identifiers() {
        let check = |name: &str, is_fine: bool| {
            let made = InputSource::register(InputSourceId::new(), named(name), &[], at());
            assert_eq!(made.is_ok(), is_fine, "{name:?}");
        };
        check("monthly_income", true);
        check("_x9", true);
        check(&"a".repeat(64), true);
        check(&"a".repeat(65), false);
        check("", false);
        check("9x", false);
        check("a-b", false);
        check("a b", false);
        check("a}}", false);
        check("é", false);
    }

    #[test]
    fn every_fault_at_once() {
        let fields = InputSourceFields {
            provider: Some(Some("nobody".to_owned())),
            description: Some("x".repeat(501)),
            ..InputSourceFields::default()
        };
        let found = faults(InputSource::register(InputSourceId::new(), fields, &["bureau"], at()));
        let fields: Vec<_> = found.iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, ["name", "type", "description", "provider"]);
    }

    #[test]
    fn name_and_type_stay_once_used() {
        let source =
            InputSource::register(InputSourceId::new(), named("income"), &["bureau"], at());
        let used = InputSource { is_used: true, ..source.unwrap() };
        let change = |fields: InputSourceFields| {
            faults(used.changed(fields, Extent::Part, &["bureau"], at()))
        };
        assert_eq!(change(named("income")), []);
        let described = InputSourceFields {
            description: Some("a month".to_owned()),
            provider: Some(Some("bureau".to_owned())),
            ..InputSourceFields::default()
        };
        assert_eq!(change(described), []);
        let because = "it has data points, or rules use it.";
        let text = format!("The name of the input source cannot be changed: {because}");
        assert_eq!(change(named("other")), [("conflict", text)]);
        let retyped = InputSourceFields { kind: Some(Kind::Date), ..InputSourceFields::default() };
        let text = format!("The type of the input source cannot be changed: {because}");
        assert_eq!(change(retyped), [("conflict", text)]);
        let unused = InputSource { is_used: false, ..used.clone() };
        assert!(unused.changed(named("other"), Extent::Part, &[], at()).is_ok());
    }

    #[test]
    fn what_florin_fills_stays() {
        for built_in in BUILT_INS {
            assert_eq!(name_fault(built_in.name), None);
            let source = InputSource::of_florin(InputSourceId::new(), built_in, at());
            let found = faults(source.changed(named("x"), Extent::Whole, &[], at()));
            assert_eq!(found.len(), 1, "{found:?}");
        }
        assert!(is_changeable("amount") && is_changeable("monthly_income"));
        assert!(!is_changeable("end_user_age"));
    }
}
