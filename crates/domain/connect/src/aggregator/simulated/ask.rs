//! The simulated bank's questions, and which answers are right. Pure.

use super::behaviour::{Behaviour, Round};
use super::picture;
use crate::aggregator::{AccountData, Answer, Challenge, ChallengeOption, Question, Refusal};
use crate::institution::FieldType;

/// What the widget knows the choice of an account by.
pub(super) const ACCOUNT_SELECT: &str = "single_account_select";
/// The answer that is never right.
const WRONG: &str = "wrong";
const WRONG_TOKEN: &str = "000000";

fn question(key: &str, label: &str, field_type: FieldType) -> Question {
    Question {
        key: key.to_owned(),
        external_id: None,
        label: label.to_owned(),
        field_type,
        image: None,
        options: vec![],
    }
}

fn option(key: &str, label: &str, image: Option<String>) -> ChallengeOption {
    ChallengeOption { key: key.to_owned(), label: label.to_owned(), image }
}

fn text() -> Question {
    question("pet", "What was the name of your first pet?", FieldType::Text)
}

fn city() -> Question {
    let cities = [
        ("bristol", "Bristol"),
        ("denver", "Denver"),
        ("leeds", "Leeds"),
        (WRONG, "None of these"),
    ];
    Question {
        options: cities.iter().map(|(key, label)| option(key, label, None)).collect(),
        ..question("city", "In which city were you born?", FieldType::Options)
    }
}

/// The questions of a round.
pub(super) fn challenge(round: Round, seed: u64) -> Challenge {
    let questions = match round {
        Round::Text => vec![text()],
        Round::Options => vec![city()],
        Round::Pair => vec![text(), city()],
        Round::Token => vec![question(
            "token",
            "Enter the code that we have sent to your phone.",
            FieldType::Token,
        )],
        Round::Image => vec![Question {
            image: Some(picture::word(seed)),
            ..question("picture", "Type the word in the picture.", FieldType::ImageData)
        }],
        Round::ImageOptions => {
            let pictures = picture::choices().into_iter();
            vec![Question {
                options: pictures.map(|(key, label, uri)| option(key, label, Some(uri))).collect(),
                ..question(
                    "security_picture",
                    "Choose your security picture.",
                    FieldType::ImageOptions,
                )
            }]
        }
    };
    Challenge { questions }
}

/// The choice of an account for payments.
pub(super) fn account_select(accounts: &[AccountData]) -> Challenge {
    let shown = |it: &AccountData| {
        let number = it.numbers.as_ref().and_then(|numbers| numbers.account.as_deref());
        let ending: String = number
            .map(|text| text.chars().skip(text.len().saturating_sub(4)).collect())
            .unwrap_or_default();
        option(&it.external_id, &format!("{} ····{ending}", it.name), None)
    };
    let label = "Which account do you want to use?";
    let select = Question {
        external_id: Some(ACCOUNT_SELECT.to_owned()),
        options: accounts.iter().map(shown).collect(),
        ..question(ACCOUNT_SELECT, label, FieldType::Options)
    };
    Challenge { questions: vec![select] }
}

/// What the bank makes of the answers to a round.
pub(super) fn judge(behaviour: Behaviour, round: Round, answers: &[Answer]) -> Result<(), Refusal> {
    if behaviour == Behaviour::Expired {
        return Err(Refusal::AnswerTimeout);
    }
    let is_wrong = |answer: &Answer| {
        let value = answer.value.expose().trim();
        value.eq_ignore_ascii_case(WRONG) || (round == Round::Token && value == WRONG_TOKEN)
    };
    let is_refused =
        behaviour == Behaviour::Rejected || answers.is_empty() || answers.iter().any(is_wrong);
    match (is_refused, round) {
        (false, _) => Ok(()),
        (true, Round::Token) => Err(Refusal::RejectedToken),
        (true, _) => Err(Refusal::Rejected),
    }
}

#[cfg(test)]
mod tests {
    use florin_crypto::Secret;

    use super::*;

    fn answer(value: &str) -> [Answer; 1] {
        [Answer { key: "k".to_owned(), value: Secret::from_text(value) }]
    }

    #[test]
    fn right_and_wrong() {
        let check = |behaviour, round, value: &str, expected| {
            assert_eq!(judge(behaviour, round, &answer(value)), expected, "{value}");
        };
        check(Behaviour::MfaText, Round::Text, "Rex", Ok(()));
        check(Behaviour::MfaText, Round::Text, "Wrong", Err(Refusal::Rejected));
        check(Behaviour::MfaToken, Round::Token, "123456", Ok(()));
        check(Behaviour::MfaToken, Round::Token, "000000", Err(Refusal::RejectedToken));
        check(Behaviour::MfaText, Round::Text, "000000", Ok(()));
        check(Behaviour::Rejected, Round::Text, "Rex", Err(Refusal::Rejected));
        check(Behaviour::Expired, Round::Text, "Rex", Err(Refusal::AnswerTimeout));
        assert_eq!(judge(Behaviour::MfaText, Round::Text, &[]), Err(Refusal::Rejected));
    }

    #[test]
    fn every_kind_of_question() {
        let kind = |round| challenge(round, 3).questions[0].field_type.code();
        let all = [Round::Text, Round::Options, Round::Image, Round::ImageOptions, Round::Token];
        assert_eq!(all.map(kind), [0, 2, 13, 14, 12]);
        assert!(challenge(Round::Image, 3).questions[0].image.is_some());
        let pictures = challenge(Round::ImageOptions, 3).questions.remove(0).options;
        assert!(pictures.len() >= 3 && pictures.iter().all(|it| it.image.is_some()));
        assert_eq!(challenge(Round::Pair, 3).questions.len(), 2);
    }
}
