//! What stands before the chain: sources, stages and functions are made once, where `pipeline!` stands.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Expr, Lit};

use super::ends;
use super::model::{Action, Chain, Function, Make, Policy, RouteTest, Source, Step};
use super::nest::{at, names, number, respan};
use super::sqlite;
use super::syntax::Named;
use super::words::Word;

/// The code that makes what a chain needs, and the names under which it is kept.
pub(super) struct Code<'r> {
    pub(super) rt: &'r TokenStream,
    /// Names of what can end: the source, stages.
    pub(super) states: Vec<Ident>,
    /// Names of what cannot: functions, the marks of branches.
    pub(super) plain: Vec<Ident>,
    pub(super) setup: TokenStream,
    pub(super) checks: TokenStream,
}

impl<'r> Code<'r> {
    pub(super) fn new(rt: &'r TokenStream) -> Self {
        Code { rt, states: Vec::new(), plain: Vec::new(), setup: TokenStream::new(), checks: TokenStream::new() }
    }

    pub(super) fn source(&mut self, source: &Source) {
        let span = at(source.span);
        let rt = respan(self.rt, span);
        let made = self.make(&source.make, true, span);
        self.letters(u32::try_from(source.node).unwrap_or(u32::MAX), &source.policy);
        let node = number(source.node, span);
        let name = names::state(source.node);
        // `csv::<Reading>` names a record without the lifetime that it may have.
        self.setup.extend(quote_spanned!(span=>
            #[allow(elided_lifetimes_in_paths)]
            let #name = #rt::source(__ms_setup.built(#node, #made));
        ));
        self.states.push(name);
    }

