//! The schedule against the printed tables, by cases, and by properties.

use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;

/// 12,000.00 at 12 % in six instalments on the 1st, from 2023-01-01.
fn terms() -> Terms {
    Terms {
        principal_minor: 1_200_000,
        rate: rate("12"),
        instalments: 6,
        method: Method::EqualPrincipal,
        disbursed_on: date(2023, 1, 1),
        first_repayment_on: None,
        day_rule: RepaymentDay::DayOfMonth(1),
        holiday_rule: HolidayRule::OnDay,
        calendar: Calendar::GbEng,
        day_count: DayCount::Actual365,
        interest_on_holidays: true,
        grace_instalments: 0,
        principal_grace: 0,
        fees_minor: 0,
    }
}

fn rate(percent: &str) -> Rate {
    Rate::parse(percent).unwrap()
}

/// One line an instalment: due date, principal, interest, total, principal afterwards, in minor units; then the
/// totals.
fn table(schedule: &Schedule) -> Vec<String> {
    let row = |one: &Instalment| {
        let (due, principal, interest) = (one.due_on, one.principal_minor, one.interest_minor);
        format!("{due} {principal} {interest} {} {}", one.total_minor, one.principal_after_minor)
    };
    let totals = schedule.totals;
    let sums =
        format!("{} {} {}", totals.principal_minor, totals.interest_minor, totals.total_minor);
    schedule.instalments.iter().map(row).chain([sums]).collect()
}

fn check(terms: &Terms, expected: &[&str]) {
    assert_eq!(table(&schedule(terms).unwrap()), expected, "{terms:?}");
}

fn check_dates(terms: &Terms, expected: &[Date]) {
    assert_eq!(due_dates(terms).as_deref(), Ok(expected), "{terms:?}");
}

/// The first repayment table that the lending document prints.
#[test]
fn printed_table_of_equal_principal() {
    check(
        &terms(),
        &[
            "2023-02-01 200000 12230 212230 1000000",
            "2023-03-01 200000 9205 209205 800000",
            "2023-04-01 200000 8153 208153 600000",
            "2023-05-01 200000 5918 205918 400000",
            "2023-06-01 200000 4077 204077 200000",
            "2023-07-01 200000 1973 201973 0",
            "1200000 41556 1241556",
        ],
    );
}

/// The second one; its last row and totals as its own columns add up (the print is a penny off).
#[test]
fn printed_table_of_equal_instalments() {
    let terms = Terms {
        method: Method::EqualInstalments,
        disbursed_on: date(2023, 4, 21),
        day_rule: RepaymentDay::DayOfMonth(24),
        holiday_rule: HolidayRule::BusinessDayBefore,
        ..terms()
    };
    check(
        &terms,
        &[
            "2023-05-24 194039 13019 207058 1005961",
            "2023-06-23 197136 9922 207058 808825",
            "2023-07-24 198815 8243 207058 610010",
            "2023-08-24 200841 6217 207058 409169",
            "2023-09-22 203157 3901 207058 206012",
            "2023-10-24 206012 2167 208179 0",
            "1200000 43469 1243469",
        ],
    );
}

#[test]
fn grace_bills_later_and_principal_grace_bills_interest_only() {
    let terms = Terms { grace_instalments: 2, principal_grace: 1, instalments: 5, ..terms() };
    check(
        &terms,
        &[
            "2023-02-01 0 0 0 1200000",
            "2023-03-01 0 0 0 1200000",
            // 90 days since the disbursement, rounded once: 35,506.85.
            "2023-04-01 0 35507 35507 1200000",
            "2023-05-01 600000 11836 611836 600000",
            "2023-06-01 600000 6115 606115 0",
            "1200000 53458 1253458",
        ],
    );
}

#[test]
fn an_instalment_smaller_than_its_interest_is_the_interest() {
    let terms = Terms {
        method: Method::EqualInstalments,
        instalments: 4,
        grace_instalments: 2,
        rate: rate("600"),
        principal_minor: 1_000,
        ..terms()
    };
    check(
        &terms,
        &[
            "2023-02-01 0 0 0 1000",
            "2023-03-01 0 0 0 1000",
            "2023-04-01 0 1479 1479 1000",
            "2023-05-01 1000 493 1493 0",
            "1000 1972 2972",
        ],
    );
}

