//! What a stage function means.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Generics, ItemFn, Lifetime, Type, TypeReference, Visibility};

use super::syntax::{ParamOptions, StageOptions, state_init};
use crate::diag::{Diag, Reported};
use crate::names;
use crate::signature::{self, Arg, Returns, Shape, bare, take_args};

/// What a function is made into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Stage,
    Sink,
    Source,
    Resource,
}

impl Word {
    /// What it is called in messages.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Word::Stage => "stage",
            Word::Sink => "sink",
            Word::Source => "source",
            Word::Resource => "factory",
        }
    }

    /// The attribute.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            Word::Stage => "#[stage]",
            Word::Sink => "#[sink]",
            Word::Source => "#[source]",
            Word::Resource => "#[resource]",
        }
    }

    /// Whether the function takes an item.
    pub(crate) fn takes_item(self) -> bool {
        matches!(self, Word::Stage | Word::Sink)
    }
}

/// A function that is a stage, a sink, a source or a factory of a resource.
pub(crate) struct StageFn {
    pub(crate) word: Word,
    pub(crate) name: Ident,
    pub(crate) vis: Visibility,
    pub(crate) docs: String,
    /// `#[doc]` and `#[cfg]` of the function, which its type has too.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) generics: Generics,
    /// What stands at each place of the call.
    pub(crate) roles: Vec<Role>,
    pub(crate) states: Vec<State>,
    pub(crate) params: Vec<Param>,
    pub(crate) resources: Vec<Resource>,
    /// The item; `()` where the function takes none.
    pub(crate) item: Item,
    pub(crate) returns: Returns,
    pub(crate) options: StageOptions,
    /// Whether the function has policies, of which the stage tells what they do.
    pub(crate) watched: bool,
    /// Whether the function cannot be called as it is: reported, and then left out, so that only the types are generated.
    pub(crate) broken: bool,
}

/// What one argument of the function is.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    State(usize),
    Param(usize),
    Resource(usize),
    Item,
}

/// `#[resource] name: &R` or `Arc<R>`
pub(crate) struct Resource {
    /// The field of the stage that holds it.
    pub(crate) field: Ident,
    /// `R`
    pub(crate) ty: Type,
    /// Whether the function takes an `Arc`.
    pub(crate) shared: bool,
    pub(crate) span: Span,
}

/// `#[state] name: &mut S`
pub(crate) struct State {
    /// The field of the stage that holds it.
    pub(crate) field: Ident,
    pub(crate) ty: Type,
    pub(crate) lifetime: Option<Lifetime>,
    pub(crate) mutable: bool,
    pub(crate) init: Option<Expr>,
}

/// `#[param] name: P`
pub(crate) struct Param {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) docs: String,
    pub(crate) options: ParamOptions,
}

impl Param {
    /// Whether the value is taken by `Into`, so that a literal text makes a `String`.
    pub(crate) fn into(&self) -> bool {
        signature::path_ident(&self.ty).is_some_and(|ident| ident == "String" || ident == "PathBuf")
    }

    /// Whether the type is a text, whose literals can be measured by the compiler.
    pub(crate) fn is_text(&self) -> bool {
        let name = match bare(&self.ty) {
            Type::Reference(reference) => signature::path_ident(&reference.elem),
            ty => signature::path_ident(ty),
        };
        name.is_some_and(|ident| ident == "String" || ident == "str")
    }
}

/// The parameter that is the item.
pub(crate) struct Item {
    /// Its type, without the reference where it is borrowed.
    pub(crate) ty: Type,
    pub(crate) mode: Mode,
    pub(crate) span: Span,
}

/// How the function takes its item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mode {
    /// `T`
    Owned,
    /// `&T`: from an owned item, or from a reference to one.
    Borrowed(Option<Lifetime>),
    /// `&str`, `&[U]`: the item is the reference.
    Reference(Option<Lifetime>),
    /// `&mut T`
    Updated,
}

impl Mode {
    /// Whether the item passes on where the function says nothing else of it.
    pub(crate) fn is_borrowed(&self) -> bool {
        !matches!(self, Mode::Owned)
    }

