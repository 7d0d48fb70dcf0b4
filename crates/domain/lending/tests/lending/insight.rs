//! Payoffs and explanations on both engines: life stories of loans of every kind, at random.

use crate::support::{EQUAL_PRINCIPAL, LINE, Lender, decimal, on_both, on_both_collected, request};
use florin_ids::{LoanId, TransactionId};
use florin_lending::loan::explain::{Explanation, Line, Silence, What};
use florin_lending::loan::{CloseSubstatus, Payoff};
use florin_lending::product::{
    DefaultFeesFields, EarlyRepaymentRecalculation, FeeEvent, FeeFields, FeeType, InstalmentMethod,
    ProductFields, ProductType, RepaymentHolidayScheduling,
};
use florin_lending::transaction::RevertOptions;
use florin_lending::{
    Given, LendingError, NewTransaction, Transaction, TransactionStatus, TransactionType,
};
use florin_money::{DayCount, denominator, round_half_up};
use florin_tenancy::Collections;
use jiff::ToSpan;
use jiff::civil::{Date, date};

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn days(&mut self, from: i64, to: i64) -> i64 {
        from + self.below(u64::try_from(to - from).expect("a range")) as i64
    }
}

fn fee(name: &str, kind: FeeType, amount: &str, event: FeeEvent) -> FeeFields {
    FeeFields {
        name: Given::Value(name.to_owned()),
        kind: Given::Value(kind),
        amount: Given::Value(decimal(amount)),
        event: Given::Value(event),
    }
}

/// What all products under test have in common; `with` makes one of it.
fn product(kind: ProductType, with: impl FnOnce(&mut ProductFields)) -> ProductFields {
    let mut fields = ProductFields {
        kind: Given::Value(kind),
        name: Given::Value(format!("A {kind}")),
        max_loan_amount: Given::Value(decimal("12000")),
        max_interest_rate: Given::Value(decimal("18.25")),
        repayment_date_period: Given::Value(31),
        arrears_tolerance: Given::Value(4),
        default_fees: Given::Value(DefaultFeesFields {
            is_single: false,
            fees: vec![
                fee("Arrangement", FeeType::Percent, "1.5", FeeEvent::Disbursement),
                fee("Reminder", FeeType::Flat, "12", FeeEvent::Arrears),
                fee("Trouble", FeeType::Percent, "0.75", FeeEvent::Arrears),
            ],
        }),
        ..ProductFields::default()
    };
    if kind.is_term_loan() {
        fields.installments = Given::Value(12);
    }
    with(&mut fields);
    fields
}

/// Every type of product, every day count, holidays with and without interest, grace and recalculations.
fn products() -> Vec<ProductFields> {
    use ProductType as Kind;
    let before = RepaymentHolidayScheduling::LastBusinessDayBeforeTheDay;
    vec![
        product(Kind::EqualPrincipalTermLoan, |_| {}),
        product(Kind::EqualPrincipalTermLoan, |it| {
            it.day_count = Given::Value(DayCount::Actual360);
            it.calculate_interest_on_holidays = Given::Value(false);
            it.early_repayment_recalculation =
                Given::Value(EarlyRepaymentRecalculation::ReducedInstalments);
            it.repayment_holiday_scheduling = Given::Value(before);
        }),
        product(Kind::EqualInstalmentsTermLoan, |it| {
            it.day_count = Given::Value(DayCount::Thirty360);
            it.default_grace_instalments = Given::Value(2);
            it.principal_repayment_grace = Given::Value(1);
            it.repayment_date_period = Given::Value(7);
        }),
        product(Kind::EqualInstalmentsTermLoan, |it| {
            it.day_count = Given::Value(DayCount::ActualActual);
            it.instalment_method = Given::Value(InstalmentMethod::Exact);
            it.calculate_interest_on_holidays = Given::Value(false);
            it.early_repayment_recalculation =
                Given::Value(EarlyRepaymentRecalculation::FromLastInstalment);
        }),
        product(Kind::RevolvingCredit, |it| {
            it.statement_day = Given::Value(28);
            it.repayment_due_day = Given::Value(14);
        }),
        product(Kind::RevolvingCredit, |it| {
            it.day_count = Given::Value(DayCount::ActualActual);
            it.arrears_tolerance = Given::Value(0);
        }),
        product(Kind::SimpleRevolvingCredit, |it| {
            it.calculate_interest_on_holidays = Given::Value(false);
        }),
    ]
}

