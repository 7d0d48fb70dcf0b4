//! Institutions: the built-in list and a partner's own.

mod entity;

use std::sync::Arc;

use florin_ids::{InstitutionId, TenantId};
use florin_tenancy::Caller;

pub use entity::{
    CredentialField, FieldOption, FieldType, Institution, InstitutionQuery, Instructions,
    LoadedList,
};
pub(crate) use entity::{credential_id, derived_uuid};

use crate::{Connect, ConnectError, Visitor};

impl Connect {
    /// The institutions that fit, best first.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] for a page of more than 100.
    pub async fn search_institutions(
        &self,
        tenant: TenantId,
        query: InstitutionQuery,
    ) -> Result<Vec<Arc<Institution>>, ConnectError> {
        let _ = (tenant, query);
        crate::later()
    }

    /// The most popular institutions; a search by name or number is no part of it.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] for a page of more than 100.
    pub async fn popular_institutions(
        &self,
        tenant: TenantId,
        query: InstitutionQuery,
    ) -> Result<Vec<Arc<Institution>>, ConnectError> {
        let _ = (tenant, query);
        crate::later()
    }

    /// Institutions that the end user may have an account at: what the partner's other users link most, first those of
    /// the country that is asked for.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] for a page of more than 100.
    pub async fn discovered_institutions(
        &self,
        visitor: &Visitor,
        query: InstitutionQuery,
    ) -> Result<Vec<Arc<Institution>>, ConnectError> {
        let _ = (visitor, query);
        crate::later()
    }

    /// One institution.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn institution(
        &self,
        tenant: TenantId,
        id: InstitutionId,
    ) -> Result<Arc<Institution>, ConnectError> {
        let _ = (tenant, id);
        crate::later()
    }

    /// One institution by its code.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn institution_by_code(
        &self,
        tenant: TenantId,
        code: &str,
    ) -> Result<Arc<Institution>, ConnectError> {
        let _ = (tenant, code);
        crate::later()
    }

    /// What an institution asks for.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn institution_credentials(
        &self,
        tenant: TenantId,
        id: InstitutionId,
    ) -> Result<Vec<CredentialField>, ConnectError> {
        Ok(self.institution(tenant, id).await?.credentials.clone())
    }

    /// Loads the partner's own list, CSV or JSON, in place of the last one: institutions of its own, and what it changes
    /// of the built-in ones (`is_disabled_by_client`, `popularity`).
    ///
    /// # Errors
    /// [`ConnectError::BadFile`] with every faulty line; nothing is loaded then.
    pub async fn load_institutions(
        &self,
        caller: &Caller,
        file: &[u8],
    ) -> Result<LoadedList, ConnectError> {
        let _ = (caller, file);
        crate::later()
    }
}
