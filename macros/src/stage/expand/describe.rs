//! What a stage is, as data.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use super::Parts;
use crate::stage::model::{Action, Mode, Word};
use crate::text::text;

/// One `impl Described`.
pub(crate) struct Description {
    pub(crate) generics: TokenStream,
    pub(crate) this: TokenStream,
    pub(crate) where_clause: TokenStream,
    pub(crate) name: String,
    pub(crate) docs: String,
    /// Each is a call of `Param::new`.
    pub(crate) params: Vec<TokenStream>,
    pub(crate) input: String,
    pub(crate) output: String,
    pub(crate) kind: TokenStream,
    pub(crate) place: TokenStream,
}

pub(crate) fn described(rt: &TokenStream, description: &Description) -> TokenStream {
    let Description { generics, this, where_clause, name, docs, params, input, output, kind, place } = description;
    quote! {
        #[automatically_derived]
        impl<#generics> #rt::Described for #this #where_clause {
            const DESCRIPTOR: #rt::Descriptor = #rt::Descriptor::new(
                #name, #rt::core::module_path!(), #docs, &[#(#params),*], #input, #output, #kind, #place,
            );
        }
    }
}

/// File, line and column of a name, as an expression.
pub(crate) fn place(rt: &TokenStream, span: Span) -> TokenStream {
    let start = span.start();
    // Without the compiler's help, as in an editor, there is no line; then the file alone has to do.
    let (line, column) = (u32::try_from(start.line).unwrap_or(0), u32::try_from(start.column + 1).unwrap_or(0));
    quote!((#rt::core::file!(), #line, #column))
}

impl Parts<'_> {
    pub(super) fn described(&self) -> TokenStream {
        let Parts { stage, rt, own, this, .. } = self;
        let params = stage.params.iter().map(|param| {
            let (name, ty, docs) = (text(&param.name), text(&param.ty), &param.docs);
            let default = self.optional(param.options.default.as_ref().map(text));
            let range = param.options.range.as_ref().or(param.options.len.as_ref());
            let range = self.optional(range.map(|(_, range)| range.text()));
            quote!(#rt::Param::new(#name, #ty, #docs, #default, #range))
        });
        let input = match &stage.item.mode {
            _ if !stage.word.takes_item() => String::new(),
            Mode::Owned | Mode::Borrowed(_) | Mode::Updated => text(&stage.item.ty),
            Mode::Reference(_) => format!("&{}", text(&stage.item.ty)),
        };
        let output = match (stage.action(), &stage.options.finish) {
            _ if !stage.word.takes_item() => stage.made().map(text).unwrap_or_default(),
            (Action::End, _) => String::new(),
            (Action::Look | Action::Pass, _) => input.clone(),
            (Action::Absorb, finish) => {
                finish.as_ref().map(|finish| format!("what `{}` gives", text(finish))).unwrap_or_default()
            }
            _ => stage.returns.shape.ty().map_or_else(|| "bool".to_owned(), text),
        };
        let description = Description {
            generics: own.declared(),
            this: this.clone(),
            where_clause: TokenStream::new(),
            name: text(&stage.name),
            docs: stage.docs.clone(),
            params: params.collect(),
            input,
            output,
            kind: self.kind(),
            place: place(rt, stage.name.span()),
        };
        described(rt, &description)
    }

    /// What the stage does with an item; of an alias only that it may drop some.
    pub(super) fn kind(&self) -> TokenStream {
        let rt = &self.rt;
        let kind = match self.stage.action() {
            _ if self.stage.word == Word::Source => quote!(Source),
            _ if self.stage.word == Word::Resource => quote!(Resource),
            _ if self.stage.options.finish.is_some() => quote!(Expand),
            Action::One | Action::Look => quote!(Map),
            Action::Maybe | Action::Pass => quote!(Filter),
            Action::Many | Action::Absorb => quote!(Expand),
            Action::End => quote!(Sink),
        };
        quote!(#rt::Kind::#kind)
    }

    fn optional(&self, text: Option<String>) -> TokenStream {
        let rt = &self.rt;
        if let Some(text) = text {
            quote!(#rt::core::option::Option::Some(#text))
        } else {
            quote!(#rt::core::option::Option::None)
        }
    }
}
