//! The pages as HTML. `maud` escapes every value.

use florin_savings::establishment::{Establishment, Question, TRIES};
use florin_savings::fund::FundState;
use maud::{DOCTYPE, Markup, html};

/// How the pages look.
pub(super) const STYLE: &str = include_str!("style.css");

fn document(title: &str, provider: &str, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en-US" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                title { (title) }
                link rel="stylesheet" href="/establish/style.css";
            }
            body {
                header { div.wrap { span.mark aria-hidden="true" { "529" } (provider) } }
                main { div.wrap { div.card { (main) } } }
            }
        }
    }
}

/// A page that only says something.
pub(super) fn notice(title: &str, text: &str) -> Markup {
    document(title, "529 plan", &html! { h1 { (title) } p { (text) } })
}

/// Where an establishment stands: the next question, or how it has ended.
pub(super) fn establishment(key: &str, view: &Establishment, is_unanswered: bool) -> Markup {
    let (title, main) = match (&view.state, &view.question) {
        (FundState::Establishing, Some(question)) => {
            ("Verify your identity", asked(key, view, question, is_unanswered))
        }
        (FundState::Established, _) => ("Your account is open", opened(view)),
        _ => ("We could not verify your identity", failed(view)),
    };
    document(title, &view.plan_provider, &main)
}

fn asked(key: &str, view: &Establishment, question: &Question, is_unanswered: bool) -> Markup {
    html! {
        p.fund { "Opening " strong { (view.fund_name) } }
        h1 { "Verify your identity" }
        @if view.tries_left < TRIES && view.number == 1 {
            p.bad role="alert" {
                "One or more answers were not right. "
                @if view.tries_left == 1 { "This is the last try." }
                @else { "You have " (view.tries_left) " tries left." }
            }
        }
        progress max=(view.of) value=(view.number - 1) { (view.number) " of " (view.of) }
        form method="post" action="/establish" {
            input type="hidden" name="key" value=(key);
            input type="hidden" name="question" value=(question.id);
            fieldset {
                legend { span.count { "Question " (view.number) " of " (view.of) } (question.text) }
                @if is_unanswered { p.bad role="alert" { "Please choose an answer." } }
                @for (number, choice) in question.choices.iter().enumerate() {
                    label { input type="radio" name="choice" value=(number) required; span { (choice) } }
                }
            }
            button type="submit" { "Continue" }
        }
        p.small { "You can close this page and go on later with the same link." }
    }
}

fn opened(view: &Establishment) -> Markup {
    html! {
        div.good aria-hidden="true" { "✓" }
        h1 { "Your account is open" }
        p { "Thank you. The 529 account of " strong { (view.fund_name) } " has been opened with " (view.plan_provider) "." }
        p.small { "You can close this page." }
    }
}

fn failed(view: &Establishment) -> Markup {
    html! {
        h1 { "We could not verify your identity" }
        p {
            "The account of " strong { (view.fund_name) } " was not opened. Please get in touch with whoever sent you here."
        }
    }
}
