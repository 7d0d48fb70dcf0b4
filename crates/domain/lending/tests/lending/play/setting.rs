//! Random products and borrowers.

use florin_calendar::Calendar;
use florin_lending::Given::{Absent, Value as Is};
use florin_lending::product::{
    DefaultFeesFields, EarlyRepaymentRecalculation, FeeEvent, FeeFields, FeeType, InstalmentMethod,
    InterestCalculation, ProductFields, ProductType, RepaymentDateType, RepaymentHolidayScheduling,
};
use florin_money::DayCount;
use florin_tenancy::Collections;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Dice;

/// A fee of the product. A flat one is in pence, a percentage in hundredths of a percent.
#[derive(Clone, Copy)]
pub struct Fee {
    pub name: &'static str,
    pub event: FeeEvent,
    pub kind: FeeType,
    pub figure: i64,
}

/// A product of random settings, and its borrower.
pub struct Setting {
    kind: ProductType,
    collections: Collections,
    penniless: bool,
    amount_minor: i64,
    /// Hundredths of a percent.
    rate: i64,
    installments: i64,
    grace: i64,
    principal_grace: i64,
    method: Option<InstalmentMethod>,
    early: EarlyRepaymentRecalculation,
    holiday: RepaymentHolidayScheduling,
    on_holidays: bool,
    date_type: RepaymentDateType,
    day: i64,
    calendar: Calendar,
    day_count: DayCount,
    pub fees: Vec<Fee>,
    tolerance: i64,
    statement_day: i64,
    due_day: i64,
    minimum_percent: i64,
    minimum_minor: i64,
}

/// Hundredths as a decimal.
pub fn hundredths(value: i64) -> Decimal {
    Decimal::new(value, 2)
}

impl Setting {
    pub fn random(dice: &mut Dice, collections: Collections) -> Self {
        use ProductType::{
            EqualInstalmentsTermLoan, EqualPrincipalTermLoan, RevolvingCredit,
            SimpleRevolvingCredit,
        };
        let kind = dice.pick(&[
            RevolvingCredit,
            RevolvingCredit,
            SimpleRevolvingCredit,
            EqualPrincipalTermLoan,
            EqualPrincipalTermLoan,
            EqualInstalmentsTermLoan,
            EqualInstalmentsTermLoan,
        ]);
        let (grace, principal_grace) = (dice.pick(&[0, 0, 0, 1, 2]), dice.pick(&[0, 0, 0, 1, 2]));
        let largest = dice.pick(&[20_000, 1_000_000, 10_000_000]);
        Self {
            kind,
            collections,
            penniless: dice.chance(30),
            amount_minor: dice.within(10_000, largest),
            rate: dice.pick(&[0, 100, 1_200, 1_999, 4_000, 9_950]),
            installments: grace + principal_grace + dice.pick(&[1, 2, 3, 6, 12, 24]),
            grace,
            principal_grace,
            method: (kind == EqualInstalmentsTermLoan && dice.chance(40))
                .then_some(InstalmentMethod::Exact),
            early: dice.pick(&[
                EarlyRepaymentRecalculation::FromLastInstalment,
                EarlyRepaymentRecalculation::ReducedInstalments,
            ]),
            holiday: dice.pick(&[
                RepaymentHolidayScheduling::OnDay,
                RepaymentHolidayScheduling::LastBusinessDayBeforeTheDay,
                RepaymentHolidayScheduling::FirstBusinessDayAfterTheDay,
            ]),
            on_holidays: dice.chance(60),
            date_type: dice.pick(&[
                RepaymentDateType::DayOfMonth,
                RepaymentDateType::DayOfMonth,
                RepaymentDateType::LastDayOfMonth,
                RepaymentDateType::FirstDayOfMonth,
            ]),
            day: dice.within(1, 31),
            calendar: dice.pick(&Calendar::ALL),
            day_count: dice.pick(&DayCount::ALL),
            fees: fees(dice),
            tolerance: dice.pick(&[0, 1, 7, 30]),
            statement_day: dice.within(1, 31),
            due_day: dice.within(1, 31),
            minimum_percent: dice.pick(&[0, 100, 500, 2_550, 10_000]),
            minimum_minor: dice.pick(&[0, 500, 2_500]),
        }
    }

