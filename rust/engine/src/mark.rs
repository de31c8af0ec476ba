//! How our own spans, violations and evidence records, are known when they come by again: by a mark, which is a keyed hash of
//! their ids.
//!
//! They are known so that rules do not judge them. A span that only looks like one is an ordinary span: whoever could
//! make one without the key could hide spans from rules. The hash is BLAKE3 with a key that is derived from a secret,
//! cut to 128 bits, over trace id and span id; with the span's name it is all that is looked at, because what else a
//! span says may be changed on its way. Who copies a mark gets no further than the ids and the name of the violation
//! that he copied it from.

use std::fmt;

/// The scope and the name of violation spans.
pub(crate) const SCOPE: &str = "betrace";
pub(crate) const NAME: &str = "betrace.violation";
/// The name of spans in which evidence records travel; whoever has a processor write them marks them with its key.
const RECORD: &str = "betrace.evidence";
/// Attributes of theirs: the violation's id, and the mark.
pub(crate) const VIOLATION_ID: &str = "betrace.violation.id";
pub(crate) const MARK: &str = "betrace.mark";

/// For nothing else may a key be derived so.
const PURPOSE: &str = "betrace 2026-11-28 marks of violation spans";

/// A mark as it is written: 128 bits in lower-case hex.
const MARK_LEN: usize = 32;

/// A secret that marks are made with, or known by.
#[derive(Clone, PartialEq, Eq)]
pub struct MarkKey([u8; 32]);

impl MarkKey {
    /// The least and the most bytes of a secret.
    pub const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=1024;

    /// `None` where the secret is shorter or longer than [`MarkKey::SECRET_BYTES`].
    #[must_use]
    pub fn new(secret: &[u8]) -> Option<MarkKey> {
        let fits = MarkKey::SECRET_BYTES.contains(&secret.len());
        fits.then(|| MarkKey(blake3::derive_key(PURPOSE, secret)))
    }

    /// The mark of the violation span with these ids.
    pub(crate) fn mark(&self, trace: &[u8; 16], span: &[u8; 8]) -> [u8; MARK_LEN] {
        let mut ids = [0; 24];
        ids[..16].copy_from_slice(trace);
        ids[16..].copy_from_slice(span);
        let hash = blake3::keyed_hash(&self.0, &ids);
        let mut mark = [0; MARK_LEN];
        mark.copy_from_slice(&hash.to_hex().as_bytes()[..MARK_LEN]);
        mark
    }

    /// Takes as long for a mark that is wrong at its beginning as for one that is wrong at its end.
    fn made(&self, mark: &[u8], trace: &[u8; 16], span: &[u8; 8]) -> bool {
        let right = self.mark(trace, span);
        let differing = right
            .iter()
            .zip(mark)
            .fold(0, |bits, (a, b)| bits | (a ^ b));
        mark.len() == MARK_LEN && differing == 0
    }
}

impl fmt::Debug for MarkKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("MarkKey(…)")
    }
}

/// Which spans are taken for violation spans, and not judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OwnSpans {
    /// None.
    #[default]
    Nowhere,
    /// Those that are shaped like one: scope, name, and a violation's id from which the span's follows, or the mark of a
    /// record. For recordings, where no key is at hand: whoever wrote one could have left spans out as well.
    Shaped,
    /// Those that bear a mark of one of these keys.
    Marked(Vec<MarkKey>),
}

/// Whose span it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// An application's.
    #[default]
    Others,
    /// A violation span, or an evidence record's: no rule judges it.
    Own,
    /// It says that it is a violation span and bears no mark of a known key. It is judged like any other.
    Unmarked,
}

/// What a span in our scope says of itself.
pub(crate) struct Claim<'a> {
    pub trace: &'a [u8; 16],
    pub span: &'a [u8; 8],
    pub name: &'a [u8],
    pub violation: Option<&'a [u8]>,
    pub mark: Option<&'a [u8]>,
}

impl OwnSpans {
    /// Whose span it is that stands in our scope and claims this.
    pub(crate) fn whose(&self, claim: &Claim<'_>) -> Whose {
        let is_violation = claim.name == NAME.as_bytes();
        let is_record = claim.name == RECORD.as_bytes();
        match self {
            OwnSpans::Nowhere => Whose::Others,
            OwnSpans::Shaped => {
                let id = claim.violation.and_then(violation_id);
                let follows = id.is_some_and(|id| span_id(&id) == *claim.span);
                if is_violation && follows || is_record && claim.mark.is_some() {
                    Whose::Own
                } else {
                    Whose::Others
                }
            }
            OwnSpans::Marked(keys) => {
                let is_made = |mark| {
                    keys.iter()
                        .any(|key| key.made(mark, claim.trace, claim.span))
                };
                if (is_violation || is_record) && claim.mark.is_some_and(is_made) {
                    Whose::Own
                } else if claim.violation.is_some() || claim.mark.is_some() {
                    Whose::Unmarked
                } else {
                    Whose::Others
                }
            }
        }
    }
}

/// The span id of the violation with this id: folded to eight bytes, so that the same violation has the same span id;
/// never all zero, which OTLP takes for none.
pub(crate) fn span_id(violation: &[u8; 16]) -> [u8; 8] {
    let mut folded: [u8; 8] = std::array::from_fn(|at| violation[at] ^ violation[at + 8]);
    if folded == [0; 8] {
        folded[7] = 1;
    }
    folded
}

/// Reads a violation's id as it is written, in lower-case hex.
fn violation_id(text: &[u8]) -> Option<[u8; 16]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut id = [0; 16];
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != id.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in id.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_of_sixteen_to_a_thousand_bytes_is_a_key() {
        for (bytes, is_key) in [
            (0, false),
            (15, false),
            (16, true),
            (1024, true),
            (1025, false),
        ] {
            assert_eq!(MarkKey::new(&vec![7; bytes]).is_some(), is_key, "{bytes}");
        }
    }

    #[test]
    fn a_mark_hangs_on_the_secret_and_on_both_ids() {
        let key = |secret: &[u8]| MarkKey::new(secret).unwrap();
        let mark = key(b"sixteen letters.").mark(&[1; 16], &[2; 8]);
        assert_eq!(mark, key(b"sixteen letters.").mark(&[1; 16], &[2; 8]));
        assert_ne!(mark, key(b"sixteen letters!").mark(&[1; 16], &[2; 8]));
        assert_ne!(mark, key(b"sixteen letters.").mark(&[3; 16], &[2; 8]));
        assert_ne!(mark, key(b"sixteen letters.").mark(&[1; 16], &[3; 8]));
    }

    #[test]
    fn a_part_of_a_mark_is_none() {
        let key = MarkKey::new(b"sixteen letters.").unwrap();
        let mark = key.mark(&[1; 16], &[2; 8]);
        let mut longer = mark.to_vec();
        longer.push(b'0');
        assert!(key.made(&mark, &[1; 16], &[2; 8]));
        for wrong in [&[][..], &mark[..31], &longer] {
            assert!(!key.made(wrong, &[1; 16], &[2; 8]));
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        let keys = OwnSpans::Marked(vec![MarkKey::new(&[0x41; 16]).unwrap()]);
        assert_eq!(format!("{keys:?}"), "Marked([MarkKey(…)])");
    }
}
