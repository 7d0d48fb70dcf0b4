//! Givers' pages as HTML: they need no script. `maud` escapes every value.

use florin_savings::gift::ShownGift;
use florin_savings::page::PublicFund;
use florin_savings::performance::Performance;
use jiff::ToSpan as _;
use maud::{DOCTYPE, Markup, html};

use super::chart;
use super::photo::Photo;
use super::words::{day, dollars, percent_a_year};

/// Gifts that are one tap away, in dollars.
const AMOUNTS: [u32; 3] = [25, 50, 100];

/// How the pages look.
pub(super) const STYLE: &str = include_str!("style.css");

/// What every page says.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    /// Whose program it is; empty where that is not known.
    pub partner: &'a str,
    /// Whether the page is of a sandbox.
    pub is_sandbox: bool,
}

/// What services that show cards read.
pub(super) struct Shared<'a> {
    pub title: &'a str,
    pub text: &'a str,
    pub url: String,
    pub card: String,
}

pub(super) fn document(
    frame: Frame<'_>,
    title: &str,
    shared: Option<&Shared<'_>>,
    main: &Markup,
) -> Markup {
    let name = if frame.partner.is_empty() { "College savings" } else { frame.partner };
    html! {
        (DOCTYPE)
        html lang="en-US" prefix="og: https://ogp.me/ns#" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                meta name="format-detection" content="telephone=no";
                meta name="theme-color" content="#0c4a41";
                title { (title) " – " (name) }
                @if let Some(shared) = shared {
                    link rel="canonical" href=(shared.url);
                    meta name="description" content=(shared.text);
                    meta property="og:type" content="website";
                    meta property="og:site_name" content=(name);
                    meta property="og:title" content=(shared.title);
                    meta property="og:description" content=(shared.text);
                    meta property="og:url" content=(shared.url);
                    meta property="og:image" content=(shared.card);
                    meta property="og:image:type" content="image/png";
                    meta property="og:image:width" content="1200";
                    meta property="og:image:height" content="630";
                    meta property="og:image:alt" content=(shared.title);
                    meta name="twitter:card" content="summary_large_image";
                }
                link rel="stylesheet" href="/funds/style.css";
            }
            body {
                a.skip href="#main" { "Skip to the main content" }
                header.top { div.wrap { span.mark aria-hidden="true" { "529" } span { (name) } } }
                main #main { div.wrap { (main) } }
                footer.foot {
                    div.wrap {
                        @if frame.is_sandbox { p.sandbox { "This is a sandbox: no money moves." } }
                        @if !frame.partner.is_empty() {
                            p {
                                "Gifts go to a 529 college savings account and are not refunded. They may not be deductible \
                                 from taxes."
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A page that only says something.
pub(super) fn notice(frame: Frame<'_>, title: &str, text: &str) -> Markup {
    document(frame, title, None, &html! { div.card { h1 { (title) } p { (text) } } })
}

/// The picture of a fund: the partner's photo, or the first letter of its name.
pub(super) fn portrait(name: &str, photo: Option<&Photo>) -> Markup {
    let initial: String = name.chars().find(|c| c.is_alphanumeric()).into_iter().collect();
    html! {
        @match photo {
            // What a photo shows nobody has told us.
            Some(photo) => img.portrait src=(photo.url) alt="" referrerpolicy="no-referrer" width="136" height="136";,
            None => div.portrait aria-hidden="true" {
                @if initial.is_empty() { "🎓" } @else { (initial.to_uppercase()) }
            },
        }
    }
}

/// The page of a fund.
pub(super) fn fund(
    found: &PublicFund,
    base: &str,
    photo: Option<&Photo>,
    is_sandbox: bool,
) -> Markup {
    let fund = &found.fund;
    let text = fund.description.as_deref().unwrap_or("Give a gift for college.");
    let url = format!("{base}/{}", fund.handle);
    let shared = Shared { title: &fund.name, text, card: format!("{url}/card.png"), url };
    let main = html! {
        section.card.hero {
            (portrait(&fund.name, photo))
            h1 { (fund.name) }
            @if let Some(description) = &fund.description { p.lead { (description) } }
            @if found.takes_gifts {
                a.button href=(format!("/{}/gift", fund.handle)) { "Give a gift" }
                ul.amounts aria-label="Give" {
                    @for amount in AMOUNTS {
                        li { a href=(format!("/{}/gift?amount={amount}", fund.handle)) { "$" (amount) } }
                    }
                }
            } @else {
                p.soon { "Gifts can be given as soon as the account is open." }
            }
        }
        @if let Some(goal) = found.page.goal_minor { (progress(found, goal)) }
        @if let Some(growth) = &found.growth { (growth_card(growth)) }
        (gifts(&found.gifts, found.gift_count))
        p.plan { "A 529 college savings account with " (fund.plan_provider) "." }
    };
    let frame = Frame { partner: &found.partner, is_sandbox };
    document(frame, &fund.name, Some(&shared), &main)
}

fn progress(found: &PublicFund, goal: i64) -> Markup {
    let saved = found.settled_minor.clamp(0, i64::MAX / 100);
    let percent = (saved.saturating_mul(100) / goal.max(1)).min(100);
    html! {
        section.card.goal aria-labelledby="goal" {
            h2 #goal { "On the way to " (dollars(goal)) }
            progress max="100" value=(percent) aria-labelledby="goal" { (percent) "%" }
            p.figures {
                strong { (percent) "%" }
                @if found.page.shows_balance { span { (dollars(saved)) " saved so far" } }
            }
        }
    }
}

fn growth_card(growth: &Performance) -> Markup {
    html! {
        section.card aria-labelledby="growth" {
            h2 #growth { "How it has grown" }
            p.worth-now { strong { (dollars(growth.balance_minor)) } span { " today" } }
            @if let Some(line) = made_of_it(growth) { p.made { (line) } }
            (chart::growth(&growth.points))
            p.legend aria-hidden="true" {
                span.key.worth { "Worth" }
                span.key.paid { "Paid in" }
            }
        }
    }
}

/// What the market has made of the money, and at what yearly pace once a year has passed.
fn made_of_it(growth: &Performance) -> Option<String> {
    let (word, gain) = match growth.gain_minor {
        0 => return None,
        gain @ 1.. => ("gained", gain),
        loss => ("lost", loss.saturating_neg()),
    };
    let is_long = growth.from.saturating_add(1.year()) <= growth.to;
    let pace = growth.yearly_return_micro.filter(|_| is_long);
    let pace = pace.map(|micro| format!(", {} a year", percent_a_year(micro))).unwrap_or_default();
    Some(format!("{} {word} on the markets{pace}", dollars(gain)))
}

fn gifts(gifts: &[ShownGift], count: i64) -> Markup {
    html! {
        section.card aria-labelledby="gifts" {
            h2 #gifts {
                @match count { 0 => "Gifts", 1 => "1 gift so far", count => { (count) " gifts so far" } }
            }
            @if gifts.is_empty() {
                p.none { @if count == 0 { "Be the first to give." } @else { "The givers want to stay unnamed." } }
            } @else {
                ul.gifts {
                    @for gift in gifts {
                        li {
                            span.initial aria-hidden="true" { (initial(&gift.giver)) }
                            div {
                                p.who { strong { (gift.giver) } span { (day(gift.on)) } }
                                @if let Some(message) = &gift.message { p.says { (message) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn initial(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .map_or_else(|| "♥".to_owned(), |c| c.to_uppercase().to_string())
}
