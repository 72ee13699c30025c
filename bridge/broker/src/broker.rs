//! Bind, open, stop.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use pizza_edge::tls::{self, Identity, TlsError};
use pizza_mqtt::Secret;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::acceptor::{Acceptor, Handed};
use crate::authentication::{Authentication, TokenLookup, UserError};
use crate::config::Config;
use crate::half_open::HalfOpen;
use crate::handshake::Handshake;
use crate::hub::Hub;
use crate::identity::Origin;
use crate::listener::{Listener, Source};
use crate::metrics;
use crate::rights::{Rights, RightsError};

const INTERNAL_USER: &str = "internal";
/// The bridge has two connections. The others are for a bridge that reconnects before the
/// broker has noticed that its last connection is gone.
const INTERNAL_CONNECTIONS_MAX: usize = 64;
const CLOSES_WITHIN: Duration = Duration::from_secs(3);
/// Expiry and will delay are counted in whole seconds, so nobody could ask for finer steps.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How long the internal client's last acknowledgements are waited for.
const INTERNAL_LEAVES_WITHIN: Duration = Duration::from_secs(1);

/// Why there is no broker. The texts name the option that takes another value.
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
    #[error(
        "{option} is {address}, which other machines reach, so broker.users must be set: without \
         them whoever comes may do what the role `anonymous` may"
    )]
    OpenToAll {
        address: SocketAddr,
        option: &'static str,
    },
    #[error("the broker's internal listener cannot be made")]
    Internal(#[source] io::Error),
    #[error("there is no randomness for a password")]
    NoRandomness,
    #[error("broker.mqtts takes `certificate` and `key` together")]
    NoCertificate,
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    User(#[from] UserError),
    #[error(transparent)]
    Rights(#[from] RightsError),
}

/// A broker whose addresses are taken, and that accepts nobody yet.
pub struct Bound {
    config: Config,
    mqtt: Option<TcpListener>,
    mqtts: Option<TcpListener>,
    tokens: Option<TokenLookup>,
    reserved: Vec<String>,
}

/// The certificate, and its private key, that the TLS listener shows where its own
/// configuration has none. Both are PEM files.
pub struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// A running broker. Dropping it ends all of its connections at once; [`Broker::stop`] says
/// goodbye first.
pub struct Broker {
    hub: Arc<Hub>,
    addresses: Addresses,
    internal: InternalAccess,
    acceptor: Acceptor,
    closing: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// Where clients find the broker; `None` for a listener that is off.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    pub mqtt: Option<SocketAddr>,
    pub mqtts: Option<SocketAddr>,
}

/// How the internal client connects: to a listener for this process only. It is never
/// throttled, and misses nothing that it has subscribed to: where it is too slow, publishers
/// wait.
#[derive(Debug, Clone)]
pub struct InternalAccess {
    pub address: SocketAddr,
    pub user: String,
    pub password: Secret,
}

impl Bound {
    /// Takes the configured addresses.
    ///
    /// # Errors
    /// When an address is taken, or reachable from other machines without any user set; when
    /// a user or a right is none.
    pub async fn new(config: Config) -> Result<Self, BrokerError> {
        // What is wrong is said before anything is opened.
        Authentication::external(&config, None)?;
        Rights::new(&config.rights, Vec::new())?;
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
            tokens: None,
            reserved: Vec::new(),
        })
    }

    /// By whom clients are known that show a token as their password.
    #[must_use]
    pub fn tokens(mut self, lookup: TokenLookup) -> Self {
        self.tokens = Some(lookup);
        self
    }

    /// The filters of the topics on which only this process speaks, and who has the right to
    /// speak for it: whatever else a role may publish, it may not publish to them.
    #[must_use]
    pub fn reserved(mut self, filters: Vec<String>) -> Self {
        self.reserved = filters;
        self
    }

    /// Whether there is a TLS listener without a certificate of its own, so that
    /// [`Bound::open`] needs one.
    #[must_use]
    pub fn needs_certificate(&self) -> bool {
        let tls = &self.config.mqtts;
        self.mqtts.is_some() && tls.certificate.is_none() && tls.key.is_none()
    }

    /// Accepts clients. With `awaits_internal`, external ones are accepted only when the
    /// internal client has subscribed for the first time: what they publish before would be
    /// acknowledged although nobody has it.
    ///
    /// # Errors
    /// When the certificate does not work, or the system gives no port or no randomness.
    pub async fn open(
        self,
        certificate: Option<CertificateFiles>,
        awaits_internal: bool,
    ) -> Result<Broker, BrokerError> {
        let Self {
            config,
            mqtt,
            mqtts,
            tokens,
            reserved,
        } = self;
        let rights = Arc::new(Rights::new(&config.rights, reserved)?);
        metrics::describe();
        let addresses = Addresses {
            mqtt: local_address(mqtt.as_ref())?,
            mqtts: local_address(mqtts.as_ref())?,
        };
        // Any port: nobody else needs to know it.
        let own = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let own = own.map_err(BrokerError::Internal)?;
        let internal = InternalAccess {
            address: own.local_addr().map_err(BrokerError::Internal)?,
            user: INTERNAL_USER.to_owned(),
            password: random_password()?,
        };
        let hub = Arc::new(Hub::new(config.limits.clone()));
        let numbers = Arc::<AtomicU64>::default();
        let listener = |tls, authentication, origin, permits: &Arc<Semaphore>| Listener {
            tls,
            handshake: Arc::new(Handshake {
                hub: Arc::clone(&hub),
                authentication,
                rights: Arc::clone(&rights),
                half_open: Arc::new(HalfOpen::new(hub.limits.half_open_max)),
                permits: Arc::clone(permits),
            }),
            numbers: Arc::clone(&numbers),
            opens_after: (origin == Origin::External && awaits_internal)
                .then(|| hub.internal_is_subscribed()),
        };
        // Permits of their own: a flood of external clients must not keep the bridge out.
        let permits = Arc::new(Semaphore::new(INTERNAL_CONNECTIONS_MAX));
        let own_client = Authentication::Internal {
            name: internal.user.clone(),
            password: internal.password.clone(),
        };
        let internals = listener(None, own_client, Origin::Internal, &permits);
        let mut listeners = vec![(Source::Tcp(own), internals)];
        // All others share theirs: the limit is one of the broker.
        let permits = Arc::new(Semaphore::new(config.limits.connections_max));
        let (acceptor, handed) = Acceptor::new(config.limits.packet_bytes_max);
        for (source, tls, anonymous) in external(&config, certificate, [mqtt, mqtts], handed)? {
            let mut known = Authentication::external(&config, tokens.clone())?;
            if !anonymous {
                known = known.without_anonymous();
            }
            let listener = listener(tls, known, Origin::External, &permits);
            listeners.push((source, listener));
        }
        let (closing, closes) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for (source, listener) in listeners {
            tasks.spawn(listener.run(source, closes.clone()));
        }
        tasks.spawn(sweep(Arc::clone(&hub), closes));
        Ok(Broker {
            hub,
            addresses,
            internal,
            acceptor,
            closing,
            tasks,
        })
    }
}

