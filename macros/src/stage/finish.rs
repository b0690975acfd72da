//! `#[finish]`: the function that turns a stage's state into its last outputs.
//!
//! For `#[finish] fn of_sensor(sensor: &str, m: Moments) -> Option<Summary> { .. }` the code is, shortened,
//!
//! ```ignore
//! fn of_sensor(sensor: &str, m: Moments) -> Option<Summary> { .. }
//!
//! struct of_sensor {}
//! impl<P> rt::Finish<P, (Moments,)> for of_sensor {
//!     type Key = str;
//!     type Out = Summary;
//!     fn finish(key: &str, states: (Moments,), params: &P, out: impl FnMut(Summary) -> rt::Flow) -> rt::Flow {
//!         rt::stage_fn::last(of_sensor(key, states.0), out)
//!     }
//! }
//! ```
//!
//! A stage names the type in its own interface, as `<of_sensor as rt::Finish<..>>::Out`. So where the stage may be more
//! visible than the function, the type is `pub`. What the function takes and returns may still be private: then it stands in
//! the impl of a private type `Own`, and the public one passes it on through parameters, at the cost of longer messages.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::{Ident, ItemFn, Type, Visibility};

use super::expand::allowed;
use super::lifetimes::Subset;
use super::model::kept;
use super::syntax::StageOptions;
use crate::diag::{Diag, Reported};
use crate::signature::{Arg, Lifetimes, Returns, Shape, bare, take_args};
use crate::text::text;
use crate::{names, paths};

/// What one argument of the function is.
enum Role {
    Key(Type),
    State(Type),
    Param(Ident, Type),
}

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut diag = Diag::default();
    let written = item.clone();
    let expanded = if let Ok(func) = syn::parse2::<ItemFn>(item) {
        function(options, func, &mut diag)
    } else {
        diag.error_at(
            Span::call_site(),
            "`#[finish]` is for a function, which a stage names with `finish = ..`; write it on one",
        );
        written
    };
    let errors = diag.into_tokens();
    quote!(#errors #expanded)
}

