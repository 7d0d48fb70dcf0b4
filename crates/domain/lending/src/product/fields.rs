//! What a request says of a product, and the rules that make a configuration of it. Pure.

use florin_calendar::Calendar;
use florin_ids::ProductId;
use florin_money::{Currency, DayCount, Money, Rate};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::entity::{
    DEFAULT_ARREARS_TOLERANCE_DAYS, MAX_ARREARS_TOLERANCE_DAYS, MAX_INSTALLMENTS, Product,
};
use super::fees::{DefaultFees, DefaultFeesFields};
use super::words::{
    EarlyRepaymentRecalculation, InstalmentMethod, InterestCalculation, ProductType,
    RepaymentDateType, RepaymentHolidayScheduling,
};
use crate::FieldError;
use crate::check::{Check, Given};

/// What a request says of a product, field by field under the wire's names (`kind` is `type`).
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of Product, documented there")]
pub struct ProductFields {
    pub kind: Given<ProductType>,
    pub name: Given<String>,
    pub currency: Given<Currency>,
    pub max_loan_amount: Given<Decimal>,
    pub default_loan_amount: Given<Decimal>,
    pub max_interest_rate: Given<Decimal>,
    pub default_interest_rate: Given<Decimal>,
    pub installments: Given<i64>,
    pub default_grace_instalments: Given<i64>,
    pub principal_repayment_grace: Given<i64>,
    pub default_fees: Given<DefaultFeesFields>,
    pub arrears_tolerance: Given<i64>,
    pub interest_calculation: Given<InterestCalculation>,
    pub instalment_method: Given<InstalmentMethod>,
    pub early_repayment_recalculation: Given<EarlyRepaymentRecalculation>,
    pub repayment_holiday_scheduling: Given<RepaymentHolidayScheduling>,
    pub calculate_interest_on_holidays: Given<bool>,
    pub repayment_date_type: Given<RepaymentDateType>,
    pub repayment_date_period: Given<i64>,
    pub minimum_repayment_percent: Given<Decimal>,
    pub minimum_repayment_amount: Given<Decimal>,
    pub statement_day: Given<i64>,
    pub repayment_due_day: Given<i64>,
    pub day_count: Given<DayCount>,
    pub calendar: Given<Calendar>,
    /// Faults that reading the request found; they are answered together with the rules' own.
    pub unreadable: Vec<FieldError>,
}

/// The four limits of a product.
struct Limits {
    max_amount: Money,
    default_amount: Money,
    max_rate: Rate,
    default_rate: Rate,
}

/// The counts of a product.
struct Counts {
    installments: Option<u32>,
    grace: u32,
    principal_grace: u32,
    arrears_tolerance: u32,
    repayment_day: u32,
}

/// How a product's schedule is made.
struct Scheduling {
    interest: InterestCalculation,
    method: Option<InstalmentMethod>,
    early: EarlyRepaymentRecalculation,
    holiday: RepaymentHolidayScheduling,
    interest_on_holidays: bool,
    date_type: RepaymentDateType,
}

/// The four settings of a revolving account's statement.
struct Statement {
    percent: Option<Rate>,
    amount: Option<Money>,
    day: Option<u32>,
    due_day: Option<u32>,
}