    fn of(ty: &Type) -> (Type, Self) {
        match bare(ty) {
            Type::Reference(TypeReference { mutability: Some(_), elem, .. }) => (bare(elem).clone(), Mode::Updated),
            Type::Reference(TypeReference { lifetime, elem, .. }) => {
                let elem = bare(elem).clone();
                let lifetime = lifetime.clone().filter(|lifetime| lifetime.ident != "_");
                let unsized_ = matches!(elem, Type::Slice(_) | Type::TraitObject(_))
                    || signature::path_ident(&elem).is_some_and(|ident| ident == "str");
                (elem, if unsized_ { Mode::Reference(lifetime) } else { Mode::Borrowed(lifetime) })
            }
            ty => (ty.clone(), Mode::Owned),
        }
    }
}

/// What a stage does with what the function returns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Action {
    /// Hands on the value.
    One,
    /// Hands on the value, if there is one.
    Maybe,
    /// Hands on the values.
    Many,
    /// Hands on the item, if the value says so.
    Pass,
    /// Hands on the item.
    Look,
    /// Hands on nothing until the end.
    Absorb,
    /// Ends the chain.
    End,
}

impl StageFn {
    /// What a source yields, or a factory makes.
    pub(crate) fn made(&self) -> Option<&Type> {
        match self.word {
            Word::Resource => match &self.returns.shape {
                // `bool`, or an `Option`: a resource like any other.
                Shape::Bool | Shape::Maybe(_) => self.returns.written.as_ref().map(signature::value_of),
                shape => shape.ty(),
            },
            Word::Source => self.returns.shape.ty().map(signature::value_of),
            Word::Stage | Word::Sink => None,
        }
    }

    pub(crate) fn action(&self) -> Action {
        let (borrowed, finishes) = (self.item.mode.is_borrowed(), self.options.finish.is_some());
        match &self.returns.shape {
            _ if self.word == Word::Sink => Action::End,
            _ if self.options.fallible.is_some() => Action::Maybe,
            Shape::Unit if finishes => Action::Absorb,
            Shape::Unit if borrowed => Action::Look,
            Shape::Unit => Action::End,
            Shape::Bool if borrowed => Action::Pass,
            Shape::Bool | Shape::One(_) => Action::One,
            Shape::Maybe(_) => Action::Maybe,
            Shape::Many(_) => Action::Many,
        }
    }

