//! A way to a server that can be cut.

use std::net::Ipv4Addr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Passes connections on, until it is cut or dropped.
pub(super) struct Proxy {
    port: u16,
    cut: CancellationToken,
}

impl Proxy {
    /// From one loopback port to another.
    pub(super) async fn start(port: u16, to: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.expect("the port is ours");
        let cut = CancellationToken::new();
        let over = cut.clone();
        tokio::spawn(async move {
            while let Some(Ok((mut client, _))) = over.run_until_cancelled(listener.accept()).await {
                let over = over.clone();
                tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await {
                        let _ = over.run_until_cancelled(copy_bidirectional(&mut client, &mut server)).await;
                    }
                });
            }
        });
        Self { port, cut }
    }

    /// `host:port`.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Ends every connection; there will be no other.
    pub(super) fn cut(&self) {
        self.cut.cancel();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
    }
}
