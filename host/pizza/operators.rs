//! The listener for operators, and for edges in other processes.

use pizza_http::{Limits, Listener};
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
