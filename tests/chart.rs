//! The chart in the README shows the results that are committed beside it.

#[path = "../benches/chart/svg.rs"]
mod svg;

const RESULTS: &str = include_str!("../benches/results.csv");

#[test]
fn the_chart_is_what_the_results_make() {
    let drawn = svg::chart(RESULTS).expect("the results are whole");
    assert!(drawn == include_str!("../benches/results.svg"), "`cargo run --example chart` draws it anew");
}

#[test]
fn a_result_that_is_missing_is_named() {
    let without: Vec<&str> = RESULTS.lines().filter(|line| !line.starts_with("fused,hand,")).collect();
    assert_eq!(svg::chart(&without.join("\n")), Err("the results have no ns an item of fused/hand".into()));
}

#[test]
fn a_line_that_is_no_result_is_named() {
    for line in ["fused,hand,1.0", "fused,hand,fast,ns an item", "fused,hand,0,ns an item", "fused,hand,inf,ns an item"]
    {
        let expected = format!("line 2 of the results is not `job,form,value,unit`: {line}");
        assert_eq!(svg::chart(&format!("job,form,value,unit\n{line}")), Err(expected));
    }
}
