//! How a page of a list is found.
//!
//! A list of many rows is either narrow or wide. A **narrow** one ([`EXACT_ROWS`] at most) is found through its most
//! selective filter, sorted and counted. A **wide** one is walked in its order, since so many rows pass the
//! filters that the page is soon full (if not, it is sorted too); its length is counted rarely (see
//! `list_counts.rs`). Which one it is shows by
//! counting no further than that, through the index of each filter on SQLite, as the planner finds best
//! on PostgreSQL.
//!
//! Only ids are found, on the list's own table; the rows of the page are then looked up by id, with all that is
//! joined to them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::db::Engine;
use crate::error::StorageError;
use crate::list_counts::ListKey;
use crate::list_facts::{Facts, Index, scope_columns};
use crate::list_sql::{Order, Part, Way, one_list};
use crate::listing::{EXACT_ROWS, Filter, ListQuery, ListSource, Op, Page};
use crate::row::Row;
use crate::tx::Tx;
use crate::value::{FromValue, Mismatch, Value, ValueRef};
use crate::work::stopwatch;

/// Rows looked up at a time for a whole list.
const CHUNK: usize = 1_000;
/// Rows of a wide list that are walked in its order for a page before it is sorted instead: what passes the filters
/// may all lie at the far end.
const WALKED_MOST: u64 = 20_000;
/// A page that begins deeper is not looked for by such a walk.
const WALKED_TO: u64 = 2_000;
/// More rows than this are not sorted for a page, as far as it is known before.
const SORTED_MOST: u64 = 100_000;
/// A count that takes less is not remembered, unless the list is long.
const QUICK: Duration = Duration::from_millis(5);

/// An id of any kind.
struct Key(Value);

impl FromValue for Key {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Int(number) => Ok(Key(Value::Int(number))),
            ValueRef::Text(text) => Ok(Key(Value::Text(text.to_owned()))),
            value => uuid::Uuid::from_value(value).map(|id| Key(Value::Uuid(id))),
        }
    }
}

impl Tx {
    /// Lists one page of `source`, whose parameters `?1..` are `scope`.
    pub fn list<'s, T>(
        &mut self,
        source: impl Into<ListSource<'s>>,
        scope: &[Value],
        query: &ListQuery,
        map: impl FnMut(&Row) -> Result<T, StorageError>,
    ) -> Result<Page<T>, StorageError> {
        let list = Listing::new(self, source.into(), scope, query)?;
        let extent = list.extent(self)?;
        let counted = match extent {
            Extent::Narrow(_, count) => count,
            Extent::Wide => list.long_count(self)?,
        };
        if query.limit == 0 {
            return Ok(Page { count: counted, items: Vec::new(), follows: false, last: None });
        }
        let mut keys = list.keys(self, &extent, u64::from(query.limit) + 1)?;
        let follows = keys.len() > query.limit as usize;
        keys.truncate(query.limit as usize);
        let count = list.count_beside(counted, keys.len() as u64, follows);
        let last = keys.last().cloned();
        let items = list.rows(self, keys, map)?;
        Ok(Page { count, items, follows, last })
    }

    /// Hands every row of the filtered and ordered `source` to `f`, unpaged, in a memory that does not depend on
    /// how many there are.
    ///
    /// `f` may end the list early with [`StorageError::Stopped`].
    pub fn list_each<'s>(
        &mut self,
        source: impl Into<ListSource<'s>>,
        scope: &[Value],
        query: &ListQuery,
        mut f: impl FnMut(&Row) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let query = ListQuery { offset: 0, ..query.clone() };
        let list = Listing::new(self, source.into(), scope, &query)?;
        let done = match self.engine() {
            Engine::Postgres => list.stream(self, Way::Any, &mut f),
            Engine::Sqlite => list.each_on_sqlite(self, &mut f),
        };
        match done {
            Err(StorageError::Stopped) => Ok(()),
            done => done,
        }
    }

    /// Runs a statement of a list, and notes its plan when a test asks for it.
    fn list_query<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        map: impl FnMut(&Row) -> Result<T, StorageError>,
    ) -> Result<Vec<T>, StorageError> {
        self.note_plan(sql, params)?;
        self.query(sql, params, map)
    }

    fn note_plan(&mut self, sql: &str, params: &[Value]) -> Result<(), StorageError> {
        if self.plans.is_none() {
            return Ok(());
        }
        let lines: Vec<String> = match self.engine() {
            Engine::Sqlite => {
                self.query(&format!("EXPLAIN QUERY PLAN {sql}"), params, |row| row.get("detail"))?
            }
            Engine::Postgres => {
                self.query(&format!("EXPLAIN (COSTS OFF) {sql}"), params, |row| row.at(0))?
            }
        };
        if let Some(plans) = &mut self.plans {
            plans.push(crate::testing::Plan { statement: sql.to_owned(), lines });
        }
        Ok(())
    }
}

