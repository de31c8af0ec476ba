//! From parser events to the tree, within the limits.

use std::{collections::HashMap, ops::Range};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::file::yaml::characters::{Offsets, no_text, without_control_characters};
use crate::file::yaml::lines::{self, Met};
use crate::file::yaml::open::Open;
use crate::file::yaml::refusals::{
    alias_inside_itself, no_yaml, too_deep, too_many_aliases, too_many_faults, too_many_nodes,
};
use crate::file::yaml::resume::{Failure, RESUME_BYTES, Resume};
use crate::file::yaml::rooms::Rooms;
use crate::file::yaml::tree::{Scalar, Style, YamlDocument, YamlFault, YamlKind, YamlNode};
use crate::limits::Limits;

/// The documents of a text. What a syntax error cut off is missing; all before it is there, and so
/// is what follows from the next place on where a reader would begin anew: an item of the list of
/// rules, a key of the file, a document.
#[must_use]
pub fn parse<'t>(
    source: &'t str,
    limits: &Limits,
    faults: &mut Vec<YamlFault>,
) -> Vec<YamlDocument<'t>> {
    let plain = of_lines(source, limits, None);
    plain.unwrap_or_else(|| parse_events(source, limits, faults))
}

/// The documents of a text that has no fault and can be read line by line. `None`: what was [taken](Taken) counts for
/// nothing, and the text is to be [parsed](parse_events).
#[must_use]
pub fn parse_lines<'t>(
    source: &'t str,
    limits: &Limits,
    taken: Taken<'_, 't>,
) -> Option<Vec<YamlDocument<'t>>> {
    of_lines(source, limits, Some(taken))
}

/// As [`parse`], for texts that cannot be read line by line.
#[must_use]
pub fn parse_events<'t>(
    source: &'t str,
    limits: &Limits,
    faults: &mut Vec<YamlFault>,
) -> Vec<YamlDocument<'t>> {
    if let Some(fault) = no_text(source) {
        faults.push(fault);
        return Vec::new();
    }
    match without_control_characters(source, faults) {
        Some(cleaned) => of_events(&cleaned, limits, faults),
        None => of_events(source, limits, faults),
    }
}

/// The items of one list of a file, handed out as they come in place of standing in the tree, which so never holds all of
/// them.
pub struct Taken<'a, 't> {
    /// The key of the file that has the list.
    pub key: &'static str,
    pub take: &'a mut dyn FnMut(&YamlNode<'t>),
}

/// The documents of any text.
pub(super) fn of_events<'t>(
    text: &str,
    limits: &Limits,
    faults: &mut Vec<YamlFault>,
) -> Vec<YamlDocument<'t>> {
    let mut builder = Builder::new(text, limits, faults);
    let mut resume = Resume {
        text,
        budget: text.len().saturating_mul(2) + RESUME_BYTES,
        item_indent: None,
    };
    let mut begin = 0;
    while let Some(failure) = builder.run(begin) {
        match resume.next(begin, &failure) {
            Some(next) => {
                // A list of rules that was taken up again ends where a key of the file begins: no fault.
                if begin == 0 || next != failure.at {
                    builder.faults.push(no_yaml(text, failure));
                }
                begin = next;
            }
            None => {
                builder.faults.push(no_yaml(text, failure));
                break;
            }
        }
    }
    builder.documents
}

/// The documents of a text that has no fault and can be read line by line.
pub(super) fn of_lines<'t>(
    text: &'t str,
    limits: &Limits,
    taken: Option<Taken<'_, 't>>,
) -> Option<Vec<YamlDocument<'t>>> {
    let mut faults = Vec::new();
    let mut builder = Builder::new(text, limits, &mut faults);
    builder.taken = taken.map(|Taken { key, take }| Taken { key, take });
    lines::read(text, |met| builder.meet(met))?;
    Some(builder.documents)
}