fn function(options: TokenStream, mut func: ItemFn, diag: &mut Diag) -> TokenStream {
    let options = StageOptions::of_other("#[finish]", options, diag);
    let rt = paths::runtime(options.krate.as_ref());
    let (attrs, cfgs) = (kept(&func.attrs, &["doc", "cfg"]), kept(&func.attrs, &["cfg"]));
    let (name, allowed) = (func.sig.ident.clone(), allowed());
    let hidden = (!matches!(func.vis, Visibility::Public(_))).then(|| quote!(#[doc(hidden)]));
    let implementation = match read(&mut func, diag) {
        Ok((roles, shape)) => implement(&rt, &func, &roles, &shape),
        Err(_) => stub(&rt, &name),
    };
    quote! {
        #[allow(
            clippy::needless_pass_by_value, clippy::ptr_arg, clippy::trivially_copy_pass_by_ref, clippy::unnecessary_wraps
        )]
        #func
        #(#attrs)*
        #hidden
        #allowed
        pub struct #name {}
        #(#cfgs)*
        #[doc(hidden)]
        #allowed
        const _: () = { #implementation };
    }
}

fn read(func: &mut ItemFn, diag: &mut Diag) -> Result<(Vec<Role>, Shape), Reported> {
    let mut failed = None;
    if let Some(token) = &func.sig.asyncness {
        failed = Some(diag.error(token, "async finish functions are not supported; write a synchronous `fn`"));
    }
    if let syn::Safety::Unsafe(token) = &func.sig.safety {
        failed = Some(diag.error(token, "a finish function is called from safe code; write a safe `fn`"));
    }
    if let Some(receiver) = func.sig.receiver() {
        failed = Some(diag.error(receiver.self_token, "a finish function takes no `self`; take the state by value"));
    }
    let mut roles = Vec::new();
    for (n, arg) in take_args(&mut func.sig).iter().enumerate() {
        match role(n, arg, diag) {
            Ok(role) => roles.push(role),
            Err(reported) => failed = Some(reported),
        }
    }
    let shape = match Returns::read(&func.sig.output) {
        Ok(returns) if returns.error.is_some() => Err(diag.error(
            &returns.written,
            "a finish function cannot reject; return `Option<U>`, or `impl Iterator<Item = U>`",
        )),
        Ok(returns) if matches!(returns.shape, Shape::Unit) => Err(diag.error(
            &func.sig.ident,
            "a finish function returns what the stage emits; return `Option<U>`, or `impl Iterator<Item = U>`",
        )),
        Ok(Returns { shape, .. }) => Ok(shape),
        Err(span) => {
            Err(diag
                .error_at(span, "a finish function returns no `impl` but an iterator; write `impl Iterator<Item = U>`"))
        }
    };
    let left_out = shape.as_ref().ok().and_then(Shape::ty).map(Lifetimes::left_out).unwrap_or_default();
    if let [span, ..] = left_out[..] {
        failed = Some(diag.error_at(span, "an output outlives the key and the state; return an owned type"));
    }
    match (shape, failed) {
        (_, Some(reported)) | (Err(reported), None) => Err(reported),
        (Ok(shape), None) => Ok((roles, shape)),
    }
}

fn role(n: usize, arg: &Arg, diag: &mut Diag) -> Result<Role, Reported> {
    if let Some((word, attr)) = arg.marks.first() {
        if word != "param" {
            let message = if word == "resource" {
                "a finish function is given no resources; keep what it needs of one in the state"
            } else {
                "a finish function takes states by value, without a mark; remove it"
            };
            return Err(diag.error(word, message));
        }
        if !matches!(attr.meta, syn::Meta::Path(_)) {
            return Err(diag.error(attr, "the parameter's options stand on the stage; write just `#[param]`"));
        }
        return match arg.name() {
            Some(name) if !matches!(arg.ty, Type::Reference(_)) => Ok(Role::Param(name.clone(), arg.ty.clone())),
            Some(name) => {
                Err(diag.error(&arg.ty, format!("a parameter is passed by value, as in the stage; write `{name}: T`")))
            }
            None => Err(diag.error(&arg.pat, "a parameter is found by its name; write `name: T`")),
        };
    }
    match &arg.ty {
        Type::Reference(reference) if n == 0 && reference.mutability.is_none() => {
            let key = bare(&reference.elem).clone();
            match &Lifetimes::left_out(&key)[..] {
                [] => Ok(Role::Key(key)),
                [span, ..] => Err(diag.error_at(
                    *span,
                    "the pipeline keeps its keys, so they are owned; write `&str`, or a type such as `&(String, u32)`",
                )),
            }
        }
        Type::Reference(reference) => Err(diag.error(
            reference.and_token,
            format!("a finish function takes its states by value; write `{}`", text(&reference.elem)),
        )),
        ty => Ok(Role::State(ty.clone())),
    }
}

fn implement(rt: &TokenStream, func: &ItemFn, roles: &[Role], shape: &Shape) -> TokenStream {
    let name = &func.sig.ident;
    let generics = Subset::of(&func.sig.generics, |_| true);
    let (declared, where_clause) = (generics.declared(), generics.where_clause());
    let (key, states, params, out) =
        (names::local("key"), names::local("states"), names::local("params"), names::local("out"));
    let holder = names::params();
    let key_type = roles.iter().find_map(|role| match role {
        Role::Key(ty) => Some(quote!(#ty)),
        _ => None,
    });
    let key_is_everyones = key_type.as_ref().is_none_or(is_everyones);
    let key_type = key_type.unwrap_or_else(|| quote!(#rt::AnyKey));
    let state_types = roles.iter().filter_map(|role| match role {
        Role::State(ty) => Some(ty),
        _ => None,
    });
    let state_types = quote!((#(#state_types,)*));
    let (mut needs, mut bounds) = (Vec::new(), Vec::new());
    let mut state_index = 0;
    let args: Vec<TokenStream> = roles
        .iter()
        .map(|role| match role {
            Role::Key(_) => quote!(#key),
            Role::State(_) => {
                let index = syn::Index::from(state_index);
                state_index += 1;
                quote!(#states.#index)
            }
            Role::Param(param, ty) => {
                let (asked, id) = (names::needs(param), text(param));
                needs.push(need(rt, &asked, &text(name), &id, &text(ty)));
                bounds.push(quote!(#holder: #asked<#ty>));
                quote!(#asked::<#ty>::value(#params))
            }
        })
        .collect();
    let (out_type, last) = last(rt, shape, &quote!(#name(#(#args),*)), &out);
    let (predicates, joint) = (quote!(#(#bounds,)*), where_clause.is_empty().then(|| quote!(where)));
    let direct = matches!(func.vis, Visibility::Public(_)) || (key_is_everyones && is_everyones(&out_type));
    let own = if direct { name.clone() } else { names::local("Own") };
    let forward = (!direct).then(|| {
        quote! {
            struct #own {}
            #[automatically_derived]
            impl<#declared #holder, __K: ?#rt::core::marker::Sized, __O> #rt::Finish<#holder, #state_types> for #name
            #where_clause #joint #own: #rt::Finish<#holder, #state_types, Key = __K, Out = __O>
            {
                type Key = __K;
                type Out = __O;
                fn finish(
                    #key: &__K,
                    #states: #state_types,
                    #params: &#holder,
                    #out: impl #rt::core::ops::FnMut(__O) -> #rt::Flow,
                ) -> #rt::Flow {
                    <#own as #rt::Finish<#holder, #state_types>>::finish(#key, #states, #params, #out)
                }
            }
        }
    });
    quote! {
        #(#needs)*
        #forward
        #[automatically_derived]
        impl<#declared #holder> #rt::Finish<#holder, #state_types> for #own #where_clause #joint #predicates {
            type Key = #key_type;
            type Out = #out_type;
            fn finish(
                #key: &#key_type,
                #states: #state_types,
                #params: &#holder,
                #out: impl #rt::core::ops::FnMut(#out_type) -> #rt::Flow,
            ) -> #rt::Flow {
                #last
            }
        }
    }
}

/// Whether a type is surely visible to all: it is made of the language's own types and of texts.
fn is_everyones(ty: &TokenStream) -> bool {
    const OWN: [&str; 18] = [
        "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16", "u32", "u64",
        "u8", "usize", "String",
    ];
    ty.clone().into_iter().all(|token| match token {
        TokenTree::Group(group) => is_everyones(&group.stream()),
        TokenTree::Ident(name) => OWN.iter().any(|own| name == own),
        TokenTree::Punct(punct) => matches!(punct.as_char(), ',' | '&'),
        TokenTree::Literal(_) => true,
    })
}

/// A trait that finds a parameter, with a message that names it.
fn need(rt: &TokenStream, asked: &Ident, function: &str, param: &str, ty: &str) -> TokenStream {
    let message = format!("the stage has no parameter `{param}: {ty}`, which `{function}` asks for");
    let label = format!("`{function}` asks for `{param}`; add `#[param] {param}: {ty}` to the stage");
    quote! {
        #[diagnostic::on_unimplemented(message = #message, label = #label)]
        trait #asked<__V> {
            fn value(&self) -> __V;
        }
        #[diagnostic::do_not_recommend]
        impl<__P, __V> #asked<__V> for __P
        where
            __P: #rt::HasParam<{ #rt::param_id(#param) }, Value = __V>,
            __V: #rt::core::clone::Clone,
        {
            fn value(&self) -> __V {
                #rt::core::clone::Clone::clone(#rt::HasParam::<{ #rt::param_id(#param) }>::param(self))
            }
        }
    }
}

/// The type of the outputs, and the call that hands them on.
fn last(rt: &TokenStream, shape: &Shape, call: &TokenStream, out: &Ident) -> (TokenStream, TokenStream) {
    match shape {
        Shape::Maybe(ty) | Shape::Many(ty) => (quote!(#ty), quote!(#rt::stage_fn::last(#call, #out))),
        Shape::One(ty) => (quote!(#ty), quote!(#rt::stage_fn::last(#rt::core::iter::once(#call), #out))),
        Shape::Bool => {
            (quote!(#rt::core::primitive::bool), quote!(#rt::stage_fn::last(#rt::core::iter::once(#call), #out)))
        }
        Shape::Unit => (quote!(()), call.clone()),
    }
}

/// A function that finishes any stage, for one that has mistakes.
fn stub(rt: &TokenStream, name: &Ident) -> TokenStream {
    quote! {
        impl<__P, __S> #rt::Finish<__P, __S> for #name {
            type Key = #rt::AnyKey;
            type Out = ();
            fn finish(_: &#rt::AnyKey, _: __S, _: &__P, _: impl #rt::core::ops::FnMut(()) -> #rt::Flow) -> #rt::Flow {
                #rt::Flow::Continue(())
            }
        }
    }
}