    pub fn first_name(&self) -> &'static str {
        if self.penniless { florin_lending::day_end::PENNILESS } else { "John" }
    }

    pub fn is_term(&self) -> bool {
        self.kind.is_term_loan()
    }

    pub fn product(&self) -> ProductFields {
        let term = |value| if self.is_term() { Is(value) } else { Absent };
        let fields = |fee: &Fee| FeeFields {
            name: Is(fee.name.to_owned()),
            kind: Is(fee.kind),
            amount: Is(hundredths(fee.figure)),
            event: Is(fee.event),
        };
        let level = self.kind == ProductType::EqualInstalmentsTermLoan;
        ProductFields {
            kind: Is(self.kind),
            name: Is("A product".to_owned()),
            max_loan_amount: Is(hundredths(self.amount_minor)),
            max_interest_rate: Is(hundredths(self.rate)),
            installments: term(self.installments),
            default_grace_instalments: term(self.grace),
            principal_repayment_grace: term(self.principal_grace),
            interest_calculation: Is(if level {
                InterestCalculation::EqualInstalments
            } else {
                InterestCalculation::EqualPrincipalPayments
            }),
            instalment_method: self.method.map_or(Absent, Is),
            early_repayment_recalculation: Is(self.early),
            repayment_holiday_scheduling: Is(self.holiday),
            calculate_interest_on_holidays: Is(self.on_holidays),
            repayment_date_type: Is(self.date_type),
            repayment_date_period: Is(self.day),
            calendar: Is(self.calendar),
            day_count: Is(self.day_count),
            default_fees: Is(DefaultFeesFields {
                is_single: false,
                fees: self.fees.iter().map(fields).collect(),
            }),
            arrears_tolerance: Is(self.tolerance),
            statement_day: Is(self.statement_day),
            repayment_due_day: Is(self.due_day),
            minimum_repayment_percent: Is(hundredths(self.minimum_percent)),
            minimum_repayment_amount: Is(hundredths(self.minimum_minor)),
            ..ProductFields::default()
        }
    }

    /// What the model is told of it.
    pub fn terms(&self) -> Value {
        let fees: Vec<Value> = self
            .fees
            .iter()
            .map(|fee| json!([fee.name, fee.event.as_str(), fee.kind.as_str(), fee.figure]))
            .collect();
        json!({
            "type": self.kind.as_str(),
            "collections": self.collections.as_str(),
            "penniless": self.penniless,
            "amount_minor": self.amount_minor,
            "rate": hundredths(self.rate).to_string(),
            "instalments": self.installments,
            "grace_instalments": self.grace,
            "principal_grace": self.principal_grace,
            "method": match (self.kind, self.method) {
                (_, Some(_)) => "exact",
                (ProductType::EqualInstalmentsTermLoan, None) => "equal_instalments",
                _ => "equal_principal_payments",
            },
            "early": self.early.as_str(),
            "holiday_rule": self.holiday.as_str(),
            "interest_on_holidays": self.on_holidays,
            "repayment_date_type": self.date_type.as_str(),
            "repayment_date_period": self.day,
            "calendar": self.calendar.as_str(),
            "day_count": self.day_count.as_str(),
            "fees": fees,
            "arrears_tolerance": self.tolerance,
            "statement_day": self.statement_day,
            "due_day": self.due_day,
            "minimum_percent": self.minimum_percent,
            "minimum_minor": self.minimum_minor,
        })
    }
}

fn fees(dice: &mut Dice) -> Vec<Fee> {
    let events = [FeeEvent::Disbursement, FeeEvent::Arrears, FeeEvent::Default, FeeEvent::AdHoc];
    let mut fees = Vec::new();
    for name in ["First", "Second", "Third"] {
        if dice.chance(50) {
            let kind = dice.pick(&[FeeType::Flat, FeeType::Percent]);
            let figure =
                if kind == FeeType::Flat { dice.within(0, 5_000) } else { dice.within(0, 250) };
            fees.push(Fee { name, event: dice.pick(&events), kind, figure });
        }
    }
    fees
}
