//! What an end user gives against what an institution asks for. Pure.

use uuid::Uuid;

use super::entity::{MemberChange, MemberQuestion, NewMember};
use crate::ConnectError;
use crate::check::{Faults, is_text};
use crate::institution::{FieldType, Institution};

const VALUE_CHARS_MAX: usize = 1024;
const USE_CASES_MAX: usize = 10;
const USE_CASE_CHARS_MAX: usize = 64;
const METADATA_CHARS_MAX: usize = 2048;
const REQUIRED: &str = "This field is required.";

/// The credentials by the names of their fields.
///
/// # Errors
/// [`ConnectError::Invalid`] with every field that is missing, unknown or malformed, as `credentials.LOGIN`.
pub(super) fn checked(
    institution: &Institution,
    given: &[(Uuid, String)],
) -> Result<Vec<(String, String)>, ConnectError> {
    let mut faults = Faults::default();
    let mut credentials = Vec::new();
    for field in &institution.credentials {
        let name = format!("credentials.{}", field.field_name);
        let mut values = given.iter().filter(|(id, _)| *id == field.id).map(|(_, value)| value);
        let value = values.next().filter(|value| !value.is_empty());
        faults.require(values.next().is_none(), &name, "This field is given twice.");
        let Some(value) = value else {
            faults.require(field.optional, &name, REQUIRED);
            continue;
        };
        let is_short = value.chars().count() <= VALUE_CHARS_MAX && !value.contains('\0');
        faults.require(is_short, &name, "Ensure this field has no more than 1024 characters.");
        let is_choice = matches!(field.field_type, FieldType::Options | FieldType::Radio);
        let is_known = !is_choice || field.options.iter().any(|option| option.value == *value);
        faults.require(is_known, &name, "Not one of the choices.");
        credentials.push((field.field_name.clone(), value.clone()));
    }
    let is_asked = |id: &Uuid| institution.credentials.iter().any(|field| field.id == *id);
    let none_is_strange = given.iter().all(|(id, _)| is_asked(id));
    faults.require(none_is_strange, "credentials", "The institution does not ask for this.");
    faults.done()?;
    Ok(credentials)
}

/// The answers by the keys of their questions; of a choice, the chosen option's key.
///
/// # Errors
/// [`ConnectError::Invalid`] with every question that has no answer, or one that is no choice.
pub(super) fn answers(
    questions: &[MemberQuestion],
    given: &[(Uuid, String)],
) -> Result<Vec<(String, String)>, ConnectError> {
    let mut faults = Faults::default();
    let mut answers = Vec::new();
    for question in questions {
        let name = format!("credentials.CRD-{}", question.id);
        let value = given.iter().find(|(id, _)| *id == question.id).map(|(_, value)| value.trim());
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            faults.require(false, &name, REQUIRED);
            continue;
        };
        let is_short = value.chars().count() <= VALUE_CHARS_MAX && !value.contains('\0');
        faults.require(is_short, &name, "Ensure this field has no more than 1024 characters.");
        if question.options.is_empty() {
            answers.push((question.key.clone(), value.to_owned()));
            continue;
        }
        let chosen: Option<Uuid> = value.strip_prefix("CRD-").unwrap_or(value).parse().ok();
        let option = question.options.iter().find(|option| Some(option.id) == chosen);
        faults.require(option.is_some(), &name, "Not one of the choices.");
        answers.extend(option.map(|option| (question.key.clone(), option.key.clone())));
    }
    faults.done()?;
    Ok(answers)
}

fn check_words(faults: &mut Faults, use_cases: &[String], metadata: Option<&str>) {
    let is_word = |text: &String| is_text(text, 1, USE_CASE_CHARS_MAX);
    let are_words = use_cases.len() <= USE_CASES_MAX && use_cases.iter().all(is_word);
    faults.require(are_words, "use_cases", "At most 10 words of up to 64 characters.");
    let is_short = metadata.is_none_or(|text| text.chars().count() <= METADATA_CHARS_MAX);
    let is_sound = is_short && metadata.is_none_or(|text| !text.contains('\0'));
    faults.require(is_sound, "metadata", "Ensure this field has no more than 2048 characters.");
}

