//! The inside of `pipeline!` as it was typed: a Rust expression, read as elements joined by `|`.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{BinOp, Expr, ExprPath, Ident, Type};

use super::aggregate;
use super::meet::{self, Meet};
use super::words::{self, Shape, Word};
use crate::diag::{Diag, Reported, near, suggestion};
use crate::text::text;

/// Elements in a row.
pub(crate) struct Chain {
    pub(crate) elements: Vec<Element>,
    /// `_ as T` at the start.
    pub(crate) item: Option<Type>,
    /// `(.. as T)` around the last element: the type that goes out, where it borrows.
    pub(crate) output: Option<Type>,
}

/// One element with what was written behind it.
pub(crate) struct Element {
    pub(crate) kind: Kind,
    /// The smallest token that names it.
    pub(crate) span: Span,
    /// Its name, as written.
    pub(crate) name: String,
    pub(crate) modifiers: Vec<Modifier>,
}

pub(crate) enum Kind {
    /// A stage by its path, with named arguments.
    Stage(ExprPath, Vec<Named>),
    Word(&'static Shape, WordArgs),
    /// `{expr}`
    Value(Expr),
    /// `(a | b)`
    Group(Chain),
    Tee(Vec<Chain>),
    Route(Vec<Arm>),
    /// `chain`, `merge`, `zip` or `join`
    Meet(Meet),
    /// Something that is not an element, and was reported; it stands here so that what is wrong with the others is too.
    Wrong(Reported),
}

impl Element {
    fn wrong(span: Span, reported: Reported) -> Self {
        Element { kind: Kind::Wrong(reported), span, name: String::new(), modifiers: Vec::new() }
    }
}

/// The arguments of a word.
#[derive(Default)]
pub(crate) struct WordArgs {
    pub(crate) generics: Option<TokenStream>,
    pub(crate) positional: Vec<Expr>,
    pub(crate) named: Vec<Named>,
}

/// `name = value`
pub(crate) struct Named {
    pub(crate) name: Ident,
    pub(crate) value: Expr,
}

/// One arm of a `route`: `otherwise` has no test.
pub(crate) struct Arm {
    pub(crate) test: Option<Test>,
    pub(crate) chain: Chain,
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// What decides whether an item takes an arm.
pub(crate) enum Test {
    /// A closure, or a function.
    Value(Expr),
    /// A stage that filters.
    Stage(Element),
}

/// `.name(args)`
pub(crate) struct Modifier {
    pub(crate) name: Ident,
    pub(crate) args: Vec<Expr>,
}

/// Reads the inside of `pipeline!`.
pub(crate) fn parse(tokens: TokenStream, diag: &mut Diag) -> Result<Chain, Reported> {
    if tokens.is_empty() {
        return Err(diag.error_at(
            Span::call_site(),
            "an empty pipeline; write a source, stages and a sink: `pipeline!(from_iter(values) | stage | collect())`",
        ));
    }
    if let Some(TokenTree::Punct(bar)) = tokens.clone().into_iter().last()
        && bar.as_char() == '|'
    {
        return Err(diag.error(bar, "nothing follows this `|`; write a stage or a sink behind it, or remove it"));
    }
    let expr = syn::parse2::<Expr>(tokens).map_err(|error| {
        let advice = "stages are joined by `|`: `source | stage(name = value) | sink`";
        diag.error_at(error.span(), format!("{error}; {advice}"))
    })?;
    Ok(chain(ungroup(expr), diag))
}

/// A fragment of a `macro_rules!` comes in an invisible group.
pub(super) fn ungroup(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => ungroup(*group.expr),
        other => other,
    }
}

/// Reads elements joined by `|`; mistakes in one do not hide those in the others.
pub(super) fn chain(expr: Expr, diag: &mut Diag) -> Chain {
    let mut parts = Vec::new();
    split(expr, &mut parts, diag);
    let mut chain = Chain { elements: Vec::new(), item: None, output: None };
    for (index, part) in parts.into_iter().enumerate() {
        let part = match part {
            Expr::Cast(cast) if index == 0 && matches!(*cast.expr, Expr::Infer(_)) => {
                chain.item = Some(*cast.ty);
                continue;
            }
            Expr::Paren(paren) => match *paren.expr {
                Expr::Cast(cast) => {
                    chain.output = Some(*cast.ty);
                    *cast.expr
                }
                inner => Expr::Paren(syn::ExprParen { expr: Box::new(inner), ..paren }),
            },
            part => part,
        };
        let span = part.span();
        chain.elements.push(element(part, diag).unwrap_or_else(|reported| Element::wrong(span, reported)));
    }
    chain
}

/// Takes `a | b | c` apart.
fn split(expr: Expr, parts: &mut Vec<Expr>, diag: &mut Diag) {
    match expr {
        Expr::Binary(binary) if matches!(binary.op, BinOp::BitOr(_) | BinOp::Or(_)) => {
            if let BinOp::Or(or) = binary.op {
                diag.error(
                    or,
                    "`||` does not pipe; write one `|` between stages, and a closure as a word: `map(|item| ..)`",
                );
            }
            split(ungroup(*binary.left), parts, diag);
            split(ungroup(*binary.right), parts, diag);
        }
        other => parts.push(other),
    }
}

/// Reads one element with its modifiers.
fn element(expr: Expr, diag: &mut Diag) -> Result<Element, Reported> {
    let mut modifiers = Vec::new();
    let mut result = Ok(());
    let mut expr = ungroup(expr);
    loop {
        expr = match expr {
            Expr::MethodCall(call) => {
                modifiers.insert(0, Modifier { name: call.method, args: call.args.into_iter().collect() });
                ungroup(*call.receiver)
            }
            Expr::Await(wait) => {
                result = Err(diag.error(
                    wait.await_token,
                    "asynchronous stages are not supported; write a synchronous stage without `.await`",
                ));
                ungroup(*wait.base)
            }
            Expr::Try(attempt) => {
                result = Err(diag.error(
                    attempt.question_token,
                    "`?` has no meaning inside a pipeline; what is rejected is decided by `.or_fail()`, `.or_skip()` or \
                     `.or_dead_letter(\"path\")`",
                ));
                ungroup(*attempt.expr)
            }
            other => break base(other, modifiers, diag).and_then(|element| result.map(|()| element)),
        };
    }
}

/// Reads an element without its modifiers.
fn base(expr: Expr, modifiers: Vec<Modifier>, diag: &mut Diag) -> Result<Element, Reported> {
    match expr {
        Expr::Path(path) => named_element(path, None, modifiers, diag),
        Expr::Call(call) => match ungroup(*call.func) {
            Expr::Path(path) => named_element(path, Some(call.args.into_iter().collect()), modifiers, diag),
            other => Err(diag.error(other, "this is not a stage; write a value from outside as `{expr}`")),
        },
        Expr::Block(block) if block.attrs.is_empty() && block.label.is_none() => {
            let span = block.block.brace_token.span.join();
            Ok(Element { span, name: text(&block), kind: Kind::Value(unbraced(block)), modifiers })
        }
        Expr::Paren(paren) => {
            let span = paren.paren_token.span.open();
            let inner = chain(ungroup(*paren.expr), diag);
            Ok(Element { span, name: "(..)".to_owned(), kind: Kind::Group(inner), modifiers })
        }
        Expr::Closure(closure) => {
            let hint = if text(&closure.body).contains('|') {
                "; as it stands it swallows all that follows"
            } else {
                ""
            };
            let span = closure.inputs_begin.span;
            Err(diag.error_at(span, format!("a bare closure is not a stage{hint}; write `map(|item| ..)`")))
        }
        Expr::Range(range) => {
            let start = range.start.as_ref().map_or_else(String::new, text);
            Err(diag.error(
                range.limits,
                format!("a range takes in all that follows it; write `from_iter({start}..) | ..`, with the range inside"),
            ))
        }
        Expr::Lit(lit) => Err(diag.error(lit, "a literal is not a stage; write `from_iter(values)` to start from values")),
        Expr::Macro(mac) if mac.mac.path.is_ident("pipeline") => {
            Err(diag.error(mac, "a pipeline inside another needs no `pipeline!`; write what is in its parentheses"))
        }
        Expr::Macro(mac) => Err(diag.error(mac, "a macro call is not a stage; write its value as `{expr}`")),
        Expr::Assign(assign) => Err(diag.error(
            assign.eq_token,
            "a named argument stands inside the parentheses of its stage: `stage(name = value)`",
        )),
        other => Err(diag.error(
            other,
            "this is not a stage; write the name of a stage, `stage(name = value)`, a word such as `map(|item| ..)`, or \
             `{expr}` for a value from outside",
        )),
    }
}

/// Reads a word or a stage, by its path and what stands in its parentheses.
fn named_element(
    path: ExprPath,
    args: Option<Vec<Expr>>,
    modifiers: Vec<Modifier>,
    diag: &mut Diag,
) -> Result<Element, Reported> {
    let Some(last) = path.path.segments.last() else {
        return Err(diag.error(path, "a stage needs a name"));
    };
    let (span, name) = (last.ident.span(), text(&path));
    let single = path.qself.is_none() && path.path.leading_colon.is_none() && path.path.segments.len() == 1;
    let ident = last.ident.to_string();
    if single && let Some((_, advice)) = words::RESERVED.iter().find(|(word, _)| *word == ident) {
        let path = match ident.as_str() {
            "when" | "otherwise" => String::new(),
            _ => format!("; a stage of your own is written by its path: `self::{ident}`"),
        };
        return Err(diag.error_at(span, format!("{advice}{path}")));
    }
    let kind = match single.then(|| words::shape(&ident)).flatten() {
        Some(shape) if shape.word == Word::Tee => tee(span, args.unwrap_or_default(), diag)?,
        Some(shape) if shape.word == Word::Route => route(span, args.unwrap_or_default(), diag)?,
        Some(shape) if shape.word == Word::Aggregate => {
            Kind::Word(shape, aggregate::args(span, args.unwrap_or_default(), diag)?)
        }
        Some(shape) if matches!(shape.word, Word::Chain | Word::Merge | Word::Zip | Word::Join) => {
            meet::meet(shape, span, args.unwrap_or_default(), diag)?
        }
        Some(shape) => {
            let generics = (!last.arguments.is_none()).then(|| last.arguments.to_token_stream());
            Kind::Word(shape, word_args(shape, span, generics, args.unwrap_or_default(), diag)?)
        }
        None => {
            let args = args.unwrap_or_default();
            if single
                && let Some(word) = near(&ident, similar_words(&ident))
                && args.iter().any(|arg| name_value(arg.clone()).is_err())
            {
                return Err(diag.error_at(span, format!("there is no word `{ident}`; did you mean `{word}`?")));
            }
            let named = stage_args(&ident, args, diag)?;
            Kind::Stage(path, named)
        }
    };
    let name = if matches!(kind, Kind::Word(..)) { ident } else { name };
    Ok(Element { kind, span, name, modifiers })
}

/// The words that `name` may be a slip of. The first letter of a slip is mostly right, and a stage of the user's own is often
/// as short as a word: `times` is no `lines`.
fn similar_words(name: &str) -> impl Iterator<Item = &'static str> {
    let first = name.chars().next();
    words::WORDS.iter().map(|shape| shape.name).filter(move |word| word.chars().next() == first)
}

