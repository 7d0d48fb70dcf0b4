//! Lists: narrow and wide ones, their order, their pages, and which way the engines go.

use std::collections::HashSet;

use florin_storage::testing::{Plan, TestDb, databases, plans_of};
use florin_storage::{
    EXACT_ROWS, Filter, Insert, ListQuery, ListSource, MigrationSet, Op, Page, StorageError, Type,
    Value, params,
};
use uuid::Uuid;

const SET: MigrationSet = MigrationSet {
    name: "lists",
    files: &[(
        "0001_item.sql",
        "CREATE TABLE item (
            tenant_id UUID NOT NULL, id UUID NOT NULL, status TEXT NOT NULL, n BIGINT NOT NULL,
            rare BIGINT, plain BIGINT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (tenant_id, id)
        );
        CREATE INDEX item_status ON item (tenant_id, status, id);
        CREATE INDEX item_n ON item (tenant_id, n, id);
        CREATE INDEX item_kind ON item (tenant_id, kind, id) WHERE kind <> 'common';
        CREATE TABLE extra (
            tenant_id UUID NOT NULL, item_id UUID NOT NULL, weight BIGINT NOT NULL,
            PRIMARY KEY (tenant_id, item_id)
        );",
    )],
};

const ITEMS: Insert = Insert {
    table: "item",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("status", Type::Text),
        ("n", Type::Int),
        ("rare", Type::Int),
        ("plain", Type::Int),
        ("kind", Type::Text),
    ],
    on_conflict: "",
};

const EXTRAS: Insert = Insert {
    table: "extra",
    columns: &[("tenant_id", Type::Uuid), ("item_id", Type::Uuid), ("weight", Type::Int)],
    on_conflict: "",
};

const TENANT: Uuid = Uuid::from_u128(1);
const WHOLE: &str = "SELECT * FROM item WHERE tenant_id = ?1";
const JOINED: ListSource = ListSource::joined(
    "item",
    "tenant_id = ?1",
    "SELECT i.id, i.status, i.n, i.rare, i.plain, i.kind, COALESCE(e.weight, 0) AS weight FROM item i \
     LEFT JOIN extra e ON e.tenant_id = i.tenant_id AND e.item_id = i.id WHERE i.tenant_id = ?1",
);
const ROWS: i64 = 3 * EXACT_ROWS as i64;

/// A row as the tests know it: id, status, n, rare, plain, kind, weight.
type Item = (Uuid, &'static str, i64, Option<i64>, i64, &'static str, i64);

/// `old` rows all come first, and one row in a hundred is `odd`.
fn items() -> Vec<Item> {
    let item = |number: i64| {
        let status = if number < 50 { "old" } else { ["new", "open"][(number % 2) as usize] };
        let kind = if number % 100 == 7 { "odd" } else { "common" };
        let rare = (number % 3 == 0).then_some(number % 11);
        let id = Uuid::from_u128(1_000 + number as u128);
        (id, status, (number * 7_919) % ROWS, rare, number % 5, kind, number % 13)
    };
    (0..ROWS).map(item).collect()
}

fn each(check: impl Fn(&TestDb, &[Item])) {
    let items = items();
    for database in databases(&[SET]) {
        eprintln!("on {}", database.name);
        let (rows, others) = (items.clone(), [TENANT, Uuid::from_u128(2)]);
        database
            .db
            .write_blocking(move |tx| {
                for tenant in others {
                    let values = rows.iter().map(|it| {
                        let (id, status, n, rare, plain, kind, _) = *it;
                        [
                            Value::from(tenant),
                            id.into(),
                            status.into(),
                            n.into(),
                            rare.into(),
                            plain.into(),
                            kind.into(),
                        ]
                    });
                    tx.insert_many(&ITEMS, values)?;
                }
                let weights = rows.iter().filter(|it| it.6 > 0);
                tx.insert_many(
                    &EXTRAS,
                    weights.map(|it| [TENANT.into(), it.0.into(), it.6.into()]),
                )?;
                if tx.engine() == florin_storage::Engine::Postgres {
                    tx.execute("ANALYZE item", &[])?;
                }
                Ok::<(), StorageError>(())
            })
            .expect("rows");
        check(&database, &items);
    }
}