impl Broker {
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    #[must_use]
    pub fn internal(&self) -> &InternalAccess {
        &self.internal
    }

    /// The way in for clients whose connections somebody else accepts.
    #[must_use]
    pub fn acceptor(&self) -> &Acceptor {
        &self.acceptor
    }

    /// Tells every client that the broker stops, and waits until they are gone, but no longer
    /// than a few seconds. The internal client should have disconnected before; what it has
    /// acknowledged last is still passed on to the publishers.
    pub async fn stop(mut self) {
        // First, while the publishers are still connected: they are acknowledged what the
        // internal client has acknowledged last.
        self.hub.internal_has_left(INTERNAL_LEAVES_WITHIN).await;
        self.closing.send_replace(true);
        self.hub.close();
        let gone = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(CLOSES_WITHIN, gone).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

/// Where external clients come from, with TLS or not, and whether those may be anonymous where
/// anybody may.
fn external(
    config: &Config,
    certificate: Option<CertificateFiles>,
    [mqtt, mqtts]: [Option<TcpListener>; 2],
    handed: Handed,
) -> Result<Vec<(Source, Option<TlsAcceptor>, bool)>, BrokerError> {
    let mut sources = vec![
        (Source::Handed(handed.near), None, true),
        (Source::Handed(handed.far), None, false),
    ];
    if let Some(tcp) = mqtt {
        sources.push((Source::Tcp(tcp), None, true));
    }
    if let Some(tcp) = mqtts {
        let tls = tls_acceptor(config, certificate)?;
        sources.push((Source::Tcp(tcp), Some(tls), true));
    }
    Ok(sources)
}

async fn listen(
    config: &Config,
    address: SocketAddr,
    option: &'static str,
) -> Result<TcpListener, BrokerError> {
    let asks_who = !config.users.is_empty() || config.takes_tokens;
    if !address.ip().is_loopback() && !asks_who {
        return Err(BrokerError::OpenToAll { address, option });
    }
    let listener = TcpListener::bind(address).await;
    listener.map_err(|source| BrokerError::Taken {
        address,
        option,
        source,
    })
}

fn local_address(listener: Option<&TcpListener>) -> Result<Option<SocketAddr>, BrokerError> {
    let address = listener.map(TcpListener::local_addr);
    address.transpose().map_err(BrokerError::Internal)
}

fn tls_acceptor(
    config: &Config,
    fallback: Option<CertificateFiles>,
) -> Result<TlsAcceptor, BrokerError> {
    let listener = &config.mqtts;
    let (certificate, key) = match (&listener.certificate, &listener.key, fallback) {
        (Some(certificate), Some(key), _) => (certificate.clone(), key.clone()),
        (None, None, Some(files)) => (files.certificate, files.key),
        _ => return Err(BrokerError::NoCertificate),
    };
    // What is spoken inside is known by the port.
    let identity = Identity {
        certificate: &certificate,
        key: &key,
    };
    Ok(tls::acceptor(identity, listener.client_ca.as_deref(), &[])?)
}

/// A password that is good for as long as this process lives.
fn random_password() -> Result<Secret, BrokerError> {
    // 256 bits: as many as the strongest cipher in use, so it is not what anybody guesses at.
    let mut bytes = [0; 32];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random
        .fill(&mut bytes)
        .map_err(|_| BrokerError::NoRandomness)?;
    let text = bytes.iter().map(|b| format!("{b:02x}"));
    Ok(Secret::from(text.collect::<String>()))
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
