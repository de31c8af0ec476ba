//! From the text of 10,000 realistic rules, 100 regular expressions among them, to checked rules.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::hint::black_box;

use betrace_bench::rules;
use betrace_lang::{Limits, SourceFile, load};
use criterion::{Criterion, criterion_group, criterion_main};

fn bench(criterion: &mut Criterion) {
    let files = [SourceFile::new("rules.yaml", rules::many(10_000))];
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
