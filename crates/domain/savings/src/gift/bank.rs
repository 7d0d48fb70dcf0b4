//! Accounts that givers link at their banks, behind a trait: whoever links accounts knows nothing of gifts, and the reverse.

use std::error::Error;

use florin_external_accounts::ExternalAccount;
use florin_ids::{GiftId, TenantId};
use florin_storage::Tx;
use florin_tenancy::Caller;
use jiff::Timestamp;
use uuid::Uuid;

use super::Gift;

/// An account that a giver has linked and that the bank has proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedBank {
    /// Names it among those of the gift.
    pub id: Uuid,
    /// The bank.
    pub bank: String,
    /// What the account is called there.
    pub name: String,
    /// The last four digits of its number.
    pub ending: String,
}

/// Why an account was not linked, or not taken.
#[derive(Debug, thiserror::Error)]
pub enum GiverBanksError {
    /// It cannot be done; why, as a sentence for the giver.
    #[error("{0}")]
    Refused(String),
    /// It failed.
    #[error("accounts of givers could not be dealt with")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// Where givers link accounts. What is linked for a gift is seen and taken for that gift only. Everything joins the
/// caller's transaction.
pub trait GiverBanks: Send + Sync {
    /// Opens a visit of the giver, who comes back to `return_url` whatever happens; answers the path of its page.
    ///
    /// # Errors
    /// [`GiverBanksError`].
    fn open_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        gift: &Gift,
        return_url: &str,
    ) -> Result<String, GiverBanksError>;

    /// The accounts that were linked for a gift and that it can be paid from, the last one first.
    ///
    /// # Errors
    /// [`GiverBanksError::Failed`].
    fn linked_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        gift: GiftId,
    ) -> Result<Vec<LinkedBank>, GiverBanksError>;

    /// Makes one of them an external account of its giver, Verified; whatever else was linked for the gift is forgotten.
    ///
    /// # Errors
    /// [`GiverBanksError`].
    fn take_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        gift: &Gift,
        account: Uuid,
    ) -> Result<ExternalAccount, GiverBanksError>;

    /// Forgets everything that was linked for a gift.
    ///
    /// # Errors
    /// [`GiverBanksError::Failed`].
    fn forget_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        gift: GiftId,
        at: Timestamp,
    ) -> Result<(), GiverBanksError>;
}