impl NewMember {
    /// # Errors
    /// [`ConnectError::Invalid`] with what is malformed beside the credentials.
    pub(super) fn check_words(&self) -> Result<(), ConnectError> {
        let mut faults = Faults::default();
        check_words(&mut faults, &self.use_cases, self.metadata.as_deref());
        faults.done()
    }
}

impl MemberChange {
    /// # Errors
    /// [`ConnectError::Invalid`] with what is malformed beside the credentials.
    pub(super) fn check_words(&self) -> Result<(), ConnectError> {
        let mut faults = Faults::default();
        let use_cases = self.use_cases.as_deref().unwrap_or_default();
        check_words(&mut faults, use_cases, self.metadata.as_deref());
        faults.done()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::institution::Catalogue;
    use crate::member::MemberOption;

    fn faulty<T: std::fmt::Debug>(result: Result<T, ConnectError>) -> Vec<String> {
        match result.expect_err("faults") {
            ConnectError::Invalid(faults) => faults.into_iter().map(|it| it.field).collect(),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn credentials_are_what_is_asked_for() {
        let it = Catalogue::built_in().by_code("test_fields").expect("a test bank");
        let id = |at: usize| it.credentials[at].id;
        let all =
            vec![(id(0), "u".to_owned()), (id(1), "p".to_owned()), (id(2), "east".to_owned())];
        let read = checked(&it, &all).expect("sound");
        let names: Vec<&str> = read.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["LOGIN", "PASSWORD", "REGION"]);
        let every = ["credentials.LOGIN", "credentials.PASSWORD", "credentials.REGION"];
        assert_eq!(faulty(checked(&it, &[])), every);
        let strange = [all.clone(), vec![(Uuid::nil(), "x".to_owned())]].concat();
        assert_eq!(faulty(checked(&it, &strange)), ["credentials"]);
        let twice = [all.clone(), vec![(id(0), "x".to_owned())]].concat();
        assert_eq!(faulty(checked(&it, &twice)), ["credentials.LOGIN"]);
        let mut north = all.clone();
        north[2].1 = "north".to_owned();
        assert_eq!(faulty(checked(&it, &north)), ["credentials.REGION"]);
        let mut long = all;
        long[0].1 = "x".repeat(2000);
        assert_eq!(faulty(checked(&it, &long)), ["credentials.LOGIN"]);
    }

    #[test]
    fn answers_are_texts_or_choices() {
        let question = |id: u128, key: &str, options: Vec<MemberOption>| MemberQuestion {
            id: Uuid::from_u128(id),
            key: key.to_owned(),
            external_id: None,
            label: "?".to_owned(),
            field_type: FieldType::Text,
            meta_data: None,
            options,
        };
        let option = MemberOption {
            id: Uuid::from_u128(9),
            key: "blue".to_owned(),
            label: "Blue".to_owned(),
            data_uri: None,
        };
        let asked = [question(1, "pet", vec![]), question(2, "color", vec![option])];
        let give = |pet: &str, color: &str| {
            answers(
                &asked,
                &[(Uuid::from_u128(1), pet.to_owned()), (Uuid::from_u128(2), color.to_owned())],
            )
        };
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let expected = vec![pair("pet", "Rex"), pair("color", "blue")];
        let chosen = Uuid::from_u128(9).to_string();
        assert_eq!(give(" Rex ", &chosen).expect("sound"), expected);
        assert_eq!(give("Rex", &format!("CRD-{chosen}")).expect("sound"), expected);
        assert_eq!(faulty(give("", "")).len(), 2);
        assert_eq!(faulty(give("Rex", "blue")).len(), 1, "an option is chosen by its id");
        assert_eq!(faulty(answers(&asked, &[])).len(), 2);
    }
}
