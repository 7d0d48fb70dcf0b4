use super::*;

fn check(body: &str, expected: &[(u32, &str)]) {
    let faults = read(body.as_bytes(), "ExternalAccount").expect_err(body);
    let found: Vec<(u32, &str)> =
        faults.iter().map(|fault| (fault.code, fault.message.as_str())).collect();
    assert_eq!(found, expected, "{body}");
}

/// Each of the document's own examples, in the shape that its line and position give it.
#[test]
fn the_documents_examples() {
    let lines = |count: usize| "{\n".to_owned() + &"\n".repeat(count - 2);
    let with = |line: usize, text: &str| lines(line) + text;
    let head = |line: usize, name: &str, rest: &str| {
        lines(line - 1) + &format!("    \"{name}\":\"x\",\n{rest}")
    };
    check(
        &head(13, "targetDate", "    tag\": \"x\"\n}"),
        &[(
            59901,
            "Invalid JavaScript property identifier character: \". Path 'targetDate', line 13, position 7.",
        )],
    );
    check(
        &head(13, "targetDate", "    \"tag: \"Some value\"\n}"),
        &[(59902, "Expected ':' but got: S. Path 'targetDate', line 13, position 11.")],
    );
    check(
        &head(11, "tag", "    \"customField1\"= \"x\"\n}"),
        &[(
            59903,
            "Invalid character after parsing property name. Expected ':' but got: =. Path 'tag', line 11, position 18.",
        )],
    );
    check(
        &with(10, "    \"tag\":NULL\n}"),
        &[(59905, "Error parsing NaN value. Path 'tag', line 10, position 10.")],
    );
    check(
        "{\n    \"customerId\":12345;\n}",
        &[(
            59906,
            "After parsing a value an unexpected character was encountered: ;. Path 'customerId', line 2, position 22.",
        )],
    );
    check(
        &with(15, "\"type\":\"x\"").replace("\"type\":\"x\"", "\"type\":\"x\"\n "),
        &[
            (59950, "Unexpected end when deserializing object. Path 'type', line 16, position 1."),
            (
                59957,
                "Missing a closing curly brace. Specifics: Unexpected end when deserializing object. Path 'type', line 16, position 1.",
            ),
        ],
    );
    check(
        "\n   \"customerId\":\"456\"\n}",
        &[
            (
                59951,
                "Error converting value \"customerId\" to type 'ExternalAccount'. Path '', line 2, position 15.",
            ),
            (
                59958,
                "Missing an opening curly brace. Specifics: Error converting value \"customerId\" to type 'ExternalAccount'. Path '', line 2, position 15.",
            ),
        ],
    );
}

