//! The simulated card in service: a vfio-user device on a Unix socket, for QEMU or any other client.
//!
//! ```text
//!  client ══ socket ══ Session ── Card ── Shared(Sim) ◄── PumpThread: the clock, while there is work
//!     │ files               │               │
//!     └─► GuestMemory ◄─────┴─ HostMemory ◄─┘ RootComplex
//!         MessageMemory: DMA_READ, DMA_WRITE
//! ```
//!
//! Configuration space is answered by the model, every access to a BAR becomes TLPs. One client at a time; when it is
//! gone, in whatever way, the card is reset and the next is served. The crate `vfio_user` is the client of the tests, and
//! not the server: it can't send DMA messages, and believes lengths that a client makes up.

mod card;
mod irqs;
mod mapped;
pub(crate) mod messages;
mod notice;
mod session;

use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use ferrolane::transport::TransportError;
use ferrolane_vfio_user::Socket;
use rustix::event::{poll, PollFd, PollFlags, Timespec};

use crate::control::SimControl;
use crate::options::Options;
use crate::pins::CardModel;
pub use crate::pump::Pace;
use crate::pump::PumpThread;
use crate::shared::{Shared, Sim};
use card::Card;
pub use notice::Notice;
use session::Session;

/// Wall time between two looks whether to stop, in milliseconds.
const LOOK_MS: i64 = 100;
/// Wall time that a client which is turned away has to say something first.
const PATIENCE: Duration = Duration::from_millis(100);

/// How the client's memory is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dma {
    /// Mapped from the files that come with DMA_MAP; by messages where none comes.
    #[default]
    Mapped,
    /// By messages only: no memory is shared, and the client translates.
    Messages,
}

/// What to serve, and how.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Path of the socket; there must be nothing yet.
    pub socket: PathBuf,
    /// The simulated machine; its pump and IOVA ranges are of no effect.
    pub sim: Options,
    /// How the client's memory is reached.
    pub dma: Dma,
    /// How fast the clock runs.
    pub pace: Pace,
}

