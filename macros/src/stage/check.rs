//! The rules of a stage function, in reading order.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, FnArg, GenericParam, ItemFn, Lit, Type, UnOp};

use super::model::{Action, Mode, Param, StageFn, Word, generic_name};
use super::syntax::{Range, ungroup};
use crate::diag::{Diag, Reported};
use crate::signature::{Lifetimes, Primitive, Shape, bare, mentions_lifetime, mentions_param, path_ident};

/// Functions of a kind that no stage can call. Takes off an attribute that nothing here answers to yet.
pub(crate) fn refused_forms(made_into: Word, func: &mut ItemFn, diag: &mut Diag) -> Option<Reported> {
    let mut failed = None;
    func.attrs.retain(|attr| {
        let observed = attr.path().is_ident("observed");
        if observed {
            let noun = made_into.noun();
            diag.error(attr.path(), format!("`#[observed]` is not supported on a {noun}; remove it"));
        }
        !observed
    });
    if let Some(token) = &func.sig.asyncness {
        let nouns = if made_into == Word::Resource { "factories".to_owned() } else { format!("{}s", made_into.noun()) };
        failed = Some(diag.error(token, format!("async {nouns} are not supported; write a synchronous `fn`")));
    }
    if let syn::Safety::Unsafe(token) = &func.sig.safety {
        let noun = made_into.noun();
        let message = format!("a {noun} is called from safe code; write a safe `fn`, with `unsafe` in its body");
        failed = Some(diag.error(token, message));
    }
    if let Some(variadic) = &func.sig.variadic {
        let noun = made_into.noun();
        failed = Some(diag.error(variadic, format!("a {noun} has a fixed number of parameters; remove `...`")));
    }
    if let Some(FnArg::Receiver(receiver)) = func.sig.inputs.first() {
        let instead = match made_into {
            Word::Stage => "write `#[state]` for what it keeps, or `#[stage] impl Stage<In> for T`",
            Word::Sink => "write `#[state]` for what it keeps, or `#[sink] impl Sink<In> for T`",
            Word::Source => "write `#[state]` for what it keeps, or `#[source] impl Source for T`",
            Word::Resource => "write `#[param]` for what it needs",
        };
        let noun = made_into.noun();
        failed = Some(diag.error(receiver.self_token, format!("a {noun} is a function without `self`; {instead}")));
    }
    failed
}

/// Rules that leave nothing to generate when they are broken.
pub(crate) fn needed(stage: &StageFn, diag: &mut Diag) -> Result<(), Reported> {
    type Rule = fn(&StageFn, &mut Diag) -> Result<(), Reported>;
    let rules: &[Rule] = match stage.word {
        Word::Stage => &[
            every_generic_is_known,
            update_returns_nothing,
            finish_has_outputs,
            output_is_not_state,
            iterator_of_named_items,
        ],
        Word::Sink => &[every_generic_is_known, sink_updates_nothing, sink_returns_nothing],
        Word::Source => &[
            every_generic_is_known,
            source_returns_items,
            iterator_keeps_no_state,
            iterator_keeps_no_borrow,
            output_is_not_state,
            iterator_of_named_items,
        ],
        Word::Resource => &[factory_is_of_one_type, factory_returns_a_resource],
    };
    let mut result = Ok(());
    for rule in rules {
        result = rule(stage, diag).and(result);
    }
    result
}

/// Rules after which the stage can still be generated.
pub(crate) fn wished(stage: &mut StageFn, diag: &mut Diag) {
    for param in &mut stage.params {
        range_is_not_empty(param, diag);
        default_is_in_range(param, diag);
        name_is_free(param, diag);
        // What cannot apply is left out of the code, where it would be a second mistake.
        if range_has_order(param, diag).is_err() {
            param.options.range = None;
        }
        if len_has_length(param, diag).is_err() {
            param.options.len = None;
        }
    }
}