    /// Reads the function and takes the marks off its parameters. What can be read in spite of a mistake is.
    pub(crate) fn read(
        word: Word,
        func: &mut ItemFn,
        mut options: StageOptions,
        diag: &mut Diag,
    ) -> Result<Self, Reported> {
        let mut failed = super::check::refused_forms(word, func, diag);
        let args = take_args(&mut func.sig);
        let (mut roles, mut states, mut params, mut item) = (Vec::new(), Vec::new(), Vec::new(), None);
        let mut resources: Vec<Resource> = Vec::new();
        for arg in &args {
            match read_arg(word, arg, diag) {
                Err(reported) => failed = Some(reported),
                Ok(Marked::State(mut state)) => {
                    state.field = names::state_field(states.len(), arg.name());
                    roles.push(Role::State(states.len()));
                    states.push(state);
                }
                Ok(Marked::Param(param)) => {
                    roles.push(Role::Param(params.len()));
                    params.push(param);
                }
                Ok(Marked::Resource(mut resource)) => {
                    resource.field = names::resource_field(resources.len(), arg.name());
                    roles.push(Role::Resource(resources.len()));
                    resources.push(resource);
                }
                Ok(Marked::Item(_)) if item.is_some() => {
                    failed = Some(diag.error(
                        &arg.pat,
                        format!(
                            "a {1} takes one item, and `{0}` is a second unmarked parameter; write `#[param] {0}` or \
                             `#[state] {0}`",
                            crate::text::text(&arg.pat),
                            word.noun(),
                        ),
                    ));
                }
                Ok(Marked::Item(found)) => {
                    roles.push(Role::Item);
                    item = Some(found);
                }
            }
        }
        let returns = Returns::read(&func.sig.output).map_err(|span| {
            let instead = match word {
                Word::Resource => "a factory returns a type with a name; write it in place of `impl`".to_owned(),
                Word::Sink => super::check::SINK_RETURNS.to_owned(),
                Word::Source => super::check::SOURCE_RETURNS.to_owned(),
                Word::Stage => {
                    "a stage returns no `impl` but an iterator; write `impl Iterator<Item = U>`, or a type".to_owned()
                }
            };
            diag.error_at(span, instead)
        });
        let none = || Item { ty: syn::parse_quote!(()), mode: Mode::Owned, span: func.sig.ident.span() };
        let item = match (item, failed) {
            (_, Some(reported)) if func.sig.receiver().is_some() => return Err(reported),
            _ if !word.takes_item() => none(),
            // What `finish` gives cannot be known without every state.
            (None, Some(reported)) => return Err(reported),
            (_, Some(reported)) if options.finish.is_some() => return Err(reported),
            (Some(item), _) => item,
            (None, None) => return Err(diag.error(&func.sig.ident, no_item(&func.sig.ident))),
        };
        let mut returns = returns?;
        if options.fallible.is_some() {
            match &returns.written {
                Some(written) => returns.shape = Shape::One(written.clone()),
                None => options.fallible = None,
            }
        }
        Ok(StageFn {
            word,
            name: func.sig.ident.clone(),
            vis: func.vis.clone(),
            docs: crate::text::docs(&func.attrs),
            attrs: kept(&func.attrs, &["doc", "cfg"]),
            cfgs: kept(&func.attrs, &["cfg"]),
            generics: func.sig.generics.clone(),
            roles,
            states,
            params,
            resources,
            item,
            returns,
            options,
            watched: func.attrs.iter().any(|attr| crate::policy::Kind::of(attr).is_some()),
            broken: failed.is_some(),
        })
    }
}

fn no_item(name: &Ident) -> String {
    format!("`{name}` takes no item; give it one parameter without a mark, such as `item: T`")
}

pub(crate) fn kept(attrs: &[Attribute], words: &[&str]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| words.iter().any(|word| attr.path().is_ident(word))).cloned().collect()
}

enum Marked {
    State(State),
    Param(Param),
    Resource(Resource),
    Item(Item),
}

fn read_arg(word: Word, arg: &Arg, diag: &mut Diag) -> Result<Marked, Reported> {
    if let [_, (second, _), ..] = &arg.marks[..] {
        return Err(diag.error(second, "a parameter has one mark; remove this one"));
    }
    let Some((mark, attr)) = arg.marks.first() else {
        if word.takes_item() {
            return read_item(arg, diag);
        }
        let name = crate::text::text(&arg.pat);
        let noun = word.noun();
        return Err(diag.error(
            &arg.pat,
            format!("a {noun} takes no item; write `#[param] {name}`, or `#[resource] {name}` for what is shared"),
        ));
    };
    if mark == "state" && word == Word::Resource {
        Err(diag.error(mark, "a factory is called once, so it has no state; write `#[param]` or `#[resource]`"))
    } else if mark == "state" {
        let init = state_init(attr, diag);
        read_state(arg, init, diag).map(Marked::State)
    } else if mark == "param" {
        read_param(word, arg, attr, diag).map(Marked::Param)
    } else {
        super::resource::read(arg, attr, diag).map(Marked::Resource)
    }
}

fn read_item(arg: &Arg, diag: &mut Diag) -> Result<Marked, Reported> {
    if let Type::ImplTrait(opaque) = innermost(&arg.ty) {
        return Err(named_type_parameter(opaque.impl_token.span, diag));
    }
    let (ty, mode) = Mode::of(&arg.ty);
    Ok(Marked::Item(Item { ty, mode, span: arg.ty.span() }))
}

