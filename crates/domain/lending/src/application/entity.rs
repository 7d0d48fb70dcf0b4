//! What an application is, where it can go from where it stands, and how it is decided. Pure.

use florin_ids::{ApplicationId, EndUserId, LoanId, ProductId};
use florin_money::{Currency, Money, Rate};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::words::ApplicationStatus;
use crate::check::{Check, Given};
use crate::product::{MAX_INSTALLMENTS, Product};
use crate::{FieldError, LendingError};

/// The most bytes of an application's custom fields, as JSON.
pub const MAX_CUSTOM_FIELDS_BYTES: usize = 16 * 1024;

/// An end user's request for a product.
#[derive(Debug, Clone, PartialEq)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// Where it stands.
    pub status: ApplicationStatus,
    /// The product applied for.
    pub product: ProductId,
    /// Who applies; never changes.
    pub end_user: EndUserId,
    /// The currency of the amount: the product's when the application was last written.
    pub currency: Currency,
    /// The credit asked for, above 0.
    pub amount: Money,
    /// The number of instalments asked for; always present for term loans.
    pub installments: Option<u32>,
    /// The yearly rate asked for.
    pub rate: Rate,
    /// What the partner keeps with it; empty where nothing was sent.
    pub custom_fields: Map<String, Value>,
    /// Why it was declined; empty otherwise.
    pub reason: String,
    /// The loan that was created for it; from then on it stays as it is.
    pub loan: Option<LoanId>,
    /// When it was last decided.
    pub processed_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a request says of an application, field by field under the wire's names.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of Application, documented there")]
pub struct ApplicationFields {
    pub product: Given<ProductId>,
    pub end_user: Given<EndUserId>,
    pub amount: Given<Decimal>,
    pub installments: Given<i64>,
    pub rate: Given<Decimal>,
    pub custom_fields: Given<Map<String, Value>>,
    /// Faults that reading the request found; they are answered together with the rules' own.
    pub unreadable: Vec<FieldError>,
}

/// The parts of an application that its decision rests on.
#[derive(Debug, Clone, PartialEq)]
struct Request {
    product: ProductId,
    currency: Currency,
    amount: Money,
    installments: Option<u32>,
    rate: Rate,
}

impl Application {
    /// A new application of `end_user` for `product`, incomplete. What is left out comes from the product. The
    /// product's limits are not checked: that is what completing it decides.
    ///
    /// # Errors
    /// Every field that is malformed.
    pub fn open(
        id: ApplicationId,
        end_user: EndUserId,
        product: &Product,
        fields: ApplicationFields,
        at: Timestamp,
    ) -> Result<Self, Vec<FieldError>> {
        let mut check = Check::new(fields.unreadable.clone());
        let request = fields.request(&mut check, product);
        let custom_fields = fields.custom_fields(&mut check);
        let application = request.zip(custom_fields).map(|(request, custom_fields)| Self {
            id,
            status: ApplicationStatus::Incomplete,
            product: request.product,
            end_user,
            currency: request.currency,
            amount: request.amount,
            installments: request.installments,
            rate: request.rate,
            custom_fields,
            reason: String::new(),
            loan: None,
            processed_at: None,
            created_at: at,
            updated_at: at,
        });
        check.finish(application)
    }

    /// The application with everything that `fields` leave out taken from `product`. A decided application whose
    /// product, amount, instalments or rate change is incomplete again: its decision no longer holds.
    ///
    /// # Errors
    /// Every field that is malformed, among them another end user.
    pub fn replaced(
        &self,
        product: &Product,
        fields: ApplicationFields,
        at: Timestamp,
    ) -> Result<Self, Vec<FieldError>> {
        let mut check = Check::new(fields.unreadable.clone());
        self.check_end_user(&fields, &mut check);
        let fresh = Self::open(self.id, self.end_user, product, fields, at);
        let fresh = match fresh {
            Ok(fresh) => fresh,
            Err(faults) => {
                for fault in faults {
                    check.fault(fault.field, fault.message);
                }
                return check.finish(None);
            }
        };
        let is_decided =
            matches!(self.status, ApplicationStatus::Approved | ApplicationStatus::Declined);
        let application = if is_decided && fresh.request() != self.request() {
            Self { processed_at: self.processed_at, created_at: self.created_at, ..fresh }
        } else {
            Self {
                status: self.status,
                reason: self.reason.clone(),
                processed_at: self.processed_at,
                created_at: self.created_at,
                ..fresh
            }
        };
        check.finish(Some(application))
    }

