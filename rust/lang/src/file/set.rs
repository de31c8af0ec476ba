//! The files of a set, one after the other, and each that another uses before that one.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::codes::{Code, files as codes};
use crate::condition::vocabulary::Home;
use crate::diagnostic::nearest::nearest;
use crate::diagnostic::{Diagnostic, NotKept};
use crate::file::across::Across;
use crate::file::asked::Asked;
use crate::file::brought::{Brought, Imports};
use crate::file::budget::Budget;
use crate::file::check_rule::RuleChecker;
use crate::file::deadline::is_too_long;
use crate::file::ids::Ids;
use crate::file::loaded::{Loaded, LoadedRule};
use crate::file::read::Reader;
use crate::file::rulefile::{self, RuleFile};
use crate::file::said::shown;
use crate::file::unused;
use crate::file::uses::{Use, normal_name, resolved};
use crate::limits::Limits;
use crate::source::{LineIndex, SourceFile};

/// Loads the files of a set.
pub(super) struct SetLoader<'a> {
    files: &'a [SourceFile],
    limits: &'a Limits,
    asked: Asked,
    loaded: Loaded,
    ids: Ids,
    /// The limit of rules was passed and reported.
    is_full: bool,
    not_kept: NotKept,
    states: HashMap<usize, State<'a>>,
    /// Those that are looked at, each used by the one before it.
    under_way: Vec<usize>,
    /// By the names that `use:` looks for, once it does.
    by_name: HashMap<String, usize>,
    used: HashSet<usize>,
    /// What is said of files without rules that no other uses.
    without_rules: Vec<Diagnostic>,
    across: Across,
    budget: Budget,
    /// Rules with deadlines beyond the limit.
    too_long: Vec<usize>,
}

/// What was loaded, as far as rules are looked at one by one.
pub(super) struct Finished {
    pub loaded: Loaded,
    /// How many diagnostics were not kept.
    pub not_kept: NotKept,
    pub across: Across,
    pub budget: Budget,
    /// Rules with deadlines beyond the limit.
    pub too_long: Vec<usize>,
}

/// How far a file is.
enum State<'a> {
    /// Its rules wait for its turn.
    Read(Box<(Reader<'a>, Vec<RuleFile<'a>>)>),
    HasRules,
    Brings(Rc<Brought<'a>>),
}

/// Why a file cannot be used.
struct CannotUse {
    code: Code,
    message: String,
    help: Option<String>,
}

