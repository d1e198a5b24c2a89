//! A small load balancer. It passes connections to the nodes by round robin, skips nodes that refuse, and accepts new
//! nodes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A balancer that runs until the test process ends.
#[derive(Clone)]
pub struct Balancer {
    nodes: Arc<Mutex<Vec<String>>>,
    /// The address of the balancer.
    pub host: String,
}

impl Balancer {
    /// Starts a balancer for these nodes.
    pub fn over<'a>(nodes: impl IntoIterator<Item = &'a str>) -> Balancer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let nodes = Arc::new(Mutex::new(nodes.into_iter().map(str::to_owned).collect()));
        let balancer = Balancer { nodes, host };
        let turn = AtomicUsize::new(0);
        let passing = balancer.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let turn = turn.fetch_add(1, Ordering::Relaxed);
                if let Some(node) = passing.connect(turn) {
                    pass(client, node);
                }
            }
        });
        balancer
    }

    /// Replaces a node that has gone with a new one.
    pub fn replace(&self, gone: &str, node: &str) {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.iter_mut().filter(|host| *host == gone).for_each(|host| *host = node.to_owned());
    }

    fn connect(&self, turn: usize) -> Option<TcpStream> {
        let nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (0..nodes.len()).find_map(|n| TcpStream::connect(&nodes[(turn + n) % nodes.len()]).ok())
    }
}

fn pass(client: TcpStream, node: TcpStream) {
    for stream in [&client, &node] {
        let _ = stream.set_nodelay(true);
    }
    let (Ok(from_client), Ok(from_node)) = (client.try_clone(), node.try_clone()) else { return };
    std::thread::spawn(move || copy(from_client, node));
    std::thread::spawn(move || copy(from_node, client));
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
