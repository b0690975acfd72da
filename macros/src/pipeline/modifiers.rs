//! What may follow an element: `.keyed(field)`, `.named("label")`, `.or_skip()` and the like.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, Ident, Lit};

use super::build::Builder;
use super::model::{Key, Policy};
use super::syntax::Modifier;
use super::words;
use crate::diag::{near, suggestion};
use crate::text::text;

/// Modifiers of one element, sorted.
#[derive(Default)]
pub(super) struct Modifiers {
    pub(super) policy: Option<Policy>,
    pub(super) key: Option<Key>,
    /// How many keys there may be.
    pub(super) max: Option<Expr>,
    pub(super) named: Option<String>,
    /// Where the policy and the key were written.
    pub(super) policy_name: Option<Ident>,
    pub(super) key_name: Option<Ident>,
    pub(super) texts: Vec<String>,
}

impl Builder<'_> {
    /// Sorts the modifiers of an element; each that is unknown, repeated or incomplete is reported.
    pub(super) fn modifiers(&mut self, modifiers: Vec<Modifier>) -> Modifiers {
        let mut found = Modifiers::default();
        for modifier in modifiers {
            let args: Vec<String> = modifier.args.iter().map(text).collect();
            found.texts.push(format!("{}({})", modifier.name, args.join(", ")));
            let name = modifier.name.to_string();
            let mut args = modifier.args.into_iter();
            let (first, second, more) = (args.next(), args.next(), args.next());
            match (name.as_str(), first, second, more) {
                ("or_fail", None, ..) => self.policy(&mut found, &modifier.name, Policy::Fail),
                ("or_skip", None, ..) => self.policy(&mut found, &modifier.name, Policy::Skip),
                ("or_fail" | "or_skip", Some(arg), ..) => {
                    self.diag.error(arg, format!("`{name}` takes nothing; write `.{name}()`"));
                }
                ("or_dead_letter", Some(path), keep, None) if !matches!(path, Expr::Assign(_)) => {
                    let keep = keep.is_some_and(|keep| {
                        let valid = text(&keep).replace(' ', "") == "keep=input";
                        if !valid {
                            self.diag
                                .error(keep, "write `keep = input` to clone every item before the call, or nothing");
                        }
                        valid
                    });
                    self.policy(&mut found, &modifier.name, Policy::Letter { path, keep });
                }
                ("or_dead_letter", ..) => {
                    self.diag.error(
                        &modifier.name,
                        "`or_dead_letter` needs a path; write `.or_dead_letter(\"rejects.jsonl\")`",
                    );
                }
                ("named", Some(Expr::Lit(lit)), None, _) if matches!(lit.lit, Lit::Str(_)) => {
                    if found.named.is_some() {
                        self.diag.error(&modifier.name, "`named` is given twice; remove one");
                    }
                    if let Lit::Str(name) = lit.lit {
                        found.named = Some(name.value());
                    }
                }
                ("named", ..) => {
                    self.diag.error(&modifier.name, "`named` needs a name; write `.named(\"label\")`");
                }
                ("keyed", Some(key), None, _) => {
                    if found.key.is_some() {
                        self.diag.error(
                            &modifier.name,
                            "`keyed` is given twice; for a key of two parts write `.keyed((a, b))`",
                        );
                    }
                    found.key = self.key(key);
                    found.key_name = Some(modifier.name);
                }
                ("keyed", None, ..) => {
                    self.diag.error(
                        &modifier.name,
                        "`keyed` needs a field; write `.keyed(field)`, `.keyed((a, b))` or `.keyed(|item| ..)`",
                    );
                }
                ("keyed", Some(key), Some(option), None) => {
                    found.key = self.key(key);
                    found.max = self.max(option);
                }
                ("keyed", Some(_), Some(_), Some(extra)) => {
                    self.diag
                        .error(extra, "`keyed` takes a key and `max`; for a key of two parts write `.keyed((a, b))`");
                }
                (other, ..) => {
                    let message = unknown_modifier(other);
                    self.diag.error(&modifier.name, message);
                }
            }
        }
        found
    }

    fn policy(&mut self, found: &mut Modifiers, name: &syn::Ident, policy: Policy) {
        if found.policy.is_some() {
            self.diag.error(
                name,
                "a rejected item can go only one way; keep one of `or_fail`, `or_skip` and `or_dead_letter`",
            );
        }
        found.policy = Some(policy);
        found.policy_name = Some(name.clone());
    }

    pub(super) fn key(&mut self, key: Expr) -> Option<Key> {
        match key {
            Expr::Closure(mut closure) => {
                self.moves |= closure.capture.take().is_some();
                Some(Key::Closure(Expr::Closure(closure)))
            }
            Expr::Tuple(tuple) => {
                let fields: Vec<_> = tuple.elems.iter().filter_map(|field| self.field(field)).collect();
                (fields.len() == tuple.elems.len()).then_some(Key::Fields(fields, true))
            }
            other => self.field(&other).map(|field| Key::Fields(vec![field], false)),
        }
    }

    /// `max = n`
    fn max(&mut self, option: Expr) -> Option<Expr> {
        let Expr::Assign(assign) = option else {
            self.diag.error(
                option,
                "for a key of two parts write `.keyed((a, b))`, and to bound the keys `.keyed(a, max = 1000)`",
            );
            return None;
        };
        match text(&assign.left).as_str() {
            "max" => Some(*assign.right),
            "idle" => {
                self.diag.error(assign.left, "`idle` is reserved; bound the keys by number with `max = 1000`");
                None
            }
            name => {
                let hint = suggestion(name, &["max"]);
                self.diag.error(assign.left, format!("`keyed` has no argument `{name}`; {hint}"));
                None
            }
        }
    }

    /// A field of the item, or an accessor.
    fn field(&mut self, expr: &Expr) -> Option<TokenStream> {
        match no_field(expr) {
            None => Some(expr.to_token_stream()),
            Some(other) => {
                self.diag.error(
                    other,
                    "a key is a field of the item; write `.keyed(field)`, `.keyed((a, b))` or `.keyed(|item| ..)`",
                );
                None
            }
        }
    }
}

/// What keeps this from being a field, if it is none: `name`, `name.name` and `0` are, and so are the accessors of a packed record,
/// `name()` and `name().name`.
pub(super) fn no_field(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Field(field) => no_field(&field.base),
        Expr::MethodCall(call) if call.args.is_empty() && call.turbofish.is_none() => no_field(&call.receiver),
        Expr::Call(call) if call.args.is_empty() && matches!(&*call.func, Expr::Path(_)) => no_field(&call.func),
        Expr::Path(path) if path.path.get_ident().is_some() => None,
        Expr::Lit(lit) if matches!(&lit.lit, Lit::Int(int) if int.suffix().is_empty()) => None,
        other => Some(other),
    }
}

/// The first of them that is no modifier, nor nearly one: a method of some value.
pub(super) fn foreign(modifiers: &[Modifier]) -> Option<&Ident> {
    let known = || words::MODIFIERS.iter().chain(words::RESERVED_MODIFIERS).copied();
    modifiers.iter().map(|modifier| &modifier.name).find(|name| near(&name.to_string(), known()).is_none())
}

/// Why there is no such modifier.
pub(super) fn unknown_modifier(name: &str) -> String {
    if words::RESERVED_MODIFIERS.contains(&name) {
        return format!("`.{name}(..)` is reserved; pipelines are synchronous and run on one thread: remove it");
    }
    format!("there is no modifier `.{name}(..)`; {}", suggestion(name, words::MODIFIERS))
}
