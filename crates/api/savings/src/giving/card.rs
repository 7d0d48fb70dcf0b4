//! The sharing card: the picture that messengers show beside a link to a fund's page. It is drawn as SVG and sent as PNG,
//! which is what they take.

use std::sync::{Arc, LazyLock};

use florin_savings::page::PublicFund;
use maud::html;
use resvg::tiny_skia::Pixmap;
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Transform, Tree};

use super::words::dollars;

/// What services that show cards expect, in pixels.
const WIDTH: u32 = 1200;
const HEIGHT: u32 = 630;
/// About as many characters as fit on a line of the title.
const LINE_CHARS: usize = 18;
const LINES_MAX: usize = 3;

/// Inter (see `fonts/OFL.txt`), cut down to what [`has_glyph`] knows.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(include_bytes!("fonts/Inter-Regular.otf").to_vec());
    fonts.load_font_data(include_bytes!("fonts/Inter-Bold.otf").to_vec());
    Arc::new(fonts)
});

/// The card as a PNG; `None` when it cannot be drawn, which no name should do. Takes some milliseconds.
pub(super) fn card(found: &PublicFund) -> Option<Vec<u8>> {
    let svg = svg(&found.fund.name, &below(found), &found.partner);
    drawn(&svg)?.encode_png().ok()
}

fn drawn(svg: &str) -> Option<Pixmap> {
    let options = Options { fontdb: Arc::clone(&FONTS), ..Options::default() };
    let tree = Tree::from_str(svg, &options)
        .inspect_err(|error| tracing::error!(%error, "a sharing card cannot be drawn"));
    let mut pixels = Pixmap::new(WIDTH, HEIGHT)?;
    resvg::render(&tree.ok()?, Transform::identity(), &mut pixels.as_mut());
    Some(pixels)
}

fn svg(name: &str, below: &str, partner: &str) -> String {
    let lines = lines(name);
    let first_y = 330 - 44 * (u32::try_from(lines.len()).unwrap_or(1) - 1);
    let initial: String = lines[0].chars().find(|c| c.is_alphanumeric()).into_iter().collect();
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(WIDTH) height=(HEIGHT) viewBox=(format!("0 0 {WIDTH} {HEIGHT}"))
            font-family="Inter" {
            defs {
                linearGradient id="sky" x1="0" y1="0" x2="1" y2="1" {
                    stop offset="0" stop-color="#0c4a41" {}
                    stop offset="1" stop-color="#1c8a74" {}
                }
            }
            rect width=(WIDTH) height=(HEIGHT) fill="url(#sky)" {}
            circle cx="1080" cy="90" r="260" fill="#ffffff" fill-opacity=".07" {}
            circle cx="1010" cy="610" r="170" fill="#ffd166" fill-opacity=".16" {}
            circle cx="180" cy="315" r="100" fill="#ffd166" {}
            text x="180" y="352" font-size="104" font-weight="700" fill="#0c4a41" text-anchor="middle" {
                (initial.to_uppercase())
            }
            @for (at, line) in (0_u32..).zip(&lines) {
                text x="330" y=(first_y + 88 * at) font-size="76" font-weight="700" fill="#ffffff" { (line) }
            }
            text x="330" y=(first_y + 88 * u32::try_from(lines.len()).unwrap_or(1)) font-size="40" fill="#d8f3ec" {
                (below)
            }
            text x="70" y="575" font-size="34" fill="#d8f3ec" { (drawable(partner)) }
        }
    };
    svg.into_string()
}

/// What stands below the name.
fn below(found: &PublicFund) -> String {
    match found.page.goal_minor {
        Some(goal) if found.page.shows_balance => {
            format!(
                "{} of {} saved for college",
                dollars(found.settled_minor.max(0)),
                dollars(goal)
            )
        }
        _ => "Give a gift for college".to_owned(),
    }
}

/// Whether the fonts have the character: Latin, Greek, Cyrillic, punctuation.
fn has_glyph(character: char) -> bool {
    matches!(
        character,
        ' '..='~' | '\u{a0}'..='\u{24f}' | '\u{370}'..='\u{52f}' | '\u{1e00}'..='\u{1eff}'
            | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{203a}' | '€'
    )
}

/// The words that can be drawn and are more than an ornament.
fn drawable(text: &str) -> String {
    let words = text.split_whitespace();
    let words = words.filter(|it| it.contains(char::is_alphanumeric) && it.chars().all(has_glyph));
    words.collect::<Vec<&str>>().join(" ")
}

/// A name in lines of whole words, as many as fit; a general one instead of a name in a script that the fonts lack.
fn lines(name: &str) -> Vec<String> {
    let mut name = drawable(name);
    if name.is_empty() {
        name.push_str("College savings");
    }
    let mut lines: Vec<String> = vec![String::new()];
    let words = name.split(' ');
    for word in words {
        let word: String = word.chars().take(LINE_CHARS).collect();
        let is_full = lines.len() == LINES_MAX;
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(&word);
        } else if line.chars().count() + 1 + word.chars().count() <= LINE_CHARS {
            line.push(' ');
            line.push_str(&word);
        } else if is_full {
            line.push('…');
            break;
        } else {
            lines.push(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{drawn, lines, svg};

    /// How many pixels of a card are as white as a name.
    fn whites(name: &str) -> usize {
        let card = drawn(&svg(name, "Give a gift for college", "Northbank")).expect("a card");
        assert_eq!((card.width(), card.height()), (1200, 630));
        card.pixels().iter().filter(|it| it.red() == 255 && it.blue() == 255).count()
    }

    #[test]
    fn a_name_is_drawn() {
        let name = whites("Mia");
        assert!(name > 1_000, "{name} white pixels");
        assert!(whites("Mia's College Fund") > 2 * name);
        assert_eq!(whites("</text><script>&amp;"), whites("</text><script>&amp; 🎓"));
        assert_eq!(whites("大学基金"), whites("College savings"));
    }

    #[test]
    fn names_are_broken_between_words() {
        let check = |name: &str, expected: &[&str]| assert_eq!(lines(name), expected, "{name}");
        check("John's College Fund", &["John's College", "Fund"]);
        check("", &["College savings"]);
        check("大学基金", &["College savings"]);
        check("Łucja i Zoë", &["Łucja i Zoë"]);
        check("Mia’s College Fund 🎓", &["Mia’s College Fund"]);
        check(
            "The Very Long Name of a Fund for All of the Grandchildren of the Smith Family of Springfield",
            &["The Very Long Name", "of a Fund for All", "of the…"],
        );
        check(&"x".repeat(100), &[&"x".repeat(18)]);
    }
}