/// How many rows a list has, as far as it decides how to find them.
enum Extent<'i> {
    /// So many, not more than [`EXACT_ROWS`], best found this way.
    Narrow(Way<'i>, u64),
    Wide,
}

/// A list that is asked for.
struct Listing<'l> {
    source: ListSource<'l>,
    scope: &'l [Value],
    query: &'l ListQuery,
    order: Order,
    /// The filters, without the one that says where the page begins.
    filters: Vec<&'l Filter>,
    after: Option<&'l Value>,
    /// Whether filters and order are over columns of the list's own table.
    is_own: bool,
    /// Of the list's own table, on SQLite.
    facts: Option<Arc<Facts>>,
    /// The columns that the scope fixes.
    fixed: Vec<&'l str>,
}

impl<'l> Listing<'l> {
    fn new(
        tx: &mut Tx,
        source: ListSource<'l>,
        scope: &'l [Value],
        query: &'l ListQuery,
    ) -> Result<Self, StorageError> {
        debug_assert!(!source.rows.trim_end().ends_with(';'), "a source is one SELECT");
        tx.plan_for_values()?;
        let mut list = Listing {
            source,
            scope,
            query,
            order: Order::of(query),
            filters: Vec::with_capacity(query.filters.len()),
            after: None,
            is_own: source.own.is_some(),
            facts: None,
            fixed: Vec::new(),
        };
        for filter in &query.filters {
            match &filter.op {
                Op::After(id) => list.after = Some(id),
                _ => list.filters.push(filter),
            }
        }
        let Some(own) = source.own else { return Ok(list) };
        if !own.is_whole || tx.engine() == Engine::Sqlite {
            let facts = tx.facts(&own)?;
            let ordered = query.order.iter().map(|(column, _)| *column);
            let mut named = ordered.chain(list.filters.iter().map(|filter| filter.column));
            list.is_own = named.all(|column| facts.columns.contains(column));
            if tx.engine() == Engine::Sqlite && list.is_own {
                list.facts = Some(facts);
                list.fixed = scope_columns(own.scope).unwrap_or_default();
            }
        }
        Ok(list)
    }

    fn part(&self, way: Way) -> Result<Part, StorageError> {
        let filters = self.filters.iter().copied();
        Part::new(&self.source, self.is_own, self.scope, filters, way)
    }

    fn key(&self) -> ListKey {
        ListKey::of(&self.source, self.scope, self.query)
    }

