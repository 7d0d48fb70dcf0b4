//! Logos of institutions that have none of their own: letters on a colour. The address says everything, so that nothing
//! has to be looked up and a browser may keep them for ever.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;

use crate::page::{FOREVER, file};

/// Where the logo of an institution is.
pub(crate) fn path(name: &str, color: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let letters: String = words.filter_map(|word| word.chars().next()).take(2).collect();
    let letters = letters.to_uppercase();
    let letters: String = form_urlencoded::byte_serialize(letters.as_bytes()).collect();
    let color = color.trim_start_matches('#').to_lowercase();
    format!("/connect/logos/{color}-{letters}.svg")
}

/// `GET /connect/logos/1f4e79-FB.svg`
pub(super) async fn show(Path(name): Path<String>) -> Response {
    match drawn(&name) {
        Some(svg) => file("image/svg+xml", FOREVER, svg),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn drawn(name: &str) -> Option<String> {
    let (color, letters) = name.strip_suffix(".svg")?.split_once('-')?;
    let is_color = color.len() == 6 && color.bytes().all(|byte| byte.is_ascii_hexdigit());
    let are_letters = letters.chars().count() <= 4 && letters.chars().all(char::is_alphanumeric);
    if !is_color || !are_letters {
        return None;
    }
    let ink = if is_light(color) { "#1b1b1b" } else { "#ffffff" };
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="100" height="100" {
            rect width="100" height="100" rx="22" fill={ "#" (color) } {}
            text x="50" y="52" fill=(ink) font-family="system-ui, sans-serif" font-size="42" font-weight="600"
                text-anchor="middle" dominant-baseline="central" { (letters) }
        }
    };
    Some(svg.into_string())
}

/// Whether dark letters read better, by the weights of the eye (ITU-R BT.601).
fn is_light(color: &str) -> bool {
    let part = |at: usize| {
        color.get(at..at + 2).and_then(|it| u32::from_str_radix(it, 16).ok()).unwrap_or(0)
    };
    299 * part(0) + 587 * part(2) + 114 * part(4) > 150_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_on_a_colour() {
        assert_eq!(path("First Bank of Texas", "#1F4E79"), "/connect/logos/1f4e79-FB.svg");
        assert_eq!(path("gringotts", "#7b3f00"), "/connect/logos/7b3f00-G.svg");
        assert_eq!(path("Ökobank", "#7b3f00"), "/connect/logos/7b3f00-%C3%96.svg");
        let svg = drawn("1f4e79-FB.svg").expect("a logo");
        assert!(svg.contains("fill=\"#1f4e79\"") && svg.contains(">FB</text>"), "{svg}");
        assert!(svg.contains("#ffffff") && drawn("ffee00-G.svg").expect("one").contains("#1b1b1b"));
        for name in
            ["", "x.svg", "12345-A.svg", "1f4e79-<a>.svg", "1f4e79-ABCDE.svg", "zzzzzz-A.svg"]
        {
            assert_eq!(drawn(name), None, "{name}");
        }
    }
}
