//! What the attributes and the function mean together.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, FnArg, Generics, ItemFn, Pat, PatType, Path, ReturnType, Type};

use super::args::{Arg, has_impl};
use super::kinds;
use super::syntax::{Kind, Written};
use crate::diag::Diag;
use crate::paths;
use crate::signature::{bare, mentions};

/// The option of a function of a type that neither takes `self` nor mentions `Self`.
pub(crate) const ASSOCIATED: &str = "associated";

/// The option that `#[stage]` adds: a type of the function's name is there already.
pub(crate) const BESIDE: &str = "__beside";

/// A function and the policies around it, outermost first.
pub(crate) struct Stack {
    pub(crate) rt: TokenStream,
    pub(crate) policies: Vec<Policy>,
    pub(crate) args: Vec<Arg>,
    pub(crate) home: Home,
    /// A type of the function's name is there already.
    pub(crate) has_type: bool,
    /// What the function returns, where `impl` is left to be inferred.
    pub(crate) returns: Type,
    /// The same for one attempt of a retry.
    pub(crate) attempt_returns: Type,
    pub(crate) is_async: bool,
    /// The parameter `#[deadline]`: its mark, pattern and type.
    pub(crate) deadline: Option<(Attribute, Pat, Type)>,
}

/// Whether something can stand beside the function, and its state with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// A function on its own.
    Free,
    /// The same, with generic types: nothing in it is of one type.
    Generic,
    /// A function of a type: it has `self`, mentions `Self`, or says so.
    Method,
}

/// One policy, understood.
pub(crate) struct Policy {
    pub(crate) kind: Kind,
    pub(crate) at: Span,
    /// The options as they were written.
    pub(crate) text: String,
    /// `None` if something in it is wrong.
    pub(crate) made: Option<Made>,
    /// It has a classifier, so some errors pass through it.
    pub(crate) selective: bool,
    /// It gives values that say that they are stale.
    pub(crate) gives_stale: bool,
    /// The names of arguments that its options mention.
    pub(crate) mentions: Vec<Ident>,
}

/// The code of a policy.
#[derive(Default)]
pub(crate) struct Made {
    /// An expression whose type is a `Policy`.
    pub(crate) value: TokenStream,
    /// Statements that make what the value borrows from.
    pub(crate) held: Option<TokenStream>,
    /// An item that the value refers to: the value stands wherever the policy is asked, and must mean the same there.
    pub(crate) item: Option<TokenStream>,
    pub(crate) place: Place,
    pub(crate) asked: Asked,
    /// The function must return a `Result`.
    pub(crate) fails: bool,
    /// What it keeps between calls.
    pub(crate) state: Option<State>,
}

/// Where the expression of a policy stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a constant: nothing of it is made when the function is called.
    Constant,
    /// Wherever it is needed, as it costs nothing.
    #[default]
    Inline,
    /// Once, in front of the call.
    Before,
}

/// What a policy is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Before the call and after it; an async call also comes through it.
    #[default]
    Around,
    /// Before and after.
    Both,
    /// After it alone.
    After,
    /// Whether to call again.
    Again,
    /// An async call comes through it; one that blocks gets a deadline.
    Limit,
}

/// What stands beside a function, and lives as long as the program.
pub(crate) struct State {
    /// The function that gives it.
    pub(crate) name: Ident,
    pub(crate) docs: &'static str,
    /// The type of the static, and the constant in it.
    pub(crate) ty: TokenStream,
    pub(crate) init: TokenStream,
    /// The breakers in it, if their type can be named: that type, and the code that gets them.
    pub(crate) breakers: Option<(TokenStream, TokenStream)>,
    pub(crate) public: bool,
}

impl State {
    /// What users may ask, too.
    pub(crate) fn public(name: &str, docs: &'static str, ty: TokenStream, init: TokenStream) -> Self {
        State { name: Ident::new(name, Span::call_site()), docs, ty, init, breakers: None, public: true }
    }