    /// The application with what `fields` say changed; a new product brings no defaults but the number of
    /// instalments where there was none.
    ///
    /// # Errors
    /// Every field that is malformed, among them another end user.
    pub fn changed(
        &self,
        product: &Product,
        fields: ApplicationFields,
        at: Timestamp,
    ) -> Result<Self, Vec<FieldError>> {
        self.replaced(product, fields.over(self), at)
    }

    /// Records a change of the end user, which is a fault.
    pub(super) fn check_end_user(&self, fields: &ApplicationFields, check: &mut Check) {
        if fields.end_user.as_value().is_some_and(|end_user| *end_user != self.end_user) {
            check.fault("end_user", "The end user of an application cannot be changed.");
        }
    }

    /// Refuses an application that has its loan; `verb` says what was wanted ("changed", "reopened").
    ///
    /// # Errors
    /// A conflict that says so.
    pub fn require_no_loan(&self, verb: &str) -> Result<(), LendingError> {
        match self.loan {
            None => Ok(()),
            Some(loan) => Err(LendingError::conflict(format!(
                "The application cannot be {verb}: loan {loan} was created for it."
            ))),
        }
    }

    /// The application complete and waiting for its decision.
    ///
    /// # Errors
    /// A conflict unless it is incomplete and without a loan.
    pub fn completed(&self, at: Timestamp) -> Result<Self, LendingError> {
        self.step("completed", &[ApplicationStatus::Incomplete], ApplicationStatus::Processing, at)
    }

    /// Why `product` does not give what is asked for, as sentences; empty when it does.
    pub fn broken_limits(&self, product: &Product) -> Vec<String> {
        broken_limits(&self.request(), product)
    }

    /// The processed application, approved, or declined for a reason.
    ///
    /// # Errors
    /// A conflict unless it is being processed.
    pub fn decided(
        &self,
        is_approved: bool,
        reason: String,
        at: Timestamp,
    ) -> Result<Self, LendingError> {
        let status =
            if is_approved { ApplicationStatus::Approved } else { ApplicationStatus::Declined };
        let decided = self.step("decided", &[ApplicationStatus::Processing], status, at)?;
        Ok(Self { reason, processed_at: Some(at), ..decided })
    }

    /// Refuses an application that waits for its decision; `verb` says what was wanted ("changed").
    ///
    /// # Errors
    /// A conflict that says so.
    pub fn require_not_processing(&self, verb: &str) -> Result<(), LendingError> {
        match self.status {
            ApplicationStatus::Processing => Err(LendingError::conflict(format!(
                "The application cannot be {verb}: its status is {}.",
                self.status
            ))),
            _ => Ok(()),
        }
    }

    /// The application incomplete again, its decision forgotten.
    ///
    /// # Errors
    /// A conflict unless it is withdrawn, approved or declined, and without a loan.
    pub fn reopened(&self, at: Timestamp) -> Result<Self, LendingError> {
        let from = [
            ApplicationStatus::Withdrawn,
            ApplicationStatus::Approved,
            ApplicationStatus::Declined,
        ];
        self.step("reopened", &from, ApplicationStatus::Incomplete, at)
    }

    /// The application withdrawn.
    ///
    /// # Errors
    /// A conflict unless it is incomplete, approved or declined, and without a loan.
    pub fn withdrawn(&self, at: Timestamp) -> Result<Self, LendingError> {
        let from = [
            ApplicationStatus::Incomplete,
            ApplicationStatus::Approved,
            ApplicationStatus::Declined,
        ];
        self.step("withdrawn", &from, ApplicationStatus::Withdrawn, at)
    }

