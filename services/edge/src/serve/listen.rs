//! Listening sockets.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use crate::config::HttpConfig;
use crate::error::Error;

/// Where an edge is reached.
pub struct Listeners {
    /// By clients.
    pub clients: TcpListener,
    /// By operators, for `/livez`, `/readyz` and `/metrics`.
    pub operations: Option<TcpListener>,
}

impl Listeners {
    /// Listens where the configuration says.
    pub async fn bind(config: &crate::EdgeConfig) -> Result<Self, Error> {
        let clients =
            listen(config.listen, &config.http).map_err(|source| Error::Listen { address: config.listen, source })?;
        let operations = match config.health {
            Some(address) => {
                Some(TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })?)
            }
            None => None,
        };
        Ok(Self { clients, operations })
    }
}

impl From<TcpListener> for Listeners {
    fn from(clients: TcpListener) -> Self {
        Self { clients, operations: None }
    }
}

/// Listens for clients, with the backlog and the send buffer that the settings ask for.
fn listen(address: SocketAddr, config: &HttpConfig) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port whose last connections are still ending can be listened on again.
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(config.send_buffer_bytes)?;
    socket.bind(address)?;
    socket.listen(config.listen_backlog)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn as_many_clients_as_the_backlog_says_connect_before_any_is_accepted() {
        let config = HttpConfig::default();
        // The kernel's own bound; 4,096 on current systems.
        let kernel = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse::<usize>().unwrap();
        let count = kernel.min(300);
        let listener = listen("127.0.0.1:0".parse().unwrap(), &config).unwrap();
        let address = listener.local_addr().unwrap();
        let mut clients = Vec::new();
        for _ in 0..count {
            // A SYN that finds the queue full is answered a second later at the earliest.
            let connected = tokio::time::timeout(std::time::Duration::from_millis(900), TcpStream::connect(address));
            clients.push(connected.await.expect("the queue has room").unwrap());
        }
        assert_eq!(clients.len(), count);
    }
}
