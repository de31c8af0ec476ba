//! Collections whose end has not come.

use std::{collections::HashSet, ops::Range, rc::Rc};

use crate::codes::files as codes;
use crate::file::yaml::tree::{Collection, Entry, YamlFault, YamlKind, YamlNode};

/// A collection as far as it is read.
pub(super) struct Open<'t> {
    pub begin: usize,
    pub anchor: usize,
    kind: OpenKind<'t>,
    weight: u32,
    height: u32,
}

enum OpenKind<'t> {
    Sequence(Rc<Collection<YamlNode<'t>>>),
    Mapping {
        entries: Rc<Collection<Entry<'t>>>,
        key: Option<YamlNode<'t>>,
        /// The texts of the keys, once they are more than [`FEW`].
        keys: Option<HashSet<String>>,
    },
}

/// So few keys are looked through one by one.
const FEW: usize = 16;

impl<'t> Open<'t> {
    /// `items`: none, and nobody else's.
    pub fn sequence(begin: usize, anchor: usize, items: Rc<Collection<YamlNode<'t>>>) -> Open<'t> {
        Open::new(begin, anchor, OpenKind::Sequence(items))
    }

    /// `entries`: likewise.
    pub fn mapping(begin: usize, anchor: usize, entries: Rc<Collection<Entry<'t>>>) -> Open<'t> {
        let kind = OpenKind::Mapping {
            entries,
            key: None,
            keys: None,
        };
        Open::new(begin, anchor, kind)
    }

    fn new(begin: usize, anchor: usize, kind: OpenKind<'t>) -> Open<'t> {
        Open {
            begin,
            anchor,
            kind,
            weight: 1,
            height: 0,
        }
    }

    pub fn is_sequence(&self) -> bool {
        matches!(self.kind, OpenKind::Sequence(_))
    }

    /// Its next item, or the next key or value.
    ///
    /// # Errors
    ///
    /// The fault of a key that cannot be one; its value is left out.
    pub fn add(&mut self, node: YamlNode<'t>) -> Result<(), YamlFault> {
        self.weight = self.weight.saturating_add(node.weight);
        self.height = self.height.max(node.height);
        let (entries, key, keys) = match &mut self.kind {
            OpenKind::Sequence(sequence) => {
                items(sequence).push(node);
                return Ok(());
            }
            OpenKind::Mapping { entries, key, keys } => (items(entries), key, keys),
        };
        let Some(key) = key.take() else {
            *key = Some(node);
            return Ok(());
        };
        let text = match &key.kind {
            YamlKind::Scalar(scalar) => &scalar.value,
            YamlKind::Refused => return Ok(()),
            _ => return Err(not_text(&key)),
        };
        if is_known(entries, keys, text) {
            return Err(twice(text, key.range.clone()));
        }
        entries.push(Entry { key, value: node });
        Ok(())
    }

    /// Whether it is a mapping that has come to this key, and not yet to what it says.
    pub fn awaits_value_of(&self, text: &str) -> bool {
        let OpenKind::Mapping { key: Some(key), .. } = &self.kind else {
            return false;
        };
        key.as_scalar().is_some_and(|key| key.value == text)
    }

    /// The collection, at its end or where a syntax error cuts it off.
    pub fn closed(self, end: usize, is_cut: bool) -> YamlNode<'t> {
        let kind = match self.kind {
            OpenKind::Sequence(mut sequence) => {
                if is_cut && let Some(sequence) = Rc::get_mut(&mut sequence) {
                    sequence.is_cut = true;
                    if let Some(last) = sequence.items.last_mut() {
                        last.cut();
                    }
                }
                YamlKind::Sequence(sequence)
            }
            OpenKind::Mapping { mut entries, .. } => {
                if is_cut && let Some(entries) = Rc::get_mut(&mut entries) {
                    entries.is_cut = true;
                }
                YamlKind::Mapping(entries)
            }
        };
        YamlNode {
            range: self.begin..end,
            kind,
            weight: self.weight,
            height: self.height + 1,
        }
    }
}

/// What an open collection has so far. Nobody else has it before its end has come; of one that somebody had, a copy is made.
fn items<T: Clone>(collection: &mut Rc<Collection<T>>) -> &mut Vec<T> {
    &mut Rc::make_mut(collection).items
}

/// Whether a mapping has a key of this text.
fn is_known(entries: &[Entry<'_>], keys: &mut Option<HashSet<String>>, text: &str) -> bool {
    let mut texts = entries
        .iter()
        .filter_map(|entry| Some(&*entry.key.as_scalar()?.value));
    if entries.len() < FEW {
        return texts.any(|known| known == text);
    }
    let keys = keys.get_or_insert_with(|| texts.map(str::to_owned).collect());
    !keys.insert(text.to_owned())
}

fn not_text(key: &YamlNode<'_>) -> YamlFault {
    YamlFault {
        code: codes::WRONG_KIND,
        range: key.range.clone(),
        message: format!("a key must be text, this is {}", key.what()),
        help: Some("a text that begins with `{`, `[`, `*`, `&` or `?` needs quotes".to_owned()),
    }
}

fn twice(text: &str, range: Range<usize>) -> YamlFault {
    YamlFault {
        code: codes::DUPLICATE_KEY,
        range,
        message: format!("the key `{text}` is here twice"),
        help: Some("only one of them can count; remove the other".to_owned()),
    }
}
