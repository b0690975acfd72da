//! The steps before any code is written: what is read, what it means, what is refused.

use super::build;
use super::model::Model;
use super::syntax;
use crate::diag::Diag;

/// The model, or the messages.
fn model(source: &str) -> Result<Model, Vec<String>> {
    let mut diag = Diag::default();
    let tokens = source.parse().map_err(|error| vec![format!("{error}")])?;
    let model = syntax::parse(tokens, &mut diag).map(|chain| build::build(chain, &mut diag));
    match model {
        Ok(model) if diag.is_clean() => Ok(model),
        _ => Err(diag.messages()),
    }
}

/// Every node with its label and arguments, then every edge.
fn plan(source: &str) -> String {
    let model = model(source).unwrap_or_else(|messages| panic!("{messages:?}"));
    let nodes = model.nodes.iter().map(|node| {
        let args = node.args.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        format!("{}({}){}", node.label, args.join(", "), node.modifiers.concat())
    });
    let edges = model.edges.iter().map(|edge| {
        let to = edge.to.map_or_else(|| "out".to_owned(), |to| to.to_string());
        format!("{}>{to}{}", edge.from, if edge.label.is_empty() { String::new() } else { format!("[{}]", edge.label) })
    });
    format!("{} / {}", nodes.collect::<Vec<_>>().join(" "), edges.collect::<Vec<_>>().join(" "))
}

fn refused(source: &str) -> Vec<String> {
    model(source).err().unwrap_or_default()
}

#[test]
fn a_line_is_numbered_in_order() {
    assert_eq!(
        plan("csv::<Reading>(\"a.csv\").or_skip() | zscore(size = 50).keyed(sensor) | stages::zscore | collect()"),
        "csv(=\"a.csv\")or_skip() zscore(size=50)keyed(sensor) zscore#2() collect() / 0>1 1>2 2>3"
    );
}

#[test]
fn a_line_without_a_sink_has_an_edge_that_leaves_it() {
    assert_eq!(plan("from_iter(v) | map(|x| x + 1)"), "from_iter(=v) map(=|x| x + 1) / 0>1 1>out");
}

#[test]
fn branches_are_edges_of_the_node_where_the_line_parts() {
    assert_eq!(
        plan("from_iter(v) | tee(a | collect(), b | discard()) | c | collect()"),
        "from_iter(=v) tee() a() collect() b() discard() c() collect#2() / 0>1 1>2 2>3 1>4 4>5 1>6 6>7"
    );
}

#[test]
fn paths_that_meet_have_edges_into_one_node() {
    assert_eq!(
        plan("from_iter(v) | route(when(|x| *x > 1, a), otherwise(b | c)) | d | collect()"),
        "from_iter(=v) route() a() b() c() d() collect() / 0>1 1>2[when(|x| *x > 1)] 2>5 1>3[otherwise] 3>4 4>5 5>6"
    );
}

#[test]
fn paths_with_sources_of_their_own_stand_before_the_node_where_they_meet() {
    assert_eq!(
        plan("from_iter(a) | x | chain(from_iter(b) | y) | collect()"),
        "from_iter(=a) x() from_iter#2(=b) y() chain() collect() / 0>1 1>4 2>3 3>4 4>5"
    );
    assert_eq!(
        plan("merge(from_iter(a), chain(from_iter(b), from_iter(c)) | x)"),
        "from_iter(=a) from_iter#2(=b) from_iter#3(=c) chain() x() merge() / 0>5 1>3 2>3 3>4 4>5 5>out"
    );
}

#[test]
fn a_side_stands_before_the_node_that_takes_it() {
    assert_eq!(
        plan("from_iter(a) | join(from_iter(b) | y, on = id, max = 5) | collect()"),
        "from_iter(=a) from_iter#2(=b) y() join(on=id, max=5) collect() / 0>3 1>2 2>3 3>4"
    );
    assert_eq!(plan("zip(from_iter(a), b())"), "from_iter(=a) b() zip() / 0>2 1>2 2>out");
    assert_eq!(
        plan("a | route(when(f, b), otherwise(c)) | zip(d) | discard()"),
        "a() route() b() c() d() zip() discard() / 0>1 1>2[when(f)] 2>5 1>3[otherwise] 3>5 4>5 5>6"
    );
}