fn page(database: &TestDb, source: ListSource<'static>, query: &ListQuery) -> Page<Uuid> {
    let query = query.clone();
    let read = move |tx: &mut florin_storage::Tx| {
        tx.list(source, params![TENANT], &query, |row| row.get::<Uuid>("id"))
    };
    database.db.read_blocking::<_, StorageError>(read).expect("a page")
}

fn all(database: &TestDb, source: ListSource<'static>, query: &ListQuery) -> Vec<Uuid> {
    let query = query.clone();
    let read = move |tx: &mut florin_storage::Tx| {
        let mut ids = Vec::new();
        tx.list_each(source, params![TENANT], &query, |row| {
            ids.push(row.get::<Uuid>("id")?);
            Ok(())
        })?;
        Ok::<_, StorageError>(ids)
    };
    database.db.read_blocking(read).expect("a list")
}

fn filter(column: &'static str, op: Op) -> Filter {
    Filter { column, op }
}

fn texts(values: &[&'static str]) -> Op {
    Op::In(values.iter().map(|text| Value::fixed(text)).collect())
}

/// What a filter lets through, said in another way.
fn passes(item: &Item, filter: &Filter) -> bool {
    let value = match filter.column {
        "id" => Value::Uuid(item.0),
        "status" => Value::fixed(item.1),
        "n" => Value::Int(item.2),
        "rare" => Value::from(item.3),
        "plain" => Value::Int(item.4),
        "kind" => Value::fixed(item.5),
        _ => Value::Int(item.6),
    };
    match (&filter.op, value) {
        (_, Value::Null) => false,
        (Op::In(values), value) => values.contains(&value),
        (Op::Gte(Value::Int(least)), Value::Int(is)) => is >= *least,
        (Op::Lte(Value::Int(most)), Value::Int(is)) => is <= *most,
        _ => false,
    }
}

fn sorted(items: &[Item], query: &ListQuery) -> Vec<Uuid> {
    let mut found: Vec<&Item> =
        items.iter().filter(|item| query.filters.iter().all(|it| passes(item, it))).collect();
    let key = |item: &Item, column: &str| match column {
        "status" => (0, 0, item.1.to_owned()),
        "n" => (0, item.2, String::new()),
        "rare" => (i32::from(item.3.is_none()), item.3.unwrap_or(0), String::new()),
        "plain" => (0, item.4, String::new()),
        "weight" => (0, item.6, String::new()),
        _ => (0, item.0.as_u128() as i64, String::new()),
    };
    let down = query.order.last().is_some_and(|(_, down)| *down);
    let order: Vec<_> = query.order.iter().copied().chain([("id", down)]).collect();
    found.sort_by(|a, b| {
        let compare = |(column, down): &(&str, bool)| {
            let way = key(a, column).cmp(&key(b, column));
            if *down { way.reverse() } else { way }
        };
        order.iter().map(compare).find(|way| way.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    });
    found.into_iter().map(|item| item.0).collect()
}

fn queries() -> Vec<ListQuery> {
    let some_ids = [1_007_u128, 1_500, 9_999_999, 1_001].map(|id| Value::Uuid(Uuid::from_u128(id)));
    let filters: Vec<Vec<Filter>> = vec![
        vec![],
        vec![filter("status", texts(&["old"]))],
        vec![filter("status", texts(&["open"]))],
        vec![filter("status", texts(&["old", "new"]))],
        vec![filter("status", texts(&["none"]))],
        vec![filter("status", Op::In(vec![]))],
        vec![filter("status", texts(&["open"])), filter("n", Op::Lte(Value::Int(300)))],
        vec![filter("n", Op::Gte(Value::Int(100))), filter("n", Op::Lte(Value::Int(220)))],
        vec![filter("n", Op::Gte(Value::Int(100)))],
        vec![filter("kind", texts(&["odd"]))],
        vec![filter("kind", texts(&["odd", "common"])), filter("plain", Op::Lte(Value::Int(2)))],
        vec![filter("rare", Op::In(vec![Value::Int(5)]))],
        vec![filter("plain", Op::In(vec![Value::Int(5)]))],
        vec![filter("id", Op::In(some_ids.to_vec())), filter("kind", texts(&["odd", "common"]))],
    ];
    let orders: [&[(&str, bool)]; 8] = [
        &[],
        &[("id", true)],
        &[("n", false)],
        &[("n", true)],
        &[("rare", false)],
        &[("rare", true)],
        &[("status", true), ("n", false)],
        &[("plain", true)],
    ];
    let pair = |filters: &Vec<Filter>| {
        let query = |order: &&[(&'static str, bool)]| ListQuery {
            filters: filters.clone(),
            order: order.to_vec(),
            ..ListQuery::default()
        };
        orders.iter().map(query).collect::<Vec<_>>()
    };
    filters.iter().flat_map(pair).collect()
}

#[test]
fn every_filter_in_every_order_lists_what_it_should() {
    each(|database, items| {
        for query in queries() {
            let expected = sorted(items, &query);
            for source in [WHOLE.into(), JOINED] {
                assert_eq!(all(database, source, &query), expected, "{query:?}");
                for offset in [0, 3, expected.len() / 2, expected.len().saturating_sub(2)] {
                    let query = ListQuery { offset: offset as u64, limit: 5, ..query.clone() };
                    let page = page(database, source, &query);
                    let rest: Vec<Uuid> = expected.iter().copied().skip(offset).take(5).collect();
                    assert_eq!(page.items, rest, "{query:?}");
                    assert_eq!(page.count, expected.len() as u64, "{query:?}");
                    assert_eq!(page.follows, offset + 5 < expected.len());
                    assert_eq!(page.last, rest.last().map(|id| Value::Uuid(*id)));
                }
            }
        }
    });
}

#[test]
fn columns_that_are_joined_filter_and_order_too() {
    each(|database, items| {
        let heavy = filter("weight", Op::Gte(Value::Int(12)));
        for order in [vec![], vec![("weight", false)], vec![("weight", true), ("n", true)]] {
            let query = ListQuery { filters: vec![heavy.clone()], order, ..ListQuery::default() };
            let expected = sorted(items, &query);
            assert_eq!(all(database, JOINED, &query), expected);
            let page = page(database, JOINED, &query);
            assert_eq!((page.count, &page.items[..]), (expected.len() as u64, &expected[..20]));
        }
    });
}

#[test]
fn pages_begin_behind_an_id() {
    each(|database, items| {
        for (filters, down) in [
            (vec![], false),
            (vec![], true),
            (vec![filter("status", texts(&["open"]))], false),
            (vec![filter("kind", texts(&["odd"]))], true),
        ] {
            let query = ListQuery { filters, order: vec![("id", down)], limit: 700, offset: 0 };
            let expected = sorted(items, &query);
            let mut found: Vec<Uuid> = Vec::new();
            let mut next = query.clone();
            loop {
                let page = page(database, WHOLE.into(), &next);
                assert_eq!(page.count, expected.len() as u64);
                found.extend(&page.items);
                let (true, Some(last)) = (page.follows, page.last) else { break };
                next = query.clone();
                next.filters.push(filter("id", Op::After(last)));
            }
            assert_eq!(found, expected);
            let distinct: HashSet<_> = found.iter().collect();
            assert_eq!(distinct.len(), found.len());
        }
        let query = ListQuery {
            filters: vec![filter("id", Op::After(Value::Uuid(TENANT)))],
            order: vec![("n", false)],
            ..ListQuery::default()
        };
        let read = move |tx: &mut florin_storage::Tx| {
            tx.list(WHOLE, params![TENANT], &query, |row| row.get::<Uuid>("id"))
        };
        let refused = database.db.read_blocking::<_, StorageError>(read);
        assert!(matches!(refused, Err(StorageError::BadQuery { .. })));
    });
}

#[test]
fn a_list_ends_where_its_reader_says() {
    each(|database, _| {
        for query in [
            ListQuery::default(),
            ListQuery { filters: vec![filter("status", texts(&["old"]))], ..ListQuery::default() },
            ListQuery { order: vec![("plain", false)], ..ListQuery::default() },
        ] {
            let read = move |tx: &mut florin_storage::Tx| {
                let mut seen = 0;
                tx.list_each(WHOLE, params![TENANT], &query, |_| {
                    seen += 1;
                    if seen == 7 { Err(StorageError::Stopped) } else { Ok(()) }
                })?;
                Ok::<_, StorageError>(seen)
            };
            assert_eq!(database.db.read_blocking(read).expect("stopped"), 7);
        }
    });
}

/// The plans of a page, on one engine.
fn plans(database: &TestDb, query: &ListQuery) -> Vec<Plan> {
    let query = query.clone();
    let read = move |tx: &mut florin_storage::Tx| {
        plans_of(tx, |tx| tx.list(JOINED, params![TENANT], &query, |row| row.get::<Uuid>("id")))
    };
    database.db.read_blocking::<_, StorageError>(read).expect("plans")
}

#[test]
fn narrow_lists_go_by_their_filter_and_wide_ones_by_their_order() {
    each(|database, _| {
        let check = |filters: Vec<Filter>, order: Vec<(&'static str, bool)>, index: &str| {
            let query = ListQuery { filters, order, ..ListQuery::default() };
            let plans = plans(database, &query);
            let keys = plans.last().expect("the statement that finds the ids");
            let lines = keys.lines.join("\n");
            assert!(lines.contains(index), "{keys:#?}");
            assert!(!lines.contains("Seq Scan"), "{keys:#?}");
        };
        let by_key = if database.name == "sqlite" { "PRIMARY KEY" } else { "item_pkey" };
        let odd = || vec![filter("kind", texts(&["odd"]))];
        let open = || vec![filter("status", texts(&["open"]))];
        check(vec![filter("status", texts(&["old"]))], vec![], "item_status");
        check(vec![filter("status", texts(&["old"]))], vec![("n", true)], "item_status");
        check(odd(), vec![], "item_kind");
        check(odd(), vec![("plain", false)], "item_kind");
        check([open(), vec![filter("n", Op::Lte(Value::Int(30)))]].concat(), vec![], "item_n");
        check(vec![], vec![], by_key);
        check(vec![], vec![("n", true)], "item_n");
        check(open(), vec![("n", false)], "item_n");
        if database.name == "sqlite" {
            check(open(), vec![], "item_status");
        }
    });
}

#[test]
fn the_length_of_a_long_list_is_remembered_and_its_end_is_exact() {
    each(|database, items| {
        let query = ListQuery { limit: 10, ..ListQuery::default() };
        assert_eq!(page(database, WHOLE.into(), &query).count, ROWS as u64);
        let gone: Vec<Uuid> = items.iter().rev().take(15).map(|item| item.0).collect();
        let gone = Value::uuids(gone);
        let delete = "DELETE FROM item WHERE tenant_id = ?1 AND id = ANY(?2)";
        let deleted =
            database.db.write_blocking(move |tx| tx.execute(delete, params![TENANT, gone.clone()]));
        assert_eq!(deleted.expect("deleted"), 15);
        // However old the count is, the last page knows that it is the last.
        let last = ListQuery { offset: ROWS as u64 - 20, ..query.clone() };
        let page = page(database, WHOLE.into(), &last);
        assert_eq!((page.items.len(), page.count, page.follows), (5, ROWS as u64 - 15, false));
    });
}

#[test]
fn what_passes_may_all_lie_at_the_far_end() {
    const MANY: i64 = 27_000;
    let tenant = Uuid::from_u128(3);
    for database in databases(&[SET]) {
        let row = move |number: i64| {
            let id = Uuid::from_u128(1_000 + number as u128);
            let plain = number % 5;
            [
                Value::from(tenant),
                id.into(),
                "new".into(),
                number.into(),
                Value::Null,
                plain.into(),
                "odd".into(),
            ]
        };
        let insert = move |tx: &mut florin_storage::Tx| tx.insert_many(&ITEMS, (0..MANY).map(row));
        database.db.write_blocking(insert).expect("rows");
        let query = ListQuery {
            filters: vec![
                filter("n", Op::Gte(Value::Int(MANY - 6_000))),
                filter("plain", Op::Lte(Value::Int(4))),
            ],
            ..ListQuery::default()
        };
        let asked = query.clone();
        let read = move |tx: &mut florin_storage::Tx| {
            tx.list(WHOLE, params![tenant], &asked, |row| row.get::<Uuid>("id"))
        };
        let page = database.db.read_blocking::<_, StorageError>(read).expect("a page");
        let expected = (0..20).map(|n| Uuid::from_u128(1_000 + (MANY - 6_000 + n) as u128));
        assert_eq!(page.items, expected.collect::<Vec<_>>());
        assert_eq!((page.count, page.follows), (6_000, true));
        let read = move |tx: &mut florin_storage::Tx| {
            plans_of(tx, |tx| tx.list(WHOLE, params![tenant], &query, |_| Ok(())))
        };
        let plans = database.db.read_blocking::<_, StorageError>(read).expect("plans");
        let last = plans.last().expect("a statement").lines.join("\n");
        if database.name == "sqlite" {
            assert!(last.contains("item_n"), "{last}");
        }
    }
}
