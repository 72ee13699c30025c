//! Connections to servers and sentinels, over TCP or with TLS on it.

use std::io;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, Pipeline, RedisError, RedisResult, Value};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::address::{Address, Node};
use crate::tls::Tls;

/// How much longer connecting may take with TLS: it asks for certificates, and for arithmetic on both sides.
const TLS_WITHIN: Duration = Duration::from_secs(1);

/// How long is waited for a connection, and for an answer on it.
#[derive(Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) connect: Duration,
    pub(crate) answer: Duration,
}

/// Reaches whoever is found at an address, and whomever those name.
pub(crate) struct Dial {
    pub(crate) address: Address,
    /// How, where the address asks for it.
    tls: Option<Tls>,
}

impl Dial {
    /// # Errors
    /// When the address asks for TLS and there is none, or the other way.
    pub(crate) fn new(address: Address, tls: Option<&Tls>) -> Result<Self, &'static str> {
        let tls = match (address.has_tls, tls) {
            (false, None) => None,
            (true, Some(tls)) => Some(tls.clone()),
            (true, None) => return Err("rediss asks for TLS, and nothing says whom to believe"),
            // Whoever configured it thinks that nobody can listen.
            (false, Some(_)) => {
                return Err(
                    "TLS to the store is configured ([silo.cluster.store_tls]), and its address is without: \
                     it has to begin with rediss",
                );
            }
        };
        Ok(Self { address, tls })
    }

    /// # Errors
    /// When the server cannot be reached, or either side refuses the other.
    pub(crate) async fn server(&self, node: &Node, waits: Waits) -> RedisResult<Connection> {
        self.connect(node, &self.address.client(node)?, waits).await
    }

    /// # Errors
    /// As [`server`](Self::server).
    pub(crate) async fn sentinel(&self, node: &Node, waits: Waits) -> RedisResult<Connection> {
        self.connect(node, &Address::sentinel(node)?, waits).await
    }

    async fn connect(&self, node: &Node, client: &Client, waits: Waits) -> RedisResult<Connection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(waits.connect))
            .set_response_timeout(Some(waits.answer));
        let said = client.get_connection_info().redis_settings();
        let mut pump = JoinSet::new();
        // The stream is ours in each case: so the end of what reads it tells that the server has closed it.
        let connecting = async {
            let stream = TcpStream::connect(&**node).await?;
            // Batches are small, and somebody waits for each.
            stream.set_nodelay(true)?;
            let Some(tls) = &self.tls else {
                let (commands, task) =
                    MultiplexedConnection::new_with_config(said, stream, config).await?;
                pump.spawn(task);
                return Ok(commands);
            };
            let stream = tls.connect(node, stream).await?;
            let (commands, task) =
                MultiplexedConnection::new_with_config(said, stream, config).await?;
            pump.spawn(task);
            Ok::<_, RedisError>(commands)
        };
        let (within, what) = match &self.tls {
            None => (waits.connect, "answer from"),
            Some(_) => (waits.connect + TLS_WITHIN, "TLS with"),
        };
        let late = |_| {
            let hint = if self.tls.is_some() {
                ": does it speak TLS there?"
            } else {
                ""
            };
            let text = format!("no {what} {node} within {within:?}{hint}");
            io::Error::new(io::ErrorKind::TimedOut, text)
        };
        let commands = timeout(within, connecting).await.map_err(late)??;
        Ok(Connection { commands, pump })
    }
}

/// A connection, which ends when it is dropped, also where an answer is missing.
pub(crate) struct Connection {
    commands: MultiplexedConnection,
    /// What writes and reads, until the server closes the connection.
    pump: JoinSet<()>,
}

impl Connection {
    /// Returns when the server has closed the connection, or the network has broken it and the system knows.
    pub(crate) async fn ended(&mut self) {
        self.pump.join_next().await;
    }

    /// Whether that is so already.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.pump.try_join_next().is_some() || self.pump.is_empty()
    }

    /// # Errors
    /// When the connection is lost, or the server refuses.
    pub(crate) async fn ask(&mut self, command: &Cmd) -> RedisResult<Value> {
        self.commands
            .send_packed_command(command)
            .await?
            .extract_error()
    }

    /// # Errors
    /// When the connection is lost: then any of the commands may have run, or none.
    pub(crate) async fn send(&mut self, pipeline: &Pipeline) -> RedisResult<Vec<Value>> {
        self.commands
            .send_packed_commands(pipeline, 0, pipeline.len())
            .await
    }
}
