//! Pictures for questions, drawn here: small SVGs as `data:` URIs. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Words that are easy to read in a picture.
const WORDS: &[&str] =
    &["MARBLE", "LANTERN", "ORCHARD", "VIOLET", "HARBOUR", "COPPER", "WILLOW", "SUMMIT"];

fn data_uri(width: u32, height: u32, inner: &str) -> String {
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\"><rect width=\"100%\" height=\"100%\" fill=\"#eef2f7\"/>{inner}</svg>"
    );
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg))
}

/// A picture of a word, always the same for the same seed.
pub(super) fn word(seed: u64) -> String {
    let word = WORDS[(seed % WORDS.len() as u64) as usize];
    let letter = |(place, letter): (usize, char)| {
        let turn = (seed >> (place * 5)) % 31;
        let (x, y) = (24 + place * 30, 46 + turn % 7);
        format!(
            "<text x=\"{x}\" y=\"{y}\" transform=\"rotate({} {x} {y})\" font-family=\"monospace\" \
             font-size=\"34\" fill=\"#1f2a44\">{letter}</text>",
            i64::try_from(turn).unwrap_or_default() - 15
        )
    };
    let letters: String = word.chars().enumerate().map(letter).collect();
    let lines =
        "<path d=\"M0 20 Q120 70 240 24 M0 60 Q120 5 240 58\" stroke=\"#9fb0c9\" fill=\"none\"/>";
    data_uri(260, 72, &format!("{lines}{letters}"))
}

/// Pictures to choose from: key, what it shows, and the picture.
pub(super) fn choices() -> Vec<(&'static str, &'static str, String)> {
    let shapes = [
        ("sun", "Sun", "<circle cx=\"48\" cy=\"48\" r=\"26\" fill=\"#e0a106\"/>"),
        ("house", "House", "<path d=\"M18 50 L48 20 L78 50 V80 H18 Z\" fill=\"#b3472d\"/>"),
        ("tree", "Tree", "<path d=\"M48 14 L78 62 H18 Z M42 62 H54 V84 H42 Z\" fill=\"#2c7a4b\"/>"),
        (
            "wrong",
            "None of these",
            "<path d=\"M24 24 L72 72 M72 24 L24 72\" stroke=\"#444\" stroke-width=\"8\"/>",
        ),
    ];
    shapes.into_iter().map(|(key, label, inner)| (key, label, data_uri(96, 96, inner))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_data() {
        assert_eq!(word(7), word(7));
        assert_ne!(word(7), word(8));
        for uri in choices().into_iter().map(|(_, _, uri)| uri).chain([word(1)]) {
            let svg = uri.strip_prefix("data:image/svg+xml;base64,").expect("a data URI");
            let svg = String::from_utf8(STANDARD.decode(svg).expect("base64")).expect("text");
            assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
        }
    }
}
