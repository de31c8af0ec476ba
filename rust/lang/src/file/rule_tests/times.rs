//! When the spans of a test are, where it says nothing or little of it.

/// A span's times while its tree is read.
#[derive(Clone, Debug)]
pub(super) struct Timing {
    pub start: Option<i64>,
    pub duration: Option<i64>,
    /// Index of the parent among those before it.
    pub parent: Option<usize>,
}

/// Start and end of each span; `timings` has parents before their children.
pub(super) fn lay_out(timings: &[Timing]) -> Vec<(i64, i64)> {
    const STEP: i64 = 1_000_000;
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); timings.len()];
    let mut roots = Vec::new();
    for (index, timing) in timings.iter().enumerate() {
        match timing.parent {
            Some(parent) => children[parent].push(index),
            None => roots.push(index),
        }
    }
    let mut times = vec![(0i64, 0i64); timings.len()];
    // A span's end is known after its last child's, so each is visited once on the way in and once on the way out.
    let mut cursor = 0i64;
    let mut stack: Vec<(usize, bool)> = roots.iter().rev().map(|&root| (root, false)).collect();
    while let Some((index, is_leaving)) = stack.pop() {
        let timing = &timings[index];
        if is_leaving {
            let start = times[index].0;
            let last = children[index].iter().map(|&child| times[child].1).max();
            let end = match timing.duration {
                Some(duration) => start.saturating_add(duration),
                None => last.unwrap_or(start).max(start).saturating_add(STEP),
            };
            times[index].1 = end;
            cursor = end.max(start).saturating_add(STEP);
            continue;
        }
        let start = timing.start.unwrap_or(cursor);
        times[index].0 = start;
        cursor = start.saturating_add(STEP);
        stack.push((index, true));
        stack.extend(children[index].iter().rev().map(|&child| (child, false)));
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(parent: Option<usize>, start: Option<i64>, duration: Option<i64>) -> Timing {
        Timing {
            start,
            duration,
            parent,
        }
    }

    #[test]
    fn siblings_follow_each_other_and_parents_enclose_them() {
        const MS: i64 = 1_000_000;
        let times = lay_out(&[
            timing(None, None, None),
            timing(Some(0), None, None),
            timing(Some(0), None, Some(5 * MS)),
            timing(Some(2), None, None),
            timing(Some(0), Some(20 * MS), Some(-MS)),
            timing(None, None, None),
        ]);
        let in_ms: Vec<(i64, i64)> = times
            .iter()
            .map(|(start, end)| (start / MS, end / MS))
            .collect();
        assert_eq!(in_ms, [(0, 20), (1, 2), (3, 8), (4, 5), (20, 19), (21, 22)]);
    }
}
