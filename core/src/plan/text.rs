//! A plan as text that reads like the pipeline.

use std::fmt::{self, Display, Write};

use super::{Node, Plan, Role};

/// Types stand in one column unless the stages before them are longer than this.
const WIDEST: usize = 60;

impl Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = self
            .lines()
            .into_iter()
            .map(|line| {
                let pipe = if line.first { "" } else { "| " };
                let lead = if line.lead.is_empty() { String::new() } else { format!("{}: ", one_line(line.lead)) };
                (format!("{}{pipe}{lead}{}", line.tree, line.node.call()), types(line.node))
            })
            .collect();
        let widths = rows.iter().map(|(stage, _)| stage.chars().count());
        let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or_default();
        for (stage, types) in rows {
            if types.is_empty() {
                writeln!(f, "{stage}")?;
            } else {
                writeln!(f, "{stage:width$}  {types}")?;
            }
        }
        Ok(())
    }
}

/// The stage as it was written, and its label where that says more.
pub(super) fn call(node: &Node) -> String {
    let mut call = node.name.to_string();
    if !node.args.is_empty() {
        let args = node.args.iter().map(|arg| match &*arg.name {
            "" => one_line(&arg.value),
            name => format!("{name} = {}", one_line(&arg.value)),
        });
        let _ = write!(call, "({})", args.collect::<Vec<_>>().join(", "));
    }
    for modifier in &node.modifiers {
        let _ = write!(call, ".{}", one_line(modifier));
    }
    let plain = node.name.rsplit("::").next() == Some(&node.label) || node.name == node.label;
    if !plain && !node.modifiers.iter().any(|modifier| modifier.starts_with("named")) {
        let _ = write!(call, " [{}]", node.label);
    }
    call
}

fn types(node: &Node) -> String {
    let (input, output) = (short_type(&node.input), short_type(&node.output));
    match node.role {
        Role::Tee | Role::Route | Role::Sink => input,
        _ if input.is_empty() && output.is_empty() => String::new(),
        _ => format!("{input} -> {output}").trim().to_owned(),
    }
}

/// What was written over several lines, on one.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The name of a type without the modules it stands in.
///
/// ```
/// # use millstream_core as millstream;
/// # use millstream::plan::short_type;
/// assert_eq!(short_type("core::option::Option<(&alloc::string::String, app::Reading)>"), "Option<(&String, Reading)>");
/// ```
pub fn short_type(name: &str) -> String {
    let mut short = String::new();
    // Where the path that is being read started in `short`.
    let mut start = 0;
    let mut rest = name;
    while let Some(next) = rest.chars().next() {
        if let Some(behind) = rest.strip_prefix("::") {
            if start < short.len() {
                short.truncate(start);
            } else if !short.is_empty() {
                // `<T as Trait>::Out`: there is no module to leave out.
                short.push_str("::");
                start = short.len();
            }
            rest = behind;
            continue;
        }
        short.push(next);
        if !(next.is_alphanumeric() || matches!(next, '_' | '#' | '{' | '}')) {
            start = short.len();
        }
        rest = &rest[next.len_utf8()..];
    }
    short
}