    fn letters(&mut self, node: u32, policy: &Policy) {
        if let Policy::Letter { path, .. } = policy {
            self.setup.extend(quote!(__ms_setup.letters(#node, #path);));
        }
    }

    pub(super) fn chain(&mut self, chain: &Chain) {
        for step in &chain.steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step) {
        let span = at(step.span);
        let rt = respan(self.rt, span);
        let node = u32::try_from(step.node).unwrap_or(u32::MAX);
        self.letters(node, &step.policy);
        match &step.action {
            Action::Through(make) => {
                let made = self.make(make, false, span);
                self.bank(step, &made);
            }
            Action::Call { word, f, initial } => {
                self.function(f);
                let made = match (word, initial) {
                    (Word::Unique, Some(max)) => {
                        return self.bank(step, &quote_spanned!(span=> #rt::Unique::at_most(#max)));
                    }
                    (Word::TakeWhile, _) => quote_spanned!(span=> #rt::TakeWhile::default()),
                    (Word::Scan, Some(initial)) => quote_spanned!(span=> #rt::Scan::new(#initial)),
                    (Word::Fold, Some(initial)) => quote_spanned!(span=> #rt::Fold::new(#initial)),
                    (Word::Dedup, _) => quote_spanned!(span=> #rt::Dedup::new()),
                    (Word::Unique, None) => quote_spanned!(span=> #rt::Unique::new()),
                    _ => return,
                };
                self.bank(step, &self.infallible(&made, span));
            }
            Action::Aggregate(parts) => self.aggregate(step, parts),
            Action::Cloned => {}
            Action::Zip(side) => self.zip(step, side),
            Action::Join(join) => self.join(step, join),
            Action::ForEach(f) => self.function(f),
            Action::Tee { branches, .. } => {
                self.branches(step.node, branches.len());
                for branch in branches {
                    self.chain(&branch.chain);
                }
            }
            Action::Route { arms, rest } => {
                self.branches(step.node, arms.len());
                for arm in arms {
                    match &arm.test {
                        Some(RouteTest::Function(f)) => self.function(f),
                        Some(RouteTest::Stage(number, make)) => {
                            let span = at(make.span().unwrap_or(span));
                            let made = self.make(make, false, span);
                            let name = names::hoisted(*number);
                            self.setup.extend(quote_spanned!(span=> let #name = __ms_setup.built(#node, #made);));
                            self.plain.push(name);
                        }
                        None => {}
                    }
                    self.chain(&arm.chain);
                }
                if let Some(rest) = rest {
                    self.chain(rest);
                }
            }
        }
    }

    fn branches(&mut self, node: usize, count: usize) {
        let (rt, name) = (self.rt, names::state(node));
        self.setup.extend(quote!(let #name = #rt::core::option::Option::Some(#rt::Branches::<#count>::new());));
        self.plain.push(name);
    }

    /// Keeps a stage: one for all items, or one for each key.
    pub(super) fn bank(&mut self, step: &Step, made: &TokenStream) {
        let (span, name) = (at(step.span), names::state(step.node));
        let rt = respan(self.rt, span);
        let node = u32::try_from(step.node).unwrap_or(u32::MAX);
        let bank = match (&step.key, &step.max) {
            (None, _) => quote_spanned!(span=> .map(#rt::One)),
            (Some(_), None) => quote_spanned!(span=> .map(#rt::Keyed::new)),
            (Some(_), Some(max)) => quote_spanned!(span=>
                .and_then(|__ms_stage| __ms_setup.built(#node, #rt::Keyed::at_most(#max, __ms_stage)))
            ),
        };
        self.setup.extend(quote_spanned!(span=> let #name = __ms_setup.built(#node, #made) #bank;));
        self.states.push(name);
    }

    pub(super) fn function(&mut self, f: &Function) {
        if let Function::Value(number, expr) = f {
            let (rt, name) = (self.rt, names::hoisted(*number));
            self.setup.extend(quote!(let #name = #rt::core::option::Option::Some(#expr);));
            self.plain.push(name);
        }
    }

    pub(super) fn infallible(&self, made: &TokenStream, span: Span) -> TokenStream {
        let rt = respan(self.rt, span);
        quote_spanned!(span=> #rt::core::result::Result::<_, #rt::Never>::Ok(#made))
    }

    /// A `Result` of the source, stage or sink.
    fn make(&mut self, make: &Make, first: bool, span: Span) -> TokenStream {
        let rt = respan(self.rt, span);
        match make {
            Make::Value(expr) if first => self.infallible(&quote!(#expr), span),
            Make::Value(expr) => {
                let value = self.infallible(&quote!(__ms_how.answer().take(__ms_value)), span);
                quote_spanned!(span=> match #expr {
                    __ms_value => {
                        #[allow(unused_imports)]
                        use #rt::{AskAny as _, AskDescribed as _};
                        let __ms_how = &#rt::ask(&__ms_value);
                        #value
                    }
                })
            }
            Make::Stage(path, args) => {
                let set = args.iter().map(|Named { name, value }| quote_spanned!(at(name.span())=> .#name(#value)));
                self.checks.extend(args.iter().filter_map(|arg| check(path, arg, self.rt)));
                quote_spanned!(span=> {
                    #[allow(unused_imports)]
                    use #rt::ByName as _;
                    #path::__complete(#path::builder() #(#set)*).build()
                })
            }
            Make::Word(shape, args) => {
                let arg = args.positional.first();
                let generics = args.generics.as_ref();
                let named = args.named.iter().map(|Named { name, value }| quote!(.#name(#value)));
                let path = arg.map(|arg| ends::path(arg, &rt));
                let made = match (shape.word, first) {
                    (Word::Sqlite, true) => return sqlite::make(args, sqlite::End::Source, self.rt, span),
                    (Word::Sqlite, false) => return sqlite::make(args, sqlite::End::Sink, self.rt, span),
                    (Word::Csv, true) => {
                        return quote_spanned!(span=> #rt::csv::source #generics(#path) #(#named)*.checked());
                    }
                    (Word::JsonLines, true) => {
                        quote_spanned!(span=> #rt::json_lines::source #generics(#path) #(#named)*)
                    }
                    (Word::Json, true) => quote_spanned!(span=> #rt::json::source #generics(#path) #(#named)*),
                    (Word::Lines, true) => quote_spanned!(span=> #rt::lines::source #generics(#path) #(#named)*),
                    (Word::Files, _) => quote_spanned!(span=> #rt::files(#arg) #(#named)*),
                    (Word::Channel, true) => quote_spanned!(span=> #rt::channel::source #generics(#arg)),
                    (Word::FromIter, _) => quote_spanned!(span=> match #rt::from_iter(#arg) {
                        __ms_source => {
                            #[allow(unused_imports)]
                            use #rt::Waits as _;
                            __ms_source.pace().settle(__ms_source)
                        }
                    }),
                    (Word::Csv, false) => {
                        let columns = generics.map(|of| quote_spanned!(span=> .columns_of #of()));
                        let sink = quote_spanned!(span=> #rt::csv::sink(#arg) #columns #(#named)*);
                        return quote_spanned!(span=> #sink.checked().map(#rt::SinkStage));
                    }
                    (Word::JsonLines, false) => quote_spanned!(span=> #rt::SinkStage(#rt::json_lines::sink(#arg))),
                    (Word::Json, false) => quote_spanned!(span=> #rt::SinkStage(#rt::json::sink(#arg))),
                    (Word::Lines, false) => quote_spanned!(span=> #rt::SinkStage(#rt::lines::sink(#arg))),
                    (Word::Channel, false) => quote_spanned!(span=> #rt::SinkStage(#rt::channel::sink(#arg))),
                    (Word::Collect, _) => quote_spanned!(span=> #rt::SinkStage(#rt::collect #generics())),
                    (Word::Discard, _) => quote_spanned!(span=> #rt::SinkStage(#rt::discard())),
                    (Word::Take, _) => quote_spanned!(span=> #rt::Take::new(#arg)),
                    (Word::Skip, _) => quote_spanned!(span=> #rt::Skip::new(#arg)),
                    (Word::Chunks, _) => return quote_spanned!(span=> #rt::Chunks::new(#arg)),
                    (Word::Dedup, _) => quote_spanned!(span=> #rt::Dedup::new()),
                    (Word::Unique, _) => match args.named.first() {
                        Some(max) => {
                            let max = &max.value;
                            return quote_spanned!(span=> #rt::Unique::at_most(#max));
                        }
                        None => quote_spanned!(span=> #rt::Unique::new()),
                    },
                    _ => quote_spanned!(span=> #rt::Flatten),
                };
                self.infallible(&made, span)
            }
        }
    }
}

/// A literal argument is checked at compile time, and reported at the literal.
fn check(path: &syn::ExprPath, arg: &Named, rt: &TokenStream) -> Option<TokenStream> {
    let (negative, lit) = match &arg.value {
        Expr::Lit(lit) => (false, &lit.lit),
        Expr::Unary(syn::ExprUnary { op: syn::UnOp::Neg(_), expr, .. }) => match &**expr {
            Expr::Lit(lit) => (true, &lit.lit),
            _ => return None,
        },
        _ => return None,
    };
    let minus = negative.then(|| quote!(-));
    let literal = match lit {
        Lit::Int(int) => {
            let value = Literal::i128_unsuffixed(int.base10_parse().ok()?);
            quote!(Int(#minus #value))
        }
        Lit::Float(float) => {
            let value = Literal::f64_unsuffixed(float.base10_parse().ok()?);
            quote!(Float(#minus #value))
        }
        Lit::Char(letter) => quote!(Char(#letter)),
        Lit::Str(text) => quote!(Text(#text)),
        _ => return None,
    };
    // An error is underlined from the first token of the call to the last.
    let (first, last) = (at(syn::spanned::Spanned::span(&arg.value)), at(lit.span()));
    let name = arg.name.unraw().to_string();
    let (ty, rt) = (respan(&path.path.to_token_stream(), first), respan(rt, last));
    let literal = respan(&literal, last);
    let call = quote_spanned!(last=> (#name, #rt::stage_fn::Literal::#literal));
    let call = quote_spanned!(first=> <#ty>::__check #call);
    Some(quote_spanned!(first=> #[allow(clippy::all, clippy::pedantic)] const _: () = #call;))
}