    fn step(
        &self,
        verb: &str,
        from: &[ApplicationStatus],
        to: ApplicationStatus,
        at: Timestamp,
    ) -> Result<Self, LendingError> {
        self.require_no_loan(verb)?;
        if !from.contains(&self.status) {
            return Err(LendingError::conflict(format!(
                "The application cannot be {verb}: its status is {}.",
                self.status
            )));
        }
        Ok(Self { status: to, reason: String::new(), updated_at: at, ..self.clone() })
    }

    fn request(&self) -> Request {
        Request {
            product: self.product,
            currency: self.currency,
            amount: self.amount,
            installments: self.installments,
            rate: self.rate,
        }
    }
}

/// Why `product` does not give what is asked for, as sentences; empty when it does.
fn broken_limits(request: &Request, product: &Product) -> Vec<String> {
    let mut reasons = Vec::new();
    if request.currency != product.currency {
        reasons.push(format!(
            "The product's currency is {}, not {}.",
            product.currency.code(),
            request.currency.code()
        ));
    } else if request.amount.minor() > product.max_loan_amount.minor() {
        let (amount, most) = (request.amount, product.max_loan_amount);
        reasons.push(format!("The amount {amount} is above the product's maximum of {most}."));
    }
    if request.rate.micro_percent() > product.max_interest_rate.micro_percent() {
        let (rate, most) = (request.rate, product.max_interest_rate);
        reasons.push(format!("The rate {rate} is above the product's maximum of {most}."));
    }
    if product.kind.is_term_loan() && request.installments.is_none() {
        reasons.push("A term loan needs a number of installments.".to_owned());
    }
    reasons
}

impl ApplicationFields {
    /// Records what is wrong with the fields themselves, whatever the product; `currency` tells the decimals.
    pub(super) fn check_shape(&self, check: &mut Check, currency: Currency) {
        self.figures(check, currency);
        self.custom_fields(check);
    }

    /// What is asked for, with the product's defaults for what is left out.
    fn request(&self, check: &mut Check, product: &Product) -> Option<Request> {
        let (amount, installments, rate) = self.figures(check, product.currency)?;
        let default_installments = product.installments.filter(|_| product.kind.is_term_loan());
        Some(Request {
            product: product.id,
            currency: product.currency,
            amount: amount.unwrap_or(product.default_loan_amount),
            installments: installments.or(default_installments),
            rate: rate.unwrap_or(product.default_interest_rate),
        })
    }

    /// Amount, instalments and rate as far as they are given; `None` when one of them is faulty.
    fn figures(
        &self,
        check: &mut Check,
        currency: Currency,
    ) -> Option<(Option<Money>, Option<u32>, Option<Rate>)> {
        let amount = self.amount.read(|value| check.amount("amount", value, currency, true));
        let installments =
            self.installments.read(|value| check.whole("installments", value, 1, MAX_INSTALLMENTS));
        let rate = self.rate.read(|value| check.rate("rate", value));
        Some((amount?, installments?, rate?))
    }

    fn custom_fields(&self, check: &mut Check) -> Option<Map<String, Value>> {
        let fields = self.custom_fields.as_value().cloned().unwrap_or_default();
        let bytes = serde_json::to_vec(&fields).map_or(usize::MAX, |json| json.len());
        if bytes > MAX_CUSTOM_FIELDS_BYTES {
            check.fault(
                "custom_fields",
                format!("Ensure this field has no more than {MAX_CUSTOM_FIELDS_BYTES} bytes."),
            );
            return None;
        }
        Some(fields)
    }

