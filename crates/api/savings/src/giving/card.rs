//! The sharing card: the picture that messengers show beside a link to a fund's page.

use florin_savings::page::PublicFund;
use maud::{Markup, PreEscaped, html};

use super::words::dollars;

/// What services that show cards expect, in pixels.
const WIDTH: u32 = 1200;
const HEIGHT: u32 = 630;
/// About as many characters as fit on a line of the title.
const LINE_CHARS: usize = 18;
const LINES_MAX: usize = 3;

/// The card as an SVG document.
pub(super) fn card(found: &PublicFund) -> String {
    let lines = lines(&found.fund.name);
    let first_y = 330 - 44 * (u32::try_from(lines.len()).unwrap_or(1) - 1);
    let initial: String =
        found.fund.name.chars().find(|c| c.is_alphanumeric()).into_iter().collect();
    let below = below(found);
    let svg: Markup = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(WIDTH) height=(HEIGHT) viewBox=(format!("0 0 {WIDTH} {HEIGHT}"))
            font-family="system-ui, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif" {
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
            text x="70" y="575" font-size="34" fill="#d8f3ec" { (found.partner) }
        }
    };
    html! { (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")) (svg) }.into_string()
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

/// A name in lines of whole words, as many as fit. Words without a letter are left out: not every service that shows
/// cards has a font for emoji.
fn lines(name: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    let words = name.split_whitespace().filter(|word| word.contains(char::is_alphanumeric));
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
    use super::lines;

    #[test]
    fn names_are_broken_between_words() {
        let check = |name: &str, expected: &[&str]| assert_eq!(lines(name), expected, "{name}");
        check("John's College Fund", &["John's College", "Fund"]);
        check("", &[""]);
        check("Mia’s College Fund 🎓", &["Mia’s College Fund"]);
        check(
            "The Very Long Name of a Fund for All of the Grandchildren of the Smith Family of Springfield",
            &["The Very Long Name", "of a Fund for All", "of the…"],
        );
        check(&"x".repeat(100), &[&"x".repeat(18)]);
    }
}