#[test]
fn no_interest_and_hardly_any_principal() {
    for method in [Method::EqualPrincipal, Method::EqualInstalments] {
        let terms =
            Terms { rate: Rate::ZERO, principal_minor: 5, instalments: 6, method, ..terms() };
        // 5/6 rounds up to 1: the money is back before the last instalment.
        check(
            &terms,
            &[
                "2023-02-01 1 0 1 4",
                "2023-03-01 1 0 1 3",
                "2023-04-01 1 0 1 2",
                "2023-05-01 1 0 1 1",
                "2023-06-01 1 0 1 0",
                "2023-07-01 0 0 0 0",
                "5 0 5",
            ],
        );
    }
}

#[test]
fn nights_of_bank_holidays_can_be_free() {
    // 2023-04-07 and 2023-04-10 are Easter's bank holidays.
    let terms = Terms {
        disbursed_on: date(2023, 4, 1),
        instalments: 1,
        interest_on_holidays: false,
        principal_minor: 365_000,
        rate: rate("10"),
        ..terms()
    };
    check(&terms, &["2023-05-01 365000 2800 367800 0", "365000 2800 367800"]);
}

#[test]
fn due_dates_of_each_rule() {
    use HolidayRule::{BusinessDayAfter, BusinessDayBefore, OnDay};
    use RepaymentDay::{DayOfMonth, FirstBusinessDay, LastBusinessDay};
    let cases = [
        (
            DayOfMonth(31),
            OnDay,
            [date(2022, 11, 30), date(2022, 12, 31), date(2023, 1, 31), date(2023, 2, 28)],
        ),
        (
            DayOfMonth(31),
            BusinessDayBefore,
            [date(2022, 11, 30), date(2022, 12, 30), date(2023, 1, 31), date(2023, 2, 28)],
        ),
        (
            DayOfMonth(31),
            BusinessDayAfter,
            [date(2022, 11, 30), date(2023, 1, 3), date(2023, 1, 31), date(2023, 2, 28)],
        ),
        (
            DayOfMonth(26),
            BusinessDayAfter,
            [date(2022, 11, 28), date(2022, 12, 28), date(2023, 1, 26), date(2023, 2, 27)],
        ),
        (
            LastBusinessDay,
            OnDay,
            [date(2022, 11, 30), date(2022, 12, 30), date(2023, 1, 31), date(2023, 2, 28)],
        ),
        (
            FirstBusinessDay,
            OnDay,
            [date(2022, 11, 1), date(2022, 12, 1), date(2023, 1, 3), date(2023, 2, 1)],
        ),
    ];
    for (day_rule, holiday_rule, expected) in cases {
        let disbursed_on = date(2022, 10, 31);
        check_dates(
            &Terms { day_rule, holiday_rule, disbursed_on, instalments: 4, ..terms() },
            &expected,
        );
    }
}

#[test]
fn due_dates_after_a_given_first_one() {
    use HolidayRule::{BusinessDayAfter, BusinessDayBefore, OnDay};
    let cases = [
        // Later months take the repayment day, not the day of the first date.
        (OnDay, date(2023, 3, 15), [date(2023, 3, 15), date(2023, 4, 1), date(2023, 5, 1)]),
        // The given date moves too.
        (
            BusinessDayAfter,
            date(2023, 3, 18),
            [date(2023, 3, 20), date(2023, 4, 3), date(2023, 5, 2)],
        ),
        (
            BusinessDayBefore,
            date(2023, 3, 18),
            [date(2023, 3, 17), date(2023, 3, 31), date(2023, 4, 28)],
        ),
        // In the month of the disbursement.
        (OnDay, date(2023, 1, 2), [date(2023, 1, 2), date(2023, 2, 1), date(2023, 3, 1)]),
        // 2022-12-31 moves to 2023-01-03, and so would the next: it goes a business day further.
        (
            BusinessDayAfter,
            date(2022, 12, 31),
            [date(2023, 1, 3), date(2023, 1, 4), date(2023, 2, 1)],
        ),
    ];
    for (holiday_rule, first, expected) in cases {
        let first_repayment_on = Some(first);
        let disbursed_on = date(2023, 1, 1).min(first.yesterday().unwrap());
        check_dates(
            &Terms { holiday_rule, first_repayment_on, disbursed_on, instalments: 3, ..terms() },
            &expected,
        );
    }
}

