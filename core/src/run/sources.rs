//! The sources of a run: what they are called, and whose item is on its way.

use std::cell::{Cell, Ref, RefCell};

/// The turn of no source alone: what comes at the end, when all have ended.
pub(super) const ALL: u32 = u32::MAX;

/// The names of the sources, and whose turn it is.
#[derive(Default)]
pub(super) struct Sources {
    names: RefCell<Names>,
    /// The node of the source whose item is on its way; that of the only one if there is but one.
    current: Cell<u32>,
}

#[derive(Default)]
struct Names {
    /// By node, in its order.
    each: Vec<(u32, String)>,
    /// All of them.
    all: String,
}

impl Sources {
    /// Names the source of a node, once it knows its name.
    pub(super) fn set_name(&self, node: u32, name: String) {
        let mut names = self.names.borrow_mut();
        match names.each.binary_search_by_key(&node, |(node, _)| *node) {
            Ok(at) => names.each[at].1 = name,
            Err(at) => names.each.insert(at, (node, name)),
        }
        let mut all = String::new();
        for (_, name) in &names.each {
            if !all.is_empty() {
                all.push_str(", ");
            }
            all.push_str(name);
        }
        names.all = all;
    }

    #[inline(always)]
    pub(super) fn turn(&self, node: u32) -> u32 {
        self.current.replace(node)
    }

    pub(super) fn current(&self) -> u32 {
        self.current.get()
    }

    /// The name of the source whose turn it is.
    pub(super) fn name(&self) -> Ref<'_, str> {
        Ref::map(self.names.borrow(), |names| names.of(self.current.get()).unwrap_or(&names.all))
    }

    /// The name of the source of a node.
    pub(super) fn name_of(&self, node: u32) -> String {
        self.names.borrow().of(node).unwrap_or_default().to_owned()
    }

    /// The names of all, with `, ` between them.
    pub(super) fn all(&self) -> String {
        self.names.borrow().all.clone()
    }
}

impl Names {
    fn of(&self, node: u32) -> Option<&str> {
        self.each.iter().find(|(known, _)| *known == node).map(|(_, name)| name.as_str())
    }
}
