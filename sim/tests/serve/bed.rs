//! A server in a thread of this process, on a socket in a folder of its own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use ferrolane_sim::serve::{Dma, Notice, Pace, ServeOptions, Server};
use ferrolane_sim::{Options, SimControl};

/// A card in service.
pub struct Bed {
    pub socket: PathBuf,
    pub control: SimControl,
    notices: Arc<Mutex<Vec<Notice>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl Bed {
    pub fn start(preset: &str, dma: Dma) -> Bed {
        Bed::paced(preset, dma, Pace::Free)
    }

    pub fn paced(preset: &str, dma: Dma, pace: Pace) -> Bed {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("card.sock");
        let sim = Options::parse(preset).unwrap();
        let options = ServeOptions { socket: socket.clone(), sim, dma, pace };
        let server = Server::open(options).unwrap();
        let control = server.control();
        let stop = Arc::new(AtomicBool::new(false));
        let notices = Arc::new(Mutex::new(Vec::new()));
        let (inner, heard) = (Arc::clone(&stop), Arc::clone(&notices));
        let thread = std::thread::spawn(move || {
            server.run(&inner, &|notice| heard.lock().unwrap().push(notice)).unwrap();
        });
        Bed { socket, control, notices, stop, thread: Some(thread), _folder: folder }
    }

    /// What the server has said so far.
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap().clone()
    }

    /// Waits for something that the server says; how long it takes is not for a test to judge.
    pub fn wait_for(&self, what: impl Fn(&Notice) -> bool) -> Notice {
        for _ in 0..60_000 {
            if let Some(notice) = self.notices().into_iter().find(&what) {
                return notice;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        panic!("not said in a minute; said: {:?}", self.notices());
    }

    /// Ends the server; it must end well.
    pub fn stop(mut self) -> Vec<Notice> {
        self.end();
        self.notices()
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        assert!(!self.socket.exists(), "the socket is removed");
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.end();
        }
    }
}
