//! The methods that change a thing, for the tests of what can be changed.

use reqwest::Method;
use serde_json::Value;

use crate::app::{Answer, Client};

/// PUT of JSON.
pub async fn put(client: &Client, path: &str, body: Value) -> Answer {
    client.send(client.request(Method::PUT, path).json(&body)).await
}

/// PATCH of JSON.
pub async fn patch(client: &Client, path: &str, body: Value) -> Answer {
    client.send(client.request(Method::PATCH, path).json(&body)).await
}

/// DELETE.
pub async fn delete(client: &Client, path: &str) -> Answer {
    client.send(client.request(Method::DELETE, path)).await
}

/// The object without its id, which differs from run to run.
#[track_caller]
pub fn without_id(mut body: Value) -> Value {
    let id = body.as_object_mut().and_then(|object| object.remove("id"));
    assert!(id.as_ref().is_some_and(Value::is_string), "no id: {body}");
    body
}

/// Checks that two values have the same keys and the same JSON types, all the way down.
#[track_caller]
pub fn same_shape(path: &str, found: &Value, expected: &Value) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            let keys =
                |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(found), keys(expected), "{path}");
            for (key, value) in found {
                same_shape(&format!("{path}.{key}"), value, &expected[key]);
            }
        }
        (Value::Array(found), Value::Array(expected)) if !expected.is_empty() => {
            for (index, value) in found.iter().enumerate() {
                same_shape(&format!("{path}[{index}]"), value, &expected[0]);
            }
        }
        _ => assert_eq!(
            std::mem::discriminant(found),
            std::mem::discriminant(expected),
            "{path}: {found} is not of the type of {expected}"
        ),
    }
}