    /// What only the stack asks: its type is known to the compiler alone.
    pub(crate) fn hidden(rt: &TokenStream, name: &str) -> Self {
        let (ty, init) = (quote!(#rt::State), quote!(#rt::State::new()));
        State { public: false, ..State::public(name, "", ty, init) }
    }
}

impl Stack {
    /// Understands the stack; takes `#[deadline]` off the function.
    pub(crate) fn read(func: &mut ItemFn, written: &[Written], diag: &mut Diag) -> Self {
        let deadline = deadline(func, diag);
        let mut parsed: Vec<_> = written.iter().map(|policy| kinds::Options::parse(policy, diag)).collect();
        let krate: Option<Path> = parsed.iter_mut().find_map(|options| options.krate(diag));
        let associated = parsed.iter_mut().filter_map(|options| options.flag(ASSOCIATED, diag)).count() > 0;
        let has_type = parsed.iter_mut().filter_map(|options| options.flag(BESIDE, diag)).count() > 0;
        let runtime = paths::runtime(krate.as_ref());
        let mut stack = Stack {
            rt: quote!(#runtime::policy),
            policies: Vec::new(),
            args: Arg::all(func),
            home: if associated { Home::Method } else { home(func) },
            has_type,
            attempt_returns: of_attempt(returned(&func.sig.output)),
            returns: returned(&func.sig.output),
            is_async: func.sig.asyncness.is_some(),
            deadline,
        };
        for (written, options) in written.iter().zip(parsed) {
            let (selective, gives_stale) = (options.has("when"), options.has("stale_if_error"));
            let mentions = stack.names().into_iter().filter(|name| options.mention(name)).collect();
            let made = kinds::read(written, options, &stack, func, diag);
            let Written { kind, at, .. } = *written;
            stack.policies.push(Policy { kind, at, text: written.text(), made, selective, gives_stale, mentions });
        }
        stack.mention();
        stack
    }

    /// The names of all arguments.
    pub(crate) fn names(&self) -> Vec<Ident> {
        let deadline = self.deadline.as_ref().map(|(_, pat, _)| pat);
        self.args.iter().map(|arg| &arg.pat).chain(deadline).flat_map(bound).collect()
    }

    /// Says of each argument whether policies around all attempts mention it: the retry itself and those above, or all.
    fn mention(&mut self) {
        let retry = self.policies.iter().position(|policy| policy.kind == Kind::Retry);
        let around = &self.policies[..retry.map_or(self.policies.len(), |retry| retry + 1)];
        for arg in &mut self.args {
            let names = bound(&arg.pat);
            arg.mentioned = around.iter().flat_map(|policy| &policy.mentions).any(|name| names.contains(name));
        }
    }

    /// Whether the function has a name for the argument that is not what was written: it is taken apart, or changes, within each
    /// attempt, or a policy takes all of it.
    pub(crate) fn is_renamed(&self, arg: &Arg) -> bool {
        if self.has(Kind::Retry) { !arg.is_plain() } else { !arg.is_name() && takes_whole(&self.policies, arg) }
    }

    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.policies.iter().any(|policy| policy.kind == kind)
    }
}

/// Whether one of the policies uses an argument by the name that was invented for it.
pub(crate) fn takes_whole(policies: &[Policy], arg: &Arg) -> bool {
    policies.iter().filter_map(|policy| policy.made.as_ref()).any(|made| mentions(&made.value, &arg.name))
}

/// Takes the parameter that is marked `#[deadline]` out of the signature.
fn deadline(func: &mut ItemFn, diag: &mut Diag) -> Option<(Attribute, Pat, Type)> {
    let mut found = take_deadlines(func).into_iter().map(|(mark, typed)| (mark, *typed.pat, *typed.ty));
    let first = found.next();
    for (mark, ..) in found {
        diag.error(mark.path(), "a call has one deadline; remove this parameter");
    }
    first
}

/// Takes every such parameter out of the signature, and the mark off it.
pub(super) fn take_deadlines(func: &mut ItemFn) -> Vec<(Attribute, PatType)> {
    let mut taken = Vec::new();
    for mut input in std::mem::take(&mut func.sig.inputs) {
        if let FnArg::Typed(typed) = &mut input
            && let Some(at) = typed.attrs.iter().position(|attr| attr.path().is_ident("deadline"))
        {
            taken.push((typed.attrs.remove(at), typed.clone()));
        } else {
            func.sig.inputs.push(input);
        }
    }
    taken
}

/// Every name that a pattern gives.
fn bound(pat: &Pat) -> Vec<Ident> {
    struct Names(Vec<Ident>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
            self.0.push(pat.ident.clone());
            visit::visit_pat_ident(self, pat);
        }
    }
    let mut names = Names(Vec::new());
    names.visit_pat(pat);
    names.0
}

/// The return type, with `_` for each `impl Trait`: a type cannot be written there, and is inferred.
fn returned(output: &ReturnType) -> Type {
    struct Inferred;
    impl VisitMut for Inferred {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if matches!(ty, Type::ImplTrait(_)) {
                *ty = syn::parse_quote!(_);
            }
            visit_mut::visit_type_mut(self, ty);
        }
    }
    match output {
        ReturnType::Default => syn::parse_quote!(()),
        ReturnType::Type(_, ty) => {
            let mut ty = bare(ty).clone();
            Inferred.visit_type_mut(&mut ty);
            ty
        }
    }
}

