//! Whose an external account is: contributions are pulled only from accounts of the saver's own.
//!
//! The bank program knows customers, savings knows users. A customer whose tag is a user's external id is that user;
//! any other customer belongs to the first user whose contribution is pulled from one of its accounts. The customer of a
//! giver belongs to the gift that has proven the account: gifts are all that the giver authorises.

mod repo;

use florin_external_accounts::{ExternalAccountsError, verified};
use florin_ids::{GiftId, TenantId, UserId};
use florin_storage::Tx;
use uuid::Uuid;

use crate::fund::Fund;
use crate::{Savings, SavingsError, user};

const FIELD: &str = "external_account_id";

/// Refuses an account that money for the fund cannot be pulled from: it has to be the tenant's, verified, open, and its
/// holder the saver.
pub(crate) fn check_in(
    tx: &mut Tx,
    savings: &Savings,
    tenant: TenantId,
    fund: &Fund,
    account: i64,
) -> Result<(), SavingsError> {
    let why = |why: String| SavingsError::impossible(format!("{FIELD}: {why}"));
    if !savings.takes_gifts() {
        return Err(why("no accounts but the partner's can be used here".to_owned()));
    }
    let found = verified::verified_in(tx, savings.keys(), tenant, account);
    let found = match found {
        Ok(found) => found,
        Err(ExternalAccountsError::Rejected(reasons)) => {
            let reasons: Vec<&str> = reasons.iter().map(|it| it.message.as_str()).collect();
            return Err(why(reasons.join(" ")));
        }
        Err(error) => return Err(error.into()),
    };
    let customer = verified::holder_in(tx, savings.keys(), tenant, &found)?;
    let saver = fund.user.map_or(fund.id.uuid(), UserId::uuid);
    let tagged = match &customer.tag {
        Some(tag) => user::repo::by_external_id(tx, tenant, tag)?.map(|user| user.id.uuid()),
        None => None,
    };
    let holder = match tagged {
        Some(user) => user,
        None => repo::claim(tx, tenant, customer.id, saver)?,
    };
    if holder == saver { Ok(()) } else { Err(why("it belongs to somebody else".to_owned())) }
}

/// The customer of a giver's account belongs to the gift.
pub(crate) fn keep_for_gift_in(
    tx: &mut Tx,
    tenant: TenantId,
    customer: florin_external_accounts::CustomerId,
    gift: GiftId,
) -> Result<(), SavingsError> {
    let _: Uuid = repo::claim(tx, tenant, customer, gift.uuid())?;
    Ok(())
}
