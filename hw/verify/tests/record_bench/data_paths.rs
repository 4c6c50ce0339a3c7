//! The data paths: descriptors that are taken, and their ends.

use rand::Rng;

use super::{Ask, Bench};

/// Names of a direction's ports, so that they are not put together in every clock.
struct Ports {
    valid: &'static str,
    ready: &'static str,
    fields: [&'static str; 7],
    taken: [&'static str; 3],
}

const PORTS: [Ports; 2] = [
    Ports {
        valid: "rec_h2c_valid",
        ready: "rec_h2c_ready",
        fields: [
            "rec_h2c_q",
            "rec_h2c_bytes",
            "rec_h2c_meta",
            "rec_h2c_index",
            "rec_h2c_flags",
            "rec_h2c_status",
            "rec_h2c_irq",
        ],
        taken: ["h2c_taken_valid", "h2c_taken_q", "h2c_taken_value"],
    },
    Ports {
        valid: "rec_c2h_valid",
        ready: "rec_c2h_ready",
        fields: [
            "rec_c2h_q",
            "rec_c2h_bytes",
            "rec_c2h_meta",
            "rec_c2h_index",
            "rec_c2h_flags",
            "rec_c2h_status",
            "rec_c2h_irq",
        ],
        taken: ["c2h_taken_valid", "c2h_taken_q", "c2h_taken_value"],
    },
];

impl Bench {
    pub(super) fn tell_taken(&mut self, g: usize) {
        let q = &self.queues[g];
        self.taken[g / self.nq] = Some(((g % self.nq) as u64, q.first_index.wrapping_add(q.taken)));
    }

    /// The next end of queue `g`, with no reason to hurry.
    pub fn plain(&mut self, g: usize) -> Ask {
        Ask { g, bytes: self.rng.random_range(0..1 << 24), meta: self.rng.random(), ..Ask::default() }
    }

    /// Offers an end; the queue has taken its descriptor at the latest now.
    pub fn offer(&mut self, mut ask: Ask) {
        let dir = ask.g / self.nq;
        assert!(self.offered[dir].is_none());
        let q = &mut self.queues[ask.g];
        ask.index = q.first_index.wrapping_add(q.offers);
        q.offers += 1;
        if q.taken < q.offers {
            q.taken = q.offers;
            self.tell_taken(ask.g);
        }
        self.offered[dir] = Some(ask);
    }

    /// Takes `n` descriptors more than have ended: they are in hand.
    pub fn take_ahead(&mut self, g: usize, n: u32) {
        let q = &mut self.queues[g];
        q.taken = q.offers + n;
        self.tell_taken(g);
        self.clock();
    }

    /// Offers an end and waits until it is accepted.
    pub fn end(&mut self, ask: Ask) {
        let dir = ask.g / self.nq;
        self.offer(ask);
        while self.offered[dir].is_some() {
            self.clock();
        }
    }

    pub(super) fn drive_ends(&mut self) {
        for (dir, ports) in PORTS.iter().enumerate() {
            self.d.set(ports.valid, self.offered[dir].is_some() as u64);
            if let Some(a) = &self.offered[dir] {
                let q = a.g % self.nq;
                let values =
                    [q as u32, a.bytes, a.meta, a.index, a.flags as u32, a.status as u32, a.irq as u32];
                for (name, value) in ports.fields.iter().zip(values) {
                    self.d.set(name, value);
                }
            }
            let taken = self.taken[dir].take();
            self.d.set(ports.taken[0], taken.is_some() as u64);
            if let Some((q, value)) = taken {
                self.d.set(ports.taken[1], q);
                self.d.set(ports.taken[2], value);
            }
        }
    }

    /// Ends that are accepted.
    pub(super) fn check_ends(&mut self) {
        for (dir, ports) in PORTS.iter().enumerate() {
            if self.d.get(ports.ready) == 1 {
                if let Some(a) = self.offered[dir].take() {
                    self.accept(a);
                }
            }
        }
    }

    fn accept(&mut self, mut a: Ask) {
        a.at = self.now;
        self.accepted += 1;
        let q = &mut self.queues[a.g];
        let value = a.index.wrapping_add(1);
        self.finished.push_back((self.now, [a.g as u64, value as u64, a.bytes as u64, a.meta as u64]));
        if q.settings.has_record(&a) {
            q.waiting.push_back(a);
        } else {
            q.skipped += 1;
            self.rooms.push_back((self.now, [a.g as u64, q.room()]));
        }
    }
}