/// 2026-02-01 is a Sunday: moved back it would lie on or before a disbursement on Friday or Saturday.
#[test]
fn a_first_instalment_never_falls_on_the_disbursement() {
    for day in [30, 31] {
        let terms = Terms {
            disbursed_on: date(2026, 1, day),
            holiday_rule: HolidayRule::BusinessDayBefore,
            instalments: 2,
            ..terms()
        };
        check_dates(&terms, &[date(2026, 2, 2), date(2026, 2, 27)]);
    }
}

#[test]
fn terms_that_make_no_schedule_are_refused() {
    let most = i64::MAX;
    let cases = [
        (Terms { principal_minor: 0, ..terms() }, ScheduleError::PrincipalNotPositive),
        (Terms { principal_minor: -1, ..terms() }, ScheduleError::PrincipalNotPositive),
        (Terms { principal_minor: most, ..terms() }, ScheduleError::AmountOutOfRange),
        (
            Terms {
                principal_minor: most,
                rate: Rate::MAX,
                method: Method::EqualInstalments,
                ..terms()
            },
            ScheduleError::AmountOutOfRange,
        ),
        (Terms { instalments: 0, ..terms() }, ScheduleError::InstalmentCount),
        (Terms { instalments: 1_201, ..terms() }, ScheduleError::InstalmentCount),
        (Terms { instalments: u32::MAX, ..terms() }, ScheduleError::InstalmentCount),
        (Terms { day_rule: RepaymentDay::DayOfMonth(0), ..terms() }, ScheduleError::NoSuchDay),
        (Terms { day_rule: RepaymentDay::DayOfMonth(32), ..terms() }, ScheduleError::NoSuchDay),
        (
            Terms { first_repayment_on: Some(date(2023, 1, 1)), ..terms() },
            ScheduleError::FirstRepaymentTooEarly,
        ),
        (Terms { grace_instalments: 6, ..terms() }, ScheduleError::GraceTooLong),
        (Terms { grace_instalments: u32::MAX, ..terms() }, ScheduleError::GraceTooLong),
        (
            Terms { grace_instalments: 3, principal_grace: 3, ..terms() },
            ScheduleError::PrincipalGraceTooLong,
        ),
        (Terms { principal_grace: u32::MAX, ..terms() }, ScheduleError::PrincipalGraceTooLong),
        (Terms { disbursed_on: date(9999, 9, 1), ..terms() }, ScheduleError::DateOutOfRange),
        (Terms { disbursed_on: Date::MAX, ..terms() }, ScheduleError::DateOutOfRange),
    ];
    for (terms, error) in cases {
        assert_eq!(schedule(&terms), Err(error), "{terms:?}");
    }
}

#[test]
fn faults_name_their_term() {
    let cases = [
        (ScheduleError::PrincipalNotPositive, "amount"),
        (ScheduleError::AmountOutOfRange, "amount"),
        (ScheduleError::InstalmentCount, "installments"),
        (ScheduleError::NoSuchDay, "repayment_date_period"),
        (ScheduleError::FirstRepaymentTooEarly, "first_repayment_date"),
        (ScheduleError::GraceTooLong, "grace_instalments"),
        (ScheduleError::PrincipalGraceTooLong, "principal_repayment_grace"),
        (ScheduleError::DateOutOfRange, "disbursement_date"),
    ];
    for (error, term) in cases {
        assert_eq!(error.term(), term);
    }
}