/// The value of `{value}`. A block that holds no more than that would get a warning about its braces.
fn unbraced(mut block: syn::ExprBlock) -> Expr {
    match block.block.stmts.pop() {
        Some(syn::Stmt::Expr(value, None)) if block.block.stmts.is_empty() => value,
        last => {
            block.block.stmts.extend(last);
            Expr::Block(block)
        }
    }
}

/// The arguments of a stage: all by name, each once.
fn stage_args(stage: &str, args: Vec<Expr>, diag: &mut Diag) -> Result<Vec<Named>, Reported> {
    let mut named: Vec<Named> = Vec::new();
    let mut result = Ok(());
    for arg in args {
        match name_value(arg) {
            Ok(arg) if named.iter().any(|known| known.name == arg.name) => {
                result = Err(diag.error(&arg.name, format!("`{}` is given twice; remove one", arg.name)));
            }
            Ok(arg) => named.push(arg),
            Err(other) => {
                let value = text(&other);
                result = Err(diag
                    .error(other, format!("`{stage}` takes its parameters by name; write `{stage}(name = {value})`")));
            }
        }
    }
    result.map(|()| named)
}

pub(super) fn name_value(arg: Expr) -> Result<Named, Expr> {
    match ungroup(arg) {
        Expr::Assign(assign) => match *assign.left {
            Expr::Path(path) if path.path.get_ident().is_some() => match path.path.get_ident() {
                Some(name) => Ok(Named { name: name.clone(), value: ungroup(*assign.right) }),
                None => Err(Expr::Path(path)),
            },
            _ => Err(Expr::Assign(assign)),
        },
        other => Err(other),
    }
}

