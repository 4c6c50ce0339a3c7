//! The owners of queue state: each clears what it has of a queue, and answers.

use rand::Rng;

use super::{Engine, NQ};

/// Owners of queue state and the directions that they serve.
const OWNERS: [(&str, bool, bool); 8] = [
    ("doorbell", true, true),
    ("fetch", true, true),
    ("record", true, true),
    ("h2c_issue", true, false),
    ("h2c_commit", true, false),
    ("h2c_egress", true, false),
    ("c2h_ingress", false, true),
    ("c2h_plan", false, true),
];

impl Engine {
    /// Owners' side of clearing.
    pub(super) fn clear(&mut self) {
        let asked = self.d.is_set("init_valid").then(|| self.d.get("init_g") as usize);
        if asked != self.init {
            assert!(asked.is_none() || self.init.is_none(), "init_valid has to fall between queues");
            // What is still on its way to an owner has this long to die away.
            assert!(asked.is_none() || self.released.is_none_or(|at| self.clock >= at + 16));
            self.released = Some(self.clock);
            if let Some(g) = asked {
                self.first_clear.get_or_insert(self.clock);
                assert_eq!(self.in_flight(g), None, "queue {g} is cleared in flight");
                assert_eq!(self.d.get("run") >> g & 1, 0, "queue {g} is cleared and runs");
                self.answered = 0;
                for (owner, answer) in OWNERS.iter().zip(&mut self.answers) {
                    let mine = if g < NQ { owner.1 } else { owner.2 };
                    *answer = mine.then(|| self.clock + self.rng.random_range(0..30));
                }
            } else {
                let g = self.init.unwrap();
                assert_eq!(self.answered, if g < NQ { 6 } else { 5 }, "not all owners of {g} have answered");
                self.cleared.push(g);
            }
            self.init = asked;
        }
        for (owner, answer) in OWNERS.iter().zip(&mut self.answers) {
            let now = *answer == Some(self.clock);
            self.answered += now as u32;
            self.d.set(&format!("init_done_{}", owner.0), now);
        }
    }
}
