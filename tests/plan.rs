//! The plan of a pipeline, made by `pipeline!` and completed by the run: what it prints is what ran.

use millstream::error::Result;
use millstream::plan::{Plan, Role};
use millstream::prelude::*;
use millstream::report::Report;

#[stage]
fn longer(#[param(default = 1, range = 0..)] than: usize, word: &String) -> bool {
    word.len() > than
}

#[stage(finish = total)]
fn letters(#[state] sum: &mut usize, word: &String) {
    *sum += word.len();
}

#[finish]
fn total(sum: usize) -> Option<usize> {
    Some(sum)
}

#[stage]
fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

/// A plan is of what ran: as many items went over each edge as the stages at its ends say.
fn checked<O>(report: Report<O>) -> Report<O> {
    report.check().unwrap();
    for (edge, count) in report.plan.edges.iter().zip(&report.edges) {
        let from = &report.counts[edge.from];
        assert!(from.output >= *count, "{edge:?} carried {count}, of {from:?}");
        if let Some(to) = edge.to {
            assert!(report.counts[to].input >= *count, "{edge:?}");
        }
    }
    report
}

#[test]
fn a_plan_reads_like_the_pipeline_that_ran() -> Result<()> {
    let words = ["to", "be", "or", "not"].map(String::from);
    let report = checked(
        pipeline!(
            from_iter(words)
                | longer(than = 1).named("long")
                | tee(letters | collect(), longer(than = 2) | map(|word| word.len()) | collect())
        )
        .run()?,
    );
    assert_eq!(report.output, (vec![9], vec![3]));
    assert_eq!(
        report.plan.to_string(),
        r#"from_iter(words)                  -> String
| longer(than = 1).named("long")  String -> String
| tee                             String
  ├ letters                       &String -> usize
  │ | collect                     usize
  └ longer(than = 2)              String -> String
    | map(|word| word.len())      String -> usize
    | collect [collect#2]         usize
"#
    );
    assert_eq!(
        report.plan.mermaid(),
        r#"flowchart TD
    n0(["from_iter(words)"])
    n1["longer(than = 1).named(#quot;long#quot;)"]
    n2{{"tee"}}
    n3["letters"]
    n4(["collect"])
    n5["longer(than = 2)"]
    n6["map(#124;word#124; word.len())"]
    n7(["collect #91;collect#35;2#93;"])
    n0 --> n1
    n1 --> n2
    n2 --> n3
    n3 --> n4
    n2 --> n5
    n5 --> n6
    n6 --> n7
"#
    );
    Ok(())
}

#[test]
fn paths_that_part_and_meet_are_drawn_so() -> Result<()> {
    let report = checked(
        pipeline!(
            from_iter(["1", "x", "22", "333"])
                | parse.or_skip()
                | route(when(|n| *n < 10, map(|n| n + 1)), when(|n| *n > 100, map(|n| n - 1).named("less")))
                | collect()
        )
        .run()?,
    );
    assert_eq!(report.output, [2, 332]);
    assert_eq!(
        report.plan.to_string(),
        r#"from_iter(["1", "x", "22", "333"])                    -> &str
| parse.or_skip()                                     &str -> u32
| route                                               u32
  ├ when(|n| *n < 10): map(|n| n + 1)                 u32 -> u32
  └ when(|n| *n > 100): map(|n| n - 1).named("less")  u32 -> u32
| collect                                             u32
"#
    );
    assert_eq!(
        report.plan.mermaid(),
        r#"flowchart TD
    n0(["from_iter(#91;#quot;1#quot;, #quot;x#quot;, #quot;22#quot;, #quot;333#quot;#93;)"])
    n1["parse.or_skip()"]
    n2{"route"}
    n3["map(#124;n#124; n + 1)"]
    n4["map(#124;n#124; n - 1).named(#quot;less#quot;)"]
    n5(["collect"])
    n0 --> n1
    n1 --> n2
    n2 -->|"when(#124;n#124; #42;n #lt; 10)"| n3
    n3 --> n5
    n2 -->|"when(#124;n#124; #42;n #gt; 100)"| n4
    n4 --> n5
"#
    );
    Ok(())
}

#[test]
fn a_plan_is_known_before_the_run_and_its_types_too() {
    let mut items = pipeline!(from_iter([1_u8, 2]) | map(|n| f64::from(n) / 2.0) | filter(|n| *n > 0.5));
    let plan: Plan = items.plan();
    let types: Vec<_> = plan.nodes.iter().map(|node| (&*node.input, &*node.output)).collect();
    assert_eq!(types, [("", "u8"), ("u8", "f64"), ("f64", "f64")]);
    assert_eq!(plan.edges.last().map(|edge| edge.to), Some(None));
    assert_eq!(items.collect::<Vec<_>>(), [1.0]);
}

#[test]
#[rustfmt::skip]
fn a_plan_says_where_each_stage_stands() {
    let first = line!() + 1;
    let mut items = pipeline!(from_iter([1_u8])
        | map(|n| n + 1)
        | take(1));
    let places: Vec<_> = items.plan().nodes.into_iter().map(|node| node.place).collect();
    let at = |line, column| (file!().into(), line, column);
    assert_eq!(places, [at(first, 31), at(first + 1, 11), at(first + 2, 11)]);
}

#[test]
fn a_stage_that_only_turns_out_to_be_a_sink_is_drawn_as_one() -> Result<()> {
    #[stage]
    fn swallow(_n: u32) {}
    let report = checked(pipeline!(from_iter([1, 2]) | swallow).run()?);
    assert_eq!(report.plan.nodes[1].role, Role::Sink);
    assert!(report.plan.edges.iter().all(|edge| edge.to.is_some()));
    assert_eq!(report.counts[1].absorbed, 2);
    Ok(())
}

#[test]
fn a_plan_survives_json() -> Result<()> {
    let plan = pipeline!(from_iter([1]) | tee(cloned | collect(), discard())).run()?.plan;
    assert_eq!(serde_json::from_str::<Plan>(&plan.to_json())?, plan);
    Ok(())
}
