//! The listener for operators, and for edges in other processes; and how the gateway of the same
//! process reaches it, which is as every other does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use pizza_client::{Operators, RemoteError};
use pizza_http::{Limits, Listener};
use pizza_silo::Token;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Serves the admin API until it is closing, and then until everybody is answered.
pub(crate) fn serve(
    listener: TcpListener,
    router: axum::Router,
    limits: Limits,
    closing: &watch::Sender<bool>,
) -> JoinHandle<std::io::Result<()>> {
    let mut closing = closing.subscribe();
    tokio::spawn(async move {
        let stop = async {
            // A sender that is gone has closed too.
            let _ = closing.wait_for(|closing| *closing).await;
        };
        pizza_http::serve(vec![Listener::http(listener)], router, &limits, stop).await
    })
}

/// The way to the silo that listens at `address`.
///
/// # Errors
/// When the token cannot be sent.
pub(crate) fn reached_at(
    address: SocketAddr,
    token: &Token,
) -> Result<Arc<Operators>, RemoteError> {
    // What listens everywhere listens on this machine too.
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let address = SocketAddr::new(ip, address.port()).to_string();
    Operators::of(&[address], token.expose())
}
