//! What a transaction is, and which ones a loan takes; pure.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use florin_ids::{EntryId, LoanId, PaymentId, TransactionId};
use florin_ledger::Entry;
use florin_money::{Currency, Money, MoneyError, Rate};

use crate::LendingError;
use crate::loan::Loan;
use crate::loan::dues::Dues;
use crate::loan::servicing;
use crate::postings::{self, Moment, Parts};
use crate::product::{FeeCharge, FeeType};
use florin_storage::words;

words! {
    /// The types of transactions on a loan account.
    pub enum TransactionType {
        /// Money paid out to the borrower.
        Disbursement = "disbursement",
        /// Money paid back.
        Repayment = "repayment",
        /// A fee charged.
        Fee = "fee",
        /// Interest of a day, or a correction of it.
        Interest = "interest",
        /// Money given back to the borrower.
        Refund = "refund",
        /// Debt that is let go.
        Waiver = "waiver",
    }
}

words! {
    /// The statuses of a transaction.
    pub enum TransactionStatus {
        /// Waits for the provider or the partner.
        Pending = "pending",
        /// Done.
        Applied = "applied",
        /// The provider could not do it.
        Failed = "failed",
        /// Taken back.
        Reverted = "reverted",
        /// Called off before it was done.
        Cancelled = "cancelled",
    }
}

/// What a partner asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTransaction {
    /// The loan.
    pub loan: LoanId,
    /// A disbursement, a repayment or a fee.
    pub kind: TransactionType,
    /// An amount in the loan's currency, or a percentage for a fee of that type. Empty for a product's own fee.
    pub amount: Option<Decimal>,
    /// The name of a fee.
    pub name: Option<String>,
    /// How `amount` is meant, for a fee that the product does not know.
    pub fee_type: Option<FeeType>,
    /// Makes the transaction happen once.
    pub unique_key: Option<String>,
    /// The day on which a repayment counts, when it is told late; today when absent.
    pub effective_on: Option<Date>,
}

impl NewTransaction {
    /// A hash of the request, by which a repeat under the same unique key is known.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let amount = self.amount.map(|amount| amount.normalize().to_string()).unwrap_or_default();
        let fee_type = self.fee_type.map_or("", FeeType::as_str);
        let name = self.name.as_deref().unwrap_or_default();
        let on = self.effective_on.map(|on| format!(" on {on}")).unwrap_or_default();
        let text = format!("{} {} {amount} {fee_type} {name}{on}", self.loan, self.kind);
        florin_crypto::hash_key(&text)
    }
}

/// A transaction on a loan account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Its id, which is its ledger entry's too (but for interest).
    pub id: TransactionId,
    /// The loan.
    pub loan: LoanId,
    /// What it is.
    pub kind: TransactionType,
    /// Where it stands.
    pub status: TransactionStatus,
    /// The whole amount.
    pub amount: Money,
    /// The part that is principal.
    pub principal: Money,
    /// The part that is interest.
    pub interest: Money,
    /// The part that is fees.
    pub fee: Money,
    /// A fee's name; else empty.
    pub name: String,
    /// A fee's type.
    pub fee_type: Option<FeeType>,
    /// The partner's key.
    pub unique_key: Option<String>,
    /// Whether Florin made it by itself.
    pub is_automatic: bool,
    /// The business date on which it counts.
    pub effective_on: Date,
    /// When the provider is expected to have processed it.
    pub processing_on: Option<Date>,
    /// The provider's own id of it.
    pub provider_reference: Option<String>,
    /// Why it failed; else empty.
    pub failure_reason: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was applied, or failed.
    pub resolved_at: Option<Timestamp>,
    /// The ledger entry, where it has not the transaction's id.
    pub entry: Option<EntryId>,
    /// The statement period that it belongs to, counted from 1; `None` for loans without statements.
    pub period: Option<u32>,
    /// The payment that carries its money, where a rail does.
    pub payment: Option<PaymentId>,
    /// The business date on which it failed or was reverted.
    pub ended_on: Option<Date>,
    /// The statement period in which it failed or was reverted.
    pub ended_period: Option<u32>,
}

