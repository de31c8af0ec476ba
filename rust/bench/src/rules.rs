//! A hundred rules as a shop would have them: what must follow what, who may do what, how often, how long and how much.
//! A span is selected by some five of their selectors, and one trace in a hundred breaks one of them.

use std::fmt::Write;

use crate::shop::{SERVICES, WAYS, name};

const RULES: usize = 100;

/// One of each kind in turn; the last ones ask of all spans alike.
fn condition(index: usize) -> String {
    let way = index * 7 % WAYS;
    let step = |step: usize| name(way, step);
    let (asked, work, query, call, check, audit) =
        (step(0), step(1), step(2), step(3), step(4), step(5));
    let service = index % SERVICES;
    match index {
        88 => "never { count(any.where(exists(session.id))) > 5000 }".to_owned(),
        89 => "never { count(any) > 10000 }".to_owned(),
        90 => "never { any.where(span:status == error and http.response.status_code < 500) }".to_owned(),
        91 => "never { count(any.where(db.system.name == postgresql)) > 200 }".to_owned(),
        92 => "never { count(any.where(span:kind == client)) > 400 }".to_owned(),
        93 => "when { any.where(exists(user.id)) } always { any.where(deployment.environment.name == production) }".to_owned(),
        94 => "never { count(any.where(http.request.method == POST)) > 50 }".to_owned(),
        95 => "never { any.where(url.path matches \"^/admin/[a-z]+$\") }".to_owned(),
        96 => "never { any.where(db.query.text contains \"DROP TABLE\") }".to_owned(),
        97 => "never { root.where(span:duration > 5s) }".to_owned(),
        98 => "never { max(any, span:duration) > 10s }".to_owned(),
        99 => "never { any.where(network.peer.port < 1024) }".to_owned(),
        _ => match index % 10 {
            0 | 1 => format!("when {{ {asked:?} }} always {{ {check:?} }}"),
            2 => format!("when {{ {work:?}.where(amount > 1000) }} always {{ {check:?}.where(currency in [USD, EUR, CHF]) }}"),
            3 => format!("never {{ any.where(service.name == \"service-{service}\" and http.response.status_code >= 500) }}"),
            4 => format!("never {{ count({query:?}) > 20 }}"),
            5 => format!("when each {{ {work:?} as p }} always {{ {audit:?}.where(user.id == p.user.id) starts after p }}"),
            6 => format!("never {{ max({work:?}, amount) > 50000 }}"),
            7 => format!("never {{ {check:?} before {work:?} }}"),
            8 => format!("never {{ count({call:?}) by user.id > 10 }}"),
            _ => format!("when {{ {query:?} }} always {{ {query:?} inside {asked:?} }}"),
        },
    }
}

/// The text of the hundred rules.
#[must_use]
pub fn hundred() -> String {
    let mut text = "rules:\n".to_owned();
    for index in 0..RULES {
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "  - id: rule-{index}\n    severity: high\n    condition: '{}'\n",
            condition(index)
        );
    }
    text
}

/// The text of so many realistic rules over names of their own, a regular expression in one of a hundred.
#[must_use]
pub fn many(count: usize) -> String {
    let mut text = String::from(
        "macros: { internal: 'root.where(test.run == true)' }\nlists: { cards: [visa, amex, mc] }\nrules:\n",
    );
    for n in 0..count {
        let condition = match n % 100 {
            0 => format!(
                "api.request_{n}.where(endpoint matches \"{}\") and not auth.check_{n}",
                pattern(n)
            ),
            1..30 => format!(
                "when {{ payment.charge_{n}.where(amount > {n} and card in cards) }} always {{ payment.check_{n} }}"
            ),
            30..60 => format!(
                "count(db.query_{n}.where(db.system.name == postgresql)) > {}",
                n % 50
            ),
            60..80 => format!(
                "when each {{ order.place_{n} as p }} always {{ stock.reserve_{n}.where(order.id == p.order.id) before p }}"
            ),
            _ => format!(
                "never {{ export_{n}.where(span:kind == server and region != eu) or role.override_{n} }}"
            ),
        };
        let _ = write!(
            text,
            "  - id: rule-{n}\n    name: Rule number {n}\n    severity: high\n    tags: [team-{}]\n    compliance: {{ SOC2: [CC6.1] }}\n    message: \"{{count}} in {{trace:id}}\"\n    exceptions: [internal]\n    condition: |\n      {condition}\n",
            n % 7
        );
    }
    text
}

/// The regular expression of the `n`th rule of [`many`], where it has one.
#[must_use]
pub fn pattern(n: usize) -> String {
    format!("^/v[0-9]+/item{n}/.*")
}
