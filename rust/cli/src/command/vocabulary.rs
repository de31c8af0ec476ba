//! `betrace vocabulary`: what the names `otel:…` stand for.

use betrace_lang::{Shipped, nearest_shipped, shipped, vocabulary};
use serde::Serialize;

use crate::args::{Vocabulary, VocabularyFormat};
use crate::exit::Exit;
use crate::output::{self, Output, Paint};

const PREFIX: &str = "otel:";

/// A name as tools read it.
#[derive(Serialize)]
struct Entry {
    name: &'static str,
    kind: &'static str,
    says: &'static str,
    /// The attributes that a field reads, a list's items or a macro's text, line by line.
    stands_for: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    text: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    from: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    since: &'static str,
}

pub fn run(args: &Vocabulary, out: &mut Output) -> Exit {
    let chosen = match chosen(&args.names) {
        Ok(chosen) => chosen,
        Err(message) => {
            output::fault(message);
            return Exit::Usage;
        }
    };
    for (at, one) in chosen.into_iter().enumerate() {
        match args.format {
            VocabularyFormat::Text => {
                if at > 0 {
                    out.line("");
                }
                text(one, out);
            }
            VocabularyFormat::Json => out.json(&entry(one)),
        }
    }
    Exit::Fine
}

/// Each that was asked for: by its name or the first words of it, with `otel:` or without.
fn chosen(names: &[String]) -> Result<Vec<&'static Shipped>, String> {
    if names.is_empty() {
        return Ok(vocabulary().collect());
    }
    let mut chosen = Vec::new();
    for written in names {
        let name = match written.starts_with(PREFIX) {
            true => written.clone(),
            false => format!("{PREFIX}{written}"),
        };
        let family = format!("{}.", name.trim_end_matches('.'));
        let before = chosen.len();
        chosen.extend(shipped(&name));
        if chosen.len() == before {
            chosen.extend(vocabulary().filter(|one| one.name.starts_with(&family)));
        }
        if chosen.len() == before {
            let near = nearest_shipped(&name, &["field", "list", "macro"]);
            let help = match near {
                Some(near) => format!("did you mean `{}`, a {}?", near.name, near.kind()),
                None => "without a name, betrace vocabulary prints all of it".to_owned(),
            };
            return Err(format!("the vocabulary has no {written:?}; {help}"));
        }
    }
    Ok(chosen)
}

fn entry(shipped: &'static Shipped) -> Entry {
    let lines = shipped.lines.iter();
    Entry {
        name: &shipped.name,
        kind: shipped.kind(),
        says: shipped.says,
        stands_for: lines
            .map(|line| Line {
                text: line.text,
                from: line.from,
                since: line.since,
            })
            .collect(),
    }
}

fn text(shipped: &Shipped, out: &mut Output) {
    let palette = out.palette();
    let name = palette.paint(Paint::Bold, &shipped.name);
    out.line(format_args!("{name}, a {}", shipped.kind()));
    out.line(format_args!("  {}", shipped.says));
    let verb = match shipped.kind() {
        "field" => "reads",
        "list" => "holds",
        _ => "means",
    };
    for (at, line) in shipped.lines.iter().enumerate() {
        let verb = if at == 0 { verb } else { "" };
        out.line(format_args!("  {verb:<5}  {}", line.text));
        let provenance = match (line.from, line.since) {
            ("", "") => continue,
            (from, "") => from.to_owned(),
            ("", since) => format!("since {since}"),
            (from, since) => format!("{from}; since {since}"),
        };
        let provenance = palette.paint(Paint::Dim, provenance);
        out.line(format_args!("           {provenance}"));
    }
}
