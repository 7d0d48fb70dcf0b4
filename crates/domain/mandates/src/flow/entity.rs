//! A mandate that an end user is asked to give, by a link. Pure.

use florin_ids::{EndUserId, MandateFlowId, MandateId, ProviderAccountId, TenantId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::provider_account::Pages;
use crate::{FieldFault, MandatesError};
use florin_storage::words;

/// How long a link works unless said otherwise.
const EXPIRES_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a link may work at most.
const EXPIRES_AFTER_MAX: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How often details can be submitted: somebody who tries account numbers is stopped.
pub(crate) const SUBMISSIONS_MAX: u32 = 5;
const URL_CHARS_MAX: usize = 2048;

words! {
    /// Where a flow stands.
    pub enum FlowState {
        /// The end user may give details.
        Open = "open",
        /// Details are on their way to the provider.
        Submitted = "submitted",
        /// There is a mandate.
        Completed = "completed",
        /// The provider refused the details; other ones can be given a few times.
        Failed = "failed",
        /// Nobody used the link in time.
        Expired = "expired",
        /// The end user does not want to.
        Exited = "exited",
    }
}

/// What the page is filled in with. Whatever is not known is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefilled {
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// The name of a company.
    pub company_name: String,
    /// Email address.
    pub email: String,
    /// First line of the address.
    pub address_line1: String,
    /// Second line.
    pub address_line2: String,
    /// City.
    pub city: String,
    /// Postal code.
    pub postal_code: String,
}

/// What a flow is started from.
#[derive(Debug, Clone)]
pub struct NewFlow {
    /// Who is asked.
    pub end_user: EndUserId,
    /// Where the end user is sent with a mandate given.
    pub success_url: String,
    /// Where the end user is sent without one.
    pub failure_url: String,
    /// What the page is filled in with.
    pub prefilled: Prefilled,
    /// How long the link works: 7 days unless said, at most 90.
    pub expires_after: Option<SignedDuration>,
}

/// A mandate that an end user is asked to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MandateFlow {
    /// UUID v7.
    pub id: MandateFlowId,
    /// Whose flow it is; a link does not say.
    pub tenant: TenantId,
    /// The account at the provider that the mandate will belong to.
    pub account: ProviderAccountId,
    /// Who is asked.
    pub end_user: EndUserId,
    /// Where the end user is sent with a mandate given.
    pub success_url: String,
    /// Where the end user is sent without one.
    pub failure_url: String,
    /// What the page is filled in with.
    pub prefilled: Prefilled,
    /// Whose page it is.
    pub pages: Pages,
    /// Where it stands.
    pub state: FlowState,
    /// How often details were submitted.
    pub submissions: u32,
    /// Why it failed, for the end user's eyes; empty otherwise.
    pub reason: String,
    /// The provider's id of the billing request, once there is one.
    pub billing_request: Option<String>,
    /// The provider's page, for [`Pages::Provider`] once it was begun.
    pub authorisation_url: Option<String>,
    /// The mandate, once there is one.
    pub mandate: Option<MandateId>,
    /// The tenant's time.
    pub expires_at: Timestamp,
    /// The tenant's time.
    pub created_at: Timestamp,
    /// The tenant's time.
    pub updated_at: Timestamp,
}

impl NewFlow {
    /// The flow, once everything is sound.
    ///
    /// # Errors
    /// Every field that is malformed.
    pub(crate) fn read(
        self,
        place: (TenantId, ProviderAccountId, Pages),
        at: Timestamp,
    ) -> Result<MandateFlow, Vec<FieldFault>> {
        let mut faults = Vec::new();
        for (field, url) in [("success_url", &self.success_url), ("failure_url", &self.failure_url)]
        {
            if let Some(fault) = url_fault(url) {
                faults.push(FieldFault::new(field, fault));
            }
        }
        let expires_after = self.expires_after.unwrap_or(EXPIRES_AFTER);
        if !(SignedDuration::ZERO < expires_after && expires_after <= EXPIRES_AFTER_MAX) {
            let text = "Ensure this is more than 0 and at most 90 days.";
            faults.push(FieldFault::new("expires_after", text));
        }
        faults.extend(self.prefilled.faults());
        if !faults.is_empty() {
            return Err(faults);
        }
        let (tenant, account, pages) = place;
        Ok(MandateFlow {
            id: MandateFlowId::new(),
            tenant,
            account,
            end_user: self.end_user,
            success_url: self.success_url,
            failure_url: self.failure_url,
            prefilled: self.prefilled,
            pages,
            state: FlowState::Open,
            submissions: 0,
            reason: String::new(),
            billing_request: None,
            authorisation_url: None,
            mandate: None,
            expires_at: at.saturating_add(expires_after).unwrap_or(Timestamp::MAX),
            created_at: at,
            updated_at: at,
        })
    }
}

