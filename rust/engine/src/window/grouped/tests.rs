//! Which groups are kept, what is given up, and what is read of stored ones.

use betrace_lang::rule::Number;

use super::*;
use crate::window::total::Total;

fn grouped(bound: usize, values: &[(u128, i128)]) -> Grouped<Total> {
    let mut grouped = Grouped::new(7, bound);
    for (key, value) in values {
        let add = |total: &mut Total| assert!(total.add(Number::Int(*value)));
        grouped.update(*key, || format!("group {key}"), add);
    }
    grouped
}

fn one() -> usize {
    grouped(usize::MAX, &[(1, 1)]).bytes
}

#[test]
fn groups_are_kept_while_they_fit_and_whole_ones_given_up_beyond() {
    let values: Vec<_> = (0..4).flat_map(|key| [(key, 1), (key, 2)]).collect();
    let full = grouped(4 * one(), &values);
    assert_eq!(full.groups().count(), 4);
    assert!(!full.others().were_given_up());
    let less = grouped(4 * one() - 1, &values);
    assert_eq!(less.groups().count(), 3);
    assert!(less.groups().all(|(_, _, total)| total.count() == 2));
    assert!(less.others().were_given_up());
    assert_eq!(less.others().summary.count(), 2);
    assert_eq!(less.others().groups.count().bounds(), (1, 1));
}

#[test]
fn the_largest_are_shown_and_the_rest_is_one() {
    let all = grouped(
        usize::MAX,
        &[(1, 1), (2, 1), (2, 1), (3, 1), (4, 1), (4, 1)],
    );
    let largest = all.largest(2, Total::count);
    let labels: Vec<&str> = largest.groups.iter().map(|(label, _)| *label).collect();
    assert_eq!(labels, ["group 2", "group 4"]);
    assert_eq!(largest.others.summary.count(), 2);
    assert_eq!(largest.others.groups.count().bounds(), (2, 2));
    assert!(!largest.others.were_given_up());
    assert_eq!(all.largest(9, Total::count).groups.len(), 4);
    assert_eq!(all.get(2).map(Total::count), Some(2));
}

#[test]
fn a_bound_that_nothing_fits_keeps_nothing_and_loses_nothing() {
    let none = grouped(0, &[(1, 5), (2, 6)]);
    assert_eq!(none.groups().count(), 0);
    assert_eq!(none.others().summary.count(), 2);
    assert_eq!(none.others().groups.count().bounds(), (2, 2));
}

#[test]
fn a_label_is_kept_to_its_longest_and_cut_beyond_between_characters() {
    let label = |text: String| {
        let mut all: Grouped<Total> = Grouped::new(1, usize::MAX);
        all.update(1, || text, |_| {});
        let (_, label, _) = all.groups().next().unwrap();
        label.len()
    };
    assert_eq!(label("a".repeat(LABEL_CAP)), LABEL_CAP);
    assert_eq!(label("a".repeat(LABEL_CAP + 1)), LABEL_CAP);
    assert_eq!(label("a".repeat(LABEL_CAP - 1) + "é"), LABEL_CAP - 1);
}

#[test]
fn what_no_groups_write_is_not_read() {
    let read = |change: &dyn Fn(&mut StoredGrouped<Total>)| {
        let mut stored = grouped(3 * one(), &[(1, 1), (2, 1), (3, 1), (4, 1)]).into();
        change(&mut stored);
        let bytes = postcard::to_allocvec(&stored).unwrap();
        postcard::from_bytes::<Grouped<Total>>(&bytes).is_ok()
    };
    assert!(read(&|_| {}));
    assert!(!read(&|stored| stored.groups.reverse()));
    assert!(!read(&|stored| stored.groups[1].0 = stored.groups[0].0));
    assert!(!read(&|stored| stored.salt += 1));
    assert!(!read(&|stored| stored.bound -= 1));
    assert!(!read(
        &|stored| stored.others.first = Some((0, stored.groups[0].0))
    ));
    assert!(!read(
        &|stored| stored.groups[0].1 = "a".repeat(LABEL_CAP + 1).into()
    ));
}

#[test]
fn what_is_forgotten_is_known_to_have_been_there_and_what_comes_is_counted_with_it() {
    let mut none = grouped(usize::MAX, &[(1, 5), (2, 6)]);
    drop(none.forget_all());
    assert!(none.others().were_given_up());
    assert_eq!(
        (none.groups().count(), none.others().summary.count()),
        (0, 0)
    );
    let bytes = postcard::to_allocvec(&none).unwrap();
    assert_eq!(
        postcard::from_bytes::<Grouped<Total>>(&bytes).unwrap(),
        none
    );
    let add = |total: &mut Total| assert!(total.add(Number::Int(7)));
    assert!(!none.update(3, || "new", add));
    assert_eq!(none.others().summary.count(), 1);
    let mut empty: Grouped<Total> = Grouped::new(7, 9);
    drop(empty.forget_all());
    assert!(!empty.others().were_given_up());
}
