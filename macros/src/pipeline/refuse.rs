//! What stands where it cannot.

use syn::{Expr, Lit};

use super::build::Builder;
use super::modifiers::Modifiers;
use super::sqlite;
use super::syntax::{self, Element, Kind};
use super::words::Word;
use crate::text::text;

impl Builder<'_> {
    /// Reports what keeps items that a `tee` only lends. Behind anything but these words items may be owned.
    pub(super) fn refuse_keeping(&mut self, chain: &syntax::Chain) {
        for element in &chain.elements {
            let Kind::Word(shape, args) = &element.kind else { return };
            let keeps = match shape.word {
                Word::Filter | Word::Inspect | Word::Take | Word::Skip | Word::TakeWhile => continue,
                Word::Collect | Word::Chunks | Word::Channel => true,
                Word::Dedup => args.positional.is_empty(),
                _ => false,
            };
            if keeps {
                let (name, positional) = (shape.name, args.positional.iter().map(text).collect::<Vec<_>>().join(", "));
                let call = if shape.word == Word::Dedup { name.to_owned() } else { format!("{name}({positional})") };
                self.diag.error_at(
                    element.span,
                    format!("`tee` lends its items to this branch, and `{name}` keeps them; write `cloned | {call}`"),
                );
            }
            return;
        }
    }

    /// What stands in the wrong place, or has a modifier that means nothing there.
    pub(super) fn refuse_misplaced(&mut self, element: &Element, mods: &Modifiers, last: bool) {
        let (name, keyed, rejects) = match &element.kind {
            Kind::Word(shape, _) => (shape.name, shape.keyed, shape.rejects),
            Kind::Tee(_) => ("tee", false, false),
            Kind::Route(_) => ("route", false, false),
            Kind::Meet(meet) => (meet.name(), false, false),
            Kind::Stage(..) | Kind::Value(_) | Kind::Group(_) | Kind::Wrong(_) => ("", true, true),
        };
        if let (Some(modifier), false) = (&mods.key_name, keyed) {
            self.diag.error(modifier, format!("`{name}` has no state to keep apart; remove `.keyed(..)`"));
        }
        if let (Some(modifier), false) = (&mods.policy_name, rejects) {
            let hint = if name == "map" { ", or write `try_map(..)` to reject items" } else { "" };
            self.diag.error(modifier, format!("`{name}` never rejects an item; remove `.{modifier}(..)`{hint}"));
        }
        let Kind::Word(shape, args) = &element.kind else { return };
        if shape.word == Word::Sqlite && last {
            sqlite::check(args, element.span, sqlite::End::Sink, cfg!(feature = "sqlite"), self.diag);
        }
        if shape.source && !shape.sink {
            self.diag.error_at(element.span, format!("`{}` is a source; it starts a pipeline", shape.name));
        } else if shape.sink && !shape.stage && !last {
            let advice = if shape.source {
                "only the last stage can be a sink; to write and go on, use `tee(..) | ..`"
            } else {
                "to keep items and go on, use `tee(..) | ..`"
            };
            self.diag
                .error_at(element.span, format!("`{}` ends the chain, so nothing can follow it; {advice}", shape.name));
        }
        if shape.word == Word::Chunks
            && let Some(Expr::Lit(lit)) = args.positional.first()
            && matches!(&lit.lit, Lit::Int(int) if int.base10_digits() == "0")
        {
            self.diag.error(lit, "chunks hold 1 item at least, got 0");
        }
    }
}
