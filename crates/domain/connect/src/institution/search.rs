//! Finding institutions by what people type. Pure.

/// Longer texts are cut: nobody types more of a bank's name.
const QUERY_CHARS_MAX: usize = 100;

/// How well a name fits: less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// The name is what was typed.
    Whole,
    /// The name, or all of its words that were typed, begin with what was typed.
    Beginnings,
    /// With a typing error or two.
    Nearly,
}

/// A name, taken apart once.
#[derive(Debug, Clone)]
pub(super) struct Name {
    words: Vec<Vec<char>>,
    whole: String,
}

impl Name {
    pub(super) fn of(text: &str) -> Self {
        let words = words(text);
        let whole = words.concat();
        Self { words: words.iter().map(|word| word.chars().collect()).collect(), whole }
    }

    /// How well the name fits what was typed; `None` when it does not.
    pub(super) fn fit(&self, typed: &Name) -> Option<Fit> {
        if typed.whole.is_empty() {
            return None;
        }
        if self.whole == typed.whole {
            return Some(Fit::Whole);
        }
        if self.whole.starts_with(&typed.whole) {
            return Some(Fit::Beginnings);
        }
        let fits = typed.words.iter().map(|word| self.fit_word(word));
        fits.collect::<Option<Vec<Fit>>>()?.into_iter().max()
    }

    fn fit_word(&self, typed: &[char]) -> Option<Fit> {
        if self.words.iter().any(|word| word.starts_with(typed)) {
            return Some(Fit::Beginnings);
        }
        let allowed = match typed.len() {
            0..=3 => return None,
            4..=7 => 1,
            _ => 2,
        };
        let is_near = |word: &Vec<char>| {
            // The whole word, or as much of it as was typed so far.
            let beginning = &word[..word.len().min(typed.len())];
            distance(word, typed, allowed) || distance(beginning, typed, allowed)
        };
        self.words.iter().any(is_near).then_some(Fit::Nearly)
    }
}

fn words(text: &str) -> Vec<String> {
    let lower: String = text.chars().take(QUERY_CHARS_MAX).flat_map(char::to_lowercase).collect();
    let apart = lower.split(|c: char| !c.is_alphanumeric() && c != '\'');
    apart.map(|word| word.replace('\'', "")).filter(|word| !word.is_empty()).collect()
}

/// Whether one becomes the other by at most `allowed` letters left out, put in, changed or swapped with their neighbour.
fn distance(a: &[char], b: &[char], allowed: usize) -> bool {
    if a.len().abs_diff(b.len()) > allowed {
        return false;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let mut least =
                (last[j] + usize::from(from != to)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *to && *from == b[j - 1] {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()] <= allowed
}

/// The host of a web address as people type it; `None` for what is none.
pub(super) fn host(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let is_host = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    let is_sound = host.len() <= QUERY_CHARS_MAX && host.chars().all(is_host);
    let is_address = host.split_once('.').is_some_and(|(name, _)| !name.is_empty());
    (is_sound && is_address).then(|| host.to_owned())
}

/// How well an institution's web address fits the host that was typed.
pub(super) fn fit_host(url: &str, typed: &str) -> Option<Fit> {
    let own = host(url)?;
    if own == typed || own.ends_with(&format!(".{typed}")) {
        return Some(Fit::Whole);
    }
    own.starts_with(typed).then_some(Fit::Beginnings)
}

/// A routing number or sort code as it is kept: digits only. `None` when it is something else.
pub(super) fn routing_number(text: &str) -> Option<String> {
    let kept: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let is_sound = matches!(kept.len(), 6 | 9) && kept.bytes().all(|c| c.is_ascii_digit());
    is_sound.then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_what_is_typed() {
        let check = |name: &str, typed: &str, expected: Option<Fit>| {
            assert_eq!(Name::of(name).fit(&Name::of(typed)), expected, "{name} / {typed}");
        };
        check("Gringotts", "gringotts", Some(Fit::Whole));
        check("Gringotts", "GRIN", Some(Fit::Beginnings));
        check("Gringotts", "gringots", Some(Fit::Nearly));
        check("Gringotts", "gringtots", Some(Fit::Nearly));
        check("Gringotts", "grnigo", Some(Fit::Nearly));
        check("Gringotts", "otts", None);
        check("Gringotts", "gri x", None);
        check("First Prairie National Bank", "prairie fir", Some(Fit::Beginnings));
        check("First Prairie National Bank", "firstprairie", Some(Fit::Beginnings));
        check("First Prairie National Bank", "first prarie", Some(Fit::Nearly));
        check("First Prairie National Bank", "natoinal bnak", Some(Fit::Nearly));
        check("Lakeshore & Finch Bank", "lakeshore finch", Some(Fit::Beginnings));
        check("Lakeshore & Finch Bank", "lakeshore & finch", Some(Fit::Beginnings));
        check("Lakeshore & Finch Bank", "xyz", None);
        check("Lakeshore & Finch Bank", "  ", None);
        check("Lakeshore & Finch Bank", "%", None);
        check("Lakeshore & Finch Bank", "\0", None);
        check("Lakeshore & Finch Bank", "\u{fffd}", None);
        check("Ålands Sparbank", "åland", Some(Fit::Beginnings));
        check("Farmer's Bank", "farmers", Some(Fit::Beginnings));
        check("Bank", &"x".repeat(100_000), None);
    }

    #[test]
    fn web_addresses_as_they_are_typed() {
        let check = |typed: &str, expected: Option<Fit>| {
            let found =
                host(typed).and_then(|typed| fit_host("https://online.lakeshore.example", &typed));
            assert_eq!(found, expected, "{typed}");
        };
        check("lakeshore.example", Some(Fit::Whole));
        check("online.lakeshore.example", Some(Fit::Whole));
        check("HTTPS://www.Lakeshore.example/login?x=1", Some(Fit::Whole));
        check("online.lake", Some(Fit::Beginnings));
        check("shore.example", None);
        check("lakeshore.example.evil", None);
        check("lakeshore", None);
        check(".", None);
        check("lake shore.example", None);
        check(&"x.".repeat(1000), None);
    }

    #[test]
    fn routing_numbers_as_they_are_typed() {
        let check = |typed: &str, expected: Option<&str>| {
            assert_eq!(routing_number(typed).as_deref(), expected, "{typed}");
        };
        check("299228936", Some("299228936"));
        check("2992 2893 6", Some("299228936"));
        check("97-12-34", Some("971234"));
        check("9712345", None);
        check("29922893X", None);
        check("", None);
    }
}
