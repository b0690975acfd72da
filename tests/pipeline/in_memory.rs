//! Items in memory: how many came, and which one it was, is known however the loop is left.

use std::collections::VecDeque;

use millstream::prelude::*;

use crate::support::{balanced, failed, quiet, ran};

/// Nine items, of which 5 is the fifth, from iterators that know how many are left and from such as do not.
macro_rules! each {
    ($($items:expr),+ $(,)?) => {$(
        let text = stringify!($items);
        assert_eq!(ran(pipeline!(from_iter($items) | discard()).run()).read(), 9, "{text}");
        assert_eq!(ran(pipeline!(from_iter($items) | take(5) | discard()).run()).read(), 5, "{text}");
        let error = failed(pipeline!(from_iter($items) | try_map(|n| if n == 5 { Err("five") } else { Ok(n) }) | discard()).run());
        assert!(error.to_string().contains("item 5"), "{text}: {error}");
        assert_eq!(error.report().unwrap().read(), 5, "{text}");
        let skipped = ran(pipeline!(
            from_iter($items) | try_map(|n| if n == 5 { Err("five") } else { Ok(n) }).or_skip() | discard()
        )
        .run());
        assert_eq!(skipped.read(), 9, "{text}");
        let error = pipeline!(from_iter($items) | for_each(|n| assert!(n != 5, "as the test wants"))).run().unwrap_err();
        let report = error.report().unwrap();
        balanced(report);
        assert_eq!(report.read(), 5, "{text}");
    )+};
}

#[test]
#[allow(clippy::cloned_instead_of_copied, reason = "one iterator and the other")]
fn however_the_loop_is_left_all_that_came_are_counted() {
    quiet();
    let nine: Vec<u64> = (1..10).collect();
    each![
        nine.clone(),
        nine.iter().cloned(),
        nine.iter().copied(),
        nine.iter().copied().rev(),
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
        1..10_u64,
        (1..10_u8).rev(),
        1..=9,
        1..10_u128,
        VecDeque::from(nine.clone()),
    ];
}

#[test]
fn items_without_a_size_are_counted_as_well() {
    let report = ran(pipeline!(from_iter(&[(); 3]) | discard()).run());
    assert_eq!(report.read(), 3);
}
