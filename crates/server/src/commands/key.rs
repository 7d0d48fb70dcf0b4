//! `florin key`: a tenant's API keys.

use florin_calendar::system_now;
use florin_ids::ApiKeyId;
use florin_tenancy::{NewKey, Surface};

use super::{find_tenant, print_json, wait};
use crate::cli::{self, OfTenant};
use crate::failure::Failure;
use crate::output::table;
use crate::settings::File;
use crate::wiring;

pub fn run(args: cli::Key, file: &File) -> Result<(), Failure> {
    match args {
        cli::Key::Create { surface, scopes, allow_networks, of } => {
            let new =
                NewKey { surface: surface_of(surface), scopes, allowed_networks: allow_networks };
            create(new, &of, file)
        }
        cli::Key::List { of } => list(&of, file),
        cli::Key::Revoke { id, of } => revoke(&id, &of, file),
    }
}

fn surface_of(surface: cli::Surface) -> Surface {
    match surface {
        cli::Surface::Lending => Surface::Lending,
        cli::Surface::ExternalAccounts => Surface::ExternalAccounts,
        cli::Surface::Savings => Surface::Savings,
        cli::Surface::Connect => Surface::Connect,
    }
}

fn create(new: NewKey, of: &OfTenant, file: &File) -> Result<(), Failure> {
    let db = wiring::open(&of.database, file)?;
    let tenant = find_tenant(&db, of.tenant.as_deref())?.id;
    let now = system_now();
    let (key, credential) = wait(florin_tenancy::create_key(&db, tenant, new, now))??;
    db.close();
    let mut shown = serde_json::to_value(&key)?;
    shown["credential"] = serde_json::to_value(&credential)?;
    if of.json {
        return print_json(&shown);
    }
    let rows = shown["credential"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(part, value)| vec![part.clone(), value.as_str().unwrap_or_default().to_owned()])
        .collect();
    println!("Key {} for {}.\n", key.id, key.surface.as_str());
    println!("{}", table(&["credential", "value"], &[], rows));
    println!("\nIt is not shown again: keep it now.");
    Ok(())
}

fn list(of: &OfTenant, file: &File) -> Result<(), Failure> {
    let db = wiring::open(&of.database, file)?;
    let tenant = find_tenant(&db, of.tenant.as_deref())?.id;
    let keys = wait(florin_tenancy::list_keys(&db, tenant))??;
    db.close();
    if of.json {
        return print_json(&keys);
    }
    let rows = keys
        .iter()
        .map(|key| {
            vec![
                key.id.to_string(),
                key.surface.as_str().to_owned(),
                format!("{}...{}", key.display_prefix, key.last_four),
                key.scopes.join(" "),
                key.created_at.to_string(),
                key.revoked_at.map_or_else(String::new, |at| at.to_string()),
            ]
        })
        .collect();
    println!("{}", table(&["id", "API", "key", "may", "created", "revoked"], &[], rows));
    Ok(())
}

fn revoke(id: &str, of: &OfTenant, file: &File) -> Result<(), Failure> {
    let id: ApiKeyId = id.parse().map_err(|_| {
        Failure::usage(format!("\"{id}\" is no key id")).advise("`florin key list` shows the ids.")
    })?;
    let db = wiring::open(&of.database, file)?;
    let tenant = find_tenant(&db, of.tenant.as_deref())?.id;
    let now = system_now();
    wait(florin_tenancy::revoke_key(&db, tenant, id, now))??;
    db.close();
    if of.json {
        return print_json(&serde_json::json!({ "id": id.to_string(), "revoked": true }));
    }
    println!("Revoked {id}.");
    Ok(())
}
