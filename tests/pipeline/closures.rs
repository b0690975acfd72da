//! Closures in pipelines capture as closures do, and pipelines stand wherever expressions do.

use millstream::prelude::*;

use crate::support::ran;

#[stage]
fn times(#[param] by: u32, n: u32) -> u32 {
    n * by
}

#[test]
fn closures_borrow_change_and_move() {
    let by = String::from("ab");
    let (mut sum, mut seen) = (0, Vec::new());
    let report = ran(pipeline!(
        from_iter(1..=3_usize)
            | map(|n| n * by.len())
            | inspect(|n| sum += *n)
            | inspect(|n| seen.push(*n))
            | filter(|n| *n > by.len())
            | collect()
    )
    .run());
    assert_eq!(report.output, [4, 6]);
    assert_eq!((sum, seen, by.as_str()), (12, vec![2, 4, 6], "ab"));
    let owned = by;
    let items: Vec<_> = pipeline!(from_iter(1..=2) | map(move |n| format!("{owned}{n}"))).collect();
    assert_eq!(items, ["ab1", "ab2"]);
}

#[test]
fn a_pipeline_that_moves_can_be_returned() {
    fn counting(from: u32, by: u32) -> impl Iterator<Item = u32> {
        pipeline!(from_iter(from..) | map(move |n| n * by) | filter(|n| n % 2 == 0))
    }
    assert_eq!(counting(1, 3).take(2).collect::<Vec<_>>(), [6, 12]);
}

#[test]
fn closures_may_return_borrows_of_what_they_captured_and_of_what_they_take() {
    let names = ["zero".to_owned(), "one".to_owned()];
    let report = ran(pipeline!(
        from_iter([1, 0]) | map(|n: usize| names[n].as_str()) | map(|name| &name[1..]) | collect()
    )
    .run());
    assert_eq!(report.output, ["ne", "ero"]);
}

#[test]
fn parameters_are_any_expressions() {
    struct Setup {
        by: u32,
    }
    let setup = Setup { by: 2 };
    let report = ran(pipeline!(
        from_iter(1..=2)
            | times(by = setup.by + 1)
            | times(
                by = {
                    let one = 1;
                    one + 1
                }
            )
            | times(by = setup.by)
            | collect()
    )
    .run());
    assert_eq!(report.output, [12, 24]);
    assert_eq!(report.plan.nodes[1].args[0].value, "setup.by + 1");
    assert_eq!(
        report.plan.nodes.iter().map(|node| &*node.label).collect::<Vec<_>>(),
        ["from_iter", "times", "times#2", "times#3", "collect"]
    );
}

#[test]
fn values_from_outside_are_stages_sources_and_sinks() {
    let source = millstream::source::from_iter(1..=3);
    let stage = times::builder().by(3).build().unwrap();
    let report = ran(pipeline!({ source } | { stage } | collect()).run());
    assert_eq!(report.output, [3, 6, 9]);
}

#[test]
fn a_pipeline_uses_fields_of_self() {
    struct Scale {
        by: u32,
        seen: Vec<u32>,
    }
    trait Work {
        fn work(&mut self, items: &[u32]) -> Vec<u32>;
    }
    impl Work for Scale {
        fn work(&mut self, items: &[u32]) -> Vec<u32> {
            let report = pipeline!(
                from_iter(items)
                    | map(|n| n * self.by)
                    | inspect(|n| self.seen.push(*n))
                    | times(by = self.by)
                    | collect()
            );
            ran(report.run()).output
        }
    }
    let mut scale = Scale { by: 2, seen: Vec::new() };
    assert_eq!(scale.work(&[1, 2]), [4, 8]);
    assert_eq!(scale.seen, [2, 4]);
}

#[test]
fn a_pipeline_stands_in_generic_functions_and_in_pipelines() {
    fn longest<T: AsRef<str> + Clone>(items: &[T]) -> Option<usize> {
        pipeline!(from_iter(items) | map(|item| item.as_ref().len()) | fold(0, |max: usize, len| max.max(len))).last()
    }
    assert_eq!(longest(&["a", "abc"]), Some(3));
    let report = ran(pipeline!(
        from_iter(1..=3) | map(|n| pipeline!(from_iter(0..n) | map(|k| k + 1)).sum::<i32>()) | collect()
    )
    .run());
    assert_eq!(report.output, [1, 3, 6]);
}