impl Transaction {
    /// A transaction on `loan` that nothing else is known of yet.
    pub(crate) fn new(
        id: TransactionId,
        loan: &Loan,
        kind: TransactionType,
        parts: Parts,
        moment: Moment,
    ) -> Result<Self, MoneyError> {
        let money = |minor| Money::from_minor(minor, loan.currency);
        Ok(Self {
            id,
            loan: loan.id,
            kind,
            status: TransactionStatus::Applied,
            amount: money(parts.total()?),
            principal: money(parts.principal),
            interest: money(parts.interest),
            fee: money(parts.fee),
            name: String::new(),
            fee_type: None,
            unique_key: None,
            is_automatic: false,
            effective_on: moment.on,
            processing_on: None,
            provider_reference: None,
            failure_reason: String::new(),
            created_at: moment.at,
            resolved_at: Some(moment.at),
            entry: None,
            period: loan.period(),
            payment: None,
            ended_on: None,
            ended_period: None,
        })
    }

    /// Lowers what is asked for to the sum of `parts`.
    pub(crate) fn ask_for(&mut self, parts: Parts) -> Result<(), MoneyError> {
        self.amount = Money::from_minor(parts.total()?, self.amount.currency());
        self.split(parts);
        Ok(())
    }

    /// Sets the parts that it is split into.
    pub(crate) fn split(&mut self, parts: Parts) {
        let currency = self.amount.currency();
        self.principal = Money::from_minor(parts.principal, currency);
        self.interest = Money::from_minor(parts.interest, currency);
        self.fee = Money::from_minor(parts.fee, currency);
    }

    /// Notes that it ended without effect, or that its effect was taken back.
    pub(crate) fn end(&mut self, status: TransactionStatus, loan: &Loan, moment: Moment) {
        self.status = status;
        self.ended_on = Some(moment.on);
        self.ended_period = loan.period();
    }