fn every_generic_is_known(stage: &StageFn, diag: &mut Diag) -> Result<(), Reported> {
    let mut known = stage.item.ty.to_token_stream();
    known.extend(stage.states.iter().map(|state| state.ty.to_token_stream()));
    known.extend(stage.params.iter().map(|param| param.ty.to_token_stream()));
    known.extend(stage.resources.iter().map(|resource| resource.ty.to_token_stream()));
    let where_clause = &stage.generics.where_clause;
    let mut result = Ok(());
    for param in stage.generics.params.iter().filter(|param| !matches!(param, GenericParam::Lifetime(_))) {
        // A bound of another parameter can say what it is, as in `I: Iterator<Item = T>`.
        let others: TokenStream = stage.generics.params.iter().filter(|other| *other != param).map(bounds_of).collect();
        if !mentions_param(quote!(#known #others #where_clause), param) {
            let name = generic_name(param);
            let message = if stage.word.takes_item() {
                format!("neither the item nor a state or parameter says what `{name}` is; write the type instead")
            } else {
                format!("no parameter says what `{name}` is; write the type instead")
            };
            result = Err(diag.error(&name, message));
        }
    }
    result
}

fn bounds_of(param: &GenericParam) -> TokenStream {
    match param {
        GenericParam::Type(param) => param.bounds.to_token_stream(),
        _ => TokenStream::new(),
    }
}

fn update_returns_nothing(stage: &StageFn, diag: &mut Diag) -> Result<(), Reported> {
    if stage.item.mode != Mode::Updated {
        return Ok(());
    }
    if !matches!(stage.returns.shape, Shape::Unit) {
        return Err(diag.error(
            &stage.returns.written,
            "a stage that updates its item hands that on; return `()` or `Result<(), E>`, or take the item by value",
        ));
    }
    match &stage.options.finish {
        Some(finish) => {
            Err(diag.error(finish, "a stage with `finish` does not hand its item on; take the item as `T` or `&T`"))
        }
        None => Ok(()),
    }
}

fn finish_has_outputs(stage: &StageFn, diag: &mut Diag) -> Result<(), Reported> {
    match (&stage.options.finish, stage.action()) {
        (Some(_), Action::Pass) => Err(diag.error(
            &stage.returns.written,
            "a stage with `finish` does not hand its item on; return nothing, or the outputs, for example `Option<U>`",
        )),
        _ => Ok(()),
    }
}

/// What a sink may return.
pub(crate) const SINK_RETURNS: &str =
    "a sink keeps its items and hands nothing on; return `()` or `Result<(), E>`, spelled out";

fn sink_returns_nothing(sink: &StageFn, diag: &mut Diag) -> Result<(), Reported> {
    match sink.returns.shape {
        Shape::Unit => Ok(()),
        _ => Err(diag.error(&sink.returns.written, SINK_RETURNS)),
    }
}

fn sink_updates_nothing(sink: &StageFn, diag: &mut Diag) -> Result<(), Reported> {
    if sink.item.mode == Mode::Updated {
        let message = "a sink hands its item to nobody, so it need not change it; take the item as `T` or `&T`";
        return Err(diag.error_at(sink.item.span, message));
    }
    Ok(())
}

/// What a source may return.
pub(crate) const SOURCE_RETURNS: &str = "a source returns `impl Iterator<Item = T>`, or `Option<T>` each time it is \
                                         called, or a `Result` of one of them";

fn source_returns_items(source: &StageFn, diag: &mut Diag) -> Result<(), Reported> {
    match (&source.returns.shape, &source.returns.written) {
        (Shape::Many(_) | Shape::Maybe(_), _) => Ok(()),
        (_, Some(written)) => Err(diag.error(written, SOURCE_RETURNS)),
        (_, None) => Err(diag.error(&source.name, SOURCE_RETURNS)),
    }
}

fn iterator_keeps_no_state(source: &StageFn, diag: &mut Diag) -> Result<(), Reported> {
    let mut result = Ok(());
    if matches!(source.returns.shape, Shape::Many(_)) {
        for state in &source.states {
            let message = "a source that returns an iterator is called once, so it has no state; keep this in the \
                           iterator, or return `Option<T>`";
            result = Err(diag.error(&state.ty, message));
        }
    }
    result
}

fn iterator_keeps_no_borrow(source: &StageFn, diag: &mut Diag) -> Result<(), Reported> {
    let mut result = Ok(());
    if matches!(source.returns.shape, Shape::Many(_)) {
        for resource in source.resources.iter().filter(|resource| !resource.shared) {
            let ty = crate::text::text(&resource.ty);
            let message = format!("the iterator outlives this call, so it cannot borrow a resource; write `Arc<{ty}>`");
            result = Err(diag.error_at(resource.span, message));
        }
    }
    result
}

fn factory_is_of_one_type(factory: &StageFn, diag: &mut Diag) -> Result<(), Reported> {
    let mut result = Ok(());
    for param in &factory.generics.params {
        let name = generic_name(param);
        let message =
            format!("a resource is found by its type, so a factory makes one type; write it in place of `{name}`");
        result = Err(diag.error(&name, message));
    }
    result
}

fn factory_returns_a_resource(factory: &StageFn, diag: &mut Diag) -> Result<(), Reported> {
    const MESSAGE: &str = "a factory returns the resource; return `R`, `Arc<R>`, or a `Result` of one of them";
    match (&factory.returns.shape, &factory.returns.written) {
        (Shape::One(ty), _) => match bare(ty) {
            Type::Reference(_) | Type::Slice(_) | Type::TraitObject(_) => Err(diag.error(ty, MESSAGE)),
            _ if let [span, ..] = Lifetimes::left_out(ty)[..] => Err(diag.error_at(span, MESSAGE)),
            _ => Ok(()),
        },
        (Shape::Unit, None) => Err(diag.error(&factory.name, MESSAGE)),
        (Shape::Unit | Shape::Many(_), Some(written)) => Err(diag.error(written, MESSAGE)),
        _ => Ok(()),
    }
}

/// An output that borrows from a state would still be on its way when the next item changes that state.
fn output_is_not_state(stage: &StageFn, diag: &mut Diag) -> Result<(), Reported> {
    let of =
        if stage.states.is_empty() { "a resource".to_owned() } else { format!("the {}'s state", stage.word.noun()) };
    let message = format!("an output cannot borrow from {of}; return an owned value");
    let Some(written) = stage.returns.shape.ty() else { return Ok(()) };
    for lifetime in stage.states.iter().filter_map(|state| state.lifetime.as_ref()) {
        if mentions_lifetime(written, lifetime) {
            return Err(diag.error_at(place_of(written.to_token_stream(), lifetime), message));
        }
    }
    match (&Lifetimes::left_out(written)[..], stage.left_out()) {
        ([span, ..], super::lifetimes::LeftOut::State) => Err(diag.error_at(*span, message)),
        _ => Ok(()),
    }
}

fn place_of(tokens: TokenStream, lifetime: &syn::Lifetime) -> proc_macro2::Span {
    let mut place = lifetime.span();
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Group(group) if mentions_lifetime(group.stream(), lifetime) => {
                return place_of(group.stream(), lifetime);
            }
            proc_macro2::TokenTree::Ident(ident) if ident == lifetime.ident => place = ident.span(),
            _ => {}
        }
    }
    place
}

