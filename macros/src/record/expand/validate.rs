//! The checks of each field, `Validate`, and the setters.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::super::literal::{Bounds, Literal};
use super::super::model::{FieldModel, Kind, Model, as_decimal, as_float};
use super::super::syntax::ungrouped;
use super::{all_at, for_field, own, place, rec};
use crate::text;

pub(super) fn expand(model: &Model) -> TokenStream {
    let rec = rec(model);
    let this = model.ty(&quote!('_));
    let checks = model.fields.iter().enumerate().filter_map(|(index, field)| {
        let schema = &model.schema;
        check(model, &quote!(#schema.fields[#index]), field)
    });
    let calls = model.fields.iter().filter(|field| has_check(field)).map(|field| {
        let check = for_field("check", field);
        let call = place::lend(model, field, |value| quote_spanned!(own()=> #check(#value, at, found)));
        quote!(#call;)
    });
    let whole = whole(model);
    let setters = setters(model);
    quote_spanned! {own()=>
        #(#checks)*

        fn __record_check_whole(record: &#this, at: &#rec::Path<'_>, found: &mut #rec::Violations) {
            #whole
        }

        #[automatically_derived]
        impl #rec::Validate for #this {
            #[inline]
            fn validate_at(&self, at: &#rec::Path<'_>, found: &mut #rec::Violations) {
                #(#calls)*
                __record_check_whole(self, at, found);
            }
        }

        #setters
    }
}

/// `#[record(check = f)]`.
pub(super) fn whole(model: &Model) -> TokenStream {
    let rec = rec(model);
    let Some(check) = &model.check else { return quote_spanned!(own()=> let _ = (record, at, found);) };
    let name = text::text(check);
    quote_spanned!(own()=> #rec::verdict(#check(record), #name, at, found);)
}

/// Whether there is anything to check: a rule, or a type that may check itself.
pub(super) fn has_check(field: &FieldModel) -> bool {
    let rules = &field.rules;
    field.kind.leaf().is_unknown()
        || field.event_time.is_some()
        || rules.range.is_some()
        || rules.len.is_some()
        || rules.pattern.is_some()
        || rules.one_of.is_some()
        || rules.finite.is_some()
        || rules.unit.is_some()
        || rules.check.is_some()
}

/// The function that checks one field, of which the schema is at `place`.
pub(super) fn check(model: &Model, place: &TokenStream, field: &FieldModel) -> Option<TokenStream> {
    if !has_check(field) {
        return None;
    }
    let (rec, name, ty) = (rec(model), for_field("check", field), &field.ty);
    let lifetime = model.lifetime.iter();
    let rules = rules(&field.kind, field, field.rules.len.is_some(), model);
    let constants = bounds_are_in_order(model, field);
    let follow = field.kind.leaf().is_unknown().then(|| {
        quote_spanned! {own()=>
            {
                use #rec::{Followed as _, Passed as _};
                (&#rec::Probe(value)).follow(at, found);
            }
        }
    });
    let own_check = field.rules.check.as_ref().map(|(key, check)| {
        let check_name = text::text(check);
        quote_spanned!(at(key)=> #rec::verdict(#check(value), #check_name, at, found);)
    });
    let event_time = field
        .event_time
        .as_ref()
        .and_then(syn::Path::get_ident)
        .map(|key| quote_spanned!(at(key)=> #rec::event_time(value);));
    Some(quote_spanned! {own()=>
        #constants
        #[inline]
        fn #name<#(#lifetime)*>(value: &#ty, at: &#rec::Path<'_>, found: &mut #rec::Violations) {
            let at = &at.field(&#place);
            #event_time
            #rules
            #own_check
            #follow
        }
    })
}

/// Our own names, at the place of the user's option.
fn at(key: &Ident) -> Span {
    own().located_at(key.span())
}

/// The rules of a value of this kind: through `Option` and `Vec` down to what they hold.
fn rules(kind: &Kind, field: &FieldModel, len: bool, model: &Model) -> TokenStream {
    let rec = rec(model);
    match kind {
        Kind::Option(inner) => {
            let inner = rules(inner, field, len, model);
            if inner.is_empty() {
                return inner;
            }
            quote_spanned!(own()=> #rec::some(value, at, found, |value, at, found| { #inner });)
        }
        Kind::List(inner) => {
            let own_len = len.then(|| len_rule(field, &rec));
            let inner = rules(inner, field, false, model);
            if inner.is_empty() {
                return quote!(#own_len);
            }
            quote_spanned! {own()=>
                #own_len
                #rec::each(value, at, found, |value, at, found| { #inner });
            }
        }
        leaf => {
            let len = len.then(|| len_rule(field, &rec));
            let rest = leaf_rules(leaf, field, model);
            quote!(#len #rest)
        }
    }
}

fn len_rule(field: &FieldModel, rec: &TokenStream) -> Option<TokenStream> {
    let (key, len) = field.rules.len.as_ref()?;
    let range = match ungrouped(len) {
        Expr::Range(range) => quote!((#range)),
        exact => quote!((#exact..=#exact)),
    };
    Some(quote_spanned!(at(key)=> #rec::len(value, &#range, at, found);))
}

fn leaf_rules(leaf: &Kind, field: &FieldModel, model: &Model) -> TokenStream {
    let (rt, rec) = (&model.rt, rec(model));
    let rules = &field.rules;
    let number = |expr: &Expr| match leaf {
        Kind::Decimal => as_decimal(expr, &model.rt),
        leaf if leaf.is_float() => as_float(expr).into_token_stream(),
        _ => expr.to_token_stream(),
    };
    let range = rules.range.as_ref().map(|(key, range)| {
        let (start, limits, end) =
            (range.start.as_deref().map(number), &range.limits, range.end.as_deref().map(number));
        quote_spanned!(at(key)=> #rec::range(value, &(#start #limits #end), at, found);)
    });
    let finite = rules.finite.as_ref().map(|key| quote_spanned!(at(key)=> #rec::finite(value, at, found);));
    let unit = rules.unit.as_ref().filter(|_| leaf.is_unknown());
    let unit = unit.map(|(key, _)| quote_spanned!(at(key)=> #rec::measured(value);));
    let pattern = rules.pattern.as_ref().map(|(key, pattern)| {
        quote_spanned! {at(key)=>
            {
                static __RECORD_PATTERN: #rt::std::sync::LazyLock<#rec::Pattern> =
                    #rt::std::sync::LazyLock::new(|| #rec::Pattern::new(#pattern));
                #rec::pattern(value, &__RECORD_PATTERN, at, found);
            }
        }
    });
    let one_of = rules.one_of.as_ref().map(|(key, values)| {
        let texts = values.iter().all(|value| matches!(Literal::of(value), Literal::Text(_)));
        let rule = if texts { quote!(one_of_text) } else { quote!(one_of) };
        let values = values.iter().map(number);
        quote_spanned!(at(key)=> #rec::#rule(value, &[#(#values),*], at, found);)
    });
    quote!(#range #finite #unit #pattern #one_of)
}

/// Bounds that are named constants are compared at compile time.
fn bounds_are_in_order(model: &Model, field: &FieldModel) -> Option<TokenStream> {
    let (_, range) = field.rules.range.as_ref()?;
    let bounds = Bounds::of(range);
    let (start, end) = (range.start.as_deref()?, range.end.as_deref()?);
    if (bounds.start.is_some() && bounds.end.is_some())
        || field.kind != *field.kind.leaf()
        || !field.kind.is_number()
        || field.kind == Kind::Decimal
    {
        return None;
    }
    let (rec, ty) = (rec(model), &field.ty);
    let (start, end) =
        if field.kind.is_float() { (as_float(start), as_float(end)) } else { (start.clone(), end.clone()) };
    let order = if bounds.closed { quote!(<=) } else { quote!(<) };
    let message = format!("the range `{}` is empty", text::text(range));
    let check = quote! {
        const _: () = {
            const __RECORD_START: #ty = #start;
            const __RECORD_END: #ty = #end;
            #rec::assert_bounds(__RECORD_START #order __RECORD_END, #message)
        };
    };
    Some(all_at(check, Spanned::span(range)))
}

fn setters(model: &Model) -> TokenStream {
    let (rt, rec) = (&model.rt, rec(model));
    let lifetime = model.lifetime.iter();
    let lifetime = quote!(#(<#lifetime>)*);
    let this = model.lifetime.as_ref().map_or_else(|| model.ty(&quote!()), |lifetime| model.ty(&quote!(#lifetime)));
    let setters = model.fields.iter().map(|field| {
        let FieldModel { ident, ty, vis, .. } = field;
        let plain = ident.to_string();
        let setter = format_ident!("set_{}", plain.strip_prefix("r#").unwrap_or(&plain), span = ident.span());
        let check = has_check(field).then(|| {
            let check = for_field("check", field);
            let root = quote_spanned!(own()=> &#rec::Path::ROOT);
            let call = place::lend(model, field, |value| quote_spanned!(own()=> #check(#value, #root, &mut found)));
            quote!(#call;)
        });
        let set = place::replace(model, field, &quote_spanned!(own()=> value));
        let set_back = place::replace(model, field, &quote_spanned!(own()=> before));
        let docs = format!(
            "Sets `{plain}` and checks it.\n\n# Errors\nWhat is wrong with the value; the record then stays as it was."
        );
        quote_spanned! {own()=>
            #[doc = #docs]
            #vis fn #setter(&mut self, value: #ty) -> #rt::core::result::Result<(), #rec::Violations> {
                let before = #set;
                let mut found = <#rec::Violations as #rt::core::default::Default>::default();
                #check
                __record_check_whole(self, &#rec::Path::ROOT, &mut found);
                let checked = found.into_result();
                if checked.is_err() {
                    let _ = #set_back;
                }
                checked
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #lifetime #this {
            #(#setters)*
        }
    }
}
