//! What many rules of a file have word by word: their tags, and what they give evidence for. It is read once, and the rules
//! share it.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::rule::Compliance;

/// By their texts, what was read without a fault.
#[derive(Default)]
pub(crate) struct Alike<'t> {
    pub tags: Shared<'t, String>,
    pub compliance: Shared<'t, Compliance>,
}

pub(crate) type Shared<'t, T> = HashMap<&'t str, Arc<[T]>>;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::file::load::load;
    use crate::limits::Limits;
    use crate::source::SourceFile;

    #[test]
    fn what_is_alike_is_shared_and_its_faults_are_told_of_each() {
        let rule = |id: &str, tags: &str| {
            let rest = "compliance: { F: [c] }, message: 'm {count}'";
            format!("  - {{ id: {id}, condition: x.y{id}, tags: {tags}, {rest} }}\n")
        };
        let rules = [
            rule("a", "[t, u]"),
            rule("b", "[t, u]"),
            rule("c", "[t]"),
            rule("d", "[[t]]"),
            rule("e", "[[t]]"),
        ];
        let text = format!("rules:\n{}", rules.concat());
        let loaded = load(&[SourceFile::new("rules.yaml", text)], &Limits::default());
        let rules: Vec<_> = loaded.rules.iter().map(|one| &one.rule).collect();
        let [a, b, c] = rules.as_slice() else {
            panic!("{:?}", loaded.diagnostics);
        };
        assert!(Arc::ptr_eq(&a.tags, &b.tags) && *a.tags == ["t", "u"]);
        assert_eq!(*c.tags, ["t"]);
        assert!(Arc::ptr_eq(&a.compliance, &c.compliance));
        let message = |one: &crate::rule::Rule| one.message.clone().unwrap();
        assert!(Arc::ptr_eq(&message(a), &message(c)));
        let faulty = loaded.diagnostics.iter().filter(|one| one.is_error());
        let faulty: Vec<_> = faulty
            .map(|one| one.rule.clone().unwrap().0.to_string())
            .collect();
        assert_eq!(faulty, ["d", "e"]);
    }

    #[test]
    fn exceptions_are_shared_by_rules_that_bind_spans_of_the_same_names() {
        let rule = |id: &str, bound: &str, exception: &str| {
            let condition = format!("when each {{ {bound} }} always {{ b }}");
            format!("  - {{ id: {id}, condition: '{condition}', exceptions: ['{exception}'] }}\n")
        };
        let rules = [
            rule("a", "x as p", "p.where(y == 1)"),
            rule("b", "z as p", "p.where(y == 1)"),
            rule("c", "z as q", "p.where(y == 1)"),
            rule("d", "x as q, x as p", "p.where(y == 1)"),
            "  - { id: e, condition: x.ye, exceptions: ['p.where(y == 1)'] }\n".to_owned(),
        ];
        let text = format!("rules:\n{}", rules.concat());
        let loaded = load(&[SourceFile::new("rules.yaml", text)], &Limits::default());
        let rules: Vec<_> = loaded.rules.iter().map(|one| &one.rule).collect();
        let ids: Vec<&str> = rules.iter().map(|rule| &*rule.id.0).collect();
        // Without such a span `p.where` is the name of one that is selected.
        assert!(ids.starts_with(&["a", "b"]), "{ids:?}");
        let exceptions = |id: &str| {
            let rule = rules.iter().find(|rule| *rule.id.0 == *id);
            rule.map(|rule| Arc::clone(&rule.body.exceptions))
        };
        let [a, b] = ["a", "b"].map(|id| exceptions(id).unwrap());
        assert!(Arc::ptr_eq(&a, &b));
        for other in ["c", "d", "e"].into_iter().filter_map(exceptions) {
            assert!(*other != *a, "{other:?}");
        }
        assert!(exceptions("d").is_some());
    }
}
