//! The limits of transfers. Pure.

use florin_money::Money;

use super::entity::TransferKind;
use crate::program::{CURRENCY, Limit, TransferLimits};
use crate::rejection::{self, Rejection};

/// What transfers of one direction have come to, voided ones left out, in cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// The customer's on this business day.
    pub user_today_minor: i64,
    /// The customer's in this calendar month.
    pub user_month_minor: i64,
    /// All customers' of the program on this business day.
    pub program_today_minor: i64,
}

/// Every limit that a transfer would break.
pub(crate) fn broken(
    limits: &TransferLimits,
    kind: TransferKind,
    amount: Money,
    used: Used,
) -> Vec<Rejection> {
    let (daily, monthly, program, word) = match kind {
        TransferKind::Deposit => (
            limits.per_user_daily_deposit,
            limits.per_user_monthly_deposit,
            limits.per_program_daily_deposit,
            "Deposit",
        ),
        TransferKind::Withdraw => (
            limits.per_user_daily_withdraw,
            limits.per_user_monthly_withdraw,
            limits.per_program_daily_withdraw,
            "Withdraw",
        ),
    };
    let least = daily.minimum_minor.max(monthly.minimum_minor).max(program.minimum_minor);
    let mut faults = Vec::new();
    if amount.minor() < least {
        faults.push(rejection::transfer_too_small(Money::from_minor(least, CURRENCY)));
    }
    let all = [
        (63008, format!("perUserDaily{word}Limit"), daily, used.user_today_minor),
        (63009, format!("perUserMonthly{word}Limit"), monthly, used.user_month_minor),
        (63010, format!("perProgramDaily{word}Limit"), program, used.program_today_minor),
    ];
    for (code, name, limit, used) in all {
        faults.extend(exceeded(code, &name, limit, used, amount));
    }
    faults
}

fn exceeded(code: u32, name: &str, limit: Limit, used: i64, amount: Money) -> Option<Rejection> {
    let left = limit.maximum_minor.saturating_sub(used).max(0);
    (amount.minor() > left).then(|| {
        rejection::transfer_limit(code, name, limit.maximum(), Money::from_minor(left, CURRENCY))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: TransferKind, minor: i64, used: Used, expected: &[u32]) {
        let limits = TransferLimits::default();
        let faults = broken(&limits, kind, Money::from_minor(minor, CURRENCY), used);
        let codes: Vec<u32> = faults.iter().map(|fault| fault.code).collect();
        assert_eq!(codes, expected, "{kind} {minor} {used:?}");
    }

    #[test]
    fn limits_leave_what_is_not_used() {
        let used = Used {
            user_today_minor: 900_000,
            user_month_minor: 9_900_001,
            program_today_minor: 900_000,
        };
        for kind in TransferKind::ALL {
            check(*kind, 1, Used::default(), &[]);
            check(*kind, 0, Used::default(), &[63007]);
            check(*kind, 1_000_000, Used::default(), &[]);
            check(*kind, 1_000_001, Used::default(), &[63008]);
            check(*kind, 99_999, used, &[]);
            check(*kind, 100_000, used, &[63009]);
            check(*kind, 2_000_000_000, Used::default(), &[63008, 63009, 63010]);
        }
    }
}
