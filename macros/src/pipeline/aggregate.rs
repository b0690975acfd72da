//! `aggregate(count(), mean(amount), top_k(3, |order| ..))`: what is read, what it means, and the code of it.
//!
//! For `aggregate(count(), mean(amount))` the state is `(Count, Mean<_>)`, and behind `let x = ..` stands
//!
//! ```text
//! x.aggregate(state, only, site(1).here(at, OrFail), n1, |item, states| {
//!     count(&mut states.0)?;
//!     mean(&mut states.1, (item.amount).__ms_lent())?;
//!     Ok(())
//! }, |x| ..)
//! ```

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Lit};

use super::build::Builder;
use super::model::{Action, Function, Step};
use super::modifiers::no_field;
use super::nest::{Nest, at, names, respan};
use super::setup::Code;
use super::syntax::{Named, WordArgs, name_value, ungroup};
use crate::diag::{Diag, Reported, listed, near};
use crate::text::text;

/// What an aggregate takes.
struct Shape {
    name: &'static str,
    /// Its type in core.
    ty: &'static str,
    /// What it needs before its field.
    param: Option<&'static str>,
    /// Whether it is of a field.
    of: bool,
    /// What it may be told by name: a function of its type that takes this behind the parameter.
    named: Option<(&'static str, &'static str)>,
    example: &'static str,
}

/// An aggregate of a field.
const OF_FIELD: Shape = Shape { name: "", ty: "", param: None, of: true, named: None, example: "" };

const AGGREGATES: &[Shape] = &[
    Shape { name: "count", ty: "Count", of: false, example: "count()", ..OF_FIELD },
    Shape { name: "sum", ty: "Sum", example: "sum(field)", ..OF_FIELD },
    Shape { name: "mean", ty: "Mean", example: "mean(field)", ..OF_FIELD },
    Shape { name: "std", ty: "Std", example: "std(field)", ..OF_FIELD },
    Shape { name: "min", ty: "Min", example: "min(field)", ..OF_FIELD },
    Shape { name: "max", ty: "Max", example: "max(field)", ..OF_FIELD },
    Shape {
        name: "quantile",
        ty: "Quantile",
        param: Some("q"),
        named: Some(("error", "with_error")),
        example: "quantile(0.5, field)",
        ..OF_FIELD
    },
    Shape {
        name: "top_k",
        ty: "TopK",
        param: Some("k"),
        named: Some(("max", "at_most")),
        example: "top_k(3, field)",
        ..OF_FIELD
    },
];

/// What others call them.
const ALIASES: &[(&str, &str)] = &[
    ("avg", "mean(field)"),
    ("average", "mean(field)"),
    ("len", "count()"),
    ("total", "sum(field)"),
    ("stddev", "std(field)"),
    ("minimum", "min(field)"),
    ("maximum", "max(field)"),
    ("median", "quantile(0.5, field)"),
    ("percentile", "quantile(0.99, field)"),
    ("mode", "top_k(1, field)"),
];

/// As many values are a tuple that compares and prints.
const MOST: usize = 12;

/// One aggregate, as it was written.
pub(crate) struct Part {
    shape: &'static Shape,
    span: Span,
    /// What it needs before its field: evaluated once, before the source opens.
    param: Option<Expr>,
    named: Option<Expr>,
    of: Option<Of>,
}

/// What of an item a value is.
enum Of {
    /// A field, with the span of its first token.
    Field(TokenStream, Span),
    Function(Function),
}

/// The aggregates as they stand in the parentheses.
pub(super) fn args(span: Span, args: Vec<Expr>, diag: &mut Diag) -> Result<WordArgs, Reported> {
    let mut found = WordArgs::default();
    let mut result = Ok(());
    for arg in args {
        match name_value(arg) {
            Ok(Named { name, .. }) => {
                result = Err(diag.error(
                    &name,
                    format!(
                        "`aggregate` gives its values in order, without names; give them one behind it: \
                         `aggregate(..) | map(|({name}, ..)| ..)`"
                    ),
                ));
            }
            Err(arg) => found.positional.push(arg),
        }
    }
    if result.is_ok() && found.positional.is_empty() {
        result = Err(diag.error_at(span, "`aggregate` needs what to compute; write `aggregate(count(), mean(field))`"));
    }
    if let Some(extra) = found.positional.get(MOST) {
        result = Err(diag.error(extra, format!("`aggregate` computes {MOST} values at most; use two in a `tee`")));
    }
    result.map(|()| found)
}

