//! Numbers out of their range, and spans that took longer or less time than ever: `never { A.where(x > n) }`.

use std::collections::BTreeMap;

use crate::bits::Bits;
use crate::candidate::Collector;
use crate::form::{Form, Of, Selector, Test};
use crate::sample::Roster;
use crate::table::{KeyId, NameId};

use crate::mine::cut::{APART, above};

/// What is measured of the spans of one name: a key, or how long they took.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Measured {
    Key(KeyId),
    Duration,
}

/// Of each trace the least and the greatest.
type Figures = BTreeMap<(NameId, Measured), Vec<(u32, f64, f64)>>;

pub fn mine(into: &mut Collector<'_, '_>, roster: &Roster) {
    for ((name, measured), figures) in figures(into, roster) {
        let among = roster
            .set(Of::Name(name))
            .map_or(into.sample.sides, Bits::count);
        for is_above in [true, false] {
            // From below it is the same with all signs changed.
            let mut signed: Vec<(u32, f64)> = figures
                .iter()
                .map(|(slot, least, most)| (*slot, if is_above { *most } else { -*least }))
                .collect();
            for cut in above(&mut signed, into.sample.table.layout.first_good(), among) {
                // That spans took less time than ever is told where it is far less.
                if measured == Measured::Duration && !is_above && cut.ratio() < 2.0 * APART {
                    continue;
                }
                let beyond = signed.iter().filter(|(_, figure)| *figure >= cut.beyond);
                let broken = into.sample.bits(beyond.map(|(slot, _)| *slot));
                let bound = cut.round();
                let test = match (measured, is_above) {
                    (Measured::Key(key), true) => Test::Above(key, bound),
                    (Measured::Key(key), false) => Test::Below(key, -bound),
                    (Measured::Duration, true) => Test::Longer(bound.max(0.0) as u64),
                    (Measured::Duration, false) => Test::Shorter((-bound).max(0.0) as u64),
                };
                let of = Of::Name(name);
                if measured == Measured::Duration {
                    into.offer_apart(broken, among, cut.ratio(), || {
                        Form::Never(Selector::of(of, test))
                    });
                } else {
                    into.offer(broken, among, || Form::Never(Selector::of(of, test)));
                }
            }
        }
    }
}

fn figures(into: &Collector<'_, '_>, roster: &Roster) -> Figures {
    let table = into.sample.table;
    let mut all = Figures::new();
    for trace in &into.sample.traces {
        let slot = u32::try_from(trace.slot).unwrap_or(u32::MAX);
        let mut note = |at: (NameId, Measured), figure: f64| {
            let figures = all.entry(at).or_default();
            match figures.last_mut() {
                Some((last, least, most)) if *last == slot => {
                    *least = least.min(figure);
                    *most = most.max(figure);
                }
                _ => figures.push((slot, figure, figure)),
            }
        };
        for row in table.rows_of(trace) {
            if roster.index(row.name).is_none() {
                continue;
            }
            if row.start > 0 && row.end >= row.start {
                note((row.name, Measured::Duration), (row.end - row.start) as f64);
            }
            for cell in table.cells_of(row) {
                if let (Some(number), false) = (cell.value.number(), table.key(cell.key).is_noise) {
                    note((row.name, Measured::Key(cell.key)), number);
                }
            }
        }
    }
    all
}
