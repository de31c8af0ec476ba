//! The memory of collections that nobody needs any more, for those that come.

use std::rc::Rc;

use crate::file::yaml::tree::{Collection, Entry, YamlKind, YamlNode};

/// Collections without items. The one that was left last is taken first: rules of a file are alike, so that each finds the
/// rooms of the one before it in the order in which it asks for them.
#[derive(Default)]
pub(super) struct Rooms<'t> {
    sequences: Vec<Rc<Collection<YamlNode<'t>>>>,
    mappings: Vec<Rc<Collection<Entry<'t>>>>,
}

impl<'t> Rooms<'t> {
    pub fn sequence(&mut self) -> Rc<Collection<YamlNode<'t>>> {
        // Most stand in brackets and have one item.
        self.sequences.pop().unwrap_or_else(|| room(1))
    }

    pub fn mapping(&mut self) -> Rc<Collection<Entry<'t>>> {
        self.mappings.pop().unwrap_or_else(|| room(0))
    }

    /// Takes a node apart that has come to its end; what others have of it stays theirs.
    pub fn leave(&mut self, mut node: YamlNode<'t>) {
        self.take(&mut node.kind);
    }

    fn take(&mut self, kind: &mut YamlKind<'t>) {
        match std::mem::replace(kind, YamlKind::Refused) {
            YamlKind::Sequence(mut sequence) => {
                let Some(inner) = Rc::get_mut(&mut sequence) else {
                    return;
                };
                for item in &mut inner.items {
                    self.take_inner(item);
                }
                inner.items.clear();
                inner.is_cut = false;
                self.sequences.push(sequence);
            }
            YamlKind::Mapping(mut mapping) => {
                let Some(inner) = Rc::get_mut(&mut mapping) else {
                    return;
                };
                for entry in inner.items.iter_mut().rev() {
                    self.take_inner(&mut entry.value);
                }
                inner.items.clear();
                inner.is_cut = false;
                self.mappings.push(mapping);
            }
            YamlKind::Scalar(_) | YamlKind::Refused => {}
        }
    }

    fn take_inner(&mut self, node: &mut YamlNode<'t>) {
        if node.height > 0 {
            self.take(&mut node.kind);
        }
    }
}

fn room<T>(items: usize) -> Rc<Collection<T>> {
    Rc::new(Collection {
        items: Vec::with_capacity(items),
        is_cut: false,
    })
}