impl Builder<'_> {
    pub(super) fn aggregate(&mut self, args: Vec<Expr>) -> Action {
        Action::Aggregate(args.into_iter().filter_map(|arg| self.one_aggregate(arg).ok()).collect())
    }

    fn one_aggregate(&mut self, arg: Expr) -> Result<Part, Reported> {
        let (path, args) = match ungroup(arg) {
            Expr::Path(path) => (path, Vec::new()),
            Expr::Call(call) => match ungroup(*call.func) {
                Expr::Path(path) => (path, call.args.into_iter().collect()),
                other => return Err(self.no_aggregate(&other)),
            },
            Expr::MethodCall(call) => {
                let method = &call.method;
                let message = format!("`.{method}(..)` stands behind the parentheses: `aggregate(..).{method}(..)`");
                return Err(self.diag.error(method, message));
            }
            other => return Err(self.no_aggregate(&other)),
        };
        let Some(shape) = AGGREGATES.iter().find(|shape| path.path.is_ident(shape.name)) else {
            return Err(self.no_aggregate(&Expr::Path(path)));
        };
        self.arguments(shape, path.span(), args)
    }

    fn no_aggregate(&mut self, found: &Expr) -> Reported {
        let name = text(found);
        let known = || AGGREGATES.iter().map(|shape| shape.name);
        let hint = match ALIASES.iter().find(|(alias, _)| *alias == name) {
            Some((_, example)) => format!("write `{example}`"),
            None => match near(&name, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write {}, or compute it with `fold(initial, |state, item| ..)`", listed(known())),
            },
        };
        self.diag.error(found, format!("there is no aggregate `{name}`; {hint}"))
    }

    /// The arguments of one aggregate: its parameter, its field, what it is told by name.
    fn arguments(&mut self, shape: &'static Shape, span: Span, args: Vec<Expr>) -> Result<Part, Reported> {
        let Shape { name, example, .. } = shape;
        let mut part = Part { shape, span, param: None, named: None, of: None };
        let mut result = Ok(());
        for arg in args {
            match name_value(arg) {
                Ok(arg) if shape.named.is_some_and(|(known, _)| arg.name == known) && part.named.is_none() => {
                    part.named = Some(arg.value);
                }
                Ok(arg) => {
                    let hint = match shape.named {
                        Some((known, _)) if arg.name == known => "it is given twice".to_owned(),
                        Some((known, _)) => format!("write `{known} = ..`, or nothing"),
                        None => format!("write `{example}`"),
                    };
                    let message = format!("`{name}` has no place for this `{}`; {hint}", arg.name);
                    result = Err(self.diag.error(&arg.name, message));
                }
                Err(param) if shape.param.is_some() && part.param.is_none() => {
                    let checked = self.parameter(shape, &param);
                    result = result.and(checked);
                    part.param = Some(param);
                }
                Err(of) if shape.of && part.of.is_none() => match self.of(shape, of) {
                    Ok(of) => part.of = Some(of),
                    Err(reported) => return Err(reported),
                },
                Err(extra) => {
                    result = Err(self.diag.error(extra, format!("one argument too many; write `{example}`")));
                }
            }
        }
        result?;
        let missing = match shape.param {
            Some(param) if part.param.is_none() => Some(param),
            _ if shape.of && part.of.is_none() => Some("field"),
            _ => None,
        };
        match missing {
            Some(missing) => {
                let message = format!("`{name}` needs its argument `{missing}`; write `{example}`");
                Err(self.diag.error_at(span, message))
            }
            None => Ok(part),
        }
    }

    /// A literal that is out of range is reported here; other values are checked before the source opens.
    fn parameter(&mut self, shape: &Shape, param: &Expr) -> Result<(), Reported> {
        let Expr::Lit(syn::ExprLit { lit, .. }) = param else { return Ok(()) };
        let value: Option<f64> = match lit {
            Lit::Int(int) => int.base10_parse().ok(),
            Lit::Float(float) => float.base10_parse().ok(),
            _ => None,
        };
        match (shape.name, value) {
            ("quantile", Some(q)) if !(0.0..=1.0).contains(&q) => Err(self.diag.error(
                lit,
                format!("the share of a `quantile` is from 0.0 to 1.0, got {}; write `0.5` for the median", text(lit)),
            )),
            ("top_k", Some(0.0)) => Err(self.diag.error(lit, "`top_k` gives 1 key at least, got 0")),
            _ => Ok(()),
        }
    }

    fn of(&mut self, shape: &Shape, expr: Expr) -> Result<Of, Reported> {
        match expr {
            Expr::Closure(_) => Ok(Of::Function(self.function(expr))),
            Expr::Path(ref path) if path.path.segments.len() > 1 => Ok(Of::Function(self.function(expr))),
            other if no_field(&other).is_none() => Ok(Of::Field(other.to_token_stream(), other.span())),
            other => {
                let example = shape.example;
                let closure = example.replace("field", "|item| ..");
                let message = format!("an aggregate is of a field of the item; write `{example}` or `{closure}`");
                Err(self.diag.error(other, message))
            }
        }
    }
}