impl ProductFields {
    /// The draft product that these fields describe; every fault is recorded in `check`.
    pub(super) fn read(
        self,
        check: &mut Check,
        id: ProductId,
        tenant_currency: Currency,
        at: Timestamp,
    ) -> Option<Product> {
        let kind = check.required("type", self.kind.clone());
        let name = check
            .required("name", self.name.clone())
            .and_then(|name| check.not_blank("name", &name));
        let is_currency_given = self.currency.as_value().is_some();
        let currency = self.currency.as_value().copied().unwrap_or(tenant_currency);
        let limits = self.limits(check, currency);
        let counts = self.counts(check, kind);
        let statement = self.statement(check, currency);
        let scheduling = self.scheduling(check, kind);
        let (day_count, calendar) = (self.day_count.value(), self.calendar.value());
        let default_fees = match self.default_fees.value() {
            Some(fees) => fees.read(check, currency),
            None => Some(DefaultFees::default()),
        };
        let (limits, counts, scheduling, statement) = (limits?, counts?, scheduling?, statement?);
        Some(Product {
            id,
            kind: kind?,
            is_draft: true,
            name: name?,
            currency,
            is_currency_given,
            max_loan_amount: limits.max_amount,
            default_loan_amount: limits.default_amount,
            max_interest_rate: limits.max_rate,
            default_interest_rate: limits.default_rate,
            installments: counts.installments,
            default_grace_instalments: counts.grace,
            principal_repayment_grace: counts.principal_grace,
            default_fees: default_fees?,
            arrears_tolerance: counts.arrears_tolerance,
            interest_calculation: scheduling.interest,
            chosen_instalment_method: scheduling.method,
            early_repayment_recalculation: scheduling.early,
            repayment_holiday_scheduling: scheduling.holiday,
            calculate_interest_on_holidays: scheduling.interest_on_holidays,
            repayment_date_type: scheduling.date_type,
            repayment_date_period: counts.repayment_day,
            minimum_repayment_percent: statement.percent,
            minimum_repayment_amount: statement.amount,
            statement_day: statement.day,
            repayment_due_day: statement.due_day,
            chosen_day_count: day_count,
            chosen_calendar: calendar,
            created_at: at,
            updated_at: at,
        })
    }

    /// Highest and default amount and rate. A default that is not given is the highest.
    fn limits(&self, check: &mut Check, currency: Currency) -> Option<Limits> {
        let max_amount = check
            .required("max_loan_amount", self.max_loan_amount.clone())
            .and_then(|value| check.amount("max_loan_amount", value, currency, true));
        let default_amount = match self.default_loan_amount.as_value() {
            Some(value) => check.amount("default_loan_amount", *value, currency, true),
            None => max_amount,
        };
        if let Some((default, max)) = default_amount.zip(max_amount)
            && default.minor() > max.minor()
        {
            check.fault(
                "default_loan_amount",
                format!("Ensure this value is not above max_loan_amount ({max})."),
            );
        }
        let max_rate = check
            .required("max_interest_rate", self.max_interest_rate.clone())
            .and_then(|value| check.rate("max_interest_rate", value));
        let default_rate = match self.default_interest_rate.as_value() {
            Some(value) => check.rate("default_interest_rate", *value),
            None => max_rate,
        };
        if let Some((default, max)) = default_rate.zip(max_rate)
            && default.micro_percent() > max.micro_percent()
        {
            check.fault(
                "default_interest_rate",
                format!("Ensure this value is not above max_interest_rate ({max})."),
            );
        }
        Some(Limits {
            max_amount: max_amount?,
            default_amount: default_amount?,
            max_rate: max_rate?,
            default_rate: default_rate?,
        })
    }

    /// Instalments, graces, tolerance and repayment day.
    fn counts(&self, check: &mut Check, kind: Option<ProductType>) -> Option<Counts> {
        let is_term = kind.is_some_and(ProductType::is_term_loan);
        let installments = if is_term {
            check
                .required("installments", self.installments.clone())
                .and_then(|value| check.whole("installments", value, 1, MAX_INSTALLMENTS))
                .map(Some)
        } else {
            self.installments.read(|value| check.whole("installments", value, 1, MAX_INSTALLMENTS))
        };
        let mut count = |field, given: &Given<i64>, default: u32, least: u32, most: u32| {
            let value = check.or_default(field, given.clone(), i64::from(default));
            check.whole(field, value, least, most)
        };
        let (grace, principal_grace) =
            (&self.default_grace_instalments, &self.principal_repayment_grace);
        let grace = count("default_grace_instalments", grace, 0, 0, MAX_INSTALLMENTS);
        let principal_grace =
            count("principal_repayment_grace", principal_grace, 0, 0, MAX_INSTALLMENTS);
        let tolerance = DEFAULT_ARREARS_TOLERANCE_DAYS;
        let tolerance = count(
            "arrears_tolerance",
            &self.arrears_tolerance,
            tolerance,
            0,
            MAX_ARREARS_TOLERANCE_DAYS,
        );
        let repayment_day = count("repayment_date_period", &self.repayment_date_period, 1, 1, 31);
        if let (true, Some(Some(installments))) = (is_term, installments) {
            check_graces(check, installments, grace, principal_grace);
        }
        Some(Counts {
            installments: installments?,
            grace: grace?,
            principal_grace: principal_grace?,
            arrears_tolerance: tolerance?,
            repayment_day: repayment_day?,
        })
    }

