//! The pieces of SQL that a [`ListQuery`] becomes.

use std::fmt::Write;

use crate::db::Engine;
use crate::error::StorageError;
use crate::list_facts::{Index, Predicate};
use crate::listing::{Filter, ListQuery, ListSource, Op};
use crate::value::Value;

/// Which way to the rows SQLite is told to take.
///
/// Without statistics SQLite takes a tenant for ten rows, so that any index beginning with the tenant looks as good
/// as the right one. It is therefore told; PostgreSQL has statistics and a planner of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way<'i> {
    /// As the engine finds best.
    Any,
    /// Through this index, which may be the primary key.
    Index(&'i Index),
}

impl Way<'_> {
    fn hint(self) -> String {
        match self {
            Way::Any => String::new(),
            Way::Index(index) => format!(" INDEXED BY {}", index.name),
        }
    }

    /// What the rows of a partial index have in common, said once more, since SQLite sees no parameter's value.
    fn predicate(&self) -> Option<&Predicate> {
        match self {
            Way::Index(index) => index.predicate.as_ref(),
            Way::Any => None,
        }
    }
}

/// `FROM .. WHERE ..` with its parameters; more may be bound behind them.
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) params: Vec<Value>,
    /// What stands before the next condition.
    keyword: &'static str,
}

impl Part {
    /// The rows of the source that pass the filters: of its own table where `is_own`, or else of the whole source.
    pub(crate) fn new<'f>(
        source: &ListSource,
        is_own: bool,
        scope: &[Value],
        filters: impl IntoIterator<Item = &'f Filter>,
        way: Way,
    ) -> Result<Part, StorageError> {
        let (text, has_condition) = match source.own.filter(|_| is_own) {
            Some(own) => {
                let (name, alias, hint) = (own.name, own.alias, way.hint());
                let blank = if alias.is_empty() { "" } else { " AS " };
                (format!("FROM {name}{blank}{alias}{hint} WHERE {}", own.scope), true)
            }
            None => (format!("FROM ({}) AS q", source.rows), false),
        };
        let keyword = if has_condition { " AND " } else { " WHERE " };
        let mut part = Part { text, params: scope.to_vec(), keyword };
        for filter in filters {
            part.filter(filter)?;
        }
        if let Some(predicate) = way.predicate() {
            part.and(&predicate.text);
        }
        Ok(part)
    }

    fn and(&mut self, condition: &str) {
        self.text.push_str(self.keyword);
        self.text.push_str(condition);
        self.keyword = " AND ";
    }

    /// The same rows in a total order, at most `limit` of them.
    pub(crate) fn first(self, columns: &str, order: &str, limit: u64) -> Part {
        let text = format!("FROM (SELECT {columns} {}{order} LIMIT {limit}) AS found", self.text);
        Part { text, params: self.params, keyword: " WHERE " }
    }

    /// Adds a condition.
    pub(crate) fn filter(&mut self, filter: &Filter) -> Result<(), StorageError> {
        let condition = self.condition(filter)?;
        self.and(&condition);
        Ok(())
    }

    /// Adds a parameter and answers its number.
    pub(crate) fn bind(&mut self, value: Value) -> usize {
        self.params.push(value);
        self.params.len()
    }

    fn condition(&mut self, filter: &Filter) -> Result<String, StorageError> {
        let column = filter.column;
        Ok(match &filter.op {
            // Whatever the column's type.
            Op::In(values) if values.is_empty() => "1 = 0".to_owned(),
            Op::In(values) => match values.as_slice() {
                [value] => format!("{column} = ?{}", self.bind(value.clone())),
                values => format!("{column} = ANY(?{})", self.bind(one_list(column, values)?)),
            },
            Op::Gte(value) => format!("{column} >= ?{}", self.bind(value.clone())),
            Op::Lte(value) => format!("{column} <= ?{}", self.bind(value.clone())),
            Op::After(_) => return Err(StorageError::bad_query("a page begins once only")),
        })
    }
}

/// Several values as the list of one parameter.
pub(crate) fn one_list(column: &str, values: &[Value]) -> Result<Value, StorageError> {
    let mut uuids = Vec::new();
    let mut ints = Vec::new();
    let mut texts = Vec::new();
    for value in values {
        match value {
            Value::Uuid(id) => uuids.push(*id),
            Value::Int(number) => ints.push(*number),
            Value::Text(text) => texts.push(text.clone()),
            Value::Static(text) => texts.push((*text).to_owned()),
            other => {
                return Err(StorageError::bad_query(format!(
                    "{} cannot be one of several values of \"{column}\"",
                    other.describe()
                )));
            }
        }
    }
    match (uuids.len(), ints.len(), texts.len()) {
        (_, 0, 0) => Ok(Value::Uuids(uuids)),
        (0, _, 0) => Ok(Value::Ints(ints)),
        (0, 0, _) => Ok(Value::Texts(texts)),
        _ => {
            Err(StorageError::bad_query(format!("the values of \"{column}\" are of several kinds")))
        }
    }
}

