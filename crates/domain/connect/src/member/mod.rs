//! Members: an end user's links to institutions.

mod entity;

use florin_ids::{ConnectUserId, MemberId};
use florin_tenancy::Caller;
use uuid::Uuid;

pub use entity::{
    ConnectionStatus, ErrorCode, Member, MemberChange, MemberError, MemberOption, MemberQuestion,
    NewMember,
};

use crate::{Connect, ConnectError, CredentialField, Visitor};

impl Connect {
    /// Links the end user to an institution; nothing is tried before [`Connect::run_job`]. With `is_oauth`, the answer says
    /// where the end user goes to agree, and the state of that way is [`crate::AuthStatus::Pending`] already.
    ///
    /// # Errors
    /// [`ConnectError::MemberExists`]; [`ConnectError::Invalid`] with every faulty field; [`ConnectError::Conflict`] for an
    /// institution that cannot be linked; [`ConnectError::Unavailable`] when a consent page cannot be had.
    pub async fn add_member(
        &self,
        visitor: &Visitor,
        new: NewMember,
    ) -> Result<Member, ConnectError> {
        let _ = (visitor, new);
        crate::later()
    }

    /// Gives new credentials, or begins a new way through the bank's own page.
    ///
    /// # Errors
    /// As of [`Connect::add_member`]; [`ConnectError::Conflict`] while a job is under way.
    pub async fn update_member(
        &self,
        visitor: &Visitor,
        id: MemberId,
        change: MemberChange,
    ) -> Result<Member, ConnectError> {
        let _ = (visitor, id, change);
        crate::later()
    }

    /// Answers what the bank asks (question id and text, or the chosen option's id); the job goes on.
    ///
    /// # Errors
    /// [`ConnectError::Conflict`] when the bank asks nothing; [`ConnectError::Invalid`] with every unanswered question.
    pub async fn answer_mfa(
        &self,
        visitor: &Visitor,
        id: MemberId,
        answers: Vec<(Uuid, String)>,
    ) -> Result<Member, ConnectError> {
        let _ = (visitor, id, answers);
        crate::later()
    }

    /// Deletes a member with its credentials and its data.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn delete_member(&self, visitor: &Visitor, id: MemberId) -> Result<(), ConnectError> {
        let _ = (visitor, id);
        crate::later()
    }

    /// The end user's members, oldest first.
    ///
    /// # Errors
    /// Storage only.
    pub async fn members(&self, visitor: &Visitor) -> Result<Vec<Member>, ConnectError> {
        let _ = visitor;
        crate::later()
    }

    /// One member.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn member(&self, visitor: &Visitor, id: MemberId) -> Result<Member, ConnectError> {
        let _ = (visitor, id);
        crate::later()
    }

    /// What the member's institution asks for; never what was given.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn member_credentials(
        &self,
        visitor: &Visitor,
        id: MemberId,
    ) -> Result<Vec<CredentialField>, ConnectError> {
        let _ = (visitor, id);
        crate::later()
    }

    /// A user's members, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn members_of(
        &self,
        caller: &Caller,
        user: ConnectUserId,
    ) -> Result<Vec<Member>, ConnectError> {
        let _ = (caller, user);
        crate::later()
    }

    /// Deletes a user's member, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn delete_member_of(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        id: MemberId,
    ) -> Result<(), ConnectError> {
        let _ = (caller, user, id);
        crate::later()
    }

    /// Refreshes a user's member now, for the partner. Nobody is there to answer questions.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`]; those of [`Connect::run_job`].
    pub async fn refresh_member_of(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        id: MemberId,
    ) -> Result<crate::ConnectJob, ConnectError> {
        let _ = (caller, user, id);
        crate::later()
    }
}