/// The arguments of a word: positional ones, then named ones.
fn word_args(
    shape: &'static Shape,
    span: Span,
    generics: Option<TokenStream>,
    args: Vec<Expr>,
    diag: &mut Diag,
) -> Result<WordArgs, Reported> {
    let mut found = WordArgs { generics, ..WordArgs::default() };
    let mut result = Ok(());
    for arg in args {
        match name_value(arg) {
            Ok(arg) if found.named.iter().any(|known| known.name == arg.name) => {
                result = Err(diag.error(&arg.name, format!("`{}` is given twice; remove one", arg.name)));
            }
            Ok(arg) if shape.named.contains(&arg.name.to_string().as_str()) => found.named.push(arg),
            Ok(arg) => {
                let name = arg.name.to_string();
                let message = if shape.positional.contains(&name.as_str()) {
                    format!("`{}` takes `{name}` without its name; write `{}`", shape.name, shape.example)
                } else {
                    format!("`{}` has no argument `{name}`; {}", shape.name, suggestion(&name, shape.named))
                };
                result = Err(diag.error(&arg.name, message));
            }
            Err(positional) if found.positional.len() < shape.positional.len() => found.positional.push(positional),
            Err(extra) => {
                result = Err(diag.error(extra, format!("one argument too many; write `{}`", shape.example)));
            }
        }
    }
    if result.is_ok() && found.positional.len() + shape.optional < shape.positional.len() {
        let missing = shape.positional[found.positional.len()];
        result =
            Err(diag
                .error_at(span, format!("`{}` needs its argument `{missing}`; write `{}`", shape.name, shape.example)));
    }
    result.map(|()| found)
}

