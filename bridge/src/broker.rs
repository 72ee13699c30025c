//! A broker in this process, for MQTT 3.1.1 and 5 on one port: what a pizzeria of one
//! machine needs, and what no client can bring down. What the house (the bridge) has
//! subscribed to is acknowledged to its publisher when the house has acknowledged it.
//!
//! - [`config`]: what may be set; every limit
//! - [`door`](self::door), [`hall`](self::hall): listeners, TLS, how many come in
//! - [`admission`](self::admission): who comes in, and as whom
//! - [`connection`](self::connection): one client, from its first packet to its last will
//! - [`packet`](self::packet), [`decode`](self::decode), [`encode`](self::encode): the
//!   protocol; [`properties`](self::properties) and [`reader`](self::reader) are its parts
//! - [`hub`](self::hub): sessions, subscriptions and what is kept, under one lock
//! - [`session`](self::session), [`outbox`](self::outbox), [`receipt`](self::receipt),
//!   [`subscriptions`](self::subscriptions), [`retained`](self::retained),
//!   [`topic`](self::topic): what the hub is made of
//! - [`rate`](self::rate): how fast one client may be

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use self::admission::Users;
use self::connection::Entry;
use self::door::Door;
use self::hall::Hall;
use self::hub::Hub;
use self::session::Side;
use crate::config::Secret;

mod admission;
pub mod config;
mod connection;
mod decode;
mod door;
mod encode;
mod hall;
mod hub;
mod metrics;
mod outbox;
mod packet;
mod properties;
mod rate;
mod reader;
mod receipt;
mod retained;
mod session;
mod subscriptions;
mod tls;
mod topic;

pub use self::config::Config;
pub use self::tls::TlsError;

