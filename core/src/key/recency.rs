//! Which of several slots was not used for longest.

/// Slots in the order of their last use: a list through a table, so that moving one to the front costs no search.
#[derive(Debug, Default)]
pub(super) struct Recency {
    /// Of each slot, the ones used just before and just after it.
    links: Vec<(usize, usize)>,
    oldest: usize,
    newest: usize,
}

impl Recency {
    pub(super) fn oldest(&self) -> usize {
        self.oldest
    }

    /// Makes `slot`, an old one or the next new one, the newest.
    pub(super) fn touch(&mut self, slot: usize) {
        if slot == self.links.len() {
            if slot > 0 {
                self.links[self.newest].1 = slot;
            }
            self.links.push((self.newest, slot));
        } else if slot != self.newest {
            let (before, after) = self.links[slot];
            if slot == self.oldest {
                self.oldest = after;
            } else {
                self.links[before].1 = after;
            }
            self.links[after].0 = before;
            self.links[self.newest].1 = slot;
            self.links[slot] = (self.newest, slot);
        }
        self.newest = slot;
    }
}

#[cfg(test)]
mod tests {
    use super::Recency;

    #[test]
    fn recency_is_that_of_a_plain_list() {
        let mut recent = Recency::default();
        let mut list: Vec<usize> = Vec::new();
        let mut random = 7_usize;
        for step in 0..2000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let slot = if step < 9 { step } else { (random >> 33) % 9 };
            recent.touch(slot);
            list.retain(|&other| other != slot);
            list.push(slot);
            assert_eq!((recent.oldest(), recent.newest), (list[0], slot));
        }
    }
}
