//! The quick part of `make floods`: resident memory stays within its bound under a flood of traces in large messages.
#![allow(
    unsafe_code,
    reason = "the C interface's own file that gives memory back is used as it is"
)]

#[path = "../../capi/src/heap.rs"]
mod heap;
#[path = "../benches/floods/measure.rs"]
mod measure;
#[path = "../benches/floods/otlp.rs"]
mod otlp;
#[path = "../benches/floods/shapes.rs"]
mod shapes;

use crate::measure::{LEAST_LEFT, MIB, QUEUE, run};
use crate::shapes::SHAPES;

// One test and one flood: what the operating system tells is of the whole process, and what it once had it uses again.
#[test]
fn what_the_process_holds_stays_within_the_bound_and_a_tenth() {
    let mib = 8;
    let shape = SHAPES.iter().find(|shape| shape.name == "large");
    let measured = shape.map(|shape| run(shape, mib, 80_000));
    let (resident, left) = measured.map_or((u64::MAX, u64::MAX), |measured| {
        (measured.resident, measured.left)
    });
    let most = (mib * MIB + QUEUE) * 11 / 10;
    assert!(resident <= most, "{resident} bytes, at most {most}");
    // It is a flood: it fills the bound.
    assert!(resident > mib * MIB / 2, "{resident} bytes");
    // And an hour later next to nothing of it is left.
    assert!(
        left <= resident / 8 + LEAST_LEFT,
        "{left} of {resident} bytes are left"
    );
    println!("{resident} bytes of {most}, {left} left");
}
