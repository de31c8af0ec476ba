//! How long ten thousand realistic conditions take from text to checked meaning, with their hashes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]
#![allow(missing_docs, reason = "criterion's macros write public items")]

use betrace_lang::rule::Literal;
use betrace_lang::{Limits, Vocabulary, check_condition, meaning_hash};
use criterion::{Criterion, criterion_group, criterion_main};

fn conditions(count: usize) -> Vec<String> {
    let shapes = [
        "when { payment.charge_{n}.where(amount > 1000 and currency in [USD, EUR]) }\nalways { payment.fraud_check and (fraud.score.where(score < 0.{n}) or manual_review) }\nnever { payment.bypass_{n} }",
        "database.query_{n}.where(data.contains_pii == true) and not audit.log",
        "never { count(http.retry_{n}) > {n} }",
        "when each { payment.charge.where(amount > {n}) as p } always { fraud_check.where(order.id == p.order.id) before p within 5s }",
        "never { any.where(http.response.status_code >= 500 and http.route starts with \"/api/v{n}/\" and span:kind == server) }",
        "always { max(any.where(db.system.name == postgresql and db.namespace == shop{n}), span:duration) <= 2s }",
        "when { agent.plan_{n} } always { agent.approve before tool.call } never { tool.call.where(gen_ai.tool.name in processors) }",
        "never { count(db.query_{n}) by parent > 10 }",
        "trace.spans.where(service == 'auth{n}').count() > 50",
        "privileged and not approval.ticket_{n}",
    ];
    (0..count)
        .map(|n| match n % 100 {
            7 => format!(
                "never {{ api.request.where(endpoint matches \"^/admin/v{n}/.*/(delete|purge)\") }}"
            ),
            _ => shapes[n % shapes.len()].replace("{n}", &n.to_string()),
        })
        .collect()
}

fn vocabulary() -> Vocabulary {
    let mut vocabulary = Vocabulary::new();
    vocabulary.add_macro("privileged", "root.where(span:name starts with \"admin.\")");
    vocabulary.add_list(
        "processors",
        ["stripe", "square"]
            .map(|text| Literal::Text(text.into()))
            .to_vec(),
    );
    vocabulary
}

fn ten_thousand_conditions(criterion: &mut Criterion) {
    let texts = conditions(10_000);
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("conditions");
    group.sample_size(10);
    group.bench_function("check 10,000", |bencher| {
        bencher.iter(|| {
            let vocabulary = vocabulary();
            let mut faults = Vec::new();
            for text in &texts {
                let body = check_condition(text, &vocabulary, &limits, &mut faults);
                std::hint::black_box(meaning_hash(
                    &body.unwrap_or_else(|| panic!("{text}: {faults:?}")),
                    None,
                ));
                faults.clear();
            }
        });
    });
    group.finish();
}

criterion_group!(benches, ten_thousand_conditions);
criterion_main!(benches);
