//! Givers of savings link their banks with Connect. Each gift is an end user of its own, so that what is linked for one is
//! seen and used for no other.

use florin_api_connect::hosted_page;
use florin_connect::share::once::{forget_of_in, payable_of_in, share_once_in};
use florin_connect::{
    Connect, ConnectError, Mode, NewSession, PartnerUser, Product, Purpose, session,
};
use florin_external_accounts::ExternalAccount;
use florin_ids::{ConnectAccountId, GiftId, TenantId};
use florin_savings::gift::{Gift, GiverBanks, GiverBanksError, LinkedBank};
use florin_storage::Tx;
use florin_tenancy::Caller;
use jiff::Timestamp;
use uuid::Uuid;

/// The banks of givers, by Connect.
#[derive(Clone)]
pub struct ConnectedGivers {
    connect: Connect,
}

impl ConnectedGivers {
    /// Over a service of linked accounts that has external accounts.
    pub fn new(connect: Connect) -> Self {
        Self { connect }
    }
}

impl GiverBanks for ConnectedGivers {
    fn open_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        gift: &Gift,
        return_url: &str,
    ) -> Result<String, GiverBanksError> {
        let new = NewSession {
            user: PartnerUser { id: end_user(gift.id), email: Some(gift.email.clone()) },
            mode: Some(Mode::Verification),
            products: vec![Product::AccountVerification],
            purposes: vec![Purpose::AccountData, Purpose::Payments],
            return_url: Some(return_url.to_owned()),
            // The gift's own page has its way by numbers.
            enable_manual_accounts: Some(false),
            enable_microdeposits: Some(false),
            ..NewSession::default()
        };
        let (session, token) = session::open_in(tx, caller, &new).map_err(told)?;
        Ok(hosted_page(&session, token.expose()))
    }

    fn linked_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        gift: GiftId,
    ) -> Result<Vec<LinkedBank>, GiverBanksError> {
        let found = payable_of_in(tx, &self.connect, tenant, &end_user(gift)).map_err(told)?;
        let linked = found.into_iter().map(|it| LinkedBank {
            id: it.id.uuid(),
            bank: it.bank,
            name: it.name,
            ending: it.ending,
        });
        Ok(linked.collect())
    }

    fn take_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        gift: &Gift,
        account: Uuid,
    ) -> Result<ExternalAccount, GiverBanksError> {
        let (user, account) = (end_user(gift.id), ConnectAccountId::from_uuid(account));
        let names = (gift.first_name.as_str(), gift.last_name.as_str());
        share_once_in(tx, &self.connect, caller, (&user, account), names).map_err(told)
    }

    fn forget_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        gift: GiftId,
        at: Timestamp,
    ) -> Result<(), GiverBanksError> {
        forget_of_in(tx, &self.connect, tenant, &end_user(gift), at).map_err(told)
    }
}

/// The partner's user that a gift is for Connect.
fn end_user(gift: GiftId) -> String {
    format!("gift:{gift}")
}

fn told(error: ConnectError) -> GiverBanksError {
    match error {
        ConnectError::Conflict(why) | ConnectError::Unavailable(why) => {
            GiverBanksError::Refused(why)
        }
        ConnectError::Invalid(_) => {
            GiverBanksError::Refused("Banks cannot be linked under this address.".to_owned())
        }
        ConnectError::NotFound(_) => {
            GiverBanksError::Refused("The account is not linked any more.".to_owned())
        }
        error => GiverBanksError::Failed(Box::new(error)),
    }
}
