//! What a product is and which configurations are sound. Pure: facts in, a product or its faults out.

use florin_calendar::Calendar;
use florin_ids::ProductId;
use florin_money::{Currency, DayCount, Money, Rate};
use jiff::Timestamp;
use jiff::civil::Date;

use super::fees::DefaultFees;
use super::fields::ProductFields;
use super::words::{
    EarlyRepaymentRecalculation, InstalmentMethod, InterestCalculation, ProductType,
    RepaymentDateType, RepaymentHolidayScheduling,
};
use crate::check::Check;
use crate::schedule::{self, HolidayRule, Method, RepaymentDay, Terms};
use crate::{FieldError, LendingError};

/// The most instalments of a loan: what a schedule can have.
pub const MAX_INSTALLMENTS: u32 = schedule::MAX_INSTALMENTS;
/// The longest arrears tolerance: ten years of days.
pub const MAX_ARREARS_TOLERANCE_DAYS: u32 = 3650;
/// The arrears tolerance of a product that names none, in days: the document's own example.
pub const DEFAULT_ARREARS_TOLERANCE_DAYS: u32 = 7;

/// A configured credit product. While it is a draft it can change; once published it is what loans are made of and
/// stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// What kind of account it opens (wire name `type`).
    pub kind: ProductType,
    /// Loans can be created only when this is false.
    pub is_draft: bool,
    /// A readable name.
    pub name: String,
    /// The currency of its amounts.
    pub currency: Currency,
    /// Whether the partner chose the currency (else it is the tenant's and not answered).
    pub is_currency_given: bool,
    /// The highest credit amount.
    pub max_loan_amount: Money,
    /// The credit amount where an application names none; at most the highest.
    pub default_loan_amount: Money,
    /// The highest yearly rate.
    pub max_interest_rate: Rate,
    /// The yearly rate where an application names none; at most the highest.
    pub default_interest_rate: Rate,
    /// The number of instalments where an application names none; always present for term loans.
    pub installments: Option<u32>,
    /// Instalments at the start in which nothing is repaid.
    pub default_grace_instalments: u32,
    /// Instalments at the start in which only interest is repaid.
    pub principal_repayment_grace: u32,
    /// The product's fees.
    pub default_fees: DefaultFees,
    /// Days between late and in arrears.
    pub arrears_tolerance: u32,
    /// How the schedule divides the principal; fits the type for term loans.
    pub interest_calculation: InterestCalculation,
    /// How the amount of a level instalment is found, where the partner chose (equal instalments only).
    pub chosen_instalment_method: Option<InstalmentMethod>,
    /// What an early repayment does to the schedule.
    pub early_repayment_recalculation: EarlyRepaymentRecalculation,
    /// Where a repayment date goes that is no business day.
    pub repayment_holiday_scheduling: RepaymentHolidayScheduling,
    /// Whether interest accrues on bank holidays.
    pub calculate_interest_on_holidays: bool,
    /// Which day of the month repayments fall on.
    pub repayment_date_type: RepaymentDateType,
    /// The day of the month, 1 to 31; used with `day_of_month`.
    pub repayment_date_period: u32,
    /// The part of the statement's balance that must be repaid, 0 to 100 percent (revolving).
    pub minimum_repayment_percent: Option<Rate>,
    /// The least amount that must be repaid (revolving).
    pub minimum_repayment_amount: Option<Money>,
    /// The day of the month of the statement, 1 to 31 (revolving).
    pub statement_day: Option<u32>,
    /// The day of the month that the repayment is due by, 1 to 31 (revolving).
    pub repayment_due_day: Option<u32>,
    /// The day count that the partner chose.
    pub chosen_day_count: Option<DayCount>,
    /// The calendar that the partner chose.
    pub chosen_calendar: Option<Calendar>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Product {
    /// A draft configured as `fields` say, with the defaults for what they leave out: default amount and rate are the
    /// highest ones, actual/365, the calendar of the currency, repayments on the first of the month whatever day it
    /// is, interest on holidays too, early repayments taken from the last instalment.
    ///
    /// # Errors
    /// Every field that is missing, out of range, or at odds with another.
    pub fn configure(
        id: ProductId,
        fields: ProductFields,
        tenant_currency: Currency,
        at: Timestamp,
    ) -> Result<Self, Vec<FieldError>> {
        let mut check = Check::new(fields.unreadable.clone());
        let product = fields.read(&mut check, id, tenant_currency, at);
        check.finish(product)
    }

    /// The draft with everything that `fields` leave out taken from the defaults.
    ///
    /// # Errors
    /// A published product; or every faulty field.
    pub fn replaced(
        &self,
        fields: ProductFields,
        tenant_currency: Currency,
        at: Timestamp,
    ) -> Result<Self, LendingError> {
        self.require_draft("changed")?;
        let product =
            Self::configure(self.id, fields, tenant_currency, at).map_err(LendingError::Invalid)?;
        Ok(Self { created_at: self.created_at, ..product })
    }

    /// The draft with what `fields` say changed, and the rest as it is. The amounts keep their decimal value when
    /// the currency changes.
    ///
    /// # Errors
    /// A published product; or every faulty field.
    pub fn changed(
        &self,
        fields: ProductFields,
        tenant_currency: Currency,
        at: Timestamp,
    ) -> Result<Self, LendingError> {
        self.require_draft("changed")?;
        // Null takes the choice back; silence keeps the currency even if the tenant's has changed since.
        let currency = if fields.currency.is_given() { tenant_currency } else { self.currency };
        let product = Self::configure(self.id, fields.over(self), currency, at)
            .map_err(LendingError::Invalid)?;
        Ok(Self { created_at: self.created_at, ..product })
    }

    /// The product published.
    ///
    /// # Errors
    /// A product that is published already.
    pub fn published(&self, at: Timestamp) -> Result<Self, LendingError> {
        if !self.is_draft {
            return Err(LendingError::conflict("The product is already published."));
        }
        Ok(Self { is_draft: false, updated_at: at, ..self.clone() })
    }

    /// Refuses a published product; `verb` says what was wanted ("changed", "deleted").
    ///
    /// # Errors
    /// A product that is published.
    pub fn require_draft(&self, verb: &str) -> Result<(), LendingError> {
        if self.is_draft {
            return Ok(());
        }
        Err(LendingError::conflict(format!(
            "The product is published and can no longer be {verb}."
        )))
    }

    /// The terms of the schedule of a loan of this product, with the product's default amount, rate, instalments and
    /// graces. The day of the disbursement and what is agreed for the loan are the caller's to set:
    /// `Terms { disbursed_on, principal_minor, ..product.terms() }`.
    pub fn terms(&self) -> Terms {
        Terms {
            principal_minor: self.default_loan_amount.minor(),
            rate: self.default_interest_rate,
            instalments: self.installments.unwrap_or(1),
            method: self.method(),
            disbursed_on: Date::ZERO,
            first_repayment_on: None,
            day_rule: match self.repayment_date_type {
                RepaymentDateType::DayOfMonth => RepaymentDay::DayOfMonth(self.repayment_day()),
                RepaymentDateType::LastDayOfMonth => RepaymentDay::LastBusinessDay,
                RepaymentDateType::FirstDayOfMonth => RepaymentDay::FirstBusinessDay,
            },
            holiday_rule: match self.repayment_holiday_scheduling {
                RepaymentHolidayScheduling::OnDay => HolidayRule::OnDay,
                RepaymentHolidayScheduling::LastBusinessDayBeforeTheDay => {
                    HolidayRule::BusinessDayBefore
                }
                RepaymentHolidayScheduling::FirstBusinessDayAfterTheDay => {
                    HolidayRule::BusinessDayAfter
                }
            },
            calendar: self.calendar(),
            day_count: self.day_count(),
            interest_on_holidays: self.calculate_interest_on_holidays,
            grace_instalments: self.default_grace_instalments,
            principal_grace: self.principal_repayment_grace,
            fees_minor: 0,
        }
    }

    fn method(&self) -> Method {
        match (self.interest_calculation, self.chosen_instalment_method) {
            (InterestCalculation::EqualPrincipalPayments, _) => Method::EqualPrincipal,
            (_, Some(InstalmentMethod::Exact)) => Method::ExactInstalments,
            (_, Some(InstalmentMethod::Standard) | None) => Method::EqualInstalments,
        }
    }

    /// The repayment day of the month; configuration keeps it within 1 to 31.
    fn repayment_day(&self) -> u8 {
        u8::try_from(self.repayment_date_period).unwrap_or(31)
    }

    /// The day count that interest is computed with.
    pub fn day_count(&self) -> DayCount {
        self.chosen_day_count.unwrap_or(DayCount::Actual365)
    }

    /// The calendar of its business days: the chosen one, else England's for GBP, the Federal Reserve's for USD, and
    /// only weekends for any other currency.
    pub fn calendar(&self) -> Calendar {
        self.chosen_calendar.unwrap_or(match self.currency.code() {
            "GBP" => Calendar::GbEng,
            "USD" => Calendar::UsFed,
            _ => Calendar::WeekendsOnly,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fees::{DefaultFeesFields, FeeCharge, FeeFields};
    use super::super::words::{FeeEvent, FeeType};
    use super::*;
    use crate::check::Given;
    use crate::check::Given::{Null, Value};

    fn gbp() -> Currency {
        Currency::from_code("GBP").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn decimal<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> Given<T> {
        Value(text.parse().unwrap())
    }

    /// The least that configures a term loan.
    fn least() -> ProductFields {
        ProductFields {
            kind: Value(ProductType::EqualPrincipalTermLoan),
            name: Value("Term loan".to_owned()),
            max_loan_amount: decimal("12000"),
            max_interest_rate: decimal("12"),
            installments: Value(6),
            ..ProductFields::default()
        }
    }

    fn configured(fields: ProductFields) -> Result<Product, Vec<FieldError>> {
        Product::configure(ProductId::new(), fields, gbp(), at("2026-11-21T10:00:00Z"))
    }

    fn fee(name: &str, kind: FeeType, amount: &str) -> FeeFields {
        FeeFields {
            name: Value(name.to_owned()),
            kind: Value(kind),
            amount: decimal(amount),
            event: Value(FeeEvent::Arrears),
        }
    }

    fn fees(fees: Vec<FeeFields>) -> Given<DefaultFeesFields> {
        Value(DefaultFeesFields { is_single: false, fees })
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let product = configured(least()).unwrap();
        assert_eq!(product.default_loan_amount.to_string(), "12000.00");
        assert_eq!(product.default_interest_rate.to_string(), "12");
        assert_eq!(product.interest_calculation, InterestCalculation::EqualPrincipalPayments);
        assert_eq!(
            product.early_repayment_recalculation,
            EarlyRepaymentRecalculation::FromLastInstalment
        );
        assert_eq!(product.repayment_holiday_scheduling, RepaymentHolidayScheduling::OnDay);
        assert_eq!(
            (product.repayment_date_type, product.repayment_date_period),
            (RepaymentDateType::DayOfMonth, 1)
        );
        assert_eq!((product.default_grace_instalments, product.principal_repayment_grace), (0, 0));
        assert_eq!(product.arrears_tolerance, DEFAULT_ARREARS_TOLERANCE_DAYS);
        assert!(
            product.calculate_interest_on_holidays
                && product.is_draft
                && !product.is_currency_given
        );
        assert_eq!(
            (product.day_count(), product.calendar()),
            (DayCount::Actual365, Calendar::GbEng)
        );
        let dollars =
            ProductFields { currency: Value(Currency::from_code("USD").unwrap()), ..least() };
        assert_eq!(configured(dollars).unwrap().calendar(), Calendar::UsFed);
        let euros =
            ProductFields { currency: Value(Currency::from_code("EUR").unwrap()), ..least() };
        assert_eq!(configured(euros).unwrap().calendar(), Calendar::WeekendsOnly);
    }

    fn check_faults(fields: ProductFields, expected: &[(&str, &str)]) {
        let faults = configured(fields).expect_err("faulty");
        let found: Vec<_> =
            faults.iter().map(|fault| (fault.field, fault.message.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_broken_rule_names_its_field() {
        let check = check_faults;
        check(
            ProductFields::default(),
            &[
                ("type", "This field is required."),
                ("name", "This field is required."),
                ("max_loan_amount", "This field is required."),
                ("max_interest_rate", "This field is required."),
            ],
        );
        check(
            ProductFields { name: Value(" ".into()), ..least() },
            &[("name", "This field may not be blank.")],
        );
        check(
            ProductFields { installments: Given::Absent, ..least() },
            &[("installments", "This field is required.")],
        );
        check(
            ProductFields { installments: Null, ..least() },
            &[("installments", "This field may not be null.")],
        );
        check(
            ProductFields {
                default_loan_amount: decimal("12000.01"),
                default_interest_rate: decimal("12.5"),
                default_grace_instalments: Value(6),
                principal_repayment_grace: Value(7),
                repayment_date_period: Value(32),
                arrears_tolerance: Value(-1),
                interest_calculation: Value(InterestCalculation::EqualInstalments),
                default_fees: fees(vec![
                    fee("a", FeeType::Flat, "1"),
                    fee("a", FeeType::Percent, "2"),
                ]),
                statement_day: Value(0),
                minimum_repayment_percent: decimal("101"),
                ..least()
            },
            &[
                (
                    "default_loan_amount",
                    "Ensure this value is not above max_loan_amount (12000.00).",
                ),
                ("default_interest_rate", "Ensure this value is not above max_interest_rate (12)."),
                ("arrears_tolerance", "Ensure this value is greater than or equal to 0."),
                ("repayment_date_period", "Ensure this value is less than or equal to 31."),
                ("default_grace_instalments", "Ensure this value is below installments (6)."),
                ("principal_repayment_grace", "Ensure this value is below installments (6)."),
                ("minimum_repayment_percent", "Ensure this value is less than or equal to 100."),
                ("statement_day", "Ensure this value is greater than or equal to 1."),
                (
                    "interest_calculation",
                    "\"equal_instalments\" does not fit the type equal_principal_term_loan: use \
                     \"equal_principal_payments\".",
                ),
                ("default_fees", "Fee 2: name: Another fee is called \"a\"."),
            ],
        );
        let percent = fees(vec![fee("late", FeeType::Percent, "100.5")]);
        check(
            ProductFields { default_fees: percent, ..least() },
            &[("default_fees", "Fee 1: amount: Ensure this value is less than or equal to 100.")],
        );
    }

    #[test]
    fn only_equal_instalments_have_a_method() {
        use InstalmentMethod::{Exact, Standard};
        use ProductType::{
            EqualInstalmentsTermLoan, EqualPrincipalTermLoan, RevolvingCredit,
            SimpleRevolvingCredit,
        };
        let with = |kind, instalment_method| ProductFields {
            kind: Value(kind),
            instalment_method,
            ..least()
        };
        for (method, expected) in [
            (Given::Absent, Method::EqualInstalments),
            (Null, Method::EqualInstalments),
            (Value(Standard), Method::EqualInstalments),
            (Value(Exact), Method::ExactInstalments),
        ] {
            let product = configured(with(EqualInstalmentsTermLoan, method.clone())).unwrap();
            assert_eq!(product.terms().method, expected);
            assert_eq!(product.chosen_instalment_method, method.value());
        }
        for kind in [EqualPrincipalTermLoan, RevolvingCredit, SimpleRevolvingCredit] {
            for method in [Standard, Exact] {
                let message =
                    format!("Only the type equal_instalments_term_loan has one, not {kind}.");
                check_faults(with(kind, Value(method)), &[("instalment_method", &message)]);
            }
        }
        // A change keeps it, null takes it back, and another type leaves it behind.
        let product = configured(with(EqualInstalmentsTermLoan, Value(Exact))).unwrap();
        let change = |fields| product.changed(fields, gbp(), at("2026-11-22T10:00:00Z"));
        let renamed = ProductFields { name: Value("x".to_owned()), ..ProductFields::default() };
        assert_eq!(change(renamed).unwrap().chosen_instalment_method, Some(Exact));
        let cleared = ProductFields { instalment_method: Null, ..ProductFields::default() };
        assert_eq!(change(cleared).unwrap().chosen_instalment_method, None);
        let retyped =
            ProductFields { kind: Value(EqualPrincipalTermLoan), ..ProductFields::default() };
        assert_eq!(change(retyped).unwrap().terms().method, Method::EqualPrincipal);
    }

    /// The words of the document, and what they mean for the schedule.
    #[test]
    fn each_choice_reaches_the_schedule() {
        use RepaymentDateType::{DayOfMonth, FirstDayOfMonth, LastDayOfMonth};
        use RepaymentHolidayScheduling::{
            FirstBusinessDayAfterTheDay, LastBusinessDayBeforeTheDay, OnDay,
        };
        let days = [
            (DayOfMonth, RepaymentDay::DayOfMonth(17)),
            (LastDayOfMonth, RepaymentDay::LastBusinessDay),
            (FirstDayOfMonth, RepaymentDay::FirstBusinessDay),
        ];
        let holidays = [
            (OnDay, HolidayRule::OnDay),
            (LastBusinessDayBeforeTheDay, HolidayRule::BusinessDayBefore),
            (FirstBusinessDayAfterTheDay, HolidayRule::BusinessDayAfter),
        ];
        for (date_type, day_rule) in days {
            for (scheduling, holiday_rule) in holidays {
                let fields = ProductFields {
                    repayment_date_type: Value(date_type),
                    repayment_date_period: Value(17),
                    repayment_holiday_scheduling: Value(scheduling),
                    calculate_interest_on_holidays: Value(false),
                    default_grace_instalments: Value(1),
                    principal_repayment_grace: Value(2),
                    day_count: Value(DayCount::Thirty360),
                    ..least()
                };
                let product = configured(fields).unwrap();
                let expected = Terms {
                    principal_minor: 1_200_000,
                    rate: Rate::parse("12").unwrap(),
                    instalments: 6,
                    method: Method::EqualPrincipal,
                    disbursed_on: Date::ZERO,
                    first_repayment_on: None,
                    day_rule,
                    holiday_rule,
                    calendar: Calendar::GbEng,
                    day_count: DayCount::Thirty360,
                    interest_on_holidays: false,
                    grace_instalments: 1,
                    principal_grace: 2,
                    fees_minor: 0,
                };
                assert_eq!(product.terms(), expected);
            }
        }
    }

    #[test]
    fn values_at_the_bounds_are_taken() {
        let takes = |fields: ProductFields| configured(fields).unwrap();
        let refuses = |fields: ProductFields, field: &str| {
            let faults = configured(fields).expect_err("beyond the bound");
            assert_eq!(faults.iter().map(|fault| fault.field).collect::<Vec<_>>(), [field]);
        };
        for (count, ok) in [(0, false), (1, true), (1_200, true), (1_201, false)] {
            let fields = ProductFields { installments: Value(count), ..least() };
            if ok { _ = takes(fields) } else { refuses(fields, "installments") }
        }
        for (grace, principal_grace, fault) in [
            (5, 0, None),
            (0, 5, None),
            (2, 3, None),
            (6, 0, Some("default_grace_instalments")),
            (0, 6, Some("principal_repayment_grace")),
            (3, 3, Some("principal_repayment_grace")),
        ] {
            let fields = ProductFields {
                default_grace_instalments: Value(grace),
                principal_repayment_grace: Value(principal_grace),
                ..least()
            };
            match fault {
                None => _ = takes(fields),
                Some(field) => refuses(fields, field),
            }
        }
        // Of a revolving account they say nothing, as in the document's own example.
        let revolving = ProductFields {
            kind: Value(ProductType::RevolvingCredit),
            default_grace_instalments: Value(9),
            ..least()
        };
        assert_eq!(takes(revolving).default_grace_instalments, 9);
        for (amount, rate, field) in [
            ("12000", "12", None),
            ("0.01", "0", None),
            ("12000.01", "12", Some("default_loan_amount")),
            ("0", "12", Some("default_loan_amount")),
            ("12000", "12.000001", Some("default_interest_rate")),
        ] {
            let fields = ProductFields {
                default_loan_amount: decimal(amount),
                default_interest_rate: decimal(rate),
                ..least()
            };
            match field {
                None => _ = takes(fields),
                Some(field) => refuses(fields, field),
            }
        }
        let free = ProductFields { max_interest_rate: decimal("0"), ..least() };
        assert_eq!(takes(free).default_interest_rate, Rate::ZERO);
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let given = ProductFields {
            default_fees: fees(vec![fee("Arrears fee", FeeType::Flat, "5.50")]),
            statement_day: Value(5),
            minimum_repayment_percent: decimal("2.5"),
            ..least()
        };
        let product = configured(given).unwrap();
        let later = at("2026-11-22T10:00:00Z");
        let renamed = ProductFields { name: Value("Other".to_owned()), ..ProductFields::default() };
        let renamed = product.changed(renamed, gbp(), later).unwrap();
        assert_eq!(
            renamed,
            Product { name: "Other".to_owned(), updated_at: later, ..product.clone() }
        );

        let retyped = ProductFields {
            kind: Value(ProductType::EqualInstalmentsTermLoan),
            ..ProductFields::default()
        };
        let retyped = product.changed(retyped, gbp(), later).unwrap();
        assert_eq!(retyped.interest_calculation, InterestCalculation::EqualInstalments);

        let dollars = ProductFields {
            currency: Value(Currency::from_code("USD").unwrap()),
            ..ProductFields::default()
        };
        let dollars = product.changed(dollars, gbp(), later).unwrap();
        assert_eq!(dollars.max_loan_amount.currency().code(), "USD");
        let FeeCharge::Flat(amount) = dollars.default_fees.fees[0].charge else {
            panic!("a flat fee")
        };
        assert_eq!((amount.to_string().as_str(), amount.currency().code()), ("5.50", "USD"));
        let back = ProductFields { currency: Null, ..ProductFields::default() };
        assert_eq!(dollars.changed(back, gbp(), later).unwrap().currency, gbp());

        let cleared = ProductFields { statement_day: Null, ..ProductFields::default() };
        assert_eq!(product.changed(cleared, gbp(), later).unwrap().statement_day, None);

        let replaced = product.replaced(least(), gbp(), later).unwrap();
        assert_eq!(
            (replaced.default_fees.fees.len(), replaced.minimum_repayment_percent),
            (0, None)
        );
        assert_eq!((replaced.created_at, replaced.updated_at), (product.created_at, later));
    }

    #[test]
    fn a_published_product_stays() {
        let later = at("2026-11-22T10:00:00Z");
        let published = configured(least()).unwrap().published(later).unwrap();
        assert!(!published.is_draft);
        let reason = |error: LendingError| error.to_string();
        let expected = "The product is published and can no longer be changed.";
        assert_eq!(reason(published.changed(least(), gbp(), later).unwrap_err()), expected);
        assert_eq!(reason(published.replaced(least(), gbp(), later).unwrap_err()), expected);
        assert_eq!(
            reason(published.published(later).unwrap_err()),
            "The product is already published."
        );
        let expected = "The product is published and can no longer be deleted.";
        assert_eq!(reason(published.require_draft("deleted").unwrap_err()), expected);
    }
}