/// The second printed table's loan with an instalment that is solved for its dates: the last one is two pennies off.
#[test]
fn exact_instalments_are_level_to_the_last() {
    let printed = Terms {
        method: Method::ExactInstalments,
        disbursed_on: date(2023, 4, 21),
        day_rule: RepaymentDay::DayOfMonth(24),
        holiday_rule: HolidayRule::BusinessDayBefore,
        ..terms()
    };
    check(
        &printed,
        &[
            "2023-05-24 194221 13019 207240 1005779",
            "2023-06-23 197320 9920 207240 808459",
            "2023-07-24 199000 8240 207240 609459",
            "2023-08-24 201029 6211 207240 408430",
            "2023-09-22 203346 3894 207240 205084",
            "2023-10-24 205084 2158 207242 0",
            "1200000 43442 1243442",
        ],
    );
}

/// Instalments before the last and the last, of what repays principal.
fn level_of(terms: &Terms) -> (Vec<i64>, i64) {
    let made = schedule(terms).unwrap();
    let grace = (terms.grace_instalments + terms.principal_grace) as usize;
    let repaying = made.instalments[grace..].iter().map(|one| one.total_minor - one.fee_minor);
    let mut totals: Vec<i64> = repaying.collect();
    let last = totals.pop().unwrap();
    (totals, last)
}

fn check_level(terms: &Terms, lowest: i64, raised: usize, last: i64) {
    let terms = Terms { method: Method::ExactInstalments, ..terms.clone() };
    let (others, found) = level_of(&terms);
    let low = others.iter().copied().min().unwrap();
    assert_eq!((low, found), (lowest, last), "{terms:?}");
    let expected = (0..others.len()).map(|index| low + i64::from(index < raised));
    assert!(others.iter().copied().eq(expected), "{others:?}");
}

#[test]
fn exact_instalments_of_all_sorts() {
    let base = terms();
    let long = Terms {
        principal_minor: 25_000_000,
        instalments: 360,
        disbursed_on: date(2023, 1, 28),
        holiday_rule: HolidayRule::BusinessDayAfter,
        day_rule: RepaymentDay::DayOfMonth(28),
        ..terms()
    };
    check_level(&base, 206_983, 0, 206_981);
    check_level(&Terms { rate: Rate::ZERO, ..base.clone() }, 200_000, 0, 200_000);
    check_level(&Terms { rate: Rate::ZERO, instalments: 7, ..base.clone() }, 171_429, 0, 171_426);
    check_level(&Terms { interest_on_holidays: false, ..base.clone() }, 206_783, 0, 206_783);
    check_level(&Terms { day_count: DayCount::Thirty360, ..base.clone() }, 207_058, 0, 207_058);
    // Grace makes the first repaying instalment's interest larger, interest-only instalments pay it.
    let graces = Terms { grace_instalments: 2, principal_grace: 1, instalments: 9, ..base.clone() };
    check_level(&graces, 207_072, 0, 207_070);
    check_level(
        &Terms { grace_instalments: 2, instalments: 8, ..base.clone() },
        211_082,
        0,
        211_084,
    );
    let far = Terms { first_repayment_on: Some(date(2023, 6, 15)), ..base.clone() };
    check_level(&far, 215_332, 0, 215_329);
    check_level(&Terms { rate: rate("4.75"), ..long }, 130_460, 0, 130_162);
    // No single amount brings the last to within 84 pennies: the first 25 are a penny more.
    let dear = Terms { rate: rate("40"), instalments: 84, ..base };
    check_level(&dear, 42_713, 25, 42_708);
}

/// With one instalment everything is the last; at rates that outrun every level instalment the interest is paid
/// and the last brings the rest.
#[test]
fn exact_instalments_at_the_edges() {
    let terms = Terms { method: Method::ExactInstalments, ..terms() };
    check(
        &Terms { instalments: 1, ..terms.clone() },
        &["2023-02-01 1200000 12230 1212230 0", "1200000 12230 1212230"],
    );
    for instalments in [2, 12, 360, 1_200] {
        for principal_minor in [1, 2, 99, 100_000, 100_000_000_000_000] {
            for micro in [0, 1, 1_000_000, 400_000_000, 10_000_000_000] {
                let rate = Rate::from_micro_percent(micro).unwrap();
                let terms = Terms { rate, principal_minor, instalments, ..terms.clone() };
                let made = schedule(&terms).unwrap();
                assert_eq!(made.totals.principal_minor, principal_minor, "{terms:?}");
            }
        }
    }
}

