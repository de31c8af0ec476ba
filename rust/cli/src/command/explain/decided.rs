//! What a breach waits for, in words. What is known while a trace is open, and what waits for its close,
//! is the engine's to say: it stands in a rule's profile.

use betrace_engine::{ClauseProfile, Obstacle, Which};
use betrace_lang::rule::Body;

use crate::english::field::Names;
use crate::english::span::{Article, noun};

/// Why a clause of `body` cannot be reported before the close; empty if it can.
#[must_use]
pub fn waits_for(body: &Body, clause: &ClauseProfile) -> Vec<String> {
    let names = Names(&body.bindings);
    let mut words: Vec<String> = Vec::new();
    for obstacle in &clause.waits_for {
        let obstacle = in_words(obstacle, names);
        if !words.contains(&obstacle) {
            words.push(obstacle);
        }
    }
    words
}

fn in_words(obstacle: &Obstacle, names: Names<'_>) -> String {
    match obstacle {
        Obstacle::MayCome(selector) => {
            format!("{} may still come", noun(selector, names, Article::A))
        }
        Obstacle::MoreMayCome(selector) => {
            let spans = noun(selector, names, Article::Plural);
            format!("more {spans} may still come")
        }
        Obstacle::NotAllCame(selector, which) => {
            let which = match which {
                Which::First => "first",
                Which::Last => "last",
                Which::Next => "next",
            };
            let span = noun(selector, names, Article::Bare);
            format!("which {span} is the {which} is known only when all have come")
        }
        Obstacle::ChildMayCome => {
            "whether a span has no child is known only when all have come".to_owned()
        }
        Obstacle::DurationGrows => "the trace's duration may still grow".to_owned(),
        Obstacle::SpanCountGrows => "the trace's number of spans may still grow".to_owned(),
        Obstacle::RootMayCome => "the trace's root may still come".to_owned(),
        Obstacle::Never => "nothing that comes makes it so".to_owned(),
        Obstacle::Exception(inner) => {
            let inner = in_words(inner, names);
            format!("an exception may still apply: {inner}")
        }
    }
}
