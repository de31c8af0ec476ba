//! Rules for commands that run them: loaded from files, all of them faultless; and faults as every command shows them.

use std::path::PathBuf;
use std::sync::Arc;

use betrace_lang::rule::Rule;
use betrace_lang::{
    Diagnostic, Limits, Loaded, LoadedRule, SourceFile, load, nearest, render_text,
};

use crate::exit::Exit;
use crate::output::{self, Palette, one_line};
use crate::paths;

/// What was loaded, and from what.
pub struct RuleSet {
    pub files: Vec<SourceFile>,
    pub rules: Vec<LoadedRule>,
}

/// Diagnostics as a person reads them, with the lines they speak of.
#[must_use]
pub fn shown(diagnostics: &[Diagnostic], files: &[SourceFile], palette: Palette) -> String {
    let files: Vec<SourceFile> = files
        .iter()
        .map(|file| SourceFile::new(one_line(&file.name), Arc::clone(&file.text)))
        .collect();
    render_text(diagnostics, &files, palette.is_on)
}

/// Loads the rules of `paths`. Faults are shown on standard error; warnings are `check`'s business.
pub fn load_faultless(paths: &[PathBuf]) -> Result<RuleSet, Exit> {
    let limits = Limits::default();
    let files = paths::rule_files(paths, &limits).map_err(|error| {
        output::fault(error);
        Exit::Usage
    })?;
    faultless(load(&files, &limits), files)
}

/// As [`load_faultless`], of files that were loaded, as a person knows them.
pub fn faultless(loaded: Loaded, files: Vec<SourceFile>) -> Result<RuleSet, Exit> {
    let errors: Vec<_> = loaded
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .cloned()
        .collect();
    if !errors.is_empty() {
        output::report(&shown(&errors, &files, Palette::off()));
        output::fault(format_args!(
            "the rules have {} ({} read); betrace check shows them all",
            output::counted(errors.len(), "error"),
            output::counted(loaded.rule_count, "rule")
        ));
        return Err(Exit::Usage);
    }
    Ok(RuleSet {
        files,
        rules: loaded.rules,
    })
}

/// Whether each of these is the id of a rule in the set; else what to say.
pub fn all_there(asked: &[String], set: &RuleSet) -> Result<(), String> {
    let ids = set.rules.iter().map(|loaded| &*loaded.rule.id.0);
    let unknown = asked
        .iter()
        .find(|id| !ids.clone().any(|there| there == **id));
    unknown.map_or(Ok(()), |id| Err(no_such_rule(id, ids.clone())))
}

/// That no rule has this id, with the one that was probably meant, or where to see them all.
#[must_use]
pub fn no_such_rule<'a>(id: &str, ids: impl Iterator<Item = &'a str> + Clone) -> String {
    const MOST: usize = 12;
    let mut listed: Vec<&str> = ids.clone().take(MOST + 1).collect();
    let help = match nearest(id, ids) {
        Some(near) => format!("did you mean {near:?}?"),
        None if listed.is_empty() => "they hold none".to_owned(),
        None if listed.len() > MOST => {
            listed.truncate(MOST);
            format!("they hold {} and more", listed.join(", "))
        }
        None => format!("they hold {}", listed.join(", ")),
    };
    format!("there is no rule {id:?} in these files; {help}")
}

/// The enabled rules, of which there must be one: who judges by none is told of no violation, whatever happened.
pub fn enabled(mut rules: Vec<Arc<Rule>>) -> Result<Vec<Arc<Rule>>, Exit> {
    let all = rules.len();
    rules.retain(|rule| rule.enabled);
    if rules.is_empty() {
        output::fault(match all {
            0 => "there is no rule in these files, so nothing would be judged",
            _ => "there is no rule that is enabled, so nothing would be judged: enable one",
        });
        return Err(Exit::Usage);
    }
    Ok(rules)
}

/// The enabled rules about one trace, for commands that judge trace by trace; how many others are left out is told, and an
/// error where nothing but those is left.
pub fn of_one_trace(rules: Vec<Arc<Rule>>) -> Result<Vec<Arc<Rule>>, Exit> {
    let mut rules = enabled(rules)?;
    let all = rules.len();
    rules.retain(|rule| rule.body.over.is_none());
    let left_out = all - rules.len();
    if left_out > 0 && rules.is_empty() {
        output::fault(
            "all rules are over many traces, and this command judges rules about one; betrace replay --summary says what each window came to",
        );
        return Err(Exit::Usage);
    }
    if left_out > 0 {
        output::note(format_args!(
            "{} over many traces left out: this command judges rules about one",
            output::counted(left_out, "rule")
        ));
    }
    Ok(rules)
}