/// A loan under test, and whether what it owes is what its story comes to.
struct Life {
    id: LoanId,
    is_told: bool,
}

impl Life {
    fn begin(lender: &Lender, product: ProductFields, first_name: &str) -> Self {
        let id = lender.open(lender.application_for(product, first_name)).expect("a loan").id;
        let paid_out =
            lender.create(id, TransactionType::Disbursement, "7000.55").expect("a disbursement");
        lender.apply(paid_out.id).expect("applied");
        Self { id, is_told: true }
    }

    /// Something happens to it; what is refused is not done.
    fn live(&mut self, lender: &Lender, dice: &mut Dice) {
        let owed = lender.loan(self.id).balances.owed().total().expect("in range");
        let some = |dice: &mut Dice, part: u64| {
            let minor = 1 + dice.below(1 + owed.unsigned_abs() / part);
            format!("{}.{:02}", minor / 100, minor % 100)
        };
        let done = match dice.below(12) {
            0 => lender.create(self.id, TransactionType::Repayment, &some(dice, 1)),
            1 => lender
                .create(self.id, TransactionType::Repayment, &some(dice, 8))
                .and_then(|it| lender.apply(it.id)),
            2 => lender.create(self.id, TransactionType::Waiver, &some(dice, 20)),
            3 => lender.submit(NewTransaction {
                name: Some("Letter".to_owned()),
                fee_type: Some(if dice.below(2) == 0 { FeeType::Flat } else { FeeType::Percent }),
                ..request(self.id, TransactionType::Fee, "2.5")
            }),
            4 => lender
                .create(self.id, TransactionType::Disbursement, "250.25")
                .and_then(|it| lender.apply(it.id)),
            5 | 6 => {
                let amount = some(dice, 10);
                self.tell_late(lender, dice, &amount)
            }
            7 => return self.stop_or_start(lender),
            8 => return self.take_back(lender, dice, true),
            9 => return self.take_back(lender, dice, false),
            _ => return,
        };
        check_refusal(done.err());
    }

    fn tell_late(
        &self,
        lender: &Lender,
        dice: &mut Dice,
        amount: &str,
    ) -> Result<Transaction, LendingError> {
        let on = lender.today().checked_sub(dice.days(0, 40).days()).expect("a date");
        lender.submit(NewTransaction {
            effective_on: Some(on),
            ..request(self.id, TransactionType::Repayment, amount)
        })
    }

    fn stop_or_start(&self, lender: &Lender) {
        let enabled = !lender.loan(self.id).is_interest_calculation_enabled;
        let set = lender.lending.set_interest_calculation(&lender.caller, self.id, enabled);
        check_refusal(lender.runtime.block_on(set).err());
    }

    fn take_back(&mut self, lender: &Lender, dice: &mut Dice, recalculate: bool) {
        let transactions = lender.transactions(self.id);
        let recent = transactions.len().saturating_sub(25);
        let applied: Vec<_> = transactions[recent..]
            .iter()
            .filter(|it| it.status == TransactionStatus::Applied)
            .filter(|it| recalculate != (it.kind == TransactionType::Interest))
            .collect();
        if applied.is_empty() {
            return;
        }
        let id = applied[dice.below(applied.len() as u64) as usize].id;
        let done = revert(lender, id, recalculate);
        if done.is_ok() && !recalculate {
            // What was corrected before may have gone with it.
            self.is_told = false;
        }
        check_refusal(done.err());
    }
}

fn revert(lender: &Lender, id: TransactionId, recalculate: bool) -> Result<(), LendingError> {
    let options = RevertOptions { recalculate, preview: false };
    let reverted = lender.lending.revert_transaction(&lender.caller, id, options);
    lender.runtime.block_on(reverted).map(drop)
}