struct Builder<'a, 'f, 't> {
    offsets: Offsets<'a>,
    limits: &'a Limits,
    faults: &'f mut Vec<YamlFault>,
    documents: Vec<YamlDocument<'t>>,
    /// Characters before the part of the text that is read now.
    base: usize,
    /// The next document goes on with the one before it.
    continues: bool,
    open: Vec<Open<'t>>,
    /// Collections below one that was refused for its depth.
    refused_depth: usize,
    anchors: HashMap<usize, YamlNode<'t>>,
    alias_nodes: usize,
    /// Of the whole text.
    nodes: usize,
    taken: Option<Taken<'f, 't>>,
    /// Those of what was taken.
    rooms: Rooms<'t>,
}

impl<'a, 'f, 't> Builder<'a, 'f, 't> {
    fn new(
        text: &'a str,
        limits: &'a Limits,
        faults: &'f mut Vec<YamlFault>,
    ) -> Builder<'a, 'f, 't> {
        Builder {
            offsets: Offsets::new(text),
            limits,
            faults,
            documents: Vec::new(),
            base: 0,
            continues: false,
            open: Vec::new(),
            refused_depth: 0,
            anchors: HashMap::new(),
            alias_nodes: 0,
            nodes: 0,
            taken: None,
            rooms: Rooms::default(),
        }
    }

    /// Reads on from a byte, to the end or to a syntax error.
    fn run(&mut self, begin: usize) -> Option<Failure> {
        let text = self.offsets.text;
        self.base = self.offsets.character(begin);
        self.continues = begin > 0;
        self.anchors.clear();
        self.refused_depth = 0;
        let mut failure = None;
        for event in Parser::new_from_str(&text[begin..]) {
            match event {
                Ok((event, span)) if !self.has_room(&event) => {
                    self.too_many(span);
                    break;
                }
                Ok((event, span)) => self.event(event, span),
                Err(error) => {
                    let at = self.offsets.byte(self.base + error.marker().index());
                    let items = self.open.iter().take(2).find(|open| open.is_sequence());
                    let list = items.map(|open| open.begin);
                    failure = Some(Failure {
                        at,
                        info: error.info().to_owned(),
                        list,
                    });
                    break;
                }
            }
        }
        // After a syntax error: close what is open, marked as cut.
        let end = failure.as_ref().map_or(text.len(), |failure| failure.at);
        while !self.open.is_empty() {
            self.close(end, true);
        }
        failure
    }

    fn range(&self, span: Span) -> Range<usize> {
        let begin = self.offsets.byte(self.base + span.start.index());
        begin..self.offsets.byte(self.base + span.end.index()).max(begin)
    }

    /// What was read of a line; `None` as soon as there is a fault.
    fn meet(&mut self, met: Met<'t>) -> Option<()> {
        self.nodes += usize::from(!matches!(met, Met::End(_)));
        match met {
            Met::Mapping(at) => {
                let entries = self.rooms.mapping();
                self.begin(Open::mapping(at, 0, entries), at..at);
            }
            Met::Sequence(at) => {
                let items = self.rooms.sequence();
                self.begin(Open::sequence(at, 0, items), at..at);
            }
            Met::End(at) => self.close(at, false),
            Met::Scalar(value, style, range) => {
                let scalar = Scalar {
                    value,
                    style,
                    begin: range.start,
                    has_properties: false,
                };
                self.finished(YamlNode::leaf(range, YamlKind::Scalar(scalar)), 0);
            }
        }
        let is_sound = self.faults.is_empty() && self.nodes <= self.limits.yaml_nodes;
        is_sound.then_some(())
    }

    fn event(&mut self, event: Event<'_>, span: Span) {
        if self.refused_depth > 0 {
            match event {
                Event::SequenceStart(..) | Event::MappingStart(..) => self.refused_depth += 1,
                Event::SequenceEnd | Event::MappingEnd => self.refused_depth -= 1,
                _ => {}
            }
            return;
        }
        let range = self.range(span);
        match event {
            Event::DocumentStart(_) => {
                self.anchors.clear();
                self.alias_nodes = 0;
            }
            Event::Scalar(value, style, anchor, tag) => {
                let begin = range.start;
                let has_properties = anchor > 0 || tag.is_some();
                // An empty plain scalar has a range of its surroundings.
                let end = if value.is_empty() && style == ScalarStyle::Plain {
                    begin
                } else {
                    range.end
                };
                let scalar = Scalar {
                    value: value.into_owned().into(),
                    style: style.into(),
                    begin,
                    has_properties,
                };
                self.finished(YamlNode::leaf(begin..end, YamlKind::Scalar(scalar)), anchor);
            }
            Event::Alias(anchor) => self.alias(anchor, range),
            Event::SequenceStart(anchor, _) => {
                let items = self.rooms.sequence();
                self.begin(Open::sequence(range.start, anchor, items), range);
            }
            Event::MappingStart(anchor, _) => {
                let entries = self.rooms.mapping();
                self.begin(Open::mapping(range.start, anchor, entries), range);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end, false),
            _ => {}
        }
    }

    fn begin(&mut self, open: Open<'t>, range: Range<usize>) {
        if self.open.len() >= self.limits.yaml_depth {
            self.faults.push(too_deep(range.clone(), self.limits));
            self.refused_depth = 1;
            self.finished(YamlNode::leaf(range, YamlKind::Refused), open.anchor);
            return;
        }
        self.open.push(open);
    }

    /// Counts the nodes; false where no more of them, or of faults, are kept.
    fn has_room(&mut self, event: &Event<'_>) -> bool {
        let is_node = matches!(
            event,
            Event::Scalar(..)
                | Event::Alias(_)
                | Event::SequenceStart(..)
                | Event::MappingStart(..)
        );
        self.nodes += usize::from(is_node);
        self.nodes <= self.limits.yaml_nodes && self.faults.len() < self.limits.diagnostics
    }

    fn too_many(&mut self, span: Span) {
        let begin = self.range(span).start;
        self.faults.push(match self.nodes > self.limits.yaml_nodes {
            true => too_many_nodes(begin, self.limits),
            false => too_many_faults(begin),
        });
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) {
        let node = match self.anchors.get(&anchor) {
            None => {
                self.faults.push(alias_inside_itself(range.clone()));
                YamlNode::leaf(range, YamlKind::Refused)
            }
            Some(node)
                if self.alias_nodes.saturating_add(node.weight as usize)
                    > self.limits.yaml_alias_nodes =>
            {
                self.faults
                    .push(too_many_aliases(range.clone(), self.limits));
                YamlNode::leaf(range, YamlKind::Refused)
            }
            Some(node) if self.open.len() + node.height as usize > self.limits.yaml_depth => {
                self.faults.push(too_deep(range.clone(), self.limits));
                YamlNode::leaf(range, YamlKind::Refused)
            }
            Some(node) => {
                self.alias_nodes += node.weight as usize;
                node.clone()
            }
        };
        self.attach(node);
    }

    fn finished(&mut self, node: YamlNode<'t>, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.attach(node);
    }

    fn attach(&mut self, node: YamlNode<'t>) {
        if let ([file, list], Some(taken)) = (&*self.open, &mut self.taken)
            && list.is_sequence()
            && file.awaits_value_of(taken.key)
        {
            (taken.take)(&node);
            self.rooms.leave(node);
            return;
        }
        let Some(open) = self.open.last_mut() else {
            let continues = std::mem::take(&mut self.continues);
            self.documents.push(YamlDocument {
                root: node,
                continues,
            });
            return;
        };
        if let Err(fault) = open.add(node) {
            self.faults.push(fault);
        }
    }

    fn close(&mut self, end: usize, is_cut: bool) {
        let Some(open) = self.open.pop() else { return };
        let anchor = open.anchor;
        let node = open.closed(end, is_cut);
        self.finished(node, anchor);
    }
}

impl From<ScalarStyle> for Style {
    fn from(style: ScalarStyle) -> Style {
        match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        }
    }
}
