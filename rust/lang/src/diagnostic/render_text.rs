//! Diagnostics for people: the source line with a caret, the message, what to do.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};

use crate::codes::DiagnosticSeverity;
use crate::diagnostic::Diagnostic;
use crate::source::{LineIndex, SourceFile};

/// Characters of a source line that are shown before and behind the caret.
const BEFORE: usize = 60;
const BEHIND: usize = 80;

/// Lines up to this many bytes are given to the renderer whole, which fits them to the width.
const LONG: usize = 500;

/// Renders errors, then warnings and notes, each in the order given, an empty line between them: the one fault that
/// somebody is to mend does not stand behind what is only remarked on other files. Only the line at which a range begins
/// is shown, and of a long line the part around it.
#[must_use]
pub fn render_text(diagnostics: &[Diagnostic], files: &[SourceFile], color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut lines: Option<(usize, LineIndex<'_>)> = None;
    let mut out = String::new();
    let (errors, remarks): (Vec<_>, Vec<_>) = diagnostics.iter().partition(|one| one.is_error());
    for diagnostic in errors.into_iter().chain(remarks) {
        let Some(file) = files.get(diagnostic.file) else {
            continue;
        };
        if lines
            .as_ref()
            .is_none_or(|(index, _)| *index != diagnostic.file)
        {
            lines = Some((diagnostic.file, LineIndex::new(&file.text)));
        }
        if let Some((_, lines)) = &lines {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&render_one(diagnostic, file, lines, &renderer));
            out.push('\n');
        }
    }
    out
}

fn render_one(
    diagnostic: &Diagnostic,
    file: &SourceFile,
    lines: &LineIndex<'_>,
    renderer: &Renderer,
) -> String {
    let level = match diagnostic.severity {
        DiagnosticSeverity::Error => Level::ERROR,
        DiagnosticSeverity::Warning => Level::WARNING,
        DiagnosticSeverity::Note => Level::NOTE,
    };
    let shown = Shown::new(diagnostic, lines);
    let caret = AnnotationKind::Primary.span(shown.caret.clone());
    let snippet = Snippet::source(shown.text.as_str())
        .line_start(diagnostic.line as usize)
        .fold(false);
    let title = Group::with_title(
        level
            .primary_title(diagnostic.message.as_str())
            .id(diagnostic.code.0),
    );
    // The renderer counts columns in what it is given; where that is not the whole line it is told.
    let mut group = match shown.begins_line {
        true => title.element(snippet.path(file.name.as_str()).annotation(caret)),
        false => {
            let place = Origin::path(file.name.as_str())
                .line(diagnostic.line as usize)
                .char_column(diagnostic.column as usize);
            title.element(place).element(snippet.annotation(caret))
        }
    };
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let suggestion = diagnostic.suggestion.as_deref();
    // What goes over several lines, or stands in a line too long to be shown, is said in words.
    let in_words = suggestion.filter(|written| {
        let help = diagnostic.help.as_deref().unwrap_or_default();
        shown.line.is_none() && !help.contains(written)
    });
    let in_words = in_words.map(|written| format!("write `{written}`"));
    if let Some(in_words) = &in_words {
        group = group.element(Level::HELP.message(in_words.as_str()));
    }
    let mut report = vec![group];
    if let (Some(suggestion), Some((line, place))) = (suggestion, &shown.line) {
        let patch = Patch::new(place.clone(), suggestion);
        let snippet = Snippet::source(line.as_str())
            .line_start(diagnostic.line as usize)
            .patch(patch);
        report.push(Group::with_title(Level::HELP.secondary_title("write")).element(snippet));
    }
    let rendered = renderer.render(&report);
    if shown.begins_line {
        return rendered;
    }
    // Between the place and its line the renderer puts a mark that says "elsewhere".
    rendered
        .lines()
        .filter(|line| without_colors(line).trim() != ":::")
        .collect::<Vec<_>>()
        .join(
            "
",
        )
}

/// A line without its terminal escapes.
fn without_colors(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('m').map_or("", |(_, rest)| rest)
    })
}

/// The part of the source line that is shown.
struct Shown {
    text: String,
    caret: std::ops::Range<usize>,
    begins_line: bool,
    /// The whole line and the range in it, where it ends in this line and that is not too long.
    line: Option<(String, std::ops::Range<usize>)>,
}

impl Shown {
    fn new(diagnostic: &Diagnostic, lines: &LineIndex<'_>) -> Shown {
        let line = lines.line(diagnostic.line);
        let begin = lines.begin(diagnostic.line);
        let clamp = |byte: usize| {
            let mut at = byte.saturating_sub(begin).min(line.len());
            while !line.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let caret = clamp(diagnostic.range.start)..clamp(diagnostic.range.end);
        let before = line[..caret.start].char_indices().rev().nth(BEFORE - 1);
        let from = before.filter(|_| line.len() > LONG).map_or(0, |(at, _)| at);
        let to = line[caret.start..]
            .char_indices()
            .nth(BEHIND)
            .map_or(line.len(), |(at, _)| caret.start + at);
        let mut text = String::new();
        if from > 0 {
            text.push('…');
        }
        let offset = text.len();
        text.push_str(&line[from..to]);
        if to < line.len() {
            text.push('…');
        }
        let begins_line = from == 0;
        let is_whole = line.len() <= LONG && diagnostic.end_line == diagnostic.line;
        let whole = is_whole.then(|| (line.to_owned(), caret.clone()));
        let end = caret.end.clamp(caret.start, to);
        Shown {
            text,
            begins_line,
            caret: caret.start - from + offset..end - from + offset,
            line: whole,
        }
    }
}
