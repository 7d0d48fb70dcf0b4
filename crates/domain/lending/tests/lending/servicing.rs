//! Servicing loans on both engines: from the application to the last cent.

use crate::support::{
    EQUAL_INSTALMENTS, EQUAL_PRINCIPAL, LINE, Lender, Terms, decimal, on_both, request,
};
use florin_lending::loan::CloseSubstatus;
use florin_lending::product::FeeType;
use florin_lending::{
    LendingError, LoanStatus, NewTransaction, TransactionStatus, TransactionType,
};
use jiff::civil::{Date, date};

/// Runs a loan to its last due date and compares each collected repayment with the golden table.
fn check_golden(
    terms: Terms,
    disbursed_on: Date,
    rows: &[(&str, &str, &str)],
    last: Date,
    interest_minor: i64,
) {
    on_both(disbursed_on, |lender| {
        let loan = lender.disbursed(terms);
        assert_eq!(lender.loan(loan).status, LoanStatus::Active);
        lender.advance(last);
        let repayments: Vec<_> = lender
            .transactions(loan)
            .into_iter()
            .filter(|it| it.kind == TransactionType::Repayment)
            .collect();
        let collected: Vec<_> = repayments
            .iter()
            .map(|it| {
                (it.effective_on.to_string(), it.principal.to_string(), it.interest.to_string())
            })
            .collect();
        let expected: Vec<_> = rows
            .iter()
            .map(|(due, principal, interest)| {
                ((*due).to_owned(), (*principal).to_owned(), (*interest).to_owned())
            })
            .collect();
        assert_eq!(collected, expected);
        assert!(
            repayments.iter().all(|it| it.is_automatic && it.status == TransactionStatus::Applied)
        );
        assert_eq!(lender.owed(loan), ["0.00", "0.00", "0.00"]);
        let closed = lender.loan(loan);
        assert_eq!(
            (closed.status, closed.close_substatus),
            (LoanStatus::Closed, Some(CloseSubstatus::PaidInFull))
        );
        assert_eq!(lender.account(4000), -interest_minor, "interest income");
        assert_eq!(lender.account(1000), interest_minor, "cash at bank");
        assert_eq!((lender.account(1020), lender.account(1100), lender.account(1110)), (0, 0, 0));
        lender.assert_proven();
    });
}

#[test]
fn the_equal_principal_loan_ends_at_zero() {
    let rows = [
        ("2023-02-01", "2000.00", "122.30"),
        ("2023-03-01", "2000.00", "92.05"),
        ("2023-04-01", "2000.00", "81.53"),
        ("2023-05-01", "2000.00", "59.18"),
        ("2023-06-01", "2000.00", "40.77"),
        ("2023-07-01", "2000.00", "19.73"),
    ];
    check_golden(EQUAL_PRINCIPAL, date(2023, 1, 1), &rows, date(2023, 7, 1), 41_556);
}

#[test]
fn the_equal_instalments_loan_ends_at_zero() {
    let rows = [
        ("2023-05-24", "1940.39", "130.19"),
        ("2023-06-23", "1971.36", "99.22"),
        ("2023-07-24", "1988.15", "82.43"),
        ("2023-08-24", "2008.41", "62.17"),
        ("2023-09-22", "2031.57", "39.01"),
        ("2023-10-24", "2060.12", "21.67"),
    ];
    check_golden(EQUAL_INSTALMENTS, date(2023, 4, 21), &rows, date(2023, 10, 24), 43_469);
}

