//! Options of attributes: `name`, `name = value` and `name(..)`, each at most once.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, Token};

use crate::diag::{Diag, Reported, suggestion};
use crate::text::text;

/// One option as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: Ident,
    pub(crate) value: Value,
}

/// What follows the name of an option.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// `name`
    None,
    /// `name = value`
    Expr(Expr),
    /// `name(..)`
    Group,
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        // `crate = path` is an option too.
        let name = if input.peek(Token![crate]) {
            let token: Token![crate] = input.parse()?;
            Ident::new("crate", token.span)
        } else {
            input.parse()?
        };
        if input.peek(Token![:]) {
            let colon: Token![:] = input.parse()?;
            let value = text(input.parse::<Expr>()?);
            return Err(syn::Error::new(
                colon.span,
                format!("an option has `=` behind its name; write `{name} = {value}`"),
            ));
        }
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.is_empty() || input.peek(Token![,]) {
                return Err(syn::Error::new(name.span(), format!("`{name} =` needs a value after it")));
            }
            Value::Expr(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let tokens;
            syn::parenthesized!(tokens in input);
            tokens.parse::<TokenStream>()?;
            Value::Group
        } else {
            Value::None
        };
        Ok(Entry { name, value })
    }
}

/// The options of one attribute. Take each by name, then [`done`](Options::done) reports the ones nobody took.
#[derive(Debug, Default)]
pub(crate) struct Options {
    entries: Vec<Entry>,
}

impl Options {
    /// Reads the options of `#[word(..)]`; a repeated one is reported at its second place.
    pub(crate) fn parse(tokens: TokenStream, diag: &mut Diag) -> Self {
        Options::read(tokens, diag).unwrap_or_default()
    }

    /// The same, for those who do not go on where these are no options.
    pub(crate) fn read(tokens: TokenStream, diag: &mut Diag) -> Result<Self, Reported> {
        let parsed = syn::parse::Parser::parse2(Punctuated::<Entry, Token![,]>::parse_terminated, tokens);
        let mut options = Options::default();
        for entry in diag.ok(parsed)? {
            options.add(entry, diag);
        }
        Ok(options)
    }

    /// Reads the options of an attribute on a field or parameter: `#[word]` or `#[word(..)]`.
    pub(crate) fn of(attr: &syn::Attribute, diag: &mut Diag) -> Self {
        match &attr.meta {
            syn::Meta::List(list) => Options::parse(list.tokens.clone(), diag),
            syn::Meta::NameValue(pair) => {
                diag.error(pair, "options of this attribute stand in parentheses: `#[name(option = value)]`");
                Options::default()
            }
            syn::Meta::Path(_) => Options::default(),
        }
    }

    fn add(&mut self, entry: Entry, diag: &mut Diag) {
        if self.entries.iter().any(|known| known.name == entry.name) {
            diag.error(&entry.name, format!("`{}` is given twice; remove one", entry.name));
        } else {
            self.entries.push(entry);
        }
    }

    /// Whether an option of this name was written.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// The name of this option where it was written.
    pub(crate) fn place(&self, name: &str) -> Option<Ident> {
        self.entries.iter().find(|entry| entry.name == name).map(|entry| entry.name.clone())
    }

    /// The values of all options that have one.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Expr> {
        self.entries.iter().filter_map(|entry| match &entry.value {
            Value::Expr(value) => Some(value),
            Value::None | Value::Group => None,
        })
    }

    /// The option of this name, if it was written.
    pub(crate) fn take(&mut self, name: &str) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| entry.name == name)?;
        Some(self.entries.remove(index))
    }

    /// The first option of another name than these.
    pub(crate) fn take_other(&mut self, known: &[&str]) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| known.iter().all(|name| entry.name != name))?;
        Some(self.entries.remove(index))
    }

    /// The option `name`, which takes no value: the token if it was written.
    pub(crate) fn flag(&mut self, name: &str, diag: &mut Diag) -> Option<Ident> {
        let entry = self.take(name)?;
        if !matches!(entry.value, Value::None) {
            diag.error(&entry.name, format!("`{name}` takes no value; write just `{name}`"));
        }
        Some(entry.name)
    }

    /// The option `name = value`; `example` shows what to write where the value is missing.
    pub(crate) fn expr(&mut self, name: &str, example: &str, diag: &mut Diag) -> Option<(Ident, Expr)> {
        let entry = self.take(name)?;
        match entry.value {
            Value::Expr(value) => Some((entry.name, value)),
            Value::None | Value::Group => {
                diag.error(&entry.name, format!("`{name}` needs a value; write `{example}`"));
                None
            }
        }
    }

    /// Reports what nobody took as unknown; `known` are the names that this attribute takes.
    pub(crate) fn done(self, word: &str, known: &[&str], diag: &mut Diag) -> Result<(), Reported> {
        let mut result = Ok(());
        for entry in &self.entries {
            let name = entry.name.to_string();
            let hint = suggestion(&name, known);
            result = Err(diag.error(&entry.name, format!("`{word}` has no option `{name}`; {hint}")));
        }
        result
    }
}