fn tee(span: Span, args: Vec<Expr>, diag: &mut Diag) -> Result<Kind, Reported> {
    if args.is_empty() {
        return Err(diag.error_at(span, "`tee` needs branches; write `tee(stage | sink, sink)`"));
    }
    Ok(Kind::Tee(args.into_iter().map(|arg| chain(ungroup(arg), diag)).collect()))
}

fn route(span: Span, args: Vec<Expr>, diag: &mut Diag) -> Result<Kind, Reported> {
    if args.is_empty() {
        return Err(
            diag.error_at(span, "`route` needs branches; write `route(when(|item| .., branch), otherwise(branch))`")
        );
    }
    let count = args.len();
    let arms: Vec<_> = args.into_iter().enumerate().map(|(at, arg)| arm(arg, at + 1 == count, diag)).collect();
    Ok(Kind::Route(arms.into_iter().collect::<Result<_, _>>()?))
}

/// `when(test, branch)` or `otherwise(branch)`
fn arm(arg: Expr, last: bool, diag: &mut Diag) -> Result<Arm, Reported> {
    const ADVICE: &str = "a branch of `route` is `when(|item| .., branch)`, or `otherwise(branch)` at the end";
    let Expr::Call(call) = ungroup(arg.clone()) else { return Err(diag.error(arg, ADVICE)) };
    let Expr::Path(path) = &*call.func else { return Err(diag.error(call.func, ADVICE)) };
    let span = path.span();
    let mut args = call.args.into_iter();
    match (path.path.get_ident().map(ToString::to_string).as_deref(), args.next(), args.next(), args.next()) {
        (Some("when"), Some(test), Some(branch), None) => {
            let text = format!("when({})", text(&test));
            let test = match ungroup(test) {
                call @ Expr::Call(_) => Test::Stage(element(call, diag)?),
                call @ Expr::MethodCall(_) if has_modifier(&call) => Test::Stage(element(call, diag)?),
                other => Test::Value(other),
            };
            Ok(Arm { test: Some(test), chain: chain(ungroup(branch), diag), text, span })
        }
        (Some("otherwise"), Some(branch), None, None) => {
            if !last {
                return Err(diag.error_at(span, "`otherwise` takes all that is left; put it last"));
            }
            Ok(Arm { test: None, chain: chain(ungroup(branch), diag), text: "otherwise".to_owned(), span })
        }
        (Some("when"), ..) => {
            Err(diag.error_at(span, "`when` takes a test and a branch; write `when(|item| .., branch)`"))
        }
        (Some("otherwise"), ..) => Err(diag.error_at(span, "`otherwise` takes a branch; write `otherwise(branch)`")),
        _ => Err(diag.error_at(span, ADVICE)),
    }
}

/// Whether this is a stage with a modifier, and not a call that gives a function.
fn has_modifier(expr: &Expr) -> bool {
    let Expr::MethodCall(call) = expr else { return false };
    let name = call.method.to_string();
    words::MODIFIERS.contains(&name.as_str()) || words::RESERVED_MODIFIERS.contains(&name.as_str())
}
