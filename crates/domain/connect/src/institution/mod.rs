//! Institutions: the built-in list and a partner's own.

mod builtin;
mod catalogue;
mod entity;
mod file;
mod repo;
mod search;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use florin_ids::{InstitutionId, TenantId};
use florin_tenancy::{Caller, get_tenant};

pub(crate) use builtin::{MANUAL, SIMULATED};
pub(crate) use catalogue::Catalogue;
pub(crate) use entity::derived_uuid;
pub use entity::{
    CredentialField, FieldOption, FieldType, Institution, InstitutionQuery, Instructions,
    LoadedList,
};

use crate::{Connect, ConnectError, Mode, Visitor};

const INSTITUTION: &str = "institution";

/// Lists of more tenants than these are not remembered at a time.
const REMEMBERED_MAX: usize = 64;

/// The tenants' lists as they were last read, each with its version.
pub(crate) type Remembered = Mutex<HashMap<TenantId, (i64, Arc<Catalogue>)>>;

/// The institution that holds accounts typed in by hand; it is always there.
pub(crate) fn manual() -> Option<Arc<Institution>> {
    builtin::all().iter().find(|it| it.code == MANUAL).map(Arc::clone)
}

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
        self.catalogue(tenant).await?.search(&query)
    }

    /// The country whose banks alone have accounts for payments of the tenant, ISO 3166; `None` for no such limit.
    ///
    /// # Errors
    /// Storage only.
    pub async fn country(&self, tenant: TenantId) -> Result<Option<&'static str>, ConnectError> {
        let currency = get_tenant(&self.db, tenant).await?.currency;
        Ok(builtin::country_for_payments(currency))
    }

    /// What a visitor looks for: an account for payments is looked for where the tenant can use it, unless they name a
    /// country.
    ///
    /// # Errors
    /// Storage only.
    pub async fn sought_by(
        &self,
        visitor: &Visitor,
        query: InstitutionQuery,
    ) -> Result<InstitutionQuery, ConnectError> {
        if query.country.is_some() || visitor.mode != Mode::Verification {
            return Ok(query);
        }
        let country = self.country(visitor.tenant).await?.map(str::to_owned);
        Ok(InstitutionQuery { country, ..query })
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
        let query = InstitutionQuery { search_name: None, routing_number: None, ..query };
        self.catalogue(tenant).await?.search(&query)
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
        let tenant = visitor.tenant;
        let links = self.db.read(move |tx| Ok::<_, ConnectError>(repo::links(tx, tenant)?)).await?;
        self.catalogue(tenant).await?.discovered(&query, &links)
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
        let found = self.catalogue(tenant).await?.get(id);
        found.ok_or(ConnectError::NotFound(INSTITUTION))
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
        let found = self.catalogue(tenant).await?.by_code(code);
        found.ok_or(ConnectError::NotFound(INSTITUTION))
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
        let aggregators = self.aggregators.clone();
        let rows = file::read(file, &|name| aggregators.get(name).is_some());
        let rows = rows.map_err(ConnectError::BadFile)?;
        let is_builtin = |row: &&file::Row| builtin::all().iter().any(|it| it.code == row.code);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let changed = count(rows.iter().filter(is_builtin).count());
        let loaded =
            LoadedList { rows: count(rows.len()), own: count(rows.len()) - changed, changed };
        let tenant = caller.tenant;
        let written =
            self.db.write(move |tx| Ok::<_, ConnectError>(repo::replace(tx, tenant, &rows)?));
        match written.await {
            // Two rows of one `guid`, or one that another list of the tenant has had with another code.
            Err(ConnectError::Storage(error)) if error.is_unique_violation() => {
                let message = "A guid stands for another institution already.".to_owned();
                Err(ConnectError::BadFile(vec![crate::LineFault { line: 0, message }]))
            }
            other => other.map(|()| loaded),
        }
    }

    /// What the tenant's end users can link, the partner's own list included: read anew when that was loaded anew.
    pub(crate) async fn catalogue(&self, tenant: TenantId) -> Result<Arc<Catalogue>, ConnectError> {
        let version =
            self.db.read(move |tx| Ok::<_, ConnectError>(repo::version(tx, tenant)?)).await?;
        if let Some((known, catalogue)) = self.remembered().get(&tenant)
            && *known == version
        {
            return Ok(Arc::clone(catalogue));
        }
        let read = self.db.read(move |tx| {
            Ok::<_, ConnectError>((repo::version(tx, tenant)?, repo::all(tx, tenant)?))
        });
        let (version, rows) = read.await?;
        let is_aggregator = |name: &str| self.aggregators.get(name).is_some();
        let catalogue = Arc::new(Catalogue::new(tenant, &rows, &is_aggregator));
        let mut remembered = self.remembered();
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(tenant, (version, Arc::clone(&catalogue)));
        Ok(catalogue)
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, (i64, Arc<Catalogue>)>> {
        self.institutions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
