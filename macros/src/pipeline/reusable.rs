//! A stage made of stages: `_ as T | a | b`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{Lifetime, Type};

use super::expand::plan;
use super::model::Model;
use super::nest::{Nest, names};
use super::setup::Code;

/// Writes it. One closure takes items and signals alike, and owns its state.
pub(super) fn reusable(model: &Model, item: &Type, rt: &TokenStream) -> TokenStream {
    let mut code = Code::new(rt);
    code.chain(&model.chain);
    let Code { states, plain, setup, checks, .. } = code;
    let (plan, body) = (plan(model, rt), Nest { rt }.chain(&model.chain));
    let counts: Vec<Ident> = (0..model.edges.len()).map(names::count).collect();
    let edges = counts.len();
    let body = quote!({
        #(let #states = &mut #states;)*
        let #rt::core::option::Option::Some((#(#plain,)*)) = &mut __ms_plain else { return #rt::Flow::Break(()) };
        let [#(#counts),*] = &mut __ms_counts;
        let __ms_from = __ms_run.origin();
        let __ms_at = #rt::Origin::new(&__ms_from, 0);
        let __ms_x = #rt::Last::<_, #rt::Never>::call(__ms_call, __ms_run.site(0));
        #body
    });
    let (family, make, closure) = match &model.output {
        None => {
            let out = quote!(&mut dyn #rt::core::ops::FnMut(_) -> #rt::Flow);
            let params = quote!(__ms_call: #rt::Call<#item>, __ms_run: &#rt::Run, __ms_join: #out);
            (quote!(), quote!(reusable), quote!(move |#params| -> #rt::Flow #body))
        }
        Some(output) => {
            let closure = quote!(__ms_lending(move |__ms_call, __ms_run, __ms_join| -> #rt::Flow #body));
            (lending(item, output, rt), quote!(lending::<__MsOutput, _>), closure)
        }
    };
    quote!({
        #checks
        #family
        let mut __ms_setup = #rt::Setup::new(&#plan);
        #setup
        #(let mut #states = #states;)*
        let mut __ms_plain = (move || #rt::core::option::Option::Some((#(#plain?,)*)))();
        let mut __ms_counts = [0_u64; #edges];
        #[allow(unused_variables, unused_mut, unreachable_code)]
        let __ms_body = #closure;
        __ms_setup.#make(__ms_body)
    })
}

/// The type of an output that borrows from the item, and a function that says so of a closure. Both types name the lifetime
/// `'_`, which becomes one lifetime here.
fn lending(item: &Type, output: &Type, rt: &TokenStream) -> TokenStream {
    let (mut item, mut output) = (item.clone(), output.clone());
    NameElided.visit_type_mut(&mut item);
    NameElided.visit_type_mut(&mut output);
    quote!(
        struct __MsOutput;
        #[automatically_derived]
        impl<'__ms_item> #rt::OutputOf<#item> for __MsOutput {
            type Out = #output;
        }
        fn __ms_lending<B>(body: B) -> B
        where
            B: for<'__ms_item> #rt::core::ops::FnMut(
                #rt::Call<#item>,
                &#rt::Run,
                &mut dyn #rt::core::ops::FnMut(#output) -> #rt::Flow,
            ) -> #rt::Flow,
        {
            body
        }
    )
}

/// Gives every lifetime without a name the same name.
struct NameElided;

impl VisitMut for NameElided {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = Lifetime::new("'__ms_item", lifetime.span());
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
        let span = reference.and_token.span;
        reference.lifetime.get_or_insert_with(|| Lifetime::new("'_", span));
        visit_mut::visit_type_reference_mut(self, reference);
    }
}
