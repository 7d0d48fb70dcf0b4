//! The lines of a statement: every change of the balance in its period; pure.
//!
//! A statement never changes, but transactions go on living: a repayment that a statement shows may fail afterwards.
//! It is shown where it was made all the same, and given back in the statement of the period in which it failed. What
//! was made and taken back within one period never shows.

use jiff::civil::Date;

use florin_ids::TransactionId;
use florin_money::MoneyError;

use crate::postings::Parts;
use crate::transaction::TransactionType;

/// What has changed the balance, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// The transaction.
    pub transaction: TransactionId,
    /// What it is.
    pub kind: TransactionType,
    /// A fee's or a correction's name; else empty.
    pub name: String,
    /// The business date on which it counts.
    pub on: Date,
    /// The statement period in which it was made.
    pub period: u32,
    /// When, and in which period, it failed or was reverted.
    pub ended: Option<(Date, u32)>,
    /// Its parts, in minor units.
    pub parts: Parts,
}

/// One line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The transaction.
    pub transaction: TransactionId,
    /// What it is.
    pub kind: TransactionType,
    /// A fee's or a correction's name; else empty.
    pub name: String,
    /// When the balance changed.
    pub on: Date,
    /// Whether the line gives back what an earlier statement shows, because the transaction failed.
    pub is_returned: bool,
    /// What it added to the balance, by kind, in minor units; a repayment is negative.
    pub added: Parts,
    /// What it added to the balance, in minor units.
    pub amount: i64,
    /// The balance after it, in minor units.
    pub balance: i64,
}

/// The lines of statement `number`, in the order of their days, beginning with a balance of `opening` minor units.
///
/// # Errors
/// [`MoneyError::OutOfRange`] when the balance leaves the range of minor units.
pub fn lines(number: u32, opening: i64, booked: Vec<Booked>) -> Result<Vec<Line>, MoneyError> {
    let mut lines = Vec::with_capacity(booked.len());
    for it in booked {
        let ended_in = it.ended.map(|(_, period)| period);
        if ended_in == Some(it.period) {
            continue;
        }
        let charges = matches!(
            it.kind,
            TransactionType::Disbursement | TransactionType::Fee | TransactionType::Interest
        );
        if let Some((on, _)) = it.ended.filter(|(_, period)| *period == number) {
            lines.push(line(&it, on, true, !charges)?);
        }
        if it.period == number {
            lines.push(line(&it, it.on, false, charges)?);
        }
    }
    lines.sort_by_key(|line| (line.on, line.transaction, line.is_returned));
    let mut balance = opening;
    for line in &mut lines {
        balance = balance.checked_add(line.amount).ok_or(MoneyError::OutOfRange)?;
        line.balance = balance;
    }
    Ok(lines)
}

fn line(of: &Booked, on: Date, is_returned: bool, adds: bool) -> Result<Line, MoneyError> {
    let sign = if adds { 1 } else { -1 };
    let added = Parts {
        principal: sign * of.parts.principal,
        interest: sign * of.parts.interest,
        fee: sign * of.parts.fee,
    };
    Ok(Line {
        transaction: of.transaction,
        kind: of.kind,
        name: of.name.clone(),
        on,
        is_returned,
        added,
        amount: added.total()?,
        balance: 0,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn booked(kind: TransactionType, day: i8, period: u32, parts: [i64; 3]) -> Booked {
        let [principal, interest, fee] = parts;
        Booked {
            transaction: TransactionId::new(),
            kind,
            name: String::new(),
            on: date(2023, 1, day),
            period,
            ended: None,
            parts: Parts { principal, interest, fee },
        }
    }

    fn shown(number: u32, opening: i64, booked: &[Booked]) -> Vec<(i8, bool, i64, i64)> {
        let lines = lines(number, opening, booked.to_vec()).expect("in range");
        lines.iter().map(|it| (it.on.day(), it.is_returned, it.amount, it.balance)).collect()
    }

    #[test]
    fn a_repayment_that_failed_later_shows_twice_and_one_that_failed_at_once_never() {
        use TransactionType::{Disbursement, Fee, Interest, Repayment};
        let failed = |day, period, ended: (i8, u32)| Booked {
            ended: Some((date(2023, 1, ended.0), ended.1)),
            ..booked(Repayment, day, period, [90, 7, 3])
        };
        let story = [
            booked(Disbursement, 1, 1, [1_000, 0, 0]),
            booked(Fee, 1, 1, [0, 0, 3]),
            booked(Interest, 2, 1, [0, 7, 0]),
            failed(3, 1, (12, 2)),
            failed(4, 1, (5, 1)),
            booked(Interest, 11, 2, [0, 8, 0]),
            failed(13, 2, (22, 3)),
            failed(14, 3, (15, 3)),
        ];
        let first = [(1, false, 1_000, 1_000), (1, false, 3, 1_003), (2, false, 7, 1_010)];
        assert_eq!(shown(1, 0, &story), [&first[..], &[(3, false, -100, 910)]].concat());
        assert_eq!(
            shown(2, 910, &story),
            [(11, false, 8, 918), (12, true, 100, 1_018), (13, false, -100, 918)]
        );
        assert_eq!(shown(3, 918, &story), [(22, true, 100, 1_018)]);
        assert_eq!(shown(4, 1_018, &story), []);
    }

    #[test]
    fn a_balance_that_leaves_its_range_is_refused() {
        let story = vec![booked(TransactionType::Fee, 1, 1, [0, 0, 1])];
        assert_eq!(lines(1, i64::MAX, story), Err(MoneyError::OutOfRange));
    }
}
