//! Lines out of the tree.

use super::tree::{Glue, Item, Separator};

/// A line is broken where it would be longer, in characters.
pub(crate) const WIDTH: usize = 100;
const STEP: usize = 2;

pub(super) fn laid_out(items: &[Item], width: usize) -> String {
    let mut lines = Lines {
        lines: Vec::new(),
        width,
    };
    let is_clauses = items.iter().any(|item| {
        matches!(
            item,
            Item::Group {
                glue: Glue::Clause,
                ..
            }
        )
    });
    if is_clauses {
        let mut is_first = true;
        // Before the clauses stand the words of a window.
        let head = items.iter().take_while(|item| {
            !matches!(
                item,
                Item::Group {
                    glue: Glue::Clause,
                    ..
                }
            )
        });
        let (head, items) = items.split_at(head.count());
        let (comments, words): (Vec<&Item>, Vec<&Item>) = head
            .iter()
            .partition(|item| matches!(item, Item::Comment { .. }));
        for item in comments {
            if let Item::Comment { text, .. } = item {
                lines.push(0, text.clone());
            }
        }
        if !words.is_empty() {
            is_first = false;
            lines.segment(&words, 0, "");
        }
        for item in items {
            match item {
                Item::Comment { text, trails: true } if !is_first => lines.trail(text),
                Item::Comment { text, .. } => lines.push(0, text.clone()),
                item => lines.segment(&[item], 0, ""),
            }
            is_first = false;
        }
    } else {
        let items: Vec<&Item> = items.iter().collect();
        lines.sequence(&items, 0, 0);
    }
    lines.text()
}

struct Lines {
    lines: Vec<String>,
    width: usize,
}

impl Lines {
    fn push(&mut self, indent: usize, text: String) {
        self.lines.push(format!("{}{text}", " ".repeat(indent)));
    }

    /// Behind the last line.
    fn trail(&mut self, comment: &str) {
        match self.lines.last_mut() {
            // Behind a comment there is no place.
            Some(line) if !has_comment(line) => {
                line.push(' ');
                line.push_str(comment);
            }
            _ => {
                let indent = self
                    .lines
                    .last()
                    .map_or(0, |line| line.len() - line.trim_start().len());
                self.push(indent, comment.to_owned());
            }
        }
    }

    fn text(self) -> String {
        self.lines.join("\n")
    }

    /// Items between brackets, or a whole pattern: on one line if they fit, else broken at their
    /// loosest separators. Lines after the first begin at `rest`.
    fn sequence(&mut self, items: &[&Item], first: usize, rest: usize) {
        let is_comment = |item: &&&Item| matches!(item, Item::Comment { .. });
        let lead = items.iter().take_while(is_comment).count();
        let tail = items[lead..].iter().rev().take_while(is_comment).count();
        let (before, items) = items.split_at(lead);
        let (items, behind) = items.split_at(items.len() - tail);
        // Inside the first part a comment has no place but before it.
        let loosest = loosest(items);
        let end = items.iter().position(
            |item| matches!(item, Item::Separator(separator) if Some(*separator) == loosest),
        );
        let end = end.unwrap_or(items.len());
        let trails =
            |at: usize| at + 1 == end && matches!(items[at], Item::Comment { trails: true, .. });
        let (inner, items): (Vec<_>, Vec<_>) = items
            .iter()
            .enumerate()
            .partition(|(at, item)| *at < end && is_comment(item) && !trails(*at));
        let items: Vec<&Item> = items.into_iter().map(|(_, item)| *item).collect();
        let inner: Vec<&Item> = inner.into_iter().map(|(_, item)| *item).collect();
        for item in before.iter().chain(&inner) {
            if let Item::Comment { text, .. } = item {
                self.push(first, text.clone());
            }
        }
        if !items.is_empty() {
            self.lines_of(&items, first, rest);
        }
        for (at, item) in behind.iter().enumerate() {
            match item {
                Item::Comment { text, trails: true } if at == 0 => self.trail(text),
                Item::Comment { text, .. } => self.push(first, text.clone()),
                _ => {}
            }
        }
    }

    /// The same, with no comment at either end.
    fn lines_of(&mut self, items: &[&Item], first: usize, rest: usize) {
        let has_rest = items.iter().any(|item| {
            matches!(
                item,
                Item::Word {
                    glue: Glue::Rest,
                    ..
                }
            )
        });
        if let Some(line) =
            flat(items).filter(|line| first + line.chars().count() <= self.width && !has_rest)
        {
            self.push(first, line);
            return;
        }
        let loosest = loosest(items);
        let mut indent = first;
        let mut segment: Vec<&Item> = Vec::new();
        let mut lead: Vec<&str> = Vec::new();
        let mut trail: Option<&str> = None;
        let mut index = 0;
        while index < items.len() {
            match items[index] {
                Item::Separator(separator) if Some(*separator) == loosest => {
                    // A comment behind the separator on its line belongs to what stands before it.
                    if trail.is_none()
                        && let Some(Item::Comment { text, trails: true }) = items.get(index + 1)
                    {
                        trail = Some(text);
                        index += 1;
                    }
                    self.broken(&segment, &lead, trail, indent, sign(*separator));
                    segment.clear();
                    lead.clear();
                    trail = None;
                    indent = rest;
                }
                Item::Comment { text, trails } => {
                    let ends = matches!(items.get(index + 1), Some(Item::Separator(next)) if Some(*next) == loosest);
                    if ends && *trails && trail.is_none() && !segment.is_empty() {
                        trail = Some(text);
                    } else {
                        lead.push(text);
                    }
                }
                item => segment.push(item),
            }
            index += 1;
        }
        self.broken(&segment, &lead, trail, indent, "");
    }

