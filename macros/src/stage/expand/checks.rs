//! Ranges: checked by the compiler where a literal is given, by the builder everywhere.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::Parts;
use crate::names;
use crate::signature::Primitive;
use crate::stage::model::Param;
use crate::stage::syntax::Range;
use crate::text::text;

impl Parts<'_> {
    /// `__check_size(&1)` stops the compiler; every parameter has such a function, so that `pipeline!` need not know types.
    pub(super) fn checks(&self) -> TokenStream {
        let checks = self.stage.params.iter().map(|param| {
            let (vis, name) = (&self.stage.vis, names::check(&param.name));
            let ty = &param.ty;
            match (Primitive::of(ty), &param.options) {
                (Some(_), options) => {
                    let body = options.range.as_ref().map(|(_, range)| self.const_range(param, range));
                    quote!(#[doc(hidden)] #vis const fn #name(value: &#ty) { #body })
                }
                (None, options) if param.is_text() && options.len.is_some() => {
                    let body = options.len.as_ref().map(|(_, range)| self.const_len(param, range));
                    let rt = &self.rt;
                    quote!(#[doc(hidden)] #vis const fn #name(value: &&#rt::core::primitive::str) { #body })
                }
                (None, _) => {
                    let rt = &self.rt;
                    quote!(#[doc(hidden)] #vis const fn #name<__V: ?#rt::core::marker::Sized>(_: &__V) {})
                }
            }
        });
        let by_name = self.check_by_name();
        quote!(#(#checks)* #by_name)
    }

    /// `__check("size", Literal::Int(1))` calls the function of that parameter, if there is one that takes such a literal:
    /// `pipeline!` knows neither, and what is no parameter is reported at its name, by the builder.
    fn check_by_name(&self) -> TokenStream {
        let rt = &self.rt;
        let arms = self.stage.params.iter().filter_map(|param| {
            let (name, check, ty) =
                (text(&param.name).trim_start_matches("r#").to_owned(), names::check(&param.name), &param.ty);
            let (kind, value) = match Primitive::of(ty) {
                Some(Primitive::Signed) => (quote!(Int), quote!(value as #ty)),
                Some(Primitive::Unsigned) => (quote!(Int), quote!(if value < 0 { return } else { value as #ty })),
                Some(Primitive::Float) => (quote!(Float), quote!(value as #ty)),
                Some(Primitive::Char) => (quote!(Char), quote!(value)),
                None if param.is_text() && param.options.len.is_some() => (quote!(Text), quote!(value)),
                Some(Primitive::Bool) | None => return None,
            };
            (param.options.range.is_some() || param.options.len.is_some()).then(|| {
                quote! {
                    if #rt::stage_fn::same(name, #name) {
                        if let #rt::stage_fn::Literal::#kind(value) = value {
                            Self::#check(&(#value));
                        }
                    }
                }
            })
        });
        let vis = &self.stage.vis;
        quote! {
            #[doc(hidden)]
            #vis const fn __check(name: &#rt::core::primitive::str, value: #rt::stage_fn::Literal<'_>) {
                let _ = (name, &value);
                #(#arms)*
            }
        }
    }

    fn const_range(&self, param: &Param, range: &Range) -> TokenStream {
        let rt = &self.rt;
        let got = match Primitive::of(&param.ty) {
            Some(Primitive::Signed) => quote!(Int(*value as #rt::core::primitive::i128)),
            Some(Primitive::Float) => quote!(Float(*value as #rt::core::primitive::f64)),
            Some(Primitive::Char) => quote!(Char(*value)),
            // A range over `bool` was refused already.
            Some(Primitive::Bool) | None => return TokenStream::new(),
            Some(Primitive::Unsigned) => quote!(Uint(*value as #rt::core::primitive::u128)),
        };
        let finite = (Primitive::of(&param.ty) == Some(Primitive::Float)).then(|| quote!(&&value.is_finite()));
        let inside = inside(&quote!(*value), range);
        self.stop_unless(&quote!(#inside #finite), param, range, &got)
    }

    fn const_len(&self, param: &Param, range: &Range) -> TokenStream {
        let rt = &self.rt;
        let inside = inside(&quote!(length), range);
        let stop = self.stop_unless(&inside, param, range, &quote!(Len(length)));
        quote! {
            let length = #rt::stage_fn::char_count(*value);
            #stop
        }
    }

    fn stop_unless(&self, holds: &TokenStream, param: &Param, range: &Range, got: &TokenStream) -> TokenStream {
        let (rt, name, range) = (&self.rt, text(&param.name), range.text());
        quote! {
            if !(#holds) {
                #rt::stage_fn::broken(#name, #range, #rt::stage_fn::Got::#got)
            }
        }
    }

    /// What the builder does with parameters that have a range or a length.
    pub(super) fn constraints(&self, params: &Ident) -> TokenStream {
        let rt = &self.rt;
        let checks = self.stage.params.iter().flat_map(|param| {
            let name = &param.name;
            let finite = if let Some(Primitive::Float) = Primitive::of(&param.ty) {
                quote!(#params.#name.is_finite())
            } else {
                quote!(true)
            };
            let range = param.options.range.as_ref().map(|(_, range)| {
                let (constraint, bounds) = (self.constraint(param, range), &range.0);
                quote!(#constraint.range(&#params.#name, &(#bounds), #finite))
            });
            let len = param.options.len.as_ref().map(|(_, range)| {
                let (constraint, bounds) = (self.constraint(param, range), &range.0);
                quote!(#constraint.len(&#params.#name, &(#bounds)))
            });
            range.into_iter().chain(len)
        });
        let error = names::local("error");
        let checks = checks.map(|check| {
            quote! {
                if let #rt::core::result::Result::Err(#error) = #check {
                    return #rt::core::result::Result::Err(#error);
                }
            }
        });
        quote!(#(#checks)*)
    }

    fn constraint(&self, param: &Param, range: &Range) -> TokenStream {
        let (rt, stage, param, range) = (&self.rt, text(&self.stage.name), text(&param.name), range.text());
        quote!(#rt::stage_fn::Constraint::new(#stage, #param, #range))
    }
}

/// Whether `value` is in the range, in a `const`, where ranges cannot be asked.
fn inside(value: &TokenStream, range: &Range) -> TokenStream {
    let above = range.start().map(|start| quote!(&& #value >= #start));
    let below =
        range.end().map(|end| if range.closed() { quote!(&& #value <= #end) } else { quote!(&& #value < #end) });
    quote!(true #above #below)
}
