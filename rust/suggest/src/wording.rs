//! A form as a condition that loads without a word, in its one layout; and an id for its rule.

use betrace_lang::{FormatOptions, Limits, SourceFile, format_condition, load};

use crate::fold::Shape;
use crate::form::text::{Spelling, Writer};
use crate::form::{Form, Of, Selector};
use crate::table::{NameId, Table};

/// The form in the language. `None`: no spelling of it is without a warning, or too long, or a value has no letters.
#[must_use]
pub fn condition(table: &Table, form: &Form) -> Option<String> {
    let spellings = [Spelling::Bare, Spelling::Quoted].into_iter();
    let mut written = spellings.filter_map(|spelling| {
        let text = Writer { table, spelling }.condition(form)?;
        let text = format_condition(&text, FormatOptions::default()).ok()?;
        is_clean(&text).then_some(text)
    });
    written.next()
}

/// Nothing is said of a rule with this condition.
fn is_clean(condition: &str) -> bool {
    let mut file = String::from("rules:\n  - id: candidate\n    condition: |\n");
    for line in condition.lines() {
        file.push_str("      ");
        file.push_str(line);
        file.push('\n');
    }
    let loaded = load(&[SourceFile::new("candidate", file)], &Limits::default());
    loaded.diagnostics.is_empty() && loaded.rules.len() == 1
}

/// A name for the rule, of letters, figures and dashes: what it says, as far as that goes in a few words.
#[must_use]
pub fn rule_id(table: &Table, form: &Form) -> String {
    let name = |name: &NameId| match table.shape(*name) {
        Shape::Name(text) => slug(text),
        Shape::Pattern { regex, .. } => slug(regex),
    };
    let spans = |selector: &Selector| match &selector.of {
        Of::Any => "any".to_owned(),
        Of::Name(of) => name(of),
    };
    match form {
        Form::Never(one) if one.tests.is_empty() => format!("no-{}", spans(one)),
        Form::Never(one) => format!("{}-as-ever", spans(one)),
        Form::Always { when, then } => format!("{}-has-{}", spans(when), spans(then)),
        Form::NotTogether { when, never } => format!("{}-without-{}", spans(when), spans(never)),
        Form::Each {
            bound,
            needs,
            relation,
            ..
        } => {
            use crate::form::Relation;
            let word = match relation {
                Relation::Before | Relation::StartsBefore => "before",
                Relation::After | Relation::StartsAfter => "after",
            };
            format!("{}-{word}-{}", name(needs), name(bound))
        }
        Form::Ordered { first, second } => format!("{}-before-{}", name(first), name(second)),
        Form::Placed { spans, .. } => format!("{}-in-its-place", name(spans)),
        Form::Most { spans: of, .. } => format!("few-{}", spans(of)),
        Form::Equal { left, right } => format!("as-many-{}-as-{}", name(left), name(right)),
        Form::Sized { bound, counted, .. } => {
            format!("as-many-{}-as-{}-says", name(counted), name(bound))
        }
        Form::Joined { bound, needs, .. } => format!("{}-fits-{}", name(needs), name(bound)),
    }
}

/// At most so much of a name stands in an id.
const SLUG: usize = 40;

fn slug(text: &str) -> String {
    // `shop.Cart/GetItem` is known by its last part.
    let last = text.rsplit_once('/').filter(|(first, last)| {
        !first.contains(' ') && first.contains('.') && last.starts_with(char::is_alphabetic)
    });
    let mut slug = String::new();
    let mut was_lower = false;
    for c in last.map_or(text, |(_, last)| last).chars() {
        let is_hump = was_lower && c.is_ascii_uppercase();
        if (is_hump || !c.is_ascii_alphanumeric()) && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        }
        was_lower = c.is_ascii_lowercase();
    }
    if slug.len() > SLUG {
        let cut = slug[..SLUG].rfind('-').unwrap_or(SLUG);
        slug.truncate(cut);
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "spans".to_owned()
    } else {
        slug.to_owned()
    }
}
