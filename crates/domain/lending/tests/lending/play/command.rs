//! What a partner may ask for, at random.

use florin_ids::LoanId;
use florin_lending::loan::CloseSubstatus;
use florin_lending::product::{FeeEvent, FeeType};
use florin_lending::transaction::{Reversion, RevertOptions};
use florin_lending::{
    LendingError, Loan, LoanStatus, NewTransaction, Transaction, TransactionStatus, TransactionType,
};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::setting::hundredths;
use super::view::transactions;
use super::{Dice, Life};
use crate::support::{Lender, request};

/// One who asks for something: the loan as it is now, and what there is to ask for.
struct Asking<'a> {
    lender: &'a Lender,
    dice: &'a mut Dice,
    life: &'a Life,
    loan: Loan,
    transactions: Vec<Transaction>,
}

/// Asks for something at random; answers the command and the answer, or nothing when there is nothing to ask for.
pub fn any(lender: &Lender, dice: &mut Dice, life: &Life) -> Option<(Value, Value)> {
    let loan = lender.loan(life.loan);
    let transactions = transactions(lender, life.loan);
    let mut asking = Asking { lender, dice, life, loan, transactions };
    let is_new = asking.loan.status == LoanStatus::Inactive;
    let waits = asking.loan.balances.principal.pending() != 0;
    if asking.owes_borrower() && asking.dice.chance(25) {
        return asking.refund();
    }
    if asking.dice.chance(40)
        && let Some(done) = asking.pay_twice()
    {
        return Some(done);
    }
    let is_over = matches!(asking.loan.status, LoanStatus::Closed | LoanStatus::Cancelled);
    if is_over && asking.dice.chance(70) {
        return None;
    }
    match asking.dice.roll(100) {
        0..80 if waits => asking.apply(),
        0..80 if is_new => asking.disburse(),
        0..8 => asking.disburse(),
        8..20 => asking.apply(),
        20..52 => asking.repay(),
        52..58 => asking.repay_late(),
        58..63 => asking.waive(),
        63..71 => asking.fee(),
        71..76 => asking.set_interest(),
        76..88 => asking.revert(),
        88..94 => asking.retry(),
        94..97 => asking.mark(),
        97 => asking.refund(),
        _ => asking.close(),
    }
}

fn answer<T>(answer: Result<T, LendingError>) -> Value {
    match answer {
        Ok(_) => json!("ok"),
        Err(LendingError::Conflict(reason)) => {
            let words = reason.split(' ').filter(|word| word.parse::<LoanId>().is_err());
            json!({"conflict": words.collect::<Vec<_>>().join(" ")})
        }
        Err(LendingError::Invalid(faults)) => {
            json!({"invalid": faults.first().map(|fault| fault.field), "message": faults.first().map(|fault| fault.message.clone())})
        }
        Err(error) => panic!("an error that no request should bring about: {error:?}"),
    }
}

