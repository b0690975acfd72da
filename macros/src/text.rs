//! Tokens as their author typed them, and the docs above an item.

use proc_macro2::{Delimiter, LineColumn, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// The text of some tokens on one line: `|s| s.parse::<u64>()`, `Reading<'a>`, `0.0..`. Where it is known where the tokens
/// stand, blanks are where the author put any; elsewhere they part words.
pub(crate) fn text(tokens: impl ToTokens) -> String {
    let mut line = Line::default();
    line.write(tokens.to_token_stream());
    line.text
}

/// The text of the doc comments among `attrs`, without the leading blanks.
pub(crate) fn docs(attrs: &[syn::Attribute]) -> String {
    let lines = attrs.iter().filter(|attr| attr.path().is_ident("doc")).filter_map(|attr| match &attr.meta {
        syn::Meta::NameValue(pair) => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(line), .. }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<String> = lines.map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned()).collect();
    lines.join("\n").trim().to_owned()
}

#[derive(Default)]
struct Line {
    text: String,
    /// Where the last token ended.
    end: Option<LineColumn>,
    /// The last token is the first part of a longer one: of `'a`, of `->`.
    joint: bool,
}

impl Line {
    fn write(&mut self, tokens: TokenStream) {
        for token in tokens {
            let (start, stop) = (token.span().start(), token.span().end());
            match token {
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Parenthesis => ("(", ")"),
                        Delimiter::Brace => ("{", "}"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::None => {
                            self.write(group.stream());
                            continue;
                        }
                    };
                    // A group that went through syn has one span for all of it.
                    let known = start != stop;
                    let (inner, outer) = if known { (beside(start, 1), beside(stop, -1)) } else { (start, stop) };
                    self.put(open, start, inner);
                    self.write(group.stream());
                    self.put(close, outer, stop);
                }
                other => {
                    self.put(&other.to_string(), start, stop);
                    self.joint = matches!(other, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint);
                }
            }
        }
    }

    fn put(&mut self, piece: &str, start: LineColumn, stop: LineColumn) {
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '\'');
        let apart = if std::mem::take(&mut self.joint) {
            false
        } else if start == stop {
            self.text.ends_with(|c| word(c) || matches!(c, ',' | ';')) && piece.starts_with(word)
        } else {
            self.end.is_some_and(|end| end != start)
        };
        if apart && !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(piece);
        self.end = Some(stop);
    }
}

fn beside(at: LineColumn, by: isize) -> LineColumn {
    LineColumn { line: at.line, column: at.column.saturating_add_signed(by) }
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;

    use super::{docs, text};

    #[test]
    fn text_is_as_it_was_typed() {
        for typed in [
            "Reading<'a>",
            "&'a mut Vec<Option<u8>>",
            "(u32, &str)",
            "-60.0..=160.0",
            "impl Iterator<Item = U> + 'a",
            "Box<dyn Fn(&str) -> bool + Send>",
            "|s| s.parse::<u64>()",
            "|n| *n < 10 && !done",
            "|Row { at, value }| Reading { at, value }",
        ] {
            let tokens: TokenStream = typed.parse().unwrap();
            assert_eq!(text(tokens), typed);
        }
        assert_eq!(text("a\n    .b(1,\n  2)".parse::<TokenStream>().unwrap()), "a .b(1, 2)");
    }

    #[test]
    fn words_stay_apart_where_places_are_unknown() {
        assert_eq!(text(quote!(&'a mut Vec<Option<u8>>)), "&'a mut Vec<Option<u8>>");
        assert_eq!(text(quote!(-60.0..=160.0)), "-60.0..=160.0");
        assert_eq!(text(quote!((a, b))), "(a, b)");
    }

    #[test]
    fn docs_lose_one_blank_a_line() {
        let item: syn::ItemStruct = syn::parse_quote! {
            /// One.
            ///
            ///   Two.
            struct S;
        };
        assert_eq!(docs(&item.attrs), "One.\n\n  Two.");
    }
}