    /// These fields, and the current values of `application` where they say nothing.
    fn over(self, application: &Application) -> Self {
        Self {
            product: self.product.over(Given::Value(application.product)),
            end_user: self.end_user.over(Given::Value(application.end_user)),
            amount: self.amount.over(Given::Value(application.amount.to_decimal())),
            installments: self
                .installments
                .over(Given::from(application.installments.map(i64::from))),
            rate: self.rate.over(Given::Value(application.rate.to_percent())),
            custom_fields: self.custom_fields.over(Given::Value(application.custom_fields.clone())),
            unreadable: self.unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Given::Value as Sent;
    use crate::product::{ProductFields, ProductType};

    fn at() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    fn later() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    fn decimal(text: &str) -> Given<Decimal> {
        Sent(text.parse().unwrap())
    }

    fn product(kind: ProductType) -> Product {
        let fields = ProductFields {
            kind: Sent(kind),
            name: Sent("A product".to_owned()),
            max_loan_amount: decimal("1000"),
            default_loan_amount: decimal("600"),
            max_interest_rate: decimal("15"),
            default_interest_rate: decimal("10"),
            installments: Sent(6),
            ..ProductFields::default()
        };
        Product::configure(ProductId::new(), fields, Currency::from_code("GBP").unwrap(), at())
            .unwrap()
    }

    fn opened(product: &Product, fields: ApplicationFields) -> Application {
        Application::open(ApplicationId::new(), EndUserId::new(), product, fields, at()).unwrap()
    }

    fn asking(amount: &str, rate: &str) -> ApplicationFields {
        ApplicationFields {
            amount: decimal(amount),
            rate: decimal(rate),
            ..ApplicationFields::default()
        }
    }

    #[test]
    fn what_is_left_out_comes_from_the_product() {
        let term = product(ProductType::EqualPrincipalTermLoan);
        let application = opened(&term, ApplicationFields::default());
        assert_eq!(
            (application.amount.to_string().as_str(), application.rate.to_string().as_str()),
            ("600.00", "10")
        );
        assert_eq!(
            (application.installments, application.status),
            (Some(6), ApplicationStatus::Incomplete)
        );
        let line = product(ProductType::SimpleRevolvingCredit);
        assert_eq!(opened(&line, ApplicationFields::default()).installments, None);
    }

    #[test]
    fn only_the_shape_is_checked_before_the_decision() {
        let term = product(ProductType::EqualPrincipalTermLoan);
        opened(&term, asking("5000", "99"));
        let fields = ApplicationFields { installments: Sent(0), ..asking("-1", "0.0000001") };
        let faults = Application::open(ApplicationId::new(), EndUserId::new(), &term, fields, at())
            .unwrap_err();
        let found: Vec<_> =
            faults.iter().map(|fault| (fault.field, fault.message.as_str())).collect();
        assert_eq!(
            found,
            [
                ("amount", "Ensure this value is greater than 0."),
                ("installments", "Ensure this value is greater than or equal to 1."),
                ("rate", "Ensure that there are no more than 6 decimal places."),
            ]
        );
    }

    #[test]
    fn the_products_limits_decide() {
        let check = |amount: &str, rate: &str, expected: ApplicationStatus, reason: &str| {
            let term = product(ProductType::EqualPrincipalTermLoan);
            let decided = opened(&term, asking(amount, rate)).completed(later()).unwrap();
            assert_eq!(decided.status, ApplicationStatus::Processing);
            let limits = decided.broken_limits(&term);
            let decided = decided.decided(limits.is_empty(), limits.join(" "), later()).unwrap();
            assert_eq!(
                (decided.status, decided.reason.as_str()),
                (expected, reason),
                "{amount} at {rate}"
            );
            assert_eq!((decided.processed_at, decided.updated_at), (Some(later()), later()));
        };
        check("1000", "15", ApplicationStatus::Approved, "");
        check("0.01", "0", ApplicationStatus::Approved, "");
        let amount = "The amount 1000.01 is above the product's maximum of 1000.00.";
        let rate = "The rate 15.000001 is above the product's maximum of 15.";
        check("1000.01", "15", ApplicationStatus::Declined, amount);
        check("1000", "15.000001", ApplicationStatus::Declined, rate);
        check("1000.01", "15.000001", ApplicationStatus::Declined, &format!("{amount} {rate}"));
    }

    #[test]
    fn every_transition() {
        use ApplicationStatus::{Approved, Declined, Incomplete, Processing, Withdrawn};
        type Step = fn(&Application, Timestamp) -> Result<Application, LendingError>;
        let check =
            |verb: &str, step: Step, table: [(ApplicationStatus, Option<ApplicationStatus>); 5]| {
                for (from, expected) in table {
                    let application = opened(
                        &product(ProductType::RevolvingCredit),
                        ApplicationFields::default(),
                    );
                    let application =
                        Application { status: from, reason: "because".to_owned(), ..application };
                    match (step(&application, later()), expected) {
                        (Ok(next), Some(expected)) => {
                            assert_eq!(
                                (next.status, next.reason.as_str()),
                                (expected, ""),
                                "{verb} from {from}"
                            );
                        }
                        (Err(LendingError::Conflict(text)), None) => {
                            assert_eq!(
                                text,
                                format!("The application cannot be {verb}: its status is {from}.")
                            );
                        }
                        (found, _) => panic!("{verb} from {from}: {found:?}"),
                    }
                    let attached = Application { loan: Some(LoanId::new()), ..application };
                    let text = step(&attached, later()).unwrap_err().to_string();
                    assert!(
                        text.starts_with(&format!("The application cannot be {verb}: loan ")),
                        "{text}"
                    );
                }
            };
        check(
            "completed",
            Application::completed,
            [
                (Incomplete, Some(Processing)),
                (Processing, None),
                (Approved, None),
                (Declined, None),
                (Withdrawn, None),
            ],
        );
        check(
            "reopened",
            Application::reopened,
            [
                (Incomplete, None),
                (Processing, None),
                (Approved, Some(Incomplete)),
                (Declined, Some(Incomplete)),
                (Withdrawn, Some(Incomplete)),
            ],
        );
        check(
            "withdrawn",
            Application::withdrawn,
            [
                (Incomplete, Some(Withdrawn)),
                (Processing, None),
                (Approved, Some(Withdrawn)),
                (Declined, Some(Withdrawn)),
                (Withdrawn, None),
            ],
        );
    }

    #[test]
    fn a_change_of_the_request_undoes_the_decision() {
        use ApplicationStatus::{Approved, Incomplete, Withdrawn};
        let term = product(ProductType::EqualPrincipalTermLoan);
        let check =
            |from: ApplicationStatus, fields: ApplicationFields, expected: ApplicationStatus| {
                let application = opened(&term, asking("700", "11"));
                let application =
                    Application { status: from, reason: "because".to_owned(), ..application };
                let changed = application.changed(&term, fields, later()).unwrap();
                let reason = if from == expected { "because" } else { "" };
                assert_eq!((changed.status, changed.reason.as_str()), (expected, reason));
                assert_eq!((changed.created_at, changed.updated_at), (at(), later()));
            };
        let same = || asking("700.00", "11.0");
        let mut custom = Map::new();
        custom.insert("channel".to_owned(), Value::from("web"));
        check(Approved, ApplicationFields::default(), Approved);
        check(Approved, same(), Approved);
        check(Approved, ApplicationFields { custom_fields: Sent(custom), ..same() }, Approved);
        check(Approved, asking("700.01", "11"), Incomplete);
        check(Approved, asking("700", "12"), Incomplete);
        check(Approved, ApplicationFields { installments: Sent(7), ..same() }, Incomplete);
        check(Withdrawn, asking("1", "1"), Withdrawn);
        check(Incomplete, asking("1", "1"), Incomplete);
    }

    #[test]
    fn the_end_user_stays() {
        let term = product(ProductType::EqualPrincipalTermLoan);
        let application = opened(&term, ApplicationFields::default());
        let other = ApplicationFields { end_user: Sent(EndUserId::new()), ..asking("-1", "1") };
        let faults = application.changed(&term, other, later()).unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["end_user", "amount"]);
        let same = ApplicationFields {
            end_user: Sent(application.end_user),
            ..ApplicationFields::default()
        };
        assert_eq!(application.changed(&term, same, at()).unwrap(), application);
    }

    #[test]
    fn custom_fields_are_bounded() {
        let term = product(ProductType::EqualPrincipalTermLoan);
        let mut fields = Map::new();
        fields.insert("note".to_owned(), Value::from("x".repeat(MAX_CUSTOM_FIELDS_BYTES)));
        let fields =
            ApplicationFields { custom_fields: Sent(fields), ..ApplicationFields::default() };
        let faults = Application::open(ApplicationId::new(), EndUserId::new(), &term, fields, at())
            .unwrap_err();
        assert_eq!(faults[0].field, "custom_fields");
    }
}