#[test]
fn pending_disbursements_count_against_the_limit() {
    // The document's example: a limit of 2,000, 1,500 disbursed, 500 pending, another 500 refused.
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender.open(lender.application(LINE, "John")).expect("a loan").id;
        let first =
            lender.create(loan, TransactionType::Disbursement, "1500").expect("within the limit");
        lender.apply(first.id).expect("applied");
        let second =
            lender.create(loan, TransactionType::Disbursement, "500").expect("within the limit");
        assert_eq!(lender.owed(loan)[0], "1500.00", "the balance waits for the answer");
        let third = lender.create(loan, TransactionType::Disbursement, "500");
        assert!(
            matches!(&third, Err(LendingError::Conflict(reason)) if reason.contains("leaves 0.00")),
            "{third:?}"
        );
        lender.apply(second.id).expect("applied");
        assert_eq!(lender.owed(loan)[0], "2000.00");
        lender.create(loan, TransactionType::Repayment, "300").expect("a repayment");
        lender.create(loan, TransactionType::Disbursement, "300").expect("the credit renews");
        assert!(matches!(
            lender.create(loan, TransactionType::Disbursement, "0.01"),
            Err(LendingError::Conflict(_))
        ));
        lender.assert_proven();
    });
}

#[test]
fn of_racing_clients_one_takes_the_last_of_the_limit() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender.open(lender.application(LINE, "John")).expect("a loan").id;
        let outcomes = lender.runtime.block_on(async {
            let mut clients = tokio::task::JoinSet::new();
            for _ in 0..16 {
                let (lending, caller) = (lender.lending.clone(), lender.caller.clone());
                clients.spawn(async move {
                    lending
                        .create_transaction(
                            &caller,
                            request(loan, TransactionType::Disbursement, "1500"),
                        )
                        .await
                });
            }
            clients.join_all().await
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(
            outcomes
                .iter()
                .all(|outcome| matches!(outcome, Ok(_) | Err(LendingError::Conflict(_))))
        );
        lender.assert_proven();
    });
}

#[test]
fn a_unique_key_makes_a_transaction_happen_once() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender.disbursed(LINE);
        let new = NewTransaction {
            unique_key: Some("order-1".to_owned()),
            ..request(loan, TransactionType::Repayment, "100.00")
        };
        let outcomes = lender.runtime.block_on(async {
            let mut clients = tokio::task::JoinSet::new();
            for _ in 0..16 {
                let (lending, caller, new) =
                    (lender.lending.clone(), lender.caller.clone(), new.clone());
                clients.spawn(async move {
                    lending.create_transaction(&caller, new).await.expect("the one repayment").id
                });
            }
            clients.join_all().await
        });
        assert!(outcomes.iter().all(|id| *id == outcomes[0]));
        let same_value = NewTransaction { amount: Some(decimal("100")), ..new.clone() };
        assert_eq!(lender.submit(same_value).expect("the same request").id, outcomes[0]);
        let other = lender.submit(NewTransaction { amount: Some(decimal("101")), ..new });
        assert!(matches!(other, Err(LendingError::Conflict(_))), "{other:?}");
        assert_eq!(lender.owed(loan)[0], "1900.00");
        lender.assert_proven();
    });
}

#[test]
fn a_manual_repayment_counts_at_once_and_settles_later() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender.disbursed(LINE);
        lender.advance(date(2023, 1, 11));
        assert_eq!(lender.owed(loan), ["2000.00", "6.58", "0.00"], "10 days at 12 % of 2,000");
        let repayment =
            lender.create(loan, TransactionType::Repayment, "1006.58").expect("a repayment");
        assert_eq!(repayment.status, TransactionStatus::Pending);
        assert_eq!(
            (repayment.interest.to_string(), repayment.principal.to_string()),
            ("6.58".to_owned(), "1000.00".to_owned())
        );
        assert_eq!(lender.owed(loan), ["1000.00", "0.00", "0.00"]);
        assert_eq!(lender.account(1020), 100_658, "under way");
        lender.advance(date(2023, 1, 21));
        let settled = lender
            .transactions(loan)
            .into_iter()
            .find(|it| it.id == repayment.id)
            .expect("the repayment");
        assert_eq!(settled.status, TransactionStatus::Applied);
        assert_eq!(lender.account(1020), 0);
        assert_eq!(
            lender.owed(loan),
            ["1000.00", "3.28", "0.00"],
            "10 days more: 9.86 in all for the period, of which 6.58 was posted before"
        );
        assert!(matches!(lender.apply(repayment.id), Err(LendingError::Conflict(_))));
        lender.assert_proven();
    });
}