    /// Whether the books show it: applied ones, repayments by the partner that are under way, and refunds.
    pub fn counts(&self) -> bool {
        match self.status {
            TransactionStatus::Applied => true,
            TransactionStatus::Pending => match self.kind {
                TransactionType::Repayment => !self.is_automatic,
                // What is being given back is not there for anything else.
                TransactionType::Refund => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether it takes money from the borrower.
    pub(crate) fn is_collection(&self) -> bool {
        self.kind == TransactionType::Repayment
    }

    /// Whether its money moves all the same where it was called off too late. (A disbursement's does not.)
    pub(crate) fn moves_late(&self) -> bool {
        matches!(self.kind, TransactionType::Repayment | TransactionType::Refund)
    }

    /// The parts in minor units.
    pub fn parts(&self) -> Parts {
        Parts {
            principal: self.principal.minor(),
            interest: self.interest.minor(),
            fee: self.fee.minor(),
        }
    }

    /// What it did not take off the loan, in minor units: of a repayment it is owed to the borrower, of a refund no
    /// longer.
    pub fn beyond_minor(&self) -> i64 {
        let parts = self.parts();
        self.amount.minor() - parts.principal - parts.interest - parts.fee
    }

    /// The ledger entry that it was booked by.
    pub fn entry_id(&self) -> EntryId {
        self.entry.unwrap_or(EntryId::from(self.id))
    }

    /// Refuses unless it waits for an answer.
    pub(crate) fn check_pending(&self, what: &str) -> Result<(), LendingError> {
        if self.status == TransactionStatus::Pending {
            return Ok(());
        }
        Err(LendingError::conflict(format!(
            "The transaction is {}: only a pending transaction can be {what}.",
            self.status
        )))
    }
}

/// A fee to charge, resolved against the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FeeToCharge {
    pub name: String,
    pub charge: FeeCharge,
}

/// What accepting a request comes to.
pub(crate) struct Accepted {
    pub transaction: Transaction,
    pub entry: Entry,
}

/// A disbursement: pending, and within what the limit leaves with every pending disbursement counted, and with what
/// repayments are about to take back: `reversing`, of the principal.
pub(crate) fn disburse(
    loan: &mut Loan,
    id: TransactionId,
    amount: i64,
    reversing: i64,
    moment: Moment,
) -> Result<Accepted, LendingError> {
    use crate::loan::LoanStatus::{Active, Inactive};
    if !matches!(loan.status, Inactive | Active) {
        return Err(LendingError::conflict(format!(
            "The loan is {}: nothing can be disbursed.",
            loan.status
        )));
    }
    let available = loan.available_minor().saturating_sub(reversing);
    if amount > available {
        let mut why = format!("{} is pending", loan.money(loan.balances.principal.pending_debit));
        if reversing > 0 {
            why += &format!(", repayments of {} are being reversed", loan.money(reversing));
        }
        let available = loan.money(available.max(0));
        return Err(LendingError::conflict(format!(
            "The credit limit of {} leaves {available} to disburse ({why}).",
            loan.amount
        )));
    }
    let parts = Parts { principal: amount, ..Parts::default() };
    let mut transaction = Transaction::new(id, loan, TransactionType::Disbursement, parts, moment)?;
    transaction.status = TransactionStatus::Pending;
    transaction.resolved_at = None;
    let principal = &mut loan.balances.principal;
    principal.pending_debit =
        principal.pending_debit.checked_add(amount).ok_or(MoneyError::OutOfRange)?;
    let entry = postings::disbursement(id.into(), loan.id, loan.currency, amount, moment);
    Ok(Accepted { transaction, entry })
}

/// Refuses a repayment of a loan that takes none, or of more than it owes.
pub(crate) fn check_repayable(loan: &Loan, amount: i64, what: &str) -> Result<(), LendingError> {
    loan.check_open(what)?;
    let total = loan.balances.owed().total()?;
    if amount > total {
        let message = format!(
            "Ensure this value is less than or equal to {}, which is what the loan owes.",
            loan.money(total)
        );
        return Err(LendingError::invalid("amount", message));
    }
    Ok(())
}

/// A repayment by the partner or borrower: the balance falls at once, so that no interest accrues on money that is
/// on its way, and the transaction stays pending until the money has arrived.
pub(crate) fn repay(
    loan: &mut Loan,
    dues: &mut Dues,
    id: TransactionId,
    amount: i64,
    moment: Moment,
) -> Result<Accepted, LendingError> {
    check_repayable(loan, amount, "a repayment")?;
    let parts = servicing::repay(loan, dues, amount, moment.on)?;
    let mut transaction = Transaction::new(id, loan, TransactionType::Repayment, parts, moment)?;
    transaction.status = TransactionStatus::Pending;
    transaction.resolved_at = None;
    let entry = postings::repayment_under_way(id.into(), loan.id, loan.currency, parts, moment);
    Ok(Accepted { transaction, entry })
}

/// Debt that is let go: it is paid as a repayment would pay it, at the lender's expense.
pub(crate) fn waive(
    loan: &mut Loan,
    dues: &mut Dues,
    id: TransactionId,
    amount: i64,
    moment: Moment,
) -> Result<Accepted, LendingError> {
    check_repayable(loan, amount, "a waiver")?;
    let parts = servicing::repay(loan, dues, amount, moment.on)?;
    let transaction = Transaction::new(id, loan, TransactionType::Waiver, parts, moment)?;
    let entry = postings::waiver(id.into(), loan.id, loan.currency, parts, moment);
    Ok(Accepted { transaction, entry })
}

/// A fee that a request asks for: a flat amount, or a percentage of all that the loan owes.
pub(crate) fn charge(
    loan: &mut Loan,
    id: TransactionId,
    fee: FeeToCharge,
    moment: Moment,
) -> Result<Accepted, LendingError> {
    if !loan.status.is_open() && loan.status != crate::loan::LoanStatus::Inactive {
        return Err(LendingError::conflict(format!(
            "The loan is {}: no fee can be charged.",
            loan.status
        )));
    }
    let amount = match fee.charge {
        FeeCharge::Flat(amount) => amount.minor(),
        FeeCharge::Percent(percent) => percent.of_minor(loan.balances.owed().total()?)?,
    };
    if amount <= 0 {
        return Err(LendingError::conflict(format!(
            "The fee \"{}\" comes to {}: there is nothing to charge.",
            fee.name,
            loan.money(amount)
        )));
    }
    Ok(charged(loan, id, fee, amount, moment)?)
}

/// Books a fee of `amount` minor units.
pub(crate) fn charged(
    loan: &mut Loan,
    id: TransactionId,
    fee: FeeToCharge,
    amount: i64,
    moment: Moment,
) -> Result<Accepted, MoneyError> {
    let parts = Parts { fee: amount, ..Parts::default() };
    loan.take(Parts { fee: -amount, ..Parts::default() })?;
    let mut transaction = Transaction::new(id, loan, TransactionType::Fee, parts, moment)?;
    transaction.name = fee.name;
    transaction.fee_type = Some(fee.charge.kind());
    let entry = postings::fee(id.into(), loan.id, loan.currency, amount, moment);
    Ok(Accepted { transaction, entry })
}

/// The request names a loan that is not there.
pub(crate) fn unknown_loan(loan: LoanId) -> LendingError {
    LendingError::invalid("loan", format!("Invalid pk \"{loan}\" - object does not exist."))
}

/// The request's unique key belongs to another request.
pub(crate) fn key_used_otherwise() -> LendingError {
    LendingError::conflict("The unique_key was used before with another request.")
}

/// Another request took the unique key for another loan at the same time.
pub(crate) fn key_race(error: LendingError, is_keyed: bool) -> LendingError {
    match error {
        LendingError::Storage(error) if is_keyed && error.is_unique_violation() => {
            key_used_otherwise()
        }
        other => other,
    }
}

/// The amount of a request in minor units: positive, with no more decimals than the currency has.
pub(crate) fn amount_minor(
    amount: Option<Decimal>,
    currency: Currency,
) -> Result<i64, LendingError> {
    let amount =
        amount.ok_or_else(|| LendingError::invalid("amount", "This field is required."))?;
    let money = Money::from_decimal(amount, currency)
        .map_err(|error| LendingError::invalid("amount", amount_fault(&error, currency)))?;
    if money.minor() <= 0 {
        return Err(LendingError::invalid("amount", "Ensure this value is greater than 0."));
    }
    Ok(money.minor())
}

fn amount_fault(error: &MoneyError, currency: Currency) -> String {
    match error {
        MoneyError::TooManyDecimals => {
            format!("Ensure that there are no more than {} decimal places.", currency.exponent())
        }
        MoneyError::OutOfRange => "Ensure that the number is not too large.".to_owned(),
        _ => "A valid number is required.".to_owned(),
    }
}

/// The fee that a request asks for: one of the product's by its name, or one described in full.
pub(crate) fn resolve_fee(
    new: &NewTransaction,
    known: Option<FeeCharge>,
    currency: Currency,
) -> Result<FeeToCharge, LendingError> {
    let name = new.name.clone().filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| LendingError::invalid("name", "This field is required."))?;
    if let Some(charge) = known {
        let given = [("amount", new.amount.is_some()), ("fee_type", new.fee_type.is_some())];
        let faults: Vec<_> = given.into_iter().filter(|(_, is_given)| *is_given).collect();
        if !faults.is_empty() {
            let message = format!("\"{name}\" is a fee of the product: leave this field empty.");
            return Err(LendingError::Invalid(
                faults
                    .into_iter()
                    .map(|(field, _)| crate::FieldError::new(field, message.clone()))
                    .collect(),
            ));
        }
        return Ok(FeeToCharge { name, charge });
    }
    let fee_type = new.fee_type.ok_or_else(|| {
        let message = "This field is required: the product has no fee of that name.";
        let mut faults = vec![crate::FieldError::new("fee_type", message)];
        if new.amount.is_none() {
            faults.push(crate::FieldError::new("amount", message));
        }
        LendingError::Invalid(faults)
    })?;
    let charge = match fee_type {
        FeeType::Flat => {
            FeeCharge::Flat(Money::from_minor(amount_minor(new.amount, currency)?, currency))
        }
        FeeType::Percent => {
            let percent = new
                .amount
                .ok_or_else(|| LendingError::invalid("amount", "This field is required."))?;
            let percent = Rate::from_percent(percent).map_err(|_| {
                LendingError::invalid("amount", "A percentage from 0 to 100 is required.")
            })?;
            if percent.micro_percent() > 100_000_000 || percent.micro_percent() == 0 {
                return Err(LendingError::invalid(
                    "amount",
                    "Ensure this percentage is greater than 0 and at most 100.",
                ));
            }
            FeeCharge::Percent(percent)
        }
    };
    Ok(FeeToCharge { name, charge })
}
