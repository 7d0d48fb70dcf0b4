use super::*;
use jiff::civil::date;

const LIMIT: i64 = 56_000_000;
const TODAY: Date = date(2022, 10, 1);

fn at() -> Timestamp {
    "2022-10-01T10:00:00Z".parse().expect("a time")
}

fn fields(frequency: &str, days: &[i64]) -> ContributionFields {
    let day = |at: usize| days.get(at).map_or(Given::Absent, |day| Given::Value(*day));
    ContributionFields {
        frequency: frequency.into(),
        amount: Given::Value(15_000),
        first_day: day(0),
        second_day: day(1),
        ..ContributionFields::default()
    }
}

fn scheduled(fields: ContributionFields) -> Result<Contribution, SavingsError> {
    Contribution::schedule(ContributionId::new(), FundId::new(), fields, LIMIT, (TODAY, at()))
}

fn reasons<T: std::fmt::Debug>(result: Result<T, SavingsError>) -> (bool, Vec<String>) {
    match result {
        Err(SavingsError::Invalid(reasons)) => (false, reasons),
        Err(SavingsError::Impossible(reasons)) => (true, reasons),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_example_of_the_document() {
    let made = scheduled(fields("monthly", &[14])).expect("a contribution");
    assert_eq!(made.activation_date, date(2022, 10, 14));
    assert_eq!((made.terms.first_day, made.terms.second_day), (Some(14), None));
    assert_eq!(made.status, ContributionStatus::Scheduled);
}

#[test]
fn every_fault_is_told() {
    let check = |fields: ContributionFields, expected: &[&str]| {
        let (is_impossible, found) = reasons(scheduled(fields));
        assert_eq!(
            (is_impossible, found),
            (false, expected.iter().map(|it| (*it).to_owned()).collect())
        );
    };
    check(ContributionFields::default(), &["frequency is required", "amount is required"]);
    let weekly = "frequency must be one of onetime, monthly, semimonthly, annually";
    check(fields("weekly", &[]), &[weekly]);
    check(fields("monthly", &[]), &["first_day is required"]);
    check(fields("annually", &[]), &["first_day is required"]);
    check(fields("semimonthly", &[]), &["first_day is required", "second_day is required"]);
    check(fields("semimonthly", &[5, 5]), &["second_day must differ from first_day"]);
    check(fields("monthly", &[0]), &["first_day must be a day of the month (1 to 31)"]);
    check(fields("monthly", &[i64::MAX]), &["first_day must be a day of the month (1 to 31)"]);
    check(fields("onetime", &[]), &["activation_date is required"]);
    let nothing = ContributionFields { amount: Given::Value(0), ..fields("monthly", &[32]) };
    check(
        nothing,
        &["amount must be greater than 0", "first_day must be a day of the month (1 to 31)"],
    );
    let no_date =
        ContributionFields { activation_date: "tomorrow".into(), ..fields("onetime", &[]) };
    check(no_date, &["activation_date is not a valid date (YYYY-MM-DD)"]);
}

#[test]
fn what_is_sound_can_still_be_impossible() {
    let yesterday =
        ContributionFields { activation_date: "2022-09-30".into(), ..fields("onetime", &[]) };
    let expected = vec!["activation_date must not be in the past".to_owned()];
    assert_eq!(reasons(scheduled(yesterday)), (true, expected));
    let too_much =
        ContributionFields { amount: Given::Value(LIMIT + 1), ..fields("monthly", &[1]) };
    let expected =
        vec!["amount is more than the plan lets a beneficiary hold ($560000)".to_owned()];
    assert_eq!(reasons(scheduled(too_much)), (true, expected));
    let far =
        ContributionFields { activation_date: "9999-12-31".into(), ..fields("monthly", &[1]) };
    assert!(reasons(scheduled(far)).0);
}

#[test]
fn changes_keep_the_next_payment_unless_the_days_change() {
    let mut made = scheduled(fields("monthly", &[14])).expect("a contribution");
    let today = date(2022, 10, 20);
    made.pay(date(2022, 10, 14));
    assert_eq!(made.activation_date, date(2022, 11, 14));
    let amount = ContributionFields { amount: Given::Value(50_000), ..Default::default() };
    let changed = made.changed(amount, LIMIT, today).expect("changed");
    assert_eq!((changed.amount_minor, changed.activation_date), (50_000, made.activation_date));
    let later = ContributionFields { first_day: Given::Value(25), ..Default::default() };
    let changed = made.changed(later, LIMIT, today).expect("changed");
    assert_eq!(changed.activation_date, date(2022, 11, 25), "October has been paid");
    let twice = ContributionFields { second_day: Given::Value(3), ..fields("semimonthly", &[]) };
    let changed = made.changed(twice, LIMIT, today).expect("changed");
    assert_eq!((changed.terms.first_day, changed.terms.second_day), (Some(14), Some(3)));
    assert_eq!(changed.activation_date, date(2022, 11, 3));
    let once =
        ContributionFields { activation_date: "2022-12-24".into(), ..fields("onetime", &[]) };
    let once = made.changed(once, LIMIT, today).expect("changed");
    assert_eq!((once.activation_date, once.terms.first_day), (date(2022, 12, 27), None));
    let monthly = ContributionFields { frequency: "monthly".into(), ..Default::default() };
    assert_eq!(reasons(once.changed(monthly, LIMIT, today)).1, ["first_day is required"]);
    let no_day = ContributionFields { frequency: "onetime".into(), ..Default::default() };
    assert_eq!(reasons(made.changed(no_day, LIMIT, today)).1, ["activation_date is required"]);
}

#[test]
fn a_yearly_contribution_keeps_its_month_once_it_was_paid() {
    let mut made = scheduled(fields("annually", &[25])).expect("a contribution");
    assert_eq!((made.activation_date, made.terms.month), (date(2022, 10, 25), Some(10)));
    let sooner = ContributionFields { first_day: Given::Value(3), ..Default::default() };
    let moved = made.changed(sooner.clone(), LIMIT, date(2022, 10, 12)).expect("changed");
    assert_eq!((moved.activation_date, moved.terms.month), (date(2022, 11, 3), Some(11)));
    made.pay(date(2022, 10, 25));
    assert_eq!(made.activation_date, date(2023, 10, 25));
    let moved = made.changed(sooner, LIMIT, date(2022, 12, 12)).expect("changed");
    assert_eq!((moved.activation_date, moved.terms.month), (date(2023, 10, 3), Some(10)));
}

#[test]
fn an_end_is_an_end() {
    let once =
        ContributionFields { activation_date: "2022-10-14".into(), ..fields("onetime", &[]) };
    let mut once = scheduled(once).expect("a contribution");
    once.pay(date(2022, 10, 14));
    assert_eq!((once.status, once.next), (ContributionStatus::Completed, None));
    assert_eq!(once.activation_date, date(2022, 10, 14));
    assert_eq!(reasons(once.cancelled()).1, ["the contribution is completed"]);
    let made = scheduled(fields("monthly", &[14])).expect("a contribution");
    let cancelled = made.cancelled().expect("cancelled");
    assert_eq!((cancelled.status, cancelled.next), (ContributionStatus::Cancelled, None));
    assert_eq!(cancelled.cancelled().ok(), Some(cancelled.clone()));
    let amount = ContributionFields { amount: Given::Value(1), ..Default::default() };
    let refused = reasons(cancelled.changed(amount, LIMIT, TODAY));
    assert_eq!(refused, (true, vec!["the contribution is cancelled".to_owned()]));
}
