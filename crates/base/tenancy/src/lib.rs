//! Tenants, their credentials, and who is calling.
//!
//! A tenant is one business that uses Florin. It has a default currency, a time zone, and a clock:
//! the real one, or (sandbox) a simulated one that moves only when it is told to. It also holds one
//! or more keys for each of the four partner surfaces; any key names its tenant.

pub mod auth;
mod caller;
pub mod day;
mod error;
pub mod key;
pub mod tenant;

pub use auth::{AuthenticatedKey, Authenticator};
pub use caller::Caller;
pub use error::TenancyError;
pub use key::{ApiKey, Credential, NewKey, Surface, TenantKeys, create_key, list_keys, revoke_key};
pub use tenant::{
    Collections, NewTenant, Tenant, create_tenant, create_tenant_in, get_tenant, get_tenant_in,
    list_tenants, list_tenants_in, set_clock_target_in, set_collections,
};

use florin_storage::MigrationSet;

/// The tables of this crate.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "tenancy",
    files: &[
        ("0001_tenancy.sql", include_str!("../migrations/0001_tenancy.sql")),
        ("0002_day.sql", include_str!("../migrations/0002_day.sql")),
    ],
};
