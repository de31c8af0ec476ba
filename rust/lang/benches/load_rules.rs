//! From the text of 10,000 realistic rules, 100 regular expressions among them, to checked rules.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::{fmt::Write, hint::black_box};

use betrace_lang::{Limits, SourceFile, load};
use criterion::{Criterion, criterion_group, criterion_main};

fn file(count: usize) -> String {
    let mut text = String::from(
        "macros: { internal: 'root.where(test.run == true)' }\nlists: { cards: [visa, amex, mc] }\nrules:\n",
    );
    for n in 0..count {
        let condition = match n % 100 {
            0 => format!(
                "api.request_{n}.where(endpoint matches \"^/v[0-9]+/item{n}/.*\") and not auth.check_{n}"
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

fn bench(criterion: &mut Criterion) {
    let files = [SourceFile::new("rules.yaml", file(10_000))];
    let loaded = load(&files, &Limits::default());
    assert!(!loaded.has_errors() && loaded.rules.len() == 10_000);
    let mut group = criterion.benchmark_group("load");
    group.sample_size(10);
    group.bench_function("10,000 rules", |bencher| {
        bencher.iter(|| load(black_box(&files), &Limits::default()));
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
