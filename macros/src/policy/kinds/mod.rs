//! What each attribute takes, and the policy it makes of it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ItemFn, Lit, Path, Token, Type};

use super::args::{Arg, Passed};
use super::model::{Home, Made, Place, Stack};
use super::syntax::{Kind, Written};
use super::value::{self, Value};
use crate::attr;
use crate::diag::Diag;
use crate::names;
use crate::signature::{Lifetimes, bare, refers_to};
use crate::stage::ungroup;
use crate::text::text;

mod bulkhead;
mod cached;
mod circuit_breaker;
mod fallback;
mod rate_limit;
mod retry;
mod timeout;
mod wrap;

/// The options of one attribute: a value in front for some, then names.
pub(crate) struct Options {
    first: Option<Expr>,
    rest: attr::Options,
    /// They are no options at all, which was reported.
    broken: bool,
}

impl Options {
    pub(crate) fn parse(written: &Written, diag: &mut Diag) -> Self {
        let takes_value = matches!(written.kind, Kind::Timeout | Kind::Bulkhead | Kind::Wrap);
        let first = |input: syn::parse::ParseStream<'_>| -> syn::Result<(Option<Expr>, TokenStream)> {
            let named = input.peek2(Token![=]) && !input.peek2(Token![==]) && !input.peek2(Token![=>]);
            let named = named || (input.peek(syn::Ident) && is_name(input));
            if !takes_value && !input.is_empty() && !input.peek(Ident::peek_any) {
                let value: Expr = input.parse()?;
                let message = unnamed(written.kind, &value);
                return Err(syn::Error::new_spanned(value, message));
            }
            if !takes_value || input.is_empty() || named {
                return Ok((None, input.parse()?));
            }
            let value = input.parse()?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
            Ok((Some(value), input.parse()?))
        };
        let parsed = syn::parse::Parser::parse2(first, written.options.clone());
        let parsed = diag.ok(parsed).and_then(|(first, rest)| Ok((first, attr::Options::read(rest, diag)?)));
        let broken = parsed.is_err();
        let (first, rest) = parsed.unwrap_or_default();
        Options { first, rest, broken }
    }

    /// `crate = path`.
    pub(crate) fn krate(&mut self, diag: &mut Diag) -> Option<Path> {
        match self.rest.expr("crate", "crate = path::to::millstream", diag)? {
            (_, Expr::Path(path)) if path.qself.is_none() => Some(path.path),
            (_, other) => {
                diag.error(other, "`crate` takes a path; write `crate = path::to::millstream`");
                None
            }
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.rest.has(name)
    }

    /// Whether an argument of this name is mentioned.
    pub(crate) fn mention(&self, name: &Ident) -> bool {
        self.first.iter().chain(self.rest.values()).any(|value| refers_to(value, name))
    }

    pub(crate) fn flag(&mut self, name: &str, diag: &mut Diag) -> Option<Ident> {
        self.rest.flag(name, diag)
    }
}

/// What to write for a value in front of an attribute that takes none there.
fn unnamed(kind: Kind, value: &Expr) -> String {
    let is_text = matches!(value, Expr::Lit(ExprLit { lit: Lit::Str(_), .. }));
    let name = match kind {
        Kind::Retry if is_text => "total",
        Kind::Retry => "attempts",
        Kind::CircuitBreaker if is_text => "reset_after",
        Kind::CircuitBreaker => "failures",
        Kind::RateLimit if is_text => "per",
        Kind::RateLimit => "per_second",
        Kind::Cached if is_text => "ttl",
        Kind::Cached => "size",
        Kind::Fallback | Kind::Timeout | Kind::Bulkhead | Kind::Wrap => "value",
    };
    format!("this value has no name; write `{name} = {}`", text(value))
}

/// `associated` alone, in front.
fn is_name(input: syn::parse::ParseStream<'_>) -> bool {
    let fork = input.fork();
    fork.parse::<Ident>().is_ok_and(|name| name == "associated") && (fork.is_empty() || fork.peek(Token![,]))
}

