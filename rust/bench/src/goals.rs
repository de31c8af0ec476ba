//! What each row of the table is, and what it should be.

/// A row, and the ratio that it must have and the one that it should reach. Where the second is the higher one, more is
/// better.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    pub name: &'static str,
    pub must: f64,
    pub reach: f64,
}

const fn goal(name: &'static str, must: f64, reach: f64) -> Goal {
    Goal { name, must, reach }
}

/// In the order of the table.
pub const GOALS: [Goal; 12] = [
    goal("engine_100_rules", 1.0 / 5.0, 1.0 / 8.0),
    goal("engine_rules_growth", 2.0, 1.3),
    goal("engine_live_growth", 3.0, 2.0),
    goal("engine_two_cores", 0.9, 0.97),
    goal("replay", 4.0, 8.0),
    goal("replay_json", 4.0, 7.0),
    goal("thin", 1.0, 0.7),
    goal("collector_cpu", 1.15, 1.06),
    goal("tail_sampling_cpu", 1.0 / 25.0, 1.0 / 60.0),
    goal("tail_sampling_memory", 1.0 / 30.0, 1.0 / 60.0),
    goal("latency", 0.3, 0.15),
    goal("load_rules", 2.0, 1.3),
];

/// How far a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    Missed,
    Must,
    Reach,
}

impl Goal {
    /// What the bounds of a ratio come to: a goal is met where the worse of the two meets it.
    #[must_use]
    pub fn met(&self, low: f64, high: f64) -> Met {
        let meets = |bound: f64| {
            if self.reach < self.must {
                high <= bound
            } else {
                low >= bound
            }
        };
        match (meets(self.must), meets(self.reach)) {
            (_, true) => Met::Reach,
            (true, false) => Met::Must,
            (false, false) => Met::Missed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_where_the_worse_bound_meets_it() {
        let less = goal("less", 2.0, 1.0);
        assert_eq!(less.met(0.5, 2.1), Met::Missed);
        assert_eq!(less.met(0.5, 2.0), Met::Must);
        assert_eq!(less.met(0.5, 1.0), Met::Reach);
        let more = goal("more", 4.0, 8.0);
        assert_eq!(more.met(3.9, 9.0), Met::Missed);
        assert_eq!(more.met(4.0, 9.0), Met::Must);
        assert_eq!(more.met(8.0, 9.0), Met::Reach);
    }
}
