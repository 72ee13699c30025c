//! Connections: how many there may be, how slow, and how they end.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::config::GatewayConfig;

/// How long to wait before accepting again when the system has run out of something.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// The least that the HTTP library works with.
const HEAD_BYTES_MIN: usize = 8 << 10;

/// Serves until `stop` resolves, and then until the requests in progress are answered or
/// their time is over.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    config: &GatewayConfig,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "listening");
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let places = Arc::new(Semaphore::new(config.connections_max));
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, place)) => {
                let connection = connection(stream, router.clone(), config);
                let connection = graceful.watch(connection);
                connections.spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection broke");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    drop(listener);
    let time = Duration::from_millis(config.drain_ms);
    let finished = tokio::time::timeout(time, graceful.shutdown()).await;
    if finished.is_err() {
        tracing::warn!("requests that took too long were cut off");
    }
    connections.shutdown().await;
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // Answers are small and complete: waiting to fill a packet only adds latency.
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

type Connection = http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Router>>;

fn connection(stream: TcpStream, router: Router, config: &GatewayConfig) -> Connection {
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(config.head_ms_max))
        .max_buf_size(config.head_bytes_max.max(HEAD_BYTES_MIN))
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
}
