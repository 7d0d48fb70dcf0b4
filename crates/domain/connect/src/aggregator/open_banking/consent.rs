//! Consent: the requisition's link, the way back from it, and its end.

use florin_ids::TenantId;
use florin_open_banking::ApiError;
use florin_open_banking::wire::{NewAgreement, NewRequisition, RequisitionStatus};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{OpenBanking, told, unready};
use crate::aggregator::{Authorization, Authorize, Grant, Refusal, Returned};
use crate::error::in_full;
use crate::oauth::OauthErrorReason;

/// What the regulation allows everywhere, for a bank that does not say.
const DAYS_UNSAID: u32 = 90;
/// The longest history that the provider has.
const HISTORY_DAYS_MAX: u32 = 730;
/// The longest consent there is.
const VALID_DAYS_MAX: u32 = 180;

/// Languages of the provider's pages.
const LANGUAGES: &[&str] = &[
    "BG", "CS", "DA", "DE", "EL", "EN", "ES", "ET", "FI", "FR", "HR", "HU", "IT", "LT", "LV", "NL",
    "NO", "PL", "PT", "RO", "SK", "SL", "SV",
];

/// What is kept with a member: whose requisition it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Consent {
    /// A member is forgotten without its tenant being named.
    pub tenant: TenantId,
    pub requisition: Uuid,
    pub agreement: Uuid,
}

impl Consent {
    pub fn read(grant: &[u8]) -> Option<Self> {
        serde_json::from_slice(grant).ok()
    }

