//! The Verilated builds of the engine, with the card's side behind each.

use ferrolane_sim::pins::{CardModel, Inputs, Outputs};

use crate::card::{SharedSide, StreamBeat};

/// What a build is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Its rates are measured.
    Rate,
    /// What its C2H share loses is measured.
    Depth,
    /// It shows that other sizes work.
    Size,
}

/// A build of the engine.
#[derive(Clone, Copy)]
pub struct Build {
    /// What it is for.
    pub role: Role,
    /// Its name.
    pub name: &'static str,
    /// Port width in bits.
    pub width: usize,
    /// Queues per direction.
    pub queues: usize,
    /// Read tags.
    pub tags: usize,
    /// Bytes of a queue's share of the C2H FIFO.
    pub c2h_share: u64,
    create: fn(u64, SharedSide) -> Result<Box<dyn CardModel>, verilated::Error>,
}

impl Build {
    /// Those that are there for `role`.
    pub fn all(role: Role) -> impl Iterator<Item = &'static Build> {
        BUILDS.iter().filter(move |build| build.role == role)
    }

    /// The engine in its random power-up state, with `side` behind it.
    ///
    /// # Errors
    /// The model can't be created.
    pub fn create(&self, seed: u64, side: SharedSide) -> Result<Box<dyn CardModel>, verilated::Error> {
        (self.create)(seed, side)
    }
}

/// A pin per queue, of any number of queues.
trait QueueBits {
    fn bits(&self) -> u64;
}

impl QueueBits for u32 {
    fn bits(&self) -> u64 {
        (*self).into()
    }
}

impl QueueBits for [u32; 2] {
    fn bits(&self) -> u64 {
        u64::from(self[0]) | u64::from(self[1]) << 32
    }
}

struct Engine<M, I, O> {
    model: M,
    input: I,
    output: O,
    lanes: usize,
    side: SharedSide,
}

macro_rules! engines {
    ($($role:ident $name:ident: $width:literal bits, $queues:literal queues, $tags:literal tags, $share:literal bytes;)*) => {
        $(
            verilated::model! {
                #[doc = "A build of the engine."]
                pub mod $name;
            }

            impl CardModel for Engine<$name::Model, $name::In, $name::Out> {
                fn lanes(&self) -> usize {
                    self.lanes
                }

                fn step(&mut self, i: &Inputs, o: &mut Outputs) -> Result<(), String> {
                    let mut side = self.side.lock();
                    let to = &mut self.input;
                    ferrolane_sim::drive_pins!(*to, i);
                    let stalled = side.stalls();
                    if stalled {
                        to.tx_wr_ready = 0;
                    }
                    let beat = side.offer();
                    to.h2c_axis_tready = 1;
                    to.c2h_axis_tvalid = beat.valid.into();
                    to.c2h_axis_tlast = beat.last.into();
                    to.c2h_axis_tdest = beat.dest;
                    to.c2h_axis_tuser = beat.user;
                    to.c2h_axis_tkeep = beat.keep;
                    let lanes = to.c2h_axis_tdata.len();
                    to.c2h_axis_tdata.copy_from_slice(&beat.data[..lanes]);
                    self.model.step(&self.input, &mut self.output).map_err(|error| error.to_string())?;
                    let from = &self.output;
                    ferrolane_sim::read_pins!(*from, o);
                    o.tx_wr.valid &= !stalled;
                    let mut h2c = StreamBeat { valid: from.h2c_axis_tvalid != 0, ..StreamBeat::default() };
                    if h2c.valid {
                        h2c.last = from.h2c_axis_tlast != 0;
                        h2c.dest = from.h2c_axis_tdest;
                        h2c.user = from.h2c_axis_tuser;
                        h2c.keep = from.h2c_axis_tkeep;
                        h2c.data[..lanes].copy_from_slice(&from.h2c_axis_tdata);
                    }
                    if !i.rst {
                        side.clock(i, o, &h2c, from.c2h_axis_tready != 0, from.c2h_pause.bits());
                    }
                    Ok(())
                }
            }
        )*

        /// The builds that this bench was built with.
        pub const BUILDS: &[Build] = &[$( Build {
            role: Role::$role,
            name: stringify!($name),
            width: $width,
            queues: $queues,
            tags: $tags,
            c2h_share: $share,
            create: |seed, side| {
                let options = verilated::Options::seeded(seed);
                Ok(Box::new(Engine {
                    model: $name::Model::new(&options)?,
                    input: $name::In::default(),
                    output: $name::Out::default(),
                    lanes: $width / 32,
                    side,
                }))
            },
        } ),*];
    };
}

include!(concat!(env!("OUT_DIR"), "/engines.rs"));
