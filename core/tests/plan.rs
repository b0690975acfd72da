//! The forms of a plan: text, Mermaid, JSON.

mod plans;

use millstream_core::plan::{Plan, short_type};
use plans::{Builder, linear, nested_tee, odd_words, route_with_rejoin, sinkless, tee};

/// Leaves out the indentation of the raw string.
fn lines(text: &str) -> String {
    let text = text.strip_prefix('\n').unwrap_or(text).trim_end();
    let indent = text.lines().map(|line| line.len() - line.trim_start().len()).next().unwrap_or(0);
    text.lines().map(|line| line.get(indent..).unwrap_or("").to_owned() + "\n").collect()
}

#[track_caller]
fn assert_text(plan: &Plan, wanted: &str) {
    let (got, wanted) = (plan.to_string(), lines(wanted));
    assert!(got == wanted, "got:\n{got}\nwanted:\n{wanted}");
}

#[track_caller]
fn assert_mermaid(plan: &Plan, wanted: &str) {
    let (got, wanted) = (plan.mermaid(), lines(wanted));
    assert!(got == wanted, "got:\n{got}\nwanted:\n{wanted}");
}

#[test]
fn linear_reads_as_written() {
    assert_text(
        &linear(),
        r#"
        csv("readings.csv").or_dead_letter("rejects.jsonl")  -> Reading
        | zscore(size = 50).keyed(sensor)                    Reading -> Option<Scored>
        | json_lines("scores.jsonl")                         Option<Scored>
        "#,
    );
    assert_mermaid(
        &linear(),
        r#"
        flowchart TD
            n0(["csv(#quot;readings.csv#quot;).or_dead_letter(#quot;rejects.jsonl#quot;)"])
            n1["zscore(size = 50).keyed(sensor)"]
            n2(["json_lines(#quot;scores.jsonl#quot;)"])
            n0 --> n1
            n1 --> n2
        "#,
    );
}

