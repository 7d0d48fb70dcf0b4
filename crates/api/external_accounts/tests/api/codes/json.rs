//! 59900 to 59999: what is wrong with a body. The shapes of all faults stand in the reader's own tests.

use super::Seen;
use crate::app::TestApp;

/// A path, a body, and what is wrong with it.
type Row = (&'static str, &'static str, &'static [(u32, &'static str)]);

const CREATE: &str = "/externalAccount/create";

const ROWS: &[Row] = &[
    (
        "/transfer/create",
        "{\n  \"amount\":\"11..04\"\n}",
        &[(
            59900,
            "Could not convert string to decimal: 11..04. Path 'amount', line 2, position 19.",
        )],
    ),
    (
        CREATE,
        "{\n  \"type\":\"Checking\",\n  tag\":\"x\"\n}",
        &[(
            59901,
            "Invalid JavaScript property identifier character: \". Path 'type', line 3, position 5.",
        )],
    ),
    (
        CREATE,
        "{\n  \"type\":\"Checking\",\n  \"tag:\"x\"\n}",
        &[(59902, "Expected ':' but got: x. Path 'type', line 3, position 8.")],
    ),
    (
        CREATE,
        "{\n  \"type\":\"Checking\",\n  \"tag\"=\"x\"\n}",
        &[(
            59903,
            "Invalid character after parsing property name. Expected ':' but got: =. Path 'type', line 3, position 7.",
        )],
    ),
    (
        CREATE,
        "{\n  \"tag\":[\"x\"]\n}",
        &[(
            59904,
            "Error reading string. Unexpected token: StartArray. Path 'tag', line 2, position 9.",
        )],
    ),
    (
        CREATE,
        "{\n  \"tag\":NULL\n}",
        &[(59905, "Error parsing NaN value. Path 'tag', line 2, position 8.")],
    ),
    (
        CREATE,
        "{\n  \"customerId\":456;\n}",
        &[(
            59906,
            "After parsing a value an unexpected character was encountered: ;. Path 'customerId', line 2, position 18.",
        )],
    ),
    (
        CREATE,
        "customerId=456",
        &[(
            59949,
            "Unexpected character encountered while parsing value: c. Path '', line 1, position 0.",
        )],
    ),
    (
        CREATE,
        "{\n  \"type\":\"Checking\"\n",
        &[
            (59950, "Unexpected end when deserializing object. Path 'type', line 3, position 0."),
            (
                59957,
                "Missing a closing curly brace. Specifics: Unexpected end when deserializing object. Path 'type', line 3, position 0.",
            ),
        ],
    ),
    (
        CREATE,
        "\n\"customerId\":456\n}",
        &[
            (
                59951,
                "Error converting value \"customerId\" to type 'ExternalAccount'. Path '', line 2, position 12.",
            ),
            (
                59958,
                "Missing an opening curly brace. Specifics: Error converting value \"customerId\" to type 'ExternalAccount'. Path '', line 2, position 12.",
            ),
        ],
    ),
    (
        "/customer/create",
        "{\"birthDate\":\"04.07.1976\"}",
        &[(
            59952,
            "Value for property 'birthDate' is not formatted as a valid ISO-8601 DateTime. Example value=2015-01-31T22:43:21.123+00:00",
        )],
    ),
    (
        "/transfer/create",
        "{\"amount\":1,\"isSameDaySettle\":\"maybe\"}",
        &[(
            59953,
            "Value for property 'isSameDaySettle' is not formatted as a valid boolean. Valid values=true,false",
        )],
    ),
    (
        "/transfer/create",
        "{\"amount\":1.234}",
        &[(
            59954,
            "Value for property 'amount' is not formatted as a valid decimal (precision up to 2). Example value=1234.56",
        )],
    ),
    (
        "/externalAccount/verify",
        "{\"amount1\":0.18}",
        &[(
            59954,
            "Value for property 'amount2' is not formatted as a valid decimal (precision up to 2). Example value=1234.56",
        )],
    ),
    (
        CREATE,
        "{\n\"customerId\":12548a\n}",
        &[(
            59956,
            "Value for property 'customerId' is not acceptable. Specifics: Input string '12548a' is not a valid integer. Path 'customerId', line 2, position 19.",
        )],
    ),
    (
        CREATE,
        "[]",
        &[(
            59999,
            "Cannot deserialize a JSON array into type 'ExternalAccount', which is an object. Path '', line 1, position 1.",
        )],
    ),
];

pub async fn check(seen: &mut Seen, app: &TestApp) {
    let bank = app.bank("json").await;
    for (path, body, expected) in ROWS {
        seen.refused_with(bank.post_text(path, body).await, 400, expected);
    }
    let long = format!("{{\"tag\":\"{}\"}}", "x".repeat(2_000_000));
    let text = "The JSON payload is too large: the limit is 1048576 bytes.";
    seen.refused(bank.post_text(CREATE, &long).await, 413, 59949, text);
}
