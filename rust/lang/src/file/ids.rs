//! The ids of a set, which name each rule in violations, metrics and stored state.

use hashbrown::{HashMap, hash_map};

use crate::codes::files as codes;
use crate::file::loaded::Place;
use crate::file::read::Reader;
use crate::file::said::shown;
use crate::file::written::WrittenRule;
use crate::rule::RuleId;
use crate::source::SourceFile;

/// Where each id stands first.
#[derive(Debug, Default)]
pub(super) struct Ids {
    first: HashMap<RuleId, Place>,
}

impl Ids {
    pub fn make_room(&mut self, more: usize) {
        self.first.reserve(more);
    }

    /// Reports an id that another rule has.
    pub fn check(
        &mut self,
        reader: &mut Reader<'_>,
        written: &WrittenRule<'_>,
        files: &[SourceFile],
    ) {
        let Some(id) = &written.id else { return };
        match self.first.entry(id.clone()) {
            hash_map::Entry::Vacant(first) => {
                first.insert(written.place(reader.file));
            }
            hash_map::Entry::Occupied(first) => {
                let help = format!("the first one is at {}", first.get().shown(files));
                let message = format!("there is another rule with the id `{}`", shown(&id.0));
                reader
                    .report(codes::DUPLICATE_ID, written.at.clone(), message)
                    .help = Some(help);
            }
        }
    }
}
