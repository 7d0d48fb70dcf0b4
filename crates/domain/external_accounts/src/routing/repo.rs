//! SQL of the routing directory, which belongs to no tenant.

use florin_storage::{Insert, StorageError, Tx, Type, Value, params};

use super::Participant;

const INSERT: Insert = Insert {
    table: "ea_routing",
    columns: &[
        ("routing", Type::Text),
        ("new_routing", Type::Text),
        ("name", Type::Text),
        ("city", Type::Text),
        ("state", Type::Text),
    ],
    on_conflict: "",
};

/// The name of the participant with this number.
pub(super) fn name(tx: &mut Tx, routing: &str) -> Result<Option<String>, StorageError> {
    tx.query_opt("SELECT name FROM ea_routing WHERE routing = ?1", params![routing], |row| {
        row.get("name")
    })
}

/// Whether a file was loaded.
pub(super) fn is_loaded(tx: &mut Tx) -> Result<bool, StorageError> {
    let any = tx.query_opt("SELECT routing FROM ea_routing LIMIT 1", &[], |_| Ok(()))?;
    Ok(any.is_some())
}

/// Puts these participants in place of those that are there.
pub(super) fn replace(tx: &mut Tx, participants: &[Participant]) -> Result<(), StorageError> {
    tx.execute("DELETE FROM ea_routing", &[])?;
    let rows = participants.iter().map(|it| {
        [
            Value::from(it.routing.to_string()),
            Value::from(it.new_routing.map(|number| number.to_string())),
            Value::from(it.name.as_str()),
            Value::from(it.city.as_str()),
            Value::from(it.state.as_str()),
        ]
    });
    tx.insert_many(&INSERT, rows)?;
    Ok(())
}
