//! Rules about that traffic.

use super::{NAMES, name};

/// The condition of one of so many rules about one trace, of each kind in turn: presence, absence, counts, aggregates, groups, order,
/// structure, correlation.
pub fn of_one(index: usize, rules: usize) -> String {
    let a = name(index * NAMES / rules);
    let b = name((index * 7 + 3) % NAMES);
    match index % 10 {
        0 => format!("never {{ {a:?}.where(http.response.status_code >= 503) }}"),
        1 => format!("when {{ {a:?}.where(amount > 1000) }} always {{ {b:?} }}"),
        2 => format!("never {{ count({a:?}) > 2 }}"),
        3 => format!(
            "when each {{ {a:?} as p }} always {{ any.where(user.id == p.user.id) after p }}"
        ),
        4 => format!("never {{ count({a:?}) by user.id > 3 }}"),
        5 => format!("when {{ {a:?} }} always {{ {a:?} inside root }}"),
        6 => format!("never {{ max({a:?}, amount) > 2900 or min({b:?}, amount) < 10 }}"),
        7 => format!("always {{ sum({a:?}, span:duration) < 5s and not {b:?} }}"),
        8 => format!("never {{ distinct({a:?}, user.id) > 40 or {a:?} before {b:?} }}"),
        _ => format!("when each {{ {a:?} as p }} never {{ {b:?} child of p }}"),
    }
}
