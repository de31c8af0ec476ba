//! Buckets: how far an estimate lies from their bounds, and which are read of stored ones.

use super::*;

/// An estimate is as far from the lowest as from the highest of its bucket, each by itself, however many were joined.
#[test]
fn an_estimate_is_off_by_the_same_part_of_either_bound() {
    let of_one: Bucket = -LOWEST_EXPONENT << FINEST;
    for joined in 0..=FINEST {
        for from_one in [-500, 0, 3, 100, 2_000] {
            let bucket = (of_one + from_one) >> joined;
            let of = bounds(bucket, joined);
            let (End::At(low), End::At(high)) = (of.low, of.high) else {
                panic!("{bucket} reaches beyond the doubles");
            };
            let (low, high) = (low.to_f64(), high.to_f64());
            let below = of.estimate / low - 1.0;
            let above = 1.0 - of.estimate / high;
            assert!(below > 0.0, "{bucket} of {joined}");
            assert!(
                (below - above).abs() < 1e-12,
                "{bucket} of {joined}: {below} {above}"
            );
        }
    }
}

#[test]
fn a_bucket_that_no_double_lies_in_is_not_read() {
    let one = |bucket: Bucket| StoredSketch {
        buckets: vec![(bucket, 1)],
        ..StoredSketch::from(Sketch::default())
    };
    let fault = |bucket| Sketch::try_from(one(bucket)).err();
    for beyond in [FINE_BUCKETS, -FINE_BUCKETS - 1] {
        assert_eq!(fault(beyond), Some("a bucket without values"), "{beyond}");
    }
    // Such buckets there are; only the extremes of this sketch are not in them.
    for known in [FINE_BUCKETS - 1, -FINE_BUCKETS] {
        assert_eq!(
            fault(known),
            Some("extremes that are in no bucket"),
            "{known}"
        );
    }
}