#[test]
fn other_faults_are_generic() {
    check(
        "[1]",
        &[(
            59999,
            "Cannot deserialize a JSON array into type 'ExternalAccount', which is an object. Path '', line 1, position 1.",
        )],
    );
    check(
        "<x>",
        &[(
            59949,
            "Unexpected character encountered while parsing value: <. Path '', line 1, position 0.",
        )],
    );
    check(
        r#"{"a":1} x"#,
        &[(
            59949,
            "Additional text encountered after finished reading JSON content: x. Path '', line 1, position 8.",
        )],
    );
    check(
        r#"{"a":"x"#,
        &[(59949, "Unterminated string. Expected delimiter: \". Path 'a', line 1, position 7.")],
    );
    check(
        r#"{"a":"\q"}"#,
        &[(59949, r"Bad JSON escape sequence: \q. Path 'a', line 1, position 8.")],
    );
    check(
        r#"{"a":"\u00g0"}"#,
        &[(59949, r"Bad JSON escape sequence: \u00g. Path 'a', line 1, position 11.")],
    );
    check(r#"{"a":nul}"#, &[(59949, "Error parsing null value. Path 'a', line 1, position 5.")]);
    check(
        r#"{"a":True}"#,
        &[(
            59949,
            "Unexpected character encountered while parsing value: T. Path 'a', line 1, position 5.",
        )],
    );
    check(
        r#"{"a":truely}"#,
        &[(59949, "Error parsing boolean value. Path 'a', line 1, position 5.")],
    );
    check(
        r#"{"a":1"b":2}"#,
        &[(
            59949,
            "Unexpected character encountered while parsing number: \". Path 'a', line 1, position 6.",
        )],
    );
    check(
        "{\"a\":\"1\"\r\n\"b\":2}",
        &[(
            59949,
            "After parsing a value an unexpected character was encountered: \". Path 'a', line 2, position 0.",
        )],
    );
}

#[test]
fn faults_within_lists_and_objects_are_found_too() {
    check(
        r#"{"p":[{"n":"1"},{"n":"2";}]}"#,
        &[(
            59906,
            "After parsing a value an unexpected character was encountered: ;. Path 'p[1].n', line 1, position 24.",
        )],
    );
    check(
        r#"{"p":["1""#,
        &[(59949, "Unexpected end when deserializing array. Path 'p[0]', line 1, position 9.")],
    );
    check(
        r#"{"a b":{"c":"#,
        &[
            (
                59950,
                "Unexpected end when deserializing object. Path '['a b'].c', line 1, position 12.",
            ),
            (
                59957,
                "Missing a closing curly brace. Specifics: Unexpected end when deserializing object. Path '['a b'].c', line 1, position 12.",
            ),
        ],
    );
    check(
        r#"{"a":1,=}"#,
        &[(59949, "Invalid property identifier character: =. Path 'a', line 1, position 7.")],
    );
    let deep = format!("{{\"a\":{}", "[".repeat(40));
    let found = read(deep.as_bytes(), "x").expect_err("too deep");
    assert_eq!(found[0].code, 59999, "{found:?}");
    let found = read(b"{\"a\":\"\xff\"}", "x").expect_err("no text");
    assert_eq!(found, [Fault::new(59949, "The body is not UTF-8: byte 6 is no part of a text.")]);
}

#[test]
fn what_clients_came_to_rely_on_is_read() {
    let members = |body: &str| read(body.as_bytes(), "x").expect(body);
    for empty in ["", " \r\n", "{}", "null", "\u{feff}{ }"] {
        assert_eq!(members(empty), Members::default(), "{empty:?}");
    }
    let text = |body: &str, name: &str| members(body).get(name).map(|node| node.value.clone());
    let some = |text: &str| Some(Value::Text(text.to_owned()));
    assert_eq!(text(r#"{"a":"x",}"#, "a"), some("x"));
    assert_eq!(text(r#"{a: 'x"y'}"#, "a"), some("x\"y"));
    assert_eq!(text(r#"{"NICKNAME":"x"}"#, "nickName"), some("x"));
    assert_eq!(text(r#"{"nickname":"x","nickName":"y","NickName":"z"}"#, "nickName"), some("y"));
    assert_eq!(text(r#"{"a":"x","a":"y"}"#, "a"), some("y"));
    assert_eq!(text(r#"{"a":"\u00e9\ud83d\ude00\n\/\ud83d"}"#, "a"), some("é😀\n/\u{fffd}"));
    assert_eq!(text(r#"{"a":021000021}"#, "a"), Some(Value::Number("021000021".to_owned())));
    assert_eq!(text(r#"{"a":11..04}"#, "a"), Some(Value::Number("11..04".to_owned())));
    assert_eq!(text(r#"{"b":null}"#, "b"), Some(Value::Null));
    assert_eq!(text(r#"{"b":true}"#, "c"), None);
}

#[test]
fn no_body_is_too_odd() {
    // Every prefix of a body and every body with one character replaced is answered, not panicked on.
    let body = "{\"a\": [1, {'b': \"\\ud83d\\u00e9\", c: NaN}], \"d\": -1.5e3,\r\n\"é\": null, }";
    for (at, char) in body.char_indices() {
        let _ = read(&body.as_bytes()[..at], "x");
        for other in ['{', '}', '[', ']', '"', '\'', ':', ',', ';', '\\', 'u', 'N', ' ', '\r', 'é']
        {
            let changed = format!("{}{other}{}", &body[..at], &body[at + char.len_utf8()..]);
            let _ = read(changed.as_bytes(), "x");
        }
        let _ = read(&body.as_bytes()[at..], "x");
    }
    for byte in 0..body.len() {
        let _ = read(&body.as_bytes()[..byte], "x");
    }
}
