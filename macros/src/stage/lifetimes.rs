//! Lifetimes that a function may leave out and an impl may not.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, Ident, Lifetime, Type, TypeParamBound};

use super::model::{ErrorOf, Mode, StageFn, Word};
use crate::signature::{ErrorType, Lifetimes, Shape, mentions_lifetime, mentions_param};

/// What a lifetime that the return type leaves out stands for, by rustc's rule: the only one among the parameters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LeftOut {
    /// The borrow of a state or of a resource.
    State,
    /// The borrow of the item.
    Item,
    /// The one inside of the item's type.
    InItem,
    /// One that has a name.
    Named(Lifetime),
    /// There is none, or more than one: rustc says so at the function.
    Unclear,
}

/// One impl of `Stage`: how the item comes in, and every type with its lifetimes named.
pub(crate) struct Variant {
    pub(crate) take: Take,
    /// The type of the item as it comes in.
    pub(crate) input: Type,
    /// What the function returns when all goes well.
    pub(crate) shape: Shape,
    pub(crate) error: Option<ErrorOf>,
    pub(crate) generics: Subset,
}

/// How the item gets from the stage to the function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Take {
    /// As it is.
    Whole,
    /// The stage has it, the function borrows it.
    Lend,
    /// The item is a reference.
    Reference,
    /// The stage has it, the function changes it.
    Update,
}

impl StageFn {
    /// What a lifetime left out of the return type stands for.
    pub(crate) fn left_out(&self) -> LeftOut {
        let mut found: Vec<LeftOut> = Vec::new();
        let mut add = |lifetime: LeftOut| {
            if lifetime == LeftOut::State || !found.contains(&lifetime) {
                found.push(lifetime);
            }
        };
        for state in &self.states {
            add(state.lifetime.clone().map_or(LeftOut::State, LeftOut::Named));
        }
        for _ in self.resources.iter().filter(|resource| !resource.shared) {
            add(LeftOut::State);
        }
        match &self.item.mode {
            Mode::Owned => {}
            Mode::Borrowed(Some(name)) | Mode::Reference(Some(name)) => add(LeftOut::Named(name.clone())),
            Mode::Borrowed(None) | Mode::Reference(None) | Mode::Updated => add(LeftOut::Item),
        }
        let in_item = Lifetimes::left_out(&self.item.ty).len();
        let mentioned = self.generics.lifetimes().filter(|param| {
            mentions_lifetime(&self.item.ty, &param.lifetime)
                || self.states.iter().any(|state| mentions_lifetime(&state.ty, &param.lifetime))
                || self.params.iter().any(|other| mentions_lifetime(&other.ty, &param.lifetime))
        });
        for param in mentioned {
            add(LeftOut::Named(param.lifetime.clone()));
        }
        match (&found[..], in_item) {
            ([], 1) => LeftOut::InItem,
            ([one], 0) => one.clone(),
            _ => LeftOut::Unclear,
        }
    }

    /// The impls of `Stage` that the function has.
    pub(crate) fn variants(&self) -> Vec<Variant> {
        match &self.item.mode {
            Mode::Owned => vec![self.variant(Take::Whole)],
            Mode::Updated => vec![self.variant(Take::Update)],
            Mode::Reference(_) => vec![self.variant(Take::Reference)],
            Mode::Borrowed(name) => {
                let lent = self.variant(Take::Reference);
                if self.needs_reference(name.as_ref()) || self.item_may_be_unsized() {
                    return vec![lent];
                }
                let owned = self.variant(Take::Lend);
                // `T` is any type, references too: one impl serves both, and a second would overlap.
                if crate::signature::is_type_param(&self.item.ty, &self.generics) {
                    vec![owned]
                } else {
                    vec![owned, lent]
                }
            }
        }
    }

    /// Whether the item's type is a parameter `T: ?Sized`, of which a stage can only have references.
    fn item_may_be_unsized(&self) -> bool {
        let Some(name) = crate::signature::path_ident(&self.item.ty) else { return false };
        let relaxed = |bound: &TypeParamBound| matches!(bound, TypeParamBound::Trait(bound) if bound.maybe.is_some());
        self.generics.type_params().any(|param| param.ident == *name && param.bounds.iter().any(relaxed))
    }