#[test]
fn fees_fall_due_with_the_first_instalment_that_is_due() {
    for grace_instalments in [0, 2] {
        let terms = Terms { grace_instalments, fees_minor: 2_500, ..terms() };
        let (with, without) =
            (schedule(&terms), schedule(&Terms { fees_minor: 0, ..terms.clone() }));
        let (with, without) = (with.unwrap(), without.unwrap());
        for (one, other) in with.instalments.iter().zip(&without.instalments) {
            let fee_minor = if one.number == grace_instalments + 1 { 2_500 } else { 0 };
            let total_minor = other.total_minor + fee_minor;
            assert_eq!(*one, Instalment { fee_minor, total_minor, ..*other });
        }
        assert_eq!((with.totals.fee_minor, without.totals.fee_minor), (2_500, 0));
        assert_eq!(with.totals.total_minor, without.totals.total_minor + 2_500);
        assert!(with.apr() > without.apr());
        let due_on: Vec<Date> = with.instalments.iter().map(|one| one.due_on).collect();
        assert_eq!(schedule_on(&terms, &due_on, 0), Ok(with));
        let credit = schedule(&Terms { fees_minor: -1, ..terms.clone() }).unwrap();
        assert_eq!(credit, without);
        let too_much = schedule(&Terms { fees_minor: i64::MAX, ..terms });
        assert_eq!(too_much, Err(ScheduleError::AmountOutOfRange));
    }
}

/// A recalculation right after an instalment, over the dates that are left, gives the rest of the schedule; and
/// interest that has accrued before its start is billed with its first instalment.
#[test]
fn a_recalculation_goes_on_where_the_schedule_was() {
    let whole = schedule(&terms()).unwrap();
    let (paid, left) = whole.instalments.split_at(2);
    let due_on: Vec<Date> = left.iter().map(|instalment| instalment.due_on).collect();
    let rest = Terms {
        principal_minor: paid[1].principal_after_minor,
        disbursed_on: paid[1].due_on,
        ..terms()
    };
    let again = schedule_on(&rest, &due_on, 0).unwrap();
    for (one, other) in again.instalments.iter().zip(left) {
        assert_eq!(
            (one.number + 2, one.due_on, one.total_minor),
            (other.number, other.due_on, other.total_minor)
        );
    }
    let ten_days_in = date(2023, 3, 11);
    let accrued = numerator(rest.principal_minor, rest.rate, 10);
    let midway =
        schedule_on(&Terms { disbursed_on: ten_days_in, ..rest.clone() }, &due_on, accrued);
    assert_eq!(midway.unwrap().instalments, again.instalments);
    assert_eq!(schedule_on(&rest, &[], 0), Err(ScheduleError::InstalmentCount));
    assert_eq!(schedule_on(&rest, &[due_on[0], due_on[0]], 0), Err(ScheduleError::DueDates));
    assert_eq!(schedule_on(&rest, &[rest.disbursed_on], 0), Err(ScheduleError::DueDates));
}

#[test]
fn the_annual_percentage_rate_of_the_first_table() {
    // Twelve percent nominal, paid monthly, is 12.68 % a year effective: 1.01^12 - 1.
    assert_eq!(
        schedule(&terms()).unwrap().apr().map(|rate| rate.to_string()).as_deref(),
        Some("12.68")
    );
}

const METHODS: [Method; 3] =
    [Method::EqualPrincipal, Method::EqualInstalments, Method::ExactInstalments];