fn read_state(arg: &Arg, init: Option<Expr>, diag: &mut Diag) -> Result<State, Reported> {
    let Type::Reference(reference) = &arg.ty else {
        return Err(diag.error(
            &arg.ty,
            format!("a state is borrowed from the stage; write `&mut {}`", crate::text::text(&arg.ty)),
        ));
    };
    if let Type::ImplTrait(opaque) = innermost(&arg.ty) {
        return Err(named_type_parameter(opaque.impl_token.span, diag));
    }
    let ty = match bare(&reference.elem) {
        Type::Slice(_) | Type::TraitObject(_) => {
            return Err(diag.error(
                &reference.elem,
                "the stage keeps this by value; write a type of known size, such as `Vec<T>` or `Box<dyn Trait>`",
            ));
        }
        ty if signature::path_ident(ty).is_some_and(|ident| ident == "str") => {
            return Err(diag.error(&reference.elem, "the stage keeps this by value; write `String`"));
        }
        ty => ty.clone(),
    };
    if let [span, ..] = signature::Lifetimes::left_out(&ty)[..] {
        return Err(diag.error_at(
            span,
            "a state outlives the items, so it cannot borrow from them; write an owned type, or name the lifetime",
        ));
    }
    let lifetime = reference.lifetime.clone().filter(|lifetime| lifetime.ident != "_");
    // The field is named by the caller, who knows the state's number.
    let field = names::state_field(0, None);
    Ok(State { field, ty, lifetime, mutable: reference.mutability.is_some(), init })
}

fn read_param(word: Word, arg: &Arg, attr: &Attribute, diag: &mut Diag) -> Result<Param, Reported> {
    let options = ParamOptions::of(attr, diag);
    let Some(name) = arg.name() else {
        return Err(diag.error(&arg.pat, "a parameter needs a name to be set by; write `name: T`"));
    };
    // What a source yields may be what its parameter lends.
    let lends = |lifetime: &Lifetime| lifetime.ident == "static" || word == Word::Source && lifetime.ident != "_";
    if let Type::Reference(reference) = &arg.ty
        && !reference.lifetime.as_ref().is_some_and(lends)
    {
        let owned = match bare(&reference.elem) {
            Type::Slice(slice) => format!("Vec<{}>", crate::text::text(&slice.elem)),
            ty if signature::path_ident(ty).is_some_and(|ident| ident == "str") => {
                "&'static str` or `String".to_owned()
            }
            ty => crate::text::text(ty),
        };
        return Err(diag.error(reference.and_token, format!("a parameter is passed by value; write `{name}: {owned}`")));
    }
    if let Type::ImplTrait(opaque) = innermost(&arg.ty) {
        return Err(named_type_parameter(opaque.impl_token.span, diag));
    }
    if let [span, ..] = signature::Lifetimes::left_out(&arg.ty)[..] {
        return Err(diag.error_at(span, "a parameter outlives the items; name its lifetime, or write an owned type"));
    }
    Ok(Param { name: name.clone(), ty: arg.ty.clone(), docs: arg.docs.clone(), options })
}

pub(crate) fn named_type_parameter(span: Span, diag: &mut Diag) -> Reported {
    diag.error_at(
        span,
        "`impl Trait` has no name that the stage could use; write a type parameter, `fn name<T: Trait>(item: T)`",
    )
}

pub(crate) fn innermost(ty: &Type) -> &Type {
    match bare(ty) {
        Type::Reference(reference) => innermost(&reference.elem),
        ty => ty,
    }
}

/// The name of a generic parameter, to point at.
pub(crate) fn generic_name(param: &syn::GenericParam) -> proc_macro2::TokenStream {
    match param {
        syn::GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
        syn::GenericParam::Type(param) => param.ident.to_token_stream(),
        syn::GenericParam::Const(param) => param.ident.to_token_stream(),
    }
}

/// The type of a stage's error.
pub(crate) enum ErrorOf {
    Written(Type),
    /// What the alias of a `Result` or `Option` says.
    Alias(Type),
}

impl ErrorOf {
    /// The type that it is read from.
    pub(crate) fn ty(&self) -> &Type {
        match self {
            ErrorOf::Written(ty) | ErrorOf::Alias(ty) => ty,
        }
    }
}