#[test]
fn days_are_recomputed_when_a_repayment_fails() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender
            .open(lender.application(LINE, florin_lending::day_end::PENNILESS))
            .expect("a loan")
            .id;
        let paid_out =
            lender.create(loan, TransactionType::Disbursement, "2000").expect("a disbursement");
        lender.apply(paid_out.id).expect("applied");
        lender.advance(date(2023, 1, 10));
        let repayment =
            lender.create(loan, TransactionType::Repayment, "1000").expect("a repayment");
        assert_eq!(repayment.processing_on, Some(date(2023, 1, 13)), "three business days later");
        lender.advance(date(2023, 1, 31));
        let failed = lender
            .transactions(loan)
            .into_iter()
            .find(|it| it.id == repayment.id)
            .expect("the repayment");
        assert_eq!(
            (failed.status, failed.failure_reason.as_str()),
            (TransactionStatus::Failed, "insufficient_funds")
        );
        assert_eq!(
            lender.owed(loan),
            ["2000.00", "19.73", "0.00"],
            "30 days at 12 % of 2,000, as if nothing had been"
        );
        assert_eq!(lender.account(4000), -1_973);
        lender.assert_proven();
    });
}

#[test]
fn an_instalment_that_cannot_be_collected_stays_owed() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender
            .open(lender.application(EQUAL_PRINCIPAL, florin_lending::day_end::PENNILESS))
            .expect("a loan")
            .id;
        let paid_out =
            lender.create(loan, TransactionType::Disbursement, "12000").expect("a disbursement");
        lender.apply(paid_out.id).expect("applied");
        lender.advance(date(2023, 2, 1));
        assert_eq!(lender.owed(loan), ["12000.00", "122.30", "0.00"]);
        let last = lender.transactions(loan).pop().expect("the repayment");
        assert_eq!(
            (last.kind, last.status, last.amount.to_string()),
            (TransactionType::Repayment, TransactionStatus::Failed, "2122.30".to_owned())
        );
        lender.assert_proven();
    });
}

#[test]
fn what_is_repaid_early_comes_off_the_last_instalments() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender.disbursed(EQUAL_PRINCIPAL);
        lender.advance(date(2023, 1, 16));
        assert_eq!(lender.owed(loan), ["12000.00", "59.18", "0.00"], "15 days at 12 %");
        lender.create(loan, TransactionType::Repayment, "3059.18").expect("a repayment");
        assert_eq!(lender.owed(loan), ["9000.00", "0.00", "0.00"]);
        let planned: Vec<_> = lender
            .schedule(loan)
            .iter()
            .map(|it| (it.principal_minor, it.interest_minor, it.principal_after_minor))
            .collect();
        assert_eq!(
            planned,
            [
                (200_000, 12_230, 700_000),
                (200_000, 9_205, 500_000),
                (200_000, 8_153, 300_000),
                (200_000, 5_918, 100_000),
                (100_000, 4_077, 0),
            ],
            "the sixth is gone and the fifth is halved; the others are as they were"
        );
        lender.advance(date(2023, 2, 1));
        let collected = lender.transactions(loan).pop().expect("the instalment");
        assert!(collected.is_automatic);
        assert_eq!(collected.amount.to_string(), "2122.30", "the total stays");
        assert_eq!(collected.interest.to_string(), "47.34", "16 days at 12 % of 9,000, exactly");
        assert_eq!(collected.principal.to_string(), "2074.96", "the interest saved repays");
        lender.advance(date(2023, 7, 1));
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        assert_eq!(lender.owed(loan), ["0.00", "0.00", "0.00"]);
        lender.assert_proven();
    });
}

