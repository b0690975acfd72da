//! A plan as a Mermaid flowchart.

use std::fmt::Write;

use super::{Plan, Role, text};

pub(super) fn chart(plan: &Plan) -> String {
    let mut chart = "flowchart TD\n".to_owned();
    for (index, node) in plan.nodes.iter().enumerate() {
        let (open, close) = match node.role {
            Role::Source | Role::Sink => ("([", "])"),
            Role::Stage => ("[", "]"),
            Role::Tee => ("{{", "}}"),
            Role::Route => ("{", "}"),
        };
        let _ = writeln!(chart, "    n{index}{open}\"{}\"{close}", escaped(&node.call()));
    }
    if plan.edges.iter().any(|edge| edge.to.is_none()) {
        chart.push_str("    out((\"items\"))\n");
    }
    for edge in &plan.edges {
        let _ = write!(chart, "    n{} -->", edge.from);
        if !edge.label.is_empty() {
            let _ = write!(chart, "|\"{}\"|", escaped(&text::one_line(&edge.label)));
        }
        let _ = match edge.to {
            Some(to) => writeln!(chart, " n{to}"),
            None => writeln!(chart, " out"),
        };
    }
    chart
}

/// All that Mermaid, its Markdown or HTML could take for its own, as entities.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, c| {
        match c {
            '"' => escaped.push_str("#quot;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '&' => escaped.push_str("#amp;"),
            '#' | '|' | '`' | '\\' | '*' | '[' | ']' | '{' | '}' | ';' => {
                let _ = write!(escaped, "#{};", u32::from(c));
            }
            _ => escaped.push(c),
        }
        escaped
    })
}