impl Asking<'_> {
    fn submit(&mut self, kind: TransactionType, amount: i64) -> Value {
        let new = NewTransaction { amount: Some(hundredths(amount)), ..self.request(kind) };
        answer(self.lender.submit(new))
    }

    fn request(&self, kind: TransactionType) -> NewTransaction {
        NewTransaction { amount: None, ..request(self.life.loan, kind, "0") }
    }

    /// The place of a transaction that is as `wanted`.
    fn one_that(&mut self, wanted: impl Fn(&Transaction) -> bool) -> Option<usize> {
        let found: Vec<usize> = (0..self.transactions.len())
            .filter(|index| wanted(&self.transactions[*index]))
            .collect();
        // Mostly one of the last.
        let back = if self.dice.chance(60) { 3 } else { 1_000 };
        let from = found.len().saturating_sub(back);
        (!found.is_empty()).then(|| self.dice.pick(&found[from..]))
    }

    fn disburse(&mut self) -> Option<(Value, Value)> {
        let left = self.loan.available_minor().max(0);
        let amount = match self.dice.roll(10) {
            0 => left + 1,
            1..5 => left,
            _ => 1 + self.dice.roll(left.max(1)),
        };
        let answer = self.submit(TransactionType::Disbursement, amount);
        Some((json!({"do": "disburse", "amount": amount}), answer))
    }

    fn apply(&mut self) -> Option<(Value, Value)> {
        let of = self.one_that(|it| it.status == TransactionStatus::Pending)?;
        let applied = self.lender.apply(self.transactions[of].id);
        Some((json!({"do": "apply", "of": of}), answer(applied)))
    }

    fn amount(&mut self) -> i64 {
        let owed = self.loan.balances.owed();
        let total = owed.principal + owed.interest + owed.fee;
        match self.dice.roll(12) {
            0 => total,
            1 => total + 1,
            2..5 => 1 + self.dice.roll(total / 2),
            5 => owed.interest + owed.fee,
            6 => 1 + self.dice.roll(total),
            _ => 1 + self.dice.roll(total / 8),
        }
    }

    fn repay(&mut self) -> Option<(Value, Value)> {
        let amount = self.amount();
        let answer = self.submit(TransactionType::Repayment, amount);
        Some((json!({"do": "repay", "amount": amount}), answer))
    }

    fn repay_late(&mut self) -> Option<(Value, Value)> {
        let amount = self.amount();
        let on = self.lender.today().checked_sub(self.dice.within(-1, 50).days()).ok()?;
        Some(self.repay_on(amount, on))
    }

    fn repay_on(&self, amount: i64, on: Date) -> (Value, Value) {
        let new = NewTransaction {
            amount: Some(hundredths(amount)),
            effective_on: Some(on),
            ..self.request(TransactionType::Repayment)
        };
        let command = json!({"do": "repay", "amount": amount, "on": on.to_string()});
        (command, answer(self.lender.submit(new)))
    }

    fn waive(&mut self) -> Option<(Value, Value)> {
        let amount = self.amount();
        let answer = self.submit(TransactionType::Waiver, amount);
        Some((json!({"do": "waive", "amount": amount}), answer))
    }

    fn fee(&mut self) -> Option<(Value, Value)> {
        let known = self.life.setting.fees.iter().find(|fee| fee.event == FeeEvent::AdHoc);
        let mut new = self.request(TransactionType::Fee);
        let command = match known.filter(|_| self.dice.chance(50)) {
            Some(fee) => {
                new.name = Some(fee.name.to_owned());
                json!({"do": "fee", "name": fee.name})
            }
            None => {
                let kind = self.dice.pick(&[FeeType::Flat, FeeType::Percent]);
                let figure = self.dice.within(1, 900);
                new.name = Some("Letter".to_owned());
                new.fee_type = Some(kind);
                new.amount = Some(hundredths(figure));
                json!({"do": "fee", "name": "Letter", "type": kind.as_str(), "figure": figure})
            }
        };
        Some((command, answer(self.lender.submit(new))))
    }

    fn set_interest(&mut self) -> Option<(Value, Value)> {
        let enabled = !self.loan.is_interest_calculation_enabled || self.dice.chance(10);
        let lender = self.lender;
        let set = lender.lending.set_interest_calculation(&lender.caller, self.life.loan, enabled);
        let command = json!({"do": "interest", "enabled": enabled});
        Some((command, answer(lender.runtime.block_on(set))))
    }

    /// Previews, then does: both must come to the same.
    fn revert(&mut self) -> Option<(Value, Value)> {
        let is_any = self.dice.chance(20);
        let is_night = self.dice.chance(15);
        let of = self.one_that(|it| {
            let interest = it.kind == TransactionType::Interest;
            is_any || (interest == is_night && it.status == TransactionStatus::Applied)
        })?;
        let id = self.transactions[of].id;
        let recalculate = self.dice.chance(50);
        let (lender, caller) = (self.lender, &self.lender.caller);
        let revert = |preview| {
            let options = RevertOptions { recalculate, preview };
            lender.runtime.block_on(lender.lending.revert_transaction(caller, id, options))
        };
        let before = format!("{:?}", lender.loan(self.life.loan));
        let preview = revert(true);
        assert_eq!(
            format!("{:?}", lender.loan(self.life.loan)),
            before,
            "a preview changes nothing"
        );
        let done = revert(false);
        match (&preview, &done) {
            (Ok(preview), Ok(done)) => {
                assert_eq!(told(preview), told(done), "a preview shows what is then done");
                let now = lender.loan(self.life.loan);
                assert_eq!(now.balances, done.after.balances, "and that is what is booked");
                assert_eq!(now.status, done.after.status);
            }
            _ => assert_eq!(preview.is_ok(), done.is_ok(), "{preview:?} {done:?}"),
        }
        let command = json!({"do": "revert", "of": of, "recalculate": recalculate});
        Some((command, answer(done)))
    }

    fn retry(&mut self) -> Option<(Value, Value)> {
        let of = self.one_that(|it| it.status == TransactionStatus::Failed)?;
        let lender = self.lender;
        let retry = lender.lending.retry_transaction(&lender.caller, self.transactions[of].id);
        Some((json!({"do": "retry", "of": of}), answer(lender.runtime.block_on(retry))))
    }

    /// What could not be collected is tried again, and the loan is paid by another way before that arrives.
    fn pay_twice(&mut self) -> Option<(Value, Value)> {
        let is_collection = |it: &Transaction| {
            it.kind == TransactionType::Repayment && it.is_automatic && it.name.is_empty()
        };
        let asked =
            self.one_that(|it| is_collection(it) && it.status == TransactionStatus::Pending);
        let Some(of) = asked else {
            let of =
                self.one_that(|it| is_collection(it) && it.status == TransactionStatus::Failed)?;
            let again = self
                .lender
                .lending
                .retry_transaction(&self.lender.caller, self.transactions[of].id);
            let again = answer(self.lender.runtime.block_on(again));
            return Some((json!({"do": "retry", "of": of}), again));
        };
        let owed = self.loan.balances.owed();
        let amount = owed.principal + owed.interest + owed.fee;
        if amount == 0 || self.dice.chance(40) {
            let applied = self.lender.apply(self.transactions[of].id);
            return Some((json!({"do": "apply", "of": of}), answer(applied)));
        }
        Some(self.repay_on(amount, self.lender.today()))
    }

    fn owes_borrower(&self) -> bool {
        self.lender.owed_to_borrower(self.life.loan) != (0, 0)
    }

    /// Gives back, or calls that off.
    fn refund(&mut self) -> Option<(Value, Value)> {
        let (lender, refund) = (self.lender, TransactionType::Refund);
        let pending = self
            .one_that(|it| it.kind == refund && it.status == TransactionStatus::Pending)
            .filter(|_| self.dice.chance(40));
        if let Some(of) = pending {
            let cancel = lender.lending.cancel_refund(&lender.caller, self.transactions[of].id);
            return Some((
                json!({"do": "cancel_refund", "of": of}),
                answer(lender.runtime.block_on(cancel)),
            ));
        }
        let (owed, refunding) = lender.owed_to_borrower(self.life.loan);
        let most = (owed - refunding).max(1);
        let amount = match self.dice.roll(4) {
            0 => most + 1,
            1 => 1 + self.dice.roll(most),
            _ => most,
        };
        let text = self.loan.money(amount).to_string();
        let answer = answer(lender.refund(self.life.loan, Some(&text)));
        Some((json!({"do": "refund", "amount": amount}), answer))
    }

    fn mark(&mut self) -> Option<(Value, Value)> {
        let (lender, loan) = (self.lender, self.life.loan);
        if self.dice.chance(50) {
            let made = lender.runtime.block_on(lender.lending.make_arrears(&lender.caller, loan));
            return Some((json!({"do": "arrears"}), answer(made)));
        }
        let made = lender.runtime.block_on(lender.lending.make_default(&lender.caller, loan));
        Some((json!({"do": "default"}), answer(made)))
    }

    fn close(&mut self) -> Option<(Value, Value)> {
        let (lender, loan) = (self.lender, self.life.loan);
        if self.loan.status == LoanStatus::Inactive {
            let cancelled = lender.lending.cancel_loan(&lender.caller, loan);
            return Some((json!({"do": "cancel"}), answer(lender.runtime.block_on(cancelled))));
        }
        let substatus = self.dice.pick(&[CloseSubstatus::PaidInFull, CloseSubstatus::WrittenOff]);
        let close = lender.lending.close_loan(&lender.caller, loan, "over".to_owned(), substatus);
        let command = json!({"do": "close", "substatus": substatus.as_str()});
        Some((command, answer(lender.runtime.block_on(close))))
    }
}

/// What a reversion comes to, without the ids and times that are new each time.
fn told(reversion: &Reversion) -> String {
    let Reversion { reverted, corrections, entries, before, after } = reversion;
    let corrections: Vec<_> = corrections
        .iter()
        .map(|it| (it.kind, it.name.clone(), it.parts(), it.effective_on))
        .collect();
    let entries: Vec<_> =
        entries.iter().map(|it| (it.kind, it.effective_on, &it.postings)).collect();
    format!("{reverted:?} {corrections:?} {entries:?} {before:?} {after:?}")
}