    fn broken(
        &mut self,
        segment: &[&Item],
        lead: &[&str],
        trail: Option<&str>,
        indent: usize,
        after: &str,
    ) {
        for comment in lead {
            self.push(indent, (*comment).to_owned());
        }
        if !segment.is_empty() {
            self.segment(segment, indent, after);
        }
        if let Some(comment) = trail {
            self.trail(comment);
        }
    }

    /// What stands between two separators, with the one after it.
    fn segment(&mut self, items: &[&Item], indent: usize, after: &str) {
        if let [
            before @ ..,
            Item::Word {
                text,
                glue: Glue::Rest,
            },
        ] = items
        {
            if !before.is_empty() {
                self.segment(before, indent, after);
            }
            self.lines.push(text.clone());
            return;
        }
        let line = flat(items);
        if let Some(line) = &line
            && indent + line.chars().count() + after.len() <= self.width
        {
            self.push(indent, format!("{line}{after}"));
            return;
        }
        if items.iter().any(|item| matches!(item, Item::Separator(_))) {
            let first = self.lines.len();
            self.sequence(items, indent, indent + STEP);
            self.lines[first..]
                .last_mut()
                .into_iter()
                .for_each(|line| line.push_str(after));
            return;
        }
        self.opened(items, indent, after);
    }

    /// Brackets with comments in them are broken open, or else the largest one.
    fn opened(&mut self, items: &[&Item], indent: usize, after: &str) {
        let has_comments = items.iter().any(|item| has_inner_comment(item));
        let largest = items
            .iter()
            .enumerate()
            .filter_map(|(at, item)| match item {
                Item::Group { items, .. } if !items.is_empty() => {
                    let inner: Vec<&Item> = items.iter().collect();
                    flat(&inner).map(|line| (line.len(), at))
                }
                _ => None,
            })
            .max()
            .map(|(_, at)| at);
        let mut line = String::new();
        for (at, item) in items.iter().enumerate() {
            let Item::Group {
                open,
                items: inner,
                close,
                glue,
            } = item
            else {
                match item {
                    Item::Word { text, glue } => {
                        space(&mut line, *glue);
                        line.push_str(text);
                    }
                    Item::Separator(separator) => line.push_str(sign(*separator)),
                    Item::Comment { .. } | Item::Group { .. } => {}
                }
                continue;
            };
            let is_opened = if has_comments {
                has_inner_comment(item)
            } else {
                largest == Some(at)
            };
            if !is_opened {
                space(&mut line, *glue);
                line.push_str(flat(&[item]).unwrap_or_default().as_str());
                continue;
            }
            space(&mut line, *glue);
            line.push_str(open);
            self.push(indent, std::mem::take(&mut line));
            let mut inner: Vec<&Item> = inner.iter().collect();
            if let Some(Item::Comment { text, trails: true }) = inner.first() {
                self.trail(text);
                inner.remove(0);
            }
            if !inner.is_empty() {
                self.sequence(&inner, indent + STEP, indent + STEP);
            }
            line.push_str(close);
        }
        self.push(indent, format!("{line}{after}"));
    }
}

fn loosest(items: &[&Item]) -> Option<Separator> {
    let separators = items.iter().filter_map(|item| match item {
        Item::Separator(separator) => Some(*separator),
        _ => None,
    });
    separators.min()
}

fn has_inner_comment(item: &Item) -> bool {
    match item {
        Item::Comment { .. } => true,
        Item::Group { items, .. } => items.iter().any(has_inner_comment),
        _ => false,
    }
}

/// Whether the line ends in a comment. Quoted texts may have the signs of one in them.
pub(crate) fn has_comment(line: &str) -> bool {
    let mut quote = None;
    let mut is_escaped = false;
    for (at, sign) in line.char_indices() {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if sign == '\\' => is_escaped = true,
            Some(mark) if sign == mark => quote = None,
            Some(_) => {}
            None if sign == '"' || sign == '\'' => quote = Some(sign),
            None if sign == '#' || line[at..].starts_with("//") => return true,
            None => {}
        }
    }
    false
}

fn sign(separator: Separator) -> &'static str {
    match separator {
        Separator::Comma => ",",
        Separator::Or => " or",
        Separator::And => " and",
    }
}

/// On one line; `None` where a comment stands in it.
fn flat(items: &[&Item]) -> Option<String> {
    let mut line = String::new();
    for item in items {
        match item {
            Item::Comment { .. } => return None,
            Item::Separator(separator) => line.push_str(sign(*separator)),
            Item::Word { text, glue } => {
                space(&mut line, *glue);
                line.push_str(text);
            }
            Item::Group {
                open,
                items,
                close,
                glue,
            } => {
                space(&mut line, *glue);
                let inner: Vec<&Item> = items.iter().collect();
                let inner = flat(&inner)?;
                line.push_str(open);
                if *glue == Glue::Clause {
                    line.push(' ');
                    line.push_str(&inner);
                    line.push(' ');
                } else {
                    line.push_str(&inner);
                }
                line.push_str(close);
            }
        }
    }
    Some(line)
}

fn space(line: &mut String, glue: Glue) {
    if !line.is_empty() && glue != Glue::Before {
        line.push(' ');
    }
}