impl<'a> SetLoader<'a> {
    pub fn new(files: &'a [SourceFile], limits: &'a Limits, asked: Asked) -> SetLoader<'a> {
        SetLoader {
            files,
            limits,
            asked,
            loaded: Loaded::default(),
            ids: Ids::default(),
            is_full: false,
            not_kept: NotKept::default(),
            states: HashMap::new(),
            under_way: Vec::new(),
            by_name: HashMap::new(),
            used: HashSet::new(),
            without_rules: Vec::new(),
            across: Across::default(),
            budget: Budget::default(),
            too_long: Vec::new(),
        }
    }

    /// The file at `index`, unless another has used it already.
    pub fn load_file(&mut self, index: usize) {
        match self.states.remove(&index) {
            None => {
                if let Some((reader, read)) = self.read(index) {
                    self.check(reader, read);
                }
            }
            Some(State::Read(waiting)) => {
                let (reader, read) = *waiting;
                self.check(reader, read);
            }
            Some(done) => {
                self.states.insert(index, done);
            }
        }
    }

    pub fn finish(mut self) -> Finished {
        let unused = self.without_rules.into_iter();
        let unused = unused.filter(|one| !self.used.contains(&one.file));
        self.loaded.diagnostics.extend(unused);
        Finished {
            loaded: self.loaded,
            not_kept: self.not_kept,
            across: self.across,
            budget: self.budget,
            too_long: self.too_long,
        }
    }

    fn read(&mut self, index: usize) -> Option<(Reader<'a>, Vec<RuleFile<'a>>)> {
        let file = self.files.get(index)?;
        let text = &file.text;
        if text.len() > self.limits.file_bytes {
            let most = self.limits.file_bytes;
            let lines = LineIndex::new("");
            let message = format!("this file has {} bytes; the limit is {most}", text.len());
            self.loaded.diagnostics.push(Diagnostic::new(
                codes::FILE_TOO_LARGE,
                index,
                0..0,
                &lines,
                message,
            ));
            self.states.insert(index, State::HasRules);
            return None;
        }
        Some(rulefile::read(index, text, self.limits))
    }

    /// Checks all that stands in a file, those that it uses first.
    fn check(&mut self, mut reader: Reader<'a>, mut read: Vec<RuleFile<'a>>) {
        let index = reader.file;
        let has_rules = read.iter().any(|file| !file.rules.is_empty());
        self.under_way.push(index);
        let mut brought = Brought::default();
        for file in &mut read {
            let imports = self.imports(&mut reader, file);
            if !has_rules {
                brought.elsewhere.extend(imports.elsewhere.clone());
            }
            let checker = self.check_document(&mut reader, file, imports);
            if !has_rules {
                let vocabulary = checker.into_vocabulary();
                let home = Home {
                    file: index,
                    vocabulary,
                };
                brought.homes.push(Arc::new(home));
                for named in &file.macros {
                    let key = (index, named.name.as_str().into());
                    let text = Arc::clone(&self.files[index].text);
                    let place = (named.value.node.clone(), text);
                    brought.elsewhere.insert(key, place);
                }
            }
        }
        self.under_way.pop();
        if !has_rules && reader.errors == 0 {
            let message = match read.iter().any(RuleFile::has_names) {
                true => "this file has no rules, and no file of the set uses it",
                false => "this file has no rules",
            };
            let (code, lines) = (codes::NO_RULES, &reader.lines);
            self.without_rules.push(Diagnostic::new(
                code,
                index,
                0..0,
                lines,
                message.to_owned(),
            ));
        }
        self.not_kept.add(reader.not_kept);
        if self.loaded.diagnostics.is_empty() {
            self.loaded.diagnostics = reader.diagnostics;
        } else {
            self.loaded.diagnostics.append(&mut reader.diagnostics);
        }
        // Later files can only add to what is counted.
        let most = self.limits.diagnostics.saturating_mul(2);
        let dropped = self
            .loaded
            .diagnostics
            .drain(most.min(self.loaded.diagnostics.len())..);
        dropped.for_each(|one| self.not_kept.note(&one));
        let state = match has_rules {
            true => State::HasRules,
            false => State::Brings(Rc::new(brought)),
        };
        self.states.insert(index, state);
    }

    fn check_document(
        &mut self,
        reader: &mut Reader<'_>,
        file: &mut RuleFile<'a>,
        imports: Imports<'a>,
    ) -> RuleChecker<'a> {
        let rules = std::mem::take(&mut file.rules);
        if self.asked == Asked::Advice {
            unused::report(reader, file, &rules, &imports);
        }
        let mut checker = RuleChecker::new(file, imports, self.limits, self.asked);
        checker.check_macros(reader, file);
        self.loaded.rules.reserve(rules.len());
        self.ids.make_room(rules.len());
        if self.asked == Asked::Advice {
            self.across.make_room(rules.len());
        }
        for written in rules {
            self.loaded.rule_count += 1;
            if self.loaded.rule_count > self.limits.rules {
                if !self.is_full {
                    self.is_full = true;
                    let message = format!("a set has {} rules at most", self.limits.rules);
                    reader.report(codes::TOO_MANY, written.at.clone(), message);
                }
                continue;
            }
            let entered = reader.enter(written.id.clone());
            self.ids.check(reader, &written, self.files);
            let meaning = checker.check(reader, &written);
            let is_faulty = reader.leave(entered) || written.is_faulty;
            if let Some(meaning) = meaning
                && !is_faulty
            {
                self.keep(written.loaded(reader.file, meaning));
            }
        }
        self.loaded.rule_count += file.unread;
        checker
    }

    /// Keeps a rule, and looks at what is asked of each by itself while it is at hand.
    fn keep(&mut self, rule: Option<LoadedRule>) {
        let Some(mut rule) = rule else { return };
        let index = self.loaded.rules.len();
        self.budget.add(index, &mut rule, self.limits);
        if self.asked == Asked::Advice {
            self.across.add(index, &rule.rule);
            if is_too_long(&rule.rule, self.limits) {
                self.too_long.push(index);
            }
        }
        self.loaded.rules.push(rule);
    }

    /// What a document is brought by those that it uses.
    fn imports(&mut self, reader: &mut Reader<'_>, file: &RuleFile<'a>) -> Imports<'a> {
        let mut imports = Imports::default();
        let mut seen = HashSet::new();
        for (at, entry) in file.uses.iter().enumerate() {
            let found = self.target(reader.file, entry, &mut seen);
            match found.and_then(|index| self.bring(index)) {
                Ok(brought) => imports.add(reader, file, at, &brought),
                Err(refusal) => {
                    let range = reader.span(&entry.node);
                    let diagnostic = reader.report(refusal.code, range, refusal.message);
                    diagnostic.help = refusal.help;
                }
            }
        }
        imports.check_fields(reader, file);
        imports
    }

    /// The file that an entry names.
    fn target(
        &mut self,
        from: usize,
        entry: &Use<'_>,
        seen: &mut HashSet<usize>,
    ) -> Result<usize, CannotUse> {
        let written = shown(&entry.written);
        let from_name = self.files.get(from).map_or("", |file| &*file.name);
        let name = resolved(from_name, &entry.written).map_err(|why| CannotUse {
            code: codes::BAD_USE,
            message: format!("`{written}` cannot be used: {why}"),
            help: Some("`use: [./shared.yaml]`, `use: [../lists/cards.yaml]`".to_owned()),
        })?;
        if self.by_name.is_empty() {
            let named = self.files.iter().enumerate();
            // Of two with one name the first counts.
            let named = named.rev().map(|(at, file)| (normal_name(&file.name), at));
            self.by_name = named.collect();
        }
        let Some(index) = self.by_name.get(&name).copied() else {
            let near = nearest(&name, self.by_name.keys().map(String::as_str));
            return Err(CannotUse {
                code: codes::UNKNOWN_USE,
                message: format!("the rule set has no file `{}`", shown(&name)),
                help: Some(match near {
                    Some(near) => format!("did you mean `{}`?", shown(near)),
                    None => {
                        "it must be there, in or below a directory of rule files that are loaded"
                            .to_owned()
                    }
                }),
            });
        };
        let why = if index == from {
            "a file does not use itself"
        } else if !seen.insert(index) {
            "it stands here twice"
        } else {
            return Ok(index);
        };
        Err(CannotUse {
            code: codes::BAD_USE,
            message: format!("`{written}` cannot be used: {why}"),
            help: Some("leave it out".to_owned()),
        })
    }

    /// What a file brings, which is checked first where it was not yet.
    fn bring(&mut self, index: usize) -> Result<Rc<Brought<'a>>, CannotUse> {
        let refused = |why: String, help: &str| CannotUse {
            code: codes::BAD_USE,
            message: why,
            help: Some(help.to_owned()),
        };
        if let Some(at) = self.under_way.iter().position(|one| *one == index) {
            let circle = self.under_way[at..].iter().chain([&index]);
            let names: Vec<&str> = circle.map(|one| self.name(*one)).collect();
            let why = format!("files use each other in a circle: {}", names.join(" → "));
            return Err(refused(
                why,
                "what both need stands in a file that uses neither",
            ));
        }
        if self.under_way.len() > self.limits.used_in_a_row {
            return Err(CannotUse {
                code: codes::TOO_MANY,
                message: format!(
                    "files use each other in rows of {} at most",
                    self.limits.used_in_a_row
                ),
                help: Some("let the first file use what it needs itself".to_owned()),
            });
        }
        self.used.insert(index);
        if !self.states.contains_key(&index)
            && let Some((reader, read)) = self.read(index)
        {
            if read.iter().any(|file| !file.rules.is_empty()) {
                let waiting = Box::new((reader, read));
                self.states.insert(index, State::Read(waiting));
            } else {
                self.check(reader, read);
            }
        }
        match self.states.get(&index) {
            Some(State::Brings(brought)) => Ok(Rc::clone(brought)),
            _ => Err(refused(
                format!(
                    "`{}` has rules of its own, so it cannot be used",
                    self.name(index)
                ),
                "what several files need stands in a file without rules",
            )),
        }
    }

    fn name(&self, index: usize) -> &str {
        self.files.get(index).map_or("", |file| &*file.name)
    }
}