impl Prefilled {
    fn faults(&self) -> Vec<FieldFault> {
        let all = [
            ("given_name", &self.given_name),
            ("family_name", &self.family_name),
            ("company_name", &self.company_name),
            ("email", &self.email),
            ("address_line1", &self.address_line1),
            ("address_line2", &self.address_line2),
            ("city", &self.city),
            ("postal_code", &self.postal_code),
        ];
        let is_long = |text: &str| text.chars().count() > 255 || text.chars().any(char::is_control);
        all.into_iter()
            .filter(|(_, text)| is_long(text))
            .map(|(field, _)| {
                FieldFault::new(field, "Ensure this field has no more than 255 characters.")
            })
            .collect()
    }
}

impl MandateFlow {
    /// The flow as it is at a time of the tenant's: a link that nobody used in time is expired.
    pub(crate) fn seen_at(mut self, at: Timestamp) -> Self {
        let is_open = matches!(self.state, FlowState::Open | FlowState::Failed);
        if is_open && at >= self.expires_at {
            self.state = FlowState::Expired;
        }
        self
    }

    /// Whether the end user may (still or again) give details.
    pub fn takes_details(&self) -> bool {
        match self.state {
            FlowState::Open => true,
            FlowState::Failed => self.submissions < SUBMISSIONS_MAX,
            _ => false,
        }
    }

    /// Where the end user goes on to, once that is settled.
    pub fn goes_on_to(&self) -> Option<&str> {
        match self.state {
            FlowState::Completed => Some(&self.success_url),
            FlowState::Exited | FlowState::Expired => Some(&self.failure_url),
            FlowState::Failed if !self.takes_details() => Some(&self.failure_url),
            FlowState::Open | FlowState::Submitted | FlowState::Failed => None,
        }
    }

    /// Names one request to the provider: the same key across every repetition of it.
    pub(crate) fn idempotency_key(&self, step: &str) -> String {
        format!("{}-{}-{step}", self.id, self.submissions)
    }

    /// Takes note that the end user has given details; they are kept aside until the provider has them.
    ///
    /// # Errors
    /// [`MandatesError::Conflict`] when it takes none.
    pub(crate) fn submit(&mut self, at: Timestamp) -> Result<(), MandatesError> {
        if self.pages == Pages::Provider {
            let text = "The mandate is given on the provider's page.";
            return Err(MandatesError::conflict(text));
        }
        if !self.takes_details() {
            return Err(MandatesError::Conflict(format!("The link is {}.", self.state)));
        }
        self.state = FlowState::Submitted;
        self.submissions = self.submissions.saturating_add(1);
        self.reason = String::new();
        // Each submission is a billing request of its own: what was refused is left behind.
        self.billing_request = None;
        self.updated_at = at;
        Ok(())
    }
}

/// What is wrong with an address that an end user is sent to.
fn url_fault(url: &str) -> Option<&'static str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_sound = rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        !host.is_empty()
            && !host.contains('@')
            && rest.chars().all(|c| c.is_ascii_graphic() && !"\\\"<>".contains(c))
    });
    match () {
        () if url.len() > URL_CHARS_MAX => {
            Some("Ensure this field has no more than 2048 characters.")
        }
        () if !is_sound => Some("Enter a valid URL."),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_the_web() {
        let check =
            |url: &str, is_sound: bool| assert_eq!(url_fault(url).is_none(), is_sound, "{url}");
        check("https://lender.example/done?loan=1#top", true);
        check("http://127.0.0.1:3000", true);
        for bad in ["", "javascript:alert(1)", "//x", "https://", "https://a b", "https://u@h/"] {
            check(bad, false);
        }
        check(&format!("https://h/{}", "x".repeat(2048)), false);
    }
}
