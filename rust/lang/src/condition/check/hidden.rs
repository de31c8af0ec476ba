//! Spans that a negation hides: a comparison with a missing attribute is unknown, and `not` keeps it unknown.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::ast::{Node, NodeKind};
use crate::condition::check::checker::{Checker, Subject};
use crate::condition::spelling::is_plain;
use crate::rule::{CompareOp, Field, FieldTest, Predicate, Scope};

impl<'a> Checker<'a> {
    /// `!=` and `not` on a field that a span may be without: such spans are not selected. `known`: what the spans have
    /// proved that are filtered.
    pub(super) fn warn_hidden(
        &mut self,
        filter: &'a Node,
        predicate: &Predicate,
        known: &[Predicate],
    ) {
        let parts = match predicate {
            Predicate::And(parts) => parts.as_slice(),
            one => std::slice::from_ref(one),
        };
        let denied = std::mem::take(&mut self.denied);
        if denied.is_empty() && !parts.iter().any(|part| negates_some(part, false)) {
            return;
        }
        let is_there = |field: &Field| known.iter().any(|part| needs(part, field));
        let mut fields: Vec<&Field> = hidden(parts, &is_there);
        for field in &denied {
            let is_hidden =
                field.may_be_missing() && !has_presence(predicate, field) && !is_there(field);
            if is_hidden && !fields.contains(&field) {
                fields.push(field);
            }
        }
        let mut told: Vec<Range<usize>> = Vec::new();
        for field in fields {
            let (nodes, range) = self.hiding(filter, parts, field, &denied);
            // Of two that one part of the text hides, the second is told once the first is mended.
            let is_apart =
                |other: &Range<usize>| other.end <= range.start || range.end <= other.start;
            if told.iter().all(is_apart) {
                self.tell_hidden(filter, &nodes, range.clone(), field);
                told.push(range);
            }
        }
    }

    /// The smallest parts that say it, where parts of the text and of the meaning go together, and where they stand.
    fn hiding(
        &self,
        filter: &'a Node,
        parts: &[Predicate],
        field: &Field,
        denied: &[Field],
    ) -> (Vec<&'a Node>, Range<usize>) {
        let nodes: Vec<&Node> = match &filter.bare().kind {
            NodeKind::And(nodes) if nodes.len() == parts.len() => {
                let pairs = nodes.iter().zip(parts);
                pairs
                    .filter(|(_, part)| negates(part, field) || denies(part, field, denied))
                    .map(|(node, _)| node)
                    .collect()
            }
            _ => Vec::new(),
        };
        let range = match nodes.as_slice() {
            [first, .., last] => first.start..last.end,
            [only] => only.range(),
            [] => filter.range(),
        };
        (nodes, range)
    }

    fn tell_hidden(
        &mut self,
        filter: &'a Node,
        nodes: &[&'a Node],
        range: Range<usize>,
        field: &Field,
    ) {
        let part = nodes.first().copied().unwrap_or(filter);
        let mut name = self.printer().field(field);
        let message = match self.subject {
            None => [
                "spans without `",
                &name,
                "` are not selected here, though it is negated",
            ]
            .concat(),
            Some(subject) => {
                let bound = usize::from(subject.binding().0);
                let bound = self.bindings.get(bound).map_or("?", |bound| bound);
                let message =
                    format!("this is false where `{bound}` has no `{name}`, though it is negated");
                if let Subject::Named(_) = subject {
                    name = format!("{bound}.{name}");
                }
                message
            }
        };
        let is_sure = nodes.len() < 2 && self.subject.is_none() && self.can_be_missing(part, field);
        let modern = match nodes.len() {
            0 | 1 => self.or_missing(part, &name),
            _ => self.all_or_missing(filter, nodes, &name),
        };
        let fault = self.fault(code::HIDES_MISSING, range, message);
        let help = [
            "if they are meant too: `",
            &modern,
            "`; if not, say so: `exists(",
            &name,
            ") and …`",
        ];
        fault.help = Some(help.concat());
        fault.suggestion = Some(modern);
        fault.is_sure = is_sure;
    }

    /// Whether `x op v or missing(x)` can stand for this part wherever the part can: `x` is read as the attribute of this
    /// name, in parentheses too, and the text stays within the limits.
    fn can_be_missing(&self, part: &Node, field: &Field) -> bool {
        const LONGER: usize = "( or missing())".len();
        let Field::Attribute {
            scope: Scope::SpanThenResource,
            key,
        } = field
        else {
            return false;
        };
        let NodeKind::Compare { left, .. } = &part.kind else {
            return false;
        };
        let text = self.place.text;
        let openers = text.matches(['(', '[', '{', '!']).count() + text.matches("not").count();
        matches!(&left.kind, NodeKind::Name(name) if name == key)
            && is_plain(key)
            && text.len() + key.len() + LONGER <= self.limits.rule_bytes
            && openers + 2 <= self.limits.nesting
    }
}

impl Checker<'_> {
    /// `part or missing(x)`
    fn or_missing(&self, part: &Node, name: &str) -> String {
        let source = self.place.folded(part.bare().range());
        let source = match part.bare().kind {
            NodeKind::And(_) => format!("({source})"),
            _ => source,
        };
        let modern = [&source, " or missing(", name, ")"].concat();
        self.enclosed(&part.range(), modern)
    }

