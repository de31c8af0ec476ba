//! Rules whose deadlines no trace is kept open for.

use std::collections::HashMap;

use crate::codes::files as codes;
use crate::condition::spelling::duration;
use crate::diagnostic::Diagnostic;
use crate::file::loaded::Loaded;
use crate::limits::Limits;
use crate::rule::Rule;
use crate::source::{LineIndex, SourceFile};

/// Warns, at the id of each enabled rule, of a deadline beyond the limit.
/// `too_long`: which rules [have one](is_too_long).
pub(crate) fn report(
    loaded: &mut Loaded,
    too_long: &[usize],
    files: &[SourceFile],
    limits: &Limits,
) {
    let mut indexes: HashMap<usize, LineIndex<'_>> = HashMap::new();
    for one in too_long.iter().filter_map(|index| loaded.rules.get(*index)) {
        let (rule, place) = (&*one.rule, one.place);
        let (Some(longest), Some(file)) = (rule.body.longest_deadline(), files.get(place.file))
        else {
            continue;
        };
        let lines = indexes
            .entry(place.file)
            .or_insert_with(|| LineIndex::new(&file.text));
        let begin = lines.byte(place.line, place.column);
        let range = begin..begin + rule.id.0.len();
        let message = format!(
            "`within {}` is longer than a trace is kept open, {} (`max_age` less `idle_timeout`): what it leaves open is `inconclusive(evicted)`",
            duration(longest),
            duration(limits.longest_deadline)
        );
        let code = codes::DEADLINE_TOO_LONG;
        let mut diagnostic = Diagnostic::new(code, place.file, range, lines, message);
        diagnostic.rule = Some(rule.id.clone());
        diagnostic.help = Some("set a longer `trace.max_age`, or a shorter deadline".to_owned());
        loaded.diagnostics.push(diagnostic);
    }
}

/// Whether a rule that is enabled has such a deadline.
pub(crate) fn is_too_long(rule: &Rule, limits: &Limits) -> bool {
    let longest = rule.body.longest_deadline();
    rule.enabled && longest.is_some_and(|longest| longest > limits.longest_deadline)
}

#[cfg(test)]
mod tests {
    use crate::file::load::load;
    use crate::limits::Limits;
    use crate::source::SourceFile;

    fn warned(condition: &str, seconds: u64) -> Vec<String> {
        let text = format!("rules:\n  - {{ id: r, condition: '{condition}' }}\n");
        let limits = Limits {
            longest_deadline: seconds * 1_000_000_000,
            ..Limits::default()
        };
        let loaded = load(&[SourceFile::new("r.yaml", text)], &limits);
        let of_deadlines = loaded
            .diagnostics
            .into_iter()
            .filter(|one| one.code.0 == "W0007");
        of_deadlines.map(|one| one.message).collect()
    }

    #[test]
    fn a_deadline_is_fine_at_the_limit_and_warned_of_above_it() {
        let rule = "when each { a as p } always { b after p within 1m }";
        assert_eq!(warned(rule, 60), Vec::<String>::new());
        let [message] = &warned(rule, 59)[..] else {
            panic!("one warning");
        };
        assert!(message.starts_with("`within 1m` is longer than a trace is kept open, 59s"));
    }

    #[test]
    fn deadlines_are_found_wherever_they_stand_and_backward_ones_are_none() {
        for rule in [
            "when { a then b within 1m } always { c }",
            "when each { a as p, b after p within 1m as q } always { c before q }",
            "never { count(b inside (c after a within 1m)) > 2 }",
            "always { not (a then (b then c within 1m)) }",
        ] {
            assert_eq!(warned(rule, 10).len(), 1, "{rule}");
        }
        let backward = "when each { a as p } always { b before p within 1m }";
        assert_eq!(warned(backward, 10).len(), 0);
        let without_end = "when each { a as p } always { b after p within 1m.. }";
        assert_eq!(warned(without_end, 10).len(), 0);
        let of_bound = "when each { a as p, a as q } always { q after p within 1m }";
        assert_eq!(warned(of_bound, 10).len(), 0);
    }
}