fn check_refusal(error: Option<LendingError>) {
    let is_refusal = |error: &LendingError| {
        matches!(error, LendingError::Conflict(_) | LendingError::Invalid(_))
    };
    assert!(error.as_ref().is_none_or(is_refusal), "{error:?}");
}

fn payoff(lender: &Lender, id: LoanId, on: Option<Date>) -> Result<Payoff, LendingError> {
    lender.runtime.block_on(lender.lending.loan_payoff(&lender.caller, id, on))
}

fn explain(lender: &Lender, id: LoanId, on: Option<Date>) -> Explanation {
    let explained = lender.lending.explain_loan(&lender.caller, id, on);
    lender.runtime.block_on(explained).expect("an explanation")
}

/// Every line follows from the one before it, and the last is the balance.
fn check_lines(lines: &[Line], balance: i64) {
    let mut running = 0;
    for line in lines {
        running += line.amount;
        assert_eq!(line.balance, running, "{line:?}");
        assert_ne!(line.what, What::Unexplained, "{lines:#?}");
    }
    assert_eq!(running, balance);
}

fn check_explained(lender: &Lender, life: &Life) {
    let loan = lender.loan(life.id);
    let told = explain(lender, life.id, None);
    assert_eq!(told.booked, loan.balances.owed(), "{loan:?}");
    check_lines(&told.principal, loan.balances.principal.posted);
    check_lines(&told.interest, loan.balances.interest.posted);
    check_lines(&told.fee, loan.balances.fee.posted);
    check_periods(&told);
    for split in &told.splits {
        let paid = split.paid;
        assert_eq!(paid.principal + paid.interest + paid.fee, split.amount);
    }
    if life.is_told {
        assert_eq!(told.told, Some(told.booked), "{}: {told:#?}", loan.id);
        assert_eq!(told.reconciliation.expect("told").difference(), 0, "{told:#?}");
    }
}

fn check_periods(told: &Explanation) {
    let year = denominator(told.loan.terms.day_count);
    for period in &told.periods {
        assert_eq!(period.spells.iter().map(|it| it.numerator).sum::<i128>(), period.numerator);
        assert_eq!(round_half_up(period.numerator, year), Ok(period.charged));
        let mut on = period.from;
        for spell in &period.spells {
            assert_eq!(spell.from, on);
            assert_eq!(spell.silence.is_some(), spell.principal_minor == 0);
            on = spell.to;
        }
        assert_eq!(on, period.to);
    }
}