const HOUSE_USER: &str = "house";
const HOUSE_PLACES: usize = 64;
const CLOSES_WITHIN: Duration = Duration::from_secs(3);
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// For the last that the house has to say.
const HOUSE_LEAVES_WITHIN: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    #[error(
        "cannot listen for MQTT on {address}; is another broker running? {option} takes another address, or off"
    )]
    Taken {
        address: SocketAddr,
        option: &'static str,
        source: io::Error,
    },
    #[error("{option} is {address}, which other machines reach, so broker.users must be set")]
    OpenToAll {
        address: SocketAddr,
        option: &'static str,
    },
    #[error("the broker's own door cannot be made")]
    House(#[source] io::Error),
    #[error("there is no randomness for a password")]
    NoRandomness,
    #[error("broker.mqtts takes `certificate` and `key` together")]
    NoCertificate,
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Listening, not yet open.
pub struct Bound {
    config: Config,
    mqtt: Option<TcpListener>,
    mqtts: Option<TcpListener>,
}

/// Who else may need the same certificate.
pub struct Certificate {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// A running broker.
pub struct Embedded {
    hub: Arc<Hub>,
    addresses: Addresses,
    house: House,
    closing: watch::Sender<bool>,
    doors: JoinSet<()>,
}

#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    pub mqtt: Option<SocketAddr>,
    pub mqtts: Option<SocketAddr>,
}

/// The door for this process only: what comes in there is never held up, and what it is
/// too slow for is never lost.
#[derive(Debug, Clone)]
pub struct House {
    pub address: SocketAddr,
    pub user: String,
    pub password: Secret,
}

impl Bound {
    /// # Errors
    /// When an address is taken, or open to all.
    pub async fn new(config: Config) -> Result<Self, BrokerError> {
        let (mut mqtt, mut mqtts) = (None, None);
        if config.mqtt.on {
            mqtt = Some(listen(&config, config.mqtt.address, "--mqtt").await?);
        }
        if config.mqtts.on {
            mqtts = Some(listen(&config, config.mqtts.address, "--mqtts").await?);
        }
        Ok(Self {
            config,
            mqtt,
            mqtts,
        })
    }

    /// Whether TLS is wanted and a certificate is not configured.
    #[must_use]
    pub fn needs_certificate(&self) -> bool {
        let tls = &self.config.mqtts;
        self.mqtts.is_some() && tls.certificate.is_none() && tls.key.is_none()
    }

    /// Opens; for everybody else only when the house has subscribed, if it will.
    ///
    /// # Errors
    /// When the certificate does not work, or the system gives no port or no randomness.
    pub async fn open(
        self,
        shown: Option<Certificate>,
        house_comes: bool,
    ) -> Result<Embedded, BrokerError> {
        let Self {
            config,
            mqtt,
            mqtts,
        } = self;
        metrics::describe();
        let address = |listener: &Option<TcpListener>| {
            let address = listener.as_ref().map(TcpListener::local_addr);
            address.transpose().map_err(BrokerError::House)
        };
        let addresses = Addresses {
            mqtt: address(&mqtt)?,
            mqtts: address(&mqtts)?,
        };
        let hub = Arc::new(Hub::new(config.limits.clone()));
        let (closing, closes) = watch::channel(false);
        let mut doors = JoinSet::new();
        let numbers = Arc::<AtomicU64>::default();
        let own = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let own = own.map_err(BrokerError::House)?;
        let house = House {
            address: own.local_addr().map_err(BrokerError::House)?,
            user: HOUSE_USER.to_owned(),
            password: password()?,
        };
        let open = |listener, tls, users, side, places: &Arc<Semaphore>| {
            let waits = side == Side::Street && house_comes;
            let entry = Entry {
                hub: Arc::clone(&hub),
                side,
                users,
                hall: Arc::new(Hall::new(hub.limits.half_open_max)),
                places: Arc::clone(places),
            };
            Door {
                listener,
                tls,
                entry: Arc::new(entry),
                numbers: Arc::clone(&numbers),
                house: waits.then(|| hub.house()),
            }
        };
        let users = Users::one(&house.user, house.password.expose());
        let places = Arc::new(Semaphore::new(HOUSE_PLACES));
        let door = open(own, None, users, Side::House, &places);
        doors.spawn(door.open(closes.clone()));
        let places = Arc::new(Semaphore::new(config.limits.connections_max));
        if let Some(listener) = mqtt {
            let door = open(listener, None, Users::of(&config), Side::Street, &places);
            doors.spawn(door.open(closes.clone()));
        }
        if let Some(listener) = mqtts {
            let tls = acceptor(&config, shown)?;
            let users = Users::of(&config);
            let door = open(listener, Some(tls), users, Side::Street, &places);
            doors.spawn(door.open(closes.clone()));
        }
        doors.spawn(sweep(Arc::clone(&hub), closes));
        Ok(Embedded {
            hub,
            addresses,
            house,
            closing,
            doors,
        })
    }
}

impl Embedded {
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    #[must_use]
    pub fn house(&self) -> &House {
        &self.house
    }

    /// Tells every client, and waits until they are gone, but not for ever. The house
    /// should have left before; what it acknowledged is still passed on.
    pub async fn stop(mut self) {
        self.hub.house_has_left(HOUSE_LEAVES_WITHIN).await;
        self.closing.send_replace(true);
        let gone = async { while self.doors.join_next().await.is_some() {} };
        if tokio::time::timeout(CLOSES_WITHIN, gone).await.is_err() {
            self.doors.shutdown().await;
        }
    }
}

async fn listen(
    config: &Config,
    address: SocketAddr,
    option: &'static str,
) -> Result<TcpListener, BrokerError> {
    if !address.ip().is_loopback() && config.users.is_empty() {
        return Err(BrokerError::OpenToAll { address, option });
    }
    let listener = TcpListener::bind(address).await;
    listener.map_err(|source| BrokerError::Taken {
        address,
        option,
        source,
    })
}

fn acceptor(
    config: &Config,
    shown: Option<Certificate>,
) -> Result<tokio_rustls::TlsAcceptor, BrokerError> {
    let tls = &config.mqtts;
    let (certificate, key) = match (&tls.certificate, &tls.key, shown) {
        (Some(certificate), Some(key), _) => (certificate.clone(), key.clone()),
        (None, None, Some(shown)) => (shown.certificate, shown.key),
        _ => return Err(BrokerError::NoCertificate),
    };
    Ok(tls::acceptor(&certificate, &key, tls.client_ca.as_deref())?)
}

/// Of this process's life only.
fn password() -> Result<Secret, BrokerError> {
    let mut bytes = [0; 32];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random
        .fill(&mut bytes)
        .map_err(|_| BrokerError::NoRandomness)?;
    let text = bytes.iter().map(|b| format!("{b:02x}"));
    Ok(Secret::new(text.collect()))
}

async fn sweep(hub: Arc<Hub>, mut closing: watch::Receiver<bool>) {
    let closed = closing.wait_for(|closing| *closing);
    tokio::pin!(closed);
    while tokio::time::timeout(SWEEP_EVERY, closed.as_mut())
        .await
        .is_err()
    {
        hub.sweep();
    }
}
