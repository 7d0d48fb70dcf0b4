//! Products: what loans are made of. Configured as drafts, then published and fixed.

pub mod entity;
pub mod fees;
pub mod fields;
pub mod quote;
pub mod repo;
pub mod statement_terms;
pub mod words;

use florin_ids::{ProductId, TenantId};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};

pub use entity::{MAX_ARREARS_TOLERANCE_DAYS, MAX_INSTALLMENTS, Product};
pub(crate) use fees::charges_on;
pub use fees::{DefaultFee, DefaultFees, DefaultFeesFields, FeeCharge, FeeFields};
pub use fields::ProductFields;
pub use quote::{Quote, QuoteFields};
pub use repo::FIELDS;
pub use statement_terms::{StatementTerms, due_after, minimum_repayment, next_statement_on};
pub use words::{
    EarlyRepaymentRecalculation, FeeEvent, FeeType, InstalmentMethod, InterestCalculation,
    ProductType, RepaymentDateType, RepaymentHolidayScheduling,
};

use crate::{Lending, LendingError, application};

const PRODUCT: &str = "product";

impl Lending {
    /// Configures a product: a draft.
    ///
    /// # Errors
    /// [`LendingError::Invalid`] with every faulty field.
    pub async fn create_product(
        &self,
        caller: &Caller,
        fields: ProductFields,
    ) -> Result<Product, LendingError> {
        let (caller, id) = (caller.clone(), ProductId::new());
        self.db.write(move |tx| create_in(tx, &caller, id, fields.clone())).await
    }

    /// One product.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn get_product(
        &self,
        caller: &Caller,
        id: ProductId,
    ) -> Result<Product, LendingError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| repo::get(tx, tenant, id)?.ok_or(LendingError::NotFound(PRODUCT)))
            .await
    }

    /// A page of the products that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_products(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<Product>, LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }

    /// Hands every product that `query` selects to `f`, until it answers false.
    ///
    /// # Errors
    /// Storage only.
    pub async fn each_product(
        &self,
        caller: &Caller,
        query: ListQuery,
        mut f: impl FnMut(Product) -> bool + Send + 'static,
    ) -> Result<(), LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::each(tx, tenant, &query, &mut f)?)).await
    }

    /// Configures a draft anew: what `fields` leave out takes its default.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] for a published product; [`LendingError::Invalid`].
    pub async fn replace_product(
        &self,
        caller: &Caller,
        id: ProductId,
        fields: ProductFields,
    ) -> Result<Product, LendingError> {
        let caller = caller.clone();
        self.db
            .write(move |tx| {
                change_in(tx, &caller, id, |product, at| {
                    product.replaced(fields.clone(), caller.currency, at)
                })
            })
            .await
    }

    /// Changes what `fields` give of a draft.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] for a published product; [`LendingError::Invalid`].
    pub async fn update_product(
        &self,
        caller: &Caller,
        id: ProductId,
        fields: ProductFields,
    ) -> Result<Product, LendingError> {
        let caller = caller.clone();
        self.db
            .write(move |tx| {
                change_in(tx, &caller, id, |product, at| {
                    product.changed(fields.clone(), caller.currency, at)
                })
            })
            .await
    }

    /// Publishes a draft: loans can be created for it from now on, and it can no longer change.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] when it is published already.
    pub async fn publish_product(
        &self,
        caller: &Caller,
        id: ProductId,
    ) -> Result<Product, LendingError> {
        let caller = caller.clone();
        self.db.write(move |tx| change_in(tx, &caller, id, Product::published)).await
    }

    /// Deletes a draft that no application asks for.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] for a published product or one with applications.
    pub async fn delete_product(&self, caller: &Caller, id: ProductId) -> Result<(), LendingError> {
        let caller = caller.clone();
        self.db.write(move |tx| delete_in(tx, &caller, id)).await
    }

    /// The schedule of a loan of this product, as it would be booked.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] for a revolving product, which has no schedule;
    /// [`LendingError::Invalid`].
    pub async fn quote_product(
        &self,
        caller: &Caller,
        id: ProductId,
        fields: QuoteFields,
    ) -> Result<Quote, LendingError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                let product = repo::get(tx, tenant, id)?.ok_or(LendingError::NotFound(PRODUCT))?;
                let today = day::state_in(tx, tenant)?.business_date;
                product.quote(fields.clone(), today)
            })
            .await
    }
}

fn create_in(
    tx: &mut Tx,
    caller: &Caller,
    id: ProductId,
    fields: ProductFields,
) -> Result<Product, LendingError> {
    let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
    let product =
        Product::configure(id, fields, caller.currency, at).map_err(LendingError::Invalid)?;
    repo::insert(tx, caller.tenant, &product)?;
    Ok(product)
}

/// Locks the product, lets `change` decide what becomes of it, and writes that.
fn change_in(
    tx: &mut Tx,
    caller: &Caller,
    id: ProductId,
    change: impl FnOnce(&Product, jiff::Timestamp) -> Result<Product, LendingError>,
) -> Result<Product, LendingError> {
    let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
    let product =
        repo::get_for_update(tx, caller.tenant, id)?.ok_or(LendingError::NotFound(PRODUCT))?;
    let product = change(&product, at)?;
    repo::update(tx, caller.tenant, &product)?;
    Ok(product)
}

fn delete_in(tx: &mut Tx, caller: &Caller, id: ProductId) -> Result<(), LendingError> {
    let product =
        repo::get_for_update(tx, caller.tenant, id)?.ok_or(LendingError::NotFound(PRODUCT))?;
    product.require_draft("deleted")?;
    // An application takes a share of the product's lock, so none can appear between this look and the commit.
    if application::repo::any_for_product(tx, caller.tenant, id)? {
        return Err(LendingError::conflict(
            "The product cannot be deleted: there are applications for it.",
        ));
    }
    Ok(repo::delete(tx, caller.tenant, id)?)
}

/// The fees that the product keeps ready, by name; none for an unknown product.
pub(crate) fn fees_in(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProductId,
) -> Result<Vec<(String, FeeCharge)>, LendingError> {
    let product = repo::get(tx, tenant, id)?;
    let fees = product.map(|product| product.default_fees.fees).unwrap_or_default();
    Ok(fees.into_iter().map(|fee| (fee.name, fee.charge)).collect())
}