fn any_terms() -> impl Strategy<Value = Terms> {
    let amounts = (
        prop_oneof![1..1_000_i64, 1..100_000_000_i64, 1..1_000_000_000_000_i64],
        prop_oneof![Just(0), 0..50_000_000_i64, 0..10_000_000_000_i64],
        prop_oneof![1..13_u32, 1..400_u32],
        0..3_usize,
    );
    let dates = (0..30_000_i32, prop::option::of(1..120_i32), 0..34_u8, 0..3_u8, 0..3_usize);
    let rest =
        (0..4_usize, any::<bool>(), 0..4_u32, 0..4_u32, prop_oneof![Just(0), -5..1_000_000_i64]);
    (amounts, dates, rest).prop_map(|(amounts, dates, rest)| {
        let disbursed_on = date(1990, 1, 1).checked_add(dates.0.days()).unwrap();
        Terms {
            principal_minor: amounts.0,
            rate: Rate::from_micro_percent(amounts.1).unwrap(),
            instalments: amounts.2 + rest.2 + rest.3,
            method: METHODS[amounts.3],
            disbursed_on,
            first_repayment_on: dates.1.map(|days| disbursed_on.checked_add(days.days()).unwrap()),
            day_rule: match dates.2 {
                0 | 32 => RepaymentDay::FirstBusinessDay,
                33 => RepaymentDay::LastBusinessDay,
                day => RepaymentDay::DayOfMonth(day),
            },
            holiday_rule: [
                HolidayRule::OnDay,
                HolidayRule::BusinessDayBefore,
                HolidayRule::BusinessDayAfter,
            ][usize::from(dates.3)],
            calendar: Calendar::ALL[dates.4],
            day_count: DayCount::ALL[rest.0],
            interest_on_holidays: rest.1,
            grace_instalments: rest.2,
            principal_grace: rest.3,
            fees_minor: rest.4,
        }
    })
}