    fn write(&self) -> Vec<u8> {
        // A struct of ids is always JSON.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl OpenBanking {
    /// Makes an agreement for as much and as long as the bank allows, and a requisition.
    pub(super) async fn ask_consent(&self, ask: Authorize<'_>) -> Result<Authorization, Refusal> {
        let tenant = ask.tenant;
        let client = self.client(tenant).await.map_err(|error| unready(&error, tenant))?;
        let failed = |error: ApiError| match error {
            // The bank has left the provider's list.
            ApiError::NotFound { .. } => Refusal::Discontinued,
            error => told(&error, tenant, "asking for consent"),
        };
        let bank = client.institution(&ask.institution.external_id).await.map_err(failed)?;
        let days = |said: Option<u32>, most: u32| said.unwrap_or(DAYS_UNSAID).clamp(1, most);
        let agreement = NewAgreement::all(
            &bank.id,
            days(bank.transaction_total_days, HISTORY_DAYS_MAX),
            days(bank.max_access_valid_for_days, VALID_DAYS_MAX),
        );
        let agreement = client.create_agreement(&agreement).await.map_err(failed)?;
        let requisition = NewRequisition {
            redirect: ask.return_url.to_owned(),
            institution_id: bank.id,
            agreement: Some(agreement.id),
            reference: None,
            user_language: language(ask.language),
            account_selection: false,
        };
        let requisition = client.create_requisition(&requisition).await.map_err(failed)?;
        if !requisition.link.starts_with("https://") && !requisition.link.starts_with("http://") {
            let error = ApiError::Malformed { message: "a link that leads nowhere".to_owned() };
            return Err(failed(error));
        }
        let consent = Consent { tenant, requisition: requisition.id, agreement: agreement.id };
        Ok(Authorization { url: requisition.link, grant: consent.write() })
    }

    /// Whether the end user has agreed. What the address says is believed when it says no; a yes is asked for.
    pub(super) async fn take_consent(&self, answer: Returned<'_>) -> Grant {
        let Some(consent) = Consent::read(answer.grant).filter(|it| it.tenant == answer.tenant)
        else {
            return Grant::Refused(OauthErrorReason::Server);
        };
        let said = |name: &str| {
            let found = answer.parameters.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
        };
        if said("ref").is_some_and(|name| name != consent.requisition.to_string()) {
            return Grant::Refused(OauthErrorReason::Session);
        }
        let given = Grant::Given { grant: consent.write() };
        let error = said("error").map(reason);
        let client = match self.client(answer.tenant).await {
            Ok(client) => client,
            Err(error) => {
                let _ = unready(&error, answer.tenant);
                return Grant::Refused(OauthErrorReason::Server);
            }
        };
        let found = match client.requisition(consent.requisition).await {
            Ok(requisition) => requisition.status,
            // The end user is here and waits: whoever has agreed is not sent away for that. The job will see.
            Err(failure) if failure.retry_can_help() && error.is_none() => return given,
            Err(failure) => {
                let _ = told(&failure, answer.tenant, "looking for consent");
                return Grant::Refused(error.unwrap_or(OauthErrorReason::Provider));
            }
        };
        let refused = match (found, error) {
            // A link that was used before leads back with an error, and with accounts.
            (RequisitionStatus::Linked, _) => return given,
            (RequisitionStatus::GrantingAccess | RequisitionStatus::SelectingAccounts, None) => {
                return given;
            }
            // Suspended and expired ones were linked: the job says what is to be done.
            (RequisitionStatus::Suspended | RequisitionStatus::Expired, None) => return given,
            (_, Some(reason)) => reason,
            (RequisitionStatus::Rejected, None) => OauthErrorReason::Denied,
            (status, None) if status.is_under_way() => OauthErrorReason::Cancelled,
            (_, None) => OauthErrorReason::Provider,
        };
        // Nothing will come of it any more; the next attempt makes a new one.
        if let Err(failure) = client.delete_requisition(consent.requisition).await {
            tracing::debug!(error = in_full(&failure), "a requisition is left behind");
        }
        Grant::Refused(refused)
    }

    /// Deletes the requisition and, where it was not deleted with it, the agreement.
    pub(super) async fn end_consent(&self, grant: &[u8]) -> Result<(), String> {
        let consent = Consent::read(grant).ok_or("what is kept of the consent cannot be read")?;
        let client = self.client(consent.tenant).await.map_err(|error| in_full(&error))?;
        client.delete_requisition(consent.requisition).await.map_err(|error| in_full(&error))?;
        match client.delete_agreement(consent.agreement).await {
            // One that was accepted ends with its requisition.
            Ok(()) | Err(ApiError::Validation { .. }) => Ok(()),
            Err(error) => Err(in_full(&error)),
        }
    }
}

/// What the provider's `error` in the address of the way back means.
fn reason(error: &str) -> OauthErrorReason {
    match error {
        "UserCancelledSession" => OauthErrorReason::Cancelled,
        "UserSessionRejected" | "SSNVerificationFailed" => OauthErrorReason::Denied,
        "RequisitionLinkReused" | "ConsentLinkReused" => OauthErrorReason::Session,
        "GoCardlessTechnicalError" | "CompanyRequisitionLimitReached" => OauthErrorReason::Server,
        "InstitutionTechnicalError" | "InstitutionTimeoutError" => OauthErrorReason::Provider,
        _ => OauthErrorReason::Unknown,
    }
}

/// The provider's name of a language tag; `None` lets it choose.
fn language(tag: &str) -> Option<String> {
    let code = tag.split(['-', '_']).next()?.to_ascii_uppercase();
    LANGUAGES.contains(&code.as_str()).then_some(code)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn languages_table() {
        let check = |tag: &str, expected: Option<&str>| {
            assert_eq!(language(tag).as_deref(), expected, "{tag}");
        };
        check("en-GB", Some("EN"));
        check("fr", Some("FR"));
        check("sv_SE", Some("SV"));
        check("tlh", None);
        check("", None);
    }

    #[test]
    fn reasons_table() {
        use OauthErrorReason::*;
        for (error, expected) in [
            ("UserCancelledSession", Cancelled),
            ("UserSessionRejected", Denied),
            ("InstitutionTechnicalError", Provider),
            ("RequisitionLinkReused", Session),
            ("CompanyRequisitionLimitReached", Server),
            ("OfTomorrow", Unknown),
        ] {
            assert_eq!(reason(error), expected, "{error}");
        }
    }
}