/// The type of one attempt: for `Result<T, Retried<E>>` it is `Result<T, E>`.
fn of_attempt(mut ty: Type) -> Type {
    if let Some(error) = error_type(&mut ty)
        && let Some(inner) = retried(error)
    {
        *error = inner;
    }
    ty
}

/// The last argument of a type that has two.
fn error_type(ty: &mut Type) -> Option<&mut Type> {
    let Type::Path(path) = ty else { return None };
    let syn::PathArguments::AngleBracketed(args) = &mut path.path.segments.last_mut()?.arguments else { return None };
    if args.args.len() != 2 {
        return None;
    }
    match args.args.last_mut()? {
        syn::GenericArgument::Type(error) => Some(error),
        _ => None,
    }
}

/// What is in a `Retried<..>`.
fn retried(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Retried")?;
    match &last.arguments {
        syn::PathArguments::AngleBracketed(args) => match args.args.first() {
            Some(syn::GenericArgument::Type(inner)) if args.args.len() == 1 => Some(inner.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn home(func: &ItemFn) -> Home {
    /// Looks for `Self`, but not in the items of the body, which have their own.
    struct OfType(bool);
    impl<'ast> Visit<'ast> for OfType {
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.0 |= ident == "Self";
        }
        fn visit_item(&mut self, _: &'ast syn::Item) {}
        fn visit_macro(&mut self, found: &'ast syn::Macro) {
            self.0 |= crate::signature::mentions(&found.tokens, &Ident::new("Self", Span::call_site()));
        }
    }
    let mut of_type = OfType(func.sig.receiver().is_some());
    of_type.visit_signature(&func.sig);
    of_type.visit_block(&func.block);
    match of_type.0 {
        true => Home::Method,
        false if is_generic(&func.sig.generics) || takes_impl(func) => Home::Generic,
        false => Home::Free,
    }
}

fn is_generic(generics: &Generics) -> bool {
    generics.type_params().next().is_some() || generics.const_params().next().is_some()
}

fn takes_impl(func: &ItemFn) -> bool {
    func.sig.inputs.iter().any(|input| match input {
        FnArg::Typed(typed) => has_impl(&typed.ty),
        FnArg::Receiver(_) => false,
    })
}

impl Stack {
    /// Whether the retry is to say in the error why earlier attempts failed.
    pub(crate) fn tells_causes(&self) -> bool {
        self.has(Kind::Retry) && self.returns != self.attempt_returns
    }

    /// Whether part of the type that the function returns is known to its body alone.
    pub(crate) fn is_opaque(&self) -> bool {
        struct Inferred(bool);
        impl<'ast> Visit<'ast> for Inferred {
            fn visit_type_infer(&mut self, _: &'ast syn::TypeInfer) {
                self.0 = true;
            }
        }
        let mut inferred = Inferred(false);
        inferred.visit_type(&self.returns);
        inferred.0
    }

    /// What a policy that cannot stand around the function is shown at: the type that does not do, or the attribute.
    pub(crate) fn place(&self, kind: Kind, gives_stale: bool, at: Span) -> Span {
        let Type::Path(path) = &self.returns else { return at };
        let types = match path.path.segments.last().map(|last| &last.arguments) {
            Some(syn::PathArguments::AngleBracketed(args)) => &args.args,
            _ => return path.span(),
        };
        let shown = match kind {
            Kind::Fallback if gives_stale => types.first(),
            Kind::Cached | Kind::Wrap => None,
            _ if types.len() > 1 => types.last(),
            _ => None,
        };
        shown.map_or(at, Spanned::span)
    }
}
