//! The sandbox's plan provider: my529 of Utah, as far as partners see it. Pure.
//!
//! It asks four questions whose answers follow from what the owner has entered: the street, the month of birth, the last
//! digits of the social security number and of the phone number. So a test knows the right answers, and every other one is
//! wrong.

use florin_ids::FundId;
use jiff::civil::Date;

use super::{Applicant, PlanProvider, Question};
use crate::fund::{RiskLevel, Ssn};
use crate::plan;

/// Enrolment is expected at this age.
const ENROLMENT_AGE_YEARS: i16 = 18;
const NONE_OF_THEM: &str = "None of the above";
const STREETS: &[&str] = &[
    "Alder Ct",
    "Birchwood Ave",
    "Cedar Hollow Rd",
    "Dogwood Ln",
    "Elmhurst Dr",
    "Foxglove Way",
    "Granite Pass",
    "Hawthorne Blvd",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The sandbox's plan provider.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimulatedPlanProvider;

/// A question, and the number of its right choice.
struct Known {
    question: Question,
    right: u32,
}

impl PlanProvider for SimulatedPlanProvider {
    fn plan_id(&self) -> i64 {
        plan::MY529
    }

    fn questions(&self, applicant: &Applicant) -> Vec<Question> {
        known(applicant).into_iter().map(|known| known.question).collect()
    }

    fn is_right(&self, applicant: &Applicant, question: &str, choice: u32) -> bool {
        known(applicant).iter().any(|it| it.question.id == question && it.right == choice)
    }

    fn account_number(&self, fund: FundId, attempt: u32) -> String {
        let drawn = draw(fund, "account", u64::from(attempt)) % 100_000_000;
        format!("9{drawn:08}")
    }

    fn portfolio(&self, risk: RiskLevel, born_on: Option<Date>, today: Date) -> String {
        // Each step of caution is what two years of age would bring.
        let years_earlier = match risk {
            RiskLevel::PreservingCapital => return "FDIC-Insured".to_owned(),
            RiskLevel::MaximizingGains => 0,
            RiskLevel::Balanced => 2,
            RiskLevel::MinimizingLosses => 4,
        };
        let enrolment = born_on.unwrap_or(today).year() + ENROLMENT_AGE_YEARS - years_earlier;
        let first = enrolment - enrolment.rem_euclid(2);
        if first + 1 < today.year() {
            return "Target Enrollment Enrolled".to_owned();
        }
        format!("Target Enrollment {first}/{}", first + 1)
    }
}

/// The questions of an applicant. What the owner has not told cannot be asked.
fn known(applicant: &Applicant) -> Vec<Known> {
    let owner = &applicant.owner;
    let street = owner.physical.as_ref().map(|address| street_name(&address.street));
    let month = owner.born_on.map(|born| MONTHS[usize::from(born.month().unsigned_abs()) - 1]);
    let ssn = owner.ssn.as_ref().map(|ssn| last(Ssn::expose(ssn), 4));
    let phone = owner.phone.as_deref().map(|phone| last(phone, 2));
    let digits = |id: &str, right: &str| {
        let modulus = 10_u64.pow(u32::try_from(right.len()).unwrap_or(1));
        let others = (0..20).map(|n| draw(applicant.fund, id, n + 1) % modulus);
        others.map(|other| format!("{other:0width$}", width = right.len())).collect::<Vec<_>>()
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let mut all = Vec::new();
    let mut ask = |id: &str, text: &str, right: Option<&str>, others: Vec<String>| {
        all.extend(right.map(|right| question(applicant.fund, id, text, right, others)));
    };
    ask("street", "On which of these streets do you live?", street, words(STREETS));
    ask("birth_month", "In which month were you born?", month, words(&MONTHS));
    let others = ssn.map(|right| digits("ssn", right)).unwrap_or_default();
    ask("ssn", "What are the last four digits of your social security number?", ssn, others);
    let others = phone.map(|right| digits("phone", right)).unwrap_or_default();
    ask("phone", "With which two digits does your phone number end?", phone, others);
    all
}

/// A question with the right choice among three others, in an order that depends on the fund.
fn question(fund: FundId, id: &str, text: &str, right: &str, others: Vec<String>) -> Known {
    let begin = usize::try_from(draw(fund, id, 0) % 97).unwrap_or_default();
    let count = others.len().max(1);
    let mut choices: Vec<String> = Vec::new();
    for at in 0..count {
        let other = &others[(begin + at) % count];
        if choices.len() < 3 && !other.eq_ignore_ascii_case(right) && !choices.contains(other) {
            choices.push(other.clone());
        }
    }
    let place = begin % (choices.len() + 1);
    choices.insert(place, right.to_owned());
    choices.push(NONE_OF_THEM.to_owned());
    let question = Question { id: id.to_owned(), text: text.to_owned(), choices };
    Known { question, right: u32::try_from(place).unwrap_or_default() }
}

/// A street without its house number: "474 Bryant St" is "Bryant St".
fn street_name(street: &str) -> &str {
    match street.split_once(' ') {
        Some((number, name)) if number.starts_with(|c: char| c.is_ascii_digit()) => name.trim(),
        _ => street,
    }
}

/// The last `count` characters of digits.
fn last(digits: &str, count: usize) -> &str {
    &digits[digits.len().saturating_sub(count)..]
}

/// A number that looks drawn and is always the same for a fund (FNV-1a over the id, a name and a count, then mixed).
fn draw(fund: FundId, name: &str, count: u64) -> u64 {
    let uuid = fund.uuid();
    let count = count.to_be_bytes();
    let bytes = uuid.as_bytes().iter().chain(name.as_bytes()).chain(&count);
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fund::{Address, Person, Role};
    use jiff::civil::date;

    fn applicant() -> Applicant {
        let address = Address {
            street: "474 Bryant St".to_owned(),
            street2: None,
            zip: "94107".to_owned(),
            city: "San Francisco".to_owned(),
            state: "CA".to_owned(),
        };
        let owner = Person {
            role: Role::Owner,
            first_name: "Jane".to_owned(),
            middle_name: None,
            last_name: "Doe".to_owned(),
            born_on: Some(date(1982, 1, 11)),
            relationship: None,
            ssn: Some(Ssn::of_digits("321654987".to_owned())),
            phone: Some("5555555555".to_owned()),
            physical: Some(address.clone()),
            mailing: Some(address),
        };
        Applicant { fund: FundId::new(), owner }
    }

    #[test]
    fn one_choice_of_each_question_is_right() {
        for _ in 0..200 {
            let applicant = applicant();
            let questions = SimulatedPlanProvider.questions(&applicant);
            let rights = ["Bryant St", "January", "4987", "55"];
            assert_eq!(questions.len(), rights.len());
            for (question, right) in questions.iter().zip(rights) {
                assert_eq!(question.choices.len(), 5, "{question:?}");
                for (number, choice) in (0..).zip(&question.choices) {
                    let is_right = SimulatedPlanProvider.is_right(&applicant, &question.id, number);
                    assert_eq!(is_right, choice == right, "{question:?}");
                }
            }
            assert_eq!(questions, SimulatedPlanProvider.questions(&applicant));
        }
    }

    #[test]
    fn portfolios_follow_risk_and_age() {
        use RiskLevel::{Balanced, MaximizingGains, MinimizingLosses, PreservingCapital};
        let today = date(2018, 3, 29);
        let check = |risk, born: Option<Date>, expected: &str| {
            assert_eq!(SimulatedPlanProvider.portfolio(risk, born, today), expected);
        };
        check(MaximizingGains, Some(date(2014, 5, 1)), "Target Enrollment 2032/2033");
        check(MaximizingGains, Some(date(2015, 5, 1)), "Target Enrollment 2032/2033");
        check(Balanced, Some(date(2015, 5, 1)), "Target Enrollment 2030/2031");
        check(MinimizingLosses, Some(date(2015, 5, 1)), "Target Enrollment 2028/2029");
        check(PreservingCapital, Some(date(2015, 5, 1)), "FDIC-Insured");
        check(MaximizingGains, None, "Target Enrollment 2036/2037");
        check(MaximizingGains, Some(date(1999, 5, 1)), "Target Enrollment Enrolled");
        check(MaximizingGains, Some(date(2001, 5, 1)), "Target Enrollment 2018/2019");
    }

    #[test]
    fn account_numbers_look_like_the_document_s() {
        let fund = FundId::new();
        let number = SimulatedPlanProvider.account_number(fund, 0);
        assert!(number.len() == 9 && number.starts_with('9'), "{number}");
        assert_eq!(number, SimulatedPlanProvider.account_number(fund, 0));
        assert_ne!(number, SimulatedPlanProvider.account_number(fund, 1));
    }
}
