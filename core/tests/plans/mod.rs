//! Plans for the tests, made by hand as `pipeline!` makes them.
#![allow(dead_code, reason = "not every test file uses all of them")]

use millstream_core::plan::{Arg, Edge, Node, Plan, Role};
use millstream_core::stage::Kind;

/// Puts a plan together.
#[derive(Default)]
pub(crate) struct Builder {
    pub(crate) plan: Plan,
}

impl Builder {
    /// Adds a node for `name(args).modifiers`, each argument and modifier behind a unit separator.
    fn node(&mut self, role: Role, kind: Option<Kind>, written: &str, input: &str, output: &str) -> usize {
        let mut lines = written.split('\u{1f}');
        let name = lines.next().unwrap_or_default().to_owned();
        let last = name.rsplit("::").next().unwrap_or_default().to_owned();
        let uses = self.plan.nodes.iter().filter(|node| node.name == name).count();
        let label = if uses == 0 { last } else { format!("{last}#{}", uses + 1) };
        let line = u32::try_from(self.plan.nodes.len() + 1).unwrap();
        let (mut args, mut modifiers) = (Vec::new(), Vec::new());
        for line in lines {
            if let Some(modifier) = line.strip_prefix('.') {
                modifiers.push(modifier.to_owned().into());
            } else {
                let (name, value) = line.split_once(" = ").unwrap_or(("", line));
                args.push(Arg { name: name.to_owned().into(), value: value.to_owned().into() });
            }
        }
        self.plan.nodes.push(Node {
            name: name.into(),
            label: label.into(),
            role,
            args,
            modifiers,
            input: input.to_owned().into(),
            output: output.to_owned().into(),
            kind,
            stateful: false,
            place: ("src/main.rs".into(), line, 5),
        });
        self.plan.nodes.len() - 1
    }

    pub(crate) fn source(&mut self, written: &str, output: &str) -> usize {
        self.node(Role::Source, None, written, "", output)
    }
    pub(crate) fn stage(&mut self, written: &str, input: &str, output: &str) -> usize {
        self.node(Role::Stage, Some(Kind::Map), written, input, output)
    }
    pub(crate) fn filter(&mut self, written: &str, item: &str) -> usize {
        self.node(Role::Stage, Some(Kind::Filter), written, item, item)
    }
    pub(crate) fn expand(&mut self, written: &str, input: &str, output: &str) -> usize {
        self.node(Role::Stage, Some(Kind::Expand), written, input, output)
    }
    pub(crate) fn tee(&mut self, written: &str, input: &str) -> usize {
        self.node(Role::Tee, None, written, input, input)
    }
    pub(crate) fn route(&mut self, written: &str, input: &str) -> usize {
        self.node(Role::Route, None, written, input, input)
    }
    pub(crate) fn sink(&mut self, written: &str, input: &str) -> usize {
        self.node(Role::Sink, Some(Kind::Sink), written, input, "")
    }

    pub(crate) fn join(&mut self, from: usize, to: usize) -> &mut Self {
        self.label(from, to, "")
    }
    pub(crate) fn label(&mut self, from: usize, to: usize, label: &str) -> &mut Self {
        self.plan.edges.push(Edge { from, to: Some(to), label: label.to_owned().into() });
        self
    }
    pub(crate) fn open_end(&mut self, from: usize) -> &mut Self {
        self.plan.edges.push(Edge { from, to: None, label: "".into() });
        self
    }
}

pub(crate) fn linear() -> Plan {
    let mut b = Builder::default();
    let source = b.source("csv\u{1f}\"readings.csv\"\u{1f}.or_dead_letter(\"rejects.jsonl\")", "app::Reading");
    let scored = "core::option::Option<app::stages::Scored>";
    let stage = b.stage("zscore\u{1f}size = 50\u{1f}.keyed(sensor)", "app::Reading", scored);
    let sink = b.sink("json_lines\u{1f}\"scores.jsonl\"", scored);
    b.join(source, stage).join(stage, sink);
    b.plan
}

pub(crate) fn tee() -> Plan {
    let mut b = Builder::default();
    let source = b.source("csv\u{1f}\"readings.csv\"", "app::Reading");
    let zscore = b.filter("zscore\u{1f}size = 50\u{1f}.keyed(sensor)", "app::Reading");
    b.plan.nodes[zscore].output = "app::Scored".into();
    let tee = b.tee("tee", "app::Scored");
    let anomalous = b.filter("anomalous\u{1f}threshold = 3.0", "&app::Scored");
    let anomalies = b.sink("json_lines\u{1f}\"anomalies\"", "&app::Scored");
    let summary = b.expand("summary\u{1f}.keyed(sensor)", "app::Scored", "app::Summary");
    let summaries = b.sink("json_lines\u{1f}\"summary\"", "app::Summary");
    b.join(source, zscore).join(zscore, tee).join(tee, anomalous).join(anomalous, anomalies);
    b.join(tee, summary).join(summary, summaries);
    b.plan
}

pub(crate) fn nested_tee() -> Plan {
    let mut b = Builder::default();
    let source = b.source("from_iter\u{1f}0..9", "u32");
    let (outer, inner) = (b.tee("tee", "u32"), b.tee("tee", "&u32"));
    let (count, first, second) = (b.sink("count", "&u32"), b.sink("discard", "&u32"), b.sink("discard", "u32"));
    b.join(source, outer).join(outer, inner).join(inner, count).join(inner, first).join(outer, second);
    b.plan
}

pub(crate) fn route_with_rejoin() -> Plan {
    let mut b = Builder::default();
    let source = b.source("from_iter\u{1f}0..9", "u32");
    let (outer, inner) = (b.route("route", "u32"), b.route("route", "u32"));
    let less = b.stage("map\u{1f}|n| n - 7", "u32", "u32");
    let inspect = b.stage("inspect\u{1f}see", "u32", "u32");
    let (double, halve) = (b.stage("double", "u32", "u32"), b.stage("halve", "u32", "u32"));
    let sink = b.sink("collect", "u32");
    b.join(source, outer).label(outer, inner, "when(|n| *n > 5)").label(inner, less, "when(|n| *n > 7)");
    b.join(less, inspect).join(inspect, sink).label(inner, double, "otherwise").join(double, sink);
    b.label(outer, halve, "otherwise").join(halve, sink);
    b.plan
}

pub(crate) fn sinkless() -> Plan {
    let mut b = Builder::default();
    let source = b.source("from_iter\u{1f}words", "&str");
    let stage = b.stage("stages::shorten", "&str", "alloc::string::String");
    b.join(source, stage).open_end(stage);
    b.plan
}

pub(crate) fn odd_words() -> Plan {
    let mut b = Builder::default();
    let source = b.source("from_iter\u{1f}vec![\"<b>\", \"a|b\"]", "&str");
    let stage = b.stage("map\u{1f}|s| {\n    s.len()\n}\u{1f}.named(\"len;`x`\")", "&str", "usize");
    b.plan.nodes[stage].label = "len;`x`".into();
    let sink = b.sink("discard", "usize");
    b.join(source, stage).join(stage, sink);
    b.plan
}