impl Code<'_> {
    /// The states that all keys start from. What may be out of range is evaluated outside of the closure that looks at it.
    pub(super) fn aggregate(&mut self, step: &Step, parts: &[Part]) {
        let span = at(step.span);
        let rt = respan(self.rt, span);
        let (mut lets, mut states) = (TokenStream::new(), TokenStream::new());
        for (index, part) in parts.iter().enumerate() {
            if let Some(Of::Function(f)) = &part.of {
                self.function(f);
            }
            let span = at(part.span);
            let rt = respan(self.rt, span);
            let ty = Ident::new(part.shape.ty, span);
            match &part.param {
                None => states.extend(quote_spanned!(span=> #rt::core::default::Default::default(),)),
                Some(param) => {
                    let name = Ident::new(&format!("__ms_p{index}"), span);
                    let (function, named) = match (&part.named, part.shape.named) {
                        (Some(value), Some((_, function))) => (function, Some(value)),
                        _ => ("new", None),
                    };
                    let function = Ident::new(function, span);
                    let named = named.into_iter();
                    lets.extend(
                        quote_spanned!(span=> let #name = #rt::aggregate::#ty::#function(#param #(, #named)*);),
                    );
                    states.extend(quote_spanned!(span=> #name?,));
                }
            }
        }
        let made = quote_spanned!(span=> {
            #lets
            (move || #rt::core::result::Result::<_, #rt::aggregate::AggregateError>::Ok(
                #rt::aggregate::word::Aggregates::new((#states))
            ))()
        });
        self.bank(step, &made);
    }
}

impl Nest<'_> {
    /// `aggregate`, and what follows it.
    pub(super) fn aggregate(&self, step: &Step, parts: &[Part], out: &TokenStream) -> TokenStream {
        let span = at(step.span);
        let (x, count) = (names::item(span), super::nest::count(step.edge, span));
        let (state, slot, here) = (super::nest::state(step.node, span), self.slot(step, span), self.here(step, span));
        let adds = parts.iter().enumerate().map(|(index, part)| self.add(index, part));
        let rt = respan(self.rt, span);
        quote_spanned!(span=>
            #x.aggregate(
                #state, #slot, #here, #count,
                |__ms_item, __ms_states| {
                    #[allow(unused_imports)]
                    use #rt::aggregate::word::Lend as _;
                    #(#adds)*
                    #rt::core::result::Result::Ok(())
                },
                |#x| { #out },
            )
        )
    }

    /// One aggregate takes its value of the item.
    fn add(&self, index: usize, part: &Part) -> TokenStream {
        let span = at(part.span);
        let rt = respan(self.rt, span);
        let add = Ident::new(part.shape.name, span);
        let mut index = Literal::usize_unsuffixed(index);
        index.set_span(span);
        let value = part.of.as_ref().map(|of| match of {
            Of::Field(field, of) => {
                let of = at(*of);
                quote_spanned!(of=> , (__ms_item.#field).__ms_lent())
            }
            Of::Function(f) => {
                let (f, span) = (super::nest::function(f, span), f.span().map_or(span, at));
                let rt = respan(self.rt, span);
                quote_spanned!(span=> , #rt::key_of(__ms_item, #f).__ms_lent())
            }
        });
        quote_spanned!(span=> #rt::aggregate::word::#add(&mut __ms_states.#index #value)?;)
    }
}