/// The payoffs of these dates, then the days, then the books.
fn check_payoffs(lender: &Lender, lives: &[Life], dates: &[Date]) {
    let mut quoted = Vec::new();
    for life in lives {
        let is_open = lender.loan(life.id).status.is_open();
        for &on in dates {
            match payoff(lender, life.id, Some(on)) {
                Ok(payoff) => quoted.push(payoff),
                Err(LendingError::Conflict(_)) if !is_open => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    for &on in dates {
        lender.advance(on);
        for payoff in quoted.iter().filter(|it| it.date == on) {
            let loan = lender.loan(payoff.loan);
            assert_eq!(payoff.owed, loan.balances.owed(), "{on}: {loan:#?}");
            assert_eq!(Ok(payoff.total), loan.balances.owed().total());
        }
    }
}

#[test]
fn payoffs_come_true_and_every_cent_is_explained() {
    on_both_collected(date(2023, 11, 20), Collections::Manual, |lender| {
        let mut dice = Dice(2_023);
        let mut lives: Vec<Life> =
            products().into_iter().map(|product| Life::begin(lender, product, "John")).collect();
        for step in 0..16 {
            let today = lender.today();
            let mut dates: Vec<Date> = (0..3)
                .map(|_| {
                    today.checked_add(dice.days(1, if step % 4 == 0 { 90 } else { 20 }).days())
                })
                .map(|on| on.expect("a date"))
                .collect();
            dates.sort_unstable();
            dates.dedup();
            check_payoffs(lender, &lives, &dates);
            for life in &mut lives {
                check_explained(lender, life);
                life.live(lender, &mut dice);
                check_explained(lender, life);
                let past = lender.today().checked_sub(dice.days(0, 200).days()).expect("a date");
                check_periods(&explain(lender, life.id, Some(past)));
            }
        }
        lender.assert_proven();
    });
}

#[test]
fn what_the_provider_does_is_explained_too() {
    on_both(date(2023, 11, 20), |lender| {
        let mut dice = Dice(7);
        let mut lives: Vec<Life> = ["John", "Penniless"]
            .into_iter()
            .flat_map(|name| products().into_iter().map(move |product| (product, name)))
            .map(|(product, name)| Life::begin(lender, product, name))
            .collect();
        for _ in 0..10 {
            for life in &mut lives {
                life.live(lender, &mut dice);
                check_explained(lender, life);
            }
            let today = lender.today();
            lender.advance(today.checked_add(dice.days(1, 25).days()).expect("a date"));
            for life in &lives {
                check_explained(lender, life);
            }
        }
        lender.assert_proven();
    });
}

#[test]
fn the_golden_loan_is_explained() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender.disbursed(EQUAL_PRINCIPAL);
        lender.advance(date(2023, 3, 11));
        let told = explain(lender, loan, None);
        assert_eq!(told.periods.len(), 3);
        let first = &told.periods[0];
        assert_eq!(
            (first.from, first.to, first.is_ended),
            (date(2023, 1, 1), date(2023, 2, 1), true)
        );
        assert_eq!((first.charged, first.posted, first.postings), (12_230, 12_230, 31));
        assert_eq!(told.spell_formula(&first.spells[0]), "12000.00 x 12 % x 31/365");
        let exact = told.exact(first.numerator);
        assert_eq!(exact.decimal, "122.301369863013");
        // 12,000 x 0.12 x 31 / 365
        assert_eq!((exact.numerator, exact.denominator), (8_928, 73));
        let running = &told.periods[2];
        assert!(!running.is_ended);
        assert_eq!(told.exact(running.numerator).decimal, "26.301369863013");
        let paid = &told.splits[0];
        assert_eq!(
            (paid.amount, paid.paid.interest, paid.paid.principal),
            (212_230, 12_230, 200_000)
        );
        assert_eq!(
            paid.why,
            "Fees first: none was owed; then interest: 122.30, all that was owed; \
             then principal: 2000.00 of 12000.00 owed."
        );
        let then = explain(lender, loan, Some(date(2023, 1, 31)));
        assert_eq!(then.booked.interest, 11_836);
        assert_eq!(then.interest.len(), 1);
    });
}

#[test]
fn nights_without_interest_say_why() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender.disbursed(LINE);
        let set = |enabled| {
            let set = lender.lending.set_interest_calculation(&lender.caller, loan, enabled);
            lender.runtime.block_on(set).expect("set")
        };
        lender.advance(date(2023, 1, 11));
        set(false);
        lender.advance(date(2023, 1, 21));
        set(true);
        lender.advance(date(2023, 1, 26));
        let fee = NewTransaction {
            name: Some("Letter".to_owned()),
            fee_type: Some(FeeType::Percent),
            ..request(loan, TransactionType::Fee, "1")
        };
        let fee = lender.submit(fee).expect("a fee").id;
        lender.advance(date(2023, 1, 29));
        let told = explain(lender, loan, None);
        let What::Transaction { formula, .. } = &told.fee[0].what else { panic!("{told:?}") };
        assert_eq!(formula, "a percentage of the 2009.86 owed before it, rounded half up");
        revert(lender, fee, false).expect("reverted");
        lender.advance(date(2023, 2, 2));
        let told = explain(lender, loan, None);
        let spells: Vec<_> =
            told.periods[0].spells.iter().map(|it| (it.nights, it.silence)).collect();
        let expected = [
            (10, None),
            (10, Some(Silence::Stopped)),
            (5, None),
            (3, Some(Silence::Reverted(fee))),
            (4, None),
        ];
        assert_eq!(spells, expected);
        assert!(told.spell_formula(&told.periods[0].spells[3]).contains(&fee.to_string()));
        assert_eq!(told.told, Some(told.booked));
        assert!(told.fee.is_empty(), "what was taken back is not part of the balance");
    });
}