fn iterator_of_named_items(stage: &StageFn, diag: &mut Diag) -> Result<(), Reported> {
    match stage.returns.shape.ty().map(bare) {
        Some(Type::ImplTrait(opaque)) => Err(diag.error(
            opaque.impl_token,
            "an output needs a type with a name; write the type in place of `impl`, or `Box<dyn Trait>`",
        )),
        _ => Ok(()),
    }
}

fn range_has_order(param: &Param, diag: &mut Diag) -> Result<(), Reported> {
    let Some((word, _)) = &param.options.range else { return Ok(()) };
    let ty = bare(&param.ty);
    let without = match ty {
        Type::Tuple(_) | Type::Array(_) | Type::Reference(_) | Type::Slice(_) | Type::FnPtr(_) => true,
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| {
            ["bool", "String", "Vec", "HashMap", "HashSet", "BTreeMap", "BTreeSet", "PathBuf", "Option"]
                .iter()
                .any(|name| segment.ident == name)
        }),
        _ => false,
    };
    if without {
        let text = crate::text::text(ty);
        let instead = if text.starts_with("bool") { "remove it" } else { "for its length write `len = ..`" };
        return Err(diag.error(word, format!("`range` is for numbers, and `{}` is a `{text}`; {instead}", param.name)));
    }
    Ok(())
}

