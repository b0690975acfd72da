//! Functions that `#[async_trait]` has rewritten, which acts before the attributes of the functions.

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, ExprAsync, ExprCall, ItemFn, Lifetime, ReturnType, Stmt, Type};

use crate::signature::mentions_lifetime;

/// What `#[async_trait]` has made of an async function, but for what it was made of.
pub(super) struct Boxed {
    output: ReturnType,
    call: ExprCall,
    future: ExprAsync,
}

impl Boxed {
    /// Of `fn read(&self) -> Pin<Box<dyn Future<Output = T> + Send + 'async_trait>> { Box::pin(async move { body }) }` makes
    /// `async fn read(&self) -> T { body }` again.
    pub(super) fn open(func: &mut ItemFn) -> Option<Self> {
        let output = func.sig.output.clone();
        let mark = Lifetime::new("'async_trait", proc_macro2::Span::call_site());
        let ReturnType::Type(_, ty) = &mut func.sig.output else { return None };
        if !mentions_lifetime(&*ty, &mark) {
            return None;
        }
        let inner = given(ty)?;
        let [Stmt::Expr(Expr::Call(call), None)] = &func.block.stmts[..] else { return None };
        let Some(Expr::Async(future)) = call.args.first() else { return None };
        let (call, future) = (call.clone(), future.clone());
        **ty = inner;
        func.sig.asyncness = Some(syn::Token![async](future.async_token.span));
        *func.block = future.block.clone();
        Some(Boxed { output, call, future })
    }

    /// The other way round.
    pub(super) fn close(mut self, func: &mut ItemFn) {
        func.sig.asyncness = None;
        func.sig.output = self.output;
        self.future.block = (*func.block).clone();
        self.call.args = syn::punctuated::Punctuated::from_iter([Expr::Async(self.future)]);
        let call = self.call.into_token_stream();
        *func.block = syn::parse_quote!({ #call });
    }
}

/// What a future gives, by the type that is written in it: `Output = T`.
fn given(ty: &Type) -> Option<Type> {
    struct Output(Option<Type>);
    impl<'ast> Visit<'ast> for Output {
        fn visit_assoc_type(&mut self, found: &'ast syn::AssocType) {
            if found.ident == "Output" && self.0.is_none() {
                self.0 = Some(found.ty.clone());
            }
            visit::visit_assoc_type(self, found);
        }
    }
    let mut output = Output(None);
    output.visit_type(ty);
    output.0
}