#[test]
fn a_second_disbursement_makes_the_instalments_to_come_anew() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender.open(lender.application(EQUAL_PRINCIPAL, "John")).expect("a loan").id;
        let pay_out = |amount| {
            let paid_out = lender.create(loan, TransactionType::Disbursement, amount);
            lender.apply(paid_out.expect("within the limit").id).expect("applied");
        };
        pay_out("6000");
        lender.advance(date(2023, 2, 15));
        assert_eq!(lender.owed(loan)[0], "5000.00", "one of six parts is repaid");
        pay_out("6000");
        let (_, instalments) = lender
            .runtime
            .block_on(lender.lending.loan_schedule(&lender.caller, loan))
            .expect("a schedule");
        let planned: Vec<_> = instalments
            .iter()
            .map(|it| (it.number, it.due_on.to_string(), it.principal_minor))
            .collect();
        assert_eq!(planned.len(), 6);
        assert_eq!(planned[0], (1, "2023-02-01".to_owned(), 100_000));
        assert_eq!(planned[1], (2, "2023-03-01".to_owned(), 220_000), "11,000 over five");
        assert_eq!(planned[5], (6, "2023-07-01".to_owned(), 220_000));
        let refused = lender.create(loan, TransactionType::Disbursement, "0.01");
        assert!(matches!(refused, Err(LendingError::Conflict(_))), "a term loan does not renew");
        lender.advance(date(2023, 7, 1));
        assert_eq!(lender.owed(loan), ["0.00", "0.00", "0.00"]);
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        lender.assert_proven();
    });
}

#[test]
fn fees_are_charged_flat_or_as_a_part_of_the_balance() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender.disbursed(LINE);
        let fee = |amount: Option<&str>, fee_type| NewTransaction {
            amount: amount.map(decimal),
            name: Some("Letter".to_owned()),
            fee_type,
            ..request(loan, TransactionType::Fee, "0")
        };
        assert_eq!(
            lender
                .submit(fee(Some("12.50"), Some(FeeType::Flat)))
                .expect("a fee")
                .amount
                .to_string(),
            "12.50"
        );
        let percent = lender.submit(fee(Some("1"), Some(FeeType::Percent))).expect("a fee");
        assert_eq!(
            (percent.amount.to_string(), percent.status),
            ("20.13".to_owned(), TransactionStatus::Applied),
            "1 % of 2,012.50, half up"
        );
        assert_eq!(lender.owed(loan)[2], "32.63");
        let nameless = lender.submit(fee(Some("1"), None));
        assert!(
            matches!(&nameless, Err(LendingError::Invalid(faults)) if faults[0].field == "fee_type"),
            "{nameless:?}"
        );
        lender.assert_proven();
    });
}

#[test]
fn what_a_loan_does_not_take_is_refused() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender.open(lender.application(LINE, "John")).expect("a loan").id;
        let check = |kind, amount: &str, wanted: &str| {
            let refused = lender.create(loan, kind, amount).expect_err("refused");
            let text = match &refused {
                LendingError::Invalid(faults) => {
                    faults.iter().map(|it| format!("{}: {}", it.field, it.message)).collect()
                }
                other => other.to_string(),
            };
            assert!(text.contains(wanted), "{kind} {amount}: {text}");
        };
        check(TransactionType::Repayment, "1", "The loan is inactive");
        check(TransactionType::Disbursement, "0", "amount: Ensure this value is greater than 0.");
        check(TransactionType::Disbursement, "-5", "amount: Ensure this value is greater than 0.");
        check(
            TransactionType::Disbursement,
            "1.001",
            "amount: Ensure that there are no more than 2 decimal places.",
        );
        check(
            TransactionType::Disbursement,
            "79228162514264337593543950335",
            "amount: Ensure that the number is not too large.",
        );
        check(TransactionType::Interest, "1", "type: \"interest\" is not a valid choice.");
        let paid_out =
            lender.create(loan, TransactionType::Disbursement, "2000").expect("a disbursement");
        lender.apply(paid_out.id).expect("applied");
        check(
            TransactionType::Repayment,
            "2000.01",
            "amount: Ensure this value is less than or equal to 2000.00",
        );
        assert_eq!(lender.owed(loan)[0], "2000.00");
    });
}

