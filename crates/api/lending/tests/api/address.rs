//! `/api/v1/end-user/{end_user_pk}/address/`.

use serde_json::{Value, json};

use crate::app::{Client, id, on_each_engine};
use crate::change::{delete, patch, put};
use crate::scenario;

const END_USERS: &str = "/api/v1/end-user/";
const PARTS: [&str; 6] =
    ["address_line_1", "address_line_2", "address_line_3", "city", "postal_code", "country"];

/// An end user who lives in Example Town since an unknown day, and the path of its addresses.
async fn resident(client: &Client) -> (String, String) {
    let body = json!({
        "first_name": "John", "last_name": "Blond", "address_line_1": "Example Mension",
        "address_line_2": "3 Example Lane", "city": "Example Town", "postal_code": "cd24hd", "country": "gb"
    });
    let id = id(&client.post(END_USERS, body).await.expect(201));
    (format!("{END_USERS}{id}/"), format!("{END_USERS}{id}/address/"))
}

/// An address in York.
fn york() -> Value {
    json!({"address_line_1": "1 Shambles", "city": "York", "postal_code": "YO1 7LZ", "country": "GB"})
}

fn with(mut base: Value, changes: Value) -> Value {
    if let (Some(base), Value::Object(changes)) = (base.as_object_mut(), changes) {
        base.extend(changes);
    }
    base
}

/// The history, oldest record first: city, day of moving in, day of moving out.
async fn history(client: &Client, path: &str) -> String {
    let list = client.get(path).await.expect(200);
    let results = list["results"].as_array().expect("results");
    let line = |address: &Value| {
        let moved_out = &address["moved_out"];
        assert_eq!(address["is_current"], moved_out.is_null());
        let date = |date: &Value| date.as_str().unwrap_or("-").to_owned();
        let city = address["city"].as_str().expect("a city");
        format!("{city} {} {}", date(&address["moved_in"]), date(moved_out))
    };
    results.iter().map(line).collect::<Vec<_>>().join(", ")
}