/// A total order: the query's columns, then `id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    columns: Vec<(&'static str, bool)>,
}

impl Order {
    pub(crate) fn of(query: &ListQuery) -> Order {
        let mut columns: Vec<(&'static str, bool)> = Vec::new();
        for (column, descending) in &query.order {
            if !columns.iter().any(|(known, _)| known == column) {
                columns.push((column, *descending));
            }
            if *column == "id" {
                // Whatever comes behind orders nothing.
                return Order { columns };
            }
        }
        let descending = columns.last().is_some_and(|(_, descending)| *descending);
        columns.push(("id", descending));
        Order { columns }
    }

    /// Whether it is by `id` alone, and then whether descending.
    pub(crate) fn by_id(&self) -> Option<bool> {
        match self.columns.as_slice() {
            [("id", descending)] => Some(*descending),
            _ => None,
        }
    }

    /// The columns before `id`, where all go the same way: what one index can give.
    pub(crate) fn one_way(&self) -> Option<Vec<&'static str>> {
        let same = self.columns.windows(2).all(|pair| pair[0].1 == pair[1].1);
        let names = self.columns.iter().map(|(column, _)| *column);
        same.then(|| names.filter(|column| *column != "id").collect())
    }

    /// All its columns and those of the filters, each once.
    pub(crate) fn columns(&self, filters: &[&Filter]) -> String {
        let mut names: Vec<&str> = self.columns.iter().map(|(column, _)| *column).collect();
        for filter in filters {
            if !names.contains(&filter.column) {
                names.push(filter.column);
            }
        }
        names.join(", ")
    }

    /// The `ORDER BY`. What is NULL comes last, descending first: PostgreSQL's rule, told to SQLite.
    pub(crate) fn text(&self, engine: Engine) -> String {
        let mut text = String::new();
        for (column, descending) in &self.columns {
            let keyword = if text.is_empty() { " ORDER BY " } else { ", " };
            let way = match (descending, engine) {
                _ if *column == "id" => {
                    if *descending {
                        " DESC"
                    } else {
                        ""
                    }
                }
                (false, Engine::Sqlite) => " NULLS LAST",
                (true, Engine::Sqlite) => " DESC NULLS FIRST",
                (false, Engine::Postgres) => "",
                (true, Engine::Postgres) => " DESC",
            };
            let _ = write!(text, "{keyword}{column}{way}");
        }
        text
    }

    /// Adds that the rows lie behind the one of this id.
    pub(crate) fn resume(&self, part: &mut Part, id: Value) -> Result<(), StorageError> {
        let descending = self.by_id().ok_or_else(|| {
            StorageError::bad_query("a page begins behind an id in the order of ids only")
        })?;
        let comparison = if descending { "<" } else { ">" };
        let number = part.bind(id);
        part.and(&format!("id {comparison} ?{number}"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(columns: &[(&'static str, bool)]) -> Order {
        Order::of(&ListQuery { order: columns.to_vec(), ..ListQuery::default() })
    }

    #[test]
    fn orders_are_total_and_the_same_on_both_engines() {
        let check = |columns: &[(&'static str, bool)], sqlite: &str, postgres: &str| {
            let order = order(columns);
            assert_eq!(order.text(Engine::Sqlite), format!(" ORDER BY {sqlite}"));
            assert_eq!(order.text(Engine::Postgres), format!(" ORDER BY {postgres}"));
        };
        check(&[], "id", "id");
        check(&[("id", true)], "id DESC", "id DESC");
        check(&[("id", false), ("a", true)], "id", "id");
        check(&[("a", false)], "a NULLS LAST, id", "a, id");
        check(
            &[("a", false), ("b", true), ("a", true)],
            "a NULLS LAST, b DESC NULLS FIRST, id DESC",
            "a, b DESC, id DESC",
        );
    }

    #[test]
    fn one_index_gives_orders_that_go_one_way() {
        assert_eq!(order(&[]).one_way(), Some(vec![]));
        assert_eq!(order(&[("a", true)]).one_way(), Some(vec!["a"]));
        assert_eq!(order(&[("a", true), ("b", false)]).one_way(), None);
        assert_eq!(order(&[("a", true), ("id", false)]).one_way(), None);
    }
}
