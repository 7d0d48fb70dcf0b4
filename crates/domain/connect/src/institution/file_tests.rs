use super::*;

fn read_text(text: &str) -> Result<Vec<Row>, Vec<(u32, String)>> {
    let read = read(text.as_bytes(), &|name| name == "simulated" || name == "open_banking");
    read.map_err(|faults| faults.into_iter().map(|it| (it.line, it.message)).collect())
}

const HEADER: &str =
    "code,name,country,url,popularity,routing_numbers,is_disabled_by_client,aggregator\n";

#[test]
fn a_csv_file() {
    let text = format!(
        "{HEADER}\"north_bank\",\"North, \"\"the\"\" Bank\",GB,https://north.example,12,97-12-34;971235,no,open_banking\r\n\
         \n gringotts ,,,,,,true,\n"
    );
    let rows = read_text(&text).expect("a sound file");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].name, "North, \"the\" Bank");
    assert_eq!(rows[0].routing_numbers, ["971234", "971235"]);
    assert!(rows[1].is_disabled_by_client && rows[1].code == "gringotts");
}

#[test]
fn a_json_file() {
    let text = r#"[
      {"code": "north_bank", "name": "North", "country": "GB", "routing_numbers": ["971234"]},
      {"code": "gringotts", "is_disabled_by_client": true}
    ]"#;
    let rows = read_text(text).expect("a sound file");
    assert_eq!((rows.len(), rows[0].aggregator.as_str()), (2, "simulated"));
}

#[test]
fn faults_name_their_lines() {
    let check = |text: &str, expected: &[(u32, &str)]| {
        let faults = read_text(text).expect_err("faults");
        let short: Vec<(u32, &str)> =
            faults.iter().map(|(line, message)| (*line, message.as_str())).collect();
        assert_eq!(short.len(), expected.len(), "{text}: {short:?}");
        for ((line, message), (at, part)) in short.iter().zip(expected) {
            assert!(line == at && message.contains(part), "{text}: {line} {message}");
        }
    };
    check("", &[(0, "no institutions")]);
    check("name\nx\n", &[(1, "\"code\"")]);
    check("code,colour\nx,red\n", &[(2, "colour")]);
    let csv = |rows: &str| format!("{HEADER}{rows}");
    check(&csv("Bad Code,N,GB,,,,,\n"), &[(2, "code")]);
    check(&csv("a,N,GB,http://a.example,,,,\n\nb,N,uk,,,,,\n"), &[(2, "url"), (4, "country")]);
    check(&csv("a,N,GB,,many,,,\n"), &[(2, "popularity")]);
    check(&csv("a,N,GB,,,,maybe,\n"), &[(2, "is_disabled_by_client")]);
    check(&csv("a,N,US,,,299228937,,\n"), &[(2, "routing_numbers")]);
    check(&csv("a,N,GB,,,,,nobody\n"), &[(2, "aggregator")]);
    check(&csv("a,N,GB,,,,,\na,N,GB,,,,,\n"), &[(3, "twice")]);
    check(&csv("a,\"N\nN\",GB,,,,,\nb,,GB,,,,,\n"), &[(4, "name")]);
    check(&csv("a,N,GB\n"), &[(2, "3 columns where 8")]);
    check(&csv("a,\"N,GB\n"), &[(2, "not closed")]);
    check(
        "[\n{\"code\": \"a\",\n\"name\": 1}\n,\n{\"code\": \"b\"}]",
        &[(2, "nvalid type"), (5, "name")],
    );
    check("{\"code\": \"a\"}", &[(1, "list")]);
    check("[1,", &[(1, "list")]);
    check("[]", &[(0, "no institutions")]);
}

#[test]
fn bytes_that_are_no_text() {
    let faults = read(&[0xff, 0xfe], &|_| true).expect_err("faults");
    assert_eq!(faults[0].line, 0);
    let faults = read(&vec![b'a'; BYTES_MAX + 1], &|_| true).expect_err("faults");
    assert!(faults[0].message.contains("larger"));
}

#[test]
fn ids_stay_the_same() {
    let tenant = TenantId::new();
    let row = Row { code: "north".to_owned(), name: "North".to_owned(), ..Row::default() };
    assert_eq!(row.id(tenant), row.own(tenant, false).id);
    assert_ne!(row.id(tenant), row.id(TenantId::new()));
    let guid = "INS-58151a99-59e2-4153-a4c7-a5005d32fe99";
    let named = Row { guid: guid.to_owned(), ..row };
    assert_eq!(format!("INS-{}", named.id(tenant)), guid);
}

proptest::proptest! {
    #[test]
    fn whatever_the_bytes_are(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let _ = read(&bytes, &|_| true);
    }

    #[test]
    fn whatever_the_text_is(text in "(\\[|code,name\n)?[\\[{}\\]:\",a-zé\r\n 0-9]{0,200}") {
        if let Err(faults) = read(text.as_bytes(), &|_| true) {
            let lines = text.matches('\n').count() + 1;
            proptest::prop_assert!(faults.iter().all(|it| it.line as usize <= lines));
        }
    }

    #[test]
    fn whatever_is_typed(name in "\\PC{0,40}", typed in "\\PC{0,120}") {
        let is_word = typed.chars().take(100).any(char::is_alphanumeric);
        let (name, typed) = (search::Name::of(&name), search::Name::of(&typed));
        let _ = name.fit(&typed);
        proptest::prop_assert_eq!(typed.fit(&typed).is_some(), is_word);
    }
}
