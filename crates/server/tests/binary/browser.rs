//! As much of a browser as it takes to fill in the page on which an end user gives a mandate.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// The details that are filled in, but for the account number.
const DETAILS: &[(&str, &str)] = &[
    ("payer", "person"),
    ("given_name", "Ada"),
    ("family_name", "Lovelace"),
    ("email", "ada@example.com"),
    ("address_line1", "1 High Street"),
    ("city", "London"),
    ("postal_code", "N1 1AA"),
    ("account_holder_name", "A Lovelace"),
    ("sort_code", "200000"),
    ("authorised", "yes"),
];

/// Gives a mandate on the page behind `link`, over this account.
pub fn give_mandate(server: SocketAddr, link: &str, account_number: &str) {
    let path = format!("/{}", link.splitn(4, '/').nth(3).unwrap());
    let form = ask(server, "GET", &path, None, "");
    let cookie = between(&form, "set-cookie: ", ";").to_owned();
    let proof = between(&form, "name=\"proof\" value=\"", "\"").to_owned();
    let account = [("account_number", account_number)];
    let filled_in: Vec<(&str, &str)> = DETAILS.iter().copied().chain(account).collect();
    let pressed = |button, more: &[(&str, &str)]| {
        let fixed = [("proof", proof.as_str()), ("action", button)];
        let body: Vec<String> = fixed.iter().chain(more).map(encoded).collect();
        ask(server, "POST", &path, Some(&cookie), &body.join("&"))
    };
    let check = pressed("check", &filled_in);
    assert!(check.contains("Check your details"), "{check}");
    let details = between(&check, "name=\"details\" value=\"", "\"").to_owned();
    let confirmed = pressed("confirm", &[("details", &details)]);
    assert!(confirmed.starts_with("HTTP/1.1 303"), "{confirmed}");
    let done = ask(server, "GET", &format!("{path}/wait"), Some(&cookie), "");
    assert!(done.contains("Your Direct Debit is set up"), "{done}");
}

/// One request on a connection of its own; answers head and body, the names of the headers in lower case.
fn ask(server: SocketAddr, method: &str, path: &str, cookie: Option<&str>, body: &str) -> String {
    let mut stream = TcpStream::connect(server).unwrap();
    let cookie = cookie.map(|it| format!("Cookie: {it}\r\n")).unwrap_or_default();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n{cookie}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn encoded((name, value): &(&str, &str)) -> String {
    let mut text = format!("{name}=");
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                text.push(char::from(byte));
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1;
    rest.split(after).next().unwrap_or_default()
}