/// Reads an attribute; reports all that is wrong with it.
pub(crate) fn read(written: &Written, options: Options, stack: &Stack, func: &ItemFn, diag: &mut Diag) -> Option<Made> {
    if options.broken {
        return None;
    }
    let mut reader = Reader { written, options, stack, func, diag, ok: true };
    let made = match written.kind {
        Kind::Retry => retry::read(&mut reader),
        Kind::Timeout => timeout::read(&mut reader),
        Kind::CircuitBreaker => circuit_breaker::read(&mut reader),
        Kind::Fallback => fallback::read(&mut reader),
        Kind::RateLimit => rate_limit::read(&mut reader),
        Kind::Bulkhead => bulkhead::read(&mut reader),
        Kind::Cached => cached::read(&mut reader),
        Kind::Wrap => wrap::read(&mut reader),
    };
    reader.done(made)
}

/// Takes the options of one attribute, and knows what is around it.
struct Reader<'r> {
    written: &'r Written,
    options: Options,
    stack: &'r Stack,
    func: &'r ItemFn,
    diag: &'r mut Diag,
    ok: bool,
}

impl Reader<'_> {
    fn rt(&self) -> TokenStream {
        self.stack.rt.clone()
    }

    /// The option as an expression, whatever it is.
    fn expr(&mut self, name: &str, example: &str) -> Option<(Ident, Expr)> {
        let had = self.options.has(name);
        let found = self.options.rest.expr(name, example, self.diag);
        self.ok &= !had || found.is_some();
        found
    }

    /// The option as a function of the error.
    fn of_error(&mut self, name: &str, example: &str) -> Option<Value> {
        let (name, expr) = self.expr(name, example)?;
        let closure = matches!(ungroup(expr.clone()), Expr::Closure(_));
        let mut value = Value::any(expr, &self.stack.names());
        // So the closure need not name the type of the error. That of a function which returns `impl Trait` is not known here.
        if closure && !self.stack.is_opaque() {
            let (returns, closure) = (self.returns(), value.tokens);
            value.tokens = quote!(#returns.#name(#closure));
        }
        Some(value)
    }

    /// The option as a time, which is more than none.
    fn time(&mut self, name: &str, example: &str) -> Option<Value> {
        let (_, expr) = self.expr(name, example)?;
        self.time_of(&format!("`{name}`"), false, expr)
    }

    fn time_of(&mut self, name: &str, none: bool, expr: Expr) -> Option<Value> {
        let found = value::time(&self.stack.rt, name, none, expr, &self.stack.names(), self.diag);
        self.ok &= found.is_some();
        found
    }

    /// The option as a number of at least `least`.
    fn count(&mut self, name: &str, least: u64, zero: &str) -> Option<Value> {
        let (_, expr) = self.expr(name, &format!("{name} = {}", least.max(1)))?;
        self.count_of(&format!("`{name}`"), least, zero, expr)
    }

    fn count_of(&mut self, name: &str, least: u64, zero: &str, expr: Expr) -> Option<Value> {
        let found = value::count(name, least, zero, expr, &self.stack.names(), self.diag);
        self.ok &= found.is_some();
        found
    }

    fn float_of(&mut self, message: &str, holds: impl Fn(f64) -> bool, expr: Expr) -> Option<Value> {
        let found = value::float(message, holds, expr, &self.stack.names(), self.diag);
        self.ok &= found.is_some();
        found
    }

    fn flag(&mut self, name: &str) -> bool {
        self.options.flag(name, self.diag).is_some()
    }

    fn error(&mut self, tokens: impl quote::ToTokens, message: impl std::fmt::Display) {
        self.ok = false;
        self.diag.error(tokens, message);
    }

    /// Reports an option that means nothing without another one.
    fn needs(&mut self, at: Option<Ident>, message: impl std::fmt::Display) {
        if let Some(at) = at {
            self.error(at, message);
        }
    }

    /// Where the option was written.
    fn place(&self, name: &str) -> Option<Ident> {
        self.options.rest.place(name)
    }

    /// The first option that nobody knows, where a value in front is missing, and the value of that option: an error at its name,
    /// as the value has none.
    fn named(&mut self) -> Option<(Ident, Expr)> {
        let entry = self.options.rest.take_other(known(self.written.kind))?;
        match entry.value {
            attr::Value::Expr(value) => Some((entry.name, ungroup(value))),
            attr::Value::None | attr::Value::Group => None,
        }
    }

    fn error_here(&mut self, message: impl std::fmt::Display) {
        self.ok = false;
        self.diag.error_at(self.written.at, message);
    }

    /// Reports options that make no sense beside another one.
    fn alone(&mut self, name: &str, others: &[&str]) {
        for other in others {
            if let Some(entry) = self.options.rest.take(other) {
                self.error(&entry.name, format!("`{other}` is said by the value of `{name}`; remove one"));
            }
        }
    }

    /// The option `with`, a reference to what is kept elsewhere: a statement that makes it once for a call, and so that what is of
    /// another type is an error at the value; and the local that it gives.
    fn given(&mut self, example: &str, ty: &TokenStream) -> Option<(TokenStream, Ident)> {
        let (_, with) = self.expr("with", example)?;
        let (rt, given) = (self.rt(), names::local("given"));
        Some((quote!(let #given: &#rt::#ty = #with;), given))
    }

    /// A policy by value, or a reference to one.
    fn policy(&self, policy: &Expr) -> Made {
        if self.stack.is_opaque() {
            // Whether it is one follows from what the function returns.
            return Made { value: quote!((#policy)), place: Place::Before, ..Made::default() };
        }
        let (rt, given, returns) = (self.rt(), names::local("given"), self.returns());
        let held = quote! {
            #[allow(unused_imports)]
            use #rt::GivenPolicy as _;
            let #given = &(#policy);
        };
        Made {
            held: Some(held),
            value: quote!(*#returns.given(#given).policy()),
            place: Place::Before,
            ..Made::default()
        }
    }

    /// How many keys there may be, which is said only where there are some.
    fn keys(&mut self, key: Option<&Key>, zero: &str) -> TokenStream {
        let at = self.place("keys");
        let keys = self.count("keys", 1, zero);
        if let (Some(at), None) = (at, key) {
            let message = "`keys` bounds the number of keys, but there is no `key`; write `key = id`, or remove `keys`";
            self.error(at, message);
        }
        keys.map_or_else(|| if key.is_some() { quote!(1024) } else { quote!(1) }, |keys| keys.tokens)
    }

    /// Whether this function has a place for state that is made by the attribute; otherwise says what to write. `name` is what
    /// one would call it elsewhere.
    fn has_home(&mut self, what: &str, name: &str) -> bool {
        let word = self.written.kind.attribute();
        let option = if name == "budget" { "budget" } else { "with" };
        match self.stack.home {
            Home::Free => return true,
            Home::Method => self.error_here(format!(
                "a method cannot keep {what} of `{word}`, as it would be one for all values; keep one beside them and write \
                 `{option} = &self.{name}`"
            )),
            Home::Generic => self.error_here(format!(
                "a generic function cannot keep {what} of `{word}`, as it would be one for all types; make a static and write \
                 `{option} = &{}`",
                name.to_uppercase()
            )),
        }
        false
    }

    /// Code that gets what stands beside the function.
    fn state(&self, name: &str) -> TokenStream {
        let (handle, name) = (&self.func.sig.ident, Ident::new(name, Span::call_site()));
        quote!(#handle::#name)
    }

    /// What the policy stands around returns, as a value of the runtime: for a retry, and what is beneath one, that is an attempt.
    fn returns(&self) -> TokenStream {
        let Stack { rt, returns, attempt_returns, .. } = self.stack;
        let attempt = self.written.kind == Kind::Retry || self.stack.has(Kind::Retry);
        let ty = if attempt { attempt_returns } else { returns };
        quote!(#rt::Returns::<#ty>::new())
    }

    /// The option `key`.
    fn key(&mut self) -> Option<Key> {
        let (_, expr) = self.expr("key", "key = id")?;
        let expr = ungroup(expr);
        let (stack, rt) = (self.stack, &self.stack.rt);
        if let Some(arg) = argument(&expr, stack) {
            return Some(Key::of(arg, stack, self.func));
        }
        let (owned, ty) = key_part(&expr, stack, self.func);
        let lent = if matches!(expr, Expr::Tuple(_)) {
            quote!(&#owned)
        } else {
            quote_spanned!(expr.span()=> #rt::Key(&(#expr)).lent())
        };
        Some(Key { owned, lent, ty, is_lent: false })
    }

    /// The key that all arguments are together.
    fn all_arguments(&mut self) -> Key {
        if let Some(receiver) = self.func.sig.receiver() {
            self.error(
                receiver.self_token,
                "`self` is part of no key unless you say how; write `key = ..` with what tells the calls apart",
            );
        }
        for arg in self.stack.args.iter().filter(|arg| arg.passed == Passed::Lent) {
            let text = &arg.text;
            self.ok = false;
            self.diag.error(
                &arg.pat,
                format!("`{text}` is part of the key, but a call whose value is kept would not change it; take it by `&`, or \
                         write `key = ..` without it"),
            );
        }
        if let [arg] = &self.stack.args[..] {
            return Key::of(arg, self.stack, self.func);
        }
        let args = self.stack.args.iter().map(|arg| arg.owned(&self.stack.rt));
        let owned = quote!((#(#args),*));
        Key { lent: quote!(&#owned), owned, ty: None, is_lent: false }
    }

    /// What is kept between calls outlives each of them.
    fn kept_is_owned(&mut self) {
        let mut places = Lifetimes::left_out(&self.stack.returns);
        places.extend(Lifetimes::written(&self.stack.returns));
        if let Some(at) = places.first() {
            let word = self.written.kind.attribute();
            self.diag.error_at(
                *at,
                format!("`{word}` keeps what the function returns, which outlives the call; return what is owned"),
            );
            self.ok = false;
        }
    }

    fn done(self, made: Option<Made>) -> Option<Made> {
        let Reader { written, options: Options { first, mut rest, .. }, diag, mut ok, .. } = self;
        if let Some(first) = first {
            diag.error(first, format!("`{}` takes one value in front", written.kind.attribute()));
            ok = false;
        }
        let known = known(written.kind);
        // Those that were not read belong to what is wrong already.
        for name in known {
            drop(rest.take(name));
        }
        ok &= rest.done(&written.kind.attribute(), known, diag).is_ok();
        made.filter(|_| ok)
    }
}

/// What tells calls apart.
struct Key {
    /// Code for a key that a map can own.
    owned: TokenStream,
    /// Code for a reference to it.
    lent: TokenStream,
    /// The type of the owned key, if it can be named beside the function.
    ty: Option<TokenStream>,
    /// It is a `&T`, so the body needs no key of its own.
    is_lent: bool,
}

impl Key {
    fn of(arg: &Arg, stack: &Stack, func: &ItemFn) -> Self {
        let is_lent = matches!(bare(&arg.ty), Type::Reference(reference) if reference.mutability.is_none());
        Key { owned: arg.owned(&stack.rt), lent: arg.lent(&stack.rt), ty: arg.owned_type(&stack.rt, func), is_lent }
    }

    /// Code for the policy of one call, by what keeps a value for each key.
    fn call(&self, store: &TokenStream, at: Span) -> TokenStream {
        let Key { owned, lent, .. } = self;
        if self.is_lent { quote_spanned!(at=> #store.of_lent(#lent)) } else { quote_spanned!(at=> #store.of(#owned)) }
    }
}

/// The argument that an expression is.
fn argument<'s>(expr: &Expr, stack: &'s Stack) -> Option<&'s Arg> {
    stack.args.iter().find(|arg| matches!(expr, Expr::Path(path) if path.path.is_ident(&arg.name)))
}

/// Code for what is kept of a key or a part of one, and its type if that can be named beside the function.
fn key_part(expr: &Expr, stack: &Stack, func: &ItemFn) -> (TokenStream, Option<TokenStream>) {
    let rt = &stack.rt;
    if let Some(arg) = argument(expr, stack) {
        return (arg.owned(rt), arg.owned_type(rt, func));
    }
    if let Expr::Tuple(tuple) = expr {
        let (parts, types): (Vec<_>, Vec<_>) = tuple.elems.iter().map(|part| key_part(part, stack, func)).unzip();
        let types: Option<Vec<_>> = types.into_iter().collect();
        return (quote!((#(#parts,)*)), types.map(|types| quote!((#(#types,)*))));
    }
    let owned = quote_spanned!(expr.span()=> #rt::Key(#expr).owned());
    (quote!({ #[allow(unused_imports)] use #rt::WholeKey as _; #owned }), None)
}

/// The options of each attribute, in the order in which one would write them.
fn known(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Retry => &["attempts", "total", "backoff", "jitter", "when", "budget", "hint", "on_retry", "with"],
        Kind::Timeout | Kind::Wrap => &[],
        Kind::CircuitBreaker => &[
            "failures",
            "within",
            "rate",
            "last",
            "min_calls",
            "reset_after",
            "probes",
            "when",
            "ignore",
            "key",
            "keys",
            "with",
        ],
        Kind::Fallback => &["value", "with", "stale_if_error", "max_age", "key", "keys", "when"],
        Kind::RateLimit => &["per_second", "calls", "per", "burst", "max_wait", "refuse", "with"],
        Kind::Bulkhead => &["queue", "max_wait", "with"],
        Kind::Cached => &["size", "ttl", "key", "with"],
    }
}
