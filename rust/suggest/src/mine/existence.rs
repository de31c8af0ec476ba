//! What has to come where something else came: `when { B } always { A }`, with B narrowed to the spans for which it holds, or in
//! every trace; and what must not come: `when { B } never { A }`.

use std::collections::{HashMap, HashSet};

use crate::bits::Bits;
use crate::candidate::Collector;
use crate::form::{Form, Of, Selector, Test};
use crate::sample::Roster;
use crate::table::{KeyId, NameId, Trace};

use crate::mine::cut::Cut;
use crate::mine::value::Atom;

/// Words that are compared for all pairs, together.
const WORK: usize = 1_500_000_000;

/// Good traces that a narrowed `when` must meet.
const ENOUGH: u32 = 5;

/// A selector and the traces in which it selects some span.
struct Spans<'a> {
    of: Of,
    atom: Option<&'a Atom>,
    set: &'a Bits,
}

impl Spans<'_> {
    fn selector(&self) -> Selector {
        match self.atom {
            None => Selector {
                of: self.of,
                tests: Vec::new(),
            },
            Some(atom) => Selector::of(atom.of, Test::In(atom.key, vec![atom.value])),
        }
    }

    fn is_name(&self) -> bool {
        self.atom.is_none()
    }
}

pub fn mine(into: &mut Collector<'_, '_>, roster: &Roster, atoms: &[Atom]) {
    let spans = spans(into, roster, atoms);
    // What every trace has, whatever it is about: `when { any } always { A }`.
    let all = into
        .sample
        .bits(into.sample.traces.iter().map(|trace| slot_of(trace)));
    let every = Spans {
        of: Of::Any,
        atom: None,
        set: &all,
    };
    for when in std::iter::once(&every).chain(&spans) {
        let known = when.set.and(&into.sample.complete);
        let among = known.count();
        if among.bad < into.least_bad {
            continue;
        }
        for then in &spans {
            // A value may be asked for where a name came, a name where a value came; of values of one name nothing is said.
            if when.of == then.of && !(when.is_name() && then.is_name()) {
                continue;
            }
            let broken = known.count_without(then.set);
            if into.is_test(broken, among) {
                let broken = known.without(then.set);
                into.offer(broken, among, || Form::Always {
                    when: when.selector(),
                    then: then.selector(),
                });
            }
        }
        not_together(into, when, &spans);
    }
    gated(into, roster);
}

/// Names first, then values of them, as many as there is time to compare.
fn spans<'a>(into: &Collector<'_, '_>, roster: &'a Roster, atoms: &'a [Atom]) -> Vec<Spans<'a>> {
    let words = into.sample.table.layout.words().max(1);
    let most = ((WORK / words) as f64).sqrt() as usize;
    let names = roster.names.iter().zip(&roster.sets);
    let mut spans: Vec<Spans<'_>> = names
        .map(|(name, set)| Spans {
            of: Of::Name(*name),
            atom: None,
            set,
        })
        .collect();
    let mut seen: HashSet<(Of, &[u64])> = HashSet::new();
    let mut valued: Vec<&Atom> = atoms
        .iter()
        .filter(|atom| {
            let count = atom.set.count();
            count.bad + count.good > 1 && seen.insert((atom.of, atom.set.words()))
        })
        .collect();
    valued.sort_by_key(|atom| {
        let count = atom.set.count();
        std::cmp::Reverse((atom.of != Of::Any, count.bad + count.good))
    });
    spans.extend(valued.into_iter().map(|atom| Spans {
        of: atom.of,
        atom: Some(atom),
        set: &atom.set,
    }));
    spans.truncate(most);
    spans
}

/// What came beside `when` in bad traces and in good ones only without it.
fn not_together(into: &mut Collector<'_, '_>, when: &Spans<'_>, spans: &[Spans<'_>]) {
    let among = when.set.count();
    if when.of == Of::Any || !when.is_name() || among.good < ENOUGH {
        return;
    }
    for never in spans
        .iter()
        .filter(|never| never.of != when.of && never.is_name())
    {
        let broken = when.set.count_and(never.set);
        let alone = never.set.count();
        // What hardly comes in good traces at all needs no `when`.
        if alone.good > Collector::tolerated(into.sample.sides.good).max(ENOUGH)
            && into.is_test(broken, among)
        {
            into.offer(when.set.and(never.set), among, || Form::NotTogether {
                when: when.selector(),
                never: never.selector(),
            });
        }
    }
}

/// `when { B.where(x > n) } always { A }`, where n is taken from the good traces that have no A.
fn gated(into: &mut Collector<'_, '_>, roster: &Roster) {
    for ((name, key), mut most) in largest(into, roster) {
        most.sort_by_key(|(slot, _)| *slot);
        let complete = &into.sample.complete;
        most.retain(|(slot, _)| complete.has(*slot as usize));
        let first_good = into.sample.table.layout.first_good();
        for (needed, set) in roster.names.iter().zip(&roster.sets) {
            if *needed == name {
                continue;
            }
            let is_lacking = |slot: u32| !set.has(slot as usize);
            let is_good = |slot: u32| slot as usize >= first_good;
            let lacking = most
                .iter()
                .filter(|(slot, _)| is_good(*slot) && is_lacking(*slot));
            let Some(kept) = lacking.map(|(_, figure)| *figure).reduce(f64::max) else {
                continue;
            };
            // The least figure above it that is known: the bound lies between.
            let above = most.iter().filter(|(_, figure)| *figure > kept);
            let Some(beyond) = above.clone().map(|(_, figure)| *figure).reduce(f64::min) else {
                continue;
            };
            let applies = into.sample.bits(above.clone().map(|(slot, _)| *slot));
            let broken = applies.without(set);
            let among = applies.count();
            if among.good >= ENOUGH && into.is_found(broken.count(), among) {
                let bound = Cut { beyond, kept }.round();
                into.offer(broken, among, || Form::Always {
                    when: Selector::of(Of::Name(name), Test::Above(key, bound)),
                    then: Selector::name(*needed),
                });
            }
        }
    }
}

fn slot_of(trace: &Trace) -> u32 {
    u32::try_from(trace.slot).unwrap_or(u32::MAX)
}

/// For each name and key with numbers the largest of each trace.
pub type Largest = std::collections::BTreeMap<(NameId, KeyId), Vec<(u32, f64)>>;

pub fn largest(into: &Collector<'_, '_>, roster: &Roster) -> Largest {
    let table = into.sample.table;
    let mut all = Largest::new();
    let mut here: HashMap<(NameId, KeyId), f64> = HashMap::new();
    for trace in &into.sample.traces {
        here.clear();
        for row in table.rows_of(trace) {
            if roster.index(row.name).is_none() {
                continue;
            }
            for cell in table.cells_of(row) {
                if let (Some(number), false) = (cell.value.number(), table.key(cell.key).is_noise) {
                    let most = here.entry((row.name, cell.key)).or_insert(number);
                    *most = most.max(number);
                }
            }
        }
        let slot = slot_of(trace);
        for (at, number) in &here {
            all.entry(*at).or_default().push((slot, *number));
        }
    }
    // What is hardly ever the same twice in a row of traces, and what always is, bounds nothing.
    all.retain(|_, figures| figures.iter().any(|(_, figure)| *figure != figures[0].1));
    all
}
