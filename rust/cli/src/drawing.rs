//! A trace drawn as a tree of lines, marked with what was found in it.

use crate::words::nanos;

/// More spans than this are only counted.
pub const SHOWN: usize = 40;

/// One span as it is drawn.
pub struct Drawn {
    pub service: String,
    pub name: String,
    /// Nanoseconds since the begin of the trace; `None`: it has no usable times.
    pub times: Option<(i64, i64)>,
    /// Keys, and values as they are shown.
    pub attributes: Vec<(String, String)>,
    pub parent: Parent,
    /// What was found about it.
    pub marks: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Parent {
    Root,
    /// Among the spans that are drawn.
    Span(usize),
    /// It has one, which never came.
    Lost,
}

/// One line a span, children below their parents, siblings in their order; at most `most` of them. Spans whose parents go
/// in a circle stand at the end.
#[must_use]
pub fn draw(spans: &[Drawn], most: usize) -> Vec<String> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    let mut tops = Vec::new();
    for (index, span) in spans.iter().enumerate() {
        match span.parent {
            Parent::Span(parent) => children[parent].push(index),
            Parent::Root | Parent::Lost => tops.push(index),
        }
    }
    let mut drawing = Drawing {
        spans,
        children,
        is_drawn: vec![false; spans.len()],
        lines: Vec::new(),
        most,
    };
    drawing.draw(&tops, "");
    while let Some(index) = drawing.is_drawn.iter().position(|is_drawn| !is_drawn) {
        if drawing.lines.len() >= most {
            break;
        }
        drawing.draw(&[index], " (its parents go in a circle)");
    }
    let mut lines = drawing.lines;
    if spans.len() > lines.len() {
        lines.push(format!("… and {} more", spans.len() - lines.len()));
    }
    lines
}

struct Drawing<'d> {
    spans: &'d [Drawn],
    children: Vec<Vec<usize>>,
    is_drawn: Vec<bool>,
    lines: Vec<String>,
    most: usize,
}

/// A span that waits for its line.
struct Open {
    index: usize,
    indent: String,
    is_last: bool,
    is_top: bool,
}

impl Drawing<'_> {
    /// Draws `tops`, each with `remark` behind it, and what stands below them.
    fn draw(&mut self, tops: &[usize], remark: &str) {
        let mut open = Vec::new();
        push(&mut open, tops, "", true);
        while let Some(next) = open.pop() {
            if self.lines.len() >= self.most {
                return;
            }
            if std::mem::replace(&mut self.is_drawn[next.index], true) {
                continue;
            }
            let (branch, below) = match (next.is_top, next.is_last) {
                (true, _) => ("", ""),
                (false, true) => ("└─ ", "   "),
                (false, false) => ("├─ ", "│  "),
            };
            let remark = if next.is_top { remark } else { "" };
            let line = line(&self.spans[next.index]);
            self.lines
                .push(format!("{}{branch}{line}{remark}", next.indent));
            let indent = format!("{}{below}", next.indent);
            push(&mut open, &self.children[next.index], &indent, false);
        }
    }
}

/// Puts siblings on the stack so that the first comes off first.
fn push(open: &mut Vec<Open>, spans: &[usize], indent: &str, is_top: bool) {
    for (place, &index) in spans.iter().enumerate().rev() {
        open.push(Open {
            index,
            indent: indent.to_owned(),
            is_last: place + 1 == spans.len(),
            is_top,
        });
    }
}

fn line(span: &Drawn) -> String {
    let times = match span.times {
        Some((start, end)) => format!("[{} to {}]", moment(start), moment(end)),
        None => "[no times]".to_owned(),
    };
    let mut line = format!("{}: {}  {times}", span.service, span.name);
    for (key, value) in &span.attributes {
        line.push_str(&format!(" {key}={value}"));
    }
    if span.parent == Parent::Lost {
        line.push_str(" (its parent never came)");
    }
    if !span.marks.is_empty() {
        line.push_str(&format!("  <- {}", span.marks.join(", ")));
    }
    line
}

fn moment(at: i64) -> String {
    let sign = if at < 0 { "-" } else { "" };
    format!("{sign}{}", nanos(at.unsigned_abs()))
}

/// A text as it is shown: what is long is cut.
#[must_use]
pub fn quoted(text: &str) -> String {
    if text.chars().count() > 60 {
        format!("{:?}…", text.chars().take(60).collect::<String>())
    } else {
        format!("{text:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(parents: &[Parent]) -> Vec<Drawn> {
        let all = parents.iter().enumerate();
        all.map(|(index, parent)| Drawn {
            service: "s".to_owned(),
            name: format!("n{index}"),
            times: None,
            attributes: Vec::new(),
            parent: *parent,
            marks: Vec::new(),
        })
        .collect()
    }

    #[test]
    fn as_many_lines_as_are_wanted() {
        let all = spans(&vec![Parent::Root; SHOWN]);
        assert_eq!(draw(&all, SHOWN).len(), SHOWN);
        let all = spans(&vec![Parent::Root; SHOWN + 1]);
        let lines = draw(&all, SHOWN);
        assert_eq!((lines.len(), &*lines[SHOWN]), (SHOWN + 1, "… and 1 more"));
    }

    #[test]
    fn parents_in_a_circle_are_drawn_once() {
        let all = spans(&[
            Parent::Root,
            Parent::Span(2),
            Parent::Span(1),
            Parent::Span(3),
        ]);
        let lines = draw(&all, SHOWN);
        assert_eq!(
            lines,
            [
                "s: n0  [no times]",
                "s: n1  [no times] (its parents go in a circle)",
                "└─ s: n2  [no times]",
                "s: n3  [no times] (its parents go in a circle)"
            ]
        );
    }
}