proptest! {
    #[test]
    fn what_is_lent_comes_back(terms in any_terms()) {
        let made = schedule(&terms)?;
        let mut previous = (terms.disbursed_on, terms.principal_minor);
        let mut sums = Totals::default();
        for (index, one) in made.instalments.iter().enumerate() {
            prop_assert_eq!(one.number as usize, index + 1);
            prop_assert!(one.due_on > previous.0);
            prop_assert!(one.principal_minor >= 0 && one.interest_minor >= 0);
            let fee = if one.number == terms.grace_instalments + 1 { terms.fees_minor.max(0) } else { 0 };
            prop_assert_eq!(one.fee_minor, fee);
            prop_assert_eq!(one.total_minor, one.principal_minor + one.interest_minor + fee);
            prop_assert_eq!(one.principal_after_minor, previous.1 - one.principal_minor);
            prop_assert!(one.number > terms.grace_instalments || one.total_minor == 0);
            prop_assert!(one.number > terms.grace_instalments + terms.principal_grace || one.principal_minor == 0);
            previous = (one.due_on, one.principal_after_minor);
            sums.principal_minor += one.principal_minor;
            sums.interest_minor += one.interest_minor;
            sums.fee_minor += one.fee_minor;
            sums.total_minor += one.total_minor;
        }
        prop_assert_eq!(made.instalments.len(), terms.instalments as usize);
        prop_assert_eq!(previous.1, 0);
        prop_assert_eq!(sums, made.totals);
        prop_assert_eq!(sums.principal_minor, terms.principal_minor);
        let apr = made.apr();
        prop_assert!(apr.is_none_or(|apr| !apr.is_sign_negative()));
        let is_usual = terms.rate <= rate("400") && terms.fees_minor <= terms.principal_minor / 100;
        prop_assert!(apr.is_some() || !is_usual, "a usual rate has an annual one");
    }

    #[test]
    fn no_terms_make_it_panic(terms in any_terms(), principal in any::<i64>(), micro in 0..=10_000_000_000_i64, instalments in any::<u32>(), grace in any::<u32>(), year in -9999..=9999_i16) {
        let disbursed_on = date(year, 12, 31);
        let rate = Rate::from_micro_percent(micro)?;
        let bounded = Terms { principal_minor: principal, rate, disbursed_on, ..terms.clone() };
        let _ = schedule(&bounded).map(|made| made.apr());
        let _ = schedule(&Terms { instalments: instalments % 1_300, ..bounded.clone() }).map(|made| made.apr());
        let _ = schedule(&Terms { instalments, grace_instalments: grace, principal_grace: instalments, ..bounded });
    }

    #[test]
    fn exact_instalments_are_level(terms in any_terms(), micro in 0..40_000_000_i64, repaying in 2..120_u32) {
        let instalments = terms.grace_instalments + terms.principal_grace + repaying;
        let rate = Rate::from_micro_percent(micro)?;
        let terms = Terms { method: Method::ExactInstalments, rate, instalments, ..terms };
        let made = schedule(&terms)?;
        let from = (instalments - repaying) as usize;
        let (last, others) = made.instalments[from..].split_last().expect("at least two");
        let paid: Vec<i64> = others.iter().map(|one| one.total_minor - one.fee_minor).collect();
        let repays = |one: &&Instalment| one.principal_minor > 0;
        let level: Vec<i64> =
            others.iter().filter(repays).map(|one| one.total_minor - one.fee_minor).collect();
        let Some(&each) = level.last() else { return Ok(()) };
        // One amount, or one more for the first ones; where the interest is more than that, the interest alone. The
        // last that repays principal may be a raised one, when all after it are their interest.
        let is_level = |each: i64, raised: usize| {
            let amounts = (0..others.len()).map(|index| each + i64::from(index < raised));
            amounts.zip(others).zip(&paid).all(|((amount, one), paid)| *paid == amount.max(one.interest_minor))
        };
        let is_level = (0..=others.len()).any(|raised| is_level(each, raised) || is_level(each - 1, raised));
        prop_assert!(is_level, "{:?}", paid);
        // Of a few pennies the interest can round to the whole instalment, month after month, and a penny more would
        // repay all too soon: then the last is whatever is left.
        let last = last.total_minor - last.fee_minor;
        let all_repay = level.len() == others.len();
        prop_assert!(!all_repay || (last - each).abs() <= i64::from(repaying), "{} and {}", each, last);
        prop_assert!(last >= 0, "{}", last);
        // Where a penny has not grown to a multiple by the end, one amount does for all.
        let is_usual = micro <= 20_000_000 && repaying <= 60 && terms.principal_minor >= 10_000;
        prop_assert!(!is_usual || level[0] == each, "{:?}", level);
    }

    #[test]
    fn daily_postings_add_up_to_the_interest_billed(terms in any_terms()) {
        let terms = Terms { instalments: terms.grace_instalments + terms.principal_grace + 3, ..terms };
        let made = schedule(&terms)?;
        let (mut day, mut balance) = (terms.disbursed_on, terms.principal_minor);
        let (mut accrued, mut posted) = (0_i128, 0_i64);
        for one in &made.instalments {
            while day < one.due_on {
                let next = day.tomorrow()?;
                let weight = accrual_weight(terms.day_count, terms.calendar, terms.interest_on_holidays, day, next);
                accrued += numerator(balance, terms.rate, weight);
                let due = round_half_up(accrued, denominator(terms.day_count))? - posted;
                prop_assert!(due >= 0);
                posted += due;
                day = next;
            }
            if one.number > terms.grace_instalments {
                prop_assert_eq!(posted, one.interest_minor);
                (accrued, posted) = (0, 0);
            }
            balance = one.principal_after_minor;
        }
    }

    #[test]
    fn the_annual_percentage_rate_discounts_to_the_principal(terms in any_terms(), micro in 0..100_000_000_i64) {
        let principal_minor = terms.principal_minor + 100_000;
        let fees_minor = terms.fees_minor.min(principal_minor / 100);
        let terms = Terms { rate: Rate::from_micro_percent(micro)?, principal_minor, fees_minor, ..terms };
        let made = schedule(&terms)?;
        let Some(apr) = made.apr() else { return Err(TestCaseError::fail("no rate")) };
        let apr: f64 = apr.to_string().parse()?;
        let worth = |percent: f64| -> f64 {
            let yearly = 1.0 + percent / 100.0;
            let discounted = |one: &Instalment| {
                let days = (one.due_on.duration_since(terms.disbursed_on).as_hours() / 24) as f64;
                one.total_minor as f64 * yearly.powf(-days / 365.0)
            };
            made.instalments.iter().map(discounted).sum()
        };
        let principal = terms.principal_minor as f64;
        prop_assert!(worth(apr + 0.0051) <= principal * (1.0 + 1e-9), "{apr} is too low");
        prop_assert!(worth(apr - 0.0051) >= principal * (1.0 - 1e-9), "{apr} is too high");
    }
}