#[test]
fn corrections_stand_beside_what_the_days_posted() {
    on_both_collected(date(2023, 1, 1), Collections::Manual, |lender| {
        let loan = lender.disbursed(LINE);
        lender.advance(date(2023, 1, 31));
        let late = NewTransaction {
            effective_on: Some(date(2023, 1, 11)),
            ..request(loan, TransactionType::Repayment, "1000")
        };
        let late = lender.submit(late).expect("a repayment");
        let told = explain(lender, loan, None);
        let sums = told.reconciliation.expect("told");
        // 30 nights of 2,000.00 were posted; 20 of them bore interest on 1,006.58 only.
        assert_eq!((sums.posted, sums.explained, sums.difference()), (1_973, 1_319, 0));
        assert_eq!(sums.corrections, sums.explained - sums.posted);
        let split = told.splits.iter().find(|it| it.transaction == late.id).expect("the repayment");
        assert_eq!((split.paid.interest, split.paid.principal), (658, 99_342));
        assert!(split.why.starts_with("Fees first"), "{}", split.why);
        // On the day before it was told, the books did not know of the correction yet.
        let before = explain(lender, loan, Some(date(2023, 1, 30)));
        assert_ne!(before.reconciliation.expect("told").difference(), 0);
    });
}

#[test]
fn a_write_off_ends_the_interest() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender.disbursed(LINE);
        lender.advance(date(2023, 1, 31));
        let reason = "Gone".to_owned();
        let closed =
            lender.lending.close_loan(&lender.caller, loan, reason, CloseSubstatus::WrittenOff);
        lender.runtime.block_on(closed).expect("closed");
        lender.advance(date(2023, 3, 1));
        let told = explain(lender, loan, None);
        let last = told.interest.last().expect("a line");
        assert_eq!((last.date, &last.what), (Some(date(2023, 1, 31)), &What::WriteOff));
        assert_eq!((last.amount, last.balance), (-1_973, 0));
        assert_eq!(told.periods.last().map(|it| it.to), Some(date(2023, 1, 31)));
        assert_eq!(told.reconciliation.expect("told").difference(), 0);
        let before = explain(lender, loan, Some(date(2023, 1, 30)));
        assert_eq!(before.booked.principal, 200_000);
        assert!(matches!(payoff(lender, loan, None), Err(LendingError::Conflict(_))));
    });
}

#[test]
fn a_payoff_is_for_today_or_later() {
    on_both(date(2023, 1, 1), |lender| {
        let unused = lender.open(lender.application(LINE, "John")).expect("a loan").id;
        assert!(matches!(payoff(lender, unused, None), Err(LendingError::Conflict(_))));
        let loan = lender.disbursed(EQUAL_PRINCIPAL);
        lender.advance(date(2023, 1, 11));
        let today = payoff(lender, loan, None).expect("a payoff");
        assert_eq!((today.date, today.total), (date(2023, 1, 11), 1_203_945));
        for wrong in [date(2023, 1, 10), date(2200, 1, 1)] {
            let refused = payoff(lender, loan, Some(wrong));
            assert!(
                matches!(&refused, Err(LendingError::Invalid(faults)) if faults[0].field == "date"),
                "{refused:?}"
            );
        }
        // What is repaid on its day at its amount ends the loan.
        let later = payoff(lender, loan, Some(date(2023, 1, 25))).expect("a payoff");
        lender.create(loan, TransactionType::Repayment, "100").expect("a repayment");
        let pending = payoff(lender, loan, None).expect("a payoff");
        assert_eq!((pending.total, pending.pending_repayments), (1_193_945, 10_000));
        assert!(later.total > today.total);
        let century = payoff(lender, loan, Some(date(2123, 1, 11))).expect("a payoff");
        assert!(century.owed.interest > 10 * century.owed.principal);
    });
}