    /// `missing(x) or (part and part)` of all these parts of an `and`, and behind it those that stand between them.
    fn all_or_missing(&self, filter: &Node, nodes: &[&Node], name: &str) -> String {
        let source = |node: &Node| self.place.folded(node.range());
        let own: Vec<String> = nodes.iter().map(|node| source(node)).collect();
        let (first, last) = (nodes[0].start, nodes[nodes.len() - 1].end);
        let others: Vec<String> = match &filter.bare().kind {
            NodeKind::And(all) => all
                .iter()
                .filter(|one| one.start > first && one.end < last)
                .filter(|one| nodes.iter().all(|node| node.start != one.start))
                .map(source)
                .collect(),
            _ => Vec::new(),
        };
        let modern = ["missing(", name, ") or (", &own.join(" and "), ")"].concat();
        if others.is_empty() {
            return self.enclosed(&(first..last), modern);
        }
        format!("({modern}) and {}", others.join(" and "))
    }

    /// In parentheses, unless brackets stand directly around its place, so that what joins it to others cannot bind
    /// tighter.
    fn enclosed(&self, place: &Range<usize>, modern: String) -> String {
        let text = self.place.text;
        let is_enclosed = text[..place.start].trim_end().ends_with(['(', '{'])
            && text[place.end..].trim_start().starts_with([')', '}']);
        match is_enclosed {
            true => modern,
            false => ["(", &modern, ")"].concat(),
        }
    }
}

/// The fields that some part negates unguarded, while no other part needs them to be there.
fn hidden<'p>(parts: &'p [Predicate], is_there: &dyn Fn(&Field) -> bool) -> Vec<&'p Field> {
    let mut fields = Vec::new();
    for part in parts {
        collect_negated(part, false, &mut fields, &mut Vec::new());
    }
    let mut found = Vec::new();
    for field in fields {
        let is_hidden = field.may_be_missing()
            && parts.iter().any(|part| negates(part, field))
            && !parts.iter().any(|part| needs(part, field))
            && !is_there(field);
        if is_hidden && !found.contains(&field) {
            found.push(field);
        }
    }
    found
}

/// Whether it negates the field, and asks for it in no other way.
fn negates(part: &Predicate, field: &Field) -> bool {
    let (mut negated, mut asked) = (Vec::new(), Vec::new());
    collect_negated(part, false, &mut negated, &mut asked);
    negated.contains(&field) && !asked.contains(&field)
}

/// Whether it is `not verified` of the field.
fn denies(part: &Predicate, field: &Field, denied: &[Field]) -> bool {
    denied.contains(field) && part.asked().contains(&field)
}

/// Whether it asks for the field otherwise than by a negation, and cannot be true where the field is missing.
fn needs(part: &Predicate, field: &Field) -> bool {
    let mut asked = Vec::new();
    collect_negated(part, false, &mut Vec::new(), &mut asked);
    asked.contains(&field) && !can_be(part, true, field)
}

