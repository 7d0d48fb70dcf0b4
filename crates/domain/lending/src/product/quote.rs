//! A quote: the schedule of a loan that nobody has asked for yet. It is made by the same function and from the same
//! terms as the schedule that is booked.

use jiff::civil::Date;
use rust_decimal::Decimal;

use florin_money::Currency;

use super::entity::{MAX_INSTALLMENTS, Product};
use super::fees::charges_on;
use super::words::FeeEvent;
use crate::check::{Check, Given};
use crate::schedule::{self, Schedule, ScheduleError, Terms};
use crate::{FieldError, LendingError};

/// What a request says of a quote; what is absent comes from the product, the disbursement date from the tenant's
/// business date.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the names of the wire")]
pub struct QuoteFields {
    pub amount: Given<Decimal>,
    pub rate: Given<Decimal>,
    pub installments: Given<i64>,
    pub disbursement_date: Given<Date>,
    pub first_repayment_date: Given<Date>,
    /// Faults that reading the request found; they are answered together with the rules' own.
    pub unreadable: Vec<FieldError>,
}

/// A schedule with the currency of its amounts.
#[derive(Debug, Clone)]
pub struct Quote {
    /// The currency of every amount.
    pub currency: Currency,
    /// The schedule.
    pub schedule: Schedule,
    /// The annual percentage rate, when there is one.
    pub apr: Option<Decimal>,
}

impl Product {
    /// The schedule of a loan of this product, disbursed on `today` unless the request says otherwise. The fees that
    /// the disbursement brings about are due with the first instalment that is due, and count in the annual rate.
    ///
    /// # Errors
    /// A conflict for a revolving product; or every field that is malformed or beyond the product's maxima.
    pub fn quote(&self, fields: QuoteFields, today: Date) -> Result<Quote, LendingError> {
        if !self.kind.is_term_loan() {
            return Err(LendingError::conflict(format!(
                "Only term loans have a repayment schedule; this product is of type {}.",
                self.kind
            )));
        }
        let terms = self.quoted_terms(fields, today).map_err(LendingError::Invalid)?;
        let fees_minor = self.disbursement_fees(terms.principal_minor).map_err(refusal)?;
        let schedule = schedule::schedule(&Terms { fees_minor, ..terms }).map_err(refusal)?;
        Ok(Quote { currency: self.currency, apr: schedule.apr(), schedule })
    }

    /// What the disbursement of `principal_minor` costs in fees, in minor units.
    fn disbursement_fees(&self, principal_minor: i64) -> Result<i64, ScheduleError> {
        let fees = charges_on(&self.default_fees.fees, FeeEvent::Disbursement, principal_minor)?;
        // Within range: the balance that they were charged on, one after another, is.
        Ok(fees.iter().map(|fee| fee.amount_minor).sum())
    }

    /// The terms that a request asks for, within the product's maxima.
    fn quoted_terms(&self, fields: QuoteFields, today: Date) -> Result<Terms, Vec<FieldError>> {
        let mut check = Check::new(fields.unreadable);
        let amount = fields.amount.read(|value| check.amount("amount", value, self.currency, true));
        let rate = fields.rate.read(|value| check.rate("rate", value));
        let installments = fields
            .installments
            .read(|value| check.whole("installments", value, 1, MAX_INSTALLMENTS));
        let most = self.max_loan_amount;
        if amount.flatten().is_some_and(|amount| amount.minor() > most.minor()) {
            check.fault("amount", format!("Ensure this value is less than or equal to {most}."));
        }
        let most = self.max_interest_rate;
        if rate.flatten().is_some_and(|rate| rate > most) {
            check.fault("rate", format!("Ensure this value is less than or equal to {most}."));
        }
        let disbursed_on = fields.disbursement_date.value().unwrap_or(today);
        let first_repayment_on = fields.first_repayment_date.value();
        if first_repayment_on.is_some_and(|date| date <= disbursed_on) {
            check.fault(
                "first_repayment_date",
                format!("Ensure this date is after {disbursed_on}."),
            );
        }
        let own = self.terms();
        let terms = (|| {
            Some(Terms {
                principal_minor: amount?.map_or(own.principal_minor, |amount| amount.minor()),
                rate: rate?.unwrap_or(own.rate),
                instalments: installments?.unwrap_or(own.instalments),
                disbursed_on,
                first_repayment_on,
                ..own
            })
        })();
        check.finish(terms)
    }
}

