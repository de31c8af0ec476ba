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
}
