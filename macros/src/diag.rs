//! One collector for every error of an expansion, so that all mistakes are shown at once.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// Collects errors. A step that fails must return [`Reported`], which only reporting gives.
#[derive(Default)]
pub(crate) struct Diag {
    errors: Option<syn::Error>,
}

/// Proof that an error was reported.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reported(());

impl Diag {
    /// Reports `message` at `tokens`: lower case, no full stop, what is wrong, then what to write.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) -> Reported {
        self.push(syn::Error::new_spanned(tokens, message))
    }

    /// Reports `message` at `span`.
    pub(crate) fn error_at(&mut self, span: proc_macro2::Span, message: impl std::fmt::Display) -> Reported {
        self.push(syn::Error::new(span, message))
    }

    /// Reports an error that syn found.
    pub(crate) fn push(&mut self, error: syn::Error) -> Reported {
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            none => *none = Some(error),
        }
        Reported(())
    }

    /// Reports the error of a `syn::Result`, or gives its value.
    pub(crate) fn ok<T>(&mut self, result: syn::Result<T>) -> Result<T, Reported> {
        result.map_err(|error| self.push(error))
    }

    /// Whether nothing was reported.
    pub(crate) fn is_clean(&self) -> bool {
        self.errors.is_none()
    }

    /// Every message, in order.
    #[cfg(test)]
    pub(crate) fn messages(self) -> Vec<String> {
        self.errors.into_iter().flatten().map(|error| error.to_string()).collect()
    }

    /// Every error, as `compile_error!`s.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.errors.map(syn::Error::into_compile_error).unwrap_or_default()
    }
}

/// The name among `known` that `word` is most likely a slip of.
pub(crate) fn near<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|name| (distance(word, name), name))
        .filter(|(d, name)| *d <= 1 + name.len() / 4)
        .min_by_key(|(d, _)| *d)
        .map(|(_, name)| name)
}

/// The number of inserted, deleted, replaced or swapped letters between two words.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// `` `a`, `b` or `c` ``.
pub(crate) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => "nothing".to_owned(),
    }
}

/// What to add to a message about an unknown `word`: the near name, or the list of names.
pub(crate) fn suggestion(word: &str, known: &[&str]) -> String {
    match near(word, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "there is nothing to set here".to_owned(),
        None => format!("write {}", listed(known.iter().copied())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Diag, listed, near};

    #[test]
    fn near_forgives_slips_and_nothing_else() {
        assert_eq!(near("rnage", ["range", "len", "unit"]), Some("range"));
        assert_eq!(near("uint", ["range", "len", "unit"]), Some("unit"));
        assert_eq!(near("colour", ["range", "len", "unit"]), None);
    }

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` or `c`");
    }

    #[test]
    fn every_error_is_kept() {
        let mut diag = Diag::default();
        assert!(diag.is_clean());
        diag.error_at(proc_macro2::Span::call_site(), "one");
        diag.error_at(proc_macro2::Span::call_site(), "two");
        assert_eq!(diag.into_tokens().to_string().matches("compile_error").count(), 2);
    }
}