fn len_has_length(param: &Param, diag: &mut Diag) -> Result<(), Reported> {
    if let (Some((word, _)), Some(_)) = (&param.options.len, Primitive::of(&param.ty)) {
        let ty = path_ident(&param.ty);
        let ty = ty.map(ToString::to_string).unwrap_or_default();
        let message = format!("`len` is for texts and lists, and `{}` is a `{ty}`; write `range = ..`", param.name);
        return Err(diag.error(word, message));
    }
    Ok(())
}

fn range_is_not_empty(param: &Param, diag: &mut Diag) {
    for (word, range) in [&param.options.range, &param.options.len].into_iter().flatten() {
        let (Some(start), Some(end)) = (range.start().and_then(number), range.end().and_then(number)) else { continue };
        if start.is_above(&end) || (start == end && !range.closed()) {
            diag.error(
                &range.0,
                format!("no value is in this `{word}`; write the smaller bound first, and `..=` to include the last"),
            );
        }
    }
}

fn default_is_in_range(param: &Param, diag: &mut Diag) {
    let (Some(default), Some((_, range))) = (&param.options.default, &param.options.range) else { return };
    if let Some(value) = number(default)
        && !holds(range, &value)
    {
        let text = crate::text::text(default);
        diag.error(default, format!("the default `{text}` is not in the range `{}`; change one of them", range.text()));
    }
}

/// The builder's own methods have their names already.
fn name_is_free(param: &Param, diag: &mut Diag) {
    if param.name == "build" {
        diag.error(&param.name, "`build` is what ends the builder; give the parameter another name");
    }
}

fn holds(range: &Range, value: &Number) -> bool {
    let below = range.start().and_then(number).is_some_and(|start| start.is_above(value));
    let above =
        range.end().and_then(number).is_some_and(|end| value.is_above(&end) || (*value == end && !range.closed()));
    !below && !above
}

/// A number that is written as a literal.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Number {
    Int(i128),
    Float(f64),
    Char(char),
}

impl Number {
    /// Whether it is known to be larger; literals of two kinds are rustc's to refuse.
    fn is_above(&self, other: &Number) -> bool {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a > b,
            (Number::Float(a), Number::Float(b)) => a > b,
            (Number::Char(a), Number::Char(b)) => a > b,
            _ => false,
        }
    }
}

fn number(expr: &Expr) -> Option<Number> {
    match ungroup(expr.clone()) {
        Expr::Lit(literal) => match literal.lit {
            Lit::Int(int) => int.base10_parse().ok().map(Number::Int),
            Lit::Float(float) => float.base10_parse().ok().map(Number::Float),
            Lit::Char(char) => Some(Number::Char(char.value())),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match number(&unary.expr)? {
            Number::Int(int) => int.checked_neg().map(Number::Int),
            Number::Float(float) => Some(Number::Float(-float)),
            Number::Char(_) => None,
        },
        _ => None,
    }
}