    /// The statement settings; each may be left out.
    fn statement(&self, check: &mut Check, currency: Currency) -> Option<Statement> {
        let percent = "minimum_repayment_percent";
        let percent =
            self.minimum_repayment_percent.read(|value| check.percent(percent, value, 100));
        let amount = "minimum_repayment_amount";
        let amount = self
            .minimum_repayment_amount
            .read(|value| check.amount(amount, value, currency, false));
        let day = self.statement_day.read(|value| check.whole("statement_day", value, 1, 31));
        let due_day =
            self.repayment_due_day.read(|value| check.whole("repayment_due_day", value, 1, 31));
        Some(Statement { percent: percent?, amount: amount?, day: day?, due_day: due_day? })
    }

    /// The choices that shape the schedule. The interest calculation is the type's own when none is given, and for
    /// term loans no other fits.
    fn scheduling(&self, check: &mut Check, kind: Option<ProductType>) -> Option<Scheduling> {
        let early = EarlyRepaymentRecalculation::FromLastInstalment;
        let early = check.or_default(
            "early_repayment_recalculation",
            self.early_repayment_recalculation.clone(),
            early,
        );
        let holiday = RepaymentHolidayScheduling::OnDay;
        let holiday = check.or_default(
            "repayment_holiday_scheduling",
            self.repayment_holiday_scheduling.clone(),
            holiday,
        );
        let on_holidays = "calculate_interest_on_holidays";
        let on_holidays =
            check.or_default(on_holidays, self.calculate_interest_on_holidays.clone(), true);
        let date_type = RepaymentDateType::DayOfMonth;
        let date_type =
            check.or_default("repayment_date_type", self.repayment_date_type.clone(), date_type);
        let kind = kind?;
        let natural = kind.interest_calculation();
        let interest = self.interest_calculation.as_value().copied().unwrap_or(natural);
        if kind.is_term_loan() && interest != natural {
            check.fault(
                "interest_calculation",
                format!("\"{interest}\" does not fit the type {kind}: use \"{natural}\"."),
            );
        }
        let method = self.instalment_method.as_value().copied();
        let level = ProductType::EqualInstalmentsTermLoan;
        if method.is_some() && kind != level {
            check.fault("instalment_method", format!("Only the type {level} has one, not {kind}."));
        }
        let interest_on_holidays = on_holidays;
        Some(Scheduling { interest, method, early, holiday, interest_on_holidays, date_type })
    }

