//! A connection, and the commands that wait for it. Those that wait together go together, in the
//! order in which they came; while a batch is under way the next one gathers. Nothing is ever sent
//! twice here: what became of a command whose answer was lost, only whoever sent it can find out.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Client, Cmd, Pipeline, RedisResult, Value};
use tokio::sync::{mpsc, oneshot};

use crate::script::Scripts;

/// So many commands wait at most; further ones are refused.
const QUEUE_MAX: usize = 65_536;
/// So many go together at most.
const BATCH_MAX: usize = 512;
/// How long a server that cannot be reached is left alone, and how long a batch may take.
const CONNECT_AGAIN: Duration = Duration::from_millis(50);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Why a command has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LaneError {
    /// It was not sent.
    #[error("the store cannot be reached: {0}")]
    NotSent(String),
    /// It was sent, and may have been done.
    #[error("the store has not answered: {0}")]
    Lost(String),
    /// The server refused it.
    #[error("the store refuses: {0}")]
    Refused(String),
}

pub(crate) type Answer = Result<Value, LaneError>;

struct Waiting {
    command: Cmd,
    answer: oneshot::Sender<Answer>,
}

/// Cheap to clone; the connection ends with the last one.
#[derive(Clone)]
pub(crate) struct Lane(mpsc::Sender<Waiting>);

impl Lane {
    pub(crate) fn begin(client: Client, scripts: Arc<Scripts>) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(run(client, scripts, receiver));
        Self(sender)
    }

    /// Queues a command at once; what is awaited is its answer.
    pub(crate) fn ask(&self, command: Cmd) -> impl Future<Output = Answer> + Send + use<> {
        let (answer, answered) = oneshot::channel();
        let queued = self.0.try_send(Waiting { command, answer });
        async move {
            if queued.is_err() {
                let detail = format!("{QUEUE_MAX} commands wait for it");
                return Err(LaneError::NotSent(detail));
            }
            let lost = || LaneError::Lost("the connection has ended".to_owned());
            answered.await.unwrap_or_else(|_| Err(lost()))
        }
    }
}

async fn run(client: Client, scripts: Arc<Scripts>, mut queue: mpsc::Receiver<Waiting>) {
    let mut connection = None;
    let mut batch = Vec::new();
    while queue.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let connected = match connection.take() {
            Some(connected) => Ok(connected),
            None => connect(&client, &scripts).await,
        };
        match connected {
            Ok(connected) => connection = go(connected, &scripts, &mut batch).await,
            Err(error) => {
                for Waiting { answer, .. } in batch.drain(..) {
                    let _ = answer.send(Err(LaneError::NotSent(error.to_string())));
                }
                tokio::time::sleep(CONNECT_AGAIN).await;
            }
        }
    }
}

/// A connection to a server that knows the scripts.
async fn connect(client: &Client, scripts: &Scripts) -> RedisResult<MultiplexedConnection> {
    let mut connection = client.get_multiplexed_async_connection().await?;
    connection.set_response_timeout(ANSWER_WITHIN);
    load(&mut connection, scripts).await?;
    Ok(connection)
}

async fn load(connection: &mut MultiplexedConnection, scripts: &Scripts) -> RedisResult<()> {
    let mut pipeline = Pipeline::new();
    for script in scripts.all() {
        pipeline.cmd("SCRIPT").arg("LOAD").arg(script.text);
    }
    let count = scripts.all().len();
    let loaded = connection.send_packed_commands(&pipeline, 0, count).await?;
    for value in loaded {
        value.extract_error()?;
    }
    Ok(())
}

/// Sends a batch, and gives each command its answer. Returns the connection if it still works.
async fn go(
    mut connection: MultiplexedConnection,
    scripts: &Scripts,
    batch: &mut Vec<Waiting>,
) -> Option<MultiplexedConnection> {
    let mut batch = std::mem::take(batch);
    // A second time only for those that the server did not know the script of, which it then ran
    // none of: a server that was started anew.
    for attempt in 0..2 {
        let mut pipeline = Pipeline::with_capacity(batch.len());
        for Waiting { command, .. } in &batch {
            pipeline.add_command(command.clone());
        }
        let sent = connection
            .send_packed_commands(&pipeline, 0, batch.len())
            .await;
        let values = match sent {
            Ok(values) => values,
            Err(error) => {
                for Waiting { answer, .. } in batch {
                    let _ = answer.send(Err(LaneError::Lost(error.to_string())));
                }
                return None;
            }
        };
        let mut unknown = Vec::new();
        for (waiting, value) in batch.into_iter().zip(values) {
            match value {
                Value::ServerError(error) if error.code() == "NOSCRIPT" && attempt == 0 => {
                    unknown.push(waiting);
                }
                Value::ServerError(error) => {
                    let text = format!("{} {}", error.code(), error.details().unwrap_or(""));
                    let _ = waiting.answer.send(Err(LaneError::Refused(text)));
                }
                value => {
                    let _ = waiting.answer.send(Ok(value));
                }
            }
        }
        if unknown.is_empty() {
            return Some(connection);
        }
        batch = unknown;
        if let Err(error) = load(&mut connection, scripts).await {
            for Waiting { answer, .. } in batch {
                let _ = answer.send(Err(LaneError::NotSent(error.to_string())));
            }
            return None;
        }
    }
    Some(connection)
}
