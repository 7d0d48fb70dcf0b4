//! Statements add up and never change, whatever happens to the accounts: random years on both engines.

use std::collections::BTreeMap;

use crate::support::{EQUAL_INSTALMENTS, EQUAL_PRINCIPAL, LINE, Lender, Terms, on_both, request};
use florin_ids::{LoanId, StatementId};
use florin_lending::day_end::PENNILESS;
use florin_lending::product::{FeeType, ProductType};
use florin_lending::statement::{Sheet, StatementNow};
use florin_lending::transaction::RevertOptions;
use florin_lending::{NewTransaction, TransactionStatus, TransactionType};
use florin_storage::{Filter, ListQuery, Op};
use jiff::civil::date;
use jiff::{Span, civil::Date};

/// A revolving account of 2,000: a statement on the 1st, due by the 15th.
const CARD: Terms = Terms { kind: ProductType::RevolvingCredit, rate: "24", ..LINE };

/// Numbers that are the same on every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    /// An amount of money from 0.01 to `most` minor units, as text.
    fn amount(&mut self, most: i64) -> String {
        let minor = 1 + self.roll(u64::try_from(most.max(1)).expect("not negative"));
        format!("{}.{:02}", minor / 100, minor % 100)
    }
}

fn statements(lender: &Lender, loan: LoanId) -> Vec<StatementNow> {
    let query = ListQuery {
        filters: vec![Filter { column: "loan_id", op: Op::In(vec![loan.into()]) }],
        order: vec![("number", false)],
        limit: 1_000,
        offset: 0,
    };
    let page = lender.lending.list_statements(&lender.caller, query);
    lender.runtime.block_on(page).expect("a list").items
}

fn sheet(lender: &Lender, id: StatementId) -> Sheet {
    let sheet = lender.lending.get_statement(&lender.caller, id);
    lender.runtime.block_on(sheet).expect("a statement")
}

/// Something that a partner might do to an account on a day; many a thing is refused, which is as good.
fn meddle(lender: &Lender, dice: &mut Dice, loan: LoanId, today: Date) {
    let owed: i64 = {
        let owed = lender.loan(loan).balances.owed();
        owed.principal + owed.interest + owed.fee
    };
    match dice.roll(12) {
        0 | 1 if owed > 0 => {
            let amount = dice.amount(owed);
            let _ = lender.create(loan, TransactionType::Repayment, &amount);
        }
        2 => {
            let amount = dice.amount(60_000);
            if let Ok(paid_out) = lender.create(loan, TransactionType::Disbursement, &amount)
                && dice.roll(3) > 0
            {
                lender.apply(paid_out.id).expect("applied");
            }
        }
        3 => {
            let _ = lender.submit(NewTransaction {
                name: Some("Letter".to_owned()),
                fee_type: Some(FeeType::Flat),
                ..request(loan, TransactionType::Fee, &dice.amount(2_500))
            });
        }
        4 if owed > 0 => {
            let _ = lender.create(loan, TransactionType::Waiver, &dice.amount(owed.min(3_000)));
        }
        5 | 6 => {
            let with = |status| move |it: &florin_lending::Transaction| it.status == status;
            let all = lender.transactions(loan);
            for it in all.iter().filter(|it| with(TransactionStatus::Pending)(it)) {
                if dice.roll(3) == 0 {
                    let _ = lender.apply(it.id);
                }
            }
            for it in all.iter().filter(|it| with(TransactionStatus::Failed)(it)) {
                if dice.roll(3) == 0 {
                    let again = lender.lending.retry_transaction(&lender.caller, it.id);
                    let _ = lender.runtime.block_on(again);
                }
            }
        }
        7 => {
            let all = lender.transactions(loan);
            let back = usize::try_from(dice.roll(12)).expect("small");
            if let Some(it) = all.iter().rev().nth(back) {
                let options = RevertOptions { recalculate: dice.roll(2) == 0, preview: false };
                let reverted = lender.lending.revert_transaction(&lender.caller, it.id, options);
                let _ = lender.runtime.block_on(reverted);
            }
        }
        8 if owed > 0 => {
            let days = i32::try_from(dice.roll(10)).expect("small");
            let _ = lender.submit(NewTransaction {
                effective_on: Some(today.saturating_sub(Span::new().days(days))),
                ..request(loan, TransactionType::Repayment, &dice.amount(owed.min(20_000)))
            });
        }
        _ => {}
    }
}