/// Whether it can have this truth where the field is missing, whatever else the span has.
fn can_be(predicate: &Predicate, truth: bool, missing: &Field) -> bool {
    let is_so = |part: &Predicate| can_be(part, truth, missing);
    match predicate {
        Predicate::And(parts) if truth => parts.iter().all(is_so),
        Predicate::And(parts) => parts.iter().any(is_so),
        Predicate::Or(parts) if truth => parts.iter().any(is_so),
        Predicate::Or(parts) => parts.iter().all(is_so),
        Predicate::Not(inner) => can_be(inner, !truth, missing),
        Predicate::Asks { test, field } if field == missing && test.is_two_valued() => {
            (*test == FieldTest::Missing) == truth
        }
        other => !other.asked().contains(&missing),
    }
}

/// Whether `exists` or `missing` asks for the field.
fn has_presence(predicate: &Predicate, field: &Field) -> bool {
    match predicate {
        Predicate::Asks { test, field: asked } if test.is_two_valued() => asked == field,
        joined => joined.parts().iter().any(|part| has_presence(part, field)),
    }
}

/// Whether [`collect_negated`] finds some field under a negation.
fn negates_some(predicate: &Predicate, is_negated: bool) -> bool {
    match predicate {
        Predicate::And(parts) | Predicate::Or(parts) => {
            parts.iter().any(|part| negates_some(part, is_negated))
        }
        Predicate::Not(inner) => negates_some(inner, !is_negated),
        Predicate::Asks { test, .. } if test.is_two_valued() => false,
        Predicate::Compare { op, .. } => (*op == CompareOp::Ne) != is_negated,
        _ => is_negated,
    }
}

/// Fields under a negation, and those that are asked for otherwise.
fn collect_negated<'p>(
    predicate: &'p Predicate,
    is_negated: bool,
    negated: &mut Vec<&'p Field>,
    asked: &mut Vec<&'p Field>,
) {
    let is_not = match predicate {
        Predicate::And(_) | Predicate::Or(_) => {
            for part in predicate.parts() {
                collect_negated(part, is_negated, negated, asked);
            }
            return;
        }
        Predicate::Not(inner) => return collect_negated(inner, !is_negated, negated, asked),
        Predicate::Asks { test, field } if test.is_two_valued() => return asked.push(field),
        Predicate::Compare { op, .. } => match op {
            CompareOp::Ne if is_negated => return,
            CompareOp::Ne => true,
            _ => is_negated,
        },
        _ => is_negated,
    };
    if is_not {
        predicate.for_each_asked(&mut |field| negated.push(field));
    } else {
        predicate.for_each_asked(&mut |field| asked.push(field));
    }
}

#[cfg(test)]
mod tests {
    use crate::condition::check::check_condition;
    use crate::condition::vocabulary::Vocabulary;
    use crate::diagnostic::fault::Fault;
    use crate::limits::Limits;

    #[test]
    fn what_is_surely_meant_loads() {
        let words = [
            "region", "a.b", "a-b", "count", "every", "some", "not", "in", "any", "root", "when",
            "over", "missing", "exists", "span", "event", "within", "as", "by", "trace", "max",
            "true", "otel", "lower", "length", "verified", "is", "never", "matches", "rule",
        ];
        let forms = [
            "never { x.where(KEY != eu) }",
            "x.where((KEY != eu) and y == 1) and not z",
            "when each { x.where(not (KEY == eu)) as p } always { y }",
            "never { count(x.where(KEY != eu or y)) > 1 }",
            "x.where(y and KEY != eu and z)",
        ];
        let (vocabulary, limits) = (Vocabulary::new(), Limits::default());
        let faults_of = |text: &str| {
            let mut faults = Vec::new();
            check_condition(text, &vocabulary, &limits, &mut faults);
            faults
        };
        let mut sure = 0;
        for (word, form) in words.iter().flat_map(|word| forms.map(|form| (word, form))) {
            let text = form.replace("KEY", word);
            let faults = faults_of(&text);
            if faults.iter().any(Fault::is_error) {
                continue;
            }
            for fault in faults.iter().filter(|fault| fault.is_sure) {
                let mut edited = text.clone();
                let suggestion = fault.suggestion.as_deref().unwrap();
                edited.replace_range(fault.range.clone(), suggestion);
                let after = faults_of(&edited);
                assert!(!after.iter().any(Fault::is_error), "{edited}: {after:?}");
                sure += 1;
            }
        }
        assert!(sure > 30, "{sure}");
    }
}
