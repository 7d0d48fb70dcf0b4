//! What an end user's linked bank accounts say of them; Connect answers.

use std::sync::Arc;

use florin_ids::{ApplicationId, EndUserId, TenantId};
use florin_money::Currency;
use florin_storage::Tx;
use jiff::civil::Date;

use crate::decision::Held;
use crate::error::BookError;
use crate::expression::Inputs;
use crate::input_source::built_in;
use crate::{Decisioning, DecisioningError, data_point};

/// The built-in input sources that linked accounts fill.
pub const LINKED_INPUTS: &[&str] = &[
    built_in::LINKED_INCOME,
    built_in::LINKED_OVERDRAFT_DAYS,
    built_in::LINKED_OUTGOING,
    built_in::LINKED_BALANCE,
];

/// The bank accounts that end users have linked.
pub trait LinkedAccounts: Send + Sync {
    /// Those of [`LINKED_INPUTS`] that are known of the end user on `today` and that they agree to be decided on by;
    /// of accounts in `currency`, amounts in its units.
    ///
    /// # Errors
    /// The accounts cannot be read.
    fn inputs_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        end_user: EndUserId,
        currency: Currency,
        today: Date,
    ) -> Result<Inputs, BookError>;
}

impl Decisioning {
    /// The same service with linked accounts, which fill [`LINKED_INPUTS`]; they have no values otherwise.
    #[must_use]
    pub fn with_linked_accounts(self, linked: Arc<dyn LinkedAccounts>) -> Self {
        Self { linked: Some(linked), ..self }
    }

    /// What is known of the end user by their linked accounts.
    ///
    /// # Errors
    /// [`DecisioningError::Book`].
    pub fn linked_inputs_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        end_user: EndUserId,
        currency: Currency,
        today: Date,
    ) -> Result<Inputs, DecisioningError> {
        let Some(linked) = &self.linked else { return Ok(Inputs::default()) };
        linked.inputs_in(tx, tenant, end_user, currency, today).map_err(DecisioningError::Book)
    }

    /// Lets what an application waits with know of linked accounts what `linked` says and nothing else: the end user
    /// may have taken their consent back since it was completed.
    ///
    /// # Errors
    /// Storage only.
    pub fn relink_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        application: ApplicationId,
        held: &mut Held,
        linked: &Inputs,
    ) -> Result<(), DecisioningError> {
        let is_linked = |name: &str| LINKED_INPUTS.contains(&name);
        for name in LINKED_INPUTS {
            held.inputs.remove(name);
        }
        for (name, value) in linked.iter() {
            held.inputs.insert(name, value.clone());
        }
        // A tenant that had an input source of such a name before keeps its own values.
        for (name, value) in data_point::repo::of_application(tx, tenant, application)? {
            if is_linked(&name) {
                held.inputs.insert(name, value);
            }
        }
        Ok(())
    }
}