#[test]
fn a_group_stands_for_its_stages_and_shares_its_policy() {
    assert_eq!(
        plan("from_iter(v) | (a | b.or_fail() | map(f)).or_skip() | collect()"),
        "from_iter(=v) a()or_skip() b()or_fail() map(=f) collect() / 0>1 1>2 2>3 3>4"
    );
}

#[test]
fn a_name_given_replaces_the_label_and_not_the_stage() {
    let model = model("from_iter(v) | a.named(\"first\") | a | collect()").unwrap_or_else(|_| panic!("refused"));
    let labels: Vec<_> = model.nodes.iter().map(|node| (node.name.as_str(), node.label.as_str())).collect();
    assert_eq!(labels, [("from_iter", "from_iter"), ("a", "first"), ("a", "a"), ("collect", "collect")]);
}

#[test]
fn aggregates_are_arguments_as_they_were_typed() {
    assert_eq!(
        plan("from_iter(v) | aggregate(count(), top_k(3, place.city, max = 9)).keyed(user) | collect()"),
        "from_iter(=v) aggregate(=count(), =top_k(3, place.city, max = 9))keyed(user) collect() / 0>1 1>2"
    );
}

#[test]
fn a_move_is_lifted_off_the_literals() {
    assert!(model("from_iter(v) | map(move |x| x + n) | collect()").is_ok_and(|model| model.moves));
    assert!(model("from_iter(v) | map(|x| x + n) | collect()").is_ok_and(|model| !model.moves));
}

#[test]
fn every_mistake_is_reported_wherever_it_is_found() {
    let messages = refused(
        "csv(\"a\") | zscore(50) | collect() | map() | a.keyed() | b.parallel(4) | take(1, 2) | 7 | map(f).or_skip() \
         || from_iter(v) | tee()",
    );
    let expected = [
        "`||` does not pipe",
        "`zscore` takes its parameters by name",
        "`map` needs its argument `f`",
        "one argument too many",
        "a literal is not a stage",
        "`tee` needs branches",
        "`csv` at the start needs the type",
        "`collect` ends the chain",
        "`keyed` needs a field",
        "`.parallel(..)` is reserved",
        "`map` never rejects",
        "`from_iter` is a source",
    ];
    for (message, expected) in messages.iter().zip(expected) {
        assert!(message.starts_with(expected), "{message}, not {expected}");
    }
    assert_eq!(messages.len(), expected.len(), "{messages:#?}");
}

#[test]
fn the_arguments_of_sqlite_are_those_of_its_end() {
    use super::sqlite::{End, check};

    let of = |arguments: &str, end: End, enabled: bool| {
        let mut diag = Diag::default();
        let chain =
            syntax::parse(format!("sqlite{arguments}").parse().unwrap(), &mut diag).unwrap_or_else(|_| panic!());
        for element in chain.elements {
            if let syntax::Kind::Word(_, args) = element.kind {
                check(&args, element.span, end, enabled, &mut diag);
            }
        }
        diag.messages()
    };
    let none: [&str; 0] = [];
    assert_eq!(of("::<Order>(p, table = t, busy_timeout = 5)", End::Source, true), none);
    assert_eq!(of("::<Order>(p, query = q)", End::Source, true), none);
    assert_eq!(of("(p, table = t, create = true, every = 5)", End::Sink, true), none);
    assert_eq!(
        of("(p, table = t)", End::Sink, false),
        ["`sqlite` needs the feature `sqlite`; write `cargo add millstream --features sqlite`"]
    );
    assert_eq!(of("(p)", End::Source, false).len(), 1, "no other mistake can be told");
    assert_eq!(of("::<Order>(p, table = t, query = q)", End::Source, true).len(), 1);
    assert_eq!(of("(p)", End::Source, true).len(), 2);
    assert_eq!(of("(p, query = q)", End::Sink, true).len(), 1);
    assert_eq!(of("::<Order>(p, table = t, create = true, every = 1)", End::Source, true).len(), 2);
}