/// Checks that the end user's own fields repeat the current address.
#[track_caller]
fn shows(end_user: &Value, address: &Value) {
    for part in PARTS {
        assert_eq!(end_user[part], address[part], "{part}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_users_first_address_begins_the_history() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let (end_user, path) = resident(&client).await;
        let list = client.get(&path).await.expect(200);
        let address = list["results"][0].clone();
        let expected = json!({
            "id": address["id"], "end_user": client.get(&end_user).await.expect(200)["id"],
            "address_line_1": "Example Mension", "address_line_2": "3 Example Lane", "address_line_3": "",
            "city": "Example Town", "postal_code": "CD2 4HD", "country": "GB",
            "moved_in": null, "moved_out": null, "is_current": true
        });
        assert_eq!(list, json!({"count": 1, "next": null, "previous": null, "results": [expected]}));
        let one = format!("{path}{}/", id(&address));
        assert_eq!(client.get(&one).await.expect(200), address);
        shows(&client.get(&end_user).await.expect(200), &address);
        let nobody = scenario::end_user(&client).await;
        let nothing = format!("{END_USERS}{nobody}/address/");
        assert_eq!(client.get(&nothing).await.expect(200)["count"], 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_address_is_what_the_end_user_has() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let (end_user, path) = resident(&client).await;
        let moved = client.post(&path, with(york(), json!({"moved_in": "2022-08-01"}))).await.expect(201);
        assert_eq!((moved["is_current"].as_bool(), moved["moved_in"].as_str()), (Some(true), Some("2022-08-01")));
        shows(&client.get(&end_user).await.expect(200), &moved);
        assert_eq!(history(&client, &path).await, "Example Town - 2022-08-01, York 2022-08-01 -");
        // Without a date it is the business date, 1 January 2023.
        let leeds = with(york(), json!({"city": "Leeds", "postal_code": "LS1 1UR"}));
        shows(&client.get(&end_user).await.expect(200), &moved);
        let moved = client.post(&path, leeds).await.expect(201);
        shows(&client.get(&end_user).await.expect(200), &moved);
        let past = json!({
            "address_line_1": "2 Early Street", "city": "Bath", "moved_in": "2010-01-01", "moved_out": "2015-06-30"
        });
        assert_eq!(client.post(&path, past).await.expect(201)["is_current"], false);
        shows(&client.get(&end_user).await.expect(200), &moved);
        let expected = "Example Town - 2022-08-01, York 2022-08-01 2023-01-01, Leeds 2023-01-01 -, \
                        Bath 2010-01-01 2015-06-30";
        assert_eq!(history(&client, &path).await, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_end_users_own_fields_is_a_move() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let (end_user, path) = resident(&client).await;
        // The same address in other letters, and anything but the address, is none.
        let same = json!({"postal_code": "CD2  4hd", "country": "UK", "email": "john@example.com"});
        patch(&client, &end_user, same).await.expect(200);
        assert_eq!(history(&client, &path).await, "Example Town - -");
        let moved = patch(&client, &end_user, york()).await.expect(200);
        let expected = "Example Town - 2023-01-01, York 2023-01-01 -";
        assert_eq!(history(&client, &path).await, expected);
        let current = client.get(&format!("{path}?is_current=true")).await.expect(200);
        shows(&moved, &current["results"][0]);
        assert_eq!(moved["address_line_2"], "3 Example Lane");
        let nowhere =
            put(&client, &end_user, json!({"first_name": "J", "last_name": "B"})).await.expect(200);
        assert_eq!(nowhere["city"], "");
        assert_eq!(
            history(&client, &path).await,
            "Example Town - 2023-01-01, York 2023-01-01 2023-01-01"
        );
        let refused =
            patch(&client, &end_user, json!({"country": "GB", "postal_code": "nowhere"})).await;
        let expected = json!({"postal_code": ["Enter a UK postcode, such as SW1Y 4JH."]});
        assert_eq!(refused.expect(400), expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_no_move() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let (end_user, path) = resident(&client).await;
        client.post(&path, with(york(), json!({"moved_in": "2022-08-01"}))).await.expect(201);
        let list = client.get(&path).await.expect(200);
        let (first, second) = (id(&list["results"][0]), id(&list["results"][1]));
        let (first, second) = (format!("{path}{first}/"), format!("{path}{second}/"));
        let corrected =
            patch(&client, &second, json!({"address_line_1": "2 Shambles"})).await.expect(200);
        assert_eq!(corrected["moved_in"], "2022-08-01");
        shows(&client.get(&end_user).await.expect(200), &corrected);
        let replaced = put(&client, &second, york()).await.expect(200);
        assert_eq!(replaced["moved_in"], Value::Null);
        shows(&client.get(&end_user).await.expect(200), &replaced);
        // An address of the past changes nothing but itself.
        patch(&client, &first, json!({"city": "Other Town", "moved_in": "2019-05-01"}))
            .await
            .expect(200);
        shows(&client.get(&end_user).await.expect(200), &replaced);
        let refused = patch(&client, &first, json!({"moved_out": null})).await.expect(400);
        let message = "Another address is the current one: this one needs the day of moving out.";
        assert_eq!(refused, json!({"moved_out": [message]}));
        assert_eq!(put(&client, &first, york()).await.expect(400), json!({"moved_out": [message]}));
        // Whoever has left has no address until there is another.
        patch(&client, &second, json!({"moved_out": "2022-12-31"})).await.expect(200);
        assert_eq!(client.get(&end_user).await.expect(200)["city"], "");
        let back = patch(&client, &first, json!({"moved_out": null})).await.expect(200);
        shows(&client.get(&end_user).await.expect(200), &back);
        assert_eq!(history(&client, &path).await, "Other Town 2019-05-01 -, York - 2022-12-31");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_current_address_the_one_before_holds() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let (end_user, path) = resident(&client).await;
        let past =
            json!({"address_line_1": "2 Early Street", "city": "Bath", "moved_out": "2015-06-30"});
        let past = client.post(&path, past).await.expect(201);
        let moved = client.post(&path, york()).await.expect(201);
        delete(&client, &format!("{path}{}/", id(&moved))).await.is(204, "");
        assert_eq!(history(&client, &path).await, "Example Town - -, Bath - 2015-06-30");
        let current = client.get(&format!("{path}?is_current=true")).await.expect(200);
        shows(&client.get(&end_user).await.expect(200), &current["results"][0]);
        // One of the past leaves the current one alone.
        delete(&client, &format!("{path}{}/", id(&past))).await.is(204, "");
        assert_eq!(client.get(&end_user).await.expect(200)["city"], "Example Town");
        let last = format!("{path}{}/", id(&current["results"][0]));
        delete(&client, &last).await.is(204, "");
        assert_eq!(client.get(&end_user).await.expect(200)["city"], "");
        delete(&client, &last).await.is(404, r#"{"detail":"Not found."}"#);
        assert_eq!(history(&client, &path).await, "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_checked() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let (end_user, path) = resident(&client).await;
        let check = async |body: Value, expected: Value| {
            assert_eq!(client.post(&path, body).await.expect(400), expected);
        };
        check(json!({}), json!({"address_line_1": ["This field is required."]})).await;
        check(
            json!({
                "address_line_1": " ", "address_line_2": 5, "city": "x".repeat(256), "postal_code": "12345",
                "country": "GBR", "moved_in": "2023-01-02", "moved_out": "yesterday"
            }),
            json!({
                "address_line_1": ["This field may not be blank."],
                "address_line_2": ["Not a valid string."],
                "city": ["Ensure this field has no more than 255 characters."],
                "country": ["Enter a two-letter country code."],
                "moved_in": ["Ensure this date is not after 2023-01-01."],
                "moved_out": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."]
            }),
        )
        .await;
        let postcode = json!({"postal_code": ["Enter a UK postcode, such as SW1Y 4JH."]});
        check(with(york(), json!({"postal_code": "YO1"})), postcode).await;
        let backwards = with(york(), json!({"moved_in": "2020-02-02", "moved_out": "2020-02-01"}));
        check(backwards, json!({"moved_out": ["Ensure this date is not before 2020-02-02."]})).await;
        client.post(&path, with(york(), json!({"moved_in": "2022-08-01"}))).await.expect(201);
        let message = "Ensure this date is not before 2022-08-01, when the current address began, or give moved_out.";
        check(with(york(), json!({"moved_in": "2022-07-31"})), json!({"moved_in": [message]})).await;
        assert_eq!(history(&client, &path).await, "Example Town - 2022-08-01, York 2022-08-01 -");
        assert_eq!(client.get(&end_user).await.expect(200)["city"], "York");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_their_end_users() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let (_, path) = resident(&client).await;
        let address = id(&client.get(&path).await.expect(200)["results"][0]);
        let (_, other) = resident(&client).await;
        let thief = app.tenant("Thief").await;
        let (own, _) = resident(&thief).await;
        let unknown = format!("{END_USERS}01890000-0000-7000-8000-000000000000/address/");
        for (who, path) in [
            (&client, other),
            (&client, unknown.clone()),
            (&client, format!("{END_USERS}x/address/")),
            (&thief, path.clone()),
            (&thief, format!("{own}address/")),
        ] {
            let one = format!("{path}{address}/");
            for answer in [
                who.get(&one).await,
                put(who, &one, york()).await,
                patch(who, &one, json!({})).await,
                delete(who, &one).await,
            ] {
                answer.is(404, r#"{"detail":"Not found."}"#);
            }
        }
        for (who, path) in [(&client, &unknown), (&thief, &path)] {
            who.get(path).await.is(404, r#"{"detail":"Not found."}"#);
            who.get(&format!("{path}?format=csv")).await.is(404, r#"{"detail":"Not found."}"#);
            who.post(path, york()).await.is(404, r#"{"detail":"Not found."}"#);
        }
        assert_eq!(history(&client, &path).await, "Example Town - -");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_filtered_and_downloaded() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let (_, path) = resident(&client).await;
        client.post(&path, with(york(), json!({"moved_in": "2022-08-01"}))).await.expect(201);
        resident(&client).await;
        for (query, count) in [
            ("", 2),
            ("is_current=true", 1),
            ("is_current=false", 1),
            ("is_current=true,false", 2),
            ("city=York", 1),
            ("postal_code=CD2%204HD,YO1%207LZ", 2),
            ("moved_in__gte=2022-08-01", 1),
            ("moved_out__lte=2022-07-31", 0),
            ("created_at__gte=2023-01-01", 2),
        ] {
            let list = client.get(&format!("{path}?{query}")).await.expect(200);
            assert_eq!(list["count"], count, "{query}");
        }
        let page = client.get(&format!("{path}?limit=1&ordering=-is_current")).await.expect(200);
        assert_eq!((page["results"][0]["city"].as_str(), page["count"].as_u64()), (Some("York"), Some(2)));
        assert!(page["next"].is_string());
        let csv = client.get(&format!("{path}?format=csv&ordering=-city")).await.text;
        let lines: Vec<&str> = csv.lines().collect();
        let header = "id,end_user,address_line_1,address_line_2,address_line_3,city,postal_code,country,moved_in,\
                      moved_out,is_current";
        assert_eq!(lines[0], header);
        let row = |line: &str| line.splitn(3, ',').nth(2).expect("cells").to_owned();
        assert_eq!(row(lines[1]), "1 Shambles,,,York,YO1 7LZ,GB,2022-08-01,,true");
        assert_eq!(row(lines[2]), "Example Mension,3 Example Lane,,Example Town,CD2 4HD,GB,,2022-08-01,false");
        assert_eq!(lines.len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_leave_one_current_address() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let (end_user, path) = resident(&client).await;
        let bodies = (0..8).map(|n| with(york(), json!({"city": format!("City {n}")})));
        let sent = bodies.map(|body| {
            let (client, path) = (client.clone(), path.clone());
            tokio::spawn(async move { client.post(&path, body).await.expect(201) })
        });
        for task in sent.collect::<Vec<_>>() {
            task.await.expect("an answer");
        }
        let current = client.get(&format!("{path}?is_current=true")).await.expect(200);
        assert_eq!(current["count"], 1);
        shows(&client.get(&end_user).await.expect(200), &current["results"][0]);
        assert_eq!(client.get(&path).await.expect(200)["count"], 9);
    })
    .await;
}
