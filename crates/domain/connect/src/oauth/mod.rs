//! Consent pages: the bank's own, the simulated bank's, and what comes back from them.

mod entity;

use std::sync::Arc;

use florin_ids::{MemberId, OauthStateId};

pub use entity::{AuthStatus, OauthAnswer, OauthErrorReason, OauthState};

use crate::{Connect, ConnectError, Institution, Visitor};

/// What the simulated bank's page shows, and what the page that a provider sends back to needs.
#[derive(Debug, Clone)]
pub struct OauthRequest {
    /// The way through the page.
    pub state: OauthState,
    /// At which bank.
    pub institution: Arc<Institution>,
    /// The page that embeds Connect, to be told.
    pub origin: Option<String>,
}

impl Connect {
    /// The end user has clicked the button that leads to the bank's page.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`]; [`ConnectError::Conflict`] for a member that is not linked on a bank's page.
    pub async fn start_oauth(
        &self,
        visitor: &Visitor,
        member: MemberId,
    ) -> Result<(), ConnectError> {
        let _ = (visitor, member);
        crate::later()
    }

    /// Where the end user goes to agree: the page of the way that is open, or of a new one.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`]; [`ConnectError::Conflict`] for a member that is not linked on a bank's page;
    /// [`ConnectError::Unavailable`].
    pub async fn oauth_window(
        &self,
        visitor: &Visitor,
        member: MemberId,
    ) -> Result<String, ConnectError> {
        let _ = (visitor, member);
        crate::later()
    }

    /// The end user's ways through consent pages, newest first.
    ///
    /// # Errors
    /// Storage only.
    pub async fn oauth_states(
        &self,
        visitor: &Visitor,
        member: Option<MemberId>,
        auth_status: Option<AuthStatus>,
    ) -> Result<Vec<OauthState>, ConnectError> {
        let _ = (visitor, member, auth_status);
        crate::later()
    }

    /// One way through a consent page.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn oauth_state(
        &self,
        visitor: &Visitor,
        id: OauthStateId,
    ) -> Result<OauthState, ConnectError> {
        let _ = (visitor, id);
        crate::later()
    }

    /// What a signed state stands for: for the simulated bank's page.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`] for a state that we have not signed, or whose member is gone.
    pub async fn oauth_request(&self, token: &str) -> Result<OauthRequest, ConnectError> {
        let _ = token;
        crate::later()
    }

    /// Takes in what came back from a consent page. The first answer counts: a second one, or one that comes too late,
    /// changes nothing, and the request is answered as it then stands.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`] as of [`Connect::oauth_request`].
    pub async fn oauth_answer(
        &self,
        token: &str,
        answer: OauthAnswer,
    ) -> Result<OauthRequest, ConnectError> {
        let _ = (token, answer);
        crate::later()
    }
}
