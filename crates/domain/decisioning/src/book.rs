//! What decisioning has to know of applications and loans; lending answers.

use florin_ids::{ApplicationId, EndUserId, ProductId, TenantId};
use florin_money::Money;
use florin_storage::Tx;
use jiff::civil::Date;

use crate::error::BookError;
use crate::expression::Inputs;

/// The book of applications and loans.
pub trait Book: Send + Sync {
    /// Whether the tenant has the product.
    ///
    /// # Errors
    /// The book cannot be read.
    fn product_exists(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        product: ProductId,
    ) -> Result<bool, BookError>;

    /// Whether the tenant has the application.
    ///
    /// # Errors
    /// The book cannot be read.
    fn application_exists(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        application: ApplicationId,
    ) -> Result<bool, BookError>;

    /// Whether the tenant has the end user.
    ///
    /// # Errors
    /// The book cannot be read.
    fn end_user_exists(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        end_user: EndUserId,
    ) -> Result<bool, BookError>;

    /// Approved and declined applications in the order of their ids, after one of them, at most `limit`, with what
    /// became of their loans. A full page is followed by another.
    ///
    /// # Errors
    /// The book cannot be read.
    fn past_applications(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        which: &Which,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<PastApplication>, BookError>;

    /// What Florin knew of an application by itself when it was decided, for one that was decided by its product's
    /// limits and has no recorded inputs.
    ///
    /// # Errors
    /// The book cannot be read.
    fn known_inputs(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        application: ApplicationId,
    ) -> Result<Inputs, BookError>;
}

/// Which past applications.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Decided on or after this date (UTC).
    pub from: Option<Date>,
    /// Decided on or before this date (UTC).
    pub to: Option<Date>,
    /// Of this product.
    pub product: Option<ProductId>,
}

/// An application that was decided.
#[derive(Debug, Clone)]
pub struct PastApplication {
    /// Its id.
    pub id: ApplicationId,
    /// Who applied.
    pub end_user: EndUserId,
    /// Whether it was approved.
    pub is_approved: bool,
    /// What became of its loan, where there is one that was paid out.
    pub loan: Option<PastLoan>,
}

/// What became of a loan.
#[derive(Debug, Clone, Copy)]
pub struct PastLoan {
    /// What was lent.
    pub amount: Money,
    /// The most days that one of its instalments was overdue; 0 when all were paid in time.
    pub worst_arrears_days: u32,
    /// Whether it was given up on: in default, or written off.
    pub is_lost: bool,
}