    /// Whether something lives as long as the borrow of the item, so that the stage cannot be the one who lends it.
    fn needs_reference(&self, name: Option<&Lifetime>) -> bool {
        let shape = self.returns.shape.ty();
        let error = self.returns.error.as_ref().and_then(ErrorType::written);
        match name {
            None => {
                self.left_out() == LeftOut::Item
                    && [shape, error].into_iter().flatten().any(|ty| !Lifetimes::left_out(ty).is_empty())
            }
            Some(name) => {
                let (inner, where_clause) = (&self.item.ty, &self.generics.where_clause);
                let bounds = self.generics.params.iter().filter(
                    |param| !matches!(param, GenericParam::Lifetime(known) if known.lifetime == *name && known.bounds.is_empty()),
                );
                let left_out = self.left_out() == LeftOut::Named(name.clone())
                    && [shape, error].into_iter().flatten().any(|ty| !Lifetimes::left_out(ty).is_empty());
                left_out || mentions_lifetime(quote!(#inner #shape #error #where_clause #(#bounds)*), name)
            }
        }
    }

    fn variant(&self, take: Take) -> Variant {
        let mut lifetimes = Lifetimes::default();
        let item_lifetime = match &self.item.mode {
            Mode::Borrowed(Some(name)) | Mode::Reference(Some(name)) => Some(name.clone()),
            Mode::Borrowed(None) | Mode::Reference(None) => Some(lifetimes.fresh(self.item.span)),
            Mode::Owned | Mode::Updated => None,
        };
        let inner = lifetimes.name(&self.item.ty);
        let left_out = match self.left_out() {
            LeftOut::Named(name) => Some(name),
            LeftOut::InItem => lifetimes.named.last().cloned(),
            _ => item_lifetime.clone().or_else(|| lifetimes.named.first().cloned()),
        };
        let left_out = left_out.unwrap_or_else(|| Lifetime::new("'static", proc_macro2::Span::call_site()));
        let fill = |ty: &Type| Lifetimes::fill(ty, &left_out);
        let input = match (take, &item_lifetime) {
            // `&dyn A + B` is not a type, `&(dyn A + B)` is.
            (Take::Reference, Some(lifetime)) if matches!(inner, Type::TraitObject(_)) => {
                syn::parse_quote!(& #lifetime (#inner))
            }
            (Take::Reference, Some(lifetime)) => syn::parse_quote!(& #lifetime #inner),
            _ => inner,
        };
        let shape = self.returns.shape.map(fill);
        let error = self.error_of(fill);
        let (output, failure) = (shape.ty(), error.as_ref().map(ErrorOf::ty));
        let used = self.own_types();
        let used = quote!(#input #output #failure #used);
        let mut generics = Subset::of(&self.generics, |param| {
            !matches!(param, GenericParam::Lifetime(_)) || mentions_param(&used, param)
        });
        generics.prepend(lifetimes.named.into_iter().filter(|lifetime| mentions_lifetime(&used, lifetime)));
        Variant { take, input, shape, error, generics }
    }

    fn error_of(&self, fill: impl Fn(&Type) -> Type) -> Option<ErrorOf> {
        if self.options.fallible.is_some() {
            return self.returns.written.as_ref().map(|ty| ErrorOf::Alias(fill(ty)));
        }
        self.returns.error.as_ref().map(|error| match error {
            ErrorType::Written(ty) => ErrorOf::Written(fill(ty)),
            ErrorType::Of(ty) => ErrorOf::Alias(fill(ty)),
        })
    }

    /// The types that the stage itself holds, one behind the other.
    pub(crate) fn own_types(&self) -> TokenStream {
        let states = self.states.iter().map(|state| &state.ty);
        let params = self.params.iter().map(|param| &param.ty);
        let resources = self.resources.iter().map(|resource| &resource.ty);
        // Of what cannot be called, a parameter may be missing.
        let made = self.made().filter(|_| self.broken && self.word == Word::Source);
        quote!(#(#states,)* #(#params,)* #(#resources,)* #made)
    }

    /// The generics of the stage's type: those that its states and parameters mention.
    pub(crate) fn own_generics(&self) -> Subset {
        let used = self.own_types();
        Subset::of(&self.generics, |param| mentions_param(&used, param))
    }
}

/// Some generic parameters of a function, with the bounds that mention no others.
pub(crate) struct Subset {
    pub(crate) params: Vec<GenericParam>,
    predicates: Vec<TokenStream>,
}

impl Subset {
    pub(crate) fn of(generics: &Generics, keep: impl Fn(&GenericParam) -> bool) -> Self {
        let (kept, dropped): (Vec<&GenericParam>, Vec<&GenericParam>) =
            generics.params.iter().partition(|param| keep(param));
        let foreign = |tokens: TokenStream| dropped.iter().any(|param| mentions_param(tokens.clone(), param));
        let mut predicates = Vec::new();
        let mut params = Vec::new();
        for param in kept {
            let (name, bounds) = match param {
                GenericParam::Lifetime(param) => (
                    param.lifetime.to_token_stream(),
                    param.bounds.iter().map(ToTokens::to_token_stream).collect::<Vec<_>>(),
                ),
                GenericParam::Type(param) => {
                    (param.ident.to_token_stream(), param.bounds.iter().map(ToTokens::to_token_stream).collect())
                }
                GenericParam::Const(_) => (TokenStream::new(), Vec::new()),
            };
            predicates
                .extend(bounds.into_iter().filter(|bound| !foreign(bound.clone())).map(|bound| quote!(#name: #bound)));
            params.push(without_bounds(param.clone()));
        }
        let clauses = generics.where_clause.iter().flat_map(|clause| &clause.predicates).map(ToTokens::to_token_stream);
        predicates.extend(clauses.filter(|predicate| !foreign(predicate.clone())));
        Subset { params, predicates }
    }

    fn prepend(&mut self, lifetimes: impl Iterator<Item = Lifetime>) {
        let lifetimes = lifetimes.map(|lifetime| GenericParam::Lifetime(syn::LifetimeParam::new(lifetime)));
        self.params.splice(0..0, lifetimes);
    }

    /// The parameters as an impl declares them, without `<>`, each followed by a comma.
    pub(crate) fn declared(&self) -> TokenStream {
        let params = &self.params;
        quote!(#(#params,)*)
    }

    /// The parameters as a struct declares them: types and constants have a default, so that the name alone is a type.
    pub(crate) fn with_defaults(&self) -> TokenStream {
        let params = self.params.iter().map(|param| match param {
            GenericParam::Type(param) => quote!(#param = ()),
            GenericParam::Const(param) => {
                let default = match crate::signature::Primitive::of(&param.ty) {
                    Some(crate::signature::Primitive::Bool) => quote!(false),
                    Some(crate::signature::Primitive::Char) => quote!('\0'),
                    _ => quote!(0),
                };
                quote!(#param = #default)
            }
            GenericParam::Lifetime(param) => quote!(#param),
        });
        quote!(#(#params,)*)
    }

    /// The parameters as arguments, each followed by a comma.
    pub(crate) fn args(&self) -> TokenStream {
        let names = self.params.iter().map(super::model::generic_name);
        quote!(#(#names,)*)
    }

    /// Asks for one thing more.
    pub(crate) fn also(&mut self, predicate: TokenStream) {
        self.predicates.push(predicate);
    }

    /// The bounds as a `where` clause; empty when there are none.
    pub(crate) fn where_clause(&self) -> TokenStream {
        let predicates = &self.predicates;
        if predicates.is_empty() { TokenStream::new() } else { quote!(where #(#predicates,)*) }
    }

    /// A tuple type that mentions every parameter but the constants, which need no mention.
    pub(crate) fn mention(&self, rt: &TokenStream) -> TokenStream {
        let mentions = self.params.iter().filter_map(|param| match param {
            GenericParam::Lifetime(param) => {
                let lifetime = &param.lifetime;
                Some(quote!(& #lifetime ()))
            }
            GenericParam::Type(param) => {
                let ident: &Ident = &param.ident;
                Some(quote!(#rt::core::marker::PhantomData<#ident>))
            }
            GenericParam::Const(_) => None,
        });
        quote!((#(#mentions,)*))
    }
}

fn without_bounds(mut param: GenericParam) -> GenericParam {
    match &mut param {
        GenericParam::Lifetime(param) => {
            param.colon_token = None;
            param.bounds.clear();
        }
        GenericParam::Type(param) => {
            param.colon_token = None;
            param.bounds.clear();
            param.default = None;
        }
        GenericParam::Const(param) => param.default = None,
    }
    param
}
