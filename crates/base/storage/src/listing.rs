//! Filtered, ordered, paged lists over any source query.
//!
//! An entity's `repo.rs` says with a constant array of [`Field`]s what callers may filter and
//! order by; the HTTP edge turns a query string into a [`ListQuery`]; storage works it out over
//! a [`ListSource`] (how, tells `list_run.rs`).
//! Column names are `&'static str`, so no caller's text ever becomes SQL.

use crate::value::Value;

/// How a field's text on the wire becomes a [`Value`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A UUID.
    Uuid,
    /// Text, compared byte by byte.
    Text,
    /// An integer.
    Int,
    /// A boolean, stored as 0/1.
    Bool,
    /// A calendar date, stored as `YYYY-MM-DD`, which sorts by time.
    Date,
    /// An instant, stored as microseconds UTC.
    Timestamp,
    /// Money, stored in minor units; the edge knows the exponent.
    Money,
    /// A rate, stored in micro-percent.
    Rate,
}

/// One field that callers may filter and order by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Field {
    /// Name on the wire.
    pub name: &'static str,
    /// Column of the source query.
    pub column: &'static str,
    /// How its text is read.
    pub kind: Kind,
}

/// What a filter asks of its column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Op {
    /// Equal to one of these; an empty list matches nothing.
    In(Vec<Value>),
    /// At least this.
    Gte(Value),
    /// At most this.
    Lte(Value),
    /// The page begins behind the row of this `id`, whatever the query's `offset`. Only on the column `id` and in
    /// its order, either way. It does not change what the list counts.
    After(Value),
}

/// One condition; all of a query's conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Column of the source query.
    pub column: &'static str,
    /// What is asked of it.
    pub op: Op,
}

/// What a caller wants of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListQuery {
    /// Conditions that must all hold.
    pub filters: Vec<Filter>,
    /// Columns to order by, with `true` for descending. Ties, and an empty list, go by `id`, in the direction of the
    /// last column. What is NULL comes last, descending first.
    pub order: Vec<(&'static str, bool)>,
    /// Most rows in one page; ignored by `list_each`.
    pub limit: u32,
    /// Rows skipped; ignored by `list_each`.
    pub offset: u64,
}

impl Default for ListQuery {
    /// Everything by `id`, in pages of 20.
    fn default() -> Self {
        ListQuery { filters: Vec::new(), order: Vec::new(), limit: 20, offset: 0 }
    }
}

/// One page and the size of the whole list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Rows that match, on all pages. Up to [`EXACT_ROWS`] it is exact; of a longer list it may be some seconds old.
    pub count: u64,
    /// Rows of this page.
    pub items: Vec<T>,
    /// Whether more rows follow.
    pub follows: bool,
    /// The `id` of the last row, for [`Op::After`].
    pub last: Option<Value>,
}

/// Lists of up to so many rows are counted anew for every page.
pub const EXACT_ROWS: u64 = 5_000;

impl<T> Page<T> {
    /// The same page of other items.
    pub fn map<U>(self, map: impl FnMut(T) -> U) -> Page<U> {
        let items = self.items.into_iter().map(map).collect();
        Page { count: self.count, items, follows: self.follows, last: self.last }
    }
}

/// What a list is made of.
///
/// A plain `SELECT .. FROM table WHERE tenant_id = ?1` says all by itself. Where the rows need more than one table,
/// [`ListSource::joined`] names the one that the list is of, so that pages are found on it alone. A column of the
/// rows that has the name of one of the table's must be it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListSource<'a> {
    /// Answers whole rows, with a column `id`, for the scope's parameters `?1..`.
    pub(crate) rows: &'a str,
    pub(crate) own: Option<OwnTable<'a>>,
}

/// The table that a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OwnTable<'a> {
    pub(crate) name: &'a str,
    /// What the scope calls it, where not by its name.
    pub(crate) alias: &'a str,
    /// Condition on its columns, with the same parameters as the rows.
    pub(crate) scope: &'a str,
    /// Whether the rows are the table's and have no columns but the table's.
    pub(crate) is_whole: bool,
}

impl<'a> ListSource<'a> {
    /// A list of the rows of `table` for which `scope` (`tenant_id = ?1`) holds. `rows` answers them, each once, with
    /// the same names for the same columns and whatever it joins to them, for the same parameters.
    pub const fn joined(table: &'a str, scope: &'a str, rows: &'a str) -> Self {
        let own = OwnTable { name: table, alias: "", scope, is_whole: false };
        ListSource { rows, own: Some(own) }
    }
}

impl<'a> From<&'a str> for ListSource<'a> {
    fn from(rows: &'a str) -> Self {
        ListSource { rows, own: OwnTable::of(rows) }
    }
}

impl<'a> OwnTable<'a> {
    /// Reads `SELECT .. FROM table [alias] WHERE [alias.]column = ?1 [AND ..]`; anything else is not understood.
    fn of(rows: &'a str) -> Option<Self> {
        let is_one_select = ["UNION", "EXCEPT", "INTERSECT", "DISTINCT", "GROUP", "COUNT("]
            .iter()
            .all(|word| !rows.contains(word));
        let (columns, tail) = rows.rsplit_once(" FROM ").filter(|_| is_one_select)?;
        let (table, scope) = tail.split_once(" WHERE ")?;
        let (name, alias) = table.split_once(' ').unwrap_or((table, ""));
        let is_name = |text: &str| !text.is_empty() && text.bytes().all(crate::sql::is_name_byte);
        let is_known = scope.trim_end().split(" AND ").all(|part| {
            let Some((column, number)) = part.split_once(" = ?") else { return false };
            let column = column.strip_prefix(alias).map_or("", |it| it.trim_start_matches('.'));
            is_name(column) && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        let has_alias = alias.is_empty() || is_name(alias);
        let is_whole = columns == "SELECT *" && alias.is_empty();
        (is_name(name) && has_alias && is_known).then_some(OwnTable {
            name,
            alias,
            scope,
            is_whole,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_sources_name_their_table() {
        let check = |rows: &str, expected: Option<(&str, &str, &str, bool)>| {
            let own = ListSource::from(rows).own;
            let found = own.map(|own| (own.name, own.alias, own.scope, own.is_whole));
            assert_eq!(found, expected, "{rows}");
        };
        check("SELECT * FROM t WHERE a = ?1", Some(("t", "", "a = ?1", true)));
        check(
            "SELECT * FROM t WHERE a = ?1 AND b = ?2",
            Some(("t", "", "a = ?1 AND b = ?2", true)),
        );
        check("SELECT id, n FROM t WHERE a = ?1", Some(("t", "", "a = ?1", false)));
        let nested =
            "SELECT s.id, (SELECT MAX(x.n) FROM x WHERE x.a = s.a) AS n FROM t s WHERE s.a = ?1";
        check(nested, Some(("t", "s", "s.a = ?1", false)));
        check("SELECT * FROM t JOIN u ON u.a = t.a WHERE t.a = ?1", None);
        check("SELECT * FROM t WHERE a = ?1 AND b IN (SELECT b FROM u WHERE a = ?1)", None);
        check("SELECT * FROM t WHERE a = ?1 UNION ALL SELECT * FROM u WHERE a = ?1", None);
        check("SELECT a FROM t WHERE a = ?1 GROUP BY a", None);
        check("SELECT * FROM t WHERE a > ?1", None);
    }
}
