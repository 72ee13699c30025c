//! Where MQTT leads that comes to the gateway by WebSocket: to the broker of this process, or to
//! the one that is configured.

use std::sync::Arc;
use std::time::Duration;

use pizza_bridge::{BrokerStream, Dialer};
use pizza_broker::Acceptor;
use pizza_gateway::{ByteStream, Mqtt, Opener};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, sink, split};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::config::Config;

/// How long either side may take to hear that it is over.
const GOODBYE_WAIT: Duration = Duration::from_millis(500);
/// How long the broker may take to accept a connection.
const DIAL_WAIT: Duration = Duration::from_secs(5);
/// How long all of them together may take when the process stops.
const STOP_WAIT: Duration = Duration::from_secs(2);
/// What a client may have sent before it is connected to the broker: a CONNECT, or its beginning.
const FIRST_BYTES: usize = 4 << 10;

/// To the broker of this process.
pub(crate) fn to_own(acceptor: &Acceptor) -> Mqtt {
    let to = acceptor.clone();
    Mqtt {
        asks_who: true,
        message_bytes_max: acceptor.packet_bytes_max(),
        serve: Box::new(move |stream, opener| {
            let to = to.clone();
            // Where whoever shows nothing is let in, that is for this machine only.
            Box::pin(async move { to.accept(stream, opener == Opener::Trusted).await })
        }),
    }
}

/// Passes clients on to a broker elsewhere.
pub(crate) struct Relay {
    /// Ends with the last client: each has a receiver.
    closing: watch::Sender<bool>,
    dialer: Arc<Dialer>,
}

impl Relay {
    pub(crate) fn new(dialer: Dialer) -> Self {
        Self {
            closing: watch::Sender::new(false),
            dialer: Arc::new(dialer),
        }
    }

    pub(crate) fn mqtt(&self, config: &Config) -> Mqtt {
        let (dialer, closing) = (Arc::clone(&self.dialer), self.closing.clone());
        let limits = &config.broker.limits;
        let speaks_within = Duration::from_millis(limits.connect_ms_max);
        Mqtt {
            // Nobody but the broker knows. One that wants a name of the bridge wants one of all.
            asks_who: config.bridge.user.is_some(),
            message_bytes_max: limits.packet_bytes_max,
            serve: Box::new(move |stream, _| {
                let (dialer, closing) = (Arc::clone(&dialer), closing.subscribe());
                Box::pin(pass_on(stream, dialer, closing, speaks_within))
            }),
        }
    }

    /// Ends what is still passed on.
    pub(crate) async fn stop(self) {
        self.closing.send_replace(true);
        // Whoever is not gone by then has not agreed to, and goes with the process.
        let _ = timeout(STOP_WAIT, self.closing.closed()).await;
    }
}

async fn pass_on(
    mut client: ByteStream,
    dialer: Arc<Dialer>,
    mut closing: watch::Receiver<bool>,
    speaks_within: Duration,
) {
    let mut first = Vec::with_capacity(FIRST_BYTES);
    // Else whoever opens connections and says nothing would take them from the broker.
    let said = timeout(speaks_within, client.read_buf(&mut first)).await;
    if matches!(said, Ok(Ok(1..))) {
        match timeout(DIAL_WAIT, dialer.connect()).await {
            Ok(Ok(broker)) => carry(&mut client, broker, &first, &mut closing).await,
            Ok(Err(error)) => tracing::warn!(%error, "no broker for a client by WebSocket"),
            Err(_) => tracing::warn!("no broker for a client by WebSocket: it does not answer"),
        }
    }
    let _ = timeout(GOODBYE_WAIT, client.shutdown()).await;
}

/// Returns when either side has ended, or the process stops.
async fn carry(
    client: &mut ByteStream,
    broker: Box<dyn BrokerStream>,
    first: &[u8],
    closing: &mut watch::Receiver<bool>,
) {
    let (mut from_client, mut to_client) = split(client);
    let (mut from_broker, mut to_broker) = split(broker);
    let sent = async {
        to_broker.write_all(first).await?;
        to_broker.flush().await?;
        copy(&mut from_client, &mut to_broker).await
    };
    tokio::select! {
        _ = sent => {}
        _ = copy(&mut from_broker, &mut to_client) => return,
        _ = closing.wait_for(|closing| *closing) => return,
    }
    // The client's last packets, a DISCONNECT for one, are to arrive before the connection ends.
    let rest = async {
        to_broker.shutdown().await?;
        copy(&mut from_broker, &mut sink()).await
    };
    let _ = timeout(GOODBYE_WAIT, rest).await;
}
