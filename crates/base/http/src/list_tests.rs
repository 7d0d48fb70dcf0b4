use super::*;
use axum::response::IntoResponse;

const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "status", column: "status", kind: Kind::Text },
    Field { name: "amount", column: "amount_minor", kind: Kind::Money },
    Field { name: "rate", column: "rate_micro", kind: Kind::Rate },
    Field { name: "installments", column: "installments", kind: Kind::Int },
    Field { name: "enabled", column: "enabled", kind: Kind::Bool },
    Field { name: "date", column: "effective_on", kind: Kind::Date },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
];

fn request(query: &str) -> ListRequest {
    let uri = format!("/x/?{query}").parse().expect("a URI");
    let pairs = axum::extract::Query::try_from_uri(&uri).expect("a query string");
    ListRequest { pairs: pairs.0, url: "http://h/x/".to_owned(), accepts_csv: false }
}

fn gbp() -> Currency {
    Currency::from_code("GBP").expect("a known currency")
}

#[test]
fn filters_are_read_by_the_kind_of_their_field() {
    let check = |query: &str, expected: &str| {
        let query = request(query).query(FIELDS, gbp()).expect("a good query");
        let shown: Vec<String> = query
            .filters
            .iter()
            .map(|filter| match &filter.op {
                Op::In(values) => format!("{} in {values:?}", filter.column),
                Op::Gte(value) => format!("{} >= {value:?}", filter.column),
                Op::Lte(value) => format!("{} <= {value:?}", filter.column),
                Op::After(value) => format!("{} after {value:?}", filter.column),
            })
            .collect();
        assert_eq!(shown.join("; "), expected);
    };
    check("", "");
    check("unknown=1&amount__foo=2&status__gte=a&status=", "");
    check("status=active,late", r#"status in [Text("active"), Text("late")]"#);
    check("amount=10.5,1000", "amount_minor in [Int(1050), Int(100000)]");
    check("amount__gte=0.01", "amount_minor >= Int(1)");
    check("rate__lte=12.5", "rate_micro <= Int(12500000)");
    check("installments=6&enabled=True", "installments in [Int(6)]; enabled in [Int(1)]");
    check("date__gte=2026-01-31", r#"effective_on >= Text("2026-01-31")"#);
    check("created_at__gte=1970-01-02", "created_at >= Int(86400000000)");
    check("created_at__lte=1970-01-01", "created_at <= Int(86399999999)");
    check("created_at__gte=1970-01-01T01:00:00%2B01:00", "created_at >= Int(0)");
    check("created_at__gte=1970-01-01T00:00:01", "created_at >= Int(1000000)");
}

#[test]
fn pages_and_orders() {
    let query = request("ordering=-amount,id&limit=1000&offset=40").query(FIELDS, gbp());
    let query = query.expect("a good query");
    assert_eq!(query.order, [("amount_minor", true), ("id", false)]);
    assert_eq!((query.limit, query.offset), (1000, 40));
    let query = request("").query(FIELDS, gbp()).expect("a good query");
    assert_eq!((query.limit, query.offset), (20, 0));
    assert!(query.order.is_empty());
}

#[tokio::test]
async fn all_bad_parameters_are_named() {
    let query = "limit=0&offset=-1&amount__gte=x&id=1&enabled=maybe&date=1-1-1&ordering=no\
                 &created_at=soon&installments=1.5&amount=10.505&format=xml";
    let error = request(query).query(FIELDS, gbp()).expect_err("refused");
    assert_eq!(error.status().as_u16(), 400);
    let bytes = axum::body::to_bytes(error.into_response().into_body(), 10_000).await;
    let body: serde_json::Value = serde_json::from_slice(&bytes.expect("a body")).expect("JSON");
    let mut names: Vec<&str> =
        body.as_object().expect("a map").keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = [
        "amount",
        "amount__gte",
        "created_at",
        "date",
        "enabled",
        "format",
        "id",
        "installments",
        "limit",
        "offset",
        "ordering",
    ];
    assert_eq!(names, expected);
    let too_many = request("limit=1001").query(FIELDS, gbp());
    assert!(too_many.is_err());
}

#[test]
fn links_lead_to_the_neighbours() {
    let last = Value::Int(7);
    let check = |query: &str, follows: bool, next: Option<&str>, previous: Option<&str>| {
        let request = request(query);
        let query = request.query(FIELDS, gbp()).expect("a good query");
        let page = Page { count: 2_000, items: vec![1, 2], follows, last: Some(last.clone()) };
        let page = request.page(&query, page, |n| n);
        assert_eq!(page.next.as_deref(), next);
        assert_eq!(page.previous.as_deref(), previous);
    };
    check("", false, None, None);
    check("", true, Some("http://h/x/?limit=20&offset=20"), None);
    check(
        "status=a%26b,c&offset=20",
        true,
        Some("http://h/x/?status=a%26b,c&limit=20&offset=40"),
        Some("http://h/x/?status=a%26b,c&limit=20"),
    );
    // Deep in the list the link tells where the next page begins.
    let id = "00000000-0000-7000-8000-000000000001";
    check(
        &format!("offset=980&after={id}"),
        true,
        Some("http://h/x/?limit=20&offset=1000&after=7"),
        Some("http://h/x/?limit=20&offset=960"),
    );
    check(
        "ordering=amount&offset=980",
        true,
        Some("http://h/x/?ordering=amount&limit=20&offset=1000"),
        Some("http://h/x/?ordering=amount&limit=20&offset=960"),
    );
}

#[test]
fn a_page_begins_behind_an_id_in_the_order_of_ids() {
    let id = "00000000-0000-7000-8000-000000000001";
    for order in ["", "&ordering=-id"] {
        let query = request(&format!("after={id}{order}")).query(FIELDS, gbp());
        let filters = query.expect("a good query").filters;
        let expected = Op::After(Value::Uuid(id.parse().expect("an id")));
        assert_eq!(filters, [Filter { column: "id", op: expected }]);
    }
    for refused in ["after=x".to_owned(), format!("after={id}&ordering=amount")] {
        assert!(request(&refused).query(FIELDS, gbp()).is_err(), "{refused}");
    }
}

#[test]
fn csv_is_wanted_by_name_or_by_header() {
    assert!(request("format=csv").is_csv());
    assert!(!request("format=json").is_csv());
    let by_header = ListRequest { accepts_csv: true, ..request("") };
    assert!(by_header.is_csv());
}