/// A schedule that cannot be made is a fault of the field that makes it so.
fn refusal(error: ScheduleError) -> LendingError {
    let field = match error {
        // The graces are the product's own: it is the number of instalments that does not fit them.
        ScheduleError::GraceTooLong | ScheduleError::PrincipalGraceTooLong => "installments",
        error => error.term(),
    };
    let mut message = error.to_string();
    if let Some(first) = message.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    LendingError::invalid(field, format!("{message}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Given::Value;
    use crate::product::{
        DefaultFeesFields, FeeFields, FeeType, ProductFields, ProductType,
        RepaymentHolidayScheduling,
    };
    use florin_ids::ProductId;
    use jiff::civil::date;

    fn decimal(text: &str) -> Given<Decimal> {
        Value(text.parse().unwrap())
    }

    fn product(kind: ProductType) -> Product {
        let fields = ProductFields {
            kind: Value(kind),
            name: Value("A product".to_owned()),
            max_loan_amount: decimal("20000"),
            default_loan_amount: decimal("12000"),
            max_interest_rate: decimal("15"),
            default_interest_rate: decimal("12"),
            installments: Value(6),
            repayment_date_period: Value(if kind == ProductType::EqualInstalmentsTermLoan {
                24
            } else {
                1
            }),
            repayment_holiday_scheduling: Value(
                RepaymentHolidayScheduling::LastBusinessDayBeforeTheDay,
            ),
            default_grace_instalments: Value(if kind == ProductType::EqualPrincipalTermLoan {
                0
            } else {
                1
            }),
            ..ProductFields::default()
        };
        let gbp = Currency::from_code("GBP").unwrap();
        let at = "2023-01-01T00:00:00Z".parse().unwrap();
        Product::configure(ProductId::new(), fields, gbp, at).unwrap()
    }

    #[test]
    fn the_product_fills_what_the_request_leaves_out() {
        let quote = product(ProductType::EqualPrincipalTermLoan)
            .quote(QuoteFields::default(), date(2023, 1, 1))
            .unwrap();
        let first = &quote.schedule.instalments[0];
        assert_eq!(
            (first.due_on, first.principal_minor, first.interest_minor),
            (date(2023, 2, 1), 200_000, 12_230)
        );
        assert_eq!(quote.schedule.totals.principal_minor, 1_200_000);
        assert!(quote.apr.is_some());
        let asked = QuoteFields {
            amount: decimal("1000"),
            installments: Value(2),
            disbursement_date: Value(date(2024, 3, 10)),
            first_repayment_date: Value(date(2024, 3, 28)),
            ..QuoteFields::default()
        };
        let quote =
            product(ProductType::EqualPrincipalTermLoan).quote(asked, date(2023, 1, 1)).unwrap();
        let due: Vec<_> =
            quote.schedule.instalments.iter().map(|instalment| instalment.due_on).collect();
        // 1 April 2024 is Easter Monday; the last business day before it is taken already.
        assert_eq!(due, [date(2024, 3, 28), date(2024, 4, 2)]);
    }

    #[test]
    fn fees_of_the_disbursement_are_due_first() {
        let fee = |name: &str, kind, amount: &str, event| FeeFields {
            name: Value(name.to_owned()),
            kind: Value(kind),
            amount: decimal(amount),
            event: Value(event),
        };
        let fees = vec![
            fee("Arrangement", FeeType::Percent, "1.5", FeeEvent::Disbursement),
            fee("Late", FeeType::Flat, "25", FeeEvent::Arrears),
            fee("Transfer", FeeType::Flat, "7.50", FeeEvent::Disbursement),
            fee("Again", FeeType::Percent, "1", FeeEvent::Disbursement),
        ];
        let product = product(ProductType::EqualInstalmentsTermLoan);
        let fees = ProductFields {
            default_fees: Value(DefaultFeesFields { is_single: false, fees }),
            ..ProductFields::default()
        };
        let at = "2023-01-02T00:00:00Z".parse().unwrap();
        let charging = product.changed(fees, product.currency, at).unwrap();
        let quoted = |product: &Product, amount: &str| {
            let fields = QuoteFields { amount: decimal(amount), ..QuoteFields::default() };
            product.quote(fields, date(2023, 1, 1)).unwrap()
        };
        let (with, without) = (quoted(&charging, "1000"), quoted(&product, "1000"));
        // 1.5 % of 1000.00, 7.50, and 1 % of 1022.50; the first instalment is in grace.
        let fees: Vec<i64> = with.schedule.instalments.iter().map(|one| one.fee_minor).collect();
        assert_eq!(fees, [0, 1_500 + 750 + 1_023, 0, 0, 0, 0]);
        let (totals, plain) = (with.schedule.totals, without.schedule.totals);
        assert_eq!((totals.fee_minor, plain.fee_minor), (3_273, 0));
        assert_eq!(totals.total_minor, plain.total_minor + 3_273);
        assert_eq!(totals.interest_minor, plain.interest_minor);
        assert!(with.apr > without.apr);
    }

    #[test]
    fn what_does_not_fit_names_its_field() {
        let term = product(ProductType::EqualPrincipalTermLoan);
        let check = |fields: QuoteFields, expected: &[(&str, &str)]| {
            let Err(LendingError::Invalid(faults)) = term.quote(fields, date(2023, 1, 1)) else {
                panic!("accepted")
            };
            let found: Vec<_> =
                faults.iter().map(|fault| (fault.field, fault.message.as_str())).collect();
            assert_eq!(found, expected);
        };
        check(
            QuoteFields {
                amount: decimal("20000.01"),
                rate: decimal("15.1"),
                installments: Value(0),
                first_repayment_date: Value(date(2023, 1, 1)),
                ..QuoteFields::default()
            },
            &[
                ("installments", "Ensure this value is greater than or equal to 1."),
                ("amount", "Ensure this value is less than or equal to 20000.00."),
                ("rate", "Ensure this value is less than or equal to 15."),
                ("first_repayment_date", "Ensure this date is after 2023-01-01."),
            ],
        );
        let late =
            QuoteFields { disbursement_date: Value(date(9999, 11, 1)), ..QuoteFields::default() };
        check(late, &[("disbursement_date", "The last repayment lies too far in the future.")]);
    }

    #[test]
    fn the_instalments_must_leave_the_grace() {
        let fields = QuoteFields { installments: Value(1), ..QuoteFields::default() };
        let result = product(ProductType::EqualInstalmentsTermLoan).quote(fields, date(2023, 1, 1));
        let Err(LendingError::Invalid(faults)) = result else { panic!("accepted") };
        assert_eq!(faults[0].field, "installments");
    }

    #[test]
    fn a_revolving_product_has_no_schedule() {
        let result =
            product(ProductType::RevolvingCredit).quote(QuoteFields::default(), date(2023, 1, 1));
        let text = result.unwrap_err().to_string();
        assert_eq!(
            text,
            "Only term loans have a repayment schedule; this product is of type revolving_credit."
        );
    }
}