    /// These fields, and the current values of `product` where they say nothing. A new type brings its own interest
    /// calculation and leaves the instalment method behind unless they are given.
    pub(super) fn over(self, product: &Product) -> Self {
        let current = Self::of(product);
        let is_retyped = self.kind.as_value().is_some_and(|kind| *kind != product.kind);
        let (calculation, method) = if is_retyped {
            (Given::Absent, Given::Absent)
        } else {
            (current.interest_calculation, current.instalment_method)
        };
        Self {
            kind: self.kind.over(current.kind),
            name: self.name.over(current.name),
            currency: self.currency.over(current.currency),
            max_loan_amount: self.max_loan_amount.over(current.max_loan_amount),
            default_loan_amount: self.default_loan_amount.over(current.default_loan_amount),
            max_interest_rate: self.max_interest_rate.over(current.max_interest_rate),
            default_interest_rate: self.default_interest_rate.over(current.default_interest_rate),
            installments: self.installments.over(current.installments),
            default_grace_instalments: self
                .default_grace_instalments
                .over(current.default_grace_instalments),
            principal_repayment_grace: self
                .principal_repayment_grace
                .over(current.principal_repayment_grace),
            default_fees: self.default_fees.over(current.default_fees),
            arrears_tolerance: self.arrears_tolerance.over(current.arrears_tolerance),
            interest_calculation: self.interest_calculation.over(calculation),
            instalment_method: self.instalment_method.over(method),
            early_repayment_recalculation: self
                .early_repayment_recalculation
                .over(current.early_repayment_recalculation),
            repayment_holiday_scheduling: self
                .repayment_holiday_scheduling
                .over(current.repayment_holiday_scheduling),
            calculate_interest_on_holidays: self
                .calculate_interest_on_holidays
                .over(current.calculate_interest_on_holidays),
            repayment_date_type: self.repayment_date_type.over(current.repayment_date_type),
            repayment_date_period: self.repayment_date_period.over(current.repayment_date_period),
            minimum_repayment_percent: self
                .minimum_repayment_percent
                .over(current.minimum_repayment_percent),
            minimum_repayment_amount: self
                .minimum_repayment_amount
                .over(current.minimum_repayment_amount),
            statement_day: self.statement_day.over(current.statement_day),
            repayment_due_day: self.repayment_due_day.over(current.repayment_due_day),
            day_count: self.day_count.over(current.day_count),
            calendar: self.calendar.over(current.calendar),
            unreadable: self.unreadable,
        }
    }

    /// The fields of a request that would configure `product` anew.
    fn of(product: &Product) -> Self {
        let number = |value: u32| Given::Value(i64::from(value));
        let maybe = |value: Option<u32>| Given::from(value.map(i64::from));
        let currency =
            if product.is_currency_given { Given::Value(product.currency) } else { Given::Absent };
        Self {
            kind: Given::Value(product.kind),
            name: Given::Value(product.name.clone()),
            currency,
            max_loan_amount: Given::Value(product.max_loan_amount.to_decimal()),
            default_loan_amount: Given::Value(product.default_loan_amount.to_decimal()),
            max_interest_rate: Given::Value(product.max_interest_rate.to_percent()),
            default_interest_rate: Given::Value(product.default_interest_rate.to_percent()),
            installments: maybe(product.installments),
            default_grace_instalments: number(product.default_grace_instalments),
            principal_repayment_grace: number(product.principal_repayment_grace),
            default_fees: Given::Value(product.default_fees.to_fields()),
            arrears_tolerance: number(product.arrears_tolerance),
            interest_calculation: Given::Value(product.interest_calculation),
            instalment_method: Given::from(product.chosen_instalment_method),
            early_repayment_recalculation: Given::Value(product.early_repayment_recalculation),
            repayment_holiday_scheduling: Given::Value(product.repayment_holiday_scheduling),
            calculate_interest_on_holidays: Given::Value(product.calculate_interest_on_holidays),
            repayment_date_type: Given::Value(product.repayment_date_type),
            repayment_date_period: number(product.repayment_date_period),
            minimum_repayment_percent: Given::from(
                product.minimum_repayment_percent.map(Rate::to_percent),
            ),
            minimum_repayment_amount: Given::from(
                product.minimum_repayment_amount.map(Money::to_decimal),
            ),
            statement_day: maybe(product.statement_day),
            repayment_due_day: maybe(product.repayment_due_day),
            day_count: Given::from(product.chosen_day_count),
            calendar: Given::from(product.chosen_calendar),
            unreadable: Vec::new(),
        }
    }
}

/// In a term loan at least one instalment must repay principal.
fn check_graces(
    check: &mut Check,
    installments: u32,
    grace: Option<u32>,
    principal_grace: Option<u32>,
) {
    for (field, grace) in
        [("default_grace_instalments", grace), ("principal_repayment_grace", principal_grace)]
    {
        if grace.is_some_and(|grace| grace >= installments) {
            check
                .fault(field, format!("Ensure this value is below installments ({installments})."));
        }
    }
    if let Some((grace, principal_grace)) = grace.zip(principal_grace)
        && grace < installments
        && grace.saturating_add(principal_grace) >= installments
    {
        let message = format!(
            "Ensure this value and default_grace_instalments together are below installments ({installments})."
        );
        check.fault("principal_repayment_grace", message);
    }
}
