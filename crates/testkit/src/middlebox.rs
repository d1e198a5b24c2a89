//! A proxy between a program and a server. It can fall silent: it keeps connections open and reads, but forwards
//! nothing. It can also close the connections.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Forwards connections to a server on this machine, until a test stops it.
#[derive(Debug)]
pub struct Middlebox {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    mode: Mode,
    /// Connections with at most this number are frozen, whatever the mode.
    frozen_through: usize,
    /// Both sockets of every connection so far.
    ends: Vec<[TcpStream; 2]>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Mode {
    #[default]
    Passing,
    Frozen,
    Cut,
}

impl Middlebox {
    /// Starts a middlebox for the server at this port of this machine.
    ///
    /// # Errors
    /// No port is free.
    pub fn before(server: u16) -> io::Result<Middlebox> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::default());
        let accepting = shared.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = accepting.clone();
                std::thread::spawn(move || shared.accept(client, server));
            }
        });
        Ok(Middlebox { port, shared })
    }

    /// Starts a middlebox for the server at this address on this machine. Also returns the address that leads through
    /// the middlebox.
    ///
    /// # Errors
    /// The address has no port of this machine.
    pub fn before_url(url: &str) -> io::Result<(Middlebox, String)> {
        let parts = || {
            let (head, rest) = url.split_once("127.0.0.1:")?;
            let (port, tail) = rest.split_at(rest.find(['/', '?'])?);
            Some((head, port.parse().ok()?, tail))
        };
        let (head, port, tail) =
            parts().ok_or_else(|| io::Error::other(format!("no port of this machine in {url}")))?;
        let middlebox = Middlebox::before(port)?;
        let url = format!("{head}127.0.0.1:{}{tail}", middlebox.port());
        Ok((middlebox, url))
    }

    /// The middlebox's port on this machine.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Forwards nothing more, neither on open connections nor on new ones. New connections are still accepted.
    pub fn freeze(&self) {
        self.set(Mode::Frozen);
    }

    /// Forwards nothing more on the connections that are open now. New connections work.
    pub fn freeze_open(&self) {
        let mut state = self.shared.state();
        state.frozen_through = state.ends.len();
    }

    /// Closes all connections. New ones are closed at once.
    pub fn cut(&self) {
        self.set(Mode::Cut);
        self.shared.close_all();
    }

    fn set(&self, mode: Mode) {
        self.shared.state().mode = mode;
        self.shared.changed.notify_all();
    }
}

impl Drop for Middlebox {
    fn drop(&mut self) {
        self.cut();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Shared>, client: TcpStream, server: u16) {
        // The connection has no number yet. With the largest number, only the mode decides.
        if !self.may_pass(usize::MAX) {
            return;
        }
        let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { return };
        for end in [&client, &server] {
            let _ = end.set_nodelay(true);
        }
        let copies = [client.try_clone(), server.try_clone(), client.try_clone(), server.try_clone()];
        let [Ok(kept), Ok(kept_server), Ok(from_client), Ok(from_server)] = copies else { return };
        let number = {
            let mut state = self.state();
            state.ends.push([kept, kept_server]);
            state.ends.len()
        };
        let (there, back) = (self.clone(), self.clone());
        std::thread::spawn(move || there.copy(number, from_client, server));
        std::thread::spawn(move || back.copy(number, from_server, client));
    }

    fn copy(&self, number: usize, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if !self.may_pass(number) || to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        // While a connection is frozen, its end is not forwarded either.
        if self.may_pass(number) {
            let _ = to.shutdown(Shutdown::Write);
        }
    }

    /// Waits while the connection is frozen. Returns `false` after it was cut.
    fn may_pass(&self, number: usize) -> bool {
        let frozen = |state: &mut State| {
            state.mode == Mode::Frozen || state.mode == Mode::Passing && number <= state.frozen_through
        };
        let state = self.changed.wait_while(self.state(), frozen).unwrap_or_else(PoisonError::into_inner);
        state.mode == Mode::Passing
    }

    fn close_all(&self) {
        for end in self.state().ends.iter().flatten() {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}