#[test]
fn tee_is_a_tree() {
    assert_text(
        &tee(),
        r#"
        csv("readings.csv")                         -> Reading
        | zscore(size = 50).keyed(sensor)           Reading -> Scored
        | tee                                       Scored
          ├ anomalous(threshold = 3.0)              &Scored -> &Scored
          │ | json_lines("anomalies")               &Scored
          └ summary.keyed(sensor)                   Scored -> Summary
            | json_lines("summary") [json_lines#2]  Summary
        "#,
    );
    assert_mermaid(
        &tee(),
        r#"
        flowchart TD
            n0(["csv(#quot;readings.csv#quot;)"])
            n1["zscore(size = 50).keyed(sensor)"]
            n2{{"tee"}}
            n3["anomalous(threshold = 3.0)"]
            n4(["json_lines(#quot;anomalies#quot;)"])
            n5["summary.keyed(sensor)"]
            n6(["json_lines(#quot;summary#quot;) #91;json_lines#35;2#93;"])
            n0 --> n1
            n1 --> n2
            n2 --> n3
            n3 --> n4
            n2 --> n5
            n5 --> n6
        "#,
    );
}

#[test]
fn nested_tee_is_a_deeper_tree() {
    assert_text(
        &nested_tee(),
        "
        from_iter(0..9)          -> u32
        | tee                    u32
          ├ tee [tee#2]          &u32
          │   ├ count            &u32
          │   └ discard          &u32
          └ discard [discard#2]  u32
        ",
    );
}

#[test]
fn branches_of_a_route_meet_again() {
    assert_text(
        &route_with_rejoin(),
        "
        from_iter(0..9)                           -> u32
        | route                                   u32
          ├ when(|n| *n > 5): route [route#2]     u32
          │   ├ when(|n| *n > 7): map(|n| n - 7)  u32 -> u32
          │   │ | inspect(see)                    u32 -> u32
          │   └ otherwise: double                 u32 -> u32
          └ otherwise: halve                      u32 -> u32
        | collect                                 u32
        ",
    );
    assert_mermaid(
        &route_with_rejoin(),
        r#"
        flowchart TD
            n0(["from_iter(0..9)"])
            n1{"route"}
            n2{"route #91;route#35;2#93;"}
            n3["map(#124;n#124; n - 7)"]
            n4["inspect(see)"]
            n5["double"]
            n6["halve"]
            n7(["collect"])
            n0 --> n1
            n1 -->|"when(#124;n#124; #42;n #gt; 5)"| n2
            n2 -->|"when(#124;n#124; #42;n #gt; 7)"| n3
            n3 --> n4
            n4 --> n7
            n2 -->|"otherwise"| n5
            n5 --> n7
            n1 -->|"otherwise"| n6
            n6 --> n7
        "#,
    );
}

#[test]
fn the_order_of_branches_does_not_move_their_meeting() {
    // The inner route is the last branch, so that its end is what completes the meeting of both.
    let mut b = Builder::default();
    let source = b.source("from_iter", "u8");
    let outer = b.route("route", "u8");
    let left = b.stage("left", "u8", "u8");
    let inner = b.route("route", "u8");
    let (a, z) = (b.stage("a", "u8", "u8"), b.stage("z", "u8", "u8"));
    let end = b.sink("collect", "u8");
    b.join(source, outer).label(outer, left, "when(p)").join(left, end).label(outer, inner, "otherwise");
    b.label(inner, a, "when(q)").join(a, end).label(inner, z, "otherwise").join(z, end);
    assert_text(
        &b.plan,
        "
        from_iter                       -> u8
        | route                         u8
          ├ when(p): left               u8 -> u8
          └ otherwise: route [route#2]  u8
              ├ when(q): a              u8 -> u8
              └ otherwise: z            u8 -> u8
        | collect                       u8
        ",
    );
}

#[test]
fn sinkless_ends_in_items() {
    assert_text(
        &sinkless(),
        "
        from_iter(words)   -> &str
        | stages::shorten  &str -> String
        ",
    );
    assert_mermaid(
        &sinkless(),
        r#"
        flowchart TD
            n0(["from_iter(words)"])
            n1["stages::shorten"]
            out(("items"))
            n0 --> n1
            n1 --> out
        "#,
    );
}

#[test]
fn words_of_mermaid_and_line_breaks_are_only_text() {
    assert_text(
        &odd_words(),
        r#"
        from_iter(vec!["<b>", "a|b"])            -> &str
        | map(|s| { s.len() }).named("len;`x`")  &str -> usize
        | discard                                usize
        "#,
    );
    assert_mermaid(
        &odd_words(),
        r#"
        flowchart TD
            n0(["from_iter(vec!#91;#quot;#lt;b#gt;#quot;, #quot;a#124;b#quot;#93;)"])
            n1["map(#124;s#124; #123; s.len() #125;).named(#quot;len#59;#96;x#96;#quot;)"]
            n2(["discard"])
            n0 --> n1
            n1 --> n2
        "#,
    );
}

#[test]
fn json_says_all_and_comes_back() {
    let json = sinkless().to_json();
    let wanted = r#"
        {
          "nodes": [
            {
              "name": "from_iter",
              "label": "from_iter",
              "role": "source",
              "args": [
                {
                  "name": "",
                  "value": "words"
                }
              ],
              "modifiers": [],
              "input": "",
              "output": "&str",
              "place": [
                "src/main.rs",
                1,
                5
              ]
            },
            {
              "name": "stages::shorten",
              "label": "shorten",
              "role": "stage",
              "args": [],
              "modifiers": [],
              "input": "&str",
              "output": "alloc::string::String",
              "kind": "map",
              "place": [
                "src/main.rs",
                2,
                5
              ]
            }
          ],
          "edges": [
            {
              "from": 0,
              "to": 1,
              "label": ""
            },
            {
              "from": 1,
              "to": null,
              "label": ""
            }
          ]
        }
        "#;
    assert_eq!(json + "\n", lines(wanted));
    for plan in [linear(), tee(), nested_tee(), route_with_rejoin(), sinkless(), odd_words()] {
        assert_eq!(serde_json::from_str::<Plan>(&plan.to_json()).unwrap(), plan);
    }
}

#[test]
fn every_node_of_a_plan_from_elsewhere_is_shown_once() {
    let mut circle = linear();
    circle.edges[1].to = Some(0);
    let mut loose = tee();
    loose.edges.truncate(3);
    let mut wrong = linear();
    wrong.edges[0].to = Some(99);
    wrong.edges[1].from = 99;
    let mut twice = linear();
    twice.edges.push(twice.edges[0].clone());
    for plan in [circle, loose, wrong, twice] {
        assert_eq!(plan.to_string().lines().count(), plan.nodes.len(), "{plan}");
        assert!(plan.mermaid().lines().count() > plan.nodes.len());
    }
    assert_eq!(Plan::default().to_string(), "");
}

#[test]
fn types_lose_their_modules_and_nothing_else() {
    for (name, short) in [
        ("u32", "u32"),
        ("&alloc::string::String", "&String"),
        ("[alloc::string::String; 4]", "[String; 4]"),
        ("core::option::Option<core::result::Result<a::b::C, d::E>>", "Option<Result<C, E>>"),
        ("app::Reading<'_>", "Reading<'_>"),
        ("&dyn core::fmt::Debug + core::marker::Send", "&dyn Debug + Send"),
        ("fn(a::B) -> c::D", "fn(B) -> D"),
        ("app::main::{{closure}}", "{{closure}}"),
        ("<a::B as c::D>::Out", "<B as D>::Out"),
        ("r#mod::größe::Maß", "Maß"),
        ("", ""),
    ] {
        assert_eq!(short_type(name), short);
    }
}
