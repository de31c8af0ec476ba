//! Faults of texts, put where they stand in the file.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    rc::Rc,
};

use crate::codes::{Code, DiagnosticSeverity};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fault::{Fault, Origin};
use crate::file::read::{Reader, Text};
use crate::file::rulefile::RuleFile;
use crate::file::yaml::{ScalarMap, YamlNode};

/// Where the macros of a file stand, and what was said of them.
pub(super) struct Placing {
    macros: HashMap<String, Rc<YamlNode>>,
    /// Where macros are mapped to, once one has a fault.
    maps: HashMap<String, ScalarMap>,
    /// Faults of macros, which each rule that uses the macro would report again.
    reported: HashSet<(Code, Range<usize>, String)>,
}

impl Placing {
    pub fn new(file: &RuleFile) -> Placing {
        let macros = file
            .macros
            .iter()
            .map(|named| (named.name.clone(), Rc::clone(&named.value.node)))
            .collect();
        Placing {
            macros,
            maps: HashMap::new(),
            reported: HashSet::new(),
        }
    }

    /// Reports the faults of a text of the file, and of the macros in it.
    pub fn place(&mut self, reader: &mut Reader<'_>, text: &Text, faults: Vec<Fault>) {
        if faults.is_empty() {
            return;
        }
        let here = text
            .node
            .as_scalar()
            .map(|scalar| ScalarMap::new(scalar, reader.text));
        for fault in faults {
            let (range, node, rule) = match &fault.origin {
                Origin::Here => {
                    let range = match &here {
                        Some(map) => map.range(fault.range),
                        None => text.node.range.clone(),
                    };
                    (range, Some(&text.node), reader.rule.clone())
                }
                Origin::Macro(name) => {
                    let range = self.macro_range(reader, name, fault.range);
                    let said = (fault.code, range.clone(), fault.message.clone());
                    if !self.reported.insert(said) {
                        // The rule is faulty all the same.
                        let is_error = fault.code.severity() == DiagnosticSeverity::Error;
                        reader.errors += usize::from(is_error);
                        continue;
                    }
                    (range, self.macros.get(&**name), None)
                }
            };
            let lines = &reader.lines;
            let mut diagnostic =
                Diagnostic::new(fault.code, reader.file, range, lines, fault.message);
            diagnostic.rule = rule;
            let written = node.and_then(|node| node.as_scalar());
            diagnostic.suggestion = fault
                .suggestion
                .as_ref()
                .and_then(|suggestion| written?.write(suggestion));
            diagnostic.help = match (fault.help, fault.suggestion) {
                (None, Some(suggestion)) if diagnostic.suggestion.is_none() => {
                    Some(format!("write `{suggestion}`"))
                }
                (help, _) => help,
            };
            reader.push(diagnostic);
        }
    }

    fn macro_range(
        &mut self,
        reader: &Reader<'_>,
        name: &str,
        range: Range<usize>,
    ) -> Range<usize> {
        if let Some(map) = self.maps.get(name) {
            return map.range(range);
        }
        let Some(scalar) = self.macros.get(name).and_then(|node| node.as_scalar()) else {
            return 0..0;
        };
        let map = ScalarMap::new(scalar, reader.text);
        let placed = map.range(range);
        self.maps.insert(name.to_owned(), map);
        placed
    }
}