    /// Finds out whether the list is narrow.
    fn extent<'s>(&'s self, tx: &mut Tx) -> Result<Extent<'s>, StorageError> {
        if self.filters.is_empty() && self.fixed.len() == 1 || tx.counts.get(self.key()).is_some() {
            return Ok(Extent::Wide);
        }
        let narrowest = self.narrowest(tx, EXACT_ROWS)?;
        let (way, count) = match narrowest {
            Some((way, count)) if count <= EXACT_ROWS && self.filters.len() == 1 => (way, count),
            Some((way, count)) if count <= EXACT_ROWS => {
                (way, count_some(tx, self.part(way)?, EXACT_ROWS)?)
            }
            // All filters let many through.
            Some(_) => return Ok(Extent::Wide),
            None => (Way::Any, count_some(tx, self.part(Way::Any)?, EXACT_ROWS)?),
        };
        let is_narrow = count <= EXACT_ROWS;
        Ok(if is_narrow { Extent::Narrow(way, count) } else { Extent::Wide })
    }

    /// The way by the filter that lets the fewest through, and how many, not counting beyond `most`.
    fn narrowest(&self, tx: &mut Tx, most: u64) -> Result<Option<(Way<'_>, u64)>, StorageError> {
        let mut narrowest: Option<(Way, u64)> = None;
        for (filter, way) in self.ways_by_filter() {
            let part = Part::new(&self.source, self.is_own, self.scope, [filter], way)?;
            let count = count_some(tx, part, most)?;
            if narrowest.is_none_or(|(_, least)| count < least) {
                narrowest = Some((way, count));
            }
        }
        Ok(narrowest)
    }

    /// Through the primary key, where there is a choice.
    fn key_way(&self) -> Way<'_> {
        let key = self.facts.as_ref().and_then(|facts| facts.key.as_ref());
        key.map_or(Way::Any, Way::Index)
    }

    /// The filters that SQLite has an index for, each with its index.
    fn ways_by_filter(&self) -> Vec<(&'l Filter, Way<'_>)> {
        let Some(facts) = &self.facts else { return Vec::new() };
        let mut ways: Vec<(&'l Filter, Way)> = Vec::new();
        for filter in &self.filters {
            if filter.column == "id" && matches!(filter.op, Op::In(_)) {
                ways.push((filter, self.key_way()));
            } else if let Some(index) = facts.indexes.iter().find(|index| {
                let rest = index.behind(&self.fixed);
                rest.is_some_and(|rest| rest.first().is_some_and(|it| it == filter.column))
                    && index.has_all(&self.filters)
            }) {
                ways.push((filter, Way::Index(index)));
            }
        }
        ways
    }

    /// The index that gives a wide list in its order, on SQLite: one that begins with a column for which a filter
    /// asks one value, or else one that begins with the order.
    fn way_in_order(&self) -> Way<'_> {
        let (Some(facts), Some(order)) = (&self.facts, self.order.one_way()) else {
            return Way::Any;
        };
        // The key's columns stand behind those of any index.
        let is_next = |columns: &[String]| {
            let mut wanted = order.clone();
            if columns.len() > order.len() {
                wanted.push("id");
            }
            columns.len() >= order.len() && columns.iter().zip(&wanted).all(|(is, want)| is == want)
        };
        let of_filter = |index: &&Index| {
            let asked = index.behind(&self.fixed).and_then(<[String]>::split_first);
            asked.is_some_and(|(column, rest)| {
                let one = self.filters.iter().any(|filter| {
                    matches!(&filter.op, Op::In(values) if values.len() == 1)
                        && filter.column == column
                });
                one && is_next(rest)
            })
        };
        let of_order =
            |index: &&Index| !order.is_empty() && index.behind(&self.fixed).is_some_and(&is_next);
        let indexes = || facts.indexes.iter().filter(|index| index.has_all(&self.filters));
        match indexes().find(of_filter).or_else(|| indexes().find(of_order)) {
            Some(index) => Way::Index(index),
            None if order.is_empty() => self.key_way(),
            None => Way::Any,
        }
    }

    /// The length of a wide list, which may be remembered.
    fn long_count(&self, tx: &mut Tx) -> Result<u64, StorageError> {
        let key = self.key();
        if let Some(count) = tx.counts.get(key) {
            return Ok(count);
        }
        let started = stopwatch();
        let way = match (self.filters.as_slice(), self.ways_by_filter().as_slice()) {
            ([], _) => Way::Any,
            ([_], [(_, way)]) => *way,
            _ => match self.narrowest(tx, SORTED_MOST)? {
                Some((way, count)) if count <= SORTED_MOST => way,
                _ => self.key_way(),
            },
        };
        let part = self.part(way)?;
        let sql = format!("SELECT COUNT(*) {}", part.text);
        let count = one_count(tx.list_query(&sql, &part.params, |row| row.at(0))?);
        if count > EXACT_ROWS || started.elapsed() > QUICK {
            tx.counts.keep(key, count, started);
        }
        Ok(count)
    }

    /// At most `limit` ids from where the page begins.
    fn keys(&self, tx: &mut Tx, extent: &Extent, limit: u64) -> Result<Vec<Value>, StorageError> {
        match extent {
            Extent::Narrow(way, _) => self.sorted(tx, *way, EXACT_ROWS + 1, limit),
            Extent::Wide => self.wide_keys(tx, limit),
        }
    }

    /// Walks the list in its order; where that leads nowhere, sorts what passes the narrowest filter.
    fn wide_keys(&self, tx: &mut Tx, limit: u64) -> Result<Vec<Value>, StorageError> {
        let way = self.way_in_order();
        let (inner, outer) = self.split(way);
        if self.may_stray(tx.engine(), way, &outer) {
            // A list that is known to be short after all needs no try.
            let is_short = tx.counts.get(self.key()).is_some_and(|count| count <= EXACT_ROWS);
            let keys = match is_short {
                true => Vec::new(),
                false => self.walked_near(tx, way, &inner, &outer, limit)?,
            };
            if keys.len() as u64 == limit {
                return Ok(keys);
            }
            if tx.engine() == Engine::Postgres {
                return self.sorted(tx, Way::Any, i64::MAX as u64, limit);
            }
            if let Some((way, count)) = self.narrowest(tx, SORTED_MOST)?
                && count <= SORTED_MOST
            {
                return self.sorted(tx, way, i64::MAX as u64, limit);
            }
        }
        self.walked(tx, way, limit)
    }

    /// Walks the first [`WALKED_MOST`] rows of the list's order; the index answers the inner filters.
    fn walked_near(
        &self,
        tx: &mut Tx,
        way: Way,
        inner: &[&Filter],
        outer: &[&Filter],
        limit: u64,
    ) -> Result<Vec<Value>, StorageError> {
        let filters = inner.iter().copied();
        let mut part = Part::new(&self.source, self.is_own, self.scope, filters, way)?;
        self.resume(&mut part)?;
        let order = self.order.text(tx.engine());
        let mut part = part.first(&self.order.columns(outer), &order, WALKED_MOST);
        for filter in outer {
            part.filter(filter)?;
        }
        self.page_of(tx, part, limit)
    }

    /// Walks the list in its order, however far.
    fn walked(&self, tx: &mut Tx, way: Way, limit: u64) -> Result<Vec<Value>, StorageError> {
        let mut part = self.part(way)?;
        self.resume(&mut part)?;
        self.page_of(tx, part, limit)
    }

    /// The filters that the index answers, and the others.
    fn split(&self, way: Way) -> (Vec<&'l Filter>, Vec<&'l Filter>) {
        let column = match way {
            Way::Index(index) => index.behind(&self.fixed).and_then(<[String]>::first),
            Way::Any => None,
        };
        self.filters
            .iter()
            .copied()
            .partition(|filter| column.is_some_and(|column| column == filter.column))
    }

    /// Whether a walk in order may have to go far: some filter is answered row by row. PostgreSQL finds the index of
    /// a single value by itself, and what it has for other orders is not known here.
    fn may_stray(&self, engine: Engine, way: Way, outer: &[&Filter]) -> bool {
        let near = self.after.is_some() || self.query.offset <= WALKED_TO;
        if outer.is_empty() || !self.is_own || !near {
            return false;
        }
        match (engine, way, self.filters.as_slice()) {
            (Engine::Sqlite, Way::Index(_), _) => true,
            (Engine::Sqlite, Way::Any, _) => false,
            (Engine::Postgres, _, [filter]) if matches!(&filter.op, Op::In(it) if it.len() == 1) => {
                false
            }
            (Engine::Postgres, ..) => self.order.by_id().is_some(),
        }
    }

    /// Ids of the page among all rows that pass, found this way and sorted. The inner limit, which changes nothing,
    /// keeps the order from being an argument for another way.
    fn sorted(
        &self,
        tx: &mut Tx,
        way: Way,
        most: u64,
        limit: u64,
    ) -> Result<Vec<Value>, StorageError> {
        let mut part = self.part(way)?;
        self.resume(&mut part)?;
        self.page_of(tx, part.first(&self.order.columns(&[]), "", most), limit)
    }

    fn resume(&self, part: &mut Part) -> Result<(), StorageError> {
        self.after.map_or(Ok(()), |id| self.order.resume(part, id.clone()))
    }

    /// The ids of the page, of the rows in order.
    fn page_of(&self, tx: &mut Tx, mut part: Part, limit: u64) -> Result<Vec<Value>, StorageError> {
        let number = |n: u64| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        let offset = if self.after.is_some() { 0 } else { self.query.offset };
        let (limit, offset) = (part.bind(number(limit)), part.bind(number(offset)));
        let order = self.order.text(tx.engine());
        let sql = format!("SELECT id {}{order} LIMIT ?{limit} OFFSET ?{offset}", part.text);
        let keys = tx.list_query(&sql, &part.params, |row| row.at::<Key>(0))?;
        Ok(keys.into_iter().map(|key| key.0).collect())
    }

    /// The count beside a page of `found` rows: what the page itself shows is newer than what was counted.
    fn count_beside(&self, counted: u64, found: u64, follows: bool) -> u64 {
        if self.after.is_some() {
            // Where the page lies in the list is not known.
            return counted.max(found.saturating_add(u64::from(follows)));
        }
        let seen = self.query.offset.saturating_add(found);
        match follows {
            true => counted.max(seen.saturating_add(1)),
            false if found > 0 || self.query.offset == 0 => seen,
            false => counted.min(self.query.offset),
        }
    }

    /// `SELECT`s the rows of these ids.
    fn lookup(&self, keys: &[Value]) -> Result<(String, Vec<Value>), StorageError> {
        let mut params = self.scope.to_vec();
        params.push(one_list("id", keys)?);
        let number = params.len();
        Ok((
            format!("SELECT * FROM ({}) AS q WHERE q.id = ANY(?{number})", self.source.rows),
            params,
        ))
    }

    /// The rows of these ids, in this order.
    fn rows<T>(
        &self,
        tx: &mut Tx,
        keys: Vec<Value>,
        mut map: impl FnMut(&Row) -> Result<T, StorageError>,
    ) -> Result<Vec<T>, StorageError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let (sql, params) = self.lookup(&keys)?;
        let places: HashMap<Value, usize> = keys.into_iter().zip(0..).collect();
        let mut found = tx.query_keys(&sql, &params, |row| {
            let key = row.get::<Key>("id")?.0;
            let place = places.get(&key).copied().ok_or(StorageError::NoRow)?;
            Ok((place, map(row)?))
        })?;
        found.sort_unstable_by_key(|(place, _)| *place);
        Ok(found.into_iter().map(|(_, item)| item).collect())
    }

    /// Hands over the rows of these ids in the list's order.
    fn each_row(
        &self,
        tx: &mut Tx,
        keys: &[Value],
        f: &mut impl FnMut(&Row) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let (sql, params) = self.lookup(keys)?;
        let sql = format!("{sql}{}", self.order.text(tx.engine()));
        each_of(tx, &sql, &params, f)
    }

    /// The whole list by one statement, row by row.
    fn stream(
        &self,
        tx: &mut Tx,
        way: Way,
        f: &mut impl FnMut(&Row) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let is_whole = self.source.own.is_some_and(|own| own.is_whole);
        let filters = self.filters.iter().copied();
        let mut part = Part::new(&self.source, is_whole && self.is_own, self.scope, filters, way)?;
        self.resume(&mut part)?;
        let sql = format!("SELECT * {}{}", part.text, self.order.text(tx.engine()));
        each_of(tx, &sql, &part.params, f)
    }

    /// A narrow list by its sorted ids, a wide one in the order of ids chunk by chunk, any other as SQLite sorts it.
    fn each_on_sqlite(
        &self,
        tx: &mut Tx,
        f: &mut impl FnMut(&Row) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        if !self.is_own {
            return self.stream(tx, Way::Any, f);
        }
        let extent = self.extent(tx)?;
        if let Extent::Narrow(..) = extent {
            let keys = self.keys(tx, &extent, EXACT_ROWS + 1)?;
            for chunk in keys.chunks(CHUNK) {
                self.each_row(tx, chunk, f)?;
            }
            return Ok(());
        }
        if self.order.by_id().is_none() {
            return self.stream(tx, self.way_in_order(), f);
        }
        let mut last = self.after.cloned();
        loop {
            let rest = Listing { after: last.as_ref(), ..self.again() };
            let keys = rest.walked(tx, rest.way_in_order(), CHUNK as u64)?;
            if !keys.is_empty() {
                self.each_row(tx, &keys, f)?;
            }
            if keys.len() < CHUNK {
                return Ok(());
            }
            last = keys.into_iter().next_back();
        }
    }

    fn again<'a>(&'a self) -> Listing<'a>
    where
        'l: 'a,
    {
        Listing {
            source: self.source,
            scope: self.scope,
            query: self.query,
            order: self.order.clone(),
            filters: self.filters.clone(),
            after: self.after,
            is_own: self.is_own,
            facts: self.facts.clone(),
            fixed: self.fixed.clone(),
        }
    }
}

/// Hands over row by row; unlike [`Tx::for_each`] it tells when `f` has stopped.
fn each_of(
    tx: &mut Tx,
    sql: &str,
    params: &[Value],
    f: &mut impl FnMut(&Row) -> Result<(), StorageError>,
) -> Result<(), StorageError> {
    tx.note_plan(sql, params)?;
    let mut stopped = false;
    tx.for_each(sql, params, |row| {
        f(row).inspect_err(|error| stopped = matches!(error, StorageError::Stopped))
    })?;
    if stopped { Err(StorageError::Stopped) } else { Ok(()) }
}

/// How many rows there are, as far as it matters: not beyond `most` and one.
fn count_some(tx: &mut Tx, part: Part, most: u64) -> Result<u64, StorageError> {
    let sql =
        format!("SELECT COUNT(*) FROM (SELECT id {} LIMIT {}) AS some_rows", part.text, most + 1);
    Ok(one_count(tx.list_query(&sql, &part.params, |row| row.at(0))?))
}

fn one_count(rows: Vec<i64>) -> u64 {
    rows.first().and_then(|count| u64::try_from(*count).ok()).unwrap_or(0)
}