/// Why a card can't be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No socket of this name.
    #[error("cannot listen on {path}: {source}{remedy}")]
    Socket {
        /// Path asked for.
        path: String,
        /// What the system said.
        source: std::io::Error,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The card can't be powered up.
    #[error(transparent)]
    Card(#[from] TransportError),
    /// A call to the system failed.
    #[error("{what}: {source}")]
    System {
        /// What was being done.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Makes the card anew, for each power-up.
pub type MakeCard = Box<dyn Fn(&Options) -> Result<Box<dyn CardModel>, TransportError> + Send + Sync>;

/// A card in service. The socket is removed with it.
pub struct Server {
    listener: UnixListener,
    options: ServeOptions,
    make: MakeCard,
    shared: Arc<Shared>,
    /// Ends before the machine does.
    pump: Option<PumpThread>,
    /// The client that is connected.
    client: Mutex<Option<Arc<Socket>>>,
    /// A void run was reported.
    told: AtomicBool,
    /// How often the card was powered up.
    power_ups: AtomicU32,
}

impl Server {
    /// Powers the card up and listens; clients that connect wait for [`Server::run`].
    ///
    /// # Errors
    /// [`ServeError`].
    pub fn with_card(options: ServeOptions, make: MakeCard) -> Result<Server, ServeError> {
        let listener = listen(&options.socket)?;
        let sim = power_up(&options.sim, &make).inspect_err(|_| remove(&options.socket))?;
        let shared = Arc::new(Shared::new(sim));
        let pump = PumpThread::start(Arc::clone(&shared), options.pace).map_err(|source| {
            remove(&options.socket);
            ServeError::System { what: "starting the clock's thread", source }
        })?;
        Ok(Server {
            listener,
            options,
            make,
            shared,
            pump: Some(pump),
            client: Mutex::default(),
            told: AtomicBool::new(false),
            power_ups: AtomicU32::new(1),
        })
    }

    /// A handle for what no client can know or do.
    pub fn control(&self) -> SimControl {
        SimControl::new(Arc::clone(&self.shared), self.options.sim.clone())
    }

    /// Serves clients one after the other until `stop` is set, which it sees within a tenth of a second.
    ///
    /// # Errors
    /// [`ServeError::System`] if the system gives no connections or threads any more.
    pub fn run(&self, stop: &AtomicBool, notify: &(dyn Fn(Notice) + Send + Sync)) -> Result<(), ServeError> {
        let mut card = Card::new(Arc::clone(&self.shared));
        let card = Mutex::new(&mut card);
        let result = std::thread::scope(|scope| {
            let mut session: Option<ScopedJoinHandle<'_, ()>> = None;
            let result = self.accept(scope, &card, &mut session, stop, notify);
            // The session's thread ends with its connection.
            if let Some(client) = &*self.client() {
                client.shut_down();
            }
            result
        });
        self.report(notify);
        result
    }

    fn client(&self) -> std::sync::MutexGuard<'_, Option<Arc<Socket>>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept<'scope, 'env>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        card: &'env Mutex<&'env mut Card>,
        session: &mut Option<ScopedJoinHandle<'scope, ()>>,
        stop: &AtomicBool,
        notify: &'env (dyn Fn(Notice) + Send + Sync),
    ) -> Result<(), ServeError> {
        let system = |what| move |source: std::io::Error| ServeError::System { what, source };
        while !stop.load(Ordering::SeqCst) {
            self.report(notify);
            if !readable(&self.listener).map_err(system("waiting for clients"))? {
                continue;
            }
            let (stream, _) = self.listener.accept().map_err(system("taking a client"))?;
            if self.is_taken() {
                turn_away(stream);
                notify(Notice::Busy);
                continue;
            }
            // The client before has hung up, and its session ends when it sees that.
            if let Some(session) = session.take() {
                let _ = session.join();
            }
            let socket = Arc::new(Socket::new(stream));
            *self.client() = Some(Arc::clone(&socket));
            *session = Some(
                std::thread::Builder::new()
                    .name("ferrolane-client".into())
                    .spawn_scoped(scope, move || self.serve(card, socket, notify))
                    .map_err(system("starting a client's thread"))?,
            );
        }
        Ok(())
    }

    /// Whether there is a client that has not hung up.
    fn is_taken(&self) -> bool {
        let client = self.client();
        let Some(socket) = &*client else { return false };
        let mut set = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::RDHUP)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let gone = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        !matches!(poll(&mut set, Some(&now)), Ok(n) if n > 0 && set[0].revents().intersects(gone))
    }

    fn serve(&self, card: &Mutex<&mut Card>, socket: Arc<Socket>, notify: &(dyn Fn(Notice) + Send + Sync)) {
        notify(Notice::Connected);
        self.shared.lock().machine.note("client connected");
        let mut card = card.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.shared.lock().events.counts().0;
        if let Err(error) = Session::new(&mut card, socket, self.options.dma, notify).run() {
            notify(Notice::CutOff(error.to_string()));
        }
        let (accesses, interrupts) = (card.accesses, self.shared.lock().events.counts().0 - before);
        card.close();
        self.shared.lock().machine.note("client disconnected");
        self.report(notify);
        self.replace_void(notify);
        *self.client() = None;
        notify(Notice::Disconnected { accesses, interrupts });
    }

    /// Says what the card has done since the last time.
    fn report(&self, notify: &(dyn Fn(Notice) + Send + Sync)) {
        let (faults, failure) = {
            let mut sim = self.shared.lock();
            (sim.machine.root.iommu.take_faults(), sim.machine.failure().map(ToString::to_string))
        };
        faults.into_iter().map(Notice::Fault).for_each(notify);
        if let Some(text) = failure.filter(|_| !self.told.swap(true, Ordering::SeqCst)) {
            notify(Notice::Failed(text));
        }
    }

    /// A run that is void is over: the card is powered up anew.
    fn replace_void(&self, notify: &(dyn Fn(Notice) + Send + Sync)) {
        let mut sim = self.shared.lock();
        if sim.machine.failure().is_none() {
            return;
        }
        let number = self.power_ups.fetch_add(1, Ordering::SeqCst) + 1;
        match power_up(&self.options.sim.again(number), &self.make) {
            Ok(fresh) => {
                *sim = fresh;
                self.told.store(false, Ordering::SeqCst);
                notify(Notice::PoweredUp);
            }
            Err(error) => notify(Notice::Failed(error.to_string())),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        remove(&self.options.socket);
        self.pump = None;
        self.shared.lock().machine.finish();
    }
}

fn power_up(options: &Options, make: &MakeCard) -> Result<Sim, TransportError> {
    let mut sim = Sim::boot(options.clone(), make(options)?)?;
    card::prepare(&mut sim);
    Ok(sim)
}

fn listen(path: &Path) -> Result<UnixListener, ServeError> {
    UnixListener::bind(path).map_err(|source| ServeError::Socket {
        path: path.display().to_string(),
        remedy: match source.kind() {
            std::io::ErrorKind::AddrInUse => {
                "; another server has it, or one that was killed has left it: end that, or remove the file"
            }
            std::io::ErrorKind::NotFound => "; make the folder first",
            std::io::ErrorKind::InvalidInput => "; a socket's path has at most 107 bytes: give a shorter one",
            _ => "",
        },
        source,
    })
}

fn remove(path: &Path) {
    // Somebody may have removed it before.
    let _ = std::fs::remove_file(path);
}

fn readable(listener: &UnixListener) -> std::io::Result<bool> {
    let mut set = [PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN)];
    let look = Timespec { tv_sec: 0, tv_nsec: LOOK_MS * 1_000_000 };
    match poll(&mut set, Some(&look)) {
        Ok(n) => Ok(n > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Answers what a client asks first with EBUSY. One that says nothing is closed without a word.
fn turn_away(stream: UnixStream) {
    if stream.set_read_timeout(Some(PATIENCE)).is_ok() {
        let socket = Socket::new(stream);
        if let Ok(Some(message)) = socket.receive() {
            session::turn_away(&socket, message.header);
        }
    }
}