/// A statement adds up: the lines lead from the opening to the closing balance, each with the balance after it.
fn check_sum(sheet: &Sheet) {
    let statement = &sheet.head.statement;
    let sum: i64 = sheet.lines.iter().map(|line| line.amount).sum();
    let told = format!("{statement:?}\n{:#?}", sheet.lines);
    assert_eq!(statement.opening.minor() + sum, statement.closing.minor(), "{told}");
    let last = sheet.lines.last().map_or(statement.opening.minor(), |line| line.balance);
    assert_eq!(last, statement.closing.minor(), "{told}");
    let parts = statement.closing_parts;
    assert_eq!(parts.principal + parts.interest + parts.fee, statement.closing.minor(), "{told}");
}

#[test]
fn statements_add_up_and_never_change() {
    on_both(date(2023, 1, 1), |lender| {
        let mut dice = Dice(20_261_121);
        let loans: Vec<LoanId> = (0..8)
            .map(|at| {
                let name = if at % 2 == 0 { "John" } else { PENNILESS };
                let loan = lender.open(lender.application(CARD, name)).expect("a loan").id;
                let first = lender.create(loan, TransactionType::Disbursement, "600");
                lender.apply(first.expect("within the limit").id).expect("applied");
                loan
            })
            .collect();
        let mut issued: BTreeMap<StatementId, Sheet> = BTreeMap::new();
        let mut today = date(2023, 1, 1);
        while today < date(2024, 1, 10) {
            let days = 1 + i32::try_from(dice.roll(4)).expect("small");
            today = today.saturating_add(Span::new().days(days));
            lender.advance(today);
            for loan in &loans {
                for made in statements(lender, *loan) {
                    let id = made.statement.id;
                    issued.entry(id).or_insert_with(|| sheet(lender, id));
                }
                meddle(lender, &mut dice, *loan, today);
            }
        }
        let mut returned = 0;
        for loan in &loans {
            let mut closing = 0;
            for (at, made) in statements(lender, *loan).iter().enumerate() {
                let now = sheet(lender, made.statement.id);
                check_sum(&now);
                assert_eq!(now.head, *made);
                assert_eq!(made.statement.number as usize, at + 1);
                assert_eq!(made.statement.opening.minor(), closing, "where the last one ended");
                closing = made.statement.closing.minor();
                let then = &issued[&made.statement.id];
                assert_eq!(then.head.statement, now.head.statement, "it never changes");
                assert_eq!(then.lines, now.lines, "it never changes");
                returned += now.lines.iter().filter(|line| line.is_returned).count();
            }
        }
        assert!(issued.len() >= 8 * 11, "{} statements", issued.len());
        assert!(returned >= 5, "{returned} repayments failed after a statement had shown them");
        lender.assert_proven();
    });
}

#[test]
fn whatever_happens_the_days_go_on_and_nobody_owes_less_than_nothing() {
    let short = |terms| Terms { amount: "1800", installments: Some(9), ..terms };
    let kinds = [CARD, LINE, short(EQUAL_PRINCIPAL), short(EQUAL_INSTALMENTS)];
    on_both(date(2023, 1, 1), |lender| {
        let mut dice = Dice(1_953);
        let names = ["John", PENNILESS];
        let loans: Vec<LoanId> = (0..16)
            .map(|at| {
                let application = lender.application(kinds[at % 4], names[at / 4 % 2]);
                let loan = lender.open(application).expect("a loan").id;
                let first = lender.create(loan, TransactionType::Disbursement, "900");
                lender.apply(first.expect("within the limit").id).expect("applied");
                loan
            })
            .collect();
        let mut today = date(2023, 1, 1);
        while today < date(2023, 11, 10) {
            let days = 1 + i32::try_from(dice.roll(4)).expect("small");
            today = today.saturating_add(Span::new().days(days));
            lender.advance(today);
            for loan in &loans {
                meddle(lender, &mut dice, *loan, today);
                let owed = lender.loan(*loan).balances.owed();
                let least = owed.principal.min(owed.interest).min(owed.fee);
                assert!(least >= 0, "{today}: {owed:?} {:#?}", lender.transactions(*loan));
            }
        }
        lender.assert_proven();
    });
}