#[test]
fn interest_can_be_stopped_and_started() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender.disbursed(LINE);
        lender.advance(date(2023, 1, 11));
        let set = |enabled| {
            lender
                .runtime
                .block_on(lender.lending.set_interest_calculation(&lender.caller, loan, enabled))
                .expect("set")
        };
        assert!(!set(false).is_interest_calculation_enabled);
        lender.advance(date(2023, 1, 21));
        assert_eq!(lender.owed(loan)[1], "6.58", "ten days");
        set(true);
        lender.advance(date(2023, 1, 31));
        assert_eq!(lender.owed(loan)[1], "13.15", "twenty days, exactly");
    });
}

#[test]
fn loans_are_cancelled_before_and_closed_after_the_disbursement() {
    on_both(date(2023, 1, 1), |lender| {
        let run =
            |future| lender.runtime.block_on::<std::pin::Pin<Box<dyn Future<Output = _>>>>(future);
        let unused = lender.open(lender.application(LINE, "John")).expect("a loan").id;
        let pending =
            lender.create(unused, TransactionType::Disbursement, "10").expect("a disbursement");
        let cancelled =
            run(Box::pin(lender.lending.cancel_loan(&lender.caller, unused))).expect("cancelled");
        assert_eq!(
            (cancelled.status, cancelled.balances.principal.pending()),
            (LoanStatus::Cancelled, 0)
        );
        assert!(matches!(lender.apply(pending.id), Err(LendingError::Conflict(_))));
        let used = lender.disbursed(LINE);
        assert!(matches!(
            run(Box::pin(lender.lending.cancel_loan(&lender.caller, used))),
            Err(LendingError::Conflict(_))
        ));
        let close = |substatus| {
            run(Box::pin(lender.lending.close_loan(
                &lender.caller,
                used,
                "Gone".to_owned(),
                substatus,
            )))
        };
        assert!(
            matches!(close(CloseSubstatus::PaidInFull), Err(LendingError::Conflict(_))),
            "it still owes"
        );
        assert_eq!(close(CloseSubstatus::WrittenOff).expect("closed").status, LoanStatus::Closed);
        assert_eq!(
            (lender.account(5000), lender.account(1100)),
            (200_000, 0),
            "the loss is booked"
        );
        assert!(matches!(
            lender.create(used, TransactionType::Repayment, "1"),
            Err(LendingError::Conflict(_))
        ));
        lender.assert_proven();
    });
}

#[test]
fn a_waiver_of_all_that_is_owed_closes_a_term_loan() {
    on_both(date(2023, 1, 1), |lender| {
        let loan = lender.disbursed(EQUAL_PRINCIPAL);
        lender.create(loan, TransactionType::Repayment, "11000").expect("a repayment");
        lender.create(loan, TransactionType::Waiver, "1000").expect("a waiver");
        assert_eq!(lender.loan(loan).status, LoanStatus::Active, "the repayment may still fail");
        lender.advance(date(2023, 1, 10));
        assert_eq!(lender.loan(loan).status, LoanStatus::Closed);
        let forgiven = lender.disbursed(EQUAL_PRINCIPAL);
        lender.create(forgiven, TransactionType::Waiver, "12000").expect("a waiver");
        assert_eq!(lender.loan(forgiven).status, LoanStatus::Closed);
        assert_eq!(lender.account(5010), 1_300_000);
        lender.assert_proven();
    });
}

#[test]
fn an_application_makes_one_loan() {
    on_both(date(2023, 1, 1), |lender| {
        let application = lender.application(LINE, "John");
        lender.open(application).expect("a loan");
        assert!(matches!(lender.open(application), Err(LendingError::Conflict(_))));
    });
}

#[test]
fn a_day_is_run_exactly_once_by_any_number_of_runners() {
    on_both(date(2023, 1, 1), |lender: &Lender| {
        let loan = lender.disbursed(LINE);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| lender.advance(date(2023, 1, 31)));
            }
        });
        assert_eq!(lender.today(), date(2023, 1, 31));
        assert_eq!(lender.owed(loan)[1], "19.73");
        let interest = lender
            .transactions(loan)
            .into_iter()
            .filter(|it| it.kind == TransactionType::Interest)
            .count();
        assert_eq!(interest, 30);
        lender.assert_proven();
    });
}
